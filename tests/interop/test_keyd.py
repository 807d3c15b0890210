# SPDX-License-Identifier: Apache-2.0
"""The key process of a running daemon, looked at from outside, and asked what its table forbids."""
import ctypes
import hmac
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import struct
import subprocess
import sys
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import canary  # noqa: E402
import planted  # noqa: E402
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATUS, RUNNING, UNKNOWN = 0x0001, 0x0002, 0x7777
FORBIDDEN, RATE_LIMITED, TOO_LONG = 1302, 1303, 1103  # stable codes of errors.def
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438


def status_of(pid):
    lines = pathlib.Path(f'/proc/{pid}/status').read_text().splitlines()
    return dict((line.split(':', 1)[0], line.split(':', 1)[1].strip()) for line in lines)


def listening(pid):
    """Inodes of this process's sockets that listen, of whatever family."""
    own = set()
    for link in pathlib.Path(f'/proc/{pid}/fd').iterdir():
        target = os.readlink(link)
        if target.startswith('socket:['):
            own.add(target[8:-1])
    bound = set()
    for name in ('tcp', 'tcp6', 'udp', 'udp6'):
        bound |= {line.split()[9] for line in pathlib.Path(f'/proc/{pid}/net/{name}').read_text().splitlines()[1:]}
    for line in pathlib.Path(f'/proc/{pid}/net/unix').read_text().splitlines()[1:]:
        if int(line.split()[3], 16) & 0x10000:  # __SO_ACCEPTCON
            bound.add(line.split()[6])
    return own & bound


def sockets_of(pid):
    """The daemon's ends of its sockets to the key process, taken as a debugger with its rights would."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    ends = []
    for link in sorted(pathlib.Path(f'/proc/{pid}/fd').iterdir(), key=lambda p: int(p.name)):
        if not stat.S_ISSOCK(os.stat(link).st_mode):
            continue
        fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, int(link.name), 0)
        if fd < 0:
            raise PermissionError(os.strerror(ctypes.get_errno()))
        end = socket.socket(fileno=fd)
        if end.family == socket.AF_UNIX and end.type == socket.SOCK_SEQPACKET:
            ends.append(end)
        else:
            end.close()
    os.close(pidfd)
    return ends


def memory_of(pid):
    """What it can write to: stacks, heaps, data. A sanitizer's shadow of terabytes has no copies of anything."""
    parts = []
    with open(f'/proc/{pid}/mem', 'rb', buffering=0) as memory:
        for line in pathlib.Path(f'/proc/{pid}/maps').read_text().splitlines():
            span, rights = line.split()[:2]
            begin, end = (int(text, 16) for text in span.split('-'))
            if not rights.startswith('rw') or end - begin > 256 << 20:
                continue
            try:
                memory.seek(begin)
                parts.append(memory.read(end - begin))
            except OSError:  # gone since, or not to be read by anybody
                continue
    return parts


def ask(end, code, fields=b'', serial=0xFFFF0000):
    """The error code of the answer, 0 for none. The serial is none that the daemon will use."""
    end.settimeout(20)
    end.send(struct.pack('>HHI', 1, code, serial) + fields)
    while True:
        version, back, number, error = struct.unpack('>HHIH', end.recv(65536)[:10])
        if number == serial:
            assert (version, back) == (1, code)
            return error


