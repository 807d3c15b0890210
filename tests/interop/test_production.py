# SPDX-License-Identifier: Apache-2.0
"""Production: init, run, what is refused, reload, what systemd is told. Own state folders, nothing of the shared daemon."""
import asyncio
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import websockets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import ROOT, Child, Failed, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])


def run(*command, status=0, **more):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, timeout=60, check=False, **more)
    if status is not None and done.returncode != status:
        raise AssertionError(f'{command}: {done.returncode}\n{done.stdout}{done.stderr}')
    return done.stdout + done.stderr


def init(folder, *options, **more):
    """(state, what it said)"""
    state = folder / 'state'
    said = run(BUILD / 'voltseald', 'init', '--state', state, '--hosts', 'localhost,127.0.0.1', '--organisation', 'Example CPO',
               '--root-key-out', folder / 'root.pem', '--log-level', 'warn', *options, **more)
    return state, said


class Server(Child):
    """voltseald run, until it serves."""

    def __init__(self, state, *options, env=None):
        ready = state / 'ready.json'
        with tempfile.NamedTemporaryFile(dir=state.parent, prefix='run-', suffix='.log', delete=False) as log:
            pass
        old = dict(os.environ)
        os.environ.update(env or {})
        try:
            super().__init__([BUILD / 'voltseald', 'run', '--state', state, *options], log.name)
        finally:
            os.environ.clear()
            os.environ.update(old)
        wait_for(lambda: ready.exists() or not self.is_running(), 60, 'voltseald serves')
        if not self.is_running():
            raise Failed(self.tail())
        self.ready_file = ready
        self.ready = json.loads(ready.read_text())

    def end(self):
        """Its log; it must end well, which with a sanitizer also means without leaks."""
        status = self.stop()
        text = self.log.read_text()
        self.log.unlink()
        if status != 0:
            raise Failed(f'{status}\n{text}')
        return text

    def get(self, path, **headers):
        request = urllib.request.Request(self.ready['api_url'] + path, headers=headers)
        try:
            with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=self.ready['ca_file']), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='voltseal-production-'))
        self.addCleanup(shutil.rmtree, self.folder)

    def put(self, name, text, mode=0o600):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def serve(self, state, *options, env=None):
        server = Server(state, *options, env=env)
        self.addCleanup(lambda: server.kill() if server.is_running() else None)
        return server


