// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { Icon, STATUS } from '../icons.js';
import { ago, kilowatts, profile, words } from '../format.js';
import { to } from '../route.js';
import { now, overview, running, seen, stations, version, watts } from '../state.js';

function statusOf(station, connector) {
  if (!station.connected) return 'Offline';
  const tx = [...running.values()].find((t) => t.station === station.identity && t.evse === connector.evse);
  return tx?.charging_state === 'Charging' && connector.status === 'Occupied' ? 'Charging' : connector.status;
}

function Status({ text, label }) {
  const [icon, tone] = STATUS[text] ?? ['info', 'idle'];
  return html`<span class="status"><${Icon} name=${icon} tone=${tone} />${label}${words(text)}</span>`;
}

export function Connectors({ station }) {
  const list = [...station.connectors].sort((a, b) => a.evse - b.evse || a.connector - b.connector);
  if (!station.enabled) return html`<${Status} text="Disabled" />`;
  if (!station.connected || list.length === 0) return html`<${Status} text=${station.connected ? 'Connected' : 'Offline'} />`;
  return list.map((c) => html`<${Status} key=${`${c.evse}.${c.connector}`} text=${statusOf(station, c)}
    label=${list.length > 1 ? `${c.evse}.${c.connector} ` : ''} />`);
}

export function power(identity) {
  const own = [...running.values()].filter((t) => t.station === identity && watts(t) !== null);
  return own.length === 0 ? null : own.reduce((sum, t) => sum + watts(t), 0);
}

export function Stations() {
  void version.value;
  const list = [...stations.values()].sort((a, b) => (a.identity < b.identity ? -1 : 1));
  return html`<section class="panel wide" aria-labelledby="stations-title">
    <h2 id="stations-title">Stations</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Table of stations">
    <table id="stations"><caption class="hidden">Stations with the status of each connector</caption>
    <thead><tr><th scope="col">Station</th><th scope="col">Status</th><th scope="col" class="number">kW now</th>
      <th scope="col">Vendor, model</th><th scope="col">Security profile</th><th scope="col">Last seen</th></tr></thead>
    <tbody>${list.map((s) => html`<tr key=${s.identity} data-station=${s.identity}>
      <th scope="row"><a href=${to('stations', s.identity)}>${s.identity}</a></th>
      <td><${Connectors} station=${s} /></td>
      <td class="number">${kilowatts(power(s.identity))}</td>
      <td>${s.vendor ? html`${s.vendor} <span class="dim">${s.model}</span>` : html`<span class="dim">not booted yet</span>`}</td>
      <td>${profile(s.auth)}</td>
      <td class="dim"><time datetime=${s.last_seen} title=${s.last_seen}>${ago(s.last_seen, now.value)}</time></td>
    </tr>`)}</tbody></table></div>
    ${seen.isPartial && html`<p class="dim">The first ${list.length} of ${overview.value?.stations}. <a href=${to('stations')}>All stations</a></p>`}
    ${list.length === 0 && html`<p class="empty">No stations yet. Add one on this page, or with <code>voltseal station add</code>.</p>`}
  </section>`;
}
