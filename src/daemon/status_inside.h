/* SPDX-License-Identifier: Apache-2.0 */
/* daemon/status*.c share this; nobody else includes it. */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "daemon/status.h"

#define VS_STATUS_TIMEOUT_MS   10000u
#define VS_STATUS_RETRY_MS     INT64_C(300000)
#define VS_STATUS_AGE_MAX_MS   INT64_C(86400000) /* asked anew at the latest, whatever it says */
#define VS_STATUS_AGE_LEAST_MS INT64_C(300000)   /* of an answer that names no next update */

/* Of one line of the status file, for its list. Under the lock. */
struct vs_status_place {
	int64_t next_ms;        /* when the list is fetched */
	int64_t this_update_ms; /* of the newest one that was seen; 0: none */
	bool is_fetching, has_failed;
};

/* A CA that a station sent along, below one of ours. */
struct vs_status_learned {
	char anchor[VS_CORE_HASH_TEXT_SIZE], issuer[VS_CORE_HASH_TEXT_SIZE];
	struct vs_buf der;
};

struct vs_daemon_status {
	struct vs_daemon_status_options options;
	struct vs_core_statuses *statuses;
	pthread_mutex_t lock;
	struct vs_daemon_sources *sources; /* NULL: none; under the lock, as what follows */
	struct vs_daemon_sources *below;   /* of CAs that stations sent along; NULL: none */
	size_t learned_count;
	struct vs_status_learned learned[VS_LIMIT_STATUS_BELOW];
	struct vs_status_place places[VS_LIMIT_STATUS_SOURCES];
	struct vs_map *answers; /* for stations, by id */
	bool has_ocsp_failed;
	bool is_attached;
	atomic_bool is_ending;
	atomic_size_t job_count; /* in the pool */
	struct vs_daemon_status_reach reach;
};

/* A reference to what is in force; NULL: nothing. */
struct vs_daemon_sources *vs_status_sources(struct vs_daemon_status *status);
struct vs_daemon_sources *vs_status_below(struct vs_daemon_status *status);
void vs_status_publish(const struct vs_daemon_status *status, enum vs_core_severity severity,
                       const char *type, const char *detail);
/* In the pool. OK: it was taken; else the caller keeps the argument. finish calls vs_status_done.
 */
VS_RESULT vs_status_submit(struct vs_daemon_status *status, vs_result (*run)(void *argument),
                           void (*finish)(struct vs_loop *loop, vs_result result, void *argument),
                           void *argument);

void vs_status_done(struct vs_daemon_status *status);

/* --- status_ocsp.c --- */

/* vs_core_statuses_options.want */
bool vs_status_want(void *arg, const char *issuer, const char *serial);
void vs_status_answers_free(struct vs_map **answers);

/* --- status_below.c --- */

/* Under the lock: the lines for what was learned, by the lines of the file that is in force; and
 * who is asked about. */
VS_RESULT vs_status_below_make(struct vs_daemon_status *status);
void vs_status_below_done(struct vs_daemon_status *status);

/* --- status_crl.c --- */

/* Fetch the list of each line that is due. */
void vs_status_lists_fetch(struct vs_daemon_status *status, int64_t now_ms);
