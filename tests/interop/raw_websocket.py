# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client that does exactly what it is told, wrong things too, and ws-echo to tell them to."""
import base64
import hashlib
import os
import pathlib
import socket
import subprocess
import zlib

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
SECONDS = 60
UPGRADE = ('GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
           'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{more}\r\n')


def start_echo(*options):
    """(process, port) of a ws-echo on a free port."""
    program = pathlib.Path(os.environ['VOLTSEAL_BUILD']) / 'ws-echo'
    process = subprocess.Popen([program, *options, '0'], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def stop_echo(process):
    process.terminate()
    status = process.wait(20)
    process.stdout.close()
    assert status == 0, f'ws-echo ended with {status}'


def masked(payload, mask):
    """payload XOR mask, all at once."""
    size = len(payload)
    keys = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, 'big') ^ int.from_bytes(keys, 'big')).to_bytes(size, 'big')


def head(opcode, size, fin=True, rsv=0, mask=b'\x1b\xe5\x00\xff', length_bytes=None):
    """The header of a frame; length_bytes 2 or 8 writes the length longer than it must be."""
    if length_bytes is None:
        length_bytes = 0 if size <= 125 else 2 if size <= 0xffff else 8
    length = {0: size, 2: 126, 8: 127}[length_bytes]
    return (bytes([(0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if mask else 0) | length])
            + (size.to_bytes(length_bytes, 'big') if length_bytes else b'') + (mask or b''))


def frame(opcode, payload=b'', fin=True, rsv=0, mask=b'\x1b\xe5\x00\xff'):
    if isinstance(payload, str):
        payload = payload.encode()
    return head(opcode, len(payload), fin, rsv, mask) + (masked(payload, mask) if mask else payload)


def fragments(opcode, payload, size, rsv=0):
    """payload in frames of size bytes, a multiple of four."""
    mask = b'\x1b\xe5\x00\xff'
    body = masked(payload, mask)
    pieces = []
    for at in range(0, len(body), size):
        piece = body[at:at + size]
        pieces.append(head(CONT if at else opcode, len(piece), at + size >= len(body), 0 if at else rsv, mask))
        pieces.append(piece)
    return b''.join(pieces)


def close(code=None, reason=b''):
    return frame(CLOSE, b'' if code is None else code.to_bytes(2, 'big') + reason)


def pack(payload, bits=15, level=6):
    """permessage-deflate of one message, without context."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -bits)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Peer:
    """One connection. What comes is read as events: (opcode, payload), ('close', code, reason), 'end'."""

    def __init__(self, port, extensions=(), context=None):
        self.socket = socket.create_connection(('127.0.0.1', port), SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_hostname='localhost')
        self.data = bytearray()
        self.window = 15
        self.compressed = 0
        self.extensions = None
        self.upgrade(extensions)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def upgrade(self, extensions):
        key = base64.b64encode(os.urandom(16)).decode()
        more = ''.join(f'Sec-WebSocket-Extensions: {line}\r\n' for line in extensions)
        self.send(UPGRADE.format(key=key, more=more).encode())
        lines = self.read_head().split('\r\n')
        assert lines[0].startswith('HTTP/1.1 101 '), lines
        fields = {name.lower(): value.strip() for name, value in (line.split(':', 1) for line in lines[1:])}
        accept = hashlib.sha1((key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').encode()).digest()
        assert fields['sec-websocket-accept'] == base64.b64encode(accept).decode()
        assert fields['upgrade'].lower() == 'websocket' and fields['connection'].lower() == 'upgrade'
        assert 'sec-websocket-protocol' not in fields
        self.extensions = fields.get('sec-websocket-extensions')

    def read_head(self):
        while b'\r\n\r\n' not in self.data:
            self.more()
        text, _, rest = bytes(self.data).partition(b'\r\n\r\n')
        self.data = bytearray(rest)
        return text.decode()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise EOFError
        self.data += piece

    def take(self, size):
        while len(self.data) < size:
            self.more()
        taken = bytes(memoryview(self.data)[:size])
        del self.data[:size]
        return taken

    def event(self):
        """The next one. A server must not mask, fragment what it echoes here, or set reserved bits but RSV1."""
        try:
            first, second = self.take(2)
        except EOFError:
            return 'end'
        assert second < 0x80 and first & 0xb0 == 0x80, (first, second)
        size = second if second < 126 else int.from_bytes(self.take(2 if second == 126 else 8), 'big')
        payload = self.take(size)
        opcode = first & 15
        if first & 0x40:
            assert self.extensions and opcode in (TEXT, BINARY)
            self.compressed += 1
            payload = zlib.decompressobj(-self.window).decompress(payload + b'\x00\x00\xff\xff')
        if opcode == CLOSE:
            code = int.from_bytes(payload[:2], 'big') if payload else None
            return 'close', code, payload[2:].decode()
        return opcode, payload

    def events(self):
        """All up to the end of the TCP connection, which must come in order and not as a reset. Without reasons."""
        seen = []
        while not seen or seen[-1] != 'end':
            event = self.event()
            seen.append(event if event == 'end' else event[:2])
        return seen

    def echo(self, opcode, payload, wire=None):
        self.send(wire if wire is not None else frame(opcode, payload))
        got = self.event()
        assert got == (opcode, payload), f'{len(payload)} bytes came back as {str(got)[:80]}'

    def finish(self, code=1000):
        self.send(close(code))
        got = self.events()
        assert got == [('close', code), 'end'], got
