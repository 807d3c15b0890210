// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { duration, kilowattHours, kilowatts, words } from '../format.js';
import { usePages } from '../list.js';
import { to } from '../route.js';
import { curl, Lines, Panel, word } from './facts.js';
import { At } from './station_tables.js';
import { Table } from './table.js';

const address = (tx) => `${to('transactions', tx.id)}?station=${encodeURIComponent(tx.station)}`;

export const COLUMNS = [
  { name: 'Transaction', of: (t) => t.id, cell: (t) => html`<a class="mono" href=${address(t)}>${t.id.slice(0, 13)}</a>` },
  { name: 'Station', of: (t) => t.station, cell: (t) => html`<a href=${to('stations', t.station)}>${t.station}</a>${t.evse !== null && ` /${t.evse}`}` },
  { name: 'State', of: (t) => (t.active ? t.charging_state ?? 'Started' : t.stopped_reason ?? 'Ended'), cell: (t) => words(t.active ? t.charging_state ?? 'Started' : `Ended: ${t.stopped_reason ?? 'no reason given'}`) },
  { name: 'Started', of: (t) => t.started_at, cell: (t) => html`<${At} at=${t.started_at} />` },
  { name: 'Took', of: (t) => (t.started_at ? Date.parse(t.ended_at ?? t.last_at) - Date.parse(t.started_at) : null), cell: (t) => duration(t.started_at, Date.parse(t.ended_at ?? t.last_at)), number: true },
  { name: 'kWh', of: (t) => t.energy_wh, cell: (t) => kilowattHours(t.energy_wh), number: true },
  { name: 'kW', of: (t) => t.power_w, cell: (t) => kilowatts(t.active ? t.power_w : null), number: true },
  { name: 'Charge', of: (t) => t.soc_percent, cell: (t) => (t.soc_percent === null ? '–' : `${t.soc_percent} %`), number: true },
  { name: 'Token', of: (t) => t.token }, { name: 'Whole', of: (t) => (t.active ? 'running' : t.complete ? 'yes' : 'events are missing') }];

export function StationTransactions({ station }) {
  const path = `/api/v1/transactions?station=${encodeURIComponent(station.identity)}`;
  const list = usePages(path, { live: ['transaction'], isWanted: (event) => event.station === station.identity });
  return html`<div class="stack"><${Panel} id="tx" title="Transactions, newest first"><${Table} id="tx-table" caption="Transactions of this station" columns=${COLUMNS} list=${list}
      keyOf=${(t) => t.id} empty="Nothing was charged here yet." /><//>
    <${Lines} lines=${[['command that lists its transactions', `voltseal tx list --station ${word(station.identity)}`], ['request that lists its transactions', curl(path)]]} /></div>`;
}