class Init(Folder):
    def test_what_it_makes(self):
        state, said = init(self.folder)
        for path in [state, *state.rglob('*')]:
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        shown = dict(re.findall(r'^  (passphrase|API token|first login) +(?:/login\?t=)?(\w{43}) ', said, flags=re.M))
        self.assertEqual(set(shown), {'passphrase', 'API token', 'first login'})
        # What is shown once is kept nowhere.
        for path in [p for p in self.folder.rglob('*') if p.is_file()]:
            for secret in shown.values():
                self.assertNotIn(secret.encode(), path.read_bytes(), path)
        # The root's key is the one of the CA, sealed, and it is not in the key process' folder.
        key = self.folder / 'root.pem'
        self.assertIn('BEGIN ENCRYPTED PRIVATE KEY', key.read_text())
        public = run('openssl', 'pkey', '-in', key, '-passin', f'pass:{shown["passphrase"]}', '-pubout')
        self.assertEqual(public, run('openssl', 'x509', '-in', state / 'pki/ca.pem', '-noout', '-pubkey'))
        self.assertEqual([p.name for p in (state / 'keys').glob('ca-root*')], [])
        text = run('openssl', 'x509', '-in', state / 'pki/server-ec.pem', '-noout', '-text')
        self.assertIn('DNS:localhost', text)
        self.assertNotIn('DEV', text)
        run('openssl', 'verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', state / 'pki/ca.pem',
            '-untrusted', state / 'pki/station-ca.pem', state / 'break-glass.pem')

    def test_never_twice_and_never_half(self):
        state, _ = init(self.folder)
        before = {p: p.read_bytes() for p in state.rglob('*') if p.is_file()}
        said = run(BUILD / 'voltseald', 'init', '--state', state, '--hosts', 'localhost', '--root-key-out', self.folder / 'r2', status=None)
        self.assertIn('VS-1210', said)
        self.assertEqual(before, {p: p.read_bytes() for p in state.rglob('*') if p.is_file()})
        # One that was cut off before its end is not used.
        (state / 'mode').unlink()
        self.assertIn('VS-1610', run(BUILD / 'voltseald', 'run', '--state', state, status=78))

    def test_what_it_wants(self):
        state = self.folder / 'state'
        self.assertIn('--hosts', run(BUILD / 'voltseald', 'init', '--state', state, status=78))
        self.assertIn('VS-1008', run(BUILD / 'voltseald', 'init', '--state', state, '--hosts', '*.example', status=78))
        self.assertIn('DEV', run(BUILD / 'voltseald', 'init', '--state', state, '--hosts', 'localhost', '--organisation', 'My DEV', status=78))
        self.assertFalse((state / 'keys').exists())

    def test_a_passphrase_for_the_root_key(self):
        unlock = self.put('unlock', 'correct horse battery staple\n')
        root = self.put('rootpass', 'another one for the root CA')
        state, said = init(self.folder, '--provider', 'passphrase', '--unlock-file', unlock, '--root-passphrase-file', root)
        self.assertNotIn('passphrase ', said)
        run('openssl', 'pkey', '-in', self.folder / 'root.pem', '-passin', f'file:{root}', '-noout')
        self.assertEqual(list((state / 'keys').glob('root-*.key')), [])
        self.serve(state, '--unlock-file', unlock).end()
        # The unit's credential, without an option.
        (self.folder / 'credentials').mkdir()
        shutil.copy(unlock, self.folder / 'credentials/unlock')
        self.serve(state, env={'CREDENTIALS_DIRECTORY': str(self.folder / 'credentials')}).end()
        wrong = self.put('wrong', 'correct horse battery stable\n')
        self.assertIn('VS-1620', run(BUILD / 'voltseald', 'run', '--state', state, '--unlock-file', wrong, status=78))
        unlock.chmod(0o644)
        self.assertIn('mode 0600', run(BUILD / 'voltseald', 'run', '--state', state, '--unlock-file', unlock, status=78))


