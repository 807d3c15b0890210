# SPDX-License-Identifier: Apache-2.0
"""What is lost in the middle of an exchange: the daemon is killed, the broker starts anew, the network is cut, while devices are
at every step of every action. Afterwards each has what it asked for, once, and nobody has anything twice."""
import concurrent.futures
import random
import tempfile
import threading
import time
import unittest

from broker import Owner
from harness import wait_for
from prov_world import World

# Of each exchange: the message that is on its way when it happens. A request is request, answer, ack, answer to it.
STEPS = [(operation, direction, count) for operation, most in (('request', 2), ('update', 2), ('delete', 1))
         for direction in ('up', 'down') for count in range(1, most + 1)]


class Exchange:
    """One device whose broker holds everything from one step on, until it is let go: then a new exchange of bytes begins."""

    def __init__(self, world, step, tag):
        self.world, (self.operation, self.direction, self.count) = world, step
        self.name, self.folder = world.name(), world.folder / f'{tag}-{"-".join(map(str, step))}'
        self.owner = Owner(world.broker)
        self.seen = {'up': 0, 'down': 0}
        self.is_there, self.is_free, self.held = threading.Event(), threading.Event(), []

    def rule(self, direction, topic, payload):
        if not topic.startswith('prov/v2/default/') or self.is_free.is_set():
            return None
        self.seen[direction] += 1
        if self.is_there.is_set() or (direction == self.direction and self.seen[direction] >= self.count):
            self.held.append((direction, topic, payload))
            self.is_there.set()
            return []
        return None

    def prepare(self):
        made = self.world.claim(identity=self.name)
        self.claim, self.bundle = made['id'], made['bundle']
        if self.operation != 'request':
            done = self.world.sim(self.folder, name=self.name, bundle=self.bundle, port=self.owner.port, wait=60)
            assert done.returncode == 0, done.stderr
        self.owner.rule = self.rule

    def run(self):
        return self.world.sim(self.folder, name=self.name, bundle=self.bundle if self.operation == 'request' else None,
                              port=self.owner.port, operation=self.operation, wait=120)

    def verdict(self, done):
        """What is wrong, or None."""
        state = self.world.state(self.claim)
        certificates = self.world.call('GET', '/api/v1/certificates?limit=100&station=' + self.name)[1]['items']
        valid = sum(1 for item in certificates if item['state'] == 'valid')
        status, station = self.world.call('GET', f'/api/v1/stations/{self.name}')
        wanted = ('deleting', False) if self.operation == 'delete' else ('used', True)
        if done.returncode != 0 or (state, station.get('enabled')) != wanted or status != 200 or valid != 1:
            return (self.operation, self.direction, self.count), (done.returncode, state, station, valid, done.stderr[-500:])
        return None


class Loss(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.world = World(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        status = cls.world.stop()
        cls.temporary.cleanup()
        assert status == 0, status

    def disturb(self, tag, strike):
        """Every exchange stands at its step; then strike(exchanges) happens, and all of them go on."""
        exchanges = [Exchange(self.world, step, tag) for step in STEPS]
        with concurrent.futures.ThreadPoolExecutor(len(exchanges)) as pool:
            list(pool.map(Exchange.prepare, exchanges))
            running = [pool.submit(exchange.run) for exchange in exchanges]
            for exchange in exchanges:
                self.assertTrue(exchange.is_there.wait(90), (exchange.operation, exchange.direction, exchange.count, exchange.seen))
            strike(exchanges)
            for exchange in exchanges:
                exchange.is_free.set()
            done = [future.result() for future in running]
        wrong = [exchange.verdict(result) for exchange, result in zip(exchanges, done)]
        for exchange in exchanges:
            exchange.owner.close()
        self.assertEqual([what for what in wrong if what], [])
        self.assertEqual(self.world.metric('provision_clones_total'), 0)
        names = [exchange.name for exchange in exchanges]
        listed = [item['identity'] for item in self.world.call('GET', '/api/v1/claims?limit=500')[1]['items']]
        self.assertEqual([listed.count(name) for name in names], [1] * len(names))

    def test_the_daemon_is_killed_at_each_step(self):
        def strike(_exchanges):
            self.world.daemon.kill()
            self.world.start()
        self.disturb('kill', strike)

    def test_the_daemon_is_killed_while_it_answers(self):
        """What was held comes to it all at once, and it is killed a moment later: some of it is written, some is not."""
        def strike(exchanges):
            for exchange in exchanges:
                exchange.is_free.set()
            # The devices say it again every two seconds: wait for the first of it, and then a little.
            before = self.world.metric('provision_messages_total')
            wait_for(lambda: self.world.metric('provision_messages_total') > before, 30, 'the devices go on')
            time.sleep(random.random() / 20)
            self.world.daemon.kill()
            self.world.start()
        self.disturb('race', strike)

    def test_the_broker_starts_anew_at_each_step(self):
        def strike(_exchanges):
            self.world.broker.stop()
            self.world.broker.start()
            self.world.connected()
        self.disturb('broker', strike)

    def test_the_network_is_cut_at_each_step(self):
        def strike(exchanges):
            for exchange in exchanges:
                exchange.owner.cut()
        self.disturb('network', strike)


if __name__ == '__main__':
    unittest.main()
