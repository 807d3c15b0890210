// SPDX-License-Identifier: Apache-2.0
// What somebody does about themselves: password, one-time codes, passkeys, sessions.
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, useAsked } from '../list.js';
import { me } from '../me.js';
import { Copy } from '../parts/copy.js';
import { Facts, Lines, Loading, Panel } from '../parts/facts.js';
import { Passkeys } from '../parts/passkeys.js';
import { Qr } from '../parts/qr.js';
import { signOut } from '../state.js';

export const Current = () => html`<label>Your password<input type="password" name="current" required autocomplete="current-password" /></label>`;

function useForm(path, after) {
  const action = useAction(async (body) => {
    const answer = await ask(path, { method: 'POST', body });
    after?.();
    return answer;
  });
  function submit(event) {
    event.preventDefault();
    const form = event.currentTarget;
    action.go(Object.fromEntries(new FormData(form)));
    form.querySelectorAll('[type=password]').forEach((field) => { field.value = ''; });
  }
  return [submit, action];
}

function Password() {
  const [submit, action] = useForm('/api/v1/me/password');
  return html`<${Panel} id="password" title="Password"><form onSubmit=${submit}><${Current} />
    <label>New password<input type="password" name="password" required minlength="12" autocomplete="new-password" /></label>
    <p class="fault" role="alert">${action.fault}</p><button type="submit" disabled=${action.isBusy}>Change it</button><span role="status">${action.answer && ' Changed.'}</span></form><//>`;
}

function OneTime({ user, again }) {
  const [begin, begun] = useForm('/api/v1/me/totp');
  const [confirm, confirmed] = useForm('/api/v1/me/totp/confirm', again);
  const [remove, removed] = useForm('/api/v1/me/totp/remove', again);
  const secret = begun.answer?.totp_secret;
  const url = secret && `otpauth://totp/Voltseal:${encodeURIComponent(user.login ?? 'me')}?secret=${secret}&issuer=Voltseal`;
  return html`<${Panel} id="totp" title="One-time codes"><p>${user.has_totp ? 'A code is asked for when you log in.' : 'Not set up.'}</p>
    ${user.has_totp ? html`<form onSubmit=${remove}><${Current} /><p class="fault" role="alert">${removed.fault}</p><button type="submit">No more codes</button></form>`
    : secret ? html`<p>Scan this with your app, or type it; then the code that it shows.</p><${Qr} text=${url} label="QR code of your key for one-time codes" /><${Copy} text=${secret} label="key for one-time codes" />
      <form onSubmit=${confirm}><label>Code<input name="code" inputmode="numeric" pattern="[0-9]{6}" required autocomplete="one-time-code" /></label><p class="fault" role="alert">${confirmed.fault}</p><button type="submit">It works</button></form>`
    : html`<form onSubmit=${begin}><${Current} /><p class="fault" role="alert">${begun.fault}</p><button type="submit">Set up</button></form>`}<//>`;
}

function Person() {
  const asked = useAsked('/api/v1/me/passkeys');
  const ending = useAction(async () => {
    await ask('/api/v1/me/logout-everywhere', { method: 'POST' });
    location.reload();
  });
  if (!asked.value) return html`<${Loading} asked=${asked} />`;
  const user = asked.value;
  return html`<div class="pair"><${Passkeys} user=${user} again=${asked.again} /><${OneTime} user=${user} again=${asked.again} /><${Password} />
    <${Panel} id="sessions" title="Sessions"><p>A session ends after half an hour without use, and after twelve hours in any case.</p><div class="row"><button type="button" class="quiet" onClick=${signOut}>Sign out here</button>
      <button type="button" class="quiet danger" onClick=${() => ending.go()}>Sign out everywhere</button></div><p class="fault" role="alert">${ending.fault}</p><//></div>`;
}

export function Page() {
  const who = me.value;
  if (!who) return html`<p class="empty" role="status">Loading</p>`;
  return html`<div class="stack"><${Panel} id="who" title="Who you are"><${Facts} list=${[['Tenant', who.tenant], ['Role', who.role], ['Came by', who.proof], ['User', who.user]]} /><//>
    ${who.user ? html`<${Person} />` : html`<p class="empty">You came by the admin token, which is nobody's. Users with passwords and passkeys are made on the page Users and tokens.</p>`}
    <${Lines} lines=${[['command that lists users', 'voltseal user list']]} /></div>`;
}
