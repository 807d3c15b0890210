// SPDX-License-Identifier: Apache-2.0
// Odd and hostile input: each has one clear answer, and a healthy neighbour never notices.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Raw, api, authorization, exchange, nextId, soon, takeBasic, takeMutual, upgradeRequest } from './peer.mjs';

const station = takeBasic(1);
let neighbour;

before(async () => {
	neighbour = await Raw.open(takeBasic(2));
	await neighbour.boot();
});
after(async () => {
	assert.equal((await neighbour.call('Heartbeat', {}))[0], 3);
	assert.equal((await neighbour.close()).code, 1000);
});

async function session() {
	const raw = await Raw.open(station);
	assert.equal((await raw.boot())[2].status, 'Accepted');
	return raw;
}

// --- OCPP: a CALLERROR, never a closed socket --------------------------------------------------

const time = '2026-11-20T12:00:00Z';
const status = { timestamp: time, connectorStatus: 'Available', evseId: 1, connectorId: 1 };
const violations = [
	['a missing member', 'StatusNotification', { ...status, evseId: undefined }, 'OccurrenceConstraintViolation'],
	['a wrong type', 'StatusNotification', { ...status, evseId: 'one' }, 'TypeConstraintViolation'],
	['a wrong enumeration', 'StatusNotification', { ...status, connectorStatus: 'Broken' }, 'PropertyConstraintViolation'],
	['a member too much', 'StatusNotification', { ...status, colour: 'red' }, 'FormatViolation'],
	['a text too long', 'BootNotification',
		{ reason: 'PowerUp', chargingStation: { model: 'M'.repeat(21), vendorName: 'V' } }, 'PropertyConstraintViolation'],
	['a bad date-time', 'StatusNotification', { ...status, timestamp: 'yesterday' }, 'TypeConstraintViolation'],
	['an empty array', 'MeterValues', { evseId: 1, meterValue: [] }, 'OccurrenceConstraintViolation'],
	['a payload that is no object', 'Heartbeat', [], 'TypeConstraintViolation'],
	['an action of the other side', 'Reset', { type: 'Immediate' }, /^Not(Supported|Implemented)$/],
];
for (const [what, action, payload, code] of violations) {
	test(`${what} is answered with ${code}`, async (t) => {
		const raw = await session();
		t.after(() => raw.close());
		const id = nextId();
		const answer = await raw.call(action, payload, id);
		assert.equal(answer[0], 4);
		assert.equal(answer[1], id);
		if (code instanceof RegExp) assert.match(answer[2], code);
		else assert.equal(answer[2], code);
		assert.equal((await raw.call('Heartbeat', {}))[0], 3);
	});
}

const texts = [
	['half a message', '[2,"x","Heartbeat",{'],
	['no JSON', 'hello'],
	['no array', '{"a":1}'],
	['an empty array', '[]'],
	['an unknown message type', '[9,"x","Heartbeat",{}]'],
	['deep nesting', '[2,"x","DataTransfer",{"vendorId":"v","data":' + '['.repeat(5000) + ']'.repeat(5000) + '}]'],
	['a duplicate key', '[2,"x","StatusNotification",{"evseId":1,"evseId":2,"timestamp":"' + time + '","connectorStatus":"Available","connectorId":1}]'],
	['an escaped half of a surrogate pair', '[2,"x","DataTransfer",{"vendorId":"\\ud800"}]'],
];
for (const [what, text] of texts) {
	test(`${what} is answered with an error and the session goes on`, async (t) => {
		const raw = await session();
		t.after(() => raw.close());
		const answer = await raw.ask(text);
		assert.equal(answer[0], 4);
		assert.match(answer[2], /^(FormatViolation|RpcFrameworkError|MessageTypeNotSupported|FormationViolation)$/);
		assert.equal((await raw.call('Heartbeat', {}))[0], 3);
	});
}

test('an answer to nothing is dropped and the session goes on', async (t) => {
	const raw = await session();
	t.after(() => raw.close());
	raw.ws.send('[3,"never-asked",{}]');
	raw.ws.send('[4,"never-asked","GenericError","",{}]');
	assert.equal((await raw.call('Heartbeat', {}))[0], 3);
});

