// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, usePages } from '../list.js';
import { may, me } from '../me.js';
import { Confirm } from './confirm.js';
import { Panel } from './facts.js';
import { At } from './station_tables.js';
import { Table } from './table.js';
import { Invitation } from './users.js';

function Steps({ tenant, again, onInvited }) {
  const path = `/api/v1/tenants/${encodeURIComponent(tenant.id)}`;
  const changing = useAction(async () => {
    await ask(path, { method: 'PATCH', body: { enabled: tenant.state !== 'active' } });
    again();
  });
  if (tenant.state === 'erased' || tenant.id === me.value.tenant) return '';
  return html`<div class="row"><button type="button" class="quiet" onClick=${() => changing.go()}>${tenant.state === 'active' ? 'Disable' : 'Enable'}</button>
    <${Confirm} label="Invite" title=${`An administrator for ${tenant.id}`} text="The invitation is shown once." run=${async (form) => onInvited(await ask(`${path}/invite`, { method: 'POST', body: { login: form.get('login').trim() } }))}>
      <label>Login<input name="login" required autocomplete="off" /></label><//>
    <${Confirm} label="Erase" title=${`Erase ${tenant.id}`} word=${tenant.id} text="Every key of it is destroyed: its data can never be read again, and its name never be used." run=${() => ask(`${path}/erase`, { method: 'POST', body: { confirm: tenant.id } })} onDone=${again} />
    ${changing.fault && html`<span class="fault" role="alert">${changing.fault}</span>`}</div>`;
}

export function Tenants() {
  const list = usePages('/api/v1/tenants');
  const [invited, setInvited] = useState(null);
  const adding = useAction(async (wishes) => {
    await ask('/api/v1/tenants', { method: 'POST', body: wishes });
    list.again();
  });
  const columns = [{ name: 'Tenant', of: (t) => t.id }, { name: 'Label', of: (t) => t.label }, { name: 'State', of: (t) => t.state }, { name: 'Added', of: (t) => t.created_at, cell: (t) => html`<${At} at=${t.created_at} />` },
    ...(may('administrator') ? [{ name: 'Do', cell: (t) => html`<${Steps} tenant=${t} again=${list.again} onInvited=${setInvited} />` }] : [])];
  function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const label = form.get('tenant-label').trim();
    adding.go({ id: form.get('tenant').trim(), ...(label ? { label } : {}) });
  }
  return html`<${Panel} id="tenants" title="Tenants"><${Table} id="tenants-table" caption="Tenants" columns=${columns} list=${list} keyOf=${(t) => t.id} empty="There is only the tenant of the installation." />
    ${may('administrator') && html`<form class="row" onSubmit=${submit}><label>Name<input name="tenant" required maxlength="32" autocomplete="off" spellcheck="false" /></label><label>Label<input name="tenant-label" maxlength="64" autocomplete="off" /></label>
      <button type="submit" disabled=${adding.isBusy}>Add tenant</button></form>`}
    <p class="fault" role="alert">${adding.fault}</p>${invited?.invitation && html`<${Invitation} answer=${invited} />`}<//>`;
}
