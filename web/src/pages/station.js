// SPDX-License-Identifier: Apache-2.0
// One station: what it is, what it says, what may be done with it. Each view has its own address.
import { html } from '../html.js';
import { useAsked } from '../list.js';
import { Loading } from '../parts/facts.js';
import { Messages } from '../parts/messages.js';
import { Commands } from '../parts/station_commands.js';
import { Keys } from '../parts/station_keys.js';
import { Summary } from '../parts/station_summary.js';
import { History, Variables } from '../parts/station_tables.js';
import { StationTransactions } from '../parts/tx_table.js';
import { route, to } from '../route.js';

const TABS = [['', 'Summary', Summary], ['messages', 'Live messages', Messages], ['transactions', 'Transactions', StationTransactions],
  ['commands', 'Commands', Commands], ['keys', 'Certificates and keys', Keys], ['variables', 'Variables', Variables], ['events', 'Events', History]];

export function Page({ id }) {
  const asked = useAsked(`/api/v1/stations/${encodeURIComponent(id)}`, { live: ['connected', 'disconnected', 'boot', 'status', 'refused'],
    isWanted: (event) => event.station === id });
  const { tab } = route.value;
  const [, , View] = TABS.find(([name]) => name === tab) ?? TABS[0];
  return html`<nav class="tabs" aria-label=${`Views of ${id}`}>${TABS.map(([name, label]) => html`<a key=${name}
      href=${to(...['stations', id, name].filter(Boolean))} aria-current=${name === tab ? 'page' : undefined}>${label}</a>`)}</nav>
    ${asked.value ? html`<${View} key=${tab} station=${asked.value} again=${asked.again} />` : html`<${Loading} asked=${asked} />`}`;
}
