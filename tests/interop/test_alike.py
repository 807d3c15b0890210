#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A command is answered alike whether it is given to the node that the station is connected to or to another one: the same
status, problem code and sentence for each fault, whoever finds it, and wait_s answers when the result is there."""
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import nodes  # noqa: E402
from harness import wait_for  # noqa: E402

RESET = {'action': 'Reset', 'payload': {'type': 'Immediate'}}
# What is sent, and what both must say.
FAULTS = (
    ('no payload', {'action': 'Reset'}, 400),
    ('a value that is none', {'action': 'Reset', 'payload': {'type': 'No'}}, 400),
    ('a member too many', {'action': 'Reset', 'payload': {'type': 'Immediate', 'x': 1}}, 400),
    ('no action of OCPP', {'action': 'Dance'}, 400),
    ('an action of the station', {'action': 'Heartbeat'}, 405),
    ('an action of another version', {'action': 'ChangeConfiguration', 'payload': {'key': 'a', 'value': 'b'}}, 400),
    ('no body of ours', {'action': 'Reset', 'wait_s': 61}, 400),
)


class Alike(nodes.Case):
    SERVERS = 1

    def both(self, station, body, seconds=30):
        """(status, problem without what is of one request) of a and of b."""
        said = []
        for name in 'ab':
            status, problem = self.nodes[name].ask('POST', f'/stations/{station}/commands', body, seconds=seconds)
            said.append((status, {key: problem[key] for key in ('code', 'title', 'detail', 'type') if key in problem}))
        return said

    def test_1_faults(self):
        row = self.rows[0]
        station = self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        wait_for(lambda: self.nodes['b'].command(row['id']) == 'answered', 20, 'the other node reaches it')
        before = len(station.got)
        for what, body, status in FAULTS:
            here, there = self.both(row['id'], body)
            self.assertEqual(here, there, what)
            self.assertEqual(here[0] // 100, status // 100, (what, here))
            here, there = self.both(row['id'], {**body, 'wait_s': body.get('wait_s', 5)})
            self.assertEqual(here, there, what)
        self.assertEqual(len(station.got), before)
        # What was refused is no command.
        for name in 'ab':
            _, listed = self.nodes[name].ask('GET', f'/commands?station={row["id"]}')
            self.assertTrue(all(item['state'] == 'answered' for item in listed['items']), listed)

    def test_2_not_allowed_now(self):
        row = self.rows[1]
        self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        wait_for(lambda: self.nodes['b'].command(row['id']) == 'answered', 20, 'the other node reaches it')
        status, said = self.nodes['a'].ask('PATCH', f'/stations/{row["id"]}', {'registration': 'Rejected'})
        self.assertEqual(status, 200, said)
        wait_for(lambda: self.nodes['b'].ask('GET', f'/stations/{row["id"]}')[1]['registration'] == 'Rejected', 20, 'b knows')
        here, there = self.both(row['id'], RESET)
        self.assertEqual(here, there)
        self.assertEqual(here[0] // 100, 4, here)

    def test_3_not_connected(self):
        here, there = self.both(self.rows[2]['id'], RESET)
        self.assertEqual(here, there)
        self.assertEqual(here[0], 409)
        here, there = self.both('nobody', RESET)
        self.assertEqual(here, there)
        self.assertEqual(here[0], 404)

    def test_4_the_end_is_waited_for(self):
        row = self.rows[3]
        self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        wait_for(lambda: self.nodes['b'].command(row['id']) == 'answered', 20, 'the other node reaches it')
        for name in 'ab':
            began = time.monotonic()
            status, said = self.nodes[name].ask('POST', f'/stations/{row["id"]}/commands', {**nodes.TRIGGER, 'wait_s': 25})
            took = time.monotonic() - began
            self.assertEqual((status, said['state'], said['result']), (200, 'answered', {'status': 'Accepted'}), said)
            self.assertLess(took, 12, f'{name} answered only at the deadline')

    def test_5_a_password_is_told_from_the_other_node(self):
        row = self.rows[4]
        station = self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        wait_for(lambda: self.nodes['b'].command(row['id']) == 'answered', 20, 'the other node reaches it')
        count = len(station.got)
        status, said = self.nodes['b'].ask('POST', f'/stations/{row["id"]}/password/rotate', {}, seconds=60)
        self.assertEqual(len(station.got), count + 1)
        self.assertEqual((status, said['action'], said['final']), (200, 'SetVariables', True), said)

    def test_6_a_log_is_asked_for_from_the_other_node(self):
        row = self.rows[5]
        said = [self.nodes[name].ask('POST', f'/stations/{row["id"]}/logs', {}) for name in 'ab']
        self.assertEqual([(status, problem['code']) for status, problem in said], [(409, said[0][1]['code'])] * 2)
        station = self.station('a', row)
        self.cluster.owned_by('a', row['id'])
        wait_for(lambda: self.nodes['b'].command(row['id']) == 'answered', 20, 'the other node reaches it')
        count = len(station.got)
        status, asked = self.nodes['b'].ask('POST', f'/stations/{row["id"]}/logs', {})
        self.assertEqual(status, 201, asked)
        wait_for(lambda: len(station.got) == count + 1, 20, 'the station is asked')
        self.assertEqual(station.got[-1], asked['command'])


if __name__ == '__main__':
    unittest.main()
