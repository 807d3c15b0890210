# SPDX-License-Identifier: Apache-2.0
"""Sensor devices: what a message costs, here and in Python; and 1 000 devices that send 100 000 readings a second while
the daemon is killed once. Is every reading there, once? Daemon and devices share the machine's cores."""
import json
import os
import pathlib
import re
import sqlite3
import ssl
import subprocess
import sys
import time
import http.client

from harness import Child, Daemon, Failed
from storm import busy_s, used_s

HERE = pathlib.Path(__file__).resolve().parent


def cost(tools, seconds):
    ours = json.loads(subprocess.run([tools / 'bench_sensor', str(seconds)], check=True, capture_output=True, text=True).stdout)
    message = json.dumps(ours.pop('message'), separators=(',', ':'), ensure_ascii=False)
    theirs = subprocess.run([sys.executable, HERE / 'sensor_cost.py', str(seconds)], check=True, capture_output=True, text=True,
                            input=message)
    return {**ours, **json.loads(theirs.stdout)}


def add_devices(daemon, path, count):
    """Over one connection: a thousand requests."""
    host = daemon.ready['api_url'].split('/')[2]
    api = http.client.HTTPSConnection(host, context=ssl.create_default_context(cafile=daemon.ready['ca_file']), timeout=30)
    lines = ['id,password']
    for i in range(count):
        api.request('POST', '/api/v1/sensors', json.dumps({'device': f'bench-{i}'}),
                    {'Authorization': 'Bearer ' + daemon.ready['admin_token'], 'Content-Type': 'application/json'})
        answer = api.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise Failed(f'a device was not added: {answer.status} {text[:200]}')
        lines.append(f'bench-{i},{json.loads(text)["token"]}')
    api.close()
    path.write_text('\n'.join(lines) + '\n')


def stored(state):
    with sqlite3.connect(f'file:{state / "voltseal.db"}?mode=ro', uri=True) as database:
        rows, readings = database.execute("SELECT count(*), coalesce(sum(count), 0) FROM reading WHERE station LIKE 'bench-%'").fetchone()
    database.close()
    return rows, readings


def run_sim(build, daemon, devices, rate, count, readings, folder):
    sim = Child([build / 'voltseal-sim', 'sensor', '--url', daemon.ready['sensor_url'], '--ca', daemon.ready['ca_file'],
                 '--credentials', devices, '--rate', rate, '--readings', readings, '--count', count, '--connect-rate', 500, '--retry',
                 '--grace', 120], folder / 'sim.log')
    return sim


def ingest(build, state, count, rate, readings, seconds):
    state.mkdir(parents=True, exist_ok=True)
    options = ['--stations', '0', '--log-level', 'error', '--reactors', '2']
    daemon = Daemon(build, state, *options)
    messages = int(rate * seconds / count / readings)
    total = messages * count * readings
    devices = state / 'devices.csv'
    sim = None
    try:
        add_devices(daemon, devices, count)
        sim = run_sim(build, daemon, devices, rate, messages, readings, state)
        # A quiet half in which the speed is measured, then the kill.
        port = daemon.ready['sensor_url'].split(':')[2].split('/')[0]
        end = time.monotonic() + 60
        while stored(state)[1] == 0:
            if time.monotonic() > end:
                raise Failed(f'no reading arrives\n{sim.tail()}')
            time.sleep(0.2)
        time.sleep(4)  # all are connected, and what had gathered is delivered
        before = time.monotonic(), stored(state)[1], busy_s(), used_s(daemon), used_s(sim)
        time.sleep(max(2.0, seconds / 2 - 5))
        after = time.monotonic(), stored(state)[1], busy_s(), used_s(daemon), used_s(sim)
        daemon.kill()
        daemon = Daemon(build, state, *options, '--sensor-port', port)
        if sim.process.wait(300) != 0:
            raise Failed(f'the devices failed\n{sim.tail()}')
        rows, there = stored(state)
        if daemon.stop(60) != 0:
            raise Failed(f'the daemon failed\n{daemon.tail()}')
    finally:
        for child in (sim, daemon):
            if child is not None and child.is_running():
                child.kill()
    spent = after[0] - before[0]
    said = {name: float(value) for name, value in re.findall(r'(\w+)=([0-9.]+)', sim.log.read_text().splitlines()[-1])}
    return {'devices': count, 'asked': rate, 'readings_per_message': readings,
            'stored_per_s': (after[1] - before[1]) / spent, 'daemon_cores': (after[3] - before[3]) / spent,
            'sim_cores': (after[4] - before[4]) / spent,
            'foreign': max(0.0, (after[2] - before[2] - after[3] + before[3] - after[4] + before[4]) / spent),
            'sent': total, 'there': there, 'rows': rows, 'again': said['again'], 'lost': total - there,
            'bytes_per_reading': os.path.getsize(state / 'voltseal.db') / max(1, there)}
