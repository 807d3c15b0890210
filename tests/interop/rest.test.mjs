// SPDX-License-Identifier: Apache-2.0
// The REST API as fetch sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Raw, api, ready, soon, stations, takeBasic } from './peer.mjs';

test('health needs no token, everything else does', async () => {
	assert.equal((await api('/livez', { token: '' })).status, 200);
	assert.equal((await api('/readyz', { token: '' })).status, 200);
	for (const path of ['/api/v1/stations', '/api/v1/overview', '/api/v1/transactions', '/api/v1/events', '/metrics']) {
		const refused = await api(path, { token: '' });
		assert.equal(refused.status, 401, path);
		assert.match(refused.type, /application\/problem\+json/);
		assert.match(refused.body.code, /^VS-\d{4}$/);
		assert.equal((await api(path, { token: 'x'.repeat(40) })).status, 401, path);
		assert.equal((await api(path)).status, 200, path);
	}
});

test('what is not there is a problem with a code', async () => {
	const missing = await api('/api/v1/stations/CS-9999');
	assert.equal(missing.status, 404);
	assert.equal(missing.body.code, 'VS-1211');
	assert.equal((await api('/api/v1/nothing')).status, 404);
	assert.equal((await api('/api/v1/overview', { method: 'DELETE' })).status, 405);
});

test('every station is listed, page by page', async () => {
	const seen = [];
	for (let cursor = ''; cursor !== null;) {
		const page = await api(`/api/v1/stations?limit=5${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
		assert.equal(page.status, 200);
		assert.ok(page.body.items.length <= 5);
		seen.push(...page.body.items.map((item) => item.identity));
		cursor = page.body.next;
	}
	for (const station of stations) assert.ok(seen.includes(station.id), station.id);
	assert.equal(new Set(seen).size, seen.length);
});

test('a station is added, comes in with its new password, and is removed', async () => {
	const added = await api('/api/v1/stations', { method: 'POST', body: { identity: 'NEW-1', auth: 'basic' } });
	assert.equal(added.status, 201);
	assert.equal(added.body.station.identity, 'NEW-1');
	const again = await api('/api/v1/stations', { method: 'POST', body: { identity: 'NEW-1' } });
	assert.equal(again.status, 409);
	assert.equal(again.body.code, 'VS-1210');
	const raw = await Raw.open({ id: 'NEW-1', password: added.body.password });
	assert.equal((await raw.boot())[0], 3);
	assert.equal((await api('/api/v1/stations/NEW-1')).body.connected, true);
	assert.equal((await api('/api/v1/stations/NEW-1', { method: 'DELETE' })).status, 204);
	await soon(raw.closed, 'the removed station is cut off');
	await assert.rejects(Raw.open({ id: 'NEW-1', password: added.body.password }), { status: 401 });
});

test('bad bodies are refused with what is wrong', async () => {
	const post = (body) => api('/api/v1/stations', { method: 'POST', body });
	for (const body of [{}, [], { identity: '' }, { identity: 'x'.repeat(49) }, { identity: 'a/b' }, { identity: 'OK-1', auth: 'nobody' },
		{ identity: 'OK-1', colour: 'red' }]) {
		const refused = await post(body);
		assert.ok(refused.status >= 400 && refused.status < 500, JSON.stringify(body));
		assert.match(refused.body.code, /^VS-1[12]\d\d$/);
	}
});

test('a command to a station that is away says so', async () => {
	const away = takeBasic(3);
	const raw = await Raw.open(away);
	await raw.boot();
	await raw.close();
	const answer = await api(`/api/v1/stations/${away.id}/commands`, {
		method: 'POST', body: { action: 'ClearCache', payload: {}, wait_s: 5 },
	});
	const said = answer.status === 409 ? answer.body.code : answer.body.error?.code;
	assert.equal(said, 'VS-1009');
});

test('live events arrive while they happen', async () => {
	const stop = new AbortController();
	const response = await fetch(`${ready.api_url}/api/v1/events/stream`,
		{ headers: { authorization: `Bearer ${ready.admin_token}` }, signal: stop.signal });
	assert.match(response.headers.get('content-type'), /text\/event-stream/);
	const station = takeBasic(3);
	const raw = await Raw.open(station);
	await raw.boot();
	await raw.call('StatusNotification', { timestamp: new Date().toISOString(), connectorStatus: 'Occupied', evseId: 1, connectorId: 1 });
	let text = '';
	const decoder = new TextDecoder();
	await soon((async () => {
		for await (const chunk of response.body) {
			text += decoder.decode(chunk, { stream: true });
			if (text.includes(`"${station.id}"`) && text.includes('Occupied')) return;
		}
	})(), 'the event');
	stop.abort();
	await raw.close();
});
