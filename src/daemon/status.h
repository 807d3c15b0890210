/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has become of the certificates of other CAs: their responders are asked (RFC 6960) and their
 * lists are downloaded (RFC 5280), as the status file says (daemon/source.h).
 *
 *   stations   core/status.h, asked in each handshake; a revocation closes their sessions
 *   M06, M07   vs_daemon_status_answer, for stations that ask about a certificate
 *   lists      kept under DIR/ISSUER.crl and read by the reload like the lists of [trust] crl
 *
 * Fetches run in a pool of their own: one that is slow holds nobody up. What is fetched is believed
 * when that CA signed it, and a list only when it is not older than the one that is there.
 */
#pragma once

#include "core/ports.h"
#include "core/reload.h"
#include "core/status.h"
#include "crypto/x509_ocsp.h"
#include "daemon/source.h"
#include "event/pool.h"

struct vs_daemon_status;

struct vs_daemon_status_options {
	const char *file; /* the status file, or "": nobody is asked */
	const char *dir;  /* of downloaded lists; borrowed, both */
	struct vs_port_events events;
	int64_t (*now_ms)(void);
};

VS_RESULT vs_daemon_status_new(const struct vs_daemon_status_options *options,
                               struct vs_daemon_status **status_out);
/* After the pool has ended. */
void vs_daemon_status_free(struct vs_daemon_status **status);
/* The status file, at the start and on a reload. CONFIG: nothing has changed. */
VS_RESULT vs_daemon_status_read(struct vs_daemon_status *status, char *reason, size_t reason_size);

/* What it works with while it is attached; before the reactors run, until after they ended. */
struct vs_daemon_status_reach {
	struct vs_pool *pool;
	struct vs_loop *loop;         /* where jobs end */
	struct vs_port_reload reload; /* after another list was written; in a thread of the pool */
	void (*revoked)(void *arg);   /* live sessions are to be asked again; any thread */
	void *arg;
};
void vs_daemon_status_attach(struct vs_daemon_status *status,
                             const struct vs_daemon_status_reach *reach);
void vs_daemon_status_detach(struct vs_daemon_status *status);
/* vs_tls_server_options.below; arg: the status. Remembers the CA when the line of the CA above it
 * says so. */
void vs_daemon_status_learn(void *arg, const uint8_t anchor_spki[static VS_SHA256_SIZE],
                            const uint8_t issuer_spki[static VS_SHA256_SIZE],
                            struct vs_bytes issuer_der);
/* The daemon ends: what is under way is broken off, nothing begins. Any thread. */
void vs_daemon_status_end(struct vs_daemon_status *status);
bool vs_daemon_status_is_idle(struct vs_daemon_status *status);
/* Once a minute: fetch the lists that are due; have the sessions asked again whose status is. Any
 * thread. */
void vs_daemon_status_look(struct vs_daemon_status *status, int64_t now_ms);

/* For the rules of admission; lives as long as this. */
struct vs_core_statuses *vs_daemon_status_statuses(struct vs_daemon_status *status);
/* Is this a certificate of a CA with a responder here? Any thread, does not wait. */
bool vs_daemon_status_knows(struct vs_daemon_status *status, const struct vs_x509_ocsp_id *id);
/* The responder's signed answer, DER, appended; the same one until its next update. Blocking: in
 * the pool of fetches. NOT_FOUND: none of ours; else as vs_fetch and vs_x509_ocsp_read. */
VS_RESULT vs_daemon_status_answer(struct vs_daemon_status *status, const struct vs_x509_ocsp_id *id,
                                  struct vs_buf *der);

/* The hash of the key of the CA whose list is downloaded and that this is a certificate of; false:
 * none. Any thread, does not wait. */
bool vs_daemon_status_lister(struct vs_daemon_status *status, const struct vs_x509_ocsp_id *id,
                             char issuer_out[static VS_CORE_HASH_TEXT_SIZE]);

/* The lists, for the reload: where the index-th one is kept (it may not be there yet), its CA's
 * file and the hash of its key; false: there are no more. */
struct vs_daemon_status_list {
	char path[VS_PATH_SIZE], ca_file[VS_PATH_SIZE], issuer[VS_CORE_HASH_TEXT_SIZE];
};
bool vs_daemon_status_list(struct vs_daemon_status *status, size_t index,
                           struct vs_daemon_status_list *list_out);
