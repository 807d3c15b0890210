# SPDX-License-Identifier: Apache-2.0
"""The framed charging network in Python, from its document: frames, Fernet by python3-cryptography (mode A1), Noise by
hand (mode A2). Shares nothing with our code."""
import base64
import hashlib
import hmac
import socket
import ssl
import struct

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

STX, ETX, EOT, ENQ, ACK, NAK = 2, 3, 4, 5, 6, 0x15


def lrc(scope, data):
    covered = {'data': data, 'data+etx': data + b'\x03', 'stx+data+etx': b'\x02' + data + b'\x03'}[scope]
    value = 0
    for byte in covered:
        value ^= byte
    return value


class Closed(Exception):
    pass


class Wire:
    """Frames over a socket. What is received is ('data', bytes) or ('control', byte)."""

    def __init__(self, url, ca_file, scope='data+etx', source=None):
        scheme, rest = url.split('://')
        host, port = rest.rsplit(':', 1)
        self.scope = scope
        raw = socket.create_connection((host, int(port)), 20, (source, 0) if source else None)
        self.socket = raw if scheme == 'tcp' else ssl.create_default_context(cafile=ca_file).wrap_socket(
            raw, server_hostname='localhost')
        self.buffer = b''
        self.seen = b''  # everything that crossed the wire inside TLS, both ways

    def bytes(self, data):
        self.seen += data
        self.socket.sendall(data)

    def frame(self, data):
        self.bytes(bytes([STX]) + data + bytes([ETX, lrc(self.scope, data)]))

    def byte(self):
        if not self.buffer:
            try:
                self.buffer = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                self.buffer = b''
            if not self.buffer:
                raise Closed
            self.seen += self.buffer
        first, self.buffer = self.buffer[0], self.buffer[1:]
        return first

    def receive(self):
        first = self.byte()
        if first != STX:
            return 'control', first
        data = b''
        while (c := self.byte()) != ETX:
            data += bytes([c])
        assert self.byte() == lrc(self.scope, data), data
        return 'data', data

    def data(self):
        while True:
            kind, value = self.receive()
            if kind == 'data':
                return value

    def close(self):
        self.socket.close()

    __del__ = close


class Clear:
    """A driver of mode A1: messages as they are."""

    def __init__(self, wire):
        self.wire = wire

    def say(self, text):
        self.wire.frame(text.encode())

    def hear(self):
        return self.wire.data().decode()

    def await_(self, name):
        while not (text := self.hear()).startswith(name + '#') and text != name:
            pass
        if name == 'TICKET':
            self.wire.bytes(bytes([ACK]))
        return text

    def close(self):
        self.wire.close()


class Tokens(Clear):
    """An engine or a monitor of mode A1."""

    def __init__(self, wire, key, wrapped=False):
        super().__init__(wire)
        self.fernet, self.wrapped = Fernet(key), wrapped

    def seal(self, text):
        token = self.fernet.encrypt(text.encode())
        return b'{"encrypted": "' + token + b'"}' if self.wrapped else token

    def say(self, text):
        self.wire.frame(self.seal(text))

    def hear(self):
        data = self.wire.data()
        if self.wrapped:
            assert data.startswith(b'{"encrypted": "'), data
            data = data[15:-2]
        return self.fernet.decrypt(data).decode()


def authenticate(url, ca_file, cp, password, **options):
    """What a monitor does first: (wire, the answer)."""
    wire = Wire(url, ca_file, **options)
    wire.frame(f'AUTHENTICATE#{cp}#{cp}#{password}'.encode())
    return wire, wire.data().decode()


# --- mode A2 -----------------------------------------------------------------------------------------------------------

def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=')


def unb64u(text):
    return base64.urlsafe_b64decode(text + b'=' * (-len(text) % 4))


def enc(label, *fields):
    out = label.encode() + b'\0'
    for field in fields:
        out += field if isinstance(field, bytes) else struct.pack('>H', len(field)) + field.encode()
    return out


def u32(number):
    return struct.pack('>I', number)


class Noise:
    """Noise_NNpsk0_25519_AESGCM_SHA256, the initiator (Noise revision 34, 5.2 and 9)."""

    def __init__(self, prologue, psk):
        name = b'Noise_NNpsk0_25519_AESGCM_SHA256'
        self.h = self.ck = name
        self.k, self.n = None, 0
        self.mix_hash(prologue)
        self.mix_key_and_hash(psk)

    def mix_hash(self, data):
        self.h = hashlib.sha256(self.h + data).digest()

    def hkdf(self, data, count):
        temp = hmac.digest(self.ck, data, 'sha256')
        outs = [b'']
        for i in range(count):
            outs.append(hmac.digest(temp, outs[-1] + bytes([i + 1]), 'sha256'))
        return outs[1:]

    def mix_key(self, data):
        self.ck, self.k = self.hkdf(data, 2)
        self.n = 0

    def mix_key_and_hash(self, data):
        self.ck, temp, self.k = self.hkdf(data, 3)
        self.mix_hash(temp)
        self.n = 0

    def nonce(self):
        self.n += 1
        return bytes(4) + struct.pack('>Q', self.n - 1)

    def first(self, payload):
        self.e = X25519PrivateKey.generate()
        public = self.e.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.mix_hash(public)
        self.mix_key(public)
        sealed = AESGCM(self.k).encrypt(self.nonce(), payload, self.h)
        self.mix_hash(sealed)
        return public + sealed

    def second(self, message):
        public, sealed = message[:32], message[32:]
        self.mix_hash(public)
        self.mix_key(public)
        self.mix_key(self.e.exchange(X25519PublicKey.from_public_bytes(public)))
        payload = AESGCM(self.k).decrypt(self.nonce(), sealed, self.h)
        self.mix_hash(sealed)
        return payload, self.hkdf(b'', 2)


class Sealed(Clear):
    """Mode A2, the device's end."""

    def __init__(self, wire, cp, kid, psk, tenant='default'):
        super().__init__(wire)
        self.cp, self.tenant = cp, tenant
        noise = Noise(enc('voltseal/a2', tenant, cp, 'framed/2', u32(kid), u32(1)), psk)
        wire.frame(f'N1#{tenant}#{cp}#{kid}#'.encode() + b64u(noise.first(b'{"v":1}')))
        answer = wire.data()
        assert answer.startswith(b'N2#'), answer
        self.payload, keys = noise.second(unb64u(answer[3:]))
        self.ends = {'u': [AESGCM(keys[0]), 0], 'd': [AESGCM(keys[1]), 0]}

    def aad(self, direction, seq):
        return enc('voltseal/e2', self.tenant, self.cp, u32(1), direction, struct.pack('>Q', seq))

    def seal(self, text):
        cipher, seq = self.ends['u']
        plain = text.encode()
        plain += b' ' * (-len(plain) % 64)
        self.ends['u'][1] += 1
        return f'E2#1#{seq}#'.encode() + b64u(
            cipher.encrypt(bytes(4) + struct.pack('>Q', seq), plain, self.aad('u', seq)))

    def say(self, text):
        self.wire.frame(self.seal(text))

    def hear(self):
        return self.opened(self.wire.data())

    def opened(self, data):
        cipher, seq = self.ends['d']
        word, epoch, number, text = data.split(b'#')
        assert (word, epoch, number) == (b'E2', b'1', str(seq).encode()), (word, epoch, number, seq)
        self.ends['d'][1] += 1
        return cipher.decrypt(bytes(4) + struct.pack('>Q', seq), unb64u(text), self.aad('d', seq)).decode().rstrip(' ')
