// SPDX-License-Identifier: Apache-2.0
// What the browser tests share: a daemon with simulated stations in a folder of its own, Chromium, and the things that
// every page must keep: nothing in the console, nothing that axe-core finds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

export const BUILD = path.resolve(process.env.BUILD ?? new URL('../../build', import.meta.url).pathname);
export const OUT = process.env.OUT ?? path.join(BUILD, 'e2e');
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE = Number(process.env.PATIENCE ?? 90_000);
export const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export async function until(what, check) {
  const end = Date.now() + PATIENCE;
  let last;
  while (Date.now() < end) {
    last = await check();
    if (last) return last;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`waited in vain for ${what}`);
}

export async function stop(child, signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, 'exit');
  child.kill(signal);
  await end;
}

function log(name) {
  fs.mkdirSync(OUT, { recursive: true });
  return fs.openSync(path.join(OUT, name), 'a');
}

/** A daemon of this many stations, its fleet and a browser. */
export class Stage {
  complaints = []; // of the console and of scripts
  isOutage = false; // requests may fail now
  name;
  stations;

  constructor(name, stations) {
    this.name = name;
    this.stations = stations;
    this.state = fs.mkdtempSync(path.join(os.tmpdir(), 'voltseal-e2e-'));
  }

  async daemonStart(...more) {
    const file = path.join(this.state, 'ready.json');
    fs.rmSync(file, { force: true });
    const out = log(`${this.name}-voltseald.log`);
    this.daemon = spawn(path.join(BUILD, 'voltseald'), ['dev', '--state', this.state, '--ready-file', file, '--stations', `${this.stations}`, ...more],
      { stdio: ['ignore', out, out] });
    await until('the ready file', () => {
      assert.equal(this.daemon.exitCode, null, 'voltseald ended: see its log');
      return fs.existsSync(file);
    });
    this.ready = JSON.parse(fs.readFileSync(file, 'utf8'));
  }

  /** Stations of a scenario; they connect again by themselves when the daemon was away. */
  fleetStart(scenario = 'demo', count = this.stations) {
    const out = log(`${this.name}-fleet.log`);
    this.fleet = spawn(path.join(BUILD, 'voltseal-sim'), ['fleet', '--scenario', scenario, '-n', `${count}`, '--url', this.ready.ocpp_url,
      '--ca', this.ready.ca_file, '--credentials', this.ready.credentials_file], { stdio: ['ignore', out, out] });
  }

  listenTo(tab) {
    tab.on('pageerror', (error) => this.complaints.push(`script: ${error.message}`));
    tab.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      if (this.isOutage && /Failed to load resource|ERR_/.test(message.text())) return;
      this.complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
  }

  async browserStart(...more) {
    this.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [...FLAGS, ...more] });
    this.context = await this.browser.newContext({ ignoreHTTPSErrors: true, colorScheme: 'light', viewport: { width: 1440, height: 1000 } });
    await this.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    this.page = await this.context.newPage();
    this.listenTo(this.page);
  }

  /** Within the page's own session, so that it counts as its own request. */
  async ask(route, method = 'GET', data = undefined) {
    const answer = await this.context.request.fetch(`${this.ready.api_url}${route}`, { method, data,
      headers: { Authorization: `Bearer ${this.ready.admin_token}` } });
    const text = await answer.text();
    assert.ok(answer.ok(), `${method} ${route}: ${answer.status()} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  link(tab = this.page) {
    return tab.locator('header .link').innerText();
  }

  async isLive(tab = this.page) {
    return (await this.link(tab)).trim() === 'Live';
  }

  async accessible(name) {
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => window.axe.run(document));
    assert.deepEqual(violations.map((v) => [v.id, v.nodes.map((n) => n.html)]), [], `axe, ${name}`);
  }

  /** In light and in dark, with a picture of both when there is a folder for them. */
  async inBoth(name) {
    for (const colorScheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme });
      await this.accessible(`${name}, ${colorScheme}`);
      if (process.env.PICTURES) await this.page.screenshot({ path: path.join(OUT, `${name}-${colorScheme}.png`) });
    }
    await this.page.emulateMedia({ colorScheme: 'light' });
  }

  /** What of the page is cut off or makes it wider than the window; what is in a box that scrolls by itself is not. */
  cutOff(tab = this.page) {
    return tab.evaluate(() => {
      const scrolls = (element) => element.closest('.scroll, .hidden, .skip, .spark, dialog, details:not([open]) > :not(summary)');
      const wide = [...document.querySelectorAll('body *')].filter((element) => {
        const { right, left, width } = element.getBoundingClientRect();
        return width > 0 && (right > innerWidth + 1 || left < -1) && !scrolls(element);
      });
      const found = wide.map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} ${(element.innerText ?? '').slice(0, 30)}`);
      const { scrollWidth } = document.documentElement;
      return scrollWidth > innerWidth ? [`the page is ${scrollWidth} wide`, ...found] : found;
    });
  }

  /** To a page, by its address; its title is there and its module is loaded. */
  async open(hash, title) {
    await this.page.evaluate((to) => { location.hash = to; }, hash);
    await this.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    await until(`the page ${title}`, async () => (await this.page.locator('main > .empty[role=status]').count()) === 0);
  }

  async end() {
    await this.page?.screenshot({ path: path.join(OUT, `${this.name}-last.png`), fullPage: true }).catch(() => {});
    await this.browser?.close();
    await stop(this.fleet, 'SIGINT');
    await stop(this.daemon, 'SIGTERM');
    fs.rmSync(this.state, { recursive: true, force: true });
  }
}
