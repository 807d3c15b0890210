# SPDX-License-Identifier: Apache-2.0
"""The checker finds what it is for: each kind of wrong history, and no fault in a good one."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECKER = pathlib.Path(__file__).resolve().parent / 'check_history.py'


def owns(at_ms, node, epoch, station='CS-1'):
    return {'at_ms': at_ms, 'what': 'owns', 'node': node, 'station': station, 'epoch': epoch}


def lets(at_ms, node, epoch, station='CS-1'):
    return {'at_ms': at_ms, 'what': 'lets', 'node': node, 'station': station, 'epoch': epoch}


class History(unittest.TestCase):
    def check(self, lines, more='', *options):
        with tempfile.NamedTemporaryFile('w', suffix='.jsonl') as file:
            file.write(''.join(json.dumps(line) + '\n' for line in lines) + more)
            file.flush()
            done = subprocess.run([sys.executable, CHECKER, file.name, *options], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_a_good_one(self):
        status, said = self.check([owns(1, 'a', 1), lets(5, 'a', 1), owns(5, 'b', 2), owns(6, 'a', 1, 'CS-2'),
                                   {'at_ms': 9, 'what': 'died', 'node': 'b'}, owns(20, 'c', 3)], '{"at_ms": 21, "wh')
        self.assertEqual((status, said), (0, 'stations=2 owners=4 revoked=0 entered=0 refused=0 commands=0 events=0 wrong=0\n'))

    def test_two_owners(self):
        status, said = self.check([owns(1, 'a', 1), owns(5, 'b', 2), lets(6, 'a', 1)])
        self.assertEqual(status, 1)
        self.assertIn('CS-1: b owns it from 5 on (epoch 2), and a has since 1 (epoch 1)', said)

    def test_an_epoch_that_goes_back(self):
        status, said = self.check([owns(1, 'a', 2), lets(5, 'a', 2), owns(6, 'b', 2)])
        self.assertEqual(status, 1)
        self.assertIn('CS-1: epoch 2 of b after 2', said)

    def test_who_lets_go_of_an_older_epoch_still_owns_the_newer(self):
        self.assertEqual(self.check([owns(1, 'a', 1), owns(2, 'a', 2), lets(3, 'a', 1), owns(4, 'b', 3)])[0], 1)

    def test_a_revoked_station(self):
        gone = {'at_ms': 10, 'what': 'revoked', 'station': 'CS-1'}
        self.assertEqual(self.check([owns(1, 'a', 1), gone, lets(1500, 'a', 1)])[0], 0)
        self.assertIn('a kept it 2490 ms', self.check([owns(1, 'a', 1), gone, lets(2500, 'a', 1)])[1])
        self.assertIn('b let it in 2990 ms', self.check([gone, owns(3000, 'b', 1), lets(3001, 'b', 1)])[1])
        self.assertIn('owns it at the end', self.check([owns(1, 'a', 1), gone])[1])
        self.assertEqual(self.check([owns(1, 'a', 1), gone, lets(1500, 'a', 1)], '', '--grace', '1000')[0], 1)

    def test_a_node_that_stood_still_is_not_late(self):
        gone = {'at_ms': 10, 'what': 'revoked', 'station': 'CS-1'}
        asleep, awake = {'at_ms': 5, 'what': 'asleep', 'node': 'a'}, {'at_ms': 20000, 'what': 'awake', 'node': 'a'}
        self.assertEqual(self.check([owns(1, 'a', 1), asleep, gone, awake, lets(21000, 'a', 1)])[0], 0)
        self.assertIn('a kept it 2500 ms', self.check([owns(1, 'a', 1), asleep, gone, awake, lets(22500, 'a', 1)])[1])
        self.assertIn('b let it in 4990 ms', self.check([owns(1, 'a', 1), asleep, gone, lets(4000, 'a', 1), owns(5000, 'b', 2), awake])[1])

    def test_a_revoked_one_that_is_let_in(self):
        for who in ({'station': 'CS-9'}, {'token': 'T-1'}):
            gone, tried = {'at_ms': 10, 'what': 'revoked', **who}, {'what': 'refused', 'node': 'b', **who}
            self.assertEqual(self.check([owns(1, 'a', 1), gone, {**tried, 'at_ms': 9000}])[0], 0)
            self.assertEqual(self.check([owns(1, 'a', 1), gone, {**tried, 'what': 'entered', 'at_ms': 2009}])[0], 0)
            self.assertIn('b let it in 2011 ms', self.check([owns(1, 'a', 1), gone, {**tried, 'what': 'entered', 'at_ms': 2021}])[1])

    def test_a_command_without_an_end(self):
        asked = {'at_ms': 10, 'what': 'asked', 'command': 'c', 'until_ms': 100}
        ended = {'at_ms': 90, 'what': 'ended', 'command': 'c', 'state': 'failed'}
        self.assertEqual(self.check([owns(1, 'a', 1), asked, ended])[0], 0)
        self.assertIn('command c: it never came to an end\n', self.check([owns(1, 'a', 1), asked])[1])
        self.assertIn('never came to an end, but to sent', self.check([owns(1, 'a', 1), asked, {**ended, 'state': 'sent'}])[1])
        self.assertIn('command c: failed 20 ms late', self.check([owns(1, 'a', 1), asked, {**ended, 'at_ms': 120}])[1])

    def test_events_are_kept_once(self):
        acked, kept = {'at_ms': 5, 'what': 'acked', 'event': 'CS-1/t/0'}, {'at_ms': 6, 'what': 'kept', 'event': 'CS-1/t/0'}
        more = {**kept, 'event': 'CS-1/t/1'}  # nobody was told: it may be there
        self.assertEqual(self.check([owns(1, 'a', 1), acked, kept, more])[0], 0)
        self.assertIn('event CS-1/t/0: acknowledged, and lost', self.check([owns(1, 'a', 1), acked, more])[1])
        self.assertIn('event CS-1/t/0: kept 2 times', self.check([owns(1, 'a', 1), acked, kept, kept])[1])

    def test_what_is_no_history(self):
        self.assertEqual(self.check([{'at_ms': 1, 'what': 'owns', 'node': 'a'}])[0], 2)
        self.assertEqual(self.check([{'at_ms': 1, 'what': 'shrugs'}])[0], 2)
        self.assertEqual(self.check([{'at_ms': 1, 'what': 'revoked'}])[0], 2)
        self.assertEqual(self.check([], 'no JSON\n')[0], 2)
        self.assertEqual(self.check([])[0], 1)  # nobody ever owned anything: that is no success


if __name__ == '__main__':
    unittest.main()
