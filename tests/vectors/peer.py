# SPDX-License-Identifier: Apache-2.0
"""What the checks of the primitives share: crypto_peer, the published vectors, and counting."""
import json
import os
import pathlib
import subprocess
import sys

SKIP = 77  # what meson counts as skipped
ROOT = pathlib.Path(os.environ.get('VOLTSEAL_SOURCE_ROOT', pathlib.Path(__file__).resolve().parent.parent.parent))


class Peer:
    """Our implementation, in a process: ask() gives the list of results, or the name of the error."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, operation, *args):
        words = [operation] + [as_bytes(arg).hex() or '-' for arg in args]
        self.process.stdin.write(' '.join(words) + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            sys.exit(f'crypto_peer ended with {self.process.wait()} on: {" ".join(words)[:2000]}')
        if answer[0] == 'ok':
            return [b'' if word == '-' else bytes.fromhex(word) for word in answer[1:]]
        return answer[1]

    def must(self, operation, *args):
        """The one result; what is not asked for anything else than to work."""
        answer = self.ask(operation, *args)
        if isinstance(answer, str) or len(answer) != 1:
            raise AssertionError(f'{operation} gave {answer}')
        return answer[0]

    def close(self):
        self.process.stdin.close()
        if self.process.wait(60) != 0:
            sys.exit(f'crypto_peer ended with {self.process.returncode}')


def as_bytes(arg):
    if isinstance(arg, int):
        return (arg % 2**64).to_bytes(8, 'big')
    return arg.encode() if isinstance(arg, str) else bytes(arg)


class Tally:
    """Counts, and tells the first failures; finish() is the exit status."""

    def __init__(self):
        self.good, self.bad, self.groups = 0, 0, {}

    def check(self, group, is_good, what):
        counts = self.groups.setdefault(group, [0, 0])
        if is_good:
            self.good += 1
            counts[0] += 1
            return
        self.bad += 1
        if self.bad <= 20:
            print(f'FAIL {group}: {what}')

    def not_offered(self, group, count=1):
        self.groups.setdefault(group, [0, 0])[1] += count

    def finish(self):
        for group, (good, other) in self.groups.items():
            print(f'{group}: {good} agree' + (f', {other} of kinds that are not offered' if other else ''))
        print(f'{self.good} passed, {self.bad} failed')
        return 0 if self.bad == 0 and self.good > 0 else 1


def vectors_folder():
    """Where the published vectors are; ends the test as skipped, loudly, when they are nowhere."""
    places = [pathlib.Path(os.environ['VOLTSEAL_DATA'])] if 'VOLTSEAL_DATA' in os.environ else []
    for place in places + [ROOT.parent / 'shared/data']:
        if (place / 'vectors').is_dir():
            return place / 'vectors'
    print('SKIPPED: no published vectors; set VOLTSEAL_DATA to the folder that holds vectors/')
    sys.exit(SKIP)


def load(name):
    return json.loads((vectors_folder() / name).read_text())


def wycheproof(name):
    """(group, test) of each test of a file."""
    for group in load(f'wycheproof/{name}_test.json')['testGroups']:
        for test in group['tests']:
            yield group, test
