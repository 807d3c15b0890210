# SPDX-License-Identifier: Apache-2.0
"""The life of keys on a running daemon: what a person does to them by `voltseal key`, what an erasure leaves of a station on
disk and in older copies, and rotations that go on after the daemon was killed. Copies are opened by a second implementation
of the hierarchy, written here from doc/protocol/keys.md and at-rest.md.
"""
import csv
import json
import os
import pathlib
import shutil
import sqlite3
import ssl
import subprocess
import sys
import unittest
import urllib.request

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon, Failed, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATE = BUILD / 'keys-state'
COPIES = BUILD / 'keys-copies'
ID_TOKEN = 'KEYS-7a51-idtoken'
TENANT = 'default'


def lp(field):
    return len(field).to_bytes(2, 'big') + field


def enc(label, *fields):
    """Integers are u32 fields; bytes and texts have their length before them."""
    return label.encode() + b'\0' + b''.join(
        f.to_bytes(4, 'big') if isinstance(f, int) else lp(f.encode() if isinstance(f, str) else f) for f in fields)


def unwrap(parent, wrapped, *name):
    if wrapped[:2] != b'\xe1\x01':
        raise InvalidTag('zeroed')
    return AESGCM(parent).decrypt(wrapped[2:14], wrapped[14:], enc('voltseal/wrap/v1', *name))


class Copy:
    """A copy of both databases, opened with a root KEK as whoever has stolen them would."""

    def __init__(self, root, store, keystore):
        self.root, self.store, self.keystore = root, store, keystore

    def ask(self, path, sql, *values):
        with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as database:
            rows = database.execute(sql, values).fetchall()
        database.close()
        return rows

    def key(self, key_id):
        kind, owner, period, version, kek_version, wrapped = self.ask(
            self.keystore, 'SELECT kind, owner, period, version, kek_version, wrapped FROM key WHERE key_id = ?', key_id)[0]
        kek, = self.ask(self.keystore, 'SELECT wrapped FROM tenant_kek WHERE tenant = ? AND version = ?', TENANT, kek_version)[0]
        kek = unwrap(self.root, kek, 'tenant-kek', TENANT, '', kek_version)
        return unwrap(kek, wrapped, kind, TENANT, f'{owner}/{period}', version)

    def payloads(self, station):
        """What the station sent about its transactions."""
        for tx_id, seq_no, sealed in self.ask(
                self.store, 'SELECT tx_id, seq_no, payload FROM tx_event AS e JOIN tx ON tx.id = e.tx WHERE station = ?', station):
            row = lp(station.encode()) + lp(tx_id.encode()) + seq_no.to_bytes(8, 'big')
            key_id = int.from_bytes(sealed[2:6], 'big')
            aad = enc('voltseal/rest/v1', TENANT, 'tx_event', 'payload', row, key_id)
            yield AESGCM(self.key(key_id)).decrypt(sealed[6:18], sealed[18:], aad)


