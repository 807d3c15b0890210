#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two voltseald at one PostgreSQL and one nats-server: a command given to one reaches the station at the other, a station
that moves takes its owner along, and the history of both holds (tests/cluster/check_history.py)."""
import asyncio
import base64
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import websockets

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(ROOT / 'scripts')]
import make_nats  # noqa: E402
from harness import Child, Daemon, wait_for  # noqa: E402
from test_nodes import OF_ONE  # noqa: E402
from with_postgres import Postgres, programs  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
NATS = shutil.which('nats-server') or '/usr/sbin/nats-server'
TRIGGER = {'action': 'TriggerMessage', 'payload': {'requestedMessage': 'Heartbeat'}, 'timeout_s': 10}


class Station(threading.Thread):
    """It boots, and accepts every command."""

    def __init__(self, daemon, row):
        super().__init__(daemon=True)
        self.url, self.ca, self.row = daemon.ready['ocpp_url'] + row['id'], daemon.ready['ca_file'], row
        self.got, self.is_booted, self.is_open, self.is_ended = [], False, True, False
        self.loop = asyncio.new_event_loop()
        self.start()
        wait_for(lambda: self.is_booted or not self.is_open, 20, 'the station boots')

    def run(self):
        self.loop.run_until_complete(self.live())
        self.loop.close()
        self.is_open = False

    async def live(self):
        secret = base64.b64encode(f'{self.row["id"]}:{self.row["password"]}'.encode()).decode()
        async with websockets.connect(self.url, subprotocols=['ocpp2.0.1'], ssl=ssl.create_default_context(cafile=self.ca),
                                      extra_headers={'Authorization': f'Basic {secret}'}) as self.socket:
            await self.socket.send(json.dumps([2, 'boot', 'BootNotification', {
                'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}}]))
            try:
                async for text in self.socket:
                    message = json.loads(text)
                    if message[0] == 2:
                        self.got.append(message[1])
                        await self.socket.send(json.dumps([3, message[1], {'status': 'Accepted'}]))
                    elif message[1] == 'boot':
                        self.is_booted = message[2]['status'] == 'Accepted'
            except websockets.exceptions.ConnectionClosed:
                pass

    def close(self):
        if self.is_open:
            asyncio.run_coroutine_threadsafe(self.socket.close(), self.loop)
        self.join(20)


@unittest.skipIf(programs() is None, 'PostgreSQL is not installed (./dev deps all)')
@unittest.skipUnless(os.access(NATS, os.X_OK), 'nats-server is not installed (./dev deps all)')
class Bus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='voltseal-bus-')
        cls.addClassCleanup(cls.folder.cleanup)
        os.chmod(cls.folder.name, 0o755)
        top = pathlib.Path(cls.folder.name)
        place = top / 'server'
        place.mkdir(mode=0o755)
        os.chmod(place, 0o755)
        cls.server = Postgres(place)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.server.sql('CREATE ROLE voltseal LOGIN')
        cls.server.sql('CREATE DATABASE voltseal OWNER voltseal TEMPLATE template0')
        cls.bus = top / 'nats'
        port = make_nats.make(cls.bus)[0][0]
        cls.nats_start()
        cls.addClassCleanup(lambda: cls.nats.is_running() and cls.nats.kill())
        cls.options = ['--stations', '6', '--auth', 'basic', '--store-engine', 'postgres',
                       '--store-url', f'postgresql://voltseal@/voltseal?host={place}']
        cls.states = {name: top / name for name in 'ab'}
        first = Daemon(BUILD, cls.states['a'], *cls.options, '--node', 'a')
        assert first.stop(60) == 0
        shutil.copytree(cls.states['a'], cls.states['b'])
        for name in OF_ONE:
            path = cls.states['b'] / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        cls.options += ['--nats', f'tls://127.0.0.1:{port}', '--nats-ca', cls.bus / 'ca.pem',
                        '--nats-cert', cls.bus / 'node.pem', '--nats-key', cls.bus / 'node.key']
        cls.nodes, cls.histories, cls.tokens = {}, {}, {}
        for name in 'ab':
            cls.histories[name] = top / f'history-{name}'
            cls.nodes[name] = Daemon(BUILD, cls.states[name], *cls.options, '--node', name, '--history', cls.histories[name])
            cls.addClassCleanup(lambda node=cls.nodes[name]: node.is_running() and node.kill())
        cls.rows = cls.nodes['a'].credentials()
        for name in 'ab':
            made = subprocess.run([BUILD / 'voltseal', 'api-token', 'add', f'bus-{name}', '--role', 'operator', '-o', 'json',
                                   '--ready-file', cls.states[name] / 'ready.json'], capture_output=True, text=True, timeout=60,
                                  check=True)
            cls.tokens[name] = json.loads(made.stdout)['token']

    @classmethod
    def nats_start(cls):
        cls.nats = Child([NATS, '-c', cls.bus / 'server-1.conf'], cls.bus / 'log')

    def ask(self, node, path, body=None):
        """(status, what it answered)"""
        ready = self.nodes[node].ready
        request = urllib.request.Request(f'{ready["api_url"].rstrip("/")}/api/v1/{path}', headers={
            'Authorization': f'Bearer {self.tokens[node]}', 'Content-Type': 'application/json'},
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ready['ca_file']), timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read() or b'{}')

    def command(self, node, station):
        """Its last state, of a command given to this node; or the status of its refusal."""
        status, said = self.ask(node, f'stations/{station}/commands', TRIGGER)
        if status != 202:
            return status
        last = {}

        def is_over():
            _, row = self.ask(node, f'commands/{said["id"]}')
            last.update(row)
            return row.get('state') in ('answered', 'refused', 'failed')
        wait_for(is_over, 30, f'the command ends: {last}')
        return last['state']

    def history(self):
        lines = []
        for path in self.histories.values():
            lines += [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return sorted(lines, key=lambda line: line['at_ms'])

    def owner(self, station):
        owners = [line for line in self.history() if line['station'].endswith(f'/{station}')]
        return owners[-1]['node'] if owners and owners[-1]['what'] == 'owns' else None

    def owned_by(self, node, station):
        wait_for(lambda: self.owner(station) == node, 40, f'{node} owns {station}')

    def test_1_a_command_given_to_the_other_node(self):
        row = self.rows[0]
        station = Station(self.nodes['a'], row)
        self.addCleanup(station.close)
        self.owned_by('a', row['id'])
        for node in 'ab':
            wait_for(lambda node=node: self.command(node, row['id']) == 'answered', 20, f'a command given to {node}')
        self.assertEqual(len(station.got), len(set(station.got)))
        status, said = self.ask('b', f'stations/{row["id"]}/commands', {'action': 'Reset', 'payload': {'type': 'No'}})
        self.assertIn(status, (202, 400), said)

    def test_2_nobody_there(self):
        self.assertEqual(self.command('b', self.rows[1]['id']), 409)

    def test_3_a_station_that_moves(self):
        row = self.rows[2]
        first = Station(self.nodes['a'], row)
        self.owned_by('a', row['id'])
        second = Station(self.nodes['b'], row)
        self.addCleanup(second.close)
        self.owned_by('b', row['id'])
        wait_for(lambda: not first.is_open, 20, 'the old connection is closed')
        count = len(first.got)
        wait_for(lambda: self.command('a', row['id']) == 'answered', 20, 'a command over the other node')
        self.assertTrue(len(second.got) >= 1 and len(first.got) == count)

    def test_4_without_nats(self):
        here, there = self.rows[3], self.rows[4]
        stations = [Station(self.nodes['a'], here), Station(self.nodes['b'], there)]
        for station in stations:
            self.addCleanup(station.close)
        self.owned_by('a', here['id'])
        self.owned_by('b', there['id'])
        self.nats.kill()
        wait_for(lambda: 'cluster.lost' in self.nodes['a'].log.read_text(), 20, 'it notices')
        self.assertEqual(self.command('a', there['id']), 503)
        self.assertEqual(self.command('a', here['id']), 'answered')  # its lease still holds
        self.nats_start()
        wait_for(lambda: self.command('a', there['id']) == 'answered', 40, 'it goes on')
        self.assertTrue(all(station.is_open for station in stations))

    def test_5_a_node_dies_and_the_history_holds(self):
        row = self.rows[5]
        first = Station(self.nodes['a'], row)
        self.owned_by('a', row['id'])
        self.nodes['a'].kill()
        died = {'what': 'died', 'node': 'a', 'at_ms': time.time() * 1000}
        first.close()
        second = Station(self.nodes['b'], row)
        self.addCleanup(second.close)
        self.owned_by('b', row['id'])
        wait_for(lambda: self.command('b', row['id']) == 'answered', 20, 'the node that is left sends')
        self.assertEqual(self.nodes['b'].stop(60), 0, self.nodes['b'].tail())
        with self.histories['a'].open('a') as history:
            history.write(json.dumps(died) + '\n')
        done = subprocess.run([sys.executable, ROOT / 'tests/cluster/check_history.py', *self.histories.values()],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == '__main__':
    unittest.main()
