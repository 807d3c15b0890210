// SPDX-License-Identifier: Apache-2.0
// npm ocpp-rpc in strict mode as a station of OCPP 1.6 and of 2.1: it holds each of our answers against its own copy of
// the official schemas. For 2.1 that copy has to be given the names first under which the package itself looks.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { createValidator, RPCClient } from 'ocpp-rpc';
import { api, nextId, ready, soon, takeBasic, tlsOptions } from './peer.mjs';

const require = createRequire(import.meta.url);
const named = require('ocpp-rpc/lib/schemas/ocpp2_1.json').map((schema) => ({
	...schema, $id: schema.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf').replace(/^(urn:NotifyPeriodicEventStream)$/, '$1.req'),
}));
const validators = [createValidator('ocpp2.1', named)];

async function open(t, protocols, station = takeBasic(4)) {
	const cli = new RPCClient({
		endpoint: ready.ocpp_url.replace(/\/$/, ''), identity: station.id, protocols, strictMode: true,
		strictModeValidators: protocols.includes('ocpp2.1') ? validators : undefined,
		password: station.password || null, reconnect: false, callTimeoutMs: 15000, wsOpts: tlsOptions(station),
	});
	cli.strict = [];
	cli.on('strictValidationFailure', (failure) => cli.strict.push(failure));
	await cli.connect();
	t.after(() => cli.close());
	return [cli, station];
}

const now = () => new Date().toISOString();

