# SPDX-License-Identifier: Apache-2.0
"""Several voltseald at one PostgreSQL, nats-servers where they are wanted, and stations that speak with them. Shared by the
tests between nodes (class Case) and by ./dev cluster (class Cluster).

    class Mine(nodes.Case):
        NAMES, SERVERS, STATIONS = 'ab', 1, 6          # SERVERS 0: no NATS; 3: a cluster of them, and buckets with 3 replicas
        OPTIONS = ('--something', '1')                 # of every node, beside what is always there

        def test(self):
            self.nodes['a'].ask('GET', '/overview')    # (status, JSON), or OSError
            self.nodes['a'].voltseal('station', 'disable', self.rows[0]['id'])
            station = self.station('b', self.rows[1])  # boots, accepts every command, is closed at the end
            self.cluster.owned_by('b', self.rows[1]['id'])
            self.assertEqual(self.nodes['a'].command(self.rows[1]['id']), 'answered')
            self.cluster.bus.kill(0)                   # and .start(0); .database.kill(), .start()

What is killed of a node is said in the history (Node.kill), so that Cluster.check_history() may be asked at the end.
"""
import asyncio
import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / 'scripts')]
import make_nats  # noqa: E402
from harness import Child, Daemon, Failed, wait_for  # noqa: E402
from with_postgres import Postgres, programs  # noqa: E402

# What belongs to one machine alone: its log, its ports, what it remembers of its last run. The rest is the installation's.
OF_ONE_NODE = ('audit', 'keys/audit.checkpoint', 'ports', 'ready.json', 'voltseald.log', 'spool.db', 'spool.db-wal', 'spool.db-shm',
               'spool.key', 'history')
FINAL = ('answered', 'refused', 'failed')
TRIGGER = {'action': 'TriggerMessage', 'payload': {'requestedMessage': 'Heartbeat'}, 'timeout_s': 10}
LEASE_S = 20  # core/owner.h: so long after it was last heard of, what a node owned may be another's


def find(name):
    """The program's path; None: it is not installed."""
    return shutil.which(name) or shutil.which(name, path='/usr/sbin:/sbin')


