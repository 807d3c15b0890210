// SPDX-License-Identifier: Apache-2.0
// How soon the dashboard is seen: paint.mjs READY.json ROUNDS. Each round is a browser context that has seen nothing
// yet; measured are the first paint with something on it, and the first row of the table of stations. Prints JSON.
import fs from 'node:fs';
import { chromium } from 'playwright-core';
import { FLAGS } from './harness.mjs';

const [file, rounds] = process.argv.slice(2);
const ready = JSON.parse(fs.readFileSync(file, 'utf8'));
const PATIENCE_MS = 60_000;

function watch() { // in the page, before its own scripts
  window.rowAt = null;
  new MutationObserver((_, observer) => {
    if (!document.querySelector('#stations-table tbody tr')) return;
    window.rowAt = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
const found = { paint_ms: [], row_ms: [], rows: 0 };
for (let i = 0; i < Number(rounds); i++) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1440, height: 1000 } });
  await context.request.post(`${ready.api_url}/login`, { data: { token: ready.admin_token }, headers: { Origin: ready.api_url, 'X-Requested-With': 'voltseal' } });
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(`${ready.dashboard_url}#/stations`);
  await page.waitForFunction(() => window.rowAt !== null, null, { timeout: PATIENCE_MS });
  const [paint, row, rows] = await page.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, window.rowAt,
    document.querySelectorAll('#stations-table tbody tr').length]);
  found.paint_ms.push(paint);
  found.row_ms.push(row);
  found.rows = rows;
  await context.close();
}
await browser.close();
console.log(JSON.stringify(found));
