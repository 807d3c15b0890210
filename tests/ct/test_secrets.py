#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Run each row of ct_secrets under valgrind: test_secrets.py VALGRIND SUPPRESSIONS CT_SECRETS.

The first two rows depend on a secret, and must be reported: else nothing is seen here at all.
"""
import subprocess
import sys

SEEN = ['branches', 'looks-up']
CLEAN = ['compares', 'codes-base64', 'codes-hex', 'verifies-passwords', 'unpads', 'opens-fernet', 'opens-aead',
         'reads-noise']
REPORTED = 9
valgrind, suppressions, program = sys.argv[1:]
failed = 0
for row in SEEN + CLEAN:
    done = subprocess.run([valgrind, '-q', f'--suppressions={suppressions}', f'--error-exitcode={REPORTED}', program, row],
                          capture_output=True, text=True)
    is_good = done.returncode == (REPORTED if row in SEEN else 0)
    failed += not is_good
    print(f'{row}: {"as it must be" if is_good else f"exit status {done.returncode}"}')
    if not is_good:
        print(done.stderr)
print(f'{len(SEEN + CLEAN) - failed} passed, {failed} failed')
sys.exit(failed != 0)
