// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';

const SHOWN_MS = 2000;

/** A line to copy: selectable text and a button that says when it is done. */
export function Copy({ text, label }) {
  const [isDone, setDone] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), SHOWN_MS);
  }
  return html`<div class="copy"><code tabindex="0" role="textbox" aria-readonly="true" aria-label=${label}>${text}</code>
    <button class="quiet" onClick=${copy} aria-label=${`${isDone ? 'Copied' : 'Copy'} ${label}`}><${Icon} name=${isDone ? 'ok' : 'copy'} tone=${isDone ? 'good' : ''} />
    <span aria-live="polite">${isDone ? 'Copied' : 'Copy'}</span></button></div>`;
}
