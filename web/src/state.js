// SPDX-License-Identifier: Apache-2.0
// What the page knows. Events change plain maps; `version` is raised a few times a second at most and redraws.
import { signal } from '@preact/signals';
import { ask } from './api.js';
import { listen } from './live.js';
import { me, meLoad } from './me.js';
import { passkeyUse } from './passkey.js';

const STATIONS_MAX = 100; // of the overview; the page of stations has all of them
const SERIES_MAX = 900;
const PLOTTED_MAX = 8; // lines: as many colours as the style sheet has
const SERIES_READ_MAX = 24;
const EVENTS_MAX = 60;
const ENDED_MAX = 200;
const REDRAW_MS = 200;
const SUMS_MS = 5000; // how often sums are read that we cannot make ourselves

export const version = signal(0);
export const link = signal('connecting');
export const now = signal(Date.now());
export const fault = signal('');
export const overview = signal(null);
export const heard = new Set(); // functions that hear each event, and {kind: 'resync'}

export const stations = new Map(); // identity -> station as the API gives it
export const running = new Map(); // station + id -> transaction with points: [[seconds, watts], ...]
export const seen = {
  events: [], // newest first
  isPartial: false, // there are more stations than `stations` holds
  ended: [], // {points, end} of transactions that ended while we looked, for the power of the last minutes
};

let redrawTimer = 0;
let isLoading = false;
let pending = []; // events that came while loading
let eventNumber = 0;

function redraw() {
  redrawTimer ||= setTimeout(() => {
    redrawTimer = 0;
    version.value += 1;
  }, REDRAW_MS);
}

const key = (station, id) => `${station} ${id}`;

function pointAdd(tx, at, watts) {
  if (watts === null || watts === undefined) return;
  const seconds = Date.parse(at) / 1000;
  const last = tx.points.at(-1);
  if (last && seconds <= last[0]) return;
  tx.points.push([seconds, watts]);
  if (tx.points.length > SERIES_MAX) tx.points = tx.points.filter((_, i) => i % 2 === 1 || i > SERIES_MAX / 2);
}

async function seriesLoad(tx) {
  const path = `/api/v1/transactions/${encodeURIComponent(tx.id)}?station=${encodeURIComponent(tx.station)}`;
  const whole = await ask(path);
  const later = tx.points;
  tx.points = [];
  for (const point of whole.series) pointAdd(tx, point.at, point.power_w);
  for (const [seconds, watts] of later) pointAdd(tx, seconds * 1000, watts);
  Object.assign(tx, { started_at: tx.started_at ?? whole.started_at, token: whole.token });
}

async function stationLoad(identity) {
  try {
    stations.set(identity, await ask(`/api/v1/stations/${encodeURIComponent(identity)}`));
  } catch (problem) {
    if (problem.status === 404) stations.delete(identity);
  }
  redraw();
}

function eventNote(event) {
  seen.events = [{ ...event, number: ++eventNumber }, ...seen.events].slice(0, EVENTS_MAX);
}

function transactionApply(event) {
  const id = key(event.station, event.ref);
  let tx = running.get(id);
  if (event.type === 'Ended') {
    if (tx) seen.ended = [...seen.ended, { points: tx.points, end: Date.parse(event.at) / 1000 }].slice(-ENDED_MAX);
    running.delete(id);
    eventNote(event);
    return;
  }
  if (!tx) {
    tx = { id: event.ref, station: event.station, evse: event.evse, connector: event.connector, active: true,
      started_at: event.type === 'Started' ? event.at : null, points: [] };
    running.set(id, tx);
    if (event.type !== 'Started') seriesLoad(tx).then(redraw, () => {});
  }
  if (event.type === 'Started') eventNote(event);
  for (const name of ['power_w', 'energy_wh', 'soc_percent', 'charging_state', 'evse', 'connector']) {
    if (event[name] !== null && event[name] !== undefined) tx[name] = event[name];
  }
  tx.last_at = event.at;
  pointAdd(tx, event.at, event.power_w);
}

function statusApply(station, event) {
  const found = station.connectors.find((c) => c.evse === event.evse && c.connector === event.connector);
  const connector = { evse: event.evse, connector: event.connector, status: event.type, at: event.at };
  if (found) Object.assign(found, connector);
  else station.connectors.push(connector);
}

