#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the daemon, again and again, under a busy fleet: not one acknowledged message may be missing or doubled.

kill_loop.py BUILD [KILLS] [STATIONS]. The fleet writes down, in its ledger, each transaction message when its
answer has arrived; the ledger is compared with the store when both have ended.
"""
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests'))
from harness import Child, Daemon, Failed, status_kib, wait_for  # noqa: E402


def run(build, kills, stations):
    state = build / 'kill-state'
    shutil.rmtree(state, ignore_errors=True)
    daemon = Daemon(build, state, '--stations', stations)
    # The keys lie in locked memory (sanitizers do not lock, so this is the stage that can see it).
    if status_kib(daemon.keyd_pid(), 'VmLck') == 0:
        raise Failed('the key process has no locked memory')
    first = daemon.ready
    ledger = state / 'ledger'
    fleet = Child([build / 'voltseal-sim', 'fleet', '--scenario', 'busy', '-n', stations, '--url', first['ocpp_url'],
                   '--ca', first['ca_file'], '--credentials', first['credentials_file'], '--ledger', ledger],
                  state / 'fleet.log')
    chance = random.Random(4711)
    try:
        for n in range(kills):
            # Kill only while the fleet is at work, that is, while the ledger grows.
            size = ledger.stat().st_size if ledger.exists() else 0
            wait_for(lambda: ledger.exists() and ledger.stat().st_size > size or not fleet.is_running(), 60,
                     f'the ledger grows (round {n})')
            time.sleep(chance.uniform(0.5, 2.0))
            if not fleet.is_running():
                raise Failed(f'the fleet ended by itself\n{fleet.tail()}')
            daemon.kill()
            daemon = Daemon(build, state, '--stations', stations)
            for member in ('ocpp_url', 'api_url', 'store_file'):
                if daemon.ready[member] != first[member]:
                    raise Failed(f'{member} is {daemon.ready[member]} after a restart, was {first[member]}')
            print(f'killed and restarted {n + 1} times, ledger of {ledger.stat().st_size} bytes', flush=True)
        size = ledger.stat().st_size
        wait_for(lambda: ledger.stat().st_size > size, 60, 'the ledger grows after the last restart')
        time.sleep(2)
        status = fleet.stop(60, signal.SIGINT)
        if status != 0:
            raise Failed(f'the fleet ended with {status}\n{fleet.tail()}')
        status = daemon.stop()
        if status != 0:
            raise Failed(f'the daemon ended with {status}\n{daemon.tail()}')
    finally:
        for child in (fleet, daemon):
            if child.is_running():
                child.kill()
    done = subprocess.run([sys.executable, ROOT / 'tests/fault/check_ledger.py', '--ledger', ledger,
                           '--store', first['store_file']], check=False)
    if done.returncode != 0:
        raise Failed('the ledger does not match the store')


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    stations = int(sys.argv[3]) if len(sys.argv) > 3 else 50
    try:
        run(build, kills, stations)
    except Failed as failed:
        print(failed)
        print('0 passed, 1 failed')
        return 1
    print('1 passed, 0 failed')
    return 0


if __name__ == '__main__':
    sys.exit(main())
