// SPDX-License-Identifier: Apache-2.0
// What our CA has issued, and when it ends: as a line of time for each, and counted.
import { html } from '../html.js';
import { useAsked, usePages } from '../list.js';
import { isPlatform } from '../me.js';
import { certificateColumns, standing } from '../parts/cert_table.js';
import { curl, Facts, Lines, Loading, Panel } from '../parts/facts.js';
import { At } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';
import { remember, route } from '../route.js';

function Inventory() {
  const asked = useAsked('/api/v1/certificates/inventory');
  const i = asked.value;
  if (!i) return html`<${Loading} asked=${asked} />`;
  return html`<${Panel} id="inventory" title="What ends soon"><${Facts} list=${[['Valid', i.valid], ['Within 30 days', i.within_30_days], ['Within 14 days', i.within_14_days], ['Within 7 days', i.within_7_days],
    ['Within a day', i.within_1_day], ['Next end', html`<${At} at=${i.next_end} />`], ['Revoked', i.revoked], ['Superseded', i.superseded], ['Expired', i.expired],
    ['Revocation list', i.crl_number === null ? null : `number ${i.crl_number}`], ['Its next one', html`<${At} at=${i.crl_next_update} />`]]} /><//>`;
}

/** From the first beginning to the last end on this page; each a bar, today a line through it. */
export function timelineOf(rows, nowMs) {
  const from = Math.min(nowMs, ...rows.map((c) => Date.parse(c.not_before)));
  const to = Math.max(nowMs + 1, ...rows.map((c) => Date.parse(c.not_after)));
  const place = (ms) => ((ms - from) * 100) / (to - from);
  return { now: place(nowMs), bars: rows.map((c) => ({ x: place(Date.parse(c.not_before)), end: place(Date.parse(c.not_after)) })) };
}

function withTimeline(columns, rows) {
  const { now, bars } = timelineOf(rows, Date.now());
  const life = { name: 'Life', cell: (c) => {
    const bar = bars[rows.indexOf(c)];
    return html`<div class="timeline"><div class="span"><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label=${`from ${c.not_before.slice(0, 10)} to ${c.not_after.slice(0, 10)}, ${standing(c)[0]}`}>
      <rect class=${`life ${standing(c)[2]}`} x=${bar.x} width=${Math.max(0.5, bar.end - bar.x)} y="1" height="8" /><line class="life-now" x1=${now} x2=${now} y1="0" y2="10" vector-effect="non-scaling-stroke" /></svg></div></div>`;
  } };
  return [...columns.slice(0, 4), life, ...columns.slice(4)];
}

export function Page() {
  const isActive = route.value.query.active === 'true';
  const path = `/api/v1/certificates${isActive ? '?active=true' : ''}`;
  const list = usePages(path);
  return html`<div class="stack">${isPlatform() && html`<${Inventory} />`}
    <${Panel} id="certificates" title="Issued"><${Table} id="certificates-table" caption="Certificates" columns=${withTimeline(certificateColumns(list.again), list.rows)} list=${list} keyOf=${(c) => c.serial}
      empty="Our CA has issued none yet."><label class="check"><input type="checkbox" checked=${isActive} onChange=${(e) => remember({ active: e.currentTarget.checked ? 'true' : '' })} />Valid only</label><//><//>
    <${Lines} lines=${[['command that lists certificates', `voltseal cert list${isActive ? ' --active' : ''}`], ['command that counts them', 'voltseal cert inventory'],
      ['command that issues one', 'voltseal cert issue CS-0042 --out-dir .'], ['request that lists certificates', curl(path)]]} /></div>`;
}
