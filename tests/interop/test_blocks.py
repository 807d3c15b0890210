# SPDX-License-Identifier: Apache-2.0
"""Every functional block of OCPP 2.0.1 between the real daemon and the real simulator, asked through the command line
(any action, any payload), and looked at on both sides. doc/conformance.md names these tests by the cases they cover."""
import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Child, wait_for  # noqa: E402
from test_registry import READY, call, voltseal  # noqa: E402

BUILD = pathlib.Path(os.environ['VOLTSEAL_BUILD'])


def later(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def component(name, variable):
    return {'component': {'name': name}, 'variable': {'name': variable}}


class Served(http.server.BaseHTTPRequestHandler):
    """One file; None: there is none."""
    protocol_version = 'HTTP/1.1'
    content = b''

    def do_GET(self):
        content = Served.content
        self.send_response(404 if content is None else 200)
        self.send_header('Content-Length', str(len(content or b'')))
        self.end_headers()
        self.wfile.write(content or b'')

    def log_message(self, *_words):
        pass


def serve(test, file):
    Served.content = file.read_bytes()
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return f'http://127.0.0.1:{server.server_address[1]}/image.bin'


class Fixture(unittest.TestCase):
    """One station for each test: two EVSEs where nothing charges unless somebody starts it."""
    made = 0
    scenario, version = 'idle', '2.0.1'

    def setUp(self):
        Fixture.made += 1
        self.station = f'BLK-{os.getpid()}-{Fixture.made}'
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        password = self.folder / 'password'
        password.write_text(json.loads(voltseal('station', 'add', self.station, '--output', 'json'))['password'])
        password.chmod(0o600)
        self.addCleanup(call, 'DELETE', f'/api/v1/stations/{self.station}')
        self.sim = Child([BUILD / 'voltseal-sim', 'station', '--url', READY['ocpp_url'], '--ca', READY['ca_file'],
                          '--id', self.station, '--password-file', password, '--scenario', self.scenario,
                          '--keep', self.folder / 'kept', '--ocpp', self.version],
                         self.folder / 'sim.log')
        self.addCleanup(self.sim.stop)
        wait_for(lambda: self.show()['registration'] == 'Accepted' and len(self.show()['connectors']) == 2, 30,
                 'the station is online')

    def show(self):
        return json.loads(voltseal('station', 'show', self.station, '--output', 'json'))

    def ask(self, action, payload=None, code=0):
        """The result that the station answered."""
        text = voltseal('station', 'command', self.station, action, json.dumps(payload or {}), '--output', 'json', code=code)
        return json.loads(text)['result']

    def accepted(self, action, payload=None):
        self.assertEqual('Accepted', self.ask(action, payload)['status'])

    def held(self, kind):
        status, answer = call('GET', f'/api/v1/stations/{self.station}/held')
        self.assertEqual(200, status)
        return {item['number']: item['value'] for item in answer['items'] if item['kind'] == kind}

    def events(self, kind):
        status, answer = call('GET', f'/api/v1/events?station={self.station}&limit=200')
        self.assertEqual(200, status)
        return [item for item in answer['items'] if item['type'] == kind]

    def statuses(self):
        return {item['evse']: item['status'] for item in self.show()['connectors']}

    def transactions(self):
        return call('GET', f'/api/v1/transactions?station={self.station}')[1]['items']

    def start(self, token='DEMO-0001', evse=1, remote_start_id=1, **more):
        self.accepted('RequestStartTransaction', {'evseId': evse, 'remoteStartId': remote_start_id,
                                                  'idToken': {'idToken': token, 'type': 'ISO14443'}, **more})
        wait_for(lambda: [t for t in self.transactions() if t['active'] and t['evse'] == evse], 20, 'it charges')
        return next(t['id'] for t in self.transactions() if t['active'] and t['evse'] == evse)

    def seen(self, kind):
        wait_for(lambda: self.events(kind), 20, kind)
        return self.events(kind)


class Blocks(Fixture):
    # --- B: provisioning

    def test_variables(self):
        result = self.ask('SetVariables', {'setVariableData': [
            {**component('OCPPCommCtrlr', 'HeartbeatInterval'), 'attributeValue': '77'},
            {**component('OCPPCommCtrlr', 'NoSuchThing'), 'attributeValue': '1'}]})['setVariableResult']
        self.assertEqual(['Accepted', 'UnknownVariable'], [item['attributeStatus'] for item in result])
        result = self.ask('GetVariables', {'getVariableData': [component('OCPPCommCtrlr', 'HeartbeatInterval')]})
        self.assertEqual('77', result['getVariableResult'][0]['attributeValue'])

    def test_reports(self):
        self.accepted('GetBaseReport', {'requestId': 1, 'reportBase': 'FullInventory'})
        variables = f'/api/v1/stations/{self.station}/variables'
        wait_for(lambda: len(call('GET', variables)[1]['items']) > 40, 20, 'the whole report')
        self.accepted('GetReport', {'requestId': 2, 'componentVariable': [{'component': {'name': 'ClockCtrlr'}}]})
        self.assertEqual('EmptyResultSet', self.ask('GetReport', {
            'requestId': 3, 'componentVariable': [{'component': {'name': 'Toaster'}}]})['status'])
        self.assertEqual('NotSupported', self.ask('GetBaseReport', {
            'requestId': 4, 'reportBase': 'SummaryInventory'})['status'])

    def test_reset(self):
        boots = self.show()['last_seen']
        self.accepted('Reset', {'type': 'Immediate'})
        wait_for(lambda: [e for e in self.events('ResetOrReboot')], 20, 'it restarts')
        wait_for(lambda: self.show()['connected'] and self.show()['last_seen'] != boots, 30, 'it is back')

    def test_reset_when_idle(self):
        transaction = self.start()
        self.assertEqual('Scheduled', self.ask('Reset', {'type': 'OnIdle'})['status'])
        self.assertFalse(self.events('ResetOrReboot'))
        self.accepted('RequestStopTransaction', {'transactionId': transaction})
        self.seen('ResetOrReboot')

    # --- C, D: authorization

    def test_unknown_token(self):
        self.accepted('RequestStartTransaction', {'evseId': 1, 'remoteStartId': 1,
                                                  'idToken': {'idToken': 'NOBODY-KNOWS', 'type': 'ISO14443'}})
        time.sleep(1)
        self.assertFalse(self.transactions())

    def test_cache(self):
        self.accepted('ClearCache')
        self.ask('SetVariables', {'setVariableData': [{**component('AuthCacheCtrlr', 'Enabled'), 'attributeValue': 'false'}]})
        self.assertEqual('Rejected', self.ask('ClearCache', code=65)['status'])

    def test_local_list(self):
        self.assertEqual(0, self.ask('GetLocalListVersion')['versionNumber'])
        voltseal('station', 'local-list', 'sync', self.station)
        version = self.ask('GetLocalListVersion')['versionNumber']
        self.assertGreater(version, 0)
        self.assertEqual({0: {'versionNumber': version}}, self.held('local_list'))
        self.assertEqual('VersionMismatch', self.ask('SendLocalList', {
            'versionNumber': version, 'updateType': 'Differential'})['status'])
        voltseal('station', 'local-list', 'sync', self.station)
        self.assertGreater(self.ask('GetLocalListVersion')['versionNumber'], version)

    # --- E, F: transactions, remote control

    def test_remote_start_and_stop(self):
        transaction = self.start(remote_start_id=4711)
        self.assertEqual(transaction, self.held('remote_start')[4711]['transactionId'])
        status = self.ask('GetTransactionStatus', {'transactionId': transaction})
        self.assertEqual((True, False), (status['ongoingIndicator'], status['messagesInQueue']))
        self.accepted('RequestStopTransaction', {'transactionId': transaction})
        wait_for(lambda: not [t for t in self.transactions() if t['active']], 20, 'it has ended')
        ended = self.transactions()[0]
        self.assertEqual('Remote', ended['stopped_reason'])
        self.assertFalse(self.events('TransactionIncomplete'))
        self.assertEqual('Rejected', self.ask('RequestStopTransaction', {'transactionId': transaction}, code=65)['status'])

    def test_trigger(self):
        self.start()
        for message in ('Heartbeat', 'StatusNotification', 'MeterValues', 'TransactionEvent', 'LogStatusNotification',
                        'FirmwareStatusNotification', 'PublishFirmwareStatusNotification'):
            self.accepted('TriggerMessage', {'requestedMessage': message})
        self.seen('FirmwareStatusNotification')
        self.seen('PublishFirmwareStatusNotification')
        self.assertEqual('Rejected', self.ask('TriggerMessage', {'requestedMessage': 'BootNotification'}, code=65)['status'])

    def test_unlock(self):
        self.assertEqual('Unlocked', self.ask('UnlockConnector', {'evseId': 1, 'connectorId': 1})['status'])
        self.assertEqual('UnknownConnector', self.ask('UnlockConnector', {'evseId': 1, 'connectorId': 9})['status'])
        self.start()
        self.assertEqual('OngoingAuthorizedTransaction',
                         self.ask('UnlockConnector', {'evseId': 1, 'connectorId': 1})['status'])

    # --- G: availability

    def test_availability(self):
        self.accepted('ChangeAvailability', {'operationalStatus': 'Inoperative', 'evse': {'id': 1}})
        wait_for(lambda: self.statuses()[1] == 'Unavailable', 20, 'EVSE 1 is unavailable')
        self.assertEqual('Available', self.statuses()[2])
        self.accepted('ChangeAvailability', {'operationalStatus': 'Operative'})
        wait_for(lambda: self.statuses()[1] == 'Available', 20, 'EVSE 1 is back')
        self.start(evse=2)
        self.assertEqual('Scheduled', self.ask('ChangeAvailability', {
            'operationalStatus': 'Inoperative', 'evse': {'id': 2}})['status'])

    # --- H: reservation

    def reserve(self, number, seconds, token='DEMO-0001', **more):
        return self.ask('ReserveNow', {'id': number, 'expiryDateTime': later(seconds),
                                       'idToken': {'idToken': token, 'type': 'ISO14443'}, **more})['status']

    def test_reservation(self):
        self.assertEqual('Accepted', self.reserve(5, 600, evseId=1))
        self.assertEqual([5], list(self.held('reservation')))
        wait_for(lambda: self.statuses()[1] == 'Reserved', 20, 'EVSE 1 is reserved')
        self.assertEqual('Occupied', self.reserve(6, 600, evseId=1))
        stranger = {'evseId': 1, 'remoteStartId': 2, 'idToken': {'idToken': 'DEMO-0002', 'type': 'ISO14443'}}
        self.assertEqual('Rejected', self.ask('RequestStartTransaction', stranger, code=65)['status'])
        self.start('DEMO-0001')
        wait_for(lambda: not self.held('reservation'), 20, 'it is used up')

    def test_reservation_ends(self):
        self.assertEqual('Accepted', self.reserve(7, 600, evseId=2))
        self.accepted('CancelReservation', {'reservationId': 7})
        self.assertFalse(self.held('reservation'))
        self.assertEqual('Rejected', self.ask('CancelReservation', {'reservationId': 7}, code=65)['status'])
        self.assertEqual('Accepted', self.reserve(8, 3, evseId=2))
        self.assertIn('Expired', json.dumps(self.seen('ReservationStatusUpdate')))
        wait_for(lambda: not self.held('reservation'), 20, 'it is gone')

    # --- I: cost

    def test_cost(self):
        self.assertEqual({}, self.ask('CostUpdated', {'totalCost': 3.5, 'transactionId': self.start()}))

    # --- K: smart charging

    @staticmethod
    def profile(number, limit, purpose='TxDefaultProfile', unit='A', **more):
        return {'id': number, 'stackLevel': 0, 'chargingProfilePurpose': purpose, 'chargingProfileKind': 'Absolute', **more,
                'chargingSchedule': [{'id': 1, 'startSchedule': later(-60), 'chargingRateUnit': unit,
                                      'chargingSchedulePeriod': [{'startPeriod': 0, 'limit': limit}]}]}

    def composite(self, **more):
        schedule = self.ask('GetCompositeSchedule', {'duration': 60, 'evseId': 1, 'chargingRateUnit': 'A', **more})['schedule']
        return [period['limit'] for period in schedule['chargingSchedulePeriod']]

    def test_charging_profiles(self):
        self.accepted('SetChargingProfile', {'evseId': 0, 'chargingProfile': self.profile(1, 10)})
        self.accepted('SetChargingProfile', {'evseId': 0, 'chargingProfile': self.profile(
            2, 6, purpose='ChargingStationMaxProfile')})
        self.assertEqual([1, 2], sorted(self.held('profile')))
        self.assertEqual([6], self.composite())
        self.assertEqual('DuplicateProfile', self.ask('SetChargingProfile', {
            'evseId': 1, 'chargingProfile': self.profile(3, 8)}, code=65)['statusInfo']['reasonCode'])
        transaction = self.start()
        own = self.profile(4, 4, purpose='TxProfile', transactionId=transaction)
        self.accepted('SetChargingProfile', {'evseId': 1, 'chargingProfile': own})
        self.assertEqual([4], self.composite())
        self.accepted('GetChargingProfiles', {'requestId': 9, 'chargingProfile': {}})
        self.seen('ReportChargingProfiles')
        self.accepted('RequestStopTransaction', {'transactionId': transaction})
        wait_for(lambda: sorted(self.held('profile')) == [1, 2], 20, 'the profile goes with its transaction')
        self.accepted('ClearChargingProfile', {'chargingProfileCriteria': {
            'chargingProfilePurpose': 'ChargingStationMaxProfile'}})
        self.assertEqual([1], sorted(self.held('profile')))
        self.assertEqual([10], self.composite())
        self.assertEqual('Unknown', self.ask('ClearChargingProfile', {'chargingProfileId': 2})['status'])
        self.assertFalse(self.events('CompositeScheduleMismatch'))

    def test_current_obeys(self):
        self.start()
        self.accepted('SetChargingProfile', {'evseId': 1, 'chargingProfile': self.profile(1, 1000, unit='W')})
        wait_for(lambda: 0 < (self.transactions()[0]['power_w'] or 0) <= 1001, 30, 'no more than 1 kW flows')

    def test_limit_from_outside(self):
        limit = {'vendorId': 'voltseal.sim', 'messageId': 'ExternalLimit'}
        self.accepted('DataTransfer', {**limit, 'data': 4000})
        wait_for(lambda: self.held('limit'), 20, 'the limit is told')
        self.accepted('DataTransfer', {**limit, 'data': -1})
        wait_for(lambda: not self.held('limit'), 20, 'the limit is lifted')
        self.seen('ClearedChargingLimit')

    # --- L: firmware

    def openssl(self, *words):
        subprocess.run(['openssl', *words], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def test_signed_firmware(self):
        """L01: an image is verified before the station hears of it; a bad one never gets that far."""
        image = self.folder / 'image.bin'
        image.write_bytes(os.urandom(200000))
        for name in ('maker', 'stranger'):
            self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9',
                         '-subj', f'/CN={name}', '-keyout', f'{name}.key', '-out', f'{name}.pem')
        self.openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=signer', '-keyout', 'signer.key', '-out',
                     'signer.csr')
        self.openssl('x509', '-req', '-in', 'signer.csr', '-CA', 'maker.pem', '-CAkey', 'maker.key', '-CAcreateserial',
                     '-days', '5', '-out', 'signer.pem')
        self.openssl('dgst', '-sha256', '-sign', 'signer.key', '-sigopt', 'rsa_padding_mode:pss', '-out', 'image.sig',
                     'image.bin')
        files = {'signature': 'image.sig', 'signing-certificate': 'signer.pem', 'manufacturer-root': 'maker.pem'}
        served = serve(self, image)

        def send(**changed):
            words = [word for name, file in {**files, **changed}.items() for word in (f'--{name}', self.folder / file)]
            return subprocess.run([BUILD / 'voltseal', 'firmware', 'send', image, self.station, '--location',
                                   served, *words, '--ready-file', os.environ['VOLTSEAL_READY']],
                                  text=True, capture_output=True, timeout=60, check=False)

        def told():
            return json.dumps(self.events('FirmwareStatusNotification'))
        refused = send(**{'manufacturer-root': 'stranger.pem'})
        self.assertNotEqual(0, refused.returncode)
        self.assertIn('VS-1301', refused.stderr)
        whole = image.read_bytes()
        forged = whole[:-1] + bytes([whole[-1] ^ 1])
        image.write_bytes(forged)
        self.assertIn('VS-1301', send().stderr)
        commands = call('GET', f'/api/v1/commands?station={self.station}')[1]['items']
        self.assertNotIn('UpdateFirmware', [command['action'] for command in commands])
        # The station verifies it, too: it has to know the manufacturer, and what it fetches has to be what was signed.
        image.write_bytes(whole)
        self.assertIn('InvalidCertificate', send().stdout)
        self.seen('InvalidFirmwareSigningCertificate')
        self.accepted('InstallCertificate', {'certificateType': 'ManufacturerRootCertificate',
                                             'certificate': (self.folder / 'maker.pem').read_text()})
        Served.content = forged
        self.assertEqual(f'{self.station} says Accepted\n', send().stdout)
        wait_for(lambda: '"InvalidSignature"' in told(), 30, 'it is not what was signed')
        self.seen('InvalidFirmwareSignature')
        self.assertNotIn('"Install', told())
        Served.content = None
        self.assertEqual(f'{self.station} says Accepted\n', send().stdout)
        wait_for(lambda: '"DownloadFailed"' in told(), 30, 'there is nothing to fetch')
        Served.content = whole
        self.assertEqual(f'{self.station} says Accepted\n', send().stdout)
        wait_for(lambda: '"Installed"' in told(), 30, 'it is installed')
        self.assertIn('"SignatureVerified"', told())

    def test_publish_firmware(self):
        """L03, L04: fetched, and published when it is what the checksum says."""
        image = self.folder / 'image.bin'
        image.write_bytes(os.urandom(100000))
        checksum = hashlib.md5(image.read_bytes()).hexdigest()
        location = serve(self, image)

        def told(status):
            wait_for(lambda: f'"{status}"' in json.dumps(self.events('PublishFirmwareStatusNotification')), 30, status)
        self.accepted('PublishFirmware', {'location': location, 'checksum': '0' * 32, 'requestId': 3})
        told('InvalidChecksum')
        self.assertEqual('NoFirmware', self.ask('UnpublishFirmware', {'checksum': '0' * 32})['status'])
        Served.content = None
        self.accepted('PublishFirmware', {'location': location, 'checksum': checksum, 'requestId': 4})
        told('DownloadFailed')
        Served.content = image.read_bytes()
        self.accepted('PublishFirmware', {'location': location, 'checksum': checksum, 'requestId': 5})
        told('Published')
        self.assertEqual('Unpublished', self.ask('UnpublishFirmware', {'checksum': checksum})['status'])
        self.assertEqual('NoFirmware', self.ask('UnpublishFirmware', {'checksum': checksum})['status'])

    # --- N: diagnostics

    def test_monitoring(self):
        wanted = {**component('ElectricalFeed', 'Power'), 'value': 500, 'type': 'UpperThreshold', 'severity': 4}
        result = self.ask('SetVariableMonitoring', {'setMonitoringData': [
            wanted, {**wanted, 'component': {'name': 'Toaster'}}]})['setMonitoringResult']
        self.assertEqual(['Accepted', 'UnknownComponent'], [item['status'] for item in result])
        number = result[0]['id']
        self.assertEqual([number], list(self.held('monitor')))
        self.start()
        self.assertIn('Alerting', json.dumps(self.seen('NotifyEvent')))
        self.accepted('GetMonitoringReport', {'requestId': 5})
        self.seen('NotifyMonitoringReport')
        self.accepted('SetMonitoringLevel', {'severity': 3})
        self.accepted('SetMonitoringBase', {'monitoringBase': 'All'})
        cleared = self.ask('ClearVariableMonitoring', {'id': [number, 99]})['clearMonitoringResult']
        self.assertEqual(['Accepted', 'NotFound'], [item['status'] for item in cleared])
        self.assertFalse(self.held('monitor'))
        self.assertEqual('EmptyResultSet', self.ask('GetMonitoringReport', {'requestId': 6})['status'])

    def test_customer_information(self):
        self.start('DEMO-0003')
        self.accepted('CustomerInformation', {'requestId': 12, 'report': True, 'clear': True,
                                              'idToken': {'idToken': 'DEMO-0003', 'type': 'ISO14443'}})
        wait_for(lambda: 12 in self.held('customer'), 20, 'the pages are put together')
        self.assertIn('charges in transaction', self.held('customer')[12]['data'])
        self.assertGreater(len(self.events('NotifyCustomerInformation')), 1)

    # --- O: display

    def test_display(self):
        message = {'id': 3, 'priority': 'InFront', 'message': {'format': 'UTF8', 'content': 'Grüße'}}
        self.accepted('SetDisplayMessage', {'message': message})
        self.assertEqual({3: message}, self.held('message'))
        self.accepted('GetDisplayMessages', {'requestId': 1})
        self.seen('NotifyDisplayMessages')
        self.assertEqual('NotSupportedMessageFormat', self.ask('SetDisplayMessage', {'message': {
            **message, 'message': {'format': 'HTML', 'content': '<b>'}}})['status'])
        self.accepted('ClearDisplayMessage', {'id': 3})
        self.assertFalse(self.held('message'))
        self.assertEqual('Unknown', self.ask('GetDisplayMessages', {'requestId': 2})['status'])

    # --- P: data transfer

    def test_data_transfer(self):
        self.assertEqual('UnknownVendorId', self.ask('DataTransfer', {'vendorId': 'acme'})['status'])
        self.assertEqual({'a': [1]}, self.ask('DataTransfer', {'vendorId': 'voltseal.echo', 'data': {'a': [1]}})['data'])

    # --- a line that is torn and made again

    def test_registration_survives(self):
        self.sim.kill()
        wait_for(lambda: not self.show()['connected'], 20, 'it is gone')
        self.assertEqual('Accepted', self.show()['registration'])