class Database(Postgres):
    """A server of its own with an empty database of the daemons'; start() and kill() as often as is wanted."""

    def __init__(self, folder, **settings):
        folder = pathlib.Path(folder)
        folder.mkdir(mode=0o755)
        for above in (folder.parent, folder):
            os.chmod(above, 0o755)  # the server runs as somebody else
        super().__init__(folder, **{'max_connections': 200, **settings})
        self.start()
        self.sql('CREATE ROLE voltseal LOGIN')
        self.url = self.make('voltseal')
        self.options = ['--store-engine', 'postgres', '--store-url', self.url]

    def restart(self):
        """In order: whoever is connected is cut off, what is committed is written."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.start()

    def make(self, name):
        """Another one, empty; its URL."""
        self.sql(f'CREATE DATABASE {name} OWNER voltseal TEMPLATE template0')
        return f'postgresql://voltseal@/{name}?host={self.folder}'


class Bus:
    """nats-servers with certificates on both sides; by number, from 0."""

    def __init__(self, folder, servers=1):
        self.folder = pathlib.Path(folder)
        self.ports = make_nats.make(self.folder, servers)
        self.servers = [None] * servers
        self.options = ['--nats', ','.join(f'tls://127.0.0.1:{client}' for client, _ in self.ports), '--nats-ca', self.folder / 'ca.pem',
                        '--nats-cert', self.folder / 'node.pem', '--nats-key', self.folder / 'node.key', '--nats-replicas', servers]
        self.start()

    def start(self, number=None):
        """This one, or all that do not run."""
        for at in range(len(self.servers)) if number is None else [number]:
            if self.servers[at] is None:
                self.servers[at] = Child([find('nats-server'), '-c', self.folder / f'server-{at + 1}.conf'], self.folder / f'log-{at + 1}')

    def kill(self, number=None):
        for at in range(len(self.servers)) if number is None else [number]:
            if self.servers[at] is not None:
                self.servers[at].kill()
                self.servers[at] = None


class Node:
    def __init__(self, cluster, name):
        self.cluster, self.name, self.daemon = cluster, name, None
        self.state = cluster.folder / name
        self.history = self.state / 'history'

    def start(self, *options):
        self.daemon = Daemon(self.cluster.build, self.state, *self.cluster.options, '--node', self.name, '--history', self.history, *options)
        return self

    ready = property(lambda self: self.daemon.ready)
    log = property(lambda self: self.daemon.log.read_text(errors='replace'))

    def is_running(self):
        return self.daemon is not None and self.daemon.is_running()

    def stop(self, seconds=60):
        """In order: its exit status, and no secret was seen."""
        return self.daemon.stop(seconds)

    def kill(self):
        """As a power cut to its machine: the history says when."""
        self.daemon.kill()
        self.cluster.note(what='died', node=self.name)

    def signal(self, number):
        """To it and its key process; SIGSTOP: it is alive, but nobody hears of it."""
        for pid in (self.daemon.pid, self.daemon.keyd_pid()):
            os.kill(pid, number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def ask(self, method, path, body=None, token=None, seconds=30, headers=()):
        """(status, JSON) of /api/v1 + path, as the administrator or by that token; it cannot be asked: OSError or HTTPException."""
        where = urllib.parse.urlsplit(self.ready['api_url'])
        api = http.client.HTTPSConnection(where.hostname, where.port, timeout=seconds,
                                          context=ssl.create_default_context(cafile=self.ready['ca_file']))
        try:
            api.request(method, f'/api/v1{path}', None if body is None else json.dumps(body), {
                'Authorization': f'Bearer {token or self.ready["admin_token"]}', 'Content-Type': 'application/json', **dict(headers)})
            answer = api.getresponse()
            text = answer.read()
        finally:
            api.close()
        return answer.status, json.loads(text) if text else None

    def voltseal(self, *words, code=0):
        """What the command line tool says; Failed when it ends with another status."""
        done = subprocess.run([str(word) for word in (self.cluster.build / 'voltseal', *words, '--ready-file', self.state / 'ready.json')],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != code:
            raise Failed(f'voltseal {" ".join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}')
        return done.stdout

    def command(self, station, body=None, seconds=30):
        """Its last state, of a command that is given to this node; or the status of its refusal."""
        status, said = self.ask('POST', f'/stations/{station}/commands', body or TRIGGER)
        if status != 202:
            return status
        last = {}

        def is_over():
            last.update(self.ask('GET', f'/commands/{said["id"]}')[1])
            return last.get('state') in FINAL
        wait_for(is_over, seconds, f'the command to {station} ends')
        return last['state']


class Cluster:
    """`folder` is made, or emptied. The first node makes the installation; the others get what is not its alone."""

    def __init__(self, build, folder, names='ab', servers=0, options=(), say=lambda *_: None, **settings):
        self.build, self.folder, self.say = pathlib.Path(build).resolve(), pathlib.Path(folder).resolve(), say
        self.names, self.count, self.more, self.settings = names, servers, [str(word) for word in options], settings
        self.database = self.bus = None
        self.nodes, self.rows = {}, []
        self.written, self.lock = self.folder / 'history', threading.Lock()

    def begin(self):
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        self.written.touch()
        self.database = Database(self.folder / 'postgres', **self.settings)
        self.options = [*self.database.options, *self.more]
        if self.count > 0:
            self.bus = Bus(self.folder / 'nats', self.count)
        first = Node(self, self.names[0]).start()
        if first.stop() != 0:
            raise Failed(f'the first node does not end in order\n{first.daemon.tail()}')
        for name in self.names[1:]:
            self.copy(name)
        if self.bus is not None:
            self.options += self.bus.options
        for name in self.names:
            self.nodes[name] = Node(self, name).start()
        self.rows = self.nodes[self.names[0]].daemon.credentials()
        return self

    def copy(self, name):
        """The state of another node."""
        shutil.copytree(self.folder / self.names[0], self.folder / name, symlinks=True)
        for part in OF_ONE_NODE:
            path = self.folder / name / part
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def end(self):
        """What still runs is killed."""
        for node in self.nodes.values():
            if node.is_running():
                node.daemon.kill()
        if self.bus is not None:
            self.bus.kill()
        if self.database is not None:
            self.database.stop()

    # --- history ------------------------------------------------------------------------------------

    def note(self, **line):
        """A line of check_history.py."""
        with self.lock, self.written.open('a', encoding='utf-8') as file:
            file.write(json.dumps({'at_ms': time.time() * 1000, **line}) + '\n')

    def histories(self):
        return [path for path in (self.written, *(self.folder / name / 'history' for name in self.names)) if path.exists()]

    def history(self):
        lines = []
        for path in self.histories():
            lines += [json.loads(line) for line in path.read_text().splitlines(keepends=True) if line.endswith('\n')]
        return sorted(lines, key=lambda line: line['at_ms'])

    def owner(self, station):
        """The name of the node that may send to it; None."""
        owners = [line for line in self.history() if line.get('station', '').endswith(f'/{station}') and line['what'] in ('owns', 'lets')]
        return owners[-1]['node'] if owners and owners[-1]['what'] == 'owns' else None

    def owned_by(self, name, station, seconds=2 * LEASE_S):
        wait_for(lambda: self.owner(station) == name, seconds, f'{name} owns {station}')

    def check_history(self):
        """(exit status, what it printed) of the checker."""
        done = subprocess.run([sys.executable, HERE / 'cluster/check_history.py', *self.histories()], capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr


# --- stations -------------------------------------------------------------------------------------------


def context_of(node, row):
    """TLS as this station has it: with its certificate when it has one."""
    tls = ssl.create_default_context(cafile=node.ready['ca_file'])
    if row.get('cert'):
        tls.load_cert_chain(row['cert'], row['key'])
    return tls


def headers_of(row):
    if not row.get('password'):
        return {}
    return {'Authorization': 'Basic ' + base64.b64encode(f'{row["id"]}:{row["password"]}'.encode()).decode()}


class Station(threading.Thread):
    """It boots, and accepts every command: got has their ids, answered those of its own
    requests. is_booted: its boot was accepted; is_open. With answers=False it
    is silent to commands."""

    def __init__(self, node, row, answers=True):
        super().__init__(daemon=True)
        self.url, self.tls, self.row, self.answers = node.ready['ocpp_url'] + row['id'], context_of(node, row), row, answers
        self.got, self.answered, self.is_booted, self.is_open, self.refused = [], [], False, True, None
        self.loop = asyncio.new_event_loop()
        self.start()
        try:
            wait_for(lambda: self.is_booted or not self.is_open, 20, 'the station boots')
        except Failed:
            self.close()
            raise
        if not self.is_booted:
            raise Failed(f'{row["id"]} does not come in at {node.name}: {self.refused}')

    def run(self):
        try:
            self.loop.run_until_complete(self.live())
        except Exception as error:  # noqa: B902 whoever waits for it is told
            self.refused = error
        self.loop.close()
        self.is_open = False

    async def live(self):
        import websockets
        async with websockets.connect(self.url, subprotocols=['ocpp2.0.1'], ssl=self.tls, extra_headers=headers_of(self.row)) as self.socket:
            await self.socket.send(json.dumps([2, 'boot', 'BootNotification', {
                'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}}]))
            try:
                async for text in self.socket:
                    await self.take(json.loads(text))
            except websockets.exceptions.ConnectionClosed:
                pass

    async def take(self, message):
        if message[0] == 2:
            self.got.append(message[1])
            if self.answers:
                await self.socket.send(json.dumps([3, message[1], {'status': 'Accepted'}]))
            return
        self.answered.append(message[1])
        if message[1] == 'boot':
            self.is_booted = message[2].get('status') == 'Accepted'

    def call(self, action, payload, unique):
        """Send a request without waiting for its answer."""
        asyncio.run_coroutine_threadsafe(self.socket.send(json.dumps([2, unique, action, payload])), self.loop).result(20)

    def close(self):
        if self.is_open and hasattr(self, 'socket'):
            asyncio.run_coroutine_threadsafe(self.socket.close(), self.loop)
        self.join(20)


class Watch(threading.Thread):
    """A stream of a node (text/event-stream): what came so far is in .events, (kind, id, data) each."""

    def __init__(self, node, path='/events/stream', last=None):
        super().__init__(daemon=True)
        where = urllib.parse.urlsplit(node.ready['api_url'])
        self.api = http.client.HTTPSConnection(where.hostname, where.port, timeout=60,
                                               context=ssl.create_default_context(cafile=node.ready['ca_file']))
        self.api.request('GET', f'/api/v1{path}', headers={
            'Authorization': f'Bearer {node.ready["admin_token"]}', **({'Last-Event-ID': last} if last else {})})
        self.socket = self.api.sock  # getresponse gives it away
        self.answer, self.events = self.api.getresponse(), []
        if self.answer.status != 200:
            raise Failed(f'{path} at {node.name}: {self.answer.status} {self.answer.read()}')
        self.start()

    def run(self):
        event = {}
        try:
            for line in self.answer:
                name, _, value = line.decode().rstrip('\n').partition(':')
                if name:
                    event[name] = value.removeprefix(' ')
                elif 'data' in event:
                    self.events.append((event['event'], event.get('id'), json.loads(event['data'])))
                if not line.strip():
                    event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed

    def of(self, station, *kinds):
        """What was said of it."""
        return [event for event in self.events if event[2].get('station') == station and (not kinds or event[0] in kinds)]

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.join(20)
        self.answer.close()


def comes_in(node, row, seconds=20):
    """101; or the status of the refusal; or 0: the connection ended without one (as a certificate that is refused has it)."""
    import websockets

    async def attempt():
        try:
            async with websockets.connect(node.ready['ocpp_url'] + row['id'], subprotocols=['ocpp2.0.1'], ssl=context_of(node, row),
                                          ping_interval=None, extra_headers=headers_of(row), close_timeout=2):
                return 101
        except websockets.exceptions.InvalidStatusCode as refused:
            return refused.status_code
        except (ssl.SSLError, OSError, EOFError, websockets.exceptions.InvalidMessage):
            return 0
    return asyncio.run(asyncio.wait_for(attempt(), seconds))


class Case(unittest.TestCase):
    """NAMES of the nodes, nats-SERVERS, STATIONS with passwords (or AUTH), and more OPTIONS of every node."""

    NAMES, SERVERS, STATIONS, AUTH, OPTIONS = 'ab', 0, 6, 'basic', ()

    @classmethod
    def setUpClass(cls):
        if programs() is None:
            raise unittest.SkipTest('PostgreSQL is not installed (./dev deps all)')
        if cls.SERVERS > 0 and find('nats-server') is None:
            raise unittest.SkipTest('nats-server is not installed (./dev deps all)')
        folder = tempfile.TemporaryDirectory(prefix='voltseal-nodes-')
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        cls.cluster = Cluster(os.environ['VOLTSEAL_BUILD'], pathlib.Path(folder.name) / 'cluster', cls.NAMES, cls.SERVERS,
                              ('--stations', cls.STATIONS, '--auth', cls.AUTH, *cls.OPTIONS))
        cls.addClassCleanup(cls.cluster.end)
        cls.cluster.begin()
        cls.nodes, cls.rows = cls.cluster.nodes, cls.cluster.rows

    def station(self, name, row, **how):
        station = Station(self.nodes[name], row, **how)
        self.addCleanup(station.close)
        return station

    def watch(self, name, *words, **how):
        watch = Watch(self.nodes[name], *words, **how)
        self.addCleanup(watch.close)
        return watch

    def soon(self, condition, what):
        """How soon is measured (./dev bench, part nodes): within 2 s at p99. Here a machine may be busy with something else."""
        wait_for(condition, 20, what)
