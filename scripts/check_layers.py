#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when a source file includes a folder or a library that src/LAYERS does not allow it."""
import pathlib
import re
import sys

src = pathlib.Path(sys.argv[1]) / 'src'
allowed, owners = {}, {}
for line in (src / 'LAYERS').read_text().splitlines():
    if not line or line.startswith('#'):
        continue
    left, right = (part.strip() for part in line.split(':'))
    (owners if left.startswith('<') else allowed)[left] = right.split()
bad = seen = 0
for path in sorted(src.rglob('*.[ch]')):
    folder = path.relative_to(src).parts[0]
    if folder == 'programs':  # the mains: one call into their folder
        allowed.setdefault('programs', list(allowed))
    if folder not in allowed:
        print(f'{path}: folder {folder} is not in src/LAYERS')
        bad += 1
        continue
    for n, text in enumerate(path.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+(?:"([a-z0-9_]+)/|(<[^>]+))', text)
        if not m:
            continue
        seen += 1
        inner, outer = m.groups()
        if inner and inner != folder and inner not in allowed[folder]:
            print(f'{path}:{n}: {folder} may not include {inner}')
            bad += 1
        for prefix, ok in owners.items():
            if outer and outer.startswith(prefix) and folder not in ok:
                print(f'{path}:{n}: only {" ".join(ok)} may include {prefix}>')
                bad += 1
print(f'{seen} includes read, {bad} against src/LAYERS')
sys.exit(bad != 0 or seen == 0)
