#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Debian packages that ./dev package made: what is in them, whether it runs, what the bill of materials says.

check.py FOLDER TREE: FOLDER has the packages, TREE is the build they were made of."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import traceback

folder, tree = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
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
