# SPDX-License-Identifier: Apache-2.0
"""The framed charging network, spoken by framed_peer.py: one charge in both modes, attacks, a Central that is killed."""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import sys
import time
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from cryptography.fernet import Fernet  # noqa: E402
from framed_peer import ACK, ENQ, EOT, NAK, Clear, Closed, Sealed, Tokens, Wire, authenticate  # noqa: E402
from harness import Child, Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
STATE = BUILD / 'interop-framed'


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


COMPAT, SEALED = free_port(), free_port()


class House:
    daemon = None
    made = 0

    @classmethod
    def start(cls):
        cls.daemon = Daemon(BUILD, STATE, '--stations', '1', '--insecure-framed-port', str(COMPAT), '--framed-port', str(SEALED),
                            '--log-format', 'json', '--log-level', 'debug')
        cls.tls = ssl.create_default_context(cafile=cls.daemon.ready['ca_file'])

    @classmethod
    def call(cls, method, path, body=None):
        request = urllib.request.Request(cls.daemon.ready['api_url'] + path, method=method, headers={
            'Content-Type': 'application/json', 'Authorization': f'Bearer {cls.daemon.ready["admin_token"]}'},
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, context=cls.tls, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text[:1] in (b'{', b'[') else text.decode()

    @classmethod
    def log(cls):
        return cls.daemon.log.read_text()


def setUpModule():
    shutil.rmtree(STATE, ignore_errors=True)
    House.start()


def tearDownModule():
    assert House.daemon.stop() == 0, House.daemon.tail()


def metric(name):
    return int(float(re.search(rf'^voltseal_{name} (\S+)$', House.call('GET', '/metrics'), re.M).group(1)))


class Point:
    """A charge point with both its programs."""

    def __init__(self):
        House.made += 1
        self.id = f'CP-{House.made:03}'
        self.password = House.call('POST', '/api/v1/stations', {'identity': self.id})['password']

    def psk(self):
        key = House.call('POST', '/api/v1/keys', {'station': self.id, 'channel': 'psk'})
        return key['epoch'], base64.b64decode(key['key'])

    def wire(self, mode, **options):
        return Wire(House.daemon.ready[mode], House.daemon.ready['ca_file'], **options)

    def authenticate(self, password=None, **options):
        return authenticate(House.daemon.ready['framed_compat_url'], House.daemon.ready['ca_file'], self.id,
                            password or self.password, **options)

    def compat(self, **options):
        """Mode A1: the monitor authenticates and gives the key to the engine."""
        wrapped = options.pop('wrapped', False)
        wire, answer = self.authenticate(**options)
        name, who, self.key = answer.split('#')
        assert (name, who) == ('AUTHENTICATED', self.id), answer
        self.monitor = Tokens(wire, self.key, wrapped)
        self.monitor.say(f'REGISTER#MONITOR#MON-{self.id}#{self.id}')
        assert self.monitor.hear() == f'ACKNOWLEDGE#{self.id}#MONITOR_OK'
        self.engine_again(**options, wrapped=wrapped)
        return self

    def engine_again(self, wrapped=False, **options):
        wire = self.wire('framed_compat_url', **options)
        wire.frame(f'REGISTER#CP#{self.id}#40.5#-3.1#0.3'.encode())
        self.engine = Tokens(wire, self.key, wrapped)
        assert Fernet(self.key).decrypt(wire.data()).decode() == f'ACKNOWLEDGE#{self.id}#OK'
        self.engine.say(f'HEARTBEAT#{self.id}#ACTIVATED')
        self.is_shown('Available')

    def sealed(self):
        """Mode A2: both programs have the psk."""
        self.kid, self.secret = self.psk()
        self.monitor = Sealed(self.wire('framed_url'), self.id, self.kid, self.secret)
        self.monitor.say(f'REGISTER#MONITOR#MON-{self.id}#{self.id}')
        assert self.monitor.hear() == f'ACKNOWLEDGE#{self.id}#MONITOR_OK'
        self.engine = Sealed(self.wire('framed_url'), self.id, self.kid, self.secret)
        self.engine.say(f'REGISTER#CP#{self.id}#40.5#-3.1#0.3')
        assert self.engine.hear() == f'ACKNOWLEDGE#{self.id}#OK'
        self.is_shown('Available')
        return self

    def shown(self):
        connectors = House.call('GET', f'/api/v1/stations/{self.id}').get('connectors', [])
        return connectors[0]['status'] if connectors else None

    def is_shown(self, status):
        wait_for(lambda: self.shown() == status, 20, f'{self.id} is {status}')

    def transactions(self):
        return House.call('GET', f'/api/v1/transactions?station={self.id}')['items']

    def command(self, action, payload=None):
        return House.call('POST', f'/api/v1/stations/{self.id}/commands',
                          {'action': action, 'payload': payload or {}, 'wait_s': 10})

    def close(self):
        self.monitor.close()
        self.engine.close()


def driver(name):
    end = Clear(Wire(House.daemon.ready['framed_compat_url'], House.daemon.ready['ca_file']))
    end.say(f'REGISTER#DRIVER#{name}')
    assert end.hear() == f'ACKNOWLEDGE#{name}#OK'
    return end


def charge(point, who, name, ending, tx=''):
    """From the request to the ticket: 5.2 kWh at 0.30."""
    who.say(f'QUERY_AVAILABLE_CPS#{name}')
    assert f'{point.id}#40.5#-3.1#0.3' in who.await_('AVAILABLE_CPS')
    who.say(f'REQUEST_CHARGE#{name}#{point.id}#10')
    assert point.engine.await_('AUTHORIZE') == f'AUTHORIZE#{name}#{point.id}#10'
    assert who.await_('AUTHORIZE') == f'AUTHORIZE#{name}#{point.id}#10#0.3'
    assert point.monitor.await_('DRIVER_START') == f'DRIVER_START#{point.id}#{name}'
    if tx:
        point.engine.say(f'SUPPLY_START#{point.id}#{name}#{tx}')
        assert point.engine.await_('ACKNOWLEDGE') == f'ACKNOWLEDGE#{point.id}#SUPPLY_START'
    point.engine.say(f'SUPPLY_UPDATE#{point.id}#2.6#0.78')
    point.engine.say(f'SUPPLY_UPDATE#{point.id}#2.6#1.56')
    assert who.await_('SUPPLY_UPDATE') == f'SUPPLY_UPDATE#{point.id}#2.6#0.78'
    point.is_shown('Occupied')
    who.say(f'END_CHARGE#{name}#{point.id}')
    assert point.engine.await_('END_SUPPLY') == f'END_SUPPLY#{point.id}'
    point.engine.say(ending)
    assert who.await_('TICKET') == f'TICKET#{point.id}#5.2#1.56'
    assert point.monitor.await_('CHARGING_COMPLETE') == f'CHARGING_COMPLETE#{point.id}#{name}'
    point.is_shown('Available')
    (row,) = point.transactions()
    assert row['energy_wh'] == 5200 and not row['active'], row


class OneCharge(unittest.TestCase):
    def test_compat(self):
        for wrapped, scope in ((False, 'data+etx'), (True, 'stx+data+etx'), (False, 'data')):
            with self.subTest(wrapped=wrapped, scope=scope):
                point, who = Point().compat(wrapped=wrapped, scope=scope), driver('DEMO-0001')
                charge(point, who, 'DEMO-0001', f'SUPPLY_END#{point.id}#DEMO-0001#5.2#1.56')
                self.assertIs(House.call('GET', f'/api/v1/stations/{point.id}')['connected'], True)
                for word in (b'SUPPLY', b'AUTHORIZE', b'HEARTBEAT', b'END_'):
                    self.assertNotIn(word, point.engine.wire.seen)
                point.close()
                point.is_shown('Unavailable')
                who.close()

    def test_sealed(self):
        point = Point().sealed()
        who = Point.__new__(Point)
        who.id = 'DEMO-0007'
        House.call('POST', '/api/v1/stations', {'identity': who.id})
        end = Sealed(who.wire('framed_url'), who.id, *who.psk())
        end.say(f'REGISTER#DRIVER#{who.id}')
        self.assertEqual(end.hear(), f'ACKNOWLEDGE#{who.id}#OK')
        charge(point, end, who.id, f'SUPPLY_END#{point.id}#{who.id}#5.2#1.56#t-1', 't-1')
        self.assertEqual(point.engine.await_('ACKNOWLEDGE'), f'ACKNOWLEDGE#{point.id}#SUPPLY_END')
        # The acknowledgement was lost: the same end again is acknowledged, and counted once.
        point.engine.say(f'SUPPLY_END#{point.id}#{who.id}#5.2#1.56#t-1')
        self.assertEqual(point.engine.await_('ACKNOWLEDGE'), f'ACKNOWLEDGE#{point.id}#SUPPLY_END')
        self.assertEqual(len(point.transactions()), 1)
        for word in (b'SUPPLY', b'REGISTER', b'ACKNOWLEDGE', point.secret):
            self.assertNotIn(word, point.engine.wire.seen)

    def test_a_driver_that_was_away_gets_its_ticket(self):
        point, who = Point().compat(), driver('DEMO-0002')
        who.say(f'REQUEST_CHARGE#DEMO-0002#{point.id}#10')
        who.await_('AUTHORIZE')
        who.close()
        point.engine.say(f'SUPPLY_UPDATE#{point.id}#1#0.3')
        point.engine.say(f'SUPPLY_END#{point.id}#DEMO-0002#1#0.3')
        wait_for(lambda: [t for t in point.transactions() if not t['active']], 20, 'the end is stored')
        self.assertEqual(driver('DEMO-0002').await_('TICKET'), f'TICKET#{point.id}#1#0.30')


class Refusals(unittest.TestCase):
    def test_denied(self):
        point, other = Point().compat(), Point()
        who = driver('DEMO-0003')
        for request, why in ((f'DEMO-0003#{other.id}#5', 'CP_NOT_FOUND'), ('DEMO-0003#NOBODY#5', 'CP_NOT_FOUND')):
            who.say(f'REQUEST_CHARGE#{request}')
            self.assertTrue(who.await_('DENY').endswith('#' + why))
        who.say(f'REQUEST_CHARGE#DEMO-0003#{point.id}#5')
        who.await_('AUTHORIZE')
        second = driver('DEMO-0004')
        second.say(f'REQUEST_CHARGE#DEMO-0004#{point.id}#5')
        self.assertEqual(second.await_('DENY'), f'DENY#DEMO-0004#{point.id}#CP_ALREADY_IN_USE')
        # About another driver: not its business.
        second.say(f'REQUEST_CHARGE#DEMO-0003#{point.id}#5')
        self.assertEqual(second.wire.receive(), ('control', NAK))
        point.engine.say('VALIDATE_DRIVER#DEMO-0001')
        self.assertEqual(point.engine.await_('DRIVER_VALID'), 'DRIVER_VALID#DEMO-0001')
        point.engine.say('VALIDATE_DRIVER#DEMO-BLOCKED')
        self.assertEqual(point.engine.await_('DRIVER_INVALID'), 'DRIVER_INVALID#DEMO-BLOCKED')
        # About another charge point.
        point.engine.say(f'SUPPLY_UPDATE#{other.id}#5#1')
        self.assertEqual(point.engine.wire.receive(), ('control', NAK))

    def test_keys(self):
        a, b = Point().compat(), Point().compat()
        self.assertNotEqual(a.key, b.key)
        wire, answer = a.authenticate()
        self.assertEqual(answer, f'AUTHENTICATED#{a.id}#{a.key}')  # its session lives: the same key
        wire.close()
        _, answer = a.authenticate(password='x' * 24)
        self.assertEqual(answer, f'DENY#{a.id}#AUTHENTICATION_FAILED#INVALID_CREDENTIALS')
        stranger = Point.__new__(Point)
        stranger.id = 'CP-NOBODY'
        _, answer = stranger.authenticate(password='x' * 24)
        self.assertEqual(answer, 'DENY#CP-NOBODY#AUTHENTICATION_FAILED#INVALID_CREDENTIALS')

    def refused(self, point, fault, *frames):
        """Sent by its engine, which is told NAK and no more; the log knows which it was."""
        before, seen = metric('framed_refused_total'), House.log().count(f'"fault":"{fault}"')
        for frame in frames:
            point.engine.wire.frame(frame)
            kind, value = point.engine.wire.receive()
            self.assertEqual((kind, value), ('control', NAK))
        self.assertEqual(metric('framed_refused_total'), before + len(frames))
        wait_for(lambda: House.log().count(f'"fault":"{fault}"') >= seen + len(frames), 20, fault)
        self.assertIn(f'Decryption failed for {point.id}', House.log())

    def test_tokens(self):
        beat = 'HEARTBEAT#{}#ACTIVATED'
        point, other = Point().compat(), Point().compat()
        text = beat.format(point.id)
        good = point.engine.seal(text)
        self.refused(point, 'wrong_key', Fernet(Fernet.generate_key()).encrypt(text.encode()))
        self.refused(point, 'wrong_key', good[:-10] + bytes([good[-10] ^ 1]) + good[-9:])
        point.engine_again()
        self.refused(point, 'stale', Fernet(point.key).encrypt_at_time(text.encode(), int(time.time()) - 3600))
        self.refused(point, 'not_sealed', text.encode())
        point.engine_again()
        first = point.engine.seal(text)
        point.engine.wire.frame(first)
        point.engine.say(text)
        self.refused(point, 'replayed', first)
        point.engine.say('VALIDATE_DRIVER#DEMO-0001')
        self.refused(point, 'reflected', point.engine.wire.data())
        # The third: out, to authenticate anew. Nothing else is disturbed.
        point.engine.wire.frame(text.encode())
        self.assertEqual(point.engine.wire.receive(), ('control', NAK))
        self.assertEqual(point.engine.wire.data(), f'REAUTH#{point.id}'.encode())
        with self.assertRaises(Closed):
            point.engine.wire.data()
        point.is_shown('Faulted')
        other.engine.say('VALIDATE_DRIVER#DEMO-0001')
        other.engine.await_('DRIVER_VALID')

    def test_frames(self):
        point = Point().compat()
        point.engine.wire.bytes(b'\x02garbage\x03\x00')
        self.assertEqual(point.engine.wire.receive(), ('control', NAK))
        point.engine.wire.bytes(bytes([ENQ]))
        self.assertEqual(point.engine.wire.receive(), ('control', ACK))
        point.engine.say(f'HEARTBEAT#{point.id}#ACTIVATED')
        self.assertEqual(point.engine.wire.receive(), ('control', ACK))
        point.engine.wire.bytes(b'\x02a\x01')
        self.assertEqual(point.engine.wire.receive(), ('control', NAK))
        point.engine.wire.bytes(bytes([EOT]))
        with self.assertRaises(Closed):
            point.engine.wire.receive()
        big = point.wire('framed_compat_url')
        big.bytes(b'\x02' + b'A' * 70000)
        with self.assertRaises((Closed, ssl.SSLError, OSError)):
            while big.receive()[0] == 'control':
                pass

    def test_sealed(self):
        point = Point().sealed()
        good = point.engine.seal(f'HEARTBEAT#{point.id}#ACTIVATED')
        point.engine.wire.frame(good)
        for _ in range(2):  # of REGISTER, and of this
            self.assertEqual(point.engine.wire.receive(), ('control', ACK))
        point.engine.wire.frame(good)  # again: an ordered channel ends
        with self.assertRaises(Closed):
            point.engine.wire.receive()
        point.is_shown('Faulted')
        for secret in (b'\0' * 32,):
            with self.assertRaises(Closed):
                Sealed(point.wire('framed_url'), point.id, point.kid, secret)
        with self.assertRaises(Closed):
            Sealed(point.wire('framed_url'), 'CP-NOBODY', 1, point.secret)
        clear = point.wire('framed_url')  # no way down on this port
        clear.frame(f'REGISTER#CP#{point.id}#40.5#-3.1#0.3'.encode())
        with self.assertRaises(Closed):
            clear.receive()


class Life(unittest.TestCase):
    def test_stop_and_resume(self):
        point = Point().compat()
        self.assertEqual(point.command('STOP_COMMAND')['result'], {'status': 'Accepted'})
        self.assertEqual(point.engine.await_('STOP_COMMAND'), f'STOP_COMMAND#{point.id}')
        point.is_shown('Unavailable')
        who = driver('DEMO-0005')
        who.say(f'REQUEST_CHARGE#DEMO-0005#{point.id}#5')
        self.assertEqual(who.await_('DENY'), f'DENY#DEMO-0005#{point.id}#CP_STATE_STOPPED')
        point.command('ChangeAvailability', {'operationalStatus': 'Operative'})
        self.assertEqual(point.engine.await_('RESUME_COMMAND'), f'RESUME_COMMAND#{point.id}')
        point.is_shown('Available')

    def test_a_fault_ends_the_supply(self):
        point, who = Point().compat(), driver('DEMO-0006')
        who.say(f'REQUEST_CHARGE#DEMO-0006#{point.id}#5')
        point.engine.await_('AUTHORIZE')
        point.engine.say(f'SUPPLY_UPDATE#{point.id}#1#0.3')
        who.await_('SUPPLY_UPDATE')
        point.monitor.say(f'FAULT#{point.id}')
        point.engine.await_('END_SUPPLY')
        self.assertEqual(who.await_('DENY'), f'DENY#DEMO-0006#{point.id}#CP_FAULT_EMERGENCY_STOP')
        point.is_shown('Faulted')
        point.engine.say(f'SUPPLY_END#{point.id}#DEMO-0006#1#0.3')
        self.assertEqual(who.await_('TICKET'), f'TICKET#{point.id}#1#0.30')
        point.monitor.say(f'RECOVERY#{point.id}')
        point.is_shown('Available')

    def test_key_update(self):
        point = Point().compat()
        point.command('KEY_UPDATE')
        new = point.engine.await_('KEY_UPDATE').split('#')[1]
        self.assertEqual(point.monitor.await_('KEY_UPDATE'), f'KEY_UPDATE#{new}')
        self.assertNotEqual(new, point.key)
        point.engine.say('VALIDATE_DRIVER#DEMO-0001')  # still under the old one
        point.engine.await_('DRIVER_VALID')
        point.engine.fernet = Fernet(new)
        point.engine.say('VALIDATE_DRIVER#DEMO-0001')
        point.engine.await_('DRIVER_VALID')
        point.monitor.say(f'FAULT#{point.id}')  # the old one opens for a while
        point.is_shown('Faulted')

    def test_key_invalid(self):
        point = Point().compat()
        point.command('KEY_INVALID')
        self.assertEqual(point.engine.await_('KEY_INVALID'), f'KEY_INVALID#{point.id}#REVOKED')
        self.assertEqual(point.monitor.await_('KEY_INVALID'), f'KEY_INVALID#{point.id}#REVOKED')
        wire = point.wire('framed_compat_url')
        wire.frame(f'REGISTER#CP#{point.id}#40.5#-3.1#0.3'.encode())
        self.assertEqual(wire.data(), f'REAUTH#{point.id}'.encode())
        old = point.key
        point.compat()
        self.assertNotEqual(old, point.key)


class Restart(unittest.TestCase):
    """Central is killed in the middle of two charges: nothing that was delivered is lost, nothing counted twice."""

    def test_kill(self):
        compat, sealed = Point().compat(), Point().sealed()
        compat.engine.say(f'SUPPLY_UPDATE#{compat.id}#2#0.6')
        sealed.engine.say(f'SUPPLY_START#{sealed.id}#DEMO-0008#t-9')
        sealed.engine.await_('ACKNOWLEDGE')
        sealed.engine.say(f'SUPPLY_UPDATE#{sealed.id}#2#0.6')
        sealed.is_shown('Occupied')
        compat.is_shown('Occupied')
        House.daemon.process.send_signal(signal.SIGKILL)
        House.daemon.process.wait()
        House.start()
        wire = compat.wire('framed_compat_url')
        wire.frame(f'REGISTER#CP#{compat.id}#40.5#-3.1#0.3'.encode())
        self.assertEqual(wire.data(), f'REAUTH#{compat.id}'.encode())  # keys are in memory alone
        old = compat.key
        wire, answer = compat.authenticate()
        compat.key = answer.split('#')[2]
        self.assertNotEqual(old, compat.key)
        wire = compat.wire('framed_compat_url')
        wire.frame(f'REGISTER#CP#{compat.id}#40.5#-3.1#0.3'.encode())
        engine = Tokens(wire, compat.key)
        engine.say(f'SUPPLY_UPDATE#{compat.id}#1#0.9')
        engine.say(f'SUPPLY_END#{compat.id}#DEMO-0009#3#0.9')
        again = Sealed(sealed.wire('framed_url'), sealed.id, sealed.kid, sealed.secret)
        again.say(f'REGISTER#CP#{sealed.id}#40.5#-3.1#0.3')
        self.assertEqual(again.hear(), f'ACKNOWLEDGE#{sealed.id}#OK')
        for _ in range(2):
            again.say(f'SUPPLY_END#{sealed.id}#DEMO-0008#3#0.9#t-9')
            self.assertEqual(again.await_('ACKNOWLEDGE'), f'ACKNOWLEDGE#{sealed.id}#SUPPLY_END')
        for point in (compat, sealed):
            wait_for(lambda p=point: [t['active'] for t in p.transactions()] == [False], 20, 'one charge, ended')
            self.assertEqual(point.transactions()[0]['energy_wh'], 3000)
        self.assertTrue(driver('DEMO-0008').await_('TICKET').endswith('#3#0.90'))


class Simulated(unittest.TestCase):
    """voltseal-sim on both sides of our Central; each program is killed in the middle of a charge."""

    def program(self, kind, name, *options):
        key = House.call('POST', '/api/v1/keys', {'station': name, 'channel': 'psk'}) if name not in self.psks else None
        file = STATE / f'{name}.psk'
        if key:
            file.write_text(json.dumps(key))
            self.psks.add(name)
        child = Child([BUILD / 'voltseal-sim', kind, '--url', House.daemon.ready['framed_url'], '--id', name,
                       '--psk-file', file, '--ca', House.daemon.ready['ca_file'], *options], STATE / f'{name}.log')
        self.addCleanup(lambda: child.is_running() and child.kill())
        return child

    def setUp(self):
        self.psks = set()
        self.point = Point()
        self.state = STATE / f'{self.point.id}.state'
        House.made += 1
        self.driver = f'DEMO-{House.made % 10 + 10:04}'
        House.call('POST', '/api/v1/stations', {'identity': self.driver})

    def charge(self, *options):
        child = self.program('charge', self.point.id, '--power', '1000000', '--state', self.state, *options)
        self.point.is_shown('Available')
        return child

    def ended(self, energy_wh):
        wait_for(lambda: [t['active'] for t in self.point.transactions()] == [False], 60, 'one charge, ended')
        self.assertEqual(self.point.transactions()[0]['energy_wh'], energy_wh)
        wait_for(lambda: not self.state.exists(), 20, 'the charge point knows that it is stored')

    def test_charge(self):
        child = self.charge()
        driver_ = self.program('driver', self.driver, '--point', self.point.id, '--energy', '0.5')
        self.assertEqual(driver_.process.wait(60), 0)
        self.ended(500)
        self.assertIn(f'{self.driver} ticket {self.point.id} 0.5 0.15', driver_.tail())
        self.assertEqual(child.stop(), 0)
        self.point.is_shown('Unavailable')

    def test_central_is_killed(self):
        self.charge()
        driver_ = self.program('driver', self.driver, '--point', self.point.id, '--energy', '2')
        self.point.is_shown('Occupied')
        House.daemon.process.send_signal(signal.SIGKILL)
        House.daemon.process.wait()
        House.start()
        self.ended(2000)
        self.assertEqual(driver_.process.wait(60), 0)
        self.assertIn(f'ticket {self.point.id} 2 0.6', driver_.tail())

    def test_engine_is_killed(self):
        child = self.charge()
        driver_ = self.program('driver', self.driver, '--point', self.point.id, '--energy', '50')
        self.point.is_shown('Occupied')
        wait_for(lambda: float(self.state.read_text().split('#')[3]) > 0, 20, 'energy flows')
        child.kill()
        self.point.is_shown('Unavailable')
        delivered = float(self.state.read_text().split('#')[3])
        self.assertGreater(delivered, 0)
        self.charge()
        self.ended(int(delivered * 1000 + 1e-6))
        self.assertEqual(driver_.process.wait(60), 0)

    def test_driver_is_killed(self):
        self.charge()
        driver_ = self.program('driver', self.driver, '--point', self.point.id, '--energy', '0.6')
        self.point.is_shown('Occupied')
        driver_.kill()
        self.ended(600)
        self.point.is_shown('Available')


if __name__ == '__main__':
    unittest.main()
