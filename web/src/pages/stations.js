// SPDX-License-Identifier: Apache-2.0
// All stations, a page at a time: ten thousand of them are two hundred pages, and the server does the counting.
import { html } from '../html.js';
import { ago, profile } from '../format.js';
import { usePages } from '../list.js';
import { may } from '../me.js';
import { AddStation } from '../parts/add.js';
import { curl, Lines, Panel } from '../parts/facts.js';
import { Connectors } from '../parts/stations.js';
import { Table } from '../parts/table.js';
import { remember, route, to } from '../route.js';
import { now, overview } from '../state.js';

/** The cursor behind which the first identity that begins so comes: lists begin behind their cursor. */
export function before(prefix) {
  if (prefix === '') return '';
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) - 1)}~`;
}

const COLUMNS = [
  { name: 'Station', of: (s) => s.identity, cell: (s) => html`<a href=${to('stations', s.identity)}>${s.identity}</a>` },
  { name: 'Status', of: (s) => (s.connected ? s.connectors.map((c) => c.status).join(' ') || 'Connected' : 'Offline'),
    cell: (s) => html`<${Connectors} station=${s} />` },
  { name: 'Channel', of: (s) => (s.spoken ? `OCPP ${s.spoken}` : s.connected ? 'framed network' : null) },
  { name: 'Vendor, model', of: (s) => (s.vendor ? `${s.vendor} ${s.model ?? ''}` : null) },
  { name: 'Firmware', of: (s) => s.firmware },
  { name: 'Security', of: (s) => profile(s.auth) },
  { name: 'Messages', of: (s) => (s.e2e === 'off' ? 'TLS only' : `sealed: ${s.e2e}`) },
  { name: 'Last refused', of: (s) => s.refused ?? null, cell: (s) => (s.refused ? html`${s.refused.replaceAll('_', ' ')} <time class="dim" datetime=${s.refused_at} title=${s.refused_at}>${ago(s.refused_at, now.value)}</time>` : '–') },
  { name: 'Last seen', of: (s) => s.last_seen, cell: (s) => html`<time datetime=${s.last_seen} title=${s.last_seen}>${ago(s.last_seen, now.value)}</time>` },
];

function Search() {
  const q = route.value.query.q ?? '';
  return html`<label class="filter">Identity begins with<input type="search" name="q" value=${q} autocomplete="off" spellcheck="false" maxlength="48"
    onInput=${(e) => remember({ q: e.currentTarget.value.trim() })} /></label>`;
}

export function Page() {
  const q = route.value.query.q ?? '';
  const found = usePages('/api/v1/stations', { first: before(q), live: ['connected', 'disconnected', 'boot', 'status'] });
  const rows = found.rows.filter((s) => s.identity.startsWith(q));
  const list = { ...found, rows, forward: rows.length === found.rows.length ? found.forward : null };
  const sums = overview.value;
  return html`<div class="columns"><${Panel} id="stations" title=${sums ? `${sums.stations} stations, ${sums.online} online` : 'Stations'}>
      <${Table} id="stations-table" caption="Stations" columns=${COLUMNS} list=${list} keyOf=${(s) => s.identity}
        empty=${q ? `No station begins with ${q}.` : 'No stations yet. Add one on this page, or with voltseal station add.'}><${Search} /><//><//>
    <div class="right">${may('administrator') && html`<${AddStation} />`}
      <${Lines} lines=${[['command that lists stations', 'voltseal station list'], ['request that lists stations', curl('/api/v1/stations?limit=100')],
        ['command that exports stations', 'voltseal station export --format csv']]} /></div></div>`;
}
