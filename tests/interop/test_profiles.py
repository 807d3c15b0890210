# SPDX-License-Identifier: Apache-2.0
"""Security profiles of OCPP (A00, A05) on a daemon of its own that has a listener for each."""
import asyncio
import base64
import contextlib
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import uuid

import websockets

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon  # noqa: E402

import own_ca  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
UPGRADE = ('GET /ocpp/{id} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
           'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n{more}\r\n')


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def setUpModule():
    global FOLDER, DAEMON, READY, CLEAR, OPEN, OTHER, OPTIONS
    FOLDER = tempfile.TemporaryDirectory()
    CLEAR, OPEN, OTHER = free_port(), free_port(), own_ca.Authority('Other CA')
    ca = pathlib.Path(FOLDER.name) / 'other.pem'
    ca.write_bytes(own_ca.pem(OTHER.certificate))
    OPTIONS = ['--stations', '0', '--insecure-profile1-port', CLEAR, '--insecure-profile0-port', OPEN, '--station-ca', ca]
    DAEMON = Daemon(BUILD, pathlib.Path(FOLDER.name) / 'state', *OPTIONS)
    READY = DAEMON.ready


def tearDownModule():
    status = DAEMON.stop(30)
    FOLDER.cleanup()
    assert status == 0, f'voltseald ended with {status}'


def voltseal(*words, code=0):
    done = subprocess.run([BUILD / 'voltseal', *words, '--ready-file', DAEMON.state / 'ready.json'], text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def show(name):
    return json.loads(voltseal('station', 'show', name, '-o', 'json'))


def events():
    request = urllib.request.Request(READY['api_url'] + '/api/v1/events/recent?limit=100',
                                     headers={'Authorization': f"Bearer {READY['admin_token']}"})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=READY['ca_file']), timeout=30) as answer:
        return json.loads(answer.read())['items']


def ask(name, password=None, port=None, cert=None):
    """The status of an upgrade; port: of a listener without TLS."""
    where = port or int(READY['ocpp_url'].rsplit(':', 1)[1].split('/')[0])
    more = ''
    if password is not None:
        secret = password if isinstance(password, bytes) else password.encode()
        more = 'Authorization: Basic ' + base64.b64encode(name.encode() + b':' + secret).decode() + '\r\n'
    with socket.create_connection(('127.0.0.1', where), 20) as one:
        if not port:
            context = ssl.create_default_context(cafile=READY['ca_file'])
            if cert:
                context.load_cert_chain(cert)
            one = context.wrap_socket(one, server_hostname='localhost')
        one.sendall(UPGRADE.format(id=name, more=more).encode())
        said = one.recv(4096).decode()
        one.close()
    return int(said.split()[1])


