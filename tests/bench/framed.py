# SPDX-License-Identifier: Apache-2.0
"""Charge points of the framed network, each saying one SUPPLY_UPDATE a second, sealed and inside TLS: how long until it is
acknowledged? Daemon and devices share the machine's cores."""
import concurrent.futures
import http.client
import json
import pathlib
import ssl
import subprocess
import urllib.parse

from harness import Daemon, Failed

MAKERS = 8


def make_psks(ready, folder, names):
    """By connections that are kept: 10 000 of them would cost more than the keys."""
    tls = ssl.create_default_context(cafile=ready['ca_file'])
    url = urllib.parse.urlsplit(ready['api_url'])
    header = {'Content-Type': 'application/json',
              'Authorization': 'Bearer ' + pathlib.Path(ready['admin_token_file']).read_text().strip()}

    def make(part):
        conn = http.client.HTTPSConnection(url.hostname, url.port, context=tls, timeout=60)
        for name in part:
            conn.request('POST', '/api/v1/keys', json.dumps({'station': name, 'channel': 'psk'}), header)
            answer = conn.getresponse()
            text = answer.read()
            if answer.status >= 300:
                raise Failed(f'{name}: {answer.status} {text}')
            key = json.loads(text)
            (folder / f'{name}.psk').write_text(json.dumps({'epoch': key['epoch'], 'key': key['key']}))
        conn.close()

    with concurrent.futures.ThreadPoolExecutor(MAKERS) as pool:
        for _ in pool.map(make, [names[i::MAKERS] for i in range(MAKERS)]):
            pass


def measure(build, work, count, seconds):
    folder = work / 'psks'
    folder.mkdir(parents=True)
    daemon = Daemon(build, work / 'state', '--stations', str(count), '--auth', 'basic', '--log-level', 'error', seconds=300)
    try:
        make_psks(daemon.ready, folder, [f'CS-{i + 1:04}' for i in range(count)])
        done = subprocess.run([build / 'tests/bench/bench_framed_load', daemon.ready['framed_url'], daemon.ready['ca_file'], folder,
                               str(count), str(seconds), '1000', str(daemon.pid)], capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            raise Failed(f'{done.stderr}\n{daemon.tail()}')
        return json.loads(done.stdout)
    finally:
        daemon.kill()
