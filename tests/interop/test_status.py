# SPDX-License-Identifier: Apache-2.0
"""Certificates of another CA: its responder (openssl ocsp) is asked, its list is downloaded (http.server), and what they
say closes the door. The CA is one of python3-cryptography's."""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from harness import Daemon, wait_for  # noqa: E402
from own_ca import DAY, Authority, key_pem, now, pem, spki_hash  # noqa: E402
from raw_websocket import TEXT, frame  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
UPGRADE = ('GET /ocpp/{} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
           'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {}\r\n\r\n')
BOOT = {'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}}


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Lists(http.server.BaseHTTPRequestHandler):
    content, asked = b'', 0

    def do_GET(self):
        Lists.asked += 1
        self.send_response(200 if Lists.content else 404)
        self.send_header('Content-Length', str(len(Lists.content)))
        self.end_headers()
        self.wfile.write(Lists.content)

    def log_message(self, *_):
        pass


class Responder:
    """openssl ocsp over an index file."""

    def __init__(self, folder, authority):
        self.folder, self.port = folder, free_port()
        (folder / 'ca.key').write_bytes(key_pem(authority.key))
        (folder / 'index.txt').write_text('', encoding='ascii')
        self.process = None

    def say(self, rows):
        """{certificate: 'V' or 'R'}"""
        lines = []
        for certificate, state in rows.items():
            serial = f'{certificate.serial_number:X}'
            serial = '0' * (len(serial) % 2) + serial
            gone = time.strftime('%y%m%d%H%M%SZ', time.gmtime()) if state == 'R' else ''
            lines.append(f'{state}\t470101000000Z\t{gone}\t{serial}\tunknown\t/CN={serial}\n')
        (self.folder / 'index.txt').write_text(''.join(lines), encoding='ascii')
        self.stop()
        with (self.folder / 'ocsp.log').open('wb') as log:
            self.process = subprocess.Popen(
                ['openssl', 'ocsp', '-port', str(self.port), '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'ca.pem', '-rkey',
                 'ca.key', '-nmin', '60'], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        # Not a connection to try: it serves one at a time, and would wait for what we do not ask.
        wait_for(lambda: 'waiting for' in (self.folder / 'ocsp.log').read_text(), 20, 'openssl ocsp listens')

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


class Desk:
    """One address for several CAs, which openssl ocsp cannot be: each answer is signed by the CA that is asked about."""

    def __init__(self, *authorities):
        self.rows, self.authorities = {}, authorities
        desk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                answer = desk.answer(self.rfile.read(int(self.headers['Content-Length'])))
                self.send_response(200)
                self.send_header('Content-Type', 'application/ocsp-response')
                self.send_header('Content-Length', str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def say(self, rows):
        self.rows = {certificate.serial_number: (certificate, state) for certificate, state in rows.items()}

    def answer(self, text):
        question = ocsp.load_der_ocsp_request(text)
        issuer = next((one for one in self.authorities
                       if hashes_of(one.certificate, one.certificate, question.hash_algorithm.name)['issuerKeyHash'] ==
                       question.issuer_key_hash.hex()), None)
        certificate, state = self.rows.get(question.serial_number, (None, None))
        if issuer is None or certificate is None:
            return ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED).public_bytes(
                serialization.Encoding.DER)
        is_out = state == 'R'
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate, issuer.certificate, question.hash_algorithm, ocsp.OCSPCertStatus.REVOKED if is_out else ocsp.OCSPCertStatus.GOOD,
            now() - DAY / 24, now() + DAY / 24, now() - DAY / 24 if is_out else None,
            x509.ReasonFlags.key_compromise if is_out else None)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
        for extension in question.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def stop(self):
        self.server.shutdown()


class World:
    def __init__(self):
        self.state = BUILD / 'status-state'
        shutil.rmtree(self.state, ignore_errors=True)
        self.files = self.state / 'own'
        self.files.mkdir(parents=True)
        self.ca = Authority('Foreign CA')
        (self.files / 'ca.pem').write_bytes(pem(self.ca.certificate))
        self.leaves = {f'CS-000{i}': self.ca.issue(self.files, f'CS-000{i}', [f'CS-000{i}']) for i in range(1, 6)}
        self.responder = Responder(self.files, self.ca)
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Lists)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.list_url = f'http://127.0.0.1:{self.server.server_address[1]}/foreign.crl'
        self.write_sources()
        self.publish()
        self.responder.say({leaf: 'V' for leaf in self.leaves.values()})
        self.network = 0
        self.daemon = None

    def write_sources(self, comment=''):
        fresh = self.files / 'status.new'
        fresh.write_text(f'# {comment}\n{self.files}/ca.pem\thttp://127.0.0.1:{self.responder.port}/\t{self.list_url}\n',
                         encoding='utf-8')
        fresh.rename(self.files / 'status')

    def publish(self, revoked=(), start=-DAY, end=7 * DAY):
        self.ca.crl(self.files / 'foreign.crl', revoked, start, end)
        Lists.content = (self.files / 'foreign.crl').read_bytes()

    def start(self, *options):
        self.daemon = Daemon(BUILD, self.state, '--stations', '5', '--auth', 'mtls', '--station-ca', self.files / 'ca.pem',
                             '--status', self.files / 'status', *options)
        where = urllib.parse.urlsplit(self.daemon.ready['ocpp_url'])
        self.address = (where.hostname, where.port)

    def stop(self):
        if self.daemon is not None and self.daemon.is_running():
            status = self.daemon.stop(60)
            assert status == 0, f'{status}\n{self.daemon.tail(60)}'

    def get(self, path, method='GET'):
        context = ssl.create_default_context(cafile=self.daemon.ready['ca_file'])
        token = pathlib.Path(self.daemon.ready['admin_token_file']).read_text(encoding='ascii')
        request = urllib.request.Request(self.daemon.ready['api_url'].rstrip('/') + path, method=method,
                                         headers={'Authorization': f'Bearer {token}'})
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.read()

    def metric(self, name):
        for line in self.get('/metrics').decode().splitlines():
            if line.startswith(f'voltseal_{name} '):
                return int(float(line.split()[1]))
        raise KeyError(name)

    def words(self):
        return [event.get('type') for event in json.loads(self.get('/api/v1/events/recent?limit=500'))['items']]

    def connect(self, identity, file=None, protocol='ocpp2.0.1'):
        """A socket that was let in, or the status, or None: the connection was closed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.daemon.ready['ca_file'])
        context.load_cert_chain(self.files / f'{file or identity}.pem', self.files / f'{file or identity}.key')
        self.network += 1
        raw = socket.create_connection(self.address, timeout=30, source_address=(f'127.0.{self.network}.1', 0))
        try:
            tls = context.wrap_socket(raw, server_hostname='localhost')
            tls.sendall(UPGRADE.format(identity, protocol).encode())
            head = tls.recv(4096)
        except (ssl.SSLError, ConnectionError):
            raw.close()
            return None
        if not head:
            tls.close()
            return None
        status = int(head.split()[1])
        if status == 101:
            return tls
        tls.close()
        return status


WORLD = None


def setUpModule():
    global WORLD
    WORLD = World()


def tearDownModule():
    WORLD.stop()
    WORLD.responder.stop()
    WORLD.server.shutdown()


def is_closed(tls):
    tls.settimeout(30)
    try:
        while tls.recv(4096):
            pass
    except (ssl.SSLError, ConnectionError):
        pass
    tls.close()
    return True


def call(tls, action, payload):
    tls.sendall(frame(TEXT, json.dumps([2, action, action, payload])))
    data = b''
    while True:
        data += tls.recv(65536)
        if len(data) < 4:
            continue
        size, at = data[1] & 127, 2
        if size == 126:
            size, at = int.from_bytes(data[2:4], 'big'), 4
        if len(data) >= at + size:
            message = json.loads(data[at:at + size])
            data = data[at + size:]
            if message[0] == 3 and message[1] == action:
                return message[2]


def hashes_of(issuer, leaf, algorithm='sha256'):
    """certificateHashData, computed by hand."""
    key = issuer.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return {'hashAlgorithm': algorithm.upper(), 'issuerNameHash': hashlib.new(algorithm, issuer.subject.public_bytes()).hexdigest(),
            'issuerKeyHash': hashlib.new(algorithm, key).hexdigest(), 'serialNumber': f'{leaf.serial_number:x}',
            'responderURL': 'http://127.0.0.1:9/'}


class Status(unittest.TestCase):
    def setUp(self):
        WORLD.stop()
        shutil.rmtree(WORLD.state / 'crl', ignore_errors=True)
        WORLD.publish()
        WORLD.responder.say({leaf: 'V' for leaf in WORLD.leaves.values()})

    def comes_in(self, identity, file=None, protocol='ocpp2.0.1'):
        """The socket. The first list is on its way when the daemon begins to listen: until then nobody comes in."""
        got = []
        wait_for(lambda: got.append(WORLD.connect(identity, file, protocol)) or hasattr(got[-1], 'recv'), 30, f'{identity} comes in')
        self.addCleanup(got[-1].close)
        return got[-1]

    def refused(self, identity, file=None):
        self.assertFalse(hasattr(WORLD.connect(identity, file), 'recv'))

    def test_the_responder_is_asked(self):
        """Let in, asked about, and once it is revoked there: closed, refused, and the others stay."""
        WORLD.responder.say({leaf: 'R' if name == 'CS-0002' else 'V' for name, leaf in WORLD.leaves.items()})
        WORLD.start()
        good = self.comes_in('CS-0001')
        wait_for(lambda: WORLD.metric('ocsp_fetches_total') == 1, 20, 'the responder was asked')
        bad = WORLD.connect('CS-0002')
        if hasattr(bad, 'recv'):  # the answer was not here yet: it closes the connection
            self.assertTrue(is_closed(bad))
        wait_for(lambda: 'certificate_revoked' in WORLD.words() or 'session.revoked' in WORLD.words(), 20, 'event')
        self.refused('CS-0002')
        wait_for(lambda: 'certificate_revoked' in WORLD.words(), 20, 'event certificate_revoked')
        # Again: what was said is kept.
        again = WORLD.metric('ocsp_fetches_total')
        good.sendall(frame(TEXT, json.dumps([2, 'b', 'BootNotification', BOOT])))
        self.assertIn(b'"b"', good.recv(4096))
        good.close()
        self.comes_in('CS-0001')
        self.assertEqual(WORLD.metric('ocsp_fetches_total'), again)
        self.assertEqual(WORLD.metric('ocsp_failures_total'), 0)

    def test_closed_until_it_has_answered(self):
        WORLD.start('--ocsp-fail', 'closed')
        wait_for(lambda: 'certificates.taken' in WORLD.words(), 20, 'the list is there')
        self.refused('CS-0003')
        wait_for(lambda: 'status_unknown' in WORLD.words(), 20, 'event status_unknown')
        self.comes_in('CS-0003')
        # Nobody answers: nobody new comes in, and that is told.
        WORLD.responder.stop()
        self.refused('CS-0004')
        wait_for(lambda: WORLD.metric('ocsp_failures_total') == 1, 20, 'it failed')
        self.refused('CS-0004')
        wait_for(lambda: 'ocsp.failed' in WORLD.words(), 20, 'event ocsp.failed')

    def test_a_ca_that_only_the_station_has(self):
        """It sends its issuing CA along; the line of the CA above says that its responder speaks for those below it."""
        below = Authority('Below the foreign CA', WORLD.ca)
        leaf = below.issue(WORLD.files, 'below-5', ['CS-0005'])
        other = below.issue(WORLD.files, 'below-4', ['CS-0004'])
        responder = Desk(WORLD.ca, below)
        self.addCleanup(responder.stop)
        self.addCleanup(WORLD.write_sources)
        responder.say({below.certificate: 'V', leaf: 'V', other: 'R'})
        line = f'{WORLD.files}/ca.pem\thttp://127.0.0.1:{responder.port}/\t-'
        (WORLD.files / 'status').write_text(line + '\n', encoding='utf-8')
        WORLD.start('--ocsp-fail', 'closed')
        # Nobody was named for what it issued, and nobody is asked about that: but about itself (RFC 5280 6.1.3).
        self.refused('CS-0005', 'below-5')
        self.comes_in('CS-0005', 'below-5').close()
        self.assertEqual(WORLD.metric('ocsp_fetches_total'), 1)
        (WORLD.files / 'status').write_text(line + '\tbelow\n', encoding='utf-8')
        WORLD.get('/api/v1/certificates/reload', 'POST')
        self.refused('CS-0005', 'below-5')  # not before its responder has spoken
        live = self.comes_in('CS-0005', 'below-5')
        self.assertEqual(WORLD.metric('ocsp_fetches_total'), 2)
        self.refused('CS-0004', 'below-4')
        wait_for(lambda: 'status_unknown' in WORLD.words(), 20, 'event status_unknown')
        wait_for(lambda: WORLD.metric('ocsp_fetches_total') == 3, 20, 'it was asked')
        self.refused('CS-0004', 'below-4')
        wait_for(lambda: 'certificate_revoked' in WORLD.words(), 20, 'event certificate_revoked')
        self.assertEqual(WORLD.metric('ocsp_failures_total'), 0)
        # M06, by another station of the same CA: what it answers is signed by the CA that was sent along.
        self.assertEqual(call(live, 'BootNotification', BOOT)['status'], 'Accepted')
        answer = call(live, 'GetCertificateStatus', {'ocspRequestData': hashes_of(below.certificate, other)})
        der = ocsp.load_der_ocsp_response(base64.b64decode(answer['ocspResult']))
        self.assertEqual((answer['status'], der.certificate_status), ('Accepted', ocsp.OCSPCertStatus.REVOKED))
        # The file is read again: what was learned stays.
        (WORLD.files / 'status').write_text(f'# again\n{line}\tbelow\n', encoding='utf-8')
        WORLD.get('/api/v1/certificates/reload', 'POST')
        self.refused('CS-0004', 'below-4')
        live.close()

    def test_an_issuing_ca_is_revoked(self):
        """RFC 5280 6.1.3: what a CA issued goes with it, and the station had sent it along itself."""
        below = Authority('Below, for a while', WORLD.ca)
        below.issue(WORLD.files, 'below-3', ['CS-0003'])
        WORLD.start()
        live = self.comes_in('CS-0003', 'below-3')
        self.assertEqual(call(live, 'BootNotification', BOOT)['status'], 'Accepted')
        other = self.comes_in('CS-0001')
        WORLD.publish([below.certificate], start=-DAY / 2)
        WORLD.write_sources('fetch it now')
        WORLD.get('/api/v1/certificates/reload', 'POST')
        self.assertTrue(is_closed(live))
        self.refused('CS-0003', 'below-3')
        wait_for(lambda: 'certificate_revoked' in WORLD.words(), 20, 'event certificate_revoked')
        self.assertEqual(call(other, 'BootNotification', BOOT)['status'], 'Accepted')
        # And by the responder of the CA above, where there is no list.
        responder = Desk(WORLD.ca)
        self.addCleanup(responder.stop)
        self.addCleanup(WORLD.write_sources)
        responder.say({below.certificate: 'R', WORLD.leaves['CS-0001']: 'V'})
        WORLD.stop()
        shutil.rmtree(WORLD.state / 'crl', ignore_errors=True)
        (WORLD.files / 'status').write_text(f'{WORLD.files}/ca.pem\thttp://127.0.0.1:{responder.port}/\t-\n', encoding='utf-8')
        WORLD.start('--ocsp-fail', 'closed')
        self.refused('CS-0003', 'below-3')
        self.refused('CS-0001')
        self.comes_in('CS-0001')
        wait_for(lambda: WORLD.metric('ocsp_fetches_total') == 2, 20, 'both were asked about')
        self.refused('CS-0003', 'below-3')

    def test_an_answer_for_a_station(self):
        """M06: another CA's answer, read by python3-cryptography; the URL that the station names is never asked."""
        WORLD.start()
        leaf = WORLD.leaves['CS-0005']
        tls = self.comes_in('CS-0001')
        self.assertEqual(call(tls, 'BootNotification', BOOT)['status'], 'Accepted')
        answer = call(tls, 'GetCertificateStatus', {'ocspRequestData': hashes_of(WORLD.ca.certificate, leaf)})
        self.assertEqual(answer['status'], 'Accepted', answer)
        der = ocsp.load_der_ocsp_response(base64.b64decode(answer['ocspResult']))
        self.assertEqual((der.certificate_status, der.serial_number), (ocsp.OCSPCertStatus.GOOD, leaf.serial_number))
        # The same one until its next update, though the responder says something else by now.
        WORLD.responder.say({leaf: 'R'})
        asked = WORLD.metric('ocsp_fetches_total')
        again = call(tls, 'GetCertificateStatus', {'ocspRequestData': hashes_of(WORLD.ca.certificate, leaf)})
        self.assertEqual(again, answer)
        self.assertEqual(WORLD.metric('ocsp_fetches_total'), asked)
        # Another hash is another question.
        other = call(tls, 'GetCertificateStatus', {'ocspRequestData': hashes_of(WORLD.ca.certificate, leaf, 'sha384')})
        der = ocsp.load_der_ocsp_response(base64.b64decode(other['ocspResult']))
        self.assertEqual((other['status'], der.certificate_status), ('Accepted', ocsp.OCSPCertStatus.REVOKED))
        self.refused('CS-0005')  # what a station asked about is known here, too
        stranger = Authority('Nobody here knows it')
        unknown = call(tls, 'GetCertificateStatus', {'ocspRequestData': hashes_of(stranger.certificate, leaf)})
        self.assertEqual(unknown['status'], 'Failed')
        tls.close()

    def test_a_chain_of_a_vehicle(self):
        """M07: each certificate by the source that the station names, by nobody's word but that CA's; its URLs are never asked."""
        good, gone, stranger = WORLD.leaves['CS-0005'], WORLD.leaves['CS-0004'], Authority('Nobody here knows it')
        WORLD.publish([gone])
        WORLD.start()
        tls = self.comes_in('CS-0001', protocol='ocpp2.1')
        self.assertEqual(call(tls, 'BootNotification', BOOT)['status'], 'Accepted')

        def ask(*which):
            asked = []
            for leaf, source, issuer in which:
                name = hashes_of(issuer.certificate, leaf)
                del name['responderURL']
                asked.append({'certificateHashData': name, 'source': source, 'urls': ['http://127.0.0.1:9/']})
            said = call(tls, 'GetCertificateChainStatus', {'certificateStatusRequests': asked})['certificateStatus']
            self.assertEqual([(row['certificateHashData'], row['source']) for row in asked],
                             [(row['certificateHashData'], row['source']) for row in said])
            return said
        before = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() + 600))
        said = ask((good, 'OCSP', WORLD.ca), (gone, 'CRL', WORLD.ca), (good, 'CRL', WORLD.ca), (good, 'OCSP', stranger))
        self.assertEqual(['Good', 'Revoked', 'Good', 'Failed'], [row['status'] for row in said])
        self.assertEqual([True, True, True, False], [row['nextUpdate'] > before for row in said])
        WORLD.responder.say({WORLD.leaves['CS-0003']: 'R'})
        self.assertEqual(['Revoked', 'Good'], [row['status'] for row in ask((WORLD.leaves['CS-0003'], 'OCSP', WORLD.ca),
                                                                            (good, 'OCSP', WORLD.ca))])  # the second is kept
        tls.close()

    def test_the_list_is_downloaded(self):
        """A newer list closes sessions; an older one is not taken; one that cannot be had is told."""
        kept = WORLD.state / 'crl' / f'{spki_hash(WORLD.ca.certificate)}.crl'
        WORLD.start()
        wait_for(kept.exists, 20, 'the list is there')
        tls = self.comes_in('CS-0004')
        WORLD.publish([WORLD.leaves['CS-0004']], start=-DAY / 2)
        WORLD.write_sources('fetch it now')
        WORLD.get('/api/v1/certificates/reload', 'POST')
        self.assertTrue(is_closed(tls))
        self.refused('CS-0004')
        newest = kept.read_bytes()
        # Whoever sits on the way hands out yesterday's list.
        failures = WORLD.metric('crl_failures_total')
        WORLD.publish(start=-3 * DAY)
        WORLD.write_sources('and again')
        WORLD.get('/api/v1/certificates/reload', 'POST')
        wait_for(lambda: WORLD.metric('crl_failures_total') > failures, 20, 'the old list was refused')
        self.assertEqual(kept.read_bytes(), newest)
        self.refused('CS-0004')
        wait_for(lambda: 'crl.not_fetched' in WORLD.words(), 20, 'event crl.not_fetched')
        # After a restart the list that is here counts from the first connection on.
        WORLD.stop()
        Lists.content = b''
        WORLD.start()
        self.refused('CS-0004')
        self.comes_in('CS-0001')

    def test_a_list_that_was_never_there(self):
        """revocation_fail=closed is the default: no list, no new connection."""
        Lists.content = b''
        WORLD.start()
        wait_for(lambda: 'crl.not_fetched' in WORLD.words(), 20, 'event crl.not_fetched')
        self.refused('CS-0001')
        wait_for(lambda: 'revocation_stale' in WORLD.words(), 20, 'event revocation_stale')
        WORLD.publish()
        WORLD.write_sources('now it is there')
        WORLD.get('/api/v1/certificates/reload', 'POST')
        self.comes_in('CS-0001')


if __name__ == '__main__':
    unittest.main()
