#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL goes away under a fleet that charges, and comes back: stations stay connected and are answered, what they say
waits in the spool, and is in the database exactly once; the daemon may be killed meanwhile."""
import os
import pathlib
import signal
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(HERE.parent / 'bench')]
from harness import ROOT, Child, Daemon, wait_for  # noqa: E402
from storm import Metrics  # noqa: E402
from with_postgres import Postgres, programs  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATIONS, ANSWERS = 20, 60


@unittest.skipIf(programs() is None, 'PostgreSQL is not installed (./dev deps all)')
class Away(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='voltseal-spool-')
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        place = pathlib.Path(folder.name) / 'server'
        place.mkdir(mode=0o755)
        os.chmod(place, 0o755)
        self.server = Postgres(place, fsync='on', full_page_writes='on')
        self.server.start()
        self.addCleanup(self.server.stop)
        self.server.sql('CREATE ROLE voltseal LOGIN')
        self.server.sql('CREATE DATABASE voltseal OWNER voltseal TEMPLATE template0')
        self.state = pathlib.Path(folder.name) / 'state'
        self.ledger = self.state / 'ledger'
        self.daemon = self.start()

    def start(self):
        daemon = Daemon(BUILD, self.state, '--stations', STATIONS, '--store-engine', 'postgres', '--store-url',
                        f'postgresql://voltseal@/voltseal?host={self.server.folder}')
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        self.metrics = Metrics(daemon.ready)
        return daemon

    def start_fleet(self):
        fleet = Child([BUILD / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', STATIONS, '--url',
                       self.daemon.ready['ocpp_url'], '--ca', self.daemon.ready['ca_file'], '--credentials',
                       self.daemon.ready['credentials_file'], '--ledger', self.ledger], self.state / 'fleet.log')
        self.addCleanup(lambda: fleet.is_running() and fleet.kill())
        return fleet

    def answered(self):
        return self.ledger.read_text().count('\n') if self.ledger.exists() else 0

    def grow(self, fleet, what):
        """That many more answers, and everybody is there all the while."""
        wanted = self.answered() + ANSWERS
        wait_for(lambda: self.answered() >= wanted or not fleet.is_running(), 60, what)
        self.assertTrue(fleet.is_running(), fleet.tail())
        self.assertTrue(self.daemon.is_running(), self.daemon.tail())

    def metric(self, name):
        return (self.metrics.read() or {}).get(name)

    def ready(self):
        tls = ssl.create_default_context(cafile=self.daemon.ready['ca_file'])
        try:
            with urllib.request.urlopen(self.daemon.ready['api_url'] + '/readyz', context=tls, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def compare(self, fleet):
        self.assertIn(fleet.stop(60, signal.SIGINT), (0, os.EX_TEMPFAIL), fleet.tail())  # what waits is not in the ledger
        wait_for(lambda: self.metric('spool_records') == 0, 60, 'the spool is empty')
        self.assertEqual(self.daemon.stop(60), 0, self.daemon.tail())
        self.server.copy_tables(self.state / 'copy.db')
        done = subprocess.run([sys.executable, ROOT / 'tests/fault/check_ledger.py', '--ledger', self.ledger, '--store',
                               self.state / 'copy.db'], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('lost=0', done.stdout)
        self.assertNotIn('doubled', done.stderr)
        spool = sqlite3.connect(self.state / 'spool.db')
        self.assertEqual(spool.execute('SELECT (SELECT count(*) FROM waiting), (SELECT count(*) FROM refused)').fetchone(), (0, 0))
        spool.close()
        self.assertFalse((self.state / 'spool.key').exists())

    def test_stations_stay_and_are_answered(self):
        fleet = self.start_fleet()
        self.grow(fleet, 'the first answers')
        self.server.stop()  # as pg_ctl stop -m immediate
        self.grow(fleet, 'answers without a database')
        self.assertGreater(self.metric('spool_records'), 0)
        self.assertEqual((self.metric('store_away'), self.metric('sessions_open')), (1, STATIONS))
        code, text = self.ready()
        self.assertEqual((code, '"degraded"' in text, 'wait on this machine' in text), (200, True, True), text)
        # What somebody wants is refused, at once and clearly.
        done = subprocess.run([BUILD / 'voltseal', 'token', 'add', 'NOBODY', '--ready-file', self.state / 'ready.json'],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertIn('VS-1002', done.stdout + done.stderr)
        self.assertTrue((self.state / 'spool.key').exists())
        self.server.start()
        wait_for(lambda: self.metric('spool_records') == 0, 60, 'the spool is empty')
        self.grow(fleet, 'answers with the database again')
        self.assertEqual(self.metric('store_away'), 0)
        wait_for(lambda: self.ready()[0] == 200, 30, 'it can be read again')
        self.assertIn('"status":"ok"', self.ready()[1].replace(' ', ''))
        self.compare(fleet)
        # Each came once, and nobody went before the end.
        self.assertEqual(self.server.sql('SELECT count(*), count(DISTINCT station) FROM voltseal.session WHERE is_connected <> 0',
                                         'voltseal'), f'{STATIONS}|{STATIONS}')
        self.assertEqual(self.server.sql("SELECT string_agg(type, ' ' ORDER BY id) FROM voltseal.event WHERE type LIKE 'store.%'",
                                         'voltseal'), 'store.spooling store.spooled')

    def test_a_daemon_that_is_killed_meanwhile_loses_nothing(self):
        fleet = self.start_fleet()
        self.grow(fleet, 'the first answers')
        self.server.kill()  # as a power cut
        self.grow(fleet, 'answers without a database')
        self.assertGreater(self.metric('spool_records'), 0)
        self.daemon.kill()
        self.server.start()
        self.daemon = self.start()
        self.grow(fleet, 'answers of the next daemon')
        self.compare(fleet)


if __name__ == '__main__':
    unittest.main()