test('a message sent again is answered the same and stored once, across a reconnect too', async (t) => {
	const transactionId = nextId();
	const id = nextId();
	const payload = {
		eventType: 'Started', triggerReason: 'CablePluggedIn', timestamp: new Date().toISOString(), seqNo: 0,
		transactionInfo: { transactionId }, evse: { id: 1, connectorId: 1 },
	};
	const first = await session();
	const answer = await first.call('TransactionEvent', payload, id);
	assert.equal(answer[0], 3);
	assert.deepEqual(await first.call('TransactionEvent', payload, id), answer);
	await first.close();
	const second = await session();
	t.after(() => second.close());
	assert.deepEqual(await second.call('TransactionEvent', payload, id), answer);
	// The same event under another id: known by transaction and seqNo.
	assert.equal((await second.call('TransactionEvent', { ...payload, offline: true }))[0], 3);
	const stored = await api(`/api/v1/transactions/${encodeURIComponent(transactionId)}?station=${station.id}`);
	assert.equal(stored.body.event_count, 1);
});

// --- WebSocket: RFC 6455 -----------------------------------------------------------------------

const heartbeat = () => `[2,"${nextId()}","Heartbeat",{}]`;

// A frame by hand. mask: null makes an unmasked one.
function frame(first, payload, mask = [1, 2, 3, 4]) {
	const data = Buffer.from(payload);
	const flag = mask ? 0x80 : 0;
	const head = data.length < 126 ? Buffer.of(first, flag | data.length)
		: Buffer.of(first, flag | 126, data.length >> 8, data.length & 255);
	return Buffer.concat([head, Buffer.from(mask ?? []), mask ? data.map((byte, i) => byte ^ mask[i % 4]) : data]);
}
const boot = () => `[2,"${nextId()}","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"Raw","vendorName":"I"}}]`;

// Upgrade, then the frames; the close code that comes back.
async function closeCode(...frames) {
	const heard = await exchange(Buffer.concat([Buffer.from(upgradeRequest(station)), ...frames]), { station });
	const body = heard.subarray(heard.indexOf('\r\n\r\n') + 4);
	assert.match(String(heard.subarray(0, 13)), /^HTTP\/1.1 101 /);
	for (let at = 0; at + 2 <= body.length;) {
		const size = body[at + 1] === 126 ? body.readUInt16BE(at + 2) : body[at + 1];
		const head = body[at + 1] === 126 ? 4 : 2;
		if (body[at] === 0x88) return body.readUInt16BE(at + head);
		at += head + size;
	}
	return 0;
}

const broken = [
	['an unmasked frame', 1002, () => frame(0x81, heartbeat(), null)],
	['a reserved bit', 1002, () => frame(0xc1, heartbeat())],
	['an unknown opcode', 1002, () => frame(0x83, heartbeat())],
	['a fragmented ping', 1002, () => frame(0x09, 'x')],
	['a ping of 126 bytes', 1002, () => frame(0x89, 'x'.repeat(126))],
	['a continuation of nothing', 1002, () => frame(0x80, heartbeat())],
	['a new message within one', 1002, () => Buffer.concat([frame(0x01, '[2,'), frame(0x81, heartbeat())])],
	['text that is not UTF-8', 1007, () => frame(0x81, Buffer.from([0x5b, 0xff, 0xfe, 0x5d]))],
	['a close code that nobody may send', 1002, () => frame(0x88, Buffer.from([0x03, 0xed]))],
];
for (const [what, code, bytes] of broken) {
	test(`${what} closes with ${code}`, async () => {
		assert.equal(await closeCode(frame(0x81, boot()), bytes()), code);
	});
}

test('a message in fragments, with a ping between them, is one message', async (t) => {
	const raw = await session();
	t.after(() => raw.close());
	const text = heartbeat();
	const pong = new Promise((resolve) => raw.ws.once('pong', resolve));
	raw.ws.send(text.slice(0, 5), { fin: false });
	raw.ws.ping('still here?');
	raw.ws.send(text.slice(5, 9), { fin: false });
	raw.ws.send(text.slice(9), { fin: true });
	assert.equal(String(await soon(pong, 'a pong')), 'still here?');
	assert.equal((await raw.next())[0], 3);
});

test('one byte at a time is slow, not wrong', async () => {
	const bytes = Buffer.concat([Buffer.from(upgradeRequest(station)), frame(0x81, boot())]);
	assert.match(String(await exchange(bytes, { station, until: '"currentTime"', pause: 1 })), /"Accepted"/);
});

