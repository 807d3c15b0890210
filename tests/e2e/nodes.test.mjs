// SPDX-License-Identifier: Apache-2.0
// Two real nodes with PostgreSQL and NATS between them, looked at over the second one: one list in the page, the API and
// the tool; a node that is drained from the page, and one that has gone.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { BUILD, OUT, Stage, until } from './harness.mjs';

const STATIONS = 4;
const MISSING = 77; // exit status of two_nodes.py
const stage = new Stage('nodes', STATIONS);
const { nodes, reason } = await begin();
const skip = reason ?? false;

/** {nodes}, the process that has them, with stage.ready of b; or {reason}, why there are none. */
async function begin() {
  fs.mkdirSync(OUT, { recursive: true });
  const out = fs.openSync(path.join(OUT, 'nodes-cluster.log'), 'a');
  const child = spawn('/usr/bin/python3', [new URL('two_nodes.py', import.meta.url).pathname, BUILD, stage.state, `${STATIONS}`], { stdio: ['pipe', 'pipe', out] });
  const [text] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit').then(() => [''])]);
  if (child.exitCode === MISSING) return { reason: 'PostgreSQL or nats-server is not installed (./dev deps all)' };
  assert.ok(text, 'the nodes do not start: see nodes-cluster.log');
  stage.ready = JSON.parse(text).b;
  return { nodes: child };
}

const row = (name) => stage.page.locator(`#nodes-table tbody tr[data-key="${name}"]`);
const button = (name, label) => row(name).getByRole('button', { name: label, exact: true });
const focused = () => stage.page.evaluate(() => document.activeElement.innerText);

/** The words of a row, by the titles of its columns. */
async function words(name) {
  const titles = (await stage.page.locator('#nodes-table thead th').allInnerTexts()).map((text) => text.replace(/[↑↓]/g, '').trim());
  const cells = await row(name).locator('th, td').allInnerTexts();
  return Object.fromEntries(titles.map((title, i) => [title, cells[i].trim()]));
}

const shows = (name, state, count) => until(`${name}: ${state}, ${count} stations`, async () => {
  const found = await words(name).catch(() => ({}));
  return found.State === state && found.Stations === `${count}`;
});

before(async () => {
  if (reason) return;
  await stage.browserStart();
  await stage.page.goto(stage.ready.login_url);
  await stage.page.waitForURL(stage.ready.dashboard_url);
  await until('the live stream', () => stage.isLive());
});

after(async () => {
  if (nodes?.exitCode === null) {
    const end = once(nodes, 'exit');
    nodes.stdin.end();
    await end;
  }
  await stage.end();
});

test('one list of nodes: the page, the API and the tool show the same', { skip }, async () => {
  const { page } = stage;
  await page.locator('#node-title').waitFor();
  await page.getByRole('link', { name: '2, 2 let stations in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Nodes' }).waitFor();
  await shows('a', 'lets stations in', STATIONS);
  await shows('b', 'lets stations in', 0);
  // It has a lease before it is heard; nothing is made up until then.
  await until('a to have said how it is', async () => (await words('a')).Version !== '–');
  const [found, { items }] = [(await stage.ask('/api/v1/overview')).nodes, await stage.ask('/api/v1/nodes')];
  assert.deepEqual(items.map((node) => [node.name, node.self, node.state, node.stations]), [['b', true, 'serving', 0], ['a', false, 'serving', STATIONS]]);
  assert.deepEqual(found.map(Object.keys), items.map(Object.keys));
  assert.deepEqual(found.map((node) => [node.name, node.state, node.stations, node.lease]), items.map((node) => [node.name, node.state, node.stations, node.lease]));
  for (const node of items) {
    const said = await words(node.name);
    assert.equal(said.Node, node.self ? 'b (this one)' : 'a');
    assert.match(said.Processor, new RegExp(`^\\d+ % of ${node.cores}$`));
    assert.match(said.Memory, /^[1-9]\d* MiB$/);
    assert.match(said.Store, /^\d+ waiting$/);
    assert.deepEqual([said['Audit log'], said.Version], ['is written', node.version]);
  }
  const printed = execFileSync(path.join(BUILD, 'voltseal'), ['node', 'list', '--ready-file', path.join(stage.state, 'cluster/b/ready.json')], { encoding: 'utf8' });
  assert.deepEqual(printed.trim().split('\n').slice(1).map((line) => line.split(/\s+/).slice(0, 3)), [['b', 'serving', '0'], ['a', 'serving', `${STATIONS}`]]);
  await stage.inBoth('nodes');
});

test('another node is drained from the page, and let in again, by keyboard', { skip }, async () => {
  const { page } = stage;
  await button('a', 'Drain').focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Drain a' });
  await dialog.waitFor();
  assert.match(await dialog.innerText(), /Other nodes have them then/);
  await stage.inBoth('nodes-ask');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await focused(), 'Drain');
  assert.equal((await words('a')).State, 'lets stations in');
  await page.keyboard.press('Enter');
  await dialog.getByLabel('Seconds').fill('0');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  await shows('a', 'drains: lets none in', 0);
  await shows('b', 'lets stations in', STATIONS);
  assert.equal((await stage.ask('/api/v1/nodes')).items.find((node) => node.name === 'a').state, 'draining');
  assert.match(await page.locator('#nodes-title').innerText(), /^1 of 2 /);
  await stage.inBoth('nodes-draining');
  await until('the focus to be where it was', async () => (await focused()) === 'Resume');
  await button('b', 'Drain').click();
  assert.match(await page.getByRole('dialog', { name: 'Drain b' }).innerText(), /no other node/);
  await page.keyboard.press('Escape');
  await button('a', 'Resume').focus();
  await page.keyboard.press('Enter');
  await shows('a', 'lets stations in', 0);
  await until('the focus to be where it was', async () => (await focused()) === 'Drain');
});

test('a node that ends in order has gone', { skip }, async () => {
  nodes.stdin.write('stop a\n');
  await shows('a', 'gone', 0);
  assert.equal((await words('a')).Do, '–');
  await stage.inBoth('nodes-gone');
});

test('nothing complained', { skip }, () => {
  assert.deepEqual(stage.complaints, []);
});
