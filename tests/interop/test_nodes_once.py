#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A token for one device, used at two nodes at the same moment by many: one device is registered."""
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
    STATIONS = 0

    def test_a_token_for_one_device(self):
        for at in range(5):
            maker = self.nodes['ab'[at % 2]]
            token = maker.ask('POST', '/enrolments', {})[1]['token']
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                said = list(pool.map(lambda n, at=at, token=token: enrol(self.nodes['ab'[n % 2]], token, f'ONCE-{at}-{n}'), range(8)))
            self.assertEqual(said.count(201), 1, said)
            self.assertEqual(self.cluster.database.sql(f"SELECT count(*) FROM voltseal.station WHERE identity LIKE 'ONCE-{at}-%'", 'voltseal'),
                             '1')


if __name__ == '__main__':
    unittest.main()
