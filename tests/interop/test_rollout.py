# SPDX-License-Identifier: Apache-2.0
"""What stations are brought and confirm by what they do: a new root over OCPP before it takes the old one's place, and a
new certificate, whose use ends the old one. The stations are voltseal-sim."""
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Child, Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATE = BUILD / 'rollout-state'
DAEMON = None


def setUpModule():
    global DAEMON
    shutil.rmtree(STATE, ignore_errors=True)
    DAEMON = Daemon(BUILD, STATE, '--stations', '3', '--auth', 'basic', '--cert-overlap', '1')


def tearDownModule():
    status = DAEMON.stop(60)
    assert status == 0, f'{status}\n{DAEMON.tail(60)}'


def voltseal(*words, code=0):
    done = subprocess.run([BUILD / 'voltseal', *words, '--ready-file', STATE / 'ready.json'], text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def listed(*words):
    return json.loads(voltseal(*words, '-o', 'json'))


class Clients(threading.Thread):
    """At any moment: read the file of roots, connect to each listener. The certificate that is shown must be good."""
    LISTENERS = ('api_url', 'ocpp_url', 'sensor_url', 'framed_url')

    def __init__(self):
        super().__init__()
        self.over = threading.Event()
        self.failures, self.rounds, self.roots, self.serials = [], 0, set(), set()

    def look_at(self, name):
        trusted = pathlib.Path(DAEMON.ready['ca_file']).read_text()
        self.roots.add(trusted.count('BEGIN CERTIFICATE'))
        where = urllib.parse.urlsplit(DAEMON.ready[name])
        context = ssl.create_default_context(cadata=trusted)
        try:
            with socket.create_connection((where.hostname, where.port), timeout=30) as raw:
                with context.wrap_socket(raw, server_hostname=where.hostname) as tls:
                    self.serials.add((name, tls.getpeercert()['serialNumber']))
        except ssl.SSLCertVerificationError as refused:
            self.failures.append(f'{name}, round {self.rounds}: {refused}')

    def run(self):
        while not self.over.wait(0.01):
            for name in self.LISTENERS:
                self.look_at(name)
            self.rounds += 1

    def end(self):
        self.over.set()
        self.join()


def settled():
    """What is served and what is trusted are the CA as it is now."""
    trusted = pathlib.Path(DAEMON.ready['ca_file']).read_text()
    done = subprocess.run([BUILD / 'voltseal', 'ca', 'show', '-o', 'json', '--ready-file', STATE / 'ready.json'], text=True,
                          capture_output=True, timeout=60, check=False)
    return done.returncode == 0 and json.loads(done.stdout)['roots'] == trusted


class Rollout(unittest.TestCase):
    def station(self, name, password=None, more=()):
        keep = self.private / f'kept-{name}'
        words = [BUILD / 'voltseal-sim', 'station', '--url', DAEMON.ready['ocpp_url'], '--id', name, '--ca', STATE / 'old-ca.pem',
                 '--keep', keep, '--retry', '--scenario', 'idle', *more]
        if password is not None:
            file = self.private / f'{name}.word'
            file.write_text(password)
            file.chmod(0o600)
            words += ['--password-file', file]
        child = Child(words, STATE / f'{name}.log')
        self.addCleanup(lambda: child.is_running() and child.kill())
        wait_for(lambda: self.is_connected(name), 30, f'{name} connects')
        return child

    def is_connected(self, name):
        rows = [row for row in listed('station', 'list')['items'] if row['identity'] == name]
        return any(row['connected'] for row in rows)

    def setUp(self):
        wait_for(settled, 30, 'the CA is in force')
        shutil.copy(DAEMON.ready['ca_file'], STATE / 'old-ca.pem')
        folder = tempfile.TemporaryDirectory()  # what the stations know is not for the daemon's folder
        self.addCleanup(folder.cleanup)
        self.private = pathlib.Path(folder.name)

    def test_a_new_root(self):
        passwords = {row['id']: row['password'] for row in DAEMON.credentials()}
        first = self.station('CS-0001', passwords['CS-0001'])
        self.station('CS-0002', passwords['CS-0002'], more=('--ocpp', '2.1'))
        sent = DAEMON.log.read_text().count('"root.sent"')
        voltseal('ca', 'root-rotate', 'begin')
        wait_for(lambda: listed('ca', 'root-rotate', 'status')['confirmed'] == 2, 30, 'two have confirmed')
        status = listed('ca', 'root-rotate', 'status')
        self.assertEqual((status['state'], status['stations'], status['missing'], status['waiting_for']),
                         ('waiting', 3, 1, ['CS-0003']))
        self.assertIn('1 stations have not confirmed', voltseal('ca', 'root-rotate', 'finish', code=69))
        voltseal('ca', 'root-rotate', 'finish', '--except', 'CS-0002', code=69)  # another one's name does not help
        self.assertEqual(DAEMON.log.read_text().count('"root.sent"'), sent + 2)  # each was asked once
        # The third comes, takes it, and nothing is left to wait for.
        third = self.station('CS-0003', passwords['CS-0003'], more=('--ocpp', '1.6'))
        wait_for(lambda: listed('ca', 'root-rotate', 'status')['missing'] == 0, 30, 'all have confirmed')
        voltseal('ca', 'root-rotate', 'finish')
        wait_for(settled, 30, 'the new root is in force')
        self.assertEqual(listed('ca', 'root-rotate', 'status')['state'], 'finished')
        for child in (first, third):
            child.stop(30)
        # With the old CA on its command line, and the new one only where it was installed.
        self.station('CS-0001', passwords['CS-0001'])
        self.station('CS-0003', passwords['CS-0003'], more=('--ocpp', '1.6'))
        # The security whitepaper's (5.5, 5.6): the type is asked for, and one that is deleted is gone.
        kept = self.ask('CS-0003', 'GetInstalledCertificateIds', {'certificateType': 'CentralSystemRootCertificate'})
        self.assertEqual((kept['status'], len(kept['certificateHashData'])), ('Accepted', 1))
        other = self.ask('CS-0003', 'GetInstalledCertificateIds', {'certificateType': 'ManufacturerRootCertificate'})
        self.assertEqual(other['status'], 'NotFound')
        gone = self.ask('CS-0003', 'DeleteCertificate', {'certificateHashData': kept['certificateHashData'][0]})
        again = self.ask('CS-0003', 'DeleteCertificate', {'certificateHashData': kept['certificateHashData'][0]})
        self.assertEqual((gone['status'], again['status']), ('Accepted', 'NotFound'))

    def ask(self, station, action, payload):
        return json.loads(voltseal('station', 'command', station, action, json.dumps(payload)))

    def test_whoever_reads_the_roots_is_served(self):
        """From begin to the end, and once more with the end at once: no moment without a root for what is shown."""
        clients = Clients()
        clients.start()
        self.addCleanup(clients.end)
        for is_at_once in (False, True):
            rounds = clients.rounds
            wait_for(lambda rounds=rounds: clients.rounds > rounds, 30, 'clients come and go')
            before = {serial for name, serial in clients.serials}
            voltseal('ca', 'root-rotate', 'begin')
            if not is_at_once:
                wait_for(lambda: 2 in clients.roots, 30, 'both are trusted')
            voltseal('ca', 'root-rotate', 'finish', '--force')
            wait_for(settled, 30, 'the new root is in force')
            wait_for(lambda before=before: {name for name, serial in clients.serials if serial not in before} ==
                     set(Clients.LISTENERS), 30, 'each listener shows another certificate')
        clients.end()
        self.assertEqual(clients.failures, [])
        self.assertEqual(clients.roots, {1, 2})
        self.assertGreater(clients.rounds, 10)
        self.assertEqual(pathlib.Path(DAEMON.ready['ca_file']).read_text().count('BEGIN CERTIFICATE'), 1)

    def test_a_named_exception(self):
        voltseal('ca', 'root-rotate', 'begin')
        names = listed('ca', 'root-rotate', 'status')['waiting_for']
        self.assertTrue(names)
        voltseal('ca', 'root-rotate', 'finish', code=69)
        voltseal('ca', 'root-rotate', 'finish', '--except', ','.join(names))
        wait_for(settled, 30, 'the new root is in force')
        self.assertEqual(listed('ca', 'root-rotate', 'status')['state'], 'finished')

    def states(self, name):
        return [(cert['state'], cert['reason']) for cert in listed('cert', 'list', '--station', name)['items']]

    def test_a_certificate_outlives_its_root(self):
        """Whoever has one from before the change still comes in, and one from after it comes in at once."""
        before, after = 'BEFORE-1', 'AFTER-1'
        self.station(before, more=self.enrol(before))
        voltseal('ca', 'root-rotate', 'begin')
        wait_for(lambda: listed('ca', 'root-rotate', 'status')['confirmed'] == 1, 30, 'it has confirmed')
        voltseal('ca', 'root-rotate', 'finish', '--force')
        wait_for(settled, 30, 'the new root is in force')
        shutil.copy(DAEMON.ready['ca_file'], STATE / 'old-ca.pem')
        self.station(after, more=self.enrol(after))
        serial = listed('cert', 'list', '--station', before)['items'][0]['serial']
        self.assertEqual(len(listed('cert', 'list', '--station', before)['items']), 1)
        voltseal('station', 'command', before, 'Reset', '{"type":"Immediate"}')
        wait_for(lambda: DAEMON.log.read_text().count(f'"{before}","event":"station.connected"') > 1, 60, 'it comes back')
        self.assertEqual(listed('cert', 'list', '--station', before)['items'][0]['serial'], serial)

    def enrol(self, name):
        self.addCleanup(voltseal, 'station', 'remove', name)
        token = self.private / f'token-{name}'
        token.write_text(voltseal('registry', 'token', name, '--auth', 'mtls', '-q').splitlines()[0])
        token.chmod(0o600)
        return ('--enrol', DAEMON.ready['api_url'], '--enrol-token-file', token)

    def test_the_old_certificate_ends_when_the_new_one_is_used(self):
        name = 'RENEWED-1'
        enrol = self.enrol(name)
        child = self.station(name, more=enrol)
        voltseal('station', 'command', name, 'TriggerMessage', '{"requestedMessage":"SignChargingStationCertificate"}')
        wait_for(lambda: len(self.states(name)) == 2, 30, 'the new one is issued')
        child.stop(30)
        self.station(name, more=enrol)
        wait_for(lambda: [state for state, _ in self.states(name)] == ['revoked', 'valid'], 30, 'the old one is revoked')
        self.assertEqual(self.states(name)[0][1], 'superseded')
        self.assertTrue(self.is_connected(name))


if __name__ == '__main__':
    unittest.main()
