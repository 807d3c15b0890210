// SPDX-License-Identifier: Apache-2.0
// How the daemon itself is: what one looks at before blaming a station. Only for who runs the installation.
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { overview } from '../state.js';
import { Facts, Panel } from './facts.js';

const QUEUE_LONG = 10_000; // records
const LAG_LONG_MS = 1000;

const mebibytes = (bytes) => (bytes === null ? '–' : `${(bytes / 1048576).toFixed(0)} MiB`);
const milliseconds = (us) => (us === null ? '–' : `${(us / 1000).toFixed(1)} ms`);
const days = (seconds) => (seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${Math.floor(seconds / 86400)} days`);

function State({ isGood, text }) {
  return html`<span class=${isGood ? '' : 'bad'}><${Icon} name=${isGood ? 'ok' : 'alert'} tone=${isGood ? 'good' : 'bad'} />${text}</span>`;
}

const isBehind = (node) => node.store_queue > QUEUE_LONG || node.store_lag_ms > LAG_LONG_MS;

function stateOf(node) {
  if (!node.alive) return `silent for ${Math.round(node.silent_ms / 1000)} s`;
  return node.draining ? 'is being drained' : 'alive';
}

// How the nodes of an installation of several are.
function Nodes() {
  const nodes = overview.value?.nodes;
  if (!nodes || nodes.length < 2) return null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Nodes"><table id="nodes"><thead><tr><th scope="col">Node</th><th scope="col">State</th>
    <th scope="col" class="number">Stations</th><th scope="col" class="number">Processor</th><th scope="col" class="number">Memory</th><th scope="col">Store</th>
    <th scope="col">Up</th><th scope="col">Version</th></tr></thead><tbody>${nodes.map((node) => html`<tr key=${node.name}>
    <td>${node.name}${node.self ? ' (this one)' : ''}</td><td><${State} isGood=${node.alive && !node.draining} text=${stateOf(node)} /></td>
    <td class="number">${node.stations}</td><td class="number">${(node.cpu_permille / 10).toFixed(0)} % of ${node.cores}</td>
    <td class="number">${mebibytes(node.memory_bytes)}</td><td><${State} isGood=${!isBehind(node)} text=${`${node.store_queue} waiting`} /></td>
    <td>${days(node.uptime_s)}</td><td>${node.version}</td></tr>`)}</tbody></table></div>`;
}

export function Node() {
  const node = overview.value?.node;
  if (!node) return null;
  return html`<${Panel} id="node" title="This daemon"><${Facts} list=${[
    ['Processor', `${(node.cpu_permille / 10).toFixed(0)} % of one core, of ${node.cores}`],
    ['Memory', mebibytes(node.memory_bytes)],
    ['Store', html`<${State} isGood=${!isBehind(node)} text=${`${node.store_queue} waiting, ${node.store_lag_ms} ms behind`} />`],
    ['Store failed', node.store_errors === 0 ? 'never' : html`<${State} isGood=${false} text=${`${node.store_errors} times`} />`],
    ['Key process', node.key_process && html`<${State} isGood=${node.key_process === 'ok'} text=${node.key_process === 'ok' ? `answers in ${milliseconds(node.key_process_us)}` : 'does not answer'} />`],
    ['Audit log', html`<${State} isGood=${node.audit === 'ok'} text=${node.audit === 'ok' ? 'is written' : 'cannot be written: changes are refused'} />`],
    ['Stations', html`<${State} isGood=${!node.draining} text=${node.draining ? 'none is let in: this node drains' : 'are let in'} />`],
    ['Up', days(node.uptime_s)]]} /><${Nodes} /><//>`;
}
