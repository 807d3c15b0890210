# SPDX-License-Identifier: Apache-2.0
"""Between nodes: how long what is revoked at one still lets somebody in at another, and what a command costs that is given to
another node than the station's (across.py).

Two voltseald at one PostgreSQL, with a nats-server over which they tell each other to look, and then without it: every
change then waits until the other node looks by itself. Each row is one kind of revocation, many times: from when node a has
answered that it is done until node b lets nobody in by it any more, and until what was connected at b has ended."""
import asyncio
import contextlib
import json
import os
import pathlib
import shutil
import socket
import ssl
import statistics
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import across  # noqa: E402
import nodes  # noqa: E402
from harness import Failed, wait_for  # noqa: E402

PATIENCE_S = 20


class Api:
    """Requests to a node over one connection."""

    def __init__(self, node, token=None):
        import http.client
        where = urllib.parse.urlsplit(node.ready['api_url'])
        self.token = token or node.ready['admin_token']
        self.api = http.client.HTTPSConnection(where.hostname, where.port, timeout=30,
                                               context=ssl.create_default_context(cafile=node.ready['ca_file']))

    def __call__(self, method, path, body=None):
        self.api.request(method, f'/api/v1{path}', None if body is None else json.dumps(body), {
            'Authorization': f'Bearer {self.token}', 'Content-Type': 'application/json'})
        answer = self.api.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None


class Held:
    """A WebSocket that is only held: closed_at says when it ended."""

    def __init__(self, url, context, headers, subprotocols=None):
        import websockets
        self.closed_at, self.ready, self.error = None, threading.Event(), None

        async def live():
            try:
                async with websockets.connect(url, ssl=context, extra_headers=headers, subprotocols=subprotocols,
                                              ping_interval=None) as held:
                    self.ready.set()
                    with contextlib.suppress(websockets.exceptions.ConnectionClosed):
                        while True:
                            await held.recv()
            except Exception as error:  # noqa: B902 told below
                self.error = error
            self.closed_at = time.monotonic()
            self.ready.set()
        self.thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
        self.thread.start()
        self.ready.wait(PATIENCE_S)
        if self.error is not None:
            raise Failed(f'{url}: {self.error}')


class Asking(threading.Thread):
    """Tries to come in again and again until it is refused; last_at: when it was let in last."""

    def __init__(self, is_let_in):
        super().__init__(daemon=True)
        self.is_let_in, self.last_at, self.is_refused = is_let_in, 0, False
        if not is_let_in():
            raise Failed('it was not let in before')
        self.start()

    def run(self):
        end = time.monotonic() + PATIENCE_S
        while not self.is_refused and time.monotonic() < end:
            if self.is_let_in():
                self.last_at = time.monotonic()
            else:
                self.is_refused = True


def knocks(url, context, headers):
    """One upgrade, as few packets as that takes: True when it was let in."""
    where = urllib.parse.urlsplit(url)
    lines = [f'GET {where.path} HTTP/1.1', f'Host: {where.netloc}', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
             'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: ocpp2.0.1', *(f'{k}: {v}' for k, v in headers.items())]
    try:
        with socket.create_connection((where.hostname, where.port), PATIENCE_S) as raw, \
                context.wrap_socket(raw, server_hostname=where.hostname) as tls:
            tls.sendall('\r\n'.join([*lines, '', '']).encode())
            return tls.recv(64).startswith(b'HTTP/1.1 101')
    except (ssl.SSLError, OSError):
        return False


class Stations:
    """Disabled over the API."""
    what = 'a station, disabled'

    def __init__(self, cluster):
        self.cluster, self.rows, self.at = cluster, [row for row in cluster.rows if row.get('password')], 0

    def prepare(self):
        self.row, self.at = self.rows[self.at], self.at + 1
        node = self.cluster.nodes['b']
        self.url, self.tls, self.headers = node.ready['ocpp_url'] + self.row['id'], nodes.context_of(node, self.row), nodes.headers_of(self.row)

    def hold(self):
        return Held(self.url, self.tls, self.headers, ['ocpp2.0.1'])

    def is_let_in(self):
        return knocks(self.url, self.tls, self.headers)

    def revoke(self, api):
        return api('PATCH', f'/stations/{self.row["id"]}', {'enabled': False})


class Certificates(Stations):
    """Those of a station with mutual TLS, by serial number."""
    what = 'the certificate of a station'

    def __init__(self, cluster):
        super().__init__(cluster)
        self.rows = [row for row in cluster.rows if row.get('cert')]

    def revoke(self, api):
        import subprocess
        serial = subprocess.run(['openssl', 'x509', '-noout', '-serial', '-in', self.row['cert']], check=True, capture_output=True,
                                text=True).stdout.strip().partition('=')[2].lower()
        return api('POST', f'/certificates/{serial}/revoke', {'reason': 'key-compromise'})


