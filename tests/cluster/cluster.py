#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three voltseald on one PostgreSQL and three nats-servers, behind a haproxy, with a fleet through it: ./dev cluster.

cluster.py --build BUILD --state FOLDER [--stations N] [--seconds N] [--chaos [--seed S]]

Without --seconds it runs until it is interrupted. With --chaos (chaos.py) things are killed by a plan, which happens once
whatever --seconds says; until they are over more is done to it by chance, with that seed. At the end every transaction event
that a station counted as answered has to be in PostgreSQL exactly once, and check_history.py reads what was written down of who
owned which station, of what was revoked and of every command. Everything listens on loopback. Closes on "N passed, N failed".
"""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent / 'scripts')]
import chaos  # noqa: E402
import make_nats  # noqa: E402
import nodes  # noqa: E402
from harness import ROOT, Child, Failed, wait_for  # noqa: E402

NODES, SERVERS = ('a', 'b', 'c'), 3
SPARE = 2  # stations that are registered and not in the fleet: one with a password, one with a certificate
ONLINE_S = 60


def say(*words):
    print(time.strftime('%H:%M:%S'), *words, flush=True)


class Checks:
    """What was looked at, and how it was."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, is_good, *why):
        self.passed, self.failed = self.passed + bool(is_good), self.failed + (not is_good)
        say('  ok   ' if is_good else '  FAIL ', what, *(() if is_good else why))
        return is_good


class Fleet(nodes.Cluster):
    """The cluster with what is before it: a balancer, and stations that come through it."""

    def __init__(self, build, folder, stations):
        super().__init__(build, folder, NODES, SERVERS, ('--stations', stations + SPARE), fsync='on', full_page_writes='on')
        self.stations, self.fleet, self.balancer = stations, None, None
        self.ledger = self.folder / 'ledger'

    def start_balancer(self):
        """Level 4: TLS ends at the nodes, which see the client's certificate. A node that does not answer loses its stations."""
        port = make_nats.free_ports(1)[0]
        lines = ['global', f'  maxconn {4 * self.stations + 100}', 'defaults', '  mode tcp', '  timeout connect 2s', '  timeout client 1h',
                 '  timeout server 1h', '  timeout check 2s', 'frontend stations', f'  bind 127.0.0.1:{port}', '  default_backend nodes',
                 'backend nodes', '  balance leastconn', '  option httpchk',
                 '  http-check send meth GET uri /livez ver HTTP/1.1 hdr Host localhost',
                 '  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions']
        for node in self.nodes.values():
            ocpp, api = (urllib.parse.urlsplit(node.ready[name]) for name in ('ocpp_url', 'api_url'))
            lines.append(f'  server {node.name} 127.0.0.1:{ocpp.port} check port {api.port} check-ssl ca-file {node.ready["ca_file"]}')
        (self.folder / 'haproxy.cfg').write_text('\n'.join(lines) + '\n')
        haproxy = nodes.find('haproxy')
        if haproxy is None:
            raise Failed('haproxy is not installed: ./dev deps all')
        self.balancer = Child([haproxy, '-db', '-f', self.folder / 'haproxy.cfg'], self.folder / 'haproxy.log')
        return port

    def start_fleet(self, port):
        ready = self.nodes[NODES[0]].ready
        url = urllib.parse.urlsplit(ready['ocpp_url'])
        self.fleet = Child([self.build / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', self.stations,
                            '--url', url._replace(netloc=f'{url.hostname}:{port}').geturl(), '--ca', ready['ca_file'],
                            '--credentials', ready['credentials_file'], '--ledger', self.ledger, '--grace', 6]  # a device that is revoked has nobody to tell what it holds
                          ,
                           self.folder / 'fleet.log')

    def begin(self):
        super().begin()
        self.start_fleet(self.start_balancer())
        return self

    def stop(self, checks):
        """In order: the stations first."""
        checks('the fleet ends in order', self.fleet.stop(60, signal.SIGINT) in (0, os.EX_TEMPFAIL), self.fleet.tail())
        for node in self.nodes.values():
            checks(f'node {node.name} ends in order', node.is_running() and node.stop() == 0, node.daemon.tail())

    def end(self):
        for child in (self.fleet, self.balancer):
            if child is not None and child.is_running():
                child.kill()
        super().end()

    # --- looking ------------------------------------------------------------------------------------

    def online(self):
        """Of each node, how many stations it shows as connected, wherever they are; None: it cannot be asked."""
        found = {}
        for node in self.nodes.values():
            found[node.name] = None
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                status, answer = node.ask('GET', '/overview')
                found[node.name] = answer['online'] if status == 200 else None
        return found

    def shows_all(self, checks, count):
        """The dashboard of any node has all of them, and every node."""
        with contextlib.suppress(Failed):
            wait_for(lambda: set(self.online().values()) == {count}, ONLINE_S, 'all are shown')
        found = self.online()
        for node in self.nodes.values():
            listed = node.ask('GET', '/stations?limit=500')[1]['items']
            shown = sorted(one['identity'] for one in listed if one['connected'])
            checks(f'node {node.name} shows all {count} stations online', found[node.name] == count == len(shown), found, shown)
            others = []

            def knows_all(node=node, others=others):
                others[:] = node.ask('GET', '/overview')[1]['nodes']
                return (sum(one['stations'] for one in others) == count and
                        {one['name'] for one in others if one['state'] == 'serving'} == set(self.nodes))
            with contextlib.suppress(Failed):
                wait_for(knows_all, ONLINE_S, 'the nodes are shown')
            checks(f'node {node.name} shows every node, and how many stations each has', knows_all(), others)

    def grow(self, seconds=30):
        """Stations are answered: the ledger holds what was reported to them as stored."""
        size = self.ledger.stat().st_size if self.ledger.exists() else 0
        wait_for(lambda: not self.fleet.is_running() or not self.balancer.is_running() or
                 self.ledger.exists() and self.ledger.stat().st_size > size + 5000, seconds, 'stations are answered')
        for child in (self.fleet, self.balancer):
            if not child.is_running():
                raise Failed(f'{child.process.args[0]} has ended\n{child.tail()}')

    # --- afterwards ---------------------------------------------------------------------------------

    def write_events(self):
        """What stations were told is kept, and what is: into the history, for the checker."""
        types = ('Started', 'Updated', 'Ended')
        with (self.folder / 'history-events').open('w', encoding='utf-8') as file:
            def write(what, at_ms, *names):
                file.write(json.dumps({'at_ms': at_ms, 'what': what, 'event': '/'.join(str(name) for name in names)}) + '\n')
            for line in self.ledger.read_text(encoding='utf-8').splitlines(keepends=True):
                line = json.loads(line) if line.endswith('\n') else {'action': 'cut'}
                if line['action'] == 'TransactionEvent':
                    write('acked', line['answered_ms'], line['station'], line['tx'], line['seq'])
            rows = self.database.sql('SELECT tx.station, tx.tx_id, tx_event.seq_no, tx_event.at_ms, tx_event.type FROM voltseal.tx_event '
                                     'JOIN voltseal.tx ON tx.id = tx_event.tx', 'voltseal')
            for row in rows.splitlines():
                station, tx, seq, at_ms, kind = row.split('|')
                assert kind in types or int(kind) < len(types), row
                write('kept', float(at_ms), station, tx, seq)

    def histories(self):
        events = self.folder / 'history-events'
        return super().histories() + ([events] if events.exists() else [])

    def check(self, checks):
        copy = self.folder / 'copy.db'
        self.database.copy_tables(copy)
        done = subprocess.run([sys.executable, ROOT / 'tests/fault/check_ledger.py', '--ledger', self.ledger, '--store', copy],
                              capture_output=True, text=True, check=False)
        checks(f'the ledger: {done.stdout.strip()}', done.returncode == 0, done.stderr)
        self.write_events()
        status, said = self.check_history()
        checks(f'the history: {said.splitlines()[-1]}', status == 0, said)


