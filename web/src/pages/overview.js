// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { may } from '../me.js';
import { AddStation } from '../parts/add.js';
import { Cards } from '../parts/cards.js';
import { Events } from '../parts/events.js';
import { Next } from '../parts/next.js';
import { Node } from '../parts/node.js';
import { Stations } from '../parts/stations.js';
import { Transactions } from '../parts/transactions.js';

export function Page() {
  return html`<${Cards} />
    <div class="columns"><div class="left"><${Stations} /><${Transactions} /></div>
    <div class="right"><${Events} /><${Node} />${may('administrator') && html`<${AddStation} />`}<${Next} /></div></div>`;
}
