# SPDX-License-Identifier: Apache-2.0
"""Provisioning through a real mosquitto, and through one whose owner is hostile: devices of ours (voltseal-sim), and one
written from the document in Python (prov_peer.py). TC-022 and its neighbours of the requirement are tests here."""
import asyncio
import base64
import concurrent.futures
import itertools
import json
import os
import pathlib
import random
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import websockets
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import prov_peer as peer  # noqa: E402
from broker import Owner  # noqa: E402
from harness import wait_for  # noqa: E402
from prov_world import BUILD, Device, World, is_refused  # noqa: E402


class Provision(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.world = World(cls.temporary.name)
        cls.owner = Owner(cls.world.broker)

    @classmethod
    def tearDownClass(cls):
        cls.owner.close()
        status = cls.world.stop()
        cls.temporary.cleanup()
        assert status == 0, status

    def device(self, **wishes):
        made = self.world.claim(**wishes)
        device = Device(self.world, made['bundle'], wishes.get('identity') or self.world.name())
        self.addCleanup(device.close)
        return device

    def provisioned(self):
        """(device, its answer)"""
        device = self.device()
        plain, answer = device.ask(device.request())
        plain_ack, _ = device.ask(device.operation('ack', 1, of=peer.b64u(peer.ciphertext_sha256(answer))))
        self.assertEqual(plain_ack['result'], 'ok')
        return device, plain

    # --- TC-022: application-layer encryption, for each action ------------------------------------------

    def tc_022(self, operation):
        name, folder = self.world.name(), self.world.folder / f'tc022-{operation}'
        bundle = self.world.claim()['bundle']
        done = self.world.sim(folder, name=name, bundle=bundle, port=self.owner.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        if operation != 'request':
            done = self.world.sim(folder, name=name, port=self.owner.port, operation=operation)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_nothing_seen(name, bundle, folder)

    def assert_nothing_seen(self, name, bundle, folder):
        """Whoever owns the broker has seen the claim's id, and that something was sent under it; no more."""
        secrets = [name.encode(), bundle['claim_secret'].encode(), peer.unb64u(bundle['claim_secret']), b'device_id', b'"csr"',
                   b'BEGIN CERTIFICATE', b'"delete"', b'"op"', f'{bundle["claim_id"]}/del'.encode(), b'mtls', b'"station"']
        for file in ('password', 'key.pem', 'certificate.pem', 'token'):
            if (folder / file).exists():
                content = (folder / file).read_bytes()
                secrets += [content.strip(), base64.b64encode(content)[:40]]
        kept = json.loads((folder / 'provision.json').read_text())
        secrets += [kept['kem'].encode(), peer.unb64u(kept['kem'])]
        seen = self.owner.everything() + self.world.broker.stored()
        self.assertIn(bundle['claim_id'].encode(), seen)
        for secret in secrets:
            self.assertNotIn(secret, seen)
        for _, topic, payload in list(self.owner.messages):
            if topic.startswith('prov/v2/default/'):
                self.assertLessEqual(set(json.loads(payload)), {'v', 't', 'kid', 'm', 'pid', 'enc', 'ct', 'id'})

    def test_tc_022_request_is_never_readable(self):
        self.tc_022('request')

    def test_tc_022_update_is_never_readable(self):
        self.tc_022('update')

    def test_tc_022_delete_is_never_readable(self):
        self.tc_022('delete')

    # --- its neighbours -----------------------------------------------------------------------------------

    def test_a_foreign_device_is_provisioned_renewed_and_deleted(self):
        device, plain = self.provisioned()
        self.assertEqual((plain['result'], plain['kind'], plain['device_id'], plain['auth']),
                         ('ok', 'station', device.name, 'mtls+basic'))
        certificate = x509.load_pem_x509_certificate(plain['certificate'].encode())
        self.assertEqual(certificate.public_key().public_numbers(), device.key.public_key().public_numbers())
        self.assertEqual(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value, device.name)
        self.assertEqual(plain['url'], self.world.ready['ocpp_url'] + device.name)
        self.assertEqual(self.world.state(device.bundle['claim_id']), 'used')
        device.key = ec.generate_private_key(ec.SECP256R1())
        renewed, answer = device.ask(device.operation('update', 2, csr=device.csr()))
        self.assertEqual(x509.load_pem_x509_certificate(renewed['certificate'].encode()).public_key().public_numbers(),
                         device.key.public_key().public_numbers())
        device.ask(device.operation('ack', 3, of=peer.b64u(peer.ciphertext_sha256(answer))))
        ended, _ = device.ask(device.operation('delete', 4))
        self.assertEqual((ended['result'], ended['grace_s']), ('deleting', 86400))
        status, entry = self.world.call('GET', f'/api/v1/stations/{device.name}')
        self.assertEqual((status, entry['enabled']), (200, False))
        claim = device.bundle['claim_id']
        self.assertEqual(self.world.state(claim), 'deleting')
        self.world.voltseal('provision', 'device', 'keep', claim)
        self.assertTrue(self.world.call('GET', f'/api/v1/stations/{device.name}')[1]['enabled'])
        self.world.voltseal('provision', 'device', 'delete', claim, '--now')
        self.assertEqual(self.world.call('GET', f'/api/v1/stations/{device.name}')[0], 404)
        self.assertEqual(self.world.state(claim), 'deleted')
        # What was said is among the messages of the claim: that, not what.
        said = self.world.call('GET', f'/api/v1/claims/{claim}/messages')[1]['items']
        self.assertEqual([(m['direction'], m['action']) for m in reversed(said)],
                         [step for sent in ('request', 'ack', 'update', 'ack', 'delete') for step in (('received', sent), ('sent', 'resp'))])
        self.assertEqual({(m['channel'], m['sealed'], m['text'], m['verdict']) for m in said}, {('provision', True, '', None)})

    def test_messages_say_which_way_what_and_whether_it_was_taken(self):
        """Over a real broker, in the API and from the command line: never what is in them."""
        device = self.device()
        claim, secret = device.bundle['claim_id'], device.bundle['claim_secret']
        plain, _ = device.ask(device.request())
        altered = json.loads(device.request())
        altered['ct'] = altered['ct'][:40] + ('A' if altered['ct'][40] != 'A' else 'B') + altered['ct'][41:]
        self.assertTrue(is_refused(device.send(json.dumps(altered))))
        self.assertTrue(is_refused(device.send(json.dumps({'claim_secret': secret, 'hello': 'in clear'}), kind='request')))
        said = self.world.call('GET', f'/api/v1/claims/{claim}/messages')[1]['items'][::-1]
        self.assertEqual([(m['direction'], m['action'], m['sealed']) for m in said],
                         [('received', 'request', True), ('sent', 'resp', True), ('received', 'request', True), ('sent', 'resp', False),
                          ('received', 'request', False), ('sent', 'resp', False)])
        self.assertEqual([m['verdict'] for m in said[:2] + said[3::2]], [None, None, None, None])
        self.assertIn('it does not open', said[2]['verdict'])
        self.assertEqual(said[4]['verdict'], 'it is no envelope')
        self.assertEqual({(m['channel'], m['text']) for m in said}, {('provision', '')})
        listed = self.world.voltseal('messages', 'list', claim, '--of', 'claim', '-o', 'json')
        self.assertEqual([m['number'] for m in json.loads(listed)['items']], [m['number'] for m in reversed(said)])
        table = self.world.voltseal('messages', 'list', claim, '--of', 'claim')
        self.assertIn('it does not open', table)
        reach = ('--of', 'claim', '--ready-file', self.world.daemon.state / 'ready.json', '-o', 'json')
        with subprocess.Popen([BUILD / 'voltseal', 'messages', 'follow', claim, *reach], stdout=subprocess.PIPE, text=True) as follower:
            self.addCleanup(follower.kill)
            wait_for(lambda: self.world.metric('sse_clients') == 1, 20, 'somebody listens')
            device.ask(device.request())
            heard = [json.loads(follower.stdout.readline()) for _ in range(2)]
            self.assertEqual([(m['direction'], m['action'], m['sealed'], m['verdict']) for m in heard],
                             [('received', 'request', True, None), ('sent', 'resp', True, None)])
            follower.kill()
        text = json.dumps([said, heard, table, listed])
        for word in (secret, plain['password'], 'in clear', 'BEGIN CERTIFICATE', altered['ct'][:30]):
            self.assertNotIn(word, text)

    def test_replay_gets_the_same_bytes_and_no_second_identity(self):
        device = self.device()
        request = device.request()
        first = device.send(request)
        self.assertEqual(device.send(request), first)
        self.assertEqual(device.send(request), first)
        ack = device.operation('ack', 1, of=peer.b64u(peer.ciphertext_sha256(first)))
        answered = device.send(ack)
        self.assertEqual(device.send(ack), answered)
        self.assertTrue(is_refused(device.send(request)))  # the claim is spent
        self.assertTrue(is_refused(device.send(device.operation('update', 1))))  # the counter, too
        status, page = self.world.call('GET', '/api/v1/certificates?limit=100&station=' + device.name)
        self.assertEqual((status, len(page['items'])), (200, 1))

    def test_a_new_request_before_the_ack_is_the_same_identity(self):
        device = self.device()
        device.ask(device.request())
        plain, _ = device.ask(device.request())
        self.assertEqual(plain['device_id'], device.name)
        self.assertEqual(self.world.state(device.bundle['claim_id']), 'offered')

    def test_tamper_every_member(self):
        device = self.device()
        good = json.loads(device.request())
        for member in ('ct', 'enc', 'id', 'kid', 't', 'm', 'pid'):
            changed = dict(good)
            value = good[member]
            if member in ('ct', 'enc'):
                data = bytearray(peer.unb64u(value))
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
                changed[member] = peer.b64u(bytes(data))
            else:
                changed[member] = {'id': '01234567-89ab-7def-8123-456789abcdef', 'kid': 's9', 't': 'update', 'm': 2,
                                   'pid': 'z' * 20}[member]
            self.assertTrue(is_refused(device.send(json.dumps(changed).encode(), kind='request')), member)
        self.assertEqual(self.world.state(device.bundle['claim_id']), 'open')
        device.ask(json.dumps(good).encode())

    def test_another_topic_and_another_claim(self):
        one, other = self.device(), self.device()
        text = one.request()
        self.assertTrue(is_refused(one.send(text, kind='update')))
        self.assertTrue(is_refused(other.send(text)))
        self.assertEqual({self.world.state(device.bundle['claim_id']) for device in (one, other)}, {'open'})

    def test_refusals_are_uniform_and_the_operator_is_told_why(self):
        device, _ = self.provisioned()
        before = self.world.metric('provision_refused_total')
        expired = self.device(ttl_s=1)
        revoked = self.device()
        self.world.voltseal('provision', 'claim', 'revoke', revoked.bundle['claim_id'])
        over = time.time() + 1.1  # the shortest life of a claim
        wait_for(lambda: time.time() > over, 5, 'the claim expires')
        taken = self.device()
        taken.name = device.name
        unknown = Device(self.world, {**device.bundle, 'claim_id': 'q' * 20}, 'nobody')
        self.addCleanup(unknown.close)
        late = self.device()
        answers = [expired.send(expired.request()), revoked.send(revoked.request()), taken.send(taken.request()),
                   unknown.send(unknown.request()), device.send(device.request()),
                   late.send(late.request(ts=peer.now_text(-3600))), device.send(b'x' * 40000, kind='update'),
                   device.send(b'x' * 60000, kind='update'), device.send(device.operation('update', 1)),
                   device.send(b'{}', kind='update'), device.send(device.operation('ack', 9, of=peer.b64u(b'\x09' * 32)))]
        self.assertTrue(all(is_refused(answer) for answer in answers))
        self.assertEqual(len({len(answer) for answer in answers}), 1)
        self.assertEqual(self.world.metric('provision_refused_total'), before + len(answers))
        log = (self.world.daemon.state / 'voltseald.log').read_text()
        told = [item['detail'] for item in self.world.happened('provision_refused')]
        for reason in ('it is too long', 'the counter was used before', 'the claim has expired', 'the claim was revoked', 'its device_id is taken', 'there is no such claim',
                       'the claim is used up', "the request's time is off", 'it is no envelope',
                       'it acknowledges an answer that is not the last one'):
            self.assertIn(reason, log)
            self.assertTrue([detail for detail in told if reason in detail], reason)

    def test_a_flood_under_one_claim_costs_no_other_anything(self):
        flooded, other = self.device(), self.device()
        dropped = self.world.metric('provision_dropped_total')
        topic = peer.topic_of('default', flooded.bundle['claim_id'], 'request')
        for _ in range(400):
            flooded.client.publish(topic, b'{}', qos=1)
        other.ask(other.request())
        wait_for(lambda: self.world.metric('provision_dropped_total') > dropped, 20, 'most of it is dropped')
        self.assertEqual(self.world.state(other.bundle['claim_id']), 'offered')

    def test_a_copied_claim_shuts_both_out(self):
        one = self.device()
        one.ask(one.request())
        other = Device(self.world, one.bundle, one.name, 'the-copy')
        self.addCleanup(other.close)
        clones = self.world.metric('provision_clones_total')
        self.assertTrue(is_refused(other.send(other.request())))
        self.assertEqual(self.world.metric('provision_clones_total'), clones + 1)
        self.assertEqual(self.world.state(one.bundle['claim_id']), 'suspect')
        self.assertFalse(self.world.call('GET', f'/api/v1/stations/{one.name}')[1]['enabled'])
        self.assertTrue(is_refused(one.send(one.request())))
        self.assertTrue(is_refused(one.send(one.operation('update', 1))))
        self.world.voltseal('provision', 'device', 'delete', one.bundle['claim_id'], '--now')
        self.assertEqual(self.world.call('GET', f'/api/v1/stations/{one.name}')[0], 404)

    def test_the_manifest_is_signed_and_names_the_key(self):
        made = self.world.claim()['bundle']
        status, text = self.world.call('GET', '/.well-known/csms-prov', token=False)
        self.assertEqual(status, 200)
        head, payload, signature = text.split('.')
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        Ed25519PublicKey.from_public_bytes(peer.unb64u(made['prov_root_pub'])).verify(
            peer.unb64u(signature), f'{head}.{payload}'.encode())
        key = json.loads(peer.unb64u(payload))['keys'][0]
        self.assertEqual((key['kid'], key['pub'], key['st'], key['suite']),
                         (made['kid'], made['server_kem_pub'], 'active', '0020-0001-0002'))

    # --- what it is good for ------------------------------------------------------------------------------

    def test_a_station_connects_at_once(self):
        name, folder = self.world.name(), self.world.folder / 'station'
        done = self.world.sim(folder, name=name, bundle=self.world.claim(identity=name)['bundle'])
        self.assertEqual(done.returncode, 0, done.stderr)
        gateway = json.loads((folder / 'gateway.json').read_text())
        done = subprocess.run([BUILD / 'voltseal-sim', 'station', '--url', gateway['url'].rsplit('/', 1)[0] + '/', '--id', name,
                               '--ca', folder / 'ca.pem', '--cert', folder / 'certificate.pem', '--key', folder / 'key.pem',
                               '--password-file', folder / 'password', '--duration', '3'], text=True, capture_output=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.world.call('GET', f'/api/v1/stations/{name}')[1]['registration'], 'Accepted')

    def test_a_charge_point_connects_at_once(self):
        name, folder = self.world.name(), self.world.folder / 'framed'
        done = self.world.sim(folder, name=name, bundle=self.world.claim(kind='framed', identity=name)['bundle'])
        self.assertEqual(done.returncode, 0, done.stderr)
        gateway = json.loads((folder / 'gateway.json').read_text())
        with open(self.world.folder / 'charge.log', 'w', encoding='utf-8') as log:
            child = subprocess.Popen([BUILD / 'voltseal-sim', 'charge', '--url', gateway['url'], '--id', name, '--ca',
                                      folder / 'ca.pem', '--psk-file', folder / 'psk.json'], stdin=subprocess.PIPE, stdout=log,
                                     stderr=log)
        try:
            wait_for(lambda: self.world.call('GET', f'/api/v1/stations/{name}')[1]['connected'], 20, 'the charge point is there')
        finally:
            child.terminate()
            child.communicate(timeout=20)

    def test_a_sensor_connects_at_once(self):
        device = self.device(kind='sensor')
        plain, answer = device.ask(device.request())
        device.ask(device.operation('ack', 1, of=peer.b64u(peer.ciphertext_sha256(answer))))
        roots = ssl.create_default_context(cadata=plain['ca'])

        async def first():
            async with websockets.connect(plain['url'], ssl=roots,
                                          extra_headers={'Authorization': f'Bearer {plain["token"]}'}) as socket:
                return await asyncio.wait_for(socket.recv(), 20)
        self.assertIn('device_info', asyncio.run(first()))

    # --- operators ----------------------------------------------------------------------------------------

    def test_claims_from_a_file_and_as_a_picture(self):
        names = [self.world.name() for _ in range(3)]
        (self.world.folder / 'claims.csv').write_text('identity,kind,auth\n' + ''.join(f'{name},station,mtls\n' for name in names))
        out = self.world.voltseal('provision', 'claim', 'create', '--csv', self.world.folder / 'claims.csv', '--out-dir',
                                  self.world.folder / 'bundles')
        (self.world.folder / 'made.csv').write_text(out)
        self.assertEqual([line.split(',')[0] for line in out.splitlines()], names)
        done = subprocess.run([BUILD / 'voltseal-sim', 'provision', '--claims', self.world.folder / 'made.csv', '--keep',
                               self.world.folder / 'fleet', '--ca', self.world.broker.folder / 'ca.pem', '--threads', '3'],
                              text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('devices 3 failed 0', done.stdout)
        claim = self.world.claim()['id']
        self.assertIn('\u2588', self.world.voltseal('provision', 'claim', 'export', claim, '--qr', '-q'))
        self.assertIn(claim, self.world.voltseal('provision', 'claim', 'list'))
        self.assertIn(names[0], self.world.voltseal('provision', 'device', 'list'))
        self.world.voltseal('provision', 'claim', 'revoke', claim)
        self.world.voltseal('provision', 'claim', 'export', claim, code=69)

    def test_another_key_of_the_server(self):
        name, folder = self.world.name(), self.world.folder / 'rotated'
        bundle = self.world.claim(identity=name)['bundle']
        self.world.voltseal('provision', 'rotate-key')
        self.assertNotEqual(self.world.claim()['bundle']['kid'], bundle['kid'])
        done = self.world.sim(folder, name=name, bundle=bundle)  # by the old key, or by the manifest
        self.assertEqual(done.returncode, 0, done.stderr)


class Hostile(unittest.TestCase):
    """The full matrix: what the owner of a broker can do with messages, for each of the three actions. Each ends right, or
    nothing has changed; and afterwards everything that the owner saw is searched."""

    ATTACKS = ('drop', 'delay', 'twice', 'replay', 'reorder', 'swap', 'inject', 'flip-up', 'flip-down', 'reflect')

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.world = World(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        status = cls.world.stop()
        cls.temporary.cleanup()
        assert status == 0, status

    @staticmethod
    def rule(attack):
        """Each is hostile to the first messages, then goes on as a broker should: the exchange has to recover."""
        state = {'up': 0, 'down': 0, 'kept': []}
        chance = random.Random(attack)

        def flip(payload):
            data = bytearray(payload)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
            return bytes(data)

        def hostile(direction, topic, payload):
            if not topic.startswith('prov/v2/default/'):
                return None
            state[direction] += 1
            count = state[direction]
            state['kept'].append((topic, payload))
            other = topic.replace('/upd', '/req') if topic.endswith('/upd') else topic.rsplit('/', 1)[0] + '/upd'
            plans = {
                'drop': [] if count == 1 else None,
                'delay': [(0.5, topic, payload)] if count == 1 else None,
                'twice': [(0, topic, payload)] * 3,
                'replay': [(0, topic, payload), *((0, *kept) for kept in state['kept'] if kept[0] == topic)],
                'reorder': [(0.4 if count % 2 else 0, topic, payload)],
                'swap': [(0, other, payload)] if direction == 'up' and count == 1 else None,
                'inject': [(0, topic, b'{"v":2,"t":"refused","id":"00000000-0000-0000-0000-000000000000"}'), (0, topic, b'{'),
                           (0, topic, os.urandom(200)), (0, topic, payload)],
                'flip-up': [(0, topic, flip(payload))] if direction == 'up' and count == 1 else None,
                'flip-down': [(0, topic, flip(payload))] if direction == 'down' and count == 1 else None,
                'reflect': [(0, topic, state['kept'][0][1]), (0, topic, payload)] if direction == 'down' else None,
            }
            return plans[attack]
        return hostile

    def one(self, attack, operation):
        name, folder = self.world.name(), self.world.folder / f'{attack}-{operation}'
        made = self.world.claim(identity=name)
        owner = Owner(self.world.broker)
        try:
            if operation == 'request':
                owner.rule = self.rule(attack)
            done = self.world.sim(folder, name=name, bundle=made['bundle'], port=owner.port, wait=45)
            if done.returncode == 0 and operation != 'request':
                owner.rule = self.rule(attack)
                done = self.world.sim(folder, name=name, port=owner.port, operation=operation, wait=45)
            state = self.world.state(made['id'])
            wanted = 'deleting' if operation == 'delete' else 'used'
            good = done.returncode == 0 and state == wanted
            found = [word for word in (name.encode(), b'"delete"', b'BEGIN', made['bundle']['claim_secret'].encode())
                     if word in owner.everything()]
            items = self.world.call('GET', '/api/v1/certificates?limit=100&station=' + name)[1]['items']
            valid = sum(1 for item in items if item['state'] == 'valid')
            return (attack, operation), good and not found and valid <= 1, (done.returncode, state, found, valid, done.stderr)
        finally:
            owner.close()

    def test_the_matrix(self):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            done = list(pool.map(lambda pair: self.one(*pair), itertools.product(self.ATTACKS, ('request', 'update', 'delete'))))
        self.assertEqual(len(done), 30)
        self.assertEqual([(name, why) for name, good, why in done if not good], [])

    def test_the_broker_restarts_and_nothing_is_lost(self):
        name, folder = self.world.name(), self.world.folder / 'restart'
        made = self.world.claim(identity=name)
        self.world.broker.stop()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.world.sim, folder, name=name, bundle=made['bundle'], wait=60)
            self.world.broker.start()
            done = waiting.result()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.world.state(made['id']), 'used')
        self.world.connected()

    def test_a_forged_manifest_changes_nothing(self):
        name, folder = self.world.name(), self.world.folder / 'stale'
        made = self.world.claim(identity=name)
        owner = Owner(self.world.broker)
        self.addCleanup(owner.close)
        forged = {}

        def rule(_direction, topic, payload):
            if topic != 'prov/v2/keys':
                return None
            head, body, signature = payload.decode().split('.')
            body = json.loads(peer.unb64u(body))
            body['keys'][0]['pub'] = peer.b64u(peer.raw(X25519PrivateKey.generate().public_key()))
            forged['seen'] = True
            return [(0, topic, '.'.join((head, peer.b64u(json.dumps(body).encode()), signature)).encode())]
        owner.rule = rule
        done = self.world.sim(folder, name=name, bundle=made['bundle'], port=owner.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(forged['seen'])

    def manifest(self):
        return self.world.call('GET', '/.well-known/csms-prov', token=False)[1]

    def test_a_stale_manifest_changes_nothing(self):
        """Signed, and older than what the device has seen; then none at all: the device brings its own, from HTTPS."""
        name, folder = self.world.name(), self.world.folder / 'older'
        made, old = self.world.claim(identity=name), self.manifest()
        owner = Owner(self.world.broker)
        self.addCleanup(owner.close)
        version = json.loads(peer.unb64u(old.split('.')[1]))['v']
        wait_for(lambda: time.time() > version + 1.1, 5, 'the next manifest has a higher version')
        self.world.voltseal('provision', 'rotate-key')
        shown = {'manifest': self.manifest()}
        owner.rule = lambda _direction, topic, _payload: ([(0, topic, shown['manifest'].encode())] if topic == 'prov/v2/keys' else None)
        done = self.world.sim(folder, name=name, bundle=made['bundle'], port=owner.port)
        self.assertEqual(done.returncode, 0, done.stderr)
        kid = json.loads((folder / 'provision.json').read_text())['kid']
        self.assertNotEqual(kid, made['bundle']['kid'])
        shown['manifest'] = old
        done = self.world.sim(folder, '--log', name=name, port=owner.port, operation='update')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('provision.manifest_refused', done.stderr)
        self.assertEqual(json.loads((folder / 'provision.json').read_text())['kid'], kid)
        owner.rule = lambda _direction, topic, _payload: [] if topic == 'prov/v2/keys' else None
        fetched = folder / 'manifest.jws'
        fetched.write_text(self.manifest() + '\n')
        name, folder = self.world.name(), self.world.folder / 'fetched'
        done = self.world.sim(folder, '--manifest', fetched, name=name, port=owner.port,
                              bundle={**self.world.claim(identity=name)['bundle'], 'kid': made['bundle']['kid'],
                                      'server_kem_pub': made['bundle']['server_kem_pub']})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads((folder / 'provision.json').read_text())['kid'], kid)


class AccessControl(unittest.TestCase):
    """The access lists that the manual gives: a device reaches its own topics and no others."""

    def test_of_devices(self):
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder, acl=True)
            try:
                one, other = (Device(world, world.claim()['bundle'], world.name()) for _ in range(2))
                one.ask(one.request())
                # A message of one in the name of the other does not even arrive.
                before = world.metric('provision_messages_total')
                one.client.publish(peer.topic_of('default', other.bundle['claim_id'], 'request'), other.request(), qos=1)
                other.ask(other.request())
                self.assertEqual(world.metric('provision_messages_total'), before + 1)
                one.close()
                other.close()
            finally:
                world.stop()


if __name__ == '__main__':
    unittest.main()
