// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { stationAdd } from '../state.js';
import { Copy } from './copy.js';

function Result({ answer, onClose }) {
  const title = useRef(null);
  useEffect(() => title.current?.focus(), []);
  return html`<div class="result"><h3 tabindex="-1" ref=${title}><${Icon} name="ok" tone="good" />${answer.station.identity} may connect now</h3>
    ${answer.password ? html`<p>This password is shown once. It is not stored here.</p>
      <${Copy} text=${answer.password} label="password" />`
    : html`<p>It proves itself with a client certificate whose common name is <code>${answer.station.identity}</code>.</p>`}
    <p>Try it with the simulator:</p><${Copy} text=${answer.connect[0]} label="simulator command" />
    <p>Or give this address to the station:</p><${Copy} text=${answer.connect.at(-1)} label="station address" />
    <button class="quiet" onClick=${onClose}>Done</button></div>`;
}

export function AddStation() {
  const [answer, setAnswer] = useState(null);
  const [fault, setFault] = useState('');
  const [isBusy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      setAnswer(await stationAdd({ identity: form.get('identity').trim(), auth: form.get('auth') }));
      setFault('');
    } catch (problem) {
      setFault(`${problem.message}${problem.code ? ` (${problem.code})` : ''}`);
    } finally {
      setBusy(false);
    }
  }
  return html`<section class="panel" aria-labelledby="add-title"><h2 id="add-title">Add a station</h2>
    ${answer ? html`<${Result} answer=${answer} onClose=${() => setAnswer(null)} />` : html`<form onSubmit=${submit}>
      <label>Identity<input name="identity" required maxlength="48" pattern="[A-Za-z0-9*\\-_=+\\|@.]+" autocomplete="off" spellcheck="false"
        aria-describedby="add-help" aria-invalid=${fault ? 'true' : undefined} /></label>
      <label>Security<select name="auth"><option value="basic">Password over TLS (profile 2)</option>
        <option value="mtls">Client certificate (profile 3)</option>
        <option value="mtls+basic">Certificate and password</option></select></label>
      <p class="dim help" id="add-help">The name the station gives of itself, for example CS-0006.</p>
      <p class="fault" role="alert">${fault && html`<${Icon} name="alert" tone="bad" />${fault}`}</p>
      <button type="submit" disabled=${isBusy}><${Icon} name="plus" />Add station</button>
    </form>`}</section>`;
}
