#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""voltseald on PostgreSQL: keys and records there, a fleet on it, the server killed under load, a second daemon refused."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
from harness import ROOT, Child, Daemon, wait_for  # noqa: E402
from nodes import Database  # noqa: E402
from test_sensors import Device  # noqa: E402
from with_postgres import programs  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATIONS, KILLS = 20, 2


@unittest.skipIf(programs() is None, 'PostgreSQL is not installed (./dev deps all)')
class OnPostgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='voltseal-postgres-')
        cls.addClassCleanup(cls.folder.cleanup)
        cls.server = Database(pathlib.Path(cls.folder.name) / 'server', fsync='on', full_page_writes='on')
        cls.addClassCleanup(cls.server.stop)
        cls.state = pathlib.Path(cls.folder.name) / 'state'
        cls.options = ['--stations', STATIONS, *cls.server.options]

    def grow(self, ledger, fleet, what):
        """The fleet is answered: the ledger holds what the daemon has reported as stored."""
        size = ledger.stat().st_size if ledger.exists() else 0
        wait_for(lambda: ledger.exists() and ledger.stat().st_size > size or not fleet.is_running(), 60, what)
        self.assertTrue(fleet.is_running(), fleet.tail())

    def test_a_server_that_is_killed_under_load_loses_nothing(self):
        ledger = self.state / 'ledger'
        daemon = Daemon(BUILD, self.state, *self.options)
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        for name in ('voltseal.db', 'keystore.db'):
            self.assertFalse((self.state / name).exists(), name)
        self.assertGreater(int(self.server.sql('SELECT count(*) FROM voltseal_keys.key', 'voltseal')), 0)
        second = subprocess.run(
            [BUILD / 'voltseald', 'dev', '--state', pathlib.Path(self.folder.name) / 'second',
             *[str(word) for word in self.options]], capture_output=True, text=True, timeout=60, check=False)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn('another process has this database open', second.stdout + second.stderr)
        fleet = Child([BUILD / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', STATIONS,
                       '--url', daemon.ready['ocpp_url'], '--ca', daemon.ready['ca_file'],
                       '--credentials', daemon.ready['credentials_file'], '--ledger', ledger], self.state / 'fleet.log')
        self.addCleanup(lambda: fleet.is_running() and fleet.kill())
        self.grow(ledger, fleet, 'the first answers')
        for number in range(KILLS):
            self.server.kill()
            self.server.start()
            self.grow(ledger, fleet, f'answers after kill {number + 1}')
        self.assertTrue(daemon.is_running(), daemon.tail())
        self.assertIn(fleet.stop(60, signal.SIGINT), (0, os.EX_TEMPFAIL), fleet.tail())  # what waits is not in the ledger
        self.assertEqual(daemon.stop(60), 0, daemon.tail())
        self.server.copy_tables(self.state / 'copy.db')
        done = subprocess.run([sys.executable, ROOT / 'tests/fault/check_ledger.py', '--ledger', ledger,
                               '--store', self.state / 'copy.db'], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('lost=0', done.stdout)
        # And again on what is there: the same keys open it.
        again = Daemon(BUILD, self.state, *self.options)
        self.assertEqual(again.stop(60), 0, again.tail())

    def test_an_installation_moves_with_everything(self):
        """A fleet and a sensor device on files; copied; the same daemon on PostgreSQL reads all of it and goes on."""
        url = self.server.make('moved')
        state = pathlib.Path(self.folder.name) / 'moved'
        here = ('--ready-file', state / 'ready.json')

        def voltseal(*words, code=0):
            done = subprocess.run([BUILD / 'voltseal', *words], capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return done.stdout + done.stderr

        def rows(*words):
            return json.loads(voltseal(*words, '-o', 'json', *here))
        daemon = Daemon(BUILD, state, '--stations', 4)
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        ledger = state / 'ledger'
        fleet = Child([BUILD / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', 4, '--url', daemon.ready['ocpp_url'],
                       '--ca', daemon.ready['ca_file'], '--credentials', daemon.ready['credentials_file'], '--ledger', ledger],
                      state / 'fleet.log')
        self.addCleanup(lambda: fleet.is_running() and fleet.kill())
        self.grow(ledger, fleet, 'the first answers')
        token = json.loads(voltseal('sensor', 'add', 'press-7', '-o', 'json', *here))['token']
        device = Device(daemon.ready['sensor_url'], daemon.ready['ca_file'], 'press-7', token)
        self.assertEqual(device.ask(device.d2([('temperature', 'C', 25.4)]))['status'], 'success')
        wait_for(lambda: rows('tx', 'list')['items'], 30, 'a transaction')
        to = ('--state', state, '--to', url)
        self.assertIn('another process', voltseal('store', 'copy', *to, code=78))  # it runs
        self.assertIn(fleet.stop(60, signal.SIGINT), (0, os.EX_TEMPFAIL), fleet.tail())
        device.close()
        lists = (('tx', 'list'), ('station', 'list'), ('sensor', 'list'), ('key', 'list'), ('token', 'list'))
        before = [rows(*words)['items'] for words in lists]
        self.assertEqual(daemon.stop(60), 0, daemon.tail())
        told = voltseal('store', 'copy', *to)
        self.assertRegex(told, r'tx_event: \d+ of \d+ rows copied')
        self.assertRegex(told, r'copied: \d+ rows of \d+ tables, each compared with its origin')
        self.assertIn('the same:', voltseal('store', 'check', *to))
        self.assertIn('an empty one', voltseal('store', 'copy', *to, code=69))
        self.server.sql("UPDATE voltseal.tx SET event_count = event_count + 1 WHERE id = (SELECT min(id) FROM voltseal.tx)", 'moved')
        self.assertRegex(voltseal('store', 'check', *to, code=69), r'voltseal\.tx: the row id=\d+ has another event_count there')
        self.server.sql("UPDATE voltseal.tx SET event_count = event_count - 1 WHERE id = (SELECT min(id) FROM voltseal.tx)", 'moved')
        for name in ('voltseal.db', 'keystore.db'):
            (state / name).rename(state / f'{name}.moved')
        daemon = Daemon(BUILD, state, '--stations', 4, '--store-engine', 'postgres', '--store-url', url)
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        for words, was in zip(lists, before):
            now = rows(*words)['items']
            self.assertEqual([row.get('id', row.get('identity')) for row in now], [row.get('id', row.get('identity')) for row in was], words)
        self.assertIn('25.4', voltseal('reading', 'list', 'press-7', *here))
        device = Device(daemon.ready['sensor_url'], daemon.ready['ca_file'], 'press-7', token)
        self.assertEqual(device.ask(device.d2([('temperature', 'C', 31.5)]))['status'], 'success')
        self.assertIn('31.5', voltseal('reading', 'list', 'press-7', *here))
        device.close()
        fleet = Child([BUILD / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', 4, '--url', daemon.ready['ocpp_url'],
                       '--ca', daemon.ready['ca_file'], '--credentials', daemon.ready['credentials_file'], '--ledger', ledger],
                      state / 'fleet.log')
        self.addCleanup(lambda: fleet.is_running() and fleet.kill())
        self.grow(ledger, fleet, 'answers after the move')
        self.assertIn(fleet.stop(60, signal.SIGINT), (0, os.EX_TEMPFAIL), fleet.tail())
        self.assertEqual(daemon.stop(60), 0, daemon.tail())

    def test_an_erased_device_is_read_in_no_copy(self):
        """A dump from before the erasure, beside the keystore of today: nothing opens, and key proof sees why."""
        for name in ('erased', 'older'):
            self.server.make(name)
        state = pathlib.Path(self.folder.name) / 'erased'
        url = f'postgresql://voltseal@/{{}}?host={self.server.folder}'
        daemon = Daemon(BUILD, state, '--stations', '0', '--store-engine', 'postgres', '--store-url', url.format('erased'))
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())

        def voltseal(*words, code=0):
            done = subprocess.run([BUILD / 'voltseal', *words], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            return done.stdout
        here = ('--ready-file', state / 'ready.json')
        token = json.loads(voltseal('sensor', 'add', 'press-7', '-o', 'json', *here))['token']
        device = Device(daemon.ready['sensor_url'], daemon.ready['ca_file'], 'press-7', token)
        self.assertEqual(device.ask(device.d2([('temperature', 'C', 25.4)]))['status'], 'success')
        self.assertIn('25.4', voltseal('reading', 'list', 'press-7', *here))
        dump = subprocess.run([self.server.bin / 'pg_dump', '-h', self.server.folder, '-U', 'postgres', 'erased'], check=True,
                              capture_output=True).stdout
        subprocess.run([self.server.bin / 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-h', self.server.folder, '-U', 'postgres', 'older'],
                       check=True, input=dump, stdout=subprocess.DEVNULL)
        voltseal('key', 'erase', 'press-7', '--confirm', 'press-7', *here)
        device.closed()
        wait_for(lambda: '25.4' not in voltseal('reading', 'list', 'press-7', *here), 20, 'the erasure')
        self.assertEqual(daemon.stop(60), 0, daemon.tail())
        for store, keystore, code in (('erased', 'erased', 0), ('older', 'erased', 0), ('older', 'older', 65)):
            said = json.loads(voltseal('key', 'proof', 'press-7', '--database', url.format(store), '--keystore', url.format(keystore),
                                       '-o', 'json', code=code))
            self.assertGreaterEqual(said['rows'], 1)
            self.assertEqual((said['readable'] == 0, said['keys_left'] == 0), (code == 0, code == 0), (store, keystore, said))
        told = voltseal('key', 'proof', 'press-7', '--database', url.format('older'), '--keystore', url.format('erased'))
        self.assertRegex(told, r'reading +payload +1 +key \d+ +\d{4}-\d\d +destroyed +\d{4}-')
        self.assertIn('erase.begin by ', told)


if __name__ == '__main__':
    unittest.main()
