// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { Icon, SEVERITY } from '../icons.js';
import { time, words } from '../format.js';
import { seen, version } from '../state.js';

const SHOWN = 24;
const TITLES = {
  connected: () => 'Connected',
  disconnected: () => 'Disconnected',
  refused: (e) => `Refused: ${words(e.type)}`,
  boot: () => 'Booted',
  status: (e) => `Connector ${e.evse}.${e.connector} ${words(e.type).toLowerCase()}`,
  transaction: (e) => `Transaction ${e.type.toLowerCase()}`,
  command: (e) => `Command ${e.type}`,
};

function detail(event) {
  if (event.detail) return event.detail;
  if (event.payload && Object.keys(event.payload).length > 0) return JSON.stringify(event.payload).slice(0, 120);
  return '';
}

function Row({ event }) {
  const [icon, tone] = SEVERITY[event.severity] ?? SEVERITY.info;
  return html`<li><span class="severity"><${Icon} name=${icon} tone=${tone} /><span class="word">${event.severity}</span></span>
    <time class="dim" datetime=${event.at} title=${event.at}>${time(event.at)}</time>
    <span class="what"><b>${event.station}</b> ${(TITLES[event.kind] ?? ((e) => words(e.type)))(event)}
    <span class="dim detail" title=${detail(event)}>${detail(event)}</span></span></li>`;
}

export function Events() {
  void version.value;
  return html`<section class="panel" aria-labelledby="events-title">
    <h2 id="events-title">Last events</h2>
    ${seen.events.length === 0 && html`<p class="empty">Nothing has happened yet.</p>`}
    <ol class="events scroll" id="events" tabindex="0" aria-labelledby="events-title">
      ${seen.events.slice(0, SHOWN).map((e) => html`<${Row} key=${e.number} event=${e} />`)}</ol>
  </section>`;
}
