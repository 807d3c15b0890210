# SPDX-License-Identifier: Apache-2.0
"""The audit log of a running daemon, read by a program of its own that knows only RFC 6962 and the C2SP texts; then
damaged, and killed while it is written."""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import threading
import unittest
import urllib.error
import urllib.request

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import audit_columns  # noqa: E402
from harness import Daemon, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])


# --- a reader from the specifications alone ---

def tree_hash(leaves):
    """RFC 6962 2.1."""
    if not leaves:
        return hashlib.sha256(b'').digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b'\x01' + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def root_from_path(leaf, index, size, path):
    """RFC 9162 2.1.3.2."""
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError('too long a path')
        if node & 1 or node == last:
            root = hashlib.sha256(b'\x01' + sibling + root).digest()
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            root = hashlib.sha256(b'\x01' + root + sibling).digest()
        node >>= 1
        last >>= 1
    if last:
        raise ValueError('too short a path')
    return root


def open_note(note, vkey):
    """C2SP signed-note and tlog-checkpoint: origin, size, root, when the key has signed it."""
    name, key_id, key = vkey.split('+', 2)
    key = base64.b64decode(key)
    assert key[0] == 1 and len(key) == 33
    assert hashlib.sha256(name.encode() + b'\n' + key).digest()[:4].hex() == key_id
    text, signatures = note.rsplit('\n\n', 1)
    text += '\n'
    for line in signatures.splitlines():
        dash, signer, signature = line.split(' ')
        assert dash == '\u2014'
        signature = base64.b64decode(signature)
        if signer == name and signature[:4].hex() == key_id:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[4:], text.encode())
            origin, size, root = text.splitlines()[:3]
            assert origin == name
            return origin, int(size), base64.b64decode(root)
    raise ValueError('not signed by this key')


def tile_name(n):
    groups = [f'{n % 1000:03}']
    while n >= 1000:
        n //= 1000
        groups.insert(0, f'x{n % 1000:03}')
    return '/'.join(groups)


def read_tile(shard, kind, n, width):
    full = shard / 'tile' / kind / tile_name(n)
    if full.exists():
        return full.read_bytes()
    return (shard / 'tile' / kind / (tile_name(n) + '.p') / str(width)).read_bytes()


def read_shard(shard):
    """The entries of a shard, once everything about them holds."""
    vkey = json.loads((shard / 'meta.json').read_text())['vkey']
    _, size, root = open_note((shard / 'checkpoint').read_text(), vkey)
    entries, leaves = [], []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        bundle, at = read_tile(shard, 'entries', n, width), 0
        for _ in range(width):
            length = struct.unpack_from('>H', bundle, at)[0]
            entries.append(bundle[at + 2:at + 2 + length])
            at += 2 + length
        own = [hashlib.sha256(b'\x00' + entry).digest() for entry in entries[256 * n:]]
        assert read_tile(shard, '0', n, width)[:32 * width] == b''.join(own)
        leaves += own
    assert tree_hash(leaves) == root
    for note in (shard / 'checkpoints.log').read_text().split('\n\n\u2014')[1:]:
        assert note.count('\n') >= 1
    for n, entry in enumerate(entries):
        value = json.loads(entry)
        assert value['n'] == n
        assert json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode() == entry
    return [json.loads(entry) for entry in entries], leaves, vkey


# --- a daemon that is asked ---

class Asked:
    def __init__(self, daemon):
        self.url = daemon.ready['api_url']
        self.token = daemon.ready['admin_token']
        self.tls = ssl.create_default_context(cafile=daemon.ready['ca_file'])

    def ask(self, method, path, body=None, token=True):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        if token:
            request.add_header('Authorization', f'Bearer {self.token}')
        elif path == '/login':  # as a page of our own
            request.add_header('Origin', self.url)
            request.add_header('X-Requested-With', 'voltseal')
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=20) as answer:
                return answer.status, json.loads(answer.read() or b'null')
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b'null')


