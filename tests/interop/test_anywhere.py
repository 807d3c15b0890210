#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard of any node shows what happens at all of them: two voltseald at one PostgreSQL and one nats-server."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402

NOW = '2026-01-01T00:00:00Z'


def said(watch, station, *kinds):
    """Each as what it says, without where it was heard."""
    return [tuple(sorted((key, str(value)) for key, value in event[2].items())) for event in watch.of(station, *kinds)]


class Anywhere(nodes.Case):
    SERVERS = 1

    def both(self):
        """Streams of both nodes that have begun."""
        watches = [self.watch(name) for name in 'ab']
        for name, other in (('a', watches[1]), ('b', watches[0])):
            wait_for(lambda name=name, other=other: self.is_heard(name, other), 20, f'what happens at {name} is heard')
        return watches

    def is_heard(self, name, watch):
        """A node that has just begun hears the others from then on."""
        nodes.comes_in(self.nodes[name], {'id': f'PROBE-{name}', 'password': 'of nobody, 16 long'})
        return watch.of(f'PROBE-{name}')

    def charge(self, station, row, transaction):
        for number, kind in enumerate(('Started', 'Updated', 'Ended')):
            station.call('TransactionEvent', {
                'eventType': kind, 'timestamp': NOW, 'triggerReason': 'Authorized', 'seqNo': number,
                'transactionInfo': {'transactionId': transaction}, 'evse': {'id': 1, 'connectorId': 1}}, f'{transaction}-{number}')

    def test_1_events_of_all_nodes_each_once(self):
        watches, row = self.both(), self.rows[0]
        station = self.station('a', row)
        self.charge(station, row, 'tx-1')
        for watch in watches:
            wait_for(lambda watch=watch: len(watch.of(row['id'], 'transaction')) == 3, 20, 'the transaction is shown')
            wait_for(lambda watch=watch: watch.of(row['id'], 'connected') and watch.of(row['id'], 'boot'), 20, 'and how it came')
        station.close()
        for watch in watches:
            wait_for(lambda watch=watch: watch.of(row['id'], 'disconnected'), 20, 'and how it went')
        self.assertEqual(said(watches[0], row['id']), said(watches[1], row['id']))
        self.assertEqual(len(set(said(watches[1], row['id']))), len(said(watches[1], row['id'])))
        self.assertFalse([event for watch in watches for event in watch.events if event[0] == 'resync'])

    def test_2_a_stream_goes_on_behind_an_event_of_the_other_node(self):
        watch, row = self.both()[1], self.rows[1]
        first = self.station('a', row)
        wait_for(lambda: watch.of(row['id'], 'boot'), 20, 'its boot is shown')
        last = watch.of(row['id'], 'boot')[0][1]
        watch.close()
        self.charge(first, row, 'tx-2')
        wait_for(lambda: self.nodes['a'].ask('GET', '/transactions/tx-2')[1].get('active') is False, 20, 'it is kept')
        again = self.watch('b', last=last)
        wait_for(lambda: len(again.of(row['id'], 'transaction')) == 3, 20, 'what was missed')
        self.assertFalse(again.of(row['id'], 'boot') or again.of('', 'resync'))

    def test_3_an_alarm_is_kept_once(self):
        watches = self.both()
        self.assertEqual(nodes.comes_in(self.nodes['a'], {**self.rows[2], 'password': 'not-the-right-password'}), 401)
        for watch in watches:
            wait_for(lambda watch=watch: watch.of(self.rows[2]['id'], 'refused'), 20, 'the refusal is shown')
        for name in 'ab':
            wait_for(lambda name=name: self.nodes[name].ask('GET', f'/stations/{self.rows[2]["id"]}')[1]['refused'] == 'wrong_password', 20,
                     f'{name} shows why it was refused last')
        path = f'/events?station={self.rows[2]["id"]}&security=true'
        wait_for(lambda: self.nodes['b'].ask('GET', path)[1]['items'], 20, 'it is kept')
        again = self.station('b', self.rows[2])  # what is written behind it has come through the same writers
        again.close()
        wait_for(lambda: watches[0].of(self.rows[2]['id'], 'disconnected'), 20, 'shown at the other')
        self.assertEqual(len(self.nodes['b'].ask('GET', path)[1]['items']), 1)

    def test_5_messages_of_a_station_of_the_other_node(self):
        row = self.rows[4]
        station = self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        path = f'/stations/{row["id"]}/messages'
        wait_for(lambda: self.nodes['b'].ask('GET', '/overview')[1]['online'] > 0, 20, 'the other node knows where it is')
        listed = self.nodes['b'].ask('GET', path)[1]['items']
        self.assertIn(('BootNotification', 'received'), [(item['action'], item['direction']) for item in listed])
        watches = [self.watch(name, f'{path}/stream') for name in 'ab']
        for number in range(5):
            station.call('Heartbeat', {}, f'beat-{number}')
        for watch in watches:
            wait_for(lambda watch=watch: len(self.beats(watch)) == 10, 20, 'requests and answers are shown')
        here, there = (self.beats(watch) for watch in watches)
        self.assertEqual(here, there)
        self.assertFalse([event for watch in watches for event in watch.events if event[2].get('action') == 'missed'])
        self.assertEqual(self.nodes['b'].command(row['id']), 'answered')
        for watch in watches:
            wait_for(lambda watch=watch: [event for event in watch.events if event[2]['action'] == 'TriggerMessage'
                                          and event[2]['type'] == 'result'], 20, 'and those of a command')

    def test_6_how_all_nodes_are(self):
        row = self.rows[5]
        station = self.station('b', row)
        for name in 'ab':
            def is_shown(name=name):
                found = self.nodes[name].ask('GET', '/overview')[1]
                nodes_ = {node['name']: node for node in found['nodes']}
                return (set(nodes_) == {'a', 'b'} and nodes_['b']['stations'] >= 1 and found['online'] >= 1
                        and all(node['state'] == 'serving' and node['version'] and node['lease'] for node in nodes_.values()))
            wait_for(is_shown, 20, f'{name} shows both nodes')
            # There is one list: here and there, the one that is asked first, and the tool prints it.
            found, listed = self.nodes[name].ask('GET', '/overview')[1]['nodes'], self.nodes[name].ask('GET', '/nodes')[1]['items']
            self.assertEqual([(node['name'], node['self']) for node in found], [(name, True), ('b' if name == 'a' else 'a', False)])
            still = ('name', 'self', 'state', 'stations', 'lease', 'version', 'cores', 'audit')
            self.assertEqual(*[[{key: node[key] for key in still} for node in each] for each in (found, listed)])
            self.assertEqual(*[[sorted(node) for node in each] for each in (found, listed)])
            self.assertTrue(all(node['memory_bytes'] > 1_000_000 and 0 <= node['silent_ms'] < 10_000 for node in listed), listed)
            printed = [line.split()[:3] for line in self.nodes[name].voltseal('node', 'list').splitlines()[1:]]
            self.assertEqual(printed, [[node['name'], node['state'], str(node['stations'])] for node in listed])
            status, found = self.nodes[name].ask('GET', f'/stations/{row["id"]}')
            self.assertEqual((status, found['connected']), (200, True))
        station.close()

    def beats(self, watch):
        """All of them but the number, which is the node's own."""
        return [{**event[2], 'number': 0} for event in watch.events if event[2]['id'].startswith('beat-')]

    def test_4_what_happens_while_nats_is_away_is_shown_when_it_is_back(self):
        watches, row = self.both(), self.rows[3]
        self.cluster.bus.kill()
        for node in self.nodes.values():
            wait_for(lambda node=node: 'cluster.lost' in node.log, 20, 'it notices')
        station = self.station('a', row)
        self.charge(station, row, 'tx-4')
        wait_for(lambda: len(watches[0].of(row['id'], 'transaction')) == 3, 20, 'its own node shows it')
        self.assertEqual(watches[1].of(row['id']), [])
        self.cluster.bus.start()
        wait_for(lambda: len(watches[1].of(row['id'], 'transaction')) == 3, 40, 'the other one, later')
        self.assertEqual(said(watches[0], row['id']), said(watches[1], row['id']))


if __name__ == '__main__':
    unittest.main()
