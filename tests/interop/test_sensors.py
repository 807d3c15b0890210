# SPDX-License-Identifier: Apache-2.0
"""Sensor devices, played by a client made from doc/protocol/sensors.md alone (cryptography, websockets): D1 as the requirement
document has it, D1m, D2; keys sealed to the device; rotation; JWTs and their revocation; replays, swaps, a padding oracle;
readings after a kill -9; an erased device in the database, its log and an older copy."""
import asyncio
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import sqlite3
import ssl
import struct
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

from cryptography.hazmat.primitives import hashes, serialization
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.x509.oid import NameOID
import websockets
from websockets.exceptions import ConnectionClosed

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
TENANT = 'default'


def lp(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack('>H', len(data)) + data


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def hkdf(salt, key, info, size):
    return HKDF(hashes.SHA256(), size, salt, info).derive(key)


def hpke_open(private, enc, sealed, info):
    """RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM."""
    def extract(salt, ikm):
        return hmac.new(salt or bytes(32), ikm, 'sha256').digest()

    def labeled_extract(suite, salt, label, ikm):
        return extract(salt, b'HPKE-v1' + suite + label + ikm)

    def labeled_expand(suite, prk, label, info, size):
        return HKDFExpand(hashes.SHA256(), size,
                          struct.pack('>H', size) + b'HPKE-v1' + suite + label + info).derive(prk)
    kem = b'KEM' + b'\x00\x20'
    suite = b'HPKE' + b'\x00\x20\x00\x01\x00\x02'
    dh = private.exchange(x25519.X25519PublicKey.from_public_bytes(enc))
    mine = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    shared = labeled_expand(kem, labeled_extract(kem, b'', b'eae_prk', dh), b'shared_secret', enc + mine, 32)
    context = b'\0' + labeled_extract(suite, b'', b'psk_id_hash', b'') + labeled_extract(suite, b'', b'info_hash', info)
    secret = labeled_extract(suite, shared, b'secret', b'')
    key = labeled_expand(suite, secret, b'key', context, 32)
    nonce = labeled_expand(suite, secret, b'base_nonce', context, 12)
    return AESGCM(key).decrypt(nonce, sealed, b'')


class Socket:
    """A WebSocket that is asked one thing after the other."""

    def __init__(self, url, context, headers):
        self.loop = asyncio.new_event_loop()

        async def begin():
            return await websockets.connect(url, ssl=context, extra_headers=headers, ping_interval=None)
        self.socket = self.run(begin())

    def run(self, what):
        async def within():
            return await asyncio.wait_for(what, 20)
        return self.loop.run_until_complete(within())

    def talk(self, what):
        try:
            return self.run(what)
        except ConnectionClosed:
            self.run(self.socket.wait_closed())
            self.loop.close()
            raise

    def send(self, text):
        self.talk(self.socket.send(text))

    def recv(self):
        return self.talk(self.socket.recv())

    def close(self):
        if not self.loop.is_closed():
            self.run(self.socket.close())
            self.loop.close()


class Device:
    def __init__(self, url, ca, device, token, private=None, header=True, certificate=None, tenant=TENANT):
        self.device, self.private, self.tenant = device, private, tenant
        context = ssl.create_default_context(cafile=str(ca))
        if certificate is not None:
            context.load_cert_chain(certificate)
        extra = {'Authorization': f'Bearer {token}'} if header else {}
        self.socket = Socket(url if header else f'{url}/?token={token}', context, extra)
        self.info = self.receive()
        self.n = 0
        self.keys = {}
        if self.info.get('encryption_enabled'):
            self.epoch = self.info['epoch']
            self.keys[self.epoch] = self.key_of(self.info)
        r = os.urandom(16)
        self.r = r
        self.salt = hashlib.sha256(unb64u(self.info['sn']) + r).digest()[:16]

    def key_of(self, message):
        if message['key_delivery'] == 'tls':
            return base64.b64decode(message['encryption_key'], validate=True)
        info = b'voltseal/fld-key/v2\0' + lp(self.tenant) + lp(self.device) + struct.pack('>I', message['epoch'])
        return hpke_open(self.private, unb64u(message['key']['enc']), unb64u(message['key']['ct']), info)

    def receive(self):
        return json.loads(self.socket.recv())

    def ask(self, message):
        self.socket.send(json.dumps(message))
        return self.receive()

    def d2(self, readings, n=None, salt=None, ts=None, epoch=None):
        epoch = epoch or self.epoch
        live = salt is None
        salt = salt or self.salt
        if n is None:
            n, self.n = self.n, self.n + 1
        ts = ts or int(time.time() * 1000)
        label = b'voltseal/fld/v2\0'
        okm = hkdf(salt, self.keys[epoch], label + lp(self.tenant) + lp(self.device) + struct.pack('>I', epoch) + lp('u'), 44)
        items = []
        for i, (kind, unit, value) in enumerate(readings):
            nonce = bytes(a ^ b for a, b in zip(okm[32:], b'\0\0' + struct.pack('>QH', n, i)))
            aad = (label + lp(self.tenant) + lp(self.device) + struct.pack('>I', epoch) + lp(salt) +
                   struct.pack('>QQHH', n, ts, i, len(readings)) + lp(kind) + lp(unit))
            plain = json.dumps(value).encode()
            plain += b' ' * (-len(plain) % 8)
            items.append({'sensor_type': kind, 'value': b64u(AESGCM(okm[:32]).encrypt(nonce, plain, aad)), 'unit': unit,
                          'encrypted': True})
        message = {'device_id': self.device, 'enc': {'v': 2, 'k': epoch, 's': b64u(salt), 'n': n}, 'ts': ts, 'readings': items}
        if live:
            message['r'] = b64u(self.r)
        return message

    def cbc(self, value, iv=None):
        """_encrypt_field of the requirement document."""
        iv = iv or os.urandom(16)
        padder = PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(self.keys[self.epoch]), modes.CBC(iv)).encryptor()
        data = encryptor.update(padder.update(str(value).encode()) + padder.finalize()) + encryptor.finalize()
        return base64.b64encode(iv + data).decode()

    def d1(self, readings):
        return {'device_id': self.device, 'readings': [
            {'sensor_type': kind, 'value': self.cbc(value), 'unit': unit, 'encrypted': True} for kind, unit, value in readings]}

    def d1m(self, readings, n):
        message = self.d1(readings)
        key = hkdf(None, self.keys[self.epoch], b'voltseal/v1m/mac\0', 32)
        data = b'voltseal/v1m\0' + lp(self.tenant) + lp(self.device) + struct.pack('>QH', n, len(readings))
        for item in message['readings']:
            data += lp(item['sensor_type']) + lp(item['unit']) + lp(item['value'])
        message['n'] = n
        message['mac'] = base64.b64encode(hmac.new(key, data, 'sha256').digest()[:16]).decode()
        return message

    def ack(self, update):
        key = self.key_of(update)
        self.keys[update['epoch']] = key
        proof_key = hkdf(None, key, b'voltseal/ack\0' + lp(self.tenant) + lp(self.device) +
                         struct.pack('>I', update['epoch']) + lp('u'), 32)
        return {'type': 'key_ack', 'epoch': update['epoch'], 'oid': update['oid'],
                'proof': b64u(hmac.new(proof_key, unb64u(update['oid']), 'sha256').digest())}

    def closed(self):
        """The code with which the daemon ends the connection."""
        try:
            while True:
                self.socket.recv()
        except ConnectionClosed as end:
            return end.rcvd.code, end.rcvd.reason

    def close(self):
        self.socket.close()


