/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a certificate that another one has taken the place of (OCPP 2.0.1 A02, A03). */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/rollout_inside.h"

#define PAGE      500u
#define ROUND_MAX 20u
#define SEARCH_MS INT64_C(3600000)

/* A station with several certificates that are good. */
struct renewal {
	int64_t since_ms;                 /* it has shown no other serial since then */
	char serial[VS_CERT_SERIAL_SIZE]; /* that it showed last; "": none yet */
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	bool is_waiting; /* it shows the oldest: nothing is to be done */
};

/* Under the lock. */
static struct renewal *
find(struct vs_daemon_rollout *rollout, const char *station)
{
	return vs_map_get(rollout->renewed, vs_bytes_from_text(station));
}

void
vs_daemon_rollout_renewed(struct vs_daemon_rollout *rollout, const char *station)
{
	struct renewal *renewal = calloc(1, sizeof(*renewal));

	if (renewal == NULL)
		return; /* the next start finds it */
	(void)snprintf(renewal->station, sizeof(renewal->station), "%s", station);
	(void)pthread_mutex_lock(&rollout->lock);
	if (find(rollout, station) == NULL &&
	    vs_map_put(rollout->renewed, vs_bytes_from_text(station), renewal, NULL).code ==
	        VS_E_OK)
		renewal = NULL;
	(void)pthread_mutex_unlock(&rollout->lock);
	free(renewal);
}

void
vs_daemon_rollout_shown(struct vs_daemon_rollout *rollout, const char *tenant, const char *station,
                        const char *serial)
{
	struct renewal *renewal;

	(void)pthread_mutex_lock(&rollout->lock);
	renewal = find(rollout, station);
	if (renewal != NULL && strcmp(renewal->serial, serial) != 0) {
		(void)snprintf(renewal->tenant, sizeof(renewal->tenant), "%s", tenant);
		(void)snprintf(renewal->serial, sizeof(renewal->serial), "%s", serial);
		renewal->since_ms = rollout->options.now_ms();
		renewal->is_waiting = false;
	}
	(void)pthread_mutex_unlock(&rollout->lock);
}

/* --- once an hour: who has several --------------------------------------------------------------
 */

struct search {
	struct vs_daemon_rollout *rollout;
	struct vs_map *seen; /* its values mean nothing */
	int64_t last;
	size_t count;
};

static bool
look_at(const struct vs_cert_row *row, void *arg)
{
	struct search *search = arg;
	struct vs_bytes key = vs_bytes_from_text(row->station);

	search->count++;
	search->last = row->cert_id;
	if (key.size == 0)
		return true;
	if (vs_map_get(search->seen, key) != NULL)
		vs_daemon_rollout_renewed(search->rollout, row->station);
	else if (vs_map_put(search->seen, key, search, NULL).code != VS_E_OK)
		return false; /* more stations than there may be */
	return true;
}

static vs_result
search_all(struct vs_daemon_rollout *rollout)
{
	const struct vs_certstore *store = vs_certs_store(rollout->options.certs);
	struct search search = {.rollout = rollout};
	vs_result r = VS_OK;

	VS_TRY(vs_map_new(VS_LIMIT_STATIONS, &search.seen));
	do {
		const struct vs_cert_query query = {.state = vs_cert_state_text(VS_CERT_VALID),
		                                    .after = search.last,
		                                    .limit = PAGE};

		search.count = 0;
		r = store->certs(store->self, &query, look_at, &search);
	} while (r.code == VS_E_OK && search.count == PAGE);
	vs_map_free(&search.seen);
	rollout->next_search_ms = rollout->options.now_ms() + SEARCH_MS;
	return r;
}

/* --- a round ---------------------------------------------------------------------------------- */

struct pick {
	const struct renewal *renewal;
	int64_t shown_id; /* 0: not found yet */
	int64_t ids[PAGE];
	size_t count;
};

/* Ascending: what was issued before the one that it shows. */
static bool
pick_older(const struct vs_cert_row *row, void *arg)
{
	struct pick *pick = arg;
	bool is_living = row->state == VS_CERT_VALID || row->state == VS_CERT_SUPERSEDED;

	if (strcmp(row->serial, pick->renewal->serial) == 0) {
		pick->shown_id = row->cert_id;
		return false;
	}
	if (is_living && strcmp(row->profile, "station") == 0)
		pick->ids[pick->count++] = row->cert_id;
	return pick->count < PAGE;
}

static vs_result
retire(struct vs_daemon_rollout *rollout, const struct renewal *renewal)
{
	struct vs_certs *certs = rollout->options.certs;
	const struct vs_certstore *store = vs_certs_store(certs);
	const struct vs_cert_query query = {
	    .tenant = renewal->tenant, .station = renewal->station, .limit = PAGE};
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	struct pick *pick = calloc(1, sizeof(*pick));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (row != NULL && pick != NULL) {
		pick->renewal = renewal;
		r = store->certs(store->self, &query, pick_older, pick);
	}
	/* One that it shows and we did not issue says nothing about ours. */
	for (size_t i = 0; r.code == VS_E_OK && pick->shown_id != 0 && i < pick->count; i++) {
		r = vs_certs_revoke(certs, pick->ids[i], VS_X509_REASON_SUPERSEDED,
		                    VS_CORE_BEHALF("renewal"), row);
		if (r.code == VS_E_OK)
			VS_LOG(INFO, "cert.superseded", vs_bytes_from_text(renewal->station),
			       VS_LOG_STR("serial", row->serial),
			       VS_LOG_STR("by", renewal->serial));
		else if (r.code == VS_E_NOT_NOW)
			r = VS_OK; /* it is over or revoked meanwhile */
	}
	free(row);
	free(pick);
	return r;
}

/* Copies of those whose overlap is over. */
static size_t
take_due(struct vs_daemon_rollout *rollout, struct renewal *due)
{
	int64_t before_ms = rollout->options.now_ms() - atomic_load(rollout->options.overlap_ms);
	struct vs_map_cursor cursor = {0};
	size_t count = 0;

	(void)pthread_mutex_lock(&rollout->lock);
	while (count < ROUND_MAX && vs_map_next(rollout->renewed, &cursor)) {
		struct renewal *renewal = cursor.value;

		if (renewal->serial[0] == '\0' || renewal->is_waiting ||
		    renewal->since_ms > before_ms)
			continue;
		renewal->is_waiting = true; /* until it shows another one */
		due[count++] = *renewal;
	}
	(void)pthread_mutex_unlock(&rollout->lock);
	return count;
}

vs_result
vs_rollout_renewals(struct vs_daemon_rollout *rollout)
{
	struct renewal due[ROUND_MAX];
	size_t count;

	if (rollout->options.now_ms() >= rollout->next_search_ms)
		VS_TRY(search_all(rollout));
	count = take_due(rollout, due);
	for (size_t i = 0; i < count; i++)
		VS_TRY(retire(rollout, &due[i]));
	return VS_OK;
}
