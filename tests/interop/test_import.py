# SPDX-License-Identifier: Apache-2.0
"""Stations of the secure simulation, from a file made as it makes one: Python's sqlite3, cryptography and libcrypt's bcrypt."""
import base64
import ctypes
import json
import os
import pathlib
import sqlite3
import ssl
import subprocess
import tempfile
import unittest
import urllib.request

from cryptography.fernet import Fernet

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
LIBCRYPT = ctypes.CDLL('libcrypt.so.1')
LIBCRYPT.crypt.restype = ctypes.c_char_p


def bcrypt(password, cost=4):
    salt = base64.b64encode(os.urandom(17), b'./')[:22].decode().replace('+', '.')
    return LIBCRYPT.crypt(password.encode(), f'$2b${cost:02}${salt}'.encode()).decode()


class Import(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.key = Fernet.generate_key()
        self.key_file = self.private('fernet.key', self.key.decode() + '\n')
        self.names = []

    def private(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def database(self, rows, name='registry.db'):
        path = self.folder / name
        with sqlite3.connect(path) as db:
            db.execute('CREATE TABLE charging_points(id INTEGER PRIMARY KEY, identity TEXT UNIQUE, password_hash_enc BLOB)')
            db.executemany('INSERT INTO charging_points(identity, password_hash_enc) VALUES (?, ?)', rows)
        db.close()
        self.names += [row[0] for row in rows]
        return path

    def voltseal(self, *words, code=0):
        done = subprocess.run([BUILD / 'voltseal', '--ready-file', os.environ['VOLTSEAL_READY'], *words], text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def bring(self, path, *options, code=0):
        return self.voltseal('import', 'secure-sim', path, '--fernet-key-file', self.key_file, *options, code=code)

    def seal(self, text):
        return Fernet(self.key).encrypt(text.encode())

    def charges(self, name, password):
        path = self.private('password', password)
        done = subprocess.run([BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--id', name, '--ca', READY['ca_file'],
                               '--password-file', path, '--duration', '2'], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode == 0

    def test_stations_keep_their_passwords(self):
        names = [f'IMP-{os.getpid()}-{n}' for n in range(3)]
        passwords = {name: f'the password of {name}' for name in names}
        hashes = {name: bcrypt(password) for name, password in passwords.items()}
        path = self.database([(name, self.seal(hashes[name])) for name in names])
        said = self.bring(path)
        self.assertIn('3 registered, 0 were, 0 failed', said)
        for name in names:
            self.assertNotIn(hashes[name], said)
        self.assertTrue(self.charges(names[0], passwords[names[0]]))
        self.assertFalse(self.charges(names[1], passwords[names[0]]))
        self.assertTrue(self.charges(names[1], passwords[names[1]]))
        # Again: nothing changes.
        self.assertIn('0 registered, 3 were, 0 failed', self.bring(path))
        self.assertTrue(self.charges(names[2], passwords[names[2]]))

    def test_what_cannot_be_taken_is_named(self):
        good, damaged, plain, costly = (f'IMP-{os.getpid()}-{n}' for n in ('good', 'damaged', 'plain', 'costly'))
        token = bytearray(self.seal(bcrypt('x' * 16)))
        token[40] ^= 1
        path = self.database([(good, self.seal(bcrypt('x' * 16)).decode()), (damaged, bytes(token)), (plain, self.seal('letmein')),
                              (costly, self.seal(bcrypt('x' * 16).replace('$04$', '$14$'))), ('no such/name\033[2J', self.seal(bcrypt('x')))])
        said = self.bring(path, code=65)
        self.assertIn(f'{good} registered\n', said)
        self.assertIn(f'{damaged} not opened', said)
        self.assertIn(f'{plain} not bcrypt', said)
        self.assertIn(f'{costly} not bcrypt', said)
        self.assertIn('1 registered, 0 were, 4 failed', said)
        self.assertNotIn('\033', said)

    def test_what_is_no_such_file(self):
        path = self.database([])
        self.assertIn('0 registered', self.bring(path))
        self.bring(self.private('text', 'this is no database, although it is long enough to be one'), code=65)
        self.bring(self.folder / 'nowhere', code=66)
        self.key_file.chmod(0o644)
        self.assertIn('chmod 600', self.bring(path, code=78))
        self.key_file = self.private('short.key', 'abc')
        self.assertIn('no Fernet key', self.bring(path, code=78))

    def test_the_route_takes_nothing_but_bcrypt(self):
        def post(body):
            request = urllib.request.Request(READY['api_url'] + '/api/v1/stations', data=json.dumps(body).encode(), method='POST',
                                             headers={'Content-Type': 'application/json', 'Authorization': f'Bearer {READY["admin_token"]}'})
            try:
                with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=READY['ca_file']), timeout=30) as answer:
                    return answer.status
            except urllib.error.HTTPError as refused:
                return refused.code
        name, good = f'IMP-{os.getpid()}-route', bcrypt('x' * 16)
        for more in ({'password_hash': good[:-1]}, {'password_hash': good.replace('$2b$', '$1$')}, {'password_hash': good.replace('$04$', '$31$')},
                     {'password_hash': good, 'password': 'x' * 16}, {'password_hash': good, 'auth': 'mtls'}):
            self.assertEqual(post({'identity': name, **more}), 422, more)
        self.assertEqual(post({'identity': name, 'password_hash': good, 'auth': 'mtls+basic'}), 201)


if __name__ == '__main__':
    unittest.main()
