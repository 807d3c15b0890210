# SPDX-License-Identifier: Apache-2.0
"""HPKE (RFC 9180) and Noise once more, on python3-cryptography: written from the papers, not from our C."""
import struct

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

RAW = serialization.Encoding.Raw
POINT = serialization.Encoding.X962


def extract(salt, ikm):
    mac = hmac.HMAC(salt or bytes(32), hashes.SHA256())
    mac.update(ikm)
    return mac.finalize()


def expand(prk, info, size):
    return HKDFExpand(hashes.SHA256(), size, info).derive(prk)


def sha256(data):
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()


class X25519:
    ident = 0x20

    @staticmethod
    def public(private):
        key = x25519.X25519PrivateKey.from_private_bytes(private)
        return key.public_key().public_bytes(RAW, serialization.PublicFormat.Raw)

    @staticmethod
    def agree(private, public):
        return x25519.X25519PrivateKey.from_private_bytes(private).exchange(
            x25519.X25519PublicKey.from_public_bytes(public))


class P256:
    ident = 0x10

    @staticmethod
    def key(private):
        return ec.derive_private_key(int.from_bytes(private, 'big'), ec.SECP256R1())

    @staticmethod
    def public(private):
        return P256.key(private).public_key().public_bytes(POINT, serialization.PublicFormat.UncompressedPoint)

    @staticmethod
    def agree(private, public):
        return P256.key(private).exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))


class Hpke:
    """One context; enc is what the sender sends. Keys are raw bytes, empty where there are none."""

    def __init__(self, kem, aead, mode, info, psk=b'', psk_id=b''):
        self.kem, self.aead, self.mode, self.info, self.psk, self.psk_id = kem, aead, mode, info, psk, psk_id
        self.kem_suite = b'KEM' + struct.pack('>H', kem.ident)
        self.suite = b'HPKE' + struct.pack('>HHH', kem.ident, 1, aead)
        self.number = 0

    def labeled_extract(self, suite, salt, label, ikm):
        return extract(salt, b'HPKE-v1' + suite + label + ikm)

    def labeled_expand(self, suite, prk, label, info, size):
        return expand(prk, struct.pack('>H', size) + b'HPKE-v1' + suite + label + info, size)

    def send(self, ephemeral, receiver_public, sender=b''):
        self.enc = self.kem.public(ephemeral)
        dh, context = self.kem.agree(ephemeral, receiver_public), self.enc + receiver_public
        if sender:
            dh += self.kem.agree(sender, receiver_public)
            context += self.kem.public(sender)
        return self.schedule(dh, context)

    def receive(self, enc, receiver, sender_public=b''):
        dh, context = self.kem.agree(receiver, enc), enc + self.kem.public(receiver)
        if sender_public:
            dh += self.kem.agree(receiver, sender_public)
            context += sender_public
        return self.schedule(dh, context)

    def schedule(self, dh, kem_context):
        prk = self.labeled_extract(self.kem_suite, b'', b'eae_prk', dh)
        shared = self.labeled_expand(self.kem_suite, prk, b'shared_secret', kem_context, 32)
        context = bytes([self.mode]) + self.labeled_extract(self.suite, b'', b'psk_id_hash', self.psk_id)
        context += self.labeled_extract(self.suite, b'', b'info_hash', self.info)
        secret = self.labeled_extract(self.suite, shared, b'secret', self.psk)
        key = self.labeled_expand(self.suite, secret, b'key', context, 32)
        self.cipher = {2: AESGCM, 3: ChaCha20Poly1305}[self.aead](key)
        self.nonce = self.labeled_expand(self.suite, secret, b'base_nonce', context, 12)
        self.exporter = self.labeled_expand(self.suite, secret, b'exp', context, 32)
        return self

    def next_nonce(self):
        nonce = int.from_bytes(self.nonce, 'big') ^ self.number
        self.number += 1
        return nonce.to_bytes(12, 'big')

    def seal(self, aad, plain):
        return self.cipher.encrypt(self.next_nonce(), plain, aad)

    def open(self, aad, sealed):
        return self.cipher.decrypt(self.next_nonce(), sealed, aad)

    def export(self, context, size):
        return self.labeled_expand(self.suite, self.exporter, b'sec', context, size)


class Noise:
    """NNpsk0 and KKpsk0: the tokens of both messages, walked by whoever writes or reads them."""

    TOKENS = {'NN': (['psk', 'e'], ['e', 'ee']), 'KK': (['psk', 'e', 'es', 'ss'], ['e', 'ee', 'se'])}

    def __init__(self, pattern, is_initiator, prologue, psk, own=b'', peer=b''):
        self.h = self.ck = f'Noise_{pattern}psk0_25519_AESGCM_SHA256'.encode()
        self.is_initiator, self.psk, self.own, self.peer = is_initiator, psk, own, peer
        self.messages = list(self.TOKENS[pattern])
        self.mix_hash(prologue)
        if own:
            statics = [X25519.public(own), peer]
            for public in statics if is_initiator else reversed(statics):
                self.mix_hash(public)

    def mix_hash(self, data):
        self.h = sha256(self.h + data)

    def derive(self, ikm, count):
        output = expand(extract(self.ck, ikm), b'', 32 * count)
        self.ck = output[:32]
        return [output[i:i + 32] for i in range(32, 32 * count, 32)]

    def token(self, token, is_writing):
        if token == 'psk':
            mixed, self.k = self.derive(self.psk, 3)
            self.mix_hash(mixed)
        elif token == 'e':
            public = X25519.public(self.e) if is_writing else self.re
            self.mix_hash(public)
            self.k, = self.derive(public, 2)
        else:
            mine = token[0] if self.is_initiator else token[1]
            theirs = token[1] if self.is_initiator else token[0]
            shared = X25519.agree(self.e if mine == 'e' else self.own, self.re if theirs == 'e' else self.peer)
            self.k, = self.derive(shared, 2)

    def write(self, payload, ephemeral):
        self.e = ephemeral
        for token in self.messages.pop(0):
            self.token(token, True)
        sealed = AESGCM(self.k).encrypt(bytes(12), payload, self.h)
        self.mix_hash(sealed)
        return X25519.public(ephemeral) + sealed

    def read(self, message):
        self.re, sealed = message[:32], message[32:]
        for token in self.messages.pop(0):
            self.token(token, False)
        payload = AESGCM(self.k).decrypt(bytes(12), sealed, self.h)
        self.mix_hash(sealed)
        return payload

    def split(self):
        """(what we seal with, what we open with)"""
        keys = expand(extract(self.ck, b''), b'', 64)
        ciphers = AESGCM(keys[:32]), AESGCM(keys[32:])
        return ciphers if self.is_initiator else ciphers[::-1]
