#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sign what ./dev package made: sign_packages.py FOLDER KEY [--date SECONDS].

KEY is a file with one OpenPGP secret key, used in a keyring of its own that is gone afterwards, or the id of a key of the
caller's own keyring, whose agent then asks for its passphrase. Made in FOLDER: SHA256SUMS.asc, a detached signature;
voltseal-packages.gpg, the public key; and apt/, a flat signed repository (Packages, Release, Release.gpg, InRelease).
"""
import argparse
import datetime
import email.utils
import gzip
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

HEAD = ('Origin: Voltseal', 'Label: Voltseal', 'Suite: stable', 'Codename: voltseal', 'Description: packages of Voltseal')


class Keyring:
    """gpg with the one key that signs."""

    def __init__(self, key, home):
        self.home = None
        self.key = key
        if pathlib.Path(key).is_file():
            self.home = home
            self.gpg('--import', key)
        rows = [line.split(':') for line in self.gpg('--with-colons', '--list-secret-keys', *([] if self.home else [key])).decode().splitlines()]
        prints = [row[9] for at, row in enumerate(rows) if row[0] == 'fpr' and rows[at - 1][0] == 'sec']
        if len(prints) != 1:
            sys.exit(f'sign_packages.py: {len(prints)} secret keys where one is expected')
        self.print = prints[0]

    def gpg(self, *words):
        home = ['--homedir', self.home, '--pinentry-mode', 'error'] if self.home else []
        done = subprocess.run(['gpg', '--batch', '--yes', '--quiet', *home, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f'sign_packages.py: gpg {words[0]}: {done.stderr.decode().strip()}')
        return done.stdout

    def sign(self, how, source, target):
        self.gpg('--local-user', self.print, '--digest-algo', 'SHA256', '--armor', '--output', target, how, source)

    def end(self):
        if self.home:
            subprocess.run(['gpgconf', '--homedir', self.home, '--kill', 'all'], check=False)


def repository(folder, seconds):
    """Packages and Release of a flat repository: what apt reads with `deb [signed-by=FILE] URL ./`."""
    apt = folder / 'apt'
    apt.mkdir(exist_ok=True)
    for old in apt.iterdir():
        old.unlink()
    for package in sorted(folder.glob('*.deb')):
        os.link(package, apt / package.name)
    packages = subprocess.run(['dpkg-scanpackages', '--multiversion', '.'], cwd=apt, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    (apt / 'Packages').write_bytes(packages)
    (apt / 'Packages.gz').write_bytes(gzip.compress(packages, mtime=0))
    architectures = sorted({line.split()[1] for line in packages.decode().splitlines() if line.startswith('Architecture: ')})
    date = email.utils.format_datetime(datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)).replace('+0000', 'UTC')
    lines = [*HEAD, f'Architectures: {" ".join(architectures)}', f'Date: {date}', 'SHA256:']
    for name in ('Packages', 'Packages.gz'):
        data = (apt / name).read_bytes()
        lines.append(f' {hashlib.sha256(data).hexdigest()} {len(data)} {name}')
    (apt / 'Release').write_text('\n'.join(lines) + '\n')
    return apt


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('key')
    parser.add_argument('--date', type=int, default=int(os.environ.get('SOURCE_DATE_EPOCH', '0')))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='voltseal-sign-') as home:
        ring = Keyring(options.key, home)
        try:
            apt = repository(options.folder, options.date)
            ring.sign('--detach-sign', options.folder / 'SHA256SUMS', options.folder / 'SHA256SUMS.asc')
            ring.sign('--detach-sign', apt / 'Release', apt / 'Release.gpg')
            ring.sign('--clearsign', apt / 'Release', apt / 'InRelease')
            (options.folder / 'voltseal-packages.gpg').write_bytes(ring.gpg('--export', ring.print))
            print(f'signed by {ring.print}: SHA256SUMS.asc, apt/InRelease; the public key is voltseal-packages.gpg')
        finally:
            ring.end()


if __name__ == '__main__':
    main()
