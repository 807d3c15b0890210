# SPDX-License-Identifier: Apache-2.0
"""The provisioning protocol once more, by python3-cryptography alone and from the document, not from our C:
HPKE (RFC 9180, DHKEM X25519, HKDF-SHA256, AES-256-GCM), the envelope, the messages, E1."""
import base64
import hashlib
import hmac
import json
import os
import struct
import time
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM, KDF, AEAD = 0x20, 1, 2
MODE_PSK, MODE_AUTH = 1, 2
TYPES = {'request': ('req', 1), 'resp': ('resp', 2), 'update': ('upd', 2), 'delete': ('del', 2), 'ack': ('ack', 2)}
LABEL = 'voltseal/prov/v2'


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def raw(key):
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def raw_private(key):
    return key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())


# --- RFC 9180 ---------------------------------------------------------------------------------------

def extract(salt, ikm):
    return hmac.new(salt or b'\0' * 32, ikm, hashlib.sha256).digest()


def expand(prk, info, size):
    out = block = b''
    count = 1
    while len(out) < size:
        block = hmac.new(prk, block + info + bytes([count]), hashlib.sha256).digest()
        out += block
        count += 1
    return out[:size]


class Suite:
    def __init__(self, suite_id):
        self.id = suite_id

    def extract(self, salt, label, ikm):
        return extract(salt, b'HPKE-v1' + self.id + label + ikm)

    def expand(self, prk, label, info, size):
        return expand(prk, struct.pack('>H', size) + b'HPKE-v1' + self.id + label + info, size)


OF_KEM = Suite(b'KEM' + struct.pack('>H', KEM))
OF_HPKE = Suite(b'HPKE' + struct.pack('>HHH', KEM, KDF, AEAD))


def shared_secret(dh, context):
    eae = OF_KEM.extract(b'', b'eae_prk', dh)
    return OF_KEM.expand(eae, b'shared_secret', context, 32)


def schedule(mode, secret, info, psk, psk_id):
    psk_id_hash = OF_HPKE.extract(b'', b'psk_id_hash', psk_id)
    info_hash = OF_HPKE.extract(b'', b'info_hash', info)
    context = bytes([mode]) + psk_id_hash + info_hash
    secret = OF_HPKE.extract(secret, b'secret', psk)
    return OF_HPKE.expand(secret, b'key', context, 32), OF_HPKE.expand(secret, b'base_nonce', context, 12)


def hpke_seal(mode, peer, info, aad, plain, psk=b'', psk_id=b'', sender=None, ephemeral=None):
    ephemeral = ephemeral or X25519PrivateKey.generate()
    enc = raw(ephemeral.public_key())
    peer_key = X25519PublicKey.from_public_bytes(peer)
    dh, context = ephemeral.exchange(peer_key), enc + peer
    if sender is not None:
        dh += sender.exchange(peer_key)
        context += raw(sender.public_key())
    key, nonce = schedule(mode, shared_secret(dh, context), info, psk, psk_id)
    return enc, AESGCM(key).encrypt(nonce, plain, aad)


def hpke_open(mode, own, enc, info, aad, sealed, psk=b'', psk_id=b'', sender=None):
    dh, context = own.exchange(X25519PublicKey.from_public_bytes(enc)), enc + raw(own.public_key())
    if sender is not None:
        dh += own.exchange(X25519PublicKey.from_public_bytes(sender))
        context += sender
    key, nonce = schedule(mode, shared_secret(dh, context), info, psk, psk_id)
    return AESGCM(key).decrypt(nonce, sealed, aad)


# --- the envelope -------------------------------------------------------------------------------------

def lp(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack('>H', len(data)) + data


def info_of(tenant, kind, kid):
    return LABEL.encode() + b'\0' + lp(tenant) + lp(kind) + lp(kid)


def topic_of(tenant, claim, kind):
    return f'prov/v2/{tenant}/{claim}/{TYPES[kind][0]}'


def aad_of(tenant, claim, kind, message_id):
    return (LABEL.encode() + b'\0' + lp(topic_of(tenant, claim, kind)) + lp(message_id)
            + struct.pack('>H', TYPES[kind][1]) + lp(claim))


def pad(plain):
    return plain + b' ' * (-len(plain) % 512)


def seal(kind, tenant, claim, kid, peer, plain, psk=b'', sender=None, message_id=None, ephemeral=None):
    message_id = message_id or str(uuid.uuid4())
    enc, sealed = hpke_seal(TYPES[kind][1], peer, info_of(tenant, kind, kid), aad_of(tenant, claim, kind, message_id),
                            pad(plain), psk, claim.encode() if psk else b'', sender, ephemeral)
    return json.dumps({'v': 2, 't': kind, 'kid': kid, 'm': TYPES[kind][1], 'pid': claim, 'enc': b64u(enc),
                       'ct': b64u(sealed), 'id': message_id}, separators=(',', ':')).encode()


def open_envelope(text, tenant, own, psk=b'', sender=None):
    envelope = json.loads(text)
    kind, claim = envelope['t'], envelope['pid']
    return hpke_open(envelope['m'], own, unb64u(envelope['enc']), info_of(tenant, kind, envelope['kid']),
                     aad_of(tenant, claim, kind, envelope['id']), unb64u(envelope['ct']), psk,
                     claim.encode() if psk else b'', sender)


def ciphertext_sha256(text):
    return hashlib.sha256(unb64u(json.loads(text)['ct'])).digest()


def now_text(offset_s=0):
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() + offset_s)) + '.000Z'


# --- E1 -------------------------------------------------------------------------------------------------

def e1_padding(digest):
    algorithm = {'sha1': hashes.SHA1, 'sha256': hashes.SHA256}[digest]
    return padding.OAEP(mgf=padding.MGF1(algorithm()), algorithm=algorithm(), label=None)


def e1_seal(public_key, plain, digest='sha256', key_size=32, nonce_size=12):
    key, nonce = os.urandom(key_size), os.urandom(nonce_size)
    sealed = AESGCM(key).encrypt(nonce, plain, None)
    parts = {'session_key': public_key.encrypt(key, e1_padding(digest)), 'ciphertext': sealed[:-16], 'nonce': nonce,
             'tag': sealed[-16:]}
    return json.dumps({name: base64.b64encode(part).decode() for name, part in parts.items()}).encode()


def e1_open(private_key, text, digest='sha256'):
    parts = {name: base64.b64decode(part, validate=True) for name, part in json.loads(text).items()}
    key = private_key.decrypt(parts['session_key'], e1_padding(digest))
    return AESGCM(key).decrypt(parts['nonce'], parts['ciphertext'] + parts['tag'], None)


def spki(public_key):
    return public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def pem(public_key):
    return public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def e1_proof(secret, receiver, device, action, user, public_key='', csr=''):
    said = b'voltseal/prov/e1\0' + lp(device) + lp(action) + lp(user)
    for part in (spki(receiver), public_key.encode(), csr.encode()):
        said += lp(hashlib.sha256(part).digest())
    return b64u(hmac.new(secret, said, hashlib.sha256).digest())
