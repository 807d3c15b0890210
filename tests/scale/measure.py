#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure what doc/scale.md multiplies and ./dev bench does not say: measure.py BUILD [--write].

A daemon on a PostgreSQL of its own with a busy fleet: CPU of the server's processes, bytes of its log and of its tables for each
event that a station was told is kept, and what crosses the network for each message. A nats-server of its own, spoken to in its own
protocol: its memory for each subject that somebody listens to, and for each entry of a bucket, and how many such entries it takes
in a second. --write puts the numbers into measured.json beside this file. CPU, bytes and memory: other work on the machine
changes them little; entries in a second are less then. BUILD has bench_store (ninja -C BUILD tests/bench/bench_store).
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import nodes  # noqa: E402
from harness import Child, status_kib, wait_for  # noqa: E402
from with_postgres import children  # noqa: E402

STATIONS, FLEET_S, BATCH_STATIONS, SUBJECTS, ENTRIES, ENTRY_BYTES = 100, 25, 4096, 50000, 20000, 300
IP_TCP = 52  # of each segment: IPv4 and TCP with timestamps


def cpu_s(pids):
    """Seconds of CPU that these have used."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


class Server:
    """PostgreSQL's counters."""

    def __init__(self, database):
        self.database = database
        self.cpu = cpu_s(self.pids())
        self.wal, self.disk = self.number("pg_current_wal_lsn() - '0/0'"), self.number("pg_database_size('voltseal')")
        self.events = self.number('count(*)', 'FROM voltseal.tx_event')

    def pids(self):
        return [self.database.process.pid, *children(self.database.process.pid)]

    def number(self, what, more=''):
        return int(self.database.sql(f'SELECT {what} {more}', 'voltseal'))


def sockets(port):
    """Sums of what the connections of this port have sent and received: bytes and segments."""
    text = subprocess.run(['ss', '-tinH', 'state', 'established', f'( sport = :{port} )'], capture_output=True, text=True, check=True).stdout
    return {name: sum(int(number) for number in re.findall(rf'\b{name}:(\d+)', text))
            for name in ('bytes_sent', 'bytes_received', 'segs_out', 'segs_in')}


def of_fleet(build, folder):
    """What an event costs PostgreSQL, and a message the network."""
    cluster = nodes.Cluster(build, folder / 'cluster', 'a', 0, ('--stations', STATIONS, '--auth', 'basic'), fsync='on', full_page_writes='on',
                            checkpoint_timeout='1h', max_wal_size='8GB')
    try:
        cluster.begin()
        ready = cluster.nodes['a'].ready
        port = int(re.search(r':(\d+)/', ready['ocpp_url'])[1])
        fleet = Child([build / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', STATIONS, '--url', ready['ocpp_url'], '--ca',
                       ready['ca_file'], '--credentials', ready['credentials_file'], '--ledger', folder / 'ledger'], folder / 'fleet.log')
        try:
            wait_for(lambda: (folder / 'ledger').exists() and (folder / 'ledger').stat().st_size > 100000, 60, 'the fleet works')
            metric = calls(cluster.nodes['a'])
            server, lines, begin = Server(cluster.database), sockets(port), time.monotonic()
            time.sleep(FLEET_S)
            after, ends, spent = Server(cluster.database), sockets(port), time.monotonic() - begin
            messages = calls(cluster.nodes['a']) - metric
        finally:
            fleet.stop(60, signal.SIGINT)
        cluster.nodes['a'].stop()
    finally:
        cluster.end()
    events = after.events - server.events
    up = ends['bytes_received'] - lines['bytes_received'] + IP_TCP * (ends['segs_in'] - lines['segs_in'])
    down = ends['bytes_sent'] - lines['bytes_sent'] + IP_TCP * (ends['segs_out'] - lines['segs_out'])
    return {'events_per_s': round(events / spent), 'record_cpu_us': round((after.cpu - server.cpu) / events * 1e6, 1),
            'record_wal_bytes': round((after.wal - server.wal) / events), 'record_disk_bytes': round((after.disk - server.disk) / events),
            'up_bytes': round(up / messages), 'down_bytes': round(down / messages)}


