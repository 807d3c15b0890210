// SPDX-License-Identifier: Apache-2.0
// How the daemon itself is: what one looks at before blaming a station. Only for who runs the installation.
import { html } from '../html.js';
import { mebibytes, span } from '../format.js';
import { Icon } from '../icons.js';
import { to } from '../route.js';
import { overview } from '../state.js';
import { Facts, Panel } from './facts.js';

const QUEUE_LONG = 10_000; // records
const LAG_LONG_MS = 1000;

const milliseconds = (us) => (us === null ? '–' : `${(us / 1000).toFixed(1)} ms`);

export function State({ isGood, text }) {
  return html`<span class=${isGood ? '' : 'bad'}><${Icon} name=${isGood ? 'ok' : 'alert'} tone=${isGood ? 'good' : 'bad'} />${text}</span>`;
}

export const isBehind = (node) => node.store_queue > QUEUE_LONG || node.store_lag_ms > LAG_LONG_MS;
export const isIn = (node) => node.state === 'serving';

const STATES = { // doc/api.md, Nodes
  serving: ['ok', 'good', () => 'lets stations in'],
  draining: ['clock', 'warn', () => 'drains: lets none in'],
  silent: ['alert', 'bad', (node) => `silent for ${Math.round(node.silent_ms / 1000)} s`],
  no_lease: ['alert', 'warn', () => 'has no lease: sends no commands'],
  gone: ['off', 'idle', () => 'gone'],
};

export function NodeState({ node }) {
  const [icon, tone, text] = STATES[node.state] ?? ['info', 'idle', () => node.state];
  return html`<span class="badge"><${Icon} name=${icon} tone=${tone} />${text(node)}</span>`;
}

export function Node() {
  const nodes = overview.value?.nodes;
  const node = nodes?.find((each) => each.self);
  if (!node) return null;
  const { key_process: keys, key_process_us: soon } = overview.value;
  return html`<${Panel} id="node" title="This daemon"><${Facts} list=${[
    ['Stations', html`<${NodeState} node=${node} />`],
    ['Nodes', html`<a href=${to('nodes')}>${nodes.length === 1 ? 'this one alone' : `${nodes.length}, ${nodes.filter(isIn).length} let stations in`}</a>`],
    ['Processor', `${(node.cpu_permille / 10).toFixed(0)} % of one core, of ${node.cores}`],
    ['Memory', mebibytes(node.memory_bytes)],
    ['Store', html`<${State} isGood=${!isBehind(node)} text=${`${node.store_queue} waiting, ${node.store_lag_ms} ms behind`} />`],
    ['Store failed', node.store_errors === 0 ? 'never' : html`<${State} isGood=${false} text=${`${node.store_errors} times`} />`],
    ['Key process', keys && html`<${State} isGood=${keys === 'ok'} text=${keys === 'ok' ? `answers in ${milliseconds(soon)}` : 'does not answer'} />`],
    ['Audit log', html`<${State} isGood=${node.audit === 'ok'} text=${node.audit === 'ok' ? 'is written' : 'cannot be written: changes are refused'} />`],
    ['Up', span(node.uptime_s)]]} /><//>`;
}
