// SPDX-License-Identifier: Apache-2.0
// Passkeys between the browser and our API (Web Authentication Level 2). Bytes travel as base64url.
import { ask } from './api.js';

const TIMEOUT_MS = 120_000;

const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const textOf = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** Of names only, and where the browser knows them. */
export const isPossible = () => Boolean(window.PublicKeyCredential) && /[a-z]/.test(location.hostname);

export async function passkeyMake(user, { label, current }) {
  const { challenge, rp_id: id, user: handle } = await ask('/api/v1/me/passkeys/challenge', { method: 'POST', body: {} });
  const name = user.login ?? user.id;
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytesOf(challenge), rp: { id, name: 'Voltseal' }, user: { id: bytesOf(handle), name, displayName: name },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -8 }], attestation: 'none', timeout: TIMEOUT_MS,
    excludeCredentials: user.items.map((p) => ({ type: 'public-key', id: bytesOf(p.id) })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  } });
  return ask('/api/v1/me/passkeys', { method: 'POST', body: { label, current, client_data: textOf(made.response.clientDataJSON),
    attestation_object: textOf(made.response.attestationObject) } });
}

export async function passkeyUse() {
  const { challenge, rp_id: rpId } = await ask('/login/passkey/challenge', { method: 'POST', body: {} });
  const got = await navigator.credentials.get({ publicKey: { challenge: bytesOf(challenge), rpId, userVerification: 'required', timeout: TIMEOUT_MS } });
  await ask('/login/passkey', { method: 'POST', body: { user: textOf(got.response.userHandle), id: got.id, client_data: textOf(got.response.clientDataJSON),
    authenticator_data: textOf(got.response.authenticatorData), signature: textOf(got.response.signature) } });
}
