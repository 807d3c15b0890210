/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's end of the audit log: entries from all threads, in one queue, written by one thread
 * in requests of many; entries of class N are counted for a second first. What names a person is
 * written as a pseudonym under the tenant's index key: when that is erased, nobody can tell any
 * more whom it meant.
 */
#pragma once

#include "core/audit.h"
#include "core/ports.h"
#include "keys/client_audit.h"
#include "keys/keys.h"

struct vs_daemon_audit;

/* client: borrowed. seal: for pseudonyms; its self may be NULL, then they are left out. CLOSED and
 * others when the key process does not answer; that it writes no log, or a fork, is no failure: the
 * log says so and class S is refused. */
VS_RESULT vs_daemon_audit_new(struct vs_keys_client *client, const struct vs_port_seal *seal,
                              struct vs_daemon_audit **audit_out);
/* What was taken is written first. After whoever writes, before whoever is called back. */
void vs_daemon_audit_free(struct vs_daemon_audit **audit);

struct vs_port_audit vs_daemon_audit_port(struct vs_daemon_audit *audit);
/* Entries that must be on disk before whoever asks goes on, in its own thread, which blocks: not
 * through the queue, whose thread may wait for what the caller holds. No field names a person.
 * AUDIT_UNAVAILABLE. */
VS_RESULT vs_daemon_audit_write_now(struct vs_daemon_audit *audit,
                                    const struct vs_core_audit_entry *entries, size_t count);
/* Events on their way to the bus: refusals and alarms of stations are noted. */
struct vs_port_events vs_daemon_audit_events(struct vs_daemon_audit *audit,
                                             struct vs_port_events next);
void vs_daemon_audit_observe(struct vs_daemon_audit *audit, const struct vs_core_event *event);
/* Whoever else wants each entry once it is on disk, as it is there; called in the log's thread. */
void vs_daemon_audit_tap(struct vs_daemon_audit *audit,
                         void (*tap)(void *arg, struct vs_bytes line), void *arg);
/* For vs_keys_listen: what the key service does by itself. */
void vs_daemon_audit_hear(void *self, const struct vs_keys_news *news);