class Profiles(unittest.TestCase):
    made = 0

    def add(self, auth, *options):
        Profiles.made += 1
        name = f'PRO-{Profiles.made}'
        return name, voltseal('station', 'add', name, '--auth', auth, '-q', *options).strip()

    def reached(self, name, profile):
        end = time.monotonic() + 20
        while show(name)['profile_reached'] != profile and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(show(name)['profile_reached'], profile)

    def test_it_says_loudly_what_is_insecure(self):
        lines = [line for line in DAEMON.log.read_text().splitlines() if 'listener.insecure' in line]  # as text or JSON
        self.assertGreaterEqual(len(lines), 2)  # for each start
        self.assertTrue(all('warn' in line.lower() for line in lines), lines)
        self.assertIn('--insecure-profile1-port', lines[0])
        self.assertIn('--insecure-profile0-port', lines[1])

    def test_each_profile_on_its_listener(self):
        basic, password = self.add('basic')
        self.assertEqual(ask(basic, password, OPEN), 401)
        self.assertEqual(ask(basic, 'x' * 24, CLEAR), 401)
        self.assertEqual(ask(basic, password, CLEAR), 101)
        self.reached(basic, 1)
        free, nothing = self.add('none')
        self.assertEqual(nothing, '')
        self.assertEqual([ask(free), ask(free, port=CLEAR), ask(free, port=OPEN)], [401, 401, 101])
        self.assertEqual(ask('NOBODY', port=OPEN), 401)

    def test_the_way_back_is_shut(self):
        """TC_A_19, from 1 to 2 and back."""
        name, password = self.add('basic')
        self.assertEqual(ask(name, password, CLEAR), 101)
        self.assertEqual(ask(name, password), 101)
        self.reached(name, 2)
        self.assertEqual(ask(name, password, CLEAR), 401)
        told = [event for event in events() if event['station'] == name and event['type'] == 'downgrade.refused']
        self.assertEqual([event['severity'] for event in told], ['critical'])
        self.assertEqual(show(name)['refused'], 'downgrade.refused')
        self.assertIn('downgrade.refused', voltseal('station', 'show', name))
        self.assertEqual(ask(name, password), 101)
        voltseal('station', 'lower-profile', name, '--for', '8d', code=65)
        self.assertIsNotNone(json.loads(voltseal('station', 'lower-profile', name, '--for', '24h', '-o', 'json'))
                             ['station']['profile_lowered_until'])
        self.assertEqual(ask(name, password, CLEAR), 101)
        voltseal('station', 'lower-profile', name, '--for', '0')
        self.assertEqual(ask(name, password, CLEAR), 401)
        self.assertEqual(show(name)['profile_reached'], 2)

    def test_a_certificate_cannot_be_left_at_home(self):
        name, _ = self.add('mtls')
        folder = pathlib.Path(FOLDER.name)
        voltseal('cert', 'issue', name, '--out-dir', folder)
        self.assertEqual(ask(name, cert=folder / f'{name}.pem'), 101)
        self.reached(name, 3)
        self.assertEqual([ask(name), ask(name, 'x' * 40)], [401, 401])
        self.assertEqual({event['type'] for event in events() if event['station'] == name and event['type'] != 'ocpp2.0.1'}
                         & {'no_certificate', 'downgrade.refused'}, {'no_certificate', 'downgrade.refused'})

    def test_a_restart_forgets_nothing(self):
        global DAEMON, READY
        name, password = self.add('basic')
        self.assertEqual(ask(name, password), 101)
        self.reached(name, 2)
        self.assertEqual(DAEMON.stop(30), 0)
        DAEMON = Daemon(BUILD, DAEMON.state, *OPTIONS)
        READY = DAEMON.ready
        self.assertEqual(show(name)['profile_reached'], 2)
        self.assertEqual(ask(name, password, CLEAR), 401)

    def test_both_forms_of_an_authorization_key(self):
        """OCPP 1.6 security whitepaper: some stations decode the digits, some send them."""
        for form in (bytes, str):
            name, _ = self.add('basic')
            key = os.urandom(20)
            body = {'password_hex': key.hex()} if form is bytes else {'password': key.hex()}
            request = urllib.request.Request(
                f"{READY['api_url']}/api/v1/stations/{name}/password", method='POST', data=json.dumps(body).encode(),
                headers={'Authorization': f"Bearer {READY['admin_token']}", 'Content-Type': 'application/json'})
            urllib.request.urlopen(request, context=ssl.create_default_context(cafile=READY['ca_file']), timeout=30).close()
            self.assertEqual([ask(name, key), ask(name, key.hex()), ask(name, os.urandom(20))], [101, 101, 401])

    def check(self, name, code, *options):
        steps = json.loads(voltseal('station', 'check', name, '-o', 'json', *options, code=code))['items']
        return {step['step']: (step['result'], step['mend']) for step in steps}

    def test_which_step_fails(self):
        name, password = self.add('basic')
        steps = self.check(name, 0)
        self.assertEqual([steps[step][0] for step in ('registry', 'dns', 'tcp', 'tls', 'chain')], ['ok'] * 5)
        self.assertEqual(steps['subprotocol'][0], 'unknown')
        self.assertEqual(ask(name, 'x' * 24), 401)
        steps = self.check(name, 1)
        self.assertEqual(steps['authentication'][0], 'FAILED')
        self.assertIn('password is wrong', steps['authentication'][1])
        self.assertIn('to mend it: its password is wrong', voltseal('station', 'check', name, code=1))
        self.assertEqual(ask(name, password), 101)
        self.assertEqual(self.check(name, 0)['authentication'][0], 'ok')
        port = free_port()
        self.assertEqual(self.check(name, 1, '--station-url', f'wss://localhost:{port}/ocpp/')['tcp'][0], 'FAILED')
        self.assertEqual(self.check(name, 1, '--station-url', 'wss://no.such.host.invalid/ocpp/')['dns'][0], 'FAILED')
        self.assertEqual(self.check(name, 1, '--station-url', f'wss://localhost:{CLEAR}/ocpp/')['tls'][0], 'FAILED')
        voltseal('station', 'disable', name)
        self.assertEqual(self.check(name, 1)['registry'], ('FAILED', 'voltseal station enable ID'))
        voltseal('station', 'check', 'NOBODY', code=66)

    def test_what_is_asked_of_a_station(self):
        name, _ = self.add('basic', '--versions', '2.0.1', '--sign', 'accept')
        self.assertEqual({key: show(name)[key] for key in ('versions', 'sign', 'e2e')},
                         {'versions': '2.0.1', 'sign': 'accept', 'e2e': 'off'})
        said = voltseal('station', 'set', name, '--e2e', 'prefer', '--quirks', 'no-pong,bad-date')
        self.assertRegex(said, r'quirks +no-pong,bad-date')
        self.assertRegex(said, re.compile(r'^e2e +prefer$', re.M))
        voltseal('station', 'set', name, '--sign', 'maybe', code=65)
        voltseal('station', 'set', name, code=64)


