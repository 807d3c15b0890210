// SPDX-License-Identifier: Apache-2.0
// Passkeys with the virtual authenticator of Chromium: added, used, refused, removed. A passkey is of a host name, so
// the page is opened as localhost, whose certificate this browser is told to take.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Stage, until } from './harness.mjs';

const PASSWORD = 'correct horse battery staple';
const stage = new Stage('passkey', 1);
const button = (name) => stage.page.getByRole('button', { name, exact: true });
let home, devtools, authenticator;

async function signOut() {
  stage.isOutage = true; // the 401 of the first request after it
  await button('Sign out').click();
  await stage.page.getByRole('heading', { name: 'Sign in' }).waitFor();
}

async function isIn() {
  await until('the live stream', () => stage.isLive());
  stage.isOutage = false;
}

before(async () => {
  await stage.daemonStart();
  await stage.browserStart('--ignore-certificate-errors');
  home = stage.ready.dashboard_url.replace('127.0.0.1', 'localhost');
  devtools = await stage.context.newCDPSession(stage.page);
  await devtools.send('WebAuthn.enable');
  ({ authenticatorId: authenticator } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal',
    hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } }));
  const { invitation } = await stage.ask('/api/v1/users', 'POST', { login: 'ann', role: 'operator' });
  stage.isOutage = true;
  await stage.page.goto(`${home}#invitation=${invitation}`);
  await stage.page.getByLabel('New password').fill(PASSWORD);
  await button('Go on').click();
  await isIn();
});

after(() => stage.end());

test('a passkey is added with the password', async () => {
  const { page } = stage;
  await stage.open('#/account', 'My account');
  await page.getByText('You have none.').waitFor();
  await page.getByLabel('What you call it').fill('laptop');
  stage.isOutage = true; // the 403 of the wrong password
  await page.locator('section[aria-labelledby=passkeys-title] form').getByLabel('Your password').fill('not this one at all');
  await button('Add a passkey').click();
  await page.getByText('this is not your password').waitFor();
  stage.isOutage = false;
  await devtools.send('WebAuthn.clearCredentials', { authenticatorId: authenticator });
  await page.getByLabel('What you call it').fill('laptop');
  await page.locator('section[aria-labelledby=passkeys-title] form').getByLabel('Your password').fill(PASSWORD);
  await button('Add a passkey').click();
  await page.locator('#passkey-list li', { hasText: 'laptop' }).waitFor();
  await stage.inBoth('account');
  assert.equal((await stage.ask('/api/v1/users')).items[0].passkeys, 1);
});

test('it lets its owner in, without a password', async () => {
  const { page } = stage;
  await signOut();
  await stage.accessible('sign in with a passkey');
  await button('Sign in with a passkey').click();
  await isIn();
  await page.locator('header .who', { hasText: 'operator' }).waitFor();
});

test('a copy of the authenticator, whose count does not rise, is refused', async () => {
  await signOut();
  const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId: authenticator });
  await devtools.send('WebAuthn.removeCredential', { authenticatorId: authenticator, credentialId: credentials[0].credentialId });
  await devtools.send('WebAuthn.addCredential', { authenticatorId: authenticator, credential: { ...credentials[0], signCount: 0 } });
  await button('Sign in with a passkey').click();
  await stage.page.getByText('This passkey is not known here').waitFor();
  await devtools.send('WebAuthn.removeCredential', { authenticatorId: authenticator, credentialId: credentials[0].credentialId });
  await devtools.send('WebAuthn.addCredential', { authenticatorId: authenticator, credential: { ...credentials[0], signCount: credentials[0].signCount + 9 } });
  await button('Sign in with a passkey').click();
  await isIn();
});

test('an answer is good once', async () => {
  const { page } = stage;
  const statuses = await page.evaluate(async (script) => {
    const post = (path, body) => fetch(path, { method: 'POST', headers: { 'X-Requested-With': 'voltseal', 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const real = window.fetch;
    let sent = null;
    window.fetch = (path, init) => {
      if (path === '/login/passkey') sent = JSON.parse(init.body);
      return real(path, init);
    };
    const { need } = await import(script); // the one that runs
    const { passkeyUse } = need('passkey.js');
    await passkeyUse();
    window.fetch = real;
    return [(await post('/login/passkey', sent)).status, (await post('/login/passkey', { ...sent, signature: 'AAAA' })).status];
  }, await page.locator('script[type=module]').getAttribute('src'));
  assert.deepEqual(statuses, [401, 401]);
  stage.complaints.splice(0, stage.complaints.length, ...stage.complaints.filter((c) => !/401/.test(c)));
});

test('a removed passkey lets nobody in', async () => {
  const { page } = stage;
  await stage.open('#/account', 'My account');
  await page.locator('#passkey-list li').getByRole('button', { name: 'Remove' }).click();
  await page.locator('dialog[open]').getByLabel('Your password').fill(PASSWORD);
  await page.locator('dialog[open]').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('You have none.').waitFor();
  await signOut();
  await button('Sign in with a passkey').click();
  await page.getByText('This passkey is not known here').waitFor();
});

test('nothing complained', () => {
  // Chromium would have RSA keys accepted, too: we take none.
  assert.deepEqual(stage.complaints.filter((c) => !c.includes('pubKeyCredParams')), []);
});
