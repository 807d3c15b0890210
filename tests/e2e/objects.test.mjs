// SPDX-License-Identifier: Apache-2.0
// The pages of devices, events, certificates, keys, claims, people and the audit log: what is changed on them is asked
// of the API afterwards, and what is shown once is not shown again.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BUILD, OUT, Stage, stop, until } from './harness.mjs';

const stage = new Stage('objects', 4);
const button = (name, exact = true) => stage.page.getByRole('button', { name, exact });
const rows = (table) => stage.page.locator(`#${table} tbody tr`);
const shown = (label) => stage.page.getByRole('textbox', { name: label, exact: true }).innerText();
const dialog = () => stage.page.locator('dialog[open]');
let secured; // a station with a certificate of our CA
let sensor;

/** Claims are made without the broker: it may be away for as long as it likes. */
function brokerOptions() {
  const [cert, key] = ['broker.pem', 'broker.key'].map((name) => path.join(stage.state, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=broker', '-days', '2',
    '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return ['--provision-broker', 'mqtts://127.0.0.1:1', '--provision-ca', cert, '--provision-cert', cert, '--provision-key', key];
}

before(async () => {
  await stage.daemonStart(...brokerOptions());
  stage.fleetStart('steady');
  await stage.browserStart();
  await stage.page.goto(stage.ready.login_url);
  await stage.page.waitForURL(stage.ready.dashboard_url);
  await until('the live stream', () => stage.isLive());
  await until('all stations', async () => (await stage.ask('/api/v1/overview')).online === stage.stations);
  secured = (await stage.ask('/api/v1/certificates?active=true')).items.find((c) => c.station)?.station;
});

after(async () => {
  await stop(sensor, 'SIGINT');
  await stage.end();
});

test('a sensor device is added, and what it measures is plotted', async () => {
  const { page } = stage;
  await stage.open('#/sensors', 'Sensors');
  await page.getByLabel('Name').fill('press-7');
  await button('Add device').click();
  const token = await shown('token');
  assert.ok(token.length > 20);
  await stage.inBoth('sensors');
  const file = path.join(stage.state, 'press-7.token');
  fs.writeFileSync(file, `${token}\n`, { mode: 0o600 });
  const out = fs.openSync(path.join(OUT, 'objects-sensor.log'), 'a');
  sensor = spawn(path.join(BUILD, 'voltseal-sim'), ['sensor', '--url', stage.ready.sensor_url, '--id', 'press-7', '--password-file', file, '--ca', stage.ready.ca_file,
    '--period', '200'], { stdio: ['ignore', out, out] });
  await until('readings', async () => (await stage.ask('/api/v1/sensors/press-7/readings?limit=100')).items.length > 20);
  await stage.open('#/sensors/press-7', 'Sensor press-7');
  assert.ok(!(await page.content()).includes(token), 'the token was shown once');
  await page.locator('.plot canvas').first().waitFor();
  await page.getByText('Show the plot as a table').first().click();
  assert.match(await page.locator('.twin table').first().innerText(), /minimum/);
  await stage.inBoth('sensor');
});

test('the messages of a sensor device are seen, and no value is', async () => {
  const { page } = stage;
  await page.evaluate(() => { location.hash = '#/sensors/press-7/messages'; });
  await until('messages', async () => (await page.locator('ol.messages li').count()) > 3);
  await page.locator('ol.messages li', { hasText: 'readings' }).first().locator('summary').click();
  await until('what is in one', async () => (await page.locator('ol.messages').innerText()).includes('(left out)'));
  const items = (await stage.ask('/api/v1/sensors/press-7/messages?limit=100')).items.filter((m) => m.action === 'readings');
  assert.ok(items.length > 1 && items.every((m) => m.channel === 'sensor' && m.sealed));
  for (const reading of items.flatMap((m) => JSON.parse(m.text).readings)) assert.equal(reading.value, '(left out)');
  await stage.inBoth('sensor-messages');
});

test('security events are filtered and acknowledged', async () => {
  const { page } = stage;
  await stage.open('#/events', 'Security events');
  await until('events', () => rows('events-table').count());
  await page.getByLabel('Not acknowledged').check();
  await until('the address', () => page.url().includes('open=true'));
  await until('events', () => rows('events-table').count());
  const id = await rows('events-table').first().getAttribute('data-key');
  await button(`Acknowledge event ${id}`).click();
  await until('it to leave the list', async () => (await page.locator(`#events-table tr[data-key="${id}"]`).count()) === 0);
  const event = (await stage.ask('/api/v1/events?security=true&limit=500')).items.find((e) => `${e.id}` === id);
  assert.ok(event.acknowledged_at);
  await stage.inBoth('events');
});

test('certificates have their line of time, and one is revoked after a question', async () => {
  const { page } = stage;
  await stage.open('#/certificates', 'Certificates');
  await until('certificates', () => rows('certificates-table').count());
  await page.getByText('Next end').waitFor();
  assert.ok((await page.locator('.timeline .life').count()) > 0);
  await stage.inBoth('certificates');
  const row = page.locator('#certificates-table tbody tr', { hasText: secured }).first();
  const serial = await row.getAttribute('data-key');
  await row.getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: `Certificate ${serial}` }).waitFor();
  await page.getByText('BEGIN CERTIFICATE').waitFor();
  await stage.inBoth('certificate');
  await button('Revoke').click();
  await dialog().getByLabel('Why').selectOption('key-compromise');
  await stage.accessible('a question');
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await stage.ask(`/api/v1/certificates/${serial}`)).state, 'valid');
  await button('Revoke').click();
  await dialog().getByLabel('Why').selectOption('key-compromise');
  await dialog().getByRole('button', { name: 'Revoke' }).click();
  await until('the page to say so', async () => /revoked/.test(await page.locator('.facts').first().innerText()));
  assert.equal((await stage.ask(`/api/v1/certificates/${serial}`)).reason, 'key-compromise');
  await until('the station to be shut out', async () => !(await stage.ask(`/api/v1/stations/${secured}`)).connected);
});

