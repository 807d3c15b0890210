// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { useAsked, usePages } from '../list.js';
import { may } from '../me.js';
import { curl, Lines, Loading, Panel, word } from './facts.js';
import { StationActions } from './station_actions.js';
import { At } from './station_tables.js';
import { Table } from './table.js';
import { Tree } from './tree.js';

function Details({ id }) {
  const asked = useAsked(`/api/v1/commands/${id}`, { live: ['command'], isWanted: (event) => event.ref === id });
  const command = asked.value;
  if (!command) return html`<${Loading} asked=${asked} />`;
  return html`<${Panel} id="command" title=${`${command.action}: ${command.state}`}><p class="mono">${command.id}</p>
    ${command.error && html`<p class="fault">${command.error.text} (${command.error.code})</p>`}
    <h3>Request</h3><${Tree} value=${command.request ?? null} /><h3>Result</h3><${Tree} value=${command.result ?? null} /><//>`;
}

export function Commands({ station }) {
  const [shown, setShown] = useState('');
  const path = `/api/v1/commands?station=${encodeURIComponent(station.identity)}`;
  const list = usePages(path, { live: ['command'], isWanted: (event) => event.station === station.identity });
  const columns = [{ name: 'Action', of: (c) => c.action, cell: (c) => html`<button type="button" class="quiet" aria-pressed=${shown === c.id} onClick=${() => setShown(c.id)}>${c.action}</button>` },
    { name: 'State', of: (c) => c.state }, { name: 'Error', of: (c) => c.error?.text ?? null },
    { name: 'Made', of: (c) => c.created_at, cell: (c) => html`<${At} at=${c.created_at} />` }, { name: 'Changed', of: (c) => c.changed_at, cell: (c) => html`<${At} at=${c.changed_at} />` }];
  return html`<div class="columns"><div class="left"><${Panel} id="commands" title="Commands, newest first">
      <${Table} id="commands-table" caption="Commands" columns=${columns} list=${list} keyOf=${(c) => c.id} empty="It was asked for nothing yet." /><//>
    ${may('operator') && html`<${StationActions} station=${station} />`}</div>
    <div class="right">${shown && html`<${Details} key=${shown} id=${shown} />`}
      <${Lines} lines=${[['command that lists its commands', `voltseal commands list --station ${word(station.identity)}`], ['request that lists its commands', curl(path)]]} /></div></div>`;
}
