# SPDX-License-Identifier: Apache-2.0
"""What is done to a cluster, and what has to hold meanwhile (cluster.py --chaos).

The plan is the same for a seed: one node stands still for longer than its lease while a nats-server is killed, devices are
revoked and PostgreSQL is started anew; another node is killed, more is revoked, PostgreSQL is gone, NATS is gone. Which node,
which server and which devices the seed says. From every node commands are sent to any station all the time, and whoever was
revoked tries at every node.
"""
import contextlib
import http.client
import json
import pathlib
import random
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'interop'))
import nodes  # noqa: E402
from harness import Failed, wait_for  # noqa: E402

COMMAND_S, ROUTE_S = 5, 5  # what a command has, and what the way over nodes adds at most (bus/route.h: three times a second)
SETTLE_S = 45  # two leases: a node that was killed and comes back waits for the end of its own
CALM_S, CALM_COUNT = 2, 5  # commands of each node are answered so long, so many of them
SENDERS, PAUSE_S = 2, 0.25  # of each node


def now_ms():
    return time.time() * 1000


class Commands:
    """Over every node to any station: each has to come to an end, whatever is killed meanwhile."""

    def __init__(self, fleet, say):
        self.fleet, self.say, self.is_over = fleet, say, threading.Event()
        self.stations = [row['id'] for row in fleet.rows[:fleet.stations]]
        self.sent, self.lock, self.threads = [], threading.Lock(), []
        self.disturbed = []  # [name of the node that cannot answer, from, until], ms

    def start(self):
        for number in range(SENDERS * len(self.fleet.nodes)):
            node = list(self.fleet.nodes.values())[number // SENDERS]
            self.threads.append(threading.Thread(target=self.run, args=(node, random.Random(number)), daemon=True))
            self.threads[-1].start()

    def run(self, node, chance):
        while not self.is_over.wait(PAUSE_S):
            if node.is_running() and self.stations:
                self.give(node, chance.choice(self.stations))

    def give(self, node, station):
        row = {'at_ms': now_ms(), 'node': node.name, 'station': station, 'id': None}
        try:
            status, said = node.ask('POST', f'/stations/{station}/commands', {**nodes.TRIGGER, 'timeout_s': COMMAND_S},
                                    seconds=COMMAND_S + ROUTE_S)
            if status == 202:
                row.update(id=said['id'], outcome='later', why='')
                self.follow(node, row)
            else:
                row.update(outcome='refused at once', why=f'{status} {(said or {}).get("code", "")}')
        except (OSError, http.client.HTTPException, ValueError) as error:
            row.update(outcome='no answer', why=type(error).__name__)
        row['done_ms'] = now_ms()
        with self.lock, (self.fleet.folder / 'commands').open('a', encoding='utf-8') as file:
            self.sent.append(row)
            file.write(json.dumps({**row, 'end': None}) + '\n')

    @staticmethod
    def follow(node, row):
        """Until it has ended, or should have."""
        end = time.monotonic() + COMMAND_S + ROUTE_S
        while row['outcome'] == 'later' and time.monotonic() < end:
            status, said = node.ask('GET', f'/commands/{row["id"]}', seconds=COMMAND_S)
            if status == 200 and said['state'] in nodes.FINAL:
                row.update(outcome=said['state'], why=(said.get('error') or {}).get('code', ''), end=said)
            else:
                time.sleep(0.03)

    @contextlib.contextmanager
    def without(self, name):
        """Meanwhile this node cannot say anything."""
        time_of = [name, now_ms(), float('inf')]
        self.disturbed.append(time_of)
        yield
        time_of[2] = now_ms()

    def is_disturbed(self, row):
        return any(begin < row['done_ms'] and row['at_ms'] < end for _, begin, end in self.disturbed)

    def calm(self, names, stations=None, seconds=SETTLE_S):
        """Wait until every command given to these nodes (for these stations) is answered for a while: how long that took."""
        begin = time.monotonic()
        since = {name: now_ms() for name in names}
        last = {}

        def is_calm():
            with self.lock:
                rows = [row for row in self.sent if row['node'] in since and (stations is None or row['station'] in stations)]
            for name in names:
                mine = [row for row in rows if row['node'] == name and row['at_ms'] >= since[name]]
                bad = [row for row in mine if row['outcome'] != 'answered']
                if bad:
                    since[name] = bad[-1]['at_ms'] + 0.001
                    last[name] = bad[-1]
                    return False
                if len(mine) < CALM_COUNT or now_ms() - since[name] < CALM_S * 1000:
                    return False
            return True
        try:
            wait_for(is_calm, seconds, 'commands are answered')
        except Failed as late:
            raise Failed(f'{late}; the last that were not: {last}') from None
        return time.monotonic() - begin

    # --- at the end ---------------------------------------------------------------------------------

    def end(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(COMMAND_S + ROUTE_S + 5)

    def until_ms(self, row):
        """By then it has to have ended: in its time, unless a node could not say so, which begins anew when it can."""
        until = row['at_ms'] + (COMMAND_S + ROUTE_S) * 1000
        for _, begin, end in sorted(self.disturbed, key=lambda time_of: time_of[1]):
            if begin < until and row['at_ms'] < end:
                until = max(until, end + (COMMAND_S + ROUTE_S + 10) * 1000)
        return until

    def write(self, node, checks):
        """What became of each goes into the history, for the checker."""
        accepted = [row for row in self.sent if row['id'] is not None]
        states = {row['id']: row['end'] for row in accepted if 'end' in row}  # seen already

        def all_final():
            for row in accepted:
                if states.get(row['id'], {}).get('state') not in nodes.FINAL:
                    status, said = node.ask('GET', f'/commands/{row["id"]}')
                    states[row['id']] = said if status == 200 else {}
            return all(state.get('state') in nodes.FINAL for state in states.values())
        with contextlib.suppress(Failed):
            wait_for(all_final, COMMAND_S + ROUTE_S, 'commands come to an end')
        for row in accepted:
            self.fleet.note(at_ms=row['at_ms'], what='asked', command=row['id'], node=row['node'], until_ms=self.until_ms(row))
            state = states[row['id']]
            if 'state' in state:
                self.fleet.note(at_ms=ms_of(state['changed_at']), what='ended', command=row['id'], state=state['state'])
        self.report(states, checks)

    def report(self, states, checks):
        counts = {}
        for row in self.sent:
            state = states.get(row['id'], row)
            why = (state.get('error') or {}).get('code', '') if 'state' in state else row['why']
            key = f'{state.get("state", row["outcome"])} {why}'.strip()
            counts[key] = counts.get(key, 0) + 1
        self.say('commands:', ', '.join(f'{count} {outcome}' for outcome, count in sorted(counts.items(), key=lambda pair: -pair[1])))
        seconds = (self.sent[-1]['at_ms'] - self.sent[0]['at_ms']) / 1000
        checks(f'{len(self.sent)} commands, {len(self.sent) / seconds:.1f} a second', len(self.sent) > 3 * seconds, 'these are few')
        silent = [row for row in self.sent if row['outcome'] == 'no answer' and not self.is_disturbed(row)]
        checks('who gave a command was answered by every node that ran', not silent, silent[:5])
        unclear = [row for row in self.sent if row['outcome'] == 'refused at once' and
                   (not row['why'].startswith(('404', '409', '429', '503', '504')) or 'VS-' not in row['why'])]
        checks('every refusal says clearly why', not unclear, unclear[:5])


def ms_of(text):
    """RFC 3339, or already a number."""
    if isinstance(text, (int, float)):
        return float(text)
    from datetime import datetime
    return datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp() * 1000


class Revoked:
    """Devices and API tokens that are out, each by another way of revoking it; they try at every node."""

    def __init__(self, fleet, commands):
        self.fleet, self.commands, self.out, self.tries, self.last_in = fleet, commands, [], 0, 0

    def revoke(self, node, kind, row):
        name, path = row['id'], f'/stations/{row["id"]}'
        if kind == 'certificate':
            listed = node.ask('GET', f'/certificates?station={name}&active=true')[1]['items']
            answers = [node.ask('POST', f'/certificates/{one["serial"]}/revoke', {'reason': 'key-compromise'}) for one in listed]
        elif kind == 'password':
            answers = [node.ask('POST', f'{path}/password', {})]
        elif kind == 'disabled':
            answers = [node.ask('PATCH', path, {'enabled': False})]
        elif kind == 'removed':
            answers = [node.ask('DELETE', path)]
        elif kind == 'token':
            answers = [node.ask('DELETE', f'/api-tokens/{name}')]
        if not answers or any(status not in (200, 201, 204) for status, _ in answers):
            raise Failed(f'{kind} {name} could not be revoked: {answers}')
        self.fleet.note(what='revoked', **self.who(kind, row))
        if name in self.commands.stations:
            self.commands.stations.remove(name)
        self.out.append((kind, row))

    @staticmethod
    def who(kind, row):
        return {'token': row['id']} if kind == 'token' else {'station': f'default/{row["id"]}'}

    def is_let_in(self, node, kind, row):
        """None: the node could not be asked."""
        at_ms = now_ms()
        try:
            status = node.ask('GET', '/stations', token=row['token'], seconds=5)[0] if kind == 'token' else nodes.comes_in(node, row, 5)
        except (OSError, http.client.HTTPException, TimeoutError):
            return None
        is_in = status in (101, 200)
        self.fleet.note(at_ms=at_ms, what='entered' if is_in else 'refused', node=node.name, status=status, **self.who(kind, row))
        self.tries += 1
        self.last_in = max(self.last_in, at_ms) if is_in else self.last_in
        return is_in

    def try_all(self, names, out=None):
        """Those that were let in."""
        return [(name, kind, row['id']) for name in names for kind, row in (self.out if out is None else out)
                if self.is_let_in(self.fleet.nodes[name], kind, row) is not False]

    def soon(self, names, out):
        """Until nobody is let in at these nodes: how long one still was, ms."""
        begin, last = now_ms(), []

        def is_out():
            last[:] = self.try_all(names, out)
            return not last
        try:
            wait_for(is_out, 10, 'what was revoked stays out')
        except Failed as late:
            raise Failed(f'{late}: {last}') from None
        return max(0, self.last_in - begin)


class Signed:
    """A station that signs what it says: what one node took has no effect when it comes again, at whichever node."""

    def __init__(self, fleet, node):
        from test_nodes_signed import BOOT, Station, security
        self.fleet, self.station, self.replays = fleet, Station(node, 'CS-SIGNED'), 0
        wait_for(lambda: all(nodes.comes_in(one, self.station.row) == 101 for one in fleet.nodes.values()), 10, 'a new station is known')
        boot, *rest = self.station.at(node, self.station.signed('boot', 'BootNotification', BOOT),
                                      self.station.signed('once', *security(1)))
        if boot.get('status') != 'Accepted' or rest != [{}]:
            raise Failed(f'a signed message was not taken: {boot} {rest}')

    def again(self, name):
        """What this node says to the same messages; a node that lets nobody in takes none."""
        import websockets
        try:
            answers = self.station.at(self.fleet.nodes[name], *self.station.said)
        except websockets.exceptions.InvalidStatusCode as refused:
            answers = [f'HTTP {refused.status_code}']
        self.replays += 1
        return answers

    def check(self, checks, what):
        answers = {name: self.again(name) for name in sorted(self.fleet.nodes)}
        checks(f'{what}: signed messages that come again are refused at every node',
               all(answer == ['SecurityError'] * len(self.station.said) for answer in answers.values()), answers)

    def end(self, checks):
        count = int(self.fleet.database.sql("SELECT count(*) FROM voltseal.event WHERE station = 'CS-SIGNED' AND type = 'StartupOfTheDevice'",
                                            'voltseal'))
        checks(f'what it signed is kept once, after {self.replays} replays', count == 1, count)


class Chaos:
    def __init__(self, fleet, checks, say, seed):
        self.fleet, self.checks, self.say, self.chance = fleet, checks, say, random.Random(seed)
        self.commands = Commands(fleet, say)
        self.revoked = Revoked(fleet, self.commands)
        self.dead, self.helper, self.frozen = (fleet.nodes[name] for name in self.chance.sample(sorted(fleet.nodes), 3))
        self.server = self.chance.randrange(nodes_of(fleet.bus))

    def calm(self, what, names=None, stations=None):
        took = self.commands.calm(names or sorted(self.fleet.nodes), stations)
        self.checks(f'{what}: commands of {", ".join(names or sorted(self.fleet.nodes))} are all answered again ({took:.1f} s)', True)

    def grow(self, what):
        self.fleet.grow()
        self.checks(f'{what}: stations are answered', True)

    def owned(self, *names):
        return {row['id'] for row in self.fleet.rows if self.fleet.owner(row['id']) in names}

    def choose(self, among, has):
        """A station of the fleet, with a certificate or a password."""
        rows = [row for row in self.fleet.rows[:self.fleet.stations] if row['id'] in among and bool(row.get('cert')) == (has == 'cert')]
        return self.chance.choice(rows or [row for row in self.fleet.rows[:self.fleet.stations]
                                           if row['id'] in self.commands.stations and bool(row.get('cert')) == (has == 'cert')])

    def token(self, name):
        status, said = self.helper.ask('POST', '/api-tokens', {'label': name, 'role': 'viewer'})
        if status != 201:
            raise Failed(f'no API token: {status} {said}')
        wait_for(lambda: all(node.ask('GET', '/stations', token=said['token'])[0] == 200 for node in self.fleet.nodes.values()), 10,
                 'a new API token is good at every node')
        return said

    def out(self, what, node, names, *kinds):
        """Revoke over that node; at these nodes they have to stay out from 2 s later on."""
        for kind, row in kinds:
            self.revoked.revoke(node, kind, row)
        took_ms = self.revoked.soon(names, kinds)
        self.checks(f'{what}: {", ".join(kind for kind, _ in kinds)} revoked at {node.name}, let in last at {", ".join(names)} '
                    f'{took_ms:.0f} ms later', took_ms < 2000)

    # --- what is done -------------------------------------------------------------------------------

    def stand_still(self):
        """One node hears nothing for longer than its lease; the others take its stations over."""
        dead, helper, frozen = self.dead, self.helper, self.frozen
        others = [helper.name, dead.name]
        theirs, lost = self.owned(*others), self.owned(frozen.name)
        self.say(f'node {frozen.name} stands still, with {len(lost)} stations')
        with self.commands.without(frozen.name):
            self.fleet.note(what='asleep', node=frozen.name)
            frozen.freeze()
            begin = time.monotonic()
            try:
                self.lose_server(others, theirs)
                self.out('a node stands still', helper, others, ('certificate', self.choose(lost, 'cert')),
                         ('password', self.choose(theirs, 'password')), ('token', self.tokens[0]))
                self.say('PostgreSQL is started anew')
                self.fleet.database.restart()
                self.grow('PostgreSQL was started anew')
                left = [name for name in lost if name in self.commands.stations]
                wait_for(lambda: all(self.fleet.owner(name) in others for name in left), nodes.LEASE_S + 15, 'its stations have other owners')
                self.checks(f'the {len(left)} stations of {frozen.name} have other owners after {time.monotonic() - begin:.1f} s',
                            time.monotonic() - begin > nodes.LEASE_S / 2, 'that is before its lease has ended')
                while time.monotonic() - begin < nodes.LEASE_S + 1:
                    time.sleep(0.1)
            finally:
                frozen.thaw()
                self.fleet.note(what='awake', node=frozen.name)
        # What it has not heard of must not be let in by it, from the first moment on.
        self.say(f'node {frozen.name} goes on')
        end, wrong = time.monotonic() + 1.5, []
        while time.monotonic() < end:
            wrong += [one for one in self.revoked.try_all([frozen.name]) if self.frozen.is_running()]
        self.checks(f'what was revoked meanwhile stays out at {frozen.name} as it wakes up', not wrong, wrong[:5])
        self.calm(f'node {frozen.name} stood still')

    def lose_server(self, names, stations):
        self.say(f'nats-server {self.server + 1} is killed')
        self.fleet.bus.kill(self.server)
        self.grow('one of three nats-servers is gone')
        self.calm('one of three nats-servers is gone', names, stations)
        self.fleet.bus.start(self.server)

    def lose_node(self):
        dead, helper = self.dead, self.helper
        names = [helper.name, self.frozen.name]
        self.say(f'node {dead.name} is killed')
        stations = self.owned(*names)
        with self.commands.without(dead.name):
            dead.kill()
            self.grow('a node is dead')
            self.calm('a node is dead', names, stations)
            self.out('a node is dead', helper, names, ('disabled', self.choose(stations & set(self.commands.stations), 'cert')),
                     ('removed', self.choose(stations & set(self.commands.stations), 'password')), ('token', self.tokens[1]))
            dead.start()
        wrong = self.revoked.try_all([dead.name])
        self.checks(f'what was revoked meanwhile stays out at {dead.name}, which has just started', not wrong, wrong)

    def lose_database(self, seconds=3):
        self.say('PostgreSQL is gone')
        connected = self.connected()
        with self.commands.without('PostgreSQL'):
            self.fleet.database.kill()
            time.sleep(seconds)
            self.checks('PostgreSQL is gone: stations stay connected', self.connected_is(connected), connected)
            wrong = self.revoked.try_all(sorted(self.fleet.nodes))
            self.checks('PostgreSQL is gone: what was revoked stays out everywhere', not wrong, wrong)
            self.fleet.database.start()
        self.grow('PostgreSQL is back')

    def lose_bus(self, seconds=4):
        self.say('all nats-servers are killed')
        connected = self.connected()
        begin = now_ms()
        self.fleet.bus.kill()
        self.grow('NATS is gone')
        time.sleep(seconds)
        self.checks('NATS is gone: stations stay connected', self.connected_is(connected), connected)
        wrong = self.revoked.try_all(sorted(self.fleet.nodes))
        self.checks('NATS is gone: what was revoked stays out everywhere', not wrong, wrong)
        with self.commands.lock:
            clear = [row for row in self.commands.sent if row['at_ms'] > begin and row['why'] in ('503 VS-1011', 'VS-1011')]
        self.checks(f'NATS is gone: {len(clear)} commands to other nodes failed with VS-1011', clear)
        self.fleet.bus.start()

    def connected(self):
        """How many each node has; a figure of its own memory."""
        found = {}
        for node in self.fleet.nodes.values():
            with contextlib.suppress(OSError, http.client.HTTPException):
                found[node.name] = node.log.count('"station.connected"') - node.log.count('"station.disconnected"')
        return found

    def connected_is(self, before):
        return self.connected() == before

    def more(self, until):
        """By chance, until the time is over."""
        while time.monotonic() < until:
            act = self.chance.choice((self.kill_any, self.kill_server, self.stop_database, self.doze))
            act(self.chance.choice(sorted(self.fleet.nodes)))
            self.grow(act.__doc__)
            self.calm(act.__doc__)

    def kill_any(self, name):
        """a node was killed and started"""
        with self.commands.without(name):
            self.fleet.nodes[name].kill()
            self.fleet.nodes[name].start()

    def kill_server(self, _):
        """a nats-server was killed and started"""
        number = self.chance.randrange(nodes_of(self.fleet.bus))
        self.fleet.bus.kill(number)
        time.sleep(1)
        self.fleet.bus.start(number)

    def stop_database(self, _):
        """PostgreSQL was killed and started"""
        with self.commands.without('PostgreSQL'):
            self.fleet.database.kill()
            self.fleet.database.start()

    def doze(self, name):
        """a node stood still for a moment"""
        with self.commands.without(name):
            self.fleet.note(what='asleep', node=name)
            self.fleet.nodes[name].freeze()
            time.sleep(3)
            self.fleet.nodes[name].thaw()
            self.fleet.note(what='awake', node=name)

    def run(self, seconds):
        until = time.monotonic() + seconds
        self.say(f'{self.frozen.name} is to stand still, {self.dead.name} to die, nats-server {self.server + 1} to be killed')
        self.tokens = [self.token(name) for name in ('first', 'second')]
        self.signed = Signed(self.fleet, self.helper)
        self.commands.start()
        self.calm('at first')
        self.stand_still()
        self.signed.check(self.checks, f'node {self.frozen.name} stood still')
        self.lose_node()
        self.signed.check(self.checks, f'node {self.dead.name} was killed')
        self.lose_database()
        self.lose_bus()
        self.calm('after all of it')
        self.more(until)
        self.controls()
        self.commands.end()
        self.commands.write(self.helper, self.checks)

    def controls(self):
        """Whoever was revoked is out at every node, and those that were not come in there."""
        names = sorted(self.fleet.nodes)
        wrong = self.revoked.try_all(names)
        self.checks(f'{len(self.revoked.out)} that were revoked stay out at every node ({self.revoked.tries} tries)', not wrong, wrong)
        for row in self.fleet.rows[self.fleet.stations:]:
            found = [nodes.comes_in(self.fleet.nodes[name], row) for name in names]
            self.checks(f'{row["id"]}, which was not, comes in at every node', found == [101] * len(names), found)
        self.signed.check(self.checks, 'after all of it')
        self.signed.end(self.checks)


def nodes_of(bus):
    return len(bus.servers)


# --- is the checker worth anything? ----------------------------------------------------------------------


def doctored(fleet, checks):
    """The history of this very run, each time with one thing that is wrong: the checker has to refuse it, and say why."""
    lines = fleet.history()
    acked = {line['event'] for line in lines if line['what'] == 'acked'}
    owned = next(line for line in lines if line['what'] == 'owns')
    highest = max(line['epoch'] for line in lines if line['what'] == 'owns')
    kept = next(line for line in lines if line['what'] == 'kept' and line['event'] in acked)
    ended = next(line for line in lines if line['what'] == 'ended')
    gone = {str(line.get('station', line.get('token'))): line['at_ms'] for line in lines if line['what'] == 'revoked'}
    refused = next(line for line in reversed(lines) if line['what'] == 'refused' and
                   line['at_ms'] > gone[str(line.get('station', line.get('token')))] + 3000)
    other = next(name for name in fleet.nodes if name != owned['node'])
    for what, changed, words in (
            ('two owners', [*lines, {**owned, 'at_ms': owned['at_ms'] + 0.01, 'node': other, 'epoch': highest + 1}], 'owns it from'),
            ('an event that was lost', [line for line in lines if line is not kept], 'acknowledged, and lost'),
            ('an event that is there twice', [*lines, kept], 'kept 2 times'),
            ('a revoked one that was let in', [{**line, 'what': 'entered'} if line is refused else line for line in lines], 'let it in'),
            ('a command without an end', [line for line in lines if line is not ended], 'never came to an end'),
            ('a command that is still on its way', [{**line, 'state': 'sent'} if line is ended else line for line in lines], 'but to sent')):
        path = fleet.folder / 'doctored'
        path.write_text(''.join(json.dumps(line) + '\n' for line in changed), encoding='utf-8')
        done = subprocess.run([sys.executable, HERE / 'check_history.py', path], capture_output=True,
                              text=True, check=False)
        checks(f'the checker refuses {what}', done.returncode == 1 and words in done.stderr, done.stdout + done.stderr)
