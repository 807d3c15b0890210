#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three voltseald on one PostgreSQL and three nats-servers, behind a haproxy, with a fleet through it: ./dev cluster.

cluster.py --build BUILD --state FOLDER [--stations N] [--seconds N] [--chaos]

Without --seconds it runs until it is interrupted. With --chaos things are killed in turn, commands are sent and a device is
revoked meanwhile. At the end every transaction event that a station counted as answered has to be in PostgreSQL exactly once,
and check_history.py reads what the nodes have written down about who owned which station. Everything listens on loopback.
"""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / 'scripts')]
import make_nats  # noqa: E402
from harness import ROOT, Child, Daemon, Failed, wait_for  # noqa: E402
from with_postgres import Postgres, programs  # noqa: E402

NODES, SERVERS = ('a', 'b', 'c'), 3
# What belongs to one machine alone: its log, its ports, what it remembers of its last run. The rest is the installation's.
OF_ONE_NODE = ('audit', 'keys/audit.checkpoint', 'ports', 'ready.json', 'voltseald.log', 'spool.db', 'spool.db-wal', 'spool.db-shm',
               'spool.key', 'history')
FINAL = ('answered', 'refused', 'failed')
SETTLE_S, COMMAND_S, FROZEN_S = 30, 10, 8


def say(*words):
    print(time.strftime('%H:%M:%S'), *words, flush=True)


def find(name):
    found = shutil.which(name) or shutil.which(name, path='/usr/sbin:/sbin')
    if found is None:
        raise Failed(f'{name} is not installed: ./dev deps all')
    return found


class Node:
    def __init__(self, cluster, name):
        self.cluster, self.name, self.daemon = cluster, name, None
        self.state = cluster.folder / name

    def start(self):
        self.daemon = Daemon(self.cluster.build, self.state, *self.cluster.options, '--node', self.name,
                             '--history', self.state / 'history')
        return self

    def is_running(self):
        return self.daemon is not None and self.daemon.is_running()

    def kill(self):
        """As a power cut to its machine: the history says when."""
        self.daemon.kill()
        self.cluster.note(what='died', node=self.name)

    def ask(self, method, path, body=None):
        """(status, JSON); a node that cannot be asked is no failure of the run: OSError."""
        where = urllib.parse.urlsplit(self.daemon.ready['api_url'])
        api = http.client.HTTPSConnection(where.hostname, where.port, timeout=COMMAND_S + 10,
                                          context=ssl.create_default_context(cafile=self.daemon.ready['ca_file']))
        try:
            api.request(method, f'/api/v1{path}', None if body is None else json.dumps(body),
                        {'Authorization': f'Bearer {self.daemon.ready["admin_token"]}', 'Content-Type': 'application/json'})
            answer = api.getresponse()
            text = answer.read()
        finally:
            api.close()
        return answer.status, json.loads(text) if text else None


class Cluster:
    def __init__(self, build, folder, stations):
        self.build, self.folder, self.stations = pathlib.Path(build).resolve(), pathlib.Path(folder).resolve(), stations
        self.postgres = self.fleet = self.balancer = None
        self.servers, self.nodes, self.options = [None] * SERVERS, [], []
        self.history, self.history_lock = self.folder / 'chaos.history', threading.Lock()

    # --- parts --------------------------------------------------------------------------------------

    def note(self, **line):
        with self.history_lock, self.history.open('a', encoding='utf-8') as file:
            file.write(json.dumps({'at_ms': time.time() * 1000, **line}) + '\n')

    def start_postgres(self):
        place = self.folder / 'postgres'
        place.mkdir(mode=0o755)
        for above in (self.folder, place):
            os.chmod(above, 0o755)  # the server runs as somebody else
        self.postgres = Postgres(place, fsync='on', full_page_writes='on', max_connections=200)
        self.postgres.start()
        self.postgres.sql('CREATE ROLE voltseal LOGIN')
        self.postgres.sql('CREATE DATABASE voltseal OWNER voltseal TEMPLATE template0')

    def start_server(self, number):
        log = self.folder / f'nats-{number + 1}.log'
        self.servers[number] = Child([find('nats-server'), '-c', self.folder / 'nats' / f'server-{number + 1}.conf'], log)

    def start_balancer(self):
        """Level 4: TLS ends at the nodes, which see the client's certificate."""
        port = make_nats.free_ports(1)[0]
        lines = ['global', f'  maxconn {4 * self.stations + 100}', 'defaults', '  mode tcp', '  timeout connect 2s', '  timeout client 1h',
                 '  timeout server 1h', '  timeout check 2s', 'frontend stations', f'  bind 127.0.0.1:{port}', '  default_backend nodes',
                 'backend nodes', '  balance leastconn', '  option httpchk',
                 '  http-check send meth GET uri /livez ver HTTP/1.1 hdr Host localhost', '  default-server inter 500ms fall 2 rise 1']
        for node in self.nodes:
            ocpp, api = (urllib.parse.urlsplit(node.daemon.ready[name]) for name in ('ocpp_url', 'api_url'))
            lines.append(f'  server {node.name} 127.0.0.1:{ocpp.port} check port {api.port} check-ssl '
                         f'ca-file {node.daemon.ready["ca_file"]}')
        (self.folder / 'haproxy.cfg').write_text('\n'.join(lines) + '\n')
        self.balancer = Child([find('haproxy'), '-db', '-f', self.folder / 'haproxy.cfg'], self.folder / 'haproxy.log')
        return port

    def start_nodes(self):
        """The first makes the installation; the others get what is not theirs alone."""
        ports = make_nats.make(self.folder / 'nats', SERVERS)
        for number in range(SERVERS):
            self.start_server(number)
        bus = self.folder / 'nats'
        self.options = ['--stations', self.stations, '--store-engine', 'postgres',
                        '--store-url', f'postgresql://voltseal@/voltseal?host={self.postgres.folder}',
                        '--nats', ','.join(f'tls://127.0.0.1:{client}' for client, _ in ports), '--nats-ca', bus / 'ca.pem',
                        '--nats-cert', bus / 'node.pem', '--nats-key', bus / 'node.key']
        first = Node(self, NODES[0]).start()
        if first.daemon.stop(60) != 0:
            raise Failed(f'the first node does not end in order\n{first.daemon.tail()}')
        for name in NODES[1:]:
            shutil.copytree(first.state, self.folder / name, symlinks=True)
            for part in OF_ONE_NODE:
                path = self.folder / name / part
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        self.nodes = [Node(self, name).start() for name in NODES]

    def start_fleet(self, port):
        ready = self.nodes[0].daemon.ready
        url = urllib.parse.urlsplit(ready['ocpp_url'])
        self.fleet = Child([self.build / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', self.stations,
                            '--url', url._replace(netloc=f'{url.hostname}:{port}').geturl(), '--ca', ready['ca_file'],
                            '--credentials', ready['credentials_file'], '--ledger', self.folder / 'ledger', '--grace', 30],
                           self.folder / 'fleet.log')

    def start(self):
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        self.history.touch()
        if programs() is None:
            raise Failed('PostgreSQL is not installed: ./dev deps all')
        self.start_postgres()
        self.start_nodes()
        self.start_fleet(self.start_balancer())

    def stop(self):
        """In order; True when everybody did."""
        is_good = True
        if self.fleet is not None and self.fleet.is_running():
            is_good = self.fleet.stop(60, signal.SIGINT) in (0, os.EX_TEMPFAIL)
        for node in self.nodes:
            if node.is_running():
                is_good = node.daemon.stop(60) == 0 and is_good
        return is_good

    def end(self):
        for child in [self.fleet, self.balancer, *(node.daemon for node in self.nodes), *self.servers]:
            if child is not None and child.is_running():
                child.kill()
        if self.postgres is not None:
            self.postgres.stop()

    # --- looking ------------------------------------------------------------------------------------

    def connected(self):
        """Of each node, those that it has; None: it cannot be asked."""
        found = {}
        for node in self.nodes:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                status, answer = node.ask('GET', '/overview') if node.is_running() else (0, None)
                found[node.name] = answer['stations']['connected_here'] if status == 200 else None
        return found

    def grow(self, what, seconds=SETTLE_S):
        """Stations are answered: the ledger holds what was reported to them as stored."""
        ledger = self.folder / 'ledger'
        size = ledger.stat().st_size if ledger.exists() else 0
        wait_for(lambda: not self.fleet.is_running() or not self.balancer.is_running() or ledger.exists() and ledger.stat().st_size > size + 20000, seconds, what)
        if not self.fleet.is_running():
            raise Failed(f'the fleet has ended\n{self.fleet.tail()}')
        if not self.balancer.is_running():
            raise Failed(f'haproxy has ended\n{self.balancer.tail()}')

    def check(self):
        copy = self.folder / 'copy.db'
        self.postgres.copy_tables(copy)
        is_good = True
        for command in ([ROOT / 'tests/fault/check_ledger.py', '--ledger', self.folder / 'ledger', '--store', copy],
                        [HERE / 'check_history.py', self.history, *(node.state / 'history' for node in self.nodes)]):
            is_good = subprocess.run([sys.executable, *command], check=False).returncode == 0 and is_good
        return is_good


