#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when src/a/b.c has no tests/unit/a/test_b.c and no reason in tests/UNTESTED, or a reason is stale."""
import pathlib
import sys

root = pathlib.Path(sys.argv[1])
excused = {}
for line in (root / 'tests/UNTESTED').read_text().splitlines():
    if line and not line.startswith('#'):
        path, _, reason = line.partition(' ')
        excused[path] = reason.strip()
bad = []
sources = {str(f.relative_to(root / 'src')) for f in (root / 'src').rglob('*.c')}
for f in sorted(sources):
    folder, _, name = f.rpartition('/')
    has_test = (root / 'tests/unit' / folder / f'test_{name}').exists()
    if not has_test and f not in excused:
        bad.append(f'src/{f}: no mirror test in tests/unit and no reason in tests/UNTESTED')
for f, reason in excused.items():
    if f not in sources:
        bad.append(f'tests/UNTESTED: {f} does not exist')
    if not reason:
        bad.append(f'tests/UNTESTED: {f} gives no reason')
print('\n'.join(bad) or f'{len(sources)} sources, {len(excused)} excused')
sys.exit(bool(bad) or not sources)
