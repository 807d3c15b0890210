// SPDX-License-Identifier: Apache-2.0
// Ages: what the dashboard says of certificates and keys whose dates are known to this test, in words and as bars.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BUILD, Stage, until } from './harness.mjs';

const DAY_MS = 86_400_000;
const stage = new Stage('ages', 2);
const days = (n) => Date.now() + n * DAY_MS;
const made = {}; // name -> serial

/** Dates of the past, which nobody can ask our CA for: past the guards of the file, with their rows as they are. */
function backdate(statement, ...values) {
  execFileSync('/usr/bin/python3', ['-c', `
import sqlite3, sys
store = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
store.execute('BEGIN IMMEDIATE')
guards = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
for name, _ in guards:
    store.execute(f'DROP TRIGGER {name}')
found = store.execute(sys.argv[2], sys.argv[3:]).rowcount
for _, sql in guards:
    store.execute(sql)
store.execute('COMMIT')
sys.exit(0 if found == 1 else f'{found} rows')
`, path.join(stage.state, 'keystore.db'), statement, ...values.map(String)]);
}

function issue(name, ...more) {
  const folder = path.join(stage.state, `issued-${name}`);
  fs.mkdirSync(folder);
  execFileSync(path.join(BUILD, 'voltseal'), ['cert', 'issue', name, '--out-dir', folder, '--ready-file', path.join(stage.state, 'ready.json'), ...more]);
  const file = fs.readdirSync(folder).find((each) => /\.(crt|pem)$/.test(each) && fs.readFileSync(path.join(folder, each), 'utf8').includes('BEGIN CERTIFICATE'));
  const certificate = new X509Certificate(fs.readFileSync(path.join(folder, file)));
  made[name] = certificate.serialNumber.toLowerCase();
  return certificate;
}

const row = (table, key) => stage.page.locator(`#${table} tbody tr[data-key="${key}"]`);

/** The words of one cell, by the title of its column. */
async function cell(table, key, column) {
  const titles = (await stage.page.locator(`#${table} thead th`).allInnerTexts()).map((text) => text.replace(/[↑↓]/g, '').trim());
  assert.ok(titles.includes(column), `${column}: ${titles}`);
  return row(table, key).locator('th, td').nth(titles.indexOf(column));
}

async function state(name) {
  const found = await cell('certificates-table', made[name], 'State');
  return { text: (await found.innerText()).trim(), tone: await found.locator('svg').getAttribute('class') };
}

before(async () => {
  await stage.daemonStart('--auth', 'basic');
  await stage.browserStart();
  await stage.page.goto(stage.ready.login_url);
  await stage.page.waitForURL(stage.ready.dashboard_url);
  await until('the live stream', () => stage.isLive());
});

after(() => stage.end());