class Maintain(Folder):
    """The daemon is stopped, a person is there."""

    def test_the_root_key_moves_to_a_passphrase_and_back(self):
        state, said = init(self.folder)
        token = self.put('token', re.search(r'API token +(\w{43})', said).group(1))
        server = self.serve(state)

        def ask(*words):
            return run(BUILD / 'voltseal', '--ready-file', server.ready_file, '--token-file', token, *words)

        run_options = []
        ask('station', 'add', 'CS-1', '--auth', 'mtls')
        ask('cert', 'issue', 'CS-1', '--out-dir', self.folder)
        old, = (state / 'keys').glob('root-*.key')
        kek = old.read_bytes()
        server.end()
        unlock = self.put('unlock', 'correct horse battery staple\n')
        for options, more in ((('--provider', 'passphrase', '--unlock-file', unlock), ['--unlock-file', unlock]),
                              (('--provider', 'file', '--unlock-file', unlock), [])):
            said = run(BUILD / 'voltseald', 'root-key', 'rotate', '--state', state, *options)
            self.assertIn('voltseal key rewrap --root', said)
            # Twice is one too many: the one before is still needed.
            run(BUILD / 'voltseald', 'root-key', 'rotate', '--state', state, *options, status=69)
            server = self.serve(state, *(more or run_options))
            ask('key', 'rewrap', '--root')
            wait_for(lambda: 'running' not in ask('key', 'jobs'), 30, 'the job')
            self.assertIn('CS-1', ask('station', 'list'))
            server.end()
            self.assertNotIn('previous', json.loads((state / 'keys/root.json').read_text()))
            run_options = more
        server = self.serve(state)
        self.assertIn('valid', ask('cert', 'list', '--station', 'CS-1'))
        server.end()
        self.assertFalse(old.exists())
        for path in [p for p in state.rglob('*') if p.is_file()]:
            self.assertNotIn(kek, path.read_bytes(), path)

    def test_the_root_ca_comes_back_for_its_rotation(self):
        root = self.put('rootpass', 'a long one for the root CA')
        state, said = init(self.folder, '--root-passphrase-file', root)
        token = self.put('token', re.search(r'API token +(\w{43})', said).group(1))
        server = self.serve(state)
        ask = [BUILD / 'voltseal', '--ready-file', server.ready_file, '--token-file', token]
        run(*ask, 'ca', 'root-rotate', 'begin', status=66)
        server.end()
        wrong = self.put('wrong', 'another one')
        self.assertIn('passphrase', run(BUILD / 'voltseald', 'root-ca', 'import', '--state', state, '--root-key', self.folder / 'root.pem',
                                        '--root-passphrase-file', wrong, status=69))
        run(BUILD / 'voltseald', 'root-ca', 'import', '--state', state, '--root-key', self.folder / 'root.pem', '--root-passphrase-file', root)
        server = self.serve(state)
        run(*ask, 'ca', 'root-rotate', 'begin')
        server.end()
        out = self.folder / 'root2.pem'
        run(BUILD / 'voltseald', 'root-ca', 'export', '--state', state, '--root-key-out', out, '--root-passphrase-file', root)
        self.assertEqual(run('openssl', 'pkey', '-in', out, '-passin', f'file:{root}', '-pubout'),
                         run('openssl', 'pkey', '-in', self.folder / 'root.pem', '-passin', f'file:{root}', '-pubout'))
        run(BUILD / 'voltseald', 'root-ca', 'export', '--state', state, '--root-key-out', out, '--root-passphrase-file', root, status=69)
        self.serve(state).end()


