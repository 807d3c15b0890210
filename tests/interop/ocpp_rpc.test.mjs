// SPDX-License-Identifier: Apache-2.0
// npm ocpp-rpc in strict mode: it holds each of our answers against its own copy of the official schemas.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RPCClient } from 'ocpp-rpc';
import { api, nextId, ready, soon, takeBasic, takeMutual, tlsOptions } from './peer.mjs';

const client = (station) => new RPCClient({
	endpoint: ready.ocpp_url.replace(/\/$/, ''), identity: station.id, protocols: ['ocpp2.0.1'], strictMode: true,
	password: station.password || null, reconnect: false, callTimeoutMs: 15000,
	wsOpts: { ...tlsOptions(station), perMessageDeflate: true },
});

const token = (text) => ({ idToken: text, type: 'ISO14443' });
const sample = (wh, watts) => [{
	timestamp: new Date().toISOString(),
	sampledValue: [
		{ value: wh, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'Wh' } },
		{ value: watts, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W' } },
	],
}];

async function transaction(cli) {
	const transactionId = nextId();
	let seqNo = 0;
	const event = (eventType, triggerReason, more = {}, info = {}) => cli.call('TransactionEvent', {
		eventType, triggerReason, timestamp: new Date().toISOString(), seqNo: seqNo++,
		transactionInfo: { transactionId, ...info }, ...more,
	});
	const started = await event('Started', 'Authorized',
		{ idToken: token('DEMO-0001'), evse: { id: 1, connectorId: 1 }, meterValue: sample(1000, 0) }, { chargingState: 'EVConnected' });
	assert.equal(started.idTokenInfo.status, 'Accepted');
	for (let n = 1; n <= 3; n++) {
		assert.deepEqual(await event('Updated', 'MeterValuePeriodic', { meterValue: sample(1000 + 100 * n, 7360) },
			{ chargingState: 'Charging' }), {});
	}
	await event('Ended', 'StopAuthorized', { idToken: token('DEMO-0001'), meterValue: sample(1500, 0) },
		{ stoppedReason: 'Local', chargingState: 'Idle' });
	return transactionId;
}

