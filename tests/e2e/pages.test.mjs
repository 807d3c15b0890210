// SPDX-License-Identifier: Apache-2.0
// Every page of the dashboard, with what it is for: read, act, in light and dark, by keyboard, for axe-core.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { OUT, Stage, until } from './harness.mjs';

const stage = new Stage('pages', 4);
const button = (name, exact = true) => stage.page.getByRole('button', { name, exact });
const rows = (table) => stage.page.locator(`#${table} tbody tr`);
const terminalLines = () => stage.page.locator('.copy code').allInnerTexts();
let station;

async function copyLinesName(...words) {
  const text = (await terminalLines()).join('\n');
  for (const word of words) assert.ok(text.includes(word), `a line to copy has ${word}: ${text}`);
}

before(async () => {
  await stage.daemonStart();
  stage.fleetStart();
  await stage.browserStart();
  await stage.page.goto(stage.ready.login_url);
  await stage.page.waitForURL(stage.ready.dashboard_url);
  await until('the live stream', () => stage.isLive());
  await until('all stations', async () => (await stage.ask('/api/v1/overview')).online === stage.stations);
  station = (await stage.ask('/api/v1/stations?limit=1')).items[0].identity;
});

after(() => stage.end());

test('the pages are in one navigation, and a step to one moves the focus to its title', async () => {
  const { page } = stage;
  const names = await page.locator('nav.pages a').allInnerTexts();
  for (const name of ['Overview', 'Stations', 'Transactions', 'Sensors', 'Security events', 'Certificates', 'Keys', 'Provisioning', 'Users and tokens', 'Audit log', 'Nodes', 'Simulator', 'My account']) {
    assert.ok(names.includes(name), name);
  }
  await page.locator('nav.pages a', { hasText: 'Stations' }).focus();
  await page.keyboard.press('Enter');
  await until('the title to have the focus', () => page.evaluate(() => document.activeElement.tagName === 'H1' && document.activeElement.innerText === 'Stations'));
  assert.equal(await page.title(), 'Stations – Voltseal');
  await page.goBack();
  await until('the overview', async () => (await page.title()) === 'Overview – Voltseal');
  await stage.open('#/nowhere', 'No such page');
});

test('stations: a page of them, sorted, filtered, searched', async () => {
  const { page } = stage;
  await stage.open('#/stations', 'Stations');
  await until('all rows', async () => (await rows('stations-table').count()) === stage.stations);
  const first = () => rows('stations-table').first().getAttribute('data-key');
  const before = await first();
  await button('Station').click();
  await button('Station').click();
  assert.notEqual(await first(), before);
  assert.equal(await page.locator('#stations-table th').first().getAttribute('aria-sort'), 'descending');
  await page.getByLabel('Filter this page').fill(station);
  await until('one row', async () => (await rows('stations-table').count()) === 1);
  await page.getByLabel('Filter this page').fill('');
  await page.getByLabel('Identity begins with').fill(station);
  await until('the one that begins so', async () => (await rows('stations-table').count()) === 1 && (await first()) === station);
  assert.ok(page.url().includes(`q=${station}`), 'the search is in the address');
  await page.getByLabel('Identity begins with').fill('nothing');
  await page.getByText('No station begins with nothing.').waitFor();
  await page.getByLabel('Identity begins with').fill('');
  await until('all rows', async () => (await rows('stations-table').count()) === stage.stations);
  await copyLinesName('voltseal station list', 'curl ');
  await stage.inBoth('stations');
});

test('a list goes on page by page', async () => {
  const { page } = stage;
  const made = [];
  for (let i = 0; i < 55; i++) made.push(stage.ask('/api/v1/sensors', 'POST', { device: `press-${String(i).padStart(2, '0')}` }));
  await Promise.all(made);
  await stage.open('#/sensors', 'Sensors');
  await until('the first page', async () => (await rows('sensors-table').count()) === 50);
  await button('Next').click();
  await until('the second page', async () => (await rows('sensors-table').count()) === 5);
  assert.equal(await button('Next').isDisabled(), true);
  await button('Previous').click();
  await until('the first page again', async () => (await rows('sensors-table').count()) === 50);
});

