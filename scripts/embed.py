#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the dashboard as a C file: every file of web/ and what it imports, with type, gzip form and ETag.

Everything but the page lies below /a/<hash of all of it>/, so that it can be cached for ever. Bare imports
("preact") become relative paths: no import map, so no inline script and nothing to allow in the policy.
"""
import argparse
import gzip
import hashlib
import pathlib
import posixpath
import re
import sys

TYPES = {'.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
         '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8',
         '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8'}
# What comes from npm: where it is served below vendor/, and the file in node_modules.
VENDOR = {
    'preact': ('preact.mjs', 'preact/dist/preact.mjs'),
    'preact/hooks': ('hooks.mjs', 'preact/hooks/dist/hooks.mjs'),
    'htm': ('htm.mjs', 'htm/dist/htm.mjs'),
    '@preact/signals-core': ('signals-core.mjs', '@preact/signals-core/dist/signals-core.mjs'),
    '@preact/signals': ('signals.mjs', '@preact/signals/dist/signals.mjs'),
    'uplot': ('uplot.mjs', 'uplot/dist/uPlot.iife.min.js'),
}
STYLES = {'vendor/pico.css': '@picocss/pico/css/pico.min.css', 'vendor/uplot.css': 'uplot/dist/uPlot.min.css'}
LICENCES = {'preact': 'preact/LICENSE', 'htm': 'htm/LICENSE', 'signals': '@preact/signals/LICENSE',
            'signals-core': '@preact/signals-core/LICENSE', 'uplot': 'uplot/LICENSE',
            'pico': '@picocss/pico/LICENSE.md'}
IMPORT = re.compile(r'''((?:\bfrom|\bimport)\s*)(["'])([^"'.][^"']*)\2''')
STATIC = re.compile(r'''(?:\bfrom|\bimport)\s*["'](\.[^"']*)["']''')
PLAIN = b'''<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Voltseal</title></head>
<body><main><h1>Voltseal</h1><p>The dashboard was not built into this daemon (-Dweb=false).
The API answers at <a href="/api/v1/overview">/api/v1/overview</a>.</p></main></body></html>
'''


def rewrite(path, text):
    depth = path.count('/')

    def replace(match):
        if match[3] not in VENDOR:
            sys.exit(f'embed.py: {path} imports {match[3]}, which is not in VENDOR')
        return f"{match[1]}{match[2]}{'../' * depth or './'}vendor/{VENDOR[match[3]][0]}{match[2]}"
    return re.sub(r'//# sourceMappingURL=.*\n?', '', IMPORT.sub(replace, text))


def collect(web, used):
    modules = web / 'node_modules'
    if not modules.is_dir():
        sys.exit(f'embed.py: {modules} is missing: run `./dev deps`, or build with -Dweb=false')

    def read(path):
        used.append(path)
        return path.read_text('utf-8')
    files = {}
    for path in sorted((web / 'src').rglob('*')):
        if path.is_file() and path.suffix in TYPES:
            name = path.relative_to(web / 'src').as_posix()
            text = read(path)
            files[name] = rewrite(name, text) if path.suffix in ('.js', '.mjs') else text
    for name, source in VENDOR.values():
        text = read(modules / source)
        if name == 'uplot.mjs':  # published as a script: what it declares is what we import
            text += '\nexport default uPlot;\n'
        files[f'vendor/{name}'] = rewrite(f'vendor/{name}', text)
    for name, source in STYLES.items():
        files[name] = re.sub(r'/\*# sourceMappingURL=.*?\*/', '', read(modules / source))
    files['licences.txt'] = '\n\n'.join(f'== {name} ==\n\n{read(modules / path)}'
                                        for name, path in LICENCES.items() if (modules / path).exists())
    return {name: text.encode() for name, text in files.items()}


def needed(files, path, found):
    """The modules that a module imports, and those that they import, in the order of their names."""
    if path in found or path not in files:
        return found
    found.add(path)
    for name in STATIC.findall(files[path].decode()):
        needed(files, posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), found)
    return found


def place(files):
    """Path, content, immutable: the page at /, the rest below the hash of all of it."""
    page = files.pop('index.html')
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(name.encode() + b'\0' + files[name] + b'\0')
    base = f'/a/{whole.hexdigest()[:16]}/'
    # All at once: a module that names the next one would cost a turn to the server for each step.
    first = sorted(needed(files, 'pages/overview.js', needed(files, 'app.js', set())))
    links = ''.join(f'<link rel="modulepreload" href="{{{{base}}}}{name}">\n' for name in first).encode()
    yield '/', page.replace(b'</head>', links + b'</head>').replace(b'{{base}}', base.encode()), False, '.html'
    if 'favicon.svg' in files:
        yield '/favicon.ico', files['favicon.svg'], False, '.svg'
    for name in sorted(files):
        yield base + name, files[name], True, pathlib.PurePath(name).suffix


def array(name, data):
    rows = (','.join(map(str, data[i:i + 32])) for i in range(0, len(data), 32))
    return f'static const uint8_t {name}[] = {{\n' + ',\n'.join(rows) + '\n};\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--web', type=pathlib.Path, help='the folder web/; without it a plain page')
    parser.add_argument('--depfile', type=pathlib.Path)
    parser.add_argument('output', type=pathlib.Path)
    options = parser.parse_args()
    used = []
    files = collect(options.web, used) if options.web else {'index.html': PLAIN}
    arrays, rows = [], []
    for i, (path, data, immutable, suffix) in enumerate(place(files)):
        small = gzip.compress(data, 9, mtime=0)
        tag = hashlib.sha256(data).hexdigest()[:24]
        arrays.append(array(f'data_{i}', data))
        squeezed = 'NULL, 0'
        if len(small) < len(data) * 0.95:
            arrays.append(array(f'gzip_{i}', small))
            squeezed = f'gzip_{i}, sizeof(gzip_{i})'
        rows.append(f'\t{{ "{path}", "{TYPES[suffix]}", "\\"{tag}\\"", {str(immutable).lower()}, '
                    f'data_{i}, sizeof(data_{i}), {squeezed} }},\n')
    options.output.write_text('/* Made by scripts/embed.py. */\n#include "api/assets.h"\n\n' + ''.join(arrays) +
                              '\nconst struct vs_api_asset vs_api_assets[] = {\n' + ''.join(rows) + '};\n'
                              'const size_t vs_api_asset_count = sizeof(vs_api_assets) / sizeof(vs_api_assets[0]);\n')
    if options.depfile:
        options.depfile.write_text(f'{options.output}: ' + ' '.join(str(p).replace(' ', '\\ ') for p in used) + '\n')


main()
