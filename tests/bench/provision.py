# SPDX-License-Identifier: Apache-2.0
"""Devices provisioned through a real mosquitto: claim, request, certificate, acknowledgement. Daemon, broker and devices share
the machine's cores; the devices' folders lie in memory, so that the disk is the daemon's."""
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'interop'))
from broker import Broker  # noqa: E402
from harness import Daemon, Failed, wait_for  # noqa: E402

THREADS = 64


def cpu(pid):
    """Seconds that a process and its children have had."""
    total = 0
    for task in pathlib.Path(f'/proc/{pid}/task').iterdir():
        total += int((task / 'schedstat').read_text().split()[0]) / 1e9
        for child in (task / 'children').read_text().split():
            total += cpu(int(child))
    return total


def children_cpu():
    used = os.times()
    return used.children_user + used.children_system


class Counters:
    def __init__(self, ready):
        self.tls = ssl.create_default_context(cafile=ready['ca_file'])
        self.request = urllib.request.Request(ready['api_url'] + '/metrics', headers={
            'Authorization': 'Bearer ' + pathlib.Path(ready['admin_token_file']).read_text().strip()})

    def __call__(self, name):
        with urllib.request.urlopen(self.request, context=self.tls, timeout=60) as answer:
            return next(float(line.split()[-1]) for line in answer.read().decode().splitlines()
                        if line.startswith(f'voltseal_{name} '))


def claims(build, daemon, work, count):
    (work / 'devices.csv').write_text(''.join(f'DEV-{n:05},station,mtls\n' for n in range(1, count + 1)))
    begin = time.monotonic()
    made = subprocess.run([build / 'voltseal', 'provision', 'claim', 'create', '--csv', work / 'devices.csv', '--out-dir', work / 'bundles',
                           '--ready-file', daemon.state / 'ready.json'], capture_output=True, text=True, timeout=600, check=True)
    (work / 'made.csv').write_text(made.stdout)
    return time.monotonic() - begin


def fleet(build, work, broker, keep):
    done = subprocess.run([build / 'voltseal-sim', 'provision', '--claims', work / 'made.csv', '--keep', keep, '--ca',
                           broker.folder / 'ca.pem', '--threads', str(THREADS), '--wait', '300'],
                          capture_output=True, text=True, timeout=600, check=False)
    last = done.stdout.strip().splitlines()[-1:] or ['']
    if done.returncode != 0 or not last[0].startswith('devices '):
        raise Failed(f'not all devices were provisioned: {last[0]}\n{done.stderr[-2000:]}')
    words = last[0].split()
    return int(words[1]), int(words[5]) / 1000


def measure(build, work, count):
    work.mkdir(parents=True)
    keep = tempfile.mkdtemp(prefix='voltseal-bench-', dir='/dev/shm' if pathlib.Path('/dev/shm').is_dir() else None)
    broker = Broker(work / 'broker', log='error')
    daemon = Daemon(build, work / 'state', '--stations', '0', '--log-level', 'error', *broker.options())
    try:
        counter = Counters(daemon.ready)
        wait_for(lambda: counter('provision_connected') == 1, 30, 'the daemon is connected to the broker')
        made_s = claims(build, daemon, work, count)
        names = ('provision_messages_total', 'provision_repeats_total', 'provision_refused_total')
        before = [counter(name) for name in names]
        used = cpu(daemon.pid), cpu(broker.child.pid), children_cpu()
        devices, seconds = fleet(build, work, broker, keep)
        used = cpu(daemon.pid) - used[0], cpu(broker.child.pid) - used[1], children_cpu() - used[2]
        messages, repeats, refused = (counter(name) - number for name, number in zip(names, before))
        listed = subprocess.run([build / 'voltseal', 'provision', 'device', 'list', '--ready-file', daemon.state / 'ready.json'],
                                capture_output=True, text=True, timeout=120, check=True).stdout
        return {'devices': devices, 'seconds': seconds, 'per_s': devices / seconds, 'opens_per_s': messages / seconds,
                'messages': messages, 'repeats': repeats, 'refused': refused, 'used': sum(line.split()[1:2] == ['used'] for line in listed.splitlines()), 'claims_per_s': count / made_s,
                'daemon_ms': used[0] / devices * 1000, 'broker_ms': used[1] / devices * 1000, 'sim_ms': used[2] / devices * 1000}
    finally:
        daemon.kill()
        broker.stop()
        shutil.rmtree(keep)
