#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who guesses has no more tries at two nodes than at one: stations, sources and operators; and no fewer while NATS is away."""
import base64
import http.client
import json
import pathlib
import re
import socket
import ssl
import sys
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402

NEAR, SOURCE = 3, 4


def api_of(node, source='127.0.0.1'):
    where = urllib.parse.urlsplit(node.ready['api_url'])
    return http.client.HTTPSConnection(where.hostname, where.port, timeout=30, source_address=(source, 0),
                                       context=ssl.create_default_context(cafile=node.ready['ca_file']))


def counted(node, name):
    api = api_of(node)
    try:
        api.request('GET', '/metrics', headers={'Authorization': f'Bearer {node.ready["admin_token"]}'})
        return int(re.search(rf'^voltseal_{name} (\d+)$', api.getresponse().read().decode(), flags=re.M).group(1))
    finally:
        api.close()


def knock(node, source, identity, password):
    """The status that a station from there is answered with."""
    where = urllib.parse.urlsplit(node.ready['ocpp_url'])
    pair = base64.b64encode(f'{identity}:{password}'.encode()).decode()
    raw = socket.create_connection((where.hostname, where.port), timeout=30, source_address=(source, 0))
    with ssl.create_default_context(cafile=node.ready['ca_file']).wrap_socket(raw, server_hostname=where.hostname) as peer:
        peer.sendall(f'GET /ocpp/{identity} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
                     'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n'
                     f'Authorization: Basic {pair}\r\n\r\n'.encode())
        return int(peer.makefile('rb').readline().split()[1])


def login(node, source, name):
    api = api_of(node, source)
    try:
        api.request('POST', '/login/password', json.dumps({'login': name, 'password': 'guessed by nobody'}), {
            'Content-Type': 'application/json', 'Origin': node.ready['api_url'], 'X-Requested-With': 'voltseal'})
        return api.getresponse().status
    finally:
        api.close()


class Guess(nodes.Case):
    # Nothing is forgotten while this runs.
    SERVERS, STATIONS = 1, 4
    OPTIONS = ('--trusted-prefixes', 'none', '--limit-auth-near', f'{NEAR}/86400 {NEAR} 1', '--limit-auth-source', f'{SOURCE}/86400 {SOURCE} 1')

    def setUp(self):
        self.a, self.b = self.nodes['a'], self.nodes['b']
        for node in (self.a, self.b):
            wait_for(lambda node=node: counted(node, 'bus_connected') == 1, 20, 'NATS is there')

    def heard(self, node, act, count):
        """What act returns, when the other node has heard of so many failures more."""
        before = counted(node, 'node_failures_received_total')
        said = act()
        wait_for(lambda: counted(node, 'node_failures_received_total') >= before + count, 20, f'{node.name} hears of {count}')
        return said

    def test_1_an_identity(self):
        row = self.rows[0]
        self.assertEqual(self.heard(self.b, lambda: [knock(self.a, '127.3.1.1', row['id'], f'guess-{n}') for n in range(2)], 2), [401] * 2)
        self.assertEqual(self.heard(self.a, lambda: [knock(self.b, '127.3.1.9', row['id'], f'guess-{n}') for n in range(2)], 1),
                         [401, 429])
        self.assertEqual(knock(self.a, '127.3.1.1', row['id'], 'guess'), 429)
        # It locked out its own neighbourhood, at both nodes, and nobody else.
        for node in (self.a, self.b):
            self.assertEqual(knock(node, '127.3.1.1', row['id'], row['password']), 429)
            self.assertEqual(knock(node, '127.3.2.1', row['id'], row['password']), 101)

    def test_2_a_source(self):
        half = SOURCE // 2
        self.assertEqual(self.heard(self.b, lambda: [knock(self.a, '127.4.1.1', f'CS-X{n}', 'guess') for n in range(half)], half), [401] * half)
        self.assertEqual(self.heard(self.a, lambda: [knock(self.b, '127.4.1.1', f'CS-Y{n}', 'guess') for n in range(half + 1)], half),
                         [401] * half + [429])
        row = self.rows[1]
        for node in (self.a, self.b):
            self.assertEqual(knock(node, '127.4.1.1', row['id'], row['password']), 429)
            self.assertEqual(knock(node, '127.4.1.2', row['id'], row['password']), 101)

    def test_3_an_operator(self):
        self.assertEqual(self.heard(self.b, lambda: [login(self.a, '127.5.1.1', 'eve') for n in range(2)], 2), [401] * 2)
        self.assertEqual(self.heard(self.a, lambda: [login(self.b, '127.5.1.1', 'eve') for n in range(2)], 1), [401, 429])
        self.assertEqual(login(self.a, '127.5.1.1', 'eve'), 429)
        self.assertEqual(login(self.a, '127.5.2.1', 'eve'), 401)

    def test_4_without_nats_each_counts_its_own(self):
        identity = self.rows[2]['id']
        self.cluster.bus.kill(0)
        for node in (self.a, self.b):
            wait_for(lambda node=node: counted(node, 'bus_connected') == 0, 20, 'NATS is away')
        lost = counted(self.a, 'node_failures_lost_total')
        for node in (self.a, self.b):
            self.assertEqual([knock(node, '127.6.1.1', identity, 'guess') for n in range(4)], [401] * 3 + [429])
        self.assertEqual(counted(self.a, 'node_failures_lost_total'), lost + 3)
        self.cluster.bus.start(0)
        self.setUp()
        # Told from then on; the server knows of a subscription some time after the connection.
        before, tries = counted(self.b, 'node_failures_received_total'), iter(range(100))

        def is_heard():
            self.assertEqual(login(self.a, f'127.7.{next(tries)}.1', 'one'), 401)
            return counted(self.b, 'node_failures_received_total') > before
        wait_for(is_heard, 20, 'b hears again')


if __name__ == '__main__':
    unittest.main()