def voltseal(*arguments):
    done = subprocess.run([BUILD / 'voltseal', 'audit', *map(str, arguments)], capture_output=True, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def shards_of(state):
    return sorted(p for p in (state / 'audit').iterdir() if (p / 'meta.json').exists())


class Audit(unittest.TestCase):
    def setUp(self):
        self.state = BUILD / 'audit-state'
        shutil.rmtree(self.state, ignore_errors=True)
        self.addCleanup(shutil.rmtree, self.state, True)

    def start(self, *options):
        daemon = Daemon(BUILD, self.state, *options)
        self.addCleanup(lambda: daemon.is_running() and daemon.kill())
        return daemon

    def published(self, count):
        """At least so many entries stand below a checkpoint."""
        def look():
            try:
                return int((shards_of(self.state)[-1] / 'checkpoint').read_text().splitlines()[1]) >= count
            except (OSError, IndexError):
                return False
        wait_for(look, 20, f'{count} entries are published')

    def test_what_was_done_is_there_for_a_reader_of_the_specifications(self):
        daemon = self.start()
        asked = Asked(daemon)
        self.assertEqual(asked.ask('POST', '/api/v1/tokens', {'token': '04A2B3C4'})[0], 201)
        self.assertEqual(asked.ask('POST', '/api/v1/stations', {'identity': 'CS-0042', 'auth': 'basic'})[0], 201)
        self.assertEqual(asked.ask('POST', '/api/v1/keys', {'station': 'CS-0042', 'channel': 'field'})[0], 201)
        self.assertEqual(asked.ask('DELETE', '/api/v1/stations/CS-0042')[0], 204)
        self.assertEqual(asked.ask('DELETE', '/api/v1/stations/CS-9999')[0], 404)
        self.assertEqual(asked.ask('DELETE', '/api/v1/stations/CS-0001', token=False)[0], 401)
        self.assertEqual(asked.ask('POST', '/login', {'token': asked.token}, token=False)[0], 204)
        self.published(2 + 8 + 1 + 4 + 1)
        items = asked.ask('GET', '/api/v1/audit?limit=20')[1]['items']
        shown = next(item for item in items if item['entry']['ev'] == 'token.put')
        self.assertEqual(shown['entry']['res'], 'ok')
        self.assertIn(f'index {shown["entry"]["n"]}\n', asked.ask('GET', f'/api/v1/audit/{shown["id"]}')[1]['proof'])
        daemon.stop()
        shard = shards_of(self.state)[0]
        entries, leaves, vkey = read_shard(shard)
        said = [(e['ev'], e['res']) for e in entries]
        for event, results in (('token.put', ('begin', 'ok')), ('station.add', ('begin', 'ok'))):
            self.assertEqual([r for e, r in said if e == event], list(results))
        self.assertEqual([r for e, r in said if e == 'station.remove'], ['begin', 'ok', 'begin', 'error', 'deny'])
        self.assertEqual(said[0], ('audit.shard_open', 'ok'))
        self.assertIn(('daemon.start', 'ok'), said)
        put = next(e for e in entries if e['ev'] == 'token.put')
        self.assertTrue(put['obj']['token'].startswith('h:'))
        self.assertEqual((put['actor'], put['src'], put['tenant']), ({'id': 'admin', 'k': 'token'}, '127.0.0.1', 'default'))
        # what the key service did for it was noted first, and then how it went
        steps = [e for e in entries if e['ev'] == 'key.step' and e['obj']['object'].startswith('device/field CS-0042')]
        self.assertEqual([(e['obj']['step'], e['res']) for e in steps][:2], [('key.create', 'begin'), ('key.create', 'ok')])
        self.assertEqual(steps[0]['corr'], steps[1]['corr'])
        self.assertEqual({(e['src'], e['actor']['k'], e['actor']['id']) for e in steps[:2]}, {('127.0.0.1', 'token', 'admin')})
        self.assertEqual({(e['src'], e['actor']['id']) for e in entries if e['ev'] in ('daemon.start', 'audit.shard_open')},
                         {('local', 'voltseald'), ('local', 'keyd')})
        self.assertEqual([fault for e in entries for fault in audit_columns.empty_of(e)], [])
        # who came in is who did it, and it says by which session it goes on
        login = next(e for e in entries if e['ev'] == 'operator.login')
        self.assertEqual((login['actor'], login['src'], login['res']), ({'id': 'admin', 'k': 'token'}, '127.0.0.1', 'ok'))
        self.assertRegex(login['obj']['session'], '^[0-9a-f]{16}$')
        denied = entries[[s for s in range(len(said)) if said[s][1] == 'deny'][0]]
        self.assertEqual((denied['actor']['k'], denied['why'], denied['obj']['id']), ('anonymous', 'NOT_AUTHENTIC', 'CS-0001'))
        everything = b''.join(p.read_bytes() for p in (self.state / 'audit').rglob('*') if p.is_file())
        self.assertNotIn(b'04A2B3C4', everything)
        self.assertNotIn(daemon.ready['admin_token'].encode(), everything)
        for path in (self.state / 'audit').rglob('*'):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        # the same by our own program, and a proof that it makes, checked here
        self.assertEqual(voltseal('verify', self.state / 'audit', '--vkey', vkey)[0], 0)
        code, proof, _ = voltseal('prove', self.state / 'audit', put['n'])
        self.assertEqual(code, 0)
        head, note = proof.split('\n\n', 1)
        lines = head.split('\n')
        self.assertEqual((lines[0], lines[2]), ('c2sp.org/tlog-proof@v1', f'index {put["n"]}'))
        _, size, root = open_note(note, vkey)
        path = [base64.b64decode(line) for line in lines[3:]]
        self.assertEqual(root_from_path(leaves[put['n']], put['n'], size, path), root)
        entry = base64.b64decode(lines[1].split(' ')[1])
        self.assertEqual(json.loads(entry), put)
        file = self.state / 'proof'
        file.write_text(proof)
        code, out, _ = voltseal('check-proof', file, '--vkey', vkey)
        self.assertEqual((code, json.loads(out)), (0, put))
        file.write_text(proof.replace(f'index {put["n"]}', f'index {put["n"] + 1}'))
        code, out, err = voltseal('check-proof', file, '--vkey', vkey)
        self.assertEqual((code, out), (2, ''))
        self.assertIn('it proves nothing under this key', err)
        self.assertNotIn('--token', err)
        code, out, _ = voltseal('search', self.state / 'audit', '--event', 'station.', '-o', 'json')
        self.assertEqual([json.loads(line)['ev'] for line in out.splitlines()].count('station.remove'), 5)
        code, out, _ = voltseal('export', self.state / 'audit', '--format', 'cef', '--limit', '3')
        self.assertEqual((code, out.count('CEF:0|Voltseal|')), (0, 3))

    def test_who_is_away_from_the_machine_reads_verifies_and_witnesses_it(self):
        daemon = self.start()
        asked, reach = Asked(daemon), ('--ready-file', self.state / 'ready.json')
        self.assertEqual(asked.ask('POST', '/api/v1/tokens', {'token': '04A2B3C4'})[0], 201)
        for number in range(300):  # more than one tile
            self.assertEqual(asked.ask('POST', '/api/v1/tokens', {'token': f'0{number}'})[0], 201)
        self.published(2 * 301)
        tmp = self.state / 'tmp'
        tmp.mkdir()
        os.environ['TMPDIR'] = str(tmp)
        self.addCleanup(os.environ.pop, 'TMPDIR')
        vkey = json.loads((shards_of(self.state)[0] / 'meta.json').read_text())['vkey']
        code, out, err = voltseal('verify', *reach, '--vkey', vkey)
        self.assertEqual(code, 0, out + err)
        self.assertIn('sound: ', out)
        # a search, an export, a proof that holds under the key, and under no other
        code, out, _ = voltseal('search', '--event', 'token.', '-o', 'json', '--limit', '20', *reach)
        found = [json.loads(line) for line in out.splitlines()]
        self.assertEqual((code, {e['ev'] for e in found}, len(found)), (0, {'token.put'}, 20))
        code, out, _ = voltseal('search', 'shard_open', *reach)
        self.assertEqual((code, out.count('audit.shard_open')), (0, 1), out)
        code, out, _ = voltseal('export', '--format', 'cef', *reach)
        self.assertEqual(code, 0)
        self.assertGreater(out.count('CEF:0|Voltseal|'), 600)
        n = found[0]['n']
        for name in (f'{n}', f'{shards_of(self.state)[0].name}:{n}'):
            code, proof, _ = voltseal('prove', name, *reach)
            self.assertEqual(code, 0)
            (self.state / 'proof').write_text(proof)
            code, out, _ = voltseal('check-proof', self.state / 'proof', '--vkey', vkey)
            self.assertEqual((code, json.loads(out)), (0, found[0]))
        self.assertEqual(voltseal('prove', '99999999', *reach)[0], 66)
        # a mirror that is kept, and brought up to date
        mirror = self.state / 'mirror'
        self.assertEqual(voltseal('mirror', mirror, *reach, '-q')[0], 0)
        kept = self.state / 'kept'
        shutil.copy(next(mirror.iterdir()) / 'checkpoint', kept)
        entries, _, _ = read_shard(next(mirror.iterdir()))
        self.assertGreater(len(entries), 600)
        ours = ('--name', 'witness.example/w', '--witness-key', self.state / 'w.key', '--seen', self.state / 'seen')
        self.assertEqual(voltseal('witness', *ours, *reach)[0], 0)
        self.assertEqual(asked.ask('POST', '/api/v1/tokens', {'token': '02'})[0], 201)
        self.published(len(entries) + 2)
        self.assertEqual(voltseal('mirror', mirror, *reach, '-q')[0], 0)
        self.assertGreater(len(read_shard(next(mirror.iterdir()))[0]), len(entries))
        self.assertEqual(voltseal('verify', mirror, '--from', kept)[0], 0)
        self.assertEqual(voltseal('consistency', kept, *reach)[0], 0)
        code, out, _ = voltseal('witness', *ours, *reach)
        self.assertEqual((code, out.count('\u2014 witness.example/w ')), (0, 1))
        # what the machine's owner changes on its disk is seen from away, and named
        bundle = shards_of(self.state)[0] / 'tile' / 'entries' / '000'
        data = bytearray(bundle.read_bytes())
        data[200] ^= 1
        bundle.write_bytes(data)
        code, out, _ = voltseal('verify', *reach, '-q')
        self.assertEqual(code, 2, out)
        self.assertIn('entry 0 is not what was hashed', out)
        bundle.unlink()
        self.assertEqual(voltseal('verify', *reach, '-q')[0], 3)
        self.assertEqual(list(tmp.iterdir()), [], 'mirrors made for one command are gone')
        # nothing of it for who may not read it
        self.assertEqual(asked.ask('GET', '/api/v1/audit/shards', token=False)[0], 401)
        daemon.stop()
        code, _, err = voltseal('verify', *reach)
        self.assertEqual(code, 78, err)

    def test_a_witness_signs_what_goes_on_and_nothing_else(self):
        daemon = self.start()
        asked = Asked(daemon)
        self.assertEqual(asked.ask('POST', '/api/v1/tokens', {'token': '01'})[0], 201)
        self.published(4)
        ours = ('--name', 'witness.example/w', '--witness-key', self.state / 'w.key', '--seen', self.state / 'seen')
        # what is written while it looks is of a later checkpoint: a copy stands still
        copy = self.state / 'copy'
        daemon.stop()
        shutil.copytree(self.state / 'audit', copy)
        code, out, said = voltseal('witness', copy, *ours)
        self.assertEqual((code, out.count('\u2014 witness.example/w ')), (0, 1), said)
        vkey = said.split()[1]
        name, key_id, key = vkey.split('+', 2)
        key = base64.b64decode(key)
        self.assertEqual(key[0], 4)
        signature = base64.b64decode(out.split()[2])
        self.assertEqual(signature[:4].hex(), key_id)
        seconds = struct.unpack('>Q', signature[4:12])[0]
        text = (shards_of(self.state)[0] / 'checkpoint').read_text().rsplit('\n\n', 1)[0] + '\n'
        Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[12:], f'cosignature/v1\ntime {seconds}\n{text}'.encode())
        self.assertEqual((self.state / 'w.key').stat().st_mode & 0o777, 0o600)
        # it goes on
        daemon = self.start()
        self.assertEqual(Asked(daemon).ask('POST', '/api/v1/tokens', {'token': '02'})[0], 201)
        self.published(7)
        with open(self.state / 'doctor', 'w', encoding='utf-8') as file:
            subprocess.run([BUILD / 'voltseal', 'doctor', '--ready-file', self.state / 'ready.json', '-o', 'json'], stdout=file,
                           timeout=120, check=False)
        checks = {item['check']: item for item in json.loads((self.state / 'doctor').read_text())['items']}
        self.assertEqual(checks['audit_is_sound']['result'], 'ok', checks['audit_is_sound'])
        daemon.stop()
        self.assertEqual(voltseal('witness', self.state / 'audit', *ours)[0], 0)
        # put back: not signed, and another log neither
        code, out, _ = voltseal('witness', copy, *ours)
        self.assertEqual((code, out), (4, ''))

    def test_a_log_that_was_changed_is_not_gone_on_with(self):
        daemon = self.start()
        asked = Asked(daemon)
        for number in range(3):
            self.assertEqual(asked.ask('POST', '/api/v1/tokens', {'token': f'0{number}'})[0], 201)
        self.published(8)
        kept = self.state / 'kept'
        shutil.copy(shards_of(self.state)[0] / 'checkpoint', kept)
        daemon.stop()
        self.assertEqual(voltseal('consistency', self.state / 'audit', kept)[0], 0)
        old = self.state / 'old'
        shutil.copytree(self.state / 'audit', old)
        # flip one byte of an entry: verify names it, and the daemon's start does not sign over it
        bundles = sorted((shards_of(self.state)[0] / 'tile' / 'entries').rglob('*'), key=lambda p: p.stat().st_mtime)
        bundle = [p for p in bundles if p.is_file()][-1]
        data = bytearray(bundle.read_bytes())
        data[200] ^= 1
        bundle.write_bytes(data)
        code, out, _ = voltseal('verify', self.state / 'audit')
        self.assertEqual(code, 2, out)
        self.assertIn('entry 0 is not what was hashed', out)
        # the folder as it was, but without its last second: the key process remembers
        shutil.rmtree(self.state / 'audit')
        shutil.copytree(old, self.state / 'audit')
        daemon = self.start()
        self.assertEqual(Asked(daemon).ask('POST', '/api/v1/tokens', {'token': '77'})[0], 201)
        self.published(11)
        daemon.stop()
        shutil.rmtree(self.state / 'audit')
        shutil.copytree(old, self.state / 'audit')
        daemon = self.start()
        asked = Asked(daemon)
        # keys are not changed without it either, whoever asks: the gate is below the API
        for path, body in (('/api/v1/keys/rotate', {'tenant': True}), ('/api/v1/keys/rewrap', {})):
            code, problem = asked.ask('POST', path, body)
            self.assertEqual((code, problem['code']), (503, 'VS-1010'), path)
        code, problem = asked.ask('POST', '/api/v1/tokens', {'token': '78'})
        self.assertEqual((code, problem['code'], problem['name']), (503, 'VS-1010', 'AUDIT_UNAVAILABLE'))
        self.assertNotIn('78', [t['token'] for t in asked.ask('GET', '/api/v1/tokens')[1]['items']])
        self.assertEqual(asked.ask('GET', '/readyz', token=False)[0], 200)
        log = (self.state / 'voltseald.log').read_text()
        self.assertIn('audit.fork', log)
        daemon.stop()
        # with the operator's word it goes on beside it, and says so
        daemon = self.start('--audit-accept-fork')
        self.assertEqual(Asked(daemon).ask('POST', '/api/v1/tokens', {'token': '79'})[0], 201)
        self.published(4)
        daemon.stop()
        entries, _, _ = read_shard(shards_of(self.state)[-1])
        self.assertEqual((entries[0]['ev'], entries[0]['why']), ('audit.fork', 'accepted'))

    def kill(self, victim):
        """Changes from several clients at once, and a kill among them: what was answered is there."""
        daemon = self.start()
        asked, done, lock = Asked(daemon), [], threading.Lock()

        def change(number):
            for i in range(400):
                token = f'{number}A{i:04}'
                try:
                    if asked.ask('POST', '/api/v1/tokens', {'token': token})[0] != 201:
                        return
                except OSError:
                    return
                with lock:
                    done.append(token)

        threads = [threading.Thread(target=change, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(done) > 60, 60, '60 changes')
        os.kill(daemon.keyd_pid() if victim == 'keyd' else daemon.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        wait_for(lambda: not daemon.is_running(), 20, 'the daemon has ended')
        count = len(done)
        daemon = self.start()
        self.published(2 * count)
        daemon.stop()
        self.assertEqual(voltseal('verify', self.state / 'audit')[0], 0)
        entries, _, _ = read_shard(shards_of(self.state)[0])
        ended = [e for e in entries if e['ev'] == 'token.put' and e['res'] == 'ok']
        self.assertGreaterEqual(len(ended), count)
        self.assertLessEqual(len(ended), count + 4)

    def test_killed_key_process_keeps_what_it_acknowledged(self):
        self.kill('keyd')

    def test_killed_daemon_keeps_what_it_acknowledged(self):
        self.kill('daemon')


if __name__ == '__main__':
    unittest.main()
