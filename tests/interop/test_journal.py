# SPDX-License-Identifier: Apache-2.0
"""[log] format = journal: what a socket of ours receives is the native protocol, read strictly; and systemd-journald
itself, where it may run, keeps every field."""
import asyncio
import base64
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import websockets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
JOURNALD = pathlib.Path('/lib/systemd/systemd-journald')
NAMESPACE = f'voltseal-{os.getpid()}'
NASTY = 'first\nPRIORITY=0\nMESSAGE=forged\n\u202e\x1b[2J\U0001f50c end'


def fields(datagram):
    """Of one entry, as systemd's page on the native protocol has it; anything else is a fault."""
    found, at = {}, 0
    while at < len(datagram):
        end = datagram.index(b'\n', at)
        name, equals, value = datagram[at:end].partition(b'=')
        at = end + 1
        if not equals:  # NAME, line end, 64 bit of size, the value, line end
            size, = struct.unpack_from('<Q', datagram, at)
            value, at = datagram[at + 8:at + 8 + size], at + 8 + size + 1
            assert datagram[at - 1:at] == b'\n'
        name = name.decode('ascii')
        assert 0 < len(name) <= 64 and name[0] != '_' and name[0].isalpha(), name
        assert all(letter.isdigit() or letter == '_' or 'A' <= letter <= 'Z' for letter in name), name
        assert name not in found, f'{name} comes twice'
        found[name] = value
    return found


class Journal(threading.Thread):
    """Keeps every datagram, also in a file of the state folder: what Daemon.stop() searches for secrets."""

    def __init__(self, path, copy):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.copy, self.datagrams = copy, []
        self.start()

    def run(self):
        while True:
            datagram, more, flags, _ = self.socket.recvmsg(1 << 20, socket.CMSG_SPACE(16))
            if not datagram and not more:
                return
            assert not flags & socket.MSG_TRUNC
            self.datagrams.append(datagram)
            with self.copy.open('ab') as file:
                file.write(datagram)

    def entries(self, event):
        return [entry for entry in map(fields, list(self.datagrams)) if entry['VOLTSEAL_EVENT'] == event.encode()]

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join(5)
        self.socket.close()


