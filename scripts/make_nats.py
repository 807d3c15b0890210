#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Make what N nats-servers on loopback need in a folder: certificates of a CA of their own and a configuration for each.

make_nats.py FOLDER [SERVERS]

Nothing that is there is made again. Writes server-N.conf (for `nats-server -c`), ca.pem, node.pem and node.key (for a node of
voltseald) and ports (a line for each server: for clients, for the other servers). Everything shows a certificate, clients as
well as servers; there is one account, and no listener but these two. doc/manual/several-machines.md has the same for servers
that are not all on one machine.
"""
import os
import pathlib
import socket
import subprocess
import sys

DAYS = 30


def free_ports(count):
    """All at once, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(('127.0.0.1', 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def certificates(folder):
    def openssl(*words):
        subprocess.run(['openssl', *words], cwd=folder, check=True, capture_output=True, timeout=30)
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    openssl('req', '-x509', *key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', str(DAYS), '-subj', '/CN=bus CA')
    for name, extension in (('server', 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth'),
                            ('node', 'extendedKeyUsage=clientAuth')):
        (folder / f'{name}.ext').write_text(extension + '\n')
        openssl('req', *key, '-keyout', f'{name}.key', '-out', f'{name}.csr', '-subj', f'/CN={name}')
        openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', str(DAYS),
                '-out', f'{name}.pem', '-extfile', f'{name}.ext')


def configure(folder, number, ports):
    """ports: [(for clients, for servers)] of all of them"""
    tls = (f'  tls {{\n    cert_file: "{folder}/server.pem"\n    key_file: "{folder}/server.key"\n    ca_file: "{folder}/ca.pem"\n'
           '    verify: true\n  }\n')
    routes = ', '.join(f'"nats-route://127.0.0.1:{route}"' for at, (_, route) in enumerate(ports) if at != number)
    cluster = '' if len(ports) == 1 else (f'cluster {{\n  name: voltseal\n  listen: 127.0.0.1:{ports[number][1]}\n'
                                          f'  routes: [{routes}]\n{tls}}}\n')
    (folder / f'server-{number + 1}.conf').write_text(
        f'server_name: voltseal-{number + 1}\nlisten: 127.0.0.1:{ports[number][0]}\n{tls}'
        f'jetstream {{\n  store_dir: "{folder}/stream-{number + 1}"\n  max_memory_store: 64MB\n  max_file_store: 1GB\n}}\n{cluster}')


def make(folder, servers=1):
    """[(port for clients, port for servers)]"""
    folder = pathlib.Path(folder).resolve()
    if not (folder / 'ports').exists():
        umask = os.umask(0o077)
        folder.mkdir(parents=True, exist_ok=True)
        certificates(folder)
        found = free_ports(2 * servers)
        ports = list(zip(found[:servers], found[servers:]))
        for number in range(servers):
            configure(folder, number, ports)
        (folder / 'ports').write_text(''.join(f'{client} {route}\n' for client, route in ports))
        os.umask(umask)
    return [tuple(int(port) for port in line.split()) for line in (folder / 'ports').read_text().splitlines()]


if __name__ == '__main__':
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    make(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 1)
