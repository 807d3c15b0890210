// SPDX-License-Identifier: Apache-2.0
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, usePages } from '../list.js';
import { may } from '../me.js';
import { Confirm } from './confirm.js';
import { Copy } from './copy.js';
import { Panel } from './facts.js';
import { At } from './station_tables.js';
import { Table } from './table.js';
import { RoleChoice } from './users.js';

export function Tokens() {
  const list = usePages('/api/v1/api-tokens');
  const adding = useAction(async (wishes) => {
    const answer = await ask('/api/v1/api-tokens', { method: 'POST', body: wishes });
    list.again();
    return answer;
  });
  const columns = [{ name: 'Token', of: (t) => t.label ?? t.id }, { name: 'Role', of: (t) => t.role }, { name: 'Made by', of: (t) => t.made_by },
    { name: 'Made', of: (t) => t.created_at, cell: (t) => html`<${At} at=${t.created_at} />` }, { name: 'Last used', of: (t) => t.used_at, cell: (t) => html`<${At} at=${t.used_at} />` },
    { name: 'Ends', of: (t) => t.expires_at, cell: (t) => html`<${At} at=${t.expires_at} />` },
    ...(may('administrator') ? [{ name: 'Do', cell: (t) => html`<${Confirm} label="Withdraw" title=${`Withdraw the token ${t.label ?? t.id}`} text="Whatever uses it is refused from now on." run=${() => ask(`/api/v1/api-tokens/${encodeURIComponent(t.id)}`, { method: 'DELETE' })} onDone=${list.again} />` }] : [])];
  function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    adding.go({ label: form.get('label').trim(), role: form.get('role') });
  }
  return html`<${Panel} id="tokens" title="Tokens for programs"><${Table} id="tokens-table" caption="Tokens for programs" columns=${columns} list=${list} keyOf=${(t) => t.id} empty="No program has a token." />
    ${may('administrator') && html`<form class="row" onSubmit=${submit}><label>What it is for<input name="label" required maxlength="64" autocomplete="off" /></label><label>Role<${RoleChoice} /></label>
      <button type="submit" disabled=${adding.isBusy}>Make a token</button></form>`}
    <p class="fault" role="alert">${adding.fault}</p>${adding.answer && html`<div role="status"><p>This token is shown once. It is not stored here.</p><${Copy} text=${adding.answer.token} label="API token" /></div>`}<//>`;
}
