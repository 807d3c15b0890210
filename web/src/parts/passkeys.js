// SPDX-License-Identifier: Apache-2.0
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction } from '../list.js';
import { isPossible, passkeyMake } from '../passkey.js';
import { Confirm } from './confirm.js';
import { Panel } from './facts.js';
import { At } from './station_tables.js';

const Current = () => html`<label>Your password<input type="password" name="current" required autocomplete="current-password" /></label>`;

function Add({ user, again }) {
  const adding = useAction(async (fields) => {
    await passkeyMake(user, fields);
    again();
    return 'Added.';
  });
  async function submit(event) {
    event.preventDefault();
    const form = event.currentTarget;
    await adding.go(Object.fromEntries(new FormData(form)));
    form.reset();
  }
  if (!isPossible()) return html`<p class="dim">Passkeys are of a host name. Open this page by one, not by an address, to add one: <code>https://localhost:${location.port}/</code></p>`;
  return html`<form onSubmit=${submit}><label>What you call it<input name="label" required maxlength="60" autocomplete="off" /></label><${Current} />
    <p class="fault" role="alert">${adding.fault}</p><button type="submit" disabled=${adding.isBusy}>Add a passkey</button><span role="status"> ${adding.answer}</span></form>`;
}

export function Passkeys({ user, again }) {
  return html`<${Panel} id="passkeys" title="Passkeys"><p>A passkey lets you in without password and code: your device asks who you are, and no secret leaves it.</p>
    <ul class="plain" id="passkey-list">${user.items.map((p) => html`<li key=${p.id}><div class="row"><b>${p.label ?? 'without a name'}</b> <span class="dim"><${At} at=${p.created_at} /></span>
      <${Confirm} label="Remove" title=${`Remove the passkey ${p.label ?? ''}`} text="It lets you in no more." onDone=${again}
        run=${(form) => ask('/api/v1/me/passkeys/remove', { method: 'POST', body: { id: p.id, current: form.get('current') } })}><${Current} /><//></div></li>`)}</ul>
    ${user.items.length === 0 && html`<p class="empty">You have none.</p>`}<${Add} user=${user} again=${again} /><//>`;
}
