# SPDX-License-Identifier: Apache-2.0
"""The cases of the Autobahn test suite against ws-echo, by its numbers: what is sent, and all that must come back.

The short ones are sent in three ways: at once, frame by frame, and byte by byte.
"""
import json
import pathlib
import random
import ssl
import subprocess
import tempfile
import threading
import unittest

import raw_websocket
from raw_websocket import (BINARY, CLOSE, CONT, PING, PONG, TEXT, Peer, close, fragments, frame, head, pack)

MIB = 1 << 20
TOLD = close(1000)  # the client ends the case
DONE = ('close', 1000)


def failed(code):
    return ('close', code)


def text(value):
    return (TEXT, value if isinstance(value, bytes) else value.encode())


def simple():
    """(number, frames to send, events expected before the end)"""
    for section in (section_1, section_2, section_3_4, section_5, section_7, framing):
        yield from section()


def section_1():
    for number, size in enumerate((0, 125, 126, 127, 128), 1):
        yield f'1.1.{number}', [frame(TEXT, '*' * size), TOLD], [text('*' * size), DONE]
        yield f'1.2.{number}', [frame(BINARY, b'\xfe' * size), TOLD], [(BINARY, b'\xfe' * size), DONE]


def section_2():
    for number, body in enumerate((b'', b'Hello, world!', b'\x00\xff\xfe\xfd\xfc\xfb\x00\xff', b'\xfe' * 125), 1):
        yield f'2.{number}', [frame(PING, body), TOLD], [(PONG, body), DONE]
    yield '2.5', [frame(PING, b'\xfe' * 126), TOLD], [failed(1002)]
    yield '2.7', [frame(PONG), TOLD], [DONE]
    yield '2.8', [frame(PONG, 'unsolicited pong payload'), TOLD], [DONE]
    yield '2.9', [frame(PONG, 'unsolicited'), frame(PING, 'ping payload'), TOLD], [(PONG, b'ping payload'), DONE]
    pings = [f'payload-{i}'.encode() for i in range(10)]
    yield '2.10', [*(frame(PING, ping) for ping in pings), TOLD], [*((PONG, ping) for ping in pings), DONE]


def section_3_4():
    hello = 'Hello, world!'
    yield '3.1', [frame(TEXT, hello, rsv=1), TOLD], [failed(1002)]
    for number, rsv in ((2, 2), (3, 3), (4, 4)):
        yield f'3.{number}', [frame(TEXT, hello), frame(TEXT, hello, rsv=rsv), frame(PING), TOLD], [text(hello), failed(1002)]
    yield '3.5', [frame(BINARY, b'\x00\xff\xfe', rsv=5), TOLD], [failed(1002)]
    yield '3.6', [frame(PING, hello, rsv=6), TOLD], [failed(1002)]
    yield '3.7', [frame(CLOSE, rsv=7)], [failed(1002)]
    for section, opcodes in ((1, range(3, 8)), (2, range(11, 16))):
        for number, opcode in enumerate(opcodes, 1):
            body = hello if number % 2 == 0 else ''
            yield f'4.{section}.{number}a', [frame(opcode, body), frame(PING)], [failed(1002)]
            yield (f'4.{section}.{number}b', [frame(TEXT, hello), frame(opcode, body), frame(PING)],
                   [text(hello), failed(1002)])