class Case(unittest.TestCase):
    options = ()

    @staticmethod
    def make_issuer():
        return ec.generate_private_key(ec.SECP256R1())

    @classmethod
    def setUpClass(cls):
        cls.state = BUILD / f'sensors-state-{cls.__name__}'
        shutil.rmtree(cls.state, ignore_errors=True)
        cls.state.mkdir(parents=True)
        cls.issuer = cls.make_issuer()
        cls.pem = cls.state / 'issuer.pem'
        cls.pem.write_bytes(cls.issuer.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        cls.start()

    @classmethod
    def start(cls):
        cls.daemon = Daemon(BUILD, cls.state, '--stations', '0', '--reactors', '2', '--jwt-key', cls.pem, *cls.options)
        cls.ready = cls.daemon.ready
        cls.context = ssl.create_default_context(cafile=cls.ready['ca_file'])

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop()
        if status != 0:
            raise AssertionError(f'the daemon ended with {status}\n{cls.daemon.tail()}')

    @classmethod
    def api(cls, method, path, body=None):
        request = urllib.request.Request(
            cls.ready['api_url'] + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={'Authorization': 'Bearer ' + cls.ready['admin_token'], 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, context=cls.context, timeout=20) as answer:
            text = answer.read().decode()
        return json.loads(text) if 'json' in answer.headers.get('Content-Type', '') and 'nd' not in answer.headers[
            'Content-Type'] else text

    def add(self, device, **more):
        return self.api('POST', '/api/v1/sensors', {'device': device, **more})['token']

    def open(self, device, token, **more):
        """A device that comes too early, while its last connection is being ended, comes again."""
        end = time.monotonic() + 20
        while True:
            try:
                return Device(self.ready['sensor_url'], self.ready['ca_file'], device, token, **more)
            except ConnectionClosed as closed:
                if closed.rcvd.code != 1013 or time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def values(self, device, query=''):
        items = self.api('GET', f'/api/v1/sensors/{device}/readings?limit=10000{query}')['items']
        return [(i['sensor_type'], i['unit'], i['value']) for i in items]

    def jwt(self, device, jti='j1', life=600, key=None, **claims):
        now = int(time.time())
        key = key or self.issuer
        is_ed = isinstance(key, ed25519.Ed25519PrivateKey)
        head = b64u(json.dumps({'alg': 'EdDSA' if is_ed else 'ES256', 'typ': 'JWT'}).encode())
        body = b64u(json.dumps({'iss': 'voltseal', 'aud': 'voltseal-sensors', 'sub': device, 'tid': TENANT, 'jti': jti,
                                'iat': now, 'nbf': now, 'exp': now + life, **claims}).encode())
        if is_ed:
            return f'{head}.{body}.' + b64u(key.sign(f'{head}.{body}'.encode()))
        r, s = utils.decode_dss_signature(key.sign(f'{head}.{body}'.encode(), ec.ECDSA(hashes.SHA256())))
        return f'{head}.{body}.' + b64u(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))


THREE = [('temperature', '\u00b0C', 25.4), ('state', '', 'open'), ('alarm', '', True)]


class Sealed(Case):
    """The default: D2, nothing weaker."""

    def test_values_keep_their_type(self):
        device = self.open('types-1', self.add('types-1'))
        self.assertEqual(device.info['alg'], 'd2')
        self.assertEqual(device.info['key_delivery'], 'tls')
        self.assertEqual(device.ask(device.d2(THREE)),
                         {'status': 'success', 'message': '3 readings received and saved', 'n': 0})
        device.close()
        self.assertEqual(self.values('types-1'), THREE)

    def test_key_sealed_to_the_device(self):
        private = x25519.X25519PrivateKey.generate()
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        device = self.open('hpke-1', self.add('hpke-1', public_key=b64u(public)), private=private)
        self.assertEqual(device.info['key_delivery'], 'hpke')
        self.assertNotIn('encryption_key', device.info)
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        device.close()

    def test_messages_are_seen_and_no_value_is(self):
        device = self.open('seen-1', self.add('seen-1'))
        secret = [('temperature', 'C', 31.4159265)]
        self.assertEqual(device.ask(device.d2(secret, n=0))['status'], 'success')
        self.assertEqual(device.ask({'readings': {'temperature': 31.4159265}})['code'], 'downgrade')
        device.close()
        items = self.api('GET', '/api/v1/sensors/seen-1/messages')['items']
        self.assertEqual([(m['channel'], m['direction'], m['action'], m['sealed'], m['verdict']) for m in reversed(items)],
                         [('sensor', 'sent', 'device_info', False, None), ('sensor', 'received', 'readings', True, None),
                          ('sensor', 'sent', 'success', False, None), ('sensor', 'received', 'readings', False, 'downgrade'),
                          ('sensor', 'sent', 'error', False, None)])
        first = json.loads(items[-2]['text'])
        self.assertEqual((first['enc']['n'], first['readings'][0]['sensor_type'], first['readings'][0]['value']),
                         (0, 'temperature', '(left out)'))
        everything = json.dumps(items)
        self.assertNotIn('31.4159', everything)
        self.assertNotIn(device.info['encryption_key'], everything)
        self.assertEqual(json.loads(items[-1]['text'])['encryption_key'], '(left out)')
        with self.assertRaises(urllib.error.HTTPError):
            self.api('GET', '/api/v1/sensors/nobody/messages')
        # the same on the command line, listed and followed
        reach = ('--of', 'sensor', '--ready-file', self.daemon.state / 'ready.json', '-o', 'json')
        done = subprocess.run([BUILD / 'voltseal', 'messages', 'list', 'seen-1', *reach], capture_output=True, timeout=60, check=True)
        self.assertEqual([m['number'] for m in json.loads(done.stdout)['items']], [m['number'] for m in items])
        with subprocess.Popen([BUILD / 'voltseal', 'messages', 'follow', 'seen-1', *reach], stdout=subprocess.PIPE, text=True) as follower:
            self.addCleanup(follower.kill)
            wait_for(lambda: 'voltseal_sse_clients 1' in self.api('GET', '/metrics'), 20, 'somebody listens')
            device = self.open('seen-1', self.add('seen-1'))
            self.assertEqual(json.loads(follower.stdout.readline())['action'], 'device_info')
            self.assertEqual(device.ask(device.d2(secret))['status'], 'success')
            heard = [json.loads(follower.stdout.readline()) for _ in range(2)]
            self.assertEqual([(m['action'], m['sealed']) for m in heard], [('readings', True), ('success', False)])
            device.close()
            follower.kill()
        done = subprocess.run([BUILD / 'voltseal', 'messages', 'list', 'seen-1', '--of', 'wrong', *reach[2:]], capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, b'--of is station, sensor or claim' in done.stderr), (64, True))

    def test_weaker_is_refused(self):
        device = self.open('weak-1', self.add('weak-1'))
        for message in (device.d1(THREE), device.d1m(THREE, 1), {'sensor_type': 't', 'value': 1},
                        {'readings': {'temperature': 25.4}}):
            self.assertEqual(device.ask(message)['code'], 'downgrade')
        device.close()
        self.assertEqual(self.values('weak-1'), [])

    def test_replay_and_order(self):
        device = self.open('replay-1', self.add('replay-1'))
        old = device.d2(THREE, n=0)
        self.assertEqual(device.ask(old)['status'], 'success')
        self.assertEqual(device.ask(old)['code'], 'duplicate')
        self.assertEqual(device.ask(device.d2(THREE, n=2000))['status'], 'success')
        self.assertEqual(device.ask(device.d2(THREE, n=1999))['status'], 'success')
        self.assertEqual(device.ask(device.d2(THREE, n=7))['code'], 'resync')
        device.close()
        # Its numbers are known to the next connection as well, where that salt is not the connection's own.
        again = self.open('replay-1', self.add('replay-1', profile='d2'))
        old.pop('r')
        self.assertEqual(again.ask(old)['code'], 'resync')
        again.close()
        self.assertEqual(len(self.values('replay-1')), 9)

    def test_store_and_forward(self):
        device = self.open('forward-1', self.add('forward-1'))
        queued = device.d2(THREE, n=5, salt=os.urandom(16), ts=1700000000000)
        self.assertEqual(device.ask(queued)['status'], 'success')
        device.close()
        items = self.api('GET', '/api/v1/sensors/forward-1/readings?from=1699999999999&to=1700000000001')['items']
        self.assertEqual([i['at'] for i in items], ['2023-11-14T22:13:20.000Z'] * 3)

    def test_swapped_and_changed(self):
        device = self.open('swap-1', self.add('swap-1'))
        message = device.d2(THREE)
        message['readings'][0]['value'], message['readings'][1]['value'] = (
            message['readings'][1]['value'], message['readings'][0]['value'])
        self.assertEqual(device.ask(message)['code'], 'decrypt_failed')
        message = device.d2(THREE)
        message['readings'][0]['unit'] = 'F'
        self.assertEqual(device.ask(message)['code'], 'decrypt_failed')
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        message = device.d2(THREE)
        message['readings'].pop()
        device.socket.send(json.dumps(message))
        self.assertEqual(device.receive()['code'], 'decrypt_failed')
        device.close()
        self.assertEqual(len(self.values('swap-1')), 3)

    def test_three_failures_replace_the_key(self):
        token = self.add('fail-1')
        device = self.open('fail-1', token)
        first = device.epoch
        for _ in range(3):
            message = device.d2(THREE)
            message['ts'] += 1
            device.socket.send(json.dumps(message))
        self.assertEqual(device.closed(), (4011, 'key'))
        again = self.open('fail-1', token)
        self.assertEqual(again.epoch, first + 1)
        self.assertEqual(again.ask(again.d2(THREE))['status'], 'success')
        again.close()

    def test_rotation(self):
        token = self.add('rotate-1')
        device = self.open('rotate-1', token)
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        self.api('POST', '/api/v1/keys/rotate', {'station': 'rotate-1', 'channel': 'field'})
        update = device.receive()
        self.assertEqual((update['type'], update['epoch']), ('key_update', device.epoch + 1))
        ack = device.ack(update)
        wrong = dict(ack, proof=b64u(bytes(32)))
        self.assertEqual(device.ask(wrong)['code'], 'refused')
        self.assertEqual(device.ask(ack)['status'], 'success')
        old = device.d2(THREE)  # queued under the old key
        device.epoch = update['epoch']
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        self.assertEqual(device.ask(old)['status'], 'success')
        device.close()
        again = self.open('rotate-1', token)
        self.assertEqual(again.info['epoch'], update['epoch'])
        again.close()

    def test_one_connection(self):
        token = self.add('twice-1')
        first = self.open('twice-1', token)
        second = self.open('twice-1', token)
        self.assertEqual(first.closed(), (4002, 'replaced'))
        self.assertEqual(second.ask(second.d2(THREE))['status'], 'success')
        second.close()

    def test_another_device(self):
        device = self.open('mine-1', self.add('mine-1'))
        device.socket.send(json.dumps({'device_id': 'other', 'readings': [{'sensor_type': 't', 'value': 1}]}))
        self.assertEqual(device.closed(), (4015, 'identity'))

    def test_jwt(self):
        self.add('jwt-1', token=False)
        other = ec.generate_private_key(ec.SECP256R1())
        for wrong in (self.jwt('jwt-1', key=other), self.jwt('nobody'), self.jwt('jwt-1', aud='x'), self.jwt('jwt-1', tid='t2'),
                      self.jwt('jwt-1', life=-100), self.jwt('jwt-1', life=90000), 'a.b.c', 'nothing'):
            with self.assertRaises(ConnectionClosed) as refused:
                self.open('jwt-1', wrong)
            self.assertEqual((refused.exception.rcvd.code, refused.exception.rcvd.reason), (4001, 'token'))
        device = self.open('jwt-1', self.jwt('jwt-1', jti='a', life=600), header=False)
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        self.assertEqual(device.ask({'type': 'reauth', 'token': self.jwt('jwt-1', jti='b')})['status'], 'success')
        self.api('POST', '/api/v1/sensors/jwt-1/revoke', {'jti': 'b'})
        self.assertEqual(device.closed(), (4003, 'forbidden'))
        with self.assertRaises(ConnectionClosed):
            self.open('jwt-1', self.jwt('jwt-1', jti='b'))
        self.open('jwt-1', self.jwt('jwt-1', jti='c')).close()

    def test_first_message_is_the_token(self):
        token = self.add('late-1')
        context = ssl.create_default_context(cafile=self.ready['ca_file'])
        socket = Socket(self.ready['sensor_url'], context, {})
        socket.send(json.dumps({'type': 'reauth', 'token': token}))
        self.assertEqual(json.loads(socket.recv())['type'], 'device_info')
        socket.close()

    def test_series_and_export(self):
        device = self.open('plot-1', self.add('plot-1'))
        for i in range(10):
            self.assertEqual(device.ask(device.d2([('t', 'C', i), ('name', '', '=1+1,"x"')], ts=1700000000000 + i))['status'],
                             'success')
        device.close()
        span = 'from=1700000000000&to=1700000000010'
        series = self.api('GET', f'/api/v1/sensors/plot-1/series?{span}&sensor=t&buckets=2')
        self.assertEqual([(b['count'], b['min'], b['max'], b['mean']) for b in series['buckets']], [(5, 0, 4, 2), (5, 5, 9, 7)])
        last, = self.api('GET', '/api/v1/sensors/plot-1/series?to=1700000000010&sensor=t')['buckets']  # of a day
        self.assertEqual((last['count'], last['min'], last['max'], last['mean']), (10, 0, 9, 4.5))
        self.assertGreater(last['at'], '2023-11-14')
        for wrong, named in (('buckets=x', 'buckets: '), ('from=yesterday', 'from: '), ('from=2&to=1', 'from is not before to')):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.api('GET', f'/api/v1/sensors/plot-1/series?{wrong}')
            self.assertTrue(json.loads(refused.exception.read())['detail'].startswith(named), wrong)
        csv = self.api('GET', f'/api/v1/sensors/plot-1/export?{span}&format=csv').splitlines()
        self.assertEqual(csv[0:3], ['at,sensor_type,value,unit', '2023-11-14T22:13:20.000Z,"t",0,"C"',
                                    '2023-11-14T22:13:20.000Z,"name","\'=1+1,""x""",""'])
        lines = self.api('GET', f'/api/v1/sensors/plot-1/export?{span}&sensor=t').splitlines()
        self.assertEqual(json.loads(lines[9]), {'at': '2023-11-14T22:13:20.009Z', 'sensor_type': 't', 'unit': 'C', 'value': 9})
        page = self.api('GET', f'/api/v1/sensors/plot-1/readings?{span}&limit=4')
        rest = self.api('GET', f'/api/v1/sensors/plot-1/readings?{span}&cursor={page["next"]}')
        self.assertEqual([i['value'] for i in page['items'] + rest['items'] if i['sensor_type'] == 't'], list(range(10)))

    def test_command_line(self):
        def run(*words):
            return subprocess.run([BUILD / 'voltseal', *words, '--ready-file', self.state / 'ready.json'], check=True,
                                  capture_output=True, text=True).stdout
        token = json.loads(run('sensor', 'add', 'cli-1', '-o', 'json'))['token']
        device = self.open('cli-1', token)
        for i in range(3):
            self.assertEqual(device.ask(device.d2([('t', 'C', i), ('name', '', 'a"b')], ts=1700000000000 + i))['status'], 'success')
        self.assertIn('cli-1', run('sensor', 'list'))
        self.open('cli-2', run('sensor', 'add', 'cli-2', '--quiet').rstrip('\n')).close()
        span = ('--since', '2023-11-14T22:13:20.001Z', '--until', '2023-11-14T22:13:20.003Z')
        self.assertEqual(len(run('reading', 'list', 'cli-1', *span, '--quiet').splitlines()), 4)
        self.assertEqual(run('reading', 'export', 'cli-1', *span, '--format', 'csv').splitlines(),
                         ['at,sensor_type,value,unit',
                          '"2023-11-14T22:13:20.001Z","t",1,"C"', '"2023-11-14T22:13:20.001Z","name","a""b",""',
                          '"2023-11-14T22:13:20.002Z","t",2,"C"', '"2023-11-14T22:13:20.002Z","name","a""b",""'])
        lines = run('reading', 'export', 'cli-1', '--since', '2023-01-01T00:00:00Z', '--sensor', 't').splitlines()
        self.assertEqual([json.loads(line)['value'] for line in lines], [0, 1, 2])
        run('sensor', 'remove', 'cli-1')
        self.assertEqual(device.closed(), (4003, 'forbidden'))

        def keys():
            with sqlite3.connect(f'file:{self.state / "keystore.db"}?mode=ro', uri=True) as keystore:
                rows = keystore.execute("SELECT state, wrapped = zeroblob(length(wrapped)) FROM key WHERE owner = 'cli-1' AND kind = 'device/field'").fetchall()
            keystore.close()
            return rows
        wait_for(lambda: keys() == [('destroyed', 1)], 20, 'the keys of a removed device are destroyed')

    def test_too_fast(self):
        device = self.open('fast-1', self.add('fast-1'))
        try:
            for _ in range(2000):
                device.socket.send('{}')
            code, _ = device.closed()
        except ConnectionClosed as closed:
            code = closed.rcvd.code
        self.assertEqual(code, 4008)

    def test_wrong_epoch(self):
        device = self.open('epoch-1', self.add('epoch-1'))
        message = device.d2(THREE)
        message['enc']['k'] += 1
        self.assertEqual(device.ask(message)['code'], 'unknown_key')
        device.close()
        self.assertEqual(self.values('epoch-1'), [])

    def test_sealed_for_another(self):
        """Of another device, another tenant or with a flipped bit: the key is right, the place is not."""
        device = self.open('bound-1', self.add('bound-1'))
        name = device.device
        for wrong in ('device', 'tenant', 'bit'):
            try:
                if wrong == 'device':
                    device.device = 'bound-2'
                elif wrong == 'tenant':
                    device.tenant = 'other'
                message = device.d2(THREE)
            finally:
                device.tenant, device.device = TENANT, name
            message['device_id'] = name
            if wrong == 'bit':
                value = bytearray(unb64u(message['readings'][0]['value']))
                value[3] ^= 4
                message['readings'][0]['value'] = b64u(bytes(value))
            self.assertEqual(device.ask(message)['code'], 'decrypt_failed', wrong)
            self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        device.close()
        self.assertEqual(self.values('bound-1'), THREE * 3)

    def test_metrics(self):
        device = self.open('meter-1', self.add('meter-1'))
        before = self.metrics()
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        changed = device.d2(THREE)
        changed['ts'] += 1
        self.assertEqual(device.ask(changed)['code'], 'decrypt_failed')
        after = self.metrics()
        device.close()
        grown = {name: after[name] - before[name] for name in after}
        self.assertEqual((grown['sensor_decrypt_total'], grown['sensor_decrypt_failed_total'], grown['sensor_readings_total']), (1, 1, 3))
        self.assertGreaterEqual(grown['rest_seals_total'], 1)
        for name in ('sensor_decrypt_microseconds_total', 'rest_seal_microseconds_total', 'rest_seals_failed_total', 'key_age_seconds',
                     'key_rotations_total', 'key_cache_hits_total', 'key_cache_misses_total', 'sensor_keys_given_total'):
            self.assertIn(name, after)
        self.assertGreater(after['sensor_keys_given_total'], 0)

    def test_every_access_is_recorded(self):
        """A key that is given, readings that are read: who, what, how many."""
        def entries(kind):
            items = self.api('GET', '/api/v1/audit?limit=200')['items']
            return [item['entry'] for item in items if item['entry']['ev'] == kind and 'seen-1' in json.dumps(item['entry']['obj'])]
        device = self.open('seen-1', self.add('seen-1'))
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        device.close()
        self.assertEqual(self.values('seen-1'), THREE)
        wait_for(lambda: entries('sensor.key') and entries('reading.read'), 30, 'both are in the audit log')
        self.assertEqual(entries('sensor.key')[0]['obj']['epoch'], device.epoch)
        said = entries('reading.read')[0]
        self.assertTrue(said['actor']['k'] and said['res'] == 'ok', said)

    def metrics(self):
        return {name: int(value) for name, value in re.findall(r'^voltseal_(\w+) (-?\d+)$', self.api('GET', '/metrics'), re.M)}

    def test_kill(self):
        """What was answered is there after a kill -9, once; what was not is taken again."""
        token = self.add('kill-1')
        device = self.open('kill-1', token)
        salt = os.urandom(16)
        sent = [device.d2([('t', '', i)], n=i, salt=salt) for i in range(300)]
        for message in sent:
            device.socket.send(json.dumps(message))
        for _ in range(100):
            self.assertEqual(device.receive()['status'], 'success')
        self.daemon.kill()
        with self.assertRaises(ConnectionClosed):
            while True:
                device.receive()
        type(self).start()
        again = self.open('kill-1', token)
        codes = [again.ask(message) for message in sent]
        self.assertTrue(all(c.get('code') in (None, 'duplicate') for c in codes))
        self.assertTrue(all(c['code'] == 'duplicate' for c in codes[:100]))
        again.close()
        self.assertEqual(sorted(v for _, _, v in self.values('kill-1')), list(range(300)))

    def test_nothing_in_clear_on_disk(self):
        device = self.open('disk-1', self.add('disk-1'))
        self.assertEqual(device.ask(device.d2([('vibration-5f1c', '', 'reading-7a51-canary')]))['status'], 'success')
        device.close()
        self.assertEqual(self.values('disk-1'), [('vibration-5f1c', '', 'reading-7a51-canary')])
        for path in self.state.rglob('*'):
            if path.is_file():
                data = path.read_bytes()
                self.assertNotIn(b'reading-7a51-canary', data, path)
                self.assertNotIn(b'vibration-5f1c', data, path)


