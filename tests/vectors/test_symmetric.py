#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The published vectors of what crypto/ has of symmetric primitives: Wycheproof and Fernet.

usage: test_symmetric.py CRYPTO_PEER

Only keys of 256 bits, nonces of 96 and tags of 128 are offered; the other cases are counted as such.
"""
import datetime
import sys

from peer import Peer, Tally, load, vectors_folder, wycheproof

FAILED = 'NOT_AUTHENTIC'


def unhex(test, *names):
    return [bytes.fromhex(test[name]) for name in names]


def aead(peer, tally, name, suite):
    for group, test in wycheproof(name):
        if (group['keySize'], group['ivSize'], group['tagSize']) != (256, 96, 128):
            tally.not_offered(name)
            continue
        key, nonce, aad, plain, body, tag = unhex(test, 'key', 'iv', 'aad', 'msg', 'ct', 'tag')
        sealed = peer.ask('aead.seal', bytes([suite]), key, nonce, aad, plain)
        opened = peer.ask('aead.open', bytes([suite]), key, nonce, aad, body + tag)
        if test['result'] == 'valid':
            is_good = sealed == [body + tag] and opened == [plain]
        else:
            is_good = sealed != [body + tag] and opened == FAILED
        tally.check(name, is_good, (test['tcId'], test['comment'], opened))


def cbc(peer, tally):
    for group, test in wycheproof('aes_cbc_pkcs5'):
        if group['keySize'] != 256:
            tally.not_offered('aes_cbc_pkcs5')
            continue
        key, iv, plain, body = unhex(test, 'key', 'iv', 'msg', 'ct')
        opened = peer.ask('cbc.open', key, iv + body)
        if test['result'] == 'valid':
            is_good = opened == [plain] and peer.ask('cbc.seal', key, plain, iv) == [iv + body]
        else:
            is_good = opened == FAILED
        tally.check('aes_cbc_pkcs5', is_good, (test['tcId'], test['comment'], opened))


def hkdf(peer, tally):
    for _, test in wycheproof('hkdf_sha256'):
        key, salt, info, derived = unhex(test, 'ikm', 'salt', 'info', 'okm')
        answer = peer.ask('hkdf', salt, key, info, test['size'])
        expected = [derived] if test['result'] == 'valid' else 'TOO_LONG'
        tally.check('hkdf_sha256', answer == expected, (test['tcId'], test['comment'], answer))


def hmac(peer, tally):
    for group, test in wycheproof('hmac_sha256'):
        key, message, tag = unhex(test, 'key', 'msg', 'tag')
        mac = peer.must('hmac', key, message)[:group['tagSize'] // 8]
        tally.check('hmac_sha256', (mac == tag) == (test['result'] == 'valid'), (test['tcId'], test['comment']))


def kwp(peer, tally):
    for group, test in wycheproof('aes_kwp'):
        if group['keySize'] != 256:
            tally.not_offered('aes_kwp')
            continue
        wrapping, key, wrapped = unhex(test, 'key', 'msg', 'ct')
        opened = peer.ask('kwp.open', wrapping, wrapped)
        if test['result'] == 'valid':
            is_good = opened == [key] and peer.ask('kwp.seal', wrapping, key) == [wrapped]
        else:
            is_good = opened == FAILED
        tally.check('aes_kwp', is_good, (test['tcId'], test['comment'], opened))


def fernet(peer, tally):
    def seconds(text):
        return int(datetime.datetime.fromisoformat(text).timestamp())
    for test in load('fernet/generate.json'):
        answer = peer.ask('fernet.seal', test['secret'], test['src'], seconds(test['now']), bytes(test['iv']))
        tally.check('fernet generate', answer == [test['token'].encode()], answer)
    for test in load('fernet/verify.json'):
        answer = peer.ask('fernet.open', test['secret'], test['token'], seconds(test['now']), test['ttl_sec'], 60)
        tally.check('fernet verify', answer[0] == test['src'].encode(), answer)
    for test in load('fernet/invalid.json'):
        answer = peer.ask('fernet.open', test['secret'], test['token'], seconds(test['now']), test['ttl_sec'], 60)
        tally.check('fernet invalid', answer == FAILED, (test['desc'], answer))


def main():
    vectors_folder()
    peer, tally = Peer(sys.argv[1]), Tally()
    aead(peer, tally, 'aes_gcm', 0x01)
    aead(peer, tally, 'chacha20_poly1305', 0x02)
    cbc(peer, tally)
    hkdf(peer, tally)
    hmac(peer, tally)
    kwp(peer, tally)
    fernet(peer, tally)
    peer.close()
    return tally.finish()


if __name__ == '__main__':
    sys.exit(main())
