# SPDX-License-Identifier: Apache-2.0
"""Every certificate that must not come in, each with its own event and a good one right after; revocation and reload on a
daemon of its own. The client is Python's ssl over OpenSSL, the certificates are made by python3-cryptography."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from harness import Daemon, wait_for  # noqa: E402
from own_ca import CLIENT, DAY, SERVER_ONLY, Authority, new_key, key_pem, pem, spki_hash  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
UPGRADE = ('GET /ocpp/{} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
           'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n\r\n')


class World:
    """One daemon whose stations' certificates come from a CA of ours, and who asks it."""

    def __init__(self):
        self.state = BUILD / 'tls-state'
        shutil.rmtree(self.state, ignore_errors=True)
        self.files = self.state / 'own'
        self.files.mkdir(parents=True)
        self.root = Authority('Own root')
        self.other = Authority('Another root')
        self.south = Authority('South root')
        (self.files / 'ca.pem').write_bytes(pem(self.root.certificate) + pem(self.south.certificate))
        (self.files / 'south.pem').write_bytes(pem(self.south.certificate))
        self.trust = f'# who is whose\ndefault\tInterop AG\nsouth\t-\t{self.files}/south.pem\nnorth\tNorth AG\n'
        (self.files / 'trust').write_text(self.trust, encoding='utf-8')
        self.root.crl(self.files / 'root.crl')
        self.good = self.root.issue(self.files, 'good', ['CS-0001'])
        self.network = 0
        self.start()

    def start(self, *options):
        self.daemon = Daemon(BUILD, self.state, '--stations', '4', '--auth', 'mtls', '--station-ca', self.files / 'ca.pem',
                             '--crl', self.files / 'root.crl', '--trust', self.files / 'trust', *options)
        where = urllib.parse.urlsplit(self.daemon.ready['ocpp_url'])
        self.address = (where.hostname, where.port)

    def stop(self):
        status = self.daemon.stop(60)
        assert status == 0, f'{status}\n{self.daemon.tail(60)}'

    def api(self, path, method='GET'):
        context = ssl.create_default_context(cafile=self.daemon.ready['ca_file'])
        token = pathlib.Path(self.daemon.ready['admin_token_file']).read_text(encoding='ascii')
        request = urllib.request.Request(self.daemon.ready['api_url'].rstrip('/') + path, method=method,
                                         headers={'Authorization': f'Bearer {token}'})
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return json.loads(answer.read())

    def reload(self):
        """What each part says: {'ocpp': ('taken', None), ...}"""
        return {item['part']: (item['state'], item['reason']) for item in self.api('/api/v1/certificates/reload', 'POST')['items']}

    def count(self, word):
        return sum(1 for event in self.api('/api/v1/events/recent?limit=500')['items'] if word == event.get('type'))

    def context(self, file, session_of=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_ciphers('DEFAULT:@SECLEVEL=0')
        context.load_verify_locations(self.daemon.ready['ca_file'])
        if file is not None:
            context.load_cert_chain(self.files / f'{file}.pem', self.files / f'{file}.key')
        return context

    def move(self):
        """To another network: what failed in the last one slows down whoever fails there again (429), not these tests."""
        self.network += 1

    def connect(self, file, identity='CS-0001', context=None, session=None):
        """('open', socket), ('status', 401) or ('closed', what the client was told)."""
        context = context or self.context(file)
        tls = None
        raw = socket.create_connection(self.address, timeout=20, source_address=(f'127.0.{self.network}.1', 0))
        try:
            tls = context.wrap_socket(raw, server_hostname='localhost', session=session)
            tls.sendall(UPGRADE.format(identity).encode())
            head = tls.recv(4096)
        except (ssl.SSLError, ConnectionError) as why:
            (tls or raw).close()
            return 'closed', str(why)
        if not head:
            tls.close()
            return 'closed', ''
        status = int(head.split()[1])
        if status == 101:
            return 'open', tls
        tls.close()
        return 'status', status


WORLD = None


def setUpModule():
    global WORLD
    WORLD = World()


def tearDownModule():
    if WORLD is not None:
        WORLD.stop()


class Base(unittest.TestCase):
    def comes_in(self, file='good', identity='CS-0001'):
        kind, what = WORLD.connect(file, identity)
        self.assertEqual(kind, 'open', what)
        what.sendall(b'\x88\x80\0\0\0\0')
        while what.recv(4096):  # the place is free before somebody else asks for it
            pass
        what.close()

    def refused(self, word, file, identity='CS-0001', kind=None):
        WORLD.move()
        before = WORLD.count(word)
        got, what = WORLD.connect(file, identity)
        self.assertNotEqual(got, 'open')
        if kind is not None:
            self.assertEqual(got, kind, what)
        if got == 'status':
            self.assertEqual(what, 401)
        else:  # an alert at most: our words are for the operator
            self.assertNotIn(word, what)
        wait_for(lambda: WORLD.count(word) > before, 20, f'event {word}')
        self.comes_in()


class Matrix(Base):
    def case(self, word, identity='CS-0001', authority=None, kind=None, names=None, **how):
        (authority or WORLD.root).issue(WORLD.files, 'bad', [identity] if names is None else names, **how)
        self.refused(word, 'bad', identity, kind)

    def test_times(self):
        self.case('certificate_expired', start=-9 * DAY, end=-DAY, kind='closed')
        self.case('certificate_not_yet_valid', start=DAY, end=9 * DAY, kind='closed')

    def test_who_signed_it(self):
        self.case('certificate_self_signed', self_signed=True, kind='closed')
        self.case('certificate_unknown_ca', authority=WORLD.other, kind='closed')

    def test_no_certificate(self):
        self.refused('no_certificate', None, kind='status')

    def test_names(self):
        self.case('identity_mismatch', identity='CS-0001', names=['CS-0002'], kind='status')
        self.case('name_nul', names=['CS-0001\0.evil'], kind='closed')
        self.case('name_address', names=['192.0.2.7'], kind='closed')
        self.case('name_address', names=['wss://example.org/CS-0001'], kind='closed')
        self.case('name_several', names=['CS-0001', 'CS-0002'], kind='closed')
        self.case('name_missing', names=[], kind='closed')

    def test_organisation(self):
        """OCPP 2.0.1 A00.FR.404"""
        self.case('wrong_organisation', organisation='Somebody Else', kind='status')
        self.case('wrong_organisation', organisation=None, kind='status')

    def test_tenants(self):
        """Another tenant's CA, another tenant's organisation: neither is good for a station of this one."""
        self.case('other_tenant', authority=WORLD.south, kind='status')
        self.case('other_tenant', authority=WORLD.south, organisation='Other', kind='status')
        self.case('other_tenant', organisation='North AG', kind='status')

    def test_depth(self):
        ca = WORLD.root
        for level in range(5):
            ca = Authority(f'Level {level}', ca)
        self.case('chain_too_deep', authority=ca, kind='closed')
        self.case('chain_too_deep', authority=Authority('Below', Authority('Closed', WORLD.root, depth=0)), kind='closed')

    def test_what_it_is_for(self):
        self.case('certificate_is_ca', is_ca=True, kind='closed')
        self.case('certificate_purpose', usages=SERVER_ONLY, kind='closed')
        WORLD.root.issue(WORLD.files, 'client', ['CS-0001'], usages=CLIENT)
        self.comes_in('client')

    def test_weak_ones(self):
        self.case('weak_key', key='1024', kind='closed')
        self.case('weak_signature', sha1=True, kind='closed')
        WORLD.root.issue(WORLD.files, 'rsa', ['CS-0001'], key='2048')
        self.comes_in('rsa')

    def test_versions_and_ciphers(self):
        """A00.FR.319, A00.FR.320: by the names of the standard."""
        for word, options in (('InvalidTLSVersion', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0']),
                              ('InvalidTLSCipherSuite', ['-tls1_2', '-cipher', 'AES128-SHA:@SECLEVEL=0'])):
            before = WORLD.count(word)
            subprocess.run(['openssl', 's_client', '-connect', '%s:%s' % WORLD.address, *options], input=b'', timeout=30,
                           capture_output=True, check=False)
            wait_for(lambda: WORLD.count(word) > before, 20, f'event {word}')
        self.comes_in()


class Revocation(Base):
    def test_by_crl(self):
        mine = WORLD.root.issue(WORLD.files, 'mine', ['CS-0002'])
        context = WORLD.context('mine')
        kind, live = WORLD.connect('mine', 'CS-0002', context=context)
        self.assertEqual(kind, 'open', live)
        session = live.session
        revoked = WORLD.count('session.revoked')
        WORLD.root.crl(WORLD.files / 'root.crl', [mine])
        begin = time.monotonic()
        self.assertEqual(WORLD.reload()['crl'], ('taken', None))
        frame = live.recv(4096)
        self.assertLess(time.monotonic() - begin, 5)  # meant: 2 s; it takes milliseconds
        self.assertEqual(frame[0], 0x88)
        self.assertEqual(int.from_bytes(frame[2:4], 'big'), 1008)
        live.close()
        wait_for(lambda: WORLD.count('session.revoked') == revoked + 1, 20, 'event session.revoked')
        # Neither by a resumed session nor by a new one.
        before = WORLD.count('certificate_revoked')
        self.assertEqual(WORLD.connect('mine', 'CS-0002', context=context, session=session)[0], 'closed')
        wait_for(lambda: WORLD.count('certificate_revoked') > before, 20, 'event certificate_revoked')
        self.refused('certificate_revoked', 'mine', 'CS-0002', kind='closed')
        # The CA takes it back, and then lets its list grow old.
        WORLD.root.crl(WORLD.files / 'root.crl')
        self.assertEqual(WORLD.reload()['crl'], ('taken', None))
        self.comes_in('mine', 'CS-0002')
        kind, live = WORLD.connect('mine', 'CS-0002')
        WORLD.root.crl(WORLD.files / 'root.crl', start=-9 * DAY, end=-DAY)
        self.assertEqual(WORLD.reload()['crl'], ('taken', None))
        self.assertEqual(WORLD.connect('mine', 'CS-0002')[0], 'closed')
        wait_for(lambda: WORLD.count('revocation_stale') > 0 and WORLD.count('crl.stale') > 0, 20, 'event revocation_stale')
        live.settimeout(0.5)  # who is in stays
        self.assertRaises(TimeoutError, live.recv, 1)
        live.close()
        # A list that nobody trusted here has signed changes nothing.
        WORLD.root.crl(WORLD.files / 'root.crl')
        WORLD.reload()
        WORLD.other.crl(WORLD.files / 'root.crl')
        state, reason = WORLD.reload()['crl']
        self.assertEqual(state, 'kept')
        self.assertIn('no CA that is trusted here', reason)
        self.comes_in()
        WORLD.root.crl(WORLD.files / 'root.crl')
        self.assertEqual(WORLD.reload()['crl'][0], 'taken')

    def test_by_the_table(self):
        """A row of the keystore's table: whoever it names is put out, and stays out when the daemon starts anew."""
        mine = WORLD.root.issue(WORLD.files, 'listed', ['CS-0002'])
        kind, live = WORLD.connect('listed', 'CS-0002')
        self.assertEqual(kind, 'open', live)
        with contextlib.closing(sqlite3.connect(WORLD.state / 'keystore.db', timeout=20)) as table, table:
            table.execute("INSERT INTO revocation(tenant, kind, subject, epoch, reason, at_ms, audit_id)"
                          " SELECT '', 'certificate', ?, 0, 'keyCompromise', ?, max(id) FROM audit",
                          (f'{spki_hash(WORLD.root.certificate)}:{mine.serial_number:x}', int(time.time() * 1000)))
        WORLD.reload()
        self.assertEqual(int.from_bytes(live.recv(4096)[2:4], 'big'), 1008)
        live.close()
        self.refused('certificate_revoked', 'listed', 'CS-0002', kind='closed')
        WORLD.stop()
        WORLD.start()
        self.refused('certificate_revoked', 'listed', 'CS-0002', kind='closed')

    def test_by_the_command(self):
        """A certificate of the daemon's own CA, revoked while a session lives by it."""
        (WORLD.files / 'trust').write_text('default\t-\n', encoding='utf-8')
        self.assertEqual(WORLD.reload()['trust'], ('taken', None))
        for command in (['openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ours.key',
                         '-out', 'ours.csr', '-subj', '/CN=CS-0003'],
                        [BUILD / 'voltseal', '--ready-file', WORLD.state / 'ready.json', 'cert', 'issue', 'CS-0003', '--csr', 'ours.csr',
                         '--out', 'ours.pem']):
            subprocess.run(command, cwd=WORLD.files, check=True, capture_output=True, timeout=60)
        kind, live = WORLD.connect('ours', 'CS-0003')
        self.assertEqual(kind, 'open', live)
        serial = subprocess.run(['openssl', 'x509', '-in', WORLD.files / 'ours.pem', '-noout', '-serial'], check=True, capture_output=True,
                                text=True, timeout=30).stdout.strip().split('=')[1].lower().lstrip('0')
        begin = time.monotonic()
        subprocess.run([BUILD / 'voltseal', '--ready-file', WORLD.state / 'ready.json', 'cert', 'revoke', serial], check=True,
                       capture_output=True, timeout=60)
        self.assertEqual(int.from_bytes(live.recv(4096)[2:4], 'big'), 1008)
        self.assertLess(time.monotonic() - begin, 5)  # meant: 2 s
        live.close()
        self.refused('certificate_revoked', 'ours', 'CS-0003', kind='closed')
        (WORLD.files / 'trust').write_text(WORLD.trust, encoding='utf-8')
        self.assertEqual(WORLD.reload()['trust'], ('taken', None))

    def test_a_ca_goes(self):
        (WORLD.files / 'trust').write_text('default\t-\n', encoding='utf-8')
        WORLD.other.issue(WORLD.files, 'guest', ['CS-0003'])
        bundle = (WORLD.files / 'ca.pem').read_bytes()
        (WORLD.files / 'ca.pem').write_bytes(bundle + pem(WORLD.other.certificate))
        self.assertEqual(WORLD.reload()['ocpp'], ('taken', None))
        kind, live = WORLD.connect('guest', 'CS-0003')
        self.assertEqual(kind, 'open', live)
        (WORLD.files / 'ca.pem').write_bytes(bundle)
        self.assertEqual(WORLD.reload()['ocpp'], ('taken', None))
        self.assertEqual(int.from_bytes(live.recv(4096)[2:4], 'big'), 1008)
        live.close()
        self.refused('certificate_unknown_ca', 'guest', 'CS-0003', kind='closed')
        (WORLD.files / 'trust').write_text('default\n', encoding='utf-8')
        self.assertEqual(WORLD.reload()['trust'][0], 'kept')
        (WORLD.files / 'trust').write_text(WORLD.trust, encoding='utf-8')
        self.assertEqual(WORLD.reload()['trust'], ('taken', None))


class Reload(Base):
    """The server's own files: bad ones are kept out with their reason, and stations come in all the time."""

    def setUp(self):
        self.file = WORLD.state / 'pki' / 'server-ec.pem'
        self.old = self.file.read_bytes()

    def tearDown(self):
        self.put(self.old)
        self.assertNotIn('kept', [state for state, _ in WORLD.reload().values()])

    def put(self, content, mode=0o600):
        fresh = self.file.with_suffix('.new')
        fresh.write_bytes(content)
        fresh.chmod(mode)
        fresh.replace(self.file)

    def kept(self, part):
        shown = self.shown()
        answer = WORLD.reload()
        for listener in ('ocpp', 'api'):
            self.assertEqual(answer[listener][0], 'kept')
            self.assertIn(part, answer[listener][1])
        self.assertEqual(self.shown(), shown)
        self.comes_in()

    def shown(self):
        return subprocess.run(['openssl', 's_client', '-connect', '%s:%s' % WORLD.address, '-sigalgs', 'ECDSA+SHA256'], input=b'', timeout=30,
                              capture_output=True, check=False).stdout.split(b'BEGIN CERTIFICATE')[1][:200]

    def api_is_trusted(self):
        try:
            return WORLD.api('/api/v1/overview') is not None
        except urllib.error.URLError:
            return False

    def test_nothing_changed(self):
        WORLD.reload()
        self.assertEqual({state for state, _ in WORLD.reload().values()}, {'unchanged'})

    def test_bad_files(self):
        before = WORLD.count('certificates.kept')
        self.put(self.old, 0o644)
        self.kept('mode must be 0600')
        self.put(self.old[:len(self.old) // 2])
        self.kept('cannot use the certificate')
        self.put(self.old.split(b'-----END CERTIFICATE-----')[0] + b'-----END CERTIFICATE-----\n')
        self.kept('a handshake fails')
        certificates = self.old[self.old.index(b'-----BEGIN CERTIFICATE'):]
        self.put(key_pem(new_key()) + certificates)
        self.kept('key values mismatch')
        WORLD.other.issue(WORLD.files, 'late', ['localhost'], start=-9 * DAY, end=-DAY, hosts=['localhost'])
        self.put((WORLD.files / 'late.key').read_bytes() + (WORLD.files / 'late.pem').read_bytes())
        self.kept('has expired')
        self.file.unlink()
        self.kept('cannot use the certificate')
        self.assertGreaterEqual(WORLD.count('certificates.kept'), before + 10)

    def test_a_new_certificate_is_shown(self):
        """A second start of the development PKI makes new files; the old connection does not notice."""
        shown = self.shown()
        kind, live = WORLD.connect('good')
        self.assertEqual(kind, 'open', live)
        other = WORLD.state / 'other'
        daemon = Daemon(BUILD, other, '--stations', '0')
        daemon.stop(60)
        # Another PKI altogether: the trust in it has to come along.
        ca = WORLD.state / 'pki' / 'ca.pem'
        old_ca = ca.read_bytes()
        ca.write_bytes((other / 'pki' / 'ca.pem').read_bytes())
        self.put((other / 'pki' / 'server-ec.pem').read_bytes())
        self.assertEqual(WORLD.daemon.is_running(), True)
        WORLD.daemon.process.send_signal(signal.SIGHUP)
        # The RSA certificate is still of the old root: the stations' listener keeps all it had, the API's takes the new.
        wait_for(lambda: b'reload.done' in WORLD.daemon.log.read_bytes(), 20, 'reload.done')
        self.assertEqual(self.shown(), shown)
        rsa = WORLD.state / 'pki' / 'server-rsa.pem'
        old_rsa = rsa.read_bytes()
        rsa.write_bytes((other / 'pki' / 'server-rsa.pem').read_bytes())
        WORLD.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.shown() != shown, 20, 'the new certificate')
        live.settimeout(0.5)
        self.assertRaises(TimeoutError, live.recv, 1)  # who is in stays
        live.close()
        self.comes_in()
        self.put(self.old)
        ca.write_bytes(old_ca)
        rsa.write_bytes(old_rsa)
        WORLD.daemon.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.shown() == shown, 20, 'the old certificate')
        wait_for(self.api_is_trusted, 20, 'the old certificate of the API')

    def test_the_command_line(self):
        command = [BUILD / 'voltseal', 'cert', 'reload']
        env = dict(os.environ, VOLTSEAL_READY_FILE=str(WORLD.state / 'ready.json'))
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertRegex(done.stdout, r'ocpp +(unchanged|taken)')
        self.put(self.old, 0o644)
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stdout, r'ocpp +kept +others may read')


if __name__ == '__main__':
    unittest.main()
