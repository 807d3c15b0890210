// SPDX-License-Identifier: Apache-2.0
// Provisioning: claims, each of which lets one device in, and the one-time tokens by which devices register themselves.
import { ask } from '../api.js';
import { html } from '../html.js';
import { useAction, usePages } from '../list.js';
import { may } from '../me.js';
import { Confirm } from '../parts/confirm.js';
import { Copy } from '../parts/copy.js';
import { curl, Lines, Panel } from '../parts/facts.js';
import { Qr } from '../parts/qr.js';
import { At } from '../parts/station_tables.js';
import { Table } from '../parts/table.js';
import { to } from '../route.js';

const CLAIMS = [{ name: 'Claim', of: (c) => c.id, cell: (c) => html`<a class="mono" href=${to('claims', c.id)}>${c.id}</a>` }, { name: 'State', of: (c) => c.state }, { name: 'For', of: (c) => c.identity },
  { name: 'Kind', of: (c) => c.kind }, { name: 'Made', of: (c) => c.created_at, cell: (c) => html`<${At} at=${c.created_at} />` },
  { name: 'Good until', of: (c) => c.expires_at, cell: (c) => html`<${At} at=${c.expires_at} />` }];

function Made({ made }) {
  const text = JSON.stringify(made.bundle);
  return html`<p>The bundle has a secret. Scan it with the device, or copy it; it is not shown here again.</p><${Qr} text=${text} label=${`QR code of the bundle of claim ${made.id}`} /><${Copy} text=${text} label="bundle" />`;
}

function AddClaim({ again }) {
  const adding = useAction(async (wishes) => {
    const answer = await ask('/api/v1/claims', { method: 'POST', body: wishes });
    again();
    return answer;
  });
  function submit(event) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const identity = form.get('identity').trim();
    adding.go({ kind: form.get('kind'), ...(identity ? { identity } : {}) });
  }
  return html`<${Panel} id="add-claim" title="A claim for a new device"><form onSubmit=${submit}><label>What it is<select name="kind"><option value="station">charging station</option>
      <option value="framed">charge point of the framed network</option><option value="sensor">sensor device</option></select></label>
      <label>Identity, or empty<input name="identity" maxlength="48" autocomplete="off" spellcheck="false" /></label>
      <p class="fault" role="alert">${adding.fault}</p><button type="submit" disabled=${adding.isBusy}>Make a claim</button></form>
    ${adding.answer && html`<${Made} made=${adding.answer} />`}<//>`;
}

function Enrolments() {
  const list = usePages('/api/v1/enrolments');
  const adding = useAction(async (identity) => {
    const answer = await ask('/api/v1/enrolments', { method: 'POST', body: identity ? { identity } : {} });
    list.again();
    return answer;
  });
  const columns = [{ name: 'Token', of: (e) => e.id, cell: (e) => html`<span class="mono">${e.id.slice(0, 12)}</span>` }, { name: 'For', of: (e) => e.identity }, { name: 'Lets in by', of: (e) => e.auth }, { name: 'Uses left', of: (e) => e.uses_left, number: true },
    { name: 'Good until', of: (e) => e.expires_at, cell: (e) => html`<${At} at=${e.expires_at} />` },
    ...(may('operator') ? [{ name: 'Do', cell: (e) => html`<${Confirm} label="Withdraw" title=${`Withdraw token ${e.id}`} text="Who has it cannot register with it any more." run=${() => ask(`/api/v1/enrolments/${e.id}`, { method: 'DELETE' })} onDone=${list.again} />` }] : [])];
  function submit(event) {
    event.preventDefault();
    adding.go(new FormData(event.currentTarget).get('enrol').trim());
  }
  return html`<${Panel} id="enrolments" title="One-time tokens"><${Table} id="enrolments-table" caption="One-time tokens" columns=${columns} list=${list} keyOf=${(e) => e.id} empty="No token waits for a device." />
    ${may('operator') && html`<form class="row" onSubmit=${submit}><label>Identity, or empty<input name="enrol" maxlength="48" autocomplete="off" spellcheck="false" /></label><button type="submit" disabled=${adding.isBusy}>Make a token</button></form>`}
    <p class="fault" role="alert">${adding.fault}</p>${adding.answer && html`<p>This token is shown once.</p><${Copy} text=${adding.answer.token} label="token" />`}<//>`;
}

export function Page() {
  const list = usePages('/api/v1/claims');
  const isOff = list.fault.includes('VS-1207');
  return html`<div class="columns"><div class="left">
    <${Panel} id="claims" title="Claims">${isOff ? html`<p class="empty">This daemon runs without a broker for provisioning (<code>--provision-broker</code>): it has no claims.</p>`
    : html`<${Table} id="claims-table" caption="Claims" columns=${CLAIMS} list=${list} keyOf=${(c) => c.id} empty="No claims yet." />`}<//><${Enrolments} /></div>
    <div class="right">${may('administrator') && !isOff && html`<${AddClaim} again=${list.again} />`}
      <${Lines} lines=${[['command that makes a claim', 'voltseal provision claim create CS-0042 --qr'], ['command that makes a token', 'voltseal registry token CS-0042'], ['request that lists claims', curl('/api/v1/claims')]]} /></div></div>`;
}
