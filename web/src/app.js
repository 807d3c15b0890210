// SPDX-License-Identifier: Apache-2.0
import './ahead.js';
import { render } from 'preact';
import { html } from './html.js';
import { link, start } from './state.js';
import { Frame } from './parts/frame.js';
import { Header } from './parts/header.js';
import { SignIn } from './parts/signin.js';

function skip(event) {
  event.preventDefault(); // the # is for pages
  document.getElementById('main').focus();
}

function App() {
  return html`<a class="skip" href="#main" onClick=${skip}>Skip to content</a><${Header} />
    ${link.value === 'refused' ? html`<${SignIn} />` : html`<${Frame} />`}`;
}

render(html`<${App} />`, document.getElementById('app'));
start();
