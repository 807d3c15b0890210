# SPDX-License-Identifier: Apache-2.0
"""Charge points of the framed network, each saying one SUPPLY_UPDATE a second, sealed and inside TLS: how long until it is
acknowledged? Daemon and devices share the machine's cores."""
import concurrent.futures
import json
import pathlib
import ssl
import subprocess
import urllib.request

from harness import Daemon, Failed

MAKERS = 8


def make_psks(ready, folder, names):
    tls = ssl.create_default_context(cafile=ready['ca_file'])
    header = {'Content-Type': 'application/json',
              'Authorization': 'Bearer ' + pathlib.Path(ready['admin_token_file']).read_text().strip()}

    def make(name):
        request = urllib.request.Request(ready['api_url'] + '/api/v1/keys', method='POST', headers=header,
                                         data=json.dumps({'station': name, 'channel': 'psk'}).encode())
        with urllib.request.urlopen(request, context=tls, timeout=60) as answer:
            key = json.loads(answer.read())
        (folder / f'{name}.psk').write_text(json.dumps({'epoch': key['epoch'], 'key': key['key']}))

    with concurrent.futures.ThreadPoolExecutor(MAKERS) as pool:
        for _ in pool.map(make, names):
            pass


def measure(build, work, count, seconds):
    folder = work / 'psks'
    folder.mkdir(parents=True)
    daemon = Daemon(build, work / 'state', '--stations', str(count), '--auth', 'basic', '--log-level', 'error', seconds=300)
    try:
        make_psks(daemon.ready, folder, [f'CS-{i + 1:04}' for i in range(count)])
        done = subprocess.run([build / 'tests/bench/bench_framed_load', daemon.ready['framed_url'], daemon.ready['ca_file'], folder,
                               str(count), str(seconds), '300'], capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            raise Failed(f'{done.stderr}\n{daemon.tail()}')
        return json.loads(done.stdout)
    finally:
        daemon.kill()
