# SPDX-License-Identifier: Apache-2.0
"""Logs that stations upload, pings and quirks by model, on a daemon of its own."""
import asyncio
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Child, Daemon, wait_for  # noqa: E402
from sealed_peer import b64u, jwk_of, sign  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
LOG_SIZE = 8 * 1024 * 1024


def setUpModule():
    global FOLDER, DAEMON, READY, TLS, OPTIONS
    FOLDER = tempfile.TemporaryDirectory()
    OPTIONS = ['--stations', '4', '--auth', 'basic', '--ping-interval', '1', '--model-quirks', 'Odd/*=long-serial; Silent/M=no-pong']
    DAEMON = Daemon(BUILD, pathlib.Path(FOLDER.name) / 'state', *OPTIONS)
    READY = DAEMON.ready
    TLS = ssl.create_default_context(cafile=READY['ca_file'])


def tearDownModule():
    status = DAEMON.stop(30)
    FOLDER.cleanup()
    assert status == 0, f'voltseald ended with {status}'


def voltseal(*words, code=0):
    done = subprocess.run([BUILD / 'voltseal', *words, '--ready-file', DAEMON.state / 'ready.json'], text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def call(method, path, body=None, token=True, tag=None):
    """(status, bytes)"""
    request = urllib.request.Request(READY['api_url'] + path, method=method, data=body)
    if token:
        request.add_header('Authorization', f'Bearer {READY["admin_token"]}')
        request.add_header('Content-Type', 'application/json')
    if tag:
        request.add_header('If-Match', tag)
    try:
        with urllib.request.urlopen(request, context=TLS, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def events(kind):
    return [row for row in json.loads(call('GET', '/api/v1/events?limit=100')[1])['items'] if row['type'] == kind]


class Station:
    """A station in Python that answers every call with Accepted and keeps what it was asked."""

    def __init__(self, at, subprotocol='ocpp2.0.1', **more):
        row = DAEMON.credentials()[at]
        self.id, self.asked, self.more, self.subprotocol = row['id'], [], more, subprotocol
        self.basic = base64.b64encode(f'{self.id}:{row["password"]}'.encode()).decode()

    async def __aenter__(self):
        self.socket = await websockets.connect(READY['ocpp_url'] + self.id, ssl=TLS, subprotocols=[self.subprotocol],
                                               extra_headers={'Authorization': f'Basic {self.basic}'}, ping_interval=None, **self.more)
        return self

    async def __aexit__(self, *why):
        await self.socket.close()

    async def say(self, action, payload):
        await self.socket.send(json.dumps([2, f'{time.time_ns()}', action, payload]))
        while True:
            said = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
            if said[0] != 2:
                return said

    async def boot(self, vendor='Py', model='M', serial=None):
        about = {'model': model, 'vendorName': vendor}
        if serial:
            about['serialNumber'] = serial
        return await self.say('BootNotification', {'reason': 'PowerUp', 'chargingStation': about})

    async def location(self, status='Accepted', **wish):
        """Ask for a log by the API; where the station is told to put it, and the file."""
        made = asyncio.to_thread(call, 'POST', f'/api/v1/stations/{self.id}/logs', json.dumps(wish).encode())
        task = asyncio.ensure_future(made)
        said = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
        await self.socket.send(json.dumps([3, said[1], {'status': status} if said[2] == 'GetLog' else {'fileName': 'x'}]))
        code, body = await task
        assert code == 201, (code, body)
        self.asked.append(said)
        log = said[3].get('log', said[3])
        return log.get('remoteLocation', log.get('location')), json.loads(body)


class Files(unittest.IsolatedAsyncioTestCase):
    def path(self, location):
        self.assertTrue(location.startswith(READY['api_url'] + '/uploads/'), location)
        return location[len(READY['api_url']):]

    async def put(self, path, data, method='PUT'):
        return (await asyncio.to_thread(call, method, path, data, False))[0]

    async def test_a_log_is_uploaded_once_and_kept_sealed(self):
        secret = b'the quick brown fox of the log ' * 40000
        async with Station(0) as one:
            await one.boot()
            location, file = await one.location(type='SecurityLog')
            path = self.path(location)
            self.assertEqual(one.asked[0][3]['logType'], 'SecurityLog')
            self.assertEqual(one.asked[0][3]['requestId'], file['request_id'])
            self.assertGreaterEqual(len(path), len('/uploads/') + 43)
            self.assertFalse(file['received'])
            self.assertEqual(await self.put('/uploads/' + 'A' * 43, b'x'), 404)
            self.assertEqual((await asyncio.to_thread(call, 'GET', f'/api/v1/files/{file["id"]}/content'))[0], 404)
            self.assertEqual(await self.put(path + '/..evil%20name.txt', secret), 204)
            self.assertEqual(await self.put(path, secret), 404, 'once')
            code, got = await asyncio.to_thread(call, 'GET', f'/api/v1/files/{file["id"]}/content')
            self.assertEqual((code, got == secret), (200, True))
            row = json.loads((await asyncio.to_thread(call, 'GET', f'/api/v1/files/{file["id"]}'))[1])
            self.assertEqual((row['received'], row['size'], row['station']), (True, len(secret), one.id))
            self.assertNotIn('/', row['name'])
            told = events('LogReceived')
            self.assertEqual(told[0]['payload']['file'], file['id'])
            # what is kept of the command does not say where, and the disk does not say what
            command = json.loads((await asyncio.to_thread(call, 'GET', f'/api/v1/commands/{file["command"]}'))[1])
            self.assertEqual(command['request']['log']['remoteLocation'], '***')
        for name in DAEMON.state.glob('voltseal.db*'):
            self.assertNotIn(b'the quick brown fox of the log', name.read_bytes())

    async def test_what_is_too_long_or_nothing(self):
        async with Station(0) as one:
            await one.boot()
            location, file = await one.location()
            path = self.path(location)
            self.assertEqual(await self.put(path, b''), 400)
            with contextlib.suppress(OSError, urllib.error.URLError):  # it is refused before it is read
                self.assertEqual(await self.put(path, bytes(LOG_SIZE + 1)), 413)
            self.assertEqual(await self.put(path, bytes(LOG_SIZE), 'POST'), 204)
            code, got = await asyncio.to_thread(call, 'GET', f'/api/v1/files/{file["id"]}/content')
            self.assertEqual((code, len(got)), (200, LOG_SIZE))
            # nobody else may send that much
            with contextlib.suppress(OSError, urllib.error.URLError):
                self.assertEqual(await self.put('/uploads/' + 'B' * 43, bytes(2 * 1024 * 1024)), 404)
            self.assertEqual((await asyncio.to_thread(call, 'DELETE', f'/api/v1/files/{file["id"]}'))[0], 204)
            self.assertEqual((await asyncio.to_thread(call, 'GET', f'/api/v1/files/{file["id"]}/content'))[0], 404)

    async def test_diagnostics_of_16(self):
        async with Station(1, 'ocpp1.6') as one:
            await one.say('BootNotification', {'chargePointVendor': 'Py', 'chargePointModel': 'M'})
            location, file = await one.location(action='GetDiagnostics')
            self.assertEqual(one.asked[0][2], 'GetDiagnostics')
            self.assertEqual(await self.put(self.path(location) + '/diag.zip', b'zip'), 204)
            row = json.loads((await asyncio.to_thread(call, 'GET', f'/api/v1/files/{file["id"]}'))[1])
            self.assertEqual((row['name'], row['size']), ('diag.zip', 3))

    def test_a_simulated_station_uploads(self):
        row = DAEMON.credentials()[2]
        password = pathlib.Path(FOLDER.name) / 'password.txt'
        password.write_text(row['password'])
        for version in ('2.0.1', '1.6', '2.1'):
            sim = Child([BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--ca', READY['ca_file'],
                         '--password-file', password, '--id', row['id'], '--ocpp', version], DAEMON.state / f'sim-{version}.log')
            try:
                wait_for(lambda: json.loads(voltseal('station', 'show', row['id'], '-o', 'json'))['connected'] and
                         json.loads(voltseal('station', 'show', row['id'], '-o', 'json'))['spoken'] == version and
                         json.loads(voltseal('station', 'show', row['id'], '-o', 'json'))['registration'] == 'Accepted',
                         20, f'a station of {version} is there')
                out = pathlib.Path(FOLDER.name) / f'log-{version}.txt'
                voltseal('station', 'log', row['id'], '--out', str(out), *(['--get-diagnostics'] if version == '1.6' else []))
                text = out.read_text()
                self.assertIn(f'diagnostics log of {row["id"]}', text)
                self.assertIn('HeartbeatInterval=', text)
                self.assertEqual(out.stat().st_mode & 0o777, 0o600)
                voltseal('station', 'log', row['id'], '--out', str(out), code=69)  # not over a file
            finally:
                sim.stop()
        listed = json.loads(voltseal('station', 'logs', row['id'], '-o', 'json'))
        self.assertGreaterEqual(len(listed['items'] if isinstance(listed, dict) else listed), 3)
        done = [e for e in events('LogStatusNotification') if e['payload'].get('status') == 'Uploaded']
        self.assertGreaterEqual(len(done), 2)

    async def test_an_awaited_log_outlives_a_restart(self):
        global DAEMON, READY
        async with Station(3) as one:
            await one.boot()
            location, file = await one.location()
        path = self.path(location)
        self.assertEqual(DAEMON.stop(30), 0)
        DAEMON = Daemon(BUILD, DAEMON.state, *OPTIONS)
        READY = DAEMON.ready
        self.assertEqual(await self.put(path, b'late'), 204)
        code, got = await asyncio.to_thread(call, 'GET', f'/api/v1/files/{file["id"]}/content')
        self.assertEqual((code, got), (200, b'late'))


class Signed(unittest.IsolatedAsyncioTestCase):
    async def test_a_number_is_not_taken_again_after_a_restart(self):
        """vs:seq of a signer under sign=strict outlives the daemon: what was heard before is a replay after it."""
        global DAEMON, READY
        name = 'SIGNER-1'
        code, body = call('POST', '/api/v1/stations', json.dumps({'identity': name, 'auth': 'basic', 'sign': 'strict'}).encode())
        self.assertEqual(code, 201, body)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
        issued = json.loads(call('POST', '/api/v1/certificates', json.dumps({
            'station': name, 'csr': request.public_bytes(serialization.Encoding.PEM).decode()}).encode())[1])
        jwk = jwk_of(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        thumbprint = b64u(hashlib.sha256(ssl.PEM_cert_to_DER_cert(issued['certificate'])).digest())
        basic = base64.b64encode(f'{name}:{json.loads(body)["password"]}'.encode()).decode()

        def message(number, seq):
            bound = {'vs:mid': number, 'vs:iat': time.time_ns() // 10**6, 'vs:seq': seq, 'vs:cp': name}
            return json.dumps(sign([2, number, 'Heartbeat', {}], jwk, 'ES256', thumbprint, **bound))

        async def says(*texts):
            async with websockets.connect(READY['ocpp_url'] + name, ssl=TLS, subprotocols=['ocpp2.0.1'], ping_interval=None,
                                          extra_headers={'Authorization': f'Basic {basic}'}) as ws:
                answers = []
                for text in texts:
                    await ws.send(text)
                    answers.append(json.loads(await asyncio.wait_for(ws.recv(), 20)))
                return answers

        call('PATCH', f'/api/v1/stations/{name}', json.dumps({'registration': 'Accepted'}).encode())
        once = message('m-1', 1000)
        self.assertEqual([answer[0] for answer in await says(once, message('m-2', 1001))], [3, 3])
        self.assertEqual(DAEMON.stop(30), 0)
        DAEMON = Daemon(BUILD, DAEMON.state, *OPTIONS)
        READY = DAEMON.ready
        again, older, newer = await says(once, message('m-3', 1001), message('m-4', 1002))
        self.assertEqual((again[2], older[2], newer[0]), ('SecurityError', 'SecurityError', 3))
        self.assertTrue(any(row['payload'].get('reason') == 'repeated' for row in events('AttemptedReplayAttacks')))


class Development(unittest.TestCase):
    def test_new_stations_can_seal(self):
        """voltseald dev --psk: the credentials of a new system are all that a sealing fleet needs."""
        daemon = Daemon(BUILD, pathlib.Path(FOLDER.name) / 'sealing', '--stations', '3', '--auth', 'mixed', '--psk')
        try:
            rows = daemon.credentials()
            self.assertEqual([pathlib.Path(row['psk']).stat().st_mode & 0o777 for row in rows], [0o600] * 3)
            self.assertEqual([json.loads(pathlib.Path(row['psk']).read_text())['epoch'] for row in rows], [1] * 3)
            done = subprocess.run([BUILD / 'voltseal-sim', 'fleet', '--url', daemon.ready['ocpp_url'], '--ca', daemon.ready['ca_file'],
                                   '--credentials', daemon.ready['credentials_file'], '--sealed', '--scenario', 'busy', '--duration', '2'],
                                  text=True, capture_output=True, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('stations=3', done.stdout)
            self.assertIn('lost=0', done.stdout)
        finally:
            self.assertEqual(daemon.stop(30), 0)


class Firmware(unittest.IsolatedAsyncioTestCase):
    """The registry: an image of openssl's is verified when it comes, told to stations by a location of ours, and by none before."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER.name))
        run = lambda *words: subprocess.run(['openssl', *words], cwd=self.folder, check=True, capture_output=True)  # noqa: E731
        run('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'root.key', '-out', 'root.pem',
            '-subj', '/CN=Maker', '-days', '30')
        run('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'sign.key', '-out', 'sign.csr', '-subj',
            '/CN=Signer')
        run('x509', '-req', '-in', 'sign.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-out', 'sign.pem', '-days', '9')
        self.bytes = os.urandom(699999) + b'\n'  # no line end to the one that reads it
        (self.folder / 'image.bin').write_bytes(self.bytes)
        run('dgst', '-sha256', '-sign', 'sign.key', '-out', 'image.sig', 'image.bin')

    def add(self, image='image.bin', code=0):
        where = self.folder
        return voltseal('firmware', 'add', where / image, '--release', '2.1', '--model', 'M', '--signature', where / 'image.sig',
                        '--signing-certificate', where / 'sign.pem', '--manufacturer-root', where / 'root.pem', '-o', 'json', code=code)

    async def sent(self, one, image, word, *status):
        """Send it by the command line; what the station was told."""
        task = asyncio.ensure_future(asyncio.to_thread(voltseal, 'firmware', 'send', image, one.id))
        said = json.loads(await asyncio.wait_for(one.socket.recv(), 20))
        self.assertEqual(said[2], word)
        await one.socket.send(json.dumps([3, said[1], {'status': 'Accepted'}]))
        self.assertIn('Accepted', await task)
        return said[3]['firmware']

    async def test_a_signed_image_reaches_stations(self):
        global DAEMON, READY
        made = json.loads(await asyncio.to_thread(self.add))
        self.assertTrue(made['received'])
        self.assertEqual(made['size'], len(self.bytes))
        for version, word in (('ocpp2.0.1', 'UpdateFirmware'), ('ocpp1.6', 'SignedUpdateFirmware')):
            async with Station(0, version) as one:
                if version == 'ocpp1.6':
                    await one.say('BootNotification', {'chargePointVendor': 'Py', 'chargePointModel': 'M'})
                else:
                    await one.boot()
                told = await self.sent(one, made['id'], word)
            self.assertTrue(told['location'].startswith(READY['api_url'] + '/firmware/'), told)
            path = told['location'][len(READY['api_url']):]
            code, got = await asyncio.to_thread(call, 'GET', path, None, False)
            self.assertEqual((code, got == self.bytes), (200, True))
            # the station verifies what it was given, with nothing but the message and the image
            (self.folder / 'told.pem').write_text(told['signingCertificate'])
            (self.folder / 'told.sig').write_bytes(base64.b64decode(told['signature']))
            (self.folder / 'got.bin').write_bytes(got)
            key = subprocess.run(['openssl', 'x509', '-in', 'told.pem', '-pubkey', '-noout'], cwd=self.folder, check=True, capture_output=True)
            (self.folder / 'told.key').write_bytes(key.stdout)
            subprocess.run(['openssl', 'dgst', '-sha256', '-verify', 'told.key', '-signature', 'told.sig', 'got.bin'], cwd=self.folder,
                           check=True, capture_output=True)
        self.assertEqual((await asyncio.to_thread(call, 'GET', '/firmware/' + 'A' * 43, None, False))[0], 404)
        self.assertIn(made['id'], voltseal('firmware', 'list'))
        # what it was told holds after a restart of ours, too
        self.assertEqual(DAEMON.stop(30), 0)
        DAEMON = Daemon(BUILD, DAEMON.state, *OPTIONS)
        READY = DAEMON.ready
        code, got = await asyncio.to_thread(call, 'GET', path, None, False)
        self.assertEqual((code, got == self.bytes), (200, True))

    def test_a_simulated_station_fetches_verifies_and_reports(self):
        made = json.loads(self.add())
        row = DAEMON.credentials()[2]
        password = self.folder / 'password.txt'
        password.write_text(row['password'])
        for version, installed in (('2.0.1', 'FirmwareStatusNotification'), ('1.6', 'SignedFirmwareStatusNotification')):
            sim = Child([BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--ca', READY['ca_file'], '--keep',
                         self.folder / 'kept', '--password-file', password, '--id', row['id'], '--ocpp', version],
                        DAEMON.state / f'sim-fetch-{version}.log')
            try:
                shown = lambda: json.loads(voltseal('station', 'show', row['id'], '-o', 'json'))  # noqa: E731
                wait_for(lambda: shown()['connected'] and shown()['spoken'] == version and shown()['registration'] == 'Accepted', 20,
                         f'a station of {version} is there')
                root = {'certificateType': 'ManufacturerRootCertificate', 'certificate': (self.folder / 'root.pem').read_text()}
                voltseal('station', 'command', row['id'], 'InstallCertificate', json.dumps(root))
                self.assertIn('Accepted', voltseal('firmware', 'send', made['id'], row['id']))
                wait_for(lambda: any(e['payload'].get('status') == 'Installed' for e in events(installed)), 30, 'it is installed')
                statuses = [e['payload']['status'] for e in events(installed)]
                self.assertLessEqual({'Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'Installed'}, set(statuses))
            finally:
                sim.stop()

    def test_another_image_is_refused_and_sent_to_nobody(self):
        (self.folder / 'other.bin').write_bytes(self.bytes[:-1] + bytes([self.bytes[-1] ^ 1]))
        self.add('other.bin', code=65)
        rows = [row for row in json.loads(call('GET', '/api/v1/firmware')[1])['items'] if not row['received']]
        self.assertEqual(len(rows), 1)
        said = json.dumps({'station': DAEMON.credentials()[0]['id']}).encode()
        code, body = call('POST', f'/api/v1/firmware/{rows[0]["id"]}/send', said)
        self.assertEqual(code, 409)
        self.assertIn('not what the manufacturer signed', json.loads(body)['detail'])
        # the right one may still come; a second time it may not
        self.assertEqual(call('PUT', f'/api/v1/firmware/{rows[0]["id"]}/image', self.bytes, tag='"another"')[0], 412)
        self.assertEqual(call('PUT', f'/api/v1/firmware/{rows[0]["id"]}/image', self.bytes)[0], 200)
        self.assertEqual(call('PUT', f'/api/v1/firmware/{rows[0]["id"]}/image', self.bytes)[0], 409)
        # and who is not let in may not bring one
        with contextlib.suppress(OSError, urllib.error.URLError):
            self.assertEqual(call('PUT', f'/api/v1/firmware/{rows[0]["id"]}/image', bytes(2 * 1024 * 1024), token=False)[0], 401)
        self.assertEqual(call('DELETE', f'/api/v1/files/{rows[0]["id"]}', tag='"another"')[0], 412)
        self.assertEqual(call('DELETE', f'/api/v1/files/{rows[0]["id"]}', tag='*')[0], 204)

    def test_a_signer_of_somebody_else_is_refused_at_once(self):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'x.key', '-out',
                        'root.pem', '-subj', '/CN=Other', '-days', '9'], cwd=self.folder, check=True, capture_output=True)
        self.add(code=65)


class Door(unittest.IsolatedAsyncioTestCase):
    async def test_pings_and_who_is_forgiven(self):
        """A station that answers no ping is gone after two and a half intervals; of a model that is forgiven it stays."""
        class Deaf(websockets.WebSocketClientProtocol):
            async def pong(self, data=b''):
                pass

        async with Station(0, create_protocol=Deaf) as silent:
            await silent.boot('Silent', 'M')  # what it is counts from its next connection on
        async with Station(0, create_protocol=Deaf) as silent, Station(1, create_protocol=Deaf) as strict:
            await silent.boot('Silent', 'M')
            await strict.boot('Silent', 'Other')
            with self.assertRaises(websockets.ConnectionClosed):
                await asyncio.wait_for(strict.socket.recv(), 20)
            self.assertEqual((await silent.say('Heartbeat', {}))[0], 3)

    async def test_quirks_of_a_model(self):
        async with Station(2) as odd, Station(3) as strict:
            self.assertEqual((await odd.boot('Odd', 'One', 'S' * 33))[0], 3)
            self.assertEqual((await strict.boot('Other', 'One', 'S' * 33))[0], 4)
            self.assertEqual(json.loads(voltseal('station', 'show', odd.id, '-o', 'json'))['serial'], 'S' * 25)
        self.assertIn('quirks.of_model', DAEMON.log.read_text())


if __name__ == '__main__':
    unittest.main()