test('an oversized message closes with 1009 and the station may come back', async () => {
	const raw = await session();
	raw.ws.send(`[2,"big","DataTransfer",{"vendorId":"v","data":"${'x'.repeat(300000)}"}]`);
	assert.equal((await soon(raw.closed, 'close')).code, 1009);
	const again = await session();
	assert.equal((await again.close()).code, 1000);
});

test('a station that was never registered may not send much', async () => {
	const raw = await Raw.open(takeBasic(5));
	raw.ws.send(`[2,"big","DataTransfer",{"vendorId":"v","data":"${'x'.repeat(20000)}"}]`);
	assert.equal((await soon(raw.closed, 'close')).code, 1009);
});

test('permessage-deflate is spoken, and a bomb is not inflated', async () => {
	const raw = await Raw.open(station, { perMessageDeflate: { threshold: 0 } });
	assert.match(raw.ws.extensions, /permessage-deflate/);
	assert.equal((await raw.boot())[2].status, 'Accepted');
	assert.equal((await raw.call('Heartbeat', {}))[0], 3);
	raw.ws.send(`[2,"bomb","DataTransfer",{"vendorId":"v","data":"${'x'.repeat(10 << 20)}"}]`);
	assert.equal((await soon(raw.closed, 'close')).code, 1009);
});

// --- who may come in ---------------------------------------------------------------------------

const refusal = async (options) => {
	const answer = String(await exchange(upgradeRequest(options.as ?? station, options), { station: options.tls, until: '\r\n\r\n' }));
	return answer.replace(/^Date: .*\r\n/mi, '');
};
const basic = (user, password) => ({ authorization: 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64') });

test('wrong password and unknown identity get the same bytes', async () => {
	const wrong = await refusal({ headers: basic(station.id, 'wrong-wrong-wrong') });
	const unknown = await refusal({ path: 'CS-9999', headers: basic('CS-9999', 'wrong-wrong-wrong') });
	assert.match(wrong, /^HTTP\/1.1 401 /);
	assert.equal(unknown, wrong);
});

test('who shows nothing, or is another one, is not let in', async () => {
	const mutual = takeMutual(1);
	const other = takeMutual(2);
	const expected = /^HTTP\/1.1 401 /;
	assert.match(await refusal({ headers: {} }), expected);
	assert.match(await refusal({ headers: basic(takeBasic(2).id, takeBasic(2).password) }), expected); // another one's user
	assert.match(await refusal({ path: takeBasic(2).id, headers: authorization(station) }), expected);
	assert.match(await refusal({ path: mutual.id, headers: {} }), expected); // a certificate is demanded
	assert.match(await refusal({ path: mutual.id, headers: {}, tls: other }), expected); // CN is not the identity
	assert.match(await refusal({ path: mutual.id.toLowerCase(), headers: {}, tls: mutual }), expected); // byte for byte
	assert.match(await refusal({ path: mutual.id + '%00', headers: {}, tls: mutual }), /^HTTP\/1.1 40[01] /);
	assert.match(await refusal({ path: mutual.id, headers: {}, tls: mutual, until: '\r\n\r\n' }), /^HTTP\/1.1 101 /);
});

test('without a subprotocol spoken here there is no upgrade', async () => {
	assert.match(await refusal({ protocol: 'ocpp9.9' }), /^HTTP\/1.1 400 /);
	assert.match(await refusal({ protocol: '' }), /^HTTP\/1.1 400 /);
	assert.match(await refusal({ protocol: 'ocpp9.9, ocpp2.0.1' }), /^HTTP\/1.1 101 [^]*Sec-WebSocket-Protocol: ocpp2.0.1\r\n/i);
});

test('requests that are no upgrade, or too much of one, are refused', async () => {
	const ask = async (text) => String(await exchange(text, { until: '\r\n\r\n' }));
	assert.match(await ask('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1.1 4/);
	assert.match(await ask('NONSENSE\r\n\r\n'), /^HTTP\/1.1 400 /);
	assert.match(await ask(`GET /ocpp/${'x'.repeat(3000)} HTTP/1.1\r\nHost: x\r\n\r\n`), /^HTTP\/1.1 414 /);
	assert.match(await ask(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9000)}\r\n\r\n`), /^HTTP\/1.1 431 /);
	assert.match(await ask(`GET / HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(100)}\r\n`), /^HTTP\/1.1 431 /);
});

test('the same station anew displaces its old session', async () => {
	const first = await session();
	const second = await session();
	await soon(first.closed, 'close');
	assert.equal((await second.call('Heartbeat', {}))[0], 3);
	await second.close();
});
