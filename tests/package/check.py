#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages that ./dev package made: what is in them, whether it runs, what the bill of materials says.

check.py FOLDER TREE: FOLDER has the packages, TREE is the build they were made of."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

folder, tree = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
SIGN = pathlib.Path(__file__).resolve().parents[2] / 'scripts/sign_packages.py'
PROGRAMS = {'voltseal': ['usr/sbin/voltseald', 'usr/bin/voltseal'], 'voltseal-sim': ['usr/bin/voltseal-sim']}


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def package(name):
    found = list(folder.glob(f'{name}_*.deb'))
    assert len(found) == 1, f'{len(found)} packages {name}'
    return found[0]


def field(name, what):
    return run('dpkg-deb', '--field', package(name), what).strip()


def test_sums(_root):
    run('sha256sum', '--check', '--strict', 'SHA256SUMS', cwd=folder)


def test_programs_run(root):
    for name, programs in PROGRAMS.items():
        for program in programs:
            path = root / name / program
            assert path.stat().st_mode & 0o7777 == 0o755, f'{program}: {path.stat().st_mode:o}'
            assert re.search(r'\d+\.\d+\.\d+', run(path, '--version')), f'{program} tells no version'


def test_sandboxed_unit_names_the_program(root):
    unit = (root / 'voltseal/usr/lib/systemd/system/voltseald.service').read_text()
    program, config = re.search(r'^ExecStart=(\S+) run --config (\S+)$', unit, re.MULTILINE).groups()
    assert (root / 'voltseal' / program[1:]).exists() and (root / 'voltseal' / config[1:]).exists()
    assert 'u voltseal ' in next((root / 'voltseal/usr/lib/sysusers.d').iterdir()).read_text()


def test_configuration_is_taken(root):
    """As it is shipped: every row in comments, so what is missing is what nobody could preset."""
    config = root / 'voltseal/etc/voltseal/voltseal.ini'
    assert config.read_text() == run(tree / 'voltseald', 'config', 'template')
    done = subprocess.run([root / 'voltseal/usr/sbin/voltseald', 'config', 'check', '--config', config], capture_output=True, text=True,
                          check=False)
    assert done.returncode in (0, 78), done
    assert 'unknown' not in done.stderr, done.stderr
    assert '/etc/voltseal/voltseal.ini' in run('dpkg-deb', '--ctrl-tarfile', package('voltseal'), errors='replace'), 'no conffile'


def test_nothing_starts_by_itself(_root):
    scripts = run('dpkg-deb', '--ctrl-tarfile', package('voltseal'), errors='replace')
    assert 'deb-systemd-invoke start' not in scripts and 'systemctl enable' not in scripts


def test_bill_of_materials(root):
    bill = json.loads((root / 'voltseal/usr/share/voltseal/voltseal.cdx.json').read_text())
    assert bill == json.loads((folder / 'voltseal.cdx.json').read_text())
    assert (bill['bomFormat'], bill['specVersion']) == ('CycloneDX', '1.5')
    names = {c['name']: c for c in bill['components']}
    assert len(names) == len(bill['components'])
    for name in ('libssl3', 'libsqlite3-0', 'libpq5', 'libmosquitto1', 'preact', 'uplot'):
        assert names[name]['purl'].startswith('pkg:'), name
    # What dpkg-shlibdeps wrote is a part of it, and every program's libraries are named.
    depends = set(re.findall(r'\b(lib[a-z0-9.+-]+)', field('voltseal', 'Depends')))
    assert depends and depends <= set(names), depends - set(names)
    used = {p['value'] for c in bill['components'] for p in c['properties'] if p['name'] == 'voltseal:used-by'}
    assert used == {'voltseald', 'voltseal', 'voltseal-sim'}


# --- signatures -----------------------------------------------------------------------------------------------------


def keyring(at, name):
    """A throw-away key; the file of its secret half."""
    at.mkdir(mode=0o700)
    run('gpg', '--homedir', at, '--batch', '--quiet', '--passphrase', '', '--quick-gen-key', f'{name} <{name}@example.invalid>', 'ed25519', 'sign', 'never')
    file = at / 'secret.asc'
    file.touch(0o600)
    file.write_text(run('gpg', '--homedir', at, '--batch', '--quiet', '--armor', '--export-secret-keys'))
    run('gpgconf', '--homedir', at, '--kill', 'all')
    return file


def signed(root):
    """A copy of the packages, signed by a key of this test; once."""
    copy = root / 'signed'
    if not copy.exists():
        copy.mkdir()
        for file in [*folder.glob('*.deb'), folder / 'SHA256SUMS', folder / 'voltseal.cdx.json']:
            shutil.copy(file, copy)
        said = run(sys.executable, SIGN, copy, keyring(root / 'ring', 'voltseal'), '--date', '1700000000')
        assert re.search(r'^signed by [0-9A-F]{40}: ', said), said
    return copy


