/* SPDX-License-Identifier: Apache-2.0 */
/* What a session that signs needs before it begins: whose signatures are right, the numbers that
 * are taken, and numbers of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "central/signing_inside.h"
#include "wire/base64.h"

#define DEADLINE_MS 8000u
#define AGAIN_MS    500u
#define TRIES       20u
#define BLOCK       1024 /* of our numbers */
#define BLOCK_LEFT  256  /* then there is time to ask for the next */

struct load {
	struct vs_job job; /* first */
	struct vs_central_reactor *reactor;
	const struct vs_certstore *store;
	const struct vs_port_reader *reader;
	const uint8_t *hash_key;
	vs_conn_id conn;
	int64_t now_ms;
	char tenant[VS_CORE_TENANT_SIZE], identity[VS_CORE_IDENTITY_SIZE];
	struct vs_central_signing_keys keys;
};

static void
keys_done(struct vs_central_signing_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		vs_jose_key_free(&keys->keys[i].key);
		vs_pkey_free(&keys->keys[i].pkey);
	}
	keys->count = 0;
}

void
vs_central_signing_free(struct vs_central_signing **signing)
{
	if (*signing == NULL)
		return;
	vs_timer_cancel((*signing)->reactor->loop, &(*signing)->again);
	keys_done(&(*signing)->keys);
	free(*signing);
	*signing = NULL;
}

/* --- certificates, and the last numbers under them: in the pool ---------------------------------
 */

static bool
add_key(const struct vs_cert_row *row, void *arg)
{
	struct load *load = arg;
	struct vs_central_signing_key *key = &load->keys.keys[load->keys.count];
	size_t size = 0;
	uint32_t algs;

	if ((row->state != VS_CERT_VALID && row->state != VS_CERT_SUPERSEDED) ||
	    row->not_after_ms <= load->now_ms || row->not_before_ms > load->now_ms)
		return true;
	if (vs_hex_decode(vs_bytes_from_text(row->fingerprint), key->thumbprint,
	                  sizeof(key->thumbprint), &size)
	            .code != VS_E_OK ||
	    vs_pkey_read_public(vs_bytes_from(row->der, row->der_size), &key->pkey).code != VS_E_OK)
		return true;
	algs = vs_pkey_kind_of(key->pkey) == VS_PKEY_P256
	           ? VS_JOSE_ALLOW(VS_SIGN_ES256)
	           : VS_JOSE_ALLOW(VS_SIGN_RS256) | VS_JOSE_ALLOW(VS_SIGN_RS384);
	if (vs_jose_key_new(key->pkey, algs, "", &key->key).code != VS_E_OK) {
		vs_pkey_free(&key->pkey); /* another kind: it signs nothing here */
		return true;
	}
	key->not_after_ms = row->not_after_ms;
	key->signer = vs_hash_keyed(vs_bytes_from(key->thumbprint, 32), load->hash_key) | 1;
	key->floor = -1;
	return ++load->keys.count < VS_CENTRAL_SIGNING_KEYS;
}

/* What any node has committed. */
static vs_result
load_floors(struct load *load)
{
	for (size_t i = 0; i < load->keys.count && load->reader->floor != NULL; i++) {
		struct vs_central_signing_key *key = &load->keys.keys[i];
		vs_result r =
		    load->reader->floor(load->reader->self, load->tenant, key->signer, &key->floor);

		if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
			return r;
	}
	return VS_OK;
}

static vs_result
load_run(struct vs_job *job)
{
	struct load *load = (struct load *)job;
	const struct vs_cert_query query = {.tenant = load->tenant,
	                                    .station = load->identity,
	                                    .ends_from_ms = load->now_ms,
	                                    .limit = 64};

	VS_TRY(load->store->certs(load->store->self, &query, add_key, load));
	return load_floors(load);
}

static void
load_drop(struct vs_job *job)
{
	keys_done(&((struct load *)job)->keys);
}

/* --- in the reactor -----------------------------------------------------------------------------
 */

/* What was taken here since may not be committed yet. */
static void
keep_floors(struct vs_central_signing *signing, struct vs_central_signing_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		for (size_t k = 0; k < signing->keys.count; k++)
			if (signing->keys.keys[k].signer == keys->keys[i].signer &&
			    signing->keys.keys[k].floor > keys->keys[i].floor)
				keys->keys[i].floor = signing->keys.keys[k].floor;
}

static void
resume(struct vs_central_signing *signing, struct vs_conn *conn)
{
	if (signing->is_loading || signing->is_reserving || !signing->is_paused ||
	    vs_timer_is_armed(&signing->again))
		return;
	signing->is_paused = false;
	vs_conn_resume(conn);
}

/* They are here, or cannot be had: then what was there stays. */
static void
take_keys(struct vs_central_session *session, struct load *load, vs_result result)
{
	struct vs_central_signing *signing = session->signing;

	signing->is_loading = false;
	if (result.code != VS_E_OK) {
		VS_LOG(WARN, "signing.no_certificates", vs_bytes_from_text(session->identity),
		       VS_LOG_ERR(result));
		return;
	}
	keep_floors(signing, &load->keys);
	keys_done(&signing->keys);
	signing->keys = load->keys;
	load->keys.count = 0;
	signing->loaded_ms = load->reactor->context.mono_ms;
}

/* The database was away for a moment, say: what the station signs now must not be refused for it.
 */
