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
  home: 'M2 8 8 2.500 14 8M3.800 6.800v7h8.400v-7',
  key: 'M5.200 13.200a3 3 0 1 1 0-6 3 3 0 0 1 0 6zM7.400 8 13.500 2M11 4.500l2 2',
  box: 'M2.500 5 8 2l5.500 3v6L8 14l-5.500-3zM2.500 5 8 8l5.500-3M8 8v6',
  wave: 'M1.500 8h2.500l2-5 3.500 10 2-5h3',
  people: 'M6 7.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM1.500 13.500c0-5 9-5 9 0M10.500 2.800a2.400 2.400 0 0 1 0 4.600M12 9.800c1.600.5 2.500 1.800 2.500 3.700',
  person: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.500 14c0-6 11-6 11 0',
  list: 'M5.500 3.500h8M5.500 8h8M5.500 12.500h8M2.500 3.500h.2M2.500 8h.2M2.500 12.500h.2',
  play: 'M4 2.500v11l9-5.500z',
  down: 'M8 2v9M4 7.500 8 11.500l4-4M2.500 14h11',
  pause: 'M5 3v10M11 3v10',
  left: 'M13 8H3M7 4 3 8l4 4',
  lock: 'M4 7.500h8v6H4zM5.500 7.500V5a2.500 2.500 0 0 1 5 0v2.500',
  nodes: 'M2.500 2.500h11v4.500h-11zM2.500 9h11v4.500h-11zM5 4.800h.2M5 11.300h.2',
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