test('keys have their states, and a step of their life asks first', async () => {
  const { page } = stage;
  await stage.ask('/api/v1/keys', 'POST', { station: 'CS-0001', channel: 'psk' });
  await stage.open('#/keys', 'Keys');
  await until('keys', () => rows('keys-table').count());
  await stage.inBoth('keys');
  const row = page.locator('#keys-table tbody tr', { hasText: 'device/psk' }).first();
  await row.getByRole('button', { name: 'Revoke' }).click();
  await dialog().getByRole('button', { name: 'Revoke' }).click();
  await until('it to be revoked', async () => /revoked/.test(await page.locator('#keys-table tbody tr', { hasText: 'device/psk' }).first().innerText()));
  await page.locator('#keys-table tbody tr', { hasText: 'device/psk' }).first().getByRole('button', { name: 'Destroy' }).click();
  assert.equal(await dialog().getByRole('button', { name: 'Destroy' }).isDisabled(), true);
  await dialog().getByLabel('Type CS-0001 to go on').fill('CS-0001');
  await dialog().getByRole('button', { name: 'Destroy' }).click();
  await until('it to be destroyed', async () => (await stage.ask('/api/v1/keys?station=CS-0001')).items.some((k) => k.kind === 'device/psk' && k.state === 'destroyed'));
});

test('a claim is made with a QR code that can be read, listed and revoked', async () => {
  const { page } = stage;
  await stage.open('#/claims', 'Provisioning');
  await page.getByLabel('What it is').selectOption('sensor');
  await page.locator('input[name=identity]').fill('press-8');
  await button('Make a claim').click();
  const bundle = await shown('bundle');
  const claim = JSON.parse(bundle).claim_id;
  const code = page.getByRole('img', { name: `QR code of the bundle of claim ${claim}` });
  await code.waitFor();
  const picture = path.join(OUT, 'claim-qr.png');
  fs.writeFileSync(picture, await code.screenshot());
  assert.equal(execFileSync('zbarimg', ['--quiet', '--raw', '--nodbus', '-Sdisable', '-Sqrcode.enable', picture]).toString().trim(), bundle);
  await stage.inBoth('claims');
  await stage.open(`#/claims/${claim}`, `Claim ${claim}`);
  assert.ok(!(await page.content()).includes(JSON.parse(bundle).claim_secret), 'its secret was shown once');
  await stage.inBoth('claim');
  await button('Revoke').click();
  await dialog().getByRole('button', { name: 'Revoke' }).click();
  await until('it to be revoked', async () => (await stage.ask(`/api/v1/claims/${claim}`)).state === 'revoked');
});

