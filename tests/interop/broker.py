# SPDX-License-Identifier: Apache-2.0
"""A real mosquitto with TLS 1.3, certificates made for it, and access lists: the daemon by its certificate, devices by
their client ids. And the one who owns it: a proxy before it that has the broker's key, reads everything and does what it
is told."""
import collections
import pathlib
import shutil
import socket
import ssl
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / 'scripts')]
import make_broker  # noqa: E402
from harness import Child, wait_for  # noqa: E402

MOSQUITTO = shutil.which('mosquitto') or '/usr/sbin/mosquitto'
class Broker:
    """.port for devices, .daemon_port for the daemon (which shows a certificate); restart() keeps both."""

    def __init__(self, folder, acl=True, log='all'):
        self.folder = pathlib.Path(folder)
        self.port, self.daemon_port = make_broker.make(self.folder, log, make_broker.DEVICES if acl else 'topic readwrite #\n')
        self.child = None
        self.start()

    def start(self):
        self.child = Child([MOSQUITTO, '-c', self.folder / 'mosquitto.conf'], self.folder / 'mosquitto.log')
        wait_for(lambda: self.answers() or not self.child.is_running(), 20, 'mosquitto listens')

    def answers(self):
        with socket.socket() as sock:
            return sock.connect_ex(('127.0.0.1', self.daemon_port)) == 0

    def stop(self):
        if self.child.is_running():
            self.child.stop()

    def options(self, port=None):
        """Of voltseald."""
        return ['--provision-broker', f'mqtts://127.0.0.1:{self.daemon_port}', '--provision-announced',
                f'mqtts://127.0.0.1:{port or self.port}', '--provision-ca', str(self.folder / 'ca.pem'), '--provision-cert',
                str(self.folder / 'daemon.pem'), '--provision-key', str(self.folder / 'daemon.key')]

    def stored(self):
        """Everything the broker has written, as whoever owns its disk reads it."""
        return b''.join(path.read_bytes() for path in sorted(self.folder.iterdir())
                        if path.name in ('mosquitto.db', 'mosquitto.log'))


# --- whoever owns the broker ------------------------------------------------------------------------

def varint(number):
    out = b''
    while True:
        number, low = divmod(number, 128)
        out += bytes([low | (0x80 if number else 0)])
        if not number:
            return out


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7f) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return number, at


class Publish:
    """A PUBLISH packet of MQTT 5, taken apart."""

    def __init__(self, head, body):
        self.qos = head >> 1 & 3
        size = int.from_bytes(body[:2], 'big')
        self.topic, at = body[2:2 + size].decode(), 2 + size
        self.packet_id = b''
        if self.qos:
            self.packet_id, at = body[at:at + 2], at + 2
        count, after = read_varint(body, at)
        self.properties, self.payload = body[at:after + count], body[after + count:]
        self.retain = head & 1

    def packet(self, topic=None, payload=None, is_extra=False):
        topic, payload = (topic or self.topic).encode(), self.payload if payload is None else payload
        qos = 0 if is_extra else self.qos
        body = (len(topic).to_bytes(2, 'big') + topic + (b'' if is_extra else self.packet_id)
                + (b'\0' if is_extra else self.properties) + payload)
        return bytes([0x30 | qos << 1 | self.retain]) + varint(len(body)) + body


class Owner:
    """A proxy at .port with the broker's key. rule(direction, topic, payload) gives a list of (seconds, topic, payload) to
    pass on in the place of one message, direction being 'up' (from the device) or 'down'; None: as it is."""

    def __init__(self, broker, rule=None):
        self.rule, self.seen, self.messages = rule, [], []
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.upstream = broker.port
        self.server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_tls.load_cert_chain(broker.folder / 'broker.pem', broker.folder / 'broker.key')
        self.client_tls = ssl.create_default_context(cafile=broker.folder / 'ca.pem')
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.is_closed = False
        self.sockets = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.is_closed:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            device = self.server_tls.wrap_socket(sock, server_side=True)
            broker = self.client_tls.wrap_socket(socket.create_connection(('127.0.0.1', self.upstream)),
                                                 server_hostname='127.0.0.1')
        except OSError:
            return
        locks = {device: threading.Lock(), broker: threading.Lock()}
        with self.lock:
            self.sockets |= {device, broker}
        for source, target, direction in ((device, broker, 'up'), (broker, device, 'down')):
            threading.Thread(target=self.pump, args=(source, target, direction, locks), daemon=True).start()

    def send(self, sock, data, locks):
        with locks[sock]:
            try:
                sock.sendall(data)
            except OSError:
                pass

    def pump(self, source, target, direction, locks):
        data = b''
        while True:
            try:
                more = source.recv(65536)
            except OSError:
                more = b''
            if not more:
                for sock in (source, target):
                    try:
                        sock.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
                return
            with self.lock:
                self.seen.append(more)
            data += more
            data = self.packets(data, source, target, direction, locks)

    def packets(self, data, source, target, direction, locks):
        while len(data) >= 2:
            try:
                size, at = read_varint(data, 1)
            except IndexError:
                break
            if len(data) < at + size:
                break
            packet, data = data[:at + size], data[at + size:]
            if packet[0] >> 4 == 3:
                self.publish(Publish(packet[0], packet[at:]), source, target, direction, locks)
            else:
                self.send(target, packet, locks)
        return data

    def publish(self, message, source, target, direction, locks):
        with self.lock:
            self.messages.append((direction, message.topic, message.payload))
            self.counts[direction] += 1
        instead = self.rule(direction, message.topic, message.payload) if self.rule else None
        if instead is None:
            self.send(target, message.packet(), locks)
            return
        if message.qos:  # whoever sent it believes that it arrived
            self.send(source, b'\x40\x02' + message.packet_id, locks)
        for seconds, topic, payload in instead:
            packet = message.packet(topic, payload, is_extra=True)
            if seconds:
                threading.Timer(seconds, self.send, (target, packet, locks)).start()
            else:
                self.send(target, packet, locks)

    def cut(self):
        """The network is gone for whoever is connected."""
        with self.lock:
            gone, self.sockets = self.sockets, set()
        for sock in gone:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def everything(self):
        with self.lock:
            return b''.join(self.seen)

    def close(self):
        self.is_closed = True
        self.listener.close()
