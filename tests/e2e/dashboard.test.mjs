// SPDX-License-Identifier: Apache-2.0
// The dashboard in Debian's Chromium against a real daemon with five simulated stations.
//
//   node --test dashboard.test.mjs            BUILD=../../build, screenshots in $BUILD/e2e
//   READY=FILE node --test dashboard.test.mjs against a daemon that runs already (it is not restarted then)
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { OUT, Stage, stop, until } from './harness.mjs';

const STATIONS = 5;
const stage = new Stage('dashboard', STATIONS);
let page, context, ready;

/** What is painted on the canvas: the axis' labels and the lines, each against the colour behind it. */
function painted() {
  return page.evaluate(() => {
    const { width, height } = document.querySelector('.plot canvas');
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(document.querySelector('.plot canvas'), 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const luminance = (r, g, b) => [r, g, b].map((c) => ((c / 255) <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = luminance(...getComputedStyle(document.querySelector('.panel')).backgroundColor.match(/\d+/g).slice(0, 3).map(Number));
    const left = Math.round(44 * devicePixelRatio);
    let labels = 0;
    let lines = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = (y * width + x) * 4;
        if (data[i + 3] < 200) continue;
        const own = luminance(data[i], data[i + 1], data[i + 2]);
        const contrast = (Math.max(own, behind) + 0.05) / (Math.min(own, behind) + 0.05);
        if (contrast < 3) continue;
        if (x < left) labels++;
        else lines++;
      }
    }
    return { labels, lines };
  });
}

async function plotIsPainted(name) {
  await until(`a plot that can be seen, ${name}`, async () => {
    const { labels, lines } = await painted();
    return labels > 40 && lines > 200;
  });
}

const link = () => stage.link();
const accessible = (name) => stage.accessible(name);
const rows = (table) => page.locator(`#${table} tbody tr`).count();
const isLive = () => stage.isLive();
const power = () => page.locator('#transactions tbody td:nth-child(3)').allInnerTexts();

async function metric(name) {
  const text = await (await context.request.get(`${ready.api_url}/metrics`,
    { headers: { Authorization: `Bearer ${ready.admin_token}` } })).text();
  return Number(text.match(new RegExp(`^${name} (\\d+)$`, 'm'))?.[1]);
}

before(async () => {
  fs.mkdirSync(OUT, { recursive: true });
  if (process.env.READY) stage.ready = JSON.parse(fs.readFileSync(process.env.READY, 'utf8'));
  else {
    await stage.daemonStart();
    stage.fleetStart();
  }
  await stage.browserStart();
  ({ page, context, ready } = stage);
});

after(() => stage.end());

test('without a login there is a sign-in page and no data', async () => {
  stage.isOutage = true; // the 401 of the first request is told to the console by the browser
  await page.goto(ready.dashboard_url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.match(await link(), /Signed out/);
  await accessible('sign in');
  await page.getByText('Without a user').click();
  await page.getByLabel('Admin token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This is not the admin token.').waitFor();
  stage.isOutage = false;
});

test('the one-time link logs in, once', async () => {
  await page.goto(ready.login_url);
  await page.waitForURL(ready.dashboard_url);
  await until('the live stream', isLive);
  const [cookie] = (await context.cookies()).filter((c) => c.name === '__Host-sid');
  if (!process.env.READY) {
    assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Strict' && cookie.path === '/');
    const stranger = await stage.browser.newContext({ ignoreHTTPSErrors: true });
    assert.equal((await stranger.request.get(ready.login_url)).status(), 401);
    await stranger.close();
  }
});

test('five stations are online and charging', async () => {
  await until('five stations', async () => (await rows('stations')) >= STATIONS);
  await until('five connected', async () => /^5/.test(await page.locator('.card').nth(0).locator('.big').innerText()));
  const charged = new Set(); // vehicles come and go: all at once is not promised
  await until('all five to charge', async () => {
    for (const row of await page.locator('#transactions tbody tr').all()) {
      const [name, kw] = await row.evaluate((tr) => [tr.cells[0].innerText, tr.cells[2].innerText]);
      if (Number(kw) > 0) charged.add(name.replace(/ \/.*/, ''));
    }
    return charged.size >= STATIONS;
  });
});

test('how the daemon itself is stands beside them', async () => {
  const panel = stage.page.locator('section', { has: stage.page.locator('#node-title') });
  await until('the key process answers', async () => /answers in [0-9.]+ ms/.test(await panel.innerText()));
  const { nodes: [node], key_process: keys } = await stage.ask('/api/v1/overview');
  assert.ok(node.memory_bytes > 1_000_000 && node.cores > 0 && node.store_lag_ms >= 0 && node.audit === 'ok' && keys === 'ok', JSON.stringify(node));
  assert.match(await panel.innerText(), /% of one core[\s\S]*MiB[\s\S]*ms behind/);
});

test('values change without a reload', async () => {
  await page.evaluate(() => { window.isSamePage = true; });
  const first = (await power()).join();
  await until('another value', async () => (await power()).join() !== first);
  assert.ok(await page.evaluate(() => window.isSamePage));
});

test('the plot can be seen in light and in dark, and nothing is inaccessible', async () => {
  await plotIsPainted('light');
  await accessible('light');
  await page.screenshot({ path: path.join(OUT, 'dashboard-light.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await plotIsPainted('dark');
  await accessible('dark');
  await page.screenshot({ path: path.join(OUT, 'dashboard-dark.png') });
  await page.getByText('Show the plot as a table').click();
  assert.ok((await page.locator('.twin tbody tr').count()) > 0, 'the plot has a table twin');
  await page.emulateMedia({ colorScheme: 'light' });
});

test('a station is added and its password is shown once', async () => {
  await page.getByLabel('Identity').fill('E2E-1');
  await page.getByRole('button', { name: 'Add station' }).click();
  await page.getByRole('heading', { name: 'E2E-1 may connect now' }).waitFor();
  const password = await page.getByRole('textbox', { name: 'password' }).innerText();
  assert.match(password, /^[A-Za-z0-9]{24}$/);
  const line = await page.getByRole('textbox', { name: 'simulator command' }).innerText();
  assert.ok(line.includes(password) && line.includes('E2E-1'));
  await page.getByRole('button', { name: 'Copy password' }).click();
  await until('the clipboard', async () => (await page.evaluate(() => navigator.clipboard.readText())) === password);
  await accessible('added');
  await page.screenshot({ path: path.join(OUT, 'dashboard-added.png') });
  await page.getByRole('button', { name: 'Done' }).click();
  assert.ok(!(await page.content()).includes(password));
  await page.locator('#stations tr[data-station="E2E-1"]').waitFor();
  stage.isOutage = true; // the 409 below
  await page.getByLabel('Identity').fill('E2E-1');
  await page.getByRole('button', { name: 'Add station' }).click();
  await page.getByText('VS-1210').waitFor();
  stage.isOutage = false;
});

test('a station that is removed or added elsewhere goes and comes', async () => {
  const shown = page.locator('#stations tr[data-station="E2E-2"]');
  await stage.ask('/api/v1/stations', 'POST', { identity: 'E2E-2', auth: 'basic' });
  await shown.waitFor();
  await stage.ask('/api/v1/stations/E2E-2', 'DELETE');
  await shown.waitFor({ state: 'detached' });
});

test('what happened is still there after a reload', async () => {
  const connected = page.locator('#events li', { hasText: /Connected|Booted|Connector|Transaction/ });
  await until('something to happen', () => connected.count());
  await page.reload();
  await until('it to be shown again', () => connected.count());
});

test('the keyboard alone is enough', async () => {
  await page.evaluate(() => document.activeElement?.blur());
  await page.reload();
  await until('the live stream', isLive);
  const seen = [];
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    seen.push(await page.evaluate(() => document.activeElement.name || document.activeElement.innerText || document.activeElement.ariaLabel || ''));
  }
  for (const wanted of ['Skip to content', 'Sign out', 'identity', 'auth', 'Add station', 'Copy']) {
    assert.ok(seen.some((text) => text.trim().startsWith(wanted)), `Tab reaches ${wanted}`);
  }
});

test('tabs share one stream, and the next takes it over', { skip: Boolean(process.env.READY) }, async () => {
  const other = await context.newPage();
  stage.listenTo(other);
  await other.goto(ready.dashboard_url);
  await until('the second tab', async () => (await other.locator('header .link').innerText()).trim() === 'Live');
  await until('its transactions', async () => (await other.locator('#transactions tbody tr').count()) > 0);
  assert.equal(await metric('voltseal_sse_clients'), 1);
  await page.close();
  page = other;
  stage.page = other;
  const first = (await power()).join();
  await until('another value', async () => (await power()).join() !== first);
  await until('one stream', async () => (await metric('voltseal_sse_clients')) === 1);
});

test('a killed daemon comes back and the page goes on', { skip: Boolean(process.env.READY) }, async () => {
  await page.evaluate(() => { window.isSamePage = true; });
  stage.isOutage = true;
  await stop(stage.daemon, 'SIGKILL');
  await until('the page to say so', async () => /lost/.test(await link()));
  await stage.daemonStart();
  ready = stage.ready;
  await until('the live stream', isLive);
  await until('transactions', async () => (await rows('transactions')) > 0);
  const first = (await power()).join();
  await until('another value', async () => (await power()).join() !== first);
  assert.ok(await page.evaluate(() => window.isSamePage));
  stage.isOutage = false;
});

test('signing out ends it', { skip: Boolean(process.env.READY) }, async () => {
  stage.isOutage = true;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByText('Without a user').click();
  await page.getByLabel('Admin token').fill(ready.admin_token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await until('the live stream', isLive);
  stage.isOutage = false;
});

test('a user comes by an invitation, and then by a password', { skip: Boolean(process.env.READY) }, async () => {
  stage.isOutage = true;
  const password = 'correct horse battery staple';
  const made = await context.request.post(`${ready.api_url}/api/v1/users`, {
    data: { login: 'ann', role: 'viewer' }, headers: { Origin: ready.api_url, 'X-Requested-With': 'voltseal' } });
  const { invitation } = await made.json();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(`${ready.dashboard_url}#invitation=${invitation}`);
  await page.reload();
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
  await accessible('choose a password');
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await until('the live stream', isLive);
  assert.equal(new URL(page.url()).hash, '');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Login').fill('Ann');
  await page.getByLabel('Password').fill('not this one at all');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('This is not right').waitFor();
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await until('the live stream', isLive);
  stage.isOutage = false;
});

test('nothing complained', () => {
  assert.deepEqual(stage.complaints, []);
});
