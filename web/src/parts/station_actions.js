// SPDX-License-Identifier: Apache-2.0
// What an operator asks of a station. The request is shown before it goes: the buttons only write it.
import { useState } from 'preact/hooks';
import { ask } from '../api.js';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { useAction } from '../list.js';
import { curl, Panel, word } from './facts.js';
import { Copy } from './copy.js';
import { Tree } from './tree.js';

const WAIT_S = 30;
const PRESETS = {
  2: [['Reset now', 'Reset', { type: 'Immediate' }], ['Reset when idle', 'Reset', { type: 'OnIdle' }],
    ['Make unavailable', 'ChangeAvailability', { operationalStatus: 'Inoperative' }], ['Make available', 'ChangeAvailability', { operationalStatus: 'Operative' }],
    ['Ask for a heartbeat', 'TriggerMessage', { requestedMessage: 'Heartbeat' }], ['Ask for its status', 'TriggerMessage', { requestedMessage: 'StatusNotification' }],
    ['Read variables', 'GetBaseReport', { requestId: 1, reportBase: 'FullInventory' }]],
  1: [['Reset now', 'Reset', { type: 'Hard' }], ['Reset when idle', 'Reset', { type: 'Soft' }],
    ['Make unavailable', 'ChangeAvailability', { connectorId: 0, type: 'Inoperative' }], ['Make available', 'ChangeAvailability', { connectorId: 0, type: 'Operative' }],
    ['Ask for a heartbeat', 'TriggerMessage', { requestedMessage: 'Heartbeat' }], ['Ask for its status', 'TriggerMessage', { requestedMessage: 'StatusNotification' }],
    ['Read configuration', 'GetConfiguration', {}]],
};

export function Outcome({ command }) {
  const isGood = command.state === 'answered';
  return html`<div class="result" role="status"><p><${Icon} name=${isGood ? 'ok' : command.final ? 'alert' : 'clock'} tone=${isGood ? 'good' : command.final ? 'bad' : 'note'} />
    <b>${command.action}</b>: ${command.state}${command.error ? `, ${command.error.text} (${command.error.code})` : ''}</p>
    ${command.result !== null && command.result !== undefined && html`<${Tree} value=${command.result} />`}</div>`;
}

export function StationActions({ station }) {
  const presets = PRESETS[station.spoken?.startsWith('1.') ? 1 : 2];
  const [action, setAction] = useState('TriggerMessage');
  const [payload, setPayload] = useState('{"requestedMessage":"Heartbeat"}');
  const path = `/api/v1/stations/${encodeURIComponent(station.identity)}/commands`;
  const sending = useAction(() => ask(path, { method: 'POST', body: { action, payload: JSON.parse(payload || '{}'), wait_s: WAIT_S } }));
  function submit(event) {
    event.preventDefault();
    sending.go();
  }
  return html`<${Panel} id="actions" title="Ask it for something">
    <div class="row" role="group" aria-label="Requests that are often sent">${presets.map(([label, name, body]) => html`<button type="button" class="quiet" key=${label}
      onClick=${() => { setAction(name); setPayload(JSON.stringify(body)); }}>${label}</button>`)}</div>
    <form onSubmit=${submit}><label>Action<input name="action" value=${action} required maxlength="50" spellcheck="false" autocomplete="off"
        onInput=${(e) => setAction(e.currentTarget.value)} /></label>
      <label>Payload, JSON<textarea name="payload" rows="3" spellcheck="false" class="mono" onInput=${(e) => setPayload(e.currentTarget.value)} value=${payload}></textarea></label>
      <p class="fault" role="alert">${sending.fault && html`<${Icon} name="alert" tone="bad" />${sending.fault}`}</p>
      <button type="submit" disabled=${sending.isBusy || !station.connected}>${sending.isBusy ? 'Waiting for the answer' : 'Send and wait'}</button>
      ${!station.connected && html`<p class="dim help">It is not connected: nothing can be sent.</p>`}</form>
    ${sending.answer && html`<${Outcome} command=${sending.answer} />`}
    <${Copy} text=${`voltseal station command ${word(station.identity)} ${word(action)} '${payload.replaceAll("'", "'\\''")}'`} label="command that sends this" />
    <${Copy} text=${curl(path, 'POST', { action, payload: tryParse(payload), wait_s: WAIT_S })} label="request that sends this" /><//>`;
}

function tryParse(text) {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return {};
  }
}
