#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages format without a warning, and the completions complete: check_manual.py FILE ...

What judges them is what people have: groff, bash, zsh. One that is not here is named, and the rest is judged.
"""
import pathlib
import shutil
import subprocess
import sys

COMPLETE = '''source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _voltseal; printf '%s\\n' "${COMPREPLY[@]}"'''
EXPECTED = [(['voltseal', 'sta'], ['station']), (['voltseal', 'station', 'ad'], ['add']), (['voltseal', 'station', 'add', '--au'], ['--auth']),
            (['voltseal', 'key', 'list', '--au'], []), (['voltseal', 'events', '--foll'], ['--follow'])]
faults, judged = [], 0


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def judge(path):
    if path.suffix in ('.1', '.5', '.8'):
        if not shutil.which('groff'):
            return 'groff'
        status, text, said = run('groff', '-man', '-Tutf8', '-ww', path)
        if status != 0 or said or 'NAME' not in text.replace('\b', '').replace('NNAAMMEE', 'NAME'):
            faults.append(f'{path.name}: {said or "it has no NAME"}')
    elif path.suffix == '.bash':
        for words, expected in EXPECTED:
            status, text, said = run('bash', '-c', COMPLETE, 'bash', path, *words)
            if status != 0 or text.split() != expected:
                faults.append(f'{path.name}: {words} gives {text.split()}, not {expected} {said}')
    else:
        if not shutil.which('zsh'):
            return 'zsh'
        status, _, said = run('zsh', '-n', path)
        if status != 0:
            faults.append(f'{path.name}: {said}')
    return None


for name in sys.argv[1:]:
    missing = judge(pathlib.Path(name))
    if missing:
        print(f'{pathlib.Path(name).name} is NOT judged: {missing} is not here')
    else:
        judged += 1
print('\n'.join(faults) or f'{judged} judged')
sys.exit(bool(faults) or judged == 0)
