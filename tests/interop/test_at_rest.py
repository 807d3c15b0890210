# SPDX-License-Identifier: Apache-2.0
"""What lies on disk: a fleet that charges with a canary for an idToken, and commands that hold canaries, leave no trace
of them in any file of the daemon, nor of a password or a key; who may read still reads them; what is moved about is noticed.

On a daemon of its own, because it looks into its files. VOLTSEAL_BUILD is the build tree.
"""
import base64
import csv
import json
import os
import pathlib
import shutil
import sqlite3
import ssl
import subprocess
import sys
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import canary  # noqa: E402
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATE = BUILD / 'at-rest-state'
ID_TOKEN = 'CANARY-4f1d9a07-idtoken'
PASSWORD = 'CANARY-8be2c613-password'
DATA = 'CANARY-d07714aa-datatransfer'


class Api:
    def __init__(self, ready):
        self.url = ready['api_url'].rstrip('/')
        self.context = ssl.create_default_context(cafile=ready['ca_file'])
        self.token = ready['admin_token']

    def ask(self, path, body=None):
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(),
                                         {'Authorization': f'Bearer {self.token}', 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
            text = answer.read()
            return json.loads(text) if answer.headers.get_content_type() == 'application/json' else text.decode()

    def items(self, path):
        return self.ask(path)['items']


def key_needles():
    """The key process's own files: what stands in them, and what their hexadecimal or base64 means."""
    needles = {}
    for path in sorted(STATE.glob('keys/*')) + [STATE / 'pepper.key']:
        if path.is_file() and 16 <= path.stat().st_size <= 256 and path.suffix != '.json':
            data = path.read_bytes().strip()
            needles[path.name] = data
            try:
                needles[f'{path.name} decoded'] = bytes.fromhex(data.decode())
            except ValueError:
                pass
    return needles


class AtRest(unittest.TestCase):
    def start(self, *options):
        daemon = Daemon(BUILD, STATE, '--stations', '4', '--auth', 'basic', *options)
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        return daemon, Api(daemon.ready)

    def charge(self, daemon, seconds):
        command = [BUILD / 'voltseal-sim', 'fleet', '--url', daemon.ready['ocpp_url'], '--ca', daemon.ready['ca_file'],
                   '--credentials', daemon.ready['credentials_file'], '--token', ID_TOKEN, '--interval', '1',
                   '--scenario', 'depot', '--duration', str(seconds)]
        return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def files(self):
        return [p for p in STATE.iterdir() if p.is_file() and p.name not in ('credentials.csv', 'pepper.key', 'admin.token',
                                                                             'ready.json')]

    def search(self, extra=()):
        with open(STATE / 'credentials.csv', newline='', encoding='utf-8') as file:
            needles = {f"password of {row['id']}": row['password'].encode() for row in csv.DictReader(file)}
        needles |= {'idToken': ID_TOKEN.encode(), 'password': PASSWORD.encode(), 'data': DATA.encode()} | key_needles()
        self.assertEqual(canary.find(needles, [*self.files(), *extra]), [])

    def command(self, api, action, payload):
        station = api.items('/api/v1/stations')[0]['identity']
        return api.ask(f'/api/v1/stations/{station}/commands', {'action': action, 'payload': payload, 'wait_s': 20})

    def job_ends(self, api, job):
        wait_for(lambda: [j['state'] for j in api.items('/api/v1/keys/jobs') if j['id'] == job['id']] == ['done'], 60, f'job {job}')

    def replace_a_data_key(self, api):
        """All that it had sealed is read under the new one, and nothing is left under the old one."""
        station = api.items('/api/v1/stations')[0]['identity']
        before = api.items(f'/api/v1/commands?station={station}') + api.items(f'/api/v1/transactions?station={station}')
        old = next(key for key in api.items('/api/v1/keys?limit=500')
                   if (key['kind'], key.get('owner'), key['state']) == ('dek', station, 'active'))
        number = old['id'].to_bytes(4, 'big')
        self.job_ends(api, api.ask('/api/v1/keys/rotate', {'id': old['id']}))
        self.assertEqual(api.items(f'/api/v1/commands?station={station}') + api.items(f'/api/v1/transactions?station={station}'), before)
        states = {key.get('id'): key['state'] for key in api.items('/api/v1/keys?limit=500')}
        self.assertEqual(states[old['id']], 'destroyed')
        with sqlite3.connect(STATE / 'voltseal.db') as store:
            for table, column in (('tx_event', 'payload'), ('tx', 'token'), ('command', 'request'), ('station', 'verifier')):
                self.assertEqual(store.execute(f'SELECT count(*) FROM {table} WHERE substr({column}, 3, 4) = ?', (number,)).fetchone()[0], 0)
        store.close()

    def erase_a_station(self, api):
        """Its rows are listed as erased; those of the others are read."""
        station = api.items('/api/v1/stations')[3]['identity']
        self.assertTrue(api.items(f'/api/v1/transactions?station={station}'))
        self.job_ends(api, api.ask('/api/v1/keys/erase', {'station': station, 'confirm': station}))
        for row in api.items('/api/v1/transactions?limit=500'):
            if row['station'] == station:
                self.assertEqual((row['unreadable'], row['token']), ('erased', None))
            else:
                self.assertEqual(row['token'], ID_TOKEN)

    def test_the_search_finds(self):
        for form in (ID_TOKEN, ID_TOKEN.lower(), ID_TOKEN.encode().hex(), base64.b64encode(b'xy' + ID_TOKEN.encode() + b'z').decode()):
            path = BUILD / 'canary-found'
            path.write_bytes(b'\x00\xe1some' + form.encode() + b'\xff')
            self.assertEqual(len(canary.find({'idToken': ID_TOKEN.encode()}, [path])), 1, form)
            path.unlink()

    def test_no_trace(self):
        shutil.rmtree(STATE, ignore_errors=True)
        daemon, api = self.start()
        api.ask('/api/v1/tokens', {'token': ID_TOKEN, 'group': f'{ID_TOKEN}-group'[:36]})
        fleet = self.charge(daemon, 18)
        wait_for(lambda: any(t['token'] == ID_TOKEN for t in api.items('/api/v1/transactions')), 30, 'a transaction with the canary')
        set_password = self.command(api, 'SetVariables', {'setVariableData': [
            {'component': {'name': 'SecurityCtrlr'}, 'variable': {'name': 'BasicAuthPassword'}, 'attributeValue': PASSWORD}]})
        self.assertTrue(set_password['final'])
        self.command(api, 'DataTransfer', {'vendorId': 'org.example', 'data': DATA})
        self.search()  # while it runs: the write-ahead log is full of it
        output, _ = fleet.communicate(timeout=60)
        self.assertEqual(fleet.returncode, 0, output)

        # Who may read reads it all.
        self.assertIn(ID_TOKEN, [t['token'] for t in api.items('/api/v1/tokens?limit=500')])
        commands = json.dumps(api.items('/api/v1/commands'))
        self.assertNotIn(PASSWORD, commands)  # but for what nobody is to read again
        self.assertIn('"***"', commands)
        self.assertIn(DATA, commands)
        self.assertNotIn('unreadable', commands)
        self.search()

        self.replace_a_data_key(api)
        self.erase_a_station(api)
        self.search()

        backup = STATE / 'backup.sqlite'
        with sqlite3.connect(STATE / 'voltseal.db') as store:
            store.execute('VACUUM INTO ?', (str(backup),))
            self.assertGreater(store.execute('SELECT count(*) FROM tx_event').fetchone()[0], 0)
            self.assertEqual(store.execute('SELECT count(*) FROM station WHERE length(verifier) < 34 OR verifier IS NULL').fetchone()[0], 0)
        store.close()
        self.search([backup])
        self.assertEqual(daemon.stop(), 0)
        self.search([backup])
        backup.unlink()

        # A value in the place of another: that one row is unreadable, the others are not.
        with sqlite3.connect(STATE / 'voltseal.db') as store:
            store.execute("UPDATE command SET request = (SELECT request FROM command ORDER BY id LIMIT 1)"
                          " WHERE id = (SELECT max(id) FROM command)")
        store.close()
        daemon, api = self.start('--privacy', 'strict')
        rows = api.items('/api/v1/commands')
        self.assertEqual([row.get('unreadable') for row in rows].count('damaged'), 1)
        self.assertIn('BasicAuthPassword', json.dumps(rows))
        self.assertIn('store.damaged', daemon.log.read_text())
        self.assertRegex(api.ask('/metrics'), r'(?m)^voltseal_store_damaged_total [1-9]')

        # With strict privacy the meter values of before are sealed, too, and no page keeps them.
        with sqlite3.connect(STATE / 'voltseal.db') as store:
            self.assertEqual(store.execute("SELECT count(*) FROM meter_values WHERE payload <> ''").fetchone()[0], 0)
        store.close()
        fleet = self.charge(daemon, 3)
        output, _ = fleet.communicate(timeout=60)
        time.sleep(0.2)  # what is answered at once is committed a moment later
        with sqlite3.connect(STATE / 'voltseal.db') as store:
            self.assertEqual(store.execute("SELECT count(*) FROM meter_values WHERE payload <> ''").fetchone()[0], 0)
        store.close()
        self.search()
        self.assertEqual(daemon.stop(), 0)


if __name__ == '__main__':
    unittest.main()
