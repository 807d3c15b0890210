# SPDX-License-Identifier: Apache-2.0
"""Two tenants, every operation that the daemon itself lists, every role: what belongs to the other tenant gets the very
answer that a thing gets which does not exist, and no list, stream or socket shows a trace of it.

An operation that is new fails here until BODIES or PLAIN names it: none can be forgotten.
"""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID
from websockets.exceptions import ConnectionClosed

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import framed_peer  # noqa: E402
import test_sensors as sensors  # noqa: E402
from broker import Broker  # noqa: E402
from make_broker import free_port  # noqa: E402
from harness import Child, Daemon, wait_for  # noqa: E402
from test_provision import Device as Newcomer, is_refused  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
ROLES = {'viewer': {'viewer'}, 'operator': {'viewer', 'operator'}, 'auditor': {'viewer', 'auditor'},
         'administrator': {'viewer', 'operator', 'auditor', 'administrator'}}
PASSWORD = 'correct horse battery staple'

# Operations that take a body: what is asked with it, about a station, device or name of either kind.
BODIES = {
    'station_add': lambda t: {'identity': t['station']}, 'station_change': lambda t: {'enabled': False},
    'station_password': lambda t: {}, 'station_rotate': lambda t: {},
    'command_send': lambda t: {'action': 'Reset', 'payload': {'type': 'Immediate'}},
    'keys_create': lambda t: {'station': t['station'], 'channel': 'psk'}, 'keys_rotate': lambda t: {'station': t['station']},
    'keys_revoke': lambda t: {'station': t['station']}, 'keys_destroy': lambda t: {'station': t['station'], 'epoch': 1},
    'keys_erase': lambda t: {'station': t['station'], 'confirm': t['station']}, 'keys_rewrap': lambda t: {'root': True},
    'certificate_issue': lambda t: {'csr': t['csr'], 'station': t['station']},
    'certificate_renew': lambda t: {'csr': t['csr']}, 'certificate_revoke': lambda t: {'reason': 'changed'},
    'enrolment_add': lambda t: {'identity': t['station']},
    'registry_verify': lambda t: {'identity': t['station'], 'password': 'x' * 20},
    'sensor_revoke': lambda t: {}, 'user_change': lambda t: {'role': 'viewer'}, 'user_invite': lambda t: None,
    'node_drain': lambda t: {}, 'node_resume': lambda t: None,
    'rotation_confirm': lambda t: {'station': t['station']}, 'rotation_finish': lambda t: {},
    'log_ask': lambda t: {}, 'firmware_send': lambda t: {'station': t['station']}, 'firmware_image': lambda t: None,
    'claim_add': lambda t: {'identity': t['station']}, 'claim_device': lambda t: {'action': 'delete-now'},
    'tenant_add': lambda t: {'id': t['tenant']}, 'tenant_change': lambda t: {'enabled': False},
    'tenant_invite': lambda t: {'login': 'x'}, 'tenant_erase': lambda t: {'confirm': t['tenant']},
}
# Operations that name nothing of a tenant but what is in their path, or nothing at all.
PLAIN = {
    'overview', 'openapi', 'metrics', 'certificates_reload', 'certificates_inventory', 'ca_show', 'rotation_show', 'rotation_begin',
    'rotation_abort', 'events_recent', 'me_show', 'logout', 'charge_points_command',
}
# They change who asks, or add a thing of one's own whose name can meet nothing of others: told apart below.
OWN = {'firmware_add', 'token_put', 'sensor_put', 'user_add', 'api_token_add', 'me_password', 'me_totp_begin', 'me_totp_confirm', 'me_totp_remove',
       'me_logout', 'me_passkeys', 'me_passkey_begin', 'me_passkey_add', 'me_passkey_remove'}
# Which kind of id a path takes, by the first folder below /api/v1.
KINDS = {'stations': 'station', 'commands': 'command', 'transactions': 'transaction', 'certificates': 'certificate',
         'enrolments': 'enrolment', 'audit': 'audit', 'events': 'event', 'sensors': 'sensor', 'users': 'user', 'api-tokens': 'api_token',
         'tenants': 'tenant', 'nodes': 'tenant', 'firmware': 'firmware', 'claims': 'claim', 'files': 'file'}


