#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two voltseald at one PostgreSQL: what is changed at one holds at the other, one leads, each has a name of its own, and one
that cannot read what the other changed lets nobody in."""
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
import time
import unittest
import urllib.request

import websockets

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from harness import Daemon, wait_for  # noqa: E402
from with_postgres import Postgres, programs  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
SOON = 2  # seconds within which a revocation holds everywhere
# What a second node must not take from the first: its log, its ports, what it has seen.
OF_ONE = ('audit', 'keys/audit.checkpoint', 'ports', 'ready.json', 'voltseald.log', 'spool.db', 'spool.key')


class Station:
    """A connection that is only held."""

    def __init__(self, daemon, identity, password):
        secret = base64.b64encode(f'{identity}:{password}'.encode()).decode()
        self.loop = asyncio.new_event_loop()

        async def begin():
            return await websockets.connect(daemon.ready['ocpp_url'] + identity, subprotocols=['ocpp2.0.1'], ping_interval=None,
                                            ssl=ssl.create_default_context(cafile=daemon.ready['ca_file']),
                                            extra_headers={'Authorization': f'Basic {secret}'})
        try:
            self.socket = self.loop.run_until_complete(asyncio.wait_for(begin(), 20))
        except BaseException:
            self.loop.close()
            raise

    def is_open(self):
        async def look():
            await asyncio.sleep(0.01)
            return self.socket.open
        return self.loop.run_until_complete(look())

    def close(self):
        self.loop.run_until_complete(self.socket.close())
        self.loop.close()


def comes_in(daemon, identity, password):
    """101, or the status of the refusal."""
    try:
        Station(daemon, identity, password).close()
    except websockets.exceptions.InvalidStatusCode as refused:
        return refused.status_code
    return 101


@unittest.skipIf(programs() is None, 'PostgreSQL is not installed (./dev deps all)')
class Nodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='voltseal-nodes-')
        cls.addClassCleanup(cls.folder.cleanup)
        os.chmod(cls.folder.name, 0o755)
        place = pathlib.Path(cls.folder.name) / 'server'
        place.mkdir(mode=0o755)
        os.chmod(place, 0o755)
        cls.server = Postgres(place)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.server.sql('CREATE ROLE voltseal LOGIN')
        cls.server.sql('CREATE DATABASE voltseal OWNER voltseal TEMPLATE template0')
        cls.options = ['--stations', '6', '--auth', 'basic', '--store-engine', 'postgres',
                       '--store-url', f'postgresql://voltseal@/voltseal?host={place}']
        cls.states = {name: pathlib.Path(cls.folder.name) / name for name in 'ab'}
        first = Daemon(BUILD, cls.states['a'], *cls.options, '--node', 'a')
        assert first.stop(60) == 0
        shutil.copytree(cls.states['a'], cls.states['b'])
        for name in OF_ONE:
            path = cls.states['b'] / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        cls.nodes = {}
        for name in 'ab':
            cls.nodes[name] = Daemon(BUILD, cls.states[name], *cls.options, '--node', name)
            cls.addClassCleanup(lambda node=cls.nodes[name]: node.is_running() and node.kill())
        cls.rows = cls.nodes['a'].credentials()

    def at(self, node, *words, code=0):
        done = subprocess.run([BUILD / 'voltseal', *words, '--ready-file', self.states[node] / 'ready.json'], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def soon(self, condition, what):
        began = time.monotonic()
        wait_for(condition, 20, what)
        self.assertLess(time.monotonic() - began, SOON, what)

    def test_1_a_change_here_holds_there(self):
        a, b = self.nodes['a'], self.nodes['b']
        for at, (row, verb) in enumerate(((self.rows[0], 'remove'), (self.rows[1], 'disable'))):
            station = Station(b, row['id'], row['password'])
            self.addCleanup(station.close)
            self.at('a', 'station', verb, row['id'])
            self.soon(lambda station=station: not station.is_open(), f'{verb}: the connection at the other node ends')
            self.assertEqual(comes_in(b, row['id'], row['password']), 401)
            self.assertEqual(comes_in(a, row['id'], row['password']), 401)
        self.at('b', 'station', 'enable', self.rows[1]['id'])
        self.soon(lambda: comes_in(a, self.rows[1]['id'], self.rows[1]['password']) == 101, 'enabled at the other')
        added = json.loads(self.at('a', 'station', 'add', 'CS-NEW', '--auth', 'basic', '-o', 'json'))
        self.soon(lambda: comes_in(b, 'CS-NEW', added['password']) == 101, 'a new one is known')

    def test_2_who_may_use_the_api(self):
        def status(node, token):
            ready = self.nodes[node].ready
            request = urllib.request.Request(f'{ready["api_url"].rstrip("/")}/api/v1/stations', headers={'Authorization': f'Bearer {token}'})
            try:
                with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ready['ca_file'])) as answer:
                    return answer.status
            except urllib.error.HTTPError as refused:
                return refused.code
        made = json.loads(self.at('a', 'api-token', 'add', 'grafana', '--role', 'viewer', '-o', 'json'))
        self.soon(lambda: status('b', made['token']) == 200, 'the token is good at the other')
        self.at('b', 'api-token', 'remove', made['id'])
        self.soon(lambda: status('a', made['token']) == 401, 'and withdrawn')

    def test_3_names_and_the_one_without(self):
        for more, words in ((('--node', 'b'), 'its own name'), ((), 'another process')):
            state = pathlib.Path(self.folder.name) / 'third'
            shutil.rmtree(state, ignore_errors=True)
            done = subprocess.run([BUILD / 'voltseald', 'dev', '--state', state, *self.options, *more], capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stdout + done.stderr)
        done = subprocess.run([BUILD / 'voltseald', 'dev', '--state', state, '--node', 'c'], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertIn('several daemons need [store] engine = postgres', done.stdout + done.stderr)

    def test_4_who_cannot_know_lets_nobody_in(self):
        b, row = self.nodes['b'], self.rows[2]
        held = Station(b, row['id'], row['password'])
        self.addCleanup(held.close)
        self.server.kill()
        self.soon_behind(b)
        self.assertEqual(comes_in(b, self.rows[3]['id'], self.rows[3]['password']), 503)
        self.assertTrue(held.is_open())
        self.server.start()
        wait_for(lambda: comes_in(b, self.rows[3]['id'], self.rows[3]['password']) == 101, 30, 'it knows again')
        self.assertTrue(held.is_open())
        self.assertIn('node.behind', b.log.read_text())

    def soon_behind(self, node):
        wait_for(lambda: 'node.behind' in node.log.read_text(), 10, 'it notices')

    def test_5_another_leads(self):
        a, b = self.nodes['a'], self.nodes['b']
        a.kill()
        wait_for(lambda: 'node.leads' in b.log.read_text() and self.leaders() == '1', 20, 'the other leads')
        self.assertEqual(b.stop(60), 0, b.tail())
        self.assertEqual(self.leaders(), '0')
        self.assertEqual(self.server.sql("SELECT count(*) FROM voltseal.node WHERE seen_ms = 0 AND name = 'b'", 'voltseal'), '1')

    def leaders(self):
        return self.server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1448299569 AND objid = 4 AND granted",
                               'voltseal')


if __name__ == '__main__':
    unittest.main()
