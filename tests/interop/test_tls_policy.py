# SPDX-License-Identifier: Apache-2.0
"""doc/protocol/tls.md against what sslscan, testssl.sh and openssl see: the tables of that page are the expectation."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.parse
import xml.etree.ElementTree

READY = json.loads(pathlib.Path(os.environ['VOLTSEAL_READY']).read_text())
PAGE = (pathlib.Path(__file__).resolve().parents[2] / 'doc/protocol/tls.md').read_text(encoding='utf-8')
WHERE = {'ocpp': urllib.parse.urlsplit(READY['ocpp_url']).netloc, 'api': urllib.parse.urlsplit(READY['api_url']).netloc}
EVERY = {'ssl2', 'ssl3', 'tls1.0', 'tls1.1', 'tls1.2', 'tls1.3'}


def table(head):
    """Rows of the table of the page whose head begins with this word: {first cell: [values]}"""
    lines = PAGE[PAGE.index(f'| {head} |'):].split('\n\n')[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    return {row[0]: [value.strip('` ') for value in row[1].split(';')[0].split(',')] for row in cells}


VERSIONS, SUITES, MATTERS = table('listener'), table('version'), table('matter')


class Documented(unittest.TestCase):
    def test_the_page_has_its_tables(self):
        self.assertEqual(set(VERSIONS), {'ocpp', 'api'})
        self.assertEqual(set(SUITES), {'TLSv1.3', 'TLSv1.2'})
        self.assertEqual({MATTERS[what][0] for what in ('renegotiation', 'compression', 'tickets', 'early data')}, {'no'})


class Sslscan(unittest.TestCase):
    def scan(self, listener):
        with tempfile.NamedTemporaryFile(suffix='.xml') as file:
            subprocess.run(['sslscan', '--no-colour', f'--xml={file.name}', WHERE[listener]], check=True, timeout=60,
                           capture_output=True)
            return xml.etree.ElementTree.parse(file.name).getroot().find('ssltest')

    def check(self, listener):
        seen = self.scan(listener)
        protocols = {one.get('type') + one.get('version'): one.get('enabled') == '1' for one in seen.findall('protocol')}
        self.assertEqual({name for name, enabled in protocols.items() if enabled},
                         {version.lower().replace('v', '') for version in VERSIONS[listener]})
        for version in VERSIONS[listener]:
            self.assertEqual([one.get('cipher') for one in seen.findall('cipher') if one.get('sslversion') == version],
                             SUITES[version])
            preferred = [one.get('cipher') for one in seen.findall('cipher')
                         if one.get('sslversion') == version and one.get('status') == 'preferred']
            self.assertEqual(preferred, SUITES[version][:1])
            groups = {one.get('name').split()[0] for one in seen.findall('group') if one.get('sslversion') == version}
            self.assertEqual(groups, set(MATTERS['groups']))
        self.assertEqual(seen.find('renegotiation').get('supported'), '0')
        self.assertEqual({one.get('vulnerable') for one in seen.findall('heartbleed')}, {'0'})
        compression = seen.find('compression')
        self.assertTrue(compression is None or compression.get('supported') == '0')

    def test_stations(self):
        self.check('ocpp')

    def test_api(self):
        self.check('api')


class Testssl(unittest.TestCase):
    """Only what it asks in a minute on a busy machine: versions, kinds of ciphers, renegotiation, compression, heartbeat."""

    def test_stations(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = os.path.join(folder, 'answer.json')
            subprocess.run(['testssl', '--quiet', '--color', '0', '--warnings', 'off', '--ip', 'one', '--nodns', 'min', '--openssl',
                            '/usr/bin/openssl', '--jsonfile', answer, '-p', '--std', '-R', '-C', '-H', WHERE['ocpp']],
                           timeout=150, capture_output=True, check=False)
            with open(answer, encoding='utf-8') as file:
                found = {row['id']: row for row in json.load(file)}
        for name, version in (('SSLv2', None), ('SSLv3', None), ('TLS1', None), ('TLS1_1', None), ('TLS1_2', 'TLSv1.2'),
                              ('TLS1_3', 'TLSv1.3')):
            self.assertEqual(found[name]['finding'].startswith('offered'), version in VERSIONS['ocpp'], found[name])
        for name in ('NULL', 'aNULL', 'EXPORT', 'LOW', '3DES_IDEA', 'AVERAGE'):
            self.assertEqual(found[f'cipherlist_{name}']['finding'], 'not offered')
        self.assertEqual(found['cipherlist_STRONG']['finding'], 'offered')
        for name in ('secure_renego', 'secure_client_renego', 'CRIME_TLS', 'heartbleed'):
            self.assertEqual(found[name]['severity'], 'OK', found[name])


class Openssl(unittest.TestCase):
    def ask(self, *options, listener='ocpp'):
        return subprocess.run(['openssl', 's_client', '-connect', WHERE[listener], '-CAfile', READY['ca_file'], *options], input=b'',
                              timeout=30, capture_output=True, check=False).stdout.decode(errors='replace')

    def test_each_suite_and_no_other(self):
        everything = subprocess.run(['openssl', 'ciphers', '-tls1_2', 'ALL:@SECLEVEL=0'], check=True, capture_output=True,
                                    text=True).stdout.strip().split(':')
        others = [suite for suite in everything if not suite.startswith('TLS_') and suite not in SUITES['TLSv1.2']]
        self.assertGreater(len(others), 20)
        self.assertIn('Cipher is (NONE)', self.ask('-tls1_2', '-cipher', ':'.join(others) + ':@SECLEVEL=0'))
        for suite in SUITES['TLSv1.2']:
            self.assertIn(f'Cipher is {suite}', self.ask('-tls1_2', '-cipher', suite))
        for suite in SUITES['TLSv1.3']:
            for listener in WHERE:
                self.assertIn(f'Cipher is {suite}', self.ask('-tls1_3', '-ciphersuites', suite, listener=listener))

    def test_groups(self):
        for group in MATTERS['groups']:
            self.assertNotIn('Cipher is (NONE)', self.ask('-groups', group.replace('secp256r1', 'P-256').replace('secp384r1', 'P-384')))
        for group in ('P-521', 'X448', 'ffdhe2048'):
            self.assertIn('Cipher is (NONE)', self.ask('-groups', group))

    def test_what_there_is_not(self):
        seen = self.ask('-tls1_2')
        self.assertIn('Compression: NONE', seen)
        self.assertNotIn('TLS session ticket:', seen)
        self.assertTrue(re.search(r'Session-ID: [0-9A-F]{64}', seen))
        # The session that a TLS 1.3 client is given allows no early data.
        with tempfile.TemporaryDirectory() as folder:
            session = os.path.join(folder, 'session')
            subprocess.run(['openssl', 's_client', '-connect', WHERE['api'], '-CAfile', READY['ca_file'], '-tls1_3', '-sess_out', session,
                            '-ign_eof'], input=b'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', timeout=30,
                           capture_output=True, check=False)
            text = subprocess.run(['openssl', 'sess_id', '-in', session, '-noout', '-text'], check=True, capture_output=True, text=True).stdout
        self.assertIn('Max Early Data: 0', text)


if __name__ == '__main__':
    unittest.main()
