#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The limit of a tenant's connections holds for all nodes together."""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402


class Share(nodes.Case):
    OPTIONS = ('--tenant-connections', '3')

    def test_connections_count_wherever_they_are(self):
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