class Blocks16(Fixture):
    version = '1.6'

    def test_composite_schedule(self):
        """5.7: what the station tells is compared with the profiles that it accepted; one of the same level takes another's place."""
        for number, limit in ((8, 20), (9, 10)):
            self.accepted('SetChargingProfile', {'connectorId': 1, 'csChargingProfiles': {
                'chargingProfileId': number, 'stackLevel': 0, 'chargingProfilePurpose': 'TxDefaultProfile', 'chargingProfileKind': 'Relative',
                'chargingSchedule': {'chargingRateUnit': 'A', 'chargingSchedulePeriod': [{'startPeriod': 0, 'limit': limit}]}}})
        self.assertEqual({8, 9}, set(self.held('profile')))
        told = self.ask('GetCompositeSchedule', {'connectorId': 1, 'duration': 60, 'chargingRateUnit': 'A'})
        self.assertEqual(10, told['chargingSchedule']['chargingSchedulePeriod'][0]['limit'])
        self.assertFalse(self.events('CompositeScheduleMismatch'))
        self.accepted('ClearChargingProfile', {'connectorId': 1})
        wait_for(lambda: 9 not in self.held('profile'), 20, 'it is let go')


class Blocks21(Fixture):
    version = '2.1'

    def payload(self, kind):
        return self.seen(kind)[0]['payload']

    def test_grid_controls(self):
        """R04: set, superseded, reported, cleared."""
        def control(name, priority):
            return {'isDefault': True, 'controlId': name, 'controlType': 'FixedPFAbsorb',
                    'fixedPFAbsorb': {'priority': priority, 'displacement': 0.8, 'excitation': False}}
        self.accepted('SetDERControl', control('a', 2))
        self.assertEqual(['a'], self.ask('SetDERControl', control('b', 1))['supersededIds'])
        self.accepted('GetDERControl', {'requestId': 4})
        reported = {item['id']: item['isSuperseded'] for item in self.payload('ReportDERControl')['fixedPFAbsorb']}
        self.assertEqual({'a': True, 'b': False}, reported)
        self.accepted('ClearDERControl', {'isDefault': True})
        self.assertEqual('NotFound', self.ask('GetDERControl', {'requestId': 5})['status'])

    def test_dynamic_schedule_and_signal(self):
        """K28 and Q."""
        def profile(number, period):
            return {'evseId': 1, 'chargingProfile': {
                'id': number, 'stackLevel': number, 'chargingProfilePurpose': 'TxDefaultProfile', 'chargingProfileKind': 'Dynamic',
                'chargingSchedule': [{'id': 1, 'chargingRateUnit': 'W', 'chargingSchedulePeriod': [{'startPeriod': 0, **period}]}]}}

        def limit():
            told = self.ask('GetCompositeSchedule', {'evseId': 1, 'duration': 60, 'chargingRateUnit': 'W'})
            return told['schedule']['chargingSchedulePeriod'][0]['limit']
        self.accepted('SetChargingProfile', profile(1, {'limit': 8000}))
        self.assertEqual(8000, limit())
        self.accepted('UpdateDynamicSchedule', {'chargingProfileId': 1, 'scheduleUpdate': {'limit': 3000}})
        self.assertEqual(3000, limit())
        self.assertEqual('Rejected', self.ask('UpdateDynamicSchedule', {'chargingProfileId': 9, 'scheduleUpdate': {'limit': 1}}, code=65)['status'])
        self.assertFalse(self.events('CompositeScheduleMismatch'))
        signal = {'timestamp': later(0), 'signal': 5}
        self.assertEqual('Rejected', self.ask('AFRRSignal', signal, code=65)['status'])
        self.accepted('SetChargingProfile', profile(2, {'operationMode': 'CentralFrequency', 'v2xSignalWattCurve': [
            {'signal': 0, 'power': 2000}, {'signal': 10, 'power': 4000}]}))
        self.start()
        self.accepted('AFRRSignal', signal)

    def test_event_streams(self):
        """N11 to N15: opened, listed, adjusted, its values kept, closed."""
        wanted = {**component('ElectricalFeed', 'Power'), 'value': 1, 'type': 'Periodic', 'severity': 4,
                  'periodicEventStream': {'values': 2}}
        result = self.ask('SetVariableMonitoring', {'setMonitoringData': [wanted, {**wanted, 'type': 'Delta'}]})['setMonitoringResult']
        self.assertEqual(['Accepted', 'Rejected'], [item['status'] for item in result])
        monitor = result[0]['id']
        wait_for(lambda: self.held('stream'), 20, 'it is open')
        (number, stream), = self.held('stream').items()
        self.assertEqual({'id': number, 'variableMonitoringId': monitor, **component('ElectricalFeed', 'Power'), 'params': {'values': 2}}, stream)
        told = self.payload('NotifyPeriodicEventStream')
        self.assertEqual((number, monitor, {'name': 'Power'}, ['0', '0']),
                         (told['id'], told['variableMonitoringId'], told['variable'], [item['v'] for item in told['data']]))
        values = {(row['component'], row['variable']): row['value']
                  for row in call('GET', f'/api/v1/stations/{self.station}/variables')[1]['items']}
        self.assertEqual({('ElectricalFeed', 'Power'): '0'}, values)  # nothing else was reported
        self.assertEqual([{'id': number, 'variableMonitoringId': monitor, 'params': {'values': 2}}],
                         self.ask('GetPeriodicEventStream')['constantStreamData'])
        self.accepted('AdjustPeriodicEventStream', {'id': number, 'params': {'interval': 1}})
        wait_for(lambda: self.held('stream')[number]['params'] == {'interval': 1}, 20, 'it is adjusted')
        wait_for(lambda: any(len(event['payload']['data']) == 1 for event in self.events('NotifyPeriodicEventStream')), 20, 'one value')
        self.assertEqual('Rejected', self.ask('AdjustPeriodicEventStream', {'id': number + 1, 'params': {}}, code=65)['status'])
        self.ask('ClearVariableMonitoring', {'id': [monitor]})
        wait_for(lambda: not self.held('stream'), 20, 'it is closed')
        self.assertNotIn('constantStreamData', self.ask('GetPeriodicEventStream'))
        self.assertFalse(self.events('NotifyEvent') + self.events('EventStreamRefused'))

    def test_battery_swap(self):
        """S02: one in, one out, by the same request."""
        self.accepted('RequestBatterySwap', {'requestId': 7, 'idToken': {'idToken': 'DEMO-0001', 'type': 'ISO14443'}})
        wait_for(lambda: len(self.events('BatterySwap')) == 2, 20, 'both are told')
        self.assertEqual([('BatteryIn', 7), ('BatteryOut', 7)],
                         sorted((e['payload']['eventType'], e['payload']['requestId']) for e in self.events('BatterySwap')))


if __name__ == '__main__':
    unittest.main()