BOOT = {'reason': 'PowerUp', 'chargingStation': {'model': 'Py', 'vendorName': 'Interop'}}


class Station:
    """A charging station of Debian's python3-websockets: what it is asked is answered by `answers`, and kept."""

    def __init__(self, name, password=None, cert=None, key=None):
        self.name, self.asked, self.answers = name, [], {}
        self.came = asyncio.Event()
        context = ssl.create_default_context(cafile=READY['ca_file'])
        if cert:
            context.load_cert_chain(cert, key)
        headers = {}
        if password is not None:
            headers['Authorization'] = 'Basic ' + base64.b64encode(f'{name}:{password}'.encode()).decode()
        self.connecting = websockets.connect(READY['ocpp_url'] + name, ssl=context, subprotocols=['ocpp2.0.1'], extra_headers=headers)
        self.waiting = {}

    async def __aenter__(self):
        self.ws = await self.connecting
        self.reader = asyncio.create_task(self.read())
        return self

    async def __aexit__(self, *_):
        await self.ws.close()
        with contextlib.suppress(websockets.ConnectionClosed):
            await self.reader

    async def read(self):
        async for text in self.ws:
            message = json.loads(text)
            if message[0] != 2:
                self.waiting.pop(message[1]).set_result(message)
                continue
            self.asked.append((message[2], message[3]))
            answer = self.answers.get(message[2], {'status': 'Accepted'})
            await self.ws.send(json.dumps([3, message[1], answer(message[3]) if callable(answer) else answer]))
            self.came.set()

    async def call(self, action, payload):
        """The payload of the answer, or the code of the error."""
        one = str(uuid.uuid4())
        self.waiting[one] = asyncio.get_running_loop().create_future()
        await self.ws.send(json.dumps([2, one, action, payload]))
        return (await asyncio.wait_for(self.waiting[one], 30))[2]

    async def boot(self, **more):
        payload = {**BOOT, 'chargingStation': {**BOOT['chargingStation'], **more}}
        return await self.call('BootNotification', payload)

    async def next(self, action):
        """The payload of the next call of this action."""
        while not any(name == action for name, _ in self.asked):
            self.came.clear()
            await asyncio.wait_for(self.came.wait(), 30)
        index = [name for name, _ in self.asked].index(action)
        return self.asked.pop(index)[1]


async def away(*words, code=0):
    return await asyncio.to_thread(voltseal, *words, code=code)


def openssl(*words):
    done = subprocess.run(['openssl', *words], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def make_request(name, stem):
    """(key file, CSR text) by openssl; it asks for more than it gets."""
    key = pathlib.Path(FOLDER.name) / f'{stem}.key'
    csr = openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', str(key), '-subj',
                  f'/CN={name}', '-addext', 'subjectAltName=DNS:evil.example', '-addext', 'basicConstraints=CA:TRUE')
    return key, csr[csr.index('-----BEGIN'):]


