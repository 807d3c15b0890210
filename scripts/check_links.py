#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when a document links to a file or a heading that is not there."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
names = subprocess.run(['git', '-C', root, 'ls-files', '*.md'], check=True, capture_output=True, text=True).stdout.split()


def prose(path):
    return re.sub(r'^```.*?^```', '', path.read_text(), flags=re.S | re.M)


def anchors(path):
    headings = re.findall(r'^#+ (.*)$', prose(path), flags=re.M)
    return {re.sub(r'[^\w\- ]', '', h.replace('`', '')).strip().lower().replace(' ', '-') for h in headings}


bad, seen = [], 0
for name in names:
    for target in re.findall(r'\]\(([^)\s]+)\)', prose(root / name)):
        if re.match(r'[a-z]+:', target):
            continue
        seen += 1
        file, _, anchor = target.partition('#')
        path = (root / name).parent / file if file else root / name
        if not path.exists():
            bad.append(f'{name}: {target}: no such file')
        elif anchor and anchor not in anchors(path):
            bad.append(f'{name}: {target}: no such heading')
print('\n'.join(bad) or f'{len(names)} documents, {seen} links')
sys.exit(bool(bad) or not names)
