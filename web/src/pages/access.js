// SPDX-License-Identifier: Apache-2.0
// Who may do what: tenants, users with their roles, tokens for programs.
import { html } from '../html.js';
import { isPlatform } from '../me.js';
import { curl, Lines } from '../parts/facts.js';
import { Tenants } from '../parts/tenants.js';
import { Tokens } from '../parts/tokens.js';
import { Users } from '../parts/users.js';

export function Page() {
  return html`<div class="stack"><${Users} /><${Tokens} />${isPlatform() && html`<${Tenants} />`}
    <${Lines} lines=${[['command that lists users', 'voltseal user list'], ['command that adds a user', 'voltseal user add bob@acme.example --role operator'], ['command that makes a token', 'voltseal api-token add grafana --role viewer'],
      ['request that lists users', curl('/api/v1/users')]]} /></div>`;
}
