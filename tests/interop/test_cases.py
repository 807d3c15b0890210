# SPDX-License-Identifier: Apache-2.0
"""Certification cases of OCPP 2.0.1 for a CSMS, played by a station that nobody here wrote (python3-websockets): each
case is a row of steps. SAYS: the station calls, and the answer has to hold what is written. ASKED: the daemon is told to
call, through its API; the station answers, and the command ends in the state that is written."""
import asyncio
import base64
import json
import os
import pathlib
import ssl
import sys
import time
import unittest
import uuid

import websockets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import wait_for  # noqa: E402
from test_registry import READY, call  # noqa: E402

TLS = ssl.create_default_context(cafile=READY['ca_file'])
SAYS, ASKED = 'says', 'asked'
BOOT = (SAYS, 'BootNotification', {'reason': 'PowerUp', 'chargingStation': {'model': 'Py', 'vendorName': 'Interop'}},
        {'status': 'Accepted'})
GOOD, BLOCKED, EXPIRED, GROUPED = 'CASE-GOOD', 'CASE-BLOCKED', 'CASE-EXPIRED', 'CASE-GROUP-1'


def now(seconds=0):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + seconds))


def token(text, kind='ISO14443'):
    return {'idToken': text, 'type': kind}


def authorize(text, status, **info):
    return SAYS, 'Authorize', {'idToken': token(text)}, {'idTokenInfo': {'status': status, **info}}


def status(word, evse=1):
    return SAYS, 'StatusNotification', {'timestamp': now(), 'connectorStatus': word, 'evseId': evse, 'connectorId': 1}, {}


def values(context, signed=False):
    sampled = {'value': 12.5, 'context': context}
    if signed:
        sampled['signedMeterValue'] = {'signedMeterData': 'QUJD', 'signingMethod': 'ECDSA-secp256r1-SHA256',
                                       'encodingMethod': 'OCMF', 'publicKey': 'REVG'}
    return [{'timestamp': now(), 'sampledValue': [sampled]}]


def event(kind, seq, trigger, state=None, reason=None, who=None, meter=None, signed=False, evse=1, wants=None, **more):
    info = {'transactionId': 'TX'}
    if state:
        info['chargingState'] = state
    if reason:
        info['stoppedReason'] = reason
    payload = {'eventType': kind, 'timestamp': now(), 'triggerReason': trigger, 'seqNo': seq, 'transactionInfo': info, **more}
    if evse:
        payload['evse'] = {'id': evse, 'connectorId': 1}
    if who:
        payload['idToken'] = token(who)
    if meter:
        payload['meterValue'] = values(meter, signed)
    return SAYS, 'TransactionEvent', payload, wants or ({'idTokenInfo': {'status': 'Accepted'}} if who else {})


def asked(action, payload, answer, state='answered'):
    return ASKED, action, payload, answer, state


def accepted(action, payload, **more):
    return asked(action, payload, {'status': 'Accepted', **more})


def start(trigger='Authorized', state='Charging', who=GOOD, **more):
    return event('Started', 0, trigger, state, who=who, **more)


def ended(seq, trigger, reason, state='EVConnected', **more):
    return event('Ended', seq, trigger, state, reason, **more)


def started_by(trigger, state, who=GOOD):
    """What begins the transaction may come before it is known who charges."""
    return [event('Started', 0, trigger, state), event('Updated', 1, 'Authorized', state, who=who),
            ended(2, 'StopAuthorized', 'Local', who=who)]


def stopped_by(trigger, reason, state, **more):
    return [start(), ended(1, trigger, reason, state, **more)]


def variables(*names):
    return [{'component': {'name': 'OCPPCommCtrlr'}, 'variable': {'name': name}} for name in names]


def get_variables(*names):
    return asked('GetVariables', {'getVariableData': variables(*names)}, {'getVariableResult': [
        {**variable, 'attributeStatus': 'Accepted', 'attributeValue': '1'} for variable in variables(*names)]})


