#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Secrets that must never be seen: put through a daemon, then looked for in everything it leaves behind.

plant(state) gives a new state folder a known pepper before its first start (it is moved into the vault); search(...)
looks for it, for the root keys and for the stations' passwords, in the forms that canary.py knows.
harness.Daemon does both, so that every stage that runs a daemon is a search for canaries, too. As a program:
planted.py plant|search STATE; exit status 1 when something was found.
"""
import csv
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import canary  # noqa: E402

PEPPER = b'CANARY-pepper-3f9a1c-never-shown'
assert len(PEPPER) == 32
# Where a secret may be: what is handed out once, and the root key's own file.
AT_HOME = {
    'password': {'credentials.csv'},
    'root key': {'root-*.key'},
    'admin token': {'admin.token', 'ready.json'},
}


def plant(state):
    """Before the first start of a state folder only: a later one has its pepper."""
    state = pathlib.Path(state)
    if (state / 'keys').exists() or (state / 'voltseal.db').exists() or (state / 'pepper.key').exists():
        return
    fd = os.open(state / 'pepper.key', os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, PEPPER)
    finally:
        os.close(fd)


def secrets_of(state):
    state = pathlib.Path(state)
    yield 'pepper', PEPPER
    for path in state.glob('keys/root-*.key'):
        yield 'root key', path.read_bytes()
    token = state / 'admin.token'
    if token.exists():
        yield 'admin token', token.read_bytes()
    credentials = state / 'credentials.csv'
    if credentials.exists():
        with credentials.open(newline='', encoding='utf-8') as file:
            passwords = [row['password'] for row in csv.DictReader(file) if row['password']]
        for password in passwords[:3]:
            yield 'password', password.encode()


def files_of(state):
    return [path for path in sorted(pathlib.Path(state).rglob('*')) if path.is_file() and not path.is_symlink()]


def search(state, pids=(), texts=()):
    """What was found where: a list of sentences, empty when all is well. texts: (name, bytes), as API answers."""
    places = [(str(path.relative_to(state)), path.name, path) for path in files_of(state)]
    for pid in pids:
        places += [(f'/proc/{pid}/{name}', name, pathlib.Path(f'/proc/{pid}/{name}')) for name in ('environ', 'cmdline')]
    secrets = [(what, form, needle) for what, secret in secrets_of(state) for needle, form in canary.forms(secret).items()]
    found = []
    for shown, name, path in places:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        found += find_in(shown, name, content, secrets)
    for name, content in texts:
        found += find_in(name, name, content, secrets)
    return found


def find_in(shown, name, content, secrets):
    content = content.lower()
    return [f'{what}, {form}, in {shown}' for what, form, needle in secrets if needle in content
            and not any(pathlib.PurePath(name).match(home) for home in AT_HOME.get(what, ()))]


def main():
    what, state = sys.argv[1], pathlib.Path(sys.argv[2])
    if what == 'plant':
        state.mkdir(parents=True, exist_ok=True)
        plant(state)
        return False
    found = search(state)
    print(*found, sep='\n', end='\n' if found else '')
    print(f'{len(files_of(state))} files, {len(list(secrets_of(state)))} secrets, found {len(found)}')
    return bool(found)


if __name__ == '__main__':
    sys.exit(main())
