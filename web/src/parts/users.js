// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, usePages } from '../list.js';
import { may } from '../me.js';
import { Confirm } from './confirm.js';
import { Copy } from './copy.js';
import { Panel } from './facts.js';
import { At } from './station_tables.js';
import { Table } from './table.js';

export const ROLES = { viewer: 'sees', operator: 'sends commands', auditor: 'sees the audit log', administrator: 'may do everything' };

export const RoleChoice = ({ name = 'role', value = 'viewer', onChange }) => html`<select name=${name} onChange=${onChange}>${Object.entries(ROLES).map(([role, what]) => html`<option key=${role} value=${role} selected=${role === value}>${role}: ${what}</option>`)}</select>`;

const invitationLink = (token) => `${location.origin}/#invitation=${token}`;

/** Shown once: a link by which somebody sets their first password. */
export function Invitation({ answer }) {
  return html`<div role="status"><p>The invitation of ${answer.login} is shown once, and good until ${answer.invited_until}. Pass it on by a safe way.</p><${Copy} text=${invitationLink(answer.invitation)} label="invitation" /></div>`;
}

function Steps({ user, again, onInvited }) {
  const path = `/api/v1/users/${encodeURIComponent(user.id)}`;
  const changing = useAction(async (changes) => {
    await ask(path, { method: 'PATCH', body: changes });
    again();
  });
  return html`<div class="row"><label class="hidden" for=${`role-${user.id}`}>Role of ${user.login}</label>
    <select id=${`role-${user.id}`} onChange=${(e) => changing.go({ role: e.currentTarget.value })}>${Object.keys(ROLES).map((r) => html`<option key=${r} selected=${r === user.role}>${r}</option>`)}</select>
    <button type="button" class="quiet" onClick=${() => changing.go({ enabled: !user.enabled })}>${user.enabled ? 'Disable' : 'Enable'}</button>
    <${Confirm} label="Invite again" title=${`A new invitation for ${user.login}`} text="It replaces password, second factor and passkeys." run=${async () => onInvited(await ask(`${path}/invite`, { method: 'POST' }))} onDone=${again} />
    <${Confirm} label="Remove" title=${`Remove ${user.login}`} word=${user.login} text="Their sessions end, and the key of what is kept of them is destroyed." run=${() => ask(path, { method: 'DELETE' })} onDone=${again} />
    ${changing.fault && html`<span class="fault" role="alert">${changing.fault}</span>`}</div>`;
}

export function Users() {
  const list = usePages('/api/v1/users');
  const [invited, setInvited] = useState(null);
  const adding = useAction(async (wishes) => {
    setInvited(await ask('/api/v1/users', { method: 'POST', body: wishes }));
    list.again();
  });
  const columns = [{ name: 'User', of: (u) => u.login ?? u.id }, { name: 'Role', of: (u) => u.role }, { name: 'Let in', of: (u) => (u.enabled ? 'yes' : 'no') },
    { name: 'Ways in', of: (u) => [u.has_password && 'password', u.has_totp && 'one-time code', u.passkeys > 0 && `${u.passkeys} passkeys`].filter(Boolean).join(', ') || 'invited' },
    { name: 'Added', of: (u) => u.created_at, cell: (u) => html`<${At} at=${u.created_at} />` },
    ...(may('administrator') ? [{ name: 'Do', cell: (u) => html`<${Steps} user=${u} again=${list.again} onInvited=${setInvited} />` }] : [])];
  function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    adding.go({ login: form.get('new-login').trim(), role: form.get('role') });
  }
  return html`<${Panel} id="users" title="Users"><${Table} id="users-table" caption="Users" columns=${columns} list=${list} keyOf=${(u) => u.id} empty="No users yet: whoever is here came by the admin token." />
    ${may('administrator') && html`<form class="row" onSubmit=${submit}><label>Login<input name="new-login" required maxlength="64" autocomplete="off" spellcheck="false" /></label><label>Role<${RoleChoice} /></label>
      <button type="submit" disabled=${adding.isBusy}>Invite</button></form>`}
    <p class="fault" role="alert">${adding.fault}</p>${invited?.invitation && html`<${Invitation} answer=${invited} />`}<//>`;
}
