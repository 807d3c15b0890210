// SPDX-License-Identifier: Apache-2.0
// Which page is shown: #/stations/CS-0001/messages?filter=Boot. Behind the # no server sees it, so a page needs no
// route of its own there, and a reload keeps it.
import { signal } from '@preact/signals';

function parse(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').filter(Boolean).map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { page: parts[0] ?? '', id: parts[1] ?? '', tab: parts[2] ?? '', query: Object.fromEntries(new URLSearchParams(query)) };
}

const isRoute = (hash) => hash === '' || hash.startsWith('#/');

export const route = signal(parse(isRoute(location.hash) ? location.hash : ''));

addEventListener('hashchange', () => {
  if (isRoute(location.hash)) route.value = parse(location.hash); // else it is a place on this page
});

/** The address of a page: to('stations', 'CS-0001', 'messages'). */
export const to = (...parts) => `#/${parts.map(encodeURIComponent).join('/')}`;

/** Keep a choice of this page in its address, without a step back for each letter. */
export function remember(changes) {
  const query = new URLSearchParams({ ...route.value.query, ...changes });
  for (const [name, value] of [...query]) if (value === '') query.delete(name);
  const { page, id, tab } = route.value;
  const hash = to(...[page, id, tab].filter(Boolean)) + (query.size ? `?${query}` : '');
  history.replaceState(null, '', hash);
  route.value = parse(hash);
}
