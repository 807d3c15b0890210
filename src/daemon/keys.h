/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key service in the daemon: keystore.db, the service itself and the one thread that runs its
 * jobs and its clock.
 */
#pragma once

#include "core/ports.h"
#include "keys/certs.h"
#include "keys/keys.h"
#include "store/db.h"

struct vs_daemon_keys;

/* client: borrowed. times: as in vs_keys_options. CONFIG: another root KEK, or not a keystore;
 * `reason` gets the words for a person. */
VS_RESULT vs_daemon_keys_new(struct vs_keys_client *client, const struct vs_store_place *place,
                             const struct vs_keys_times *times, char *reason, size_t reason_size,
                             struct vs_daemon_keys **keys_out);
/* End the thread after its current step: before what its ports reach is taken down. NULL is fine.
 */
void vs_daemon_keys_halt(struct vs_daemon_keys *keys);
void vs_daemon_keys_free(struct vs_daemon_keys **keys);

/* Borrowed; NULL when there is none. */
struct vs_keys *vs_daemon_keys_service(const struct vs_daemon_keys *keys);
/* For the store at rest; there must be one. */
struct vs_port_seal vs_daemon_keys_seal(const struct vs_daemon_keys *keys);
/* The store that was opened with it: its values are sealed anew when a data key is replaced, and it
 * tells whether the keystore is an older copy (daemon/restore.h); state_dir: what tells that the
 * store is one. Borrowed until vs_daemon_keys_halt. */
struct vs_store;
VS_RESULT vs_daemon_keys_serve(struct vs_daemon_keys *keys, struct vs_store *data,
                               const char *state_dir);
const struct vs_keystore *vs_daemon_keys_store(const struct vs_daemon_keys *keys);

/* From now on nothing is changed but through it; NULL: nobody is asked any more. While there is one
 * thread. */
void vs_daemon_keys_set_gate(struct vs_daemon_keys *keys, const struct vs_keystore_gate *gate);

/* Called after each change of keys that is committed, in the thread that made it. Before there are
 * threads. */
void vs_daemon_keys_on_change(struct vs_daemon_keys *keys, void (*changed)(void *arg), void *arg);

/* Jobs and what time brings are done where this says so, among several nodes; NULL: here.
 * is_shared: others seal with the same keys, and are waited for before a replaced one is given up.
 * Before vs_daemon_keys_run. */
void vs_daemon_keys_set_leader(struct vs_daemon_keys *keys, bool (*is_leader)(const void *arg),
                               const void *arg, bool is_shared);
/* Another node has changed keys: those that are kept ready are looked up again. Any thread. */
void vs_daemon_keys_forget(struct vs_daemon_keys *keys);

/* The certificate service, on the same keystore. client: borrowed. NOT_FOUND: the key process has
 * no CA. */
VS_RESULT vs_daemon_keys_certify(struct vs_daemon_keys *keys, struct vs_keys_client *client);
struct vs_certs *vs_daemon_keys_certs(const struct vs_daemon_keys *keys); /* NULL: none */
/* Several nodes: what another one changed of the CA is taken, and soon shown and trusted. Any
 * thread but a reactor's. */
VS_RESULT vs_daemon_keys_follow(struct vs_daemon_keys *keys);
/* Called after the commit of each revocation of a certificate, in the thread that asked for it. */
void vs_daemon_keys_on_revoked(struct vs_daemon_keys *keys,
                               void (*revoked)(void *arg,
                                               const struct vs_keystore_revocation *revocation),
                               void *arg);

/* A sweep as soon as the thread looks, within a second or two. Any thread. */
void vs_daemon_keys_sweep_soon(void *self);
/* Called after each sweep over the certificates, hourly and soon after the start, in the thread;
 * when it fails the next one is a minute later. Before vs_daemon_keys_run. */
void vs_daemon_keys_on_sweep(struct vs_daemon_keys *keys, vs_result (*swept)(void *arg), void *arg);

/* Called for each certificate that has come within 30, 14, 7, 1 or 0 days of its end since the last
 * sweep, in the thread; at most VS_DAEMON_KEYS_ALARMS for a sweep, the log counts them all. Before
 * vs_daemon_keys_run. */
#define VS_DAEMON_KEYS_ALARMS 100
void vs_daemon_keys_on_alarm(struct vs_daemon_keys *keys,
                             void (*alarmed)(void *arg, const struct vs_certs_alarm *alarm),
                             void *arg);

/* After everybody has set the ports of the service and listens to it. */
VS_RESULT vs_daemon_keys_run(struct vs_daemon_keys *keys);