def show(fleet, seconds):
    for node in fleet.nodes.values():
        say(f'node {node.name}: dashboard {node.ready["dashboard_url"]}  sign in {node.ready["login_url"]}')
    with contextlib.suppress(KeyboardInterrupt):
        say('Ctrl-C ends it.' if seconds == 0 else f'{seconds} s')
        while seconds == 0:
            time.sleep(1)
        time.sleep(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', required=True, type=pathlib.Path)
    parser.add_argument('--state', required=True, type=pathlib.Path)
    parser.add_argument('--stations', type=int, default=24)
    parser.add_argument('--seconds', type=int, default=0)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--chaos', action='store_true')
    parser.add_argument('--keep', action='store_true', help='leave the folder, whatever happened')
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    fleet, checks = Fleet(arguments.build, arguments.state, arguments.stations), Checks()
    try:
        fleet.begin()
        fleet.shows_all(checks, arguments.stations)
        fleet.grow(60)
        if arguments.chaos:
            chaos.Chaos(fleet, checks, say, arguments.seed).run(arguments.seconds)
        else:
            show(fleet, arguments.seconds)
        fleet.stop(checks)
        fleet.check(checks)
        if arguments.chaos:
            chaos.doctored(fleet, checks)
    except (Failed, KeyboardInterrupt) as failed:
        checks('it went on', False, failed)
    finally:
        fleet.end()
    if checks.failed == 0 and not arguments.keep:
        shutil.rmtree(fleet.folder, ignore_errors=True)
    elif checks.failed:
        say(f'what was left is in {fleet.folder}')
    print(f'{checks.passed} passed, {checks.failed} failed')
    return 1 if checks.failed else 0


if __name__ == '__main__':
    sys.exit(main())
