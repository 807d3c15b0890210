#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every asymmetric primitive against a second implementation, both ways, with random input.

usage: test_second_asymmetric.py CRYPTO_PEER [SEED]

python3-cryptography for agreement, signatures and envelopes; second_hpke_noise.py, written on it, for HPKE and
Noise. This is also where the default suite of HPKE (AES-256-GCM) is checked, which RFC 9180 has no vector of.
"""
import os
import random
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from peer import Peer, Tally
from second_hpke_noise import P256, X25519, Hpke, Noise

ROUNDS = 24
FAILED = 'NOT_AUTHENTIC'
SEED = sys.argv[2] if len(sys.argv) > 2 else os.urandom(8).hex()
rnd = random.Random(SEED)


def some(most=300):
    return rnd.randbytes(rnd.randrange(most))


def changed(data):
    at = rnd.randrange(8 * len(data))
    return bytes(byte ^ (1 << at % 8 if at // 8 == n else 0) for n, byte in enumerate(data))


def scalar(kem):
    """A private key: any 32 bytes, below the order of P-256."""
    return rnd.randbytes(32) if kem is X25519 else b'\x7f' + rnd.randbytes(31)


def agreement(peer, tally):
    for kem, kind, operation in ((X25519, 1, 'x25519'), (P256, 2, 'ecdh_raw')):
        for _ in range(ROUNDS):
            a, b = scalar(kem), scalar(kem)
            tally.check(operation, peer.ask('public', kind, a) == [kem.public(a)], a)
            tally.check(operation, peer.ask(operation, a, kem.public(b)) == [kem.agree(b, kem.public(a))], (a, b))


def der(key):
    return (key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()),
            key.public_key().public_bytes(serialization.Encoding.DER,
                                          serialization.PublicFormat.SubjectPublicKeyInfo))


def as_raw(signature, size):
    return b''.join(number.to_bytes(size, 'big') for number in utils.decode_dss_signature(signature))


def as_der(signature):
    half = len(signature) // 2
    return utils.encode_dss_signature(int.from_bytes(signature[:half], 'big'), int.from_bytes(signature[half:], 'big'))


def schemes():
    """name, private key, how python signs and checks, the size of the numbers"""
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    keys = rsa.generate_private_key(65537, 2048)
    yield 'EdDSA', ed25519.Ed25519PrivateKey.generate(), (), 0
    yield 'ES256', ec.generate_private_key(ec.SECP256R1()), (ec.ECDSA(hashes.SHA256()),), 32
    yield 'ES384', ec.generate_private_key(ec.SECP384R1()), (ec.ECDSA(hashes.SHA384()),), 48
    yield 'RS256', keys, (padding.PKCS1v15(), hashes.SHA256()), 0
    yield 'RS384', keys, (padding.PKCS1v15(), hashes.SHA384()), 0
    yield 'PS256', keys, (pss, hashes.SHA256()), 0


def is_good(public, signature, message, how):
    try:
        public.verify(signature, message, *how)
        return True
    except InvalidSignature:
        return False


def signatures(peer, tally):
    for name, key, how, size in schemes():
        private, public = der(key)
        for number in range(ROUNDS):
            message, form = some(), number % 2
            ours = peer.must('sign_make', name, form, private, message)
            theirs = key.sign(message, *how)
            ours_der = as_der(ours) if size and form == 0 else ours
            tally.check(name, is_good(key.public_key(), ours_der, message, how), 'ours, theirs to check')
            given = as_raw(theirs, size) if size and form == 0 else theirs
            tally.check(name, peer.ask('sign_check', name, form, public, message, given) == [], 'theirs')
            answer = peer.ask('sign_check', name, form, public, message, changed(given))
            tally.check(name, answer == FAILED, ('changed', answer))
            answer = peer.ask('sign_check', name, form, public, message + b'.', given)
            tally.check(name, answer == FAILED, ('other message', answer))


def envelopes(peer, tally):
    key = rsa.generate_private_key(65537, 2048)
    private, public = der(key)
    for number in range(ROUNDS):
        digest, size, nonce_size = number & 1, (16, 32)[number >> 1 & 1], (12, 16)[number >> 2 & 1]
        algorithm = hashes.SHA1() if digest else hashes.SHA256()
        oaep = padding.OAEP(padding.MGF1(algorithm), algorithm, None)
        aad, plain = some(), some()
        wrapped, nonce, tag, sealed = peer.ask('envelope_seal', digest, size, nonce_size, public, aad, plain)
        secret = key.decrypt(wrapped, oaep)
        tally.check('RSA-OAEP envelope', len(secret) == size and len(nonce) == nonce_size, 'sizes')
        tally.check('RSA-OAEP envelope', AESGCM(secret).decrypt(nonce, sealed + tag, aad) == plain, 'ours')
        secret, nonce = rnd.randbytes(size), rnd.randbytes(nonce_size)
        sealed = AESGCM(secret).encrypt(nonce, plain, aad)
        parts = [key.public_key().encrypt(secret, oaep), nonce, sealed[-16:], sealed[:-16]]
        form = (digest, size, nonce_size, private, aad)
        tally.check('RSA-OAEP envelope', peer.ask('envelope_open', *form, *parts) == [plain], 'theirs')
        at = rnd.randrange(4 if parts[3] else 3)
        parts[at] = changed(parts[at])
        answer = peer.ask('envelope_open', *form, *parts)
        tally.check('RSA-OAEP envelope', answer == FAILED, ('changed', at, answer))


def hpke_setup(kem, mode):
    psk, psk_id = (rnd.randbytes(rnd.randrange(32, 80)), some(40) + b'.') if mode & 1 else (b'', b'')
    return some(200), psk, psk_id, scalar(kem) if mode & 2 else b''


def hpke(peer, tally):
    for number in range(16 * ROUNDS // 4):
        kem, aead, mode = (X25519, P256)[number & 1], (2, 3)[number >> 1 & 1], number >> 2 & 3
        name = f'HPKE {kem.__name__} AEAD {aead}'
        info, psk, psk_id, sender = hpke_setup(kem, mode)
        sender_public = kem.public(sender) if sender else b''
        receiver = scalar(kem)
        ours = (kem.ident, aead, mode, info, psk, psk_id)
        # They send, we open.
        they = Hpke(kem, aead, mode, info, psk, psk_id).send(scalar(kem), kem.public(receiver), sender)
        tally.check(name, peer.ask('hpke_receiver', *ours, sender_public, they.enc, receiver) == [], 'receiver')
        for _ in range(3):
            aad, plain = some(), some()
            tally.check(name, peer.ask('hpke_open', aad, changed(they.cipher.encrypt(bytes(12), plain, aad)))
                        == FAILED, 'changed')
            tally.check(name, peer.ask('hpke_open', aad, they.seal(aad, plain)) == [plain], 'theirs')
        tally.check(name, peer.ask('hpke_export', b'x', 77) == [they.export(b'x', 77)], 'export')
        # We send, they open.
        enc = peer.must('hpke_sender', *ours, sender, b'', kem.public(receiver))
        they = Hpke(kem, aead, mode, info, psk, psk_id).receive(enc, receiver, sender_public)
        for _ in range(3):
            aad, plain = some(), some()
            sealed = peer.must('hpke_seal', aad, plain)
            try:
                tally.check(name, they.open(aad, sealed) == plain, 'ours')
            except InvalidTag:
                tally.check(name, False, 'ours does not open')
        tally.check(name, peer.ask('hpke_export', b'y', 5) == [they.export(b'y', 5)], 'export')


def noise_transport(peer, tally, name, role, they):
    seal, read = they.split()
    tally.check(name, peer.ask('noise_split', role) == [they.h], 'hash')
    for number in range(4):
        nonce, aad, plain = bytes(4) + number.to_bytes(8, 'big'), some(60), some()
        tally.check(name, peer.ask('noise_open', role, aad, seal.encrypt(nonce, plain, aad)) == [plain], 'theirs')
        tally.check(name, read.decrypt(nonce, peer.must('noise_seal', role, aad, plain), aad) == plain, 'ours')
        answer = peer.ask('noise_open', role, aad, seal.encrypt(nonce, plain, aad))
        tally.check(name, answer == FAILED, 'its number has passed')


def noise(peer, tally):
    for number in range(2 * ROUNDS):
        pattern, role = ('NN', 'KK')[number & 1], number >> 1 & 1
        name = f'Noise {pattern}psk0'
        prologue, psk = some(100), rnd.randbytes(32)
        ours, theirs = (scalar(X25519), scalar(X25519)) if pattern == 'KK' else (b'', b'')
        publics = (X25519.public(theirs), X25519.public(ours)) if ours else (b'', b'')
        they = Noise(pattern, role == 1, prologue, psk, theirs, publics[1])
        answer = peer.ask('noise_new', role, number & 1, prologue, psk, ours, publics[0], 0)
        tally.check(name, answer == [], answer)
        for turn in (0, 1):
            payload = some()
            if turn == role:
                message = peer.must('noise_write', role, payload, b'')
                tally.check(name, they.read(message) == payload, 'ours')
            else:
                message = they.write(payload, scalar(X25519))
                tally.check(name, peer.ask('noise_read', role, message) == [payload], 'theirs')
        noise_transport(peer, tally, name, role, they)
        if role == 1:
            peer.ask('noise_new', role, number & 1, prologue, changed(psk), ours, publics[0], 0)
            they = Noise(pattern, True, prologue, psk, theirs, publics[1])
            answer = peer.ask('noise_read', role, they.write(b'', scalar(X25519)))
            tally.check(name, answer == FAILED, ('another psk', answer))


def main():
    print('seed', SEED)
    peer, tally = Peer(sys.argv[1]), Tally()
    for check in (agreement, signatures, envelopes, hpke, noise):
        check(peer, tally)
    peer.ask('forget')
    peer.close()
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())
