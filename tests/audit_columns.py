# SPDX-License-Identifier: Apache-2.0
"""Every entry of every audit log that a test leaves behind: date, source, actor, action, object and result, none of them
empty. What is damaged is left out: tests that damage a log look at that themselves."""
import json
import pathlib
import struct


def lines(bundle):
    """C2SP tlog-tiles: each entry behind its length."""
    at = 0
    while at + 2 <= len(bundle):
        size = struct.unpack_from('>H', bundle, at)[0]
        yield bundle[at + 2:at + 2 + size]
        at += 2 + size


def empty_of(entry):
    """The columns that say nothing."""
    columns = {'date': entry['ts'], 'source': entry['src'], 'actor': entry['actor']['k'] and entry['actor']['id'],
               'action': entry['ev'], 'object': any(value != '' for value in entry['obj'].values()), 'result': entry['res']}
    return [name for name, value in columns.items() if not value]


def search(state):
    """What is wrong, one text for each kind of entry."""
    found = {}
    for path in sorted(pathlib.Path(state).glob('audit/*/tile/entries/**/*')):
        for line in lines(path.read_bytes()) if path.is_file() else ():
            try:
                entry = json.loads(line)
                missing = empty_of(entry)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
            if missing:
                found[(entry['ev'], *missing)] = f'{entry["ev"]} has no {", ".join(missing)}: {line.decode()}'
    return list(found.values())
