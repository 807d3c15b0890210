# SPDX-License-Identifier: Apache-2.0
"""The TLS policy as openssl s_client sees it."""
import csv
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.parse

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
OCPP = urllib.parse.urlsplit(READY['ocpp_url']).netloc
API = urllib.parse.urlsplit(READY['api_url']).netloc
with open(READY['credentials_file'], newline='', encoding='utf-8') as file:
    MUTUAL = [row for row in csv.DictReader(file) if row['cert']][0]


def s_client(*options, where=OCPP, ask='GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'):
    """What s_client prints, and whether it came through the handshake."""
    done = subprocess.run(
        ['openssl', 's_client', '-connect', where, '-servername', 'localhost', '-CAfile', READY['ca_file'],
         '-verify_return_error', '-verify_hostname', 'localhost', '-ign_eof', *options],
        input=ask, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, errors='replace', check=False)
    cipher = re.search(r'^New, (TLSv\S+), Cipher is (\S+)|^Reused, (TLSv\S+), Cipher is (\S+)', done.stdout, flags=re.M)
    version = re.search(r'^\s*Protocol\s*: (\S+)', done.stdout, flags=re.M)
    name = next((text for text in (cipher.groups() if cipher else ()) if text and not text.startswith('TLSv')), None)
    return {'text': done.stdout, 'cipher': None if name == '(NONE)' else name,
            'version': version.group(1) if version else (cipher and (cipher.group(1) or cipher.group(3)))}


class Policy(unittest.TestCase):
    def accepted(self, cipher, *options, where=OCPP):
        seen = s_client(*options, where=where)
        self.assertEqual(seen['cipher'], cipher, seen['text'])
        return seen

    def refused(self, *options, where=OCPP):
        seen = s_client(*options, where=where)
        self.assertIsNone(seen['cipher'], seen['text'])

    def test_default_is_tls13_aes256(self):
        for where in (OCPP, API):
            self.assertEqual(self.accepted('TLS_AES_256_GCM_SHA384', where=where)['version'], 'TLSv1.3')

    def test_the_server_chooses(self):
        self.accepted('TLS_AES_256_GCM_SHA384', '-ciphersuites',
                      'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384')

    def test_tls12_with_the_four_suites(self):
        for kind in ('ECDSA', 'RSA'):
            for rest in ('AES256-GCM-SHA384', 'AES128-GCM-SHA256'):
                self.accepted(f'ECDHE-{kind}-{rest}', '-tls1_2', '-cipher', f'ECDHE-{kind}-{rest}')

    def test_tls12_with_anything_else(self):
        for cipher in ('AES256-GCM-SHA384', 'AES128-GCM-SHA256', 'AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384',
                       'ECDHE-RSA-AES128-SHA', 'DHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'):
            self.refused('-tls1_2', '-cipher', f'{cipher}:@SECLEVEL=0')

    def test_older_versions(self):
        for version in ('-tls1_1', '-tls1'):
            self.refused(version, '-cipher', 'ALL:@SECLEVEL=0')

    def test_the_api_speaks_tls13_only(self):
        self.refused('-tls1_2', where=API)

    def test_both_certificates(self):
        for options, kind in (([], 'ECDSA'), (['-sigalgs', 'rsa_pss_rsae_sha256'], 'RSA-PSS')):
            self.assertIn(f'Peer signature type: {kind}', s_client(*options)['text'])

    def test_no_compression_and_no_renegotiation(self):
        seen = s_client('-tls1_2')['text']
        self.assertIn('Compression: NONE', seen)
        seen = s_client('-tls1_2', ask='R\n')['text']
        self.assertNotIn('read R BLOCK', seen.replace('RENEGOTIATING', ''))

    def test_a_session_resumes(self):
        with tempfile.TemporaryDirectory() as folder:
            session = os.path.join(folder, 'session')
            mutual = ['-cert', MUTUAL['cert'], '-key', MUTUAL['key'], '-cert_chain', MUTUAL['cert']]
            self.assertIn('\nNew, ', s_client(*mutual, '-sess_out', session)['text'])
            self.assertIn('\nReused, ', s_client(*mutual, '-sess_in', session)['text'])

    def test_a_certificate_of_nobody(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = os.path.join(folder, 'cert'), os.path.join(folder, 'key')
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
                            '-nodes', '-subj', f"/CN={MUTUAL['id']}", '-days', '1', '-keyout', key, '-out', cert],
                           check=True, capture_output=True)
            self.assertRegex(s_client('-cert', cert, '-key', key)['text'], 'alert (unknown ca|bad certificate|certificate)')


if __name__ == '__main__':
    unittest.main()
