// SPDX-License-Identifier: Apache-2.0
// Security events, and all others when they are asked for: filtered by the server, acknowledged one by one.
import { ask } from '../api.js';
import { html } from '../html.js';
import { words } from '../format.js';
import { useAction, useAsked, usePages } from '../list.js';
import { isPlatform, may } from '../me.js';
import { curl, Lines, Loading, Panel, word } from '../parts/facts.js';
import { At, Severity } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';
import { remember, route, to } from '../route.js';

const SEVERITIES = ['info', 'notice', 'warning', 'critical'];

function Acknowledge({ event, again }) {
  const saying = useAction(async () => {
    await ask(`/api/v1/events/${event.id}/acknowledge`, { method: 'POST' });
    again();
  });
  if (event.acknowledged_at) return html`<span title=${event.acknowledged_at}>by ${event.acknowledged_by ?? 'nobody known'}</span>`;
  if (!may('operator')) return 'no';
  return html`<button type="button" class="quiet" disabled=${saying.isBusy} onClick=${() => saying.go()} aria-label=${`Acknowledge event ${event.id}`}>Acknowledge</button>
    ${saying.fault && html`<span class="fault" role="alert">${saying.fault}</span>`}`;
}

const columns = (again) => [{ name: 'When', of: (e) => e.at, cell: (e) => html`<${At} at=${e.at} />` },
  { name: 'Severity', of: (e) => SEVERITIES.indexOf(e.severity), cell: (e) => html`<${Severity} word=${e.severity} />` },
  { name: 'What', of: (e) => words(e.type) }, { name: 'Station', of: (e) => e.station, cell: (e) => (e.station ? html`<a href=${to('stations', e.station)}>${e.station}</a>` : '–') },
  { name: 'Detail', of: (e) => JSON.stringify(e.payload ?? ''), cell: (e) => html`<span class="mono">${e.payload ? JSON.stringify(e.payload) : e.unreadable ?? '–'}</span>` },
  { name: 'Acknowledged', of: (e) => e.acknowledged_by, cell: (e) => html`<${Acknowledge} event=${e} again=${again} />` }];

function Alerts() {
  const asked = useAsked('/api/v1/alerts');
  const list = asked.value?.items ?? [];
  if (!asked.value) return html`<${Panel} id="alerts" title="Who is told"><${Loading} asked=${asked} /><//>`;
  return html`<${Panel} id="alerts" title="Who is told">${list.length === 0 && html`<p class="empty">No receivers of alerts are configured.</p>`}
    ${list.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label="Receivers"><table><caption class="hidden">Receivers of alerts</caption>
    <thead><tr><th scope="col">Receiver</th><th scope="col">Kind</th><th scope="col" class="number">Waiting</th><th scope="col" class="number">Given up</th></tr></thead>
    <tbody>${list.map((a) => html`<tr key=${a.name}><th scope="row">${a.name}</th><td>${a.kind}</td><td class="number">${a.waiting}</td><td class="number">${a.dead}</td></tr>`)}</tbody></table></div>`}<//>`;
}

export function Page() {
  const { severity = 'info', all = '', open = '', station = '' } = route.value.query;
  const query = new URLSearchParams({ ...(all ? {} : { security: 'true' }), ...(severity === 'info' ? {} : { severity }), ...(open ? { unacknowledged: 'true' } : {}), ...(station ? { station } : {}) });
  const path = `/api/v1/events${query.size ? `?${query}` : ''}`;
  const list = usePages(path, { live: ['security', 'notice'] });
  const check = (name, value, label) => html`<label class="check"><input type="checkbox" checked=${value !== ''} onChange=${(e) => remember({ [name]: e.currentTarget.checked ? 'true' : '' })} />${label}</label>`;
  const flags = `${all ? '' : ' --security'}${severity === 'info' ? '' : ` --severity ${severity}`}${open ? ' --unacknowledged' : ''}${station ? ` --station ${word(station)}` : ''}`;
  return html`<div class="stack"><${Panel} id="events" title="Newest first"><${Table} id="events-table" caption="Events" columns=${columns(list.again)} list=${list} keyOf=${(e) => e.id}
      empty="Nothing of this kind has happened."><label>At least<select onChange=${(e) => remember({ severity: e.currentTarget.value })}>
      ${SEVERITIES.map((s) => html`<option key=${s} selected=${s === severity}>${s}</option>`)}</select></label>
      ${check('open', open, 'Not acknowledged')}${check('all', all, 'Others, too')}<//><//>
    ${isPlatform() && html`<${Alerts} />`}<${Lines} lines=${[['command that lists them', `voltseal events${flags}`], ['command that acknowledges one', `voltseal event ack ${list.rows[0]?.id ?? 'N'}`], ['request that lists them', curl(path)]]} /></div>`;
}
