// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { me } from '../me.js';
import { to } from '../route.js';
import { link, overview, signOut } from '../state.js';

const LINKS = {
  connecting: ['clock', 'idle', 'Connecting'],
  live: ['ok', 'good', 'Live'],
  lost: ['alert', 'warn', 'Connection lost, trying again'],
  refused: ['off', 'idle', 'Signed out'],
};

export function Header() {
  const [icon, tone, text] = LINKS[link.value];
  return html`<header class="bar">
    <a class="brand" href="/"><${Icon} name="shield" tone="brand" /><span>Voltseal</span></a>
    ${overview.value && html`<span class="dim version">${overview.value.version}</span>`}
    <p class="link" role="status" aria-live="polite"><${Icon} name=${icon} tone=${tone} />${text}</p>
    ${me.value && link.value !== 'refused' && html`<a class="dim who" href=${to('account')}>${me.value.role}${me.value.platform ? '' : `, ${me.value.tenant}`}</a>`}
    ${link.value !== 'refused' && html`<button class="quiet" onClick=${signOut}>Sign out</button>`}
  </header>`;
}
