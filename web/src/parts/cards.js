// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { kilowatts } from '../format.js';
import { now, overview, running, seen, stations, version, watts } from '../state.js';

const SPARK_SECONDS = [60, 600]; // at least, at most
const SPARK_STEPS = 80;

/** How far back we can look: to where the first transaction began. */
function spanOf(nowMs) {
  const first = Math.min(...[...running.values(), ...seen.ended].map((tx) => tx.points[0]?.[0] ?? Infinity));
  return Math.min(Math.max(nowMs / 1000 - first, SPARK_SECONDS[0]), SPARK_SECONDS[1]);
}

/** Total power over these seconds: each transaction holds its last value until the next one. */
function totals(nowMs, span) {
  const end = nowMs / 1000;
  const sums = new Array(SPARK_STEPS + 1).fill(0);
  for (const { points, end: last = Infinity } of [...running.values(), ...seen.ended]) {
    let at = 0;
    for (let step = 0; step <= SPARK_STEPS; step++) {
      const t = end - span + (step * span) / SPARK_STEPS;
      while (at < points.length && points[at][0] <= t) at++;
      if (at > 0 && t < last) sums[step] += points[at - 1][1];
    }
  }
  return sums;
}

function Spark({ values }) {
  const top = Math.max(1, ...values);
  const line = values.map((v, i) => `${((i * 100) / (values.length - 1)).toFixed(2)},${(30 - (v * 27) / top).toFixed(2)}`);
  return html`<svg class="spark" viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <polygon points=${`0,32 ${line.join(' ')} 100,32`} /><polyline points=${line.join(' ')} /></svg>`;
}

function Card({ icon, tone, label, value, unit, note, children }) {
  return html`<div class="card"><dt><${Icon} name=${icon} tone=${tone} />${label}</dt>
    <dd><span class="big">${value}</span>${unit && html`<span class="unit">${unit}</span>`}
    <span class="dim note">${note}</span></dd>${children}</div>`;
}

export function Cards() {
  void version.value;
  const all = [...stations.values()];
  const txs = [...running.values()];
  const own = { stations: all.length, online: all.filter((s) => s.connected).length,
    faulted: all.filter((s) => s.connectors.some((c) => c.status === 'Faulted')).length,
    charging: txs.filter((t) => t.charging_state === 'Charging').length, running: txs.length,
    power_w: txs.reduce((sum, t) => sum + (watts(t) ?? 0), 0) };
  const { stations: count, online, faulted, charging, running: busy, power_w: power } = seen.isPartial ? overview.value : own;
  const span = spanOf(now.value);
  return html`<section aria-label="Summary"><dl class="cards">
    <${Card} icon="station" tone=${online === count ? 'good' : 'warn'} label="Online" value=${online}
      unit=${`/ ${count}`} note=${online === count ? 'all stations connected' : `${count - online} not connected`} />
    <${Card} icon="bolt" tone="busy" label="Charging" value=${charging}
      note=${`${busy ?? txs.length} transaction${busy === 1 ? '' : 's'} running`} />
    <${Card} icon="plug" tone="busy" label="Power" value=${kilowatts(power)} unit="kW" note=${span < 90 ? 'last minute' : `last ${Math.round(span / 60)} minutes`}>
      <${Spark} values=${totals(now.value, span)} /><//>
    <${Card} icon="alert" tone=${faulted ? 'bad' : 'idle'} label="Faulted" value=${faulted}
      note=${faulted ? 'needs a look' : 'nothing broken'} />
  </dl></section>`;
}
