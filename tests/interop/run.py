#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run the clients nobody here wrote against one daemon, and then ask it to end in order: run.py BUILD.

The suites that share the daemon run one after the other; beside them those that start what they need themselves, LANES
at a time: most of their time is waiting. With a sanitizer build the last check is also the one for leaks. Closes on
"N passed, N failed[, N skipped]".
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon, Failed  # noqa: E402

LANES, TIMEOUT_S = 3, 300
SHARED = [
    ['node', '--test', '--test-reporter=tap', 'ocpp_rpc.test.mjs'],
    ['node', '--test', '--test-reporter=tap', 'ocpp_versions.test.mjs'],
    ['node', '--test', '--test-reporter=tap', 'hostile.test.mjs'],
    ['node', '--test', '--test-reporter=tap', 'rest.test.mjs'],
    [sys.executable, '-m', 'unittest', '-v', 'test_websockets'],
    [sys.executable, '-m', 'unittest', '-v', 'test_tls'],
    [sys.executable, '-m', 'unittest', '-v', 'test_tls_policy'],
    [sys.executable, '-m', 'unittest', '-v', 'test_doctor'],
    [sys.executable, '-m', 'unittest', '-v', 'test_registry'],
    [sys.executable, '-m', 'unittest', '-v', 'test_import'],
    [sys.executable, '-m', 'unittest', '-v', 'test_pki'],
    [sys.executable, '-m', 'unittest', '-v', 'test_sealed'],
    [sys.executable, '-m', 'unittest', '-v', 'test_blocks'],
]
# The longest first, so that the last ones end together.
OWN = [
    [sys.executable, '-m', 'unittest', '-v', 'test_postgres'],
    [sys.executable, '-m', 'unittest', '-v', 'test_shared_keys'],
    [sys.executable, '-m', 'unittest', '-v', 'test_shared_providers'],
    [sys.executable, '-m', 'unittest', '-v', 'test_ca_kill'],
    [sys.executable, '-m', 'unittest', '-v', 'test_nodes'],
    [sys.executable, '-m', 'unittest', '-v', 'test_bus'],
    [sys.executable, '-m', 'unittest', '-v', 'test_nodes_signed'],
    [sys.executable, '-m', 'unittest', '-v', 'test_nodes_once'],
    [sys.executable, '-m', 'unittest', '-v', 'test_nodes_guess'],
    [sys.executable, '-m', 'unittest', '-v', 'test_nodes_repeated'],
    [sys.executable, '-m', 'unittest', '-v', 'test_anywhere'],
    [sys.executable, '-m', 'unittest', '-v', 'test_drain'],
    [sys.executable, '-m', 'unittest', '-v', 'test_drain_devices'],
    [sys.executable, '-m', 'unittest', '-v', 'test_alike'],
    [sys.executable, '-m', 'unittest', '-v', 'test_three_servers'],
    [sys.executable, '-m', 'unittest', '-v', 'test_provision'],
    [sys.executable, '-m', 'unittest', '-v', 'test_provision_loss'],
    [sys.executable, '-m', 'unittest', '-v', 'test_provision_e1'],
    [sys.executable, '-m', 'unittest', '-v', 'test_keys'],
    [sys.executable, '-m', 'unittest', '-v', 'test_cases'],
    [sys.executable, '-m', 'unittest', '-v', 'test_profiles'],
    [sys.executable, '-m', 'unittest', '-v', 'test_versions'],
    [sys.executable, '-m', 'unittest', '-v', 'test_admission'],
    [sys.executable, '-m', 'unittest', '-v', 'test_attacks'],
    [sys.executable, '-m', 'unittest', '-v', 'test_sensors'],
    [sys.executable, '-m', 'unittest', '-v', 'test_sensor_sim'],
    [sys.executable, '-m', 'unittest', '-v', 'test_production'],
    [sys.executable, '-m', 'unittest', '-v', 'test_audit'],
    [sys.executable, '-m', 'unittest', '-v', 'test_contract'],
    [sys.executable, '-m', 'unittest', '-v', 'test_events'],
    [sys.executable, '-m', 'unittest', '-v', 'test_first_hour'],
    [sys.executable, '-m', 'unittest', '-v', 'test_alerts'],
    [sys.executable, '-m', 'unittest', '-v', 'test_ev_contracts'],
    [sys.executable, '-m', 'unittest', '-v', 'test_permutation'],
    [sys.executable, '-m', 'unittest', '-v', 'test_backup'],
    [sys.executable, '-m', 'unittest', '-v', 'test_at_rest'],
    [sys.executable, '-m', 'unittest', '-v', 'test_files'],
    [sys.executable, '-m', 'unittest', '-v', 'test_late_database'],
    [sys.executable, '-m', 'unittest', '-v', 'test_journal'],
    [sys.executable, '-m', 'unittest', '-v', 'test_spool'],
    [sys.executable, '-m', 'unittest', '-v', 'test_keyd'],
    [sys.executable, '-m', 'unittest', '-v', 'test_framed_programs'],
    [sys.executable, '-m', 'unittest', '-v', 'test_framed_checklist'],
    [sys.executable, '-m', 'unittest', '-v', 'test_framed'],
    [sys.executable, '-m', 'unittest', '-v', 'test_tls_matrix'],
    [sys.executable, '-m', 'unittest', '-v', 'test_rollout'],
    [sys.executable, '-m', 'unittest', '-v', 'test_status'],
    [sys.executable, '-m', 'unittest', '-v', 'test_autobahn_cases'],
    [sys.executable, '-m', 'unittest', '-v', 'test_echo_hostile'],
    [sys.executable, '-m', 'unittest', '-v', 'test_echo'],
    [sys.executable, '../cluster/test_check_history.py', '-v'],
]


