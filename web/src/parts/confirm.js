// SPDX-License-Identifier: Apache-2.0
// A button whose deed cannot be taken back: it asks once more, and where a name is at stake it wants that typed.
import { useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { useAction } from '../list.js';

/** run() does it; word: what has to be typed; children: more fields, given to run as FormData. */
export function Confirm({ label, title, text, word = '', run, onDone, children }) {
  const dialog = useRef(null);
  const [typed, setTyped] = useState('');
  const action = useAction(run);
  function open() {
    setTyped('');
    action.clear();
    dialog.current.showModal();
  }
  async function submit(event) {
    event.preventDefault();
    if (await action.go(new FormData(event.currentTarget))) {
      dialog.current?.close();
      onDone?.();
    }
  }
  return html`<button type="button" class="quiet danger" onClick=${open}>${label}</button>
    <dialog ref=${dialog} aria-label=${title}><form method="dialog" class="panel ask" onSubmit=${submit}>
      <h2><${Icon} name="alert" tone="warn" />${title}</h2><p>${text}</p>${children}
      ${word && html`<label>Type ${word} to go on<input value=${typed} onInput=${(e) => setTyped(e.currentTarget.value)} autocomplete="off" spellcheck="false" /></label>`}
      <p class="fault" role="alert">${action.fault && html`<${Icon} name="alert" tone="bad" />${action.fault}`}</p>
      <div class="row"><button type="button" class="quiet" onClick=${() => dialog.current.close()}>Cancel</button>
      <button type="submit" class="danger" disabled=${action.isBusy || (word && typed !== word)}>${label}</button></div></form></dialog>`;
}
