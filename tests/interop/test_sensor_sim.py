# SPDX-License-Identifier: Apache-2.0
"""`voltseal-sim sensor` against a daemon: devices in each profile, broken sensors and links, a kill -9, and the attacks."""
import base64
import hashlib
import os
import pathlib
import re
import shutil
import sqlite3
import ssl
import subprocess
import sys
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519

from websockets.exceptions import ConnectionClosed

from test_sensors import BUILD, THREE, Case, b64u, wait_for

MANUAL = pathlib.Path(__file__).resolve().parents[2] / 'doc/manual/sensors.md'


class Simulated(Case):
    options = ('--sensor-least', 'd1')

    def add_many(self, name, count, **more):
        """A file of credentials, one line for each device; they are added once."""
        path = self.state / f'{name}.csv'
        path.write_text('id,password\n' + ''.join(f'{name}-{i},{self.add(f"{name}-{i}", **more)}\n' for i in range(count)))
        return path

    def command(self, *words):
        return [BUILD / 'voltseal-sim', 'sensor', '--url', self.ready['sensor_url'], '--ca', self.ready['ca_file'], *words]

    def sim(self, *words, status=0):
        ended = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        return ended.stdout

    def counts(self, text):
        return {name: float(value) for name, value in re.findall(r'(\w+)=([0-9.]+)', text)}

    def stored(self, name):
        """Readings of these devices, counted where they lie."""
        with sqlite3.connect(f'file:{self.state / "voltseal.db"}?mode=ro', uri=True) as database:
            total, = database.execute('SELECT coalesce(sum(count), 0) FROM reading WHERE station GLOB ?', (f'{name}-*',)).fetchone()
        database.close()
        return total

    def test_each_profile(self):
        for profile in ('d2', 'd1m', 'd1'):
            devices = self.add_many(profile, 4)
            counts = self.counts(self.sim('--credentials', devices, '--profile', profile, '--period', '20', '--count', '25'))
            self.assertEqual((counts['readings'], counts['taken'], counts['refused']), (300, 300, 0), profile)
            self.assertEqual(self.stored(profile), 300)
            kinds = {kind for kind, _, _ in self.values(f'{profile}-0')}
            self.assertEqual(kinds, {'vibration', 'temperature', 'pressure'})

    def test_weaker_than_asked(self):
        token = self.state / 'weak.token'
        token.write_text(self.add('weak-sim', profile='d2'))
        token.chmod(0o600)
        self.sim('--id', 'weak-sim', '--password-file', token, '--profile', 'd1', '--count', '1', status=77)

    def test_key_sealed_to_the_device(self):
        private = x25519.X25519PrivateKey.generate()
        pem = self.state / 'device.pem'
        pem.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                              serialization.NoEncryption()))
        pem.chmod(0o600)
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        token = self.state / 'sealed.token'
        token.write_text(self.add('sealed-sim', public_key=b64u(public)))
        token.chmod(0o600)
        one = ('--id', 'sealed-sim', '--password-file', token, '--period', '10', '--count', '5')
        self.assertEqual(self.counts(self.sim(*one, '--device-key', pem))['taken'], 15)

    def test_pinned_keys(self):
        """Of a server whose certificate is good: not enough when another key is pinned, of the server or its CA."""
        def pin(pem):
            key = x509.load_pem_x509_certificate(pem.encode()).public_key()
            der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            return 'sha256/' + base64.b64encode(hashlib.sha256(der).digest()).decode()
        host, port = self.ready['sensor_url'].split('/')[2].split(':')
        server = pin(ssl.get_server_certificate((host, int(port))))
        ca = pin(pathlib.Path(self.ready['ca_file']).read_text())
        other = 'sha256/' + base64.b64encode(bytes(32)).decode()
        devices = self.add_many('pinned', 1)
        words = ('--credentials', devices, '--period', '10', '--count', '2')
        for pins in (server, ca, f'{other},{server}'):
            self.assertEqual(self.counts(self.sim(*words, '--pin', pins))['taken'], 6)
        ended = subprocess.run(self.command(*words, '--pin', other), capture_output=True, text=True, timeout=60)
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn('pin', ended.stderr.lower())
        self.assertEqual(self.stored('pinned'), 18)
        self.sim(*words, '--pin', 'sha256/x', status=64)

    def test_broken_links_and_sensors(self):
        """What a device measured while it was not connected arrives, and nothing twice."""
        devices = self.add_many('mixed', 8)
        for scenario, messages in (('store-and-forward', 610), ('spikes', 10), ('stuck', 10), ('drift', 10)):
            before = self.stored('mixed')
            counts = self.counts(self.sim('--credentials', devices, '--scenario', scenario, '--period', '5', '--count', '10'))
            self.assertEqual(counts['readings'], 8 * 3 * messages, scenario)
            self.assertEqual(counts['taken'] + counts['duplicate'], counts['readings'], scenario)
            self.assertEqual(self.stored('mixed') - before, counts['readings'], scenario)

    def test_kill_under_load(self):
        """The daemon is killed while they send; they come back; each reading is there once."""
        devices = self.add_many('killed', 20)
        command = self.command('--credentials', devices, '--period', '10', '--count', '400', '--retry', '--grace', '60')
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sim:
            wait_for(lambda: self.stored('killed') > 1000, 60, 'readings')
            port = self.ready['sensor_url'].rsplit(':', 1)[1].split('/')[0]
            self.daemon.kill()
            type(self).options = (*self.options, '--sensor-port', port)
            type(self).start()
            out, err = sim.communicate(timeout=120)
        self.assertEqual(sim.returncode, 0, out + err)
        counts = self.counts(out)
        self.assertEqual((counts['readings'], counts['waiting'], counts['lost'], counts['refused']), (24000, 0, 0, 0))
        self.assertEqual(self.stored('killed'), 24000)

    def test_device_of_the_manual(self):
        """The program stands in the manual: what is run is what stands there."""
        program, = re.findall(r'^```python\n(.*?)^```$', MANUAL.read_text(), re.M | re.S)
        self.assertLessEqual(len(program.splitlines()), 60)
        token = self.state / 'press-7.token'
        token.write_text(self.add('press-7') + '\n')
        subprocess.run([sys.executable, '-c', program, self.ready['sensor_url'], self.ready['ca_file'], 'press-7', str(token), '3'],
                       check=True, timeout=60)
        values = self.values('press-7')
        self.assertEqual([kind for kind, _, _ in values], ['vibration', 'temperature', 'pressure', 'humidity'] * 3)
        self.assertTrue(all(isinstance(value, float) for _, _, value in values))

    def test_attacks(self):
        for profile in ('d2', 'd1m'):
            token = self.state / f'attack-{profile}.token'
            token.write_text(self.add(f'attack-{profile}'))
            token.chmod(0o600)
            words = ('--id', f'attack-{profile}', '--password-file', token, '--profile', profile)
            said = self.sim(*words, '--attack', 'all')
            self.assertEqual(len(re.findall(r'^ +refused: ', said, re.M)), 7, said)
            self.assertNotIn('GOT THROUGH', said)
        listed = subprocess.run(self.command(*words, '--attack', 'list'), capture_output=True, text=True).stdout
        self.assertEqual(len(listed.splitlines()), 7)

    def test_padding_oracle(self):
        token = self.state / 'oracle.token'
        token.write_text(self.add('oracle-sim'))
        token.chmod(0o600)
        said = self.sim('--id', 'oracle-sim', '--password-file', token, '--profile', 'd1', '--attack', 'padding-oracle')
        self.assertRegex(said, r'refused: \d+ guesses, (\d|1\d|20) answers "decrypt_failed", 0 others, 0 taken; then closed with 4012')


