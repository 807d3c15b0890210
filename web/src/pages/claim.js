// SPDX-License-Identifier: Apache-2.0
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, useAsked } from '../list.js';
import { may } from '../me.js';
import { Confirm } from '../parts/confirm.js';
import { Copy } from '../parts/copy.js';
import { curl, Facts, Lines, Loading, Panel, word } from '../parts/facts.js';
import { Qr } from '../parts/qr.js';
import { MessagesOf } from '../parts/messages.js';
import { At } from '../parts/station_tables.js';

function Steps({ claim, path, again }) {
  const exporting = useAction(() => ask(`${path}/export`, { method: 'POST' }));
  const device = (action, label, text) => html`<${Confirm} label=${label} title=${`${label}: ${claim.identity ?? claim.id}`} text=${text} onDone=${again} run=${() => ask(`${path}/device`, { method: 'POST', body: { action } })} />`;
  const text = exporting.answer && JSON.stringify(exporting.answer.bundle);
  return html`<div class="row">
    ${claim.state === 'open' && html`<button type="button" class="quiet" onClick=${() => exporting.go()}>Show the bundle</button>
      <${Confirm} label="Revoke" title=${`Revoke claim ${claim.id}`} text="No device can come with it any more." onDone=${again} run=${() => ask(path, { method: 'DELETE' })} />`}
    ${['used', 'suspect'].includes(claim.state) && device('delete', 'Delete the device', 'Its keys are destroyed and its certificate is revoked after a grace.')}
    ${['deleting', 'suspect'].includes(claim.state) && device('keep', 'Keep the device', 'It stays as it is.')}
    ${claim.state === 'deleting' && device('delete-now', 'Delete it now', 'Its keys are destroyed at once.')}</div>
    <p class="fault" role="alert">${exporting.fault}</p>
    ${text && html`<${Qr} text=${text} label=${`QR code of the bundle of claim ${claim.id}`} /><${Copy} text=${text} label="bundle" />`}`;
}

export function Page({ id }) {
  const path = `/api/v1/claims/${encodeURIComponent(id)}`;
  const asked = useAsked(path);
  const c = asked.value;
  if (!c) return html`<${Loading} asked=${asked} />`;
  return html`<div class="columns"><div class="left"><${Panel} id="facts" title="What it is"><${Facts} list=${[['State', c.state], ['Kind', c.kind], ['For', c.identity], ['Lets in by', c.auth], ['Hardware', c.hw], ['Messages', c.counter],
      ['Made', html`<${At} at=${c.created_at} />`], ['Changed', html`<${At} at=${c.changed_at} />`], ['Good until', html`<${At} at=${c.expires_at} />`], ['Ends', html`<${At} at=${c.ends_at} />`]]} />
      ${may('administrator') && html`<${Steps} claim=${c} path=${path} again=${asked.again} />`}<//>
    <${MessagesOf} of="claim" id=${id} what="That they were, which way and how long: what is in them is not shown." hasLines=${false} /></div>
    <div class="right"><${Lines} lines=${[['command that shows it', `voltseal provision claim show ${word(id)}`], ['command that revokes it', `voltseal provision claim revoke ${word(id)}`], ['command that follows its messages', `voltseal messages follow ${word(id)} --of claim`], ['request that shows it', curl(path)]]} /></div></div>`;
}
