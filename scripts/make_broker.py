#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Make what a mosquitto for provisioning needs in a folder: certificates of a CA of its own, access lists, configuration.

make_broker.py FOLDER [--log]

Nothing that is there is made again. Writes mosquitto.conf (for `mosquitto -c`) and ports (two lines: for devices, for the
daemon); both listen on loopback. doc/protocol/provisioning.md has the same for an existing broker.
"""
import pathlib
import socket
import subprocess
import sys

DEVICE_LEAVES, SERVER_LEAVES = ('req', 'upd', 'del', 'ack'), ('resp',)
E1_ACTIONS = ('request', 'update', 'delete')
# The daemon by the CN of its certificate, devices by their client ids: a claim's id, of E1 the device's.
DAEMON = '\n'.join(['user voltseald', 'topic write prov/v2/keys', 'topic write prov/v2/+/+/resp',
                    *(f'topic read prov/v2/+/+/{leaf}' for leaf in DEVICE_LEAVES),
                    *(f'topic read provision/+/{action}' for action in E1_ACTIONS),
                    'topic write provision/+/response', 'topic write keys/+/public']) + '\n'
DEVICES = '\n'.join(['topic read prov/v2/keys', *(f'pattern write prov/v2/+/%c/{leaf}' for leaf in DEVICE_LEAVES),
                     'pattern read prov/v2/+/%c/resp', *(f'pattern write provision/%c/{action}' for action in E1_ACTIONS),
                     'pattern read provision/%c/response', 'pattern read keys/%c/public']) + '\n'


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def certificates(folder, days=2):
    """ca.pem, broker.pem and .key, daemon.pem and .key"""
    def openssl(*words):
        subprocess.run(['openssl', *words], cwd=folder, check=True, capture_output=True, timeout=30)
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl('req', '-x509', *key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', str(days), '-subj', '/CN=broker CA')
    for name, subject, extension in (('broker', '/CN=127.0.0.1', 'subjectAltName=IP:127.0.0.1,DNS:localhost'),
                                     ('daemon', '/CN=voltseald', 'extendedKeyUsage=clientAuth')):
        (folder / f'{name}.ext').write_text(extension + '\n')
        openssl('req', *key, '-keyout', f'{name}.key', '-out', f'{name}.csr', '-subj', subject)
        openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', str(days),
                '-out', f'{name}.pem', '-extfile', f'{name}.ext')


def configure(folder, device_port, daemon_port, log, devices=DEVICES):
    (folder / 'daemon.acl').write_text(DAEMON)
    (folder / 'devices.acl').write_text(devices)
    tls = f'cafile {folder}/ca.pem\ncertfile {folder}/broker.pem\nkeyfile {folder}/broker.key\ntls_version tlsv1.3\n'
    (folder / 'mosquitto.conf').write_text(
        f'per_listener_settings true\npersistence true\npersistence_location {folder}/\nlog_dest stderr\nlog_type {log}\n'
        'max_inflight_messages 256\nmax_queued_messages 10000\nuser root\n'
        f'listener {device_port} 127.0.0.1\n{tls}allow_anonymous true\nacl_file {folder}/devices.acl\n'
        f'listener {daemon_port} 127.0.0.1\n{tls}require_certificate true\nuse_identity_as_username true\n'
        f'acl_file {folder}/daemon.acl\n')


def make(folder, log='error', devices=DEVICES, days=2):
    """(port for devices, port for the daemon)"""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / 'daemon.pem').exists():
        certificates(folder, days)
    ports = folder / 'ports'
    if not ports.exists():
        ports.write_text(f'{free_port()}\n{free_port()}\n')
    device_port, daemon_port = map(int, ports.read_text().split())
    configure(folder, device_port, daemon_port, log, devices)
    return device_port, daemon_port


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    make(pathlib.Path(sys.argv[1]).resolve(), 'all' if '--log' in sys.argv[2:] else 'error', days=3650)
