# SPDX-License-Identifier: Apache-2.0
"""A Central of the framed network for a suite, and charge points and drivers of it spoken by framed_peer.py."""
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
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from cryptography.fernet import Fernet  # noqa: E402
from framed_peer import Clear, Sealed, Tokens, Wire, authenticate  # noqa: E402
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


COMPAT, SEALED = free_port(), free_port()


class House:
    daemon = state = None
    made = 0
    options = ()

    @classmethod
    def open(cls, name, *options):
        cls.state, cls.options = BUILD / f'interop-{name}', options
        shutil.rmtree(cls.state, ignore_errors=True)
        cls.start()

    @classmethod
    def close(cls):
        assert cls.daemon.stop() == 0, cls.daemon.tail()

    @classmethod
    def kill(cls):
        cls.daemon.process.send_signal(signal.SIGKILL)
        cls.daemon.process.wait()

    @classmethod
    def start(cls):
        cls.daemon = Daemon(BUILD, cls.state, '--stations', '1', '--insecure-framed-port', str(COMPAT), '--framed-port', str(SEALED),
                            '--log-format', 'json', '--log-level', 'debug', *cls.options)
        cls.tls = ssl.create_default_context(cafile=cls.daemon.ready['ca_file'])

    @classmethod
    def ask(cls, method, path, body=None, headers=None):
        request = urllib.request.Request(cls.daemon.ready['api_url'] + path, method=method, headers={
            'Content-Type': 'application/json', **(headers or {})}, data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, context=cls.tls, timeout=30) as answer:
            text = answer.read()
            return (json.loads(text) if text[:1] in (b'{', b'[') else text.decode()), answer.headers

    @classmethod
    def call(cls, method, path, body=None):
        return cls.ask(method, path, body, {'Authorization': f'Bearer {cls.daemon.ready["admin_token"]}'})[0]

    @classmethod
    def log(cls):
        return cls.daemon.log.read_text()


def metric(name):
    return int(float(re.search(rf'^voltseal_{name} (\S+)$', House.call('GET', '/metrics'), re.M).group(1)))


class Tenant:
    """Another one than the installation's own, and how its administrator asks."""

    def __init__(self, name):
        self.name = name
        page = {'Origin': House.daemon.ready['api_url'], 'X-Requested-With': 'voltseal'}
        House.call('POST', '/api/v1/tenants', {'id': name})
        ann = House.call('POST', f'/api/v1/tenants/{name}/invite', {'login': f'ann@{name}.example'})
        _, headers = House.ask('POST', '/login/invitation', {'invitation': ann['invitation'], 'password': 'correct horse battery staple'}, page)
        own = {**page, 'Cookie': headers['Set-Cookie'].split(';')[0]}
        token, _ = House.ask('POST', '/api/v1/api-tokens', {'label': 'tests', 'role': 'administrator'}, own)
        self.own = {'Authorization': f"Bearer {token['token']}"}

    def call(self, method, path, body=None):
        return House.ask(method, path, body, self.own)[0]


class Point:
    """A charge point with both its programs."""
    call, tenant = staticmethod(House.call), 'default'

    def __init__(self, tenant=None, name=None):
        House.made += 1
        if tenant:
            self.call, self.tenant = tenant.call, tenant.name
        self.id = (f'{tenant.name}.' if tenant else '') + (name or f'CP-{House.made:03}')
        self.password = self.call('POST', '/api/v1/stations', {'identity': self.id})['password']

    def psk(self):
        key = self.call('POST', '/api/v1/keys', {'station': self.id, 'channel': 'psk'})
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
        return self.sealed_again()

    def sealed_again(self):
        self.monitor = self.sealed_end()
        self.monitor.say(f'REGISTER#MONITOR#MON-{self.id}#{self.id}')
        assert self.monitor.hear() == f'ACKNOWLEDGE#{self.id}#MONITOR_OK'
        self.sealed_engine_again()
        self.is_shown('Available')
        return self

    def sealed_end(self):
        return Sealed(self.wire('framed_url'), self.id, self.kid, self.secret, self.tenant)

    def sealed_engine_again(self):
        self.engine = self.sealed_end()
        self.engine.say(f'REGISTER#CP#{self.id}#40.5#-3.1#0.3')
        assert self.engine.hear() == f'ACKNOWLEDGE#{self.id}#OK'

    def shown(self):
        connectors = self.call('GET', f'/api/v1/stations/{self.id}').get('connectors', [])
        return connectors[0]['status'] if connectors else None

    def is_shown(self, status):
        wait_for(lambda: self.shown() == status, 20, f'{self.id} is {status}')

    def transactions(self):
        return self.call('GET', f'/api/v1/transactions?station={self.id}')['items']

    def paid(self):
        """Of its last charge, as Central has it in its store: kWh, amount, currency."""
        one = self.call('GET', f"/api/v1/transactions/{self.transactions()[0]['id']}?station={self.id}")
        return one['energy_kwh'], one['amount'], one['currency']

    def held(self, kind):
        return [row['value'] for row in self.call('GET', f'/api/v1/stations/{self.id}/held')['items'] if row['kind'] == kind]

    def row(self):
        """How Central sees it."""
        return next(row for row in self.call('GET', '/api/v1/charge-points?limit=500')['items'] if row['identity'] == self.id)

    def command(self, action, payload=None):
        return self.call('POST', f'/api/v1/stations/{self.id}/commands',
                          {'action': action, 'payload': payload or {}, 'wait_s': 10})

    def close(self):
        self.monitor.close()
        self.engine.close()


def driver(name):
    """Of mode A1, in clear."""
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
    assert point.paid() == ('5.2', '1.56', 'EUR'), point.paid()
