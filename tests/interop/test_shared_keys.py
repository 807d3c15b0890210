#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The keys of an installation at several nodes: a node joins by the root key alone, what changes of the CA at one holds at the
others, of two that change at once one is told, and what somebody else put into the database is not taken."""
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import Child, Failed, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
HEARD = 20  # seconds for what is written, told, and then shown by listeners


def run(*command, status=0):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=120, check=False)
    if status is not None and done.returncode != status:
        raise Failed(f'{command}: {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout + done.stderr


class Node:
    """voltseald run, until it serves."""

    def __init__(self, state, options, env=()):
        self.state, self.options, self.env, self.child = state, options, env, None
        self.log = state.parent / f'{state.name}.log'

    def start(self):
        ready = self.state / 'ready.json'
        ready.unlink(missing_ok=True)
        self.child = Child(['env', *self.env, BUILD / 'voltseald', 'run', '--state', self.state, *self.options], self.log)
        wait_for(lambda: ready.exists() or not self.child.is_running(), 60, 'voltseald serves')
        if not ready.exists():
            raise Failed(self.child.tail())
        self.ready = json.loads(ready.read_text())
        return self

    def ask(self, method, path, token, body=None):
        where = urllib.parse.urlsplit(self.ready['api_url'])
        api = http.client.HTTPSConnection(where.hostname, where.port, timeout=60,
                                          context=ssl.create_default_context(cafile=self.ready['ca_file']))
        try:
            api.request(method, f'/api/v1{path}', None if body is None else json.dumps(body),
                        {'Authorization': f'Bearer {token}', 'Content-Type': 'application/json'})
            answer = api.getresponse()
            text = answer.read()
        except TimeoutError:
            raise Failed(f'{method} {path} is not answered\n{self.child.tail()}') from None
        finally:
            api.close()
        return answer.status, json.loads(text) if text else None

    def roots(self):
        """The subjects of the roots in its ca.pem."""
        text = (self.state / 'pki/ca.pem').read_text()
        return re.findall(r'CN ?= ?([^\n,]+)', ''.join(
            run('openssl', 'x509', '-noout', '-subject', '-nameopt', 'RFC2253', '-in', self.part(cert))
            for cert in re.findall(r'-----BEGIN.*?END CERTIFICATE-----\n', text, flags=re.S)))

    def part(self, pem):
        path = self.state.parent / 'one.pem'
        path.write_text(pem)
        return path

    def shown(self):
        """Who issued the certificate that its API shows."""
        where = urllib.parse.urlsplit(self.ready['api_url'])
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            pem = ssl.get_server_certificate((where.hostname, where.port), timeout=10)
        except OSError:
            return ''
        return run('openssl', 'x509', '-noout', '-issuer', '-nameopt', 'RFC2253', '-in', self.part(pem)).strip()


@unittest.skipIf(nodes.programs() is None, 'PostgreSQL is not installed (./dev deps all)')
class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='voltseal-keys-')
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        os.chmod(cls.folder, 0o755)
        cls.database = nodes.Database(cls.folder / 'postgres')
        cls.addClassCleanup(cls.database.stop)
        cls.options = ['--store-engine', 'postgres', '--store-url', cls.database.url, '--log-level', 'info']
        said = run(BUILD / 'voltseald', 'init', '--state', cls.folder / 'a', '--hosts', 'localhost,127.0.0.1', '--organisation', 'Example',
                   '--root-key-out', cls.folder / 'root.pem', *cls.options)
        cls.token = re.search(r'API token +(\w{43})', said)[1]
        cls.passphrase = re.search(r'passphrase +(\w{43})', said)[1]
        cls.a = cls.node('a').start()
        cls.key = cls.folder / 'root.key'
        shutil.copy(json.loads((cls.folder / 'a/keys/root.json').read_text())['current']['file'], cls.key)
        cls.join('b')
        cls.b = cls.node('b').start()
        cls.first = cls.vault()

    @classmethod
    def node(cls, name):
        node = Node(cls.folder / name, [*cls.options, '--node', name])
        cls.addClassCleanup(lambda: node.child is not None and node.child.is_running() and node.child.kill())
        return node

    @classmethod
    def join(cls, name, *more, key=None, status=0):
        if key is None:  # a copy of its own: it is wiped when it is not needed any more
            key = cls.folder / f'{name}.key'
            shutil.copy(cls.key, key)
        return run(BUILD / 'voltseald', 'init', '--join', '--state', cls.folder / name, '--node', name, '--key-file', key,
                   *cls.options, *more, status=status)

    @classmethod
    def sql(cls, text):
        return cls.database.sql(text, 'voltseal')

    @classmethod
    def vault(cls):
        """(version, what is sealed)"""
        version, sealed = cls.sql("SELECT version, encode(sealed, 'hex') FROM voltseal_keys.vault").split('|')
        return int(version), sealed

    def put(self, version, sealed):
        """As whoever may write the database, whatever its triggers say."""
        self.sql(f"SET session_replication_role = replica; UPDATE voltseal_keys.vault SET version = {version}, sealed = decode('{sealed}', 'hex');"
                 " SET session_replication_role = origin;"
                 " INSERT INTO voltseal.change(kind, tenant, subject, node) VALUES ('vault', '', '', '')")

    def test_1_a_node_joins_by_the_root_key(self):
        # The same CA, the same API token; a log of its own, and no key of it is in the clear in the database.
        self.assertEqual(self.b.roots(), self.a.roots())
        self.assertEqual(self.b.ask('GET', '/stations', self.token)[0], 200)
        audit = {node.state.name: (node.state / 'keys/audit.main.1.sealed').read_bytes() for node in (self.a, self.b)}
        self.assertNotEqual(audit['a'][-64:], audit['b'][-64:])
        row = bytes.fromhex(self.sql("SELECT encode(sealed, 'hex') FROM voltseal_keys.vault"))
        for word in (b'PRIVATE', b'CERTIFICATE', b'organisation', self.key.read_bytes()):
            self.assertNotIn(word, row)
        # A station of one is known by its password at the other: one pepper.
        status, added = self.a.ask('POST', '/stations', self.token, {'identity': 'CS-1', 'auth': 'basic'})
        self.assertEqual(status, 201, added)
        station = {'id': 'CS-1', 'password': added['password']}
        for node in (self.a, self.b):
            wait_for(lambda node=node: nodes.comes_in(node, station) == 101, HEARD, 'the password is good')

    def test_2_what_is_wrong_with_joining(self):
        other = self.folder / 'other.key'
        other.write_bytes(os.urandom(32))
        other.chmod(0o600)
        self.assertIn('check value', self.join('c', key=other, status=None))
        self.assertIn('--key-file', self.join('c', key=self.folder / 'absent', status=None))
        self.assertIn('--provider', self.join('c', '--provider', 'passphrase', status=None))
        self.assertIn('--node', run(BUILD / 'voltseald', 'init', '--join', '--state', self.folder / 'c', *self.options, status=None))
        empty = self.database.make('empty')
        self.assertIn('no node has put its keys', run(BUILD / 'voltseald', 'init', '--join', '--state', self.folder / 'c', '--node', 'c',
                                                      '--key-file', self.key, '--store-engine', 'postgres', '--store-url', empty, status=None))
        self.assertFalse((self.folder / 'c/mode').exists())
        self.join('c')  # after all of that
        self.assertTrue((self.folder / 'c/mode').exists())

    def test_3_a_change_of_the_root_here_holds_there(self):
        self.assertEqual(self.a.ask('POST', '/ca/rotation', self.token)[0], 404, 'the key of the root is away')
        # Brought back at a node that is stopped; the other one has it, too, and begins.
        self.assertEqual(self.a.child.stop(60), 0, self.a.child.tail())
        word = self.folder / 'word'
        word.write_text(self.passphrase)
        word.chmod(0o600)
        rooted = ['--state', self.folder / 'a', '--node', 'a', '--root-passphrase-file', word, *self.options]
        run(BUILD / 'voltseald', 'root-ca', 'import', '--root-key', self.folder / 'root.pem', *rooted)
        wait_for(lambda: self.b.ask('POST', '/ca/rotation', self.token)[0] in (200, 201), HEARD, 'b begins')
        self.a.start()
        for node in (self.a, self.b):
            wait_for(lambda node=node: len(node.roots()) == 2, HEARD, f'{node.state.name} trusts both')
            self.assertIn('G1', node.shown())
        # Killed before it hears of the end, it has it at its next start; the other one was there all the time.
        self.a.child.kill()
        status, said = self.b.ask('POST', '/ca/rotation/finish', self.token, {'force': True})
        self.assertIn(status, (200, 204), said)
        self.a.start()
        for node in (self.a, self.b):
            wait_for(lambda node=node: 'G2' in node.shown(), HEARD, f'{node.state.name} shows the new one')
            wait_for(lambda node=node: len(node.roots()) == 1 and 'G2' in node.roots()[0], HEARD, 'and trusts it alone')
        self.assertEqual(self.a.ask('GET', '/stations', self.token)[0], 200)

    def test_4_of_two_at_once_one_is_told(self):
        answers = {}

        def begin(node):
            answers[node] = node.ask('POST', '/ca/rotation', self.token)[0]
        for _ in range(2):
            threads = [threading.Thread(target=begin, args=(node,)) for node in (self.a, self.b)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            self.assertEqual(sorted(status in (200, 201) for status in answers.values()), [False, True], answers)
            self.assertIn(max(answers.values()), (409,))
            last = int(self.sql('SELECT max(to_number) FROM voltseal_keys.rotation'))
            for node in (self.a, self.b):
                wait_for(lambda node=node: len(node.roots()) == 2, HEARD, 'both trust both')
            wait_for(lambda: len({(node.state / 'pki/ca.pem').read_text() for node in (self.a, self.b)}) == 1, HEARD, 'the same two')
            self.assertIn(self.b.ask('POST', '/ca/rotation/abort', self.token)[0], (200, 204))
            for node in (self.a, self.b):
                wait_for(lambda node=node: len(node.roots()) == 1, HEARD, f'{last} is given up')

    def test_5_what_somebody_put_there_is_not_taken(self):
        version, good = self.vault()
        bad = good[:40] + ('00' if good[40:42] != '00' else '01') + good[42:]
        roots = self.b.roots()
        self.put(version + 1, bad)
        for node in (self.a, self.b):
            wait_for(lambda node=node: 'vault.not_taken' in node.log.read_text(), HEARD, 'it is noticed')
            self.assertIn('VS-1301', node.log.read_text().split('vault.not_taken')[-1][:300])
            self.assertEqual(node.ask('GET', '/stations', self.token)[0], 200)
        self.assertEqual(self.b.roots(), roots)
        self.assertEqual(self.b.child.stop(60), 0, self.b.child.tail())
        with self.assertRaises(Failed) as refused:
            self.b.start()
        self.assertIn('VS-1301', str(refused.exception))
        # One from before the change of the root is well sealed: what the nodes have is newer, and is written again.
        self.put(*self.first)
        wait_for(lambda: self.vault()[0] > version, HEARD, 'a writes it again')
        self.b.start()
        self.assertEqual(self.b.roots(), roots)
        self.assertIn('vault.store_is_older', self.a.log.read_text())

    def test_6_another_root_key(self):
        strangers = self.folder / 'd'
        run(BUILD / 'voltseald', 'init', '--state', strangers, '--hosts', 'localhost', '--root-key-out', self.folder / 'd.pem',
            '--log-level', 'warn')
        done = run(BUILD / 'voltseald', 'run', '--state', strangers, '--node', 'd', *self.options, status=None)
        self.assertIn('VS-1012', done)
        self.assertIn('copy keys/root.json', done)


    def rotate(self, node, key):
        """Stopped, given the next root key, started."""
        if node.child.is_running():
            self.assertEqual(node.child.stop(60), 0, node.child.tail())
        said = run(BUILD / 'voltseald', 'root-key', 'rotate', '--state', node.state, '--node', node.state.name, '--key-file', key, *self.options)
        self.assertIn('is current', said)
        node.start()

    def slots(self, node):
        return set(json.loads((node.state / 'keys/root.json').read_text())) - {'format'}

    def test_7_a_new_root_key_comes_to_each_in_its_turn(self):
        self.assertEqual(self.a.ask('POST', '/keys/rewrap', self.token, {'root': True})[0], 409, 'there is no new one yet')
        key = os.urandom(32)
        copies = {}
        for name in 'abe':
            copies[name] = self.folder / f'next-{name}.key'
            copies[name].write_bytes(key)
            copies[name].chmod(0o600)
        self.rotate(self.a, copies['a'])
        wait_for(lambda: 'root.behind' in self.b.log.read_text(), HEARD, 'b hears that it is behind')
        status, said = self.a.ask('POST', '/keys/rewrap', self.token, {'root': True})
        self.assertEqual((status, said.get('code')), (503, 'VS-1012'), said)
        # Until then both work, with what a made since.
        status, added = self.a.ask('POST', '/stations', self.token, {'identity': 'CS-2', 'auth': 'basic'})
        self.assertEqual(status, 201, added)
        station = {'id': 'CS-2', 'password': added['password']}
        for node in (self.a, self.b):
            wait_for(lambda node=node: nodes.comes_in(node, station) == 101, HEARD, 'it comes in')
        self.rotate(self.b, copies['b'])
        status, said = self.b.ask('POST', '/keys/rewrap', self.token, {'root': True})
        self.assertIn(status, (200, 202), said)
        for node in (self.a, self.b):
            wait_for(lambda node=node: self.slots(node) == {'current'}, 2 * HEARD, 'the old one is gone')
            wait_for(lambda node=node: nodes.comes_in(node, station) == 101, HEARD, 'it comes in')
        self.assertEqual(self.sql("SELECT count(*) FROM voltseal_keys.root_kek WHERE state <> 'destroyed'"), '1')
        # Who was away the whole time is told what to bring; who joins needs the new one.
        if (self.folder / 'c/mode').exists():
            done = run(BUILD / 'voltseald', 'run', '--state', self.folder / 'c', '--node', 'c', *self.options, status=None)
            self.assertIn('VS-1012', done)
        self.assertIn('check value', self.join('e', status=None))
        for name in 'ab':
            self.assertFalse((self.folder / f'{name}.key').exists(), 'the old one is wiped')
        self.join('e', key=copies['e'])


if __name__ == '__main__':
    unittest.main()
