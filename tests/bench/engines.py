# SPDX-License-Identifier: Apache-2.0
"""The two engines of the store: transaction events that are acknowledged in a second, on PostgreSQL against SQLite.

The same program (bench_store) puts the same events through the same writer; both engines are on the disk before they say so
(synchronous=FULL; synchronous_commit, fsync and full_page_writes on), on the same disk and the same cores. They take turns
within a round, the order is turned round from round to round, and the ratio is taken within its round. Each run begins with an
empty database."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Failed  # noqa: E402
from with_postgres import Postgres, children, programs  # noqa: E402

STATIONS = (100, 1000, 8000)


def cpu_s(pid):
    """Of a process and its children: utime and stime (proc(5))."""
    ticks = 0
    for one in (pid, *children(pid)):
        with contextlib.suppress(OSError):
            fields = pathlib.Path(f'/proc/{one}/stat').read_text().rpartition(')')[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


def run(tools, seconds, stations, path, url=None, server=None):
    """`cpu_us`: of the program; `server_cpu_us`: of PostgreSQL meanwhile; both for each event."""
    with subprocess.Popen([tools / 'bench_store', str(seconds), str(stations), path, *([url] if url else [])], stdout=subprocess.PIPE,
                          text=True) as process:
        process.stdout.readline()  # it has warmed up
        before = cpu_s(server.process.pid) if server else 0
        result = json.loads(process.stdout.readline())
        spent = cpu_s(server.process.pid) - before if server else 0
    if process.returncode != 0:
        raise Failed(f'bench_store: {process.returncode}')
    return {**result, 'server_cpu_us': spent * 1e6 / (result['per_s'] * seconds)}


def sqlite(tools, seconds, stations, folder, _server):
    place = folder / 'sqlite'
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    return run(tools, seconds, stations, place / 'store.db')


def postgres(tools, seconds, stations, folder, server):
    server.sql('DROP DATABASE IF EXISTS bench')
    server.sql('CREATE DATABASE bench OWNER voltseal TEMPLATE template0')
    server.sql('CHECKPOINT')
    return run(tools, seconds, stations, folder / 'none', f'postgresql://voltseal@/bench?host={server.folder}', server)


def measure(tools, folder, rounds, seconds, say):
    """{stations: {'each': {engine: its runs}, 'ratio': of the rounds, each}}."""
    if programs() is None:
        raise Failed('PostgreSQL is not installed (./dev deps all)')
    say('postgres')
    folder = folder.resolve()
    place = folder / 'server'
    place.mkdir(parents=True)
    os.chmod(folder.parent, 0o711)  # the server runs as another user
    os.chmod(folder, 0o755)
    os.chmod(place, 0o755)
    server = Postgres(place, fsync='on', full_page_writes='on')
    server.start()
    engines = [('sqlite', sqlite), ('postgres', postgres)]
    results = {}
    try:
        server.sql('CREATE ROLE voltseal LOGIN')
        for stations in STATIONS:
            each = {name: [] for name, _ in engines}
            for number in range(rounds):
                for name, engine in engines if number % 2 == 0 else engines[::-1]:
                    each[name].append(engine(tools, seconds, stations, folder, server))
                    say('  ', stations, name, each[name][-1])
            results[str(stations)] = {'each': each, 'ratio': [p['per_s'] / s['per_s'] for p, s in
                                                              zip(each['postgres'], each['sqlite'], strict=True)]}
    finally:
        server.stop()
    return results


if __name__ == '__main__':
    print(json.dumps(measure(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]),
                             lambda *words: print(*words, file=sys.stderr)), indent=1))
