// SPDX-License-Identifier: Apache-2.0
// Small drawings beside words; never alone, so hidden from screen readers.
import { html } from './html.js';

const PATHS = {
  ok: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM4.800 8.200l2.200 2.200 4.200-4.600',
  bolt: 'M9 1 3.500 9H7l-.7 6L12.500 7H8.600z',
  plug: 'M5.500 1.500v4M10.500 1.500v4M3.500 5.500h9v2a4.500 4.500 0 0 1-9 0zM8 12v3',
  off: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM4 12 12 4',
  alert: 'M8 1.800 15 14H1zM8 6.300v3.700M8 11.900v.2',
  info: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM8 7v4.500M8 4.500v.2',
  clock: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM8 4.500V8l2.500 1.800',
  shield: 'M8 1.200 2.500 3.300v4.300c0 3.400 2.300 6.200 5.500 7.300 3.200-1.100 5.500-3.900 5.500-7.300V3.300zM8.600 4.500 6 8.300h3.800L7.300 11.800',
  plus: 'M8 3v10M3 8h10',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
  arrow: 'M2 8h11M9 4l4 4-4 4',
  station: 'M3 14.500v-12h6v12M1.500 14.500h9M9 8h2.500v4a1.200 1.200 0 0 0 2.400 0V6L12 4M5 5h2',
};

export function Icon({ name, tone = '' }) {
  return html`<svg class=${`icon ${tone}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} /></svg>`;
}

/** Status of a connector (OCPP 2.0.1 ConnectorStatusEnumType), of a station, of an event: icon and tone. */
export const STATUS = {
  Available: ['ok', 'good'],
  Occupied: ['plug', 'busy'],
  Charging: ['bolt', 'busy'],
  Reserved: ['clock', 'note'],
  Unavailable: ['off', 'idle'],
  Faulted: ['alert', 'bad'],
  Offline: ['off', 'idle'],
};
export const SEVERITY = {
  info: ['info', 'idle'],
  notice: ['info', 'note'],
  warning: ['alert', 'warn'],
  critical: ['alert', 'bad'],
};
