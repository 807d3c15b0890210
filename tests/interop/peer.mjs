// SPDX-License-Identifier: Apache-2.0
// What the suites share: the ready file, the credentials, raw sockets, raw WebSockets, the API.
import fs from 'node:fs';
import tls from 'node:tls';
import WebSocket from 'ws';

export const ready = JSON.parse(fs.readFileSync(process.env.VOLTSEAL_READY, 'utf8'));
export const ca = fs.readFileSync(ready.ca_file);
const url = new URL(ready.ocpp_url);
export const host = url.hostname;
export const port = Number(url.port);

export const stations = fs.readFileSync(ready.credentials_file, 'utf8').trim().split('\n').slice(1).map((line) => {
	const [id, password, cert, key] = line.split(',');
	return { id, password, cert: cert && fs.readFileSync(cert), key: key && fs.readFileSync(key) };
});
// One station for each purpose, so that no suite displaces another one's session.
const basic = stations.filter((station) => !station.cert);
const mutual = stations.filter((station) => station.cert);
export const takeBasic = (n) => basic[n];
export const takeMutual = (n) => mutual[n];

export const tlsOptions = (station) => ({ ca, ...(station?.cert ? { cert: station.cert, key: station.key } : {}) });
export const authorization = (station) =>
	(station.password ? { authorization: 'Basic ' + Buffer.from(`${station.id}:${station.password}`).toString('base64') } : {});

export const later = (ms, what) => new Promise((resolve, reject) => {
	setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms).unref();
});
export const soon = (promise, what) => Promise.race([promise, later(20000, what)]);

let counter = 0;
export const nextId = () => `${process.pid}-${Date.now()}-${counter++}`;

// A WebSocket without OCPP manners: sends what it is told, keeps what it hears.
export class Raw {
	static open(station, { protocols = ['ocpp2.0.1'], path = station.id, ...options } = {}) {
		const raw = new Raw();
		raw.heard = [];
		raw.waiting = [];
		raw.ws = new WebSocket(ready.ocpp_url + path, protocols, {
			perMessageDeflate: false, headers: authorization(station), ...tlsOptions(station), ...options,
		});
		raw.closed = new Promise((resolve) => raw.ws.once('close', (code, reason) => resolve({ code, reason: String(reason) })));
		raw.ws.on('message', (data) => {
			const message = JSON.parse(String(data));
			if (message[0] === 2) return; // a command of the daemon: none of these suites' business
			const waiter = raw.waiting.shift();
			if (waiter) waiter(message);
			else raw.heard.push(message);
		});
		raw.opened = new Promise((resolve, reject) => {
			raw.ws.once('open', () => resolve(raw));
			raw.ws.once('unexpected-response', (request, response) => {
				request.destroy();
				reject(Object.assign(new Error(`status ${response.statusCode}`), { status: response.statusCode }));
			});
			raw.ws.once('error', reject);
		});
		raw.ws.on('error', () => {}); // what matters is how it closes
		return soon(raw.opened, 'open');
	}

	next() {
		if (this.heard.length > 0) return Promise.resolve(this.heard.shift());
		return soon(new Promise((resolve) => this.waiting.push(resolve)), 'an answer');
	}

	ask(text) {
		this.ws.send(text);
		return this.next();
	}

	call(action, payload, id = nextId()) {
		return this.ask(JSON.stringify([2, id, action, payload]));
	}

	boot() {
		return this.call('BootNotification', { reason: 'PowerUp', chargingStation: { model: 'Raw', vendorName: 'Interop' } });
	}

	async close() {
		this.ws.close(1000);
		return soon(this.closed, 'close');
	}
}

// Bytes over TLS, and all that comes back until the other side ends or has said `until`.
export function exchange(bytes, { station, until, pause = 0 } = {}) {
	return soon(new Promise((resolve, reject) => {
		const chunks = [];
		const socket = tls.connect({ host, port, servername: 'localhost', ...tlsOptions(station) });
		const finish = () => {
			socket.destroy();
			resolve(Buffer.concat(chunks));
		};
		socket.once('secureConnect', async () => {
			if (!pause) {
				socket.write(bytes);
				return;
			}
			for (const byte of Buffer.from(bytes)) {
				socket.write(Buffer.of(byte));
				await new Promise((resume) => { setTimeout(resume, pause); });
			}
		});
		socket.on('data', (data) => {
			chunks.push(data);
			if (until && Buffer.concat(chunks).includes(until)) finish();
		});
		socket.once('end', finish);
		socket.once('close', finish);
		socket.once('error', (error) => (chunks.length > 0 || error.code === 'ECONNRESET' ? finish() : reject(error)));
	}), 'an end');
}

export const upgradeRequest = (station, { path = station.id, protocol = 'ocpp2.0.1', headers = authorization(station) } = {}) =>
	[`GET ${url.pathname}${path} HTTP/1.1`, `Host: ${host}:${port}`, 'Upgrade: websocket', 'Connection: Upgrade',
		'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13',
		...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
		...(headers.authorization ? [`Authorization: ${headers.authorization}`] : []), '', ''].join('\r\n');

export async function api(path, { method = 'GET', body, token = ready.admin_token, headers = {} } = {}) {
	const response = await fetch(ready.api_url + path, {
		method,
		headers: {
			...(token ? { authorization: `Bearer ${token}` } : {}),
			...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
		},
		body: body === undefined ? undefined : JSON.stringify(body),
	});
	const text = await response.text();
	const type = response.headers.get('content-type') ?? '';
	return { status: response.status, type, headers: response.headers, body: type.includes('json') ? JSON.parse(text) : text };
}