test('a station: identity, security, actions whose answer comes back', async () => {
  const { page } = stage;
  await stage.open(`#/stations/${station}`, `Station ${station}`);
  for (const text of ['Channel', 'OCPP 2.0.1', 'Security profile reached', 'Replay protection', 'Last refused']) await page.getByText(text, { exact: false }).first().waitFor();
  await copyLinesName(`voltseal station show ${station}`, `/api/v1/stations/${station}`);
  await button('Ask for a heartbeat').click();
  await button('Send and wait').click();
  await page.locator('.result', { hasText: 'answered' }).waitFor();
  assert.match(await page.locator('.result').innerText(), /status.*Accepted/s);
  await stage.inBoth('station');
  stage.isOutage = true;
  await page.getByLabel('Payload, JSON').fill('{"requestedMessage":"Nonsense"}');
  await button('Send and wait').click();
  await page.locator('.fault', { hasText: 'VS-' }).waitFor();
  stage.isOutage = false;
});

test('a disabled station is refused, and its page says so', async () => {
  const { page } = stage;
  await button('Disable').click();
  await page.getByText('no: it is refused').waitFor();
  await until('the refusal', async () => /disabled/i.test(await page.locator('.facts div', { hasText: 'Last refused' }).innerText()));
  await button('Enable').click();
  await until('it to come back', async () => (await stage.ask(`/api/v1/stations/${station}`)).connected);
});

test('the views of a station', async () => {
  const { page } = stage;
  for (const [tab, heading, id] of [['transactions', 'Transactions, newest first', 'tx-table'], ['commands', 'Commands, newest first', 'commands-table'], ['keys', 'Certificates of our CA', 'keys-table'],
    ['variables', 'What it reported of itself', 'variables-table'], ['events', 'Stored events', 'history-table']]) {
    await page.evaluate((to) => { location.hash = to; }, `#/stations/${station}/${tab}`);
    await page.getByRole('heading', { name: heading }).waitFor();
    await until(`${tab} to be read`, async () => (await page.locator(`[aria-busy=true] #${id}`).count()) === 0);
    await stage.inBoth(`station-${tab}`);
  }
  await page.evaluate((to) => { location.hash = to; }, `#/stations/${station}/commands`);
  await rows('commands-table').first().getByRole('button').click();
  await page.getByRole('heading', { name: /TriggerMessage: / }).waitFor();
});

