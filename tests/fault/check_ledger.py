#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare a ledger of voltseal-sim with the store of the daemon.

Every line of the ledger is a message whose answer a station has counted: it must be in the store exactly once.
MeterValues outside a transaction are answered before their commit (core/records.def): they are compared, by their
number for each station, with --clean, which says that the daemon was stopped in order.
Prints `stations=N transactions=N meter_values=N lost=N` (of the ledger), then on stderr what is wrong.
Exit status 0 only when nothing is missing and nothing is doubled, 2 when a file cannot be used.
"""
import argparse
import collections
import json
import pathlib
import sqlite3
import sys

SHOWN_MAX = 20
TYPES = ['Started', 'Updated', 'Ended']

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument('--ledger', required=True, type=pathlib.Path)
parser.add_argument('--store', required=True, type=pathlib.Path)
parser.add_argument('--clean', action='store_true')
arguments = parser.parse_args()


def unusable(why):
    print(f'check_ledger: {why}', file=sys.stderr)
    sys.exit(2)


def read_ledger(path):
    """The whole lines; a last line without its end was not counted by the station that wrote it."""
    try:
        text = path.read_text(encoding='utf-8')
    except OSError as error:
        unusable(error)
    lines = text.split('\n')[:-1]
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        unusable(f'{path}: {error}')


def read_store(path):
    if not path.is_file():
        unusable(f'{path}: no such file')
    try:
        # Not immutable: what lies in the write-ahead log belongs to the store.
        store = sqlite3.connect(f'{path.resolve().as_uri()}?mode=ro', uri=True)
        events = collections.Counter(store.execute(
            'SELECT tx.station, tx.tx_id, tx_event.seq_no FROM tx_event JOIN tx ON tx.id = tx_event.tx'))
        events.update(store.execute(  # OCPP 1.6 has no seqNo
            'SELECT tx.station, tx.tx_id, tx_event.type, tx_event.at_ms FROM tx_event JOIN tx ON tx.id = tx_event.tx'))
        security = collections.Counter(store.execute(
            'SELECT station, type, at_ms FROM event WHERE is_security = 1'))
        meters = dict(store.execute('SELECT station, count(*) FROM meter_values GROUP BY station'))
        store.close()
    except sqlite3.Error as error:
        unusable(f'{path}: {error}')
    return events, security, meters


ledger = read_ledger(arguments.ledger)
stored_events, stored_security, stored_meters = read_store(arguments.store)
wrong = []
stations, transactions, meter_values, lost, doubled = set(), set(), 0, 0, 0
counted_security, counted_meters = collections.Counter(), collections.Counter()
seen_ids = set()
for line in ledger:
    stations.add(line['station'])
    if (line['station'], line['id']) in seen_ids:
        wrong.append(f"the ledger counts {line['id']} of {line['station']} twice")
        doubled += 1
    seen_ids.add((line['station'], line['id']))
    if line['action'] == 'TransactionEvent':
        key = (line['station'], line['tx'])
        key += (line['seq'],) if 'seq' in line else (TYPES.index(line['event']), line['at_ms'])
        transactions.add(key[:2])
        meter_values += line['meter_values']
        count = stored_events[key]
    elif line['action'] == 'MeterValues':
        counted_meters[line['station']] += 1
        meter_values += line['meter_values']
        count = 1  # compared below
    else:
        key = (line['station'], line['type'], line['at_ms'])
        counted_security[key] += 1
        count = 1 # compared below: two of a kind may happen in the same millisecond
    if count == 0:
        wrong.append(f"lost: {line['event']} {key}, answered at {line['answered_ms']}")
        lost += 1
    elif count > 1:
        wrong.append(f'stored {count} times: {key}')
        doubled += 1
for key, count in counted_security.items():
    stored = stored_security[key]
    if stored < count:
        wrong.append(f'lost: {key}, answered {count} times, stored {stored} times')
        lost += count - stored
    elif stored > count:
        wrong.append(f'stored {stored} times, answered {count} times: {key}')
        doubled += stored - count
for station, count in counted_meters.items() if arguments.clean else ():
    if stored_meters.get(station, 0) < count:
        wrong.append(f'lost: MeterValues of {station}, answered {count}, stored {stored_meters.get(station, 0)}')
        lost += count - stored_meters.get(station, 0)
print(f'stations={len(stations)} transactions={len(transactions)} meter_values={meter_values} lost={lost}')
for line in wrong[:SHOWN_MAX]:
    print(line, file=sys.stderr)
if len(wrong) > SHOWN_MAX:
    print(f'and {len(wrong) - SHOWN_MAX} more', file=sys.stderr)
if doubled:
    print(f'doubled={doubled}', file=sys.stderr)
if not ledger:
    print('the ledger is empty: no station was ever answered', file=sys.stderr)
sys.exit(bool(lost or doubled or not ledger))