function apply(event) {
  const station = stations.get(event.station);
  if (event.station && !station && event.kind !== 'refused' && !seen.isPartial) stationLoad(event.station);
  if (station) station.last_seen = event.at;
  switch (event.kind) {
    case 'connected':
    case 'disconnected':
      if (station) station.connected = event.kind === 'connected';
      eventNote(event);
      break;
    case 'boot':
      if (station) stationLoad(event.station);
      eventNote(event);
      break;
    case 'status':
      if (station) statusApply(station, event);
      eventNote(event);
      break;
    case 'transaction':
      transactionApply(event);
      break;
    default:
      eventNote(event);
  }
  redraw();
}

function replaceAll(map, entries) {
  map.clear();
  for (const [id, value] of entries) map.set(id, value);
}

/** Read everything; what happens meanwhile is applied afterwards. */
export async function load() {
  if (isLoading) return;
  isLoading = true;
  try {
    const [all, txs, past, recent, sums] = await Promise.all([
      ask(`/api/v1/stations?limit=${STATIONS_MAX}`),
      ask('/api/v1/transactions?active=true&limit=200'),
      ask('/api/v1/events?limit=30'),
      ask(`/api/v1/events/recent?limit=${EVENTS_MAX}`),
      ask('/api/v1/overview'),
      meLoad(),
    ]);
    seen.isPartial = all.next !== null;
    replaceAll(stations, all.items.map((s) => [s.identity, s]));
    replaceAll(running, txs.items.map((t) => [key(t.station, t.id), { ...t, points: [], line: running.get(key(t.station, t.id))?.line }]));
    await Promise.all([...running.values()].slice(0, SERIES_READ_MAX).map((tx) => seriesLoad(tx).catch(() => {})));
    if (seen.events.length === 0) {
      // What is in memory begins with the daemon; what it stored goes further back.
      const first = recent.items.at(-1)?.at ?? '9';
      const older = past.items.filter((e) => e.received_at < first).map((e) => ({ ...e, kind: 'stored' }));
      seen.events = [...recent.items, ...older].slice(0, EVENTS_MAX).map((e) => ({ ...e, number: ++eventNumber }));
    }
    overview.value = sums;
    fault.value = '';
  } catch (problem) {
    if (problem.status === 401) link.value = 'refused';
    else fault.value = problem.message;
  } finally {
    isLoading = false;
    const late = pending;
    pending = [];
    late.forEach(apply);
    redraw();
  }
}

export async function sumsLoad() {
  const sums = await ask('/api/v1/overview').catch(() => null);
  if (!sums) return;
  overview.value = sums;
  // No event tells of a station that was added or removed elsewhere.
  if (!seen.isPartial && sums.stations !== stations.size) load();
}

/** What it draws now; null when nobody knows: no value yet, or the station is not connected. */
export function watts(tx) {
  const isConnected = stations.get(tx.station)?.connected ?? seen.isPartial;
  return isConnected ? tx.power_w ?? null : null;
}

/** Running transactions by station and EVSE. */
export function inOrder() {
  return [...running.values()].sort((a, b) => a.station.localeCompare(b.station) || a.evse - b.evse);
}

/** Those that have a line in the plot. A line keeps its colour while its transaction runs. */
export function plotted() {
  const list = inOrder();
  const taken = new Set(list.map((tx) => tx.line));
  for (const tx of list) {
    for (let line = 0; tx.line === undefined && line < PLOTTED_MAX; line++) {
      if (!taken.has(line)) tx.line = line;
    }
    taken.add(tx.line);
  }
  return list.filter((tx) => tx.line !== undefined);
}

let stream = null;

export function start() {
  stream = listen({
    onEvent(event) {
      if (isLoading) pending.push(event);
      else apply(event);
      heard.forEach((hear) => hear(event));
    },
    onLink: (state) => { link.value = state; },
    onResync() {
      load();
      heard.forEach((hear) => hear({ kind: 'resync' }));
    },
  });
  setInterval(() => { now.value = Date.now(); }, 1000);
  setInterval(() => { if (link.value === 'live') sumsLoad(); }, SUMS_MS);
}

export async function signIn(token) {
  await ask('/login', { method: 'POST', body: { token } });
  stream.again();
}

export async function comeByPassword(fields) {
  await ask('/login/password', { method: 'POST', body: fields });
  stream.again();
}

export async function comeByPasskey() {
  await passkeyUse();
  stream.again();
}

export async function comeByInvitation(invitation, password) {
  await ask('/login/invitation', { method: 'POST', body: { invitation, password } });
  stream.again();
}

export async function signOut() {
  await ask('/logout', { method: 'POST', body: {} });
  me.value = null;
  location.reload();
}

export async function stationAdd(wanted) {
  const answer = await ask('/api/v1/stations', { method: 'POST', body: wanted });
  await stationLoad(answer.station.identity);
  return answer;
}
