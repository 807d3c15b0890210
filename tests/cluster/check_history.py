#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the recorded history of a cluster: check_history.py FILE...

Each line of the files is a JSON object with at_ms (one clock for all), what, and what belongs to it:

  owns      node, station, epoch: from here on the node may send to the station
  lets      node, station, epoch: from here on it may not
  died      node: it was killed, it may not send to anybody
  asleep    node: it stands still, nobody hears of it and it hears of nobody; until awake
  revoked   station or token: it may not come in any more, anywhere; what was let in stays until lets
  entered   node, and station or token: it was let in
  refused   node, and station or token: it was not (nothing is checked by it alone, it is counted)
  asked     command, until_ms: somebody gave it; it has to have ended by then
  ended     command, state: the last that is known of it: answered, refused, failed, or unknown where nobody could be asked
  acked     event: a station was told that it is kept
  kept      event: it is in the database; a line for each row

Wrong is: two nodes that own a station at one time; an epoch that is not above every earlier one of its station; a station that
a node owns later than --grace milliseconds after its revocation, whether it came in or was never sent away (time in which that
node was asleep is not counted); one that was revoked and entered after that time; a command without an end, with one that is
none, or that ended late; an event that was acked and is not kept, or kept twice.
Prints `stations=N owners=N revoked=N entered=N refused=N commands=N events=N wrong=N`, and on stderr what is wrong. Exit status
0: nothing; 1; 2: a file is unusable.
"""
import argparse
import collections
import json
import sys

WORDS = {'owns': {'node', 'station', 'epoch'}, 'lets': {'node', 'station', 'epoch'}, 'died': {'node'}, 'asleep': {'node'},
         'awake': {'node'}, 'revoked': set(), 'entered': {'node'}, 'refused': {'node'}, 'asked': {'command', 'until_ms'},
         'ended': {'command', 'state'}, 'acked': {'event'}, 'kept': {'event'}}
ENDS = ('answered', 'refused', 'failed')
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
                    if line['what'] in ('revoked', 'entered', 'refused') and not line.keys() & {'station', 'token'}:
                        missing = {'station or token'}
                    at_ms = float(line['at_ms'])
                except (ValueError, KeyError, TypeError) as error:
                    raise Unusable(f'{path}:{number}: {error!r}') from None
                if missing:
                    raise Unusable(f'{path}:{number}: without {", ".join(sorted(missing))}')
                lines.append((at_ms, line))
    # At one millisecond: who lets go comes before who takes.
    return [line for _, line in sorted(lines, key=lambda row: (row[0], row[1]['what'] == 'owns'))]


def name_of(line):
    return line['station'] if 'station' in line else f'token {line["token"]}'


class Checker:
    def __init__(self, grace_ms):
        self.grace_ms, self.wrong = grace_ms, []
        self.owner, self.highest, self.gone = {}, {}, {}  # by station
        self.slept = collections.defaultdict(list)  # by node: [from, until]
        self.stations, self.owners, self.entered, self.refused = set(), 0, 0, 0
        self.commands, self.ends, self.acked, self.kept = {}, {}, collections.Counter(), collections.Counter()

    def late_ms(self, node, since_ms, at_ms):
        """Of that time, what the node was awake for."""
        return at_ms - since_ms - sum(max(0, min(at_ms, until) - max(since_ms, begin)) for begin, until in self.slept[node])

    def owns(self, line):
        station, holder = line['station'], self.owner.get(line['station'])
        self.owners += 1
        if holder is not None and holder['node'] != line['node']:
            self.wrong.append(f'{station}: {line["node"]} owns it from {line["at_ms"]} on (epoch {line["epoch"]}), and '
                              f'{holder["node"]} has since {holder["at_ms"]} (epoch {holder["epoch"]})')
        if line['epoch'] <= self.highest.get(station, -1):
            self.wrong.append(f'{station}: epoch {line["epoch"]} of {line["node"]} after {self.highest[station]}')
        self.comes(line)
        self.highest[station] = max(line['epoch'], self.highest.get(station, -1))
        self.owner[station] = line

    def comes(self, line):
        who = name_of(line)
        late_ms = self.late_ms(line['node'], self.gone[who], line['at_ms']) if who in self.gone else 0
        if late_ms > self.grace_ms:
            self.wrong.append(f'{who}: {line["node"]} let it in {late_ms:.0f} ms after its revocation')

    def lets(self, line):
        holder = self.owner.get(line['station'])
        if holder is not None and (holder['node'], holder['epoch']) == (line['node'], line['epoch']):
            self.leaves(line['station'], line['at_ms'])

    def leaves(self, station, at_ms):
        taken = self.owner.pop(station)
        if taken['at_ms'] > self.gone.get(station, -1):
            return
        late_ms = self.late_ms(taken['node'], self.gone[station], at_ms)
        if late_ms > self.grace_ms:
            self.wrong.append(f'{station}: {taken["node"]} kept it {late_ms:.0f} ms after its revocation')

    def take(self, line):
        what = line['what']
        if 'station' in line:
            self.stations.add(line['station'])
        if what == 'owns':
            self.owns(line)
        elif what == 'lets':
            self.lets(line)
        elif what == 'died':
            for station in [name for name, holder in self.owner.items() if holder['node'] == line['node']]:
                self.leaves(station, line['at_ms'])
        elif what == 'asleep':
            self.slept[line['node']].append([line['at_ms'], float('inf')])
        elif what == 'awake':
            for times in self.slept[line['node']][-1:]:
                times[1] = line['at_ms']
        elif what == 'revoked':
            self.gone.setdefault(name_of(line), line['at_ms'])
        elif what == 'entered':
            self.entered += 1
            self.comes(line)
        elif what == 'refused':
            self.refused += 1
        elif what == 'asked':
            self.commands[line['command']] = line
        elif what == 'ended':
            self.ends[line['command']] = line
        else:
            (self.acked if what == 'acked' else self.kept)[line['event']] += 1

    def end(self):
        for station in list(self.owner):
            if station in self.gone:
                self.wrong.append(f'{station}: {self.owner[station]["node"]} owns it at the end, and it is revoked')
        for command, asked in self.commands.items():
            end = self.ends.get(command)
            if end is None or end['state'] not in ENDS:
                self.wrong.append(f'command {command}: it never came to an end{"" if end is None else ", but to " + str(end["state"])}')
            elif end['at_ms'] > asked['until_ms']:
                self.wrong.append(f'command {command}: {end["state"]} {end["at_ms"] - asked["until_ms"]:.0f} ms late')
        for event in self.acked:
            if self.kept[event] == 0:
                self.wrong.append(f'event {event}: acknowledged, and lost')
        self.wrong += [f'event {event}: kept {count} times' for event, count in self.kept.items() if count > 1]


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
    print(f'stations={len(checker.stations)} owners={checker.owners} revoked={len(checker.gone)} entered={checker.entered} '
          f'refused={checker.refused} commands={len(checker.commands)} events={len(checker.acked)} wrong={len(checker.wrong)}')
    return 1 if checker.wrong or checker.owners == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
