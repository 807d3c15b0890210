#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stations that come back all at once, at sizes that no machine here holds: a discrete-event simulation.

storm.py [--write doc/scale.md] [--per-node N] [--cores N]

One node is simulated, with its share of the stations: the balancer spreads them evenly, so the nodes are alike, and what they
share (PostgreSQL, NATS) gets the sum. A station tries when it has lost its connection, waits as OCPP 2.0.1 Part 4 5.3 has it, and
is doubled in its wait by each failure. A node begins a handshake when a core is free (net/preauth.c): first come, first served
until the first has waited a second, from then on the newest first; what has waited five seconds is reset. Service times are those
that doc/performance.md says were measured. A node's cores do nothing else meanwhile. What ./dev bench does not say was measured
by measure.py (measured.json). Every number of the page's tables is one of these, or made of them here; test_storm.py
compares.
"""
import argparse
import collections
import heapq
import json
import pathlib
import random
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ORDER_S, STALE_S, PREAUTH = 1.0, 5.0, 4096
BACKOFF = (1.0, 2.0, 4)  # RetryBackOffWaitMinimum, RandomRange, RepeatTimes of voltseal-sim
Result = collections.namedtuple('Result', 'half_s most_s all_s resets queue per_s')
RECORDS, ENTRIES = 3, 1  # of a connection: session, boot, status; in KV: conn
SIZES, EACH_S, HEARTBEAT_S, DATABASE_CORES = (10**6, 10**7, 10**8), 60, 300, 8


def simulate(stations, cores, service_s, spread_s=0.0, down_s=0.0, backoff=BACKOFF, preauth=PREAUTH, stale_s=STALE_S, seed=1, arrivals=None,
             waits=None):
    """service_s(random) -> seconds of one core. The stations find out within spread_s; until down_s nobody serves: they fail at
    once. arrivals: their times instead. waits: a list that gets how long each waited for a core."""
    chance = random.Random(seed)
    minimum, span, repeat = backoff
    tries, done, busy, resets, peak, turn = collections.Counter(), [], 0, 0, 0, 0
    waiting = collections.deque()  # (since, station), oldest first
    events = [(at, n, 'comes', n) for n, at in enumerate(arrivals if arrivals is not None
                                                         else (chance.uniform(0, spread_s) for _ in range(stations)))]
    heapq.heapify(events)

    def later(now, station):
        nonlocal turn
        turn += 1
        wait = minimum * 2 ** min(tries[station], repeat) + chance.uniform(0, span)
        tries[station] += 1
        heapq.heappush(events, (now + wait, stations + turn, 'comes', station))

    def begin(now):
        """Whoever is next, while a core is free."""
        nonlocal busy, resets, turn
        while waiting and now - waiting[0][0] >= stale_s:
            later(now, waiting.popleft()[1])
            resets += 1
        while waiting and busy < cores:
            since, station = waiting.pop() if now - waiting[0][0] >= ORDER_S and stale_s < float('inf') else waiting.popleft()
            busy += 1
            turn += 1
            if waits is not None:
                waits.append(now - since)
            heapq.heappush(events, (now + service_s(chance), stations + turn, 'is in', station))

    while events:
        now, _, what, station = heapq.heappop(events)
        if what == 'is in':
            busy -= 1
            done.append(now)
        elif now < down_s:
            later(now, station)
        elif len(waiting) >= preauth:
            later(now, station)
            resets += 1
        else:
            waiting.append((now, station))
        begin(now)
        peak = max(peak, len(waiting))
    first = max(down_s, 1e-9)
    return Result(done[(len(done) - 1) // 2], done[(len(done) - 1) * 99 // 100], done[-1], resets, peak, len(done) / max(done[-1] - first, 1e-9))


def measured(page):
    """Seconds of CPU of a handshake and of a message, KiB of a connection: what the page says."""
    def number(pattern):
        found = re.search(pattern, page)
        if not found:
            sys.exit(f'storm: doc/performance.md has no row {pattern!r}')
        return float(found[1].replace(',', ''))
    return {'full': number(r'\| voltseald, full mutual \| ([\d,]+) ') / 1e6, 'resumed': number(r'\| voltseald, resumed mutual \| ([\d,]+) ') / 1e6,
            'basic': number(r'\| voltseald, full \| ([\d,]+) ') / 1e6,
            # One core of the load client was busy with its halves when so many were seen.
            'fleet_full': 1 / number(r'\| voltseald, full mutual \| [^|]*\| [^|]*\| ([\d,]+) '),
            'fleet_basic': 1 / number(r'\| voltseald, full \| [^|]*\| [^|]*\| ([\d,]+) '),
            'message': number(r'\| 1,000 connections, voltseald \| ([\d.]+) ') / 1e6,
            'kib': number(r'\| voltseald, mutual TLS, 10,000 connections \| ([\d.]+) '),
            'storm_all': number(r'\| all are back \| ([\d.]+) s'), 'storm_half': number(r'\| half of the stations are back \| ([\d.]+) s'),
            'storm_serving': number(r'\| the daemon serves again \| ([\d.]+) s'), 'socket_kib': number(r'about (\d+) KiB a socket'),
            'renew_s': header('src/core/owner.h', r'VS_OWNER_RENEW_MS +(\d+)') / 1000,
            'other_bytes': header('src/bus/presence.h', r'holds it, (\d+) on the others'),
            **json.loads((HERE / 'measured.json').read_text())}


def header(path, pattern):
    return float(re.search(pattern, (ROOT / path).read_text())[1])


def known_case(of):
    """The storm that ./dev bench --only storm has measured: 10 000 stations, half with certificates, half with passwords, on two
    cores that make both halves of each handshake."""
    def both(chance):
        kind = 'full' if chance.random() < 0.5 else 'basic'
        return of[kind] + of[f'fleet_{kind}'] + 2 * (RECORDS + 1) * of['message']
    return simulate(10000, 2, both, spread_s=0.1, down_s=of['storm_serving'])


def cases(of, per_node, cores, devices, known={}):  # noqa: B006 what was simulated once
    nodes = -(-devices // per_node)
    more = per_node // max(1, nodes - 1)  # of one node that is gone, at each of the others

    def served(kind):
        return lambda _: of[kind] + (RECORDS + 1) * of['message']

    def once(stations, cores, service, **how):
        key = stations, cores, service(None), tuple(sorted(how.items()))
        if key not in known:
            known[key] = simulate(stations, cores, service, **how)
        return known[key]
    yield 'one node is gone, full handshakes', nodes - 1, more, once(more, cores, served('full'), spread_s=1.0)
    yield 'the network was away, resumed', nodes, per_node, once(per_node, cores, served('resumed'), spread_s=1.0)
    yield 'the network was away, full handshakes', nodes, per_node, once(per_node, cores, served('full'), spread_s=1.0)
    yield 'all nodes were started again, after 30 s', nodes, per_node, once(per_node, cores, served('full'), spread_s=1.0, down_s=30.0)
    yield 'the same, RetryBackOffRandomRange 60 s', nodes, per_node, once(per_node, cores, served('full'), spread_s=1.0, down_s=30.0,
                                                                       backoff=(1.0, 60.0, 4))


def of_sizes(what, text):
    return f'| {what} | ' + ' | '.join(text(devices) for devices in SIZES) + ' |'


def head(first):
    return [f'| {first} | ' + ' | '.join(f'{devices:,}' for devices in SIZES) + ' |', '| --- |' + ' ---: |' * len(SIZES)]


def inputs(of):
    """What everything else is made of."""
    return '\n'.join([
        '| Measured | | by |', '| --- | ---: | --- |',
        f'| a full mutual handshake, CPU of the node | {of["full"] * 1e6:,.0f} us | `./dev bench` |',
        f'| a resumed mutual one | {of["resumed"] * 1e6:,.0f} us | `./dev bench` |',
        f'| a message, validated, stored and answered, CPU of the node | {of["message"] * 1e6:.1f} us | `./dev bench` |',
        f'| a connection, memory of the node; of its kernel | {of["kib"]:.1f}; {of["socket_kib"]:.0f} KiB | `./dev bench` |',
        f'| a message with its answer on the network, TCP and IP included, up; down | {of["up_bytes"]}; {of["down_bytes"]} bytes | measure.py |',
        f'| an event in PostgreSQL, CPU of the server, in batches of {of["batch_records"]:,} | {of["batch_cpu_us"]:.0f} us | measure.py |',
        f'| the same, {of["events_per_s"]} a second, each batch what has come meanwhile | {of["record_cpu_us"]:.0f} us | measure.py |',
        f'| an event in its log (WAL); in its tables and indexes | {of["record_wal_bytes"]:,}; {of["record_disk_bytes"]:,} bytes | measure.py |',
        f'| a subject, memory of each nats-server | {of["subject_bytes"]:,} bytes | measure.py |',
        f'| an entry of a bucket, memory; disk of a nats-server | {of["entry_bytes"]:,}; {of["entry_disk_bytes"]:,} bytes | measure.py |',
        f'| entries that one nats-server takes | {of["entries_per_s"]:,}/s | measure.py |',
        f'| a station of another node, memory of each node | {of["other_bytes"]:.0f} bytes | `src/bus/presence.h` |'])


def plan(of, per_node):
    """What the fleet needs while nothing happens."""
    def messages(d):
        return d / EACH_S + d / HEARTBEAT_S
    return '\n'.join([
        f'Each station says something that is stored every {EACH_S} s and a Heartbeat every {HEARTBEAT_S} s.', '', *head('Stations'),
        of_sizes(f'nodes, {per_node:,} stations each', lambda d: f'{d // per_node:,}'),
        of_sizes('memory of their connections, all nodes', lambda d: f'{d * (of["kib"] + of["socket_kib"]) / 2**20:,.0f} GiB'),
        of_sizes('memory of each node for where all stations are', lambda d: f'{d * of["other_bytes"] / 2**30:,.1f} GiB'),
        of_sizes('messages/s', lambda d: f'{messages(d):,.0f}'),
        of_sizes('cores for messages, all nodes', lambda d: f'{messages(d) * of["message"]:,.1f}'),
        of_sizes('records/s into PostgreSQL', lambda d: f'{d / EACH_S:,.0f}'),
        of_sizes('records/s of each node', lambda d: f'{per_node / EACH_S:,.0f}'),
        of_sizes('cores of PostgreSQL, in full batches', lambda d: f'{d / EACH_S * of["batch_cpu_us"] / 1e6:,.1f}'),
        of_sizes('the same, in small ones', lambda d: f'{d / EACH_S * of["record_cpu_us"] / 1e6:,.1f}'),
        of_sizes('its log (WAL)', lambda d: f'{d / EACH_S * of["record_wal_bytes"] / 1e6:,.0f} MB/s'),
        of_sizes('its tables grow by', lambda d: f'{d / EACH_S * of["record_disk_bytes"] * 86400 / 1e12:,.1f} TB a day'),
        of_sizes('NATS: subjects of stations', lambda d: f'{d:,}'),
        of_sizes('memory of each NATS server for them', lambda d: f'{d * of["subject_bytes"] / 2**30:,.1f} GiB'),
        of_sizes('memory of each for the entries of `conn`', lambda d: f'{d * of["entry_bytes"] / 2**30:,.1f} GiB'),
        of_sizes(f'leases, written each {of["renew_s"]:.0f} s', lambda d: f'{d / per_node / of["renew_s"]:,.0f}/s'),
        of_sizes('network from stations; to them', lambda d: f'{messages(d) * of["up_bytes"] * 8 / 1e9:,.2f}; '
                 f'{messages(d) * of["down_bytes"] * 8 / 1e9:,.2f} Gbit/s')])


def node(of, per_node, cores):
    each_s = per_node / EACH_S + per_node / HEARTBEAT_S
    return (f'A node is sized by its return, not by its work: {per_node:,} stations are {each_s:,.0f} messages a second, '
            f'{100 * each_s * of["message"]:.1f} % of one core. When\nthey all come back at once, each costs a handshake, and {cores} cores need '
            f'{per_node * of["full"] / cores:.0f} s for them. `CONNECTIONS` (200 000) and memory\nwould allow {200000 // per_node} times as many; '
            'then the return takes as many times as long.')


def limits(of, per_node):
    """What gives way first, with the figures that say so."""
    d = 10**7
    servers = d * (of['subject_bytes'] + of['entry_bytes']) / 2**30
    return '\n'.join([
        '| Stations | gives way first | then |', '| ---: | --- | --- |', f'| up to {per_node:,} | nothing: one node, SQLite | - |',
        f'| {10**6:,} | the return, not the day: {10**6 // per_node} nodes that are started again bring more records in a second than one '
        f'PostgreSQL commits (a core of it takes {1e6 / of["batch_cpu_us"]:,.0f} a second at best), and more entries than one nats-server '
        f'takes ({of["entries_per_s"]:,} a second) | the spool takes the records and a node moves them as the server can; one server with '
        f'{DATABASE_CORES} cores and a disk of its own for its log, a replica for dashboards; NATS on three servers. A longer '
        '`RetryBackOffRandomRange` brings both rates down |',
        f'| {d:,} | PostgreSQL: the log of one server ({d / EACH_S * of["record_wal_bytes"] / 1e6:,.0f} MB/s all day), then its connections (one '
        f'writer and some readers for each of {d // per_node} nodes). At the same size NATS: each server has every subject and every entry in '
        f'memory ({servers:,.0f} GiB), each node knows where every station is ({d * of["other_bytes"] / 2**30:,.1f} GiB), and a node that '
        f'starts reads {d * of["entry_disk_bytes"] / 1e9:,.1f} GB first | stations by tenant, tenants by cell: several databases, each with '
        'the nodes that serve its tenants; nothing but revocations and the directory of tenants is common to cells. Presence by node (one '
        'lease for each, and the list of its stations), not by station; commands go to `cmd.node.<node>`, and the owner is looked up |',
        f'| {10**8:,} | what is common to cells: the directory that says where a tenant is, revocations to {10**8 // per_node:,} nodes, and '
        f'people: an operator of one cell of {d:,} needs no other | ten cells and more in several places, each with its own CA below one '
        'root, its own NATS and its own databases; a tenant larger than a cell is split by region in the registry. Devices learn their '
        'cell when they are provisioned, and again by `SetNetworkProfile` |'])


def shared(of):
    """What a return asks of what all nodes share, at the rate that was measured, whenever the stations come."""
    return '\n'.join([
        *head('All come back'),
        of_sizes('entries of `conn`, one nats-server: commands reach all again after', lambda d: f'{d / of["entries_per_s"]:,.0f} s'),
        of_sizes(f'{RECORDS} records of each, {DATABASE_CORES} cores of PostgreSQL in full batches',
                 lambda d: f'{d * RECORDS * of["batch_cpu_us"] / 1e6 / DATABASE_CORES:,.0f} s'),
        of_sizes('their log (WAL)', lambda d: f'{d * RECORDS * of["record_wal_bytes"] / 1e9:,.1f} GB'),
        of_sizes('a node that starts reads where all stations are', lambda d: f'{d * of["entry_disk_bytes"] / 1e9:,.2f} GB')])


def tables(of, per_node, cores):
    rows = [f'A node: {cores} cores, {per_node:,} stations; a full mutual handshake costs a core {of["full"] * 1e3:.2f} ms, a resumed one '
            f'{of["resumed"] * 1e3:.2f} ms, a message {of["message"] * 1e6:.1f} us. Records: {RECORDS} for a connection.', '',
            '| Stations | what happened | of each of the nodes | half are back | 99 of 100 | all | resets, of 100 stations '
            '| connected/s, all nodes | records/s into PostgreSQL | entries/s into NATS |', '| ---: | --- |' + ' ---: |' * 8]
    for devices in SIZES:
        for what, nodes, each, run in cases(of, per_node, cores, devices):
            rate = run.per_s * nodes
            rows.append(f'| {devices:,} | {what} | {nodes:,}: {each:,} | {run.half_s:.1f} s | {run.most_s:.1f} s | {run.all_s:.1f} s | '
                        f'{100 * run.resets / each:.0f} | {rate:,.0f} | {rate * RECORDS:,.0f} | {rate * ENTRIES:,.0f} |')
    known = known_case(of)
    rows += ['', f'The storm of [performance](performance.md), simulated: half are back after {known.half_s:.1f} s (measured '
             f'{of["storm_half"]:.1f} s), all after {known.all_s:.1f} s (measured {of["storm_all"]:.1f} s).']
    return '\n'.join(rows)


def blocks(of, per_node, cores):
    """The parts of the page, as they have to be."""
    yield 'inputs', inputs(of)
    yield 'plan', plan(of, per_node)
    yield 'node', node(of, per_node, cores)
    yield 'shared', shared(of)
    yield 'limits', limits(of, per_node)
    yield 'storm', tables(of, per_node, cores)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--write', type=pathlib.Path)
    parser.add_argument('--per-node', type=int, default=50000)
    parser.add_argument('--cores', type=int, default=8)
    options = parser.parse_args()
    of = measured((ROOT / 'doc/performance.md').read_text())
    for title, text in blocks(of, options.per_node, options.cores):
        print(text, end='\n\n')
        if options.write:
            before, begin, rest = options.write.read_text().partition(f'<!-- {title}: begin -->')
            end = f'<!-- {title}: end -->'
            options.write.write_text(f'{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
