#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon that is started before its database waits for it, and says so to the log and to systemd; what waiting would not mend
ends it at once, as does a wait that is over."""
import os
import pathlib
import signal
import socket
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import Child, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
START = 60  # seconds in which a daemon has started
IOERR, CONFIG = 74, 78  # sysexits.h; systemd tries the first again


@unittest.skipIf(nodes.programs() is None, 'PostgreSQL is not installed (./dev deps all)')
class Late(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='voltseal-late-')
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        os.chmod(cls.folder, 0o755)
        cls.database = nodes.Database(cls.folder / 'postgres')
        cls.addClassCleanup(cls.database.stop)

    def setUp(self):
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.systemd.close)
        self.state = self.folder / self.id().rsplit('.', maxsplit=1)[-1]
        self.url = self.database.make(self.state.name)
        self.systemd.bind(str(self.state) + '.notify')
        self.systemd.setblocking(False)
        self.told = []

    def start(self, *more, url=None):
        """voltseald dev, as systemd starts it."""
        child = Child(['env', f'NOTIFY_SOCKET={self.state}.notify', BUILD / 'voltseald', 'dev', '--state', self.state, '--stations', '1',
                       '--store-engine', 'postgres', '--store-url', url or self.url, *more], f'{self.state}.log')
        self.addCleanup(lambda: child.is_running() and child.kill())
        return child

    def log(self):
        return pathlib.Path(f'{self.state}.log').read_text()

    def listen(self):
        """Each line of what systemd was told."""
        try:
            while True:
                self.told += self.systemd.recv(4096).decode().split('\n')
        except BlockingIOError:
            return self.told

    def waits(self, child):
        wait_for(lambda: '"store.awaited"' in self.log() or not child.is_running(), START, 'it says that it waits')
        self.assertTrue(child.is_running(), self.log())
        wait_for(lambda: any(line.startswith('EXTEND_TIMEOUT_USEC=') for line in self.listen()), START, 'systemd hears of it')
        self.assertTrue(any(line.startswith('STATUS=Waiting for the database: ') for line in self.told), self.told)
        self.assertFalse((self.state / 'ready.json').exists())

    def serves(self, child):
        wait_for(lambda: (self.state / 'ready.json').exists() or not child.is_running(), START, 'it serves')
        self.assertTrue(child.is_running(), self.log())
        wait_for(lambda: 'READY=1' in self.listen(), START, 'systemd hears of it')
        self.assertIn('STATUS=', self.told)
        log = self.log()
        self.assertEqual((log.count('"store.awaited"'), log.count('"store.answers"')), (1, 1), log)
        self.assertIn('VS-1014', log)
        self.assertEqual(child.stop(60), 0, child.tail())

    def test_the_daemon_first_and_its_database_afterwards(self):
        self.database.stop()
        try:
            child = self.start()
            self.waits(child)
        finally:
            self.database.start()
        self.serves(child)

    def test_a_database_that_is_starting(self):
        self.database.stop()
        self.database.start_up()
        try:
            child = self.start()
            self.waits(child)
        finally:
            self.database.promote()
        self.serves(child)

    def test_what_waiting_does_not_mend(self):
        strange = self.database.make('strange')
        self.database.sql('CREATE SCHEMA voltseal AUTHORIZATION voltseal; CREATE TABLE voltseal.version(number bigint NOT NULL);'
                          ' ALTER TABLE voltseal.version OWNER TO voltseal; INSERT INTO voltseal.version VALUES (9999)', 'strange')
        for wrong, status, words in ((self.url.replace('voltseal@', 'nobody@'), IOERR, 'nobody'),
                                     (self.url.replace(f'/{self.state.name}?', '/absent?'), IOERR, 'absent'), (strange, CONFIG, '9999')):
            with self.subTest(wrong):
                child = self.start(url=wrong)
                wait_for(lambda child=child: not child.is_running(), START, 'it ends')
                self.assertEqual(child.process.returncode, status, self.log())
                self.assertIn(words, self.log())
                self.assertNotIn('store.awaited', self.log())
        self.assertEqual(self.listen(), [])

    def test_a_wait_that_is_over(self):
        self.database.stop()
        try:
            for seconds, said in ((0, 0), (1, 1)):
                child = self.start('--store-wait', seconds)
                wait_for(lambda child=child: not child.is_running(), START, 'it ends')
                self.assertEqual(child.process.returncode, IOERR, self.log())
                self.assertEqual(self.log().count('"store.awaited"'), said)
                self.assertIn('voltseald: VS-1014: ', self.log())
                self.assertIn(f'[store] wait = {seconds} s', self.log())
            # What is in the store comes from there alone: nothing was begun without it.
            self.assertEqual([path.name for path in self.state.glob('pki/*')], [])
        finally:
            self.database.start()

    def test_it_can_be_stopped_meanwhile(self):
        self.database.stop()
        try:
            child = self.start()
            self.waits(child)
            keyd = [int(pid) for path in pathlib.Path(f'/proc/{child.pid}/task').glob('*/children') for pid in path.read_text().split()]
            self.assertEqual(len(keyd), 1)
            self.assertEqual(child.stop(20), -signal.SIGTERM)
            wait_for(lambda: not pathlib.Path(f'/proc/{keyd[0]}').exists() or
                     pathlib.Path(f'/proc/{keyd[0]}/stat').read_text().rpartition(')')[2].split()[0] == 'Z', 20, 'its key process ends')
        finally:
            self.database.start()


if __name__ == '__main__':
    unittest.main()
