#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node lets its stations go: a fleet that charges and takes commands moves to the other node, spread over the time that was
named. No event that a station was told is kept is missing or there twice, every command has a clear end, nobody waits for a
lease to run out, and no station has two owners (tests/cluster/check_history.py)."""
import asyncio
import collections
import datetime
import http.client
import json
import pathlib
import random
import ssl
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402

FLEET = 16
OVER_S = 3


class Fleet(threading.Thread):
    """Stations that charge, answer commands, and come again at the next node when they are closed or refused. Of each:
    told, the numbers of the events that were answered; closes, the codes that it was closed with."""

    def __init__(self, cluster, rows):
        super().__init__(daemon=True)
        self.cluster, self.rows, self.is_over = cluster, rows, False
        self.told, self.closes, self.at = collections.defaultdict(list), collections.defaultdict(list), {}
        self.refused = collections.Counter()
        self.start()

    def run(self):
        asyncio.run(self.all())

    async def all(self):
        await asyncio.gather(*(self.live(row, 'a') for row in self.rows))

    async def live(self, row, name):
        import websockets
        number, waiting = 0, None
        while not self.is_over:
            node = self.cluster.nodes[name]
            try:
                async with websockets.connect(node.ready['ocpp_url'] + row['id'], subprotocols=['ocpp2.0.1'],
                                              ssl=nodes.context_of(node, row), extra_headers=nodes.headers_of(row)) as socket:
                    self.at[row['id']] = name
                    await socket.send(json.dumps([2, f'boot-{random.random()}', 'BootNotification', {
                        'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}}]))
                    number, waiting = await self.talk(socket, row, number, waiting)
            except websockets.exceptions.InvalidStatusCode as refused:
                self.refused[(name, refused.status_code)] += 1
            except (OSError, EOFError, websockets.exceptions.WebSocketException):
                pass
            self.at.pop(row['id'], None)
            name = 'b' if name == 'a' else 'a'
            await asyncio.sleep(0.05)

    async def talk(self, socket, row, number, waiting):
        """An event at a time; one that was not answered is sent again, as it was, over the next connection (E04.FR.03)."""
        import websockets
        is_booted = False
        try:
            while not self.is_over:
                try:
                    message = json.loads(await asyncio.wait_for(socket.recv(), 0.1))
                except asyncio.TimeoutError:
                    message = None
                if message is not None and message[0] == 2:
                    await socket.send(json.dumps([3, message[1], {'status': 'Accepted'}]))
                elif message is not None and str(message[1]).startswith('boot'):
                    is_booted = True
                    if waiting is not None:
                        await socket.send(waiting)
                elif message is not None and message[0] == 3 and waiting is not None and message[1] == json.loads(waiting)[1]:
                    self.told[row['id']].append(number)
                    number, waiting = number + 1, None
                if is_booted and waiting is None:
                    waiting = json.dumps([2, f'event-{row["id"]}-{number}', 'TransactionEvent', {
                        'eventType': 'Started' if number == 0 else 'Updated', 'seqNo': number,
                        'timestamp': datetime.datetime.now(datetime.timezone.utc).isoformat().replace('+00:00', 'Z'),
                        'triggerReason': 'Authorized' if number == 0 else 'MeterValuePeriodic',
                        'transactionInfo': {'transactionId': f'tx-{row["id"]}'}}])
                    await socket.send(waiting)
        except websockets.exceptions.ConnectionClosed as closed:
            self.closes[row['id']].append(closed.rcvd.code if closed.rcvd else None)
        return number, waiting

    def end(self):
        self.is_over = True
        self.join(20)


class Commands(threading.Thread):
    """Commands to the fleet all the while, over both nodes; given: those that were accepted, refused: the statuses else."""

    def __init__(self, cluster, rows):
        super().__init__(daemon=True)
        self.cluster, self.rows, self.is_over = cluster, rows, False
        self.given, self.refused = [], collections.Counter()
        self.start()

    def run(self):
        while not self.is_over:
            for name in 'ab':
                row = random.choice(self.rows)
                try:
                    status, said = self.cluster.nodes[name].ask('POST', f'/stations/{row["id"]}/commands', nodes.TRIGGER)
                except OSError:
                    continue
                if status == 202:
                    self.given.append(said['id'])
                else:
                    self.refused[(status, said['code'])] += 1
            time.sleep(0.02)

    def end(self):
        self.is_over = True
        self.join(40)


class Drain(nodes.Case):
    SERVERS, STATIONS = 1, FLEET

    def all_at(self, fleet, name):
        return [fleet.at.get(row['id']) for row in self.rows].count(name) == FLEET

    def states(self, asked):
        return {node['name']: (node['state'], node['stations']) for node in self.nodes[asked].ask('GET', '/nodes')[1]['items']}

    def ready(self, name):
        where = urllib.parse.urlsplit(self.nodes[name].ready['api_url'])
        api = http.client.HTTPSConnection(where.hostname, where.port, timeout=20,
                                          context=ssl.create_default_context(cafile=self.nodes[name].ready['ca_file']))
        api.request('GET', '/readyz')
        answer = api.getresponse()
        text = answer.read()
        api.close()
        return answer.status, json.loads(text)

    def all_answer(self, name):
        for row in self.rows:
            # Much sooner than a lease runs out: the epochs were handed over.
            wait_for(lambda row=row: self.nodes[name].command(row['id']) == 'answered', nodes.LEASE_S - 5, f'{row["id"]} takes commands')

    def test_a_fleet_moves_and_moves_back(self):
        fleet = Fleet(self.cluster, self.rows)
        self.addCleanup(fleet.end)
        wait_for(lambda: self.all_at(fleet, 'a'), 40, 'the fleet is at a')
        self.all_answer('a')
        wait_for(lambda: all(len(fleet.told[row['id']]) > 2 for row in self.rows), 20, 'they charge')
        commands = Commands(self.cluster, self.rows)
        self.addCleanup(commands.end)

        # Asked for at the other node, by the command line tool.
        said = self.nodes['b'].voltseal('node', 'drain', 'a', '--over', OVER_S)
        self.assertIn('draining', said)
        wait_for(lambda: self.states('b')['a'][0] == 'draining' and self.states('a')['a'][0] == 'draining', 10, 'all know')
        status, ready = self.ready('a')
        self.assertEqual((status, ready['detail']), (503, 'this node drains'))
        self.assertEqual([node['state'] for node in self.nodes['a'].ask('GET', '/overview')[1]['nodes']], ['draining', 'serving'])
        wait_for(lambda: self.all_at(fleet, 'b'), 40, 'the fleet is at b')
        self.assertEqual(nodes.comes_in(self.nodes['a'], self.rows[0]), 503)
        self.all_answer('b')
        wait_for(lambda: self.states('a') == {'a': ('draining', 0), 'b': ('serving', FLEET)}, 20, 'both count them at b')
        self.assertEqual({code for row in self.rows for code in fleet.closes[row['id']]}, {1012})

        # Back, by the end of b: it is told to stop, and lets them go first.
        self.nodes['b'].voltseal('node', 'resume', 'a')
        wait_for(lambda: self.states('b')['a'][0] == 'serving', 10, 'a serves again')
        wait_for(lambda: nodes.comes_in(self.nodes['a'], self.rows[0]) != 503, 10, 'it lets in')
        self.assertEqual(self.nodes['b'].stop(), 0, self.nodes['b'].daemon.tail())
        self.assertIn('node.draining', self.nodes['b'].log)
        wait_for(lambda: self.all_at(fleet, 'a'), 40, 'the fleet is at a again')
        self.all_answer('a')
        commands.end()
        fleet.end()

        # Nothing is lost, and nothing is there twice.
        for row in self.rows:
            told = fleet.told[row['id']]
            self.assertEqual(told, list(range(len(told))))
            status, kept = self.nodes['a'].ask('GET', f'/transactions/tx-{row["id"]}')
            numbers = collections.Counter(event['seq_no'] for event in kept['series'])
            self.assertEqual([number for number in told if numbers[number] != 1], [], row['id'])
        self.assertTrue(commands.given)
        states = collections.Counter()
        for ident in commands.given:
            def is_over(ident=ident):
                said.update(self.nodes['a'].ask('GET', f'/commands/{ident}')[1])
                return said.get('state') in nodes.FINAL
            said = {}
            wait_for(is_over, 40, f'command {ident} ends')
            states[said['state']] += 1
        # One that was refused says why; and most were answered.
        self.assertTrue(all(status in (409, 503) for status, _ in commands.refused), commands.refused)
        self.assertGreater(states['answered'], len(commands.given) // 2, (states, commands.refused))
        self.assertEqual(self.nodes['a'].stop(), 0, self.nodes['a'].daemon.tail())
        status, said = self.cluster.check_history()
        self.assertEqual(status, 0, said)
        print(f'{len(commands.given)} commands: {dict(states)}, refused {dict(commands.refused)}; '
              f'{sum(map(len, fleet.told.values()))} events; turned away {dict(fleet.refused)}', file=sys.stderr)


if __name__ == '__main__':
    unittest.main()
