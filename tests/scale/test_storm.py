#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The simulator against what is known without it: closed forms, what must be conserved, and a storm that was measured."""
import pathlib
import random
import statistics
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import storm  # noqa: E402

NEVER = float('inf')


class Storm(unittest.TestCase):
    def test_all_at_once(self):
        """n that come together and wait in order: the last is in after n * s / c."""
        for stations, cores, service in ((1000, 1, 0.01), (1000, 4, 0.002), (7, 8, 0.5)):
            run = storm.simulate(stations, cores, lambda _, s=service: s, preauth=NEVER, stale_s=NEVER)
            self.assertAlmostEqual(run.all_s, -(-stations // cores) * service, places=9)
            self.assertEqual((run.resets, run.queue), (0, max(0, stations - cores)))
            self.assertAlmostEqual(run.half_s, -(-(-(-stations // 2)) // cores) * service, delta=service)

    def poisson(self, rate, count, seed):
        chance, at = random.Random(seed), 0.0
        for _ in range(count):
            at += chance.expovariate(rate)
            yield at

    def test_one_core_as_pollaczek_and_khinchine_have_it(self):
        """M/D/1: the mean wait is rho s / (2 (1 - rho)); M/M/1: twice that."""
        for rho in (0.5, 0.8):
            for drawn, times in ((lambda _: 0.01, 1), (lambda chance: chance.expovariate(100), 2)):
                means = []
                for seed in range(4):
                    waits = []
                    storm.simulate(30000, 1, drawn, preauth=NEVER, stale_s=NEVER, seed=seed, waits=waits,
                                   arrivals=list(self.poisson(rho / 0.01, 30000, seed + 100)))
                    means.append(statistics.mean(waits))
                exact = times * rho * 0.01 / (2 * (1 - rho))
                self.assertAlmostEqual(statistics.mean(means) / exact, 1, delta=0.08, msg=f'rho {rho}, {times}')

    def test_whoever_is_turned_away_comes_back(self):
        """More than can wait: none is lost, none is in twice, and no core does more than it can."""
        run = storm.simulate(20000, 2, lambda _: 0.002, spread_s=0.5)
        self.assertGreater(run.resets, 0)
        self.assertLessEqual(run.queue, storm.PREAUTH)
        self.assertGreaterEqual(run.all_s, 20000 * 0.002 / 2)
        self.assertLessEqual(run.per_s, 2 / 0.002 * 1.001)
        self.assertLess(run.half_s, run.most_s)

    def test_nobody_is_in_before_somebody_serves(self):
        run = storm.simulate(100, 4, lambda _: 0.001, spread_s=1.0, down_s=30.0)
        self.assertGreater(run.half_s, 30.0)
        # The longest wait is 16 s and 2 s by chance: whoever failed just before is in by then.
        self.assertLess(run.all_s, 30.0 + 18.1)

    def test_the_storm_that_was_measured(self):
        page = (storm.ROOT / 'doc/performance.md').read_text()
        of = storm.measured(page)
        run = storm.known_case(of)
        self.assertTrue(0.5 < run.all_s / of['storm_all'] < 2, (run, of))
        self.assertTrue(0.5 < run.half_s / of['storm_half'] < 2, (run, of))

    def part(self, title):
        text = (storm.ROOT / 'doc/scale.md').read_text()
        return text.partition(f'<!-- {title}: begin -->\n\n')[2].partition(f'\n\n<!-- {title}: end -->')[0]

    def test_the_page_is_what_the_formulas_make(self):
        """Of the storm, which takes long, the first rows are simulated again; the rest has to follow from its own columns."""
        of = storm.measured((storm.ROOT / 'doc/performance.md').read_text())
        made = storm.blocks(of, 50000, 8)
        for _ in range(5):
            title, text = next(made)
            self.assertEqual(self.part(title), text, f'{title}: tests/scale/storm.py --write doc/scale.md')
        rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in self.part('storm').splitlines() if line.startswith('| 1')]
        self.assertEqual(len(rows), 15)
        for size in (10**6, 10**7, 10**8):
            _, nodes, each, run = next(storm.cases(of, 50000, 8, size))
            mine = next(row for row in rows if row[0] == f'{size:,}')
            self.assertEqual(mine[2:6], [f'{nodes:,}: {each:,}', f'{run.half_s:.1f} s', f'{run.most_s:.1f} s', f'{run.all_s:.1f} s'])
            self.assertEqual(mine[7], f'{run.per_s * nodes:,.0f}')

        def number(text):
            return float(text.replace(',', ''))
        for row in rows:
            rate = number(row[7])
            for column, factor in ((8, storm.RECORDS), (9, storm.ENTRIES)):
                self.assertAlmostEqual(number(row[column]) / (rate * factor), 1, delta=0.001)
            first = next(other for other in rows if other[1] == row[1])
            if row[2].endswith(': 50,000'):  # the same node, as often as the fleet is larger
                self.assertEqual(row[3:7], first[3:7])
                self.assertAlmostEqual(rate / number(first[7]) / (number(row[0]) / number(first[0])), 1, delta=0.001)


if __name__ == '__main__':
    unittest.main()
