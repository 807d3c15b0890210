// SPDX-License-Identifier: Apache-2.0
// Lines over time, with the same numbers in a table beside them. A canvas knows no style sheet: see plot.js.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { html } from '../html.js';
import { time } from '../format.js';

const HEIGHT = 240;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options({ lines, band }, width) {
  const axis = { stroke: css('--ink-dim'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line'), width: 1 },
    font: `12px ${css('--font')}`, labelFont: `12px ${css('--font')}` };
  return { width, height: HEIGHT, legend: { show: false }, cursor: { points: { size: 6 }, y: false, drag: { x: false, y: false } },
    axes: [{ ...axis, space: 80, values: (_, list) => list.map((s) => time(s * 1000)) }, { ...axis, size: 54 }],
    bands: band ? [{ series: [1, 2], fill: css('--band') }] : [],
    series: [{}, ...lines.map((line, i) => ({ label: line.label, stroke: css(`--plot-${(line.color ?? i) + 1}`), dash: line.dash, width: 2,
      spanGaps: true, points: { show: false } }))] };
}

/** at: seconds; lines: [{label, values, color, dash}]; band: the first two lines are the edges of one. */
export function Chart({ at, lines, band = false, label, unit, digits = 1 }) {
  const place = useRef(null);
  const plot = useRef(null);
  const now = useRef(null);
  now.current = { at, lines, band };
  function make() {
    plot.current?.destroy();
    plot.current = new uPlot(options(now.current, place.current.clientWidth), [now.current.at, ...now.current.lines.map((l) => l.values)], place.current);
  }
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const size = new ResizeObserver(() => {
      const width = place.current?.clientWidth;
      if (plot.current && width && width !== plot.current.width) plot.current.setSize({ width, height: HEIGHT });
    });
    make();
    scheme.addEventListener('change', make);
    size.observe(place.current);
    return () => {
      scheme.removeEventListener('change', make);
      size.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => { plot.current?.setData([at, ...lines.map((l) => l.values)]); });
  return html`<figure class="plot"><figcaption class="dim">${label}, ${unit}: ${lines.map((l, i) => html`<span key=${l.label}
      class="legend"><span class=${`swatch stroke plot-${(l.color ?? i) + 1}`}></span>${l.label}</span>`)}</figcaption>
    <div ref=${place} class="canvas" role="img" aria-label=${`${label} over time; the same values are in the table below`}></div>
    <details class="twin"><summary>Show the plot as a table</summary><div class="scroll" tabindex="0" role="region" aria-label=${`Values of ${label}`}>
    <table><caption class="hidden">${label} in ${unit}, newest first</caption><thead><tr><th scope="col">Time</th>
      ${lines.map((l) => html`<th scope="col" class="number" key=${l.label}>${l.label}</th>`)}</tr></thead>
    <tbody>${at.map((s, i) => i).reverse().map((i) => html`<tr key=${at[i]}><th scope="row">${time(at[i] * 1000)}</th>
      ${lines.map((l) => html`<td class="number" key=${l.label}>${l.values[i] === null ? '–' : l.values[i].toFixed(digits)}</td>`)}</tr>`)}</tbody></table></div></details></figure>`;
}
