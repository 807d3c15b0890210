// SPDX-License-Identifier: Apache-2.0
// Around every page: where one can go, its title, its module. After a step to another page the title has the focus,
// so that a screen reader says where one is and Tab goes on from there.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { html } from '../html.js';
import { Icon } from '../icons.js';
import { isPlatform, may, me } from '../me.js';
import { PAGES, pageOf, titleOf } from '../pages.js';
import { route, to } from '../route.js';
import { fault, load } from '../state.js';

const isShown = (row) => may(row.role) && (!row.isPlatform || isPlatform());

function Nav() {
  const current = route.value.page;
  return html`<nav class="pages" aria-label="Pages"><ul>
    ${PAGES.filter(isShown).map((row) => html`<li key=${row.page}>
      <a href=${to(...[row.page].filter(Boolean))} aria-current=${row.page === current ? 'page' : undefined}>
      <${Icon} name=${row.icon} />${row.name}</a></li>`)}</ul></nav>`;
}

/** The component of a page; null while its module is on the way. */
function useModule(load) {
  const [found, setFound] = useState({ load: null, Page: null });
  useLayoutEffect(() => {
    let isWanted = true;
    load?.().then((module) => { if (isWanted) setFound({ load, Page: module.Page }); },
      (error) => { if (isWanted) setFound({ load, Page: () => html`<p class="fault" role="alert">${error.message}</p>` }); });
    return () => { isWanted = false; };
  }, [load]);
  return found.load === load ? found.Page : null;
}

export function Frame() {
  const { page, id } = route.value;
  const row = pageOf(page);
  const title = useRef(null);
  const isFirst = useRef(true);
  const Page = useModule(row && (id && row.show ? row.show : row.list));
  const name = titleOf(route.value);
  useEffect(() => {
    document.title = `${name} – Voltseal`;
    if (!isFirst.current) {
      scrollTo(0, 0);
      title.current.focus();
    }
    isFirst.current = false;
  }, [name]);
  const isRefused = me.value && row && !isShown(row);
  return html`<div class="frame"><${Nav} /><main id="main" tabindex="-1">
    <p class="crumb">${id && row?.one && html`<a href=${to(page)}>${row.name}</a>`}</p>
    <h1 class=${page === '' ? 'hidden' : 'title'} tabindex="-1" ref=${title}>${name}</h1>
    ${fault.value && html`<p class="fault banner" role="alert"><${Icon} name="alert" tone="bad" />${fault.value} <button type="button" class="quiet" onClick=${load}>Try again</button></p>`}
    ${!row && html`<p class="empty">There is no page here. The pages are listed beside this text.</p>`}
    ${isRefused && html`<p class="empty">Your role does not show this page.</p>`}
    ${row && !isRefused && (Page ? html`<${Page} key=${`${page}/${id}`} id=${id} />` : html`<p class="empty" role="status">Loading</p>`)}
  </main></div>`;
}