class Bound(Case):
    """JWTs of an issuer with Ed25519; and tokens that count with one client certificate only."""

    @staticmethod
    def make_issuer():
        return ed25519.Ed25519PrivateKey.generate()

    def certificate(self, name):
        """(file with certificate and key, x5t#S256 of it)"""
        key = ec.generate_private_key(ec.SECP256R1())
        self.api('POST', '/api/v1/stations', {'identity': name, 'auth': 'mtls'})
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])).sign(
            key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        made = self.api('POST', '/api/v1/certificates', {'csr': request, 'station': name})['certificate']
        path = self.state / f'{name}.pem'
        path.write_bytes(made.encode() + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                           serialization.NoEncryption()))
        return path, b64u(x509.load_pem_x509_certificate(made.encode()).fingerprint(hashes.SHA256()))

    def refused(self, device, token, **more):
        with self.assertRaises(ConnectionClosed) as refused:
            self.open(device, token, **more)
        return refused.exception.rcvd.code, refused.exception.rcvd.reason

    def test_eddsa(self):
        self.add('ed-1', token=False)
        self.assertEqual(self.refused('ed-1', self.jwt('ed-1', key=ec.generate_private_key(ec.SECP256R1()))), (4001, 'token'))
        self.assertEqual(self.refused('ed-1', self.jwt('ed-1', key=ed25519.Ed25519PrivateKey.generate())), (4001, 'token'))
        device = self.open('ed-1', self.jwt('ed-1'))
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        device.close()

    def test_a_session_ends_with_its_token(self):
        """Unless another token came before."""
        self.add('end-1', token=False)
        device = self.open('end-1', self.jwt('end-1', jti='short', life=3))
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        self.assertEqual(device.closed(), (4010, 'expired'))
        device = self.open('end-1', self.jwt('end-1', jti='short', life=3))
        self.assertEqual(device.ask({'type': 'reauth', 'token': self.jwt('end-1', jti='long')})['status'], 'success')
        over = time.time() + 4
        wait_for(lambda: time.time() > over, 10, 'the first token has ended')
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        # One that does not count ends it at once.
        device.socket.send(json.dumps({'type': 'reauth', 'token': self.jwt('end-1', jti='x', tid='t2')}))
        self.assertEqual(device.closed(), (4001, 'token'))

    def test_client_certificate(self):
        self.add('cnf-1', token=False)
        mine, thumbprint = self.certificate('cnf-1')
        other, _ = self.certificate('cnf-2')
        bound = self.jwt('cnf-1', cnf={'x5t#S256': thumbprint})
        self.assertEqual(self.refused('cnf-1', bound), (4001, 'token'))
        self.assertEqual(self.refused('cnf-1', bound, certificate=other), (4001, 'token'))
        device = self.open('cnf-1', bound, certificate=mine)
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        self.assertEqual(device.ask({'type': 'reauth', 'token': self.jwt('cnf-1', jti='again', cnf={'x5t#S256': thumbprint})})['status'],
                         'success')
        device.close()
        # One that is not bound counts with any certificate, and goes on in no session with what is bound to another.
        device = self.open('cnf-1', self.jwt('cnf-1', jti='free'), certificate=other)
        device.socket.send(json.dumps({'type': 'reauth', 'token': bound}))
        self.assertEqual(device.closed(), (4001, 'token'))


