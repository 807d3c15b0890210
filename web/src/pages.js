// SPDX-License-Identifier: Apache-2.0
// The pages. One row: first part of the address, its name, icon, the role it needs, the module of the list and that
// of one object; first: the list that it asks for, asked ahead when the dashboard is opened there (ahead.js); isPlatform:
// only for who runs the installation.
export const PAGES = [
  { page: '', name: 'Overview', icon: 'home', list: () => import('./pages/overview.js') },
  { page: 'stations', name: 'Stations', icon: 'station', first: '/api/v1/stations', one: 'Station', list: () => import('./pages/stations.js'),
    show: () => import('./pages/station.js') },
  { page: 'transactions', name: 'Transactions', icon: 'bolt', first: '/api/v1/transactions', one: 'Transaction', list: () => import('./pages/transactions.js'),
    show: () => import('./pages/transaction.js') },
  { page: 'sensors', name: 'Sensors', icon: 'wave', first: '/api/v1/sensors', one: 'Sensor', list: () => import('./pages/sensors.js'),
    show: () => import('./pages/sensor.js') },
  { page: 'events', name: 'Security events', icon: 'alert', first: '/api/v1/events', list: () => import('./pages/events.js') },
  { page: 'certificates', name: 'Certificates', icon: 'shield', first: '/api/v1/certificates', one: 'Certificate', list: () => import('./pages/certificates.js'),
    show: () => import('./pages/certificate.js') },
  { page: 'keys', name: 'Keys', icon: 'key', first: '/api/v1/keys', list: () => import('./pages/keys.js') },
  { page: 'claims', name: 'Provisioning', icon: 'box', one: 'Claim', list: () => import('./pages/claims.js'),
    show: () => import('./pages/claim.js') },
  { page: 'access', name: 'Users and tokens', icon: 'people', role: 'auditor', list: () => import('./pages/access.js') },
  { page: 'audit', name: 'Audit log', icon: 'list', first: '/api/v1/audit', role: 'auditor', one: 'Audit entry', list: () => import('./pages/audit.js'),
    show: () => import('./pages/audit_entry.js') },
  { page: 'nodes', name: 'Nodes', icon: 'nodes', isPlatform: true, list: () => import('./pages/nodes.js') },
  { page: 'simulator', name: 'Simulator', icon: 'play', first: '/api/v1/stations', list: () => import('./pages/simulator.js') },
  { page: 'account', name: 'My account', icon: 'person', list: () => import('./pages/account.js') },
];

export const pageOf = (name) => PAGES.find((row) => row.page === name);

export function titleOf({ page, id }) {
  const row = pageOf(page);
  if (!row) return 'No such page';
  return id && row.one ? `${row.one} ${id}` : row.name;
}
