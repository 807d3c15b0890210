# SPDX-License-Identifier: Apache-2.0
"""What it costs that a command is given to another node than the station's: the same command, in turn, to a station that is
connected to the node that is asked and to one that is connected to the other; and what one subject costs a node."""
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import Failed, wait_for  # noqa: E402


def give(api, station, wait_s):
    """Milliseconds until it was answered: taken (202), or with its result (200)."""
    began = time.perf_counter()
    status, said = api('POST', f'/stations/{station}/commands', {**nodes.TRIGGER, 'wait_s': wait_s})
    took = (time.perf_counter() - began) * 1000
    if status != (200 if wait_s else 202):
        raise Failed(f'a command to {station}: {status} {said}')
    return took


def is_open(api, station):
    return api('GET', f'/commands?station={station}&limit=1')[1]['items'][0]['state'] not in nodes.FINAL


def shape(here, there):
    return {'here_ms': statistics.median(here), 'there_ms': statistics.median(there),
            'added_ms': statistics.median(there) - statistics.median(here),
            # What one and the next differ by, whatever the machine does meanwhile.
            'paired_ms': statistics.median(far - near for near, far in zip(here, there, strict=True)),
            'ratio': statistics.median(there) / statistics.median(here), 'p99_there_ms': sorted(there)[int(len(there) * 0.99)]}


def commands(cluster, api, times):
    """Asked is node a; api: of it."""
    rows = [row for row in cluster.rows if row.get('password') and not row.get('cert')][-2:]
    stations = {name: nodes.Station(cluster.nodes[name], row) for name, row in zip('ab', rows, strict=True)}
    ids = {name: station.row['id'] for name, station in stations.items()}
    try:
        for name, ident in ids.items():
            cluster.owned_by(name, ident)
            wait_for(lambda ident=ident: cluster.nodes['a'].command(ident) == 'answered', 20, f'{ident} takes commands')
        results = {}
        for what, wait_s in (('taken', 0), ('answered', 20)):
            took = {'a': [], 'b': []}
            for at in range(times + times // 10):
                for name in 'ab' if at % 2 == 0 else 'ba':
                    took[name].append(give(api, ids[name], wait_s))
                    if wait_s == 0:  # one at a time: the next does not wait for this one
                        wait_for(lambda name=name: not is_open(api, ids[name]), 5, 'it ends')
            results[what] = {'times': times, **shape(took['a'][-times:], took['b'][-times:])}
        return results
    finally:
        for station in stations.values():
            station.close()


def subject_bytes(build):
    """Of a build without sanitizers: resident memory of a node for each of 50,000 station subjects; None: it is not built."""
    program = pathlib.Path(build) / 'tests/test_bus_route'
    if not program.exists():
        return None
    done = subprocess.run([program, 'subjects'], capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r'50000 subjects: (\d+) bytes each', done.stderr)
    if done.returncode != 0 or found is None:
        raise Failed(f'{program}: {done.returncode}\n{done.stderr[-2000:]}')
    return int(found[1])