class Guessing(Case):
    """Who is not trusted, and guesses."""
    options = ('--trusted-prefixes', 'none')

    def test_guessed_tokens(self):
        token = self.add('safe-1')
        self.open('safe-1', token).close()
        for guess in range(300):
            try:
                with self.assertRaises(ConnectionClosed) as refused:
                    Device(self.ready['sensor_url'], self.ready['ca_file'], 'safe-1', f'vst_{guess:043}')
            except websockets.exceptions.InvalidStatusCode as held:
                self.assertEqual(held.status_code, 429)
                break
            self.assertEqual(refused.exception.rcvd.code, 4001)
        self.assertLess(guess, 299, 'nobody holds it back')
        # Not by the right one either: from there nobody is listened to.
        with self.assertRaises(websockets.exceptions.InvalidStatusCode):
            Device(self.ready['sensor_url'], self.ready['ca_file'], 'safe-1', token)


class Retained(Case):
    """What is older than its retention goes, and the audit log says so; what is not, stays."""
    options = ('--reading-retention', '2', '--event-retention', '2', '--session-retention', '0')

    def change(self, sql):
        with sqlite3.connect(self.state / 'voltseal.db', timeout=20) as database:
            database.execute(sql)
        database.close()

    def test_old_rows_go(self):
        device = self.open('old-1', self.add('old-1'))
        for i in range(4):
            self.assertEqual(device.ask(device.d2([('t', '', i)]))['status'], 'success')
        device.close()
        self.assertEqual([value for _, _, value in self.values('old-1')], [0, 1, 2, 3])
        self.assertEqual(self.daemon.stop(), 0)
        self.change("UPDATE reading SET received_ms = received_ms - 3 * 86400000 WHERE id <= 2")
        self.change("UPDATE reading SET received_ms = received_ms - 86400000 WHERE id = 3")
        type(self).start()
        wait_for(lambda: [value for _, _, value in self.values('old-1')] == [2, 3], 30, 'what is old is removed')
        metrics = self.api('GET', '/metrics')
        self.assertGreaterEqual(int(re.search(r'^voltseal_store_expired_total (\d+)$', metrics, re.M)[1]), 2)

        def entries():
            return [item['entry'] for item in self.api('GET', '/api/v1/audit?limit=100')['items'] if item['entry']['ev'] == 'data.expire']
        wait_for(entries, 30, 'the audit log says so')
        said, = [entry for entry in entries() if entry['obj']['table'] == 'reading']
        self.assertEqual((said['obj']['rows'], said['actor']['k']), (2, 'system'))


