// SPDX-License-Identifier: Apache-2.0
// What is known of one object: names and values, and what one asks about it from a terminal.
import { html } from '../html.js';
import { overview } from '../state.js';
import { Copy } from './copy.js';

export function Facts({ list }) {
  return html`<dl class="facts">${list.filter(Boolean).map(([name, value]) => html`<div key=${name}><dt>${name}</dt>
    <dd>${value === null || value === undefined || value === '' ? '–' : value}</dd></div>`)}</dl>`;
}

export function Panel({ title, id, children }) {
  return html`<section class="panel" aria-labelledby=${`${id}-title`}><h2 id=${`${id}-title`}>${title}</h2>${children}</section>`;
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
export const word = (text) => (/^[A-Za-z0-9_.:@=+/-]+$/.test(text) ? text : quote(text));

/** The same over HTTP; $TOKEN is the reader's own. */
export function curl(path, method = 'GET', body = null) {
  const ca = overview.value?.ca_file ? ` --cacert ${word(overview.value.ca_file)}` : '';
  const more = `${method === 'GET' ? '' : ` -X ${method}`}${body ? ` --json ${quote(JSON.stringify(body))}` : ''}`;
  return `curl${ca} -H "Authorization: Bearer $TOKEN"${more} ${quote(`${location.origin}${path}`)}`;
}

/** lines: [[label, text], ...] */
export function Lines({ lines }) {
  return html`<section class="panel" aria-labelledby="lines-title"><h2 id="lines-title">From a terminal</h2>
    ${lines.map(([label, text]) => html`<${Copy} key=${label} text=${text} label=${label} />`)}</section>`;
}

export const Loading = ({ asked }) => (asked.fault
  ? html`<p class="fault" role="alert">${asked.fault} <button type="button" class="quiet" onClick=${asked.again}>Try again</button></p>`
  : html`<p class="empty" role="status">Loading</p>`);