def forgotten():
    """Files of tests that nobody runs."""
    named = {word for suite in SHARED + OWN for word in suite}
    return [path.name for pattern in ('test_*.py', '*.test.mjs') for path in sorted(HERE.glob(pattern))
            if not {path.name, path.stem} & named]


def counted(output):
    """(passed, failed, skipped) from what node's or Python's runner said at its end; None when it said nothing."""
    node = dict(re.findall(r'^# (pass|fail|skipped|cancelled) (\d+)$', output, flags=re.M))
    if node:
        return int(node['pass']), int(node['fail']) + int(node['cancelled']), int(node['skipped'])
    ran = re.search(r'^Ran (\d+) tests? in', output, flags=re.M)
    if not ran:
        return None
    last = dict(re.findall(r'(failures|errors|skipped)=(\d+)', output.strip().splitlines()[-1]))
    failed, skipped = int(last.get('failures', 0)) + int(last.get('errors', 0)), int(last.get('skipped', 0))
    # What fails or is skipped before the first test of its class is none of those that ran.
    return max(int(ran.group(1)) - failed - skipped, 0), failed, skipped


def run(suite, env):
    """(suite, what it printed, its counts, its seconds); one failure more when it ends badly without naming one."""
    begin = time.monotonic()
    try:
        done = subprocess.run(suite, cwd=HERE, env=env, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False)
        output, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, status = (late.stdout or b'').decode(errors='replace') + f'\nnot done within {TIMEOUT_S} s\n', 1
    counts = counted(output) or (0, 1, 0)
    if status != 0 and counts[1] == 0:
        counts = (counts[0], 1, counts[2])
    return suite, output, counts, time.monotonic() - begin


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    state = build / 'interop-state'
    shutil.rmtree(state, ignore_errors=True)
    passed = failed = skipped = 0
    for name in forgotten():
        failed += 1
        print(f'{name} is in no list here: nobody runs it')
    try:
        daemon = Daemon(build, state, '--stations', '12')
    except Failed as why:
        print(why)
        print('0 passed, 1 failed')
        return 1
    env = dict(os.environ, VOLTSEAL_READY=str(state / 'ready.json'), VOLTSEAL_BUILD=str(build), NODE_EXTRA_CA_CERTS=daemon.ready['ca_file'])
    with concurrent.futures.ThreadPoolExecutor(1) as shared, concurrent.futures.ThreadPoolExecutor(LANES) as own:
        jobs = [shared.submit(run, suite, env) for suite in SHARED] + [own.submit(run, suite, env) for suite in OWN]
        for job in concurrent.futures.as_completed(jobs):
            suite, output, counts, took_s = job.result()
            print('==', *suite, f'({took_s:.0f} s)')
            print(output, flush=True)
            passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    try:
        status = daemon.stop(30)
    except Failed as why:
        status = why
    if status == 0:
        passed += 1
    else:
        failed += 1
        print(f'voltseald ended with {status}\n{daemon.tail(80)}')
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
