#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when doc/conformance.md names a test of tests/interop that does not exist, or a case that is played there is not
in it."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
ROW = re.compile(r'^\| (TC_[A-Z]_\d+|[A-Z]\d\d) \| [^|]+ \| (.+) \|$')
tests = {}
for file in (root / 'tests/interop').glob('test_*.py'):
    text = file.read_text()
    tests[file.stem] = set(re.findall(r'^    (?:async )?def (test_\w+)\(', text, flags=re.M))
    tests[file.stem] |= {f'test_{case}' for case in re.findall(r"^    '(TC_[A-Z]_\d+)': ", text, flags=re.M)}
bad, listed, covered = [], set(), 0
for line in (root / 'doc/conformance.md').read_text().splitlines():
    row = ROW.match(line)
    if not row:
        continue
    case, named = row.groups()
    if case in listed:
        bad.append(f'{case} is listed twice')
    listed.add(case)
    pairs = re.findall(r'`(test_\w+): (test_\w+)`', named)
    covered += bool(pairs)
    if not pairs and not named.startswith('none: '):
        bad.append(f'{case} names no test, and does not say why')
    bad += [f'{case}: there is no {test} in {file}.py' for file, test in pairs if test not in tests.get(file, ())]
for file, names in sorted(tests.items()):
    for name in sorted(names):
        case = re.match(r'test_(TC_[A-Z]_\d+)$', name)
        if case and case[1] not in listed:
            bad.append(f'{file}.py plays {case[1]}, which doc/conformance.md does not list')
print('\n'.join(bad) or f'{len(listed)} cases, {covered} with tests')
sys.exit(bool(bad) or not listed)