class Settings(Case):
    """The names of the requirement document, as settings of the environment."""

    @classmethod
    def start(cls):
        os.environ.update(ENABLE_ENCRYPTION='false', INDUSTRIAL_MODE='false', KEY_ROTATION_INTERVAL='12')
        try:
            super().start()
        finally:
            for name in ('ENABLE_ENCRYPTION', 'INDUSTRIAL_MODE', 'KEY_ROTATION_INTERVAL'):
                del os.environ[name]

    def test_without_encryption(self):
        device = self.open('clear-1', self.add('clear-1'))
        self.assertEqual((device.info['encryption_enabled'], device.info['alg']), (False, 'clear'))
        self.assertEqual(device.ask({'readings': {'temperature': 25.4}})['status'], 'success')
        device.close()
        self.assertEqual(self.values('clear-1'), [('temperature', '', 25.4)])

    def test_interval(self):
        shown = subprocess.run([BUILD / 'voltseald', 'config', 'show', '--origin'], capture_output=True, text=True,
                               env=dict(os.environ, KEY_ROTATION_INTERVAL='12'))
        self.assertRegex(shown.stdout, r'# environment KEY_ROTATION_INTERVAL\nkey_rotation_interval = 12')

    def test_industrial_without_encryption(self):
        refused = subprocess.run([BUILD / 'voltseald', 'dev', '--state', self.state / 'never'], capture_output=True, text=True,
                                 env=dict(os.environ, ENABLE_ENCRYPTION='false', INDUSTRIAL_MODE='true'))
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('--industrial-mode takes nothing in clear', refused.stderr + refused.stdout)


