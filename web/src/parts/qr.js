// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { qr } from '../qr.js';

const QUIET = 4;

/** Black on white in both colour schemes: cameras want it so. */
export function Qr({ text, label }) {
  const rows = qr(text);
  const side = rows.length + 2 * QUIET;
  const path = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : ''))).join('');
  return html`<svg class="qr" viewBox=${`0 0 ${side} ${side}`} role="img" aria-label=${label} shape-rendering="crispEdges"><rect width=${side} height=${side} fill="#ffffff" /><path d=${path} fill="#000000" /></svg>`;
}
