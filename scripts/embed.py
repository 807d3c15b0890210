#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the dashboard as a C file: its page, one script, one style sheet, with type, gzip form and ETag.

Everything but the page lies below /a/<hash of all of it>/, so that it can be cached for ever. The modules of web/ and of
npm become functions of one script, each run when it is first needed: nothing is fetched twice, no module waits for the
name of the next, and there is no import map, so no inline script and nothing to allow in the policy. A module must not
export what it assigns later: the script has values, not live bindings.
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
STYLES = ('@picocss/pico/css/pico.min.css', 'uplot/dist/uPlot.min.css')  # before ours
LICENCES = {'preact': 'preact/LICENSE', 'htm': 'htm/LICENSE', 'signals': '@preact/signals/LICENSE',
            'signals-core': '@preact/signals-core/LICENSE', 'uplot': 'uplot/LICENSE',
            'pico': '@picocss/pico/LICENSE.md'}
IMPORT = re.compile(r"""(?<![\w$.])import\s*([\w$]+)?\s*,?\s*(?:\{([^}]*)\})?\s*from\s*(["'])([^"']+)\3;?""")
DYNAMIC = re.compile(r"""(?<![\w$.])import\((["'])([^"']+)\1\)""")
DECLARED = re.compile(r'^export\s+(?=(?:async\s+)?function\s*\*?\s*([\w$]+)|class\s+([\w$]+)|const\s+([\w$]+))', re.M)
BARE = re.compile(r"""^import\s*["']([^"']+)["'];?$""", re.M)
LISTED = re.compile(r"""(?<![\w$.])export\s*\{([^}]*)\}(?:\s*from\s*(["'])([^"']+)\2)?;?""")
PLAIN = b'''<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Voltseal</title></head>
<body><main><h1>Voltseal</h1><p>The dashboard was not built into this daemon (-Dweb=false).
The API answers at <a href="/api/v1/overview">/api/v1/overview</a>.</p></main></body></html>
'''


def pairs(text):
    """`a as b, c` of an import or export: (what it is called there, what it is called here)."""
    words = [word.split(' as ') for word in text.split(',') if word.strip()]
    return [(word[0].strip(), word[-1].strip()) for word in words]


def found(path, name, modules):
    """The module that a module names."""
    wanted = f'vendor/{VENDOR[name][0]}' if name in VENDOR else posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    if wanted not in modules:
        sys.exit(f'embed.py: {path} imports {name}, which is neither here nor in VENDOR')
    return wanted


def as_function(path, text, modules):
    """A module as the body of a function ($out, $need): what it imports it asks for, what it exports it puts out."""
    exports, more = {}, []
    if re.search(r'^export\s+(let|var)\b|\bexport\s*\*|import\.meta|\bimport\s*\*', text, re.M):
        sys.exit(f'embed.py: {path}: what it exports or imports so is not known here')

    def imported(match):
        whole, listed, _, name = match.groups()
        module = found(path, name, modules)
        parts = [f'{whole} = $need("{module}").default'] if whole else []
        if listed:
            names = ', '.join(there if there == here else f'{there}: {here}' for there, here in pairs(listed))
            parts.append(f'{{ {names} }} = $need("{module}")')
        return f'const {", ".join(parts)};'

    def listed(match):
        for there, here in pairs(match[1]):
            if match[3]:
                more.append(f'$out.{here} = $need("{found(path, match[3], modules)}").{there};')
            else:
                exports[here] = there
        return ''

    def declared(match):
        name = next(filter(None, match.groups()))
        exports[name] = name
        return ''
    text = BARE.sub(lambda match: f'$need("{found(path, match[1], modules)}");', text)
    text = LISTED.sub(listed, IMPORT.sub(imported, text))
    text = DYNAMIC.sub(lambda match: f'Promise.resolve().then(() => $need("{found(path, match[2], modules)}"))', text)
    text = re.sub(r'(?<![\w$.])export default\b', '$out.default =', DECLARED.sub(declared, text))
    if re.search(r'^\s*(import|export)\b', text, re.M):
        sys.exit(f'embed.py: {path}: an import or export is left')
    puts = ''.join(f'$out.{here} = {there};' for here, there in exports.items())
    return f'"{path}": ($out, $need) => {{\n{text}\n{puts}{"".join(more)}\n}},\n'


def bundle(modules, first):
    """One script: each module runs once, when it is first asked for."""
    bodies = ''.join(as_function(path, text, modules) for path, text in sorted(modules.items()))
    return (f'const $modules = {{\n{bodies}}};\nconst $there = {{}};\nfunction $need(name) {{\n'
            '  if (!$there[name]) $modules[name]($there[name] = {}, $need);\n  return $there[name];\n}\n'
            f'$need("{first}");\nexport {{ $need as need }};\n')  # for tests: a module by its name


def collect(web, used):
    modules_dir = web / 'node_modules'
    if not modules_dir.is_dir():
        sys.exit(f'embed.py: {modules_dir} is missing: run `./dev deps`, or build with -Dweb=false')

    def read(path):
        used.append(path)
        return path.read_text('utf-8')
    files, modules, styles = {}, {}, [re.sub(r'/\*# sourceMappingURL=.*?\*/', '', read(modules_dir / source)) for source in STYLES]
    for path in sorted((web / 'src').rglob('*')):
        if not path.is_file() or path.suffix not in TYPES:
            continue
        name = path.relative_to(web / 'src').as_posix()
        if path.suffix == '.js':
            modules[name] = read(path)
        elif path.suffix == '.css':
            styles.append(read(path))
        else:
            files[name] = read(path)
    for name, source in VENDOR.values():
        text = re.sub(r'//# sourceMappingURL=.*\n?', '', read(modules_dir / source))
        if name == 'uplot.mjs':  # published as a script: what it declares is what we import
            text += '\nexport default uPlot;\n'
        modules[f'vendor/{name}'] = text
    files['app.js'] = bundle(modules, 'app.js')
    files['app.css'] = '\n'.join(styles)
    files['licences.txt'] = '\n\n'.join(f'== {name} ==\n\n{read(modules_dir / path)}'
                                        for name, path in LICENCES.items() if (modules_dir / path).exists())
    return {name: text.encode() for name, text in files.items()}


def place(files):
    """Path, content, immutable: the page at /, the rest below the hash of all of it."""
    page = files.pop('index.html')
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(name.encode() + b'\0' + files[name] + b'\0')
    base = f'/a/{whole.hexdigest()[:16]}/'
    yield '/', page.replace(b'{{base}}', base.encode()), False, '.html'
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
