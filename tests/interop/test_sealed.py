# SPDX-License-Identifier: Apache-2.0
"""Sealed messages against the station's end in Python (sealed_peer.py): opened, rotated, and attacked."""
import asyncio
import base64
import hashlib
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.request

import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sealed_peer import Channel, ack_proof, b64u, jwk_of, sign, unb64u, verify

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
TLS = ssl.create_default_context(cafile=READY['ca_file'])
SEALED, PLAIN = 'ocpp2.0.1+e2', 'ocpp2.0.1'
BOOT = {'reason': 'PowerUp', 'chargingStation': {'model': 'Sealed', 'vendorName': 'Py'}}


def call(method, path, body=None):
    request = urllib.request.Request(READY['api_url'] + path, method=method, headers={
        'Content-Type': 'application/json', 'Authorization': f'Bearer {READY["admin_token"]}'},
        data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, context=TLS, timeout=30) as answer:
        text = answer.read()
        return json.loads(text) if text and text[:1] in b'{[' else text.decode()


def metric(name):
    for line in call('GET', '/metrics').splitlines():
        if line.startswith(f'voltseal_{name} '):
            return int(float(line.split()[1]))
    raise AssertionError(name)


def thumbprint(pem):
    return b64u(hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest())


class Station:
    """A sealed session of one station."""

    made = 0

    def __init__(self, **policy):
        Station.made += 1
        self.id = f'SEAL-{os.getpid()}-{Station.made}'
        added = call('POST', '/api/v1/stations', {'identity': self.id, 'e2e': 'require', **policy})
        self.password = added['password']
        key = call('POST', '/api/v1/keys', {'station': self.id, 'channel': 'psk'})
        text = key['key']
        self.kid, self.psk = key['epoch'], base64.b64decode(text)
        self.number = 0

    def certify(self, key):
        """A certificate of the daemon's CA for this key: what signs for this station."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.id)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        answer = call('POST', '/api/v1/certificates', {
            'station': self.id, 'csr': request.public_bytes(serialization.Encoding.PEM).decode()})
        self.key = jwk_of(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption()))
        self.certificate = answer['certificate']
        self.thumbprint = thumbprint(self.certificate)
        self.seq = time.time_ns() // 1000

    def bound(self, mid, **more):
        self.seq += 1
        return {'vs:mid': mid, 'vs:iat': time.time_ns() // 10**6, 'vs:seq': self.seq, 'vs:cp': self.id, **more}

    def remove(self):
        call('DELETE', f'/api/v1/stations/{self.id}')

    def connect(self, *subprotocols):
        secret = base64.b64encode(f'{self.id}:{self.password}'.encode()).decode()
        return websockets.connect(READY['ocpp_url'] + self.id, ssl=TLS, subprotocols=list(subprotocols),
                                  extra_headers={'Authorization': f'Basic {secret}'})

    async def open(self, psk=None):
        self.ws = await self.connect(SEALED, PLAIN)
        assert self.ws.subprotocol == SEALED and self.ws.extensions == [], (self.ws.subprotocol, self.ws.extensions)
        self.channel = Channel('default', self.id, SEALED)
        await self.ws.send(self.channel.hello(self.kid, psk or self.psk))
        self.channel.answer(await asyncio.wait_for(self.ws.recv(), 20))
        return self

    async def receive(self):
        return json.loads(self.channel.open(await asyncio.wait_for(self.ws.recv(), 20)))

    async def ask(self, action, payload):
        self.number += 1
        await self.ws.send(self.channel.seal(json.dumps([2, str(self.number), action, payload])))
        return await self.receive()


async def closed(ws):
    """The code it was closed with; whatever else was said."""
    try:
        while True:
            await asyncio.wait_for(ws.recv(), 20)
    except websockets.ConnectionClosed as why:
        return why.rcvd.code if why.rcvd else None, why.rcvd.reason if why.rcvd else None


class Sealed(unittest.IsolatedAsyncioTestCase):
    def station(self, **policy):
        station = Station(**policy)
        self.addCleanup(station.remove)
        return station

    async def event(self, station, kind, reason):
        for _ in range(200):
            for row in call('GET', f'/api/v1/events?station={station.id}&limit=50')['items']:
                if row['type'] == kind and reason in json.dumps(row):
                    return
            await asyncio.sleep(0.05)
        self.fail(f'no event {kind} {reason}')

    async def test_a_session(self):
        before = metric('sealed_handshakes_total')
        station = await self.station().open()
        self.assertEqual((await station.ask('BootNotification', BOOT))[2]['status'], 'Accepted')
        for _ in range(50):
            self.assertEqual((await station.ask('Heartbeat', {}))[0], 3)
        self.assertEqual(metric('sealed_handshakes_total'), before + 1)
        await station.ws.close()

    async def test_a_command_comes_sealed(self):
        station = await self.station().open()
        await station.ask('BootNotification', BOOT)
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(None, call, 'POST', f'/api/v1/stations/{station.id}/commands',
                                     {'action': 'ClearCache', 'payload': {}, 'wait_s': 10})
        message = await station.receive()
        self.assertEqual((message[0], message[2]), (2, 'ClearCache'))
        await station.ws.send(station.channel.seal(json.dumps([3, message[1], {'status': 'Accepted'}])))
        self.assertIn('Accepted', json.dumps(await asked))
        await station.ws.close()

    async def test_another_handshake_on_the_same_connection(self):
        station = await self.station().open()
        await station.ask('BootNotification', BOOT)
        for epoch in (2, 3):
            await station.ws.send(station.channel.rehello(station.kid, station.psk))
            station.channel.reanswer(await asyncio.wait_for(station.ws.recv(), 20))
            self.assertEqual(station.channel.epoch, epoch)
            self.assertEqual((await station.ask('Heartbeat', {}))[0], 3)
        await station.ws.close()

    async def offered(self, station, wanted):
        for row in call('GET', f'/api/v1/keys?station={station.id}')['items']:
            if row['kind'] == 'device/psk' and row['state'] == wanted:
                return row['version']
        return None

    async def test_the_next_psk_travels_over_the_channel(self):
        station = await self.station().open()
        await station.ask('BootNotification', BOOT)
        self.assertTrue(call('POST', '/api/v1/keys/rotate', {'station': station.id, 'channel': 'psk'})['carried'])
        word, kid, oid, key, _ = await station.receive()
        self.assertEqual((word, kid), ('OFFER', station.kid + 1))
        proof = ack_proof(unb64u(key), 'default', station.id, kid, unb64u(oid))
        await station.ws.send(station.channel.seal(json.dumps(['ACK', kid, oid, b64u(proof)])))
        for _ in range(200):
            if await self.offered(station, 'active') == kid:
                break
            await asyncio.sleep(0.05)
        self.assertEqual(await self.offered(station, 'active'), kid)
        station.kid, station.psk = kid, unb64u(key)
        await station.ws.close()
        await station.open()
        self.assertEqual((await station.ask('Heartbeat', {}))[0], 3)
        await station.ws.close()

    async def test_an_offer_waits_for_the_station_and_its_first_use_is_an_ack(self):
        station = self.station()
        call('POST', '/api/v1/keys/rotate', {'station': station.id, 'channel': 'psk'})
        await station.open()
        first = await station.ask('BootNotification', BOOT)  # the offer may come before the answer
        second = await station.receive()
        word, kid, _, key, _ = first if first[0] == 'OFFER' else second
        self.assertEqual(word, 'OFFER')
        await station.ws.close()
        station.kid, station.psk = kid, unb64u(key)
        await station.open()
        await station.ask('Heartbeat', {})
        for _ in range(200):
            if await self.offered(station, 'active') == kid:
                break
            await asyncio.sleep(0.05)
        self.assertEqual(await self.offered(station, 'active'), kid)
        await station.ws.close()

    async def test_what_is_sent_twice_or_not_at_all_ends_it(self):
        for attack, reason in (('again', 'repeated'), ('skipped', 'gap')):
            station = await self.station().open()
            await station.ask('BootNotification', BOOT)
            before = metric('replays_detected_total')
            text = station.channel.seal(json.dumps([2, 'x', 'Heartbeat', {}]))
            if attack == 'again':
                await station.ws.send(text)
                await station.receive()
            else:
                text = station.channel.seal(json.dumps([2, 'y', 'Heartbeat', {}]))
            await station.ws.send(text)
            self.assertEqual(await closed(station.ws), (1008, ''))
            self.assertEqual(metric('replays_detected_total'), before + 1)
            await self.event(station, 'AttemptedReplayAttacks', reason)

    async def test_every_other_fault_looks_the_same_from_outside(self):
        async def altered(station):
            text = station.channel.seal(json.dumps([2, 'x', 'Heartbeat', {}]))
            return text[:-20] + ('A' if text[-20] != 'A' else 'B') + text[-19:]

        async def clear(_):
            return json.dumps([2, 'x', 'Heartbeat', {}])

        async def other_epoch(station):
            return station.channel.seal('[2,"x","Heartbeat",{}]', epoch=9)

        async def junk(_):
            return '["E2",1]'

        for attack, reason in ((altered, 'tag'), (clear, 'not_sealed'), (other_epoch, 'other_epoch'), (junk, 'malformed')):
            station = await self.station().open()
            await station.ask('BootNotification', BOOT)
            before = metric('sealed_refused_total')
            await station.ws.send(await attack(station))
            self.assertEqual(await closed(station.ws), (1008, ''), reason)
            self.assertEqual(metric('sealed_refused_total'), before + 1)
            await self.event(station, 'SealedChannelFailed', reason)

    async def test_a_wrong_psk_and_an_unknown_one_look_the_same(self):
        for psk, kid in ((bytes(32), None), (None, 77)):
            station = self.station()
            if kid:
                station.kid = kid
            ws = await station.connect(SEALED)
            channel = Channel('default', station.id, SEALED)
            await ws.send(channel.hello(station.kid, psk or station.psk))
            self.assertEqual(await closed(ws), (1008, ''))
            await self.event(station, 'SealedChannelFailed', 'wrong_key')

    async def test_less_than_required_is_refused_before_the_upgrade(self):
        station, before = self.station(), metric('downgrades_refused_total')
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await station.connect(PLAIN)
        self.assertEqual(caught.exception.status_code, 400)
        self.assertEqual(metric('downgrades_refused_total'), before + 1)
        # Told only to who has proved who it is.
        station.password = 'not-the-password'
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await station.connect(PLAIN)
        self.assertEqual(caught.exception.status_code, 401)

    async def test_off_and_prefer(self):
        station = self.station(e2e='off')
        async with station.connect(SEALED, PLAIN) as ws:
            self.assertEqual(ws.subprotocol, PLAIN)
        station = self.station(e2e='prefer')
        async with station.connect(PLAIN) as ws:
            self.assertEqual(ws.subprotocol, PLAIN)
        async with station.connect(PLAIN, SEALED) as ws:
            self.assertEqual(ws.subprotocol, SEALED)


class Signed(unittest.IsolatedAsyncioTestCase):
    event = Sealed.event

    def station(self, key=None, **policy):
        station = Station(e2e='off', **policy)
        self.addCleanup(station.remove)
        station.certify(key or ec.generate_private_key(ec.SECP256R1()))
        return station

    async def say(self, ws, message):
        await ws.send(json.dumps(message))
        return json.loads(await asyncio.wait_for(ws.recv(), 20))

    async def test_signed_calls_are_answered_signed(self):
        for policy, key, alg in (('accept', None, 'ES256'), ('prefer', None, 'ES256'), ('require', None, 'ES256'),
                                 ('accept', rsa.generate_private_key(65537, 2048), 'RS256'),
                                 ('accept', rsa.generate_private_key(65537, 2048), 'RS384')):
            station = self.station(key, sign=policy)
            async with station.connect(PLAIN) as ws:
                answer = await self.say(ws, sign([2, '1', 'BootNotification', BOOT], station.key, alg, station.thumbprint))
                self.assertEqual(answer[:2], [3, '1'], (policy, alg, answer))
                header = json.loads(unb64u(answer[2]['protected']))
                self.assertEqual((header['alg'], header['OCPPAction'], header['OCPPMessageTypedId']),
                                 ('ES256', 'BootNotification', 3))
                self.assertEqual((header['vs:mid'], header['vs:cp']), ('1', station.id))
                server = ws.transport.get_extra_info('ssl_object').getpeercert(True)
                self.assertEqual(header['x5t#S256'], b64u(hashlib.sha256(server).digest()))
                # python3-cryptography does not read our development OID.
                public = jwk_of(subprocess.run(['openssl', 'x509', '-inform', 'DER', '-noout', '-pubkey'], input=server,
                                               stdout=subprocess.PIPE, check=True).stdout)
                self.assertEqual(verify(answer, public)[1]['status'], 'Accepted')
                plain = await self.say(ws, [2, '2', 'Heartbeat', {}])
                self.assertEqual(plain[0], 4 if policy == 'require' else 3, plain)

    async def test_strict_binds_message_station_time_and_number(self):
        station = self.station(sign='strict')
        async with station.connect(PLAIN) as ws:
            async def ask(mid, **more):
                return await self.say(ws, sign([2, mid, 'Heartbeat', {}], station.key, 'ES256', station.thumbprint, **more))

            boot = sign([2, 'boot', 'BootNotification', BOOT], station.key, 'ES256', station.thumbprint, **station.bound('boot'))
            self.assertEqual((await self.say(ws, boot))[0], 3)
            self.assertEqual((await ask('a', **station.bound('a')))[0], 3)
            before = metric('replays_detected_total')
            refused = [await ask('b'), await ask('c', **station.bound('other')),
                       await ask('d', **station.bound('d', **{'vs:iat': 1})),
                       await ask('e', **station.bound('e', **{'vs:seq': 1})),
                       await ask('f', **station.bound('f', **{'vs:cp': 'CS-0001'})),
                       await self.say(ws, boot)]
            for answer in refused:
                self.assertEqual((answer[0], answer[2]), (4, 'SecurityError'), answer)
            self.assertEqual(metric('replays_detected_total'), before + 4)
            await self.event(station, 'AttemptedReplayAttacks', 'repeated')
        # A new connection does not forget: the same message is refused there, too.
        async with station.connect(PLAIN) as ws:
            self.assertEqual((await self.say(ws, boot))[:1], [4])
            self.assertEqual((await ask('g', **station.bound('g')))[0], 3)

    async def test_foreign_and_wrong_signatures(self):
        station, other = self.station(sign='accept'), self.station(sign='accept')
        async with station.connect(PLAIN) as ws:
            call_ = [2, '1', 'BootNotification', BOOT]
            wrong = [sign(call_, other.key, 'ES256', station.thumbprint), sign(call_, other.key, 'ES256', other.thumbprint),
                     sign(call_, station.key, 'ES256', station.thumbprint, OCPPAction='Heartbeat'),
                     sign(call_, station.key, 'ES256', station.thumbprint, jku='https://example.org/keys')]
            altered = sign(call_, station.key, 'ES256', station.thumbprint)
            altered[3]['payload'] = b64u(json.dumps({**BOOT, 'reason': 'Watchdog'}).encode())
            for message in [*wrong, altered]:
                answer = await self.say(ws, message)
                self.assertEqual((answer[0], answer[2]), (4, 'SecurityError'), answer)
            self.assertEqual((await self.say(ws, call_))[2]['status'], 'Accepted')
        await self.event(station, 'SignatureRefused', 'wrong_signature')

    async def test_sign_then_seal_and_a_signed_command(self):
        station = Station(e2e='require', sign='strict')
        self.addCleanup(station.remove)
        station.certify(ec.generate_private_key(ec.SECP256R1()))
        await station.open()

        async def ask(mid, action, payload):
            message = sign([2, mid, action, payload], station.key, 'ES256', station.thumbprint, **station.bound(mid))
            await station.ws.send(station.channel.seal(json.dumps(message)))
            return await station.receive()

        self.assertIn('protected', (await ask('1', 'BootNotification', BOOT))[2])
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(None, call, 'POST', f'/api/v1/stations/{station.id}/commands',
                                     {'action': 'ClearCache', 'payload': {}, 'wait_s': 10})
        message = await station.receive()
        self.assertEqual(message[2], 'ClearCache-Signed')
        answer = sign([3, message[1], None, {'status': 'Accepted'}], station.key, 'ES256', station.thumbprint,
                      OCPPAction='ClearCache', **station.bound(message[1]))
        await station.ws.send(station.channel.seal(json.dumps([3, message[1], answer[3]])))
        self.assertIn('Accepted', json.dumps(await asked))
        await station.ws.close()


class Registered(unittest.IsolatedAsyncioTestCase):
    async def speaks(self, identity, password, psk):
        station = Station.__new__(Station)
        station.id, station.password, station.number = identity, password, 0
        station.kid, station.psk = psk['epoch'], base64.b64decode(psk['key'])
        await station.open()
        self.assertEqual((await station.ask('BootNotification', BOOT))[2]['status'], 'Accepted')
        await station.ws.close()

    async def test_the_enrolment_brings_the_psk(self):
        identity = f'ENROL-{os.getpid()}'
        for _ in range(2):  # the second time under the same name: another psk, the old one is revoked
            token = call('POST', '/api/v1/enrolments', {})['token']
            answer = call('POST', '/enrol', {'token': token, 'identity': identity, 'sealed': True})
            self.assertEqual(call('GET', f'/api/v1/stations/{identity}')['e2e'], 'require')
            await self.speaks(identity, answer['password'], answer['psk'])
            call('DELETE', f'/api/v1/stations/{identity}')
        self.assertEqual(answer['psk']['epoch'], 2)

    async def test_the_command_line_writes_the_psk(self):
        identity = f'ADD-{os.getpid()}'
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'psk'
            command = [pathlib.Path(os.environ['VOLTSEAL_BUILD']) / 'voltseal', 'station', 'add', identity, '--e2e', 'require',
                       '--psk-file', path, '-q', '--ready-file', os.environ['VOLTSEAL_READY']]
            done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=True)
            self.addCleanup(call, 'DELETE', f'/api/v1/stations/{identity}')
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            psk = json.loads(path.read_text())
            self.assertNotIn(psk['key'], done.stdout + done.stderr)
            await self.speaks(identity, done.stdout.strip(), psk)


class Simulated(unittest.IsolatedAsyncioTestCase):
    offered = Sealed.offered

    async def test_a_simulated_station_seals_and_changes_its_psk(self):
        station = Station()
        self.addCleanup(station.remove)
        with tempfile.TemporaryDirectory() as folder:
            psk, password = pathlib.Path(folder) / 'psk', pathlib.Path(folder) / 'password'
            psk.write_text(json.dumps({'epoch': station.kid, 'key': base64.b64encode(station.psk).decode()}))
            password.write_text(station.password)
            password.chmod(0o600)
            sim = await asyncio.create_subprocess_exec(
                pathlib.Path(os.environ['VOLTSEAL_BUILD']) / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', station.id,
                '--password-file', password, '--ca', READY['ca_file'], '--sealed', '--psk-file', psk, '--scenario', 'busy',
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
            try:
                for _ in range(200):
                    shown = call('GET', f'/api/v1/stations/{station.id}')
                    if shown.get('registration') == 'Accepted' and shown.get('connected', shown.get('online')):
                        break
                    await asyncio.sleep(0.05)
                before = metric('sealed_handshakes_total')
                self.assertTrue(call('POST', '/api/v1/keys/rotate', {'station': station.id, 'channel': 'psk'})['carried'])
                for _ in range(200):
                    if await self.offered(station, 'active') == station.kid + 1:
                        break
                    await asyncio.sleep(0.05)
                self.assertEqual(await self.offered(station, 'active'), station.kid + 1)
                self.assertEqual(json.loads(psk.read_text())['epoch'], station.kid + 1)
                for _ in range(200):  # and shakes hands with it at once
                    if metric('sealed_handshakes_total') > before:
                        break
                    await asyncio.sleep(0.05)
                self.assertEqual(metric('sealed_handshakes_total'), before + 1)
            finally:
                sim.terminate()
                self.assertEqual(await sim.wait(), 0)

    async def test_a_fleet_seals(self):
        stations = [Station() for _ in range(5)]
        with tempfile.TemporaryDirectory() as folder:
            lines = ['id,password,cert,key,psk']
            for station in stations:
                self.addCleanup(station.remove)
                psk = pathlib.Path(folder) / station.id
                psk.write_text(json.dumps({'epoch': station.kid, 'key': base64.b64encode(station.psk).decode()}))
                lines.append(f'{station.id},{station.password},,,{psk}')
            (pathlib.Path(folder) / 'csv').write_text('\n'.join(lines) + '\n')
            before = metric('sealed_handshakes_total')
            fleet = await asyncio.create_subprocess_exec(
                pathlib.Path(os.environ['VOLTSEAL_BUILD']) / 'voltseal-sim', 'fleet', '--url', READY['ocpp_url'], '--ca', READY['ca_file'],
                '--credentials', pathlib.Path(folder) / 'csv', '--sealed', '--scenario', 'busy', '--duration', '3', '--ocpp', 'mixed',
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
            said, _ = await fleet.communicate()
            self.assertEqual(fleet.returncode, 0, said)
            self.assertIn(b'stations=5', said)
            self.assertIn(b'lost=0', said)
            self.assertEqual(metric('sealed_handshakes_total'), before + 5)
            self.assertEqual({call('GET', f'/api/v1/stations/{station.id}')['registration'] for station in stations}, {'Accepted'})

    async def test_a_simulated_station_signs_under_strict(self):
        station = Station(e2e='off', sign='strict')
        self.addCleanup(station.remove)
        key = ec.generate_private_key(ec.SECP256R1())
        station.certify(key)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / 'key.pem').write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                               serialization.NoEncryption()))
            (folder / 'cert.pem').write_text(station.certificate)
            (folder / 'central.pem').write_text(ssl.get_server_certificate(
                ('127.0.0.1', int(READY['ocpp_url'].split(':')[2].split('/')[0]))))
            (folder / 'password').write_text(station.password)
            (folder / 'password').chmod(0o600)
            before = metric('signed_verified_total')
            sim = await asyncio.create_subprocess_exec(
                pathlib.Path(os.environ['VOLTSEAL_BUILD']) / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', station.id,
                '--password-file', folder / 'password', '--ca', READY['ca_file'], '--sign', folder / 'central.pem', '--cert',
                folder / 'cert.pem', '--key', folder / 'key.pem', '--scenario', 'busy',
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
            try:
                for _ in range(400):
                    if metric('signed_verified_total') > before + 8:
                        break
                    await asyncio.sleep(0.05)
                self.assertGreater(metric('signed_verified_total'), before + 8)
                answer = call('POST', f'/api/v1/stations/{station.id}/commands', {'action': 'ClearCache', 'payload': {}, 'wait_s': 10})
                self.assertIn('Accepted', json.dumps(answer))
            finally:
                sim.terminate()
                self.assertEqual(await sim.wait(), 0)


class Nonces(unittest.IsolatedAsyncioTestCase):
    event = Sealed.event

    async def say(self, ws, mid, action, payload):
        await ws.send(json.dumps([2, mid, action, payload]))
        return json.loads(await asyncio.wait_for(ws.recv(), 20))

    def values(self, nonce, **more):
        stamp = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + more.pop('late', 0)))
        payload = {'evseId': 1, 'meterValue': [{'timestamp': stamp, 'sampledValue': [{'value': 1.5}]}]}
        if nonce:
            payload['customData'] = {'vendorId': 'SecureEV', 'nonce': nonce, **more}
        return payload

    async def test_the_mode_of_the_secure_simulation(self):
        station = Station(e2e='off', replay='customdata')
        self.addCleanup(station.remove)
        async with station.connect(PLAIN) as ws:
            first = ws.response_headers['X-Voltseal-Nonce']
            boot = await self.say(ws, 'b', 'BootNotification', BOOT)
            self.assertEqual(boot[2]['customData'], {'vendorId': 'SecureEV', 'nonce': first})
            # The boot is committed before the next call is judged.
            good = await self.say(ws, '1', 'MeterValues', self.values(first))
            self.assertEqual(good[0], 3, good)
            nonce = good[2]['customData']['nonce']
            self.assertNotEqual(nonce, first)
            for mid, payload, why in (('2', self.values(None), 'Invalid or missing nonce'),
                                      ('3', self.values(first), 'Nonce already used (replay)'),
                                      ('4', self.values('x' * 22), 'Invalid or missing nonce'),
                                      ('5', self.values(nonce, late=-60), 'Stale timestamp (possible replay)')):
                answer = await self.say(ws, mid, 'MeterValues', payload)
                self.assertEqual(answer[:4], [4, mid, 'SecurityError', why])
            # What went wrong has not used it up, and every Heartbeat gives one.
            beat = await self.say(ws, 'h', 'Heartbeat', {})
            self.assertEqual(beat[2]['customData']['nonce'], nonce)
            self.assertEqual((await self.say(ws, '6', 'MeterValues', self.values(nonce)))[0], 3)
            for number in range(40):
                nonce = (await self.say(ws, f'h{number}', 'Heartbeat', {}))[2]['customData']['nonce']
                answer = await self.say(ws, f'm{number}', 'MeterValues', self.values(nonce))
                if answer[0] == 4:
                    break
            self.assertEqual(answer[2:4], ['SecurityError', 'Rate limit exceeded'])
            self.assertEqual(number, 14)
        await self.event(station, 'AttemptedReplayAttacks', 'already used')
        async with station.connect(PLAIN) as ws:  # a new connection has a nonce without a boot
            self.assertEqual((await self.say(ws, 'n', 'MeterValues', self.values(ws.response_headers['X-Voltseal-Nonce'])))[0], 3)

    async def test_a_replay_on_a_plain_connection_is_seen(self):
        station, before = Station(e2e='off'), metric('replays_detected_total')
        self.addCleanup(station.remove)
        async with station.connect(PLAIN) as ws:
            await self.say(ws, 'b', 'BootNotification', BOOT)
            values = self.values(None)
            for mid in ('1', '1', '2', '1'):
                self.assertEqual((await self.say(ws, mid, 'MeterValues', values))[0], 3)
        self.assertEqual(metric('replays_detected_total'), before + 1)
        await self.event(station, 'AttemptedReplayAttacks', 'messageId')


if __name__ == '__main__':
    unittest.main()
