# SPDX-License-Identifier: Apache-2.0
"""A broker, a daemon, and a device that nobody here wrote in C: what the tests of provisioning share."""
import itertools
import json
import os
import pathlib
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import paho.mqtt.client as paho
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import prov_peer as peer  # noqa: E402
from broker import Broker  # noqa: E402
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])


class World:
    """One broker without access lists (its owner does what they want), one daemon."""

    def __init__(self, folder, *options, acl=False):
        self.folder, self.options = pathlib.Path(folder), options
        self.broker = Broker(self.folder / 'broker', acl=acl)
        self.count = itertools.count(1)
        self.daemon = None
        self.start()

    def start(self):
        """Also again, after it was killed: on the same state and at the same ports."""
        self.daemon = Daemon(BUILD, self.folder / 'state', '--stations', '0', *self.broker.options(), *self.options)
        self.ready = self.daemon.ready
        self.tls = ssl.create_default_context(cafile=self.ready['ca_file'])
        self.connected()

    def connected(self):
        wait_for(lambda: self.metric('provision_connected') == 1, 30, 'the daemon is connected to the broker')

    def call(self, method, path, body=None, token=True):
        headers = {'Content-Type': 'application/json'}
        if token:
            headers['Authorization'] = f'Bearer {self.ready["admin_token"]}'
        request = urllib.request.Request(self.ready['api_url'] + path, method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text.startswith((b'{', b'[')) else text.decode()
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())

    def metric(self, name):
        text = self.call('GET', '/metrics')[1]
        return next((int(float(line.split()[-1])) for line in text.splitlines()
                     if line.startswith(f'voltseal_{name} ')), None)

    def voltseal(self, *words, code=0):
        done = subprocess.run([BUILD / 'voltseal', *map(str, words), '--ready-file', self.daemon.state / 'ready.json'], text=True,
                              capture_output=True, timeout=120, check=False)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout

    def name(self):
        return f'Dev-{os.getpid()}-{next(self.count)}'

    def claim(self, **wishes):
        status, answer = self.call('POST', '/api/v1/claims', {'auth': 'mtls+basic', **wishes})
        assert status == 201, answer
        return answer

    def state(self, claim):
        return self.call('GET', f'/api/v1/claims/{claim}')[1]['state']

    def happened(self, kind):
        """What the operator was told, as it happened."""
        return [item for item in self.call('GET', '/api/v1/events/recent?limit=200')[1]['items'] if item['type'] == kind]

    def sim(self, folder, *more, name, bundle=None, port=None, operation='request', wait=20):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        command = [BUILD / 'voltseal-sim', 'provision', '--keep', folder, '--ca', self.broker.folder / 'ca.pem', '--id', name,
                   '--url', f'mqtts://127.0.0.1:{port or self.broker.port}', '--operation', operation, '--wait', str(wait), *more]
        if bundle is not None:
            path = folder / 'bundle.json'
            path.write_text(json.dumps(bundle))
            command += ['--bundle', path]
        return subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=wait + 60, check=False)

    def stop(self):
        status = self.daemon.stop()
        self.broker.stop()
        return status


class Device:
    """A device that nobody here wrote in C."""

    def __init__(self, world, bundle, name, client_id=None):
        self.world, self.bundle, self.name = world, bundle, name
        self.kem, self.key = X25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
        self.server = peer.unb64u(bundle['server_kem_pub'])
        self.inbox, self.came = [], threading.Condition()
        self.client = paho.Client(client_id=client_id or bundle['claim_id'], protocol=paho.MQTTv5)
        self.client.tls_set(ca_certs=str(world.broker.folder / 'ca.pem'), tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self.client.on_message = self.on_message
        ready = threading.Event()
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect('127.0.0.1', world.broker.port)
        self.client.loop_start()
        self.client.subscribe(peer.topic_of(bundle['tenant'], bundle['claim_id'], 'resp'), qos=1)
        assert ready.wait(20)

    def on_message(self, _client, _data, message):
        with self.came:
            self.inbox.append(message.payload)
            self.came.notify_all()

    def csr(self):
        request = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])).sign(self.key, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.PEM).decode()

    def request(self, **changes):
        plain = {'ts': peer.now_text(), 'device_id': self.name, 'hw': 'paho', 'csr': self.csr(),
                 'pub_kem': peer.b64u(peer.raw(self.kem.public_key())), 'nonce': peer.b64u(os.urandom(16)), **changes}
        return peer.seal('request', self.bundle['tenant'], self.bundle['claim_id'], self.bundle['kid'], self.server,
                         json.dumps(plain).encode(), psk=peer.unb64u(self.bundle['claim_secret']))

    def operation(self, op, ctr, kind=None, **more):
        plain = {'ts': peer.now_text(), 'ctr': ctr, 'op': op, **more}
        return peer.seal(kind or op, self.bundle['tenant'], self.bundle['claim_id'], self.bundle['kid'], self.server,
                         json.dumps(plain).encode(), sender=self.kem)

    def send(self, text, kind=None, topic=None):
        """What came back, as bytes."""
        kind = kind or json.loads(text)['t']
        with self.came:
            before = len(self.inbox)
            self.client.publish(topic or peer.topic_of(self.bundle['tenant'], self.bundle['claim_id'], kind), text, qos=1)
            assert self.came.wait_for(lambda: len(self.inbox) > before, 20), 'no answer'
            return self.inbox[before]

    def read(self, answer):
        return json.loads(peer.open_envelope(answer, self.bundle['tenant'], self.kem, sender=self.server))

    def ask(self, text, kind=None):
        answer = self.send(text, kind)
        plain = self.read(answer)
        assert peer.unb64u(plain['req']) == peer.ciphertext_sha256(text)
        return plain, answer

    def close(self):
        self.client.disconnect()  # first: else its loop waits for a second
        self.client.loop_stop()


def is_refused(answer):
    envelope = json.loads(answer)
    return envelope['t'] == 'refused' and sorted(envelope) == ['id', 't', 'v']
