# SPDX-License-Identifier: Apache-2.0
"""Backup and restore of a daemon's state, what goes in and out by the line, the support bundle, acknowledgement by the
command line."""
import csv
import io
import json
import os
import pathlib
import shutil
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from harness import Daemon, wait_for  # noqa: E402
from test_sensors import Device  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])


class WithDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.state = cls.folder / 'state'
        cls.daemon = Daemon(BUILD, cls.state, '--stations', '3')
        cls.addClassCleanup(lambda: cls.daemon.is_running() and cls.daemon.stop())

    @classmethod
    def voltseal(cls, *words, code=0, ready=True):
        more = ['--ready-file', cls.state / 'ready.json'] if ready else []
        done = subprocess.run([BUILD / 'voltseal', *map(str, words), *more], text=True, capture_output=True, timeout=120, check=False)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    @classmethod
    def call(cls, method, path, body=None):
        ready = cls.daemon.ready
        request = urllib.request.Request(ready['api_url'] + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={'Content-Type': 'application/json', 'Authorization': f"Bearer {ready['admin_token']}"})
        try:
            with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ready['ca_file']), timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())


class Backup(WithDaemon):
    def measure(self, name):
        """A sensor device that has sent one reading: its token, and that message."""
        token = self.call('POST', '/api/v1/sensors', {'device': name})[1]['token']
        device = Device(self.daemon.ready['sensor_url'], self.daemon.ready['ca_file'], name, token)
        message = device.d2([('t', 'C', 25.4)], n=0, salt=os.urandom(16))
        self.assertEqual(device.ask(message)['status'], 'success')
        device.close()
        self.assertIn('25.4', self.voltseal('reading', 'list', name))
        return token, device, message

    def test_what_was_erased_stays_erased(self):
        self.measure('press-erased')
        token, before, message = self.measure('press-kept')
        for name in ('CS-0001', 'CS-0002'):
            self.assertEqual(201, self.call('POST', '/api/v1/keys', {'station': name})[0])
        self.assertEqual(201, self.call('POST', '/api/v1/tokens', {'token': 'KEPT-1'})[0])
        data, keys = self.folder / 'copy', self.folder / 'copy-keys'
        self.voltseal('backup', 'create', data, '--keys-dir', data / 'inside', code=64)
        said = self.voltseal('backup', 'create', data, '--keys-dir', keys)
        self.assertIn('30 days', said)
        self.assertEqual({'voltseal.db', 'audit', 'manifest.json'}, {path.name for path in data.iterdir()})
        self.assertEqual({'keystore.db', 'manifest.json'}, {path.name for path in keys.iterdir()})
        self.assertEqual(0o700, data.stat().st_mode & 0o777)
        self.assertIn('sound', self.voltseal('backup', 'verify', data, '--keys-dir', keys, ready=False))
        self.voltseal('backup', 'create', data, '--keys-dir', self.folder / 'x', code=65)  # it is there already
        vkey = json.loads(next((data / 'audit').glob('20*/meta.json')).read_text())['vkey']
        self.voltseal('audit', 'verify', data / 'audit', '--vkey', vkey, ready=False)
        self.damage(data, keys)

        # After the copy: one is erased, and something is added that the copy does not know.
        for name in ('CS-0002', 'press-erased'):
            self.assertEqual(202, self.call('POST', '/api/v1/keys/erase', {'station': name, 'confirm': name})[0])
        wait_for(lambda: not [job for job in self.call('GET', '/api/v1/keys/jobs')[1]['items'] if job['state'] == 'running'], 60, 'erased')
        self.assertEqual(201, self.call('POST', '/api/v1/tokens', {'token': 'LATER-1'})[0])
        wait_for(lambda: self.tombstones() > 0, 30, 'the store knows of the erasure')
        restore = ('backup', 'restore', data, '--keys-dir', keys, '--state', self.state)
        self.assertIn('stop', self.voltseal(*restore, '--force', code=69, ready=False))
        self.daemon.stop()
        self.voltseal(*restore, code=65, ready=False)
        said = self.voltseal(*restore, '--force', ready=False)
        self.assertNotIn(' 0 erasures', said)

        log = (self.state / 'voltseald.log').stat().st_size
        type(self).daemon = Daemon(BUILD, self.state)
        self.assertIn('restore.erased_again', (self.state / 'voltseald.log').read_text()[log:])
        states = {(key['owner'], key['state']) for key in self.call('GET', '/api/v1/keys?limit=500')[1]['items']
                  if key['kind'] == 'device/field'}
        self.assertIn(('CS-0001', 'active'), states)
        self.assertEqual({'destroyed'}, {state for owner, state in states if owner == 'CS-0002'} or {'destroyed'})
        tokens = [row['token'] for row in self.call('GET', '/api/v1/tokens')[1]['items']]
        self.assertIn('KEPT-1', tokens)
        self.assertNotIn('LATER-1', tokens)
        # Readings of who was erased are back and do not open; and what was taken before does not count once more.
        self.assertNotIn('25.4', self.voltseal('reading', 'list', 'press-erased'))
        self.assertIn('25.4', self.voltseal('reading', 'list', 'press-kept'))
        self.assertIn('restore.older_store', (self.state / 'voltseald.log').read_text()[log:])
        again = Device(self.daemon.ready['sensor_url'], self.daemon.ready['ca_file'], 'press-kept', token)
        self.assertGreater(again.epoch, before.epoch)
        self.assertEqual(again.ask(message)['code'], 'unknown_key')
        again.close()
        self.daemon.stop()

    def tombstones(self):
        store = sqlite3.connect(f'file:{self.state}/voltseal.db?mode=ro', uri=True)
        try:
            return store.execute('SELECT count(*) FROM erased').fetchone()[0]
        finally:
            store.close()

    def damage(self, data, keys):
        """A changed byte, a file that is gone, a copy that is too old: each is named."""
        for name in ('voltseal.db', 'audit'):
            other = self.folder / 'damaged'
            shutil.copytree(data, other)
            victim = other / name if name.endswith('.db') else next(path for path in sorted((other / name).rglob('*')) if path.is_file())
            if name.endswith('.db'):
                content = bytearray(victim.read_bytes())
                content[len(content) // 2] ^= 1
                victim.write_bytes(content)
            else:
                victim.unlink()
            self.assertIn(victim.name, self.voltseal('backup', 'verify', other, code=77, ready=False))
            shutil.rmtree(other)
        old = self.folder / 'old-keys'
        shutil.copytree(keys, old)
        manifest = old / 'manifest.json'
        manifest.write_text(manifest.read_text().replace('"made_at":"20', '"made_at":"19'))
        said = self.voltseal('backup', 'verify', data, '--keys-dir', old, code=65, ready=False)
        self.assertIn('30 days', said)
        said = self.voltseal('backup', 'restore', data, '--keys-dir', old, '--state', self.folder / 'none', code=65, ready=False)
        self.assertIn('30 days', said)


class Lines(WithDaemon):
    def test_out_and_in_again(self):
        text = self.voltseal('station', 'export', '--format', 'csv')
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(['CS-0001', 'CS-0002', 'CS-0003'], [row['identity'] for row in rows if row['identity'].startswith('CS-')])
        self.assertNotIn('password', rows[0])
        lines = [json.loads(line) for line in self.voltseal('station', 'export').splitlines()]
        self.assertEqual([row['identity'] for row in rows], [line['identity'] for line in lines])
        file = self.folder / 'fleet.csv'
        with file.open('w', newline='') as out:
            writer = csv.writer(out)
            writer.writerow(['identity', 'auth', 'enabled', 'e2e', 'password'])
            writer.writerow(['IN-1', 'basic', 'true', 'prefer', ''])
            writer.writerow(['IN-2', 'basic', 'false', '', 'sixteen-characters-1'])
            writer.writerow(['CS-0001', 'basic', 'true', '', ''])
            writer.writerow(['IN-3', 'nobody', 'true', '', ''])
            writer.writerow(['IN 4', 'basic', 'true', '', ''])
            writer.writerow(['IN-5', 'basic', 'maybe', '', ''])
            out.write('"IN-6,basic\r\n')
        made = self.folder / 'passwords'
        said = self.voltseal('station', 'import', file, '--dry-run', code=65)
        self.assertIn('4 VS-1210 CS-0001', said)
        self.assertEqual(404, self.call('GET', '/api/v1/stations/IN-1')[0])
        self.voltseal('station', 'import', file, code=64)
        said = self.voltseal('station', 'import', file, '--out', made, code=65)
        codes = {line.split(' ')[0]: line.split(' ')[1] for line in said.splitlines() if ' VS-' in line}
        self.assertEqual({'4': 'VS-1210', '5': 'VS-1209', '6': 'VS-1209', '7': 'VS-1203', '8': 'VS-1101'}, codes, said)
        self.assertIn('2 added, 5 failed', said)
        self.assertNotIn('sixteen-characters-1', said)
        self.assertEqual(0o600, made.stat().st_mode & 0o777)
        passwords = dict(line.split(',', 1) for line in made.read_text().splitlines())
        self.assertEqual({'IN-1', 'IN-2'}, set(passwords))
        self.assertEqual('sixteen-characters-1', passwords['IN-2'])
        self.assertTrue(self.call('POST', '/api/v1/registry/verify', {'identity': 'IN-1', 'password': passwords['IN-1']})[1]['valid'])
        station = self.call('GET', '/api/v1/stations/IN-2')[1]
        self.assertEqual((False, 'basic'), (station['enabled'], station['auth']))
        self.assertEqual('prefer', self.call('GET', '/api/v1/stations/IN-1')[1]['e2e'])

    def test_json_lines_of_devices(self):
        file = self.folder / 'devices.jsonl'
        file.write_text('{"device":"press-1"}\n\n{"device":"press-2","enabled":false}\n{"colour":"red"}\nnot json\n{}\n')
        said = self.voltseal('sensor', 'import', file, '--out', self.folder / 'tokens', code=65)
        codes = {line.split(' ')[0]: line.split(' ')[1] for line in said.splitlines() if ' VS-' in line}
        self.assertEqual({'4', '5', '6'}, set(codes), said)
        self.assertEqual(('VS-1202', 'VS-1201'), (codes['4'], codes['6']))
        out = [json.loads(line) for line in self.voltseal('sensor', 'export').splitlines()]
        self.assertEqual([('press-1', True), ('press-2', False)], [(row['device'], row['enabled']) for row in out])
        self.assertEqual(2, len((self.folder / 'tokens').read_text().splitlines()))

    def test_a_support_bundle_holds_no_secret(self):
        canary = 'CANARY-idToken-4711'
        self.assertEqual(201, self.call('POST', '/api/v1/tokens', {'token': canary})[0])
        shown = self.call('POST', '/api/v1/stations', {'identity': 'SUP-1'})[1]['password']
        out = self.folder / 'bundle.json'
        self.voltseal('support', 'bundle', 'CS-0001', '--out', out)
        text = out.read_text()
        bundle = json.loads(text)
        self.assertEqual(0o600, out.stat().st_mode & 0o777)
        self.assertEqual('CS-0001', bundle['station']['identity'])
        self.assertEqual(3, bundle['overview']['stations'] - 1)
        secrets = [canary, shown, self.daemon.ready['admin_token']] + [row['password'] for row in self.daemon.credentials() if row['password']]
        for secret in secrets:
            self.assertNotIn(secret, text)
        self.assertTrue(bundle['station']['has_password'] in (True, False))  # that there is one is no secret
        self.voltseal('support', 'bundle', '--out', out, code=65)


if __name__ == '__main__':
    unittest.main()
