# SPDX-License-Identifier: Apache-2.0
"""A fleet of OCPP 1.6, 2.0.1 and 2.1 on a daemon of its own: charging, commands, kill -9 that loses nothing; which
subprotocol is chosen; what a policy and a quirk change about it."""
import asyncio
import base64
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

import websockets

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests'))
from harness import Child, Daemon, Failed, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATIONS = 9


class Versions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.state = pathlib.Path(folder.name) / 'state'
        cls.daemon = Daemon(BUILD, cls.state, '--stations', STATIONS + 6)
        cls.addClassCleanup(lambda: cls.daemon.is_running() and cls.daemon.kill())
        cls.tls = ssl.create_default_context(cafile=cls.daemon.ready['ca_file'])
        cls.spare = cls.daemon.credentials()[STATIONS:]

    @classmethod
    def call(cls, method, path, body=None):
        ready = cls.daemon.ready
        request = urllib.request.Request(
            ready['api_url'] + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={'Content-Type': 'application/json', 'Authorization': f"Bearer {ready['admin_token']}"})
        try:
            with urllib.request.urlopen(request, context=cls.tls, timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())

    def transactions(self):
        status, answer = self.call('GET', '/api/v1/transactions?limit=200')
        self.assertEqual(status, 200, answer)
        return answer['items'] if isinstance(answer, dict) and 'items' in answer else answer

    def command(self, station, action, payload, expected=200):
        done = subprocess.run([BUILD / 'voltseal', 'station', 'command', station, action, json.dumps(payload),
                               '--ready-file', self.state / 'ready.json'], text=True, capture_output=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def fleet(self, ledger, *more):
        ready = self.daemon.ready
        return Child([BUILD / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', STATIONS, '--ocpp', 'mixed',
                      '--url', ready['ocpp_url'], '--ca', ready['ca_file'], '--credentials',
                      ready['credentials_file'], '--ledger', ledger, *more], self.state / 'fleet.log')

    def test_1_mixed_fleet_survives_kill_9(self):
        ledger = self.state / 'ledger'
        fleet = self.fleet(ledger, '--log')
        self.addCleanup(lambda: fleet.is_running() and fleet.kill())

        def lines():
            return ledger.read_text().splitlines()[:-1] if ledger.exists() else []

        def kinds():
            return {json.loads(line)['event'] for line in lines() if '"seq"' not in line and '"event"' in line}

        try:
            for n in range(3):
                before = len(lines())
                wait_for(lambda: len(lines()) > before + 20 or not fleet.is_running(), 60, f'the ledger grows ({n})')
                self.assertTrue(fleet.is_running(), fleet.tail())
                self.daemon.kill()
                type(self).daemon = Daemon(BUILD, self.state, '--stations', STATIONS + 6)
            wait_for(lambda: kinds() == {'Started', 'Updated', 'Ended'}, 60, '1.6 transactions begin and end')
            self.remote_control(fleet)
            self.assertEqual(fleet.stop(60, signal.SIGINT), 0, fleet.tail())
        except Failed as failed:
            self.fail(f'{failed}\n{fleet.tail()}\n{self.daemon.tail()}')
        done = subprocess.run([sys.executable, ROOT / 'tests/fault/check_ledger.py', '--ledger', ledger, '--store',
                               self.daemon.ready['store_file']], text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        ended = [row for row in self.transactions() if row['id'].isdigit() and not row['active']]
        self.assertTrue(ended)
        for row in ended:
            self.assertTrue(row['complete'], row)
            self.assertTrue(0 < int(row['id']) < 2**31)
        for row, version in zip(self.daemon.credentials(), ('1.6', '2.0.1', '2.1')):
            status, station = self.call('GET', f"/api/v1/stations/{row['id']}")
            self.assertEqual((status, station['registration'], station['spoken']), (200, 'Accepted', version))

    def remote_control(self, fleet):
        """The first station speaks 1.6, the second 2.0.1, the third 2.1: the same path judges each by its tables."""
        names = [row['id'] for row in self.daemon.credentials()]
        for name in names[:3]:
            wait_for(lambda name=name: self.call('GET', f'/api/v1/stations/{name}')[1].get('connected'), 30,
                     f'{name} is connected')
        code, text = self.command(names[0], 'GetConfiguration', {'key': ['HeartbeatInterval', 'Nothing']})
        self.assertEqual(code, 0, text)
        self.assertIn('HeartbeatInterval', text)
        self.assertIn('Nothing', text)
        code, text = self.command(names[0], 'ChangeConfiguration', {'key': 'MeterValueSampleInterval', 'value': '3'})
        self.assertEqual(code, 0, text)
        self.assertIn('Accepted', text)
        code, text = self.command(names[0], 'Reset', {'type': 'OnIdle'})
        self.assertNotEqual(code, 0, text)
        code, text = self.command(names[0], 'Reset', {'type': 'Soft'})
        self.assertEqual(code, 0, text)
        code, text = self.command(names[1], 'Reset', {'type': 'Soft'})
        self.assertNotEqual(code, 0, text)
        code, text = self.command(names[1], 'ChangeConfiguration', {'key': 'a', 'value': 'b'})
        self.assertNotEqual(code, 0, text)
        code, text = self.command(names[2], 'GetVariables', {'getVariableData': [
            {'component': {'name': 'OCPPCommCtrlr'}, 'variable': {'name': 'HeartbeatInterval'}}]})
        self.assertEqual(code, 0, text)
        self.assertTrue(fleet.is_running(), fleet.tail())

    # --- which subprotocol

    def dial(self, credential, offered):
        """What the server chose; an exception when it refused the upgrade."""
        login = base64.b64encode(f"{credential['id']}:{credential['password']}".encode()).decode()

        async def run():
            async with websockets.connect(self.daemon.ready['ocpp_url'] + credential['id'], ssl=self.tls,
                                          subprotocols=offered,
                                          extra_headers={'Authorization': f'Basic {login}'}) as socket:
                return socket.subprotocol
        return asyncio.run(run())

    def refused(self, credential, offered):
        with self.assertRaises(websockets.exceptions.InvalidStatusCode) as caught:
            self.dial(credential, offered)
        return caught.exception.status_code

    def test_2_the_first_it_speaks_is_chosen(self):
        station = next(row for row in self.spare if row['password'])
        for offered, chosen in ((['ocpp1.6'], 'ocpp1.6'), (['ocpp2.0.1'], 'ocpp2.0.1'), (['ocpp2.1'], 'ocpp2.1'),
                                (['ocpp1.6', 'ocpp2.1'], 'ocpp1.6'), (['ocpp2.1', 'ocpp1.6'], 'ocpp2.1'),
                                (['ocpp0.1', 'ocpp2.0.1'], 'ocpp2.0.1'), (['soap', 'ocpp0.1', 'ocpp1.6'], 'ocpp1.6')):
            self.assertEqual(self.dial(station, offered), chosen, offered)
        for offered in (['ocpp0.1'], ['ocpp2.0.1.1'], ['OCPP1.6'], ['ocpp2.0'], None):  # TC_B_58
            self.assertEqual(self.refused(station, offered), 400, offered)

    def test_3_the_policy_narrows_it(self):
        station = next(row for row in self.spare if row['password'])
        path = f"/api/v1/stations/{station['id']}"
        status, answer = self.call('PATCH', path, {'versions': '1.6'})
        self.assertIn(status, (200, 204), answer)
        try:
            self.assertEqual(self.dial(station, ['ocpp2.1', 'ocpp1.6']), 'ocpp1.6')
            self.assertEqual(self.refused(station, ['ocpp2.1', 'ocpp2.0.1']), 400)
            status, answer = self.call('PATCH', path, {'quirks': 'no-subprotocol'})
            self.assertIn(status, (200, 204), answer)
            self.assertIsNone(self.dial(station, None))
            self.assertEqual(self.refused(station, ['ocpp0.1']), 400)
        finally:
            self.call('PATCH', path, {'versions': 'all', 'quirks': 'none'})
        self.assertEqual(self.refused(station, None), 400)


    # --- what is odd

    def say(self, credential, protocol, *messages):
        """The answers to some frames, in their order."""
        login = base64.b64encode(f"{credential['id']}:{credential['password']}".encode()).decode()

        async def run():
            async with websockets.connect(self.daemon.ready['ocpp_url'] + credential['id'], ssl=self.tls,
                                          subprotocols=[protocol],
                                          extra_headers={'Authorization': f'Basic {login}'}) as socket:
                answers = []
                for text in messages:
                    await socket.send(text)
                    answers.append(json.loads(await asyncio.wait_for(socket.recv(), 20)))
                return answers
        return asyncio.run(run())

    def count_events(self, station, kind, expected):
        def found():
            status, answer = self.call('GET', f"/api/v1/events?station={station['id']}&limit=100")
            self.assertEqual(status, 200, answer)
            return [row for row in answer['items'] if kind in json.dumps(row)]
        wait_for(lambda: len(found()) >= expected, 20, f'{expected} events {kind}')
        self.assertEqual(len(found()), expected)

    def test_4_oddities_are_strict_until_the_policy_forgives(self):
        station = [row for row in self.spare if row['password']][-1]
        boot = json.dumps([2, 'b', 'BootNotification', {'chargePointVendor': 'Odd', 'chargePointModel': 'M',
                                                        'chargePointSerialNumber': '0123456789' * 3}])
        plain = json.dumps([2, 'p', 'BootNotification', {'chargePointVendor': 'Odd', 'chargePointModel': 'M'}])
        status = json.dumps([2, 's', 'StatusNotification', {'connectorId': 1, 'errorCode': 'NoError',
                                                            'status': 'Available', 'timestamp': '2022-02-29T00:00:00Z'}])
        authorize = json.dumps([2, 'a', 'Authorize', {'idTag': 'DEMO-0001\x10\x0e'}])
        odd = (plain, boot, status, authorize, json.dumps([2, 'h', 'Heartbeat', {}]))
        strict = self.say(station, 'ocpp1.6', *odd)
        self.assertEqual([answer[0] for answer in strict], [3, 4, 4, 3, 3])
        self.assertEqual([strict[1][2], strict[2][2]], ['PropertyConstraintViolation', 'TypeConstraintViolation'])
        self.assertEqual(strict[3][2]['idTagInfo']['status'], 'Invalid')
        self.count_events(station, 'MessageRefused', 2)
        path = f"/api/v1/stations/{station['id']}"
        self.assertIn(self.call('PATCH', path, {'quirks': 'bad-date,long-serial,token-tail'})[0], (200, 204))
        try:
            lenient = self.say(station, 'ocpp1.6', *odd)
            self.assertEqual([answer[0] for answer in lenient], [3, 3, 3, 3, 3])
            self.assertEqual(lenient[3][2]['idTagInfo']['status'], 'Accepted')
            self.count_events(station, 'MessageMended', 2)
            self.assertEqual(self.call('GET', path)[1]['serial'], '0123456789' * 2 + '01234')
        finally:
            self.call('PATCH', path, {'quirks': 'none'})


    def test_5_each_version_takes_a_new_password(self):
        """ChangeConfiguration AuthorizationKey in 1.6, SetVariables later on; in use from the next connection."""
        row = [row for row in self.spare if row['password']][-1]
        path = f"/api/v1/stations/{row['id']}"
        given = self.state / 'given'
        given.write_text(row['password'])
        given.chmod(0o600)
        keep = self.state / 'keep'
        for version in ('1.6', '2.0.1', '2.1'):
            station = Child([BUILD / 'voltseal-sim', 'station', '--id', row['id'], '--password-file', given, '--ocpp',
                             version, '--url', self.daemon.ready['ocpp_url'], '--ca', self.daemon.ready['ca_file'],
                             '--keep', keep, '--log'], self.state / 'station.log')
            try:
                wait_for(lambda: self.call('GET', path)[1].get('connected'), 30, f'{version} is connected')
                status, answer = self.call('POST', f'{path}/password/rotate')
                self.assertEqual(status, 200, (answer, station.tail()))
                wait_for(lambda: not self.call('GET', path)[1]['next_password'], 60, f'{version} logs in with it')
            except Failed as failed:
                self.fail(f'{failed}\n{station.tail()}')
            finally:
                station.stop()
            self.assertEqual(self.call('GET', path)[1]['spoken'], version)
            wait_for(lambda: not self.call('GET', path)[1].get('connected'), 30, 'it has gone')

    def test_6_streams_that_are_not_open(self):
        """OCPP 2.1 N11, N12, N15: no value of a stream that was not opened; the station is asked once what it has open."""
        station = [row for row in self.spare if row['password']][0]
        login = base64.b64encode(f"{station['id']}:{station['password']}".encode()).decode()

        async def session(talk):
            async with websockets.connect(self.daemon.ready['ocpp_url'] + station['id'], ssl=self.tls, subprotocols=['ocpp2.1'],
                                          extra_headers={'Authorization': f'Basic {login}'}) as socket:
                async def call(number, action, payload):
                    await socket.send(json.dumps([2, number, action, payload]))
                    return json.loads(await asyncio.wait_for(socket.recv(), 20))

                async def tell(number, stream, value):
                    await socket.send(json.dumps([6, number, 'NotifyPeriodicEventStream', {
                        'id': stream, 'pending': 0, 'basetime': '2026-11-20T12:00:00Z', 'data': [{'t': 0, 'v': value}]}]))
                await talk(socket, call, tell)

        def stream(number):
            return {'id': number, 'variableMonitoringId': 3, 'params': {'interval': 5}}

        async def first(socket, call, tell):
            boot = await call('b', 'BootNotification', {'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}})
            self.assertEqual('Accepted', boot[2]['status'])
            await tell('s1', 7, 'not taken')
            asked = json.loads(await asyncio.wait_for(socket.recv(), 20))
            self.assertEqual([2, 'GetPeriodicEventStream', {}], [asked[0], *asked[2:]])
            await socket.send(json.dumps([3, asked[1], {'constantStreamData': [stream(8)]}]))
            await tell('s2', 8, 'taken')
            await tell('s3', 7, 'not taken')
            answers = [(await call(f'o{n}', 'OpenPeriodicEventStream', {'constantStreamData': stream(100 + n)}))[2] for n in range(32)]
            self.assertEqual([{'status': 'Accepted'}] * 31 + [{'status': 'Rejected', 'statusInfo': {'reasonCode': 'TooManyStreams'}}], answers)

        async def again(_socket, call, tell):
            await tell('s4', 8, 'taken, too')
            self.assertEqual([3, 'c', {}], await call('c', 'ClosePeriodicEventStream', {'id': 8}))
        asyncio.run(session(first))
        asyncio.run(session(again))
        self.count_events(station, 'EventStreamRefused', 1)
        self.count_events(station, '"taken', 2)
        self.count_events(station, 'not taken', 0)
        held = [row['number'] for row in self.call('GET', f"/api/v1/stations/{station['id']}/held")[1]['items'] if row['kind'] == 'stream']
        self.assertEqual(list(range(100, 131)), sorted(held))


if __name__ == '__main__':
    unittest.main()
