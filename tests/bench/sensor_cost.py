# SPDX-License-Identifier: Apache-2.0
"""What bench_sensor does with a message of three readings (D2), in Python with cryptography: sensor_cost.py SECONDS, and
the message on standard input. Microseconds of this thread for a message, the best of many turns."""
import base64
import json
import os
import struct
import sys
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TENANT, DEVICE, KEY, LABEL = 'default', 'press-7', bytes([1]) + bytes(31), b'voltseal/fld/v2\0'
BATCH = 256


def lp(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack('>H', len(data)) + data


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


class Opener:
    """As the daemon: the traffic key of a salt is derived once and kept."""

    def __init__(self):
        self.kept = {}
        self.rest = AESGCM(KEY)

    def traffic(self, epoch, salt):
        if (epoch, salt) not in self.kept:
            info = LABEL + lp(TENANT) + lp(DEVICE) + struct.pack('>I', epoch) + lp('u')
            okm = HKDF(hashes.SHA256(), 44, unb64u(salt), info).derive(KEY)
            head = LABEL + lp(TENANT) + lp(DEVICE) + struct.pack('>I', epoch) + lp(unb64u(salt))
            self.kept[epoch, salt] = AESGCM(okm[:32]), int.from_bytes(okm[32:], 'big'), head
        return self.kept[epoch, salt]

    def take(self, text):
        message = json.loads(text)
        enc, readings = message['enc'], message['readings']
        aead, iv, head = self.traffic(enc['k'], enc['s'])
        out = []
        for i, item in enumerate(readings):
            nonce = (iv ^ (enc['n'] << 16 | i)).to_bytes(12, 'big')
            aad = (head + struct.pack('>QQHH', enc['n'], message['ts'], i, len(readings)) + lp(item['sensor_type']) +
                   lp(item['unit']))
            value = json.loads(aead.decrypt(nonce, unb64u(item['value']), aad))
            if isinstance(value, (dict, list)):
                raise ValueError('no scalar')
            out.append({'sensor_type': item['sensor_type'], 'unit': item['unit'], 'value': value})
        nonce = os.urandom(12)
        aad = b'voltseal/rest/v1\0' + lp(TENANT) + lp('reading') + lp('payload') + lp(enc['n'].to_bytes(8, 'big')) + struct.pack('>I', 7)
        return nonce + self.rest.encrypt(nonce, json.dumps(out).encode(), aad)


def main():
    text, opener = sys.stdin.read(), Opener()
    end, best = time.thread_time() + float(sys.argv[1]), float('inf')
    while time.thread_time() < end:
        begin = time.thread_time()
        for _ in range(BATCH):
            opener.take(text)
        best = min(best, (time.thread_time() - begin) / BATCH)
    print(json.dumps({'python_us': best * 1e6}))


if __name__ == '__main__':
    main()
