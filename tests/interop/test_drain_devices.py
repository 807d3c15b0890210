#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A node lets its sensor devices and the charge points of the framed network go: the programs of voltseal-sim come again through a
balancer and are at the other node, in the middle of what they do. No reading that was measured is missing or there twice, every
charge goes on and is one transaction to the last watt-hour, and its driver gets the ticket. The second time it is SIGTERM.
And one device at two nodes: the newest connection ends the others, and without NATS the store decides each number."""
import base64
import collections
import contextlib
import decimal
import itertools
import json
import pathlib
import re
import socket
import ssl
import sys
import threading
import time
import unittest
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import nodes  # noqa: E402
from framed_peer import Closed, Sealed, Wire  # noqa: E402
from harness import Child, wait_for  # noqa: E402
from test_sensors import ConnectionClosed, Device, THREE  # noqa: E402

EACH, PROFILES = 3, ('d2', 'd1m')
SENSORS = EACH * len(PROFILES)
OVER_S, PRICE, ENOUGH = 2, decimal.Decimal('0.3'), '5000'  # kWh: nobody gets as much
POINTS = ('DRAIN-ONE', 'DRAIN-TWO')
NAK, EOT = 0x15, 0x04
LINKS = 3  # one program is both, the other has a monitor and an engine


class Balancer(threading.Thread):
    """TCP, each connection to the next of its nodes; one that does not answer is left out. It asks nobody whether it serves."""

    def __init__(self, cluster, what):
        super().__init__(daemon=True)
        self.cluster, self.what, self.came = cluster, what, collections.Counter()
        self.to('a')
        self.door = socket.create_server(('127.0.0.1', 0))
        first = urllib.parse.urlsplit(cluster.nodes['a'].ready[what])
        self.url = first._replace(netloc=f'127.0.0.1:{self.door.getsockname()[1]}').geturl()
        self.start()

    def to(self, *names):
        self.count, self.names = len(names), itertools.cycle(names)

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.door.accept()[0],), daemon=True).start()

    def serve(self, client):
        for _ in range(self.count):
            name = next(self.names)
            where = urllib.parse.urlsplit(self.cluster.nodes[name].ready[self.what])
            with contextlib.suppress(OSError):
                server = socket.create_connection((where.hostname, where.port), timeout=10)
                server.settimeout(None)
                self.came[name] += 1
                back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
                back.start()
                self.pump(client, server)
                back.join()
                server.close()
                break
        client.close()

    @staticmethod
    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def close(self):
        with contextlib.suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()
        self.join(20)


class Devices(nodes.Case):
    SERVERS, STATIONS, OPTIONS = 1, 1, ('--sensor-least', 'd1')

    def setUp(self):
        self.folder = self.cluster.folder
        self.balancers = {what: Balancer(self.cluster, what) for what in ('sensor_url', 'framed_url')}
        for balancer in self.balancers.values():
            self.addCleanup(balancer.close)

    def metric(self, name, what):
        ready = self.nodes[name].ready
        request = urllib.request.Request(ready['api_url'] + '/metrics', headers={'Authorization': f'Bearer {ready["admin_token"]}'})
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ready['ca_file']), timeout=30) as answer:
            return int(float(re.search(rf'^voltseal_{what} (\S+)$', answer.read().decode(), re.M).group(1)))

    def ask(self, method, path, body=None, name='a'):
        status, said = self.nodes[name].ask(method, path, body)
        self.assertIn(status, (200, 201), said)
        return said

    def program(self, log, kind, what, *options):
        child = Child([self.cluster.build / 'voltseal-sim', kind, '--url', self.balancers[what].url, '--ca', self.nodes['a'].ready['ca_file'],
                       *options], self.folder / f'{log}.log')
        self.addCleanup(lambda: child.is_running() and child.kill())
        return child

    # --- sensor devices -----------------------------------------------------------------------------

    def sensors(self, profile):
        """Without an end: until it is told to."""
        file = self.folder / f'{profile}.csv'
        file.write_text('id,password\n' + ''.join(
            f'{profile}-{i},{self.ask("POST", "/sensors", {"device": f"{profile}-{i}"})["token"]}\n' for i in range(EACH)))
        return self.program(profile, 'sensor', 'sensor_url', '--credentials', file, '--profile', profile, '--period', '40')

    def stored(self, profile):
        return int(self.cluster.database.sql(f"SELECT coalesce(sum(count), 0) FROM voltseal.reading WHERE station LIKE '{profile}-%'",
                                             'voltseal'))

    # --- charge points ------------------------------------------------------------------------------

    def psk_file(self, identity):
        file = self.folder / f'{identity}.psk'
        if not file.exists():
            self.ask('POST', '/stations', {'identity': identity})
            file.write_text(json.dumps(self.ask('POST', '/keys', {'station': identity, 'channel': 'psk'})))
        return file

    def points(self):
        power, sealed = ('--power', '1000000'), lambda name: ('--id', name, '--psk-file', self.psk_file(name))
        one, two = POINTS
        wire = self.folder / 'two.sock'
        self.engines = {
            one: self.program('one', 'charge', 'framed_url', *sealed(one), *power, '--state', self.folder / f'{one}.state'),
            two: self.program('two', 'engine', 'framed_url', '--id', two, '--socket', wire, *power, '--state', self.folder / f'{two}.state')}
        self.program('monitor', 'monitor', 'framed_url', *sealed(two), '--socket', wire)

    def is_shown(self, name, point, status):
        def shown():
            connectors = self.ask('GET', f'/stations/{point}', name=name).get('connectors', [])
            return connectors and connectors[0]['status'] == status
        wait_for(shown, 40, f'{point} is {status} at {name}')

    def delivered(self, point):
        file = self.folder / f'{point}.state'
        return decimal.Decimal(file.read_text().split('#')[3]) if file.exists() else 0

    def drivers(self, turn):
        """One for each charge point; they charge when it returns."""
        found = []
        for number, point in enumerate(POINTS):
            name = f'DRIVER-{turn}{number}'
            self.ask('POST', '/tokens', {'token': name, 'type': 'Central'})
            found.append(self.program(name, 'driver', 'framed_url', '--id', name, '--psk-file', self.psk_file(name), '--point', point,
                                      '--energy', ENOUGH))
        for point in POINTS:
            wait_for(lambda point=point: self.delivered(point) > 0, 40, f'energy flows at {point}')
        return found

    def ended(self, name, point, driver, number):
        """It is ended at that node, and is one transaction: what its engine counted, and its driver knows."""
        self.is_shown(name, point, 'Occupied')
        self.assertTrue(driver.is_running(), driver.tail())
        self.assertEqual(self.nodes[name].command(point, {'action': 'END_SUPPLY', 'payload': {}}), 'answered')
        self.assertEqual(driver.process.wait(60), 0, driver.tail())

        def reported():
            return re.findall(rf'{point} reported (\S+) (\S+) kWh', self.engines[point].log.read_text())
        wait_for(lambda: len(reported()) == number, 40, f'{point} knows that it is stored')
        kwh = decimal.Decimal(reported()[-1][1])
        rows = self.ask('GET', f'/transactions?station={point}', name=name)['items']
        self.assertEqual((len(rows), rows[0]['active'], rows[0]['energy_wh']), (number, False, int(kwh * 1000)), rows)
        whole = self.ask('GET', f'/transactions/{rows[0]["id"]}?station={point}', name=name)
        self.assertEqual(decimal.Decimal(whole['energy_kwh']), kwh)
        # Half a cent, and what the engine had rounded before.
        self.assertLessEqual(abs(decimal.Decimal(whole['amount']) - kwh * PRICE), decimal.Decimal('0.0051'), whole)
        seqs = [event['seq_no'] for event in whole['series']]
        self.assertEqual(seqs, list(range(len(seqs))))
        tickets = re.findall(rf'ticket {point} (\S+) (\S+)', driver.log.read_text())
        (energy, cost), = [tuple(map(decimal.Decimal, ticket)) for ticket in tickets]
        self.assertEqual(energy, kwh)
        self.assertLessEqual(abs(cost - kwh * PRICE), decimal.Decimal('0.0051'), tickets)
        self.is_shown(name, point, 'Available')

    def is_at(self, name, links):
        wait_for(lambda: (self.metric(name, 'sensor_sessions'), self.metric(name, 'framed_connections')) == (SENSORS, links), 60,
                 f'all are at {name}')

    # --- one at two nodes ---------------------------------------------------------------------------

    def test_the_newest_sensor_counts(self):
        token = self.ask('POST', '/sensors', {'device': 'twice-1'})['token']

        def come(name):
            return Device(self.nodes[name].ready['sensor_url'], self.nodes[name].ready['ca_file'], 'twice-1', token)
        self.hear_of_each_other()
        old = come('a')
        message = old.d2(THREE, n=0, salt=bytes(range(16)))
        self.assertEqual(old.ask(message)['status'], 'success')
        new = come('b')
        with self.assertRaises(ConnectionClosed) as closed:
            old.receive()
        self.assertEqual(closed.exception.rcvd.code, 4002)
        self.assertEqual(new.ask(message)['code'], 'duplicate')
        self.assertEqual(new.ask(new.d2(THREE, n=1, salt=bytes(range(16))))['status'], 'success')
        self.assertEqual(self.stored('twice'), 6)
        new.socket.close()

    def peer(self, name, identity, psk):
        ready = self.nodes[name].ready
        return Sealed(Wire(ready['framed_url'], ready['ca_file']), identity, psk['epoch'], base64.b64decode(psk['key']))

    def pair(self, name, identity, psk):
        """Its monitor and its engine, both with the psk."""
        monitor = self.peer(name, identity, psk)
        monitor.say(f'REGISTER#MONITOR#M#{identity}')
        self.assertEqual(monitor.hear(), f'ACKNOWLEDGE#{identity}#MONITOR_OK')
        engine = self.peer(name, identity, psk)
        engine.say(f'REGISTER#CP#{identity}#1#2#0.3')
        self.assertEqual(engine.await_('ACKNOWLEDGE'), f'ACKNOWLEDGE#{identity}#OK')
        for end in (monitor, engine):
            self.addCleanup(end.close)
        return monitor, engine

    def is_let_go(self, end):
        last = None
        with self.assertRaises(Closed):
            while True:
                last = end.wire.receive()
        self.assertEqual(last, ('control', EOT))

    def seqs(self, identity):
        return self.cluster.database.sql('SELECT e.seq_no FROM voltseal.tx_event e JOIN voltseal.tx t ON t.id = e.tx '
                                         f"WHERE t.station = '{identity}' ORDER BY 1", 'voltseal').split()

    def has_seqs(self, identity, count):
        wait_for(lambda: self.seqs(identity) == [str(i) for i in range(count)], 20, f'{count} events')

    def hear_of_each_other(self, do=True):
        """Over NATS; or not any more."""
        for name in 'ab':
            wait_for(lambda name=name: (self.nodes[name].log.count('"cluster.connected"') > self.nodes[name].log.count('"cluster.lost"')) == do,
                     40, f'{name} is connected to NATS: {do}')

    def says_end(self, engine, identity, what):
        """Until it is answered: how often it was said."""
        for said in range(1, 100):
            engine.say(what)
            while (heard := engine.wire.receive()) != ('control', NAK):
                if heard[0] == 'data':
                    self.assertEqual(engine.opened(heard[1]), f'ACKNOWLEDGE#{identity}#SUPPLY_END')
                    return said
            time.sleep(0.1)
        self.fail('nobody keeps it')

    def test_the_newest_charge_point_counts(self):
        one = 'TWICE-ONE'
        self.ask('POST', '/stations', {'identity': one})
        psk = self.ask('POST', '/keys', {'station': one, 'channel': 'psk'})
        self.hear_of_each_other()
        monitor, engine = self.pair('a', one, psk)
        engine.say(f'SUPPLY_START#{one}#D#t')
        self.assertEqual(engine.await_('ACKNOWLEDGE'), f'ACKNOWLEDGE#{one}#SUPPLY_START')
        engine.say(f'SUPPLY_UPDATE#{one}#1#0.3')
        self.has_seqs(one, 2)

        # Its monitor comes to b: a lets both of them go.
        there, engine_there = self.pair('b', one, psk)
        for end in (monitor, engine):
            self.is_let_go(end)
        engine_there.say(f'SUPPLY_START#{one}#D#t')
        self.assertEqual(engine_there.await_('ACKNOWLEDGE'), f'ACKNOWLEDGE#{one}#SUPPLY_START')
        engine_there.say(f'SUPPLY_UPDATE#{one}#1#0.6')
        self.has_seqs(one, 3)

        # Nobody hears of it: two nodes number the events of one charge, and each number is one event.
        self.cluster.bus.kill()
        self.hear_of_each_other(False)
        _, engine = self.pair('a', one, psk)
        engine_there.say(f'SUPPLY_UPDATE#{one}#1#0.9')
        self.has_seqs(one, 4)
        self.assertGreater(self.says_end(engine, one, f'SUPPLY_END#{one}#D#4#1.2#t'), 1)
        self.has_seqs(one, 5)
        self.assertIn('charge.elsewhere', self.nodes['a'].log)
        engine_there.say(f'SUPPLY_UPDATE#{one}#1#1.2')
        wait_for(lambda: 'charge.elsewhere' in self.nodes['b'].log, 20, 'b knows that it is over')
        self.says_end(engine_there, one, f'SUPPLY_END#{one}#D#4#1.2#t')
        row, = self.ask('GET', f'/transactions?station={one}', name='b')['items']
        self.assertEqual((row['active'], row['energy_wh'], len(self.seqs(one))), (False, 4000, 5))
        for end in (there, engine_there, engine):
            end.close()
        self.cluster.bus.start()
        self.hear_of_each_other()

    # --- all of them --------------------------------------------------------------------------------

    def test_they_move_and_move_back(self):
        wait_for(lambda: all(self.metric(name, 'framed_connections') == 0 for name in 'ab'), 20, 'nobody is here')
        drained = self.metric('a', 'sessions_drained_total')
        elsewhere = {name: self.nodes[name].log.count('charge.elsewhere') for name in 'ab'}
        sensors = {profile: self.sensors(profile) for profile in PROFILES}
        self.points()
        for point in POINTS:
            self.is_shown('a', point, 'Available')
        for profile in PROFILES:
            wait_for(lambda profile=profile: self.stored(profile) > 0, 40, f'{profile} is stored')
        self.is_at('a', LINKS)
        drivers = self.drivers('A')

        # Half of those that come again meet the node that drains, are refused, and come again.
        for balancer in self.balancers.values():
            balancer.to('a', 'b')
        self.nodes['b'].voltseal('node', 'drain', 'a', '--over', OVER_S)
        self.is_at('b', LINKS + len(drivers))
        self.assertEqual((self.metric('a', 'sensor_sessions'), self.metric('a', 'framed_connections')), (0, 0))
        self.assertEqual(self.metric('a', 'sessions_drained_total') - drained, SENSORS + LINKS + len(drivers))
        self.assertGreater(self.metric('a', 'sensor_refused_total'), 0)
        self.assertGreater(self.metric('a', 'framed_refused_total'), 0)
        for point, driver in zip(POINTS, drivers):
            self.ended('b', point, driver, 1)

        # Back, by the end of b.
        drivers = self.drivers('B')
        self.nodes['b'].voltseal('node', 'resume', 'a')
        wait_for(lambda: [node['state'] for node in self.nodes['b'].ask('GET', '/nodes')[1]['items'] if node['name'] == 'a'] == ['serving'],
                 20, 'b knows that a serves')
        self.assertEqual(self.nodes['b'].stop(), 0, self.nodes['b'].daemon.tail())
        for point, driver in zip(POINTS, drivers):
            self.ended('a', point, driver, 2)
        self.is_at('a', LINKS)
        for profile, child in sensors.items():
            self.assertEqual(child.stop(60), 0, child.tail())
            counts = {name: int(value) for name, value in re.findall(r'(\w+)=(\d+) ', child.log.read_text())}
            self.assertEqual(self.stored(profile), counts['readings'], child.tail())
            # Whatever a node had stored when it let them go, it had answered.
            self.assertEqual((counts['taken'], counts['duplicate'], counts['refused'], counts['lost']), (counts['readings'], 0, 0, 0))
            print(profile, counts, file=sys.stderr)
        # Nobody numbered an event that another node had numbered.
        self.assertEqual({name: self.nodes[name].log.count('charge.elsewhere') for name in 'ab'}, elsewhere)
        self.assertEqual(self.nodes['a'].stop(), 0, self.nodes['a'].daemon.tail())
        print({what: dict(balancer.came) for what, balancer in self.balancers.items()}, file=sys.stderr)


if __name__ == '__main__':
    unittest.main()