def request_for(name, key=None):
    """A PKCS#10 request for a new key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


class Permutation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.issuer = ec.generate_private_key(ec.SECP256R1())
        pem = pathlib.Path(cls.folder.name) / 'issuer.pem'
        pem.write_bytes(cls.issuer.public_key().public_bytes(serialization.Encoding.PEM,
                                                             serialization.PublicFormat.SubjectPublicKeyInfo))
        # Without access lists: whoever owns the broker may publish anywhere.
        cls.broker = Broker(pathlib.Path(cls.folder.name) / 'broker', acl=False)
        cls.addClassCleanup(cls.broker.stop)
        cls.daemon = Daemon(BUILD, pathlib.Path(cls.folder.name) / 'state', '--stations', '1', '--jwt-key', pem,
                            '--insecure-framed-port', str(free_port()), *cls.broker.options())
        cls.addClassCleanup(cls.daemon.stop)
        cls.ready = cls.daemon.ready
        cls.url = urllib.parse.urlsplit(cls.ready['api_url'])
        cls.tls = ssl.create_default_context(cafile=cls.ready['ca_file'])
        cls.master = {'Authorization': f"Bearer {cls.ready['admin_token']}"}
        cls.page = {'Origin': cls.ready['api_url'], 'X-Requested-With': 'voltseal'}
        cls.acme, cls.zeta = cls.settle('acme'), cls.settle('zeta')
        # Of the same form as those of acme, and there are none.
        cls.nothing = {**cls.acme, 'station': 'acme.NO', 'sensor': 'no-press', 'tenant': 'nowhere', 'csr': cls.acme['csr'],
                       'user': 'u:0123456789abcdef', 'api_token': '0123456789abcdef', 'enrolment': '0123456789abcdef',
                       'command': '0193e000-0000-7000-8000-000000000000', 'transaction': 'no-such-transaction',
                       'certificate': '0' * len(cls.acme['certificate']), 'claim': 'abcdefghij0123456789',
                       'audit': cls.acme['audit'].split(':')[0] + ':99999999', 'event': 99999999}

    @classmethod
    def ask(cls, method, path, body=None, headers=None):
        conn = http.client.HTTPSConnection(cls.url.hostname, cls.url.port, context=cls.tls, timeout=60)
        headers = dict(headers or {})
        if body is not None:
            headers['Content-Type'] = 'application/json'
            body = json.dumps(body).encode()
        conn.request(method, path, body, headers)
        response = conn.getresponse()
        stream = response.headers.get('Content-Type', '').startswith('text/event-stream')
        text = '' if stream else response.read().decode()
        conn.close()
        return response.status, text, response.headers

    @classmethod
    def take(cls, method, path, body=None, headers=None):
        status, text, _ = cls.ask(method, path, body, headers)
        assert status < 300, f'{method} {path}: {status} {text}'
        return json.loads(text) if text else None

    @classmethod
    def settle(cls, name):
        """A tenant with one of everything."""
        cls.take('POST', '/api/v1/tenants', {'id': name, 'label': f'The {name}'}, cls.master)
        ann = cls.take('POST', f'/api/v1/tenants/{name}/invite', {'login': f'ann@{name}.example'}, cls.master)
        status, text, headers = cls.ask('POST', '/login/invitation', {'invitation': ann['invitation'], 'password': PASSWORD}, cls.page)
        assert status == 204, text
        own = {**cls.page, 'Cookie': headers['Set-Cookie'].split(';')[0]}
        me = {'tenant': name, 'station': f'{name}.CS-1', 'user': ann['id'], 'cookie': own, 'roles': {}, 'label': f'label-of-{name}',
              'sensor': f'press-of-{name}', 'id_token': f'T-{name}', 'firmware': 'no-image', 'file': 'no-file', 'csr': request_for(f'{name}.CS-1')}
        for role in ROLES:
            token = cls.take('POST', '/api/v1/api-tokens', {'label': me['label'], 'role': role}, own)
            me['roles'][role] = {'Authorization': f"Bearer {token['token']}"}
            me['api_token'] = token['id']
        own = me['roles']['administrator']
        me['password'] = cls.take('POST', '/api/v1/stations', {'identity': me['station']}, own)['password']
        cls.take('POST', '/api/v1/tokens', {'token': me['id_token']}, own)
        cls.take('POST', '/api/v1/keys', {'station': me['station'], 'channel': 'prov'}, own)
        me['device_token'] = cls.take('POST', '/api/v1/sensors', {'device': me['sensor']}, own)['token']
        me['bundle'] = cls.take('POST', '/api/v1/claims', {'auth': 'mtls+basic'}, own)['bundle']
        me['claim'] = me['bundle']['claim_id']
        me['psk'] = cls.take('POST', '/api/v1/keys', {'station': me['station'], 'channel': 'psk'}, own)
        me['key'] = ec.generate_private_key(ec.SECP256R1())
        cls.take('POST', '/api/v1/stations', {'identity': f'{name}.CS-3', 'auth': 'mtls'}, own)
        me['own_certificate'] = cls.take('POST', '/api/v1/certificates', {'csr': request_for(f'{name}.CS-3', me['key']),
                                                                          'station': f'{name}.CS-3'}, own)['certificate']
        me['reading'] = f'measured-by-{name}'
        with cls.sensor_of(me) as device:
            assert device.ask(device.d2([(me['reading'], '', 1)]))['status'] == 'success'
        me['enrolment'] = cls.take('POST', '/api/v1/enrolments', {'identity': f'{name}.CS-2'}, own)['id']
        me['certificate'] = cls.take('POST', '/api/v1/certificates', {'csr': me['csr'], 'station': me['station']}, own)['serial']
        file = pathlib.Path(cls.folder.name) / f'{name}.password'
        file.write_text(me['password'])
        me['sim'] = Child([BUILD / 'voltseal-sim', 'station', '--url', cls.ready['ocpp_url'], '--ca', cls.ready['ca_file'],
                           '--id', me['station'], '--password-file', file, '--scenario', 'demo', '--token', me['id_token']],
                          pathlib.Path(cls.folder.name) / f'{name}.log')
        cls.addClassCleanup(me['sim'].stop)
        wait_for(lambda: cls.take('GET', '/api/v1/transactions', None, own)['items'], 60, f'{name} charges')
        me['transaction'] = cls.take('GET', '/api/v1/transactions', None, own)['items'][0]['id']
        me['command'] = cls.take('POST', f"/api/v1/stations/{me['station']}/commands",
                                 {'action': 'TriggerMessage', 'payload': {'requestedMessage': 'Heartbeat'}, 'wait_s': 20}, own)['id']
        wait_for(lambda: cls.take('GET', '/api/v1/audit', None, own)['items'], 20, 'entries lie below a checkpoint')
        cls.take('POST', f"/api/v1/stations/{me['station']}/commands",
                 {'action': 'TriggerMessage', 'payload': {'requestedMessage': 'FirmwareStatusNotification'}, 'wait_s': 20}, own)
        wait_for(lambda: cls.take('GET', '/api/v1/events', None, own)['items'], 20, 'something has happened')
        me['event'] = cls.take('GET', '/api/v1/events', None, own)['items'][0]['id']
        me['audit'] = cls.take('GET', '/api/v1/audit', None, own)['items'][0]['id']
        return me

    @classmethod
    def sensor_of(cls, of, token=None):
        """Its device, connected; one that comes too early comes again."""
        end = time.monotonic() + 20
        while True:
            try:
                return contextlib.closing(sensors.Device(cls.ready['sensor_url'], cls.ready['ca_file'], of['sensor'],
                                                         token or of['device_token'], tenant=of['tenant']))
            except ConnectionClosed as closed:
                if closed.rcvd.code != 1013 or time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def operations(self):
        document = self.take('GET', '/api/v1/openapi.json', None, self.zeta['roles']['viewer'])
        for path, item in document['paths'].items():
            for method, operation in item.items():
                yield operation['operationId'], method.upper(), path, operation

    def place(self, path, of):
        path = path.replace('{path}', '2026-11/checkpoint')
        if '{id}' not in path:
            return path
        return path.replace('{id}', urllib.parse.quote(str(of[KINDS[path.split('/')[3]]]), safe=''))

    def without_ids(self, text, *those):
        """The answer without what is of this request alone."""
        text = re.sub(r'"(request_id|key|\w+_at|until)":"[^"]*"|"id":\d+', '', text)
        for of in those:
            for word in sorted((word for word in of.values() if isinstance(word, str) and len(word) > 3), key=len, reverse=True):
                text = text.replace(word, '*')
        return text

    def traces(self, of):
        return [of[name] for name in ('station', 'sensor', 'user', 'label', 'id_token', 'enrolment', 'certificate', 'api_token',
                                      'transaction', 'command', 'claim', 'reading')] + [f'@{of["tenant"]}.example', f'"{of["tenant"]}"']

    def test_1_no_list_has_a_trace_of_them(self):
        for name, method, path, operation in self.operations():
            if method != 'GET' or '{' in path or operation.get('security') == [] or path.endswith('/stream'):
                continue
            for role, headers in self.zeta['roles'].items():
                for query in ('', '?limit=500') + (('?station=' + self.acme['station'],)
                                                   if 'station' in str(operation.get('parameters')) else ()):
                    status, text, _ = self.ask(method, path + query, None, headers)
                    for trace in self.traces(self.acme):
                        self.assertNotIn(trace, text, f'{name} {role} {query}')
        # And where the permitted role looks there is something: the same question of its own answers.
        _, text, _ = self.ask('GET', '/api/v1/stations', None, self.zeta['roles']['viewer'])
        self.assertIn(self.zeta['station'], text)

    def test_2_nobody_has_the_other_ones(self):
        seen = 0
        for name, method, path, operation in self.operations():
            if operation.get('security') == [] or name in OWN or path.endswith('/stream'):
                continue
            takes_body = 'requestBody' in operation
            self.assertTrue(name in PLAIN or name in BODIES or not takes_body, f'{name} is new: name it in BODIES or PLAIN')
            self.assertTrue('{id}' not in path or path.split('/')[3] in KINDS, f'{path} is new: name it in KINDS')
            if '{id}' not in path and name not in BODIES and operation.get('x-scope') != 'platform':
                self.assertTrue(method == 'GET' or name in PLAIN, f'{name} is new: name it in BODIES or PLAIN')
                continue  # a list: above
            make = BODIES.get(name, lambda of: None)
            for role, headers in self.zeta['roles'].items():
                with self.subTest(operation=name, role=role):
                    theirs = self.ask(method, self.place(path, self.acme), make(self.acme), headers)
                    none = self.ask(method, self.place(path, self.nothing), make(self.nothing), headers)
                    permitted = operation['x-role'] in ROLES[role] and operation['x-scope'] == 'tenant'
                    if not permitted:
                        self.assertEqual(403, theirs[0], theirs[1])
                    elif not name.startswith('keys_'):  # a key of that name is one's own, below one's own key
                        self.assertTrue(theirs[0] >= 400 or '"items":[]' in theirs[1] or '"valid":false' in theirs[1]
                                        or name == 'readings_series' or theirs[1] == '', theirs[1])
                    self.assertEqual(none[0], theirs[0], f'{theirs[1]} against {none[1]}')
                    self.assertEqual(self.without_ids(none[1], self.nothing), self.without_ids(theirs[1], self.acme))
                    seen += 1
        self.assertGreater(seen, 150)

    def test_3_what_the_installation_has_stays_there(self):
        for name, method, path, operation in self.operations():
            if operation.get('x-scope') != 'platform':
                continue
            for of in (self.acme, self.zeta):
                status, text, _ = self.ask(method, self.place(path, of), BODIES.get(name, lambda t: None)(of),
                                           of['roles']['administrator'])
                self.assertEqual(403, status, f'{name}: {text}')
        # Who looks after the installation sees no station of a tenant either.
        for path in ('/api/v1/stations', '/api/v1/transactions', '/api/v1/users', '/api/v1/tokens', '/api/v1/events?limit=500'):
            _, text, _ = self.ask('GET', path, None, self.master)
            self.assertNotIn(self.acme['station'], text, path)
            self.assertNotIn(self.acme['user'], text, path)
        self.assertEqual(404, self.ask('GET', '/api/v1/stations/' + self.acme['station'], None, self.master)[0])

    def test_4_nobody_and_those_who_are_no_longer(self):
        token = self.take('POST', '/api/v1/api-tokens', {'role': 'administrator'}, self.zeta['roles']['administrator'])
        gone = {'Authorization': f"Bearer {token['token']}"}
        self.assertEqual(200, self.ask('GET', '/api/v1/me', None, gone)[0])
        self.take('DELETE', f"/api/v1/api-tokens/{token['id']}", None, self.zeta['roles']['administrator'])
        for name, method, path, operation in self.operations():
            if operation.get('security') == []:
                continue
            for headers in ({}, gone, {'Authorization': 'Bearer vso_' + '0' * 16 + '_x'}, {'Cookie': '__Host-sid=' + 'A' * 43}):
                self.assertEqual(401, self.ask(method, self.place(path, self.acme), None, headers)[0], name)

    def listen(self, headers, seconds, into):
        conn = http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.tls, timeout=seconds)
        conn.request('GET', '/api/v1/events/stream', headers=headers)
        response = conn.getresponse()
        try:
            while line := response.readline():
                into.append(line.decode())
        except (TimeoutError, OSError):
            pass
        conn.close()

    def test_5_live_events_are_of_one_tenant(self):
        lines = {'acme': [], 'zeta': []}
        threads = [threading.Thread(target=self.listen, args=(of['roles']['viewer'], 5, lines[of['tenant']]), daemon=True)
                   for of in (self.acme, self.zeta)]
        for thread in threads:
            thread.start()
        wait_for(lambda: all('"station":"' in ''.join(text) for text in lines.values()), 30, 'both hear of their stations')
        self.assertIn(self.acme['station'], ''.join(lines['acme']))
        self.assertNotIn(self.zeta['station'], ''.join(lines['acme']))
        self.assertNotIn(self.acme['station'], ''.join(lines['zeta']))

    def upgrade(self, url, path, user, password):
        url = urllib.parse.urlsplit(url)
        conn = http.client.HTTPSConnection(url.hostname, url.port, context=self.tls, timeout=30)
        basic = base64.b64encode(f'{user}:{password}'.encode()).decode()
        conn.request('GET', path, headers={'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13',
                                           'Sec-WebSocket-Key': base64.b64encode(b'0' * 16).decode(),
                                           'Sec-WebSocket-Protocol': 'ocpp2.0.1', 'Authorization': f'Basic {basic}'})
        response = conn.getresponse()
        text = '' if response.status == 101 else response.read().decode()
        conn.close()
        return response.status, re.sub(r'[0-9a-f]{12,}', '', text)

    def test_6_a_station_is_of_its_tenant(self):
        url = self.ready['ocpp_url']
        # The password of one's own, for the identity of the other's: as for one that nobody has.
        theirs = self.upgrade(url, f"/ocpp/{self.acme['station']}", self.acme['station'], self.zeta['password'])
        none = self.upgrade(url, '/ocpp/acme.NO', 'acme.NO', self.zeta['password'])
        self.assertEqual(401, theirs[0])
        self.assertEqual(none, theirs)
        # No name of the other's can be taken, whether they use it or not, and none that looks like it.
        for identity in (self.acme['station'], 'acme.NO', 'CS-1', 'acme', 'zeta', 'zeta.', 'Zeta.CS-9', 'zetax.CS-1'):
            status, text, _ = self.ask('POST', '/api/v1/stations', {'identity': identity}, self.zeta['roles']['administrator'])
            self.assertEqual(422, status, f'{identity}: {text}')
        status, text, _ = self.ask('POST', '/api/v1/stations', {'identity': 'acme.CS-9'}, self.master)
        self.assertEqual(422, status, text)

    def upgrade_with(self, of, path):
        """By the certificate of one's own station."""
        tls = ssl.create_default_context(cafile=self.ready['ca_file'])
        pem = pathlib.Path(self.folder.name) / f'{of["tenant"]}.pem'
        pem.write_bytes(of['own_certificate'].encode() + of['key'].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        tls.load_cert_chain(pem)
        url = urllib.parse.urlsplit(self.ready['ocpp_url'])
        conn = http.client.HTTPSConnection(url.hostname, url.port, context=tls, timeout=30)
        conn.request('GET', path, headers={'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13',
                                           'Sec-WebSocket-Key': base64.b64encode(b'0' * 16).decode(),
                                           'Sec-WebSocket-Protocol': 'ocpp2.0.1'})
        response = conn.getresponse()
        text = '' if response.status == 101 else response.read().decode()
        conn.close()
        return response.status, re.sub(r'[0-9a-f]{12,}', '', text)

    def test_6_a_certificate_is_of_its_tenant(self):
        self.assertEqual(101, self.upgrade_with(self.zeta, '/ocpp/zeta.CS-3')[0])
        theirs, none = (self.upgrade_with(self.zeta, f'/ocpp/acme.{name}') for name in ('CS-3', 'NO'))
        self.assertEqual(401, theirs[0])
        self.assertEqual(none, theirs)

    def jwt(self, tenant, device):
        now = int(time.time())
        claims = {'iss': 'voltseal', 'aud': 'voltseal-sensors', 'sub': device, 'tid': tenant, 'jti': f'{tenant}-{device}', 'iat': now,
                  'exp': now + 600}
        text = '.'.join(sensors.b64u(json.dumps(part).encode()) for part in ({'alg': 'ES256', 'typ': 'JWT'}, claims))
        r, s = utils.decode_dss_signature(self.issuer.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f'{text}.' + sensors.b64u(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))

    def sensor_close(self, token, *messages):
        """What a sensor device is told until it is disconnected, and how."""
        context = ssl.create_default_context(cafile=self.ready['ca_file'])
        socket = sensors.Socket(self.ready['sensor_url'], context, {'Authorization': f'Bearer {token}'})
        said = []
        try:
            for message in messages:
                said.append(json.loads(socket.recv())['type'])
                socket.send(json.dumps(message))
            while True:
                said.append(socket.recv())
        except ConnectionClosed as end:
            return said, end.rcvd.code, end.rcvd.reason

    def test_6_a_sensor_device_is_of_its_tenant(self):
        """The issuer of JWTs is the installation's: what it says of the tenant decides, and nothing else."""
        none = self.sensor_close(self.jwt('zeta', 'no-press'))
        self.assertEqual(none, ([], 4001, 'token'))
        self.assertEqual(none, self.sensor_close(self.jwt('zeta', self.acme['sensor'])))
        self.assertEqual(none, self.sensor_close(self.jwt('acme', self.zeta['sensor'])))
        self.assertEqual(none, self.sensor_close(self.jwt('none', self.acme['sensor'])))
        self.assertEqual(none, self.sensor_close('vst_' + 'A' * 43))
        # Within a session of one's own: the other's name, and one that nobody has.
        wait_for(lambda: self.sensor_close(self.zeta['device_token'], {'device_id': 'no-press', 'sensor_type': 't', 'value': 1})[1] != 1013,
                 20, 'its last connection has ended')
        theirs, none = (self.sensor_close(self.zeta['device_token'], {'device_id': name, 'sensor_type': 't', 'value': 1})
                        for name in (self.acme['sensor'], 'no-press'))
        self.assertEqual((['device_info'], 4015, 'identity'), theirs)
        self.assertEqual(none, theirs)
        # Another tenant's token does not go on where one's own has begun, and the other's device is like none.
        for name in (self.acme['sensor'], 'no-press'):
            with self.sensor_of(self.zeta, self.jwt('zeta', self.zeta['sensor'])) as device:
                device.socket.send(json.dumps({'type': 'reauth', 'token': self.jwt('acme' if name != 'no-press' else 'zeta', name)}))
                self.assertEqual((4001, 'token'), device.closed())
        with self.sensor_of(self.zeta, self.jwt('zeta', self.zeta['sensor'])) as device:
            # Sealed by the right key, for the other tenant.
            device.tenant = 'acme'
            self.assertEqual('decrypt_failed', device.ask(device.d2([('t', '', 1)]))['code'])
            device.tenant = 'zeta'
            self.assertEqual('success', device.ask(device.d2([('t', '', 1)]))['status'])
        _, text, _ = self.ask('GET', f'/api/v1/sensors/{self.acme["sensor"]}/readings', None, self.acme['roles']['viewer'])
        self.assertIn(self.acme['reading'], text)

    def framed(self, *frames):
        """What Central answers until it hangs up, or has refused."""
        wire = framed_peer.Wire(self.ready['framed_url'], self.ready['ca_file'])
        said = []
        try:
            for frame in frames:
                wire.frame(frame)
                said.append(wire.receive())
        except framed_peer.Closed:
            said.append('closed')
        wire.close()
        return said

    def test_6_a_charge_point_of_the_framed_network_is_of_its_tenant(self):
        def come(name):
            wire, answer = framed_peer.authenticate(self.ready['framed_compat_url'], self.ready['ca_file'], name, self.zeta['password'])
            wire.close()
            return answer.replace(name, '*')
        self.assertEqual('DENY#*#AUTHENTICATION_FAILED#INVALID_CREDENTIALS', come(self.acme['station']))
        self.assertEqual(come('acme.NO'), come(self.acme['station']))
        # By the key of one's own, for the other's charge point and for one that there is not.
        psk, kid = base64.b64decode(self.zeta['psk']['key']), self.zeta['psk']['epoch']
        said = []
        for name in (self.acme['station'], 'acme.NO'):
            noise = framed_peer.Noise(framed_peer.enc('voltseal/a2', 'acme', name, 'framed/2', framed_peer.u32(kid), framed_peer.u32(1)), psk)
            said.append(self.framed(f'N1#acme#{name}#{kid}#'.encode() + framed_peer.b64u(noise.first(b'{"v":1}'))))
        self.assertFalse(any(str(answer).startswith("('data', b'N2") for answer in said[0]))
        self.assertEqual(said[1], said[0])

    def test_6_a_claim_is_of_its_tenant(self):
        """With everything that the owner of the broker can do, and a claim of one's own."""
        class World:
            broker = self.broker
        ours, theirs = (Newcomer(World, of['bundle'], f'{of["tenant"]}.MQ-1') for of in (self.zeta, self.acme))
        nobody = Newcomer(World, {**self.acme['bundle'], 'claim_id': 'q' * 20}, 'acme.MQ-1')
        moved = Newcomer(World, {**self.zeta['bundle'], 'tenant': 'acme'}, 'acme.MQ-1', client_id='moved')
        for device in (ours, theirs, nobody, moved):
            self.addCleanup(device.close)
        for name in (self.acme['station'], 'acme.NO'):  # names of the other's, with a claim of one's own
            ours.name = name
            self.assertTrue(is_refused(ours.send(ours.request())), name)
        ours.name = 'zeta.MQ-1'
        answers = [theirs.send(ours.request()),   # one's own claim in the other's topic
                   moved.send(moved.request()),   # the same, as if it were of that tenant
                   nobody.send(nobody.request())]  # a claim that there is not
        self.assertTrue(all(is_refused(answer) for answer in answers), answers)
        self.assertEqual(1, len({len(answer) for answer in answers}))
        claim = self.take('GET', f'/api/v1/claims/{self.acme["claim"]}', None, self.acme['roles']['viewer'])
        self.assertEqual('open', claim['state'])
        self.assertEqual('ok', ours.ask(ours.request())[0]['result'])

    def rows(self, sql, *values):
        """Beside the daemon, in its database."""
        with sqlite3.connect(self.daemon.state / 'voltseal.db', timeout=30) as database:
            rows = database.execute(sql, values).fetchall()
        database.close()
        return rows

    def damaged(self):
        return int(re.search(r'^voltseal_store_damaged_total (\d+)$', self.ask('GET', '/metrics', None, self.master)[1], re.M)[1])

    def test_7_a_sealed_row_of_another_tenant_does_not_open(self):
        """Whoever can write into the database gives zeta what acme's devices and stations said: it stays sealed, and that is
        noticed."""
        for table, kind, which, path in (
                ('reading', 'sensor', '', '/api/v1/sensors/{sensor}/readings'),
                ('event', 'station', "AND type = 'FirmwareStatusNotification'", '/api/v1/events?limit=500'),
                ('command', 'station', f"AND id = '{self.acme['command']}'", f"/api/v1/commands/{self.acme['command']}")):
            def ask(of, path=path):
                return self.ask('GET', path.format(**of), None, of['roles']['viewer'])[1]
            ids = [row[0] for row in self.rows(f'SELECT id FROM {table} WHERE tenant = ? AND station = ? {which}', 'acme', self.acme[kind])]
            self.assertGreater(len(ids), 0, table)

            def give(of, table=table, kind=kind, ids=ids):
                self.rows(f"UPDATE {table} SET tenant = ?, station = ? WHERE id IN ({','.join('?' * len(ids))})", of['tenant'], of[kind], *ids)
            before = self.damaged()
            give(self.zeta)
            text = ask(self.zeta)
            give(self.acme)
            self.assertGreater(self.damaged(), before, table)
            self.assertRegex(text, '"unreadable":(true|")', table)
            self.assertNotIn(self.acme['reading'], text)
            self.assertNotRegex(ask(self.acme), '"unreadable":(true|")', table)

    def test_7_a_login_is_of_its_tenant(self):
        def come(tenant, login, password=PASSWORD):
            status, text, _ = self.ask('POST', '/login/password', {'tenant': tenant, 'login': login, 'password': password}, self.page)
            return status, self.without_ids(text)

        self.assertEqual(204, come('acme', 'ann@acme.example')[0])
        nobody = come('acme', 'nobody')
        self.assertEqual(401, nobody[0])
        self.assertEqual(nobody, come('zeta', 'ann@acme.example'))
        self.assertEqual(nobody, come('none', 'ann@acme.example'))
        self.assertEqual(nobody, come('default', 'ann@acme.example'))
        self.assertEqual(nobody, come('acme', 'ann@acme.example', 'correct horse battery'))

    def test_8_a_tenant_that_is_closed(self):
        session = self.acme['cookie']
        self.assertEqual(200, self.ask('GET', '/api/v1/me', None, session)[0])
        device = self.enterContext(self.sensor_of(self.acme))
        self.take('PATCH', '/api/v1/tenants/acme', {'enabled': False}, self.master)
        # A sensor device of it is disconnected, and not let in again, by token or JWT.
        self.assertEqual((4003, 'forbidden'), device.closed())
        for token in (self.acme['device_token'], self.jwt('acme', self.acme['sensor'])):
            said, code, _ = self.sensor_close(token)
            self.assertEqual([], said)
            self.assertIn(code, (4001, 4003))
        for headers in (session, self.acme['roles']['administrator']):
            self.assertEqual(401, self.ask('GET', '/api/v1/me', None, headers)[0])
        self.assertEqual(401, self.ask('POST', '/login/password', {'tenant': 'acme', 'login': 'ann@acme.example',
                                                                   'password': PASSWORD}, self.page)[0])
        wait_for(lambda: self.upgrade(self.ready['ocpp_url'], f"/ocpp/{self.acme['station']}", self.acme['station'],
                                      self.acme['password'])[0] != 101, 20, 'its station is not let in')
        self.assertEqual(200, self.ask('GET', '/api/v1/me', None, self.zeta['roles']['viewer'])[0])
        self.take('PATCH', '/api/v1/tenants/acme', {'enabled': True}, self.master)
        self.assertEqual(200, self.ask('GET', '/api/v1/me', None, self.acme['roles']['viewer'])[0])
        self.assertEqual(401, self.ask('GET', '/api/v1/me', None, session)[0], 'its sessions are over')
        with self.sensor_of(self.acme) as device:
            self.assertEqual('success', device.ask(device.d2([('t', '', 1)]))['status'])

    def command(self, *words):
        run = subprocess.run([BUILD / 'voltseal', '--ready-file', self.daemon.state / 'ready.json', '--output', 'json', *words],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(0, run.returncode, f'{words}: {run.stderr}')
        return json.loads(run.stdout) if run.stdout.strip() else None

    def test_9_the_command_line(self):
        self.assertEqual('cli', self.command('tenant', 'add', 'cli', '--label', 'By hand')['id'])
        self.assertIn('vsi_', self.command('tenant', 'invite', 'cli', 'ann@cli.example')['invitation'])
        self.command('tenant', 'disable', 'cli')
        self.command('tenant', 'enable', 'cli')
        self.command('tenant', 'erase', 'cli', '--confirm', 'cli')
        user = self.command('user', 'add', 'hand', '--role', 'operator')
        self.command('user', 'role', user['id'], 'auditor')
        self.assertEqual('auditor', self.command('user', 'show', user['id'])['role'])
        self.command('user', 'disable', user['id'])
        self.command('user', 'enable', user['id'])
        self.assertNotEqual(user['invitation'], self.command('user', 'invite', user['id'])['invitation'])
        self.command('user', 'remove', user['id'])
        token = self.command('api-token', 'add', 'by hand', '--role', 'viewer', '--expires', '2030-01-01T00:00:00Z')
        self.assertEqual(200, self.ask('GET', '/api/v1/stations', None, {'Authorization': f"Bearer {token['token']}"})[0])
        self.command('api-token', 'remove', token['id'])
        self.assertEqual(401, self.ask('GET', '/api/v1/stations', None, {'Authorization': f"Bearer {token['token']}"})[0])
        self.assertNotIn(user['id'], json.dumps(self.command('user', 'list')))

    def test_9_an_erased_tenant_never_comes_back(self):
        self.take('POST', '/api/v1/tenants/acme/erase', {'confirm': 'acme'}, self.master)
        self.assertEqual(401, self.ask('GET', '/api/v1/me', None, self.acme['roles']['administrator'])[0])
        self.assertEqual('erased', self.take('GET', '/api/v1/tenants/acme', None, self.master)['state'])
        self.assertEqual(409, self.ask('POST', '/api/v1/tenants', {'id': 'acme'}, self.master)[0])
        self.assertEqual(404, self.ask('PATCH', '/api/v1/tenants/acme', {'enabled': True}, self.master)[0])
        self.assertEqual(200, self.ask('GET', '/api/v1/me', None, self.zeta['roles']['viewer'])[0])


if __name__ == '__main__':
    unittest.main()
