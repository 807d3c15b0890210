# SPDX-License-Identifier: Apache-2.0
"""E1, the envelope of the document, between the daemon and Python's cryptography, in both directions; and that nobody comes back
to it from E2. One daemon wants a proof of the claim's secret, the other takes the document's messages as they are."""
import base64
import itertools
import json
import subprocess
import tempfile
import threading
import unittest

import paho.mqtt.client as paho
import prov_peer as peer
import ssl
from broker import Owner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from harness import wait_for
from prov_world import BUILD, World, is_refused

OWN = rsa.generate_private_key(public_exponent=65537, key_size=2048)  # one for all of them: it takes its time
FORMS = ['-'.join(form) for form in itertools.product(('sha256', 'sha1'), ('12', '16'), ('32', '16'))]


class Device:
    """As the document has it, by python3-cryptography alone: an RSA key, JSON with four members."""

    def __init__(self, world, made, name):
        self.world, self.name, self.bundle = world, name, made['bundle']
        self.digest, nonce, key = self.bundle['e1_form'].split('-')
        self.sizes = int(key), int(nonce)
        self.server = serialization.load_pem_public_key(self.bundle['e1_key'].encode())
        self.own = OWN
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.inbox, self.came = [], threading.Condition()
        self.client = paho.Client(client_id=name, protocol=paho.MQTTv5)
        self.client.tls_set(ca_certs=str(world.broker.folder / 'ca.pem'), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self.client.on_message = self.on_message
        ready = threading.Event()
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect('127.0.0.1', world.broker.port)
        self.client.loop_start()
        self.client.subscribe([(f'provision/{name}/response', 1), (f'keys/{name}/public', 1)])
        assert ready.wait(20)

    def on_message(self, _client, _data, message):
        with self.came:
            self.inbox.append((message.topic, message.payload))
            self.came.notify_all()

    def csr(self):
        return x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])).sign(self.key, hashes.SHA256()).public_bytes(
                serialization.Encoding.PEM).decode()

    def plain(self, action, proved=True, sealed=True, **changes):
        inside = {'device_id': self.name, 'action': action, 'user_id': '1'}
        more = {'public_key': peer.pem(self.own.public_key())} if sealed else {}
        if sealed and action == 'update':
            more['csr'] = self.csr()
        if proved:
            more['proof'] = peer.e1_proof(peer.unb64u(self.bundle['claim_secret']), self.server, self.name, action, '1', **more)
        return {**inside, **more, **changes}

    def seal(self, plain, server=None):
        return peer.e1_seal(server or self.server, json.dumps(plain).encode(), self.digest, *self.sizes)

    def send(self, action, text, topic=None):
        """(topic, payload) of what came back."""
        with self.came:
            before = len(self.inbox)
            self.client.publish(topic or f'provision/{self.name}/{action}', text, qos=1)
            assert self.came.wait_for(lambda: len(self.inbox) > before, 30), 'no answer'
            return self.inbox[before]

    def update(self, **more):
        """What the daemon sealed for us; the key for the next message is taken."""
        text = self.seal(self.plain('update', **more))
        topic, answer = self.send('update', text)
        assert topic == f'provision/{self.name}/response', (topic, answer)
        assert sorted(json.loads(answer)) == ['ciphertext', 'nonce', 'session_key', 'tag']
        inside = json.loads(peer.e1_open(self.own, answer, self.digest))
        assert peer.unb64u(inside['req']) == peer.hashlib.sha256(text).digest()
        self.server = serialization.load_pem_public_key(inside['public_key'].encode())
        return inside, text, answer

    def close(self):
        self.client.disconnect()  # first: else its loop waits for a second
        self.client.loop_stop()


