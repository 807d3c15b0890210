# SPDX-License-Identifier: Apache-2.0
"""Who was refused, and why, as the operator sees it: live and in the table of events, with the names and severities of
the log, the standard's where there is one, and no more often than somebody can read."""
import base64
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])
KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n'


def found(look, what):
    """What it returns once that is something."""
    seen = []
    wait_for(lambda: seen.append(look()) or seen[-1], 20, what)
    return seen[-1]


class Events(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.state = BUILD / 'events-state'
        shutil.rmtree(cls.state, ignore_errors=True)
        cls.addClassCleanup(shutil.rmtree, cls.state, True)
        cls.daemon = Daemon(BUILD, cls.state, '--stations', '3')
        cls.addClassCleanup(lambda: cls.daemon.is_running() and cls.daemon.stop())
        cls.host, cls.port = cls.daemon.ready['ocpp_url'].split('/')[2].rsplit(':', 1)
        cls.tls = ssl.create_default_context(cafile=cls.daemon.ready['ca_file'])
        rows = cls.daemon.credentials()
        cls.basic = next(row for row in rows if row['password'] and not row['cert'])

    def knock(self, identity, password, head='', tls=None):
        """The status that an upgrade gets."""
        with socket.create_connection((self.host, int(self.port)), 10) as plain, \
                (tls or self.tls).wrap_socket(plain, server_hostname=self.host) as line:
            token = base64.b64encode(f'{identity}:{password}'.encode()).decode()
            line.sendall(f'GET /ocpp/{identity} HTTP/1.1\r\nHost: {self.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
                         f'Authorization: Basic {token}\r\n{head or KEY}\r\n'.encode())
            return int(line.recv(4096).split()[1])

    def cli(self, *words):
        done = subprocess.run([BUILD / 'voltseal', *map(str, words), '--ready-file', self.state / 'ready.json', '-o', 'json'],
                              capture_output=True, timeout=60, check=True)
        return json.loads(done.stdout)['items']

    def stored(self, count=1, **wanted):
        """The stored events whose payload has these members."""
        def look():
            rows = [row for row in self.cli('events', '--security', '--limit', 200)
                    if all((row['payload'] or {}).get(key) == value for key, value in wanted.items())]
            return rows if len(rows) >= count else None
        return found(look, f'{count} stored events like {wanted}')

    def logged(self, reason):
        """Name and severity that the log said of this reason."""
        for line in (self.state / 'voltseald.log').read_text().splitlines():
            if 'refused' in line or 'handshake.failed' in line:
                said = json.loads(line) if line.startswith('{') else dict(
                    word.split('=', 1) for word in line.replace('"', '').split() if '=' in word)
                if said.get('reason') == reason:
                    return said.get('name'), said.get('severity')
        return None

    def test_a_wrong_password_is_kept_once_a_minute_under_its_station(self):
        for _ in range(4):
            self.assertIn(self.knock(self.basic['id'], 'not-the-right-password-1'), (401, 429))
        row = self.stored(reason='wrong_password')[0]
        self.assertEqual(('FailedToAuthenticateAtCsms', 'warning', self.basic['id'], True),
                         (row['type'], row['severity'], row['station'], row['security']))
        self.assertEqual(('127.0.0.1', 1), (row['payload']['source'], row['payload']['count']))
        self.assertEqual(self.logged('wrong_password'), (row['type'], row['severity']))
        self.assertEqual(1, len(self.stored(reason='wrong_password')))
        mine = self.cli('events', '--station', self.basic['id'], '--security')
        self.assertIn('wrong_password', [(row['payload'] or {}).get('reason') for row in mine])
        live = self.api('/api/v1/events/recent?limit=100')['items']
        one = next(item for item in live if item['type'] == 'wrong_password')
        self.assertEqual(('refused', 'FailedToAuthenticateAtCsms', '127.0.0.1'), (one['kind'], one['name'], one['source']))
        # the same in the audit log, with the address
        def audited():
            return [e['entry'] for e in self.api('/api/v1/audit?event=station.refused')['items'] if e['entry']['why'] == 'wrong_password']
        entry = found(audited, 'it is in the audit log')[0]
        self.assertEqual(('127.0.0.1', self.basic['id'], 'deny'), (entry['src'], entry['obj']['station'], entry['res']))
        alarms = [e['entry'] for e in self.api('/api/v1/audit?event=station.alarm')['items']]
        self.assertEqual(set(), {entry['src'] for entry in alarms} - {'127.0.0.1'}, alarms)

    def test_who_is_not_registered_is_claimed_only_and_shares_a_few_rows(self):
        self.assertEqual(401, self.knock('NOBODY-1', 'a-password-that-is-long'))
        row = self.stored(reason='unknown_identity', claimed='NOBODY-1')[0]
        self.assertEqual((None, 'FailedToAuthenticateAtCsms'), (row['station'], row['type']))

    def test_a_handshake_that_fails_is_kept_too(self):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers('ALL:@SECLEVEL=0')
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.knock('CS-1', 'x', tls=old)
        row = self.stored(reason='InvalidTLSVersion')[0]
        self.assertEqual('InvalidTLSVersion', row['type'])
        self.assertEqual(self.logged('InvalidTLSVersion'), (row['type'], row['severity']))

    def test_an_upgrade_that_is_none_is_kept_too(self):
        self.assertEqual(400, self.knock(self.basic['id'], self.basic['password'], head=KEY.replace('ocpp2.0.1', 'soap')))
        row = self.stored(reason='no_subprotocol')[0]
        self.assertEqual((self.basic['id'], 'no_subprotocol'), (row['station'], row['type']))

    def test_operators_who_fail_stand_beside_them(self):
        for path, body in (('/login/password', {'tenant': 'default', 'login': 'eve', 'password': 'wrong'}), ('/api/v1/stations', None)):
            request = urllib.request.Request(self.daemon.ready['api_url'] + path, method='POST' if body else 'GET',
                                             data=json.dumps(body).encode() if body else None,
                                             headers={'Authorization': 'Bearer nonsense', 'Content-Type': 'application/json',
                                                      'Origin': self.daemon.ready['api_url'], 'X-Requested-With': 'voltseal'})
            with self.assertRaises(urllib.error.HTTPError):
                urllib.request.urlopen(request, context=self.tls, timeout=20)
        for reason in ('operator.login_failed', 'api.token_refused'):
            row = self.stored(reason=reason)[0]
            self.assertEqual(('FailedToAuthenticateAtCsms', '127.0.0.1'), (row['type'], row['payload']['source']))

    def api(self, path):
        request = urllib.request.Request(self.daemon.ready['api_url'] + path,
                                         headers={'Authorization': f"Bearer {self.daemon.ready['admin_token']}"})
        with urllib.request.urlopen(request, context=self.tls, timeout=20) as answer:
            return json.loads(answer.read())


class Stream:
    """A reader of text/event-stream (WHATWG HTML 9.2), which goes on behind the id that it saw last."""

    def __init__(self, case, path, last=None):
        url, headers = case.daemon.ready['api_url'], {'Authorization': f"Bearer {case.daemon.ready['admin_token']}"}
        if last:
            headers['Last-Event-ID'] = last
        self.answer = urllib.request.urlopen(urllib.request.Request(url + path, headers=headers), context=case.tls, timeout=20)

    def next(self, *kinds):
        """(kind, id, data) of the next event, or of the next of these kinds."""
        while True:
            event = {}
            while line := self.answer.readline().decode().rstrip('\n'):
                name, _, value = line.partition(':')
                event[name] = value.removeprefix(' ')
            if 'data' in event and (not kinds or event.get('event') in kinds):
                return event['event'], event.get('id'), json.loads(event['data'])

    def close(self):
        self.answer.close()


class Resumed(unittest.TestCase):
    """Who was cut off misses nothing that is still in memory, and is told when something is not."""
    knock, cli = Events.knock, Events.cli

    def test_a_stream_goes_on_behind_the_last_event_that_was_seen(self):
        self.state = BUILD / 'events-resume-state'
        shutil.rmtree(self.state, ignore_errors=True)
        self.addCleanup(shutil.rmtree, self.state, True)
        Ended.start(self)
        basic = next(row for row in self.daemon.credentials() if row['password'] and not row['cert'])
        first = Stream(self, '/api/v1/events/stream')
        self.assertEqual(first.next()[0], 'hello')
        self.knock(basic['id'], 'not-the-right-password-1')
        seen = first.next('refused')
        first.close()
        for name in ('AWAY-1', 'AWAY-2', 'AWAY-3'):
            self.knock(name, 'not-the-right-password-2')
        again = Stream(self, '/api/v1/events/stream', seen[1])
        missed = [again.next('refused') for _ in range(3)]
        self.assertEqual([event[2]['station'] for event in missed], ['AWAY-1', 'AWAY-2', 'AWAY-3'])
        self.assertEqual(len({event[1] for event in missed} | {seen[1]}), 4)
        again.close()
        page = Stream(self, f'/api/v1/events/stream?last_event_id={missed[1][1]}')
        self.assertEqual(page.next('refused')[2]['station'], 'AWAY-3')
        page.close()
        for unknown in ('1234-2', 'x'):
            other = Stream(self, '/api/v1/events/stream', unknown)
            self.assertEqual(other.next()[0], 'resync', unknown)
            other.close()
        # an event of another run of the daemon is none of this one's
        self.daemon.stop()
        Ended.start(self)
        other = Stream(self, '/api/v1/events/stream', missed[2][1])
        self.assertEqual(other.next()[0], 'resync')
        other.close()
        self.daemon.stop()


class Ended(unittest.TestCase):
    """What was only counted when the daemon was told to end."""
    knock, cli = Events.knock, Events.cli

    def start(self):
        self.daemon = Daemon(BUILD, self.state, '--stations', '3')
        self.addCleanup(lambda daemon: daemon.is_running() and daemon.kill(), self.daemon)
        self.host, self.port = self.daemon.ready['ocpp_url'].split('/')[2].rsplit(':', 1)
        self.tls = ssl.create_default_context(cafile=self.daemon.ready['ca_file'])

    def test_refusals_that_were_only_counted_are_kept_at_a_clean_end(self):
        self.state = BUILD / 'events-end-state'
        shutil.rmtree(self.state, ignore_errors=True)
        self.addCleanup(shutil.rmtree, self.state, True)
        self.start()
        basic = next(row for row in self.daemon.credentials() if row['password'] and not row['cert'])
        knocks = [self.knock(basic['id'], 'not-the-right-password-1') for _ in range(4)]
        self.assertEqual(knocks, [401] * 4)

        def heard():
            items = Events.api(self, '/api/v1/events/recent?limit=100')['items']
            return len([item for item in items if item['type'] == 'wrong_password']) == 4
        wait_for(heard, 20, 'four refusals were heard')
        self.daemon.stop()
        self.start()
        rows = [row['payload'] for row in self.cli('events', '--security', '--limit', 200)
                if (row['payload'] or {}).get('reason') == 'wrong_password']
        self.assertEqual((4, {'127.0.0.1'}), (sum(row['count'] for row in rows), {row['source'] for row in rows}))
        self.assertLessEqual(len(rows), 2)
        self.daemon.stop()


if __name__ == '__main__':
    unittest.main()