def section_5():
    first, second = 'fragment1', 'fragment2'
    begin, end = frame(TEXT, first, fin=False), frame(CONT, second)
    both = text(first + second)
    for number, opcode in ((1, PING), (2, PONG)):
        yield f'5.{number}', [frame(opcode, first, fin=False), end, TOLD], [failed(1002)]
    yield '5.3', [begin, end, TOLD], [both, DONE]
    yield '5.6', [begin, frame(PING, 'ping'), end, TOLD], [(PONG, b'ping'), both, DONE]
    yield '5.6p', [begin, frame(PONG, 'pong'), end, TOLD], [both, DONE]
    for number, fin in ((9, True), (10, False), (11, True)):
        yield f'5.{number}', [frame(CONT, 'non-continuation', fin=fin), frame(TEXT, 'Hello'), TOLD], [failed(1002)]
    for number, fin in ((12, False), (13, False), (14, True)):
        yield f'5.{number}', [frame(CONT, '', fin=fin), frame(TEXT, 'Hello'), TOLD], [failed(1002)]
    yield ('5.15', [begin, end, frame(CONT, 'fragment3', fin=False), frame(TEXT, 'fragment4')],
           [both, failed(1002)])
    for number, fin in ((16, False), (17, True)):
        yield f'5.{number}', [frame(CONT, 'fragment1', fin=fin), frame(TEXT, 'fragment2', fin=False), end] * 2, [failed(1002)]
    yield '5.18', [begin, frame(TEXT, second), TOLD], [failed(1002)]
    parts = [frame(TEXT, 'fragment1', fin=False), frame(CONT, 'fragment2', fin=False), frame(PING, 'pongme 1!'),
             frame(CONT, 'fragment3', fin=False), frame(CONT, 'fragment4', fin=False), frame(PING, 'pongme 2!'),
             frame(CONT, 'fragment5')]
    yield ('5.19', [*parts, TOLD], [(PONG, b'pongme 1!'), (PONG, b'pongme 2!'),
                                    text('fragment1fragment2fragment3fragment4fragment5'), DONE])
    yield '5.empty', [frame(TEXT, fin=False), frame(CONT, fin=False), frame(CONT), TOLD], [text(''), DONE]
    yield '5.empty2', [frame(TEXT, fin=False), frame(CONT, 'middle', fin=False), frame(CONT), TOLD], [text('middle'), DONE]


def section_7():
    hello = frame(TEXT, 'Hello World!')
    yield '7.1.1', [hello, TOLD], [text('Hello World!'), DONE]
    yield '7.1.2', [TOLD, TOLD], [DONE]
    yield '7.1.3', [TOLD, frame(PING)], [DONE]
    yield '7.1.4', [TOLD, hello], [DONE]
    yield '7.1.5', [frame(TEXT, 'fragment1', fin=False), TOLD, frame(CONT, 'fragment2')], [DONE]
    yield '7.1.bad', [TOLD, frame(TEXT, b'\xff', rsv=7, mask=None)], [DONE]
    yield '7.3.1', [close()], [('close', None)]
    yield '7.3.2', [frame(CLOSE, b'a')], [failed(1002)]
    yield '7.3.3', [close(1000)], [DONE]
    yield '7.3.4', [close(1000, b'Hello World!')], [DONE]
    yield '7.3.5', [close(1000, b'*' * 123)], [DONE]
    yield '7.3.6', [close(1000, b'*' * 124)], [failed(1002)]
    yield '7.5.1', [close(1000, b'\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited')], [failed(1007)]
    yield '7.5.half', [close(1000, b'abc\xe2\x82')], [failed(1007)]
    valid = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
    for number, code in enumerate(valid, 1):
        yield f'7.7.{number}', [close(code)], [('close', code)]
        yield f'7.7.{number}r', [close(code, 'Grüße'.encode())], [('close', code)]
    invalid = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
    for number, code in enumerate(invalid, 1):
        yield f'7.9.{number} ({code})', [close(code)], [failed(1002)]
        yield f'7.9.{number}r ({code})', [close(code, b'reason')], [failed(1002)]