test('the whole life of a transaction in 1.6', async (t) => {
	const [cli, station] = await open(t, ['ocpp1.6']);
	assert.equal(cli.protocol, 'ocpp1.6');
	const boot = await cli.call('BootNotification', { chargePointVendor: 'Interop', chargePointModel: 'Peer', firmwareVersion: '1.0' });
	assert.equal(boot.status, 'Accepted');
	assert.ok(boot.interval > 0 && Math.abs(Date.parse(boot.currentTime) - Date.now()) < 60000);
	assert.ok((await cli.call('Heartbeat', {})).currentTime);
	assert.deepEqual(await cli.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' }), {});
	assert.equal((await cli.call('Authorize', { idTag: 'DEMO-0001' })).idTagInfo.status, 'Accepted');
	assert.equal((await cli.call('Authorize', { idTag: 'DEMO-BLOCKED' })).idTagInfo.status, 'Blocked');
	assert.equal((await cli.call('Authorize', { idTag: 'NOBODY' })).idTagInfo.status, 'Invalid');
	const begin = { connectorId: 1, idTag: 'DEMO-0001', meterStart: 1000, timestamp: now() };
	const started = await cli.call('StartTransaction', begin);
	assert.equal(started.idTagInfo.status, 'Accepted');
	assert.ok(Number.isInteger(started.transactionId) && started.transactionId > 0 && started.transactionId < 2 ** 31);
	const id = started.transactionId;
	assert.equal((await cli.call('StartTransaction', begin)).transactionId, id); // its answer was lost
	assert.deepEqual(await cli.call('MeterValues', {
		connectorId: 1, transactionId: id,
		meterValue: [{ timestamp: now(), sampledValue: [{ value: '1.25', unit: 'kWh', measurand: 'Energy.Active.Import.Register' }] }],
	}), {});
	assert.equal((await cli.call('StopTransaction', {
		transactionId: id, idTag: 'DEMO-0001', meterStop: 1500, timestamp: now(), reason: 'Local',
	})).idTagInfo.status, 'Accepted');
	for (const [action, params] of [
		['SecurityEventNotification', { type: 'SettingSystemTime', timestamp: now() }],
		['LogStatusNotification', { status: 'Idle' }],
		['SignedFirmwareStatusNotification', { status: 'Installed', requestId: 1 }],
		['FirmwareStatusNotification', { status: 'Installed' }],
		['DiagnosticsStatusNotification', { status: 'Uploaded' }],
	]) assert.deepEqual(await cli.call(action, params), {}, action);
	assert.equal((await cli.call('DataTransfer', { vendorId: 'nobody' })).status, 'UnknownVendorId');
	const stored = await api(`/api/v1/transactions/${id}?station=${station.id}`);
	assert.equal(stored.status, 200);
	assert.equal(stored.body.event_count, 3);
	assert.equal(stored.body.complete, true);
	assert.equal(stored.body.active, false);
	assert.equal(stored.body.energy_wh, 500);
	assert.equal(stored.body.stopped_reason, 'Local');
	assert.deepEqual(cli.strict, []);
});

test('a command of 1.6 reaches a station of 1.6, one of 2.0.1 does not', async (t) => {
	const [cli, station] = await open(t, ['ocpp1.6']);
	await cli.call('BootNotification', { chargePointVendor: 'Interop', chargePointModel: 'Peer' });
	const asked = [];
	cli.handle('RemoteStartTransaction', ({ params }) => {
		asked.push(params);
		return { status: 'Accepted' };
	});
	const command = (action, payload) => soon(api(`/api/v1/stations/${station.id}/commands`,
		{ method: 'POST', body: { action, payload, wait_s: 15 } }), action);
	const done = await command('RemoteStartTransaction', { connectorId: 1, idTag: 'DEMO-0001' });
	assert.equal(done.body.state, 'answered');
	assert.deepEqual(done.body.result, { status: 'Accepted' });
	assert.deepEqual(asked, [{ connectorId: 1, idTag: 'DEMO-0001' }]);
	assert.equal((await command('RequestStartTransaction', { idToken: { idToken: 'A', type: 'Central' }, remoteStartId: 1 })).status, 404);
	assert.ok((await command('RemoteStartTransaction', { idTag: 'longer than twenty characters' })).status >= 400);
	assert.deepEqual(cli.strict, []);
});

test('errors of 1.6 are spelt as 1.6 spells them', async (t) => {
	const [cli] = await open(t, ['ocpp1.6']);
	await cli.call('BootNotification', { chargePointVendor: 'Interop', chargePointModel: 'Peer' });
	for (const [action, payload, code] of [
		['StartTransaction', {}, 'OccurenceConstraintViolation'],
		['Heartbeat', { a: 1 }, 'FormationViolation'],
		['TransactionEvent', {}, 'NotImplemented'],
		['Reset', {}, 'NotSupported'],
	]) {
		const id = nextId();
		const answer = new Promise((resolve) => {
			cli.on('message', ({ message, outbound }) => {
				const parsed = JSON.parse(String(message));
				if (!outbound && parsed[1] === id) resolve(parsed);
			});
		});
		cli.sendRaw(JSON.stringify([2, id, action, payload]));
		assert.deepEqual((await soon(answer, action)).slice(0, 3), [4, id, code]);
	}
});

test('the life of a transaction in 2.1, and what 2.1 adds', async (t) => {
	const [cli, station] = await open(t, ['ocpp2.1', 'ocpp2.0.1']);
	assert.equal(cli.protocol, 'ocpp2.1');
	assert.equal((await cli.call('BootNotification', {
		reason: 'PowerUp', chargingStation: { model: 'Peer', vendorName: 'Interop' },
	})).status, 'Accepted');
	const transactionId = nextId();
	let seqNo = 0;
	const event = (eventType, triggerReason, more = {}) => cli.call('TransactionEvent', {
		eventType, triggerReason, timestamp: now(), seqNo: seqNo++, transactionInfo: { transactionId }, ...more,
	});
	assert.equal((await event('Started', 'Authorized', { idToken: { idToken: 'DEMO-0001', type: 'ISO14443' } })).idTokenInfo.status, 'Accepted');
	await event('Updated', 'CostLimitReached'); // a trigger that 2.0.1 does not have
	await event('Ended', 'StopAuthorized');
	assert.equal((await api(`/api/v1/transactions/${transactionId}?station=${station.id}`)).body.complete, true);
	assert.equal((await cli.call('OpenPeriodicEventStream',
		{ constantStreamData: { id: 1, variableMonitoringId: 2, params: { interval: 5 } } })).status, 'Accepted');
	cli.sendRaw(JSON.stringify([6, nextId(), 'NotifyPeriodicEventStream',
		{ id: 1, pending: 0, basetime: now(), data: [{ t: 0, v: '230' }] }])); // nobody answers it
	assert.deepEqual(await cli.call('ClosePeriodicEventStream', { id: 1 }), {});
	assert.equal((await cli.call('PullDynamicScheduleUpdate', { chargingProfileId: 1 })).status, 'Rejected');
	assert.deepEqual(await cli.call('NotifyPriorityCharging', { transactionId, activated: true }), {});
	assert.equal((await cli.call('VatNumberValidation', { vatNumber: 'NL1' })).status, 'Rejected');
	assert.deepEqual(await cli.call('NotifySettlement',
		{ pspRef: 'p', status: 'Settled', settlementAmount: 1.5, settlementTime: now() }), {});
	const events = await api(`/api/v1/events?station=${station.id}&limit=50`);
	assert.ok(JSON.stringify(events.body).includes('NotifyPeriodicEventStream'));
	assert.deepEqual(cli.strict, []);
});