def set_variables(*names):
    return asked('SetVariables', {'setVariableData': [{**variable, 'attributeValue': '1'} for variable in variables(*names)]},
                 {'setVariableResult': [{**variable, 'attributeStatus': 'Accepted'} for variable in variables(*names)]})


def report(number, **more):
    return SAYS, 'NotifyReport', {'requestId': number, 'generatedAt': now(), 'seqNo': 0, 'reportData': [{
        'component': {'name': 'OCPPCommCtrlr'}, 'variable': {'name': 'HeartbeatInterval'},
        'variableAttribute': [{'value': '300'}]}], **more}, {}


def base_report(kind, answer='Accepted'):
    steps = [asked('GetBaseReport', {'requestId': 1, 'reportBase': kind}, {'status': answer})]
    return steps + ([report(1)] if answer == 'Accepted' else [])


def trigger(message, answer='Accepted', **more):
    return asked('TriggerMessage', {'requestedMessage': message, **more}, {'status': answer})


def firmware(*words, answer='Accepted', again=None):
    request = {'requestId': 7, 'firmware': {'location': 'https://files.example/f', 'retrieveDateTime': now(),
                                            'signingCertificate': 'PEM', 'signature': 'QUJD'}}
    return ([asked('UpdateFirmware', request, {'status': answer})] +
            [(SAYS, 'FirmwareStatusNotification', {'status': word, 'requestId': 7}, {}) for word in words] +
            ([asked('UpdateFirmware', request, {'status': again})] if again else []))


def log(kind, *words, answer='Accepted', **more):
    return [asked('GetLog', {'logType': kind, 'requestId': 5, 'log': {'remoteLocation': 'https://files.example/l'}},
                  {'status': answer, **more})] + [
        (SAYS, 'LogStatusNotification', {'status': word, 'requestId': 5}, {}) for word in words]


def customer(answer='Accepted', data=None, report_=True, clear=False, **who):
    steps = [asked('CustomerInformation', {'requestId': 3, 'report': report_, 'clear': clear,
                                           **(who or {'idToken': token(GOOD)})}, {'status': answer})]
    if data is not None:
        steps += [(SAYS, 'NotifyCustomerInformation', {'requestId': 3, 'seqNo': 0, 'generatedAt': now(), 'data': data}, {})]
    return steps


def availability(word, answer='Accepted', **where):
    return [asked('ChangeAvailability', {'operationalStatus': word, **where}, {'status': answer}),
            status('Unavailable' if word == 'Inoperative' else 'Available')]


HASHES = {'hashAlgorithm': 'SHA256', 'issuerNameHash': 'aa', 'issuerKeyHash': 'bb', 'serialNumber': '01'}


def install(kind, answer='Accepted'):
    return asked('InstallCertificate', {'certificateType': kind, 'certificate': 'PEM'}, {'status': answer})


def installed(*kinds):
    return accepted('GetInstalledCertificateIds', {'certificateType': list(kinds)} if kinds else {},
                    certificateHashDataChain=[{'certificateType': (kinds or ('CSMSRootCertificate',))[0],
                                               'certificateHashData': HASHES}])


EVSE, CONNECTOR = {'evse': {'id': 1}}, {'evse': {'id': 1, 'connectorId': 1}}
REMOTE = {'evseId': 1, 'remoteStartId': 9, 'idToken': token(GOOD)}
ALIGNED = (SAYS, 'MeterValues', {'evseId': 1, 'meterValue': values('Sample.Clock')}, {})
PROFILE = {'configurationSlot': 1, 'connectionData': {
    'ocppVersion': 'OCPP20', 'ocppTransport': 'JSON', 'ocppCsmsUrl': 'wss://localhost/', 'messageTimeout': 30,
    'securityProfile': 2, 'ocppInterface': 'Wired0'}}

