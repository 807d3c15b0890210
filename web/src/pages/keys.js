// SPDX-License-Identifier: Apache-2.0
// Every key with the state of its life, and what goes on with many of them at once. What is in them is nowhere here.
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAsked, usePages } from '../list.js';
import { may, me } from '../me.js';
import { Confirm } from '../parts/confirm.js';
import { curl, Lines, Loading, Panel } from '../parts/facts.js';
import { keyColumns } from '../parts/key_table.js';
import { At } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';

function Jobs({ jobs }) {
  if (!jobs.value) return html`<${Loading} asked=${jobs} />`;
  return html`<${Panel} id="jobs" title="What takes long">${jobs.value.items.length === 0 && html`<p class="empty">Nothing was rewrapped, re-encrypted or erased yet.</p>`}
    <ul class="plain">${jobs.value.items.map((j) => html`<li key=${j.id}><b>${j.kind}</b> ${j.subject} ${j.state}, ${j.done} of ${j.total} <span class="dim"><${At} at=${j.started_at} /> ${j.error}</span></li>`)}</ul><//>`;
}

export function Page() {
  const list = usePages('/api/v1/keys');
  const jobs = useAsked('/api/v1/keys/jobs?limit=10');
  const again = () => {
    list.again();
    jobs.again();
  };
  return html`<div class="columns"><${Panel} id="keys" title="Keys by number"><${Table} id="keys-table" caption="Keys" columns=${keyColumns(list.again)} list=${list}
      keyOf=${(k) => `${k.kind}/${k.owner ?? ''}/${k.id ?? ''}/${k.version}`} empty="There are no keys." /><//>
    <div class="right">${may('administrator') && html`<${Panel} id="all" title="All of them at once"><p class="dim">A new key over all others of the tenant, for what is sealed from now on; or all keys wrapped anew under it.</p><div class="row">
        <${Confirm} label="New tenant key" title="Begin a new tenant key" text="What is made from now on is under it; what there is stays under the old one until it is rewrapped." onDone=${again}
          run=${() => ask('/api/v1/keys/rotate', { method: 'POST', body: { tenant: true } })} />
        <${Confirm} label="Rewrap" title="Rewrap every key of the tenant" text="Each key is wrapped anew under a new tenant key. This takes a while, and goes on after a restart." onDone=${again}
          run=${() => ask('/api/v1/keys/rewrap', { method: 'POST', body: {} })} />
        <${Confirm} label="Erase a station's keys" title="Erase every key of a station" text="What it sent can never be read again, in any copy." onDone=${again}
          run=${(form) => ask('/api/v1/keys/erase', { method: 'POST', body: { station: form.get('station').trim(), confirm: form.get('confirm').trim() } })}>
          <label>Station<input name="station" required autocomplete="off" /></label><label>Its name once more<input name="confirm" required autocomplete="off" /></label><//></div><//>`}
      <${Jobs} jobs=${jobs} />
      <${Lines} lines=${[['command that lists keys', 'voltseal key list'], ['command that rotates a key', 'voltseal key rotate CS-0001 --channel psk'], ['command that rewraps keys', 'voltseal key rewrap'], ['request that lists keys', curl('/api/v1/keys')]]} /></div></div>
    <p class="dim">${me.value && `Keys of the tenant ${me.value.tenant}.`}</p>`;
}
