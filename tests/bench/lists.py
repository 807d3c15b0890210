# SPDX-License-Identifier: Apache-2.0
"""Pages of the API's lists with many stations: how long a page of 100 rows takes, one after the other over one connection.

The stations are real ones, registered by the daemon with verifiers of their own; transactions, events, commands and the
states of connectors are put into the stopped daemon's database, a hundred thousand rows in a transaction.
"""
import http.client
import pathlib
import random
import sqlite3
import ssl
import statistics
import time
import urllib.parse

from harness import Daemon

NOW_MS, PAGE = 1_795_000_000_000, 100
# What is asked for; {station} is one of them by chance.
LISTS = ('/api/v1/stations', '/api/v1/transactions', '/api/v1/transactions?active=true', '/api/v1/transactions?station={station}',
         '/api/v1/events', '/api/v1/events?security=true', '/api/v1/events?station={station}', '/api/v1/commands',
         '/api/v1/commands?station={station}', '/api/v1/keys', '/api/v1/keys?station={station}', '/api/v1/stations/{station}')


def rows(db, table, columns, values):
    marks = ', '.join('?' * len(columns.split(',')))
    db.executemany(f'INSERT INTO {table}({columns}) VALUES ({marks})', values)


def fill(path, count):
    """A connector, a transaction, two events and a command for each station."""
    db = sqlite3.connect(path)
    db.execute('PRAGMA synchronous = OFF')
    station = 'CS-{:04}'.format
    rows(db, 'status', 'tenant, station, evse, connector, status, at_ms, received_ms, message_hash',
         (('default', station(n), 1, 1, 'Available', NOW_MS, NOW_MS, n) for n in range(1, count + 1)))
    rows(db, 'tx', 'tenant, station, tx_id, order_ms, started_ms, ended_ms, last_ms, evse, connector, first_seq_no, last_seq_no, event_count,'
         ' is_active, energy_first_wh, energy_last_wh, charging_state, stopped_reason',
         (('default', station(n), f'tx-{n}', NOW_MS + n, NOW_MS + n, NOW_MS + n + 1, NOW_MS + n + 1, 1, 1, 0, 9, 10, n % 10 == 0, 0, 7000,
           'Charging', 'Local') for n in range(1, count + 1)))
    rows(db, 'event', 'tenant, station, type, severity, is_security, at_ms, received_ms, message_hash',
         (('default', station(n % count + 1), 'NotifyEvent', 0, n % 50 == 0, NOW_MS + n, NOW_MS + n, n) for n in range(2 * count)))
    rows(db, 'command', 'id, tenant, station, action, state, error, created_ms, changed_ms',
         ((f'0193e000-0000-7000-8000-{n:012}', 'default', station(n), 'Reset', 3, 0, NOW_MS + n, NOW_MS + n) for n in range(1, count + 1)))
    db.commit()
    db.execute('ANALYZE')
    db.close()


class Reader:
    def __init__(self, ready):
        url = urllib.parse.urlsplit(ready['api_url'])
        tls = ssl.create_default_context(cafile=ready['ca_file'])
        self.conn = http.client.HTTPSConnection(url.hostname, url.port, context=tls, timeout=60)
        self.headers = {'Authorization': 'Bearer ' + pathlib.Path(ready['admin_token_file']).read_text().strip()}

    def page(self, path):
        """Milliseconds from the request to the last byte, and what came."""
        begin = time.perf_counter()
        self.conn.request('GET', path, headers=self.headers)
        response = self.conn.getresponse()
        body = response.read()
        spent = (time.perf_counter() - begin) * 1000
        if response.status != 200:
            raise RuntimeError(f'{path}: {response.status} {body[:300]!r}')
        return spent, body


def cursor_of(body):
    tail = body[-200:].decode(errors='replace')
    at = tail.rfind('"next":"')
    return tail[at + 8:tail.index('"', at + 8)] if at >= 0 else None


def walk(reader, path, count, pages, chance):
    """So many pages of one list: on and on, and from the start again at its end."""
    spent, cursor = [], None
    while len(spent) < pages:
        here = path.replace('{station}', f'CS-{chance.randint(1, count):04}')
        if '/stations/' not in here:
            here += ('&' if '?' in here else '?') + f'limit={PAGE}' + (f'&cursor={urllib.parse.quote(cursor)}' if cursor else '')
        ms, body = reader.page(here)
        spent.append(ms)
        cursor = cursor_of(body) if '{station}' not in path else None
    return spent


def measure(build, state, count, pages):
    begin = time.monotonic()
    daemon = Daemon(build, state, '--stations', count, '--auth', 'basic', '--log-level', 'error', seconds=900)
    daemon.stop(60)
    fill(state / 'voltseal.db', count)
    daemon = Daemon(build, state, '--stations', count, '--auth', 'basic', '--log-level', 'error', seconds=900)
    result = {'stations': count, 'setup_s': time.monotonic() - begin, 'lists': {}}
    chance = random.Random(17)
    try:
        reader = Reader(daemon.ready)
        for path in LISTS:
            walk(reader, path, count, 10, chance)
            spent = sorted(walk(reader, path, count, pages, chance))
            result['lists'][path] = {'pages': pages, 'p50_ms': statistics.median(spent), 'p99_ms': spent[int(len(spent) * 0.99) - 1],
                                     'most_ms': spent[-1]}
    finally:
        daemon.stop(60)
    return result