class KeyProcess(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.state = BUILD / 'keyd-state'
        shutil.rmtree(cls.state, ignore_errors=True)

    def start(self):
        daemon = Daemon(BUILD, self.state, '--stations', '4')
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        return daemon

    def test_is_confined(self):
        daemon = self.start()
        keyd = daemon.keyd_pid()
        status = status_of(keyd)
        self.assertEqual(status['Seccomp'], '2')
        self.assertEqual(status['NoNewPrivs'], '1')
        self.assertEqual({int(status[name], 16) for name in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')}, {0})
        if b'__asan_init' in (BUILD / 'voltseald').resolve().read_bytes():
            print('sanitizers lock no memory: VmLck IS NOT LOOKED AT HERE, but by tests/fault/kill_loop.py')
        else:
            self.assertGreater(int(status['VmLck'].split()[0]), 0)
        self.assertEqual(status['Threads'], '1')
        limits = pathlib.Path(f'/proc/{keyd}/limits').read_text()
        self.assertRegex(limits, r'Max core file size\s+0\s+0')
        self.assertEqual(listening(keyd), set())
        self.assertNotEqual(listening(daemon.pid), set())  # the look is a good one
        if os.geteuid() != 0:  # what is not dumpable is root's in /proc
            self.assertEqual(os.stat(f'/proc/{keyd}/environ').st_uid, 0)
        kinds = {os.readlink(link).split(':')[0] for link in pathlib.Path(f'/proc/{keyd}/fd').iterdir()}
        wal, = (str(path) for path in self.state.glob('audit/*/wal'))  # of the audit log: it alone writes it
        self.assertLessEqual(kinds, {'socket', '/dev/null', str(daemon.log), wal})
        # nothing has been left of the pepper's file, and what is sealed looks like noise
        self.assertFalse((self.state / 'pepper.key').exists())
        self.assertTrue((self.state / 'keys/pepper.main.1.sealed').exists())
        self.assertEqual(daemon.stop(30), 0)
        self.assertFalse(pathlib.Path(f'/proc/{keyd}').exists())

    def test_only_it_has_the_secrets_in_memory(self):
        shutil.rmtree(self.state, ignore_errors=True)
        daemon = self.start()
        self.charge(daemon)  # passwords were verified
        root, = self.state.glob('keys/root-*.key')
        try:
            pages = memory_of(daemon.pid)
            pages_of_keyd = memory_of(daemon.keyd_pid())
        except PermissionError as why:
            self.skipTest(f'needs the rights of a debugger: {why}')
        for secret in (planted.PEPPER, root.read_bytes()):
            self.assertFalse(any(secret in page for page in pages))
            self.assertTrue(any(secret in page for page in pages_of_keyd))  # the look is a good one
        self.assertEqual(daemon.stop(30), 0)

    def test_gives_nothing_that_its_table_forbids(self):
        daemon = self.start()
        try:
            ends = sockets_of(daemon.pid)
        except PermissionError as why:
            self.skipTest(f'needs the rights of a debugger: {why}')
        self.assertGreater(len(ends), 0)
        end = ends[-1]
        self.assertEqual(ask(end, STATUS), 0)
        self.assertEqual(ask(end, RUNNING), FORBIDDEN)  # only for the start, which is over
        self.assertEqual(ask(end, UNKNOWN), FORBIDDEN)
        self.assertEqual(ask(end, STATUS, b'x'), TOO_LONG)
        errors = {ask(end, STATUS, serial=0xFFFF0001 + n) for n in range(400)}
        self.assertIn(RATE_LIMITED, errors)
        self.assertIn('keyd.refused', daemon.log.read_text())
        end.send(b'?')  # no message: it loses this socket, and only this
        end.settimeout(20)
        self.assertEqual(end.recv(10), b'')
        self.assertTrue(daemon.is_running())
        for other in ends:
            other.close()
        daemon.stop(30)

    def test_its_end_is_the_end(self):
        daemon = self.start()
        os.kill(daemon.keyd_pid(), signal.SIGKILL)
        wait_for(lambda: not daemon.is_running(), 60, 'the daemon ends')
        self.assertNotEqual(daemon.process.returncode, 0)
        self.assertGreater(daemon.process.returncode, 0)  # it was not killed: it ended
        said = daemon.log.read_text()
        self.assertIn('keyd.gone', said)
        self.assertIn('killed by signal 9', said)
        self.assertIn('voltseald does not run without its key process: killed by signal 9', said)
        self.assertFalse((self.state / 'ready.json').exists())
        # and the next start finds all in order
        again = self.start()
        self.assertEqual(again.stop(30), 0)

    def test_ends_with_the_daemon(self):
        daemon = self.start()
        keyd = daemon.keyd_pid()
        daemon.kill()
        wait_for(lambda: not pathlib.Path(f'/proc/{keyd}').exists() or status_of(keyd)['State'].startswith('Z'), 60,
                 'the key process ends')

    def test_another_root_key_stops_the_start(self):
        self.start().stop(30)
        path, = self.state.glob('keys/root-*.key')
        good = path.read_bytes()
        path.write_bytes(bytes(32))
        with self.assertRaisesRegex(Exception, 'check value'):
            self.start()
        path.write_bytes(good)
        self.assertEqual(self.start().stop(30), 0)

    def test_root_key_is_replaced_while_running(self):
        shutil.rmtree(self.state, ignore_errors=True)
        daemon = self.start()
        first, = self.state.glob('keys/root-*.key')
        old = first.read_bytes()
        job = self.voltseal(daemon, 'key', 'rewrap', '--root')
        self.assertEqual(job['kind'], 'rewrap-root')
        wait_for(lambda: self.voltseal(daemon, 'key', 'jobs')['items'][0]['state'] == 'done', 60, 'the job is done')
        second, = self.state.glob('keys/root-*.key')
        new = second.read_bytes()
        self.assertNotEqual(first.name, second.name)
        self.assertNotEqual(old, new)
        sealed = sorted(self.state.glob('keys/*.sealed'))
        self.assertGreaterEqual(len(sealed), 2)
        check = hmac.digest(new, b'voltseal/rk-check', 'sha256')[:8]
        self.assertEqual({path.read_bytes()[:8] for path in sealed}, {check})
        with sqlite3.connect(f'file:{self.state}/keystore.db?mode=ro', uri=True) as keystore:
            self.assertEqual(set(keystore.execute('SELECT DISTINCT root_id FROM tenant_kek WHERE state <> \'destroyed\'')),
                             {(check.hex(),)})
            self.assertEqual(dict(keystore.execute('SELECT state, count(*) FROM root_kek GROUP BY state')), {'active': 1, 'destroyed': 1})
        keystore.close()
        self.charge(daemon)  # passwords, and what is sealed
        self.assertEqual(daemon.stop(30), 0)
        self.assertIn('keyd.root_retired', daemon.log.read_text())
        again = self.start()
        self.charge(again)
        self.assertEqual(again.stop(30), 0)
        leaks = [path.name for path in planted.files_of(self.state) if old in path.read_bytes()]
        self.assertEqual(leaks, [])

    def voltseal(self, daemon, *words):
        done = subprocess.run([BUILD / 'voltseal', *words, '--output', 'json', '--ready-file', self.state / 'ready.json'], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def charge(self, daemon):
        command = [BUILD / 'voltseal-sim', 'fleet', '--url', daemon.ready['ocpp_url'], '--ca', daemon.ready['ca_file'],
                   '--credentials', daemon.ready['credentials_file'], '-n', '2', '--scenario', 'depot', '--interval', '1',
                   '--duration', '2']
        done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_canaries(self):
        daemon = self.start()
        context = ssl.create_default_context(cafile=daemon.ready['ca_file'])
        texts = []
        for route in ('stations', 'overview', 'events'):
            request = urllib.request.Request(f'{daemon.ready["api_url"]}/api/v1/{route}',
                                             headers={'Authorization': f'Bearer {daemon.ready["admin_token"]}'})
            with urllib.request.urlopen(request, context=context, timeout=20) as answer:
                texts.append((route, answer.read()))
        found = planted.search(self.state, [daemon.pid, daemon.keyd_pid()], texts)
        self.assertEqual(found, [])
        # the search finds what is there: a planted one
        leak = self.state / 'leak.txt'
        for needle, form in canary.forms(planted.PEPPER).items():
            leak.write_bytes(b'xx' + needle + b'yy')
            self.assertTrue(any('leak.txt' in line for line in planted.search(self.state)), form)
        leak.unlink()
        self.assertEqual(daemon.stop(30), 0)


if __name__ == '__main__':
    unittest.main()
