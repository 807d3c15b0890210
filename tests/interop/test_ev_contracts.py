# SPDX-License-Identifier: Apache-2.0
"""Contract certificates of vehicles (M01, M02): a provider behind HTTPS, and what stations get when it answers and when not."""
import asyncio
import base64
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

import websockets

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon, wait_for  # noqa: E402

import own_ca  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
TOKEN = 'a-token-of-the-provider'
REQUEST = {'iso15118SchemaVersion': 'urn:iso:15118:2:2013:MsgDef', 'action': 'Install', 'exiRequest': 'gJgCAAAA'}
ACCEPTED = {'status': 'Accepted', 'exiResponse': base64.b64encode(b'\x80' * 3900).decode()}


class Provider(http.server.BaseHTTPRequestHandler):
    """Says what the list has next: (status, body)."""
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.server.seen.append((self.path, self.headers['Authorization'], self.headers['Content-Type'], body))
        if not self.server.answers:
            self.server.is_over.wait(60)  # says nothing
            return
        status, said = self.server.answers.pop(0)
        said = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *words):
        pass


def voltseal(daemon, *words):
    return subprocess.run([BUILD / 'voltseal', *words, '--ready-file', daemon.state / 'ready.json'], text=True, capture_output=True,
                          timeout=60, check=True).stdout.strip()


