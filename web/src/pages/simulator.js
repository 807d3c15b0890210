// SPDX-License-Identifier: Apache-2.0
// The other side. The daemon starts no programs, so stations are simulated by voltseal-sim: the lines to copy are made
// here, and what comes of them is seen beside them.
import { useState } from 'preact/hooks';
import { html } from '../html.js';
import { usePages } from '../list.js';
import { Copy } from '../parts/copy.js';
import { Panel, word } from '../parts/facts.js';
import { Connectors } from '../parts/stations.js';
import { Table } from '../parts/table.js';
import { to } from '../route.js';
import { overview } from '../state.js';

const SCENARIOS = { demo: 'in turn at home, fast, a depot, one that breaks, a bad link', steady: 'a vehicle now and then', fast: 'DC fast charging', depot: 'a fleet at night', busy: 'many short transactions', offline: 'the link goes for a while, events are kept',
  flapping: 'the link comes and goes', faults: 'connectors break, and mend', boot_storm: 'every station boots again and again', slow: 'answers take seconds', carpark: 'a car park with a bad network', idle: 'nothing happens' };
const ATTACKS = { replay: 'a sealed message is sent twice', reorder: 'one message overtakes another', tamper: 'one character is changed', downgrade: 'sealing is not offered', 'wrong-identity': 'at another station’s address', 'stolen-certificate': 'with another station’s certificate',
  bomb: 'a message that grows, one that is nested deep', slow: 'a connection that says nothing', flood: 'many connections with a wrong password', all: 'all of them' };
const COLUMNS = [{ name: 'Station', of: (s) => s.identity, cell: (s) => html`<a href=${to('stations', s.identity)}>${s.identity}</a>` }, { name: 'Status', of: (s) => (s.connected ? 'online' : 'Offline'), cell: (s) => html`<${Connectors} station=${s} />` },
  { name: 'Model', of: (s) => s.model }, { name: 'Messages', of: (s) => s.identity, cell: (s) => html`<a href=${to('stations', s.identity, 'messages')}>Live messages of ${s.identity}</a>` }];

const Choice = ({ label, of, value, onChange }) => html`<label>${label}<select onChange=${(e) => onChange(e.currentTarget.value)}>${Object.entries(of).map(([name, what]) => html`<option key=${name} value=${name} selected=${name === value}>${name}: ${what}</option>`)}</select></label>`;

export function Page() {
  const [scenario, setScenario] = useState('demo');
  const [attack, setAttack] = useState('all');
  const [count, setCount] = useState(5);
  const [version, setVersion] = useState('2.0.1');
  const list = usePages('/api/v1/stations', { live: ['connected', 'disconnected', 'boot', 'status'] });
  const sums = overview.value;
  const ca = sums?.ca_file ?? 'ca.pem';
  const url = sums?.station_url ?? 'wss://127.0.0.1:9443/ocpp/';
  const credentials = ca.replace(/(pki\/)?[^/]*$/, '') || './';
  const where = `--url ${url} --ca ${word(ca)}`;
  return html`<div class="columns"><div class="left">
    <${Panel} id="fleet" title="Start stations"><div class="tools"><${Choice} label="What they do" of=${SCENARIOS} value=${scenario} onChange=${setScenario} />
        <label>How many<input type="number" min="1" max="100000" value=${count} onInput=${(e) => setCount(e.currentTarget.value)} /></label>
        <label>OCPP<select onChange=${(e) => setVersion(e.currentTarget.value)}>${['1.6', '2.0.1', '2.1'].map((v) => html`<option key=${v} selected=${v === version}>${v}</option>`)}</select></label></div>
      <p class="dim">Ctrl-C ends them; each transaction is ended first. The credentials are those that <code>voltseald dev</code> or <code>voltseal station import</code> wrote.</p>
      <${Copy} label="command that starts a fleet" text=${`voltseal-sim fleet --scenario ${scenario} -n ${count} --ocpp ${version} ${where} --credentials ${word(`${credentials}credentials.csv`)}`} />
      <${Copy} label="command that starts one station" text=${`voltseal-sim station --id CS-0006 --scenario ${scenario} --ocpp ${version} ${where} --password-file password`} />
      <${Copy} label="command that starts a daemon with stations" text=${`voltseald dev --stations ${count}`} /><//>
    <${Panel} id="attack" title="Attack it"><div class="tools"><${Choice} label="What is tried" of=${ATTACKS} value=${attack} onChange=${setAttack} /></div>
      <p class="dim">Each prints what was tried and how it was refused; the same is among the <a href=${to('events')}>security events</a>.</p>
      <${Copy} label="command that attacks" text=${`voltseal-sim attack ${attack} --id CS-0006 ${where} --password-file password`} /><//>
    <${Panel} id="running" title="What comes of it"><${Table} id="running-table" caption="Stations" columns=${COLUMNS} list=${list} keyOf=${(s) => s.identity} empty="No stations yet." /><//></div>
    <div class="right"><${Panel} id="others" title="Other devices"><${Copy} label="command that starts sensors" text=${`voltseal-sim sensor --id press-7 --password-file token ${where}`} />
      <${Copy} label="command that starts a charge point" text=${`voltseal-sim charge --id CP-001 --psk-file psk --ca ${word(ca)} --url URL`} />
      <${Copy} label="command that lists scenarios" text="voltseal-sim scenarios" /><${Copy} label="command that lists attacks" text="voltseal-sim attacks" /><//></div></div>`;
}
