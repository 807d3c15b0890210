# SPDX-License-Identifier: Apache-2.0
"""A second implementation of the station's side of sealed and signed messages, from doc/protocol/ocpp-sealed.md and
doc/protocol/ocpp-signed.md, with python3-cryptography and python3-jwcrypto. Nothing of ours is called."""
import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwcrypto import jwk, jws

PROTOCOL = b'Noise_NNpsk0_25519_AESGCM_SHA256'


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def lp(value):
    value = value.encode() if isinstance(value, str) else value
    return len(value).to_bytes(2, 'big') + value


def hkdf(key, material, count):
    secret = hmac.new(key, material, hashlib.sha256).digest()
    out, last = [], b''
    for i in range(count):
        last = hmac.new(secret, last + bytes([i + 1]), hashlib.sha256).digest()
        out.append(last)
    return out


class Noise:
    """One side of NNpsk0 (Noise revision 34, 5.2 and 9)."""

    def __init__(self, prologue, psk, ephemeral):
        self.hash = self.chain = PROTOCOL
        self.key, self.count, self.psk, self.ephemeral = None, 0, psk, ephemeral
        self.mix_hash(prologue)

    def mix_hash(self, data):
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_key(self, data):
        self.chain, self.key = hkdf(self.chain, data, 2)
        self.count = 0

    def mix_key_and_hash(self, data):
        self.chain, mixed, self.key = hkdf(self.chain, data, 3)
        self.mix_hash(mixed)
        self.count = 0

    def nonce(self):
        self.count += 1
        return bytes(4) + (self.count - 1).to_bytes(8, 'big')

    def seal(self, plain):
        sealed = AESGCM(self.key).encrypt(self.nonce(), plain, self.hash)
        self.mix_hash(sealed)
        return sealed

    def open(self, sealed):
        plain = AESGCM(self.key).decrypt(self.nonce(), sealed, self.hash)
        self.mix_hash(sealed)
        return plain

    def public(self):
        return self.ephemeral.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def send_e(self):
        self.mix_hash(self.public())
        self.mix_key(self.public())
        return self.public()

    def read_e(self, public):
        self.mix_hash(public)
        self.mix_key(public)
        self.peer = X25519PublicKey.from_public_bytes(public)

    def agree(self):
        self.mix_key(self.ephemeral.exchange(self.peer))

    def split(self):
        return hkdf(self.chain, b'', 2)


class Channel:
    """A station's end. Frames are texts; send() and receive() are for OCPP messages and words of the channel."""

    def __init__(self, tenant, identity, subprotocol):
        self.tenant, self.identity, self.subprotocol = tenant, identity, subprotocol
        self.epoch, self.keys, self.seq = 0, None, {}

    def hello(self, kid, psk, ephemeral=None):
        self.epoch += 1
        prologue = (b'voltseal/ocpp-e2/hello\0' + lp(self.tenant) + lp(self.identity) + lp(self.subprotocol) +
                    kid.to_bytes(4, 'big') + self.epoch.to_bytes(4, 'big'))
        self.noise = Noise(prologue, psk, ephemeral or X25519PrivateKey.generate())
        self.noise.mix_key_and_hash(psk)
        message = self.noise.send_e() + self.noise.seal(b'{"v":1}')
        word = json.dumps(['N1', kid, b64u(message)], separators=(',', ':'))
        return self.seal(word) if self.keys else word

    def answer(self, word):
        name, text = json.loads(word)
        assert name == 'N2', word
        message = unb64u(text)
        self.noise.read_e(message[:32])
        self.noise.agree()
        payload = json.loads(self.noise.open(message[32:]))
        assert payload['v'] == 1 and payload['epoch'] == self.epoch, payload
        up, down = self.noise.split()
        self.keys, self.seq = {'u': up, 'd': down}, {'u': 0, 'd': 0}
        return payload

    def aad(self, direction, seq, epoch):
        return (b'voltseal/ocpp-e2\0' + lp(self.tenant) + lp(self.identity) + epoch.to_bytes(4, 'big') + lp(direction) +
                seq.to_bytes(8, 'big'))

    def seal(self, text, epoch=None):
        # A handshake that is under way has counted already; what carries it is of the epoch before.
        epoch = epoch or self.sealing_epoch()
        plain = text.encode()
        plain += b' ' * (-len(plain) % 64)
        seq = self.seq['u']
        self.seq['u'] += 1
        sealed = AESGCM(self.keys['u']).encrypt(bytes(4) + seq.to_bytes(8, 'big'), plain, self.aad('u', seq, epoch))
        return json.dumps(['E2', epoch, seq, b64u(sealed)], separators=(',', ':'))

    def sealing_epoch(self):
        return self.epoch - 1 if getattr(self, 'is_greeting', False) else self.epoch

    def rehello(self, kid, psk):
        self.is_greeting = True
        return self.hello(kid, psk)

    def reanswer(self, frame):
        payload = self.answer(self.open(frame))
        self.is_greeting = False
        return payload

    def open(self, frame):
        name, epoch, seq, text = json.loads(frame)
        assert name == 'E2' and epoch == self.sealing_epoch() and seq == self.seq['d'], frame
        self.seq['d'] += 1
        plain = AESGCM(self.keys['d']).decrypt(bytes(4) + seq.to_bytes(8, 'big'), unb64u(text), self.aad('d', seq, epoch))
        assert len(plain) % 64 == 0
        return plain.decode().rstrip(' ')


def ack_proof(key, tenant, identity, kid, oid):
    info = b'voltseal/ack\0' + lp(tenant) + lp(identity) + kid.to_bytes(4, 'big') + lp('u')
    secret = hmac.new(hmac.new(bytes(32), key, hashlib.sha256).digest(), info + b'\1', hashlib.sha256).digest()
    return hmac.new(secret, oid, hashlib.sha256).digest()


def sign(message, key, alg, thumbprint, **more):
    """A call in its signed form; `more` are members of the protected header (None: leave out)."""
    header = {'alg': alg, 'OCPPAction': message[2], 'OCPPMessageTypedId': message[0], 'x5t#S256': thumbprint}
    header.update(more)
    header = {name: value for name, value in header.items() if value is not None}
    token = jws.JWS(json.dumps(message[3]))
    token.allowed_algs = [alg]
    token.add_signature(key, None, json.dumps(header), None)
    return [message[0], message[1], f'{message[2]}-Signed', json.loads(token.serialize())]


def verify(message, key, alg='ES256'):
    """(header, payload) of a signed call or result."""
    token = jws.JWS()
    token.allowed_algs = [alg]
    token.deserialize(json.dumps(message[-1]), key)
    return json.loads(token.objects['protected']), json.loads(token.payload)


def jwk_of(pem):
    return jwk.JWK.from_pem(pem)