def framing():
    """What Autobahn leaves to others: RFC 6455 5.1 and 5.2 to the letter."""
    yield 'unmasked text', [frame(TEXT, 'Hello', mask=None), TOLD], [failed(1002)]
    yield 'unmasked ping', [frame(PING, mask=None), TOLD], [failed(1002)]
    yield 'unmasked close', [frame(CLOSE, b'\x03\xe8', mask=None)], [failed(1002)]
    yield 'mask of zeros', [frame(TEXT, 'Hello', mask=b'\0\0\0\0'), TOLD], [text('Hello'), DONE]
    yield '16 bits for 125', [head(TEXT, 125, length_bytes=2)], [failed(1002)]
    yield '64 bits for 65535', [head(TEXT, 65535, length_bytes=8)], [failed(1002)]
    yield '16 bits of a ping', [head(PING, 125, length_bytes=2)], [failed(1002)]
    yield 'the highest bit of a length', [head(BINARY, 1 << 63)], [failed(1002)]
    yield 'an immense length', [head(BINARY, (1 << 63) - 1)], [failed(1009)]
    yield 'one byte over 16 MiB', [head(BINARY, 16 * MIB + 1)], [failed(1009)]
    yield ('one byte over 16 MiB in the end', [frame(BINARY, b'12', fin=False), head(CONT, 16 * MIB - 1)], [failed(1009)])


# Section 6: which bytes are UTF-8, and from which byte on they no longer can become it, Python's decoder says.

GREEK = 'κόσμε'.encode()
SEQUENCES = [
    b'', 'Hello-µ@ßöäüàá-UTF-8!!'.encode(), GREEK + b'\xf4\x90\x80\x80edited', GREEK + b'\xed\xa0\x80edited',
    *(GREEK[:size] for size in range(1, len(GREEK) + 1)),
    # 6.6 to 6.8: the first and the last of each length
    b'\x00', b'\xc2\x80', b'\xe0\xa0\x80', b'\xf0\x90\x80\x80', b'\xf8\x88\x80\x80\x80', b'\xfc\x84\x80\x80\x80\x80',
    b'\x7f', b'\xdf\xbf', b'\xef\xbf\xbf', b'\xf7\xbf\xbf\xbf', b'\xfb\xbf\xbf\xbf\xbf', b'\xfd\xbf\xbf\xbf\xbf\xbf',
    # 6.9: boundaries
    b'\xed\x9f\xbf', b'\xee\x80\x80', b'\xef\xbf\xbd', b'\xf4\x8f\xbf\xbf', b'\xf4\x90\x80\x80',
    # 6.10: continuation bytes alone
    b'\x80', b'\xbf', b'\x80\xbf', b'\x80\xbf\x80', b'\x80\xbf\x80\xbf', bytes(range(0x80, 0xc0)),
    # 6.11: starts alone
    b''.join(bytes([c, 32]) for c in range(0xc0, 0xe0)), b''.join(bytes([c, 32]) for c in range(0xe0, 0xf0)),
    b''.join(bytes([c, 32]) for c in range(0xf0, 0xf8)), b'\xf8 \xf9 \xfa \xfb ', b'\xfc \xfd ',
    # 6.12 to 6.14: the last byte missing, alone and one after the other
    b'\xc0', b'\xe0\x80', b'\xf0\x80\x80', b'\xf8\x80\x80\x80', b'\xfc\x80\x80\x80\x80', b'\xdf', b'\xef\xbf', b'\xf7\xbf\xbf',
    b'\xfb\xbf\xbf\xbf', b'\xfd\xbf\xbf\xbf\xbf', b'\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80', b'\xfe', b'\xff', b'\xfe\xfe\xff\xff',
    # 6.15 to 6.17: overlong
    b'\xc0\xaf', b'\xe0\x80\xaf', b'\xf0\x80\x80\xaf', b'\xf8\x80\x80\x80\xaf', b'\xfc\x80\x80\x80\x80\xaf',
    b'\xc1\xbf', b'\xe0\x9f\xbf', b'\xf0\x8f\xbf\xbf', b'\xf8\x87\xbf\xbf\xbf', b'\xfc\x83\xbf\xbf\xbf\xbf',
    b'\xc0\x80', b'\xe0\x80\x80', b'\xf0\x80\x80\x80', b'\xf8\x80\x80\x80\x80', b'\xfc\x80\x80\x80\x80\x80',
    # 6.18, 6.19: surrogates, alone and in pairs
    *(bytes([0xed, high, low]) for high, low in ((0xa0, 0x80), (0xad, 0xbf), (0xae, 0x80), (0xaf, 0xbf), (0xb0, 0x80),
                                                 (0xbe, 0x80), (0xbf, 0xbf))),
    b'\xed\xa0\x80\xed\xb0\x80', b'\xed\xa0\x80\xed\xbf\xbf', b'\xed\xad\xbf\xed\xb0\x80', b'\xed\xaf\xbf\xed\xbf\xbf',
    # 6.20 to 6.22: code points that are no characters, and are allowed
    b'\xef\xbf\xbe', b'\xef\xbf\xbf', *(chr(plane << 16 | last).encode() for plane in range(1, 17) for last in (0xfffe, 0xffff)),
    # 6.23: the specials
    *(chr(code).encode() for code in range(0xfff9, 0x10000)),
]


