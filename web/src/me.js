// SPDX-License-Identifier: Apache-2.0
// Who has logged in, and what they may do. The server decides; this only keeps buttons away that it would refuse.
import { signal } from '@preact/signals';
import { ask } from './api.js';

export const me = signal(null);

const COVERS = { // src/core/roles.def
  viewer: ['viewer'],
  operator: ['viewer', 'operator'],
  auditor: ['viewer', 'auditor'],
  administrator: ['viewer', 'operator', 'auditor', 'administrator'],
};

export const may = (role) => role === undefined || Boolean(me.value && COVERS[me.value.role]?.includes(role));
export const isPlatform = () => Boolean(me.value?.platform);

export async function meLoad() {
  me.value = await ask('/api/v1/me');
}