class Api:
    def __init__(self, ready):
        self.url = ready['api_url'].rstrip('/')
        self.context = ssl.create_default_context(cafile=ready['ca_file'])
        self.token = ready['admin_token']

    def ask(self, path, body=None):
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(),
                                         {'Authorization': f'Bearer {self.token}', 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
            return json.loads(answer.read())

    def items(self, path):
        items, cursor = [], ''
        while cursor is not None:
            page = self.ask(f'{path}{"&" if "?" in path else "?"}limit=500{cursor and "&cursor=" + cursor}')
            items, cursor = items + page['items'], page['next']
        return items


def api_metrics(api):
    request = urllib.request.Request(api.url + '/metrics', None, {'Authorization': f'Bearer {api.token}'})
    with urllib.request.urlopen(request, context=api.context, timeout=60) as answer:
        return answer.read().decode()


class Keys(unittest.TestCase):
    def start(self, *options, state=STATE):
        daemon = Daemon(BUILD, state, '--stations', '3', '--auth', 'basic', *options)
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        return daemon, Api(daemon.ready)

    def fresh(self, *options):
        for folder in (STATE, COPIES):
            shutil.rmtree(folder, ignore_errors=True)
        COPIES.mkdir(mode=0o700)
        return self.start(*options)

    def cli(self, *words, code=0):
        """What it printed; of a failure, the three lines for a person."""
        done = subprocess.run([str(BUILD / 'voltseal'), '--ready-file', str(STATE / 'ready.json'), 'key', *map(str, words)],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, f'{words}: {done.stdout}{done.stderr}')
        if code == 0:
            return done.stdout
        self.assertIn('why: ', done.stderr)
        self.assertIn('fix: ', done.stderr)
        return done.stderr

    def json(self, *words):
        return json.loads(self.cli('--output', 'json', *words))

    def jobs_end(self, api):
        wait_for(lambda: not api.items('/api/v1/keys/jobs?active=true'), 60, 'the jobs end')
        self.assertEqual({job['state'] for job in api.items('/api/v1/keys/jobs')}, {'done'})

    def charge(self, daemon, seconds):
        command = [BUILD / 'voltseal-sim', 'fleet', '--url', daemon.ready['ocpp_url'], '--ca', daemon.ready['ca_file'],
                   '--credentials', daemon.ready['credentials_file'], '--token', ID_TOKEN, '--interval', '1',
                   '--scenario', 'depot', '--duration', str(seconds)]
        return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def copy(self, name):
        """As a person makes a backup: each database by VACUUM INTO."""
        folder = COPIES / name
        folder.mkdir(mode=0o700)
        for file in ('voltseal.db', 'keystore.db'):
            with sqlite3.connect(STATE / file) as database:
                database.execute('VACUUM INTO ?', (str(folder / file),))
            database.close()
            (folder / file).chmod(0o600)
        return folder

    def root_key(self):
        keys = list((STATE / 'keys').glob('root-*.key'))
        self.assertEqual(len(keys), 1)
        return keys[0].read_bytes()

    def states(self, station, channel):
        return {key['version']: key['state'] for key in self.json('list', '--station', station)['items']
                if key['kind'] == f'device/{channel}'}

    def test_what_a_person_does(self):
        _, api = self.fresh()
        made = self.json('create', 'CS-0001', '--channel', 'psk')
        self.assertEqual((made['epoch'], made['state'], len(made['key'])), (1, 'active', 44))
        self.assertNotIn(made['key'], self.cli('list'))
        self.assertIn('CS-0001 has an active key', self.cli('create', 'CS-0001', '--channel', 'psk', code=65))
        self.assertEqual(self.json('rotate', 'CS-0001', '--channel', 'psk')['epoch'], 2)
        self.assertEqual(self.json('rotate', 'CS-0001', '--channel', 'psk')['epoch'], 2)  # never a second key for one epoch
        self.assertEqual(self.states('CS-0001', 'psk'), {1: 'active', 2: 'pre-active'})
        self.assertIn('epoch 1 is active', self.cli('destroy', 'CS-0001', '--channel', 'psk', '--epoch', 1, code=69))
        self.cli('revoke', 'CS-0001', '--channel', 'psk', '--reason', 'stolen')
        self.assertEqual(self.states('CS-0001', 'psk'), {1: 'revoked', 2: 'revoked'})
        self.cli('destroy', 'CS-0001', '--channel', 'psk', '--epoch', 1)
        self.assertEqual(self.json('create', 'CS-0001', '--channel', 'psk')['epoch'], 3)
        self.assertEqual(self.states('CS-0001', 'psk'), {1: 'destroyed', 2: 'revoked', 3: 'active'})
        self.assertIn('no active key of channel field', self.cli('rotate', 'CS-0001', code=66))
        self.assertIn('field, prov or psk', self.cli('rotate', 'CS-0001', '--channel', 'x', code=65))
        self.assertIn('there is no data key 999', self.cli('rotate', '--key', 999, code=66))
        self.assertIn('write CS-0001 once more', self.cli('erase', 'CS-0001', '--confirm', 'CS-0002', code=65))
        self.assertIn('CS-9999 has no keys', self.cli('erase', 'CS-9999', '--confirm', 'CS-9999', code=66))
        for words in (('rotate', '--tenant'), ('rewrap',), ('rewrap', '--root')):
            self.assertEqual(self.json(*words)['state'], 'running')
            self.jobs_end(api)
        self.assertEqual({(key['version'], key['state']) for key in api.items('/api/v1/keys') if key['kind'] == 'kek'},
                         {(1, 'destroyed'), (2, 'destroyed'), (3, 'active')})
        # Every change has its audit record.
        with sqlite3.connect(STATE / 'keystore.db') as keystore:
            events = {event for event, in keystore.execute('SELECT event FROM audit')}
        keystore.close()
        self.assertLessEqual({'root.register', 'kek.create', 'kek.rotate', 'kek.destroy', 'root.rotate', 'root.retire',
                              'rewrap.begin', 'rewrap.end'}, events)

    def test_erasure(self):
        daemon, api = self.fresh()
        api.ask('/api/v1/tokens', {'token': ID_TOKEN})
        fleet = self.charge(daemon, 20)
        wait_for(lambda: len({t['station'] for t in api.items('/api/v1/transactions')}) == 3, 30, 'transactions of all three')
        output, _ = fleet.communicate(timeout=60)
        self.assertEqual(fleet.returncode, 0, output)
        gone, stays = 'CS-0002', 'CS-0003'
        root = self.root_key()
        before = self.copy('before')
        thief = Copy(root, before / 'voltseal.db', before / 'keystore.db')
        self.assertTrue(all(b'"eventType"' in payload for payload in thief.payloads(gone)))
        sent = len(list(thief.payloads(gone)))
        self.assertGreater(sent, 2)
        doomed = [bytes(wrapped) for wrapped, in thief.ask(before / 'keystore.db', 'SELECT wrapped FROM key WHERE owner = ?', gone)]
        doomed += [bytes(wrapped) for wrapped, in thief.ask(before / 'keystore.db', 'SELECT wrapped FROM tenant_kek')]
        self.assertGreaterEqual(len(doomed), 2)

        self.assertIn('Copies of keystore.db', self.cli('erase', gone, '--confirm', gone))
        self.jobs_end(api)
        self.assertEqual([job['kind'] for job in self.json('jobs')['items']], ['rewrap', 'erase-device'])

        # Lists: its rows are there and say so, those of the others are read.
        rows = api.items('/api/v1/transactions')
        self.assertEqual({(row.get('unreadable'), row['token']) for row in rows if row['station'] == gone}, {('erased', None)})
        self.assertEqual({(row.get('unreadable'), row['token']) for row in rows if row['station'] == stays}, {(None, ID_TOKEN)})
        # On disk: no wrapped key of it is left in a database or a write-ahead log, nor the KEK that they were under.
        for path in STATE.glob('*.db*'):
            data = path.read_bytes()
            for wrapped in doomed:
                self.assertNotIn(wrapped, data, path)
                self.assertNotIn(wrapped[14:46], data, path)
        # A copy made now, and an older one of the store with the keystore of now, in the hands of who has the root KEK.
        after = self.copy('after')
        for store in (after, before):
            thief = Copy(root, store / 'voltseal.db', after / 'keystore.db')
            self.assertGreater(len(list(thief.payloads(stays))), 2)
            rows = thief.ask(store / 'voltseal.db', 'SELECT 1 FROM tx_event AS e JOIN tx ON tx.id = e.tx WHERE station = ?', gone)
            self.assertEqual(len(rows), sent)
            self.assertRaises(InvalidTag, lambda: list(thief.payloads(gone)))
        # Only the keystore of before still has it: until the root KEK is replaced.
        self.assertEqual(len(list(Copy(root, after / 'voltseal.db', before / 'keystore.db').payloads(gone))), sent)
        self.cli('rewrap', '--root')
        self.jobs_end(api)
        new_root = self.root_key()
        self.assertNotEqual(new_root, root)
        for path in STATE.rglob('*'):
            if path.is_file():
                self.assertNotIn(root, path.read_bytes(), path)
        for keystore in (before, after):
            self.assertRaises(InvalidTag, lambda: list(Copy(new_root, before / 'voltseal.db', keystore / 'keystore.db').payloads(gone)))
        self.assertEqual({row['token'] for row in api.items('/api/v1/transactions') if row['station'] == stays}, {ID_TOKEN})
        self.assertEqual(daemon.stop(), 0)

        # The older store is restored: it lists the station as erased. The older keystore is not let in.
        shutil.copy(before / 'voltseal.db', STATE / 'voltseal.db')
        daemon, api = self.start()
        rows = api.items('/api/v1/transactions')
        self.assertEqual({(row.get('unreadable'), row['token']) for row in rows if row['station'] == gone}, {('erased', None)})
        self.assertEqual({row['token'] for row in rows if row['station'] == stays}, {ID_TOKEN})
        self.assertEqual(daemon.stop(), 0)
        shutil.copy(STATE / 'keystore.db', COPIES / 'now.db')
        shutil.copy(before / 'keystore.db', STATE / 'keystore.db')
        with self.assertRaisesRegex(Failed, 'another root KEK'):
            self.start()
        # A keystore made anew is not let in either, and nothing was changed by the attempts.
        (STATE / 'keystore.db').unlink()
        with self.assertRaisesRegex(Failed, 'another keystore'):
            self.start()
        shutil.copy(COPIES / 'now.db', STATE / 'keystore.db')
        daemon, api = self.start()
        self.assertEqual({row['token'] for row in api.items('/api/v1/transactions') if row['station'] == stays}, {ID_TOKEN})
        self.assertEqual(daemon.stop(), 0)

    def test_an_older_keystore_comes_back(self):
        """What was erased stays erased, and what was not can still be read."""
        daemon, api = self.fresh()
        api.ask('/api/v1/tokens', {'token': ID_TOKEN})
        fleet = self.charge(daemon, 12)
        output, _ = fleet.communicate(timeout=60)
        self.assertEqual(fleet.returncode, 0, output)
        gone, stays = 'CS-0002', 'CS-0003'
        old_key = self.json('create', gone, '--channel', 'psk')['key']
        self.assertTrue(old_key)
        self.assertEqual(self.states(gone, 'psk'), {1: 'active'})
        before = self.copy('before')
        self.cli('erase', gone, '--confirm', gone)
        self.jobs_end(api)
        self.assertEqual(daemon.stop(), 0)

        shutil.copy(before / 'keystore.db', STATE / 'keystore.db')
        daemon, api = self.start()
        self.assertIn('restore.older_keystore', daemon.log.read_text())
        self.assertIn('restore.erased_again', daemon.log.read_text())
        self.assertEqual(self.states(gone, 'psk'), {1: 'destroyed'})
        rows = api.items('/api/v1/transactions')
        self.assertEqual({(row.get('unreadable'), row['token']) for row in rows if row['station'] == gone}, {('erased', None)})
        self.assertEqual({(row.get('unreadable'), row['token']) for row in rows if row['station'] == stays}, {(None, ID_TOKEN)})
        self.assertEqual(daemon.stop(), 0)
        doomed = [bytes(wrapped) for wrapped, in Copy(b'', before / 'voltseal.db', before / 'keystore.db').ask(
            before / 'keystore.db', 'SELECT wrapped FROM key WHERE owner = ?', gone)]
        for wrapped in doomed:
            self.assertNotIn(wrapped[14:46], (STATE / 'keystore.db').read_bytes())
        # It is the keystore of now from then on, and a second start finds nothing.
        said = daemon.log.read_text().count('restore.older_keystore')
        daemon, _ = self.start()
        self.assertEqual(daemon.log.read_text().count('restore.older_keystore'), said)
        self.assertEqual(self.states(gone, 'psk'), {1: 'destroyed'})
        self.assertEqual(daemon.stop(), 0)

    def test_rotation_goes_on_after_a_kill(self):
        daemon, api = self.fresh()
        keys = 600  # three portions of a rewrap
        made = [api.ask('/api/v1/keys', {'station': f'DEV-{i:04}', 'channel': 'field'})['key'] for i in range(keys)]
        self.assertEqual(len(set(made)), keys)
        cut = 0
        for body in [{}, {'root': True}] * 6:
            api.ask('/api/v1/keys/rewrap', body)
            daemon.kill()
            with sqlite3.connect(f'file:{STATE / "keystore.db"}?mode=ro', uri=True) as keystore:
                cut += keystore.execute('SELECT count(*) FROM job WHERE state = 0').fetchone()[0]
            keystore.close()
            daemon, api = self.start()
            self.jobs_end(api)
            self.root_key()
        self.assertGreater(cut, 0)  # some were in the middle
        keks = [key for key in api.items('/api/v1/keys') if key['kind'] == 'kek']
        self.assertEqual([key['state'] for key in keks], ['destroyed'] * 6 + ['active'])
        self.assertEqual(daemon.stop(), 0)
        with sqlite3.connect(STATE / 'keystore.db') as keystore:
            under = keystore.execute("SELECT kek_version, count(*) FROM key WHERE kind = 'device/field' GROUP BY 1").fetchall()
            roots = keystore.execute("SELECT state, count(*) FROM root_kek GROUP BY 1 ORDER BY 1").fetchall()
        keystore.close()
        self.assertEqual(under, [(7, keys)])
        self.assertEqual(roots, [('active', 1), ('destroyed', 6)])

    def test_the_scheduler_rotates(self):
        """With a period of a second, KEK follows KEK; killed now and then, none is left half done and all is readable."""
        daemon, api = self.fresh('--kek-period', '1')
        before = api.items('/api/v1/tokens')

        def version():
            return max(key['version'] for key in api.items('/api/v1/keys') if key['kind'] == 'kek')

        for target in (3, 5, 7):
            wait_for(lambda: version() >= target, 60, f'version {target}')
            daemon.kill()
            daemon, api = self.start('--kek-period', '1')
        self.assertEqual({job['actor'] for job in api.items('/api/v1/keys/jobs')}, {'scheduler'})
        self.assertEqual(daemon.stop(), 0)
        daemon, api = self.start()
        self.jobs_end(api)
        self.assertEqual([key['state'] for key in api.items('/api/v1/keys') if key['kind'] == 'kek'].count('active'), 1)
        self.assertEqual(api.items('/api/v1/tokens'), before)
        with open(daemon.ready['credentials_file'], newline='', encoding='utf-8') as file:
            self.assertEqual(len(list(csv.DictReader(file))), 3)
        self.assertEqual(daemon.stop(), 0)

    def age(self, days):
        """The active keys of devices have been in use for so long: as if their clock had stood still."""
        with sqlite3.connect(STATE / 'keystore.db') as keystore:
            guard, = keystore.execute("SELECT sql FROM sqlite_master WHERE name = 'key_changed'").fetchone()
            keystore.execute('DROP TRIGGER key_changed')
            aged = keystore.execute('UPDATE key SET activated_ms = activated_ms - ? WHERE kind LIKE ? AND state = ?',
                                    (days * 86400000, 'device/%', 'active')).rowcount
            keystore.execute(guard)
        keystore.close()
        return aged

    def test_a_key_that_is_too_old_is_an_event(self):
        """A device that is away does not get its next key: past twice the period that is told, once."""
        daemon, _ = self.fresh()
        added = subprocess.run([BUILD / 'voltseal', '--ready-file', STATE / 'ready.json', 'sensor', 'add', 'away-1', '-o', 'json'],
                               capture_output=True, text=True, timeout=60, check=True)
        token = STATE / 'away.token'
        token.write_text(json.loads(added.stdout)['token'])
        token.chmod(0o600)
        subprocess.run([BUILD / 'voltseal-sim', 'sensor', '--url', daemon.ready['sensor_url'], '--ca', daemon.ready['ca_file'], '--id',
                        'away-1', '--password-file', token, '--period', '10', '--count', '3'], capture_output=True, timeout=60, check=True)
        self.assertEqual(daemon.stop(), 0)
        found = []

        def overdue(api):
            found[:] = [event for event in api.items('/api/v1/events') if event['type'] == 'key.overdue']
            return found

        self.assertEqual(self.age(3), 1)  # the preset's period is 24 hours
        daemon, api = self.start()
        wait_for(lambda: overdue(api), 30, 'the event')
        self.assertEqual([(event['severity'], event['security']) for event in found], [('warning', True)], found)
        self.assertIn('device/field default/away-1', json.dumps(found[0]))
        lines = api_metrics(api).splitlines()
        self.assertIn('voltseal_keys_overdue 1', lines)
        self.assertIn('"key.overdue"', daemon.log.read_text())
        self.assertEqual(daemon.stop(), 0)


if __name__ == '__main__':
    unittest.main()
