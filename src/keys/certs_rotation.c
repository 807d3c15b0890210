/* SPDX-License-Identifier: Apache-2.0 */
/* A new root in two phases: both are trusted until every station has confirmed the new one
 * (OCPP 2.0.1 M05.FR.12 to 16: a station keeps the old root until it has connected by the new one).
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "keys/certs_inside.h"

static vs_result
waiting(const struct vs_certs *certs, struct vs_cert_rotation *row_out)
{
	const struct vs_certstore *store = certs->options.store;
	vs_result r = store->rotation(store->self, row_out);

	if (r.code == VS_E_NOT_FOUND ||
	    (r.code == VS_E_OK && row_out->state != VS_CERT_ROTATION_WAITING))
		return VS_FAIL(NOT_NOW);
	return r;
}

/* The row, and what the key process was made to do for it as far as other nodes share that: both
 * are written, or the key process is made to take it back. */
static vs_result
apply(struct vs_certs *certs, struct vs_keystore_change *change, const char *event,
      const struct vs_core_behalf *behalf, const char *detail)
{
	const struct vs_keys_share share = vs_certs_share(certs);
	struct vs_keystore_audit audit = vs_certs_audit(certs, event, behalf, "root CA");
	struct vs_keystore_change changes[2] = {*change};
	struct vs_keys_share_step step;
	bool is_changed;
	vs_result r, back;

	(void)snprintf(audit.detail, sizeof(audit.detail), "%s", detail);
	r = vs_keys_share_prepare(&share, false, &step);
	changes[1] = step.change;
	if (r.code == VS_E_OK)
		r = vs_keystore_apply(share.keystore, changes, step.is_shared ? 2 : 1, &audit, 1);
	r = vs_keys_share_settle(&share, &step, r);
	if (r.code != VS_E_OK) {
		certs->is_unsettled = true;
		back = vs_certs_catch_up(certs, &is_changed);
		if (back.code != VS_E_OK) /* vs_certs_settle, later */
			VS_LOG(ERROR, "ca.unsettled", VS_BYTES_LITERAL("root CA"),
			       VS_LOG_ERR(back));
	}
	*change = changes[0];
	return r;
}

static vs_result
confirm(struct vs_certs *certs, struct vs_keystore_change *change,
        const struct vs_core_behalf *behalf)
{
	struct vs_keystore_audit audit = vs_certs_audit(certs, "root.confirm", behalf, "root CA");

	(void)snprintf(audit.detail, sizeof(audit.detail), "%s", change->u.confirmation.station);
	return vs_keystore_apply(certs->options.keystore, change, 1, &audit, 1);
}

static vs_result
begin(struct vs_certs *certs, const struct vs_core_behalf *behalf,
      struct vs_certs_rotation *rotation)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_ROTATION_ADD};
	struct vs_cert_rotation *row = &change.u.rotation;
	bool is_changed;
	vs_result r = waiting(certs, row);

	if (r.code == VS_E_OK)
		return VS_FAIL(NOT_NOW);
	if (r.code != VS_E_NOT_NOW)
		return r;
	VS_TRY(vs_certs_catch_up(certs, &is_changed));
	/* One that was begun and not written down (the machine stopped between) is taken up. */
	if (certs->view.next == 0)
		VS_TRY(vs_keys_client_ca_next(certs->options.client));
	VS_TRY(vs_certs_reload(certs));
	*row = (struct vs_cert_rotation){.from = certs->view.current,
	                                 .to = certs->view.next,
	                                 .state = VS_CERT_ROTATION_WAITING,
	                                 .began_ms = certs->options.now_ms(),
	                                 .ended_ms = VS_KEYS_NEVER};
	(void)snprintf(row->actor, sizeof(row->actor), "%s", behalf->name);
	VS_TRY(apply(certs, &change, "root.begin", behalf, ""));
	rotation->row = *row;
	rotation->confirmed = 0;
	return VS_OK;
}

vs_result
vs_certs_rotation_begin(struct vs_certs *certs, const struct vs_core_behalf *behalf,
                        struct vs_certs_rotation *rotation_out)
{
	vs_result r;

	(void)pthread_mutex_lock(&certs->lock);
	r = begin(certs, behalf, rotation_out);
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}

vs_result
vs_certs_rotation_status(struct vs_certs *certs, struct vs_certs_rotation *rotation_out)
{
	const struct vs_certstore *store = certs->options.store;
	struct vs_certs_rotation rotation = {.confirmed = 0};

	VS_TRY(store->rotation(store->self, &rotation.row));
	VS_TRY(store->confirmations(store->self, rotation.row.rotation_id, &rotation.confirmed));
	*rotation_out = rotation;
	return VS_OK;
}

