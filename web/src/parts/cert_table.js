// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { may } from '../me.js';
import { to } from '../route.js';
import { Revoke } from './cert_revoke.js';
import { At } from './station_tables.js';

const DAY_MS = 86_400_000;

/** How it stands: word, icon, tone. 30, 7 and 0 days before its end it is more and more urgent. */
export function standing(certificate) {
  if (certificate.state !== 'valid') return [certificate.state, certificate.state === 'revoked' ? 'off' : 'clock', certificate.state === 'revoked' ? 'bad' : 'idle'];
  const days = Math.floor((Date.parse(certificate.not_after) - Date.now()) / DAY_MS);
  if (days < 0) return [`overdue, ended ${-days} days ago`.replace(/\b1 days/, '1 day'), 'alert', 'bad'];
  if (days < 7) return [`valid, ends in ${days} days`, 'alert', 'bad'];
  if (Date.parse(certificate.renew_at) + DAY_MS < Date.now()) return [`renewal overdue, ends in ${days} days`, 'alert', 'warn'];
  if (days < 30) return [`valid, ends in ${days} days`, 'clock', 'warn'];
  return [`valid, ${days} days`, 'ok', 'good'];
}

export function certificateColumns(again) {
  return [{ name: 'Serial', of: (c) => c.serial, cell: (c) => html`<a class="mono" href=${to('certificates', c.serial)}>${c.serial.slice(0, 16)}…</a>` },
    { name: 'For', of: (c) => c.station ?? c.common_name, cell: (c) => (c.station ? html`<a href=${to('stations', c.station)}>${c.station}</a>` : c.common_name) },
    { name: 'Profile', of: (c) => c.profile },
    { name: 'State', of: (c) => standing(c)[0], cell: (c) => { const [text, icon, tone] = standing(c); return html`<span class="badge"><${Icon} name=${icon} tone=${tone} />${text}</span>`; } },
    { name: 'From', of: (c) => c.not_before, cell: (c) => html`<${At} at=${c.not_before} />` }, { name: 'To', of: (c) => c.not_after, cell: (c) => html`<${At} at=${c.not_after} />` },
    { name: 'Reason', of: (c) => c.reason },
    ...(may('administrator') ? [{ name: 'Do', cell: (c) => (c.state === 'valid' || c.state === 'superseded' ? html`<${Revoke} certificate=${c} onDone=${again} />` : '') }] : [])];
}
