#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail on functions that this tree does not use, and on more uses of the watched ones than are counted.

Banned ones have no use anywhere. Watched ones have a place: scripts/banned.allow says in which file, how
often, and why; one use more or less than counted fails, so that a new one is seen in a review.
"""
import pathlib
import re
import sys

BANNED = {
    'strcpy': 'vs_buf_append', 'stpcpy': 'vs_buf_append', 'strcat': 'vs_buf_append', 'strncpy': 'vs_buf_append',
    'strncat': 'vs_buf_append', 'sprintf': 'snprintf', 'vsprintf': 'vsnprintf', 'gets': 'a bounded read',
    'atoi': 'vs_bytes_to_int', 'atol': 'vs_bytes_to_int', 'atoll': 'vs_bytes_to_int', 'atof': 'strtod with its end',
    'strtok': 'vs_bytes', 'strtok_r': 'vs_bytes', 'scanf': 'vs_bytes', 'sscanf': 'vs_bytes', 'fscanf': 'vs_bytes',
    'alloca': 'an array with a limit', 'rand': 'vs_random', 'srand': 'vs_random', 'random': 'vs_random',
    'system': 'nothing', 'popen': 'nothing', 'tmpnam': 'mkstemp', 'mktemp': 'mkstemp', 'tempnam': 'mkstemp',
    'gmtime': 'gmtime_r', 'localtime': 'gmtime_r', 'asctime': 'vs_clock', 'ctime': 'vs_clock',
    'signal': 'vs_signal_watch', 'vfork': 'fork', 'strerror': 'strerror_r', 'inet_ntoa': 'inet_ntop',
}
# Compared byte for byte they leak how much is equal: what is secret goes through vs_crypto_equal.
WATCHED = {
    'memcmp': 'vs_bytes_equal, and vs_crypto_equal for what is secret',
    'malloc': 'calloc, an arena or vs_buf', 'realloc': 'vs_buf',
    'printf': 'the log; only programs print', 'puts': 'the log; only programs print',
    'getenv': 'options.def', 'exit': 'vs_result', 'abort': 'assert',
}


def without_comments_and_strings(text):
    def blank(m):
        return re.sub(r'[^\n]', ' ', m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


root = pathlib.Path(sys.argv[1])
allowed, bad = {}, []
for n, line in enumerate((root / 'scripts/banned.allow').read_text().splitlines(), 1):
    if line and not line.startswith('#'):
        function, path, count, reason = (line.split(None, 3) + [''] * 4)[:4]
        if not reason or function not in WATCHED or not count.isdigit():
            bad.append(f'scripts/banned.allow:{n}: needs a watched function, a path, a count and a reason')
            continue
        allowed[function, path] = int(count)
call = re.compile(r'(?<![\w.>])(' + '|'.join([*BANNED, *WATCHED]) + r')\s*\(')
found = {}
files = [p for top in ('src', 'tests', 'fuzz') for p in sorted((root / top).rglob('*.[ch]')) if 'node_modules' not in p.parts]
for path in files:
    name = str(path.relative_to(root))
    for n, line in enumerate(without_comments_and_strings(path.read_text()).splitlines(), 1):
        for m in call.finditer(line):
            function = m.group(1)
            if function in BANNED:
                bad.append(f'{name}:{n}: {function} is banned: use {BANNED[function]}')
            elif name.startswith('src/'):
                found.setdefault((function, name), []).append(n)
for (function, name), lines in sorted(found.items()):
    count = allowed.pop((function, name), 0)
    if len(lines) != count:
        bad.append(f'{name}:{lines[-1]}: {function} {len(lines)} times, {count} in scripts/banned.allow: '
                   f'use {WATCHED[function]}, or count it there with a reason')
for function, name in allowed:
    bad.append(f'scripts/banned.allow: {function} is not used in {name} any more')
print('\n'.join(bad) or f'{len(files)} files, {sum(map(len, found.values()))} counted uses')
sys.exit(bool(bad) or not files)
