# SPDX-License-Identifier: Apache-2.0
"""Argon2id (RFC 9106) with one lane, written out slowly: shares nothing with the library that it checks."""
import hashlib
import struct

MASK = 2**64 - 1
ROWS = [[16 * i + k for k in range(16)] for i in range(8)]
COLUMNS = [[2 * i + 16 * j + k for j in range(8) for k in (0, 1)] for i in range(8)]
QUARTERS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


def blake(data, size):
    return hashlib.blake2b(data, digest_size=size).digest()


def long_hash(data, size):  # H', 3.3
    if size <= 64:
        return blake(struct.pack('<I', size) + data, size)
    block = blake(struct.pack('<I', size) + data, 64)
    out, size = block[:32], size - 32
    while size > 64:
        block = blake(block, 64)
        out, size = out + block[:32], size - 32
    return out + blake(block, size)


def permute(words, places):  # P, 3.6
    v = [words[place] for place in places]
    for x, y, z, w in QUARTERS:
        a, b, c, d = v[x], v[y], v[z], v[w]
        for right_d, right_b in ((32, 24), (16, 63)):
            a = (a + b + 2 * (a & 0xffffffff) * (b & 0xffffffff)) & MASK
            d ^= a
            d = (d >> right_d | d << 64 - right_d) & MASK
            c = (c + d + 2 * (c & 0xffffffff) * (d & 0xffffffff)) & MASK
            b ^= c
            b = (b >> right_b | b << 64 - right_b) & MASK
        v[x], v[y], v[z], v[w] = a, b, c, d
    for place, word in zip(places, v):
        words[place] = word


def compress(x, y):  # G, 3.5
    r = [a ^ b for a, b in zip(x, y)]
    words = list(r)
    for places in ROWS:
        permute(words, places)
    for places in COLUMNS:
        permute(words, places)
    return [a ^ b for a, b in zip(r, words)]


def argon2id(passphrase, salt, memory_kib, passes, size):
    def field(data):
        return struct.pack('<I', len(data)) + data
    start = blake(struct.pack('<6I', 1, size, memory_kib, passes, 0x13, 2) + field(passphrase) + field(salt) + field(b'') * 2, 64)
    columns = memory_kib // 4 * 4
    segment = columns // 4
    blocks = [list(struct.unpack('<128Q', long_hash(start + struct.pack('<2I', i, 0), 1024))) if i < 2 else None
              for i in range(columns)]
    for n in range(passes * columns):
        of_pass, at = divmod(n, columns)
        part, index = divmod(at, segment)
        independent = of_pass == 0 and part < 2
        if independent and index % 128 == 0:
            counter = [of_pass, 0, part, columns, passes, 2, index // 128 + 1] + [0] * 121
            addresses = compress([0] * 128, compress([0] * 128, counter))
        if n < 2:
            continue
        j1 = (addresses[index % 128] if independent else blocks[at - 1][0]) & 0xffffffff
        area = at - 1 if of_pass == 0 else columns - segment + index - 1
        first = 0 if of_pass == 0 else (part + 1) * segment
        reference = blocks[(first + area - 1 - (area * (j1 * j1 >> 32) >> 32)) % columns]
        new = compress(blocks[at - 1], reference)
        blocks[at] = [a ^ b for a, b in zip(new, blocks[at])] if of_pass else new
    return long_hash(struct.pack('<128Q', *blocks[-1]), size)
