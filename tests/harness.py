# SPDX-License-Identifier: Apache-2.0
"""A daemon, or a fleet, as a child process: started, waited for, stopped, killed. Shared by what runs them for real."""
import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import audit_columns  # noqa: E402
import planted  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.umask(0o077)  # a state folder is nobody else's business, and voltseal doctor says so


class Failed(Exception):
    pass


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f'{what}: not within {seconds} s')
        time.sleep(0.02)


def status_kib(pid, name):
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith(f'{name}:'):
            return int(line.split()[1])
    raise Failed(f'no {name}')


class Child:
    """One program in a session of its own; what it says goes to a file."""

    def __init__(self, command, log, cpu=None):
        self.log = pathlib.Path(log)
        with self.log.open('ab') as out:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True, preexec_fn=None if cpu is None else lambda: os.sched_setaffinity(0, {cpu}))
        self.pid = self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def stop(self, seconds=20, number=signal.SIGTERM):
        """Ask it to end; its exit status. One that does not end in time is killed, and that is a failure."""
        if self.is_running():
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f'{self.process.args[0]} did not end within {seconds} s; see {self.log}') from None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def tail(self, lines=30):
        return '\n'.join(self.log.read_text(errors='replace').splitlines()[-lines:])


class Daemon(Child):
    """voltseald dev on a state directory; .ready holds what it wrote once it served."""

    def __init__(self, build, state, *options, cpu=None, seconds=60):
        state = pathlib.Path(state)
        state.mkdir(parents=True, exist_ok=True)
        ready = state / 'ready.json'
        ready.unlink(missing_ok=True)
        planted.plant(state)
        self.state = state
        super().__init__([pathlib.Path(build) / 'voltseald', 'dev', '--state', state, '--ready-file', ready, *options],
                         state / 'voltseald.log', cpu)
        try:
            wait_for(lambda: ready.exists() or not self.is_running(), seconds, 'voltseald serves')
            if not ready.exists():
                raise Failed(f'voltseald ended with {self.process.returncode}')
        except Failed as failed:
            if self.is_running():
                self.kill()
            raise Failed(f'{failed}\n{self.tail()}') from None
        self.ready = json.loads(ready.read_text())

    def credentials(self):
        with open(self.ready['credentials_file'], newline='', encoding='utf-8') as file:
            return list(csv.DictReader(file))

    def rss_kib(self):
        return status_kib(self.pid, 'VmRSS')

    def keyd_pid(self):
        """The key process: the child that is called so."""
        for task in pathlib.Path(f'/proc/{self.pid}/task').iterdir():
            for child in (task / 'children').read_text().split():
                if pathlib.Path(f'/proc/{child}/comm').read_text().startswith('vs-keyd'):
                    return int(child)
        raise Failed('voltseald has no key process')

    def stop(self, seconds=20, number=signal.SIGTERM):
        """In order, and then not one secret may lie where it must not: every stage that ends a daemon looks for them."""
        status = super().stop(seconds, number)
        found = planted.search(self.state)
        if found:
            raise Failed('secrets were seen:\n' + '\n'.join(found[:20]))
        faults = audit_columns.search(self.state)
        if faults:
            raise Failed('entries of the audit log with empty columns:\n' + '\n'.join(faults[:20]))
        return status