class Commands(threading.Thread):
    """Over any node to any station: each has to come to an end, whatever is killed meanwhile."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.ids, self.outcomes, self.hung, self.is_over = cluster, [], {}, [], threading.Event()
        self.random = random.Random(1)

    def run(self):
        while not self.is_over.wait(0.2):
            node = self.random.choice(self.cluster.nodes)
            station = f'CS-{self.random.randint(1, self.cluster.stations):04d}'
            if not node.is_running():
                continue
            start = time.monotonic()
            try:
                status, answer = node.ask('POST', f'/stations/{station}/commands', {
                    'action': 'TriggerMessage', 'payload': {'requestedMessage': 'Heartbeat'}, 'timeout_s': COMMAND_S, 'wait_s': COMMAND_S})
            except (OSError, http.client.HTTPException):
                status, answer = 0, None
            spent = time.monotonic() - start
            outcome = answer.get('state') or answer.get('code') if status in (200, 202) else f'HTTP {status}'
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
            if status in (200, 202):
                self.ids.append(answer['id'])
            if spent > COMMAND_S + FROZEN_S + 5:
                self.hung.append(f'{spent:.1f} s')

    def end(self):
        """Those that never came to an end."""
        self.is_over.set()
        self.join(COMMAND_S + 30)
        node = next(node for node in self.cluster.nodes if node.is_running())
        states = {}

        def all_final():
            for command in self.ids:
                if states.get(command) not in FINAL:
                    states[command] = node.ask('GET', f'/commands/{command}')[1].get('state')
            return all(state in FINAL for state in states.values())
        with contextlib.suppress(Failed):
            wait_for(all_final, SETTLE_S, 'commands come to an end')
        return [command for command, state in states.items() if state not in FINAL]


# --- what is done to it ---------------------------------------------------------------------------------


def kill_node(cluster, node):
    node.kill()
    cluster.grow(f'answers without node {node.name}')
    node.start()
    cluster.grow(f'answers with node {node.name} again')


def freeze_node(cluster, node, seconds=FROZEN_S):
    """It is alive, but nobody hears of it: an owner that does not know that it is one no more."""
    group = [node.daemon.pid, node.daemon.keyd_pid()]
    for pid in group:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in group:
        os.kill(pid, signal.SIGCONT)
    cluster.grow(f'answers after node {node.name} was frozen')


def kill_server(cluster, number):
    cluster.servers[number].kill()
    cluster.grow(f'answers without nats-server {number + 1}')
    cluster.start_server(number)
    cluster.grow(f'answers with nats-server {number + 1} again')


def kill_bus(cluster, seconds=6):
    for server in cluster.servers:
        server.kill()
    time.sleep(seconds)
    cluster.grow('answers without any nats-server')
    for number in range(SERVERS):
        cluster.start_server(number)
    cluster.grow('answers with the bus again')


def kill_postgres(cluster, seconds=4):
    cluster.postgres.kill()
    time.sleep(seconds)
    cluster.postgres.start()
    cluster.grow('answers after PostgreSQL was killed')


def revoke(cluster, node, station):
    """Out, on all nodes, for good."""
    status, answer = node.ask('PATCH', f'/stations/{station}', {'enabled': False})
    if status != 200:
        raise Failed(f'{station} could not be disabled: {status} {answer}')
    cluster.note(what='revoked', station=f'default/{station}')


def chaos(cluster):
    commands = Commands(cluster)
    commands.start()
    a, b, c = cluster.nodes
    for what, act in (('node b is killed', lambda: kill_node(cluster, b)),
                      ('a nats-server is killed', lambda: kill_server(cluster, 0)),
                      ('a station is revoked over node a', lambda: revoke(cluster, a, 'CS-0002')),
                      ('PostgreSQL is killed', lambda: kill_postgres(cluster)),
                      ('node c is frozen', lambda: freeze_node(cluster, c)),
                      ('all nats-servers are killed', lambda: kill_bus(cluster)),
                      ('node a is killed', lambda: kill_node(cluster, a)),
                      ('a station is revoked over node b', lambda: revoke(cluster, b, 'CS-0003'))):
        say(what)
        act()
    time.sleep(5)
    hanging = commands.end()
    say('commands:', ', '.join(f'{count} {outcome}' for outcome, count in sorted(commands.outcomes.items())))
    if hanging:
        say(f'{len(hanging)} commands never came to an end:', *hanging[:5])
    if commands.hung:
        say('commands hung:', *commands.hung)
    if 'answered' not in commands.outcomes:
        say('not one command was answered')
    return not hanging and not commands.hung and 'answered' in commands.outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', required=True, type=pathlib.Path)
    parser.add_argument('--state', required=True, type=pathlib.Path)
    parser.add_argument('--stations', type=int, default=30)
    parser.add_argument('--seconds', type=int, default=0)
    parser.add_argument('--chaos', action='store_true')
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    cluster, is_good = Cluster(arguments.build, arguments.state, arguments.stations), True
    try:
        cluster.start()
        for node in cluster.nodes:
            say(f'node {node.name}: dashboard {node.daemon.ready["dashboard_url"]}  sign in {node.daemon.ready["login_url"]}')
        cluster.grow('the first answers', 60)
        if arguments.chaos:
            is_good = chaos(cluster)
        else:
            with contextlib.suppress(KeyboardInterrupt):
                say('Ctrl-C ends it.' if arguments.seconds == 0 else f'{arguments.seconds} s')
                while arguments.seconds == 0:
                    time.sleep(1)
                time.sleep(arguments.seconds)
        is_good = cluster.stop() and is_good
        is_good = cluster.check() and is_good
    except Failed as failed:
        say(failed)
        is_good = False
    finally:
        cluster.end()
    return 0 if is_good else 1


if __name__ == '__main__':
    sys.exit(main())