CASES = {
    'TC_B_01': [BOOT, status('Available'), (SAYS, 'Heartbeat', {}, {})],
    'TC_B_06': [BOOT, get_variables('OfflineThreshold')],
    'TC_B_07': [BOOT, get_variables('OfflineThreshold', 'HeartbeatInterval')],
    'TC_B_09': [BOOT, set_variables('OfflineThreshold')],
    'TC_B_10': [BOOT, set_variables('OfflineThreshold', 'HeartbeatInterval')],
    'TC_B_12': [BOOT, *base_report('ConfigurationInventory')],
    'TC_B_13': [BOOT, *base_report('FullInventory')],
    'TC_B_14': [BOOT, *base_report('SummaryInventory', 'NotSupported')],
    'TC_B_18': [BOOT, accepted('GetReport', {'requestId': 1, 'componentCriteria': ['Problem'], 'componentVariable': [
        {'component': {'name': 'EVSE'}}]}), report(1)],
    'TC_B_20': [BOOT, accepted('Reset', {'type': 'OnIdle'}), BOOT],
    'TC_B_21': [BOOT, start(), asked('Reset', {'type': 'OnIdle'}, {'status': 'Scheduled'}),
                ended(1, 'EVDeparted', 'EVDisconnected'), BOOT],
    'TC_B_22': [BOOT, start(), accepted('Reset', {'type': 'Immediate'}), ended(1, 'ResetCommand', 'ImmediateReset'), BOOT],
    'TC_B_25': [BOOT, accepted('Reset', {'type': 'OnIdle', 'evseId': 1})],
    'TC_B_26': [BOOT, start(), asked('Reset', {'type': 'OnIdle', 'evseId': 1}, {'status': 'Scheduled'}),
                ended(1, 'EVDeparted', 'EVDisconnected')],
    'TC_B_27': [BOOT, start(), accepted('Reset', {'type': 'Immediate', 'evseId': 1}),
                ended(1, 'ResetCommand', 'ImmediateReset')],
    'TC_B_42': [BOOT, accepted('SetNetworkProfile', PROFILE)],
    'TC_B_44': [BOOT, asked('SetNetworkProfile', PROFILE, {'status': 'Failed'})],
    'TC_C_02': [BOOT, authorize('CASE-NOBODY', 'Invalid')],
    'TC_C_06': [BOOT, authorize(BLOCKED, 'Blocked')],
    'TC_C_07': [BOOT, authorize(EXPIRED, 'Expired')],
    'TC_C_08': [BOOT, start(), ended(1, 'StopAuthorized', 'Local')],
    'TC_C_20': [BOOT, event('Started', 0, 'Authorized', 'EVConnected', who='CASE-NOBODY',
                            wants={'idTokenInfo': {'status': 'Invalid'}})],
    'TC_C_37': [BOOT, accepted('ClearCache', {})],
    'TC_C_38': [BOOT, asked('ClearCache', {}, {'status': 'Rejected'})],
    'TC_C_39': [BOOT, authorize(GROUPED, 'Accepted', groupIdToken=token('CASE-GROUP', 'Central'))],
    'TC_C_47': [BOOT, start(), authorize(GROUPED, 'Accepted', groupIdToken=token('CASE-GROUP', 'Central')),
                ended(1, 'StopAuthorized', 'MasterPass', who=GROUPED)],
    'TC_D_01': [BOOT, accepted('SendLocalList', {'versionNumber': 1, 'updateType': 'Full', 'localAuthorizationList': [
        {'idToken': token(GOOD), 'idTokenInfo': {'status': 'Accepted'}}]})],
    'TC_D_02': [BOOT, accepted('SendLocalList', {'versionNumber': 2, 'updateType': 'Differential', 'localAuthorizationList': [
        {'idToken': token(BLOCKED), 'idTokenInfo': {'status': 'Blocked'}}]})],
    'TC_D_03': [BOOT, accepted('SendLocalList', {'versionNumber': 3, 'updateType': 'Differential', 'localAuthorizationList': [
        {'idToken': token(BLOCKED)}]})],
    'TC_D_04': [BOOT, accepted('SendLocalList', {'versionNumber': 4, 'updateType': 'Full'})],
    'TC_D_08': [BOOT, asked('GetLocalListVersion', {}, {'versionNumber': 4})],
    'TC_D_09': [BOOT, asked('GetLocalListVersion', {}, {'versionNumber': 0})],
    'TC_E_01': [BOOT, *started_by('ChargingStateChanged', 'Charging')],
    'TC_E_02': [BOOT, *started_by('ChargingStateChanged', 'Charging')],
    'TC_E_03': [BOOT, status('Occupied'), *started_by('CablePluggedIn', 'EVConnected')],
    'TC_E_04': [BOOT, authorize(GOOD, 'Accepted'), start(state='EVConnected'),
                event('Updated', 1, 'CablePluggedIn', 'EVConnected'),
                event('Updated', 2, 'ChargingStateChanged', 'Charging'), ended(3, 'StopAuthorized', 'Local')],
    'TC_E_07': [BOOT, *stopped_by('StopAuthorized', 'Local', 'EVConnected', who=GOOD)],
    'TC_E_08': [BOOT, *stopped_by('StopAuthorized', 'Local', 'EVConnected', who=GOOD)],
    'TC_E_09': [BOOT, *started_by('CablePluggedIn', 'EVConnected')],
    'TC_E_10': [BOOT, start(state='EVConnected', evse=None), ended(1, 'StopAuthorized', 'Local')],
    'TC_E_11': [BOOT, *started_by('SignedDataReceived', 'EVConnected')],
    'TC_E_12': [BOOT, *started_by('EVDetected', 'Idle')],
    'TC_E_14': [BOOT, *stopped_by('EVDeparted', 'EVDisconnected', 'Idle')],
    'TC_E_15': [BOOT, *stopped_by('StopAuthorized', 'Local', 'EVConnected', who=GOOD)],
    'TC_E_16': [BOOT, start(who='CASE-NOBODY', wants={'idTokenInfo': {'status': 'Invalid'}}),
                ended(1, 'Deauthorized', 'DeAuthorized')],
    'TC_E_17': [BOOT, *stopped_by('EVCommunicationLost', 'EVDisconnected', 'Idle')],
    'TC_E_19': [BOOT, *stopped_by('EVDeparted', 'Local', 'Idle')],
    'TC_E_20': [BOOT, *stopped_by('EVCommunicationLost', 'EVDisconnected', 'Idle')],
    'TC_E_21': [BOOT, start(), accepted('RequestStopTransaction', {'transactionId': 'TX'}), ended(1, 'RemoteStop', 'Remote')],
    'TC_E_22': [BOOT, *stopped_by('ChargingStateChanged', 'StoppedByEV', 'SuspendedEV')],
    'TC_E_26': [BOOT, start(), event('Updated', 1, 'EVCommunicationLost', 'Idle'),
                event('Updated', 2, 'CablePluggedIn', 'Charging'), ended(3, 'StopAuthorized', 'Local')],
    'TC_E_29': [BOOT, start(), asked('GetTransactionStatus', {'transactionId': 'TX'},
                                     {'ongoingIndicator': True, 'messagesInQueue': True})],
    'TC_E_30': [BOOT, start(), asked('GetTransactionStatus', {'transactionId': 'TX'},
                                     {'ongoingIndicator': True, 'messagesInQueue': False})],
    'TC_E_31': [BOOT, *stopped_by('StopAuthorized', 'Local', 'EVConnected'), asked(
        'GetTransactionStatus', {'transactionId': 'TX'}, {'ongoingIndicator': False, 'messagesInQueue': True})],
    'TC_E_33': [BOOT, asked('GetTransactionStatus', {}, {'messagesInQueue': True})],
    'TC_E_34': [BOOT, asked('GetTransactionStatus', {}, {'messagesInQueue': False})],
    'TC_E_38': [BOOT, start(state='SuspendedEV'), ended(1, 'StopAuthorized', 'Local')],
    'TC_E_39': [BOOT, event('Started', 0, 'CablePluggedIn', 'EVConnected'), ended(1, 'EVConnectTimeout', 'Timeout')],
    'TC_E_53': [BOOT, start(), ended(1, 'StopAuthorized', 'Local')],
    'TC_F_01': [BOOT, status('Occupied'), accepted('RequestStartTransaction', REMOTE), start('RemoteStart')],
    'TC_F_02': [BOOT, accepted('RequestStartTransaction', REMOTE), authorize(GOOD, 'Accepted'), start('RemoteStart')],
    'TC_F_03': [BOOT, accepted('RequestStartTransaction', REMOTE), start('RemoteStart')],
    'TC_F_04': [BOOT, accepted('RequestStartTransaction', REMOTE), start('RemoteStart', 'Idle'),
                ended(1, 'EVConnectTimeout', 'Timeout', 'Idle')],
    'TC_F_06': [BOOT, asked('UnlockConnector', {'evseId': 1, 'connectorId': 1}, {'status': 'Unlocked'})],
    'TC_F_11': [BOOT, trigger('MeterValues', **EVSE), ALIGNED],
    'TC_F_12': [BOOT, trigger('MeterValues'), ALIGNED],
    'TC_F_13': [BOOT, start(), trigger('TransactionEvent', **EVSE), event('Updated', 1, 'Trigger', 'Charging')],
    'TC_F_14': [BOOT, start(), trigger('TransactionEvent'), event('Updated', 1, 'Trigger', 'Charging')],
    'TC_F_15': [BOOT, trigger('LogStatusNotification'), (SAYS, 'LogStatusNotification', {'status': 'Idle'}, {})],
    'TC_F_18': [BOOT, trigger('FirmwareStatusNotification'), (SAYS, 'FirmwareStatusNotification', {'status': 'Idle'}, {})],
    'TC_F_20': [BOOT, trigger('Heartbeat'), (SAYS, 'Heartbeat', {}, {})],
    'TC_F_23': [BOOT, trigger('StatusNotification', **CONNECTOR), status('Available')],
    'TC_F_24': [BOOT, trigger('StatusNotification', **CONNECTOR), status('Occupied')],
    'TC_F_27': [BOOT, trigger('SignV2GCertificate', 'NotImplemented')],
    'TC_G_03': [BOOT, *availability('Inoperative', **EVSE)],
    'TC_G_04': [BOOT, *availability('Operative', **EVSE)],
    'TC_G_05': [BOOT, *availability('Inoperative')],
    'TC_G_06': [BOOT, *availability('Operative')],
    'TC_G_07': [BOOT, *availability('Inoperative', **CONNECTOR)],
    'TC_G_08': [BOOT, *availability('Operative', **CONNECTOR)],
    'TC_G_11': [BOOT, start(), *availability('Inoperative', 'Scheduled', **EVSE)],
    'TC_G_14': [BOOT, start(), *availability('Inoperative', 'Scheduled')],
    'TC_G_17': [BOOT, start(), *availability('Inoperative', 'Scheduled', **CONNECTOR)],
    'TC_G_20': [BOOT, (SAYS, 'NotifyEvent', {'generatedAt': now(), 'seqNo': 0, 'eventData': [{
        'eventId': 1, 'timestamp': now(), 'trigger': 'Alerting', 'actualValue': 'true',
        'eventNotificationType': 'HardWiredNotification', 'component': {'name': 'ConnectorPlugRetentionLock'},
        'variable': {'name': 'Problem'}}]}, {})],
    'TC_J_01': [BOOT, ALIGNED],
    'TC_J_02': [BOOT, start(), event('Updated', 1, 'MeterValueClock', 'Charging', meter='Sample.Clock')],
    'TC_J_03': [BOOT, start(), ended(1, 'StopAuthorized', 'Local', meter='Sample.Clock')],
    'TC_J_04': [BOOT, start(), event('Updated', 1, 'MeterValueClock', 'Charging', meter='Sample.Clock', signed=True)],
    'TC_J_07': [BOOT, start(meter='Transaction.Begin')],
    'TC_J_08': [BOOT, start(meter='Transaction.Begin', evse=None)],
    'TC_J_09': [BOOT, start(), event('Updated', 1, 'MeterValuePeriodic', 'Charging', meter='Sample.Periodic')],
    'TC_J_10': [BOOT, start(), ended(1, 'StopAuthorized', 'Local', meter='Transaction.End')],
    'TC_J_11': [BOOT, start(), ended(1, 'StopAuthorized', 'Local', meter='Transaction.End', signed=True)],
    'TC_L_01': [BOOT, *firmware('Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'InstallRebooting',
                                'Installed')],
    'TC_L_02': [BOOT, *firmware('Downloading', 'Downloaded', 'SignatureVerified', 'InstallScheduled', 'Installing',
                                'Installed')],
    'TC_L_03': [BOOT, *firmware('DownloadScheduled', 'Downloading', 'Downloaded', 'SignatureVerified', 'Installed')],
    'TC_L_04': [BOOT, *firmware(answer='RevokedCertificate')],
    'TC_L_05': [BOOT, *firmware(answer='InvalidCertificate')],
    'TC_L_06': [BOOT, *firmware('Downloading', 'Downloaded', 'InvalidSignature')],
    'TC_L_07': [BOOT, *firmware('Downloading', 'DownloadFailed')],
    'TC_L_08': [BOOT, *firmware('Downloading', 'Downloaded', 'SignatureVerified', 'Installing',
                                'InstallVerificationFailed')],
    'TC_L_09': [BOOT, *firmware('Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'InstallationFailed')],
    'TC_L_10': [BOOT, *firmware('Downloading', again='AcceptedCanceled')],
    'TC_L_11': [BOOT, *firmware('Installing', again='Rejected')],
    'TC_L_13': [BOOT, start(), *firmware('Downloading', 'Downloaded', 'SignatureVerified', 'InstallScheduled'),
                ended(1, 'StopAuthorized', 'Local'), *firmware('Installing', 'Installed')[1:]],
    'TC_M_01': [BOOT, install('CSMSRootCertificate')],
    'TC_M_02': [BOOT, install('ManufacturerRootCertificate')],
    'TC_M_05': [BOOT, install('CSMSRootCertificate', 'Failed')],
    'TC_M_13': [BOOT, installed('ManufacturerRootCertificate')],
    'TC_M_18': [BOOT, installed()],
    'TC_M_19': [BOOT, asked('GetInstalledCertificateIds', {'certificateType': ['MORootCertificate']}, {'status': 'NotFound'})],
    'TC_M_20': [BOOT, accepted('DeleteCertificate', {'certificateHashData': HASHES})],
    'TC_M_21': [BOOT, asked('DeleteCertificate', {'certificateHashData': HASHES}, {'status': 'Failed'})],
    'TC_N_25': [BOOT, *log('DiagnosticsLog', 'Uploading', 'Uploaded', filename='d.log')],
    'TC_N_27': [BOOT, *customer(data='one customer')],
    'TC_N_28': [BOOT, *customer(data='')],
    'TC_N_29': [BOOT, *customer('Rejected')],
    'TC_N_30': [BOOT, *customer(data='one customer', clear=True)],
    'TC_N_31': [BOOT, *customer(data='', clear=True)],
    'TC_N_32': [BOOT, *customer(report_=False, clear=True)],
    'TC_N_34': [BOOT, *log('DiagnosticsLog', answer='Rejected')],
    'TC_N_35': [BOOT, *log('SecurityLog', 'Uploading', 'Uploaded', filename='s.log')],
    'TC_N_36': [BOOT, *log('DiagnosticsLog', 'Uploading'), *log('DiagnosticsLog', 'Uploaded', answer='AcceptedCanceled')],
    'TC_N_62': [BOOT, *customer(data='one customer', clear=True, customerIdentifier='Jane')],
    'TC_P_02': [BOOT, (SAYS, 'DataTransfer', {'vendorId': 'nobody'}, {'status': 'UnknownVendorId'})],
    'TC_P_03': [BOOT, (SAYS, 'Heartbeat', {'customData': {'vendorId': 'nobody', 'more': [1, {}]}}, {})],
}


class Cases(unittest.IsolatedAsyncioTestCase):
    made = 0

    @classmethod
    def setUpClass(cls):
        for row in ({'token': GOOD}, {'token': BLOCKED, 'status': 'Blocked'}, {'token': EXPIRED, 'expires_at': now(-60)},
                    {'token': GROUPED, 'group': 'CASE-GROUP'}):
            assert call('POST', '/api/v1/tokens', {'type': 'ISO14443', **row})[0] in (200, 201, 204)

    def setUp(self):
        Cases.made += 1
        self.station = f'CASE-{os.getpid()}-{Cases.made}'
        code, answer = call('POST', '/api/v1/stations', {'identity': self.station, 'auth': 'basic'})
        self.assertEqual(201, code, answer)
        self.addCleanup(call, 'DELETE', f'/api/v1/stations/{self.station}')
        self.password = answer['password']

    def connect(self):
        secret = base64.b64encode(f'{self.station}:{self.password}'.encode()).decode()
        return websockets.connect(READY['ocpp_url'] + self.station, ssl=TLS, subprotocols=['ocpp2.0.1'],
                                  extra_headers={'Authorization': f'Basic {secret}'})

    def holds(self, answer, wanted):
        for name, value in wanted.items():
            if isinstance(value, dict):
                self.holds(answer[name], value)
            else:
                self.assertEqual(value, answer[name])

    def own(self, thing):
        """The transaction's id is this station's own."""
        return json.loads(json.dumps(thing).replace('"TX"', json.dumps('TX-' + self.station)))

    async def heard(self, ws):
        return json.loads(await asyncio.wait_for(ws.recv(), 20))

    async def says(self, ws, action, payload, wanted):
        number = str(uuid.uuid4())
        await ws.send(json.dumps([2, number, action, self.own(payload)]))
        answer = await self.heard(ws)
        self.assertEqual([3, number], answer[:2], answer)
        self.holds(answer[2], wanted)

    async def asked(self, ws, action, payload, answer, state):
        body = {'action': action, 'payload': self.own(payload), 'timeout_s': 20, 'wait_s': 20}
        waits = asyncio.create_task(asyncio.to_thread(call, 'POST', f'/api/v1/stations/{self.station}/commands', body))
        message = await self.heard(ws)
        self.assertEqual([2, action, self.own(payload)], [message[0], message[2], message[3]])
        await ws.send(json.dumps([3, message[1], answer]))
        code, ended_ = await waits
        self.assertEqual((200, state, answer), (code, ended_['state'], ended_['result']), ended_)

    async def play(self, steps):
        async with self.connect() as ws:
            for step in steps:
                await (self.says(ws, *step[1:]) if step[0] == SAYS else self.asked(ws, *step[1:]))
        self.kept([step[2] for step in steps if step[1] == 'TransactionEvent'])
        self.told([step[2] for step in steps if step[0] == SAYS and step[1] in ('FirmwareStatusNotification', 'LogStatusNotification',
                                                                              'DataTransfer')])
        self.told([data for step in steps if step[0] == SAYS and step[1] == 'NotifyEvent' for data in step[2]['eventData']])

    def kept(self, events):
        """The transaction in the store is what its events said."""
        if not events:
            return
        code, answer = call('GET', f'/api/v1/transactions?station={self.station}')
        self.assertEqual((200, 1), (code, len(answer['items'])), answer)
        row, last = answer['items'][0], events[-1]
        has_ended = last['eventType'] == 'Ended'
        self.assertEqual((not has_ended, len(events)), (row['active'], row['event_count']), row)
        self.assertEqual(last['transactionInfo'].get('stoppedReason'), row['stopped_reason'])

    def told(self, payloads):
        """What was told is an event that an operator can read."""
        def stored():
            return [item['payload'] for item in call('GET', f'/api/v1/events?station={self.station}&limit=100')[1]['items']]
        # Such a message is answered before it is on disk.
        wait_for(lambda: all(payload in stored() for payload in payloads), 20, f'{payloads} are stored')

    async def test_a_reconnect_needs_no_boot(self):
        """What was accepted stays accepted: over a new connection it goes on where it was (OCPP 2.0.1 B01, errata)."""
        await self.play([BOOT])
        await self.play([(SAYS, 'Heartbeat', {}, {}), start(), ended(1, 'StopAuthorized', 'Local')])

    async def test_torn_connections(self):
        """Torn and made again at once, hundreds in a row: the station is served, and found for commands, at the end."""
        await self.play([BOOT])
        for _ in range(200):
            ws = await self.connect()
            await self.says(ws, 'Heartbeat', {}, {})
            ws.transport.abort()
        await self.play([get_variables('OfflineThreshold'), (SAYS, 'Heartbeat', {}, {})])

    async def test_a_base_report_while_pending(self):
        """B02, B07: a station that is Pending is asked for its report, and what was not asked for is refused."""
        async def steps(ws):
            await self.asked(ws, *base_report('FullInventory')[0][1:])
            await self.says(ws, 'NotifyReport', report(1)[2], {})
            await ws.send(json.dumps([2, str(uuid.uuid4()), 'StatusNotification', status('Available')[2]]))
            self.assertEqual('SecurityError', (await self.heard(ws))[2])
        await self.pending('Pending', steps)
        # A report is answered before it is on disk.
        wait_for(lambda: call('GET', f'/api/v1/stations/{self.station}/variables')[1]['items'], 20, 'the report is stored')

    async def pending(self, word, steps):
        call('PATCH', f'/api/v1/stations/{self.station}', {'registration': word})
        async with self.connect() as ws:
            await self.says(ws, *BOOT[1:3], {'status': word})
            await steps(ws)

    async def refused(self, ws):
        await ws.send(json.dumps([2, 'x', 'NotifyReport', report(1)[2]]))
        self.assertEqual([4, 'x', 'SecurityError'], (await self.heard(ws))[:3])

    async def test_TC_B_02(self):
        """Pending: it is asked for its variables and a report, and may send what was asked for."""
        async def steps(ws):
            await self.asked(ws, *get_variables('OfflineThreshold')[1:])
            for step in base_report('FullInventory'):
                await (self.says(ws, *step[1:]) if step[0] == SAYS else self.asked(ws, *step[1:]))
            call('PATCH', f'/api/v1/stations/{self.station}', {'registration': 'Accepted'})
        await self.pending('Pending', steps)
        await self.play([BOOT])

    async def test_TC_B_30(self):
        await self.pending('Pending', self.refused)
        await self.pending('Rejected', self.refused)

    async def test_TC_B_31(self):
        async def steps(ws):
            await self.asked(ws, *trigger('BootNotification')[1:])
            await self.says(ws, *BOOT[1:3], {'status': 'Pending'})
        await self.pending('Pending', steps)


def make(steps):
    async def test(self):
        await self.play(steps)
    return test


for case_name, case_steps in CASES.items():
    setattr(Cases, f'test_{case_name}', make(case_steps))

if __name__ == '__main__':
    unittest.main()
