#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The published vectors of the asymmetric primitives: RFC 9180, cacophony's Noise, Wycheproof.

usage: test_asymmetric.py CRYPTO_PEER
"""
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from peer import Peer, Tally, load, wycheproof

FAILED = 'NOT_AUTHENTIC'
HPKE_KEM, HPKE_AEAD = {'16', '32'}, {'2', '3', '65535'}


def unhex(test, *names):
    return [bytes.fromhex(test.get(name) or '') for name in names]


def hpke_messages(peer, tally, name, vector, seal):
    """Every message up to the last one that the vector tells; those between are sealed and forgotten."""
    at = 0
    for known in vector['encryptions']:
        plain, aad, sealed = unhex(known, 'pt', 'aad', 'ct')
        number = int(known['sequence number'])
        if not seal:
            if number == at:
                tally.check(name, peer.ask('hpke_open', aad, sealed) == [plain], ('open', number))
                at += 1
            continue
        for _ in range(at, number):
            peer.must('hpke_seal', b'', b'')
        tally.check(name, peer.ask('hpke_seal', aad, plain) == [sealed], ('seal', number))
        at = number + 1
    for known in vector['exports']:
        answer = peer.ask('hpke_export', *unhex(known, 'exporter_context'), int(known['L']))
        tally.check(name, answer == unhex(known, 'exported_value'), 'export')


def hpke(peer, tally):
    for vector in load('hpke/rfc9180_appendix_a.json'):
        name = f'HPKE {vector["suite"]}'
        if vector['kem_id'] not in HPKE_KEM or vector['kdf_id'] != '1' or vector['aead_id'] not in HPKE_AEAD:
            tally.not_offered('HPKE suites')
            continue
        kem, aead, mode = (int(vector[key]) for key in ('kem_id', 'aead_id', 'mode'))
        info, psk, psk_id, sender, sender_public = unhex(vector, 'info', 'psk', 'psk_id', 'skSm', 'pkSm')
        ephemeral, receiver, receiver_public, enc = unhex(vector, 'skEm', 'skRm', 'pkRm', 'enc')
        for ikm, key in (('ikmE', ephemeral), ('ikmR', receiver), ('ikmS', sender)):
            if ikm in vector:
                tally.check(name, peer.ask('hpke_derive', kem, *unhex(vector, ikm)) == [key], ikm)
        setup = (kem, aead, mode, info, psk, psk_id)
        answer = peer.ask('hpke_sender', *setup, sender, ephemeral, receiver_public)
        tally.check(name, answer == [enc], ('mode', mode, answer))
        hpke_messages(peer, tally, name, vector, True)
        answer = peer.ask('hpke_receiver', *setup, sender_public, enc, receiver)
        tally.check(name, answer == [], ('mode', mode, answer))
        hpke_messages(peer, tally, name, vector, False)


def noise(peer, tally):
    patterns = {'Noise_NNpsk0_25519_AESGCM_SHA256': 0, 'Noise_KKpsk0_25519_AESGCM_SHA256': 1}
    for vector in load('noise/cacophony_subset.json')['vectors']:
        name = vector['protocol_name']
        if name not in patterns:
            tally.not_offered('Noise patterns')
            continue
        ephemeral = []
        for role, side, other in ((0, 'init', 'resp'), (1, 'resp', 'init')):
            prologue, own, peer_key, key = unhex(vector, f'{side}_prologue', f'{side}_static', f'{side}_remote_static',
                                                 f'{side}_ephemeral')
            psk = bytes.fromhex(vector[f'{side}_psks'][0])
            answer = peer.ask('noise_new', role, patterns[name], prologue, psk, own, peer_key, 1)
            tally.check(name, answer == [], (side, other, answer))
            ephemeral.append(key)
        for number, message in enumerate(vector['messages']):
            payload, sealed = unhex(message, 'payload', 'ciphertext')
            role = number % 2
            if number < 2:
                answers = (peer.ask('noise_write', role, payload, ephemeral[role]),
                           peer.ask('noise_read', 1 - role, sealed))
            else:
                answers = (peer.ask('noise_seal', role, b'', payload), peer.ask('noise_open', 1 - role, b'', sealed))
            tally.check(name, answers == ([sealed], [payload]), (number, answers))
            if number == 1:
                for side in (0, 1):
                    answer = peer.ask('noise_split', side)
                    tally.check(name, answer == unhex(vector, 'handshake_hash'), 'hash')


def agreement(peer, tally):
    for _, test in wycheproof('x25519'):
        public, private, shared = unhex(test, 'public', 'private', 'shared')
        answer = peer.ask('x25519', private, public)
        # A result of zero is "acceptable" to Wycheproof; here it is refused.
        expected = 'BAD_VALUE' if not any(shared) else [shared]
        tally.check('x25519', answer == expected, (test['tcId'], test['comment'], answer))
    for _, test in wycheproof('ecdh_secp256r1'):
        public, private, shared = unhex(test, 'public', 'private', 'shared')
        private = private.lstrip(b'\0').rjust(32, b'\0')
        answer = peer.ask('ecdh_der', private, public)
        is_good = answer == [shared]
        if test['result'] == 'invalid' or (test['result'] == 'acceptable' and isinstance(answer, str)):
            is_good = answer in ('BAD_VALUE', 'BAD_MESSAGE')
        tally.check('ecdh_secp256r1', is_good, (test['tcId'], test['comment'], answer))


def signatures(peer, tally):
    for name, alg, form in (('ecdsa_secp256r1_sha256', 'ES256', 1), ('ecdsa_secp256r1_sha256_p1363', 'ES256', 0),
                            ('ecdsa_secp384r1_sha384', 'ES384', 1), ('ed25519', 'EdDSA', 0),
                            ('rsa_pss_2048_sha256_mgf1_32', 'PS256', 0)):
        for group, test in wycheproof(name):
            message, signature = unhex(test, 'msg', 'sig')
            answer = peer.ask('sign_check', alg, form, bytes.fromhex(group['publicKeyDer']), message, signature)
            expected = FAILED if test['result'] == 'invalid' else []
            tally.check(name, answer == expected, (test['tcId'], test['comment'], answer))


def envelopes(peer, tally):
    """Each wrapped message is tried as the key of an envelope: what is not 16 or 32 bytes, has a label, is wrapped
    with another MGF1 or is malformed must all look the same."""
    for name, digest, is_offered in (('rsa_oaep_2048_sha1_mgf1sha1', 1, True),
                                     ('rsa_oaep_2048_sha256_mgf1sha1', 0, False),
                                     ('rsa_oaep_2048_sha256_mgf1sha256', 0, True),
                                     ('rsa_oaep_3072_sha256_mgf1sha256', 0, True),
                                     ('rsa_oaep_4096_sha256_mgf1sha256', 0, True)):
        keys = {}
        for group, test in wycheproof(name):
            message, wrapped, label = unhex(test, 'msg', 'ct', 'label')
            private = bytes.fromhex(group['privateKeyPkcs8'])
            size = len(message) if len(message) in (16, 32) else 32
            key = message if len(message) == size else bytes(size)
            nonce, plain = bytes(12), b'what is sealed'
            sealed = AESGCM(key).encrypt(nonce, plain, b'aad')
            answer = peer.ask('envelope_open', digest, size, 12, private, b'aad', wrapped, nonce, sealed[-16:],
                              sealed[:-16])
            opens = is_offered and test['result'] != 'invalid' and not label and len(message) == size
            tally.check(name, answer == ([plain] if opens else FAILED), (test['tcId'], test['comment'], answer))
            keys[private] = len(wrapped)
        # Few of them wrap a key: so wrap keys of both sizes to the same RSA keys.
        for private in keys if is_offered else ():
            rsa = serialization.load_der_private_key(private, None)
            wrap_keys(peer, tally, name, digest, private, rsa.public_key())


def wrap_keys(peer, tally, name, digest, private, public):
    from cryptography.hazmat.primitives.asymmetric import padding
    algorithm = hashes.SHA1() if digest else hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(algorithm), algorithm, None)
    for size in (16, 31, 32, 33):
        key = bytes(range(size))
        sealed = AESGCM(key[:16 if size == 16 else 32].ljust(16 if size == 16 else 32, b'\0')).encrypt(
            bytes(16), b'plain', None)
        answer = peer.ask('envelope_open', digest, 16 if size == 16 else 32, 16, private, b'',
                          public.encrypt(key, oaep), bytes(16), sealed[-16:], sealed[:-16])
        tally.check(name, answer == ([b'plain'] if size in (16, 32) else FAILED), ('wrapped', size, answer))


def main():
    peer, tally = Peer(sys.argv[1]), Tally()
    for check in (hpke, noise, agreement, signatures, envelopes):
        check(peer, tally)
    peer.ask('forget')
    peer.close()
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())
