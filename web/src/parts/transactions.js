// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { duration, kilowattHours, kilowatts, NONE, words } from '../format.js';
import { to } from '../route.js';
import { inOrder, now, plotted, version, watts } from '../state.js';
import { Plot } from './plot.js';

function Swatch({ line }) {
  if (line === undefined) return html`<span class="swatch"></span>`;
  return html`<svg class=${`swatch plot-${line + 1} dash-${Math.floor(line / 4)}`} viewBox="0 0 22 8"
    aria-hidden="true" focusable="false"><path d="M1 4h20" /></svg>`;
}

function Charge({ percent }) {
  if (percent === null || percent === undefined) return NONE;
  return html`<span class="charge"><span class="number">${percent} %</span>
    <progress max="100" value=${percent} aria-hidden="true"></progress></span>`;
}

export function Transactions() {
  void version.value;
  plotted(); // gives each its line
  const list = inOrder();
  return html`<section class="panel wide" aria-labelledby="tx-title">
    <h2 id="tx-title">Running transactions</h2>
    ${list.length === 0 && html`<p class="empty">Nothing is charging. A transaction appears here when a car plugs in.</p>`}
    <div class="tx" hidden=${list.length === 0}>
    <${Plot} />
    <div class="scroll" tabindex="0" role="region" aria-label="Table of running transactions">
    <table id="transactions"><caption class="hidden">Running transactions</caption>
    <thead><tr><th scope="col">Station</th><th scope="col">State</th><th scope="col" class="number">kW</th>
      <th scope="col" class="number">kWh</th><th scope="col">Charge</th><th scope="col" class="number">Since</th></tr></thead>
    <tbody>${list.map((tx) => html`<tr key=${`${tx.station} ${tx.id}`} title=${`Transaction ${tx.id}`}>
      <th scope="row"><${Swatch} line=${tx.line} /><a href=${`${to('transactions', tx.id)}?station=${encodeURIComponent(tx.station)}`}>${tx.station}</a>${tx.evse !== null && html`<span class="dim"> /${tx.evse}</span>`}</th>
      <td>${words(tx.charging_state ?? 'Started')}</td>
      <td class="number">${kilowatts(watts(tx))}</td>
      <td class="number">${kilowattHours(tx.energy_wh)}</td>
      <td><${Charge} percent=${tx.soc_percent} /></td>
      <td class="number dim">${duration(tx.started_at, now.value)}</td>
    </tr>`)}</tbody></table></div></div>
  </section>`;
}