test('live messages: what both sides say, with latency, verdict and tree; filter, pause, download', async () => {
  const { page } = stage;
  const list = page.locator('.messages li');
  await page.evaluate((to) => { location.hash = to; }, `#/stations/${station}/messages`);
  await until('messages from before', () => list.count());
  await until('the stream', async () => (await page.locator('.count').innerText()).startsWith('Live'));
  const newest = async () => Number(await list.first().getAttribute('data-number'));
  const before = await newest();
  await stage.ask(`/api/v1/stations/${station}/commands`, 'POST', { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' }, wait_s: 20 });
  await until('a newer one', async () => (await newest()) > before);
  await page.getByLabel('Filter').fill('TriggerMessage');
  await until('the call and its answer', async () => (await list.count()) >= 2);
  const texts = await list.allInnerTexts();
  assert.ok(texts.some((t) => /sent/.test(t) && /call/.test(t)), texts.join());
  assert.ok(texts.some((t) => /received/.test(t) && /result/.test(t) && /\d (ms|s)/.test(t) && /valid/.test(t) && /plain/.test(t)), texts.join());
  await list.first().locator('summary').first().press('Enter');
  await list.first().locator('.tree').first().waitFor();
  await stage.inBoth('messages');
  await page.getByLabel('Filter').fill('');
  const [download] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
  const lines = fs.readFileSync(await download.path(), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
  assert.ok(lines.length > 2 && lines[0].number < lines.at(-1).number);
  await button('Pause').click();
  await page.getByText('Paused', { exact: false }).waitFor();
  const paused = await newest();
  await stage.ask(`/api/v1/stations/${station}/commands`, 'POST', { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' }, wait_s: 20 });
  assert.equal(await newest(), paused);
  await button('Go on').click();
  await until('what came meanwhile', async () => (await newest()) > paused);
});

test('a message that is wrong is shown with what is wrong, and a password is not shown', async () => {
  const { page } = stage;
  const { station: made, password } = await stage.ask('/api/v1/stations', 'POST', { identity: 'ODD-1', auth: 'basic' });
  const url = `${stage.ready.ocpp_url}${made.identity}`;
  const script = `
import asyncio, ssl, sys, websockets
async def main():
    tls = ssl.create_default_context(cafile=sys.argv[2])
    head = {'Authorization': 'Basic ' + __import__('base64').b64encode(f'{sys.argv[3]}:{sys.argv[4]}'.encode()).decode()}
    async with websockets.connect(sys.argv[1], ssl=tls, subprotocols=['ocpp2.0.1'], extra_headers=head) as ws:
        await ws.send('[2,"odd","BootNotification",{"reason":"PowerUp"}]')
        print(await ws.recv())
asyncio.run(main())`;
  const said = execFileSync('/usr/bin/python3', ['-c', script, url, stage.ready.ca_file, made.identity, password]).toString();
  assert.match(said, /^\[4,"odd"/);
  await page.evaluate((to) => { location.hash = to; }, '#/stations/ODD-1/messages?only=odd');
  await until('both', async () => (await page.locator('.messages li').count()) === 2);
  assert.match(await page.locator('.messages li', { hasText: 'received' }).innerText(), /chargingStation/);
  const text = JSON.stringify(await stage.ask('/api/v1/stations/ODD-1/messages'));
  assert.ok(!text.includes(password));
  await stage.ask('/api/v1/stations/ODD-1', 'DELETE');
});

test('transactions, and the plots of one', async () => {
  const { page } = stage;
  await stage.open('#/transactions', 'Transactions');
  await until('transactions', () => rows('tx-table').count());
  await page.getByLabel('Running only').check();
  const box = await page.getByLabel('Running only').boundingBox();
  assert.ok(box.width >= 16 && box.height >= 16, `the checkbox can be seen and hit: ${JSON.stringify(box)}`);
  await until('running ones', async () => (await page.locator('#tx-table').innerText()).includes('running'));
  assert.ok(page.url().includes('active=true'));
  await stage.inBoth('transactions');
  const tx = await until('one with values', async () => {
    for (const item of (await stage.ask('/api/v1/transactions?limit=20')).items) {
      const whole = await stage.ask(`/api/v1/transactions/${item.id}?station=${item.station}`);
      if (whole.series.filter((e) => e.power_w !== null).length > 3) return whole;
    }
    return null;
  });
  await page.evaluate((to) => { location.hash = to; }, `#/transactions/${tx.id}?station=${tx.station}`);
  await page.locator('.plot canvas').first().waitFor();
  assert.equal(await page.locator('.plot canvas').count(), 2);
  await page.getByText('Show the plot as a table').first().click();
  assert.ok((await page.locator('.twin tbody tr').count()) > 2, 'the plot has a table twin');
  await copyLinesName(`voltseal tx show ${tx.id}`);
  await stage.inBoth('transaction');
});

test('no page is cut off, on a desk or on a phone', async () => {
  const { page } = stage;
  const list = await page.locator('nav.pages a').evaluateAll((links) => links.map((link) => [link.getAttribute('href'), link.innerText.trim()]));
  assert.ok(list.length > 10, list);
  const [tx] = (await stage.ask('/api/v1/transactions?limit=1')).items;
  const objects = ['', '/messages', '/transactions', '/commands', '/keys', '/variables', '/events'].map((tab) => [`#/stations/${station}${tab}`, `Station ${station}`]);
  const wide = [];
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    for (const [hash, title] of [...list, ...objects, [`#/transactions/${tx.id}?station=${tx.station}`, `Transaction ${tx.id}`], ['#/nowhere', 'No such page']]) {
      await stage.open(hash, title);
      await until(`${title} to be read`, async () => (await page.locator('[aria-busy=true]').count()) === 0);
      for (const fault of await stage.cutOff()) wide.push(`${hash} at ${width}: ${fault}`);
      if (process.env.PICTURES) await page.screenshot({ path: `${OUT}/walk-${width}-${hash.replace(/[^a-z0-9]+/gi, '-')}.png`, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1440, height: 1000 });
  assert.deepEqual(wide, []);
});

test('nothing complained', () => {
  assert.deepEqual(stage.complaints, []);
});