class Certificates(unittest.IsolatedAsyncioTestCase):
    made = 0

    def add(self, auth, *options):
        Certificates.made += 1
        name = f'CRT-{Certificates.made}'
        return name, voltseal('station', 'add', name, '--auth', auth, '-q', *options).strip()

    async def sign(self, station, csr):
        self.assertEqual(await station.call('SignCertificate', {'csr': csr, 'certificateType': 'ChargingStationCertificate'}),
                         {'status': 'Accepted'})
        signed = await station.next('CertificateSigned')
        self.assertEqual(signed['certificateType'], 'ChargingStationCertificate')
        self.assertLessEqual(len(signed['certificateChain']), 10000)
        return signed['certificateChain']

    async def test_a_new_certificate_beside_the_old_one(self):
        """A02, A03: by an openssl that makes its key and its request itself."""
        name, password = self.add('mtls+basic')
        old = pathlib.Path(FOLDER.name) / f'{name}.pem'
        await away('cert', 'issue', name, '--out-dir', FOLDER.name)
        key, csr = make_request(name, f'{name}-new')
        async with Station(name, password, old) as station:
            await station.boot()
            await away('station', 'command', name, 'TriggerMessage', '{"requestedMessage":"SignChargingStationCertificate"}')
            chain = await self.sign(station, csr)
            new = key.with_suffix('.crt')
            new.write_text(chain)
            self.assertIn(': OK', openssl('verify', '-CAfile', READY['ca_file'], '-untrusted', str(new), str(new)))
            text = openssl('x509', '-in', str(new), '-noout', '-text')
            self.assertIn(f'CN = {name}', text)
            self.assertNotIn('evil.example', text)
            self.assertNotIn('CA:TRUE', text)
            # The answer was lost: the same again, and no second certificate (A02.FR.17).
            self.assertEqual(await self.sign(station, csr), chain)
            listed = json.loads(await away('cert', 'list', '--station', name, '-o', 'json'))['items']
            self.assertEqual([cert['state'] for cert in listed], ['valid', 'valid'])
        async with Station(name, password, old) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')
        async with Station(name, password, new, key) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')

    async def test_what_cannot_be_signed(self):
        """TC_A_14: Accepted all the same; then nothing comes but an event here."""
        name, password = self.add('basic')
        _, other = make_request('SOMEBODY-ELSE', f'{name}-other')
        async with Station(name, password) as station:
            await station.boot()
            for csr in (other, 'no request at all'):
                self.assertEqual(await station.call('SignCertificate', {'csr': csr}), {'status': 'Accepted'})
            for _ in range(200):
                told = [one for one in await asyncio.to_thread(events) if one['station'] == name and one['type'] == 'CertificateNotSigned']
                if len(told) == 2:
                    break
                await asyncio.sleep(0.05)
            self.assertEqual(len(told), 2)
            self.assertEqual(station.asked, [])
            self.assertEqual((await station.call('SignCertificate', {'csr': other, 'certificateType': 'V2GCertificate'}))['status'],
                             'Rejected')
            # And not for ever.
            answers = [(await station.call('SignCertificate', {'csr': 'x'}))['status'] for _ in range(8)]
            self.assertEqual(answers[-1], 'Rejected')

    async def test_status_of_a_certificate(self):
        """M06: the answer is our responder's, and openssl believes it."""
        name, password = self.add('basic')
        await away('cert', 'issue', name, '--out-dir', FOLDER.name)
        pem = (pathlib.Path(FOLDER.name) / f'{name}.pem').read_text()
        files = []
        for part in pem.split('-----BEGIN CERTIFICATE-----')[1:]:
            files.append(pathlib.Path(FOLDER.name) / f'{name}-{len(files)}.pem')
            files[-1].write_text('-----BEGIN CERTIFICATE-----' + part)
        which = ['-sha256', '-issuer', str(files[1]), '-cert', str(files[0])]
        text = openssl('ocsp', *which, '-no_nonce', '-req_text')
        name_hash, key_hash, serial = (re.search(word + r': ([0-9A-F]+)', text).group(1)
                                       for word in ('Issuer Name Hash', 'Issuer Key Hash', 'Serial Number'))
        data = {'hashAlgorithm': 'SHA256', 'issuerNameHash': name_hash, 'issuerKeyHash': key_hash, 'serialNumber': serial.lstrip('0'),
                'responderURL': 'http://127.0.0.1:9/'}

        def believed(answer):
            self.assertEqual(answer['status'], 'Accepted')
            self.assertLessEqual(len(answer['ocspResult']), 5500)
            der = pathlib.Path(FOLDER.name) / f'{name}.ocsp'
            der.write_bytes(base64.b64decode(answer['ocspResult']))
            return openssl('ocsp', *which, '-no_nonce', '-respin', str(der), '-CAfile', READY['ca_file'])

        async with Station(name, password) as station:
            await station.boot()
            answer = await station.call('GetCertificateStatus', {'ocspRequestData': data})
            self.assertIn(': good', believed(answer))
            await away('cert', 'revoke', serial.lower(), '--reason', 'superseded')
            answer = await station.call('GetCertificateStatus', {'ocspRequestData': data})
            self.assertIn(': revoked', believed(answer))
            # Of a CA that is not ours.
            data['issuerKeyHash'] = '00' * 32
            self.assertEqual((await station.call('GetCertificateStatus', {'ocspRequestData': data})), {'status': 'Failed'})

    async def test_a_new_password(self):
        """A01, TC_A_09, TC_A_10: the old one is good until the new one was used, and stays when it was not taken."""
        name, password = self.add('basic')
        got = []

        def take(status):
            def answer(payload):
                data = payload['setVariableData'][0]
                self.assertEqual((data['component'], data['variable']), ({'name': 'SecurityCtrlr'}, {'name': 'BasicAuthPassword'}))
                got.append(data['attributeValue'])
                return {'setVariableResult': [{'attributeStatus': status, 'component': data['component'], 'variable': data['variable']}]}
            return answer

        await away('station', 'password', name, '--rotate', code=69)  # not connected
        async with Station(name, password) as station:
            await station.boot()
            station.answers['SetVariables'] = take('Rejected')
            await away('station', 'password', name, '--rotate', code=65)
            await asyncio.sleep(0.2)
            self.assertEqual(await asyncio.to_thread(ask, name, got[0]), 401)
            self.assertFalse((await asyncio.to_thread(show, name))['next_password'])
            station.answers['SetVariables'] = take('Accepted')
            said = await away('station', 'password', name, '--rotate')
            self.assertIn('has a new password', said)
            self.assertRegex(got[1], r'^[0-9a-f]{40}$')
            self.assertNotIn(got[1], said)
            self.assertTrue((await asyncio.to_thread(show, name))['next_password'])
            await away('station', 'password', name, '--rotate', code=69)  # until it was used
        # Nothing here says what it is.
        listed = await away('commands', 'list', '--station', name, '-o', 'json')
        self.assertIn('***', listed)
        for secret in got:
            self.assertNotIn(secret, listed)
            self.assertNotIn(secret, DAEMON.log.read_text())
        async with Station(name, password) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')
        async with Station(name, got[1]) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')
        self.assertEqual([await asyncio.to_thread(ask, name, one) for one in (password, got[1])], [401, 101])
        self.assertFalse((await asyncio.to_thread(show, name))['next_password'])
        # An AuthorizationKey of OCPP 1.6 that is decoded by the station.
        self.assertEqual(await asyncio.to_thread(ask, name, bytes.fromhex(got[1])), 101)

    async def test_the_serial_number_is_the_name(self):
        """B01.FR.11, 12: with profile 3."""
        name, _ = self.add('mtls')
        await away('cert', 'issue', name, '--out-dir', FOLDER.name)
        cert = pathlib.Path(FOLDER.name) / f'{name}.pem'
        async with Station(name, cert=cert) as station:
            self.assertEqual((await station.boot(serialNumber=name))['status'], 'Accepted')
        async with Station(name, cert=cert) as station:
            self.assertEqual(await station.boot(serialNumber='SOMEBODY-ELSE'), 'SecurityError')
            await asyncio.wait_for(station.ws.wait_closed(), 20)
            self.assertEqual(station.ws.close_code, 1008)
        await away('station', 'set', name, '--quirks', 'other-serial')
        async with Station(name, cert=cert) as station:
            self.assertEqual((await station.boot(serialNumber='SOMEBODY-ELSE'))['status'], 'Accepted')

    async def test_an_upgrade_and_no_way_back(self):
        """A05, TC_A_19: from profile 2 to 3."""
        name, password = self.add('basic')

        def variables(payload):
            data = payload.get('setVariableData') or payload['getVariableData']
            self.assertEqual(data[0]['variable'], {'name': 'NetworkConfigurationPriority'})
            said = {key: data[0][key] for key in ('component', 'variable')}
            if 'getVariableData' in payload:
                return {'getVariableResult': [{'attributeStatus': 'Accepted', 'attributeValue': '1,2,0', **said}]}
            return {'setVariableResult': [{'attributeStatus': 'RebootRequired', **said}]}

        async with Station(name, password) as station:
            await station.boot()
            await away('station', 'upgrade', name, '--profile', '3', code=69)  # it has no certificate
            key, csr = make_request(name, f'{name}-up')
            chain = await self.sign(station, csr)
            cert = key.with_suffix('.crt')
            cert.write_text(chain)
            station.answers['SetNetworkProfile'] = {'status': 'Rejected'}
            await away('station', 'upgrade', name, '--profile', '3', code=65)
            self.assertIsNone((await asyncio.to_thread(show, name))['next_auth'])
            station.answers.update(SetNetworkProfile={'status': 'Accepted'}, SetVariables=variables, GetVariables=variables)
            station.asked.clear()
            await away('station', 'upgrade', name, '--profile', '3')
            self.assertEqual([action for action, _ in station.asked], ['SetNetworkProfile', 'GetVariables', 'SetVariables', 'Reset'])
            data = station.asked[0][1]['connectionData']
            self.assertEqual((data['securityProfile'], data['ocppCsmsUrl']), (3, READY['ocpp_url']))
            self.assertEqual(station.asked[2][1]['setVariableData'][0]['attributeValue'], '2,1,0')
            self.assertEqual((await asyncio.to_thread(show, name))['next_auth'], 'mtls')
        # It falls back once, and then comes with its certificate.
        async with Station(name, password) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')
        async with Station(name, cert=cert, key=key) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')
        self.assertEqual(await asyncio.to_thread(ask, name, password), 401)
        shown = await asyncio.to_thread(show, name)
        self.assertEqual((shown['auth'], shown['next_auth'], shown['profile_reached']), ('mtls', None, 3))
        async with Station(name, cert=cert, key=key) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')

    async def test_the_fleet_is_told_how_to_come_back(self):
        name, password = self.add('basic')
        station_said = {'setVariableResult': [{'attributeStatus': 'Accepted', 'component': {'name': 'OCPPCommCtrlr'},
                                               'variable': {'name': 'RetryBackOffWaitMinimum'}}]}
        async with Station(name, password) as station:
            await station.boot()
            station.answers['SetVariables'] = station_said
            for _ in range(100):  # what other tests have just left is gone
                listed = json.loads(await away('station', 'list', '-o', 'json'))['items']
                if [one['identity'] for one in listed if one['connected']] == [name]:
                    break
                await asyncio.sleep(0.1)
            said = json.loads(await away('fleet', 'backoff', '--wait-minimum', '7', '-o', 'json'))
            self.assertEqual((said['told'], said['failed']), (1, 0))
            data = (await station.next('SetVariables'))['setVariableData']
            self.assertEqual({one['variable']['name']: one['attributeValue'] for one in data},
                             {'RetryBackOffWaitMinimum': '7', 'RetryBackOffRandomRange': '60', 'RetryBackOffRepeatTimes': '5'})
        await away('fleet', 'backoff', '--repeat-times', '17', code=64)

    async def test_a_certificate_that_is_over_is_renewed(self):
        """A00.FR.429: one station, for a time, into nothing but a renewal."""
        name, _ = self.add('mtls')
        OTHER.issue(pathlib.Path(FOLDER.name), f'{name}-over', [name], start=-9 * own_ca.DAY, end=-own_ca.DAY)
        over = [pathlib.Path(FOLDER.name) / f'{name}-over.{kind}' for kind in ('pem', 'key')]

        async def refused():
            with self.assertRaises((ssl.SSLError, OSError, websockets.WebSocketException)):
                async with Station(name, cert=over[0], key=over[1]) as station:
                    await station.boot()

        await refused()
        await away('station', 'set', name, '--accept-expired', '25h', code=65)
        await away('station', 'set', name, '--accept-expired', '1h')
        key, csr = make_request(name, f'{name}-renewed')
        async with Station(name, cert=over[0], key=over[1]) as station:
            self.assertEqual((await station.boot())['status'], 'Pending')
            self.assertEqual(await station.next('TriggerMessage'), {'requestedMessage': 'SignChargingStationCertificate'})
            self.assertEqual(await station.call('Heartbeat', {}), 'SecurityError')
            cert = key.with_suffix('.crt')
            cert.write_text(await self.sign(station, csr))
        async with Station(name, cert=cert, key=key) as station:
            self.assertEqual((await station.boot())['status'], 'Accepted')
        await away('station', 'set', name, '--accept-expired', '0')
        await refused()

    async def test_no_contract_certificates(self):
        name, password = self.add('basic')
        async with Station(name, password) as station:
            await station.boot()
            answer = await station.call('Get15118EVCertificate', {'iso15118SchemaVersion': 'urn:iso:15118:2:2013:MsgDef',
                                                                  'action': 'Install', 'exiRequest': 'gJgC'})
            self.assertEqual((answer['status'], answer['statusInfo']['reasonCode']), ('Failed', 'NoProvider'))