class Case(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        if cls is Case:
            raise unittest.SkipTest('no tests of its own')
        cls.temporary = tempfile.TemporaryDirectory()
        cls.world = World(cls.temporary.name, *cls.options)

    @classmethod
    def tearDownClass(cls):
        status = cls.world.stop()
        cls.temporary.cleanup()
        assert status == 0, status

    def device(self, wire='e1', **wishes):
        name = self.world.name()
        device = Device(self.world, self.world.claim(wire=wire, identity=name, **wishes), name)
        self.addCleanup(device.close)
        return device


class Proved(Case):
    options = ('--provision-compat', 'proved', '--provision-grace', '2')

    def test_every_form_in_both_directions(self):
        for form in FORMS:
            with self.subTest(form):
                device = self.device(f'e1-{form}' if form != 'sha256-12-32' else 'e1')
                self.assertEqual(device.bundle['e1_form'], form)
                inside, _, _ = device.update()
                self.assertEqual((inside['result'], inside['kind'], inside['device_id']), ('ok', 'station', device.name))
                self.assertTrue(inside['password'])
                certificate = x509.load_pem_x509_certificate(inside['certificate'].encode())
                self.assertEqual(certificate.public_key().public_numbers(), device.key.public_key().public_numbers())

    def test_each_message_uses_up_its_key(self):
        device = self.device()
        inside, first, answer = device.update()
        self.assertEqual(device.send('update', first)[1], answer)  # the same bytes, the same answer
        again, _, _ = device.update()
        self.assertNotEqual((inside['password'], inside['public_key']), (again['password'], again['public_key']))
        self.assertTrue(is_refused(device.send('update', first)[1]))  # its key is gone
        items = self.world.call('GET', '/api/v1/certificates?limit=100&station=' + device.name)[1]['items']
        self.assertEqual(sum(1 for item in items if item['state'] == 'valid'), 1)

    def test_delete_with_a_grace_that_ends_by_itself(self):
        device = self.device()
        device.update()
        claim = device.bundle['claim_id']
        _, answer = device.send('delete', device.seal(device.plain('delete')))
        inside = json.loads(peer.e1_open(device.own, answer, device.digest))
        self.assertEqual((inside['result'], inside['grace_s']), ('deleting', 2))
        self.assertFalse(self.world.call('GET', f'/api/v1/stations/{device.name}')[1].get('enabled'))
        wait_for(lambda: self.world.state(claim) == 'deleted', 30, 'the grace is over')
        self.assertEqual(self.world.call('GET', f'/api/v1/stations/{device.name}')[0], 404)
        items = self.world.call('GET', '/api/v1/certificates?limit=100&station=' + device.name)[1]['items']
        self.assertEqual([item['state'] for item in items], ['revoked'])
        self.assertTrue(is_refused(device.send('update', device.seal(device.plain('update')))[1]))

    def test_whatever_is_wrong_is_refused_alike(self):
        device, expired = self.device(), self.device(ttl_s=1)
        good = device.plain('update')
        text = json.loads(device.seal(good))

        def flipped(member):
            data = bytearray(base64.b64decode(text[member]))
            data[len(data) // 2] ^= 1
            return json.dumps({**text, member: base64.b64encode(bytes(data)).decode()}).encode()
        foreign = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        other_form = peer.e1_seal(device.server, json.dumps(good).encode(), 'sha1')
        answers = [device.send('update', wrong)[1] for wrong in (
            *(flipped(member) for member in text), other_form, device.seal(good, foreign.public_key()),
            device.seal(device.plain('update', proved=False)), device.seal({**good, 'proof': peer.b64u(b'\x07' * 32)}),
            device.seal({**good, 'user_id': '2'}), device.seal(device.plain('update', device_id='another')),
            device.seal(device.plain('reboot')), device.seal(device.plain('delete')), b'{}', b'\xff' * 20000)]
        answers.append(device.send('delete', device.seal(good))[1])  # another topic than what it says
        answers.append(device.send('request', json.dumps(device.plain('request', False, False)))[1])  # two phases are off
        wait_for(lambda: self.world.call('GET', f'/api/v1/claims/{expired.bundle["claim_id"]}')[1]['expires_at']
                 < self.now(), 10, 'the claim expires')
        answers.append(expired.send('update', expired.seal(expired.plain('update')))[1])
        nobody = Device(self.world, {'bundle': device.bundle}, 'nobody-here')
        self.addCleanup(nobody.close)
        answers.append(nobody.send('update', device.seal(good))[1])
        self.assertEqual(len(set(answers)), 1)
        self.assertTrue(is_refused(answers[0]))
        self.assertEqual(self.world.state(device.bundle['claim_id']), 'open')
        log = (self.world.daemon.state / 'voltseald.log').read_text()
        for reason in ('does not open: for another key', 'does not prove that it has', 'names another device', 'no claim is for this',
                       'the claim has expired', 'two phases are off', 'another topic than its own', 'it is too long'):
            self.assertIn(reason, log)
        device.update()  # nothing of it has changed anything

    def now(self):
        return peer.now_text()

    def test_no_way_back_from_e2(self):
        name, folder = self.world.name(), self.world.folder / 'ratchet'
        made = self.world.claim(wire='e1', identity=name)
        device = Device(self.world, made, name)
        self.addCleanup(device.close)
        device.update()
        before = self.world.metric('provision_downgrades_total')
        done = self.world.sim(folder, name=name, bundle=made['bundle'])  # the same claim, E2
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.world.call('GET', f'/api/v1/claims/{made["id"]}')[1]['wire'], 'e2')
        self.assertTrue(is_refused(device.send('update', device.seal(device.plain('update')))[1]))
        status, problem = self.world.call('POST', '/api/v1/claims', {'wire': 'e1', 'identity': name})
        self.assertEqual((status, problem['detail']), (409, 'its device has used E2 and cannot go back to E1'))
        self.assertEqual(self.world.metric('provision_downgrades_total'), before + 1)
        self.assertTrue([item for item in self.world.happened('downgrade.refused') if item['station'] == name])
        self.assertEqual(self.world.daemon.stop(), 0)
        self.world.start()  # it is kept
        self.assertTrue(is_refused(device.send('update', device.seal(device.plain('update')))[1]))
        done = self.world.sim(folder, name=name, operation='update')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_device_of_ours_over_e1_and_what_the_broker_saw(self):
        name, folder = self.world.name(), self.world.folder / 'ours'
        owner = Owner(self.world.broker)
        self.addCleanup(owner.close)
        bundle = self.world.claim(wire='e1-sha1-16-16', identity=name)['bundle']
        done = self.world.sim(folder, '--wire', 'e1', name=name, bundle=bundle, port=owner.port, operation='update')
        self.assertEqual(done.returncode, 0, done.stderr)
        gateway = json.loads((folder / 'gateway.json').read_text())
        done = subprocess.run([BUILD / 'voltseal-sim', 'station', '--url', gateway['url'].rsplit('/', 1)[0] + '/', '--id', name,
                               '--ca', folder / 'ca.pem', '--cert', folder / 'certificate.pem', '--key', folder / 'key.pem',
                               '--password-file', folder / 'password', '--duration', '2'], text=True, capture_output=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        password = (folder / 'password').read_bytes()
        done = self.world.sim(folder, '--wire', 'e1', name=name, port=owner.port, operation='delete')
        self.assertEqual(done.returncode, 0, done.stderr)
        said = [(topic, payload) for _, topic, payload in owner.messages if topic.startswith('provision/')]
        self.assertTrue({f'provision/{name}/update', f'provision/{name}/delete', f'provision/{name}/response'}
                        <= {topic for topic, _ in said})
        for _, payload in said:
            self.assertEqual(sorted(json.loads(payload)), ['ciphertext', 'nonce', 'session_key', 'tag'])
            for secret in (b'action', b'user_id', b'device_id', name.encode(), bundle['claim_secret'].encode(), b'CERTIFICATE', password):
                self.assertNotIn(secret, payload)


class Bare(Case):
    options = ('--provision-compat', 'bare', '--provision-two-phase')

    def test_the_document_as_it_is(self):
        """Its publish_provision_message(): a request in clear, then update and delete under the key that came back."""
        device = self.device()
        topic, answer = device.send('request', json.dumps({'device_id': device.name, 'action': 'request', 'user_id': '1'}))
        answer = json.loads(answer)
        self.assertEqual((topic, sorted(answer)), (f'keys/{device.name}/public', ['device_id', 'public_key', 'user_id']))
        for action in ('update', 'update', 'delete'):
            device.server = serialization.load_pem_public_key(answer['public_key'].encode())
            text = device.seal({'device_id': device.name, 'action': action, 'user_id': '1'})
            self.assertEqual(sorted(json.loads(text)), ['ciphertext', 'nonce', 'session_key', 'tag'])
            topic, sent = device.send(action, text)
            before, answer = answer, json.loads(sent)
            self.assertEqual((topic, answer['device_id'], answer['user_id']), (f'keys/{device.name}/public', device.name, '1'))
            self.assertNotEqual(answer['public_key'], before['public_key'])
        self.assertEqual(answer['public_key'], '')  # it has none any more
        self.assertEqual(self.world.state(device.bundle['claim_id']), 'deleting')

    def test_no_credentials_without_a_proof(self):
        device = self.device()
        inside, _, _ = device.update(proved=False)
        self.assertNotIn('password', inside)
        self.assertNotIn('certificate', inside)
        self.assertEqual(self.world.call('GET', f'/api/v1/stations/{device.name}')[0], 404)
        inside, _, _ = device.update()
        self.assertTrue(inside['password'])

    def test_our_device_in_two_phases(self):
        name, folder = self.world.name(), self.world.folder / 'two'
        bundle = dict(self.world.claim(wire='e1', identity=name)['bundle'])
        del bundle['e1_key']  # it has nothing but the claim
        for operation in ('request', 'update', 'delete'):
            done = self.world.sim(folder, '--wire', 'e1', name=name, bundle=bundle, operation=operation)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_claim_of_e2_has_no_e1(self):
        name = self.world.name()
        made = self.world.claim(identity=name)
        self.assertNotIn('e1_key', made['bundle'])
        key = peer.pem(rsa.generate_private_key(public_exponent=65537, key_size=3072).public_key())
        device = Device(self.world, {'bundle': {**made['bundle'], 'e1_key': key, 'e1_form': 'sha256-12-32'}}, name)
        self.addCleanup(device.close)
        plain = json.dumps({'device_id': name, 'action': 'request', 'user_id': '1'})
        self.assertTrue(is_refused(device.send('request', plain)[1]))
        self.assertTrue(is_refused(device.send('update', device.seal(device.plain('update')))[1]))
        self.assertEqual(self.world.state(made['id']), 'open')


if __name__ == '__main__':
    unittest.main()
