// SPDX-License-Identifier: Apache-2.0
// The pictures of the dashboard in doc/: BUILD=../../build node pictures.mjs
import path from 'node:path';
import { Stage, until } from './harness.mjs';

const DOC = new URL('../../doc/', import.meta.url).pathname;
const STATIONS = 5;
const WATCHED_MS = 30_000; // until plots have something to show
const stage = new Stage('pictures', STATIONS);
const { page } = await open();

async function open() {
  await stage.daemonStart();
  stage.fleetStart();
  await stage.browserStart();
  await stage.page.goto(stage.ready.login_url);
  await stage.page.waitForURL(stage.ready.dashboard_url);
  await until('the live stream', () => stage.isLive());
  return stage;
}

const take = (name) => page.screenshot({ path: path.join(DOC, name) });

await new Promise((resolve) => { setTimeout(resolve, WATCHED_MS); });
await take('dashboard.png');
await stage.open('#/stations/CS-0002', 'Station CS-0002');
await page.getByText('Security profile reached').waitFor();
await take('pictures/station.png');
await page.evaluate(() => { location.hash = '#/stations/CS-0002/messages'; });
await until('messages', () => page.locator('.messages li').count());
await page.getByRole('button', { name: 'Pause' }).click(); // rows would move away from the click
await page.locator('.messages li', { hasText: 'result' }).first().locator('summary').first().click();
await take('pictures/messages.png');
const tx = (await stage.ask('/api/v1/transactions?limit=20&active=true')).items.sort((a, b) => b.event_count - a.event_count)[0];
await page.evaluate((to) => { location.hash = to; }, `#/transactions/${tx.id}?station=${tx.station}`);
await page.locator('.plot canvas').first().waitFor();
await page.emulateMedia({ colorScheme: 'dark' });
await take('pictures/transaction.png');
await page.emulateMedia({ colorScheme: 'light' });
await stage.open('#/certificates', 'Certificates');
await page.getByText('Next end').waitFor();
await take('pictures/certificates.png');
await stage.open('#/audit', 'Audit log');
await until('entries', () => page.locator('#audit-table tbody tr').count());
await page.locator('#audit-table tbody a').first().click();
await page.getByText('Proven: this entry is in the log.').waitFor();
await take('pictures/audit.png');
await stage.end();