class Simulator(unittest.TestCase):
    """voltseal-sim is given a password, a certificate and a profile, and has them after its next start."""

    def start(self, name, password, *options):
        with open(pathlib.Path(FOLDER.name) / f'{name}.log', 'ab') as log:
            process = subprocess.Popen([BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', name, '--ca',
                                        READY['ca_file'], '--password-file', password, '--scenario', 'idle', '--log', *options], stdout=log, stderr=log)
        self.addCleanup(self.stop, process)
        return process

    def stop(self, process):
        if process.poll() is None:
            process.terminate()
        return process.wait(30)

    def until(self, name, what, **members):
        end = time.monotonic() + 40
        while any(show(name)[key] != value for key, value in members.items()):
            if time.monotonic() > end:
                self.fail(f'{what}: {show(name)}\n' + (pathlib.Path(FOLDER.name) / f'{name}.log').read_text()[-3000:])
            time.sleep(0.1)

    def command(self, name, action, payload, code=0):
        return json.loads(voltseal('station', 'command', name, action, json.dumps(payload), code=code))

    def test_from_a_password_to_a_certificate(self):
        name = 'SIM-UP'
        password = voltseal('station', 'add', name, '--auth', 'basic', '-q').strip()
        file, kept = pathlib.Path(FOLDER.name) / f'{name}.first', pathlib.Path(FOLDER.name) / 'kept'
        file.write_text(password + '\n')
        file.chmod(0o600)
        running = self.start(name, file, '--keep', kept)
        self.until(name, 'it boots', connected=True, registration='Accepted')
        voltseal('station', 'password', name, '--rotate')
        self.until(name, 'it uses the new password', next_password=False)
        self.until(name, 'it is back', connected=True)
        self.assertEqual(ask(name, password), 401)
        voltseal('station', 'command', name, 'TriggerMessage', '{"requestedMessage":"SignChargingStationCertificate"}')
        end = time.monotonic() + 30
        while not (kept / f'{name}.pem').exists():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        self.assertEqual((kept / f'{name}.pem').stat().st_mode & 0o77, 0)
        time.sleep(1)
        self.until(name, 'it is back', connected=True)
        # M03 to M05: a root is installed, found by the hashes that openssl computes, trusted and removed.
        root = pathlib.Path(FOLDER.name) / 'root.pem'
        root.write_bytes(own_ca.pem(OTHER.certificate))
        self.assertEqual(self.command(name, 'GetInstalledCertificateIds', {})['status'], 'NotFound')
        install = {'certificateType': 'CSMSRootCertificate', 'certificate': root.read_text()}
        self.assertEqual(self.command(name, 'InstallCertificate', {**install, 'certificate': 'none'}, code=65)['status'], 'Rejected')
        self.assertEqual(self.command(name, 'InstallCertificate', install)['status'], 'Accepted')
        found = self.command(name, 'GetInstalledCertificateIds', {'certificateType': ['CSMSRootCertificate']})
        data = found['certificateHashDataChain'][0]['certificateHashData']
        text = openssl('ocsp', '-sha256', '-issuer', str(root), '-cert', str(root), '-no_nonce', '-req_text')
        for member, word in (('issuerNameHash', 'Issuer Name Hash'), ('issuerKeyHash', 'Issuer Key Hash')):
            self.assertEqual(data[member].upper(), re.search(word + r': ([0-9A-F]+)', text).group(1))
        self.assertEqual(self.command(name, 'GetInstalledCertificateIds', {'certificateType': ['MORootCertificate']})['status'],
                         'NotFound')
        voltseal('station', 'upgrade', name, '--profile', '3')
        self.until(name, 'it comes with its certificate', auth='mtls', profile_reached=3, next_auth=None)
        self.assertEqual(self.stop(running), 0)
        self.until(name, 'it has left', connected=False)
        running = self.start(name, file, '--keep', kept)
        self.until(name, 'it has kept all of it', connected=True)
        self.assertEqual(self.command(name, 'DeleteCertificate', {'certificateHashData': data})['status'], 'Accepted')
        self.assertEqual(self.command(name, 'DeleteCertificate', {'certificateHashData': data})['status'], 'NotFound')
        self.assertEqual(self.stop(running), 0)
        self.assertNotEqual(self.start(name, file, '--duration', '5').wait(60), 0)


