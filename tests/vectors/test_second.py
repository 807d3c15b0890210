#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every symmetric primitive against a second implementation, both ways, with random input.

usage: test_second.py CRYPTO_PEER [SEED]

python3-cryptography for the AEADs, CBC, HKDF, HMAC, KWP and Fernet (its own Fernet class opens our tokens, and we
open its); python3-bcrypt for bcrypt; for Argon2id, RFC 9106 written out in argon2.py. What the second one made must
open here and the other way round, and of what was changed in one bit nothing may open.
"""
import base64
import hashlib
import os
import random
import struct
import sys
import time

import bcrypt
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

import argon2
from peer import Peer, Tally

ROUNDS = 200
FAILED = 'NOT_AUTHENTIC'
SEED = sys.argv[2] if len(sys.argv) > 2 else os.urandom(8).hex()
rnd = random.Random(SEED)


def some(most=300):
    """Random bytes of a random size: often small, and often about a multiple of a block."""
    return rnd.randbytes(rnd.choice([rnd.randrange(4), 16 * rnd.randrange(4) + rnd.randrange(3), rnd.randrange(most)]))


def changed(data):
    """The same with one bit, or its size, changed."""
    if not data or rnd.random() < 0.2:
        return data[:-1] if data and rnd.random() < 0.5 else data + rnd.randbytes(1)
    at = rnd.randrange(8 * len(data))
    return bytes(byte ^ (1 << at % 8 if at // 8 == n else 0) for n, byte in enumerate(data))


def aead(peer, tally):
    for name, suite, other in (('AES-256-GCM', 1, AESGCM), ('ChaCha20-Poly1305', 2, ChaCha20Poly1305)):
        for _ in range(ROUNDS):
            key, nonce, aad, plain = rnd.randbytes(32), rnd.randbytes(12), some(), some(3000)
            sealed = other(key).encrypt(nonce, plain, aad)
            ours = peer.ask('aead.seal', bytes([suite]), key, nonce, aad, plain)
            tally.check(name, ours == [sealed], (key, nonce, aad, plain))
            tally.check(name, peer.ask('aead.open', bytes([suite]), key, nonce, aad, sealed) == [plain], 'open')
            for bad in ((changed(sealed), aad), (sealed, changed(aad))):
                answer = peer.ask('aead.open', bytes([suite]), key, nonce, bad[1], bad[0])
                tally.check(name, answer == FAILED, ('changed', answer))


def cbc_of(key, iv, plain):
    padder = padding.PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return iv + cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()


def cbc_open(key, sealed):
    """The plain text, or FAILED."""
    if len(sealed) < 32 or len(sealed) % 16:
        return FAILED
    cipher = Cipher(algorithms.AES(key), modes.CBC(sealed[:16])).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        return [unpadder.update(cipher.update(sealed[16:]) + cipher.finalize()) + unpadder.finalize()]
    except ValueError:
        return FAILED


def cbc(peer, tally):
    for _ in range(ROUNDS):
        key, iv, plain = rnd.randbytes(32), rnd.randbytes(16), some()
        sealed = cbc_of(key, iv, plain)
        tally.check('AES-256-CBC', peer.ask('cbc.seal', key, plain, iv) == [sealed], (key, iv, plain))
        tally.check('AES-256-CBC', cbc_open(key, peer.must('cbc.seal', key, plain)) == [plain], 'random IV')
        # Also what is changed: both say the same, which is sometimes another plain text.
        for bad in (sealed, changed(sealed), changed(sealed), rnd.randbytes(16 * rnd.randrange(5))):
            tally.check('AES-256-CBC', peer.ask('cbc.open', key, bad) == cbc_open(key, bad), (key, bad))


def lp(data):
    return struct.pack('>H', len(data)) + data


def v1m_mac(key, tenant, device, n, readings):
    mac_key = HKDF(hashes.SHA256(), 32, None, b'voltseal/v1m/mac\0').derive(key)
    mac = hmac.HMAC(mac_key, hashes.SHA256())
    mac.update(b'voltseal/v1m\0' + lp(tenant) + lp(device) + struct.pack('>QH', n, len(readings)))
    for reading in readings:
        mac.update(b''.join(map(lp, reading)))
    return mac.finalize()[:16]


def v1m(peer, tally):
    for _ in range(ROUNDS):
        key, tenant, device, n = rnd.randbytes(32), some(20), some(20), rnd.getrandbits(64)
        values = [some(40) for _ in range(rnd.randrange(5))]
        readings = [[some(20), some(5), peer.must('v1m.value', key, value) if rnd.random() < 0.5 else
                     base64.b64encode(cbc_of(key, rnd.randbytes(16), value))] for value in values]
        for value, reading in zip(values, readings):
            tally.check('v1m', cbc_open(key, base64.b64decode(reading[2], validate=True)) == [value], 'value')
        fields = [field for reading in readings for field in reading]
        mac = v1m_mac(key, tenant, device, n, readings)
        tally.check('v1m', peer.ask('v1m.mac', key, tenant, device, n, *fields) == [mac], 'mac')
        answer = peer.ask('v1m.open', key, tenant, device, n, mac, *fields)
        tally.check('v1m', answer == [b''.join(values)], answer)
        bad = [key, tenant, device, n, mac, *fields]
        at = rnd.choice([0, 1, 2, 4, *range(5, len(bad))])
        bad[at] = bytes(b ^ 1 for b in bad[at]) if at == 0 else changed(bad[at])
        answer = peer.ask('v1m.open', *bad)
        tally.check('v1m', answer == FAILED, ('changed', at, answer))


def fernet(peer, tally):
    for _ in range(ROUNDS):
        key, plain = Fernet.generate_key(), some(3000)
        now = int(time.time())
        ours, theirs = peer.must('fernet.seal', key, plain, now), Fernet(key).encrypt(plain)
        tally.check('Fernet', Fernet(key).decrypt(ours, ttl=60) == plain, 'ours, opened by cryptography.fernet')
        tally.check('Fernet', Fernet(key).extract_timestamp(ours) == now, 'our time')
        answer = peer.ask('fernet.open', key, theirs, now, 60, 60)
        made = Fernet(key).extract_timestamp(theirs)
        mac = base64.urlsafe_b64decode(theirs)[-32:]
        tally.check('Fernet', answer == [plain, made.to_bytes(8, 'big'), mac], 'theirs, opened here')
        at, age = now + rnd.randrange(-200, 200), rnd.randrange(100)
        try:
            expected = [Fernet(key).decrypt_at_time(theirs, age, at), made.to_bytes(8, 'big'), mac]
        except InvalidToken:
            expected = FAILED
        tally.check('Fernet', peer.ask('fernet.open', key, theirs, at, age, 60) == expected, ('time', made, at, age))
        for token in (ours, theirs):
            answer = peer.ask('fernet.open', key, changed(token), now, 60, 60)
            tally.check('Fernet', answer == FAILED, ('changed', answer))


def derived(peer, tally):
    for _ in range(ROUNDS):
        salt, key, info, size = some(), some(), some(), rnd.choice([rnd.randrange(1, 100), rnd.randrange(1, 8161)])
        expected = HKDF(hashes.SHA256(), size, salt, info).derive(key)
        tally.check('HKDF', peer.ask('hkdf', salt, key, info, size) == [expected], (salt, key, info, size))
        key, data = some(), some(5000)
        mac = hmac.HMAC(key, hashes.SHA256())
        mac.update(data)
        tally.check('HMAC', peer.ask('hmac', key, data) == [mac.finalize()], (key, data))
        tally.check('SHA-256', peer.ask('sha256', data) == [hashlib.sha256(data).digest()], data)
    tally.check('Argon2id', argon2.argon2id(b'password', b'somesalt', 256, 2, 32).hex()
                == '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe', 'argon2.py itself')
    passphrase, salt = some(40), rnd.randbytes(rnd.randrange(16, 40))
    memory, passes, size = 8192 + rnd.randrange(9), rnd.randrange(1, 3), rnd.randrange(16, 150)
    expected = argon2.argon2id(passphrase, salt, memory, passes, size)
    tally.check('Argon2id', peer.ask('argon2id', passphrase, salt, memory, passes, size) == [expected],
                (passphrase, salt, memory, passes, size))


def passwords(peer, tally):
    def text(most):
        return bytes(rnd.randrange(1, 256) for _ in range(rnd.randrange(1, most)))
    for _ in range(ROUNDS):
        pepper, parts = rnd.randbytes(32), [some(30), some(30), some(30)]
        mac = hmac.HMAC(pepper, hashes.SHA256())
        mac.update(b'voltseal/pw/v1\0' + b''.join(map(lp, parts)))
        tally.check('password verifier', peer.ask('verifier', pepper, *parts) == [mac.finalize()], parts)
    for _ in range(10):
        password = text(73)
        ours, theirs = peer.must('bcrypt.make', password, 4), bcrypt.hashpw(password, bcrypt.gensalt(4))
        tally.check('bcrypt', bcrypt.checkpw(password, ours), ('ours, checked by python3-bcrypt', password))
        for prefix in (b'$2b$', b'$2a$', b'$2y$'):
            answer = peer.ask('bcrypt.check', password, prefix + theirs[4:])
            tally.check('bcrypt', answer == [b''], ('theirs, checked here', prefix, password, answer))
        answer = peer.ask('bcrypt.check', password[:-1] + bytes([password[-1] ^ 1 or 2]), theirs)
        tally.check('bcrypt', answer == FAILED, ('changed', password, answer))
    for bad in (b'a\0b', b'x' * 73):
        tally.check('bcrypt', peer.ask('bcrypt.make', bad, 4) == 'BAD_VALUE', bad)


def kwp(peer, tally):
    for _ in range(ROUNDS):
        wrapping, key = rnd.randbytes(32), rnd.randbytes(rnd.randrange(1, 100))
        wrapped = aes_key_wrap_with_padding(wrapping, key)
        tally.check('AES-KWP', peer.ask('kwp.seal', wrapping, key) == [wrapped], (wrapping, key))
        tally.check('AES-KWP', peer.ask('kwp.open', wrapping, wrapped) == [key], 'open')
        tally.check('AES-KWP', peer.ask('kwp.open', wrapping, changed(wrapped)) == FAILED, 'changed')


def main():
    print('seed', SEED)
    peer, tally = Peer(sys.argv[1]), Tally()
    for check in (aead, cbc, v1m, fernet, derived, passwords, kwp):
        check(peer, tally)
    peer.close()
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())
