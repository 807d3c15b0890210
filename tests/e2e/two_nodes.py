#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two nodes of one installation, and stations at the first, for nodes.test.mjs: two_nodes.py BUILD FOLDER STATIONS.

Prints {"a": READY, "b": READY} when every station is at a. A station that is closed or refused goes to the other node, as behind
a balancer. A line on stdin, `stop a`, ends that node in order; the end of stdin ends all. Exit status 77: PostgreSQL or
nats-server is not installed."""
import json
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import Failed, wait_for  # noqa: E402


def live(cluster, row, where, is_over):
    name = 'a'
    while not is_over.is_set():
        try:
            station = nodes.Station(cluster.nodes[name], row)
            where[row['id']] = name
            while station.is_open and not is_over.is_set():
                station.join(0.2)
            station.close()
        except (Failed, OSError):
            is_over.wait(0.2)
        name = 'b' if name == 'a' else 'a'


def main(build, folder, count):
    if nodes.programs() is None or nodes.find('nats-server') is None:
        print('PostgreSQL and nats-server are needed (./dev deps all)', file=sys.stderr)
        sys.exit(77)
    os.chmod(folder, 0o755)  # the database server runs as somebody else
    cluster = nodes.Cluster(build, pathlib.Path(folder) / 'cluster', 'ab', 1, ('--stations', count, '--auth', 'basic'))
    where, is_over, threads = {}, threading.Event(), []
    try:
        cluster.begin()
        threads += [threading.Thread(target=live, args=(cluster, row, where, is_over)) for row in cluster.rows]
        for thread in threads:
            thread.start()
        wait_for(lambda: list(where.values()) == ['a'] * int(count), 40, 'all stations are at a')
        print(json.dumps({name: node.ready for name, node in cluster.nodes.items()}), flush=True)
        for line in sys.stdin:
            word, name = line.split()
            if word != 'stop' or cluster.nodes[name].stop() != 0:
                raise Failed(f'{line}: {cluster.nodes[name].daemon.tail()}')
    finally:
        is_over.set()
        for thread in threads:
            thread.join(30)
        cluster.end()


if __name__ == '__main__':
    main(*sys.argv[1:])