class Erased(Case):
    """The hierarchy of keys once more, from doc/protocol/keys.md and at-rest.md."""

    def ask(self, path, sql, *values):
        with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as database:
            rows = database.execute(sql, values).fetchall()
        database.close()
        return rows

    def unwrap(self, parent, wrapped, kind, key_id, version):
        self.assertEqual(wrapped[:2], b'\xe1\x01', 'the key is no key any more')
        aad = b'voltseal/wrap/v1\0' + lp(kind) + lp(TENANT) + lp(key_id) + struct.pack('>I', version)
        return AESGCM(parent).decrypt(wrapped[2:14], wrapped[14:], aad)

    def open_copies(self, store, keystore):
        root = self.root()
        (row_id, sealed), = self.ask(store, "SELECT id, payload FROM reading WHERE station = 'erase-1'")
        dek = int.from_bytes(sealed[2:6], 'big')
        (owner, period, version, kek_version, wrapped), = self.ask(
            keystore, 'SELECT owner, period, version, kek_version, wrapped FROM key WHERE key_id = ?', dek)
        (kek,), = self.ask(keystore, 'SELECT wrapped FROM tenant_kek WHERE tenant = ? AND version = ?', TENANT, kek_version)
        key = self.unwrap(self.unwrap(root, kek, 'tenant-kek', '', kek_version), wrapped, 'dek', f'{owner}/{period}', version)
        aad = b'voltseal/rest/v1\0' + lp(TENANT) + lp('reading') + lp('payload') + lp(row_id.to_bytes(8, 'big')) + struct.pack('>I', dek)
        return wrapped, json.loads(AESGCM(key).decrypt(sealed[6:18], sealed[18:], aad))

    def root(self):
        path, = (self.state / 'keys').glob('*.key')
        return path.read_bytes()

    def copy(self, name):
        """As a backup would: both files and their logs."""
        folder = self.state / 'copies' / name
        folder.mkdir(parents=True)
        for path in self.state.glob('*.db*'):
            shutil.copy(path, folder / path.name)
        return folder

    def test_erasure(self):
        """Before it, whoever has both databases and the root key reads; after it, neither the API, nor the databases with
        their logs, nor an older copy of the readings with the keystore of today."""
        device = self.open('erase-1', self.add('erase-1'))
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        self.assertEqual(self.values('erase-1'), THREE)
        older = self.copy('older')
        wrapped, readings = self.open_copies(older / 'voltseal.db', older / 'keystore.db')
        self.assertEqual([(r['sensor_type'], r['unit'], r['value']) for r in readings], THREE)
        self.api('POST', '/api/v1/keys/erase', {'station': 'erase-1', 'confirm': 'erase-1'})
        self.assertEqual(device.closed(), (4011, 'key'))
        wait_for(lambda: self.api('GET', '/api/v1/sensors/erase-1/readings')['unreadable'], 20, 'the erasure')
        wait_for(lambda: not self.api('GET', '/api/v1/keys/jobs?active=true')['items'], 20, 'the end of the job')
        self.assertEqual(self.values('erase-1'), [])
        today = self.copy('today')
        for store in (today, older):
            with self.assertRaisesRegex(AssertionError, 'no key any more'):
                self.open_copies(store / 'voltseal.db', today / 'keystore.db')
        for store, keystore, status in ((today, today, 0), (older, today, 0), (older, older, 65)):
            proof = subprocess.run([BUILD / 'voltseal', 'key', 'proof', 'erase-1', '--database', store / 'voltseal.db', '--keystore',
                                    keystore / 'keystore.db', '-o', 'json'], capture_output=True, text=True)
            self.assertEqual(proof.returncode, status, proof.stdout + proof.stderr)
            said = json.loads(proof.stdout)
            self.assertGreaterEqual(said['rows'], 1)
            self.assertEqual((said['readable'] == 0, said['keys_left'] == 0), (status == 0, status == 0))
        told = subprocess.run([BUILD / 'voltseal', 'key', 'proof', 'erase-1', '--database', older / 'voltseal.db', '--keystore',
                               today / 'keystore.db'], capture_output=True, text=True, check=True).stdout
        self.assertRegex(told, r'reading +payload +1 +key \d+ +\d{4}-\d\d +destroyed +\d{4}-')
        self.assertIn('erase.begin by ', told)
        for path in sorted(today.iterdir()):
            self.assertNotIn(wrapped, path.read_bytes(), path)


    def test_a_person(self):
        """An operator is erased like a device: the login that was given is sealed with keys of that person alone."""
        user = self.api('POST', '/api/v1/users', {'login': 'ann@erased.example', 'role': 'viewer'})['id']
        self.assertIn('ann@erased.example', json.dumps(self.api('GET', '/api/v1/users')))
        older = self.copy('older-person')
        self.api('POST', '/api/v1/keys/erase', {'station': user, 'confirm': user})
        wait_for(lambda: not self.api('GET', '/api/v1/keys/jobs?active=true')['items'], 20, 'the end of the job')
        self.assertNotIn('ann@erased.example', json.dumps(self.api('GET', '/api/v1/users')))
        today = self.copy('today-person')
        for store, keystore, status in ((today, today, 0), (older, today, 0), (older, older, 65)):
            proof = subprocess.run([BUILD / 'voltseal', 'key', 'proof', user, '--database', store / 'voltseal.db', '--keystore',
                                    keystore / 'keystore.db', '-o', 'json'], capture_output=True, text=True)
            self.assertEqual(proof.returncode, status, proof.stdout + proof.stderr)
            self.assertGreaterEqual(json.loads(proof.stdout)['rows'], 1)


