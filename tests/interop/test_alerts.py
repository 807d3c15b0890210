# SPDX-License-Identifier: Apache-2.0
"""Alerts as their receivers get them: webhooks over HTTPS, verified by the text of Standard Webhooks alone, and syslog
(RFC 5424) over UDP, TCP, TLS and a local socket."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon, Failed, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
SECRET, BEFORE = bytes(range(32)), bytes(range(64, 96))
RFC5424 = re.compile(r'<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+) voltseald (\d+) (\S+) (-|\[[^\n]*?"\]) \ufeff([^\n]*)\Z')


def verify(headers, body, public):
    """Standard Webhooks: id, timestamp and body with dots between, HMAC-SHA256 (v1) and Ed25519 (v1a)."""
    stamp = int(headers['webhook-timestamp'])
    assert abs(time.time() - stamp) < 300, stamp
    content = f"{headers['webhook-id']}.{stamp}.".encode() + body
    found = [part.split(',', 1) for part in headers['webhook-signature'].split(' ')]
    # A receiver that has the new secret and one that still has the old one both find theirs.
    for secret in (SECRET, BEFORE):
        expected = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
        assert any(kind == 'v1' and hmac.compare_digest(value, expected) for kind, value in found)
    public.verify(base64.b64decode(dict(found)['v1a']), content)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Remembers what came; answers what the list of its path says, and 204 when that is at its end."""
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        with self.server.lock:
            self.server.seen.append((self.path, dict(self.headers.items()), body))
            answers = self.server.answers.get(self.path, [])
            status = answers.pop(0) if len(answers) > 1 else (answers[0] if answers else 204)
        self.send_response(status)
        self.send_header('Content-Length', '0')
        if status == 302:
            self.send_header('Location', '/elsewhere')
        self.end_headers()

    def log_message(self, *words):
        pass


