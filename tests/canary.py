#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Look for secrets where they must not be: canary.py NEEDLE[,NEEDLE...] FILE ...

Each needle is looked for as it is, in hexadecimal and in base64 (at each of the three offsets that it can have in a longer
text), in any case. Says what was found where; exit status 1 when something was. As a module: find(needles, paths).
"""
import base64
import pathlib
import sys


def forms(needle):
    """The ways in which these bytes may have been written down: {bytes in lower case: what it is}."""
    found = {needle.lower(): 'as it is', needle.hex().encode(): 'in hexadecimal'}
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + needle)
        # Characters that hold bits of the neighbours, too, are left out: 6 bits in each.
        inner = text[(offset * 8 + 5) // 6:(offset + len(needle)) * 8 // 6]
        if len(inner) >= 8:
            found[inner.lower()] = 'in base64'
            found[inner.replace(b'+', b'-').replace(b'/', b'_').lower()] = 'in base64url'
    return found


def find(needles, paths):
    """[(path, name of the needle, how, offset)]; needles: {name: bytes}. A file that is gone holds nothing."""
    found = []
    for path in map(pathlib.Path, paths):
        try:
            text = path.read_bytes().lower()
        except FileNotFoundError:
            continue
        for name, needle in needles.items():
            if len(needle) < 8:
                raise ValueError(f'{name}: too short to tell anything')
            for form, how in forms(needle).items():
                at = text.find(form)
                if at >= 0:
                    found.append((str(path), name, how, at))
    return found


def main():
    needles = {f'needle {n}': text.encode() for n, text in enumerate(sys.argv[1].split(','), 1)}
    found = find(needles, sys.argv[2:])
    for path, name, how, at in found:
        print(f'{path}: {name}, {how}, at {at}')
    print(f'{len(sys.argv) - 2} files, {len(needles)} needles, found {len(found)}')
    return bool(found)


if __name__ == '__main__':
    sys.exit(main())