def is_text(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def decoded_up_to(data):
    """How many bytes may still become UTF-8, whatever follows; len(data) when all may."""
    ends = [byte * count for count in range(4) for byte in (b'\x80', b'\xbf')]
    return max(size for size in range(len(data) + 1) if any(is_text(data[:size] + end) for end in ends))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process, cls.port = raw_websocket.start_echo()

    @classmethod
    def tearDownClass(cls):
        raw_websocket.stop_echo(cls.process)

    context = None

    def peer(self, *extensions):
        return Peer(self.port, extensions, self.context)

    def check(self, pieces, expected, extensions=()):
        with self.peer(*extensions) as peer:
            try:
                for piece in pieces:
                    peer.send(piece)
            except ConnectionError:
                pass  # it has closed; what it said is still there
            seen = peer.events()
        self.assertEqual(seen, [*expected, 'end'])


class Short(Case):
    def test_at_once(self):
        for number, frames, expected in simple():
            with self.subTest(number):
                self.check([b''.join(frames)], expected)

    def test_frame_by_frame(self):
        for number, frames, expected in simple():
            with self.subTest(number):
                self.check(frames, expected)

    def test_byte_by_byte(self):
        for number, frames, expected in simple():
            with self.subTest(number):
                data = b''.join(frames)
                self.check([data[i:i + 1] for i in range(len(data))], expected)

    def test_lengths(self):  # 1.1.6 to 1.2.8
        for opcode, byte in ((TEXT, b'*'), (BINARY, b'\xfe')):
            for size in (65535, 65536):
                data = frame(opcode, byte * size) + TOLD
                for step in (len(data), 997):
                    with self.subTest(opcode=opcode, size=size, step=step):
                        self.check([data[i:i + step] for i in range(0, len(data), step)], [(opcode, byte * size), DONE])

    def test_data_after_close_is_swallowed(self):  # 7.1.6
        big = b'*' * (256 << 10)
        self.check([frame(TEXT, big) + frame(TEXT, 'Hello World!') + TOLD + frame(PING)],
                   [text(big), text('Hello World!'), DONE])
        self.check([TOLD + frame(BINARY, bytes(MIB))], [DONE])

    def test_fragments_of_1300(self):  # 10.1.1
        payload = b'*' * 65536
        self.check([fragments(TEXT, payload, 1300) + TOLD], [text(payload), DONE])


class Utf8(Case):
    def test_in_one_frame(self):
        for data in SEQUENCES:
            with self.subTest(data):
                good = is_text(data)
                self.check([frame(TEXT, data) + TOLD], [text(data), DONE] if good else [failed(1007)])
                self.check([frame(BINARY, data) + TOLD], [(BINARY, data), DONE])

    def test_in_fragments_of_one_byte(self):
        for data in SEQUENCES:
            with self.subTest(data):
                frames = [frame(TEXT, fin=False), *(frame(CONT, data[i:i + 1], fin=False) for i in range(len(data))), frame(CONT)]
                self.check([b''.join(frames) + TOLD], [text(data), DONE] if is_text(data) else [failed(1007)])

    def test_refused_at_the_first_bad_byte(self):  # 6.3, 6.4
        for data in SEQUENCES:
            good = decoded_up_to(data)
            if good == len(data):
                continue
            begin, bad = data[:good], data[good:good + 1]
            with self.subTest(data):
                # What went before is not refused: the ping is answered. The message is never ended.
                self.check([frame(TEXT, begin, fin=False) + frame(PING, 'still here'), frame(CONT, bad, fin=False)],
                           [(PONG, b'still here'), failed(1007)])
                # Nor is the frame.
                self.check([frame(PING, 'here') + frame(TEXT, begin + bad + bytes(100))[:6 + good + 1]],
                           [(PONG, b'here'), failed(1007)])

    def test_compressed(self):
        for data in SEQUENCES:
            with self.subTest(data):
                self.check([frame(TEXT, pack(data), rsv=4) + TOLD], [text(data), DONE] if is_text(data) else [failed(1007)],
                           ['permessage-deflate'])


class Large(Case):
    def whole(self, opcode, size):
        if opcode == BINARY:
            return random.Random(size).randbytes(size)
        return ('Hällo 世界 𝄞! ' * (size // 20)).encode()[:size].decode(errors='ignore').encode().ljust(size, b'*')

    def test_sizes(self):  # 9.1, 9.2
        for opcode in (TEXT, BINARY):
            with self.peer() as peer:
                for size in (64 << 10, 256 << 10, MIB, 4 * MIB, 8 * MIB, 16 * MIB):
                    peer.echo(opcode, self.whole(opcode, size))
                peer.finish()

    def test_fragments(self):  # 9.3, 9.4
        for opcode in (TEXT, BINARY):
            data = self.whole(opcode, 4 * MIB)
            with self.peer() as peer:
                for size in (64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, MIB, 4 * MIB):
                    peer.echo(opcode, data, fragments(opcode, data, size))
                peer.finish()

    def test_the_largest_in_64_bytes(self):
        data = self.whole(BINARY, 16 * MIB)
        with self.peer() as peer:
            peer.echo(BINARY, data, fragments(BINARY, data, 64))
            peer.finish()

    def test_chopped(self):  # 9.5, 9.6
        for opcode in (TEXT, BINARY):
            data = self.whole(opcode, MIB)
            wire = frame(opcode, data)
            with self.peer() as peer:
                for step in (64, 128, 256, 512, 1024, 2048):
                    for at in range(0, len(wire), step):
                        peer.send(wire[at:at + step])
                    self.assertEqual(peer.event(), (opcode, data))
                peer.finish()

    def test_round_trips(self):  # 9.7, 9.8
        for opcode in (TEXT, BINARY):
            with self.peer() as peer:
                for size in (0, 16, 64, 256, 1024, 4096, 16384):
                    data = b'*' * size
                    wire = frame(opcode, data)
                    for _ in range(1000):
                        peer.echo(opcode, data, wire)
                peer.finish()

    def test_nobody_waits_for_the_echo(self):
        data = b'\xfe' * 16384
        with self.peer() as peer:
            sender = threading.Thread(target=peer.send, args=(frame(BINARY, data) * 2000 + TOLD,))
            sender.start()
            for _ in range(2000):
                self.assertEqual(peer.event(), (BINARY, data))
            self.assertEqual(peer.events(), [DONE, 'end'])
            sender.join()


BOTH = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
OFFERS = [
    # Sec-WebSocket-Extensions as offered, header by header; the answer
    ([], None),
    (['permessage-deflate'], BOTH),
    (['permessage-deflate; client_max_window_bits'], BOTH),
    (['permessage-deflate; client_max_window_bits=9'], BOTH),
    (['permessage-deflate; client_max_window_bits; client_no_context_takeover; server_no_context_takeover'], BOTH),
    *(([f'permessage-deflate; client_max_window_bits; server_max_window_bits={bits}'], f'{BOTH}; server_max_window_bits={bits}')
      for bits in range(8, 16)),
    (['permessage-deflate; server_max_window_bits="10"'], f'{BOTH}; server_max_window_bits=10'),
    (['permessage-deflate;server_max_window_bits=9,permessage-deflate'], f'{BOTH}; server_max_window_bits=9'),
    # 13.7: several, from the best down
    (['permessage-deflate; client_max_window_bits; client_no_context_takeover; server_no_context_takeover; server_max_window_bits=9, '
      'permessage-deflate; client_max_window_bits; server_no_context_takeover, permessage-deflate'],
     f'{BOTH}; server_max_window_bits=9'),
    # Declined, alone and with something better behind
    *(([f'permessage-deflate; {bad}'], None) for bad in (
        'server_max_window_bits', 'server_max_window_bits=7', 'server_max_window_bits=16', 'server_max_window_bits=010',
        'server_max_window_bits=+9', 'server_max_window_bits=""', 'client_max_window_bits=7', 'client_max_window_bits=16',
        'server_no_context_takeover=1', 'client_no_context_takeover=true', 'unknown', 'unknown=1',
        'server_no_context_takeover; server_no_context_takeover', 'client_max_window_bits; client_max_window_bits=9')),
    (['permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=11'],
     f'{BOTH}; server_max_window_bits=11'),
    (['permessage-deflate; unknown', 'x-webkit-deflate-frame, permessage-deflate'], BOTH),
    (['x-webkit-deflate-frame', 'permessage-bzip2; level=9'], None),
]
DEFLATE = 'permessage-deflate; client_max_window_bits'


class Deflate(Case):
    def kinds(self):
        chance = random.Random(12)
        words = ['voltage', 'Ampère', 'meter', 'kWh', 'connector', 'ladepunkt', '世界', 'current']
        yield b'A' * 131072
        yield json.dumps([{'id': i, 'value': chance.random(), 'unit': 'Wh'} for i in range(3000)]).encode()[:131072]
        yield ' '.join(chance.choices(words, k=20000)).encode()[:131072]
        yield chance.randbytes(65536).hex().encode()
        yield chance.randbytes(131072)

    def test_offers(self):
        for offer, answer in OFFERS:
            with self.subTest(offer), self.peer(*offer) as peer:
                self.assertEqual(peer.extensions, answer)
                peer.echo(TEXT, b'Hello')
                peer.finish()

    def test_sizes(self):  # 12.1 to 12.5, .1 to .10
        for kind, data in enumerate(self.kinds()):
            with self.peer(DEFLATE) as peer:
                for size in (16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072):
                    self.many(peer, data[:size], 1000 if kind == 1 or size <= 1024 else 100)
                self.assertGreater(peer.compressed, -1 if kind == 4 else 100)
                peer.finish()

    def test_fragments(self):  # 12.x.11 to 12.x.18
        for kind, data in enumerate(self.kinds()):
            with self.peer(DEFLATE) as peer:
                for size in (256, 512, 1024, 2048, 4096, 8192, 16384, 32768):
                    self.many(peer, data, 1000 if kind == 1 and size == 256 else 50, size)
                peer.finish()

    def many(self, peer, data, count, fragment_size=None):
        packed = pack(data)
        wire = fragments(BINARY, packed, fragment_size, rsv=4) if fragment_size else frame(BINARY, packed, rsv=4)
        for _ in range(count):
            peer.echo(BINARY, data, wire)

    def test_windows(self):  # 13.1 to 13.7
        for bits in range(9, 16):
            for own in (9, 12, 15):
                offer = f'{DEFLATE}={own}; server_max_window_bits={bits}'
                with self.subTest(offer), self.peer(offer) as peer:
                    peer.window = bits  # what refers further back does not inflate
                    for data in self.kinds():
                        for size in (300, 1 << bits, (1 << bits) + 1, 131072):
                            peer.echo(BINARY, data[:size], frame(BINARY, pack(data[:size], own), rsv=4))
                    self.assertGreater(peer.compressed, 0)
                    peer.finish()

    def test_plain_and_compressed_in_turn(self):
        with self.peer(DEFLATE) as peer:
            for _ in range(20):
                peer.echo(TEXT, b'Hello', frame(TEXT, pack(b'Hello'), rsv=4))
                peer.echo(TEXT, b'Hello')
                peer.echo(TEXT, b'', frame(TEXT, b'\x00', rsv=4))
                peer.send(frame(PING, 'p'))
                self.assertEqual(peer.event(), (PONG, b'p'))
            peer.finish()

    def test_control_frames_between_compressed_fragments(self):
        data = b'compressed ' * 1000
        packed = pack(data)
        self.check([frame(TEXT, packed[:5], fin=False, rsv=4) + frame(PING, 'x') + frame(CONT, fin=False)
                    + frame(CONT, packed[5:]) + TOLD], [(PONG, b'x'), text(data), DONE], [DEFLATE])

    def test_compressed_wrongly(self):
        for pieces, code in (
                ([frame(PING, pack(b'x'), rsv=4)], 1002),
                ([frame(TEXT, b'abc', fin=False), frame(CONT, b'x', rsv=4)], 1002),
                ([frame(TEXT, pack(b'x'), rsv=6)], 1002),
                ([frame(TEXT, pack(b'x'), rsv=5)], 1002),
                ([frame(TEXT, b'\xff\xff\xff', rsv=4)], 1007),
                ([frame(TEXT, pack(b'Hello' * 100)[:-3], rsv=4)], 1007)):
            with self.subTest(pieces):
                self.check(pieces, [failed(code)], [DEFLATE])

    def test_the_largest(self):
        """16 MiB of one byte, of nothing that compresses, and one byte more, which is too much."""
        with self.peer(DEFLATE) as peer:
            data = b'a' * (16 * MIB)
            packed = pack(data)
            peer.echo(BINARY, data, frame(BINARY, packed, rsv=4))
            peer.echo(TEXT, data, fragments(TEXT, packed, 64, rsv=4))
            data = random.Random(16).randbytes(16 * MIB)
            packed = pack(data, level=1)
            self.assertGreater(len(packed), 16 * MIB)
            peer.echo(BINARY, data, frame(BINARY, packed, rsv=4))
            peer.send(frame(BINARY, pack(bytes(16 * MIB + 1)), rsv=4))
            self.assertEqual(peer.events(), [failed(1009), 'end'])


class OverTls(Case):
    """The same layer above TLS records, which cut it elsewhere."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = (str(pathlib.Path(folder) / name) for name in ('cert.pem', 'key.pem'))
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
                            '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
                           check=True, capture_output=True)
            cls.process, cls.port = raw_websocket.start_echo('--tls', cert, key)
            cls.context = ssl.create_default_context(cafile=cert)

    def test_at_once(self):
        for number, frames, expected in simple():
            with self.subTest(number):
                self.check([b''.join(frames)], expected)

    def test_large(self):
        data = random.Random(1).randbytes(16 * MIB)
        with self.peer() as peer:
            peer.echo(BINARY, data)
            peer.echo(BINARY, data[:4 * MIB], fragments(BINARY, data[:4 * MIB], 64))
            peer.finish()

    def test_compressed(self):
        with self.peer(DEFLATE) as peer:
            for size in (16, 1024, 32768, 131072, 16 * MIB):
                data = (b'meter value ' * (size // 12 + 1))[:size]
                for _ in range(100 if size < MIB else 1):
                    peer.echo(TEXT, data, frame(TEXT, pack(data), rsv=4))
            peer.finish()


if __name__ == '__main__':
    unittest.main()
