# SPDX-License-Identifier: Apache-2.0
"""Certificates of a running daemon: asked for with the command line, judged by openssl."""
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Daemon  # noqa: E402

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
PKI = pathlib.Path(READY['ca_file']).parent


def run(*command, status=0):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=60, check=False)
    if status is not None and done.returncode != status:
        raise AssertionError(f'{command}: {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout + done.stderr


def voltseal(*words, status=0):
    return run(BUILD / 'voltseal', '--ready-file', os.environ['VOLTSEAL_READY'], *words, status=status)


def fetch(path, body=None, kind=None):
    """What anybody may get: no token is sent."""
    request = urllib.request.Request(READY['api_url'] + path, data=body, headers={'Content-Type': kind} if kind else {})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=READY['ca_file']), timeout=30) as answer:
        return answer.headers['Content-Type'], answer.read()


class Certificates(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='voltseal-pki-'))
        self.addCleanup(shutil.rmtree, self.dir)

    def request(self, name, *subject):
        key, csr = self.dir / f'{name}.key', self.dir / f'{name}.csr'
        run('openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key,
            '-out', csr, '-subj', f'/CN={name}', *subject)
        return csr

    def issue(self, name):
        out = self.dir / f'{name}.crt'
        voltseal('cert', 'issue', name, '--csr', self.request(name), '--out', out)
        serial = run('openssl', 'x509', '-in', out, '-noout', '-serial').strip().split('=')[1].lower().lstrip('0')
        return out, serial

    def crl(self):
        kind, der = fetch('/crl/issuing.crl')
        self.assertEqual(kind, 'application/pkix-crl')
        path = self.dir / 'issuing.crl'
        path.write_bytes(der)
        run('openssl', 'crl', '-inform', 'DER', '-in', path, '-noout', '-CAfile', PKI / 'station-ca.pem')
        pem = self.dir / 'issuing.crl.pem'
        run('openssl', 'crl', '-inform', 'DER', '-in', path, '-out', pem)
        return pem

    def verify(self, cert, status):
        return run('openssl', 'verify', '-x509_strict', '-crl_check', '-partial_chain', '-CAfile', PKI / 'station-ca.pem',
                   '-CRLfile', self.crl(), cert, status=status)

    def ocsp(self, cert, *options):
        asked, answered = self.dir / 'ask.der', self.dir / 'answer.der'
        run('openssl', 'ocsp', '-issuer', PKI / 'station-ca.pem', '-cert', cert, '-reqout', asked, *options)
        kind, der = fetch('/ocsp', asked.read_bytes(), 'application/ocsp-request')
        self.assertEqual(kind, 'application/ocsp-response')
        answered.write_bytes(der)
        said = run('openssl', 'ocsp', '-issuer', PKI / 'station-ca.pem', '-cert', cert, '-reqin', asked, '-respin', answered,
                   '-CAfile', PKI / 'ca.pem', '-verify_other', PKI / 'station-ca.pem', '-no_nonce')
        self.assertIn('Response verify OK', said)
        return said

    def test_life_of_a_certificate(self):
        cert, serial = self.issue('CS-7001')
        self.assertIn('OK', self.verify(cert, 0))
        self.assertIn(': good', self.ocsp(cert))
        self.assertIn(': good', self.ocsp(cert, '-no_nonce'))
        self.assertIn('CS-7001', voltseal('cert', 'list', '--station', 'CS-7001'))
        self.assertIn('valid', voltseal('cert', 'show', serial))
        voltseal('cert', 'revoke', serial, '--reason', 'key-compromise')
        self.assertIn('certificate revoked', self.verify(cert, 2))
        said = self.ocsp(cert, '-no_nonce')
        self.assertIn(': revoked', said)
        self.assertIn('keyCompromise', said)
        self.assertIn('revoked', voltseal('cert', 'show', serial))

    def test_renewal_supersedes(self):
        cert, serial = self.issue('CS-7002')
        again = self.dir / 'again.crt'
        voltseal('cert', 'renew', serial, '--csr', self.request('CS-7002'), '--out', again)
        self.assertIn('OK', self.verify(cert, 0))
        self.assertIn('OK', self.verify(again, 0))
        self.assertIn('superseded', voltseal('cert', 'show', serial))

    def test_what_a_request_asks_for_is_dropped(self):
        """A CA, another organisation's name, wildcard names: the profile decides."""
        csr = self.request('CS-7003', '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'subjectAltName=DNS:*.example')
        out = self.dir / 'out.crt'
        voltseal('cert', 'issue', 'CS-7003', '--csr', csr, '--out', out)
        text = run('openssl', 'x509', '-in', out, '-noout', '-text')
        self.assertIn('CA:FALSE', text)
        self.assertNotIn('example', text)
        self.assertIn('O = Voltseal DEV', text.replace('O=', 'O = '))

    def test_refused_with_words(self):
        said = voltseal('cert', 'issue', 'CS-7004', '--csr', self.request('CS-7005'), '--out', self.dir / 'x', status=None)
        self.assertIn('another common name', said)
        self.assertFalse((self.dir / 'x').exists())
        said = voltseal('cert', 'issue', 'x', '--profile', 'server', '--hosts', '*.example', '--csr', self.request('x'), status=None)
        self.assertIn('host names of this installation', said)

    def test_own_key_stays_here(self):
        voltseal('cert', 'issue', 'CS-7006', '--out-dir', self.dir)
        bundle = self.dir / 'CS-7006.pem'
        self.assertEqual(bundle.stat().st_mode & 0o777, 0o600)
        run('openssl', 'verify', '-partial_chain', '-CAfile', PKI / 'station-ca.pem', bundle)
        public = run('openssl', 'pkey', '-in', bundle, '-pubout')
        self.assertEqual(public, run('openssl', 'x509', '-in', bundle, '-noout', '-pubkey'))

    def test_inventory_and_metrics(self):
        said = voltseal('cert', 'inventory')
        self.assertRegex(said, r'valid +[1-9]')
        self.assertRegex(said, r'revocation list +[1-9]')
        self.assertIn('generation', voltseal('ca', 'show'))

    def test_no_private_key_of_the_ca_in_a_file(self):
        self.assertEqual(sorted(path.name for path in PKI.iterdir() if b'PRIVATE KEY' in path.read_bytes()),
                         ['server-ec.pem', 'server-rsa.pem'])

    def test_nonsense_to_the_responder(self):
        kind, der = fetch('/ocsp', b'\x30\x80nonsense', 'application/ocsp-request')
        self.assertEqual((kind, der), ('application/ocsp-response', b'\x30\x03\x0a\x01\x01'))


class Sessions(unittest.TestCase):
    """A daemon of its own: what is revoked there stays revoked."""

    def setUp(self):
        self.state = BUILD / 'pki-state'
        shutil.rmtree(self.state, ignore_errors=True)
        self.start()

    def tearDown(self):
        self.assertEqual(self.daemon.stop(30), 0, self.daemon.tail())

    def start(self):
        self.daemon = Daemon(BUILD, self.state, '--stations', '4', '--auth', 'mtls')
        self.cert = {row['id']: row['cert'] for row in self.daemon.credentials()}

    def voltseal(self, *words):
        return run(BUILD / 'voltseal', '--ready-file', self.state / 'ready.json', *words)

    def connect(self, identity):
        """The open socket of a station that was let in, or None."""
        tls = ssl.create_default_context(cafile=self.daemon.ready['ca_file'])
        tls.load_cert_chain(self.cert[identity])
        raw = socket.create_connection(('127.0.0.1', urllib.parse.urlsplit(self.daemon.ready['ocpp_url']).port), timeout=30)
        peer = None
        try:
            peer = tls.wrap_socket(raw, server_hostname='127.0.0.1')
            peer.sendall(f'GET /ocpp/{identity} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                         'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n'.encode())
            answer = peer.recv(4096)
        except (ssl.SSLError, ConnectionError):
            answer = b''
        if answer.startswith(b'HTTP/1.1 101'):
            return peer
        (peer or raw).close()
        return None

    def serial(self, identity):
        return run('openssl', 'x509', '-in', self.cert[identity], '-noout', '-serial').strip().split('=')[1].lower().lstrip('0')

    def test_a_revocation_ends_the_session(self):
        out, stays = self.connect('CS-0002'), self.connect('CS-0004')
        self.assertIsNotNone(out)
        self.assertIsNotNone(stays)
        self.voltseal('cert', 'revoke', self.serial('CS-0002'), '--reason', 'key-compromise')
        asked = time.monotonic()
        frame = out.recv(4096)
        print(f'closed {time.monotonic() - asked:.3f} s after the answer', flush=True)
        self.assertEqual((frame[:1], frame[2:4]), (b'\x88', b'\x03\xf0'))  # close, 1008
        out.close()
        self.assertIsNone(self.connect('CS-0002'))
        stays.settimeout(1)
        with self.assertRaises(TimeoutError):
            stays.recv(1)
        stays.close()
        # The table is read before anything listens.
        self.assertEqual(self.daemon.stop(30), 0)
        self.start()
        self.assertIsNone(self.connect('CS-0002'))
        good = self.connect('CS-0004')
        self.assertIsNotNone(good)
        good.close()


if __name__ == '__main__':
    unittest.main()