static void
try_again(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_signing *signing =
	    (struct vs_central_signing *)(void *)((char *)timer -
	                                          offsetof(struct vs_central_signing, again));
	struct vs_central_session *session =
	    vs_central_reactor_session(signing->reactor, signing->conn);
	struct vs_conn *conn = vs_net_find(signing->reactor->net, signing->conn);

	(void)loop;
	vs_central_reactor_wake(signing->reactor);
	if (session != NULL && conn != NULL &&
	    vs_central_signing_load(signing, session).code != VS_E_OK)
		resume(signing, conn);
}

static void
load_finish(struct vs_job *job, vs_result result)
{
	struct load *load = (struct load *)job;
	struct vs_central_session *session = vs_central_reactor_session(load->reactor, load->conn);
	struct vs_conn *conn = vs_net_find(load->reactor->net, load->conn);

	if (session == NULL || conn == NULL || session->signing == NULL)
		return;
	vs_central_reactor_wake(load->reactor);
	take_keys(session, load, result);
	if (result.code != VS_E_OK && session->signing->is_paused &&
	    ++session->signing->tries < TRIES)
		vs_timer_arm(load->reactor->loop, &session->signing->again, AGAIN_MS);
	else
		resume(session->signing, conn);
}

vs_result
vs_central_signing_load(struct vs_central_signing *signing,
                        const struct vs_central_session *session)
{
	struct vs_central_reactor *reactor = signing->reactor;
	const struct vs_central_options *options = &reactor->central->options;
	struct load *load;

	if (signing->is_loading || options->certs == NULL || options->pool == NULL)
		return VS_OK;
	load = vs_job_new(sizeof(*load), load_run, load_finish, load_drop);
	if (load == NULL)
		return VS_FAIL(NO_MEMORY);
	load->reactor = reactor;
	load->store = vs_certs_store(options->certs);
	load->reader = &options->reader;
	load->hash_key = reactor->context.hash_key;
	load->conn = session->conn;
	load->now_ms = reactor->context.now_ms;
	memcpy(load->tenant, session->tenant, sizeof(load->tenant));
	memcpy(load->identity, session->identity, sizeof(load->identity));
	VS_TRY(
	    vs_jobs_start(&reactor->jobs, &load->job, options->pool, reactor->loop, DEADLINE_MS));
	signing->is_loading = true;
	return VS_OK;
}

/* --- numbers of ours ----------------------------------------------------------------------------
 */

/* The store gives them out, above all that any node was given for this station and above the clock,
 * by which they were made before. */
static void
reserve(struct vs_central_session *session)
{
	struct vs_central_signing *signing = session->signing;
	struct vs_central_context *context = &signing->reactor->context;
	const struct vs_core_signature signature = context->journal.signature;
	const struct vs_bytes nothing = {NULL, 0};
	int64_t above = vs_clock_wall_ms() * 1000;
	struct vs_core_record *record = NULL;

	if (signing->is_reserving || signing->reactor->sign_key == NULL ||
	    vs_core_record_new(VS_RECORD_signed_block, session->tenant, session->identity,
	                       context->now_ms, nothing, nothing, &record)
	            .code != VS_E_OK)
		return;
	record->u.signed_block.count = BLOCK;
	record->u.signed_block.above = above > signing->sent_last ? above : signing->sent_last;
	record->conn = session->conn;
	/* It is no effect of the message that is being handled. */
	context->journal.signature = (struct vs_core_signature){0};
	vs_journal_add(&context->journal, record);
	context->journal.signature = signature;
	signing->is_reserving = true;
}

void
vs_central_signing_reserved(struct vs_central_session *session, const struct vs_core_record *record)
{
	struct vs_central_signing *signing = session->signing;
	struct vs_conn *conn = vs_net_find(signing->reactor->net, session->conn);

	signing->is_reserving = false;
	if (record->outcome == VS_E_OK) {
		signing->sent = record->u.signed_block.first;
		signing->sent_end = signing->sent + record->u.signed_block.count;
	}
	if (conn != NULL)
		resume(signing, conn);
}

int64_t
vs_central_signing_number(struct vs_central_session *session)
{
	struct vs_central_signing *signing = session->signing;
	int64_t number = signing->sent;

	if (signing->sent < signing->sent_end) {
		signing->sent++;
	} else { /* the store is away: microseconds since 1970, and never twice */
		number = vs_clock_wall_ms() * 1000;
		if (number <= signing->sent_last)
			number = signing->sent_last + 1;
	}
	signing->sent_last = number;
	if (signing->sent_end - signing->sent < BLOCK_LEFT)
		reserve(session);
	return number;
}

/* --- life ---------------------------------------------------------------------------------------
 */

vs_result
vs_central_signing_begin(struct vs_central_reactor *reactor, struct vs_central_session *session,
                         enum vs_core_sign policy, struct vs_conn *conn)
{
	struct vs_central_signing *signing = calloc(1, sizeof(*signing));
	vs_result r;

	if (signing == NULL)
		return VS_FAIL(NO_MEMORY);
	signing->reactor = reactor;
	signing->policy = policy;
	signing->again.fire = try_again;
	signing->conn = session->conn;
	session->signing = signing;
	r = vs_central_signing_load(signing, session);
	if (r.code == VS_E_OK)
		reserve(session);
	if (r.code == VS_E_OK && (signing->is_loading || signing->is_reserving)) {
		signing->is_paused = true;
		vs_conn_pause(conn);
	}
	return r;
}
