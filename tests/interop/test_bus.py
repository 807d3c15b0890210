#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two voltseald at one PostgreSQL and one nats-server: a command given to one reaches the station at the other, a station
that moves takes its owner along, and the history of both holds (tests/cluster/check_history.py)."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402


class Bus(nodes.Case):
    SERVERS = 1

    def is_answered(self, name, row):
        return self.nodes[name].command(row['id']) == 'answered'

    def test_1_a_command_given_to_the_other_node(self):
        row = self.rows[0]
        station = self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        for name in 'ab':
            wait_for(lambda name=name: self.is_answered(name, row), 20, f'a command given to {name}')
        self.assertEqual(len(station.got), len(set(station.got)))
        status, said = self.nodes['b'].ask('POST', f'/stations/{row["id"]}/commands', {'action': 'Reset', 'payload': {'type': 'No'}})
        self.assertEqual(status, 422, said)

    def test_2_nobody_there(self):
        self.assertEqual(self.nodes['b'].command(self.rows[1]['id']), 409)

    def test_3_a_station_that_moves(self):
        row = self.rows[2]
        first = self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        second = self.station('b', row)
        self.cluster.owned_by('b', row['id'])
        wait_for(lambda: not first.is_open, 20, 'the old connection is closed')
        count = len(first.got)
        wait_for(lambda: self.is_answered('a', row), 20, 'a command over the other node')
        self.assertTrue(len(second.got) >= 1 and len(first.got) == count)

    def test_4_without_nats(self):
        here, there = self.rows[3], self.rows[4]
        stations = [self.station('a', here), self.station('b', there)]
        self.cluster.owned_by('a', here['id'])
        self.cluster.owned_by('b', there['id'])
        self.cluster.bus.kill()
        wait_for(lambda: 'cluster.lost' in self.nodes['a'].log, 20, 'it notices')
        status, said = self.nodes['a'].ask('POST', f'/stations/{there["id"]}/commands', nodes.TRIGGER)
        self.assertEqual((status, said['code']), (503, 'VS-1011'), said)
        self.assertTrue(self.is_answered('a', here))  # its lease still holds
        self.cluster.bus.start()
        wait_for(lambda: self.is_answered('a', there), 40, 'it goes on')
        self.assertTrue(all(station.is_open for station in stations))

    def test_5_a_node_comes_back_where_it_died(self):
        row = self.rows[3]
        first, a = self.station('a', row), self.nodes['a']
        self.cluster.owned_by('a', row['id'])
        a.kill()
        first.close()
        self.assertNotIn('cluster.lease_of_the_dead', a.log)
        a.start()
        second = self.station('a', row)
        wait_for(lambda: self.is_answered('b', row), 40, 'a command over the other node')
        self.assertTrue(second.got)
        self.assertIn('cluster.lease_of_the_dead', a.log)  # it did not wait for that
        status, said = self.cluster.check_history()
        self.assertEqual(status, 0, said)

    def test_6_a_node_dies_and_the_history_holds(self):
        row = self.rows[5]
        first = self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        self.nodes['a'].kill()
        first.close()
        self.station('b', row)
        self.cluster.owned_by('b', row['id'])
        wait_for(lambda: self.is_answered('b', row), 20, 'the node that is left sends')
        self.assertEqual(self.nodes['b'].stop(), 0, self.nodes['b'].daemon.tail())
        status, said = self.cluster.check_history()
        self.assertEqual(status, 0, said)


if __name__ == '__main__':
    unittest.main()
