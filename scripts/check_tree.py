#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail on a source without its licence line, on traces of one machine, and on checks that cannot fail."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
SPDX = 'SPDX-License-Identifier: Apache-2.0'
LICENSED = {'.c', '.h', '.py', '.sh', '.js', '.mjs', '.css'}
# Written so that this file does not match itself.
TRACES = [
    (r'(?<![\w.])/(?:work|root)/', 'a path of one machine'),
    (r'registry\.[n]pmjs|[d]eb\.debian\.org|[p]ypi\.org|[c]rates\.io/api|proxy\.[g]olang', 'a registry host'),
    (r'"[r]esolved":', 'a download address in a lock file'),
]
SRC_ONLY = [(r'\b(?:[T]ODO|[F]IXME|[X]XX)\b', 'unfinished work')]
SCRIPT_ONLY = [(r'\|\|\s*(?:[t]rue|:)(?!\w)', 'a command whose failure is thrown away')]
bad = []
names = subprocess.run(['git', '-C', root, 'ls-files', '-z'], check=True, capture_output=True, text=True).stdout
names = [n for n in names.split('\0') if n and (root / n).is_file()]
for name in names:
    path = root / name
    data = path.read_bytes()
    if len(data) > 1 << 20:
        bad.append(f'{name}: {len(data)} bytes, more than 1 MiB')
    if '/corpus/' in name or b'\0' in data[:4096] or path.suffix in ('.png', '.pem'):
        continue
    text = data.decode('utf-8')
    lines = text.splitlines()
    if path.suffix in LICENSED and lines and not any(SPDX in line for line in lines[:2]):
        bad.append(f'{name}:1: no line "{SPDX}"')
    if text and not text.endswith('\n') and not name.startswith('tests/vectors/'):
        bad.append(f'{name}: does not end its last line')
    patterns = list(TRACES)
    if name.startswith('src/'):
        patterns += SRC_ONLY
    if path.suffix == '.sh' or name in ('dev', '.ci/run'):
        patterns += SCRIPT_ONLY
    for n, line in enumerate(lines, 1):
        if re.search(r'[ \t]+$', line) and path.suffix in LICENSED | {'.def', '.build'}:
            bad.append(f'{name}:{n}: blanks at the end')
        bad.extend(f'{name}:{n}: {what}' for pattern, what in patterns if re.search(pattern, line))
print('\n'.join(bad) or f'{len(names)} files')
sys.exit(bool(bad) or not names)
