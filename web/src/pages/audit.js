// SPDX-License-Identifier: Apache-2.0
// The audit log, newest first. Each entry leads to its proof.
import { instant } from '../format.js';
import { html } from '../html.js';
import { usePages } from '../list.js';
import { curl, Lines, Panel, word } from '../parts/facts.js';
import { At } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';
import { remember, route, to } from '../route.js';

const COLUMNS = [{ name: 'Entry', of: (a) => a.id, cell: (a) => html`<a class="mono" href=${to('audit', a.id)}>${a.id}</a>` },
  { name: 'When', of: (a) => a.entry.ts, cell: (a) => html`<${At} at=${a.entry.ts} />` }, { name: 'What', of: (a) => a.entry.ev }, { name: 'Result', of: (a) => a.entry.res },
  { name: 'Who', of: (a) => `${a.entry.actor.k} ${a.entry.actor.id}` }, { name: 'From', of: (a) => a.entry.src || null },
  { name: 'To what', of: (a) => Object.entries(a.entry.obj).map(([k, v]) => `${k} ${v}`).join(', '), cell: (a) => html`<span class="mono">${Object.entries(a.entry.obj).map(([k, v]) => `${k} ${v}`).join(', ')}</span>` },
  { name: 'Why', of: (a) => a.entry.why || null }];

const FILTERS = Object.entries({ contains: 'Anywhere in it', station: 'Station', event: 'What was done', actor: 'Who', from: 'From', to: 'Before' });
const TIMES = ['from', 'to'];

export function Page() {
  const { query } = route.value;
  const search = new URLSearchParams(FILTERS.map(([name]) => [name, TIMES.includes(name) ? instant(query[name] ?? '') : query[name] ?? '']).filter(([, value]) => value !== ''));
  const path = `/api/v1/audit${search.size ? `?${search}` : ''}`;
  const list = usePages(path);
  function submit(event) {
    event.preventDefault();
    remember(Object.fromEntries(new FormData(event.currentTarget)));
  }
  return html`<div class="stack"><${Panel} id="search" title="Search"><form onSubmit=${submit} class="row">${FILTERS.map(([name, label]) => html`<label key=${name}>${label}<input name=${name} value=${query[name] ?? ''} maxlength="64" autocomplete="off" spellcheck="false"
        placeholder=${TIMES.includes(name) ? '2026-11-22 08:00' : undefined} title=${TIMES.includes(name) ? 'by your clock; or RFC 3339, with its zone' : undefined} /></label>`)}
      <button type="submit">Search</button></form><//>
    <${Panel} id="audit" title="Entries below a checkpoint, newest first"><${Table} id="audit-table" caption="Audit entries" columns=${COLUMNS} list=${list} keyOf=${(a) => a.id} empty="No entry is of this kind." /><//>
    <${Lines} lines=${[['command that searches the log', `voltseal audit search STATE/audit${query.contains ? ` ${word(query.contains)}` : ''}${query.event ? ` --event ${word(query.event)}` : ''}`], ['command that verifies all of it', 'voltseal audit verify STATE/audit'], ['request that lists entries', curl(path)]]} /></div>`;
}