def knock(ready, identity, password):
    """One upgrade that is refused."""
    context = ssl.create_default_context(cafile=ready['ca_file'])
    line = http.client.HTTPSConnection(ready['ocpp_url'].split('/')[2], context=context, timeout=20)
    token = base64.b64encode(f'{identity}:{password}'.encode()).decode()
    line.request('GET', f'/ocpp/{identity}', headers={
        'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        'Sec-WebSocket-Protocol': 'ocpp2.0.1', 'Authorization': f'Basic {token}'})
    status = line.getresponse().status
    line.close()
    return status


async def say(daemon, frame):
    row = daemon.credentials()[0]
    basic = base64.b64encode(f'{row["id"]}:{row["password"]}'.encode()).decode()
    async with websockets.connect(daemon.ready['ocpp_url'] + row['id'], ssl=ssl.create_default_context(cafile=daemon.ready['ca_file']),
                                  subprotocols=['ocpp2.1'], extra_headers={'Authorization': f'Basic {basic}'}) as line:
        await line.send(json.dumps(frame, ensure_ascii=False))
        await line.send(json.dumps([2, '1', 'Heartbeat', {}]))
        await asyncio.wait_for(line.recv(), 20)  # it was read, then


def annoy(daemon):
    """A refusal, and words of a peer that want to be lines and fields of their own."""
    assert knock(daemon.ready, 'CS-0001', 'guess-the-canary-7311') == 401
    asyncio.run(say(daemon, [5, '7', 'InternalError', NASTY, {}]))


class TestJournal(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='vs-journal-')
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def daemon(self, path):
        daemon = Daemon(BUILD, self.folder / 'state', '--stations', '2', '--log-format', 'journal', '--log-level', 'debug', '--log-journal', path)
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        return daemon

    def test_every_datagram_is_an_entry(self):
        (self.folder / 'state').mkdir()
        journal = Journal(self.folder / 'journal', self.folder / 'state/journal.copy')
        daemon = self.daemon(self.folder / 'journal')
        wait_for(lambda: journal.datagrams, 20, 'the start is in the journal')
        annoy(daemon)
        wait_for(lambda: journal.entries('station.refused') and journal.entries('answer.refused'), 20, 'what was refused is in the journal')
        self.assertEqual(daemon.stop(), 0)  # which looks for secrets in what was received, too
        journal.stop()
        self.assertGreater(len(journal.datagrams), 5)
        for datagram in journal.datagrams:
            entry = fields(datagram)
            self.assertLessEqual({'PRIORITY', 'SYSLOG_IDENTIFIER', 'VOLTSEAL_SUBJECT', 'VOLTSEAL_EVENT', 'MESSAGE'}, set(entry))
            self.assertIn(entry['PRIORITY'], (b'3', b'4', b'6', b'7'), entry)
            self.assertEqual(entry['SYSLOG_IDENTIFIER'], b'voltseald')
            self.assertLessEqual(len(datagram), 4096)  # so that no memfd is needed
            subject = entry['VOLTSEAL_SUBJECT'].decode() or '-'
            self.assertIn(entry['MESSAGE'][:1].decode(), (subject[:1], '"'), 'the subject comes first')
            for value in entry.values():  # text, one line, without what moves a terminal's cursor
                self.assertTrue(all(letter.isprintable() for letter in value.decode()), entry)
                self.assertNotIn(b'canary-7311', value)
        said, = journal.entries('answer.refused')
        escaped = ''.join({'\\': '\\\\', '\u202e': '\\u202e'}.get(letter, letter) for letter in json.dumps(NASTY, ensure_ascii=False)[1:-1])
        self.assertEqual((said['VOLTSEAL_WHY'].decode(), said['PRIORITY']), (escaped, b'4'))
        self.assertTrue(said['MESSAGE'].decode().endswith(f'why="{escaped}"'), said)
        text = b''.join(journal.datagrams)
        for secret in [daemon.ready['admin_token'], *(row['password'] for row in daemon.credentials() if row['password'])]:
            self.assertNotIn(secret.encode(), text)

    @unittest.skipUnless(JOURNALD.exists() and shutil.which('journalctl') and os.geteuid() == 0, 'no systemd-journald that we may start')
    def test_journald_keeps_it(self):
        at = pathlib.Path(f'/run/systemd/journal.{NAMESPACE}')
        journald = subprocess.Popen([JOURNALD, NAMESPACE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def clean():
            journald.terminate()
            journald.wait(20)
            for place in (at, *pathlib.Path('/var/log/journal').glob(f'*.{NAMESPACE}'), *pathlib.Path('/run/log/journal').glob(f'*.{NAMESPACE}')):
                shutil.rmtree(place, ignore_errors=True)
        self.addCleanup(clean)
        wait_for(lambda: (at / 'socket').exists() or journald.poll() is not None, 20, 'journald serves')
        if journald.poll() is not None:
            self.skipTest('systemd-journald does not run here')
        daemon = self.daemon(at / 'socket')
        annoy(daemon)

        def kept():
            out = subprocess.run(['journalctl', f'--namespace={NAMESPACE}', '-o', 'json', '--all', 'SYSLOG_IDENTIFIER=voltseald'],
                                 capture_output=True, text=True, check=False).stdout
            return [json.loads(line) for line in out.splitlines()]
        wait_for(lambda: {'station.refused', 'answer.refused'} <= {entry.get('VOLTSEAL_EVENT') for entry in kept()}, 20, 'what was refused is kept')
        self.assertEqual(daemon.stop(), 0)
        entries = kept()
        refused = [entry for entry in entries if entry['VOLTSEAL_EVENT'] == 'station.refused']
        self.assertEqual({entry['PRIORITY'] for entry in refused}, {'4'})
        self.assertTrue(all(entry['_PID'] == str(daemon.pid) and entry['_TRANSPORT'] == 'journal' for entry in refused))
        self.assertTrue([entry for entry in refused if entry['VOLTSEAL_SUBJECT'] == 'CS-0001'])
        self.assertTrue([entry for entry in entries if entry['VOLTSEAL_EVENT'].startswith('daemon.')])
        self.assertTrue([entry for entry in entries if entry['VOLTSEAL_EVENT'] == 'answer.refused' and entry['VOLTSEAL_WHY'].startswith('first\\\\nPRIORITY')])
        self.assertFalse([entry for entry in entries if entry['MESSAGE'] == 'forged' or 'canary-7311' in json.dumps(entry)])


if __name__ == '__main__':
    unittest.main()