class Pace(unittest.IsolatedAsyncioTestCase):
    """A daemon that trusts no source: what one station may do to it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.daemon = Daemon(BUILD, pathlib.Path(cls.folder.name) / 'state', '--stations', '2', '--auth', 'basic',
                            '--trusted-prefixes', 'none')

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop(30)
        cls.folder.cleanup()
        assert status == 0, f'voltseald ended with {status}'

    def connect(self, row):
        secret = base64.b64encode(f"{row['id']}:{row['password']}".encode()).decode()
        return websockets.connect(self.daemon.ready['ocpp_url'] + row['id'], subprotocols=['ocpp2.0.1'],
                                  ssl=ssl.create_default_context(cafile=self.daemon.ready['ca_file']),
                                  extra_headers={'Authorization': f'Basic {secret}'})

    def metric(self, name):
        request = urllib.request.Request(self.daemon.ready['api_url'] + '/metrics',
                                         headers={'Authorization': f"Bearer {self.daemon.ready['admin_token']}"})
        context = ssl.create_default_context(cafile=self.daemon.ready['ca_file'])
        with urllib.request.urlopen(request, context=context, timeout=30) as answer:
            return int(re.search(rf'^voltseal_{re.escape(name)} (\d+)$', answer.read().decode(), re.M).group(1))

    async def test_too_fast_is_slowed_and_loses_nothing(self):
        async with self.connect(self.daemon.credentials()[0]) as ws:
            await ws.send(json.dumps([2, 'b', 'BootNotification', BOOT]))
            await ws.recv()
            for number in range(90):
                await ws.send(json.dumps([2, str(number), 'Heartbeat', {}]))
            answers = [json.loads(await asyncio.wait_for(ws.recv(), 30)) for _ in range(90)]
            self.assertEqual([(kind, one) for kind, one, _ in answers], [(3, str(number)) for number in range(90)])
        self.assertGreater(await asyncio.to_thread(self.metric, 'ratelimit_total{layer="L4",reason="message"}'), 0)

    async def test_too_much_nonsense_ends_the_session(self):
        row = self.daemon.credentials()[1]
        async with self.connect(row) as ws:
            await ws.send('[2,"1","BootNotification",{"odd":true}]')
            self.assertEqual(json.loads(await ws.recv())[0], 4)  # one odd message ends nothing
            with contextlib.suppress(websockets.ConnectionClosed):
                for number in range(60):
                    await ws.send(f'[2,"x{number}","Heartbeat",[]]')
                    await asyncio.wait_for(ws.recv(), 30)
            await asyncio.wait_for(ws.wait_closed(), 30)
            self.assertEqual(ws.close_code, 1008)
        self.assertEqual(await asyncio.to_thread(self.metric, 'ratelimit_total{layer="L4",reason="invalid"}'), 1)


if __name__ == '__main__':
    unittest.main()
