// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { useAsked } from '../list.js';
import { may } from '../me.js';
import { Revoke } from '../parts/cert_revoke.js';
import { standing } from '../parts/cert_table.js';
import { curl, Facts, Lines, Loading, Panel, word } from '../parts/facts.js';
import { At } from '../parts/station_tables.js';
import { to } from '../route.js';

export function Page({ id }) {
  const path = `/api/v1/certificates/${encodeURIComponent(id)}`;
  const asked = useAsked(path);
  const c = asked.value;
  if (!c) return html`<${Loading} asked=${asked} />`;
  const mono = (text) => html`<span class="mono">${text}</span>`;
  return html`<div class="columns"><div class="left"><${Panel} id="facts" title="What it is"><${Facts} list=${[['State', standing(c)[0]], ['For', c.station ? html`<a href=${to('stations', c.station)}>${c.station}</a>` : c.common_name],
      ['Profile', c.profile], ['From', html`<${At} at=${c.not_before} />`], ['To', html`<${At} at=${c.not_after} />`], ['To be renewed', html`<${At} at=${c.renew_at} />`],
      ['Since', html`<${At} at=${c.state_at} />`], ['Reason', c.reason], ['Generation of the CA', c.generation], ['Fingerprint', mono(c.fingerprint)], ['SHA-256 of its key', mono(c.spki_sha256)]]} />
      ${may('administrator') && (c.state === 'valid' || c.state === 'superseded') && html`<div class="row"><${Revoke} certificate=${c} onDone=${asked.again} /></div>`}<//>
    <${Panel} id="pem" title="PEM"><pre class="mono scroll" tabindex="0" aria-label="The certificate as PEM">${c.certificate}</pre><//></div>
    <div class="right"><${Lines} lines=${[['command that shows it', `voltseal cert show ${word(id)}`], ['command that revokes it', `voltseal cert revoke ${word(id)} --reason key-compromise`], ['request that shows it', curl(path)]]} /></div></div>`;
}