def of_batches(tools, folder):
    """What an event costs PostgreSQL when many come at once: full batches of one writer."""
    sys.path.insert(0, str(HERE.parent / 'bench'))
    import engines
    database = nodes.Database(folder / 'batches', fsync='on', full_page_writes='on')
    try:
        run = engines.postgres(tools, 5, BATCH_STATIONS, folder, database)
    finally:
        database.stop()
    return {'batch_cpu_us': round(run['server_cpu_us'], 1), 'batch_records': round(run['records_per_commit'])}


def calls(node):
    return int(re.search(r'^voltseal_ocpp_calls_received_total (\d+)$', metrics(node), re.M)[1])


def metrics(node):
    import urllib.request
    request = urllib.request.Request(node.ready['api_url'].rstrip('/') + '/metrics',
                                     headers={'Authorization': f'Bearer {node.ready["admin_token"]}'})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=node.ready['ca_file']), timeout=30) as answer:
        return answer.read().decode()


class Nats:
    """A client that knows only what is needed here."""

    def __init__(self, bus):
        plain = socket.create_connection(('127.0.0.1', bus.ports[0][0]), 10)
        plain.recv(65536)  # INFO
        tls = ssl.create_default_context(cafile=bus.folder / 'ca.pem')
        tls.load_cert_chain(bus.folder / 'node.pem', bus.folder / 'node.key')
        self.socket = tls.wrap_socket(plain, server_hostname='127.0.0.1')
        self.rest = b''
        self.send('CONNECT {"verbose":false,"tls_required":true}\r\n')
        self.sync()

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def until(self, word):
        while word not in self.rest:
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise OSError('nats-server has closed the connection')
            self.rest += piece
        before, _, self.rest = self.rest.partition(word)
        return before

    def sync(self):
        self.send('PING\r\n')
        return self.until(b'PONG\r\n')

    def ask(self, subject, body):
        self.send(f'SUB _INBOX.ask 1\r\nUNSUB 1 1\r\nPUB {subject} _INBOX.ask {len(body)}\r\n{body}\r\n')
        self.until(b'MSG _INBOX.ask')
        self.until(b'\r\n')
        return self.until(b'\r\n')


def rss(bus):
    return status_kib(bus.servers[0].pid, 'VmRSS') * 1024


def of_nats(folder):
    """Memory of a server for each subject and for each entry."""
    bus = nodes.Bus(folder / 'nats', 1)
    try:
        wait_for(lambda: b'Server is ready' in (folder / 'nats/log-1').read_bytes(), 20, 'nats-server serves')
        first = rss(bus)
        client = Nats(bus)
        for at in range(0, SUBJECTS, 1000):
            client.send(''.join(f'SUB cmd.default.CS-{number:08d} {number + 2}\r\n' for number in range(at, at + 1000)))
        client.sync()
        subjects = (rss(bus) - first) / SUBJECTS
        client = Nats(bus)
        stream = {'name': 'KV_conn', 'subjects': ['$KV.conn.>'], 'max_msgs_per_subject': 1, 'storage': 'file', 'num_replicas': 1,
                  'discard': 'new', 'allow_rollup_hdrs': True}
        said = client.ask('$JS.API.STREAM.CREATE.KV_conn', json.dumps(stream))
        if b'"error"' in said:
            raise OSError(said.decode())
        before, begin = rss(bus), time.monotonic()
        client.send('SUB _INBOX.acks 9\r\n')
        for at in range(0, ENTRIES, 500):
            client.send(b''.join(b'PUB $KV.conn.default.CS-%08d _INBOX.acks %d\r\n%s\r\n' % (number, ENTRY_BYTES, b'x' * ENTRY_BYTES)
                                 for number in range(at, at + 500)))
            for _ in range(500):
                client.until(b'MSG _INBOX.acks')
        took = time.monotonic() - begin
        disk = sum(path.stat().st_size for path in (folder / 'nats').rglob('*.blk'))
        return {'subject_bytes': round(subjects), 'entry_bytes': round((rss(bus) - before) / ENTRIES), 'entry_disk_bytes': round(disk / ENTRIES),
                'entries_per_s': round(ENTRIES / took)}
    finally:
        bus.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('--write', action='store_true')
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix='voltseal-scale-'))
    os.chmod(folder, 0o755)
    try:
        build = options.build.resolve()
        found = {**of_nats(folder), **of_fleet(build, folder), **of_batches(build / 'tests/bench', folder)}
    finally:
        shutil.rmtree(folder)
    print(json.dumps(found, indent=1))
    if options.write:
        (HERE / 'measured.json').write_text(json.dumps(found, indent=1) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
