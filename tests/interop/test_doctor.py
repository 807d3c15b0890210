# SPDX-License-Identifier: Apache-2.0
"""voltseal doctor: finds nothing on the daemon, and each flaw where there is one."""
import asyncio
import json
import os
import pathlib
import ssl
import stat
import subprocess
import threading
import unittest

import websockets

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
VOLTSEAL = pathlib.Path(os.environ['VOLTSEAL_BUILD']) / 'voltseal'
STATE = pathlib.Path(READY['state_dir'])


def doctor(*options):
    """(exit code, {check: item})"""
    done = subprocess.run([VOLTSEAL, 'doctor', '--ready-file', os.environ['VOLTSEAL_READY'], '-o', 'json', *options],
                          text=True, capture_output=True, timeout=120, check=False)
    items = {item['check']: item for item in json.loads(done.stdout)['items']} if done.stdout else {}
    return done.returncode, items


class Careless:
    """A charging backend as the advisories describe them: anybody may be any charger, as often as he likes."""

    def __enter__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(STATE / 'pki/server-ec.pem')
        started = threading.Event()
        self.loop = asyncio.new_event_loop()

        async def talk(socket, _path=None):
            await socket.wait_closed()

        async def serve():
            server = await websockets.serve(talk, '127.0.0.1', 0, ssl=context, subprotocols=['ocpp2.0.1'])
            self.url = f'wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/ocpp/'
            started.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.create_task(serve())
            self.loop.run_forever()
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        self.assert_started(started)
        return self

    @staticmethod
    def assert_started(started):
        if not started.wait(10):
            raise RuntimeError('the careless server did not start')

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


class Doctor(unittest.TestCase):
    def test_the_daemon_is_well(self):
        code, items = doctor()
        self.assertEqual({name: item['result'] for name, item in items.items() if item['result'] != 'ok'}, {})
        self.assertEqual(code, 0)
        self.assertGreaterEqual(len(items), 12)
        self.assertIn('development', items['mode_is_known']['detail'])
        self.assertRegex(items['certificates_last']['detail'], r'^\d+ valid, the first ends in \d+ days$')
        self.assertRegex(items['keys_are_young']['detail'], r'^[1-9]\d* active, the oldest is 0 days old$')

    def test_the_visit_leaves_no_station_behind(self):
        doctor()
        stations = subprocess.run([VOLTSEAL, 'station', 'list', '--ready-file', os.environ['VOLTSEAL_READY']],
                                  text=True, capture_output=True, timeout=60, check=True).stdout
        self.assertNotIn('doctor-', stations)

    def test_a_careless_backend_is_found_out(self):
        with Careless() as careless:
            code, items = doctor('--station-url', careless.url)
        self.assertEqual(code, 2)
        for check in ('no_anonymous_socket', 'auth_is_limited', 'no_shadow_session', 'no_enumeration'):
            self.assertEqual(items[check]['result'], 'CRITICAL', items[check])

    def test_a_file_that_others_can_read_is_named(self):
        path = STATE / 'admin.token'
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(0o644)
        try:
            code, items = doctor()
        finally:
            path.chmod(mode)
        self.assertEqual(code, 2)
        self.assertEqual(items['files_are_private']['result'], 'CRITICAL')
        self.assertIn('admin.token', items['files_are_private']['detail'])

    def test_nobody_there_is_unknown_and_not_well(self):
        code, items = doctor('--station-url', 'wss://127.0.0.1:1/ocpp/')
        self.assertEqual(code, 3)
        self.assertEqual(items['no_anonymous_socket']['result'], 'unknown')


if __name__ == '__main__':
    unittest.main()