class Run(Folder):
    def test_a_station_with_a_certificate(self):
        state, said = init(self.folder)
        token = self.put('token', re.search(r'API token +(\w{43})', said).group(1))
        server = self.serve(state)
        self.assertNotIn('admin_token', server.ready)
        self.assertNotIn('login_url', server.ready)
        ask = [BUILD / 'voltseal', '--ready-file', server.ready_file, '--token-file', token]
        run(*ask, 'station', 'add', 'CS-1', '--auth', 'mtls')
        run(*ask, 'cert', 'issue', 'CS-1', '--out-dir', self.folder)
        said = run(BUILD / 'voltseal-sim', 'station', '--url', server.ready['ocpp_url'], '--id', 'CS-1', '--ca', server.ready['ca_file'],
                   '--cert', self.folder / 'CS-1.pem', '--key', self.folder / 'CS-1.pem', '--duration', '3')
        self.assertIn('Accepted', run(*ask, 'station', 'show', 'CS-1'), said)
        log = server.end()
        self.assertIn('"mode":"production"', log)
        self.assertNotIn(token.read_text(), log)

    def test_what_ends_soon_is_an_event(self):
        state, said = init(self.folder, '--url', 'https://csms.example:9444')
        token = self.put('token', re.search(r'API token +(\w{43})', said).group(1))
        server = self.serve(state)
        ask = [BUILD / 'voltseal', '--ready-file', server.ready_file, '--token-file', token]
        run(*ask, 'cert', 'issue', 'CS-1', '--out-dir', self.folder, '--days', '1')
        run(*ask, 'cert', 'issue', 'CS-2', '--out-dir', self.folder, '--days', '90')
        # Where it can be asked whether they are still good.
        text = run('openssl', 'x509', '-in', self.folder / 'CS-1.pem', '-noout', '-text')
        self.assertIn('URI:https://csms.example:9444/crl/', text)
        self.assertIn('OCSP - URI:https://csms.example:9444/ocsp', text)
        server.end()
        server = self.serve(state)
        found = []

        def events():
            found[:] = [e for e in json.loads(server.get('/api/v1/events?limit=500', Authorization=f'Bearer {token.read_text()}')[1])['items']
                        if e['type'] == 'certificate.ends_soon']
            return found

        wait_for(events, 30, 'the event')
        self.assertEqual([(e['station'], e['severity']) for e in found], [('CS-1', 'critical')], found)
        self.assertIn('within_days', json.dumps(found[0]))
        server.end()

    def test_the_first_login_works_once(self):
        state, said = init(self.folder)
        link = re.search(r'(/login\?t=\w{43})', said).group(1)
        server = self.serve(state)
        self.assertEqual(server.get('/login?t=' + 'x' * 43)[0], 401)
        self.assertEqual(server.get(link)[0], 200)
        self.assertEqual(server.get(link)[0], 401)
        server.end()
        server = self.serve(state)  # and not once for each start
        self.assertEqual(server.get(link)[0], 401)
        server.end()

    def test_a_broken_configuration_keeps_the_old(self):
        state, said = init(self.folder)
        token = re.search(r'API token +(\w{43})', said).group(1)
        config = self.put('v.ini', '[ocpp]\nheartbeat = 60\n')
        server = self.serve(state, '--config', config)

        def hang_up(text, event):
            before = server.log.read_text().count(event)
            config.write_text(text)
            os.kill(server.pid, signal.SIGHUP)
            wait_for(lambda: server.log.read_text().count(event) > before, 20, event)

        def metric():
            return re.search(r'^voltseal_config_last_reload_successful (\d)', server.get('/metrics', Authorization=f'Bearer {token}')[1],
                             flags=re.M).group(1)

        hang_up('[ocpp]\nheartbeat = 60\n[log]\nlevle = debug\n', 'reload.kept')
        self.assertIn(f'{config}:4: there is no option', server.log.read_text())
        self.assertEqual(metric(), '0')
        self.assertEqual(server.get('/livez')[0], 200)
        hang_up('[ocpp]\nping_interval = 90\n[log]\nlevel = debug\n', 'config.needs_restart')
        wait_for(lambda: metric() == '1', 20, 'metric')
        self.assertIn('config.changed', server.end())

    def test_what_systemd_is_told(self):
        state, _ = init(self.folder)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.bind(str(self.folder / 'notify'))
            told.settimeout(30)
            server = self.serve(state, env={'NOTIFY_SOCKET': str(self.folder / 'notify'), 'WATCHDOG_USEC': '400000'})
            self.assertEqual(told.recv(100), b'READY=1')
            self.assertEqual(told.recv(100), b'WATCHDOG=1')
            os.kill(server.pid, signal.SIGHUP)
            heard = []
            while b'READY=1' not in heard:
                heard.append(told.recv(100))
            self.assertEqual([word for word in heard if word.startswith(b'RELOADING=1\nMONOTONIC_USEC=')], heard[-2:-1]
                             if heard[-2] != b'WATCHDOG=1' else [w for w in heard if w.startswith(b'RELOADING')])
            server.process.send_signal(signal.SIGTERM)
            while heard[-1] != b'STOPPING=1':
                heard.append(told.recv(100))
            server.end()


