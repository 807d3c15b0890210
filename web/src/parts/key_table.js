// SPDX-License-Identifier: Apache-2.0
// Keys: which state of their life they are in, since when, and the next step of it.
import { ask } from '../api.js';
import { html } from '../html.js';
import { ago, ahead, dateTime } from '../format.js';
import { Icon } from '../icons.js';
import { may } from '../me.js';
import { now } from '../state.js';
import { Confirm } from './confirm.js';

const STATES = { 'pre-active': ['clock', 'note'], active: ['ok', 'good'], 'decrypt-only': ['clock', 'warn'], revoked: ['off', 'bad'], destroyed: ['off', 'idle'] };

function since(key) {
  return { 'pre-active': key.offered_at, active: key.activated_at, 'decrypt-only': key.until, destroyed: key.destroyed_at }[key.state] ?? key.created_at;
}

function Steps({ keyRow, again }) {
  const isDevice = keyRow.kind.startsWith('device/') && keyRow.owner;
  const channel = keyRow.kind.split('/')[1];
  const ids = { station: keyRow.owner, channel };
  if (isDevice && keyRow.state === 'active') {
    return html`<span class="row"><${Confirm} label="Rotate" title=${`Rotate the ${channel} key of ${keyRow.owner}`} onDone=${again}
        text="The next key is put on offer; this one is good until the device has used the new one."
        run=${() => ask('/api/v1/keys/rotate', { method: 'POST', body: ids })} />
      <${Confirm} label="Revoke" title=${`Revoke the ${channel} keys of ${keyRow.owner}`} onDone=${again} text="Every key of this channel up to this one is refused from now on."
        run=${() => ask('/api/v1/keys/revoke', { method: 'POST', body: { ...ids, epoch: keyRow.version } })} /></span>`;
  }
  if (isDevice && keyRow.state !== 'destroyed') {
    return html`<${Confirm} label="Destroy" title=${`Destroy epoch ${keyRow.version} of ${keyRow.owner}`} word=${keyRow.owner} onDone=${again}
      text="It can never be read again, and nothing that needs it either." run=${() => ask('/api/v1/keys/destroy', { method: 'POST', body: { ...ids, epoch: keyRow.version } })} />`;
  }
  if (!isDevice && keyRow.state === 'active' && keyRow.kind === 'dek') {
    return html`<${Confirm} label="Rotate" title=${`Rotate data key ${keyRow.id}`} onDone=${again} text="What is written from now on has a new key; what was written keeps the old one until it is re-encrypted."
      run=${() => ask('/api/v1/keys/rotate', { method: 'POST', body: { id: keyRow.id } })} />`;
  }
  return '';
}

export function keyColumns(again) {
  return [{ name: 'Key', of: (k) => k.kind }, { name: 'Owner', of: (k) => k.owner ?? null }, { name: 'Period', of: (k) => k.period ?? null },
    { name: 'Version', of: (k) => k.version, number: true },
    { name: 'State', of: (k) => k.state, cell: (k) => html`<span class="badge"><${Icon} name=${(STATES[k.state] ?? STATES.active)[0]} tone=${(STATES[k.state] ?? STATES.active)[1]} />${k.state}</span>` },
    { name: 'Since', of: (k) => since(k) ?? null, cell: (k) => html`<time datetime=${since(k)} title=${since(k)}>${ago(since(k), now.value)}</time>` },
    { name: 'Age', of: (k) => k.created_at ?? null, cell: (k) => (k.created_at ? ago(k.created_at, now.value).replace(' ago', '') : '–') },
    { name: 'Due', of: (k) => k.due_at ?? null, cell: (k) => (k.overdue
      ? html`<span class="badge"><${Icon} name="alert" tone="bad" /><span>overdue since <time datetime=${k.due_at} title=${k.due_at}>${dateTime(k.due_at).slice(0, 10)}</time></span></span>`
      : k.due_at ? html`<time datetime=${k.due_at} title=${k.due_at}>${ahead(k.due_at, now.value)}</time>` : '–') },
    { name: 'Seals', of: (k) => k.seals ?? null, number: true }, { name: 'Under KEK', of: (k) => k.kek_version ?? null, number: true },
    ...(may('administrator') ? [{ name: 'Do', cell: (k) => html`<${Steps} keyRow=${k} again=${again} />` }] : [])];
}
