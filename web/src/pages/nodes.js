// SPDX-License-Identifier: Apache-2.0
// The daemons of the installation: what each does, how it is, and letting one go out in order.
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../api.js';
import { html } from '../html.js';
import { mebibytes, span } from '../format.js';
import { useAction, useLive } from '../list.js';
import { may } from '../me.js';
import { Confirm } from '../parts/confirm.js';
import { curl, Lines, Panel, word } from '../parts/facts.js';
import { isBehind, isIn, NodeState, State } from '../parts/node.js';
import { Table } from '../parts/table.js';
import { fault, overview, sumsLoad } from '../state.js';

const OVER_S = 60;

/** One button gives way to the other: who has pressed it stays where they are. */
function useFocus(state) {
  const place = useRef(null);
  const isOurs = useRef(false);
  useEffect(() => {
    if (isOurs.current && document.activeElement === document.body) place.current?.querySelector('button')?.focus();
    isOurs.current = false;
  }, [state]);
  return [place, () => { isOurs.current = true; }];
}

function Steps({ node, isAlone }) {
  const path = `/api/v1/nodes/${encodeURIComponent(node.name)}`;
  const isDraining = node.state === 'draining';
  const [place, keep] = useFocus(isDraining);
  const done = () => {
    keep();
    sumsLoad();
  };
  const resuming = useAction(() => ask(`${path}/resume`, { method: 'POST' }).then(done));
  if (node.state === 'gone') return '–';
  return html`<div class="row" ref=${place}>${isDraining
    ? html`<button type="button" class="quiet" aria-disabled=${resuming.isBusy} onClick=${() => resuming.isBusy || resuming.go()}>Resume</button>`
    : html`<${Confirm} label="Drain" title=${`Drain ${node.name}`} onDone=${done}
      text=${`It lets no station in, and closes those that are connected to it, spread over this time.${isAlone ? ' There is no other node that could have them.' : ' Other nodes have them then.'}`}
      run=${(form) => ask(`${path}/drain`, { method: 'POST', body: { over_s: Number(form.get('over')) } })}>
      <label>Seconds<input name="over" type="number" min="0" max="3600" required value=${OVER_S} /></label><//>`}
    ${resuming.fault && html`<span class="fault" role="alert">${resuming.fault}</span>`}</div>`;
}

const columns = (nodes) => [
  { name: 'Node', of: (n) => n.name, cell: (n) => `${n.name}${n.self ? ' (this one)' : ''}` },
  { name: 'State', of: (n) => n.state, cell: (n) => html`<${NodeState} node=${n} />` },
  { name: 'Stations', of: (n) => n.stations, number: true },
  { name: 'Processor', of: (n) => n.cpu_permille, cell: (n) => (n.cpu_permille === null ? '–' : `${(n.cpu_permille / 10).toFixed(0)} % of ${n.cores}`), number: true },
  { name: 'Memory', of: (n) => n.memory_bytes, cell: (n) => mebibytes(n.memory_bytes), number: true },
  { name: 'Store', of: (n) => n.store_queue, cell: (n) => (n.store_queue === null ? '–' : html`<${State} isGood=${!isBehind(n)} text=${`${n.store_queue} waiting`} />`) },
  { name: 'Audit log', of: (n) => n.audit, cell: (n) => (n.audit === null ? '–' : html`<${State} isGood=${n.audit === 'ok'} text=${n.audit === 'ok' ? 'is written' : 'cannot be written'} />`) },
  { name: 'Up', of: (n) => n.uptime_s, cell: (n) => (n.uptime_s === null ? '–' : span(n.uptime_s)) },
  { name: 'Version', of: (n) => n.version },
  ...(may('administrator') ? [{ name: 'Do', cell: (n) => html`<${Steps} node=${n} isAlone=${!nodes.some((other) => other !== n && isIn(other))} />` }] : []),
];

export function Page() {
  useLive(['security'], sumsLoad, (event) => /^node\./.test(event.type));
  const nodes = overview.value?.nodes;
  const list = { rows: nodes ?? [], isBusy: !nodes && fault.value === '', fault: '', forward: null, back: null };
  const other = (nodes ?? []).find((n) => !n.self && n.state !== 'gone') ?? nodes?.[0];
  const name = word(other?.name ?? 'north-1');
  return html`<div class="stack"><${Panel} id="nodes" title=${nodes ? `${nodes.filter(isIn).length} of ${nodes.length} let stations in` : 'Nodes'}>
      <${Table} id="nodes-table" caption="Nodes" columns=${columns(list.rows)} list=${list} keyOf=${(n) => n.name} empty="It is not known which nodes there are." /><//>
    <${Lines} lines=${[['command that lists nodes', 'voltseal node list'], ['command that drains a node', `voltseal node drain ${name} --over ${OVER_S}`],
      ['command that ends that', `voltseal node resume ${name}`], ['request that lists nodes', curl('/api/v1/nodes')]]} /></div>`;
}
