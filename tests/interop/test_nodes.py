#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two voltseald at one PostgreSQL: what is changed at one holds at the other, one leads, each has a name of its own, and one
that cannot read what the other changed lets nobody in."""
import asyncio
import json
import pathlib
import shutil
import ssl
import subprocess
import sys
import unittest

import websockets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402


class Nodes(nodes.Case):
    STATIONS, AUTH = 10, 'mixed'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.passwords = [row for row in cls.rows if row['password']]

    def test_1_a_change_here_holds_there(self):
        a, b = self.nodes['a'], self.nodes['b']
        for row, verb in ((self.passwords[0], 'remove'), (self.passwords[1], 'disable')):
            station = self.station('b', row)
            a.voltseal('station', verb, row['id'])
            self.soon(lambda station=station: not station.is_open, f'{verb}: the connection at the other node ends')
            self.assertEqual(nodes.comes_in(b, row), 401)
            self.assertEqual(nodes.comes_in(a, row), 401)
        b.voltseal('station', 'enable', self.passwords[1]['id'])
        self.soon(lambda: nodes.comes_in(a, self.passwords[1]) == 101, 'enabled at the other')
        added = json.loads(a.voltseal('station', 'add', 'CS-NEW', '--auth', 'basic', '-o', 'json'))
        self.soon(lambda: nodes.comes_in(b, {'id': 'CS-NEW', 'password': added['password']}) == 101, 'a new one is known')

    def test_2_who_may_use_the_api(self):
        made = json.loads(self.nodes['a'].voltseal('api-token', 'add', 'grafana', '--role', 'viewer', '-o', 'json'))

        def status(name):
            return self.nodes[name].ask('GET', '/stations', token=made['token'])[0]
        self.soon(lambda: status('b') == 200, 'the token is good at the other')
        self.nodes['b'].voltseal('api-token', 'remove', made['id'])
        self.soon(lambda: status('a') == 401, 'and withdrawn')

    def test_2b_a_certificate(self):
        a, b, row = self.nodes['a'], self.nodes['b'], next(row for row in self.rows if row['cert'])
        station = self.station('b', row)
        listed = a.ask('GET', f'/certificates?station={row["id"]}&active=true')[1]['items']
        self.assertEqual(len(listed), 1)
        self.assertEqual(a.ask('POST', f'/certificates/{listed[0]["serial"]}/revoke', {'reason': 'key-compromise'})[0], 200)
        self.soon(lambda: not station.is_open, 'the connection at the other node ends')
        self.assertEqual([nodes.comes_in(node, row) == 101 for node in (a, b)], [False, False])
        self.assertTrue(b.is_running(), b.daemon.tail())

    def test_2c_streams_of_a_station_that_moves(self):
        """OCPP 2.1 N15: whose values they are is known at a node that did not hear of the stream when it was opened."""
        row, names = self.passwords[2], {'component': {'name': 'ElectricalFeed'}, 'variable': {'name': 'Power'}}
        path, monitor = f'/stations/{row["id"]}', {**names, 'value': 1, 'type': 'Periodic', 'severity': 4}

        async def at(name, talk):
            node = self.nodes[name]
            async with websockets.connect(node.ready['ocpp_url'] + row['id'], ssl=nodes.context_of(node, row), subprotocols=['ocpp2.1'],
                                          extra_headers=nodes.headers_of(row)) as socket:
                async def say(*message):
                    await socket.send(json.dumps(message))

                async def hear():
                    return json.loads(await asyncio.wait_for(socket.recv(), 20))
                await say(2, f'boot {name}', 'BootNotification', {'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}})
                self.assertEqual('Accepted', (await hear())[2]['status'])
                await talk(node, say, hear)

        async def first(node, say, hear):
            status, said = await asyncio.to_thread(node.ask, 'POST', f'{path}/commands', {
                'action': 'SetVariableMonitoring', 'payload': {'setMonitoringData': [{**monitor, 'periodicEventStream': {}}]}})
            self.assertEqual(202, status, said)
            asked = await hear()
            await say(3, asked[1], {'setMonitoringResult': [{**{key: monitor[key] for key in monitor if key != 'value'},
                                                             'status': 'Accepted', 'id': 12}]})
            await say(2, 'open', 'OpenPeriodicEventStream', {'constantStreamData': {'id': 1, 'variableMonitoringId': 12, 'params': {}}})
            self.assertEqual([3, 'open', {'status': 'Accepted'}], await hear())

        async def then(_node, say, hear):
            await say(6, 'values', 'NotifyPeriodicEventStream', {'id': 1, 'pending': 0, 'basetime': '2026-11-20T12:00:00Z',
                                                                 'data': [{'t': 0, 'v': '230'}]})
            await say(2, 'end', 'Heartbeat', {})
            self.assertEqual([3, 'end'], (await hear())[:2])  # and not that it is asked what it has open
        asyncio.run(at('a', first))
        wait_for(lambda: 'stream' in [item['kind'] for item in self.nodes['b'].ask('GET', f'{path}/held')[1]['items']], 20, 'it is held')
        asyncio.run(at('b', then))

        def told():
            return [item['payload'] for item in self.nodes['b'].ask('GET', f'/events?station={row["id"]}&limit=50')[1]['items']
                    if item['type'] == 'NotifyPeriodicEventStream']
        wait_for(told, 20, 'the values are kept')
        self.assertEqual([{**names, 'id': 1, 'variableMonitoringId': 12}],
                         [{key: item[key] for key in ('component', 'variable', 'id', 'variableMonitoringId')} for item in told()])

    def test_3_names_and_the_one_without(self):
        state = self.cluster.folder / 'third'
        for more, words in ((('--node', 'b'), 'its own name'), ((), 'another process')):
            shutil.rmtree(state, ignore_errors=True)
            self.assertIn(words, self.refused(state, *self.cluster.options, *more))
        self.assertIn('several daemons need [store] engine = postgres', self.refused(state, '--node', 'c'))

    def refused(self, state, *options):
        done = subprocess.run([self.cluster.build / 'voltseald', 'dev', '--state', state, *options], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stdout + done.stderr

    def sensor_comes_in(self, name, token):
        """101, or the status of the refusal."""
        ready = self.nodes[name].ready

        async def attempt():
            try:
                async with websockets.connect(ready['sensor_url'], ssl=ssl.create_default_context(cafile=ready['ca_file']),
                                              extra_headers={'Authorization': f'Bearer {token}'}) as socket:
                    return 101 if json.loads(await socket.recv()) else 0
            except websockets.exceptions.InvalidStatusCode as refused:
                return refused.status_code
            except websockets.exceptions.ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0
        return asyncio.run(asyncio.wait_for(attempt(), 20))

    def test_4_who_was_away_for_long_knows_all_again(self):
        """As after more than is kept of what was changed: nothing of it is in the feed any more."""
        a, b = self.nodes['a'], self.nodes['b']
        tokens = [json.loads(a.voltseal('api-token', 'add', f'token-{at}', '--role', 'viewer', '-o', 'json')) for at in range(2)]
        sensor = json.loads(a.voltseal('sensor', 'add', 'press-9', '-o', 'json'))['token']
        self.soon(lambda: b.ask('GET', '/stations', token=tokens[0]['token'])[0] == 200, 'the token is good at the other')
        station = self.station('b', self.passwords[4])
        wait_for(lambda: self.sensor_comes_in('b', sensor) == 101, 10, 'the device is known')
        b.freeze()
        a.voltseal('api-token', 'remove', tokens[0]['id'])
        a.voltseal('station', 'disable', self.passwords[4]['id'])
        a.voltseal('sensor', 'remove', 'press-9')
        late = json.loads(a.voltseal('api-token', 'add', 'late', '--role', 'viewer', '-o', 'json'))
        added = json.loads(a.voltseal('station', 'add', 'CS-LATE', '--auth', 'basic', '-o', 'json'))
        self.cluster.database.sql("DELETE FROM voltseal.change; INSERT INTO voltseal.change(kind, tenant, subject, node)"
                                  " SELECT 'sensor', 'default', 'nobody', 'x' FROM generate_series(1, 5000)", 'voltseal')
        b.thaw()
        wait_for(lambda: 'feed.all' in b.log, 20, 'it loads everything')
        self.soon(lambda: b.ask('GET', '/stations', token=tokens[0]['token'])[0] == 401, 'a token that was withdrawn')
        self.soon(lambda: not station.is_open, 'a station that was disabled')
        self.soon(lambda: b.ask('GET', '/stations', token=late['token'])[0] == 200, 'a new token')
        self.assertEqual(b.ask('GET', '/stations', token=tokens[1]['token'])[0], 200)
        self.assertEqual(nodes.comes_in(b, self.passwords[4]), 401)
        self.assertEqual(nodes.comes_in(b, {'id': 'CS-LATE', 'password': added['password']}), 101)
        self.assertNotEqual(self.sensor_comes_in('b', sensor), 101)

    def test_5_who_cannot_know_lets_nobody_in(self):
        b, row = self.nodes['b'], self.passwords[3]
        held = self.station('b', self.passwords[2])
        made = json.loads(b.voltseal('api-token', 'add', 'reader', '--role', 'viewer', '-o', 'json'))
        sensor = json.loads(b.voltseal('sensor', 'add', 'press-7', '-o', 'json'))['token']
        self.assertEqual(self.sensor_comes_in('b', sensor), 101)
        times = b.log.count('node.behind')
        self.cluster.database.kill()
        wait_for(lambda: b.log.count('node.behind') > times, 10, 'it notices')
        self.assertEqual(nodes.comes_in(b, row), 503)
        self.assertEqual(self.sensor_comes_in('b', sensor), 503)
        self.assertEqual(b.ask('GET', '/stations', token=made['token'])[1]['code'], 'VS-1013')
        self.assertTrue(held.is_open)
        self.cluster.database.start()
        wait_for(lambda: nodes.comes_in(b, row) == 101, 30, 'it knows again')
        wait_for(lambda: self.sensor_comes_in('b', sensor) == 101, 10, 'of sensor devices, too')
        wait_for(lambda: b.ask('GET', '/stations', token=made['token'])[0] == 200, 10, 'and of API tokens')
        self.assertTrue(held.is_open)

    def test_6_another_leads(self):
        a, b = self.nodes['a'], self.nodes['b']
        a.kill()
        wait_for(lambda: 'node.leads' in b.log and self.leaders() == '1', 20, 'the other leads')
        self.assertEqual(b.stop(), 0, b.daemon.tail())
        self.assertEqual(self.leaders(), '0')
        self.assertEqual(self.cluster.database.sql("SELECT count(*) FROM voltseal.node WHERE seen_ms = 0 AND name = 'b'", 'voltseal'), '1')

    def leaders(self):
        return self.cluster.database.sql(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1448299569 AND objid = 4 AND granted", 'voltseal')


if __name__ == '__main__':
    unittest.main()
