#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two nodes at one database whose root key is a systemd credential, a passphrase, or under the key of a PKCS #11 token: the
second joins by it and opens what the first has sealed, another root key comes to both, and a wrong credential, passphrase, PIN or
token is refused before anything is written, here and in the database."""
import base64
import glob
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import Failed, wait_for  # noqa: E402
from test_shared_keys import BUILD, HEARD, Node, run  # noqa: E402

CONFIG = 78  # sysexits.h: systemd does not try again
MODULES = ('/usr/lib/softhsm/libsofthsm2.so', *glob.glob('/usr/lib/*/softhsm/libsofthsm2.so'))


def setUpModule():
    global SERVER, FOLDER
    if nodes.programs() is None:
        raise unittest.SkipTest('PostgreSQL is not installed (./dev deps all)')
    temporary = tempfile.TemporaryDirectory(prefix='voltseal-providers-')
    unittest.addModuleCleanup(temporary.cleanup)
    FOLDER = pathlib.Path(temporary.name)
    os.chmod(FOLDER, 0o755)
    SERVER = nodes.Database(FOLDER / 'postgres')
    unittest.addModuleCleanup(SERVER.stop)


class Provider:
    """What is the same of all of them. NAME; at(node): the environment of its processes; source: the options that say where the
    root key is, unlock(node, *lines): those that give what a person knows."""

    NAME = ''

    @classmethod
    def setUpClass(cls):
        cls.folder = FOLDER / cls.NAME
        cls.folder.mkdir()
        cls.begin()
        cls.options = ['--store-engine', 'postgres', '--store-url', SERVER.make(cls.NAME), '--log-level', 'info']
        said = cls.voltseald('a', 'init', '--hosts', 'localhost,127.0.0.1', '--organisation', 'Example', '--root-key-out',
                             cls.folder / 'root.pem', *cls.source(), *cls.unlock('a'))
        cls.token = re.search(r'API token +(\w{43})', said)[1]
        cls.a, cls.b = (Node(cls.folder / name, [*cls.options, '--node', name, *cls.unlock(name)], cls.at(name)) for name in 'ab')
        for node in (cls.a, cls.b):
            cls.addClassCleanup(lambda node=node: node.child is not None and node.child.is_running() and node.child.kill())
        cls.a.start()
        cls.given('b')

    @classmethod
    def begin(cls):
        """What node a has before there is anything."""

    @classmethod
    def given(cls, name):
        """What another node is brought."""

    @classmethod
    def at(cls, _name):
        return []

    @classmethod
    def unlock(cls, _name, *_lines):
        return []

    @classmethod
    def voltseald(cls, name, command, *more, status=0, env=None):
        return run('env', *(cls.at(name) if env is None else env), BUILD / 'voltseald', *command.split(), '--state', cls.folder / name,
                   *(() if command == 'init' and '--join' not in more else ('--node', name)), *cls.options, *more, status=status)

    @classmethod
    def secret(cls, name, text):
        path = cls.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)
        return path

    def sql(self, text):
        return SERVER.sql(text, self.NAME)

    def shared(self):
        """What the nodes have in the database; who they are."""
        return self.sql("SELECT version, md5(sealed), root FROM voltseal_keys.vault"), self.sql('SELECT name FROM voltseal.node ORDER BY 1')

    def files(self, name):
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.folder / name).rglob('*') if path.is_file()}

    def slots(self, node):
        return set(json.loads((node.state / 'keys/root.json').read_text())) - {'format'}

    def root_id(self, node):
        return json.loads((node.state / 'keys/root.json').read_text())['current']['id']

    def opens(self, node, station, id_token):
        """A password that the other one has given is good here, and what it has sealed can be read."""
        wait_for(lambda: nodes.comes_in(node, station) == 101, HEARD, 'it comes in')
        items = node.ask('GET', '/tokens', self.token)[1]['items']
        self.assertIn(id_token, [item['token'] for item in items])

    def seals(self, node, name):
        status, added = node.ask('POST', '/stations', self.token, {'identity': name, 'auth': 'basic'})
        self.assertEqual(status, 201, added)
        status, said = node.ask('POST', '/tokens', self.token, {'token': f'TOKEN-{name}'})
        self.assertIn(status, (200, 201), said)
        return {'id': name, 'password': added['password']}, f'TOKEN-{name}'

    # --- the tests ----------------------------------------------------------------------------------

    def wrong(self):
        """(environment, options, what is said) of each way to bring the wrong thing."""

    def test_1_what_is_wrong_is_refused(self):
        before = self.shared()
        for env, options, words in self.wrong():
            with self.subTest(words):
                said = self.voltseald('b', 'init', '--join', *options, status=CONFIG, env=env)
                self.assertRegex(said, r'voltseald: VS-1\d{3}: ')
                self.assertIn(words, said)
                self.assertEqual(self.files('b'), {}, said)
                self.assertEqual(self.shared(), before)

    def test_2_another_node_joins(self):
        self.voltseald('b', 'init', '--join', *self.source(), *self.unlock('b'))
        self.b.start()
        self.assertEqual(self.b.roots(), self.a.roots())
        for here, there, name in ((self.a, self.b, 'CS-1'), (self.b, self.a, 'CS-2')):
            self.opens(there, *self.seals(here, name))
        self.assertEqual(self.root_id(self.a), self.root_id(self.b))
        self.assertEqual(self.b.child.stop(60), 0, self.b.child.tail())
        # What is no longer right ends its start, and changes nothing.
        before, files = self.shared(), self.files('b')
        for env, options, words in self.wrong_at_start():
            with self.subTest(words):
                said = self.voltseald('b', 'run', *options, status=CONFIG, env=env)
                self.assertIn('VS-1620', said)
                self.assertIn(words, said)
                self.assertEqual((self.shared()[0], self.files('b')), (before[0], files))
        self.b.start()

    def rotate(self, node):
        """Another root key, as doc/manual/several-machines.md has it; the node is stopped."""
        name = node.state.name
        said = self.voltseald(name, 'root-key rotate', *self.next_source(), *self.unlock(name, *self.both()))
        self.assertIn('is current', said)

    def both(self):
        """What a person gives while there are two."""
        return ()

    def brought(self, node):
        """To the second."""
        shutil.copy(self.a.state / 'keys/root.json', node.state / 'keys/root.json')

    def test_3_another_root_key_comes_to_both(self):
        old = self.root_id(self.a)
        self.assertEqual(self.a.child.stop(60), 0, self.a.child.tail())
        self.rotate(self.a)
        self.a.options = [*self.options, '--node', 'a', *self.unlock('a', *reversed(self.both()))]
        self.a.start()
        wait_for(lambda: 'root.behind' in self.b.log.read_text(), HEARD, 'b hears that it is behind')
        status, said = self.a.ask('POST', '/keys/rewrap', self.token, {'root': True})
        self.assertEqual((status, said.get('code')), (503, 'VS-1012'), said)
        self.opens(self.b, *self.seals(self.a, 'CS-3'))
        self.assertEqual(self.b.child.stop(60), 0, self.b.child.tail())
        self.brought(self.b)
        self.b.options = [*self.options, '--node', 'b', *self.unlock('b', *reversed(self.both()))]
        self.b.start()
        self.assertNotEqual(self.root_id(self.b), old)
        self.assertEqual(self.root_id(self.a), self.root_id(self.b))
        status, said = self.b.ask('POST', '/keys/rewrap', self.token, {'root': True})
        self.assertIn(status, (200, 202), said)
        for node in (self.a, self.b):
            wait_for(lambda node=node: self.slots(node) == {'current'}, 2 * HEARD, f'the old one is gone at {node.state.name}')
        self.assertEqual(self.sql("SELECT count(*) FROM voltseal_keys.root_kek WHERE state <> 'destroyed'"), '1')
        # By the new one alone, from now on.
        for node in (self.a, self.b):
            self.assertEqual(node.child.stop(60), 0, node.child.tail())
        self.forget()
        for node in (self.a, self.b):
            name = node.state.name
            node.options = [*self.options, '--node', name, *self.unlock(name, *self.both()[1:])]
            node.start()
        for here, there, name in ((self.a, self.b, 'CS-4'), (self.b, self.a, 'CS-5')):
            self.opens(there, *self.seals(here, name))

    def forget(self):
        """The old one is taken away."""

    def test_4_a_third_needs_the_new_one(self):
        for options, words in self.old():
            with self.subTest(words):
                said = self.voltseald('c', 'init', '--join', *options, status=CONFIG, env=self.at('a'))
                self.assertIn(words, said)
                self.assertEqual(self.files('c'), {}, said)
        self.voltseald('c', 'init', '--join', *self.next_source(), *self.unlock('c', *self.both()[1:]), env=self.at('a'))

    def tearDown(self):
        for node in (self.a, self.b):
            for word in self.never_seen():
                if node.log.exists() and word in node.log.read_bytes():
                    raise Failed(f'{node.log} has a secret')

    def never_seen(self):
        return ()


class Systemd(Provider, unittest.TestCase):
    NAME = 'systemd'

    @classmethod
    def begin(cls):
        cls.first, cls.second = os.urandom(32), os.urandom(32)
        cls.credential('a', 'root', cls.first)

    @classmethod
    def given(cls, name):
        cls.credential(name, 'root', cls.first)
        cls.credential('other', 'root', cls.second)
        cls.credential('short', 'root', cls.first[:31])
        (cls.folder / 'none.credentials').mkdir()

    @classmethod
    def credential(cls, name, what, key):
        folder = cls.folder / f'{name}.credentials'
        folder.mkdir(exist_ok=True)
        (folder / what).write_bytes(key)
        (folder / what).chmod(0o400)

    @classmethod
    def at(cls, name):
        return [f'CREDENTIALS_DIRECTORY={cls.folder}/{name}.credentials']

    @classmethod
    def source(cls):
        return ['--provider', 'systemd', '--key-name', 'root']

    def next_source(self):
        return ['--provider', 'systemd', '--key-name', 'root-2']

    def wrong(self):
        yield ['-u', 'CREDENTIALS_DIRECTORY'], self.source(), 'LoadCredentialEncrypted=root'
        yield self.at('none'), self.source(), 'LoadCredentialEncrypted=root'
        yield self.at('short'), self.source(), '32 bytes'
        yield self.at('other'), self.source(), 'check value'
        yield self.at('b'), ['--provider', 'systemd', '--key-name', 'absent'], '"absent"'
        yield self.at('b'), ['--provider', 'passphrase'], '--provider'

    def wrong_at_start(self):
        yield self.at('none'), [], 'LoadCredentialEncrypted=root'
        yield self.at('other'), [], 'check value'

    def rotate(self, node):
        self.credential(node.state.name, 'root-2', self.second)
        super().rotate(node)

    def brought(self, node):  # its credential, and the same command as at the first
        self.rotate(node)

    def forget(self):
        for name in 'ab':
            (self.folder / f'{name}.credentials/root').unlink()

    def old(self):
        yield self.source(), 'LoadCredentialEncrypted=root'

    def never_seen(self):
        for key in (self.first, self.second):
            yield key
            yield key.hex().encode()
            yield base64.b64encode(key)


class Passphrase(Provider, unittest.TestCase):
    NAME = 'passphrase'
    FIRST, SECOND = 'correct horse battery staple', 'some other words of a person'

    @classmethod
    def source(cls):
        return ['--provider', 'passphrase']

    next_source = source

    @classmethod
    def unlock(cls, name, *lines):
        return ['--unlock-file', cls.secret(f'{name}.unlock', '\n'.join(lines or [cls.FIRST]) + '\n')]

    def wrong(self):
        yield None, [*self.source(), '--unlock-file', self.secret('wrong', 'correct horse battery stable\n')], 'check value'
        yield None, [*self.source(), '--unlock-file', self.secret('empty', '\n')], 'passphrase cannot be had'
        exposed = self.secret('exposed', self.FIRST + '\n')
        exposed.chmod(0o644)
        yield None, [*self.source(), '--unlock-file', exposed], 'mode 0600'
        yield None, ['--provider', 'file', '--key-file', self.secret('file', os.urandom(32))], '--provider'

    def wrong_at_start(self):
        yield None, ['--unlock-file', self.folder / 'wrong'], 'check value'

    def both(self):
        return self.FIRST, self.SECOND

    def old(self):
        yield [*self.source(), *self.unlock('c', self.FIRST)], 'check value'

    def never_seen(self):
        return self.FIRST.encode(), self.SECOND.encode()


@unittest.skipUnless(any(map(os.path.exists, MODULES)), 'SoftHSM is not installed (./dev deps all)')
class Pkcs11(Provider, unittest.TestCase):
    """Three tokens: node a's; its clone, as makers of HSMs call it, for b; and one that has only the same names."""
    NAME = 'pkcs11'
    PIN = '87654321'

    @classmethod
    def begin(cls):
        cls.module = next(path for path in MODULES if os.path.exists(path))
        cls.token_made('a')

    @classmethod
    def token_made(cls, name):
        cls.folder_of_tokens(name).mkdir()
        subprocess.run(['env', *cls.at(name), 'softhsm2-util', '--init-token', '--free', '--label', 'voltseal', '--so-pin', '12345678',
                        '--pin', cls.PIN], check=True, capture_output=True, timeout=60)

    @classmethod
    def folder_of_tokens(cls, name):
        (cls.folder / f'{name}.softhsm').write_text(f'directories.tokendir = {cls.folder}/{name}.tokens\nlog.level = ERROR\n')
        return cls.folder / f'{name}.tokens'

    @classmethod
    def given(cls, name):
        shutil.copytree(cls.folder / 'a.tokens', cls.folder_of_tokens(name))
        cls.token_made('empty')
        cls.token_made('other')
        # It gets a key of the same name by an installation of its own.
        run('env', *cls.at('other'), BUILD / 'voltseald', 'init', '--state', cls.folder / 'other', '--hosts', 'localhost', '--root-key-out',
            cls.folder / 'other.pem', *cls.source(), *cls.unlock('other'), '--log-level', 'warn')

    @classmethod
    def at(cls, name):
        return [f'SOFTHSM2_CONF={cls.folder}/{name}.softhsm']

    @classmethod
    def source(cls):
        return ['--provider', 'pkcs11', '--module', cls.module, '--key-name', 'voltseal', '--key-label', 'root']

    next_source = source  # another root key under the same key of the token

    @classmethod
    def unlock(cls, name, *lines):
        return ['--unlock-file', cls.secret(f'{name}.unlock', '\n'.join(lines or [cls.PIN]) + '\n')]

    def wrong(self):
        good = self.unlock('b')
        bad = ['--unlock-file', self.secret('wrong', '11112222\n')]
        yield self.at('b'), [*self.source(), *bad], 'refuses the PIN'
        yield self.at('empty'), [*self.source(), *good], 'no key of this label'
        yield self.at('other'), [*self.source(), *good], 'does not unwrap'
        yield self.at('b'), [*self.source(), '--key-name', 'absent', *good], 'no token of this label'
        yield self.at('b'), [*self.source(), '--module', '/nonexistent.so', *good], 'cannot be loaded'
        yield self.at('b'), [*self.source(), '--module', BUILD / 'voltseald', *good], 'PKCS #11 module'

    def wrong_at_start(self):
        yield None, ['--unlock-file', self.folder / 'wrong'], 'refuses the PIN'
        yield self.at('other'), self.unlock('b'), 'does not unwrap'

    def both(self):
        return self.PIN, self.PIN

    def old(self):
        yield [*self.source(), '--unlock-file', self.folder / 'wrong'], 'refuses the PIN'

    def never_seen(self):
        return (self.PIN.encode(),)


if __name__ == '__main__':
    unittest.main()
