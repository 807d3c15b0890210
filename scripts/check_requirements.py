#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when doc/requirements.md names a test that does not exist, or a wish without anything that shows it."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
tests = {file.stem: set(re.findall(r'^    (?:async )?def (test_\w+)\(', file.read_text(), flags=re.M))
         for file in (root / 'tests/interop').glob('test_*.py')}
bad, wishes = [], 0
for number, line in enumerate((root / 'doc/requirements.md').read_text().splitlines(), 1):
    cells = [cell.strip() for cell in line.strip('|').split(' | ')]
    if not line.startswith('| ') or cells[0] in ('asked for', '---'):
        continue
    wishes += 1
    if len(cells) != 2 or not ('`' in cells[1] or cells[1].startswith('none: ')):
        bad.append(f'{number}: nothing shows this')
        continue
    for named in re.findall(r'`([^`]+)`', cells[1]):
        pair = re.fullmatch(r'(test_\w+): (test_\w+)', named)
        if pair and pair[2] not in tests.get(pair[1], ()):
            bad.append(f'{number}: there is no {pair[2]} in tests/interop/{pair[1]}.py')
        elif named.startswith('unit/') and not (root / 'tests' / named).is_file():
            bad.append(f'{number}: there is no tests/{named}')
        elif named.endswith('.mjs') and not list((root / 'tests').glob(f'*/{named}')):
            bad.append(f'{number}: there is no {named}')
        elif not (pair or named.startswith('unit/') or named.endswith('.mjs') or re.match(r'(\./dev|voltseald?|voltseal-sim) ', named)):
            bad.append(f'{number}: what is "{named}"?')
print('\n'.join(bad) or f'{wishes} wishes, each with what shows it')
sys.exit(bool(bad) or not wishes)
