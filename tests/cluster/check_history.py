#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the recorded history of a cluster: check_history.py FILE...

Each line of the files is a JSON object with at_ms (one clock for all), what, and node, station, epoch where they apply:

  owns      from here on the node may send to the station, under this epoch
  lets      from here on it may not
  died      the node was killed: it may not send to anybody
  revoked   the station may not come in any more, anywhere; what was let in stays until lets
  refused   a node did not let the station in (nothing is checked by it alone, it is counted)

Wrong is: two nodes that own a station at one time; an epoch that is not above every earlier one of its station; a station that
a node owns later than --grace milliseconds after its revocation, whether it came in or was never sent away.
Prints `stations=N owners=N revoked=N wrong=N`, and on stderr what is wrong. Exit status 0: nothing; 1; 2: a file is unusable.
"""
import argparse
import json
import sys

WORDS = {'owns': {'node', 'station', 'epoch'}, 'lets': {'node', 'station', 'epoch'}, 'died': {'node'}, 'revoked': {'station'},
         'refused': {'node', 'station'}}
SHOWN_MAX = 20


class Unusable(Exception):
    pass


def read(paths):
    lines = []
    for path in paths:
        with open(path, encoding='utf-8') as file:
            for number, text in enumerate(file, 1):
                if not text.endswith('\n'):
                    continue  # whoever wrote it was killed in the middle of it
                try:
                    line = json.loads(text)
                    missing = WORDS[line['what']] - line.keys()
                    at_ms = float(line['at_ms'])
                except (ValueError, KeyError, TypeError) as error:
                    raise Unusable(f'{path}:{number}: {error!r}') from None
                if missing:
                    raise Unusable(f'{path}:{number}: without {", ".join(sorted(missing))}')
                lines.append((at_ms, line))
    # At one millisecond: who lets go comes before who takes.
    return [line for _, line in sorted(lines, key=lambda row: (row[0], row[1]['what'] == 'owns'))]


class Checker:
    def __init__(self, grace_ms):
        self.grace_ms, self.wrong = grace_ms, []
        self.owner, self.highest, self.gone = {}, {}, {}  # by station
        self.stations, self.owners = set(), 0

    def owns(self, line):
        station, holder = line['station'], self.owner.get(line['station'])
        self.owners += 1
        if holder is not None and holder['node'] != line['node']:
            self.wrong.append(f'{station}: {line["node"]} owns it from {line["at_ms"]} on (epoch {line["epoch"]}), and '
                              f'{holder["node"]} has since {holder["at_ms"]} (epoch {holder["epoch"]})')
        if line['epoch'] <= self.highest.get(station, -1):
            self.wrong.append(f'{station}: epoch {line["epoch"]} of {line["node"]} after {self.highest[station]}')
        if station in self.gone and line['at_ms'] > self.gone[station] + self.grace_ms:
            self.wrong.append(f'{station}: {line["node"]} let it in {line["at_ms"] - self.gone[station]:.0f} ms after its revocation')
        self.highest[station] = max(line['epoch'], self.highest.get(station, -1))
        self.owner[station] = line

    def lets(self, line):
        holder = self.owner.get(line['station'])
        if holder is not None and (holder['node'], holder['epoch']) == (line['node'], line['epoch']):
            self.leaves(line['station'], line['at_ms'])

    def leaves(self, station, at_ms):
        taken = self.owner.pop(station)
        late_ms = at_ms - self.gone[station] if station in self.gone else 0
        if taken['at_ms'] <= self.gone.get(station, -1) and late_ms > self.grace_ms:
            self.wrong.append(f'{station}: {taken["node"]} kept it {late_ms:.0f} ms after its revocation')

    def take(self, line):
        if 'station' in line:
            self.stations.add(line['station'])
        if line['what'] == 'owns':
            self.owns(line)
        elif line['what'] == 'lets':
            self.lets(line)
        elif line['what'] == 'died':
            for station in [name for name, holder in self.owner.items() if holder['node'] == line['node']]:
                self.leaves(station, line['at_ms'])
        elif line['what'] == 'revoked':
            self.gone.setdefault(line['station'], line['at_ms'])

    def end(self):
        for station in list(self.owner):
            if station in self.gone:
                self.wrong.append(f'{station}: {self.owner[station]["node"]} owns it at the end, and it is revoked')


def check(lines, grace_ms):
    checker = Checker(grace_ms)
    for line in lines:
        checker.take(line)
    checker.end()
    return checker


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('files', nargs='+')
    parser.add_argument('--grace', type=float, default=2000, help='milliseconds')
    arguments = parser.parse_args()
    try:
        checker = check(read(arguments.files), arguments.grace)
    except (OSError, Unusable) as error:
        print(f'check_history: {error}', file=sys.stderr)
        return 2
    for line in checker.wrong[:SHOWN_MAX]:
        print(f'check_history: {line}', file=sys.stderr)
    print(f'stations={len(checker.stations)} owners={checker.owners} revoked={len(checker.gone)} wrong={len(checker.wrong)}')
    return 1 if checker.wrong or checker.owners == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
