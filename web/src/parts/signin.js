// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { signIn } from '../state.js';

export function SignIn() {
  const [fault, setFault] = useState('');
  async function submit(event) {
    event.preventDefault();
    const form = event.currentTarget;
    try {
      await signIn(new FormData(form).get('token').trim());
    } catch (problem) {
      setFault(problem.status === 401 ? 'This is not the admin token.' : problem.message);
    }
    form.reset();
  }
  return html`<main class="signin" id="main"><section class="panel" aria-labelledby="signin-title">
    <h1 id="signin-title">Sign in</h1>
    <p>Open the one-time link that the daemon printed when it started, or paste the admin token from its state folder
      (<code>admin.token</code>).</p>
    <form onSubmit=${submit}><label>Admin token<input type="password" name="token" required autocomplete="current-password" /></label>
      <p class="fault" role="alert">${fault && html`<${Icon} name="alert" tone="bad" />${fault}`}</p>
      <button type="submit">Sign in</button></form></section></main>`;
}
