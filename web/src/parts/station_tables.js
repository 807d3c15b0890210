// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { dateTime, words } from '../format.js';
import { Icon, SEVERITY } from '../icons.js';
import { usePages } from '../list.js';
import { curl, Lines, Panel, word } from './facts.js';
import { Table } from './table.js';

export function Severity({ word }) {
  const [icon, tone] = SEVERITY[word] ?? SEVERITY.info;
  return html`<span class="badge"><${Icon} name=${icon} tone=${tone} />${word}</span>`;
}

export const At = ({ at }) => html`<time datetime=${at} title=${at}>${dateTime(at)}</time>`;

const text = (value) => (value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value));

const VARIABLES = [
  { name: 'Component', of: (v) => [v.component, v.component_instance, v.evse !== null ? `EVSE ${v.evse}` : null].filter(Boolean).join(' ') },
  { name: 'Variable', of: (v) => [v.variable, v.variable_instance].filter(Boolean).join(' ') },
  { name: 'Attribute', of: (v) => v.attribute }, { name: 'Value', of: (v) => text(v.value) }, { name: 'Mutability', of: (v) => v.mutability },
  { name: 'Reported', of: (v) => v.reported_at, cell: (v) => html`<${At} at=${v.reported_at} />` }];
const HELD = [{ name: 'What', of: (h) => words(h.kind) }, { name: 'Number', of: (h) => h.number, number: true }, { name: 'Value', of: (h) => text(h.value) },
  { name: 'Since', of: (h) => h.at, cell: (h) => html`<${At} at=${h.at} />` }];

/** A list that comes whole: the server has no pages of it. */
function useWhole(path) {
  const list = usePages(path, { isWhole: true });
  return { ...list, forward: null, back: null };
}

export function Variables({ station }) {
  const path = `/api/v1/stations/${encodeURIComponent(station.identity)}`;
  const variables = useWhole(`${path}/variables`);
  const held = useWhole(`${path}/held`);
  return html`<div class="stack"><${Panel} id="variables" title="What it reported of itself">
      <${Table} id="variables-table" caption="Variables" columns=${VARIABLES} list=${variables}
        keyOf=${(v) => [v.component, v.component_instance, v.evse, v.connector, v.variable, v.variable_instance, v.attribute].join('/')}
        empty="It has reported nothing yet. Ask it on the page Summary: Read variables." /><//>
    <${Panel} id="held" title="What it holds"><${Table} id="held-table" caption="What it holds" columns=${HELD} list=${held} keyOf=${(h) => `${h.kind}/${h.number}`}
      empty="No reservations, charging profiles, monitors or messages." /><//>
    <${Lines} lines=${[['command that shows what it holds', `voltseal station holds ${word(station.identity)}`], ['request that lists its variables', curl(`${path}/variables`)]]} /></div>`;
}

const EVENTS = [{ name: 'When', of: (e) => e.at, cell: (e) => html`<${At} at=${e.at} />` },
  { name: 'Severity', of: (e) => e.severity, cell: (e) => html`<${Severity} word=${e.severity} />` },
  { name: 'What', of: (e) => words(e.type) }, { name: 'Security', of: (e) => (e.security ? 'yes' : 'no') },
  { name: 'Detail', of: (e) => text(e.payload), cell: (e) => html`<span class="mono">${text(e.payload) ?? '–'}</span>` }];

export function History({ station }) {
  const path = `/api/v1/events?station=${encodeURIComponent(station.identity)}`;
  const list = usePages(path, { live: ['security', 'notice'], isWanted: (event) => event.station === station.identity });
  return html`<div class="stack"><${Panel} id="history" title="Stored events"><${Table} id="history-table" caption="Events of this station" columns=${EVENTS} list=${list}
      keyOf=${(e) => e.id} empty="Nothing was stored about it yet." /><//>
    <${Lines} lines=${[['command that lists its events', `voltseal events --station ${word(station.identity)}`], ['request that lists its events', curl(path)]]} /></div>`;
}
