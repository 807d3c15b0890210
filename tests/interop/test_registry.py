# SPDX-License-Identifier: Apache-2.0
"""Devices that register themselves with one-time tokens, and the registry's answers about passwords."""
import json
import os
import pathlib
import ssl
import stat
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
TLS = ssl.create_default_context(cafile=READY['ca_file'])


def call(method, path, body=None, token=READY['admin_token']):
    """(status, answer)"""
    headers = {'Content-Type': 'application/json'}
    if token:
        headers['Authorization'] = f'Bearer {token}'
    request = urllib.request.Request(READY['api_url'] + path, method=method, headers=headers,
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, context=TLS, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def voltseal(*words, code=0, ready=True):
    command = [BUILD / 'voltseal', *words] + (['--ready-file', os.environ['VOLTSEAL_READY']] if ready else [])
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout


class Registry(unittest.TestCase):
    made = 0

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def identity(self):
        Registry.made += 1
        name = f'REG-{os.getpid()}-{Registry.made}'
        self.addCleanup(call, 'DELETE', f'/api/v1/stations/{name}')
        return name

    def private(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def token(self, **wishes):
        status, answer = call('POST', '/api/v1/enrolments', wishes)
        self.assertEqual(status, 201, answer)
        self.addCleanup(call, 'DELETE', f'/api/v1/enrolments/{answer["id"]}')
        return answer

    def enrol(self, token, identity):
        return call('POST', '/enrol', {'token': token, 'identity': identity}, token=None)

    def test_a_device_registers_itself_and_charges(self):
        name, out = self.identity(), self.folder / 'password'
        token = voltseal('registry', 'token', name, '--ttl', '600', '-q').strip()
        self.assertRegex(token, r'^vse_[A-Za-z0-9]{43}$')
        said = voltseal('registry', 'enrol', name, '--url', READY['api_url'], '--ca', READY['ca_file'],
                        '--enrol-token-file', self.private('token', token), '--out', out, ready=False)
        self.assertIn(READY['ocpp_url'] + name, said)
        self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)
        self.assertNotIn(out.read_text().strip(), said)
        done = subprocess.run([BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', name, '--ca', READY['ca_file'],
                               '--password-file', out, '--duration', '3'], text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_password_file_may_be_sealed(self):
        name = self.identity()
        status, made = call('POST', '/api/v1/stations', {'identity': name, 'auth': 'basic'})
        self.assertEqual(status, 201, made)
        path = self.private('cp_password.txt', made['password'] + '\n')
        key = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4='
        command = [BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', name, '--ca', READY['ca_file'],
                   '--password-file', path, '--duration', '2']
        for _ in range(2):
            done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False,
                                  env=dict(os.environ, CP_FERNET_KEY=key))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(path.read_text().startswith('gAAAA'))
        done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 78, done.stderr)
        from cryptography.fernet import Fernet
        self.assertEqual(Fernet(key).decrypt(path.read_bytes().strip()).decode(), made['password'])

    def station(self, name, *words, key=None, code=0):
        command = [BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', name, '--ca', READY['ca_file'],
                   '--duration', '2', *words]
        environment = {name: value for name, value in os.environ.items() if name != 'CP_FERNET_KEY'}
        if key:
            environment['CP_FERNET_KEY'] = key
        done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False, env=environment)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def test_a_station_registers_itself_and_seals_its_password(self):
        """One command line for every start: it enrols once, and what it was given is kept under CP_FERNET_KEY."""
        from cryptography.fernet import Fernet
        for auth in ('basic', 'mtls', 'mtls+basic'):
            with self.subTest(auth=auth):
                name, key = self.identity(), Fernet.generate_key().decode()
                folder = self.folder / name
                token = voltseal('registry', 'token', name, '--auth', auth, '-q').strip()
                line = ['--enrol', READY['api_url'], '--enrol-token-file', self.private('token', token), '--keep', folder]
                self.assertIn('is registered', self.station(name, *line, key=key))
                files = sorted(path.name for path in folder.iterdir())
                self.assertTrue(all(stat.S_IMODE((folder / file).stat().st_mode) == 0o600 for file in files))
                self.assertEqual(f'{name}.pem' in files, auth != 'basic')
                self.assertEqual(f'{name}.password' in files, auth != 'mtls')
                if auth != 'mtls':
                    sealed = (folder / f'{name}.password').read_text()
                    password = Fernet(key).decrypt(sealed.encode()).decode()
                    self.assertEqual(call('POST', '/api/v1/registry/verify', {'identity': name, 'password': password})[0], 200)
                    for path in folder.iterdir():
                        self.assertNotIn(password, path.read_text())
                self.assertNotIn('is registered', self.station(name, *line, key=key))
                if auth != 'mtls':
                    self.station(name, *line, code=78)  # sealed, and there is no key

    def test_a_station_with_a_wrong_token_keeps_nothing(self):
        name = self.identity()
        said = self.station(name, '--enrol', READY['api_url'], '--enrol-token-file', self.private('token', 'vse_' + 'x' * 43),
                            '--keep', self.folder / 'kept', code=77)
        self.assertIn('the token is not good', said)
        self.assertNotIn('vse_', said)
        self.assertEqual([path for path in (self.folder / 'kept').iterdir() if path.suffix in ('.pem', '.password')], [])

    def test_a_token_works_once(self):
        token, first, second = self.token(), self.identity(), self.identity()
        self.assertEqual(self.enrol(token['token'], first)[0], 201)
        self.assertEqual(self.enrol(token['token'], second)[0], 401)

    def test_whatever_is_wrong_looks_the_same(self):
        bound, used, name = self.token(identity=self.identity()), self.token(), self.identity()
        self.assertEqual(self.enrol(used['token'], name)[0], 201)
        tries = [('vse_' + 'x' * 43, self.identity()), (bound['token'], self.identity()), (used['token'], self.identity()),
                 (self.token()['token'], name), ('', self.identity())]
        answers = []
        for token, identity in tries:
            status, answer = self.enrol(token, identity)
            answer.pop('request_id')
            answers.append((status, answer))
        self.assertEqual(answers, [answers[0]] * len(answers))
        self.assertEqual(answers[0][0], 401)

    def request(self, name):
        """A key that stays here, and its request."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        key = ec.generate_private_key(ec.SECP256R1())
        csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        return key, csr.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def test_a_device_gets_a_certificate_for_its_own_key(self):
        from cryptography import x509
        name = self.identity()
        token = voltseal('registry', 'token', name, '--auth', 'mtls', '-q').strip()
        said = voltseal('registry', 'enrol', name, '--url', READY['api_url'], '--ca', READY['ca_file'],
                        '--enrol-token-file', self.private('token', token), '--out-dir', self.folder, ready=False)
        self.assertIn(READY['ocpp_url'] + name, said)
        self.assertEqual((self.folder / 'ca.pem').read_text(), pathlib.Path(READY['ca_file']).read_text())
        self.assertFalse((self.folder / f'{name}.password').exists())
        bundle = self.folder / f'{name}.pem'
        self.assertEqual(stat.S_IMODE(bundle.stat().st_mode), 0o600)
        # A second implementation reads it, extensions and all.
        cert = x509.load_pem_x509_certificate(bundle.read_bytes()[bundle.read_bytes().index(b'-----BEGIN CERT'):])
        self.assertIn(name, cert.subject.rfc4514_string())
        self.assertGreater(len(list(cert.extensions)), 3)
        done = subprocess.run([BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', name, '--ca', self.folder / 'ca.pem',
                               '--cert', bundle, '--key', bundle, '--duration', '3'], text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.certs(name), ['valid'])

    def test_pins_narrow_the_trust(self):
        import base64
        import hashlib
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        def pin(path):
            pem = pathlib.Path(path).read_bytes()
            cert = x509.load_pem_x509_certificate(pem[pem.index(b'-----BEGIN CERT'):])
            spki = cert.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return 'sha256/' + base64.b64encode(hashlib.sha256(spki).digest()).decode()

        pki = pathlib.Path(READY['ca_file']).parent
        server, issuing, wrong = pin(pki / 'server-ec.pem'), pin(pki / 'station-ca.pem'), 'sha256/' + base64.b64encode(bytes(32)).decode()
        voltseal('station', 'list', '--pin', f'{wrong},{server}')
        voltseal('station', 'list', '--pin', wrong, code=69)
        voltseal('station', 'list', '--pin', 'sha256/x', code=78)
        name, out = self.identity(), self.folder / 'password'
        voltseal('registry', 'enrol', name, '--url', READY['api_url'], '--ca', READY['ca_file'], '--enrol-token-file',
                 self.private('token', self.token()['token']), '--out', out, '--pin', server, ready=False)
        command = [BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', name, '--ca', READY['ca_file'],
                   '--password-file', out, '--duration', '2', '--pin']
        for pins, code in ((f'{wrong},{issuing}', 0), (server, 0), (wrong, 76), ('sha1/x', 64)):
            done = subprocess.run([*command, pins], text=True, capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, code, (pins, done.stderr))

    def certs(self, name):
        return [cert['state'] for cert in call('GET', f'/api/v1/certificates?station={name}')[1]['items']]

    def test_a_certificate_and_a_password(self):
        from cryptography import x509
        name, token = self.identity(), self.token(auth='mtls+basic')
        key, csr = self.request(name)
        status, answer = call('POST', '/enrol', {'token': token['token'], 'identity': name, 'csr': csr}, token=None)
        self.assertEqual(status, 201, answer)
        self.assertGreaterEqual(len(answer['password']), 16)
        self.assertEqual(x509.load_pem_x509_certificate(answer['certificate'].encode()).public_key().public_numbers(),
                         key.public_key().public_numbers())
        self.assertIn('BEGIN CERTIFICATE', answer['chain'])
        self.assertEqual(answer['ca'], pathlib.Path(READY['ca_file']).read_text())

    def test_requests_that_are_refused_cost_no_token(self):
        name, token = self.identity(), self.token(auth='mtls')
        _, other = self.request('somebody-else')
        _, good = self.request(name)
        for csr, code in ((None, 400), ('nonsense', 400), (other, 403), (good.replace('MI', 'MJ', 1), 400)):
            body = {'token': token['token'], 'identity': name}
            status, answer = call('POST', '/enrol', body if csr is None else {**body, 'csr': csr}, token=None)
            self.assertEqual(status, code, (csr, answer))
            self.assertIn('csr', answer['detail'])
        self.assertEqual(self.certs(name), [])
        self.assertEqual(call('POST', '/enrol', {'token': token['token'], 'identity': name, 'csr': good}, token=None)[0], 201)

    def test_a_certificate_that_nobody_gets_is_revoked(self):
        """The name is taken: the request is certified before that is known, and undone."""
        name = self.identity()
        self.assertEqual(call('POST', '/api/v1/stations', {'identity': name, 'auth': 'mtls'})[0], 201)
        token = self.token(auth='mtls')
        status, answer = call('POST', '/enrol', {'token': token['token'], 'identity': name, 'csr': self.request(name)[1]}, token=None)
        self.assertEqual(status, 401, answer)
        end = time.monotonic() + 20
        while self.certs(name) != ['revoked'] and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.certs(name), ['revoked'])

    def test_a_withdrawn_token_is_dead(self):
        token = self.token()
        voltseal('registry', 'revoke-token', token['id'])
        self.assertEqual(self.enrol(token['token'], self.identity())[0], 401)

    def test_many_devices_share_a_token_of_many_uses(self):
        token, names = self.token(uses=3), [self.identity() for _ in range(4)]
        self.assertEqual([self.enrol(token['token'], name)[0] for name in names], [201, 201, 201, 401])

    def test_lists_never_show_a_token(self):
        token = self.token()
        self.assertNotIn(token['token'], voltseal('registry', 'tokens', '-o', 'json'))
        self.assertIn(token['id'], voltseal('registry', 'tokens'))

    def test_bad_wishes_are_refused(self):
        for wishes in ({'uses': 0}, {'ttl_s': 1}, {'identity': 'no/such'}, {'identity': 'A', 'uses': 2}, {'auth': 'none'}, {'auth': 'any'}, {'x': 1}):
            status, answer = call('POST', '/api/v1/enrolments', wishes)
            self.assertIn(status, (400, 422), (wishes, answer))
        self.assertEqual(call('POST', '/api/v1/enrolments', {}, token=None)[0], 401)

    def test_verify_tells_right_from_wrong(self):
        name = self.identity()
        status, made = call('POST', '/api/v1/stations', {'identity': name, 'auth': 'basic'})
        self.assertEqual(status, 201, made)
        right, wrong = self.private('right', made['password']), self.private('wrong', 'x' * 24)
        self.assertEqual(voltseal('registry', 'verify', name, '--password-file', right), 'valid\n')
        self.assertEqual(voltseal('registry', 'verify', name, '--password-file', wrong, code=1), 'not valid\n')
        self.assertEqual(voltseal('registry', 'verify', 'nobody', '--password-file', right, code=1), 'not valid\n')


if __name__ == '__main__':
    unittest.main()
