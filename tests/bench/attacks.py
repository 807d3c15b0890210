# SPDX-License-Identifier: Apache-2.0
"""Honest stations while somebody attacks: their 99th percentile, calm and under `voltseal-sim attack`, one after the other
without a pause. Nothing is pinned: daemon, fleet and attacker share the machine's cores."""
import json
import pathlib
import re
import shutil
import ssl
import statistics
import subprocess
import threading
import time
import urllib.request

from harness import Child, Daemon, wait_for
from storm import Metrics

LINE = re.compile(r'connected (\d+)/(\d+), ([\d.]+) messages/s, p50 ([\d.]+) ms, p99 ([\d.]+) ms')
ATTACKS = ('replay', 'reorder', 'tamper', 'downgrade', 'wrong-identity', 'bomb', 'flood')


def call(ready, path, body):
    request = urllib.request.Request(ready['api_url'] + path, method='POST', data=json.dumps(body).encode(), headers={
        'Content-Type': 'application/json', 'Authorization': 'Bearer ' + pathlib.Path(ready['admin_token_file']).read_text().strip()})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ready['ca_file']), timeout=30) as answer:
        return json.loads(answer.read())


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)


class Attacker(threading.Thread):
    """Every attack, again and again; those that throttle what follows are part of it."""

    def __init__(self, command):
        super().__init__()
        self.command, self.runs, self.is_over, self.through = command, 0, False, []

    def run(self):
        while not self.is_over:
            for name in ATTACKS:
                if self.is_over:
                    break
                done = subprocess.run([*self.command[:2], name, *self.command[2:]], capture_output=True, text=True, check=False)
                self.runs += 1
                if 'GOT THROUGH' in done.stdout:
                    self.through.append(done.stdout)


def phase(fleet, seconds):
    """The lines that the fleet says meanwhile: (stations, messages/s, p50, p99)."""
    before = len(LINE.findall(fleet.log.read_text()))
    time.sleep(seconds)
    found = LINE.findall(fleet.log.read_text())[before + 1:]
    return {'online': min(int(row[0]) for row in found), 'per_s': statistics.median(float(row[2]) for row in found),
            'p50_ms': statistics.median(float(row[3]) for row in found), 'p99_ms': statistics.median(float(row[4]) for row in found)}


def measure(build, work, stations, seconds):
    shutil.rmtree(work, ignore_errors=True)
    daemon = Daemon(build, work / 'state', '--stations', str(stations), seconds=300)
    ready = daemon.ready
    added = call(ready, '/api/v1/stations', {'identity': 'EVE', 'e2e': 'require'})
    private(work / 'password', added['password'])
    private(work / 'psk', json.dumps(call(ready, '/api/v1/keys', {'station': 'EVE', 'channel': 'psk'})))
    fleet = Child([build / 'voltseal-sim', 'fleet', '--scenario', 'home', '-n', stations, '--url', ready['ocpp_url'], '--ca', ready['ca_file'],
                   '--credentials', ready['credentials_file'], '--interval', 2, '--connect-rate', 200], work / 'fleet.log')
    metrics = Metrics(ready)
    wait_for(lambda: metrics.connected() >= stations, 300, 'all honest stations are connected')
    time.sleep(5)
    calm = phase(fleet, seconds)
    attacker = Attacker([str(word) for word in (
        build / 'voltseal-sim', 'attack', '--url', ready['ocpp_url'], '--id', 'EVE', '--password-file', work / 'password', '--psk-file',
        work / 'psk', '--other', 'CS-0001', '--ca', ready['ca_file'])])
    attacker.start()
    attacked = phase(fleet, seconds)
    attacker.is_over = True
    attacker.join()
    after = metrics.read()
    fleet.stop(60)
    daemon.stop(60)
    return {'stations': stations, 'calm': calm, 'attacked': attacked, 'attacks': attacker.runs, 'through': len(attacker.through),
            'refused': after['auth_failed_total'] + after['replays_detected_total'] + after['sealed_refused_total']}