class Alerts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.make_certificate()
        cls.start_receivers()
        (cls.folder / 'secret').write_text('whsec_' + base64.b64encode(SECRET).decode() + '\n')
        # As systemd hands over a credential: the folder guards it, not its mode.
        (cls.folder / 'credentials').mkdir()
        (cls.folder / 'credentials/hook').write_bytes(BEFORE)
        (cls.folder / 'credentials/hook').chmod(0o440)
        os.environ['CREDENTIALS_DIRECTORY'] = str(cls.folder / 'credentials')
        cls.addClassCleanup(os.environ.pop, 'CREDENTIALS_DIRECTORY')
        cls.key = Ed25519PrivateKey.generate()
        (cls.folder / 'key.pem').write_bytes(cls.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        web, ca = f'https://localhost:{cls.web.server_port}', f'ca_file={cls.folder}/ca.pem'
        hook = f'secret_file={cls.folder}/secret old_secret_file=credential:hook key_file={cls.folder}/key.pem {ca} private=yes'
        (cls.folder / 'alerts').write_text(f'''# what a test needs
target ops webhook url={web}/ops {hook} retry=1,1
target flaky webhook url={web}/flaky {hook} retry=1,1,1
target dead webhook url={web}/dead {hook} retry=1
target gone webhook url={web}/gone {hook} retry=1,1
target moved webhook url={web}/moved {hook} retry=60
target inside webhook url={web}/inside secret_file={cls.folder}/secret {ca} retry=60
target other-ca webhook url={web}/other secret_file={cls.folder}/secret private=yes retry=60
target udp syslog to=udp:127.0.0.1:{cls.udp.getsockname()[1]}
target tcp syslog to=tcp:127.0.0.1:{cls.tcp.getsockname()[1]}
target tls syslog to=tls:localhost:{cls.tls.getsockname()[1]} {ca}
target local syslog to=unix:{cls.folder}/log
rule wrong-password match=refused.* severity=warning count=3 window=3600 target=ops
rule flaky match=refused.* target=flaky count=1 window=3600
rule dead match=refused.* target=dead count=1 window=3600
rule gone match=refused.* target=gone count=1 window=3600
rule moved match=refused.* target=moved count=1 window=3600
rule inside match=refused.* target=inside count=1 window=3600
rule other match=refused.* target=other-ca count=1 window=3600
rule u match=refused.* target=udp
rule t match=refused.* target=tcp
rule s match=refused.* target=tls
rule l match=refused.* target=local
audit tls
''')
        cls.daemon = Daemon(BUILD, cls.folder / 'state', '--stations', '1', '--alert-file', cls.folder / 'alerts')
        cls.addClassCleanup(cls.daemon.stop)
        for _ in range(5):
            cls.knock()

    @classmethod
    def make_certificate(cls):
        run = lambda *words: subprocess.run(['openssl', *words], cwd=cls.folder, check=True, capture_output=True)  # noqa: E731
        run('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem',
            '-subj', '/CN=Receivers', '-days', '2')
        run('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'web.key', '-out', 'web.csr', '-subj',
            '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost')
        run('x509', '-req', '-in', 'web.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2', '-copy_extensions', 'copy', '-out', 'web.pem')
        cls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.context.load_cert_chain(cls.folder / 'web.pem', cls.folder / 'web.key')

    @classmethod
    def start_receivers(cls):
        cls.web = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Receiver)
        cls.web.socket = cls.context.wrap_socket(cls.web.socket, server_side=True)
        cls.web.lock, cls.web.seen = threading.Lock(), []
        cls.web.answers = {'/flaky': [500, 503, 204], '/dead': [500], '/gone': [410], '/moved': [302]}
        threading.Thread(target=cls.web.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.web.server_close)
        cls.addClassCleanup(cls.web.shutdown)
        cls.lines = {'udp': [], 'tcp': [], 'tls': [], 'local': []}
        cls.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.udp.bind(('127.0.0.1', 0))
        cls.local = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        cls.local.bind(str(cls.folder / 'log'))
        for name, sock in (('udp', cls.udp), ('local', cls.local)):
            cls.spawn(lambda name=name, sock=sock: cls.lines[name].append(sock.recv(65536)), forever=True)
        cls.tcp, cls.tls = socket.create_server(('127.0.0.1', 0)), socket.create_server(('127.0.0.1', 0))
        cls.spawn(lambda: cls.take_stream('tcp', cls.tcp.accept()[0]), forever=True)
        cls.spawn(lambda: cls.take_stream('tls', cls.context.wrap_socket(cls.tls.accept()[0], server_side=True)), forever=True)

    @classmethod
    def spawn(cls, what, forever):
        def run():
            try:
                while True:
                    what()
            except OSError:
                pass
        threading.Thread(target=run, daemon=True).start()

    @classmethod
    def take_stream(cls, name, conn):
        """RFC 6587 3.4.1: octet counting. The TCP one hangs up after its first message, once."""
        file = conn.makefile('rb')
        while True:
            size = b''
            while not size.endswith(b' '):
                byte = file.read(1)
                if not byte:
                    return
                size += byte
            cls.lines[name].append(file.read(int(size)))
            if name == 'tcp' and len(cls.lines['tcp']) == 1:
                file.close()
                conn.close()
                return

    @classmethod
    def knock(cls):
        """A station that nobody knows, at the door."""
        url = re.fullmatch(r'wss://([^:]+):(\d+)(/.*)', cls.daemon.ready['ocpp_url'])
        tls = ssl.create_default_context(cafile=cls.daemon.ready['ca_file'])
        with tls.wrap_socket(socket.create_connection((url[1], int(url[2]))), server_hostname=url[1]) as conn:
            conn.sendall((f'GET {url[3]}EVE HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n'
                          'Authorization: Basic RVZFOndyb25nLXBhc3N3b3Jk\r\n\r\n').encode())
            assert b' 401 ' in conn.recv(4096)

    def receivers(self):
        done = subprocess.run([BUILD / 'voltseal', 'alert', 'list', '--output', 'json', '--ready-file', self.daemon.state / 'ready.json'],
                              text=True, capture_output=True, timeout=60, check=True)
        items = json.loads(done.stdout)
        return {item['name']: item for item in (items['items'] if isinstance(items, dict) else items)}

    def came(self, path):
        with self.web.lock:
            return [(headers, body) for at, headers, body in self.web.seen if at == path]

    # --- webhooks ---

    def test_a_webhook_is_signed(self):
        wait_for(lambda: self.came('/ops'), 30, 'the alert came')
        headers, body = self.came('/ops')[0]
        headers = {name.lower(): value for name, value in headers.items()}
        verify(headers, body, self.key.public_key())
        with self.assertRaises(AssertionError):
            verify(headers, body + b' ', self.key.public_key())
        said = json.loads(body)
        self.assertEqual('application/json', headers['content-type'])
        self.assertEqual(('wrong-password', 3, 'EVE', 'refused'),
                         (said['data']['rule'], said['data']['count'], said['data']['station'], said['data']['kind']))
        self.assertTrue(said['type'].startswith('refused.'))
        self.assertNotIn('wrong-password', said['data']['detail'])

    def test_a_receiver_that_fails_is_asked_again(self):
        wait_for(lambda: len(self.came('/flaky')) == 3, 30, 'it was tried three times')
        ids = {{name.lower(): value for name, value in headers.items()}['webhook-id'] for headers, _ in self.came('/flaky')}
        self.assertEqual(1, len(ids))
        wait_for(lambda: self.receivers()['flaky']['delivered'] == 1, 20, 'it was taken')
        self.assertEqual((2, 0, None), tuple(self.receivers()['flaky'][name] for name in ('failed', 'dead', 'last_error')))

    def test_what_nobody_takes_is_kept(self):
        wait_for(lambda: self.receivers()['dead']['dead'] == 1 and self.receivers()['gone']['dead'] == 1, 30, 'they were given up')
        self.assertEqual(2, len(self.came('/dead')))
        self.assertEqual(1, len(self.came('/gone')))
        kept = self.daemon.state / 'alerts-dead.jsonl'
        wait_for(lambda: kept.exists() and len(kept.read_text().splitlines()) == 2, 20, 'both are kept')
        rows = {row['target']: row for row in map(json.loads, kept.read_text().splitlines())}
        self.assertEqual((2, 'it answered 500'), (rows['dead']['attempts'], rows['dead']['reason']))
        self.assertEqual('EVE', rows['gone']['body']['data']['station'])
        self.assertEqual(0, kept.stat().st_mode & 0o077)

    def test_nothing_goes_where_it_must_not(self):
        wait_for(lambda: all(self.receivers()[name]['failed'] for name in ('moved', 'inside', 'other-ca')), 30, 'they were tried')
        rows = self.receivers()
        self.assertEqual('it answered 302', rows['moved']['last_error'])
        self.assertIn('public network', rows['inside']['last_error'])
        self.assertIn('certificate', rows['other-ca']['last_error'].lower())
        for path in ('/elsewhere', '/inside', '/other'):
            self.assertEqual([], self.came(path))

    # --- syslog ---

    def messages(self, name):
        return [RFC5424.fullmatch(line.decode()) for line in self.lines[name]]

    def test_syslog_on_every_way(self):
        for name in ('udp', 'tcp', 'tls', 'local'):
            wait_for(lambda name=name: len([m for m in self.messages(name) if m and 'EVE' in m[7]]) >= 3, 30, f'{name} has them')
            for match, line in zip(self.messages(name), self.lines[name]):
                self.assertIsNotNone(match, line)
            event = next(m for m in self.messages(name) if 'EVE' in m[7])
            self.assertEqual((4 * 8 + 4, self.daemon.pid), (int(event[1]), int(event[4])))
            self.assertIn('kind="refused"', event[6])
            self.assertIn('station="EVE"', event[6])

    def test_the_audit_log_goes_along(self):
        wait_for(lambda: any(m and m[5] == 'audit' for m in self.messages('tls')), 30, 'entries came')
        entries = [json.loads(m[7]) for m in self.messages('tls') if m[5] == 'audit']
        self.assertTrue(all(m[1] == '109' for m in self.messages('tls') if m[5] == 'audit'))
        wait_for(lambda: any(json.loads(m[7])['ev'] == 'station.refused' for m in self.messages('tls') if m[5] == 'audit'), 30, 'refusals too')
        self.assertTrue(all(entry['v'] == 1 for entry in entries))

    # --- what is not started ---

    def test_a_bad_file_stops_the_start(self):
        bad = self.folder / 'bad-alerts'
        for text, words in (('rule x\n', 'line 1'), (f'target t webhook url=https://h.example/ secret_file={self.folder}/none\n', 'secret')):
            bad.write_text(text)
            with self.assertRaises(Failed) as failed:
                Daemon(BUILD, self.folder / 'bad-state', '--stations', '0', '--alert-file', bad)
            self.assertIn(words, str(failed.exception))


if __name__ == '__main__':
    unittest.main()
