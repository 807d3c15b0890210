// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { html } from './html.js';
import { Icon } from './icons.js';
import { fault, link, start } from './state.js';
import { AddStation } from './parts/add.js';
import { Cards } from './parts/cards.js';
import { Events } from './parts/events.js';
import { Header } from './parts/header.js';
import { Next } from './parts/next.js';
import { SignIn } from './parts/signin.js';
import { Stations } from './parts/stations.js';
import { Transactions } from './parts/transactions.js';

function Page() {
  return html`<main id="main"><h1 class="hidden">Overview</h1>
    ${fault.value && html`<p class="fault banner" role="alert"><${Icon} name="alert" tone="bad" />${fault.value}</p>`}
    <${Cards} />
    <div class="columns"><div class="left"><${Stations} /><${Transactions} /></div>
    <div class="right"><${Events} /><${AddStation} /><${Next} /></div></div></main>`;
}

function App() {
  return html`<a class="skip" href="#main">Skip to content</a><${Header} />
    ${link.value === 'refused' ? html`<${SignIn} />` : html`<${Page} />`}`;
}

render(html`<${App} />`, document.getElementById('app'));
start();
