# SPDX-License-Identifier: Apache-2.0
"""voltseal-sim attack against a daemon of its own: each attack is stopped, told, counted, while honest stations are served."""
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Child, Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
HONEST = 20


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name)
        cls.daemon = Daemon(BUILD, cls.dir / 'state', '--stations', str(HONEST))
        cls.ready = cls.daemon.ready
        cls.tls = ssl.create_default_context(cafile=cls.ready['ca_file'])
        added = cls.call('POST', '/api/v1/stations', {'identity': 'EVE', 'e2e': 'require'})
        cls.call('POST', '/api/v1/stations', {'identity': 'MALLORY', 'auth': 'mtls'})
        cls.private('password', added['password'])
        cls.private('psk', json.dumps(cls.call('POST', '/api/v1/keys', {'station': 'EVE', 'channel': 'psk'})))
        subprocess.run([BUILD / 'voltseal', 'cert', 'issue', 'MALLORY', '--out-dir', cls.dir, '--ready-file',
                        cls.dir / 'state/ready.json'], check=True, stdout=subprocess.DEVNULL, timeout=60)
        cls.fleet = Child([BUILD / 'voltseal-sim', 'fleet', '-n', HONEST, '--url', cls.ready['ocpp_url'], '--ca', cls.ready['ca_file'],
                           '--credentials', cls.ready['credentials_file'], '--scenario', 'busy', '--connect-rate', '0'],
                          cls.dir / 'fleet.log')
        wait_for(lambda: cls.metric('sessions_open') == HONEST, 60, 'the honest stations are connected')

    @classmethod
    def tearDownClass(cls):
        try:
            cls.fleet.stop(40, signal.SIGTERM)
            assert cls.daemon.stop(40) == 0
        finally:
            cls.folder.cleanup()

    @classmethod
    def private(cls, name, text):
        (cls.dir / name).write_text(text)
        (cls.dir / name).chmod(0o600)

    @classmethod
    def call(cls, method, path, body=None):
        request = urllib.request.Request(cls.ready['api_url'] + path, method=method, headers={
            'Content-Type': 'application/json', 'Authorization': f'Bearer {cls.ready["admin_token"]}'},
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, context=cls.tls, timeout=30) as answer:
            text = answer.read().decode()
            return json.loads(text) if text[:1] in '{[' else text

    @classmethod
    def metric(cls, name):
        for line in cls.call('GET', '/metrics').splitlines():
            if line.startswith(f'voltseal_{name} '):
                return int(float(line.split()[1]))
        raise AssertionError(name)

    def attack(self, name, *more):
        done = subprocess.run(
            [BUILD / 'voltseal-sim', 'attack', name, '--url', self.ready['ocpp_url'], '--id', 'EVE', '--password-file',
             self.dir / 'password', '--ca', self.ready['ca_file'], *more], text=True, capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, (done.stdout, done.stderr))
        self.assertIn('refused:', done.stdout)
        return done.stdout

    def told(self, *words):
        """An event of EVE, stored or of the live ring, that has all of these words."""
        for _ in range(200):
            rows = (self.call('GET', '/api/v1/events?station=EVE&limit=100')['items'] +
                    self.call('GET', '/api/v1/events/recent?limit=200')['items'])
            if any(all(word in json.dumps(row) for word in words) for row in rows):
                return
            time.sleep(0.05)
        self.fail(f'no event with {words}')

    def counted(self, name, *more, by, least=1):
        before, calls = self.metric(by), self.metric('ocpp_calls_received_total')
        said = self.attack(name, *more)
        self.assertGreaterEqual(self.metric(by), before + least, said)
        # The honest ones are all there, and go on.
        self.assertGreaterEqual(self.metric('sessions_open'), HONEST)
        wait_for(lambda: self.metric('ocpp_calls_received_total') > calls + 5, 30, 'honest stations are served')
        return said

    def test_a_replay(self):
        self.counted('replay', '--psk-file', self.dir / 'psk', by='replays_detected_total')
        self.told('AttemptedReplayAttacks', 'repeated')

    def test_b_reorder(self):
        self.counted('reorder', '--psk-file', self.dir / 'psk', by='replays_detected_total')
        self.told('AttemptedReplayAttacks', 'gap')

    def test_c_tamper(self):
        self.counted('tamper', '--psk-file', self.dir / 'psk', by='sealed_refused_total')
        self.told('SealedChannelFailed', 'tag')

    def test_d_downgrade(self):
        self.counted('downgrade', by='downgrades_refused_total')
        self.told('downgrade.refused', 'EVE')

    def test_e_wrong_identity(self):
        self.counted('wrong-identity', '--other', 'CS-0001', by='auth_failed_total')
        self.told('identity_mismatch')

    def test_f_stolen_certificate(self):
        self.counted('stolen-certificate', '--cert', self.dir / 'MALLORY.pem', '--key', self.dir / 'MALLORY.pem', by='auth_failed_total')
        self.told('identity_mismatch')

    def test_g_bomb(self):
        # In clear: a sealed session does not inflate at all.
        self.call('PATCH', '/api/v1/stations/EVE', {'e2e': 'off'})
        try:
            self.counted('bomb', by='ws_too_big_total')
        finally:
            self.call('PATCH', '/api/v1/stations/EVE', {'e2e': 'require'})

    def test_h_slow(self):
        self.counted('slow', by='handshake_timeouts_total')

    def test_i_flood(self):
        # Locks this source out for a while, so it is the last.
        self.counted('flood', by='auth_failed_total', least=5)
        self.told('throttled')

    def test_usage(self):
        done = subprocess.run([BUILD / 'voltseal-sim', 'attack', 'nonsense'], capture_output=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 64)
        done = subprocess.run([BUILD / 'voltseal-sim', 'attacks'], capture_output=True, timeout=30, text=True, check=True)
        self.assertEqual(len(done.stdout.splitlines()), 9)


if __name__ == '__main__':
    unittest.main()
