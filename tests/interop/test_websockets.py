# SPDX-License-Identifier: Apache-2.0
"""Debian's python3-websockets as a station: another implementation of RFC 6455 and 7692 than ours and node's."""
import asyncio
import base64
import csv
import json
import os
import pathlib
import ssl
import unittest
import uuid

import websockets

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
with open(READY['credentials_file'], newline='', encoding='utf-8') as file:
    STATION = [row for row in csv.DictReader(file) if row['password']][4]


def connect(station=STATION, password=None, **options):
    context = ssl.create_default_context(cafile=READY['ca_file'])
    secret = base64.b64encode(f"{station['id']}:{password or station['password']}".encode()).decode()
    return websockets.connect(READY['ocpp_url'] + station['id'], ssl=context, subprotocols=['ocpp2.0.1'],
                              extra_headers={'Authorization': f'Basic {secret}'}, **options)


def call(action, payload):
    return json.dumps([2, str(uuid.uuid4()), action, payload])


BOOT = {'reason': 'PowerUp', 'chargingStation': {'model': 'Py', 'vendorName': 'Interop'}}


class Websockets(unittest.IsolatedAsyncioTestCase):
    async def ask(self, ws, message):
        await ws.send(message)
        return json.loads(await asyncio.wait_for(ws.recv(), 20))

    async def test_session_with_and_without_deflate(self):
        for compression in ('deflate', None):
            async with connect(compression=compression) as ws:
                self.assertEqual(ws.subprotocol, 'ocpp2.0.1')
                self.assertEqual(len(ws.extensions), 1 if compression else 0)
                self.assertEqual((await self.ask(ws, call('BootNotification', BOOT)))[2]['status'], 'Accepted')
                for _ in range(50):
                    self.assertEqual((await self.ask(ws, call('Heartbeat', {})))[0], 3)

    async def test_fragments(self):
        async with connect() as ws:
            text = call('BootNotification', BOOT)
            self.assertEqual((await self.ask(ws, [text[i:i + 10] for i in range(0, len(text), 10)]))[0], 3)

    async def test_ping(self):
        async with connect() as ws:
            await asyncio.wait_for(await ws.ping(b'are you there'), 20)

    async def test_binary_is_no_ocpp(self):
        async with connect() as ws:
            await self.ask(ws, call('BootNotification', BOOT))
            await ws.send(b'\x00\x01\x02')
            # Either an error or a close with a code of its own; never silence, never a crash.
            try:
                answer = json.loads(await asyncio.wait_for(ws.recv(), 20))
                self.assertEqual(answer[0], 4)
            except websockets.ConnectionClosed as closed:
                self.assertIn(closed.rcvd.code, (1003, 1008))

    async def test_close_is_answered(self):
        ws = await connect()
        await ws.close(1001, 'going')
        self.assertEqual(ws.close_code, 1001)

    async def test_wrong_password(self):
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            await connect(password='not-the-password')
        self.assertEqual(caught.exception.status_code, 401)


if __name__ == '__main__':
    unittest.main()
