// SPDX-License-Identifier: Apache-2.0
// What pages read: one object, or one page of a list. Both say whether they wait, what went wrong, and read again when
// something of these kinds has happened.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { PAGE_SIZE, taken } from './ahead.js';
import { ask } from './api.js';
import { heard } from './state.js';

const AGAIN_MS = 400; // a burst of events is one reading

/** Call `run` when an event of one of these kinds comes and `isWanted` says so. */
export function useLive(kinds, run, isWanted = () => true) {
  const now = useRef(null);
  now.current = { run, isWanted };
  useEffect(() => {
    let timer = 0;
    const hear = (event) => {
      if (event.kind !== 'resync' && (!kinds.includes(event.kind) || !now.current.isWanted(event))) return;
      timer ||= setTimeout(() => {
        timer = 0;
        now.current.run();
      }, AGAIN_MS);
    };
    heard.add(hear);
    return () => {
      heard.delete(hear);
      clearTimeout(timer);
    };
  }, []);
}

/** {value, fault, isBusy, again}: what `path` answers; nothing while it is ''. */
export function useAsked(path, { live = [], isWanted } = {}) {
  const [state, setState] = useState({ path: '', value: null, fault: '', isBusy: true });
  const [turn, setTurn] = useState(0);
  useLayoutEffect(() => { // not after the paint: the way to the server is the longer one
    let isCurrent = path !== '';
    if (!isCurrent) return undefined;
    (taken(path) ?? ask(path)).then((value) => { if (isCurrent) setState({ path, value, fault: '', isBusy: false }); },
      (problem) => { if (isCurrent) setState((old) => ({ path, value: old.path === path ? old.value : null, fault: textOf(problem), isBusy: false })); });
    return () => { isCurrent = false; };
  }, [path, turn]);
  const again = () => setTurn((n) => n + 1);
  useLive(live, again, isWanted);
  return state.path === path ? { ...state, again } : { value: null, fault: '', isBusy: true, again };
}

/** A list, page by page, by its cursors; first: where it begins; isWhole: the server gives all at once. */
export function usePages(path, options = {}) {
  const first = options.first ?? '';
  const key = `${path} ${first}`;
  const [place, setPlace] = useState({ key, cursors: [first] });
  const cursors = place.key === key ? place.cursors : [first];
  const cursor = cursors.at(-1);
  const join = path.includes('?') ? '&' : '?';
  const page = `${path}${join}limit=${options.limit ?? PAGE_SIZE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
  const asked = useAsked(options.isWhole ? path : page, options);
  const next = asked.value?.next ?? null;
  return {
    ...asked,
    rows: asked.value?.items ?? [],
    number: cursors.length,
    forward: next === null ? null : () => setPlace({ key, cursors: [...cursors, next] }),
    back: cursors.length === 1 ? null : () => setPlace({ key, cursors: cursors.slice(0, -1) }),
  };
}

/** What a person reads of a problem, with the code that the reference explains. */
export const textOf = (problem) => `${problem.message}${problem.code ? ` (${problem.code})` : ''}`;

/** {go, isBusy, fault, answer, clear}: something that is done when somebody asks for it. */
export function useAction(run) {
  const [state, setState] = useState({ isBusy: false, fault: '', answer: null });
  async function go(...args) {
    setState((old) => ({ ...old, isBusy: true, fault: '' }));
    try {
      const answer = await run(...args);
      setState({ isBusy: false, fault: '', answer });
      return true;
    } catch (problem) {
      setState({ isBusy: false, fault: textOf(problem), answer: null });
      return false;
    }
  }
  return { ...state, go, clear: () => setState({ isBusy: false, fault: '', answer: null }) };
}
