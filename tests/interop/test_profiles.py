# SPDX-License-Identifier: Apache-2.0
"""Security profiles of OCPP (A00, A05) on a daemon of its own that has a listener for each."""
import base64
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
UPGRADE = ('GET /ocpp/{id} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
           'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n{more}\r\n')


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


def setUpModule():
    global FOLDER, DAEMON, READY, CLEAR, OPEN
    FOLDER = tempfile.TemporaryDirectory()
    CLEAR, OPEN = free_port(), free_port()
    DAEMON = Daemon(BUILD, pathlib.Path(FOLDER.name) / 'state', '--stations', '0', '--insecure-profile1-port', CLEAR,
                    '--insecure-profile0-port', OPEN)
    READY = DAEMON.ready


def tearDownModule():
    status = DAEMON.stop(30)
    FOLDER.cleanup()
    assert status == 0, f'voltseald ended with {status}'


def voltseal(*words, code=0):
    done = subprocess.run([BUILD / 'voltseal', *words, '--ready-file', DAEMON.state / 'ready.json'], text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout


def show(name):
    return json.loads(voltseal('station', 'show', name, '-o', 'json'))


def events():
    request = urllib.request.Request(READY['api_url'] + '/api/v1/events/recent?limit=100',
                                     headers={'Authorization': f"Bearer {READY['admin_token']}"})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=READY['ca_file']), timeout=30) as answer:
        return json.loads(answer.read())['items']


def ask(name, password=None, port=None, cert=None):
    """The status of an upgrade; port: of a listener without TLS."""
    where = port or int(READY['ocpp_url'].rsplit(':', 1)[1].split('/')[0])
    more = ''
    if password is not None:
        secret = password if isinstance(password, bytes) else password.encode()
        more = 'Authorization: Basic ' + base64.b64encode(name.encode() + b':' + secret).decode() + '\r\n'
    with socket.create_connection(('127.0.0.1', where), 20) as one:
        if not port:
            context = ssl.create_default_context(cafile=READY['ca_file'])
            if cert:
                context.load_cert_chain(cert)
            one = context.wrap_socket(one, server_hostname='localhost')
        one.sendall(UPGRADE.format(id=name, more=more).encode())
        said = one.recv(4096).decode()
        one.close()
    return int(said.split()[1])


class Profiles(unittest.TestCase):
    made = 0

    def add(self, auth, *options):
        Profiles.made += 1
        name = f'PRO-{Profiles.made}'
        return name, voltseal('station', 'add', name, '--auth', auth, '-q', *options).strip()

    def reached(self, name, profile):
        end = time.monotonic() + 20
        while show(name)['profile_reached'] != profile and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(show(name)['profile_reached'], profile)

    def test_it_says_loudly_what_is_insecure(self):
        lines = [line for line in DAEMON.log.read_text().splitlines() if 'listener.insecure' in line]
        self.assertGreaterEqual(len(lines), 2)  # for each start
        self.assertTrue(all('WARN' in line for line in lines), lines)
        self.assertIn('--insecure-profile1-port', lines[0])
        self.assertIn('--insecure-profile0-port', lines[1])

    def test_each_profile_on_its_listener(self):
        basic, password = self.add('basic')
        self.assertEqual(ask(basic, password, OPEN), 401)
        self.assertEqual(ask(basic, 'x' * 24, CLEAR), 401)
        self.assertEqual(ask(basic, password, CLEAR), 101)
        self.reached(basic, 1)
        free, nothing = self.add('none')
        self.assertEqual(nothing, '')
        self.assertEqual([ask(free), ask(free, port=CLEAR), ask(free, port=OPEN)], [401, 401, 101])
        self.assertEqual(ask('NOBODY', port=OPEN), 401)

    def test_the_way_back_is_shut(self):
        """TC_A_19, from 1 to 2 and back."""
        name, password = self.add('basic')
        self.assertEqual(ask(name, password, CLEAR), 101)
        self.assertEqual(ask(name, password), 101)
        self.reached(name, 2)
        self.assertEqual(ask(name, password, CLEAR), 401)
        told = [event for event in events() if event['station'] == name and event['type'] == 'downgrade.refused']
        self.assertEqual([event['severity'] for event in told], ['critical'])
        self.assertEqual(ask(name, password), 101)
        voltseal('station', 'lower-profile', name, '--for', '8d', code=65)
        self.assertIsNotNone(json.loads(voltseal('station', 'lower-profile', name, '--for', '24h', '-o', 'json'))
                             ['station']['profile_lowered_until'])
        self.assertEqual(ask(name, password, CLEAR), 101)
        voltseal('station', 'lower-profile', name, '--for', '0')
        self.assertEqual(ask(name, password, CLEAR), 401)
        self.assertEqual(show(name)['profile_reached'], 2)

    def test_a_certificate_cannot_be_left_at_home(self):
        name, _ = self.add('mtls')
        folder = pathlib.Path(FOLDER.name)
        voltseal('cert', 'issue', name, '--out-dir', folder)
        self.assertEqual(ask(name, cert=folder / f'{name}.pem'), 101)
        self.reached(name, 3)
        self.assertEqual(ask(name), 401)
        self.assertTrue(any(event['station'] == name and event['type'] == 'downgrade.refused' for event in events()))

    def test_a_restart_forgets_nothing(self):
        global DAEMON, READY
        name, password = self.add('basic')
        self.assertEqual(ask(name, password), 101)
        self.reached(name, 2)
        self.assertEqual(DAEMON.stop(30), 0)
        DAEMON = Daemon(BUILD, DAEMON.state, '--stations', '0', '--insecure-profile1-port', CLEAR, '--insecure-profile0-port', OPEN)
        READY = DAEMON.ready
        self.assertEqual(show(name)['profile_reached'], 2)
        self.assertEqual(ask(name, password, CLEAR), 401)

    def test_both_forms_of_an_authorization_key(self):
        """OCPP 1.6 security whitepaper: some stations decode the digits, some send them."""
        for form in (bytes, str):
            name, _ = self.add('basic')
            key = os.urandom(20)
            body = {'password_hex': key.hex()} if form is bytes else {'password': key.hex()}
            request = urllib.request.Request(
                f"{READY['api_url']}/api/v1/stations/{name}/password", method='POST', data=json.dumps(body).encode(),
                headers={'Authorization': f"Bearer {READY['admin_token']}", 'Content-Type': 'application/json'})
            urllib.request.urlopen(request, context=ssl.create_default_context(cafile=READY['ca_file']), timeout=30).close()
            self.assertEqual([ask(name, key), ask(name, key.hex()), ask(name, os.urandom(20))], [101, 101, 401])

    def test_what_is_asked_of_a_station(self):
        name, _ = self.add('basic', '--versions', '2.0.1', '--sign', 'accept')
        self.assertEqual({key: show(name)[key] for key in ('versions', 'sign', 'e2e')},
                         {'versions': '2.0.1', 'sign': 'accept', 'e2e': 'off'})
        said = voltseal('station', 'set', name, '--e2e', 'prefer', '--quirks', 'no-pong,bad-date')
        self.assertRegex(said, r'quirks +no-pong,bad-date')
        self.assertRegex(said, re.compile(r'^e2e +prefer$', re.M))
        voltseal('station', 'set', name, '--sign', 'maybe', code=65)
        voltseal('station', 'set', name, code=64)


if __name__ == '__main__':
    unittest.main()
