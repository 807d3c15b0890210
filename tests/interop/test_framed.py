# SPDX-License-Identifier: Apache-2.0
"""The framed charging network, spoken by framed_peer.py: one charge in both modes, attacks, a Central that is killed."""
import pathlib
import ssl
import sys
import time
import unittest
import urllib.error

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from cryptography.fernet import Fernet  # noqa: E402
from framed_house import House, Point, Tenant, charge, driver, metric  # noqa: E402
from framed_peer import ACK, ENQ, EOT, NAK, Closed, Sealed, Tokens  # noqa: E402
from harness import wait_for  # noqa: E402


def setUpModule():
    House.open('framed')


def tearDownModule():
    House.close()


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
        # It is given until the driver has taken it: by ACK, or by whatever it says next.
        for _ in range(2):
            again = driver('DEMO-0002')
            self.assertEqual(again.hear(), f'TICKET#{point.id}#1#0.30')
            again.close()
        self.assertEqual(len(point.held('ticket')), 1)
        self.assertEqual(driver('DEMO-0002').await_('TICKET'), f'TICKET#{point.id}#1#0.30')
        wait_for(lambda: point.held('ticket') == [], 20, 'it is taken')


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
        point.is_shown('Faulted')  # out of order, whoever is connected
        self.assertEqual(point.row()['state'], 'OUT_OF_ORDER')
        old = point.key
        point.compat()
        self.assertNotEqual(old, point.key)
        self.assertEqual(point.row()['state'], 'ACTIVATED')

    def test_a_name_in_clear_changes_nothing(self):
        """Mode A1: who only knows the name cannot say another price or another place."""
        point = Point().compat()
        wire = point.wire('framed_compat_url')
        wire.frame(f'REGISTER#CP#{point.id}#0#0#0.01'.encode())
        wire.data()
        row = point.row()
        self.assertEqual((row['price'], row['latitude'], row['longitude']), ('0.300000', '40.500000', '-3.100000'))


