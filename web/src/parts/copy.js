// SPDX-License-Identifier: Apache-2.0
import { useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';

const SHOWN_MS = 2000;

/** A line to copy: selectable text and a button that says when it is done. */
export function Copy({ text, label }) {
  const [isDone, setDone] = useState(false);
  const line = useRef(null);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), SHOWN_MS);
    } catch { // the browser was told not to: it is selected, for Ctrl-C
      getSelection().selectAllChildren(line.current);
      line.current.focus();
    }
  }
  return html`<div class="copy"><code ref=${line} tabindex="0" role="textbox" aria-readonly="true" aria-label=${label}>${text}</code>
    <button class="quiet" onClick=${copy} aria-label=${`${isDone ? 'Copied' : 'Copy'} ${label}`}><${Icon} name=${isDone ? 'ok' : 'copy'} tone=${isDone ? 'good' : ''} />
    <span aria-live="polite">${isDone ? 'Copied' : 'Copy'}</span></button></div>`;
}