class Compat(Case):
    options = ('--sensor-least', 'd1')

    def test_d1(self):
        """The program of the requirement document."""
        device = self.open('compat-1', self.add('compat-1'))
        self.assertEqual(device.info['type'], 'device_info')
        self.assertEqual(device.info['device_uuid'], 'compat-1')
        self.assertTrue(device.info['encryption_enabled'])
        self.assertEqual(device.ask(device.d1([('temperature', 'C', 25.4), ('pressure', 'hPa', 1013.25), ('s', '', 'on')])),
                         {'status': 'success', 'message': '3 readings received and saved'})
        self.assertEqual(device.ask({'sensor_type': 'temperature', 'value': 25.4})['code'], 'downgrade')
        self.assertEqual(device.ask(device.d2(THREE))['status'], 'success')
        self.assertEqual(device.ask(device.d1(THREE))['code'], 'downgrade')
        device.close()
        self.assertEqual(self.values('compat-1')[:3],
                         [('temperature', 'C', 25.4), ('pressure', 'hPa', 1013.25), ('s', '', 'on')])

    def test_d1m(self):
        device = self.open('mac-1', self.add('mac-1'))
        self.assertEqual(device.ask(device.d1m(THREE[:2], 4))['status'], 'success')
        self.assertEqual(device.ask(device.d1m(THREE[:2], 4))['code'], 'duplicate')
        self.assertIn(device.ask(device.d1m(THREE[:2], 3))['code'], ('duplicate', 'resync'))
        changed = device.d1m(THREE[:2], 5)
        changed['readings'][0]['unit'] = 'F'
        self.assertEqual(device.ask(changed)['code'], 'decrypt_failed')
        self.assertEqual(device.ask(device.d1(THREE))['code'], 'downgrade')
        device.close()

    def test_padding_oracle(self):
        """Vaudenay's attack on a value that was overheard, against D1: 2 200 questions would do, and there are 20."""
        token = self.add('oracle-1')
        device = self.open('oracle-1', token)
        overheard = base64.b64decode(device.cbc('25.4'))
        answers, asked, closes = set(), 0, []
        while asked < 2000:
            block = bytearray(overheard)
            block[15] ^= asked % 256 or 77
            forged = {'readings': [{'sensor_type': 't', 'value': base64.b64encode(bytes(block)).decode(), 'unit': '',
                                    'encrypted': True}]}
            try:
                answer = device.ask(forged)
                asked += 1
                answers.add(json.dumps(answer, sort_keys=True))
            except ConnectionClosed as closed:
                closes.append(closed.rcvd.code)
                try:
                    device = self.open('oracle-1', token)
                except ConnectionClosed as kept_out:
                    closes.append(kept_out.rcvd.code)
                    break
        self.assertLessEqual(asked, 20)
        self.assertEqual(closes[0], 4011)
        self.assertEqual(closes[-1], 4012)
        refused = {a for a in answers if 'error' in a}
        self.assertEqual(len(refused), 1)


if __name__ == '__main__':
    unittest.main()
