# SPDX-License-Identifier: Apache-2.0
"""Reading the .def tables of the source: rows of macros, as the compiler sees them."""
import re


def arguments(text):
    """Split at the commas of the outermost level; strings side by side are one, as the compiler sees them."""
    parts, depth, in_string, part = [], 0, False, ''
    for n, c in enumerate(text):
        if c == '"' and text[n - 1] != '\\':
            in_string = not in_string
        elif not in_string:
            depth += (c == '(') - (c == ')')
            if c == ',' and depth == 0:
                parts.append(part)
                part = ''
                continue
        part += c
    strings = [re.findall(r'"((?:\\.|[^"\\])*)"', p) if p.strip().startswith('"') else None for p in [*parts, part]]
    return [p.strip() if s is None else ''.join(s).replace('\\"', '"') for p, s in zip([*parts, part], strings)]


def rows(path, macro):
    text = re.sub(r'/\*.*?\*/', '', path.read_text(), flags=re.S)
    for m in re.finditer(r'^([A-Z_]+)\(', text, flags=re.M):
        if macro and m.group(1) != macro:
            raise SystemExit(f'{path}: {m.group(1)} is not described')
        at, depth, in_string = m.end(), 1, False
        while depth:
            c = text[at]
            if c == '"' and text[at - 1] != '\\':
                in_string = not in_string
            elif not in_string:
                depth += (c == '(') - (c == ')')
            at += 1
        yield arguments(text[m.end():at - 1])
