// SPDX-License-Identifier: Apache-2.0
// Certificates and keys of one station.
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, usePages } from '../list.js';
import { may } from '../me.js';
import { Copy } from './copy.js';
import { curl, Lines, Panel, word } from './facts.js';
import { certificateColumns } from './cert_table.js';
import { keyColumns } from './key_table.js';
import { Table } from './table.js';

function NewKey({ station, again }) {
  const making = useAction(async (channel) => {
    const answer = await ask('/api/v1/keys', { method: 'POST', body: { station: station.identity, channel } });
    again();
    return answer;
  });
  function submit(event) {
    event.preventDefault();
    making.go(new FormData(event.currentTarget).get('channel'));
  }
  return html`<form onSubmit=${submit} class="row"><label>Channel<select name="channel"><option value="psk">psk, sealed messages</option>
      <option value="field">field, sensors</option><option value="prov">prov, provisioning</option></select></label><button type="submit" disabled=${making.isBusy}>Make its first key</button></form>
    <p class="fault" role="alert">${making.fault}</p>
    ${making.answer && html`<p>This key is shown once. Bring it to the station.</p><${Copy} text=${making.answer.key} label="key" />`}`;
}

export function Keys({ station }) {
  const id = encodeURIComponent(station.identity);
  const certificates = usePages(`/api/v1/certificates?station=${id}`);
  const keys = usePages(`/api/v1/keys?station=${id}`);
  return html`<div class="stack"><${Panel} id="certificates" title="Certificates of our CA">
      <${Table} id="certificates-table" caption="Certificates of this station" columns=${certificateColumns(certificates.again)} list=${certificates} keyOf=${(c) => c.serial}
        empty=${station.auth === 'basic' ? 'It lets itself in by a password.' : 'Our CA has issued none to it.'} /><//>
    <${Panel} id="keys" title="Keys"><${Table} id="keys-table" caption="Keys of this station" columns=${keyColumns(keys.again)} list=${keys} keyOf=${(k) => `${k.kind}/${k.id ?? k.version}`}
      empty="It has no keys of its own: its messages are not sealed." />
      ${may('administrator') && html`<${NewKey} station=${station} again=${keys.again} />`}<//>
    <${Lines} lines=${[['command that lists its certificates', `voltseal cert list --station ${word(station.identity)}`], ['command that lists its keys', `voltseal key list --station ${word(station.identity)}`],
      ['request that lists its certificates', curl(`/api/v1/certificates?station=${id}`)]]} /></div>`;
}
