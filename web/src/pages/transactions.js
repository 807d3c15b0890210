// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { usePages } from '../list.js';
import { curl, Lines, Panel } from '../parts/facts.js';
import { Table } from '../parts/table.js';
import { COLUMNS } from '../parts/tx_table.js';
import { remember, route } from '../route.js';

export function Page() {
  const isActive = route.value.query.active === 'true';
  const path = `/api/v1/transactions${isActive ? '?active=true' : ''}`;
  const list = usePages(path, { live: ['transaction'], isWanted: (event) => event.type !== 'Updated' || isActive });
  return html`<div class="stack"><${Panel} id="tx" title="Newest first"><${Table} id="tx-table" caption="Transactions" columns=${COLUMNS} list=${list}
      keyOf=${(t) => `${t.station}/${t.id}`} empty="Nothing is charging. A transaction appears here when a car plugs in.">
      <label class="check"><input type="checkbox" checked=${isActive} onChange=${(e) => remember({ active: e.currentTarget.checked ? 'true' : '' })} />Running only</label><//><//>
    <${Lines} lines=${[['command that lists transactions', `voltseal tx list${isActive ? ' --active' : ''}`], ['request that lists transactions', curl(path)]]} /></div>`;
}
