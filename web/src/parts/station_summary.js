// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api.js';
import { html } from '../html.js';
import { ago, profile, words } from '../format.js';
import { useAsked } from '../list.js';
import { may } from '../me.js';
import { now } from '../state.js';
import { curl, Facts, Lines, Panel, word } from './facts.js';
import { StationActions } from './station_actions.js';
import { StationAdmin } from './station_admin.js';
import { At } from './station_tables.js';
import { Connectors } from './stations.js';

/** Of which network it is. Framed charge points are stations too, and Central has more to say of them. */
function useChannel(station) {
  const isFramed = station.connected && !station.spoken;
  const [point, setPoint] = useState(null);
  useEffect(() => {
    if (isFramed) ask('/api/v1/charge-points?limit=500').then((page) => setPoint(page.items.find((p) => p.identity === station.identity) ?? null), () => {});
  }, [isFramed, station.identity]);
  if (point) return [`framed network, mode ${point.mode ?? 'unknown'}`, point];
  return [station.spoken ? `OCPP ${station.spoken}` : station.connected ? 'framed network' : 'OCPP, not spoken since the daemon started', null];
}

/** Its last refusal: refusals are told live, and what was grave is stored as a security event. */
function Refusal({ station }) {
  const id = station.identity;
  const live = useAsked('/api/v1/events/recent?limit=500', { live: ['refused'], isWanted: (event) => event.station === id });
  const stored = useAsked(`/api/v1/events?station=${encodeURIComponent(id)}&security=true&limit=1`);
  const last = live.value?.items.find((e) => e.kind === 'refused' && e.station === id);
  const [why, at] = station.refused ? [station.refused, station.refused_at] : [last?.type, last?.at];
  if (why) return html`<span>${why.replaceAll('_', ' ')} <time class="dim" datetime=${at} title=${at}>${ago(at, now.value)}</time> <span class="dim">${last?.detail}</span></span>`;
  const event = stored.value?.items[0];
  if (event) return html`<span>not since the daemon started; last security event: ${words(event.type)} <time class="dim" datetime=${event.at}>${ago(event.at, now.value)}</time></span>`;
  return 'not that we know';
}

export function Summary({ station, again }) {
  const [channel, point] = useChannel(station);
  const id = station.identity;
  return html`<div class="columns"><div class="left">
    <${Panel} id="identity" title="What it is"><${Facts} list=${[['Identity', id], ['Channel', channel],
      ['Connection', station.connected ? 'connected' : 'not connected'], ['Connectors', html`<${Connectors} station=${station} />`],
      ['Enabled', station.enabled ? 'yes' : 'no: it is refused'], ['Registration', station.registration],
      ['Vendor, model', station.vendor && `${station.vendor} ${station.model ?? ''}`], ['Serial', station.serial], ['Firmware', station.firmware],
      ['Last seen', html`<time datetime=${station.last_seen} title=${station.last_seen}>${ago(station.last_seen, now.value)}</time>`],
      ['Added', html`<${At} at=${station.created_at} />`], point && ['State in its network', `${point.state}, ${point.energy_kwh} kWh, ${point.amount}`]]} /><//>
    <${Panel} id="security" title="Security and policy"><${Facts} list=${[['Lets itself in by', profile(station.auth)],
      ['Security profile reached', station.profile_reached], ['Versions', station.versions], ['Sealed messages', station.e2e], ['Signed messages', station.sign], ['Replay protection', station.replay], ['Quirks', station.quirks],
      ['Has a password', station.has_password ? 'yes' : 'no'], ['Next password', station.next_password ? 'told, not used yet' : 'none'],
      ['Pinned certificate', station.fingerprint && html`<span class="mono">${station.fingerprint}</span>`],
      ['Lowered until', station.profile_lowered_until && html`<${At} at=${station.profile_lowered_until} />`],
      ['Expired let in until', station.expired_until && html`<${At} at=${station.expired_until} />`],
      ['Last refused', html`<${Refusal} station=${station} />`]]} /><//>
    ${may('operator') && html`<${StationActions} station=${station} />`}
    ${may('administrator') && html`<${StationAdmin} station=${station} again=${again} />`}</div>
    <div class="right"><${Lines} lines=${[['command that shows this station', `voltseal station show ${word(id)}`],
      ['request that shows this station', curl(`/api/v1/stations/${encodeURIComponent(id)}`)],
      ['command that checks its way in', `voltseal station check ${word(id)}`],
      ['command that asks it for a heartbeat', `voltseal station command ${word(id)} TriggerMessage '{"requestedMessage":"Heartbeat"}'`],
      ['request that asks it for a heartbeat', curl(`/api/v1/stations/${encodeURIComponent(id)}/commands`, 'POST',
        { action: 'TriggerMessage', payload: { requestedMessage: 'Heartbeat' }, wait_s: 10 })]]} /></div></div>`;
}
