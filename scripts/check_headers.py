#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when a header does not compile alone, twice in one file, or does not begin by saying what it is."""
import concurrent.futures
import pathlib
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
headers = sorted((root / 'src').rglob('*.h')) + sorted((root / 'include').rglob('*.h'))


def check(path):
    name = path.relative_to(root)
    include = str(path.relative_to(root / name.parts[0]))
    done = subprocess.run(
        ['gcc', '-std=gnu17', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wpedantic', '-Wstrict-prototypes', '-Werror',
         '-fsyntax-only', '-I', root / 'src', '-I', root / 'include', '-x', 'c', '-'],
        input=f'#include "{include}"\n#include "{include}"\ntypedef int vs_not_empty;\n', text=True,
        capture_output=True, check=False)
    said = [f'{name}: does not compile alone\n{done.stderr}'] if done.returncode else []
    lines = path.read_text().splitlines()
    if not (len(lines) > 2 and lines[1].startswith('/*')):
        said.append(f'{name}: begins without a word on what it is')
    if '#pragma once' not in lines:
        said.append(f'{name}: has no #pragma once')
    return said


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    bad = [text for said in pool.map(check, headers) for text in said]
print('\n'.join(bad) or f'{len(headers)} headers compile alone')
sys.exit(bool(bad) or not headers)
