#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stations said at a node that was killed after the commit and before its answer, and say again at another one: each is
answered there, and is there once."""
import pathlib
import re
import subprocess
import sys
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402

NOW = '2026-01-02T03:04:05Z'
# The table, the action and what is said; all of it of OCPP 2.0.1, where an id holds over connections.
SAID = (
    ('boot', 'BootNotification', {'reason': 'PowerUp', 'chargingStation': {'model': 'Again', 'vendorName': 'V'}}),
    ('meter_values', 'MeterValues', {'evseId': 1, 'meterValue': [{'timestamp': NOW, 'sampledValue': [{'value': 7}]}]}),
    ('event', 'DataTransfer', {'vendorId': 'org.example', 'data': 'once'}),
    ('event', 'SecurityEventNotification', {'type': 'StartupOfTheDevice', 'timestamp': NOW}))
REPORT = {'requestId': 1, 'generatedAt': NOW, 'seqNo': 0, 'reportData': [
    {'component': {'name': 'C'}, 'variable': {'name': 'V'}, 'variableAttribute': [{'value': '1'}]}]}


class Held:
    """Nobody may write these tables until it is let go."""

    def __init__(self, database, *tables):
        self.psql = subprocess.Popen([database.bin / 'psql', '-XAtq', '-h', database.folder, '-U', 'postgres', '-d', 'voltseal'],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        names = ', '.join(f'voltseal.{table}' for table in tables)
        self.psql.stdin.write(f"BEGIN; LOCK TABLE {names} IN SHARE MODE; SELECT 'held';\n")
        self.psql.stdin.flush()
        assert self.psql.stdout.readline() == 'held\n'

    def let(self):
        if self.psql.poll() is None:
            self.psql.communicate('COMMIT;\n', timeout=20)


class Repeated(nodes.Case):
    STATIONS = 5

    def held(self, *tables):
        held = Held(self.cluster.database, *tables)
        self.addCleanup(held.let)
        return held

    def waits_for(self, *tables):
        """A commit of a node has come as far as one of them."""
        names = ' OR '.join(f"c.relname LIKE '{table}%'" for table in tables)
        text = f'SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE NOT l.granted AND ({names})'
        wait_for(lambda: self.cluster.database.sql(text, 'voltseal') != '0', 20, f'a row of {tables} waits')

    def count(self, table, row):
        return int(self.cluster.database.sql(f"SELECT count(*) FROM voltseal.{table} WHERE station = '{row['id']}'", 'voltseal'))

    def counts(self):
        return [self.count(table, row) for (table, _, _), row in zip(SAID, self.rows)]

    def events(self, row, kind):
        return int(self.cluster.database.sql(
            f"SELECT count(*) FROM voltseal.event WHERE station = '{row['id']}' AND type = '{kind}'", 'voltseal'))

    def queue(self, node):
        request = urllib.request.Request(node.ready['api_url'] + '/metrics', headers={'Authorization': f'Bearer {node.ready["admin_token"]}'})
        tls = nodes.context_of(node, {})
        with urllib.request.urlopen(request, context=tls, timeout=20) as answer:
            return int(re.search(r'^voltseal_store_queue (\d+)$', answer.read().decode(), re.M).group(1))

    def say(self, stations):
        for station, (_, action, payload) in zip(stations, SAID):
            station.call(action, payload, 'said-once')

    def killed_before_it_answered(self):
        """The answers of the first four; a has committed what they said, and none of them was told."""
        a, last = self.nodes['a'], self.rows[4]
        stations = [self.station('a', row) for row in self.rows]
        wait_for(lambda: self.queue(a) == 0, 20, 'nothing waits')
        before = self.counts()
        # One commit is held, what comes behind it is the next one, and that one is held where it writes its first row.
        first = self.held('report')
        stations[4].call('NotifyReport', REPORT, 'report')
        self.waits_for('report')
        self.say(stations)
        wait_for(lambda: self.queue(a) >= len(SAID), 20, 'all of it waits for the next commit')
        tables = 'boot', 'meter_values', 'event'
        second = self.held(*tables)
        first.let()
        wait_for(lambda: self.count('report', last) == 1, 20, 'the first is there')
        self.waits_for(*tables)
        a.freeze()
        second.let()
        wait_for(lambda: self.counts() == [count + 1 for count in before], 20, 'what they said is committed')
        a.kill()
        return [station.answered for station in stations], self.counts()

    def test(self):
        b = self.nodes['b']
        answered, counts = self.killed_before_it_answered()
        for index in (0, 3):  # what is answered after the commit; the others were, perhaps, on their way
            self.assertNotIn('said-once', answered[index])
        watch = self.watch('b')
        stations = [self.station('b', row) for row in self.rows[:4]]
        self.say(stations)
        for station in stations:
            wait_for(lambda station=station: 'said-once' in station.answered, 20, 'it is answered again')
        # Nobody knows whether a told it before it died.
        wait_for(lambda: [event[2]['type'] for event in watch.of(self.rows[3]['id'], 'security')] == ['StartupOfTheDevice'], 20,
                 'it is told here')
        # The same id with something else is something else, and goes through the same writer after all of it.
        stations[3].call('SecurityEventNotification', {'type': 'Another', 'timestamp': NOW}, 'said-once')
        wait_for(lambda: self.events(self.rows[3], 'Another') == 1, 20, 'what is new is written')
        self.assertEqual(self.counts()[:3], counts[:3])
        self.assertEqual(self.events(self.rows[3], 'StartupOfTheDevice'), 1)


if __name__ == '__main__':
    unittest.main()
