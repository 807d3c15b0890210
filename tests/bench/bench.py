#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measure the daemon against a raw TCP echo and against npm ocpp-rpc, in one run on one machine.

bench.py [--quick] [--rounds N] [--window S] [--tries N]
         [--only messages,memory,handshakes,crypto,asymmetric,audit,sealed,attacks,sensors,storm,tokens,framed,provision,lists,postgres,nodes]

The server under load has core 0 to itself, the load client core 1. The servers take turns within a round, the order is
turned round from round to round, and the median of the rounds counts. Server CPU is what its threads had (schedstat).
A run during which something else used more than 0.3 of a core is tried again (--tries, 3); what it was in the end is
said on the page. No threshold fails: it is said whether
it was reached. Writes doc/performance.md and doc/performance.svg, unless --quick.
"""
import argparse
import json
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from harness import Child, Daemon, Failed, wait_for  # noqa: E402
import attacks  # noqa: E402
import between  # noqa: E402
import engines  # noqa: E402
import framed  # noqa: E402
import lists  # noqa: E402
import provision  # noqa: E402
import report  # noqa: E402
import sensors  # noqa: E402
import storm  # noqa: E402

BUILD = HERE.parent.parent / 'build'
TOOLS = BUILD / 'tests/bench'
WORK = BUILD / 'bench-state'
FOREIGN_MAX = 0.3
SERVER_CPU, CLIENT_CPU = 0, 1


def cpu_ticks():
    busy = [int(x) for x in pathlib.Path('/proc/stat').read_text().splitlines()[0].split()[1:9]]
    return (sum(busy) - busy[3] - busy[4]) / os.sysconf('SC_CLK_TCK')


def process_cpu(pid):
    total = 0
    for task in pathlib.Path(f'/proc/{pid}/task').iterdir():
        total += int((task / 'schedstat').read_text().split()[0])
    return total / 1e9


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Server:
    """Something to put load on: its name, process, port, and what the client has to know."""

    tries = 3

    def __init__(self, name, child, port, client_options):
        self.name, self.child, self.port, self.options = name, child, port, client_options

    def load(self, *options, keep=False):
        command = [TOOLS / 'bench_load', '--port', self.port, '--pid', self.child.pid, *self.options, *options]
        client = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT_CPU}))
        if keep:
            return client
        out, _ = client.communicate(timeout=300)
        if client.returncode != 0:
            raise Failed(f'the load client ended with {client.returncode} against {self.name}\n{self.child.tail()}')
        return json.loads(out)

    def measure(self, *options):
        """The run with the least foreign load out of at most `tries`; stops at the first that is quiet enough."""
        best = None
        for _ in range(Server.tries):
            begin = time.monotonic()
            before = cpu_ticks(), children_cpu() + process_cpu(self.child.pid)
            result = self.load(*options)
            spent = time.monotonic() - begin
            ours = children_cpu() + process_cpu(self.child.pid) - before[1]
            result['foreign'] = max(0.0, (cpu_ticks() - before[0] - ours) / spent)
            if best is None or result['foreign'] < best['foreign']:
                best = result
            if best['foreign'] <= FOREIGN_MAX:
                break
        return best


def port_of(child):
    wait_for(lambda: child.log.read_text().endswith('\n') or not child.is_running(), 20, 'a port')
    if not child.is_running():
        raise Failed(child.tail())
    return int(child.log.read_text().split()[0])


def start_echo():
    log = WORK / 'echo.log'
    log.unlink(missing_ok=True)
    child = Child([TOOLS / 'bench_echo'], log, SERVER_CPU)
    return Server('echo', child, port_of(child), ['--tcp'])


def start_bare(server, *more, like):
    """OpenSSL on sockets, with the certificates of the daemon `like` so that its clients fit."""
    log = WORK / 'bare.log'
    log.unlink(missing_ok=True)
    child = Child([TOOLS / 'bench_bare_server', server, *more], log, SERVER_CPU)
    return Server('bare', child, port_of(child), like.options)


def start_peer(pki, credentials):
    log = WORK / 'peer.log'
    log.unlink(missing_ok=True)
    child = Child(['node', HERE / 'peer.mjs', pki / 'cert.pem', pki / 'key.pem'], log, SERVER_CPU)
    return Server('peer', child, port_of(child), ['--ca', pki / 'ca.pem', '--credentials', credentials, '--path', '/ocpp/'])


def start_daemon(stations, auth):
    state = WORK / f'daemon-{auth}-{stations}'
    daemon = Daemon(BUILD, state, '--stations', stations, '--auth', auth, '--reactors', '1', '--log-level', 'error',
                    cpu=SERVER_CPU, seconds=300)
    port = int(daemon.ready['ocpp_url'].split(':')[2].split('/')[0])
    return Server('daemon', daemon, port, ['--ca', daemon.ready['ca_file'], '--credentials', daemon.ready['credentials_file']])


def make_pki():
    """A CA and one certificate, for the peer."""
    pki = WORK / 'pki'
    pki.mkdir(parents=True, exist_ok=True)

    def openssl(*words):
        subprocess.run(['openssl', *map(str, words)], check=True, capture_output=True)
    for name in ('ca', ''):
        openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', pki / (f'{name}-key.pem' if name else 'key.pem'))
    openssl('req', '-x509', '-new', '-key', pki / 'ca-key.pem', '-subj', '/CN=Bench CA', '-days', '30', '-out', pki / 'ca.pem')
    openssl('req', '-new', '-key', pki / 'key.pem', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
            '-out', pki / 'request.pem')
    openssl('x509', '-req', '-in', pki / 'request.pem', '-copy_extensions', 'copy', '-CA', pki / 'ca.pem',
            '-CAkey', pki / 'ca-key.pem', '-CAcreateserial', '-days', '30', '-out', pki / 'cert.pem')
    return pki


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def median(runs):
    numbers = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    numbers['rounds'] = len(runs)
    return numbers


def rounds(count, cases):
    """cases: {key: function}; each once a round, the order turned round each time; the median of each."""
    runs = {key: [] for key in cases}
    for n in range(count):
        keys = list(cases) if n % 2 == 0 else list(reversed(cases))
        for key in keys:
            runs[key].append(cases[key]())
            say('  round', n + 1, *(key if isinstance(key, tuple) else (key,)), runs[key][-1])
    # The machine's clock moves from round to round, so what is compared is compared within a round.
    return {key: {**median(value), 'each': {name: [run[name] for run in value] for name in ('cpu_us', 'per_s') if name in value[0]}}
            for key, value in runs.items()}


def bench_messages(options, pki):
    total = 1000 if options.quick else 10000
    daemon = start_daemon(total, 'basic')
    echo = start_echo()
    peer = start_peer(pki, daemon.child.ready['credentials_file'])
    window = ['--window', options.window, '--warmup', options.window / 2]
    result = {}
    for count in (1, 100, 1000):
        say(f'messages, {count} connections')
        result[count] = rounds(options.rounds, {
            server.name: lambda server=server: server.measure('--connections', count, *window) for server in (echo, daemon, peer)})
    say(f'messages, {total} connections of which 100 are active')
    result['flat'] = rounds(options.rounds, {
        'daemon': lambda: daemon.measure('--connections', total, '--active', 100, *window),
        'daemon_100': lambda: daemon.measure('--connections', 100, *window)})
    result['flat']['total'] = total
    for server in (daemon, echo, peer):
        if server.name == 'echo':
            server.child.kill()
        else:
            server.child.stop(60)
    return result


def idle_kib(server, count, rss):
    before = rss(server.child.pid)
    client = server.load('--mode', 'idle', '--connections', count, keep=True)
    line = client.stdout.readline()
    if json.loads(line or '{}').get('ready') != count:
        raise Failed(f'{server.name}: not all of {count} connections are up: {line}')
    time.sleep(2)
    grown = rss(server.child.pid) - before
    client.stdin.close()
    if client.wait(60) != 0:
        raise Failed('the load client failed')
    return grown / count


def rss_kib(pid):
    text = pathlib.Path(f'/proc/{pid}/status').read_text()
    return int(text.split('VmRSS:')[1].split()[0])


def bench_memory(options, pki):
    result = {}
    for count in (100, 1000) if options.quick else (1000, 10000):
        for auth in ('basic', 'mtls'):
            say(f'memory, {count} idle connections, {auth}')
            server = start_daemon(count, auth)
            result[f'daemon {auth} {count}'] = idle_kib(server, count, rss_kib)
            if auth == 'basic':
                peer = start_peer(pki, server.child.ready['credentials_file'])
                result[f'peer basic {count}'] = idle_kib(peer, count, rss_kib)
                peer.child.kill()
            server.child.stop(60)
            say('  ', {key: round(value, 2) for key, value in result.items()})
    return result


def bench_handshakes(options, pki):
    basic, mutual = start_daemon(16, 'basic'), start_daemon(16, 'mtls')
    peer = start_peer(pki, basic.child.ready['credentials_file'])
    pki_folder = pathlib.Path(mutual.child.ready['state_dir']) / 'pki'
    bare_basic = start_bare(pathlib.Path(basic.child.ready['state_dir']) / 'pki/server-ec.pem', like=basic)
    bare_mutual = start_bare(pki_folder / 'server-ec.pem', pki_folder / 'station-ca.pem', like=mutual)
    window = ['--mode', 'handshakes', '--connections', 16, '--window', options.window, '--warmup', options.window / 2]

    # The daemon's own certificates, so that chains and keys are the same.
    ready, station = mutual.child.ready, mutual.child.credentials()[0]
    server = pki_folder / 'server-ec.pem'

    def in_memory(*more):
        done = subprocess.run([TOOLS / 'bench_bare', ready['ca_file'], server, server, str(options.window), *more],
                              check=True, capture_output=True, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}))
        return json.loads(done.stdout)
    say('handshakes')
    result = rounds(options.rounds, {
        'memory full': in_memory,
        'bare full': lambda: bare_basic.measure(*window),
        'daemon full': lambda: basic.measure(*window),
        'memory mutual': lambda: in_memory(station['cert'], station['key'], server.parent / 'station-ca.pem'),
        'bare mutual': lambda: bare_mutual.measure(*window),
        'daemon mutual': lambda: mutual.measure(*window),
        'daemon resumed': lambda: mutual.measure('--resume', *window),
        'peer full': lambda: peer.measure(*window)})
    for server in (basic, mutual):
        server.child.stop(60)
    for server in (bare_basic, bare_mutual, peer):
        server.child.kill()
    return result


def bench_crypto(options, _pki, tool='bench_crypto'):
    """Each row in slices that take turns within one process; then the median of the rounds."""
    say(tool)

    def once():
        done = subprocess.run([TOOLS / tool, str(options.window)], check=True, capture_output=True, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}))
        return json.loads(done.stdout)
    runs = [once() for _ in range(options.rounds)]
    result = {row: median([run[row] for run in runs]) for row in runs[0]}
    say('  ', {row: round(numbers['speed'], 3) for row, numbers in result.items()})
    return result


def bench_asymmetric(options, pki):
    return bench_crypto(options, pki, 'bench_asymmetric')


def bench_audit(options, _pki):
    """Appended in requests as large as the daemon's, then all of it verified."""
    say('audit')
    folder = WORK / 'audit'
    entries = 200000 if options.quick else 10000000
    done = subprocess.run([TOOLS / 'bench_audit', folder, str(entries), '345'], check=True, capture_output=True, text=True)
    shutil.rmtree(folder)
    result = {'entries': entries, **json.loads(done.stdout)}
    say('  ', result)
    return result


