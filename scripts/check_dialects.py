#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when a statement of the store is for one engine only without saying so, or reads without asking for one tenant;
when a migration of SQLite has no PostgreSQL twin from the first on that has one."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
store = root / 'src/store'
ONLY_SQLITE = [
    (r'\biif\s*\(', 'iif(): write CASE WHEN'), (r'\bINSERT OR\b', 'INSERT OR: write ON CONFLICT'),
    (r'\bIS (NOT )?(\?|excluded\.)', 'IS ?: write IS NOT DISTINCT FROM'), (r'\bINDEXED\b', 'INDEXED BY: write BOTH()'),
    (r'\bjson_\w+\(|->>|->', 'JSON: write VS_QUERY_TWO'), (r'ON CONFLICT DO UPDATE', 'ON CONFLICT: name the columns'),
    (r'\b(max|min)\s*\([^()]*,', 'max(a, b): write CASE WHEN'), (r'\bCOLLATE\b', 'COLLATE'), (r'\browid\b', 'rowid'),
    (r'\bGLOB\b', 'GLOB'), (r'WHERE \?\d*( |$)(?!=)(?![<>])', 'a number is no condition: write <> 0'),
    (r'(?<!")\b(FROM|INTO|UPDATE) (user|order|group|window|limit|offset|end|table|grant|column|check)\b',
     'a reserved word of PostgreSQL: put the name in quotes'),
]


def rows(path):
    """(macro, name, side, its text) of each row; macros that are used within are put in their places."""
    text = re.sub(r'/\*.*?\*/', '', path.read_text(), flags=re.S).replace('\\\n', ' ')
    macros = {}
    for line in text.splitlines():
        if m := re.match(r'#define (\w+)(\([^)]*\))? (.*)', line):
            macros[m[1]] = m[3]
    for m in re.finditer(r'^(VS_QUERY|VS_QUERY_TWO|BOTH)\((\w+),\s*(\w+),', text, flags=re.M):
        depth, i, in_text = 1, m.end(), False
        while depth:
            c = text[i]
            if c == '"' and text[i - 1] != '\\':
                in_text = not in_text
            depth += 0 if in_text else {'(': 1, ')': -1}.get(c, 0)
            i += 1
        body = text[m.end():i - 1]
        for name, meaning in macros.items():
            if name not in ('VS_QUERY_TWO', 'BOTH'):
                body = re.sub(rf'(?<!")\b{name}\b', lambda _, said=meaning: said, body)
        yield m[1], m[2], m[3], re.sub(r'"\s*"', '', body)


bad, count = [], 0
for path in (store / 'queries.def', store / 'keystore_queries.def'):
    for macro, name, side, body in rows(path):
        count += 1
        if macro == 'VS_QUERY':
            bad += [f'{path.name}: {name}: {why}' for pattern, why in ONLY_SQLITE if re.search(pattern, body)]
        if side == 'READ' and not re.search(r'\btenant = \?', body):
            bad.append(f'{path.name}: {name}: reads without tenant = ?; READ_ALL if that is meant')
for folder in (store / 'migrations', store / 'keystore_migrations'):
    ours = {p.name for p in folder.glob('*.sql')}
    twins = {p.name for p in (folder / 'postgres').glob('*.sql')}
    first = min(twins, default='9999')
    bad += [f'{folder.name}: {name} has no twin in postgres/' for name in sorted(ours - twins) if name > first]
    bad += [f'{folder.name}/postgres: {name} has no twin' for name in sorted(twins - ours)]
print('\n'.join(bad) or f'{count} statements, each for both engines')
sys.exit(bool(bad) or count == 0)
