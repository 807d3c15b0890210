// SPDX-License-Identifier: Apache-2.0
// The peer of the measurements: npm ocpp-rpc as a server in strict mode, on TLS 1.3, doing what our daemon does but for
// storing. node peer.mjs CERT KEY; prints its port. Everybody is let in: it has no password to check.
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';

const { RPCServer } = createRequire(new URL('../interop/package.json', import.meta.url))('ocpp-rpc');
const [cert, key] = process.argv.slice(2).map((path) => fs.readFileSync(path));
const rpc = new RPCServer({ protocols: ['ocpp2.0.1'], strictMode: true, wssOptions: { perMessageDeflate: false }, pingIntervalMs: 0 });

rpc.auth((accept) => accept());
rpc.on('client', (client) => {
	client.handle('BootNotification', () => ({ currentTime: new Date().toISOString(), interval: 300, status: 'Accepted' }));
	client.handle('Heartbeat', () => ({ currentTime: new Date().toISOString() }));
	client.handle('MeterValues', () => ({}));
});

const server = https.createServer({ cert, key, minVersion: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' });
server.on('upgrade', rpc.handleUpgrade);
server.listen(0, '127.0.0.1', 4096, () => process.stdout.write(`${server.address().port}\n`));
