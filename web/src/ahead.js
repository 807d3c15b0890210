// SPDX-License-Identifier: Apache-2.0
// The first rows of the page that is opened first: asked for before the rest of the script has run and anything is
// drawn, so that the way to the server and back is over when the table is there. app.js imports this before all else.
import { ask } from './api.js';
import { pageOf } from './pages.js';

export const PAGE_SIZE = 50; // rows of one page of a list

const coming = new Map(); // path -> what ask() gave

/** What was asked for ahead at this path, once; else nothing. */
export function taken(path) {
  const found = coming.get(path);
  coming.delete(path);
  return found;
}

const plain = /^#\/([a-z]*)$/.exec(location.hash); // with a search or an id the page asks for something else
const first = plain && pageOf(plain[1])?.first;
if (first) {
  const path = `${first}?limit=${PAGE_SIZE}`;
  const answer = ask(path);
  answer.catch(() => {}); // whoever takes it hears of it
  coming.set(path, answer);
}
