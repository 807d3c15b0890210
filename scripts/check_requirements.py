#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail when doc/requirements.md names a test or a command that does not exist, or a wish without anything that shows it."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from tables import rows  # noqa: E402

root = pathlib.Path(sys.argv[1])
tests = {file.stem: set(re.findall(r'^    (?:async )?def (test_\w+)\(', file.read_text(), flags=re.M))
         for file in (root / 'tests/interop').glob('test_*.py')}
commands = [(row[0], row[1], row[4].split()) for row in rows(root / 'src/cli/commands.def', 'VS_COMMAND')]
simulated = {row[1] for row in rows(root / 'src/sim/subcommands.def', 'VS_SIM_SUBCOMMAND')}
served = set(re.findall(r'^    \{"([a-z]+)(?: [a-z]+)?",', (root / 'src/programs/voltseald.c').read_text(), flags=re.M))
steps = set(re.findall(r'^cmd_(\w+)\(\)', (root / 'dev').read_text(), flags=re.M))
bad, wishes = [], 0


def exists(words):
    """Is it a command of ours, with options that it takes?"""
    program, first, *more = words
    names, options = [word for word in more if re.fullmatch('[a-z-]+', word) and word[0] != '-'], {word[2:] for word in more if word[:2] == '--'}
    if program != 'voltseal':
        return first in {'./dev': steps, 'voltseald': served, 'voltseal-sim': simulated}[program]
    return first == '...' or any(noun == first and verb in ('', *names[:1]) and options <= set(taken) for noun, verb, taken in commands)


for number, line in enumerate((root / 'doc/requirements.md').read_text().splitlines(), 1):
    cells = [cell.strip() for cell in line.strip('|').split(' | ')]
    if not line.startswith('| ') or cells[0] in ('asked for', '---'):
        continue
    wishes += 1
    if len(cells) != 2 or not ('`' in cells[1] or cells[1].startswith('none: ')):
        bad.append(f'{number}: nothing shows this')
        continue
    for named in re.findall(r'`([^`]+)`', cells[1]):
        pair = re.fullmatch(r'(test_\w+): (test_\w+)', named)
        if pair and pair[2] not in tests.get(pair[1], ()):
            bad.append(f'{number}: there is no {pair[2]} in tests/interop/{pair[1]}.py')
        elif named.startswith('unit/') and not (root / 'tests' / named).is_file():
            bad.append(f'{number}: there is no tests/{named}')
        elif named.endswith('.mjs') and not list((root / 'tests').glob(f'*/{named}')):
            bad.append(f'{number}: there is no {named}')
        elif re.match(r'(\./dev|voltseald?|voltseal-sim) ', named) and not exists(named.split()):
            bad.append(f'{number}: there is no command {named}')
        elif not (pair or named.startswith('unit/') or named.endswith('.mjs') or re.match(r'(\./dev|voltseald?|voltseal-sim) ', named)):
            bad.append(f'{number}: what is "{named}"?')
print('\n'.join(bad) or f'{wishes} wishes, each with what shows it')
sys.exit(bool(bad) or not wishes)
