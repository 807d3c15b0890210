# SPDX-License-Identifier: Apache-2.0
"""Every operation of the OpenAPI description, asked of a running daemon: its answer is what the description says and
nothing more, its errors are problem+json, its body members are those that are taken.

The walk is the table STEPS; an operation without a step fails.
"""
import base64
import concurrent.futures
import copy
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import jsonschema
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(ROOT / 'scripts'))
import tables  # noqa: E402
from broker import Broker  # noqa: E402
from harness import Child, Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
DOCUMENT = json.loads((ROOT / 'doc/openapi.json').read_text())
OPERATIONS = {operation['operationId']: (method.upper(), path, operation)
              for path, item in DOCUMENT['paths'].items() for method, operation in item.items()}


def filled(path, ident):
    return path.replace('{path}', ident).replace('{id}', urllib.parse.quote(ident, safe=''))


def request_for(name):
    """A PKCS#10 request for a new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


class Passkey:
    """An authenticator with one key for one page (WebAuthn Level 2, 6.1 and 6.5; attestation "none")."""

    def __init__(self, origin):
        self.origin, self.key, self.id, self.count = origin, ec.generate_private_key(ec.SECP256R1()), os.urandom(16), 0

    def client(self, kind, challenge, origin=None):
        return json.dumps({'type': kind, 'challenge': challenge, 'origin': origin or self.origin, 'crossOrigin': False}).encode()

    def data(self, rp_id, flags, count=None):
        self.count += 1
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + (count or self.count).to_bytes(4, 'big')

    def make(self, asked):
        self.user = asked['user']
        point = self.key.public_key().public_numbers()
        cose = bytes.fromhex('a5010203262001215820') + point.x.to_bytes(32, 'big') + bytes.fromhex('225820') + point.y.to_bytes(32, 'big')
        data = self.data(asked['rp_id'], 0x45) + bytes(16) + len(self.id).to_bytes(2, 'big') + self.id + cose
        whole = b'\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58' + bytes([len(data)]) + data
        return {'client_data': base64url(self.client('webauthn.create', asked['challenge'])), 'attestation_object': base64url(whole)}

    def use(self, asked, origin=None, flags=5, count=None, rp_id=None):
        client = self.client('webauthn.get', asked['challenge'], origin)
        data = self.data(rp_id or asked['rp_id'], flags, count)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return {'user': self.user, 'id': base64url(self.id), 'client_data': base64url(client), 'authenticator_data': base64url(data),
                'signature': base64url(signature)}


def one_time_code(secret):
    """RFC 6238, of now."""
    mac = hmac.new(base64.b32decode(secret), struct.pack('>Q', int(time.time()) // 30), 'sha1').digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def strict(schema):
    """The same, with nothing beyond what it names."""
    schema = copy.deepcopy(schema)
    if schema.get('type') == 'object' and 'properties' in schema:
        schema['additionalProperties'] = False
    return schema


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.raw = response.status, response.headers, response.read()
        self.type = (self.headers.get('Content-Type') or '').split(';')[0]
        self.json = json.loads(self.raw) if self.type.endswith('json') and self.raw else None


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.broker = Broker(pathlib.Path(cls.folder.name) / 'broker')
        cls.addClassCleanup(cls.broker.stop)
        cls.daemon = Daemon(BUILD, pathlib.Path(cls.folder.name) / 'state', '--stations', '3', *cls.broker.options())
        cls.addClassCleanup(cls.daemon.stop)
        cls.ready = cls.daemon.ready
        cls.url = urllib.parse.urlsplit(cls.ready['api_url'])
        components = {name: strict(schema) for name, schema in DOCUMENT['components']['schemas'].items()}
        cls.components = {'components': {'schemas': components}}
        first = next(row for row in cls.daemon.credentials() if row['password'] and not row['cert'])
        cls.station = first['id']
        password = pathlib.Path(cls.folder.name) / 'password'
        password.write_text(first['password'])
        cls.sim = Child([BUILD / 'voltseal-sim', 'station', '--url', cls.ready['ocpp_url'], '--ca', cls.ready['ca_file'], '--id',
                         cls.station, '--password-file', password, '--scenario', 'demo'], pathlib.Path(cls.folder.name) / 'sim.log')
        cls.addClassCleanup(cls.sim.stop)
        wait_for(lambda: cls.ask('GET', '/api/v1/transactions').json['items'], 60, 'it charges')

    @classmethod
    def connected(cls):
        """With what the file of roots says just now: one of the operations changes the root."""
        tls = ssl.create_default_context(cafile=cls.ready['ca_file'])
        return http.client.HTTPSConnection(cls.url.hostname, cls.url.port, context=tls, timeout=60)

    @classmethod
    def ask(cls, method, path, body=None, token=True, headers=None, content_type='application/json'):
        conn = cls.connected()
        headers = dict(headers or {})
        if token:
            headers['Authorization'] = f"Bearer {cls.ready['admin_token']}"
        if body is not None:
            headers['Content-Type'] = content_type
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        conn.request(method, path, body, headers)
        response = conn.getresponse()
        if response.headers.get('Content-Type', '').startswith('text/event-stream'):
            response.read = lambda: b''  # it has no end
        answer = Answer(response)
        conn.close()
        return answer

    def validate(self, value, schema, what):
        schema = {**strict(schema), **self.components}
        if '$ref' in schema:
            schema = {'$ref': schema['$ref'], **self.components}
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        faults = [f'{"/".join(map(str, fault.absolute_path))}: {fault.message[:400]}' for fault in validator.iter_errors(value)]
        self.assertEqual([], faults, what)

    def own_page(self):
        return {'Origin': self.ready['api_url'], 'X-Requested-With': 'voltseal'}

    def is_problem(self, answer, what):
        self.assertEqual('application/problem+json', answer.type, what)
        self.validate(answer.json, {'$ref': '#/components/schemas/Problem'}, what)
        self.assertEqual(answer.status, answer.json['status'], what)
        self.assertRegex(answer.json['code'], r'^VS-\d{4}$')
        self.assertEqual(answer.headers['X-Request-Id'], answer.json['request_id'], what)

    def is_described(self, name, answer, status=None):
        _, _, operation = OPERATIONS[name]
        responses = operation['responses']
        expected = str(status or next(iter(responses)))
        self.assertEqual(expected, str(answer.status), f'{name}: {answer.raw[:400]!r}')
        content = responses[expected].get('content')
        if content is None:
            self.assertEqual(b'', answer.raw, name)
            return
        self.assertIn(answer.type, content, name)
        if answer.type == 'application/json':
            self.validate(answer.json, content['application/json']['schema'], name)

    # --- the walk ---

    def test_1_the_document(self):
        served = self.ask('GET', '/api/v1/openapi.json')
        self.assertEqual(DOCUMENT, served.json)
        self.assertEqual('3.1.0', DOCUMENT['openapi'])
        names = set()
        for schema in DOCUMENT['components']['schemas'].values():
            jsonschema.Draft202012Validator.check_schema(schema)
        for found in re.findall(r'"#/components/(schemas|parameters|responses)/(\w+)"', json.dumps(DOCUMENT)):
            self.assertIn(found[1], DOCUMENT['components'][found[0]])
            names.add(found[1])
        self.assertGreater(len(names), 40)
        for path, item in DOCUMENT['paths'].items():
            for method, operation in item.items():
                named = {p['name'] for p in operation.get('parameters', []) if p.get('in') == 'path'}
                self.assertEqual(set(re.findall(r'{(\w+)}', path)), named, f'{method} {path}')

    def test_2_each_operation(self):
        walked = set()

        def step(name, ident='', query='', body=None, status=None, **more):
            method, path, _ = OPERATIONS[name]
            answer = self.ask(method, filled(path, ident) + (f'?{query}' if query else ''), body, **more)
            self.is_described(name, answer, status)
            walked.add(name)
            return answer.json

        for name in ('overview', 'alerts_list', 'openapi', 'metrics', 'livez', 'healthz', 'readyz', 'events_recent', 'certificates_inventory',
                     'ca_show', 'crl', 'login_link'):
            if name == 'login_link':
                self.assertEqual(401, self.ask('GET', '/login?t=no').status)
                step(name, query='t=' + self.ready['login_url'].split('t=')[1])
            else:
                step(name)
        for name, (method, path, operation) in OPERATIONS.items():
            parameters = {p.get('name') for p in operation.get('parameters', [])}
            if method == 'GET' and 'limit' in parameters and '{id}' not in path:
                step(name, query='limit=2')
                if 'station' in parameters:
                    step(name, query=f'station={self.station}')
        # Stations.
        made = step('station_add', body={'identity': 'CON-1', 'auth': 'basic', 'e2e': 'prefer'})
        step('registry_verify', body={'identity': 'CON-1', 'password': made['password']})
        step('station_change', 'CON-1', body={'enabled': False, 'quirks': None})
        step('station_password', 'CON-1', body={})
        step('station_show', self.station)
        step('station_variables', self.station)
        step('station_held', self.station)
        log = step('log_ask', self.station, body={'type': 'SecurityLog'})
        wait_for(lambda: self.ask('GET', f'/api/v1/files/{log["id"]}').json['received'], 30, 'the log is here')
        step('logs_list', self.station, query='limit=2')
        step('file_show', log['id'])
        step('file_content', log['id'])
        step('file_remove', log['id'])
        step('firmware_list')
        self.assertEqual(422, self.ask('POST', '/api/v1/firmware', {'version': '1', 'certificate': 'x', 'manufacturer_root': 'x',
                                                                    'signature': 'QUJD'}).status)
        for name in ('firmware_image', 'firmware_send'):
            path = filled(OPERATIONS[name][1], '0' * 32)
            self.assertEqual(404, self.ask(OPERATIONS[name][0], path, {'station': self.station}).status)
        walked.update(('firmware_add', 'firmware_image', 'firmware_send', 'firmware_fetch'))  # test_files.py has the rest
        for name in ('log_upload', 'log_post'):
            self.assertEqual(404, self.ask(OPERATIONS[name][0], '/uploads/' + 'A' * 43, b'x', token=False).status)
            walked.add(name)
        command = step('command_send', self.station, body={'action': 'TriggerMessage', 'payload': {'requestedMessage': 'Heartbeat'}})
        step('command_send', self.station, body={'action': 'GetBaseReport', 'payload': {'requestId': 7, 'reportBase': 'FullInventory'},
                                                 'wait_s': 20}, status=200)
        wait_for(lambda: self.ask('GET', f'/api/v1/commands/{command["id"]}').status == 200, 20, 'the command is stored')
        step('command_show', command['id'])
        wait_for(lambda: self.ask('GET', f'/api/v1/stations/{self.station}/variables').json['items'], 20, 'it has reported')
        step('station_variables', self.station)
        step('commands_list')
        step('station_rotate', self.station, body={})
        transaction = self.ask('GET', '/api/v1/transactions').json['items'][0]
        step('transaction_show', transaction['id'])
        step('events_stream')
        wait_for(lambda: self.ask('GET', f'/api/v1/stations/{self.station}/messages').json['items'], 20, 'it has said something')
        step('messages_list', self.station, query='limit=2')
        step('messages_stream', self.station)
        # idTokens, enrolments.
        step('token_put', body={'token': 'CON-T', 'group': 'G', 'expires_at': '2030-01-01T00:00:00Z'})
        token = step('enrolment_add', body={'identity': 'CON-2', 'ttl_s': 600})
        step('enrolments_list')
        step('enrol', body={'token': token['token'], 'identity': 'CON-2', 'csr': request_for('CON-2')}, token=False)
        token = step('enrolment_add', body={})
        step('enrolment_show', token['id'])
        step('enrolment_remove', token['id'])
        # Certificates.
        issued = step('certificate_issue', body={'csr': request_for('CON-1'), 'station': 'CON-1'})
        step('certificate_show', issued['serial'])
        renewed = step('certificate_renew', issued['serial'], body={'csr': request_for('CON-1'), 'days': 10})
        step('certificate_revoke', renewed['serial'], body={'reason': 'changed'})
        step('certificates_list', query='active=true')
        step('certificates_reload')
        leaf, issuer = (x509.load_pem_x509_certificate(issued[part].encode()) for part in ('certificate', 'chain'))
        asked = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1()).build()  # noqa: S303
        step('ocsp', body=asked.public_bytes(serialization.Encoding.DER), content_type='application/ocsp-request', token=False)
        step('rotation_begin')
        step('rotation_show')
        step('rotation_confirm', body={'station': self.station})
        step('rotation_abort')
        step('rotation_begin')
        step('rotation_finish', body={'force': True})
        # Keys.
        step('keys_create', body={'station': 'CON-1'})
        step('keys_rotate', body={'station': 'CON-1'})
        step('keys_destroy', body={'station': 'CON-1', 'epoch': 2})
        step('keys_revoke', body={'station': 'CON-1', 'reason': 'test'})
        step('keys_rewrap', body={})
        wait_for(lambda: not [job for job in self.ask('GET', '/api/v1/keys/jobs').json['items'] if job['state'] == 'running'], 30,
                 'rewrapped')
        step('keys_erase', body={'station': 'CON-2', 'confirm': 'CON-2'})
        step('keys_jobs')
        step('keys_list', query='limit=500')
        # Sensor devices.
        step('sensor_put', body={'device': 'con-7'})
        step('sensor_show', 'con-7')
        step('sensor_messages_list', 'con-7', query='limit=2')
        step('sensor_messages_stream', 'con-7')
        for name in ('readings_list', 'readings_series', 'readings_export'):
            step(name, 'con-7')
        step('sensor_revoke', 'con-7', body={})
        step('sensor_remove', 'con-7')
        # The audit log.
        wait_for(lambda: self.ask('GET', '/api/v1/audit').json['items'], 20, 'entries lie below a checkpoint')
        step('audit_show', self.ask('GET', '/api/v1/audit').json['items'][0]['id'])
        step('audit_list', query='event=station.&actor=admin&contains=CON&from=2026-01-01T00:00:00Z&to=2126-01-01T00:00:00Z')
        step('audit_file', step('audit_shards')['items'][-1]['shard'] + '/checkpoint')
        # Sessions, and the end.
        step('login_token', body={'token': self.ready['admin_token']}, token=False, headers=self.own_page())
        step('logout')
        step('station_remove', 'CON-1')
        self.more_steps(step)
        walked.add('login_certificate')  # wants a certificate of init's: test_production asks it
        self.assertEqual(set(), set(OPERATIONS) - walked, 'operations that nobody asked')

    def more_steps(self, step):
        """Of rooms that came later."""
        step('charge_points_list')
        step('charge_points_command', body={'action': 'RESUME_COMMAND'})
        self.tenants_and_users(step)
        self.provisioning(step)
        step('node_drain', 'local', body={'over_s': 0})
        [node] = step('nodes_list')['items']
        self.assertEqual(('local', True, 'draining', None, 0), tuple(node[key] for key in ('name', 'self', 'state', 'lease', 'silent_ms')))
        overview = step('overview')
        self.assertEqual((sorted(node), 'draining', 'ok'), (sorted(overview['nodes'][0]), overview['nodes'][0]['state'], overview['key_process']))
        self.assertEqual(503, self.ask('GET', '/readyz').status)
        step('node_resume', 'local')
        self.assertEqual(404, self.ask('POST', '/api/v1/nodes/nobody/drain', {}).status)

    def tenants_and_users(self, step):
        step('me_show')
        step('tenant_add', body={'id': 'con', 'label': 'Contract'})
        step('tenant_show', 'con')
        step('tenant_change', 'con', body={'label': 'Other', 'enabled': True})
        step('tenant_invite', 'con', body={'login': 'ann@con.example'})
        step('tenant_erase', 'con', body={'confirm': 'con'})
        user = step('user_add', body={'login': 'con-user', 'role': 'operator'})
        step('user_show', user['id'])
        step('user_change', user['id'], body={'role': 'viewer'})
        user = step('user_invite', user['id'])
        token = step('api_token_add', body={'label': 'con', 'role': 'auditor', 'expires_at': '2030-01-01T00:00:00Z'})
        step('api_token_show', token['id'])
        step('api_token_remove', token['id'])
        word, other = 'a password of 26 characters', 'another one that is long enough'
        page = self.own_page()
        step('login_invitation', body={'invitation': user['invitation'], 'password': word}, token=False, headers=page)
        came = self.ask('POST', '/login/password', {'login': 'CON-user', 'password': word}, token=False, headers=page)
        own = {**page, 'Cookie': came.headers['Set-Cookie'].split(';')[0]}
        step('me_password', body={'current': word, 'password': other}, token=False, headers=own)
        step('login_password', body={'tenant': 'default', 'login': 'con-user', 'password': other}, token=False, headers=page)
        begun = step('me_totp_begin', body={'current': other}, token=False, headers=own)
        step('me_totp_confirm', body={'code': one_time_code(begun['totp_secret'])}, token=False, headers=own)
        step('me_totp_remove', body={'current': other}, token=False, headers=own)
        self.passkeys(step, own, other)
        step('me_logout', token=False, headers=own)
        step('user_remove', user['id'])
        event = self.ask('GET', '/api/v1/events').json['items'][0]
        step('event_acknowledge', str(event['id']))

    def passkeys(self, step, own, word):
        port = self.ready['api_url'].rsplit(':', 1)[1]
        device = Passkey(f'https://localhost:{port}')
        home = {**own, 'Host': f'localhost:{port}', 'Origin': device.origin}
        nobody = {name: value for name, value in home.items() if name != 'Cookie'}
        self.assertEqual(422, self.ask('POST', '/api/v1/me/passkeys/challenge', {}, token=False, headers=own).status)
        asked = step('me_passkey_begin', body={}, token=False, headers=home)
        made = {'current': word, 'label': 'script', **device.make(asked)}
        self.assertEqual(403, self.ask('POST', '/api/v1/me/passkeys', {**made, 'current': 'not this one at all'}, token=False, headers=home).status)
        self.assertEqual(422, self.ask('POST', '/api/v1/me/passkeys', made, token=False, headers=home).status)  # its challenge was used
        made = {**made, **device.make(step('me_passkey_begin', body={}, token=False, headers=home))}
        step('me_passkey_add', body=made, token=False, headers=home)
        listed = step('me_passkeys', token=False, headers=home)
        self.assertEqual(['script'], [item['label'] for item in listed['items']])
        asked = step('login_passkey_begin', body={}, token=False, headers=nobody)
        step('login_passkey', body=device.use(asked), token=False, headers=nobody)
        for changes in ({'count': 1}, {'origin': 'https://localhost:1'}, {'flags': 1}, {'rp_id': 'other'}):  # a copy, another page, nobody verified, another host
            asked = self.ask('POST', '/login/passkey/challenge', {}, token=False, headers=nobody).json
            self.assertEqual(401, self.ask('POST', '/login/passkey', device.use(asked, **changes), token=False, headers=nobody).status, changes)
        step('me_passkey_remove', body={'current': word, 'id': listed['items'][0]['id']}, token=False, headers=home)

    def provisioning(self, step):
        made = step('claim_add', body={'identity': 'CON-9', 'kind': 'station', 'auth': 'basic', 'ttl_s': 600})
        folder = pathlib.Path(self.folder.name) / 'device'
        folder.mkdir()
        (folder / 'bundle.json').write_text(json.dumps(step('claim_export', made['id'])['bundle']))
        done = subprocess.run([BUILD / 'voltseal-sim', 'provision', '--id', 'CON-9', '--bundle', folder / 'bundle.json', '--keep', folder,
                               '--ca', self.broker.folder / 'ca.pem'], text=True, capture_output=True, timeout=90, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        step('claim_show', made['id'])
        step('claim_messages_list', made['id'], query='limit=2')
        step('claim_messages_stream', made['id'])
        step('claims_list')
        step('claim_device', made['id'], body={'action': 'delete-now'})
        step('claim_revoke', step('claim_add', body={})['id'])
        step('provision_rotate')
        step('provision_manifest', token=False)

    def test_3_nobody_comes_in_without_a_login(self):
        for name, (method, path, operation) in OPERATIONS.items():
            if operation.get('security') == []:
                continue
            for headers in ({}, {'Authorization': 'Bearer ' + 'x' * 40}, {'Cookie': '__Host-sid=' + 'A' * 43}):
                answer = self.ask(method, filled(path, 'x'), token=False, headers=headers)
                self.assertEqual(401, answer.status, name)
                self.is_problem(answer, name)

    def test_4_errors_are_problems(self):
        for name, (method, path, operation) in OPERATIONS.items():
            here = filled(path, 'no-such-thing-1')
            if '{' in path and method == 'GET' and not path.startswith('/api/v1/sensors'):
                answer = self.ask(method, here)
                if answer.status != 200:  # a list of nothing is no error
                    self.assertEqual(404, answer.status, name)
                    self.is_problem(answer, name)
            query = [p for p in operation.get('parameters', []) if p.get('in') == 'query']
            if query and method == 'GET' and path.startswith('/api/') and not path.endswith('/stream') and '/sensors/{id}' not in path:
                wrong = self.ask(method, here + '?colour=red')
                self.assertGreaterEqual(wrong.status, 400, name)
                self.is_problem(wrong, name)
            if 'requestBody' in operation and 'application/json' in operation['requestBody']['content']:
                for body in (b'{', b'[]', b'{"colour":1}'):
                    answer = self.ask(method, here, body, token=operation.get('security') != [],
                                      headers=self.own_page())
                    self.assertIn(answer.status, (400, 401, 404, 409, 422), f'{name} {body}')
                    self.is_problem(answer, name)
        self.is_problem(self.ask('DELETE', '/api/v1/overview'), 'a method that is not there')
        self.is_problem(self.ask('GET', '/api/v1/nothing'), 'a path that is not there')
        self.is_problem(self.ask('POST', '/api/v1/tokens', b'{"token":"' + b'x' * 5000 + b'"}'), 'too large a body')

    def test_5_each_member_is_taken(self):
        """A member that the description names is known: with a wrong type it is refused by its own name."""
        wrong = {'string': 7, 'integer': 'x', 'boolean': 'x', 'object': 7}
        for name, (method, path, operation) in OPERATIONS.items():
            body = operation.get('requestBody', {}).get('content', {}).get('application/json')
            if body is None or '{id}' in path or operation.get('security') == []:
                continue
            schema = DOCUMENT['components']['schemas'][body['schema']['$ref'].rsplit('/', 1)[1]]
            for member, what in schema['properties'].items():
                kind = what.get('type', 'object')
                kind = kind[0] if isinstance(kind, list) else kind
                answer = self.ask(method, path, {member: wrong.get(kind, 7)})
                self.assertIn(answer.status, (400, 422), f'{name} {member}: {answer.raw}')
                self.assertTrue(answer.json.get('detail', '').startswith(f'{member}:'), f'{name} {member}: {answer.raw}')
                self.assertNotIn('not known here', answer.json['detail'], f'{name} {member}')

    def test_6_metrics_in_both_forms(self):
        plain = self.ask('GET', '/metrics')
        self.assertEqual('text/plain; version=0.0.4', plain.headers['Content-Type'])
        form = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
        answer = self.ask('GET', '/metrics', headers={'Accept': 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'})
        self.assertEqual(form, answer.headers['Content-Type'])
        try:
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
        except ImportError:
            self.skipTest('python3-prometheus-client is not here: the OpenMetrics form was not judged')
        families = {family.name: family for family in text_string_to_metric_families(answer.raw.decode())}
        self.assertEqual('counter', families['voltseal_ratelimit'].type)
        self.assertLessEqual({('L1', 'accept'), ('L3', 'auth_near')},
                             {(s.labels['layer'], s.labels['reason']) for s in families['voltseal_ratelimit'].samples})
        self.assertEqual('seconds', families['voltseal_crl_left_seconds'].unit)
        self.assertEqual(1, families['voltseal_audit_healthy'].samples[0].value)

    def test_8_what_is_changed_has_a_tag_and_keeps_to_it(self):
        """Every operation that takes If-Match: not with another's tag, not with an old one, with its own."""
        def add(path, body, member='id'):
            answer = self.ask('POST', path, body)
            self.assertLess(answer.status, 300, answer.raw)
            return answer.json[member]
        made = {'station': self.ask('POST', '/api/v1/stations', {'identity': 'TAG-1', 'auth': 'basic'}).json and 'TAG-1',
                'user': add('/api/v1/users', {'login': 'tag-user'}), 'tenant': add('/api/v1/tenants', {'id': 'tagged'}),
                'sensor': self.ask('POST', '/api/v1/sensors', {'device': 'tag-7'}).json and 'tag-7', 'claim': add('/api/v1/claims', {}),
                'enrolment': add('/api/v1/enrolments', {}), 'api': add('/api/v1/api-tokens', {'label': 'tag'})}
        bodies = {'station_change': {'enabled': False}, 'user_change': {'role': 'operator'}, 'tenant_change': {'label': 'Tagged'}}
        tags = {row[0]: row[1] for row in tables.rows(ROOT / 'src/api/route_tags.def', 'VS_ROUTE_TAG')}
        takers = [name for name, (_, _, operation) in OPERATIONS.items() if 'IfMatch' in json.dumps(operation.get('parameters', []))]
        self.assertEqual(sorted(tags), sorted(takers))
        for name, (method, path, operation) in OPERATIONS.items():
            if method in ('PUT', 'PATCH', 'DELETE') and operation.get('security') != []:
                self.assertIn(name, takers, f'{method} {path}')
        for name in sorted(takers, key=lambda n: (n.endswith(('_remove', '_revoke', '_erase')), n.endswith('_remove'))):
            method, path, _ = OPERATIONS[name]
            kind = name.split('_')[0]
            if kind in ('file', 'firmware'):
                continue  # test_files.py
            here, shown = filled(path, made[kind]), filled(OPERATIONS[tags[name]][1], made[kind])
            tag = self.ask('GET', shown).headers['ETag']
            self.assertRegex(tag or '', '^"[0-9a-f]{32}"$', name)
            for wrong in ('"' + '0' * 32 + '"', 'W/' + tag):
                answer = self.ask(method, here, bodies.get(name), headers={'If-Match': wrong})
                self.assertEqual((412, 'VS-1213'), (answer.status, answer.json['code']), name)
                self.is_problem(answer, name)
            self.assertEqual(tag, self.ask('GET', shown).headers['ETag'], name)
            if method == 'POST':
                continue  # the same gate, and a body of its own: it has let nothing through
            answer = self.ask(method, here, bodies.get(name), headers={'If-Match': f'"x", {tag}'})
            self.assertLess(answer.status, 300, f'{name}: {answer.raw}')
            if name in bodies:
                self.assertNotEqual(tag, self.ask('GET', shown).headers['ETag'], name)
                self.assertEqual(412, self.ask(method, here, bodies[name], headers={'If-Match': tag}).status, name)
            elif name != 'claim_revoke':
                self.assertEqual(404, self.ask('GET', shown).status, name)
                self.assertIn(self.ask(method, here, headers={'If-Match': tag}).status, (404, 204), name)
        for name, (method, _, operation) in OPERATIONS.items():
            takes = 'IdempotencyKey' in json.dumps(operation.get('parameters', []))
            self.assertEqual(method == 'POST' and operation.get('security') != [], takes, f'{name}: every POST of who is logged in')

    def test_7_a_repeated_post_is_done_once(self):
        def post(key, body, **more):
            return self.ask('POST', '/api/v1/enrolments', body, headers={'Idempotency-Key': key}, **more)

        first, again = post('k-1', {'ttl_s': 600}), post('k-1', {'ttl_s': 600})
        self.assertEqual((201, 201), (first.status, again.status))
        self.assertEqual(first.json, again.json)
        self.assertNotEqual(first.headers['X-Request-Id'], again.headers['X-Request-Id'])
        made = [row['id'] for row in self.ask('GET', '/api/v1/enrolments?limit=500').json['items']]
        self.assertEqual(1, made.count(first.json['id']))
        other = post('k-1', {'ttl_s': 601})
        self.assertEqual(422, other.status)
        self.is_problem(other, 'another body')
        self.assertNotEqual(first.json['id'], post('k-2', {'ttl_s': 600}).json['id'])
        self.assertEqual(401, post('k-1', {'ttl_s': 600}, token=False).status)
        for key in ('', 'a b', 'x' * 65):
            self.assertEqual(422, post(key, {}).status, key)
        # What failed for its body fails again in the same words, and is no other request's answer.
        self.assertEqual([400, 400], [self.ask('POST', '/api/v1/stations', {}, headers={'Idempotency-Key': 'k-1'}).status for _ in range(2)])
        self.assertIn('voltseal_api_repeated_total 2', self.ask('GET', '/metrics').raw.decode())

    def test_8_a_change_of_what_has_changed_is_refused(self):
        path = '/api/v1/stations/ETAG-1'
        self.assertEqual(201, self.ask('POST', '/api/v1/stations', {'identity': 'ETAG-1'}).status)
        seen = self.ask('GET', path).headers['ETag']
        self.assertRegex(seen, r'^"[0-9a-f]{32}"$')
        self.assertEqual(seen, self.ask('GET', path).headers['ETag'])
        self.assertEqual(200, self.ask('PATCH', path, {'enabled': False}, headers={'If-Match': f'"x", {seen}'}).status)
        late = self.ask('PATCH', path, {'enabled': True}, headers={'If-Match': seen})
        self.assertEqual(412, late.status)
        self.is_problem(late, 'a late change')
        self.assertFalse(self.ask('GET', path).json['enabled'])
        now = self.ask('GET', path).headers['ETag']
        self.assertNotEqual(seen, now)
        self.assertEqual(412, self.ask('PATCH', path, {'enabled': True}, headers={'If-Match': 'W/' + now}).status)
        for tag in ('*', now):
            self.assertEqual(200, self.ask('PATCH', path, {}, headers={'If-Match': tag}).status)

    def test_8_of_many_at_once_one_changes_it(self):
        """A lost update is none: all have seen the same, and one of them is let through."""
        self.assertEqual(201, self.ask('POST', '/api/v1/stations', {'identity': 'ETAG-2'}).status)
        path = '/api/v1/stations/ETAG-2'
        for turn in range(4):
            seen, enabled = self.ask('GET', path).headers['ETag'], turn % 2 == 1
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                got = list(pool.map(lambda _: self.ask('PATCH', path, {'enabled': enabled}, headers={'If-Match': seen}).status, range(8)))
            self.assertEqual((1, set()), (got.count(200), set(got) - {200, 409, 412}), got)

    def test_9_an_event_is_acknowledged_once(self):
        self.ask('POST', f'/api/v1/stations/{self.station}/commands',
                 {'action': 'TriggerMessage', 'payload': {'requestedMessage': 'FirmwareStatusNotification'}})
        wait_for(lambda: self.ask('GET', '/api/v1/events?unacknowledged=true').json['items'], 30, 'something has happened')
        event = self.ask('GET', '/api/v1/events?unacknowledged=true').json['items'][-1]
        self.assertIsNone(event['acknowledged_at'])
        said = self.ask('POST', f'/api/v1/events/{event["id"]}/acknowledge')
        self.assertEqual(200, said.status, said.raw)
        self.assertTrue(said.json['acknowledged_by'].startswith('token'))
        self.assertEqual(said.json, self.ask('POST', f'/api/v1/events/{event["id"]}/acknowledge').json)
        kept = [row for row in self.ask('GET', '/api/v1/events?limit=500').json['items'] if row['id'] == event['id']]
        self.assertEqual([said.json], kept)
        still = self.ask('GET', '/api/v1/events?unacknowledged=true&limit=500').json['items']
        self.assertNotIn(event['id'], [row['id'] for row in still])
        for row in self.ask('GET', '/api/v1/events?security=true&severity=warning').json['items']:
            self.assertTrue(row['security'] and row['severity'] in ('warning', 'critical'))
        for ident in ('0', '999999999', '-1', 'x', '9' * 30):
            answer = self.ask('POST', f'/api/v1/events/{ident}/acknowledge')
            self.assertEqual(404, answer.status, ident)
        wait_for(lambda: 'event.acknowledge' in self.ask('GET', '/api/v1/audit').raw.decode(), 20, 'it is in the audit log')


if __name__ == '__main__':
    unittest.main()
