// SPDX-License-Identifier: Apache-2.0
// What an administrator changes of a station: whether it is let in, how, and what is asked of it.
import { ask } from '../api.js';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { useAction } from '../list.js';
import { to } from '../route.js';
import { Confirm } from './confirm.js';
import { Copy } from './copy.js';
import { Panel } from './facts.js';

const CHOICES = { auth: ['basic', 'mtls', 'mtls+basic'], e2e: ['off', 'prefer', 'require'], sign: ['off', 'accept', 'prefer', 'require', 'strict'], replay: ['off', 'customdata'],
  registration: ['None', 'Pending', 'Accepted', 'Rejected'] };
const NAMES = { auth: 'Lets itself in by', e2e: 'Sealed messages', sign: 'Signed messages', replay: 'Replay protection', registration: 'Registration' };

export function StationAdmin({ station, again }) {
  const path = `/api/v1/stations/${encodeURIComponent(station.identity)}`;
  const changing = useAction(async (changes) => {
    await ask(path, { method: 'PATCH', body: changes });
    again();
    return 'Changed.';
  });
  const making = useAction(() => ask(`${path}/password`, { method: 'POST', body: {} }));
  function submit(event) {
    event.preventDefault();
    const wishes = Object.fromEntries([...new FormData(event.currentTarget)].filter(([name, value]) => value !== station[name]));
    changing.go(wishes);
  }
  return html`<${Panel} id="admin" title="Change it">
    <form onSubmit=${submit}><div class="pair">${Object.entries(CHOICES).map(([name, values]) => html`<label key=${name}>${NAMES[name]}
      <select name=${name}>${values.map((v) => html`<option key=${v} value=${v} selected=${station[name] === v}>${v}</option>`)}</select></label>`)}</div>
      <p class="fault" role="alert">${changing.fault && html`<${Icon} name="alert" tone="bad" />${changing.fault}`}</p>
      <div class="row"><button type="submit" disabled=${changing.isBusy}>Save</button>
      <button type="button" class="quiet" onClick=${() => changing.go({ enabled: !station.enabled })}>${station.enabled ? 'Disable' : 'Enable'}</button>
      <button type="button" class="quiet" onClick=${() => making.go()}>New password</button>
      <${Confirm} label="Remove" title=${`Remove ${station.identity}`} word=${station.identity} text="Its connection is closed and it is not let in any more. What it sent stays."
        run=${() => ask(path, { method: 'DELETE' })} onDone=${() => { location.hash = to('stations'); }} />
      <span role="status" class="dim">${changing.answer}</span></div></form>
    <p class="fault" role="alert">${making.fault}</p>
    ${making.answer?.password && html`<p>This password is shown once. It is not stored here.</p><${Copy} text=${making.answer.password} label="password" />`}<//>`;
}
