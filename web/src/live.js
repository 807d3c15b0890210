// SPDX-License-Identifier: Apache-2.0
// One event stream for all tabs of this browser: HTTP/1.1 allows six connections to a server, a tab must not
// keep one. Whoever holds the lock reads the stream and passes it on; when that tab closes, the next one gets the
// lock and goes on after the last event that it saw.

const KINDS = ['hello', 'resync', 'connected', 'disconnected', 'refused', 'boot', 'status', 'transaction', 'security',
  'notice', 'command'];
const RETRY_MS = 2000;
const NAME = 'voltseal-live';

/**
 * onEvent(event) for each event, onLink('connecting' | 'live' | 'lost' | 'refused') when that changes,
 * onResync() when everything has to be read again.
 */
export function listen({ onEvent, onLink, onResync }) {
  const channel = new BroadcastChannel(NAME);
  let link = '';
  let lastId = '';
  let isLeader = false;
  let source = null;

  function setLink(state) {
    if (state === link) return;
    link = state;
    onLink(state);
  }

  function take(message) {
    if (message.id) lastId = message.id;
    if (message.kind === 'hello' || message.kind === 'resync') onResync();
    else onEvent(message.data);
  }

  channel.onmessage = ({ data: message }) => {
    if (message.type === 'event') {
      setLink('live');
      take(message);
    } else if (message.type === 'link') {
      const isFirst = link !== 'live' && message.state === 'live';
      if (message.id) lastId = message.id;
      setLink(message.state);
      if (isFirst) onResync();
    } else if (message.type === 'who' && isLeader) {
      channel.postMessage({ type: 'link', state: link, id: lastId });
    } else if (message.type === 'again' && isLeader) {
      open();
    }
  };

  function tell(state) {
    setLink(state);
    channel.postMessage({ type: 'link', state, id: lastId });
  }

  function open() {
    source?.close();
    source = new EventSource(`/api/v1/events/stream${lastId ? `?last_event_id=${encodeURIComponent(lastId)}` : ''}`);
    source.onopen = () => tell('live');
    source.onerror = async () => {
      if (source.readyState !== EventSource.CLOSED) {
        tell('lost'); // the browser tries again by itself
        return;
      }
      const status = await fetch('/api/v1/overview', { credentials: 'same-origin' }).then((r) => r.status, () => 0);
      tell(status === 401 ? 'refused' : 'lost');
      if (status !== 401) setTimeout(open, RETRY_MS);
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, ({ data, lastEventId }) => {
        const message = { type: 'event', kind, id: lastEventId, data: JSON.parse(data) };
        take(message);
        channel.postMessage(message);
      });
    }
  }

  setLink('connecting');
  channel.postMessage({ type: 'who' });
  navigator.locks.request(NAME, () => new Promise(() => { // held until the tab closes
    isLeader = true;
    open();
  }));
  return {
    /** After a sign-in: try at once. */
    again() {
      if (isLeader) open();
      else channel.postMessage({ type: 'again' });
    },
  };
}
