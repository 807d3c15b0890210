# SPDX-License-Identifier: Apache-2.0
"""The programs of the framed network (monitor, engine, charge, driver) against Central: one charge in both modes, and each
of them killed in the middle of one, with energy and money right to the cent at the end."""
import decimal
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from framed_house import BUILD, House, Point  # noqa: E402
from harness import Child, wait_for  # noqa: E402


PRICE = decimal.Decimal('0.3')  # of a kWh, unless an engine is told another one


def setUpModule():
    House.open('framed-programs')


def tearDownModule():
    House.close()


class Programs(unittest.TestCase):
    def setUp(self):
        self.psks = set()
        self.point = Point()
        self.state = House.state / f'{self.point.id}.state'
        House.made += 1
        self.driver = f'DRIVER-{House.made:03}'
        House.call('POST', '/api/v1/tokens', {'token': self.driver, 'type': 'Central'})
        House.call('POST', '/api/v1/stations', {'identity': self.driver})

    def program(self, kind, name, *options, mode='framed_url'):
        child = Child([BUILD / 'voltseal-sim', kind, '--url', House.daemon.ready[mode], '--id', name,
                       '--ca', House.daemon.ready['ca_file'], *options], House.state / f'{name}-{kind}.log')
        self.addCleanup(lambda: child.is_running() and child.kill())
        return child

    def psk_file(self, name):
        file = House.state / f'{name}.psk'
        if name not in self.psks:
            self.psks.add(name)
            file.write_text(json.dumps(House.call('POST', '/api/v1/keys', {'station': name, 'channel': 'psk'})))
        return file

    def sealed_program(self, kind, name, *options):
        return self.program(kind, name, '--psk-file', self.psk_file(name), *options)

    def delivered(self):
        """kWh that the engine has written down."""
        return decimal.Decimal(self.state.read_text().split('#')[3])

    def flows(self):
        self.point.is_shown('Occupied')
        wait_for(lambda: self.state.exists() and self.delivered() > 0, 20, 'energy flows')

    def ended(self, kwh):
        """One charge in Central's store, of so much energy to the last digit, and of what that costs to the cent."""
        wait_for(lambda: [t['active'] for t in self.point.transactions()] == [False], 60, 'one charge, ended')
        kwh = decimal.Decimal(kwh)
        cost = (kwh * PRICE).quantize(decimal.Decimal('0.01'), decimal.ROUND_HALF_UP)
        row = self.point.transactions()[0]
        self.assertEqual(row['energy_wh'], int(kwh * 1000))
        energy, amount, currency = self.point.paid()
        self.assertEqual((decimal.Decimal(energy), amount, currency), (kwh, str(cost), 'EUR'))
        shown = json.loads(self.command_line('tx', 'show', row['id'], '--station', self.point.id, '-o', 'json'))
        self.assertEqual((shown['energy_kwh'], shown['amount'], shown['active']), (energy, amount, False))
        wait_for(lambda: not self.state.exists(), 20, 'the charge point knows that it is stored')

    def command_line(self, *words):
        done = subprocess.run([BUILD / 'voltseal', '--ready-file', House.state / 'ready.json', *words], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout

    def ticket(self, driver_, kwh):
        """What the driver was told is what Central has stored."""
        energy, amount = re.search(rf'ticket {self.point.id} (\S+) (\S+)', driver_.tail()).groups()
        self.assertEqual(decimal.Decimal(energy), decimal.Decimal(kwh))
        self.assertEqual(decimal.Decimal(amount), decimal.Decimal(self.point.paid()[1]))


class InOne(Programs):
    """`voltseal-sim charge` and `driver`; each program is killed in the middle of a charge."""

    def charge(self, *options):
        child = self.sealed_program('charge', self.point.id, '--power', '1000000', '--state', self.state, *options)
        self.point.is_shown('Available')
        return child

    def test_charge(self):
        child = self.charge()
        driver_ = self.sealed_program('driver', self.driver, '--point', self.point.id, '--energy', '0.5')
        self.assertEqual(driver_.process.wait(60), 0)
        self.ended('0.5')
        self.assertIn(f'{self.driver} ticket {self.point.id} 0.5 0.15', driver_.tail())
        self.assertEqual(child.stop(), 0)
        self.point.is_shown('Unavailable')

    def test_central_is_killed(self):
        self.charge()
        driver_ = self.sealed_program('driver', self.driver, '--point', self.point.id, '--energy', '2')
        self.point.is_shown('Occupied')
        House.kill()
        House.start()
        self.ended('2')
        self.assertEqual(driver_.process.wait(60), 0)
        self.ticket(driver_, '2')

    def test_engine_is_killed(self):
        child = self.charge()
        driver_ = self.sealed_program('driver', self.driver, '--point', self.point.id, '--energy', '50')
        self.point.is_shown('Occupied')
        self.flows()
        child.kill()
        self.point.is_shown('Unavailable')
        delivered = self.delivered()
        self.assertGreater(delivered, 0)
        self.charge()
        self.ended(delivered)
        self.assertEqual(driver_.process.wait(60), 0)
        self.ticket(driver_, delivered)

    def test_driver_is_killed(self):
        self.charge()
        driver_ = self.sealed_program('driver', self.driver, '--point', self.point.id, '--energy', '0.6')
        self.point.is_shown('Occupied')
        driver_.kill()
        self.ended('0.6')
        self.point.is_shown('Available')


class InTwo(Programs):
    """`voltseal-sim monitor` and `engine`, each of them killed."""

    def start_monitor(self, *options):
        if self.compat == 'wrapped':
            return self.program('monitor', self.point.id, '--compat', '--psk-file', self.psk_file(self.point.id), '--socket',
                                self.socket, *options, mode='framed_compat_url')
        if self.compat:
            secret = House.state / f'{self.point.id}.password'
            secret.write_text(self.point.password + '\n')
            secret.chmod(0o600)
            return self.program('monitor', self.point.id, '--password-file', secret, '--socket', self.socket, *options,
                                mode='framed_compat_url')
        return self.sealed_program('monitor', self.point.id, '--socket', self.socket, *options)

    def start_engine(self, *options):
        return self.program('engine', self.point.id, '--socket', self.socket, '--power', '1000000', '--state', self.state,
                            *options, mode='framed_compat_url' if self.compat else 'framed_url')

    def start_driver(self, energy, *options):
        if self.compat:
            return self.program('driver', self.driver, '--compat', '--point', self.point.id, '--energy', energy, *options,
                                mode='framed_compat_url')
        return self.sealed_program('driver', self.driver, '--point', self.point.id, '--energy', energy, *options)

    def both(self, compat=False, monitor=(), engine=()):
        self.compat = compat
        self.socket = House.state / f'{self.point.id}.sock'
        self.engine = self.start_engine(*engine)
        self.monitor = self.start_monitor(*monitor)
        self.point.is_shown('Available')

    def test_one_charge(self):
        for compat in (False, True, 'wrapped'):
            with self.subTest(compat=compat):
                self.setUp()
                self.both(compat)
                mode = stat.S_IMODE(self.socket.stat().st_mode)
                self.assertEqual(mode, 0o600)
                driver = self.start_driver('0.5')
                self.assertEqual(driver.process.wait(60), 0, driver.tail())
                self.ended('0.5')
                self.assertIn(f'{self.driver} ticket {self.point.id} 0.5 0.15', driver.tail())
                self.assertIn('Received encryption key: number 1', self.engine.tail())
                self.assertIn('a driver charges', self.monitor.tail())
                wait_for(lambda: 'the charge is over' in self.monitor.tail(), 20, 'the monitor knows')
                self.assertEqual(self.monitor.stop(), 0)
                self.point.is_shown('Unavailable')
                self.assertEqual(self.engine.stop(), 0)
                self.assertFalse(self.socket.exists())

    def test_who_has_nothing_to_say_stays(self):
        """A monitor is silent as long as all is well, and a driver as long as it charges: TCP asks whether they are there."""
        self.both()
        driver = self.start_driver('50')
        self.flows()
        mine = f'{int(House.daemon.ready["framed_url"].rsplit(":", 1)[1]):04X}'

        def asked():  # of /proc/net/tcp: local address, state 01 is established, timer 02 is that of keepalive
            rows = [line.split() for line in pathlib.Path('/proc/net/tcp').read_text().splitlines()[1:]]
            return sum(row[1].endswith(':' + mine) and row[3] == '01' and row[5].startswith('02') for row in rows)

        wait_for(lambda: asked() >= 2, 20, 'keepalive of both')
        self.assertTrue(House.call('GET', f'/api/v1/stations/{self.driver}')['connected'])
        driver.kill()

    def test_a_list_from_a_file(self):
        self.both()
        file = House.state / f'{self.driver}.list'
        file.write_text(f'{self.point.id}\n{self.point.id}\n')
        driver = self.sealed_program('driver', self.driver, '--list', file, '--energy', '0.2')
        self.assertEqual(driver.process.wait(60), 0, driver.tail())
        self.assertEqual(driver.tail().count(f'ticket {self.point.id} 0.2 0.06'), 2)
        self.assertEqual([t['energy_wh'] for t in self.point.transactions()], [200, 200])

    def test_health(self):
        self.both()
        self.engine.process.send_signal(signal.SIGUSR1)
        self.point.is_shown('Faulted')
        self.assertIn('FAULT', self.monitor.tail())
        self.engine.process.send_signal(signal.SIGUSR1)
        self.point.is_shown('Available')
        self.assertIn('RECOVERY', self.monitor.tail())
        self.engine.process.send_signal(signal.SIGSTOP)  # it is there, and does not answer
        self.point.is_shown('Faulted')
        self.engine.process.send_signal(signal.SIGCONT)
        self.point.is_shown('Available')

    def test_a_fault_ends_the_supply(self):
        self.both()
        driver = self.start_driver('50')
        self.flows()
        self.engine.process.send_signal(signal.SIGUSR1)
        self.assertEqual(driver.process.wait(60), 1)  # told the fault, then its ticket
        self.assertIn('CP_FAULT_EMERGENCY_STOP', driver.tail())
        self.assertIn('ticket', driver.tail())

    def killed(self, compat, what, status):
        self.both(compat)
        driver = self.start_driver('50')
        self.flows()
        delivered = what()
        if delivered is None:
            wait_for(lambda: not self.state.exists(), 60, 'its end is stored')
            delivered = re.search(r'reported \S+ (\d+\.\d+) kWh', self.engine.tail()).group(1)
        self.point.is_shown('Available')
        self.ended(delivered)
        self.assertEqual(driver.process.wait(60), status, driver.tail())
        self.ticket(driver, delivered)

    def kill_engine(self):
        self.engine.kill()
        self.point.is_shown('Faulted')
        delivered = self.delivered()
        self.engine = self.start_engine()
        return delivered

    def kill_monitor(self):
        self.monitor.kill()
        self.point.is_shown('Unavailable')  # and the supply ends: nobody watches it
        wait_for(lambda: not self.state.exists(), 60, 'its end is stored')
        self.monitor = self.start_monitor()

    def test_engine_is_killed(self):
        self.killed(False, self.kill_engine, 1)  # the driver is told of the fault

    def test_engine_is_killed_in_mode_a1(self):
        self.killed(True, self.kill_engine, 1)  # the driver is told of the fault

    def test_monitor_is_killed(self):
        self.killed(False, self.kill_monitor, 0)

    def test_monitor_is_killed_in_mode_a1(self):
        self.killed(True, self.kill_monitor, 0)

    def central_is_killed(self, compat):
        self.both(compat)
        driver = self.start_driver('2')
        self.flows()
        House.kill()
        House.start()
        self.ended('2')
        self.point.is_shown('Available')  # a new key, brought by its monitor
        self.assertIn('Received encryption key: number 2', self.engine.tail())
        self.assertEqual(driver.process.wait(60), 0, driver.tail())
        self.ticket(driver, '2')

    def test_central_is_killed(self):
        self.central_is_killed(False)

    def test_central_is_killed_in_mode_a1(self):
        self.central_is_killed(True)

    def driver_is_killed(self, compat, meanwhile=lambda: None):
        self.both(compat)
        driver = self.start_driver('0.6')
        self.flows()
        driver.kill()
        self.ended('0.6')
        self.point.is_shown('Available')
        self.assertEqual([(t['driver'], t['energyKwh'], t['amount']) for t in self.point.held('ticket')],
                         [(self.driver, '0.6', '0.18')])
        meanwhile()
        self.point.is_shown('Available')
        again = self.start_driver('0.2')
        self.assertEqual(again.process.wait(60), 0, again.tail())
        self.assertIn(f'ticket {self.point.id} 0.6 0.18', again.tail())  # it waited
        self.assertIn(f'ticket {self.point.id} 0.2 0.06', again.tail())
        wait_for(lambda: self.point.held('ticket') == [], 20, 'each is given once')

    def test_driver_is_killed(self):
        self.driver_is_killed(False)

    def central_dies(self):
        House.kill()
        House.start()
        self.assertEqual(len(self.point.held('ticket')), 1)
        wait_for(lambda: self.point.row()['state'] == 'ACTIVATED', 30, 'it is back')

    def test_a_ticket_waits_longer_than_central_lives(self):
        self.driver_is_killed(False, self.central_dies)

    def test_a_ticket_waits_longer_than_central_lives_in_mode_a1(self):
        self.driver_is_killed(True, self.central_dies)


if __name__ == '__main__':
    unittest.main()
