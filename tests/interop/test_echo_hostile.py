# SPDX-License-Identifier: Apache-2.0
"""ws-echo and clients that do not mean well: half an upgrade, one byte at a time, gone in the middle. A neighbour never notices."""
import os
import socket
import time
import unittest

import raw_websocket
from raw_websocket import BINARY, CONT, TEXT, UPGRADE, Peer, close, frame, head

REQUEST = UPGRADE.format(key='dGhlIHNhbXBsZSBub25jZQ==', more='').encode()
ACCEPT = b'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'  # RFC 6455 1.3
SECONDS = 60


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process, cls.port = raw_websocket.start_echo()

    @classmethod
    def tearDownClass(cls):
        raw_websocket.stop_echo(cls.process)

    def setUp(self):
        self.neighbour = Peer(self.port)
        self.addCleanup(self.neighbour.socket.close)

    def tearDown(self):
        self.neighbour.echo(TEXT, b'unmoved')
        self.neighbour.finish()

    def connect(self):
        client = socket.create_connection(('127.0.0.1', self.port), SECONDS)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(client.close)
        return client

    def read_to_the_end(self, client):
        data = b''
        while piece := client.recv(65536):
            data += piece
        return data

    def test_half_an_upgrade_is_ended(self):
        """Silence, half a line, half a head, and one byte each second: none may stay, all are told."""
        silent, line, half, slow = (self.connect() for _ in range(4))
        line.sendall(b'GET /ec')
        half.sendall(REQUEST[:-2])
        slow.settimeout(0.5)
        answer, sent = b'', 0
        end = time.monotonic() + SECONDS
        while b'\r\n\r\n' not in answer and time.monotonic() < end:
            try:
                slow.sendall(REQUEST[sent:sent + 1])
                sent += 1
                answer += slow.recv(65536)
            except TimeoutError:
                continue
        self.assertRegex(answer, rb'^HTTP/1\.1 408 ')
        self.assertLess(sent, len(REQUEST))
        self.assertRegex(self.read_to_the_end(line), rb'^HTTP/1\.1 408 ')
        self.assertRegex(self.read_to_the_end(half), rb'^HTTP/1\.1 408 ')
        self.assertEqual(self.read_to_the_end(silent), b'')

    def test_many_half_upgrades(self):
        clients = [self.connect() for _ in range(200)]
        for number, client in enumerate(clients):
            client.sendall(REQUEST[:1 + number % (len(REQUEST) - 1)])
        self.neighbour.echo(BINARY, os.urandom(100000))
        for client in clients:
            client.close()

    def test_an_upgrade_byte_by_byte(self):
        client = self.connect()
        for at in range(len(REQUEST)):
            client.sendall(REQUEST[at:at + 1])
        for byte in frame(TEXT, 'Grüße') + close(1000):
            client.sendall(bytes([byte]))
        got = self.read_to_the_end(client)
        self.assertIn(ACCEPT, got)
        self.assertTrue(got.endswith(b'\r\n\r\n\x81\x07' + 'Grüße'.encode() + b'\x88\x02\x03\xe8'), got)

    def test_all_in_one_piece(self):
        client = self.connect()
        client.sendall(REQUEST + frame(TEXT, 'early') + close(1001))
        self.assertTrue(self.read_to_the_end(client).endswith(b'\r\n\r\n\x81\x05early\x88\x02\x03\xe9'))

    def test_wrong_upgrades(self):
        for wrong, status in (
                (REQUEST.replace(b'Version: 13', b'Version: 8'), b'426'),
                (REQUEST.replace(b'dGhlIHNhbXBsZSBub25jZQ==', b'dGhlIHNhbXBsZQ=='), b'400'),
                (REQUEST.replace(b'Sec-WebSocket-Key', b'X-Key'), b'400'),
                (REQUEST.replace(b'Connection: Upgrade', b'Connection: close'), b'400'),
                (REQUEST.replace(b'GET', b'POST'), b'405'),
                (REQUEST.replace(b'Upgrade: websocket', b'Upgrade: h2c'), b'426'),
                (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(200), b'400')):
            with self.subTest(wrong):
                client = self.connect()
                client.sendall(wrong)
                self.assertEqual(self.read_to_the_end(client)[:12], b'HTTP/1.1 ' + status)

    def test_long_frames_byte_by_byte(self):
        with Peer(self.port) as peer:
            data = 'Ladepunkt 世界 '.encode() * 30
            wire = frame(TEXT, data[:400], fin=False) + frame(CONT, data[400:])
            for byte in wire:
                peer.send(bytes([byte]))
            self.assertEqual(peer.event(), (TEXT, data))
            peer.finish()

    def test_gone_in_the_middle(self):
        for piece in (b'', b'\x82', head(BINARY, 1 << 24)[:5], head(BINARY, 1 << 24) + b'x', frame(TEXT, 'x', fin=False),
                      frame(BINARY, bytes(1 << 20))):
            for is_abrupt in (False, True):
                with self.subTest(piece[:20], is_abrupt=is_abrupt):
                    peer = Peer(self.port)
                    peer.send(piece)
                    if is_abrupt:
                        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
                    peer.socket.close()
                    self.neighbour.echo(TEXT, b'still here')

    def test_a_peer_that_does_not_read(self):
        """Its echoes fill its own queue; then it is not read either, until it reads."""
        with Peer(self.port) as peer:
            peer.socket.setblocking(False)
            wire, sent = frame(BINARY, bytes(1 << 20)), 0
            quiet = 0
            while quiet < 20:
                try:
                    sent += peer.socket.send(wire[sent % len(wire):])
                    quiet = 0
                except BlockingIOError:
                    quiet += 1
                    self.neighbour.echo(TEXT, b'in between')
            self.assertLess(sent, 64 << 20)
            peer.socket.settimeout(SECONDS)
            for _ in range(sent // len(wire)):
                self.assertEqual(peer.event(), (BINARY, bytes(1 << 20)))


if __name__ == '__main__':
    unittest.main()
