// SPDX-License-Identifier: Apache-2.0
// What a station, sensor device or claim and the daemon say to each other: first what is still in the daemon's memory, then what comes. The
// stream is this page's own and ends with it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../api.js';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { time } from '../format.js';
import { textOf } from '../list.js';
import { remember, route } from '../route.js';
import { curl, Lines, Panel, word } from './facts.js';
import { Tree } from './tree.js';

const KEPT_MAX = 500; // rows of this page
const READ_MAX = 100;

/** {messages newest first, fault, isLive}; while it is paused nothing is added, and what came meanwhile is read after. */
function useMessages(path, isPaused) {
  const [state, setState] = useState({ messages: [], fault: '', isLive: false });
  const newest = useRef(0);
  useEffect(() => {
    if (isPaused) return undefined;
    let isWanted = true;
    let source = null;
    const add = (list) => {
      const fresh = list.filter((m) => m.number > newest.current).sort((a, b) => b.number - a.number);
      if (!isWanted || fresh.length === 0) return;
      newest.current = fresh[0].number;
      setState((old) => ({ ...old, messages: [...fresh, ...old.messages].slice(0, KEPT_MAX) }));
    };
    ask(`${path}?limit=${READ_MAX}`).then((page) => {
      if (!isWanted) return;
      add(page.items);
      source = new EventSource(`${path}/stream${newest.current ? `?last_event_id=${newest.current}` : ''}`);
      source.onopen = () => setState((old) => ({ ...old, isLive: true, fault: '' }));
      source.onerror = () => setState((old) => ({ ...old, isLive: false }));
      source.addEventListener('message', ({ data }) => add([JSON.parse(data)]));
    }, (problem) => setState((old) => ({ ...old, fault: textOf(problem) })));
    return () => {
      isWanted = false;
      source?.close();
    };
  }, [path, isPaused]);
  return state;
}

const latency = (us) => (us === null ? '' : us < 10_000 ? `${(us / 1000).toFixed(1)} ms` : us < 1_000_000 ? `${Math.round(us / 1000)} ms` : `${(us / 1_000_000).toFixed(1)} s`);
const cover = (m) => [m.sealed ? 'sealed' : 'plain', m.signed && 'signed'].filter(Boolean).join(', ');

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function Body({ message }) {
  const value = message.cut ? undefined : parsed(message.text);
  return html`<div class="body">${message.cut && html`<p class="dim">Only the beginning of ${message.size} bytes is kept.</p>`}
    ${value === undefined ? html`<pre class="mono scroll" tabindex="0" aria-label="The text of the message">${message.text}</pre>` : html`<${Tree} value=${value} />`}</div>`;
}

function Row({ message }) {
  const [isOpen, setOpen] = useState(false);
  const isGood = message.verdict === null && message.type !== 'error' && message.type !== 'result-error';
  const verdict = message.verdict ?? (message.type === 'error' ? 'refused' : 'valid');
  return html`<li data-number=${message.number}><details onToggle=${(e) => setOpen(e.currentTarget.open)}><summary>
      <time class="dim" datetime=${message.at} title=${message.at}>${time(message.at)}</time>
      <span class="badge"><${Icon} name=${message.direction === 'received' ? 'arrow' : 'left'} tone=${message.direction === 'received' ? 'busy' : 'note'} />${message.direction}</span>
      <span><b>${message.action ?? '–'}</b> <span class="dim">${message.type ?? 'no message'}</span></span>
      <span class="number">${latency(message.latency_us)}</span><span class="number dim">${message.size} B</span>
      <span class="badge"><${Icon} name=${message.sealed ? 'lock' : 'info'} tone=${message.sealed ? 'good' : 'idle'} />${cover(message)}</span>
      <span class=${isGood ? '' : 'bad'}><${Icon} name=${isGood ? 'ok' : 'alert'} tone=${isGood ? 'good' : 'bad'} />${verdict}</span></summary>
      ${isOpen && html`<${Body} message=${message} />`}</details></li>`;
}

function download(station, messages) {
  const lines = [...messages].reverse().map((m) => JSON.stringify(m)).join('\n');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${lines}\n`], { type: 'application/x-ndjson' }));
  link.download = `${station}-messages.jsonl`;
  link.click();
  URL.revokeObjectURL(link.href);
}

export const Messages = ({ station }) => html`<${MessagesOf} of="station" id=${station.identity} what="As they were before sealing; passwords and keys are left out." />`;

/** of: station, sensor or claim; what: what is shown of them. */
export function MessagesOf({ of, id, what, hasLines = true }) {
  const path = `/api/v1/${of}s/${encodeURIComponent(id)}/messages`;
  const option = of === 'station' ? '' : ` --of ${of}`;
  const [isPaused, setPaused] = useState(false);
  const { messages, fault, isLive } = useMessages(path, isPaused);
  const { filter = '', only = '' } = route.value.query;
  const wanted = filter.toLowerCase();
  const shown = messages.filter((m) => (only === '' || (only === 'odd' ? m.verdict !== null || m.type === 'error' : m.direction === only))
    && (wanted === '' || `${m.action} ${m.id} ${m.text}`.toLowerCase().includes(wanted)));
  return html`<div class="stack"><${Panel} id="messages" title="Messages, newest first">
    <div class="tools"><label class="filter">Filter<input type="search" value=${filter} autocomplete="off" spellcheck="false" onInput=${(e) => remember({ filter: e.currentTarget.value })} /></label>
      <label>Which<select onChange=${(e) => remember({ only: e.currentTarget.value })}>${[['', 'all'], ['received', 'received'], ['sent', 'sent'], ['odd', 'with something wrong']].map(([value, label]) => html`<option key=${value} value=${value} selected=${value === only}>${label}</option>`)}</select></label>
      <button type="button" class="quiet" aria-pressed=${isPaused} onClick=${() => setPaused(!isPaused)}><${Icon} name=${isPaused ? 'play' : 'pause'} />${isPaused ? 'Go on' : 'Pause'}</button>
      <button type="button" class="quiet" disabled=${shown.length === 0} onClick=${() => download(id, shown)}><${Icon} name="down" />Download</button>
      <p class="dim count" role="status">${isPaused ? 'Paused' : isLive ? 'Live' : 'Connecting'}, ${shown.length} shown</p></div>
    <p class="fault" role="alert">${fault}</p>
    ${shown.length === 0 && html`<p class="empty">Nothing was said since the daemon started, or it was too long ago.</p>`}
    <ol class="messages scroll" tabindex="0" aria-labelledby="messages-title">${shown.map((m) => html`<${Row} key=${m.number} message=${m} />`)}</ol>
    <p class="dim">${what} The daemon keeps the last of all in memory (8 MiB), this page ${KEPT_MAX}.</p><//>
    ${hasLines && html`<${Lines} lines=${[['request that lists them', curl(path)], ['request that follows them', curl(`${path}/stream`)], ['command that lists them', `voltseal messages list ${word(id)}${option}`], ['command that follows them', `voltseal messages follow ${word(id)}${option}`]]} />`}</div>`;
}
