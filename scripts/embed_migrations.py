#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn NNNN_name.sql (without a gap) into a C table NAMEs and NAME_count: OUT NAME SQL..."""
import pathlib
import re
import sys

out, table, paths = pathlib.Path(sys.argv[1]), sys.argv[2], sorted(pathlib.Path(p) for p in sys.argv[3:])
texts, rows = [], []
first = int(paths[0].name[:4])
for expected, path in enumerate(paths, first):
    m = re.fullmatch(r'(\d{4})_([a-z0-9_]+)\.sql', path.name)
    if not m or int(m[1]) != expected:
        sys.exit(f'{path.name}: expected {expected:04}_name.sql')
    # As numbers: C compilers need not take string literals of more than 4095 characters.
    data = path.read_bytes() + b'\0'
    lines = [','.join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    texts.append(f'static const char sql_{expected}[] = {{\n' + ',\n'.join(lines) + '};\n')
    rows.append(f'\t{{"{path.stem}", sql_{expected}}},\n')
out.write_text('/* Made by scripts/embed_migrations.py. */\n#include "store/migrate.h"\n\n' + ''.join(texts) +
               f'\nconst struct vs_store_migration {table}s[] = {{\n' + ''.join(rows) + '};\n'
               f'const int {table}_count = {len(rows)};\n')
