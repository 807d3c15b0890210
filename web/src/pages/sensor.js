// SPDX-License-Identifier: Apache-2.0
// One sensor device: its values as minimum, mean and maximum of each span of time, and the last of them one by one.
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAsked, usePages } from '../list.js';
import { may } from '../me.js';
import { Chart } from '../parts/chart.js';
import { Confirm } from '../parts/confirm.js';
import { curl, Facts, Lines, Loading, Panel, word } from '../parts/facts.js';
import { MessagesOf } from '../parts/messages.js';
import { At } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';
import { remember, route, to } from '../route.js';

const TABS = [['', 'Values'], ['messages', 'Live messages']];

const SPANS = { '15 minutes': 15, '1 hour': 60, '6 hours': 360, '1 day': 1440, '1 week': 10080 };
const BUCKETS = 120;
const AGAIN_MS = 5000; // no event tells of a reading: there are too many of them

function useAgain(run) {
  useEffect(() => {
    const timer = setInterval(run, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
}

const COLUMNS = [{ name: 'When', of: (r) => r.at, cell: (r) => html`<${At} at=${r.at} />` }, { name: 'Sensor', of: (r) => r.sensor_type },
  { name: 'Value', of: (r) => r.value, cell: (r) => (typeof r.value === 'object' ? JSON.stringify(r.value) : r.value), number: true }, { name: 'Unit', of: (r) => r.unit ?? null }];

function Plot({ path, kind, from }) {
  const asked = useAsked(`${path}/series?from=${from}&buckets=${BUCKETS}&sensor=${encodeURIComponent(kind)}`);
  useAgain(asked.again);
  const buckets = asked.value?.buckets;
  if (!buckets) return html`<${Loading} asked=${asked} />`;
  if (buckets.length < 2) return html`<p class="empty">Fewer than two values of ${kind} in this time.</p>`;
  const of = (name) => buckets.map((b) => b[name]);
  return html`<${Chart} at=${buckets.map((b) => Date.parse(b.at) / 1000)} label=${kind} unit="as measured" digits=${2} band=${true}
    lines=${[{ label: 'maximum', values: of('max'), color: 1, dash: [4, 3] }, { label: 'minimum', values: of('min'), color: 3, dash: [4, 3] }, { label: 'mean', values: of('mean'), color: 0 }]} />`;
}

export function Page({ id }) {
  const { tab } = route.value;
  return html`<nav class="tabs" aria-label=${`Views of ${id}`}>${TABS.map(([name, label]) => html`<a key=${name}
      href=${to(...['sensors', id, name].filter(Boolean))} aria-current=${name === tab ? 'page' : undefined}>${label}</a>`)}</nav>
    ${tab === 'messages' ? html`<${MessagesOf} of="sensor" id=${id} what="Measured values, keys and tokens are left out." />` : html`<${Values} id=${id} />`}`;
}

function Values({ id }) {
  const path = `/api/v1/sensors/${encodeURIComponent(id)}`;
  const [opened, setOpened] = useState(Date.now());
  const span = SPANS[route.value.query.span] ? route.value.query.span : '1 hour';
  const from = opened - SPANS[span] * 60_000;
  const asked = useAsked(path);
  const readings = usePages(`${path}/readings?from=${from}`, { limit: 500 });
  useAgain(readings.again);
  const sensor = asked.value;
  if (!sensor) return html`<${Loading} asked=${asked} />`;
  const kinds = [...new Set(readings.rows.filter((r) => typeof r.value === 'number').map((r) => r.sensor_type))].sort();
  const first = readings.rows.length ? Math.max(from, Date.parse(readings.rows[0].at)) : from; // a plot begins with its first value
  return html`<div class="columns"><div class="left">
    <${Panel} id="values" title="What it measured"><div class="tools"><label>Since<select onChange=${(e) => remember({ span: e.currentTarget.value })}>
        ${Object.keys(SPANS).map((s) => html`<option key=${s} selected=${s === span}>${s}</option>`)}</select></label>
        <button type="button" class="quiet" onClick=${() => setOpened(Date.now())}>Read again</button></div>
      ${kinds.map((kind) => html`<${Plot} key=${kind} path=${path} kind=${kind} from=${readings.number === 1 ? first : from} />`)}
      <${Table} id="readings-table" caption="Readings" columns=${COLUMNS} list=${readings} keyOf=${(r) => `${r.at}/${r.sensor_type}/${JSON.stringify(r.value)}`} empty="Nothing in this time." /><//></div>
    <div class="right"><${Panel} id="facts" title="What it is"><${Facts} list=${[['Device', sensor.device], ['Channel', 'sensor'], ['Let in', sensor.enabled ? 'yes' : 'no'],
        ['Token', sensor.has_token ? 'yes' : 'JWT only'], ['Sealed by', sensor.profile], ['Own key', sensor.public_key && html`<span class="mono">${sensor.public_key}</span>`], ['Added', html`<${At} at=${sensor.created_at} />`]]} />
      ${may('administrator') && html`<div class="row">
        <${Confirm} label="Revoke its tokens" title=${`Revoke what ${id} shows`} text="Every JWT that was issued to it so far is refused." onDone=${asked.again} run=${() => ask(`${path}/revoke`, { method: 'POST', body: {} })} />
        <${Confirm} label="Remove" title=${`Remove ${id}`} word=${id} text="It is refused from now on. What it sent stays." onDone=${() => { location.hash = to('sensors'); }} run=${() => ask(path, { method: 'DELETE' })} /></div>`}<//>
      <${Lines} lines=${[['command that lists its readings', `voltseal reading list ${word(id)}`], ['command that exports them', `voltseal reading export ${word(id)} --format csv`], ['request that lists them', curl(`${path}/readings`)]]} /></div></div>`;
}
