# SPDX-License-Identifier: Apache-2.0
"""doc/manual/first-hour.md, typed as it stands, in a folder of its own, against a daemon that runs. Left out is what other tests do:
`./dev demo` itself (the stage of that name), and the npm install, for which what tests/interop has stands in."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
from harness import Child, Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
BLOCK = re.compile(r'^```(\S+)(?: (\S+))?\n(.*?)^```$', re.M | re.S)


class FirstHour(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.daemon = Daemon(BUILD, self.folder / 'state', '--stations', '2')
        self.addCleanup(lambda: self.daemon.is_running() and self.daemon.stop())
        row = self.daemon.credentials()[0]
        # One that charges, as in the demo.
        fleet = Child([BUILD / 'voltseal-sim', 'fleet', '--scenario', 'demo', '-n', '1', '--url', self.daemon.ready['ocpp_url'], '--ca',
                       self.daemon.ready['ca_file'], '--credentials', self.daemon.ready['credentials_file']], self.folder / 'fleet.log')
        self.addCleanup(fleet.stop)
        self.first = row['id']
        self.environment = {**os.environ, 'PATH': f'{BUILD}:{os.environ["PATH"]}', 'VOLTSEAL_READY_FILE': str(self.folder / 'state/ready.json')}
        # One shell for all of it, as the person has: what a line sets and where it goes is there for the next.
        self.shell = subprocess.Popen(['bash', '--noprofile', '--norc'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True, cwd=self.folder, env=self.environment)
        self.addCleanup(self.shell.wait)
        self.addCleanup(self.shell.stdout.close)
        self.addCleanup(self.shell.stdin.close)
        self.where, self.said, self.status = self.folder, {}, []

    def type(self, line):
        """One line; its exit status and what it said."""
        self.shell.stdin.write(f'{line}\necho "== $? $PWD"\n')
        self.shell.stdin.flush()
        out = []
        while not (end := self.shell.stdout.readline()).startswith('== '):
            self.assertNotEqual('', end, f'the shell ended at: {line}')
            out.append(end)
        _, status, where = end.split(maxsplit=2)
        self.where = pathlib.Path(where.strip())
        return int(status), ''.join(out)

    def play(self, kind, name, text):
        if kind == 'js':
            (self.where / name).write_text(text)
        elif name == 'npm':
            self.assertIn('npm install', text)
            (self.where / 'node_modules').symlink_to(HERE / 'node_modules')
        elif name in ('demo', 'environment'):
            return
        else:
            for line in text.splitlines():
                status, out = self.type(line)
                self.said.setdefault(line, []).append(out)
                self.status.append(status)
                if name != 'fails':
                    self.assertEqual(0, status, f'{line}\n{out}')
            if name == 'fails':
                self.assertEqual(2, self.status[-1], f'{text}\n{out}')

    def test_every_line_of_it(self):
        text = (ROOT / 'doc/manual/first-hour.md').read_text()
        wait_for(lambda: self.type('voltseal tx list --active -q')[1], 60, 'a station charges')
        for kind, name, block in BLOCK.findall(text):
            self.play(kind, name, block)
        runs = self.said['node station.mjs']
        self.assertIn('registration: Accepted\nsent\n', runs[0])
        self.assertIn('not let in', runs[1])
        self.assertIn(self.first, self.said['voltseal station list'][0])
        for line, words in (('voltseal station show MY-0001', ('Mine', 'Available')), ('voltseal tx list --station MY-0001', ('my-first',)),
                            ('voltseal tx show my-first --station MY-0001', ('EVDeparted',)),
                            ('voltseal events --station MY-0001', ('StartupOfTheDevice',)),
                            ('voltseal events --station MY-0001 --security --limit 3',
                             ('InvalidChargingStationCertificate', 'critical', '"reason":"certificate_revoked"', '127.0.0.1')),
                            ('voltseal audit check-proof revoked.tlog-proof --vkey "$KEY"', ('"ev":"certificate.revoke"',)),
                            ('voltseal audit verify --vkey "$KEY"', ('sound: ',))):
            for word in words:
                self.assertIn(word, self.said[line][0], line)


if __name__ == '__main__':
    unittest.main()