class Tokens:
    """There is no connection to end: each request is let in anew."""
    what, hold = 'an API token', None

    def __init__(self, cluster):
        self.cluster, self.admin = cluster, Api(cluster.nodes['a'])

    def prepare(self):
        status, made = self.admin('POST', '/api-tokens', {'label': 'bench', 'role': 'viewer'})
        if status != 201:
            raise Failed(f'no API token: {status} {made}')
        self.made, self.ask = made, Api(self.cluster.nodes['b'], made['token'])
        wait_for(self.is_let_in, PATIENCE_S, 'the token is known')

    def is_let_in(self):
        return self.ask('GET', '/me')[0] == 200

    def revoke(self, api):
        return api('DELETE', f'/api-tokens/{self.made["id"]}')


class Sensors:
    what = 'a sensor device, removed'

    def __init__(self, cluster):
        self.cluster, self.admin, self.at = cluster, Api(cluster.nodes['a']), 0

    def prepare(self):
        self.at += 1
        node, self.name = self.cluster.nodes['b'], f'bench-{time.monotonic_ns()}'
        status, made = self.admin('POST', '/sensors', {'device': self.name})
        if status not in (200, 201):
            raise Failed(f'no sensor device: {status} {made}')
        self.url, self.tls = node.ready['sensor_url'], ssl.create_default_context(cafile=node.ready['ca_file'])
        self.headers = {'Authorization': f'Bearer {made["token"]}'}
        time.sleep(0.6)  # that it was added is read at the other node, too, and would end its connection

    def hold(self):
        return Held(self.url, self.tls, self.headers)

    def is_let_in(self):
        """A sensor device is let in by its first message, after the upgrade."""
        import websockets

        async def attempt():
            try:
                async with websockets.connect(self.url, ssl=self.tls, extra_headers=self.headers) as one:
                    return isinstance(json.loads(await one.recv()), dict)
            except (websockets.exceptions.WebSocketException, OSError):
                return False
        return asyncio.run(attempt())

    def revoke(self, api):
        return api('DELETE', f'/sensors/{self.name}')


def revoke(kind, api):
    """When it was answered that it is done."""
    status, said = kind.revoke(api)
    if status >= 300:
        raise Failed(f'{kind.what}: {status} {said}')
    return time.monotonic()


def ended_ms(kind, api):
    """How long a connection stays open. It is refused afterwards."""
    kind.prepare()
    held = kind.hold()
    done = revoke(kind, api)
    wait_for(lambda: held.closed_at is not None, PATIENCE_S, f'{kind.what}: the connection ends')
    if kind.is_let_in():
        raise Failed(f'{kind.what}: it is let in')
    return max(0, (held.closed_at - done) * 1000)


def let_in_ms(kind, api):
    """How long somebody new is still let in."""
    kind.prepare()
    asking = Asking(kind.is_let_in)
    done = revoke(kind, api)
    asking.join(PATIENCE_S)
    if not asking.is_refused:
        raise Failed(f'{kind.what}: it is still let in')
    return max(0, (asking.last_at - done) * 1000)


def shape(values):
    values = sorted(values)
    return {'p50_ms': statistics.median(values), 'p99_ms': values[min(len(values) - 1, int(len(values) * 0.99))], 'most_ms': values[-1]}


def revocations(cluster, times, say):
    """{what: {'times', 'let_in': p50, p99, most; 'ended': likewise, or None}}."""
    api, results = Api(cluster.nodes['a']), {}
    for make in (Stations, Certificates, Tokens, Sensors):
        kind = make(cluster)
        results[kind.what] = {'times': times, 'let_in': shape(let_in_ms(kind, api) for _ in range(times)),
                              'ended': shape(ended_ms(kind, api) for _ in range(times)) if kind.hold else None}
        say('  ', kind.what, results[kind.what])
    return results


def measure(build, folder, times, say):
    if nodes.programs() is None:
        raise Failed('PostgreSQL is not installed (./dev deps all)')
    results = {}
    for name, servers in (('bus', 1), ('polled', 0)):
        if servers and nodes.find('nats-server') is None:
            say('nats-server is not installed: only what nodes find out by themselves')
            continue
        say('nodes', name)
        shutil.rmtree(folder, ignore_errors=True)
        pathlib.Path(folder).parent.mkdir(parents=True, exist_ok=True)
        os.chmod(pathlib.Path(folder).parent, 0o711)  # the server runs as another user
        cluster = nodes.Cluster(build, folder, 'ab', servers, ('--stations', 4 * times + 4, '--auth', 'mixed'), fsync='on')
        try:
            cluster.begin()
            results[name] = {'revocations': revocations(cluster, times, say)}
            if servers:
                results[name]['commands'] = across.commands(cluster, Api(cluster.nodes['a']), 20 * times)
                say('  ', 'commands', results[name]['commands'])
        finally:
            cluster.end()
    results['subject_bytes'] = across.subject_bytes(build) if nodes.find('nats-server') else None
    return results


if __name__ == '__main__':
    print(json.dumps(measure(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]),
                             lambda *words: print(*words, file=sys.stderr)), indent=1))
