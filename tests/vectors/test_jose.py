#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""JWS and JWE: Wycheproof's vectors, and python3-jwcrypto as a second implementation, both ways.

usage: test_jose.py CRYPTO_PEER
"""
import json
import sys

from jwcrypto import jwe, jwk, jws

from peer import Peer, Tally, load

SIGN = {'EdDSA': 'OKP', 'ES256': 'EC', 'ES384': 'EC', 'RS256': 'RSA', 'RS384': 'RSA', 'PS256': 'RSA'}
JWE_ALG = ['dir', 'A256KW', 'A256GCMKW', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW']
JWE_ENC = ['A256GCM', 'A128CBC-HS256', 'A256CBC-HS512']
CURVE = {'EdDSA': 'Ed25519', 'ES256': 'P-256', 'ES384': 'P-384'}


def public_pem(key):
    return key.export_to_pem()


def private_pem(key):
    return key.export_to_pem(private_key=True, password=None)


def refused(answer):
    return isinstance(answer, str) and answer != 'unknown'


def payload_of(text):
    """What a valid token of the vectors says."""
    if text.startswith('{'):
        text = '..'.join([json.loads(text)['payload']] * 2)
        return jws.base64url_decode(text.split('.')[0])
    return jws.base64url_decode(text.split('.')[1])


def header_alg(text):
    try:
        part = json.loads(text)['protected'] if text.startswith('{') else text.split('.')[0]
        return json.loads(jws.base64url_decode(part)).get('alg')
    except (ValueError, KeyError, AttributeError):
        return None


def signature_vectors(peer, tally, name):
    for group in load(f'wycheproof/json_web_{name}_test.json')['testGroups']:
        key = group.get('private') or {}
        for test in group['tests']:
            alg = key.get('alg')
            text = test.get('jws')
            if not isinstance(text, str) or alg not in SIGN or key['kty'] != SIGN[alg]:
                tally.not_offered(f'JWS {name}')
                continue
            pem = public_pem(jwk.JWK(**{k: v for k, v in key.items() if k not in ('alg', 'use')}))
            answer = peer.ask('jws_check', pem, alg, text)
            # Two valid ones of RFC 7520 name another algorithm than their key: here the key decides.
            if test['result'] == 'invalid' or header_alg(text) != alg:
                is_good = refused(answer)
            else:
                is_good = answer == [payload_of(text)] or (test['result'] == 'acceptable' and refused(answer))
            tally.check(f'JWS {name}', is_good, (test['tcId'], test['comment'], test['flags'], answer, text[:60]))


def encryption_vectors(peer, tally):
    for group in load('wycheproof/json_web_encryption_test.json')['testGroups']:
        key = group['private']
        for test in group['tests']:
            alg, enc, text = key.get('alg'), test.get('enc'), test.get('jwe')
            is_p256 = key.get('crv') in (None, 'P-256')
            if alg not in JWE_ALG or enc not in JWE_ENC or not isinstance(text, str) or not is_p256:
                tally.not_offered('JWE')
                continue
            number = JWE_ALG.index(alg)
            if key['kty'] == 'EC':
                secret = private_pem(jwk.JWK(**{k: v for k, v in key.items() if k not in ('alg', 'use')}))
            else:
                secret = jws.base64url_decode(key['k'])
            answer = peer.ask('jwe_open', number, JWE_ENC.index(enc), secret, 1, text)
            is_good = refused(answer) if test['result'] == 'invalid' else answer == [bytes.fromhex(test['pt'])]
            if test['result'] == 'acceptable':
                is_good = is_good or refused(answer)
            tally.check('JWE', is_good, (test['tcId'], test['comment'], test['flags'], alg, enc, answer))


def new_key(alg):
    if SIGN[alg] == 'RSA':
        return jwk.JWK.generate(kty='RSA', size=2048)
    return jwk.JWK.generate(kty=SIGN[alg], crv=CURVE[alg])


def second_signatures(peer, tally):
    for alg in SIGN:
        key, other = new_key(alg), new_key(alg)
        for number in range(6):
            payload = bytes(range(number))
            for form in (0, 1):
                text = peer.must('jws_make', private_pem(key), alg, form, b'{"typ":"x"}', payload).decode()
                token = jws.JWS()
                token.allowed_algs = [alg]
                token.deserialize(text, key)
                tally.check(f'{alg} with jwcrypto', token.payload == payload, 'ours, theirs to check')
            token = jws.JWS(payload)
            token.add_signature(key, alg, json.dumps({'alg': alg, 'kid': 'k'}), None)
            compact, flat = token.serialize(compact=True), token.serialize()
            for text in (compact, flat):
                answer = peer.ask('jws_check', public_pem(key), alg, text)
                tally.check(f'{alg} with jwcrypto', answer == [payload], ('theirs', answer))
                tally.check(f'{alg} with jwcrypto', peer.ask('jws_check', public_pem(other), alg, text)
                            == 'NOT_AUTHENTIC', 'another key')


def second_encryption(peer, tally):
    for number, alg in enumerate(JWE_ALG):
        for enc_number, enc in enumerate(JWE_ENC):
            if number >= 3:
                key = jwk.JWK.generate(kty='EC', crv='P-256')
                private, public = private_pem(key), public_pem(key)
            else:
                size = 64 if alg == 'dir' and enc == 'A256CBC-HS512' else 32
                key = jwk.JWK.generate(kty='oct', size=8 * size)
                private = public = jws.base64url_decode(json.loads(key.export())['k'])
            name = f'{alg} {enc} with jwcrypto'
            for length in (1, 33, 3000):  # jwcrypto does not open an empty text
                plain = bytes(length)
                text = peer.must('jwe_seal', number, enc_number, public, 0, plain).decode()
                token = jwe.JWE(algs=[alg, enc])
                token.deserialize(text, key)
                tally.check(name, token.payload == plain, 'ours, theirs to open')
                token = jwe.JWE(plain, json.dumps({'alg': alg, 'enc': enc}))
                token.add_recipient(key)
                answer = peer.ask('jwe_open', number, enc_number, private, 1, token.serialize(compact=True))
                tally.check(name, answer == [plain], ('theirs', answer))


def main():
    peer, tally = Peer(sys.argv[1]), Tally()
    second_signatures(peer, tally)
    second_encryption(peer, tally)
    for name in ('signature', 'crypto'):
        signature_vectors(peer, tally, name)
    encryption_vectors(peer, tally)
    peer.close()
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())
