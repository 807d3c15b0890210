// SPDX-License-Identifier: Apache-2.0
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, usePages } from '../list.js';
import { may } from '../me.js';
import { Copy } from '../parts/copy.js';
import { curl, Lines, Panel } from '../parts/facts.js';
import { At } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';
import { to } from '../route.js';

const COLUMNS = [{ name: 'Device', of: (s) => s.device, cell: (s) => html`<a href=${to('sensors', s.device)}>${s.device}</a>` },
  { name: 'Let in', of: (s) => (s.enabled ? 'yes' : 'no') }, { name: 'Token', of: (s) => (s.has_token ? 'yes' : 'JWT only') },
  { name: 'Sealed by', of: (s) => s.profile }, { name: 'Own key', of: (s) => (s.public_key ? 'yes' : 'no') },
  { name: 'Added', of: (s) => s.created_at, cell: (s) => html`<${At} at=${s.created_at} />` }];

function Add({ again }) {
  const adding = useAction(async (device) => {
    const answer = await ask('/api/v1/sensors', { method: 'POST', body: { device } });
    again();
    return answer;
  });
  function submit(event) {
    event.preventDefault();
    adding.go(new FormData(event.currentTarget).get('device').trim());
  }
  return html`<${Panel} id="add-sensor" title="Add a sensor device"><form onSubmit=${submit}>
      <label>Name<input name="device" required maxlength="48" autocomplete="off" spellcheck="false" /></label>
      <p class="fault" role="alert">${adding.fault}</p><button type="submit" disabled=${adding.isBusy}>Add device</button></form>
    ${adding.answer && html`<p>Its token is shown once. It is not stored here.</p><${Copy} text=${adding.answer.token} label="token" />`}<//>`;
}

export function Page() {
  const list = usePages('/api/v1/sensors');
  return html`<div class="columns"><${Panel} id="sensors" title="Sensor devices"><${Table} id="sensors-table" caption="Sensor devices" columns=${COLUMNS} list=${list}
      keyOf=${(s) => s.device} empty="No sensor devices yet." /><//>
    <div class="right">${may('administrator') && html`<${Add} again=${list.again} />`}
      <${Lines} lines=${[['command that lists devices', 'voltseal sensor list'], ['command that adds a device', 'voltseal sensor add press-7'], ['request that lists devices', curl('/api/v1/sensors')]]} /></div></div>`;
}