def gpgv(copy, signature, *files):
    return subprocess.run(['gpgv', '--keyring', copy / 'voltseal-packages.gpg', copy / signature, *files], capture_output=True, check=False).returncode


def test_signed_sums(root):
    copy = signed(root)
    assert gpgv(copy, 'SHA256SUMS.asc', copy / 'SHA256SUMS') == 0
    run('sha256sum', '--check', '--strict', 'SHA256SUMS', cwd=copy)
    other = root / 'SHA256SUMS.other'
    other.write_text((copy / 'SHA256SUMS').read_text().replace('a', 'b', 1))
    assert gpgv(copy, 'SHA256SUMS.asc', other) != 0, 'a changed list was taken'
    secret = (root / 'ring/secret.asc').read_text().splitlines()[2]
    for file in copy.rglob('*'):
        if file.is_file():
            assert secret.encode() not in file.read_bytes() and b'PRIVATE KEY' not in file.read_bytes()[:4096], file


def apt(root, copy, key, *words):
    """apt-get with this repository alone, and folders of its own."""
    own = pathlib.Path(tempfile.mkdtemp(dir=root, prefix='apt-'))
    for name in ('lists/partial', 'archives/partial'):
        (own / name).mkdir(parents=True)
    (own / 'sources.list').write_text(f'deb [signed-by={key}] file:{copy}/apt ./\n')
    (own / 'status').touch()
    options = {'Dir::Etc::sourcelist': own / 'sources.list', 'Dir::Etc::sourceparts': '-', 'Dir::State::lists': own / 'lists', 'Dir::Cache': own,
               'Dir::State::status': own / 'status', 'APT::Sandbox::User': 'root', 'Acquire::Languages': 'none'}
    told = [word for name, value in options.items() for word in ('-o', f'{name}={value}')]
    for step in (('update',), *words):
        done = subprocess.run(['apt-get', '-qq', *told, *step], capture_output=True, text=True, check=False, cwd=own)
        if done.returncode != 0 or 'not signed' in done.stderr:
            return False, done.stderr, own
    return True, done.stderr, own


def test_signed_repository(root):
    copy = signed(root)
    copy.chmod(0o755)
    key = copy / 'voltseal-packages.gpg'
    taken, said, own = apt(root, copy, key, ('download', 'voltseal'))
    assert taken, said
    brought, = own.glob('voltseal_*.deb')
    assert brought.read_bytes() == package('voltseal').read_bytes()
    release = (copy / 'apt/Release').read_text()
    assert 'Date: Tue, 14 Nov 2023 22:13:20 UTC' in release and gpgv(copy, 'apt/Release.gpg', copy / 'apt/Release') == 0
    # Another's key; what was changed after it was signed; a package that was exchanged.
    other = root / 'other.gpg'
    keyring(root / 'other-ring', 'somebody')
    other.write_bytes(subprocess.run(['gpg', '--homedir', root / 'other-ring', '--batch', '--export'], capture_output=True, check=True).stdout)
    run('gpgconf', '--homedir', root / 'other-ring', '--kill', 'all')
    assert not apt(root, copy, other)[0], 'signed by somebody else'
    inside = copy / 'apt/InRelease'
    whole = inside.read_text()
    inside.write_text(whole.replace('Label: Voltseal', 'Label: Voltsea1'))
    assert not apt(root, copy, key)[0], 'a changed Release was taken'
    inside.write_text(whole)
    packages = copy / 'apt/Packages.gz'
    before = packages.read_bytes()
    for name in ('Packages', 'Packages.gz'):
        (copy / 'apt' / name).unlink()
    packages.write_bytes(gzip.compress(gzip.decompress(before).replace(b'Package: voltseal\n', b'Package: voltseel\n')))
    assert not apt(root, copy, key)[0], 'a changed list of packages was taken'


def test_a_key_that_is_none_signs_nothing(root):
    copy = root / 'unsigned'
    copy.mkdir()
    shutil.copy(folder / 'SHA256SUMS', copy)
    done = subprocess.run([sys.executable, SIGN, copy, folder / 'SHA256SUMS'], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and 'sign_packages.py: ' in done.stderr and not (copy / 'SHA256SUMS.asc').exists(), done


def test_lintian_finds_no_error(_root):
    print(run('lintian', '--fail-on', 'error', '--allow-root', *sorted(folder.glob('*.deb'))))


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        for name in PROGRAMS:
            run('dpkg-deb', '--extract', package(name), root / name)
        for name, test in sorted(globals().items()):
            if not name.startswith('test_'):
                continue
            try:
                test(root)
                passed += 1
                print('ok  ', name)
            except (AssertionError, OSError, KeyError, subprocess.CalledProcessError) as why:
                failed += 1
                print('FAIL', name)
                traceback.print_exception(why)
                print(getattr(why, 'stdout', ''), getattr(why, 'stderr', ''))
    print(f'{passed} passed, {failed} failed')
    return failed != 0


sys.exit(main())
