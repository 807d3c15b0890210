// SPDX-License-Identifier: Apache-2.0
// Numbers and times for people.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export const NONE = '–';

export function kilowatts(watts) {
  return watts === null || watts === undefined ? NONE : (watts / 1000).toFixed(1);
}

export function kilowattHours(wattHours) {
  return wattHours === null || wattHours === undefined ? NONE : (wattHours / 1000).toFixed(2);
}

/** Date and time of the reader's clock: 2026-11-22 08:21:26. */
export function dateTime(text) {
  if (!text) return NONE;
  const at = new Date(text);
  const two = (number) => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock.format(at)}`;
}

/** What a reader writes by his clock, "2026-11-22", "2026-11-22 08:00", as RFC 3339; else as it is. */
export function instant(text) {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?$/.exec(text.trim());
  const at = found ? new Date(`${found[1]}T${found[2] ?? '00:00'}`) : null;
  return at && !Number.isNaN(at.getTime()) ? at.toISOString() : text.trim();
}

export function time(text) {
  return text ? clock.format(new Date(text)) : NONE;
}

export function ago(text, now) {
  if (!text) return 'never';
  const seconds = Math.max(0, Math.round((now - Date.parse(text)) / 1000));
  if (seconds < 5) return 'just now';
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

/** in 3 days; 2 h ago. */
export function ahead(text, now) {
  const seconds = Math.round((Date.parse(text) - now) / 1000);
  if (seconds <= 0) return ago(text, now);
  if (seconds < 90) return `in ${seconds} s`;
  if (seconds < 5400) return `in ${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `in ${Math.round(seconds / 3600)} h`;
  return `in ${Math.round(seconds / 86400)} days`;
}

export function duration(from, now) {
  if (!from) return NONE;
  const seconds = Math.max(0, Math.round((now - Date.parse(from)) / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${String(m).padStart(2, '0')} h` : `${m}:${String(s).padStart(2, '0')} min`;
}

/** How long something is up: 40 s, 12 min, 3 h, 5 days. */
export function span(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} days`;
}

export const mebibytes = (bytes) => (bytes === null ? NONE : `${(bytes / 1048576).toFixed(0)} MiB`);

/** EVConnected → EV connected */
export function words(name) {
  return name ? name.replace(/([a-z0-9])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`).replace(/^EV/, 'EV ').replace(/\s+/g, ' ') : '';
}

const PROFILES = { basic: 'Password (2)', mtls: 'Certificate (3)', 'mtls+basic': 'Certificate + password' };

export function profile(auth) {
  return PROFILES[auth] ?? auth;
}
