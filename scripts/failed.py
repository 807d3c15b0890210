#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What failed, by name and with the end of what it said, out of what the stages of ./dev test printed: failed.py LOG ...

For whoever sees only the last lines of a run. A log in which nothing is recognised is shown by its own last lines.
"""
import pathlib
import re
import sys

LINES, BLOCKS = 14, 12
STARTS = (
    re.compile(r'^(?:ERROR|FAIL): '),  # Python's unittest
    re.compile(r'^ *not ok \d+ - (?!.*# (?:SKIP|TODO))'),  # node's runner
    re.compile(r'^ +FAIL +\S'),  # ./dev lint
    re.compile(r'^(?:FAIL|TIMEOUT|ERROR|INTERRUPT|UNEXPECTEDPASS) \S'),  # meson's record of a test
    re.compile(r'^FAILED: '),  # ninja
    re.compile(r'is in no list here|^voltseald ended with|^not done within'),
)
END = re.compile(r'^(?:={20,}|-{20,}\s*$|Ran \d+ tests?|== |\d+ passed, | *(?:not )?ok \d+ - | +ok +\S)')


def starts(line):
    return any(pattern.search(line) for pattern in STARTS)


def blocks(lines):
    """The parts of a log that begin with the name of what failed; the rule below such a name is not an end."""
    found = []
    for number, line in enumerate(lines):
        if not starts(line):
            continue
        block = [line]
        for at, text in enumerate(lines[number + 1:]):
            if starts(text) or END.match(text) and not (at < 4 and text.startswith('---')):
                break
            block.append(text)
        found.append(block)
    return found


def shown(block):
    if len(block) <= LINES:
        return block
    return [block[0], '...', *block[1 - LINES:]]


def main():
    for path in map(pathlib.Path, sys.argv[1:]):
        lines = [line.rstrip() for line in path.read_text(errors='replace').splitlines() if line.strip()]
        found = blocks(lines)
        print(f'== {path.name}: {len(found) or "nothing recognised, its last lines"}')
        for block in found[:BLOCKS] or [lines[-2 * LINES:]]:
            print(*(f'   | {line[:300]}' for line in (shown(block) if found else block)), sep='\n')
        if len(found) > BLOCKS:
            print(f'   {len(found) - BLOCKS} more in {path}')


if __name__ == '__main__':
    main()
