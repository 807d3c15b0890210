// SPDX-License-Identifier: Apache-2.0
import { ask } from '../api.js';
import { html } from '../html.js';
import { Confirm } from './confirm.js';

const REASONS = ['key-compromise', 'superseded', 'retired', 'changed', 'withdrawn', 'unspecified'];

export function Revoke({ certificate, onDone }) {
  return html`<${Confirm} label="Revoke" title=${`Revoke ${certificate.serial}`} onDone=${onDone}
    text=${`The certificate of ${certificate.common_name ?? certificate.station ?? 'nobody'} is never good again, and what is connected by it is closed.`}
    run=${(form) => ask(`/api/v1/certificates/${certificate.serial}/revoke`, { method: 'POST', body: { reason: form.get('reason') } })}>
    <label>Why<select name="reason">${REASONS.map((r) => html`<option key=${r} value=${r}>${r}</option>`)}</select></label><//>`;
}
