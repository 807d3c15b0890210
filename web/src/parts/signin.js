// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { isPossible } from '../passkey.js';
import { comeByInvitation, comeByPasskey, comeByPassword, signIn } from '../state.js';

/** What a link that an administrator has passed on carries behind its #, where no server sees it. */
const invitation = () => new URLSearchParams(location.hash.slice(1)).get('invitation');

const Fault = ({ text }) => html`<p class="fault" role="alert">${text && html`<${Icon} name="alert" tone="bad" />${text}`}</p>`;

function useForm(come, refused) {
  const [fault, setFault] = useState('');
  async function submit(event) {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
    try {
      await come(fields);
    } catch (problem) {
      setFault(problem.status === 401 ? refused : problem.message);
    }
    form.querySelectorAll('[type=password]').forEach((field) => { field.value = ''; });
  }
  return [submit, html`<${Fault} text=${fault} />`];
}

function FirstPassword({ token }) {
  const [submit, fault] = useForm(async ({ password }) => {
    await comeByInvitation(token, password);
    history.replaceState(null, '', '/');
  }, 'This invitation was used, or is too old. Ask for another one.');
  return html`<h1 id="signin-title">Choose a password</h1>
    <p>You were invited. Twelve characters at least; a few words are better than one with odd signs.</p>
    <form onSubmit=${submit}><label>New password<input type="password" name="password" required minlength="12"
      autocomplete="new-password" /></label>${fault}<button type="submit">Go on</button></form>`;
}

function ByPasskey() {
  const [fault, setFault] = useState('');
  async function come() {
    setFault('');
    try {
      await comeByPasskey();
    } catch (problem) {
      setFault(problem.status === 401 || problem.name === 'NotAllowedError' ? 'This passkey is not known here, or you did not consent.' : problem.message);
    }
  }
  return html`<p><button type="button" class="quiet" onClick=${come}><${Icon} name="key" />Sign in with a passkey</button></p><${Fault} text=${fault} />`;
}

function Ways() {
  const [byPassword, wrong] = useForm(comeByPassword, 'This is not right, or the code was used already.');
  const [byToken, wrongToken] = useForm(({ token }) => signIn(token.trim()), 'This is not the admin token.');
  return html`<h1 id="signin-title">Sign in</h1>
    <form onSubmit=${byPassword}>
      <label>Tenant<input name="tenant" placeholder="default" autocomplete="organization" /></label>
      <label>Login<input name="login" required autocomplete="username" /></label>
      <label>Password<input type="password" name="password" required autocomplete="current-password" /></label>
      <label>One-time code, if you have set one up<input name="code" inputmode="numeric" pattern="[0-9]{6}"
        autocomplete="one-time-code" /></label>
      ${wrong}<button type="submit">Log in</button></form>
    ${isPossible() && html`<${ByPasskey} />`}
    <details><summary>Without a user</summary>
      <p>Open the one-time link that the daemon printed when it started, or paste the admin token from its state folder
        (<code>admin.token</code>).</p>
      <form onSubmit=${byToken}><label>Admin token<input type="password" name="token" required autocomplete="off" /></label>
        ${wrongToken}<button type="submit">Sign in</button></form></details>`;
}

export function SignIn() {
  const token = invitation();
  return html`<main class="signin" id="main"><section class="panel" aria-labelledby="signin-title">
    ${token ? html`<${FirstPassword} token=${token} />` : html`<${Ways} />`}</section></main>`;
}
