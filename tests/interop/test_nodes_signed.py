#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A signed message that one node took has no effect at another one: not while the first lives, and not when it was killed; and
what the nodes sign for a station has numbers that only rise."""
import asyncio
import hashlib
import json
import pathlib
import ssl
import sys
import time
import unittest

import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402
from sealed_peer import b64u, jwk_of, sign, unb64u  # noqa: E402

BOOT = {'reason': 'PowerUp', 'chargingStation': {'model': 'Signed', 'vendorName': 'Py'}}


class Station:
    """Signs all that it says, as sign=strict wants it; keeps what it said, byte for byte."""

    def __init__(self, node, identity):
        status, added = node.ask('POST', '/stations', {'identity': identity, 'sign': 'strict'})
        assert status == 201, added
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, identity)])).sign(key, hashes.SHA256())
        status, answer = node.ask('POST', '/certificates', {
            'station': identity, 'csr': request.public_bytes(serialization.Encoding.PEM).decode()})
        assert status in (200, 201), answer
        self.row = {'id': identity, 'password': added['password']}
        self.key = jwk_of(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                            serialization.NoEncryption()))
        self.thumbprint = b64u(hashlib.sha256(ssl.PEM_cert_to_DER_cert(answer['certificate'])).digest())
        self.id, self.seq, self.said, self.numbers = identity, 0, [], []

    def signed(self, mid, action, payload):
        self.seq += 1
        self.said.append(json.dumps(sign([2, mid, action, payload], self.key, 'ES256', self.thumbprint, **{
            'vs:mid': mid, 'vs:iat': time.time_ns() // 10**6, 'vs:seq': self.seq, 'vs:cp': self.id})))
        return self.said[-1]

    def at(self, node, *texts):
        """The answers to these texts, on a connection of its own: the payload, or the code of the error."""
        async def talk():
            async with self.connect(node) as ws:
                return [await self.say(ws, text) for text in texts]
        return asyncio.run(talk())

    def connect(self, node):
        return websockets.connect(node.ready['ocpp_url'] + self.id, subprotocols=['ocpp2.0.1'], ssl=nodes.context_of(node, self.row),
                                  ping_interval=None, extra_headers=nodes.headers_of(self.row))

    async def say(self, ws, text):
        await ws.send(text)
        return self.heard(json.loads(await asyncio.wait_for(ws.recv(), 20)))

    def heard(self, answer):
        if answer[0] == 4:
            return answer[2]
        self.numbers.append(json.loads(unb64u(answer[2]['protected']))['vs:seq'])
        return json.loads(unb64u(answer[2]['payload']))


def security(number):
    return 'SecurityEventNotification', {'type': 'StartupOfTheDevice', 'timestamp': '2026-01-02T03:04:05Z', 'techInfo': f'number {number}'}


def event(number):
    return 'TransactionEvent', {'eventType': 'Started' if number == 0 else 'Updated', 'timestamp': '2026-01-02T03:04:05Z', 'seqNo': number,
                                'triggerReason': 'Authorized', 'transactionInfo': {'transactionId': 'tx-1'}, 'evse': {'id': 1, 'connectorId': 1}}


class SignedAcrossNodes(nodes.Case):
    STATIONS = 1

    def count(self, table, identity):
        joined = 'tx_event e JOIN voltseal.tx t ON t.id = e.tx' if table == 'tx_event' else f'{table} t'
        return int(self.cluster.database.sql(f"SELECT count(*) FROM voltseal.{joined} WHERE t.station = '{identity}'", 'voltseal'))

    def booted(self, identity):
        """A station that has booted at a, and that b knows as one that has."""
        a, b = self.nodes['a'], self.nodes['b']
        station = Station(a, identity)
        wait_for(lambda: nodes.comes_in(b, station.row) == 101, 10, 'the other node has read of it')
        self.assertEqual(station.at(a, station.signed('boot', 'BootNotification', BOOT))[0]['status'], 'Accepted')
        wait_for(lambda: station.at(b, station.signed('heart', 'Heartbeat', {}))[0] != 'SecurityError', 10, 'and that it booted')
        del station.said[1:]
        return station

    def events(self, identity, kind):
        return int(self.cluster.database.sql(
            f"SELECT count(*) FROM voltseal.event WHERE station = '{identity}' AND type = '{kind}'", 'voltseal'))

    def test_1_what_one_took_the_other_refuses(self):
        a, b = self.nodes['a'], self.nodes['b']
        station = self.booted('SIGNED-1')
        self.assertEqual(station.at(a, station.signed('1', *security(1)), station.signed('2', *event(0))), [{}, {}])
        self.assertEqual(station.at(b, *station.said), ['SecurityError'] * 3)
        self.assertEqual(station.at(a, *station.said), ['SecurityError'] * 3)
        self.assertEqual(station.at(b, station.signed('3', *security(2))), [{}])
        self.assertEqual(station.at(a, station.said[-1]), ['SecurityError'])
        self.assertEqual(self.events(station.id, 'StartupOfTheDevice'), 2)
        self.assertEqual((self.count('tx_event', station.id), self.count('boot', station.id)), (1, 1))
        wait_for(lambda: self.events(station.id, 'AttemptedReplayAttacks') >= 3, 10, 'each connection is told of')
        self.assertEqual(station.numbers, sorted(set(station.numbers)), 'what we sign rises')

    def test_2_the_store_decides_when_a_connection_cannot_know(self):
        """A connection that began at b before a took anything: it has the number of before."""
        a, b = self.nodes['a'], self.nodes['b']
        station = self.booted('SIGNED-3')

        async def talk():
            answers = []
            async with station.connect(b) as old:
                async with station.connect(a) as new:
                    for text in (station.signed('1', *security(1)), station.signed('2', *event(0)), station.signed('3', *security(2))):
                        answers.append(await station.say(new, text))
                    answers += [await station.say(old, text) for text in station.said[1:]]
                answers.append(await station.say(old, station.signed('4', *security(3))))
            return answers
        answers = asyncio.run(talk())
        self.assertEqual(answers, [{}] * 3 + ['SecurityError'] * 3 + [{}])
        self.assertEqual(self.events(station.id, 'StartupOfTheDevice'), 3)
        self.assertEqual(self.count('tx_event', station.id), 1)
        wait_for(lambda: self.events(station.id, 'AttemptedReplayAttacks') == 1, 10, 'told once for the connection')

    def test_3_after_the_first_was_killed(self):
        a, b = self.nodes['a'], self.nodes['b']
        station = self.booted('SIGNED-2')
        self.assertEqual(station.at(a, station.signed('1', *security(1)), station.signed('2', *event(0))), [{}, {}])
        before = {table: self.count(table, station.id) for table in ('event', 'tx_event', 'boot')}
        self.assertEqual((self.events(station.id, 'StartupOfTheDevice'), before['tx_event']), (1, 1))
        a.kill()
        self.assertEqual(station.at(b, *station.said), ['SecurityError'] * 3)
        self.assertEqual(station.at(b, station.signed('3', *event(1)))[0], {})
        self.assertEqual(station.at(b, *station.said), ['SecurityError'] * 4)
        a.start()
        self.assertEqual(station.at(a, *station.said), ['SecurityError'] * 4)
        self.assertEqual(self.count('tx_event', station.id), before['tx_event'] + 1)
        self.assertEqual(self.count('boot', station.id), before['boot'])
        self.assertEqual(self.events(station.id, 'StartupOfTheDevice'), 1)
        self.assertEqual(station.numbers, sorted(set(station.numbers)))

    def test_4_out_of_the_spool_of_one_that_was_killed(self):
        """The database was away, and a answered out of its spool. What b takes meanwhile, played or said, a's spool brings no more."""
        a, b = self.nodes['a'], self.nodes['b']
        station = self.booted('SIGNED-4')

        async def talk():
            async with station.connect(a) as ws:
                answers = [await station.say(ws, station.signed('1', *security(1)))]
                self.cluster.database.kill()
                for text in (station.signed('2', *security(2)), station.signed('3', *event(0)), station.signed('4', *security(4))):
                    answers.append(await station.say(ws, text))
                a.kill()
            return answers
        self.assertEqual(asyncio.run(talk()), [{}] * 4)
        self.cluster.database.start()
        wait_for(lambda: nodes.comes_in(b, station.row) == 101, 30, 'b knows again')
        self.assertEqual(station.at(b, station.said[1], station.said[2], station.said[3]), ['SecurityError', {}, {}])
        self.assertEqual(station.at(b, *station.said[:4], station.signed('5', *security(5))), ['SecurityError'] * 4 + [{}])
        wait_for(lambda: self.events(station.id, 'StartupOfTheDevice') == 3, 30, 'b has the database again, too')
        a.start()
        wait_for(lambda: self.events(station.id, 'StartupOfTheDevice') == 4, 30, 'what only a had has come')
        wait_for(lambda: not (a.state / 'spool.key').exists(), 30, 'nothing waits any more')
        self.assertEqual(self.events(station.id, 'StartupOfTheDevice'), 4)
        self.assertEqual(self.count('tx_event', station.id), 1)
        self.assertEqual(station.at(a, *station.said), ['SecurityError'] * 6)


if __name__ == '__main__':
    unittest.main()
