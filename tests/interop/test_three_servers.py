#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two voltseald and three nats-servers: one server is lost, then all of them. Stations stay, and commands to the other node go
on within seconds, or fail clearly at once; what each node shows of the fleet goes on, too."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402

SOON_S = 10  # for what the servers need to agree without one of them


class ThreeServers(nodes.Case):
    SERVERS, STATIONS = 3, 5

    def setUp(self):
        self.stations = []
        for name, row in zip('ab', self.rows):
            self.stations.append(self.station(name, row))
            self.cluster.owned_by(name, row['id'])

    def is_answered(self, name, row):
        return self.nodes[name].command(row['id']) == 'answered'

    def go_on(self, what):
        """Each node reaches the station of the other, and all of it is shown everywhere."""
        for name, row in (('a', self.rows[1]), ('b', self.rows[0])):
            wait_for(lambda name=name, row=row: self.is_answered(name, row), SOON_S, f'{what}: a command over {name}')
        for node in self.nodes.values():
            wait_for(lambda node=node: node.ask('GET', '/overview')[1]['online'] == sum(one.is_open for one in self.stations), SOON_S,
                     f'{what}: {node.name} shows all')
        self.assertEqual([station.is_open for station in self.stations[:2]], [True, True], what)

    def test_1_one_of_three_is_lost(self):
        self.go_on('before')
        self.cluster.bus.kill(1)
        self.go_on('one is gone')
        # What comes in meanwhile is owned, too, and is reached from the other node.
        self.stations.append(self.station('a', self.rows[2]))
        self.cluster.owned_by('a', self.rows[2]['id'], SOON_S)
        wait_for(lambda: self.is_answered('b', self.rows[2]), SOON_S, 'a station that came meanwhile')
        self.cluster.bus.start(1)
        self.go_on('it is back')

    def test_2_all_are_gone(self):
        self.cluster.bus.kill()
        for name, theirs, mine in (('a', self.rows[1], self.rows[0]), ('b', self.rows[0], self.rows[1])):
            wait_for(lambda name=name: 'cluster.lost' in self.nodes[name].log, SOON_S, f'{name} notices')
            status, said = self.nodes[name].ask('POST', f'/stations/{theirs["id"]}/commands', nodes.TRIGGER)
            self.assertEqual((status, said['code']), (503, 'VS-1011'), said)
            self.assertTrue(self.is_answered(name, mine))  # its lease still holds
        self.stations[0].call('Heartbeat', {}, 'alive')
        wait_for(lambda: 'alive' in self.stations[0].answered, SOON_S, 'stations are answered')
        self.assertEqual([station.is_open for station in self.stations], [True, True])
        self.cluster.bus.start()
        for name, row in (('a', self.rows[1]), ('b', self.rows[0])):
            wait_for(lambda name=name, row=row: self.is_answered(name, row), 2 * nodes.LEASE_S, f'it goes on over {name}')
        self.go_on('NATS is back')

    @classmethod
    def tearDownClass(cls):
        for node in cls.nodes.values():
            assert node.stop() == 0, node.daemon.tail()
        status, said = cls.cluster.check_history()
        assert status == 0, said


if __name__ == '__main__':
    unittest.main()
