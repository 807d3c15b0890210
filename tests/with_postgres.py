#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a program beside a PostgreSQL of its own: with_postgres.py PROGRAM ARGUMENTS. The server is made in a temporary
folder, listens on a Unix socket there and is gone afterwards; as root it runs as an unprivileged user. The program finds
it by $VOLTSEAL_TEST_POSTGRES (of a superuser); the role voltseal may log in. Without PostgreSQL: exit code 77, loudly."""
import contextlib
import csv
import glob
import io
import os
import pathlib
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

# What is written need not last longer than the test, unless it is about that.
FAST = {'fsync': 'off', 'full_page_writes': 'off'}
# What tests/fault/check_ledger.py asks of a store.
TABLES = {'tx': 'id, station, tx_id', 'tx_event': 'tx, seq_no, type, at_ms',
          'event': 'station, type, at_ms, is_security', 'meter_values': 'id, station'}


def programs():
    """The folder of initdb and postgres; None: not installed."""
    for folder in sorted(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda p: float(p.split('/')[4]), reverse=True):
        if os.access(f'{folder}/initdb', os.X_OK):
            return pathlib.Path(folder)
    found = shutil.which('initdb')
    return pathlib.Path(found).parent if found else None


def runs_as():
    """postgres does not run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ('postgres', 'nobody'):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
    sys.exit('with_postgres: there is neither a user postgres nor nobody')


class Postgres:
    """A server in a folder; start() and kill() as often as is wanted."""

    def __init__(self, folder, **settings):
        self.bin, self.folder, self.who, self.process = programs(), pathlib.Path(folder), runs_as(), None
        self.data, self.settings = self.folder / 'data', {**FAST, **settings}
        if self.who:
            os.chown(self.folder, self.who['user'], self.who['group'])
        self.run('initdb', '-D', self.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N')

    def run(self, name, *arguments):
        subprocess.run([self.bin / name, *arguments], check=True, cwd='/', stdout=subprocess.DEVNULL, **self.who)

    def start(self, said=0, **settings):
        """Until it says so, by pg_isready: 0 it takes connections, 1 it runs and refuses them (a standby that serves nobody)."""
        given = [f'--{name}={value}' for name, value in {**self.settings, **settings}.items()]
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(
                [self.bin / 'postgres', '-D', self.data, '-k', self.folder, '-c', 'listen_addresses=', *given],
                cwd='/', stdout=log, stderr=log, **self.who)
        until = time.monotonic() + 60
        while subprocess.run([self.bin / 'pg_isready', '-q', '-h', self.folder], check=False).returncode != said:
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit('with_postgres: the server did not start:\n' + (self.folder / 'log').read_text()[-2000:])
            time.sleep(0.02)

    def start_up(self):
        """It is starting, and goes on doing so until promote()."""
        signal_file = self.data / 'standby.signal'
        signal_file.touch()
        if self.who:
            os.chown(signal_file, self.who['user'], self.who['group'])
        self.start(said=1, hot_standby='off')

    def promote(self):
        self.run('pg_ctl', 'promote', '-D', self.data)

    def sql(self, text, database='postgres'):
        return subprocess.run([self.bin / 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', self.folder, '-U', 'postgres',
                               '-d', database, '-c', text], check=True, capture_output=True, text=True).stdout.strip()

    def copy_tables(self, path, database='voltseal'):
        """Those tables as the file that a ledger is compared with."""
        file = sqlite3.connect(path)
        for table, columns in TABLES.items():
            text = self.sql(f'COPY (SELECT {columns} FROM voltseal.{table}) TO STDOUT (FORMAT csv)', database)
            names = columns.split(', ')
            kinds = ', '.join(f'{name} {"TEXT" if name in ("station", "tx_id", "type") and table != "tx_event" else "INTEGER"}'
                              for name in names)
            file.execute(f'CREATE TABLE {table}({kinds})')
            file.executemany(f'INSERT INTO {table} VALUES ({", ".join("?" * len(names))})', csv.reader(io.StringIO(text)))
        file.commit()
        file.close()

    def kill(self):
        """As a power cut to it: the server and what it forked."""
        if self.process is not None:
            for pid in [self.process.pid, *children(self.process.pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None


def children(pid):
    found = []
    for path in glob.glob(f'/proc/{pid}/task/*/children'):
        with contextlib.suppress(OSError):
            found += [int(word) for word in pathlib.Path(path).read_text().split()]
    return found


def main():
    if programs() is None:
        print('SKIPPED: PostgreSQL is not installed (./dev deps all)', file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory(prefix='voltseal-pg-') as folder:
        os.chmod(folder, 0o755)
        server = Postgres(folder)
        server.start()
        try:
            server.sql('CREATE ROLE voltseal LOGIN')
            environment = {**os.environ, 'VOLTSEAL_TEST_POSTGRES': f'host={folder} user=postgres dbname=postgres',
                           'VOLTSEAL_TEST_POSTGRES_FOLDER': folder}
            return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
        finally:
            server.stop()


if __name__ == '__main__':
    sys.exit(main())