class Tenants(unittest.TestCase):
    """Charge points and drivers of two tenants: neither sees, hears or moves anything of the other."""

    @classmethod
    def setUpClass(cls):
        cls.acme, cls.zeta = Tenant('acme'), Tenant('zeta')

    def driver_of(self, tenant, name):
        who = Point(tenant, name)
        tenant.call('POST', '/api/v1/tokens', {'token': who.id, 'type': 'Central'})
        who.kid, who.secret = who.psk()
        end = who.sealed_end()
        end.say(f'REGISTER#DRIVER#{who.id}')
        self.assertEqual(end.hear(), f'ACKNOWLEDGE#{who.id}#OK')
        return end, who.id

    def test_two_tenants(self):
        ours, theirs, plain = Point(self.acme).sealed(), Point(self.zeta).compat(), Point().compat()
        who, name = self.driver_of(self.acme, 'D-1')
        who.say(f'QUERY_AVAILABLE_CPS#{name}')
        self.assertEqual(who.await_('AVAILABLE_CPS'), f'AVAILABLE_CPS#{ours.id}#40.5#-3.1#0.3')
        for other in (theirs, plain):
            who.say(f'REQUEST_CHARGE#{name}#{other.id}#5')
            self.assertEqual(who.await_('DENY'), f'DENY#{name}#{other.id}#CP_NOT_FOUND')
        charge(ours, who, name, f'SUPPLY_END#{ours.id}#{name}#5.2#1.56#t-1', 't-1')
        # A driver of theirs, or of nobody, that has the same name: what it did is not told to ours.
        for other in (theirs, plain):
            other.engine.say(f'VALIDATE_DRIVER#{name}')
            self.assertEqual(other.engine.await_('DRIVER_INVALID'), f'DRIVER_INVALID#{name}')
            other.engine.say(f'SUPPLY_UPDATE#{other.id}#1#0.3')
            other.is_shown('Occupied')
            who.say(f'END_CHARGE#{name}#{other.id}')
            other.engine.say(f'SUPPLY_END#{other.id}#{name}#1#0.3')
            wait_for(lambda o=other: [t['active'] for t in o.transactions()] == [False], 20, 'its end')
        who.say(f'QUERY_AVAILABLE_CPS#{name}')
        self.assertTrue(who.hear().startswith('AVAILABLE_CPS#'))  # and no ticket before it
        # In clear a driver of a tenant has nothing but its name, and that says whose it is.
        self.zeta.call('POST', '/api/v1/tokens', {'token': 'zeta.D-2', 'type': 'Central'})
        clear = driver('zeta.D-2')
        clear.say('QUERY_AVAILABLE_CPS#zeta.D-2')
        self.assertEqual(clear.await_('AVAILABLE_CPS'), f'AVAILABLE_CPS#{theirs.id}#40.5#-3.1#0.3')
        self.assertNotIn(b'END_SUPPLY', theirs.engine.wire.seen)

    def test_no_list_has_a_trace_of_them(self):
        ours, theirs = Point(self.acme).sealed(), Point(self.zeta).sealed()
        for call, own, other in ((self.acme.call, ours, theirs), (self.zeta.call, theirs, ours), (House.call, None, ours)):
            for path in ('charge-points', 'stations', 'transactions', 'events', 'keys'):
                text = str(call('GET', f'/api/v1/{path}?limit=500'))
                self.assertNotIn(other.id, text, path)
                if own and path in ('charge-points', 'stations', 'keys'):
                    self.assertIn(own.id, text, path)

    def test_no_command_reaches_them(self):
        ours, theirs = Point(self.acme).sealed(), Point(self.zeta).sealed()
        self.acme.call('POST', '/api/v1/charge-points/commands', {'action': 'STOP_COMMAND'})
        self.assertEqual(ours.engine.await_('STOP_COMMAND'), f'STOP_COMMAND#{ours.id}')
        ours.is_shown('Unavailable')
        for action in ('STOP_COMMAND', 'KEY_INVALID', 'END_SUPPLY'):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.acme.call('POST', f'/api/v1/stations/{theirs.id}/commands', {'action': action})
            self.assertEqual(refused.exception.code, 404)
        self.assertEqual(theirs.row()['state'], 'ACTIVATED')
        theirs.engine.say('VALIDATE_DRIVER#NOBODY')
        self.assertEqual(theirs.engine.hear(), 'DRIVER_INVALID#NOBODY')  # nothing before it
        self.acme.call('POST', '/api/v1/charge-points/commands', {'action': 'RESUME_COMMAND'})

    def test_a_psk_opens_its_own_tenant_only(self):
        ours, theirs = Point(self.acme), Point(self.zeta)
        kid, secret = ours.psk()
        theirs.psk()
        for tenant, identity in (('zeta', ours.id), ('default', ours.id), ('acme', theirs.id), ('zeta', theirs.id)):
            with self.assertRaises(Closed, msg=(tenant, identity)):
                Sealed(ours.wire('framed_url'), identity, kid, secret, tenant)
        Sealed(ours.wire('framed_url'), ours.id, kid, secret, 'acme')

    def test_a_closed_tenant_is_out(self):
        closed = Tenant('omega')
        point = Point(closed)
        point.kid, point.secret = point.psk()
        point.sealed_end().close()
        House.call('PATCH', '/api/v1/tenants/omega', {'enabled': False})
        with self.assertRaises(Closed):
            point.sealed_end()
        _, answer = point.authenticate()
        self.assertEqual(answer, f'DENY#{point.id}#AUTHENTICATION_FAILED#INVALID_CREDENTIALS')


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
        House.kill()
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
            self.assertEqual(point.paid(), ('3', '0.90', 'EUR'))
        self.assertTrue(driver('DEMO-0008').await_('TICKET').endswith('#3#0.90'))


if __name__ == '__main__':
    unittest.main()