test('a certificate is as old as its own dates say, and its bar is as long', async () => {
  const { page } = stage;
  const long = issue('AGE-LONG', '--days', '200');
  issue('AGE-SOON', '--days', '20');
  issue('AGE-NOW', '--days', '5');
  issue('AGE-ENDED', '--days', '30');
  backdate('UPDATE certificate SET not_before_ms = ?, not_after_ms = ? WHERE serial = ?', days(-33), days(-3.5), made['AGE-ENDED']);
  issue('AGE-UNRENEWED', '--days', '300');
  backdate('UPDATE certificate SET not_before_ms = ?, not_after_ms = ? WHERE serial = ?', days(-300), days(100.5), made['AGE-UNRENEWED']);
  await stage.open('#/certificates', 'Certificates');
  await until('all five', async () => (await Promise.all(Object.values(made).map((serial) => row('certificates-table', serial).count()))).every((count) => count === 1));
  for (const [column, at] of [['From', long.validFrom], ['To', long.validTo]]) {
    const stamp = await (await cell('certificates-table', made['AGE-LONG'], column)).locator('time').getAttribute('datetime');
    assert.equal(Date.parse(stamp), Date.parse(at), column);
  }
  const whole = Math.floor((Date.parse(long.validTo) - Date.now()) / DAY_MS);
  assert.deepEqual([(await state('AGE-LONG')).text, whole === 199 || whole === 200], [`valid, ${whole} days`, true]);
  assert.match((await state('AGE-LONG')).tone, /good/);
  assert.match((await state('AGE-SOON')).text, /^valid, ends in (19|20) days$/);
  assert.match((await state('AGE-SOON')).tone, /warn/);
  assert.match((await state('AGE-NOW')).text, /^valid, ends in [45] days$/);
  assert.match((await state('AGE-NOW')).tone, /bad/);
  assert.equal((await state('AGE-ENDED')).text, 'overdue, ended 4 days ago');
  assert.match((await state('AGE-ENDED')).tone, /bad/);
  assert.equal((await state('AGE-UNRENEWED')).text, 'renewal overdue, ends in 100 days');
  assert.match((await state('AGE-UNRENEWED')).tone, /warn/);

  const { items } = await stage.ask('/api/v1/certificates?limit=50');
  const from = Math.min(Date.now(), ...items.map((c) => Date.parse(c.not_before)));
  const to = Math.max(Date.now(), ...items.map((c) => Date.parse(c.not_after)));
  const share = (ms) => ((ms - from) * 100) / (to - from);
  for (const serial of Object.values(made)) {
    const one = items.find((c) => c.serial === serial);
    const bar = await row('certificates-table', serial).locator('.timeline svg').evaluate((svg) => {
      const number = (element, name) => Number(element.getAttribute(name));
      const [rect, line] = [svg.querySelector('rect'), svg.querySelector('line')];
      return { x: number(rect, 'x'), end: number(rect, 'x') + number(rect, 'width'), now: number(line, 'x1'), words: svg.getAttribute('aria-label') };
    });
    assert.ok(Math.abs(bar.x - share(Date.parse(one.not_before))) < 0.2 && Math.abs(bar.now - share(Date.now())) < 0.2, `${one.common_name}: ${JSON.stringify(bar)}`);
    assert.ok(Math.abs(bar.end - Math.max(share(Date.parse(one.not_after)), bar.x + 0.5)) < 0.2, `${one.common_name}: ${JSON.stringify(bar)}`);
    assert.equal(bar.end < bar.now, one.common_name === 'AGE-ENDED', 'only what is over ends before the line of today');
    assert.ok(bar.words.startsWith(`from ${one.not_before.slice(0, 10)} to ${one.not_after.slice(0, 10)}, `), bar.words);
  }
  await page.getByText('What ends soon').waitFor();
  await stage.inBoth('ages-certificates');
});

test('a key has its age, what is due next, and is flagged when nobody replaced it', async () => {
  const names = stage.ready.stations?.slice?.(0, 2) ?? (await stage.ask('/api/v1/stations?limit=2')).items.map((s) => s.identity);
  const keys = {};
  for (const name of names) {
    await stage.ask('/api/v1/keys', 'POST', { station: name, channel: 'psk' }).catch((error) => assert.match(error.message, /EXISTS|409/));
    keys[name] = (await stage.ask(`/api/v1/keys?station=${name}`)).items.find((k) => k.kind === 'device/psk' && k.state === 'active');
  }
  const [young, old] = names;
  backdate('UPDATE key SET created_ms = ?, offered_ms = NULL, activated_ms = ? WHERE key_id = ?', days(-1000), days(-1000), keys[old].id);
  const at = (name) => `device/psk/${name}/${keys[name].id}/${keys[name].version}`;
  await stage.open('#/keys', 'Keys');
  await until('both keys', async () => (await row('keys-table', at(young)).count()) === 1 && (await row('keys-table', at(old)).count()) === 1);
  const words = async (name, column) => (await (await cell('keys-table', at(name), column)).innerText()).trim();
  const fresh = (await stage.ask(`/api/v1/keys?station=${young}`)).items.find((k) => k.id === keys[young].id);
  const due = Math.round((Date.parse(fresh.due_at) - Date.now()) / DAY_MS);
  assert.ok(due > 100 && due <= 366 && fresh.overdue === false, JSON.stringify(fresh));
  assert.match(await words(young, 'Due'), new RegExp(`^in (${due}|${due - 1}|${due + 1}) days$`));
  assert.match(await words(young, 'Age'), /^(just now|\d+ s|\d+ min)$/);
  const late = (await stage.ask(`/api/v1/keys?station=${old}`)).items.find((k) => k.id === keys[old].id);
  assert.equal(late.overdue, true);
  assert.equal(await words(old, 'Age'), '1000 days');
  assert.equal(await words(old, 'Since'), '1000 days ago');
  assert.equal(await words(old, 'Due'), `overdue since ${late.due_at.slice(0, 10)}`);
  assert.match(await (await cell('keys-table', at(old), 'Due')).locator('svg').getAttribute('class'), /bad/);
  assert.equal(await (await cell('keys-table', at(young), 'Due')).locator('svg').count(), 0);
  await stage.inBoth('ages-keys');
  assert.deepEqual(stage.complaints, []);
});
