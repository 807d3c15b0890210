# SPDX-License-Identifier: Apache-2.0
"""All stations are lost at once: the daemon is killed and started again. When are they back, and is anything missing?

Half of the stations prove themselves by a certificate, half by a password. Each has a transaction running; the fleet
writes down each message that was answered, and the ledger is compared with the store at the end. Nothing is pinned:
daemon and fleet share the machine's cores, and the fleet's half of each handshake costs as much as the daemon's.
"""
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import time
import urllib.request

from harness import Child, Daemon, Failed, ROOT

LIMIT_S = 300
METRIC = re.compile(r'^voltseal_(\w+(?:\{[^}]*\})?) (-?\d+)$', flags=re.M)


class Metrics:
    def __init__(self, ready):
        self.url = ready['api_url'] + '/metrics'
        self.header = {'Authorization': 'Bearer ' + pathlib.Path(ready['admin_token_file']).read_text().strip()}
        self.tls = ssl.create_default_context(cafile=ready['ca_file'])

    def read(self):
        """None while nobody answers."""
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, headers=self.header), context=self.tls, timeout=5) as answer:
                return {name: int(value) for name, value in METRIC.findall(answer.read().decode())}
        except OSError:
            return None

    def connected(self):
        return (self.read() or {}).get('sessions_open', 0)


def start_fleet(build, state, ready, count):
    return Child([build / 'voltseal-sim', 'fleet', '--scenario', 'steady', '-n', count, '--url', ready['ocpp_url'], '--ca',
                  ready['ca_file'], '--credentials', ready['credentials_file'], '--ledger', state / 'ledger', '--threads', 2,
                  '--connect-rate', 300, '--interval', 60, '--grace', 60], state / 'fleet.log')


def busy_s():
    """CPU seconds that the machine has used."""
    ticks = [int(x) for x in pathlib.Path('/proc/stat').read_text().splitlines()[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf('SC_CLK_TCK')


def used_s(*children):
    """CPU seconds that these processes have used."""
    total = 0.0
    for child in children:
        fields = pathlib.Path(f'/proc/{child.pid}/stat').read_text().rpartition(')')[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    return total


def wait_connected(metrics, count):
    """Without a handshake of our own every few milliseconds."""
    end = time.monotonic() + LIMIT_S
    while metrics.connected() < count:
        if time.monotonic() > end:
            raise Failed(f'{count} stations are not connected after {LIMIT_S} s')
        time.sleep(1)


def watch(metrics, begin, count):
    """[(seconds, connected), ...] until all are there."""
    curve = []
    while time.monotonic() - begin < LIMIT_S:
        connected = metrics.connected()
        curve.append((round(time.monotonic() - begin, 2), connected))
        if connected >= count:
            return curve
        time.sleep(0.5)
    raise Failed(f'after {LIMIT_S} s {curve[-1][1]} of {count} stations are back')


def when(curve, count):
    return next(seconds for seconds, connected in curve if connected >= count)


def check_ledger(state, store):
    done = subprocess.run([sys.executable, ROOT / 'tests/fault/check_ledger.py', '--ledger', state / 'ledger', '--store', store],
                          capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr, file=sys.stderr)
    return done.returncode


def measure(build, state, count):
    state.mkdir(parents=True, exist_ok=True)
    options = ['--stations', count, '--auth', 'mixed', '--log-level', 'error']
    daemon = Daemon(build, state, *options, seconds=300)
    metrics = Metrics(daemon.ready)
    fleet = start_fleet(build, state, daemon.ready, count)
    try:
        wait_connected(metrics, count)
        time.sleep(5)
        begin = time.monotonic()
        daemon.kill()
        daemon = Daemon(build, state, *options, seconds=300)
        serving = time.monotonic() - begin
        before = busy_s(), used_s(daemon, fleet)
        curve = [(0.0, 0), *watch(metrics, begin, count)]
        spent = time.monotonic() - begin - serving
        foreign = max(0.0, (busy_s() - before[0] - used_s(daemon, fleet) + before[1]) / spent)
        refused = sum(value for name, value in metrics.read().items() if name.startswith('ratelimit_total'))
        time.sleep(2)
        if fleet.stop(120, signal.SIGINT) != 0:
            raise Failed(f'the fleet failed\n{fleet.tail()}')
        if daemon.stop(60) != 0:
            raise Failed(f'the daemon failed\n{daemon.tail()}')
    finally:
        for child in (fleet, daemon):
            if child.is_running():
                child.kill()
    messages = len((state / 'ledger').read_text().splitlines())
    return {'stations': count, 'serving_s': round(serving, 2), 'half_s': when(curve, count // 2), 'most_s': when(curve, count * 99 // 100),
            'all_s': when(curve, count), 'foreign': round(foreign, 2), 'refused': refused, 'messages': messages,
            'lost': 0 if check_ledger(state, pathlib.Path(daemon.ready['store_file'])) == 0 else 'some', 'curve': curve}


if __name__ == '__main__':
    print(json.dumps(measure(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])), indent=1))
