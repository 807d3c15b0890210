// SPDX-License-Identifier: Apache-2.0
// The table of every list: one page of rows, sorted and filtered within it, and the way to the next page.
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1; // what is not known comes last
  if (b === null || b === undefined) return -1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
}

function Head({ column, sort, onSort }) {
  const isSorted = sort.name === column.name;
  const order = isSorted ? (sort.isDown ? 'descending' : 'ascending') : undefined;
  return html`<th scope="col" class=${column.number ? 'number' : undefined} aria-sort=${order}>
    ${column.of ? html`<button type="button" class="sort" onClick=${() => onSort({ name: column.name, isDown: isSorted && !sort.isDown })}>
      ${column.name}<span class="mark" aria-hidden="true">${isSorted ? (sort.isDown ? '↓' : '↑') : ''}</span></button>` : column.name}</th>`;
}

function Cell({ column, row, isFirst }) {
  const content = column.cell ? column.cell(row) : column.of(row) ?? '–';
  if (isFirst) return html`<th scope="row">${content}</th>`;
  return html`<td class=${column.number ? 'number' : undefined}>${content}</td>`;
}

function Paging({ list, caption }) {
  if (!list.forward && !list.back) return null;
  return html`<div class="paging" role="group" aria-label=${`Pages of ${caption}`}>
    <button type="button" class="quiet" disabled=${!list.back} onClick=${list.back}>Previous</button>
    <span>Page ${list.number}</span>
    <button type="button" class="quiet" disabled=${!list.forward} onClick=${list.forward}>Next</button></div>`;
}

/**
 * columns: [{name, of(row): what is sorted and filtered by, cell(row): what is shown, number}]; list: of usePages;
 * empty: what to say when there is nothing.
 */
export function Table({ id, caption, columns, list, keyOf, empty, children }) {
  const [sort, setSort] = useState({ name: '', isDown: false });
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  let rows = list.rows;
  if (wanted) rows = rows.filter((row) => columns.some((c) => c.of && String(c.of(row) ?? '').toLowerCase().includes(wanted)));
  const column = columns.find((c) => c.name === sort.name);
  if (column) rows = [...rows].sort((a, b) => compare(column.of(a), column.of(b)) * (sort.isDown ? -1 : 1));
  const isEmpty = !list.isBusy && !list.fault && list.rows.length === 0;
  return html`<div class="tools"><label class="filter">Filter this page<input type="search" value=${filter} autocomplete="off"
      onInput=${(e) => setFilter(e.currentTarget.value)} aria-controls=${id} /></label>${children}
      <p class="dim count" role="status">${list.isBusy ? 'Loading' : wanted ? `${rows.length} of ${list.rows.length} rows` : list.rows.length === 1 ? '1 row' : `${list.rows.length} rows`}</p></div>
    ${list.fault && html`<p class="fault" role="alert"><${Icon} name="alert" tone="bad" />${list.fault}
      <button type="button" class="quiet" onClick=${list.again}>Try again</button></p>`}
    ${isEmpty && html`<p class="empty">${empty}</p>`}
    <div class="scroll tall" tabindex="0" role="region" aria-label=${`Table: ${caption}`} hidden=${isEmpty} aria-busy=${list.isBusy}>
    <table id=${id}><caption class="hidden">${caption}</caption>
    <thead><tr>${columns.map((c) => html`<${Head} key=${c.name} column=${c} sort=${sort} onSort=${setSort} />`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${keyOf(row)} data-key=${keyOf(row)}>
      ${columns.map((c, i) => html`<${Cell} key=${c.name} column=${c} row=${row} isFirst=${i === 0} />`)}</tr>`)}</tbody></table></div>
    <${Paging} list=${list} caption=${caption} />`;
}
