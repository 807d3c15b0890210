// SPDX-License-Identifier: Apache-2.0
// One entry of the audit log, and its proof, counted again here: this page need not be believed, the file may be taken
// elsewhere.
import { useEffect, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { useAsked } from '../list.js';
import { curl, Lines, Loading, Panel } from '../parts/facts.js';
import { Copy } from '../parts/copy.js';
import { Tree } from '../parts/tree.js';
import { check } from '../proof.js';

function Checked({ answer }) {
  const [steps, setSteps] = useState(null);
  const [fault, setFault] = useState('');
  useEffect(() => { check(answer).then(setSteps, (error) => setFault(error.message)); }, [answer.proof]);
  if (fault) return html`<p class="fault" role="alert">${fault}</p>`;
  if (!steps) return html`<p class="empty" role="status">Counting</p>`;
  const isProven = steps.every(([, isGood]) => isGood);
  return html`<ul class="plain" id="proof-steps">${steps.map(([text, isGood]) => html`<li key=${text}><${Icon} name=${isGood ? 'ok' : 'alert'} tone=${isGood ? 'good' : 'bad'} />${text}: ${isGood ? 'yes' : 'no'}</li>`)}</ul>
    <p role="status" class=${isProven ? '' : 'fault'}><b>${isProven ? 'Proven: this entry is in the log.' : 'Not proven.'}</b></p>`;
}

export function Page({ id }) {
  const path = `/api/v1/audit/${encodeURIComponent(id)}`;
  const asked = useAsked(path);
  const answer = asked.value;
  if (!answer) return html`<${Loading} asked=${asked} />`;
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(answer.proof)}`;
  return html`<div class="columns"><div class="left"><${Panel} id="entry" title="What was written"><${Tree} value=${answer.entry} /><//>
    <${Panel} id="proof" title="Proof of inclusion"><${Checked} answer=${answer} /><pre class="mono scroll" tabindex="0" aria-label="The proof as a file">${answer.proof}</pre>
      <p><a href=${file} download=${`${id.replace(':', '-')}.tlog-proof`}><${Icon} name="down" />Download the proof</a></p>
      <p class="dim">The key below means something only when you know it from elsewhere: <code>voltseal audit verify</code> prints it where the log is.</p><${Copy} text=${answer.vkey} label="key of the log" /><//></div>
    <div class="right"><${Lines} lines=${[['command that checks the proof', `voltseal audit check-proof ${id.replace(':', '-')}.tlog-proof --vkey '${answer.vkey}'`], ['command that makes it from the files', `voltseal audit prove STATE/audit ${id.split(':')[1]} --shard ${id.split(':')[0]}`], ['request that shows it', curl(path)]]} /></div></div>`;
}
