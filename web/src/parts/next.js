// SPDX-License-Identifier: Apache-2.0
import { html } from '../html.js';
import { stations, version } from '../state.js';
import { Copy } from './copy.js';
import { word } from './facts.js';

export function Next() {
  void version.value;
  const first = [...stations.keys()].sort()[0] ?? 'CS-0001';
  return html`<section class="panel" aria-labelledby="next-title"><h2 id="next-title">What next</h2>
    <p class="dim">The same from a terminal:</p>
    <${Copy} text="voltseal station list" label="command that lists stations" />
    <${Copy} text="voltseal events --follow" label="command that follows events" />
    <${Copy} text=${`voltseal station command ${word(first)} TriggerMessage '{"requestedMessage":"Heartbeat"}'`} label="command that asks a station for a heartbeat" />
  </section>`;
}