vs_result
vs_certs_rotation_confirm(struct vs_certs *certs, const char *tenant, const char *station,
                          const struct vs_core_behalf *behalf)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_CONFIRMATION_ADD};
	struct vs_cert_confirmation *row = &change.u.confirmation;
	const struct vs_certstore *store = certs->options.store;
	struct vs_cert_rotation rotation;
	bool is_known = false;
	int64_t at_ms;
	vs_result r;

	(void)pthread_mutex_lock(&certs->lock);
	r = waiting(certs, &rotation);
	if (r.code == VS_E_OK)
		is_known =
		    store->confirmed(store->self, rotation.rotation_id, tenant, station, &at_ms)
			.code == VS_E_OK;
	if (r.code == VS_E_OK && !is_known) { /* again: nothing changes, nothing is told */
		row->rotation_id = rotation.rotation_id;
		row->at_ms = certs->options.now_ms();
		(void)snprintf(row->tenant, sizeof(row->tenant), "%s", tenant);
		(void)snprintf(row->station, sizeof(row->station), "%s", station);
		(void)snprintf(row->actor, sizeof(row->actor), "%s", behalf->name);
		r = confirm(certs, &change, behalf);
	}
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}

vs_result
vs_certs_rotation_confirmed(struct vs_certs *certs, const char *tenant, const char *station,
                            bool *is_confirmed_out)
{
	const struct vs_certstore *store = certs->options.store;
	struct vs_cert_rotation rotation;
	int64_t at_ms;
	vs_result r;

	VS_TRY(store->rotation(store->self, &rotation));
	r = store->confirmed(store->self, rotation.rotation_id, tenant, station, &at_ms);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	*is_confirmed_out = r.code == VS_E_OK;
	return VS_OK;
}

/* The key process first: when the machine stops between, the row still waits and the end is asked
 * for again, which then finds the generation promoted. */
static vs_result
finish(struct vs_certs *certs, int64_t missing, bool is_forced, const char *except,
       const struct vs_core_behalf *behalf)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_ROTATION_STEP};
	struct vs_cert_rotation *row = &change.u.rotation;
	char detail[VS_KEYS_TEXT_SIZE];
	bool is_changed;

	VS_TRY(waiting(certs, row));
	if (missing > 0 && !is_forced)
		return VS_FAIL(NOT_NOW);
	VS_TRY(vs_certs_catch_up(certs, &is_changed));
	if (certs->view.current != row->to)
		VS_TRY(vs_keys_client_ca_promote(certs->options.client));
	VS_TRY(vs_certs_reload(certs));
	row->state = missing > 0 ? VS_CERT_ROTATION_FORCED : VS_CERT_ROTATION_FINISHED;
	row->ended_ms = certs->options.now_ms();
	(void)snprintf(detail, sizeof(detail), "%lld missing%s%.80s", (long long)missing,
	               except[0] != '\0' ? ", but for " : "", except);
	return apply(certs, &change, missing > 0 ? "root.force" : "root.finish", behalf, detail);
}

vs_result
vs_certs_rotation_finish(struct vs_certs *certs, int64_t missing, bool is_forced,
                         const char *except, const struct vs_core_behalf *behalf)
{
	vs_result r;

	(void)pthread_mutex_lock(&certs->lock);
	r = finish(certs, missing, is_forced, except, behalf);
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}

static vs_result
give_up(struct vs_certs *certs, const struct vs_core_behalf *behalf)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_ROTATION_STEP};
	struct vs_cert_rotation *row = &change.u.rotation;
	bool is_changed;
	vs_result r;

	VS_TRY(waiting(certs, row));
	VS_TRY(vs_certs_catch_up(certs, &is_changed));
	if (certs->view.current == row->to)
		return VS_FAIL(NOT_NOW); /* it has taken the place: only its end is missing */
	r = vs_keys_client_ca_drop(certs->options.client);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	VS_TRY(vs_certs_reload(certs));
	row->state = VS_CERT_ROTATION_ABORTED;
	row->ended_ms = certs->options.now_ms();
	return apply(certs, &change, "root.abort", behalf, "");
}

vs_result
vs_certs_rotation_mend(struct vs_certs *certs)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_ROTATION_STEP};
	struct vs_cert_rotation *row = &change.u.rotation;
	vs_result r = waiting(certs, row);
	bool is_over;

	if (r.code == VS_E_NOT_NOW)
		return VS_OK;
	VS_TRY(r);
	is_over = certs->view.current == row->to;
	if (!is_over && certs->view.next != 0)
		return VS_OK;
	row->state = is_over ? VS_CERT_ROTATION_FINISHED : VS_CERT_ROTATION_ABORTED;
	row->ended_ms = certs->options.now_ms();
	return apply(certs, &change, is_over ? "root.finish" : "root.abort",
	             VS_CORE_BEHALF("service"), "taken up after a stop");
}

vs_result
vs_certs_rotation_abort(struct vs_certs *certs, const struct vs_core_behalf *behalf)
{
	vs_result r;

	(void)pthread_mutex_lock(&certs->lock);
	r = give_up(certs, behalf);
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}
