// SPDX-License-Identifier: Apache-2.0
// Power of the running transactions. A canvas knows no style sheet: the colours are read from CSS variables, and
// the plot is made anew when the colour scheme changes.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { html } from '../html.js';
import { kilowatts, NONE, time } from '../format.js';
import { plotted, version } from '../state.js';

const HEIGHT = 240;
const TABLE_ROWS = 12;
const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** One time axis for all: each line has a value where it was measured, and holes elsewhere. */
function data(txs) {
  const tables = txs.map((tx) => [tx.points.map((p) => p[0]), tx.points.map((p) => p[1] / 1000)]);
  return tables.length === 0 ? [[]] : uPlot.join(tables);
}

function options(txs, width) {
  const axis = { stroke: css('--ink-dim'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line'), width: 1 },
    font: `12px ${css('--font')}`, labelFont: `12px ${css('--font')}` };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 6 }, y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [0, Math.max(1, (high ?? 1) * 1.1)] } },
    axes: [{ ...axis, space: 80, incrs: SECONDS, values: (_, list) => list.map((s) => time(s * 1000)) },
      { ...axis, size: 44, values: (_, list) => list.map((v) => `${v}`) }],
    series: [{}, ...txs.map((tx) => ({
      label: tx.station,
      stroke: css(`--plot-${tx.line + 1}`),
      dash: DASHES[Math.floor(tx.line / 4)],
      width: 2,
      spanGaps: true,
      points: { show: false },
      paths: uPlot.paths.linear(),
    }))],
  };
}

function Twin({ txs }) {
  const rows = new Map();
  txs.forEach((tx, i) => tx.points.slice(-TABLE_ROWS).forEach(([seconds, watts]) => {
    const row = rows.get(Math.round(seconds)) ?? new Array(txs.length).fill(null);
    row[i] = watts;
    rows.set(Math.round(seconds), row);
  }));
  const list = [...rows].sort((a, b) => b[0] - a[0]).slice(0, TABLE_ROWS);
  return html`<details class="twin"><summary>Show the plot as a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Power values">
    <table><caption class="hidden">Power of the running transactions in kilowatts, newest first</caption>
    <thead><tr><th scope="col">Time</th>${txs.map((tx) => html`<th scope="col" class="number">${tx.station}${tx.evse !== null && ` /${tx.evse}`}</th>`)}</tr></thead>
    <tbody>${list.map(([seconds, row]) => html`<tr><th scope="row">${time(seconds * 1000)}</th>
      ${row.map((w) => html`<td class="number">${w === null ? NONE : kilowatts(w)}</td>`)}</tr>`)}</tbody>
    </table></div></details>`;
}

export function Plot() {
  void version.value;
  const place = useRef(null);
  const plot = useRef(null);
  const drawn = useRef([]); // those of this rendering: others may have begun before its effects run
  const txs = plotted();
  drawn.current = txs;
  const shape = txs.map((tx) => `${tx.station} ${tx.id}`).join();

  function make() {
    plot.current?.destroy();
    plot.current = new uPlot(options(drawn.current, place.current.clientWidth), data(drawn.current), place.current);
  }
  useEffect(make, [shape]);
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const size = new ResizeObserver(() => {
      const width = place.current?.clientWidth;
      if (plot.current && width && width !== plot.current.width) plot.current.setSize({ width, height: HEIGHT });
    });
    scheme.addEventListener('change', make);
    size.observe(place.current);
    return () => {
      scheme.removeEventListener('change', make);
      size.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => { plot.current?.setData(data(txs)); });
  return html`<figure class="plot"><figcaption class="dim">Power, kW</figcaption>
    <div ref=${place} class="canvas" role="img" aria-label="Power of the running transactions over time; the same values are in the table below"></div>
    <${Twin} txs=${txs} /></figure>`;
}
