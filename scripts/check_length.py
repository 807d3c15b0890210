#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail on files over 500 lines and functions over 70 that scripts/length.allow gives no reason for."""
import pathlib
import re
import sys

FILE_MAX, FUNCTION_MAX = 500, 70
root = pathlib.Path(sys.argv[1])
allowed, used, bad, longest = {}, set(), [], (0, '')
for n, line in enumerate((root / 'scripts/length.allow').read_text().splitlines(), 1):
    if line and not line.startswith('#'):
        what, limit, reason = (line.split(None, 2) + ['', ''])[:3]
        if not limit.isdigit() or not reason:
            bad.append(f'scripts/length.allow:{n}: needs path or path:function, its lines at most, and a reason')
            continue
        allowed[what] = int(limit)


def check(what, size, limit):
    if size > limit:
        used.add(what)
        if size > allowed.get(what, limit):
            bad.append(f'{what}: {size} lines, {allowed.get(what, limit)} allowed')


files = [p for top in ('src', 'tests', 'fuzz', 'include') for p in sorted((root / top).rglob('*.[ch]'))
         if 'node_modules' not in p.parts]
for path in files:
    name = str(path.relative_to(root))
    lines = path.read_text().splitlines()
    check(name, len(lines), FILE_MAX)
    function, begin = None, 0
    for n, line in enumerate(lines, 1):
        m = re.match(r'(?:[a-z].*[ *])?([a-z_][a-z0-9_]*)\(', line)
        if m and not line.rstrip().endswith(';'):
            function = m.group(1)
        elif line == '{':
            begin = n
        elif line == '}' and begin:
            check(f'{name}:{function}', n - begin - 1, FUNCTION_MAX)
            longest = max(longest, (n - begin - 1, f'{name}:{function}'))
            begin = 0
for what in sorted(set(allowed) - used):
    bad.append(f'scripts/length.allow: {what} is short enough now')
print('\n'.join(bad) or f'{len(files)} files, longest function {longest[1]} with {longest[0]} lines')
sys.exit(bool(bad) or not files)