class BreakGlass(Folder):
    """The operator certificate of `voltseald init` opens a short session, loudly; any other opens none."""

    def login(self, server, cert, path='/login/certificate', cookie=None, method='POST', **headers):
        context = ssl.create_default_context(cafile=server.ready['ca_file'])
        if cert:
            context.load_cert_chain(cert)
        base = server.ready['api_url']
        headers = {'X-Requested-With': 'voltseal', 'Origin': base, **({'Cookie': cookie} if cookie else {}), **headers}
        request = urllib.request.Request(base + path, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as answer:
                return answer.status, answer.headers.get('Set-Cookie'), answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, None, refused.read()

    def test_it(self):
        state, said = init(self.folder)
        token = self.put('token', re.search(r'^  API token +(\w{43}) ', said, flags=re.M).group(1))
        server = self.serve(state)
        command = [BUILD / 'voltseal', '--ready-file', server.ready_file, '--token-file', token]
        operator = state / 'break-glass.pem'
        status, cookie, _ = self.login(server, operator)
        self.assertEqual(status, 204)
        sid = cookie.split(';')[0]
        self.assertEqual(self.login(server, None, '/api/v1/stations', sid, 'GET')[0], 200)
        self.assertEqual(self.login(server, None, '/api/v1/stations', None, 'GET')[0], 401)
        # Without the certificate, from another page, with another certificate: no session.
        self.assertEqual(self.login(server, None)[0], 401)
        self.assertEqual(self.login(server, operator, Origin='https://evil.example')[0], 403)
        run(*command, 'station', 'add', 'break-glass', '--auth', 'mtls')
        run(*command, 'cert', 'issue', 'break-glass', '--out-dir', self.folder)
        status, cookie, _ = self.login(server, self.folder / 'break-glass.pem')
        self.assertEqual((status, cookie), (401, None))
        # Revoked: as if it were no certificate at all.
        serial = run('openssl', 'x509', '-in', operator, '-noout', '-serial').strip().split('=')[1].lower().lstrip('0')
        run(*command, 'cert', 'revoke', serial, '--reason', 'key-compromise')
        self.assertEqual(self.login(server, operator)[0], 401)
        types = {event['type'] for event in json.loads(run(*command, 'events', '-o', 'json'))['items']}
        self.assertLessEqual({'operator.break_glass', 'operator.break_glass_refused'}, types)
        # The search shows what lies below a checkpoint, which comes within seconds.
        wait_for(lambda: 'operator.break_glass' in run(BUILD / 'voltseal', 'audit', 'search', state / 'audit', '--event',
                                                       'operator.break'), 30, 'the audit log has it')
        log = server.end()
        self.assertIn('api.break_glass_refused', log)
        self.assertNotIn(sid.split('=')[1], log)


class Live(Folder):
    def test_a_change_that_takes_effect(self):
        """Rows that are LIVE: what the next station is told, without a restart."""
        state, said = init(self.folder)
        token = self.put('token', re.search(r'^  API token +(\w{43}) ', said, flags=re.M).group(1))
        config = self.put('voltseal.ini', '[ocpp]\nheartbeat = 111\n')
        server = self.serve(state, '--config', config)
        command = [BUILD / 'voltseal', '--ready-file', server.ready_file, '--token-file', token]
        password = run(*command, 'station', 'add', 'LIVE-1', '--auth', 'basic', '-q').splitlines()[0]

        async def boot():
            context = ssl.create_default_context(cafile=server.ready['ca_file'])
            proof = base64.b64encode(f'LIVE-1:{password}'.encode()).decode()
            async with websockets.connect(server.ready['ocpp_url'] + 'LIVE-1', ssl=context, subprotocols=['ocpp2.0.1'],
                                          extra_headers={'Authorization': f'Basic {proof}'}) as ws:
                await ws.send(json.dumps([2, 'b', 'BootNotification', {
                    'reason': 'PowerUp', 'chargingStation': {'model': 'M', 'vendorName': 'V'}}]))
                return json.loads(await ws.recv())[2]['interval']

        def told():
            return asyncio.run(boot())

        before = told()
        config.write_text('[ocpp]\nheartbeat = 222\n[trust]\ncert_overlap = 7\nocpp_port = 1\n')
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: 'reload.done' in server.log.read_text(), 30, 'it was read')
        self.assertIn('config', server.log.read_text())
        config.write_text('[ocpp]\nheartbeat = 222\n[trust]\ncert_overlap = 7\n')
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: '"[ocpp] heartbeat"' in server.log.read_text(), 30, 'the change is told')
        after = told()
        self.assertEqual((before, after), (111, 222))
        log = server.end()
        self.assertNotIn('config.needs_restart', log)

    def test_limits_change_while_it_runs(self):
        """A rate of [limits] and the trusted sources; what is wrong changes nothing; what needs a restart is said."""
        state, said = init(self.folder)
        token = self.put('token', re.search(r'^  API token +(\w{43}) ', said, flags=re.M).group(1))
        limits = '[limits]\nauth_near = 2/3600 2 1\n'
        config = self.put('voltseal.ini', limits)
        server = self.serve(state, '--config', config)
        command = [BUILD / 'voltseal', '--ready-file', server.ready_file, '--token-file', token]
        where = urllib.parse.urlsplit(server.ready['ocpp_url'])
        context = ssl.create_default_context(cafile=server.ready['ca_file'])

        def guess(identity):
            """The status of a wrong password."""
            conn = http.client.HTTPSConnection(where.hostname, where.port, context=context, timeout=30)
            conn.request('GET', f'/ocpp/{identity}', headers={
                'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Protocol': 'ocpp2.0.1',
                'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
                'Authorization': 'Basic ' + base64.b64encode(f'{identity}:wrong-password-16'.encode()).decode()})
            status = conn.getresponse().status
            conn.close()
            return status

        def reload(text, code=0):
            config.write_text(text)
            return {row['part']: row for row in json.loads(run(*command, 'cert', 'reload', '-o', 'json', status=code))['items']}

        self.assertEqual([guess('A') for _ in range(4)], [401, 401, 429, 429])
        bad = reload('[limits]\nauth_near = 1000/1\n', 78)['config']
        self.assertEqual(bad['state'], 'kept')
        self.assertIn('COUNT/SECONDS BURST TRUSTED', bad['reason'])
        self.assertEqual(guess('A'), 429)
        good = reload('[limits]\nauth_near = 1000/1 1000 1\n')['config']
        self.assertEqual((good['state'], good['reason']), ('taken', None))
        self.assertEqual({guess('B') for _ in range(6)}, {401})
        reload('[limits]\nauth_near = 1000/1 1000 1\nauth_source = 1/3600 1 1\n[server]\ntrusted_prefixes = none\n')
        self.assertEqual([guess('C'), guess('D')][1], 429)  # of one source, that was trusted until now
        wrong = reload('[server]\ntrusted_prefixes = 10.0.0.0/33\n', 78)['config']
        self.assertIn('addresses and prefixes', wrong['reason'])
        back = reload(limits + '[ocpp]\nport = 1\n[server]\nreactors = 3\n')['config']
        self.assertEqual(back['state'], 'taken')
        self.assertEqual(back['reason'], 'needs a restart: [server] reactors, [ocpp] port')
        again = reload(limits + '[ocpp]\nport = 1\n[server]\nreactors = 3\n')['config']
        self.assertEqual((again['state'], again['reason']), ('unchanged', back['reason']))
        self.assertEqual([guess('E') for _ in range(3)], [401, 401, 429])
        self.assertIn('config.needs_restart', server.end())


