// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { duration, kilowattHours, kilowatts, words } from '../format.js';
import { useAsked } from '../list.js';
import { Chart } from '../parts/chart.js';
import { curl, Facts, Lines, Loading, Panel, word } from '../parts/facts.js';
import { At } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';
import { route, to } from '../route.js';

const COLUMNS = [{ name: 'When', of: (e) => e.at, cell: (e) => html`<${At} at=${e.at} />` }, { name: 'No.', of: (e) => e.seq_no, number: true },
  { name: 'Event', of: (e) => e.type }, { name: 'Trigger', of: (e) => e.trigger, cell: (e) => words(e.trigger) || '–' },
  { name: 'State', of: (e) => e.charging_state, cell: (e) => words(e.charging_state) || '–' }, { name: 'kW', of: (e) => e.power_w, cell: (e) => kilowatts(e.power_w), number: true },
  { name: 'kWh', of: (e) => e.energy_wh, cell: (e) => kilowattHours(e.energy_wh), number: true }, { name: 'Charge, %', of: (e) => e.soc_percent, number: true }];

/** One value a second: the axis of a plot rises. */
function series(events) {
  const points = new Map();
  for (const e of events) {
    const at = Math.round(Date.parse(e.at) / 1000);
    const old = points.get(at) ?? {};
    points.set(at, { power: e.power_w ?? old.power ?? null, energy: e.energy_wh ?? old.energy ?? null });
  }
  const list = [...points].filter(([, p]) => p.power !== null || p.energy !== null).sort((a, b) => a[0] - b[0]);
  const of = (name) => list.map(([, p]) => (p[name] === null ? null : p[name] / 1000));
  return { at: list.map(([at]) => at), power: of('power'), energy: of('energy') };
}

export function Page({ id }) {
  const station = route.value.query.station ?? '';
  const path = `/api/v1/transactions/${encodeURIComponent(id)}${station && `?station=${encodeURIComponent(station)}`}`;
  const asked = useAsked(path, { live: ['transaction'], isWanted: (event) => event.ref === id });
  const tx = asked.value;
  if (!tx) return html`<${Loading} asked=${asked} />`;
  const { at, power, energy } = series(tx.series);
  const first = energy.find((e) => e !== null) ?? 0;
  return html`<div class="stack"><${Panel} id="facts" title="What it is"><${Facts} list=${[['Station', html`<a href=${to('stations', tx.station)}>${tx.station}</a>`],
      ['EVSE', tx.evse], ['State', words(tx.active ? tx.charging_state ?? 'Started' : 'Ended')], ['Why it ended', words(tx.stopped_reason)],
      ['Started', html`<${At} at=${tx.started_at} />`], ['Took', duration(tx.started_at, Date.parse(tx.ended_at ?? tx.last_at))],
      ['Energy', `${kilowattHours(tx.energy_wh)} kWh`], ['Power now', tx.active ? `${kilowatts(tx.power_w)} kW` : null], ['Charge', tx.soc_percent === null ? null : `${tx.soc_percent} %`],
      ['Token', tx.token], ['Events', `${tx.event_count}, numbers ${tx.first_seq_no} to ${tx.last_seq_no}`],
      ['Complete', tx.active ? 'it runs' : tx.complete ? 'yes, no event is missing' : 'no, events are missing']]} /><//>
    ${at.length > 1 && html`<${Panel} id="plots" title="Power and energy"><div class="pair"><${Chart} at=${at} label="Power" unit="kW" lines=${[{ label: 'Power', values: power }]} />
      <${Chart} at=${at} label="Energy" unit="kWh" digits=${3} lines=${[{ label: 'Energy', color: 2, values: energy.map((e) => (e === null ? null : e - first)) }]} /></div><//>`}
    <${Panel} id="events" title=${tx.truncated ? 'Events (the newest are not all here)' : 'Events'}><${Table} id="events-table" caption="Events of this transaction" columns=${COLUMNS}
      list=${{ rows: tx.series, isBusy: false, fault: '', forward: null, back: null }} keyOf=${(e) => `${e.seq_no}/${e.at}`} empty="None." /><//>
    <${Lines} lines=${[['command that shows this transaction', `voltseal tx show ${word(id)}${station && ` --station ${word(station)}`}`], ['request that shows this transaction', curl(path)]]} /></div>`;
}