test('a one-time token for registration is made and withdrawn', async () => {
  const { page } = stage;
  await stage.open('#/claims', 'Provisioning');
  await page.locator('input[name=enrol]').fill('CS-0077');
  await button('Make a token').click();
  assert.ok((await shown('token')).length > 20);
  await until('it to be listed', () => rows('enrolments-table').count());
  await rows('enrolments-table').first().getByRole('button', { name: 'Withdraw' }).click();
  await dialog().getByRole('button', { name: 'Withdraw' }).click();
  await until('it to be gone', async () => (await stage.ask('/api/v1/enrolments')).items.length === 0);
});

test('users are invited, API tokens shown once, tenants added', async () => {
  const { page } = stage;
  await stage.open('#/access', 'Users and tokens');
  await page.getByLabel('Login').fill('bob');
  await button('Invite').click();
  assert.match(await shown('invitation'), /#invitation=vsi_/);
  await until('bob', async () => (await rows('users-table').allInnerTexts()).some((t) => t.includes('bob')));
  await page.getByLabel('Role of bob').selectOption('auditor');
  await until('the role', async () => (await stage.ask('/api/v1/users')).items[0].role === 'auditor');
  await page.getByLabel('What it is for').fill('grafana');
  await button('Make a token').click();
  const token = await shown('API token');
  const answer = await stage.context.request.get(`${stage.ready.api_url}/api/v1/me`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal((await answer.json()).role, 'viewer');
  await page.getByLabel('Name').fill('acme');
  await button('Add tenant').click();
  await until('the tenant', async () => (await rows('tenants-table').allInnerTexts()).some((t) => t.includes('acme')));
  await stage.inBoth('access');
  await rows('tokens-table').first().getByRole('button', { name: 'Withdraw' }).click();
  await dialog().getByRole('button', { name: 'Withdraw' }).click();
  await until('the token to be gone', async () => (await stage.ask('/api/v1/api-tokens')).items.length === 0);
  await stage.open('#/stations', 'Stations');
  assert.ok(!(await page.content()).includes(token), 'the token was shown once');
});

test('the audit log has it, and the proof of an entry is counted again here', async () => {
  const { page } = stage;
  await stage.open('#/audit', 'Audit log');
  await until('entries', () => rows('audit-table').count());
  await stage.inBoth('audit');
  await page.getByLabel('What was done').fill('certificate.revoke');
  await page.getByLabel('Anywhere in it').fill('key-compromise');
  await button('Search').click();
  await until('only those', async () => (await rows('audit-table').count()) > 0 && (await rows('audit-table').allInnerTexts()).every((t) => t.includes('certificate.revoke')));
  assert.ok(page.url().includes('event=certificate.revoke'));
  const byHisClock = (date) => new Date(date - new Date(date).getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace('T', ' ');
  await page.getByLabel('Before', { exact: true }).fill(byHisClock(Date.now() - 3_600_000));
  await button('Search').click();
  await page.getByText('No entry is of this kind.').waitFor();
  await page.getByLabel('From', { exact: true }).fill(byHisClock(Date.now() - 3_600_000));
  await page.getByLabel('Before', { exact: true }).fill('');
  await button('Search').click();
  await until('those of the last hour', async () => (await rows('audit-table').count()) > 0);
  const row = page.locator('#audit-table tbody tr', { hasText: 'certificate.revoke' }).first();
  await row.getByRole('link').first().click();
  await page.getByText('Proven: this entry is in the log.').waitFor();
  assert.equal(await page.locator('#proof-steps li', { hasText: ': yes' }).count(), 3);
  await stage.inBoth('audit-entry');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Download the proof').click()]);
  const file = path.join(OUT, 'e2e.tlog-proof');
  await download.saveAs(file);
  const said = execFileSync(path.join(BUILD, 'voltseal'), ['audit', 'check-proof', file, '--vkey', await shown('key of the log')]).toString();
  assert.match(said, /certificate\.revoke/);
});

test('a proof that was changed does not hold', async () => {
  const { page } = stage;
  const { items } = await stage.ask('/api/v1/audit?limit=3');
  const answer = await stage.ask(`/api/v1/audit/${items[1].id}`);
  const verdicts = await page.evaluate(async ([good]) => {
    const { need } = await import(document.querySelector('script[type=module]').src); // the one that runs
    const { check } = need('proof.js');
    const holds = (a) => check(a).then((steps) => steps.map(([, yes]) => yes), () => ['refused']);
    const other = { ...good, entry: { ...good.entry, ev: 'nothing' } };
    const moved = { ...good, proof: good.proof.replace(/\nindex (\d+)\n/, (_, n) => `\nindex ${Number(n) - 1}\n`) };
    const forged = { ...good, proof: good.proof.replace(/(\n\n.*\n)(\d+)\n/, (_, a, n) => `${a}${Number(n) + 1}\n`) };
    return Promise.all([good, other, moved, forged].map(holds));
  }, [answer]);
  assert.deepEqual(verdicts[0], [true, true, true]);
  assert.equal(verdicts[1][0], false);
  assert.ok(verdicts[2][0] === 'refused' || verdicts[2][1] === false);
  assert.ok(verdicts[3][0] === 'refused' || verdicts[3].includes(false));
});

test('the simulator page makes lines that work', async () => {
  const { page } = stage;
  await stage.open('#/simulator', 'Simulator');
  await page.getByLabel('What they do').selectOption('steady');
  await page.getByLabel('How many').fill('1');
  const line = await shown('command that starts a fleet');
  assert.ok(line.includes(stage.ready.credentials_file) && line.includes(stage.ready.ca_file), line);
  const [, ...words] = line.split(' ').map((w) => w.replaceAll("'", ''));
  const said = execFileSync(path.join(BUILD, 'voltseal-sim'), [...words, '--duration', '1', '--grace', '1'], { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  assert.ok(said.length > 0);
  await stage.inBoth('simulator');
});

test('a viewer sees no button that he may not press', async () => {
  const { page } = stage;
  const made = await stage.ask('/api/v1/users', 'POST', { login: 'eve', role: 'viewer' });
  stage.isOutage = true; // the 401 between the two logins
  await button('Sign out').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(`${stage.ready.dashboard_url}#invitation=${made.invitation}`);
  await page.reload();
  await page.getByLabel('New password').fill('correct horse battery staple');
  await button('Go on').click();
  await until('the live stream', () => stage.isLive());
  stage.isOutage = false;
  for (const [hash, title] of [['#/', 'Overview'], ['#/stations', 'Stations'], ['#/stations/CS-0001', 'Station CS-0001'], ['#/events', 'Security events'], ['#/certificates', 'Certificates'],
    ['#/keys', 'Keys'], ['#/claims', 'Provisioning'], ['#/sensors', 'Sensors'], ['#/sensors/press-7', 'Sensor press-7']]) {
    await stage.open(hash, title);
    await until(`${title} to be read`, async () => (await page.locator('[aria-busy=true]').count()) === 0);
    for (const name of ['Add station', 'Send and wait', 'Disable', 'Remove', 'New password', 'Acknowledge', 'Revoke', 'Rotate', 'Destroy', 'Rewrap', 'Make a claim', 'Make a token', 'Add device', 'Invite']) {
      assert.equal(await button(name).count(), 0, `${name} on ${title}`);
    }
  }
  assert.equal(await page.locator('nav.pages a', { hasText: 'Audit log' }).count(), 0);
  await page.evaluate(() => { location.hash = '#/audit'; });
  await page.getByText('Your role does not show this page.').waitFor();
});

test('nothing complained', () => {
  assert.deepEqual(stage.complaints, []);
});
