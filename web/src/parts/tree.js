// SPDX-License-Identifier: Apache-2.0
// JSON as a tree: what holds something opens and closes, by keyboard too.
import { html } from '../html.js';

const OPEN_DEPTH = 2;

function Leaf({ value }) {
  return html`<span class=${`json ${value === null ? 'null' : typeof value}`}>${JSON.stringify(value)}</span>`;
}

export function Tree({ value, name = null, depth = 0 }) {
  const label = name === null ? '' : html`<span class="json name">${name}</span>: `;
  if (value === null || typeof value !== 'object') return html`<div class="leaf">${label}<${Leaf} value=${value} /></div>`;
  const members = Object.entries(value);
  const sign = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  if (members.length === 0) return html`<div class="leaf">${label}${Array.isArray(value) ? '[]' : '{}'}</div>`;
  return html`<details class="tree" open=${depth < OPEN_DEPTH}><summary>${label}<span class="dim">${sign}</span></summary>
    ${members.map(([key, member]) => html`<${Tree} key=${key} name=${key} value=${member} depth=${depth + 1} />`)}</details>`;
}
