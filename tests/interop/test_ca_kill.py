#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node is killed, or its key process, or the database, between what its key process changed of the CA and the commit that
tells the others. Afterwards all nodes have one CA, every station comes in with the certificate that it has, at each of them, and
what any of them issues is good at the others.

The commit is held by a trigger on the table that the nodes share, which waits for a lock of this test; and, where it is to be
written though its node is dead, by a standby that never answers."""
import contextlib
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import threading
import unittest
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import Failed, wait_for  # noqa: E402

HEARD = 20  # seconds for what is written, told, and then shown by listeners
GATE = 77   # an advisory lock, nobody else's
HOLD = f"""
CREATE FUNCTION public.gate() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NULL; END $$;
CREATE TRIGGER gate AFTER UPDATE ON voltseal_keys.vault FOR EACH ROW EXECUTE FUNCTION public.gate();
"""
# Whoever writes keys holds this lock until his commit has ended (keystore_queries.def, keys_lock).
UNHEARD = """
SELECT count(*) FROM pg_stat_activity AS a JOIN pg_locks AS l USING (pid) WHERE l.locktype = 'advisory' AND l.granted
 AND l.classid = 1448299569 AND l.objid = 5 AND a.wait_event = 'SyncRep'"""


class Gate:
    """Shut: whoever changes what nodes share waits in the middle of his transaction."""

    def __init__(self, database):
        self.database = database
        self.psql = subprocess.Popen([database.bin / 'psql', '-XAtq', '-h', database.folder, '-U', 'postgres', '-d', 'voltseal'],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.psql.stdin.write(f"SELECT 'shut' FROM (SELECT pg_advisory_lock({GATE})) AS taken;\n")
        self.psql.stdin.flush()
        assert self.psql.stdout.readline().strip() == 'shut'

    def has_waiting(self):
        return self.database.sql(f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {GATE} AND NOT granted",
                                 'voltseal') == '1'

    def open(self):
        with contextlib.suppress(OSError):  # the server was killed
            self.psql.stdin.close()
        self.psql.wait(20)
        self.psql.stdout.close()


class Asking(threading.Thread):
    """A request that may never be answered: .answer is the pair, or None."""

    def __init__(self, node, path, body=None):
        super().__init__(daemon=True)
        self.node, self.path, self.body, self.answer = node, path, body, None
        self.start()

    def run(self):
        with contextlib.suppress(OSError, ValueError, nodes.http.client.HTTPException):
            self.answer = self.node.ask('POST', self.path, self.body, seconds=60)


class Kill(nodes.Case):
    NAMES, STATIONS, AUTH = 'ab', 2, 'mtls'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cluster.database.sql(HOLD, 'voltseal')
        cls.a, cls.b = cls.nodes['a'], cls.nodes['b']

    def setUp(self):
        self.gate = None
        self.addCleanup(lambda: self.gate is not None and self.gate.open())

    # --- what is looked at --------------------------------------------------------------------------

    def sql(self, text):
        return self.cluster.database.sql(text, 'voltseal')

    def version(self):
        return int(self.sql('SELECT version FROM voltseal_keys.vault'))

    def waits(self):
        """A change of the root has been begun, and not ended, for all nodes."""
        return self.sql("SELECT count(*) FROM voltseal_keys.rotation WHERE state = 'waiting'") == '1'

    def keys(self, node):
        """What its key process has written."""
        return {path.name: path.read_bytes() for path in (node.state / 'keys').glob('ca-*.sealed')}

    def roots(self, node):
        return (node.state / 'pki/ca.pem').read_text()

    def is_trusted(self, node, by):
        """What its listener shows, by the file of the other one."""
        where = urllib.parse.urlsplit(node.ready['api_url'])
        context = ssl.create_default_context(cadata=self.roots(by))
        try:
            with nodes.socket.create_connection((where.hostname, where.port), timeout=20) as raw, \
                    context.wrap_socket(raw, server_hostname=where.hostname):
                return True
        except OSError:
            return False

    def count(self, node):
        return self.roots(node).count('BEGIN CERTIFICATE')

    def issue(self, node, row):
        """Another certificate for this station, by that node; the row that has it."""
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, row['id'])])).sign(key, hashes.SHA256())
        said = []

        def ask():  # a node that does not know yet what the others have issues nothing
            said[:] = node.ask('POST', '/certificates', {
                'station': row['id'], 'csr': request.public_bytes(serialization.Encoding.PEM).decode()})
            return said[0] == 201
        wait_for(ask, HEARD, f'{node.name} issues')
        answer = said[1]
        paths = {'cert': self.cluster.folder / f'{row["id"]}-{node.name}.pem', 'key': self.cluster.folder / f'{row["id"]}-{node.name}.key'}
        paths['cert'].write_text(answer['certificate'])
        paths['key'].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                   serialization.NoEncryption()))
        return {**row, **{name: str(path) for name, path in paths.items()}}

    def agree(self):
        """One CA, and nobody is locked out."""
        try:
            self.see_one()
        except Failed as failed:
            raise Failed(f'{failed}\n' + '\n'.join(f'-- {node.name}\n{node.daemon.tail(40)}' for node in (self.a, self.b))) from None

    def see_one(self):
        for name in 'ab':
            wait_for(lambda name=name: self.roots(self.nodes[name]) == self.roots(self.b), HEARD, f'{name} has the same roots')
            wait_for(lambda name=name: all(self.is_trusted(self.nodes[name], by) for by in (self.a, self.b)), HEARD,
                     f'{name} shows what all trust')
        shown = []

        def is_one():
            shown[:] = [node.ask('GET', '/ca') for node in (self.a, self.b)]
            return shown[0] == shown[1] and shown[0][0] == 200
        try:
            wait_for(is_one, HEARD, 'both say the same of the CA')
        except Failed as failed:
            raise Failed(f'{failed}: {shown}') from None
        # No listener shows a certificate of a root that is over: the change has come to its end at both.
        trusted = shown[0][1]['roots'].count('BEGIN CERTIFICATE')
        for node in (self.a, self.b):
            wait_for(lambda node=node: self.count(node) == trusted, HEARD, f'{node.name} trusts {trusted}')
        issued = [self.issue(node, self.rows[0]) for node in (self.a, self.b)]
        for node in (self.a, self.b):
            for row in (*self.rows, *issued):
                wait_for(lambda node=node, row=row: nodes.comes_in(node, row) == 101, HEARD, f'{row["id"]} comes in at {node.name}')

    # --- what is done -------------------------------------------------------------------------------

    def held(self, path, body=None):
        """The request has been carried out by the key process of a, and waits to be told to b."""
        before = self.keys(self.a)
        self.gate = Gate(self.cluster.database)
        asking = Asking(self.a, path, body)
        wait_for(lambda: self.gate.has_waiting() or asking.answer is not None, HEARD, 'the commit is held')
        self.assertIsNone(asking.answer)
        self.assertNotEqual(self.keys(self.a), before, 'the key process has changed the CA')
        return asking

    def release(self):
        self.gate.open()
        self.gate = None

    def test_1_begun_and_not_written(self):
        version = self.version()
        asking = self.held('/ca/rotation')
        self.a.kill()
        # Before anybody lets go of what it waited for: the server notices that its client is dead.
        self.a.start()
        self.release()
        asking.join(60)
        self.assertIsNone(asking.answer)
        self.assertEqual((self.version(), self.waits()), (version, False))
        self.agree()
        self.assertEqual(self.count(self.a), 1)

    def test_2_written_and_nobody_was_told(self):
        version, server = self.version(), self.cluster.database
        before = self.keys(self.a)
        server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        try:
            server.sql('SELECT pg_reload_conf()')
            asking = Asking(self.a, '/ca/rotation')
            wait_for(lambda: (self.keys(self.a) != before and self.sql(UNHEARD) == '1') or asking.answer is not None, HEARD,
                     'it is in the log of the server')
            self.assertIsNone(asking.answer)
            self.a.kill()
        finally:
            server.sql('ALTER SYSTEM RESET synchronous_standby_names')
            server.sql('SELECT pg_reload_conf()')
        wait_for(self.waits, HEARD, 'it is written')
        self.assertEqual(self.version(), version + 1)
        self.a.start()
        self.agree()
        self.assertEqual(self.count(self.a), 2)

    def test_3_ended_and_not_written(self):
        version = self.version()
        asking = self.held('/ca/rotation/finish', {'force': True})
        self.a.kill()
        self.release()
        asking.join(60)
        self.assertEqual((self.version(), self.waits()), (version, True))
        # The other one goes on while it is away, and comes to its end.
        self.assertIn(self.b.ask('POST', '/ca/rotation/finish', {'force': True})[0], (200, 204))
        self.a.start()
        self.agree()
        self.assertEqual(self.count(self.a), 1)

    def test_4_without_its_key_process(self):
        """What was sealed before it was killed is written; the node ends, and has at its next start what it has written."""
        self.assertIn(self.b.ask('POST', '/ca/rotation')[0], (200, 201))
        self.agree()
        version = self.version()
        self.held('/ca/rotation/finish', {'force': True})
        os.kill(self.a.daemon.keyd_pid(), signal.SIGKILL)
        self.release()
        wait_for(lambda: not self.a.is_running(), 60, 'the node ends with its key process')
        self.assertGreater(self.a.daemon.process.returncode, 0)
        wait_for(lambda: not self.waits(), HEARD, 'it is written')
        self.assertEqual(self.version(), version + 1)
        self.a.start()
        self.agree()
        self.assertEqual(self.count(self.a), 1)

    def test_5_the_database_dies_and_the_node_lives(self):
        """It can neither write nor ask what the others have: it takes its step back when it can, by itself."""
        for path, roots in (('/ca/rotation', 1), ('/ca/rotation/finish', 2), ('/ca/rotation/abort', 2)):
            with self.subTest(path):
                if roots == 2 and not self.waits():
                    self.assertIn(self.b.ask('POST', '/ca/rotation')[0], (200, 201))
                    self.agree()
                version, said = self.version(), self.a.log.count('"ca.unsettled"')
                asking = self.held(path, {'force': True} if path.endswith('finish') else None)
                self.cluster.database.kill()
                asking.join(60)
                self.assertIn(asking.answer[0], (500, 503), asking.answer)
                self.assertEqual(self.a.log.count('"ca.unsettled"'), said + 1)
                self.release()
                self.cluster.database.start()
                self.agree()
                self.assertEqual((self.version(), self.count(self.a)), (version, roots))
        self.assertIn(self.a.ask('POST', '/ca/rotation/abort')[0], (200, 204))


if __name__ == '__main__':
    unittest.main()
