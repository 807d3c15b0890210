# SPDX-License-Identifier: Apache-2.0
"""Who is let in, as plain sockets from many addresses of 127.0.0.0/8 see it.

A daemon of its own that trusts no source, so that what is throttled and what is not can be seen.
"""
import base64
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])


class House(unittest.TestCase):
    """A daemon of its own, and what its visitors do."""
    name, options = 'admission', ()

    @classmethod
    def setUpClass(cls):
        cls.state = BUILD / f'{cls.name}-state'
        shutil.rmtree(cls.state, ignore_errors=True)
        cls.daemon = Daemon(BUILD, cls.state, '--stations', '8', '--auth', 'basic', '--address', '127.0.0.1', '--trusted-prefixes', 'none',
                            *cls.options)
        cls.ready = cls.daemon.ready
        cls.port = urllib.parse.urlsplit(cls.ready['ocpp_url']).port
        cls.stations = cls.daemon.credentials()
        cls.tls = ssl.create_default_context(cafile=cls.ready['ca_file'])
        cls.token = pathlib.Path(cls.ready['admin_token_file']).read_text().strip()

    @classmethod
    def tearDownClass(cls):
        if cls.daemon.stop(30) != 0:
            raise RuntimeError(cls.daemon.tail())

    def ask(self, source, identity, password, keep=False):
        """(status, the whole answer); with keep the open socket in place of the answer."""
        pair = identity.encode() + b':' + (password if isinstance(password, bytes) else password.encode())
        raw = socket.create_connection(('127.0.0.1', self.port), timeout=20, source_address=(source, 0))
        peer = self.tls.wrap_socket(raw, server_hostname='127.0.0.1')
        peer.sendall(f'GET /ocpp/{identity} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                     'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n'
                     f'Authorization: Basic {base64.b64encode(pair).decode()}\r\n\r\n'.encode())
        answer = b''
        while b'\r\n\r\n' not in answer:
            piece = peer.recv(4096)
            if not piece:
                break
            answer += piece
        status = int(answer.split(b' ')[1])
        if keep:
            return status, peer
        if status != 101:
            while True:
                try:
                    piece = peer.recv(4096)
                except OSError:
                    break
                if not piece:
                    break
                answer += piece
        peer.close()
        return status, re.sub(rb'Date: [^\r]*\r\n', b'', answer)

    def metrics(self):
        request = urllib.request.Request(self.ready['api_url'] + '/metrics', headers={'Authorization': f'Bearer {self.token}'})
        with urllib.request.urlopen(request, context=self.tls, timeout=20) as answer:
            return {k: int(v) for k, v in re.findall(r'^voltseal_(\w+) (-?\d+)$', answer.read().decode(), flags=re.M)}

    def post(self, path, body):
        request = urllib.request.Request(self.ready['api_url'] + path, json.dumps(body).encode(), method='POST', headers={
            'Authorization': f'Bearer {self.token}', 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, context=self.tls, timeout=20) as answer:
            return json.loads(answer.read())


class Admission(House):
    def test_a_brute_force_never_locks_out_the_right_device(self):
        station = self.stations[0]
        seen = [self.ask('127.3.1.1', station['id'], f'guess{n}')[0] for n in range(12)]
        self.assertEqual(seen, [401] * 5 + [429] * 7)
        for source in ('127.3.2.1', '127.4.1.1'):
            self.assertEqual(self.ask(source, station['id'], station['password'])[0], 101)

    def test_unknown_and_known_look_alike(self):
        for source in ('127.5.1.1', '127.5.2.1'):
            answers = {}
            before = self.metrics()
            for identity in (self.stations[1]['id'], 'CS-NOBODY', 'CS-NOBODY-ELSE'):
                answers[identity] = [self.ask(source, identity, 'guess') for _ in range(7)]
            first, *others = answers.values()
            self.assertEqual([status for status, _ in first], [401] * 5 + [429] * 2)
            for other in others:
                self.assertEqual([text for _, text in other][:5], [text for _, text in first][:5])
                self.assertEqual([status for status, _ in other], [status for status, _ in first])
            # Compared by the work that was done, not by the clock: one password checked for each 401.
            self.assertEqual(self.metrics()['verdicts_fast_total'] - before['verdicts_fast_total'], 15)

    def test_a_bcrypt_station(self):
        """Guessing at it delays nobody else, and its right password is hashed once."""
        added = self.post('/api/v1/stations', {'identity': 'CS-SLOW', 'password': 'a-password-of-a-person'})
        self.assertEqual(added['password'], 'a-password-of-a-person')
        before = self.metrics()
        self.assertEqual(self.ask('127.6.1.1', 'CS-SLOW', 'a-password-of-a-person')[0], 101)
        self.assertEqual(self.ask('127.6.1.1', 'CS-SLOW', 'a-password-of-a-person')[0], 101)
        after = self.metrics()
        self.assertEqual(after['verdicts_slow_total'] - before['verdicts_slow_total'], 1)
        self.assertEqual(after['verdicts_remembered_total'] - before['verdicts_remembered_total'], 1)
        self.assertEqual(self.ask('127.6.2.1', 'CS-SLOW', 'a-password-of-a-persom')[0], 401)

    def test_binary_passwords(self):
        password = bytes([0, 255, 58, 75, 92, 109, 126, 143, 144, 161, 178, 195, 212, 229, 246, 7])
        self.post('/api/v1/stations', {'identity': 'CS-BINARY', 'password_hex': password.hex()})
        self.assertEqual(self.ask('127.7.1.1', 'CS-BINARY', password)[0], 101)
        self.assertEqual(self.ask('127.7.1.1', 'CS-BINARY', password[:1])[0], 401)
        self.assertEqual(self.ask('127.7.1.1', 'CS-BINARY', password + b'\0')[0], 401)

    def test_a_second_connection_from_elsewhere(self):
        """The holder answers the ping: it stays. openssl cannot do that, so the frames are by hand."""
        station = self.stations[2]
        status, holder = self.ask('127.8.1.1', station['id'], station['password'], keep=True)
        self.assertEqual(status, 101)
        asked = subprocess.Popen([sys.executable, '-c', NEWCOMER, str(self.port), self.ready['ca_file'], station['id'], station['password']],
                                 stdout=subprocess.PIPE, text=True)
        holder.settimeout(10)
        self.assertEqual(holder.recv(2), b'\x89\x00')
        holder.sendall(b'\x8a\x80\x01\x02\x03\x04')
        self.assertEqual(asked.communicate(timeout=20)[0].strip(), '409')
        # The same source again: that is the station itself, and at once.
        status, again = self.ask('127.8.1.1', station['id'], station['password'], keep=True)
        self.assertEqual(status, 101)
        again.close()
        holder.close()

    def test_a_source_that_tries_everybody(self):
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            seen = list(pool.map(lambda n: self.ask('127.9.1.1', f'CS-X{n}', 'guess')[0], range(54)))
        self.assertIn(429, seen)
        self.assertGreaterEqual(seen.count(401), 30)
        self.assertEqual(self.ask('127.9.2.1', self.stations[3]['id'], self.stations[3]['password'])[0], 101)
        with urllib.request.urlopen(urllib.request.Request(self.ready['api_url'] + '/metrics', headers={
                'Authorization': f'Bearer {self.token}'}), context=self.tls, timeout=20) as answer:
            self.assertRegex(answer.read().decode(), r'(?m)^voltseal_ratelimit_total{layer="L3",reason="auth_source"} [1-9]')


class Tenants(House):
    """What a tenant may have: beyond it is refused or waits, and is counted."""
    name, options = 'tenants', ('--tenant-connections', '2', '--tenant-messages', '5')

    def limited(self, reason):
        with urllib.request.urlopen(urllib.request.Request(self.ready['api_url'] + '/metrics', headers={
                'Authorization': f'Bearer {self.token}'}), context=self.tls, timeout=20) as answer:
            found = re.search(rf'(?m)^voltseal_ratelimit_total{{layer="L4",reason="{reason}"}} (\d+)', answer.read().decode())
        return int(found.group(1))

    def test_one_connection_more_waits_outside(self):
        rows = self.stations
        open_ones = [self.ask('127.10.1.1', row['id'], row['password'], keep=True) for row in rows[:2]]
        self.assertEqual([status for status, _ in open_ones], [101, 101])
        status, answer = self.ask('127.10.1.1', rows[2]['id'], rows[2]['password'])
        self.assertEqual(status, 503)
        self.assertRegex(answer, rb'(?i)retry-after: [3-6]\d\r\n')
        self.assertEqual(self.limited('tenant_connections'), 1)
        # who has not proved anything learns nothing of it
        self.assertEqual(self.ask('127.10.2.1', rows[2]['id'], 'guess')[0], 401)
        for _, peer in open_ones:
            peer.close()
        wait_for(lambda: self.ask('127.10.1.1', rows[2]['id'], rows[2]['password'])[0] == 101, 20, 'a place is free again')

    def test_too_many_messages_wait(self):
        """All stations of a tenant share its rate: twenty messages at five a second take their time, and none is lost."""
        row = self.stations[4]
        status, peer = self.ask('127.11.1.1', row['id'], row['password'], keep=True)
        self.assertEqual(status, 101)
        for n in range(15):
            text = f'[2,"{n}","Heartbeat",{{}}]'.encode()
            peer.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
        answers = b''
        while answers.count(b'[4,"') < 15:  # not booted: each is answered, with an error
            answers += peer.recv(4096)
        self.assertGreater(self.limited('tenant_messages'), 5)
        peer.close()


NEWCOMER = '''
import base64, socket, ssl, sys
port, ca, identity, password = int(sys.argv[1]), *sys.argv[2:]
peer = ssl.create_default_context(cafile=ca).wrap_socket(
    socket.create_connection(('127.0.0.1', port), timeout=20, source_address=('127.8.2.1', 0)), server_hostname='127.0.0.1')
peer.sendall(('GET /ocpp/%s HTTP/1.1\\r\\nHost: h\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\n'
              'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Protocol: ocpp2.0.1\\r\\nAuthorization: Basic %s\\r\\n\\r\\n'
              % (identity, base64.b64encode(f'{identity}:{password}'.encode()).decode())).encode())
print(peer.recv(4096).decode().split(' ')[1])
'''

if __name__ == '__main__':
    unittest.main()