def bench_paint(options, _pki):
    """How soon the table of stations is seen, in Debian's Chromium on this machine, nothing cached."""
    count = 500 if options.quick else 10000
    say('paint', count)
    daemon = Daemon(BUILD, WORK / 'paint', '--stations', count, '--auth', 'basic', '--log-level', 'error', seconds=300)
    try:
        ready = WORK / 'paint-ready.json'
        ready.write_text(json.dumps(daemon.ready))
        done = subprocess.run(['node', HERE.parent / 'e2e/paint.mjs', ready, '3' if options.quick else '15'], check=True, capture_output=True,
                              text=True, timeout=300)
    finally:
        daemon.stop()
    runs = json.loads(done.stdout)
    result = {'stations': count, 'rows': runs['rows'], 'rounds': len(runs['paint_ms']),
              **{f'{name}_ms': statistics.median(runs[f'{name}_ms']) for name in ('paint', 'row')},
              **{f'{name}_max_ms': max(runs[f'{name}_ms']) for name in ('paint', 'row')}}
    say('  ', result)
    return result


def bench_sealed(options, _pki):
    """The best of many turns in one process; then the median of the rounds."""
    say('bench_sealed')
    runs = [json.loads(subprocess.run([TOOLS / 'bench_sealed', str(options.window)], check=True, capture_output=True, text=True,
                                      preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU})).stdout) for _ in range(options.rounds)]
    return {row: median([run[row] for run in runs]) for row in runs[0]}


