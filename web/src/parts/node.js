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

export function Node() {
  const node = overview.value?.node;
  if (!node) return null;
  const isBehind = node.store_queue > QUEUE_LONG || node.store_lag_ms > LAG_LONG_MS;
  return html`<${Panel} id="node" title="This daemon"><${Facts} list=${[
    ['Processor', `${(node.cpu_permille / 10).toFixed(0)} % of one core, of ${node.cores}`],
    ['Memory', mebibytes(node.memory_bytes)],
    ['Store', html`<${State} isGood=${!isBehind} text=${`${node.store_queue} waiting, ${node.store_lag_ms} ms behind`} />`],
    ['Store failed', node.store_errors === 0 ? 'never' : html`<${State} isGood=${false} text=${`${node.store_errors} times`} />`],
    ['Key process', node.key_process && html`<${State} isGood=${node.key_process === 'ok'} text=${node.key_process === 'ok' ? `answers in ${milliseconds(node.key_process_us)}` : 'does not answer'} />`],
    ['Audit log', html`<${State} isGood=${node.audit === 'ok'} text=${node.audit === 'ok' ? 'is written' : 'cannot be written: changes are refused'} />`],
    ['Stations', node.draining && html`<${State} isGood=${false} text="none is let in: this node drains" />`],
    ['Up', days(node.uptime_s)]]} /><//>`;
}
