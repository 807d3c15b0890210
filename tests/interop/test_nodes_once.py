#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is there once over all nodes: a token for one device, used at two nodes at the same moment by many; the limit of a tenant's
connections."""
import concurrent.futures
import http.client
import json
import pathlib
import ssl
import sys
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402


def enrol(node, token, identity):
    where = urllib.parse.urlsplit(node.ready['api_url'])
    api = http.client.HTTPSConnection(where.hostname, where.port, timeout=30, context=ssl.create_default_context(cafile=node.ready['ca_file']))
    try:
        api.request('POST', '/enrol', json.dumps({'token': token, 'identity': identity}), {'Content-Type': 'application/json'})
        answer = api.getresponse()
        answer.read()
        return answer.status
    finally:
        api.close()


class Once(nodes.Case):
    OPTIONS = ('--tenant-connections', '3')

    def test_1_a_token_for_one_device(self):
        for at in range(5):
            maker = self.nodes['ab'[at % 2]]
            token = maker.ask('POST', '/enrolments', {})[1]['token']
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                said = list(pool.map(lambda n, at=at, token=token: enrol(self.nodes['ab'[n % 2]], token, f'ONCE-{at}-{n}'), range(8)))
            self.assertEqual(said.count(201), 1, said)
            self.assertEqual(self.cluster.database.sql(f"SELECT count(*) FROM voltseal.station WHERE identity LIKE 'ONCE-{at}-%'", 'voltseal'),
                             '1')

    def test_2_connections_count_wherever_they_are(self):
        a, b = self.nodes['a'], self.nodes['b']
        here = [self.station('a', row) for row in self.rows[:2]]
        wait_for(lambda: self.cluster.database.sql("SELECT sum(connections) FROM voltseal.share WHERE node = 'a'", 'voltseal') == '2', 10,
                 'a says what it has')
        there = self.station('b', self.rows[2])
        wait_for(lambda: nodes.comes_in(b, self.rows[3]) == 503, 10, 'the tenant has all that it may have')
        wait_for(lambda: nodes.comes_in(a, self.rows[3]) == 503, 10, 'and the other node knows')
        here[0].close()
        wait_for(lambda: nodes.comes_in(b, self.rows[3]) == 101, 10, 'there is room again, at both')
        self.assertTrue(there.is_open)
        self.assertEqual(a.stop(), 0)
        wait_for(lambda: self.is_in(b, 2), 30, 'what a node had that has ended is nobody\'s')

    def is_in(self, node, count):
        """So many more at once."""
        kept = []
        try:
            for row in self.rows[3:3 + count]:
                kept.append(nodes.Station(node, row))
        except nodes.Failed:
            pass
        for station in kept:
            station.close()
        return len(kept) == count


if __name__ == '__main__':
    unittest.main()