class Refusals(Folder):
    """Each row of production.def, by its code."""

    def refused(self, code, *options, state=None, env=None):
        said = run(BUILD / 'voltseald', 'run', '--state', state or self.state, *options, status=78, env={**os.environ, **(env or {})})
        self.assertIn(f'VS-{code}: production mode refuses', said)
        self.assertIn('to mend it: ', said)
        self.assertEqual(set(re.findall(r'VS-16\d\d', said)), {f'VS-{code}', 'VS-1600'})

    def test_each(self):
        self.state, _ = init(self.folder)
        seen = set()

        def refused(code, *options, **more):
            self.refused(code, *options, **more)
            seen.add(code)

        refused(1601, '--insecure-profile0-port', '9999')
        refused(1601, '--insecure-profile1-port=9999')
        refused(1602, '--tls-rsa')
        refused(1603, env={'VOLTSEAL_SERVER_ALLOW_CORE': 'yes'})
        refused(1604, '--trusted-prefixes', '10.0.0.0/8,::/0')
        refused(1605, '--trust', self.put('trust', 'default\t-\n'))
        dev = self.folder / 'dev.pem'
        run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', self.folder / 'k',
            '-out', dev, '-subj', '/O=Somebody/CN=Somebody DEV root')
        refused(1606, '--station-ca', dev)
        config = self.put('v.ini', '', 0o662)
        refused(1607, '--config', config)
        url = 'postgresql://voltseal@db.example/voltseal'
        refused(1608, '--store-engine', 'postgres', '--store-url', url)
        refused(1608, '--store-engine', 'postgres', '--store-url', url + '?sslmode=require')
        refused(1610, state=self.folder / 'new')
        shutil.copytree(self.state, self.folder / 'was-dev')
        self.put('was-dev/admin.token', 'x' * 43)
        refused(1611, state=self.folder / 'was-dev')
        (self.state / 'pki').chmod(0o755)
        refused(1612)
        (self.state / 'pki').chmod(0o700)
        key, = (self.state / 'keys').glob('root-*.key')
        key.rename(self.folder / 'key')
        refused(1620)
        (self.folder / 'key').rename(key)
        # Its CA taken away, and a development CA under the same roof.
        shutil.copytree(self.state, self.folder / 'no-ca')
        for path in (self.folder / 'no-ca/keys').glob('ca-*'):
            path.unlink()
        refused(1621, state=self.folder / 'no-ca')
        child = Child([BUILD / 'voltseald', 'dev', '--state', self.folder / 'dev', '--stations', '0'], self.folder / 'dev.log')
        wait_for(lambda: (self.folder / 'dev/ready.json').exists(), 60, 'voltseald dev')
        self.assertEqual(child.stop(), 0)
        (self.folder / 'dev/admin.token').unlink()
        (self.folder / 'dev/credentials.csv').unlink()
        shutil.copy(self.state / 'mode', self.folder / 'dev/mode')
        refused(1622, state=self.folder / 'dev')
        table = set(map(int, re.findall(r'^VS_PRODUCTION\(\w+, +(\d+),', (ROOT / 'src/daemon/production.def').read_text(), flags=re.M)))
        self.assertEqual(seen, table)
        self.serve(self.state).end()  # and the good one runs right after

    def test_the_check_says_it_before(self):
        said = run(BUILD / 'voltseald', 'config', 'check', '--tls-rsa', '--allow-core', status=78)
        self.assertEqual(re.findall(r'VS-\d+', said), ['VS-1602', 'VS-1603'])
        config = self.put('v.ini', run(BUILD / 'voltseald', 'config', 'template').replace('#port = 0', 'port = 7000', 1))
        self.assertIn('is good', run(BUILD / 'voltseald', 'config', 'check', '--config', config))
        shown = run(BUILD / 'voltseald', 'config', 'show', '--origin', '--config', config, '--api-port', '7001')
        self.assertRegex(shown, rf'# {config}:\d+\nport = 7000\n')
        self.assertIn('# flag --api-port\nport = 7001\n', shown)


class Unit(unittest.TestCase):
    @unittest.skipUnless(shutil.which('systemd-analyze'), 'systemd-analyze is not here')
    def test_systemd_finds_no_fault(self):
        with tempfile.TemporaryDirectory() as name:
            unit = pathlib.Path(name) / 'voltseald.service'
            text = (ROOT / 'packaging/voltseald.service').read_text()
            self.assertIn('Type=notify\n', text)
            # verify wants the program to be there.
            unit.write_text(text.replace('/usr/sbin/voltseald', str(BUILD / 'voltseald')))
            said = run('systemd-analyze', 'verify', '--man=no', unit, status=None)
            self.assertEqual([line for line in said.splitlines() if 'voltseald.service' in line], [])


if __name__ == '__main__':
    unittest.main()