for (const [how, station] of [['Basic', takeBasic(0)], ['a client certificate', takeMutual(0)]]) {
	test(`a whole session with ${how}`, async (t) => {
		const cli = client(station);
		const strict = [];
		cli.on('strictValidationFailure', (failure) => strict.push(failure));
		await cli.connect();
		t.after(() => cli.close());
		assert.equal(cli.protocol, 'ocpp2.0.1');

		const boot = await cli.call('BootNotification', {
			reason: 'PowerUp', chargingStation: { model: 'Peer', vendorName: 'Interop', firmwareVersion: '1.0', serialNumber: station.id },
		});
		assert.equal(boot.status, 'Accepted');
		assert.ok(boot.interval > 0);
		assert.ok(Math.abs(Date.parse(boot.currentTime) - Date.now()) < 60000, boot.currentTime);

		const beat = await cli.call('Heartbeat', {});
		assert.ok(Math.abs(Date.parse(beat.currentTime) - Date.now()) < 60000, beat.currentTime);
		assert.deepEqual(await cli.call('StatusNotification',
			{ timestamp: new Date().toISOString(), connectorStatus: 'Available', evseId: 1, connectorId: 1 }), {});
		assert.equal((await cli.call('Authorize', { idToken: token('DEMO-0001') })).idTokenInfo.status, 'Accepted');
		assert.equal((await cli.call('Authorize', { idToken: token('DEMO-BLOCKED') })).idTokenInfo.status, 'Blocked');
		assert.notEqual((await cli.call('Authorize', { idToken: token('NOBODY') })).idTokenInfo.status, 'Accepted');
		assert.deepEqual(await cli.call('MeterValues', { evseId: 1, meterValue: sample(1000, 0) }), {});
		assert.deepEqual(await cli.call('SecurityEventNotification',
			{ type: 'SettingSystemTime', timestamp: new Date().toISOString(), techInfo: 'interop' }), {});
		assert.deepEqual(await cli.call('NotifyEvent', {
			generatedAt: new Date().toISOString(), seqNo: 0,
			eventData: [{
				eventId: 1, timestamp: new Date().toISOString(), trigger: 'Alerting', actualValue: '1',
				eventNotificationType: 'HardWiredNotification', component: { name: 'EVSE' }, variable: { name: 'Problem' },
			}],
		}), {});
		assert.deepEqual(await cli.call('FirmwareStatusNotification', { status: 'Idle' }), {});
		assert.deepEqual(await cli.call('LogStatusNotification', { status: 'Idle' }), {});
		assert.match((await cli.call('DataTransfer', { vendorId: 'interop' })).status, /^(Accepted|Rejected|UnknownVendorId|UnknownMessageId)$/);

		const id = await transaction(cli);
		const stored = await api(`/api/v1/transactions/${encodeURIComponent(id)}?station=${station.id}`);
		assert.equal(stored.status, 200);
		assert.equal(stored.body.event_count, 5);
		assert.equal(stored.body.complete, true);
		assert.equal(stored.body.active, false);
		assert.equal(stored.body.energy_wh, 500);
		assert.equal(stored.body.stopped_reason, 'Local');
		assert.deepEqual(strict, []);
	});

	test(`a command reaches a station with ${how}`, async (t) => {
		const cli = client(station);
		const asked = [];
		cli.handle('TriggerMessage', ({ params }) => {
			asked.push(params);
			return { status: 'Accepted' };
		});
		await cli.connect();
		t.after(() => cli.close());
		await cli.call('BootNotification', { reason: 'PowerUp', chargingStation: { model: 'Peer', vendorName: 'Interop' } });
		const done = await soon(api(`/api/v1/stations/${station.id}/commands`, {
			method: 'POST', body: { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' }, wait_s: 15 },
		}), 'the command');
		assert.equal(done.status, 200);
		assert.equal(done.body.state, 'answered');
		assert.deepEqual(done.body.result, { status: 'Accepted' });
		assert.deepEqual(asked, [{ requestedMessage: 'Heartbeat' }]);
		// An action that the station does not know comes back as its error, not as a hang.
		const refused = await soon(api(`/api/v1/stations/${station.id}/commands`, {
			method: 'POST', body: { action: 'ClearCache', payload: {}, wait_s: 15 },
		}), 'the command');
		assert.equal(refused.body.state, 'refused');
	});
}

test('calls in both directions at once do not wait for each other', async (t) => {
	const station = takeBasic(0);
	const cli = client(station);
	// While it answers our command the station has a call of its own answered.
	cli.handle('TriggerMessage', async () => {
		await cli.call('Heartbeat', {});
		return { status: 'Accepted' };
	});
	await cli.connect();
	t.after(() => cli.close());
	await cli.call('BootNotification', { reason: 'PowerUp', chargingStation: { model: 'Peer', vendorName: 'Interop' } });
	const done = await soon(api(`/api/v1/stations/${station.id}/commands`, {
		method: 'POST', body: { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' }, wait_s: 15 },
	}), 'the command');
	assert.equal(done.body.state, 'answered');
});

test('an unknown action is NotImplemented and the session goes on', async (t) => {
	const cli = client(takeBasic(0));
	await cli.connect();
	t.after(() => cli.close());
	await cli.call('BootNotification', { reason: 'PowerUp', chargingStation: { model: 'Peer', vendorName: 'Interop' } });
	const id = nextId();
	const answer = new Promise((resolve) => {
		cli.on('message', ({ message, outbound }) => {
			const parsed = JSON.parse(String(message));
			if (!outbound && parsed[1] === id) resolve(parsed);
		});
	});
	cli.sendRaw(JSON.stringify([2, id, 'MakeCoffee', {}])); // its strict mode would not let it out
	const [type, , code] = await soon(answer, 'a CALLERROR');
	assert.equal(type, 4);
	assert.equal(code, 'NotImplemented');
	assert.ok((await cli.call('Heartbeat', {})).currentTime);
});