class Restored(Case):
    """An older copy of the database comes back: what was accepted since is not accepted once more."""

    def age(self, after, hours):
        """The records of the keystore since then, spread over hours before now."""
        with sqlite3.connect(self.state / 'keystore.db') as keystore:
            keystore.execute('DROP TRIGGER audit_changed')
            last, = keystore.execute('SELECT max(id) FROM audit').fetchone()
            self.assertGreater(last, after + 1)
            keystore.execute("UPDATE audit SET at_ms = (SELECT strftime('%s', 'now') * 1000) - 3600000 * ? * (? - id + 1) / (? - ?) WHERE id > ?",
                             (hours, last, last, after, after))
            keystore.execute("CREATE TRIGGER audit_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'an audit record does not change'); END")
        keystore.close()

    def last_record(self):
        with sqlite3.connect(f'file:{self.state / "keystore.db"}?mode=ro', uri=True) as keystore:
            last, = keystore.execute('SELECT max(id) FROM audit').fetchone()
        keystore.close()
        return last

    def test_replays_after_a_restore(self):
        token = self.add('back-1')
        device = self.open('back-1', token)
        salt = os.urandom(16)
        first = device.d2(THREE, n=0, salt=salt)
        self.assertEqual(device.ask(first)['status'], 'success')
        device.close()
        self.assertEqual(self.daemon.stop(), 0)
        backup = self.state / 'backup.db'
        shutil.copy(self.state / 'voltseal.db', backup)
        seen = self.last_record()
        type(self).start()
        device = self.open('back-1', token)
        later = [device.d2(THREE, n=n, salt=salt) for n in range(1, 4)]
        other = device.d2(THREE, n=0, salt=os.urandom(16))
        for message in (*later, other):
            self.assertEqual(device.ask(message)['status'], 'success')
        device.close()
        for name in ('back-2', 'back-3'):  # what happens to keys meanwhile
            self.open(name, self.add(name)).close()
        self.assertEqual(self.daemon.stop(), 0)
        self.age(seen, 2)
        for path in self.state.glob('voltseal.db*'):
            path.unlink()
        shutil.copy(backup, self.state / 'voltseal.db')
        type(self).start()
        again = self.open('back-1', token)
        self.assertGreater(again.epoch, device.epoch)
        for message in (*later, other, first):
            self.assertEqual(again.ask(message)['code'], 'unknown_key')
        self.assertEqual(again.ask(again.d2(THREE))['status'], 'success')
        again.close()
        self.assertEqual(len(self.values('back-1')), 6)

    def test_a_copy_of_a_moment_ago(self):
        """Nothing happened to any key meanwhile: that fewer readings are there tells."""
        token = self.add('quick-1')
        device = self.open('quick-1', token)
        salt = os.urandom(16)
        self.assertEqual(device.ask(device.d2(THREE, n=0, salt=salt))['status'], 'success')
        copy = self.state / 'quick.db'
        with sqlite3.connect(self.state / 'voltseal.db') as database, sqlite3.connect(copy) as target:
            database.backup(target)
        database.close()
        target.close()
        later = device.d2(THREE, n=1, salt=salt)
        self.assertEqual(device.ask(later)['status'], 'success')

        def taken():
            with sqlite3.connect(f'file:{self.state / "voltseal.db"}?mode=ro', uri=True) as database:
                count, = database.execute("SELECT value FROM total WHERE name = 'readings'").fetchone()
            database.close()
            return count
        wait_for(lambda: int((self.state / 'readings.seen').read_text()) == taken(), 20, 'what was taken is written down')
        self.daemon.kill()
        with self.assertRaises(ConnectionClosed):
            device.receive()
        for path in self.state.glob('voltseal.db*'):
            path.unlink()
        shutil.copy(copy, self.state / 'voltseal.db')
        type(self).start()
        again = self.open('quick-1', token)
        self.assertGreater(again.epoch, device.epoch)
        self.assertEqual(again.ask(later)['code'], 'unknown_key')
        again.close()

    def test_nothing_happens_at_an_ordinary_start(self):
        token = self.add('same-1')
        device = self.open('same-1', token)
        message = device.d2(THREE, n=0, salt=os.urandom(16))
        self.assertEqual(device.ask(message)['status'], 'success')
        device.close()
        self.daemon.kill()
        type(self).start()
        again = self.open('same-1', token)
        self.assertEqual(again.epoch, device.epoch)
        self.assertEqual(again.ask(message)['code'], 'duplicate')
        again.close()


if __name__ == '__main__':
    os.umask(0o077)
    unittest.main()