async def ask(daemon, name, password, requests, subprotocol='ocpp2.0.1'):
    """Boot, then each request as Get15118EVCertificate; the payloads of the results."""
    login = base64.b64encode(f'{name}:{password}'.encode()).decode()
    context = ssl.create_default_context(cafile=daemon.ready['ca_file'])
    answers = []
    async with websockets.connect(f"{daemon.ready['ocpp_url'].rstrip('/')}/{name}", ssl=context, subprotocols=[subprotocol],
                                  extra_headers={'Authorization': f'Basic {login}'}) as socket:
        boot = {'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}}
        calls = [('BootNotification', boot)] + [('Get15118EVCertificate', request) for request in requests]
        for i, (action, payload) in enumerate(calls):
            await socket.send(json.dumps([2, f'{name}-{i}', action, payload]))
            while (message := json.loads(await asyncio.wait_for(socket.recv(), 30)))[:2] not in ([3, f'{name}-{i}'], [4, f'{name}-{i}']):
                pass
            answers.append(message[2])
    return answers[1:]


class Contracts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        authority = own_ca.Authority('Contracts CA')
        (cls.folder / 'ca.pem').write_bytes(own_ca.pem(authority.certificate))
        authority.issue(cls.folder, 'provider', ['localhost'], hosts=['localhost'])
        (cls.folder / 'token').write_text(TOKEN + '\n')
        (cls.folder / 'token').chmod(0o600)
        cls.provider = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Provider)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.folder / 'provider.pem', cls.folder / 'provider.key')
        cls.provider.socket = context.wrap_socket(cls.provider.socket, server_side=True)
        cls.provider.seen, cls.provider.answers, cls.provider.is_over = [], [], threading.Event()
        threading.Thread(target=cls.provider.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.provider.server_close)
        cls.addClassCleanup(cls.provider.shutdown)
        cls.daemon = Daemon(BUILD, cls.folder / 'state', '--stations', '0', '--contract-url',
                            f'https://localhost:{cls.provider.server_port}/contracts', '--contract-ca', cls.folder / 'ca.pem',
                            '--contract-token-file', cls.folder / 'token')
        cls.addClassCleanup(cls.daemon.stop)

    def ask(self, name, answers, requests=None, subprotocol='ocpp2.0.1'):
        self.provider.seen.clear()
        self.provider.answers[:] = answers
        password = voltseal(self.daemon, 'station', 'add', name, '--auth', 'basic', '-q')
        return asyncio.run(ask(self.daemon, name, password, requests or [REQUEST] * max(1, len(answers)), subprotocol))

    def test_what_the_provider_says(self):
        update = dict(REQUEST, action='Update')
        self.assertEqual(self.ask('EV-1', [(200, ACCEPTED), (200, {'status': 'Failed', 'exiResponse': 'gA=='})], [REQUEST, update]),
                         [ACCEPTED, {'status': 'Failed', 'exiResponse': 'gA=='}])
        self.assertEqual(self.provider.seen, [
            ('/contracts', f'Bearer {TOKEN}', 'application/json',
             {'tenant': 'default', 'station': 'EV-1', 'version': '2.0.1', 'request': request}) for request in (REQUEST, update)])

    def test_of_a_later_version(self):
        more = dict(REQUEST, maximumContractCertificateChains=2, prioritizedEMAIDs=['DE8AAC0001'])
        answer = dict(ACCEPTED, remainingContracts=1)
        self.assertEqual(self.ask('EV-2', [(200, answer)], [more], 'ocpp2.1'), [answer])
        self.assertEqual((self.provider.seen[0][3]['version'], self.provider.seen[0][3]['request']), ('2.1', more))

    def test_what_it_must_not_say(self):
        odd = [(500, ACCEPTED), (200, b'<html>'), (200, {'status': 'Accepted'}), (200, dict(ACCEPTED, remainingContracts=1))]
        for answer in self.ask('EV-3', odd):
            self.assertEqual((answer['status'], answer['exiResponse'], answer['statusInfo']['reasonCode']), ('Failed', '', 'NoAnswer'))
        self.assertEqual(len(self.provider.seen), 4)

    def test_not_for_ever(self):
        answers = self.ask('EV-4', [(200, ACCEPTED)] * 8)
        self.assertEqual(answers[0], ACCEPTED)
        self.assertEqual(answers[-1]['statusInfo']['reasonCode'], 'TryLater')

    def test_without_a_certificate_that_is_believed(self):
        """Another CA than that of the provider: nothing is sent."""
        other = own_ca.Authority('Other CA')
        (self.folder / 'other.pem').write_bytes(own_ca.pem(other.certificate))
        self.provider.seen.clear()
        daemon = Daemon(BUILD, self.folder / 'other', '--stations', '0', '--contract-url',
                        f'https://localhost:{self.provider.server_port}/contracts', '--contract-ca', self.folder / 'other.pem')
        self.addCleanup(daemon.stop)
        password = voltseal(daemon, 'station', 'add', 'EV-5', '--auth', 'basic', '-q')
        answer = asyncio.run(ask(daemon, 'EV-5', password, [REQUEST]))[0]
        self.assertEqual((answer['status'], answer['statusInfo']['reasonCode'], self.provider.seen), ('Failed', 'NoAnswer', []))
        self.assertIn('contract.failed', daemon.log.read_text())

    def test_who_says_nothing_holds_nobody_up(self):
        """The daemon ends in order while a provider is asked."""
        self.provider.seen.clear()
        self.provider.answers.clear()
        daemon = Daemon(BUILD, self.folder / 'quiet', '--stations', '0', '--contract-url',
                        f'https://localhost:{self.provider.server_port}/contracts', '--contract-ca', self.folder / 'ca.pem')
        try:
            password = voltseal(daemon, 'station', 'add', 'EV-6', '--auth', 'basic', '-q')
            asking = threading.Thread(target=lambda: self.assertRaises(
                websockets.ConnectionClosed, asyncio.run, ask(daemon, 'EV-6', password, [REQUEST])))
            asking.start()
            wait_for(lambda: self.provider.seen, 20, 'the question')
            self.assertEqual(self.provider.seen[0][1], None)  # no token was given
            self.assertEqual(daemon.stop(15), 0)
            asking.join(20)
            self.assertFalse(asking.is_alive())
        finally:
            self.provider.is_over.set()
            daemon.stop()

    def test_it_wants_https_and_a_ca(self):
        for options in (['--contract-url', 'http://localhost/x'], ['--contract-url', 'https://localhost/x'],
                        ['--contract-url', 'https://localhost/x', '--contract-ca', self.folder / 'ca.pem', '--contract-token-file',
                         self.folder / 'ca.pem']):
            (self.folder / 'ca.pem').chmod(0o644)
            done = subprocess.run([BUILD / 'voltseald', 'dev', '--state', self.folder / 'never', *map(str, options)], text=True,
                                  capture_output=True, timeout=60, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn('--contract-', done.stderr)


if __name__ == '__main__':
    unittest.main()
