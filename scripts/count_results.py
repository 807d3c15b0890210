#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Count what meson recorded in testlog.json; closes on "N passed, N failed[, N skipped]"."""
import json
import pathlib
import sys

passed, failed, skipped = 0, 0, 0
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    record = json.loads(line)
    result = record['result']
    if result in ('OK', 'EXPECTEDFAIL'):
        passed += 1
    elif result == 'SKIP':
        skipped += 1
        print('SKIPPED', record['name'])
    else:
        failed += 1
        print(result, record['name'])
print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
sys.exit(failed != 0)
