#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stations that come back all at once, at sizes that no machine here holds: a discrete-event simulation.

storm.py [--write doc/scale.md] [--per-node N] [--cores N]

One node is simulated, with its share of the stations: the balancer spreads them evenly, so the nodes are alike, and what they
share (PostgreSQL, NATS) gets the sum. A station tries when it has lost its connection, waits as OCPP 2.0.1 Part 4 5.3 has it, and
is doubled in its wait by each failure. A node begins a handshake when a core is free (net/preauth.c): first come, first served
until the first has waited a second, from then on the newest first; what has waited five seconds is reset. Service times are those
that doc/performance.md says were measured. A node's cores do nothing else meanwhile.
"""
import argparse
import collections
import heapq
import pathlib
import random
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ORDER_S, STALE_S, PREAUTH = 1.0, 5.0, 4096
BACKOFF = (1.0, 2.0, 4)  # RetryBackOffWaitMinimum, RandomRange, RepeatTimes of voltseal-sim
Result = collections.namedtuple('Result', 'half_s most_s all_s resets queue per_s')
RECORDS, PRESENCE = 3, 1  # of a connection: session, boot, status; in KV: conn
# A transaction event on PostgreSQL 15, by bench_store: CPU of the server's process, its log, its table.
RECORD_US, RECORD_WAL, RECORD_DISK = 30, 1200, 730
SUBJECT_KIB, PRESENCE_S = 1.1, 30  # 55 MB of a nats-server with 50 000 subscriptions
SOCKET_KIB, BYTES_UP, BYTES_DOWN = 5, 450, 190


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
            'storm_serving': number(r'\| the daemon serves again \| ([\d.]+) s')}


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


def plan(of, per_node):
    """What the fleet needs while nothing happens."""
    sizes = (10**6, 10**7, 10**8)

    def row(what, text):
        return f'| {what} | ' + ' | '.join(text(devices) for devices in sizes) + ' |'
    each_s, heartbeat_s = 60, 300
    return '\n'.join([
        f'Each station says something that is stored every {each_s} s and a Heartbeat every {heartbeat_s} s, {BYTES_UP} bytes with all '
        f'headers, answered with {BYTES_DOWN}.', '',
        '| Stations | ' + ' | '.join(f'{devices:,}' for devices in sizes) + ' |', '| --- |' + ' ---: |' * len(sizes),
        row(f'nodes, {per_node:,} stations each', lambda d: f'{d // per_node:,}'),
        row('memory of their connections, all nodes', lambda d: f'{d * (of["kib"] + SOCKET_KIB) / 2**20:,.0f} GiB'),
        row('messages/s', lambda d: f'{d / each_s + d / heartbeat_s:,.0f}'),
        row('cores for messages, all nodes', lambda d: f'{(d / each_s + d / heartbeat_s) * of["message"]:,.1f}'),
        row('records/s into PostgreSQL', lambda d: f'{d / each_s:,.0f}'),
        row('cores of PostgreSQL', lambda d: f'{d / each_s * RECORD_US / 1e6:,.1f}'),
        row('its log (WAL)', lambda d: f'{d / each_s * RECORD_WAL / 1e6:,.0f} MB/s'),
        row('its tables grow by', lambda d: f'{d / each_s * RECORD_DISK * 86400 / 1e12:,.1f} TB a day'),
        row('NATS: subjects of stations', lambda d: f'{d:,}'),
        row('memory of each NATS server for them', lambda d: f'{d * SUBJECT_KIB / 2**20:,.1f} GiB'),
        row(f'presence in KV, said again each {PRESENCE_S} s', lambda d: f'{d / PRESENCE_S:,.0f}/s'),
        row('network from stations; to them', lambda d: f'{(d / each_s + d / heartbeat_s) * BYTES_UP * 8 / 1e9:,.2f}; '
            f'{(d / each_s + d / heartbeat_s) * BYTES_DOWN * 8 / 1e9:,.2f} Gbit/s')])


def tables(of, per_node, cores):
    rows = [f'A node: {cores} cores, {per_node:,} stations; a full mutual handshake costs a core {of["full"] * 1e3:.2f} ms, a resumed one '
            f'{of["resumed"] * 1e3:.2f} ms, a message {of["message"] * 1e6:.1f} us. Records: {RECORDS} for a connection.', '',
            '| Stations | what happened | of each of the nodes | half are back | 99 of 100 | all | resets, of 100 stations '
            '| connected/s, all nodes | records/s into PostgreSQL | presence/s into NATS |', '| ---: | --- |' + ' ---: |' * 8]
    for devices in (10**6, 10**7, 10**8):
        for what, nodes, each, run in cases(of, per_node, cores, devices):
            rate = run.per_s * nodes
            rows.append(f'| {devices:,} | {what} | {nodes:,}: {each:,} | {run.half_s:.1f} s | {run.most_s:.1f} s | {run.all_s:.1f} s | '
                        f'{100 * run.resets / each:.0f} | {rate:,.0f} | {rate * RECORDS:,.0f} | {rate * PRESENCE:,.0f} |')
    known = known_case(of)
    rows += ['', f'The storm of [performance](performance.md), simulated: half are back after {known.half_s:.1f} s (measured '
             f'{of["storm_half"]:.1f} s), all after {known.all_s:.1f} s (measured {of["storm_all"]:.1f} s).']
    return '\n'.join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--write', type=pathlib.Path)
    parser.add_argument('--per-node', type=int, default=50000)
    parser.add_argument('--cores', type=int, default=8)
    options = parser.parse_args()
    of = measured((ROOT / 'doc/performance.md').read_text())
    for title, text in (('plan', plan(of, options.per_node)), ('storm', tables(of, options.per_node, options.cores))):
        print(text, end='\n\n')
        if options.write:
            before, begin, rest = options.write.read_text().partition(f'<!-- {title}: begin -->')
            end = f'<!-- {title}: end -->'
            options.write.write_text(f'{before}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