def bench_sensors(options, _pki):
    """Asked for somewhat more than what is wanted: who is asked for exactly that can at best reach it, on the average of a
    window that begins and ends between two messages."""
    say('sensors')
    result = {'cost': sensors.cost(TOOLS, options.window)}
    for readings in (3, 10):
        result[f'{readings} readings'] = sensors.ingest(BUILD, WORK / f'sensors-{readings}', 100 if options.quick else 1000,
                                                        10000 if options.quick else 105000, readings, 12 if options.quick else 60)
        say('  ', result[f'{readings} readings'])
    return result


def bench_provision(options, _pki):
    """Devices through a broker; and beside it one HPKE open, against the same call of OpenSSL by hand."""
    say('provision')
    count = 100 if options.quick else 1000
    runs = [provision.measure(BUILD, WORK / f'provision-{n}', count) for n in range(1 if options.quick else 3)]
    for run in runs:
        say('  ', {key: round(value, 1) for key, value in run.items()})
    raw = bench_crypto(options, None, 'bench_asymmetric')
    return {**median(runs), 'slowest_per_s': min(run['per_s'] for run in runs), 'open': raw['HPKE open'], 'seal': raw['HPKE seal']}


def machine():
    model = next((line.split(':')[1].strip() for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines()
                  if line.startswith('model name')), platform.machine())

    def first(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split('\n')[0]
    return {'cpu': model, 'cores': os.cpu_count(), 'kernel': platform.release(), 'openssl': first('openssl', 'version'),
            'node': first('node', '--version'), 'gcc': first('gcc', '--version'), 'date': time.strftime('%Y-%m-%d')}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--window', type=float)
    parser.add_argument('--tries', type=int, default=3)
    parser.add_argument('--only', default='messages,memory,handshakes,crypto,asymmetric,audit,sealed,attacks,sensors,storm,tokens,framed,provision,lists,paint,postgres,nodes')
    options = parser.parse_args()
    Server.tries = options.tries
    options.rounds = options.rounds or (1 if options.quick else 6)
    options.window = options.window or (0.5 if options.quick else 2.0)
    if os.cpu_count() < 2:
        raise Failed('this needs two cores: one for the server, one for the load')
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    say(f'open files: {soft} -> {hard}')
    pki = make_pki() if set(options.only.split(',')) - {'crypto', 'asymmetric', 'audit', 'sealed', 'attacks', 'sensors', 'tokens', 'framed', 'provision', 'lists', 'paint', 'postgres', 'nodes'} else None
    saved = BUILD / 'bench.json'
    results = json.loads(saved.read_text()) if saved.exists() and not options.quick else {}
    results['machine'] = machine()
    parts = {'messages': bench_messages, 'memory': bench_memory, 'handshakes': bench_handshakes, 'crypto': bench_crypto,
             'asymmetric': bench_asymmetric, 'audit': bench_audit, 'sealed': bench_sealed,
             'tokens': lambda options, pki: bench_crypto(options, pki, 'bench_framed'),
             'framed': lambda options, pki: framed.measure(BUILD, WORK / 'framed', 300 if options.quick else 10000, 5 if options.quick else 30),
             'attacks': lambda options, pki: attacks.measure(BUILD, WORK / 'attacks', 100 if options.quick else 1000, 20 if options.quick else 60),
             'sensors': bench_sensors, 'paint': bench_paint, 'provision': bench_provision,
             'lists': lambda options, pki: lists.measure(BUILD, WORK / 'lists', 2000 if options.quick else 100000, 100 if options.quick else 400),
             'postgres': lambda options, pki: engines.measure(TOOLS, WORK / 'engines', 2 if options.quick else 6,
                                                              1 if options.quick else 5, say),
             'nodes': lambda options, pki: between.measure(BUILD, WORK / 'nodes', 4 if options.quick else 25, say),
             'storm': lambda options, pki: storm.measure(BUILD, WORK / 'storm', 500 if options.quick else 10000)}
    for part in options.only.split(','):
        # Through JSON, so that what was saved and what was just measured have the same keys.
        results[part] = json.loads(json.dumps(parts[part](options, pki)))
    print(report.text(results))
    if not options.quick:
        saved.write_text(json.dumps(results, indent=1))
        report.write(results, HERE.parent.parent / 'doc')
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Failed as failed:
        say(failed)
        sys.exit(1)
