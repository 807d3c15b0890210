# SPDX-License-Identifier: Apache-2.0
"""ws-echo against python3-websockets: the WebSocket layer alone, whole and in fragments, up to 16 MiB."""
import asyncio
import os
import pathlib
import random
import socket
import subprocess
import unittest

import websockets

ECHO = pathlib.Path(os.environ['VOLTSEAL_BUILD']) / 'ws-echo'
SIZE_MAX = 16 << 20


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Echo(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.process = subprocess.Popen([ECHO, str(cls.port)], stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        assert cls.process.wait(20) == 0, cls.process.returncode

    async def connect(self, **options):
        for _ in range(200):
            try:
                return await websockets.connect(f'ws://127.0.0.1:{self.port}/', max_size=SIZE_MAX + 1, **options)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
        raise AssertionError('ws-echo does not listen')

    async def echo(self, ws, message):
        await ws.send(message)
        whole = message if isinstance(message, (str, bytes)) else type(message[0])().join(message)
        self.assertEqual(await asyncio.wait_for(ws.recv(), 60), whole)

    async def test_sizes(self):
        chance = random.Random(1)
        for compression in (None, 'deflate'):
            ws = await self.connect(compression=compression)
            for size in (0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20):
                await self.echo(ws, chance.randbytes(size))
                await self.echo(ws, ''.join(chance.choices('ä€𝄞xyz', k=size // 4)))
            await ws.close()
            self.assertEqual(ws.close_code, 1000)

    async def test_the_largest(self):
        for compression in (None, 'deflate'):
            ws = await self.connect(compression=compression)
            await self.echo(ws, random.Random(2).randbytes(SIZE_MAX // 2).hex())
            await ws.close()

    async def test_one_byte_too_many(self):
        ws = await self.connect(compression=None)
        with self.assertRaises(websockets.ConnectionClosed):
            await ws.send(bytes(SIZE_MAX + 1))
            await asyncio.wait_for(ws.recv(), 60)
        self.assertEqual(ws.close_code, 1009)

    async def test_fragments(self):
        ws = await self.connect(compression=None)
        text = 'Grüße, 世界, 𝄞 ' * 20
        await self.echo(ws, [text[i:i + 7] for i in range(0, len(text), 7)])
        await self.echo(ws, [b'a', b'', b'bc', b''])
        await ws.close()

    async def test_pings(self):
        ws = await self.connect()
        for size in (0, 1, 125):
            await asyncio.wait_for(await ws.ping(bytes(size)), 20)
        await ws.close()

    async def test_subprotocols_are_not_asked_for(self):
        ws = await self.connect()
        self.assertIsNone(ws.subprotocol)
        await ws.close()


if __name__ == '__main__':
    unittest.main()
