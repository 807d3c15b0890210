/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, revocation lists and root rotations in the keystore. */
#include <string.h>

#include "base/limits.h"
#include "store/keystore_inside.h"

#define NUMBER(n) vs_store_number((int64_t)(n))
#define TEXT(t)   vs_store_text(t)
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

/* --- changes --------------------------------------------------------------------------------- */

static vs_result
run_on_one(struct vs_store_db *db, enum vs_store_query query, const struct vs_store_value *values,
           size_t count)
{
	int64_t changed = 0;

	VS_TRY(vs_store_run_count(db, query, values, count, &changed));
	return changed == 1 ? VS_OK : VS_FAIL(CONFLICT);
}

static vs_result
add_cert(struct vs_store_db *db, struct vs_cert_row *row, int64_t audit)
{
	const struct vs_store_value values[] = {TEXT(row->issuer),
	                                        TEXT(row->serial),
	                                        NUMBER(row->generation),
	                                        TEXT(row->profile),
	                                        TEXT(row->common_name),
	                                        TEXT(row->tenant),
	                                        TEXT(row->station),
	                                        TEXT(row->spki),
	                                        TEXT(row->fingerprint),
	                                        NUMBER(row->not_before_ms),
	                                        NUMBER(row->not_after_ms),
	                                        NUMBER(row->created_ms),
	                                        TEXT(vs_cert_state_text(row->state)),
	                                        NUMBER(row->state_ms),
	                                        TEXT(row->reason),
	                                        vs_store_blob(row->der, row->der_size),
	                                        NUMBER(audit)};

	return vs_store_run_id(db, VS_QUERY_keys_cert_add, values, COUNT(values), &row->cert_id);
}

static vs_result
step_cert(struct vs_store_db *db, const struct vs_keystore_change *change, int64_t audit)
{
	const struct vs_cert_row *row = change->u.cert;
	const struct vs_store_value values[] = {TEXT(vs_cert_state_text(row->state)),
	                                        NUMBER(row->state_ms),
	                                        TEXT(row->reason),
	                                        NUMBER(audit),
	                                        NUMBER(row->cert_id),
	                                        TEXT(vs_cert_state_text(change->from_cert))};

	return run_on_one(db, VS_QUERY_keys_cert_step, values, COUNT(values));
}

static vs_result
put_crl(struct vs_store_db *db, const struct vs_cert_crl *crl, int64_t audit)
{
	const struct vs_store_value values[] = {NUMBER(crl->generation),
	                                        NUMBER(crl->number),
	                                        NUMBER(crl->this_update_ms),
	                                        NUMBER(crl->next_update_ms),
	                                        vs_store_blob(crl->der.data, crl->der.size),
	                                        NUMBER(audit)};

	return vs_store_run(db, VS_QUERY_keys_crl_put, values, COUNT(values));
}

static vs_result
add_rotation(struct vs_store_db *db, struct vs_cert_rotation *row, int64_t audit)
{
	const struct vs_store_value values[] = {
	    NUMBER(row->from),     NUMBER(row->to),  TEXT(vs_cert_rotation_text(row->state)),
	    NUMBER(row->began_ms), TEXT(row->actor), NUMBER(audit)};

	return vs_store_run_id(db, VS_QUERY_keys_rotation_add, values, COUNT(values),
	                       &row->rotation_id);
}

static vs_result
step_rotation(struct vs_store_db *db, const struct vs_cert_rotation *row, int64_t audit)
{
	const struct vs_store_value values[] = {TEXT(vs_cert_rotation_text(row->state)),
	                                        NUMBER(row->ended_ms), NUMBER(audit),
	                                        NUMBER(row->rotation_id)};

	return run_on_one(db, VS_QUERY_keys_rotation_step, values, COUNT(values));
}

static vs_result
add_confirmation(struct vs_store_db *db, const struct vs_cert_confirmation *row, int64_t audit)
{
	const struct vs_store_value values[] = {NUMBER(row->rotation_id), TEXT(row->tenant),
	                                        TEXT(row->station),       NUMBER(row->at_ms),
	                                        TEXT(row->actor),         NUMBER(audit)};

	return vs_store_run(db, VS_QUERY_keys_confirmation_add, values, COUNT(values));
}

vs_result
vs_store_keystore_cert_change(struct vs_store_db *db, struct vs_keystore_change *change,
                              int64_t audit)
{
	if (change->kind == VS_KEYSTORE_CERT_ADD)
		return add_cert(db, change->u.cert, audit);
	if (change->kind == VS_KEYSTORE_CERT_STEP)
		return step_cert(db, change, audit);
	if (change->kind == VS_KEYSTORE_CRL_PUT)
		return put_crl(db, &change->u.crl, audit);
	if (change->kind == VS_KEYSTORE_ROTATION_ADD)
		return add_rotation(db, &change->u.rotation, audit);
	if (change->kind == VS_KEYSTORE_ROTATION_STEP)
		return step_rotation(db, &change->u.rotation, audit);
	if (change->kind == VS_KEYSTORE_CONFIRMATION_ADD)
		return add_confirmation(db, &change->u.confirmation, audit);
	return VS_FAIL(INTERNAL);
}

/* --- reading --------------------------------------------------------------------------------- */

static vs_result
read_cert(struct vs_store_statement *s, struct vs_cert_row *row)
{
	struct vs_bytes der = vs_store_column_bytes(s, 16);

	memset(row, 0, sizeof(*row));
	row->cert_id = vs_store_column_number(s, 0);
	vs_store_column_text(s, 1, row->issuer, sizeof(row->issuer));
	vs_store_column_text(s, 2, row->serial, sizeof(row->serial));
	row->generation = (uint32_t)vs_store_column_number(s, 3);
	vs_store_column_text(s, 4, row->profile, sizeof(row->profile));
	vs_store_column_text(s, 5, row->common_name, sizeof(row->common_name));
	vs_store_column_text(s, 6, row->tenant, sizeof(row->tenant));
	vs_store_column_text(s, 7, row->station, sizeof(row->station));
	vs_store_column_text(s, 8, row->spki, sizeof(row->spki));
	vs_store_column_text(s, 9, row->fingerprint, sizeof(row->fingerprint));
	row->not_before_ms = vs_store_column_number(s, 10);
	row->not_after_ms = vs_store_column_number(s, 11);
	row->created_ms = vs_store_column_number(s, 12);
	if (vs_cert_state_parse(vs_store_column_bytes(s, 13), &row->state).code != VS_E_OK)
		return VS_FAIL(IO);
	row->state_ms = vs_store_column_number(s, 14);
	vs_store_column_text(s, 15, row->reason, sizeof(row->reason));
	if (der.size == 0 || der.size > sizeof(row->der))
		return VS_FAIL(IO);
	memcpy(row->der, der.data, der.size);
	row->der_size = der.size;
	return VS_OK;
}

/* Each row to `each` until it says false. */
static vs_result
walk(struct vs_store_keystore *keystore, enum vs_store_query query,
     const struct vs_store_value *values, size_t count,
     vs_result (*each)(struct vs_store_statement *statement, void *arg, bool *is_over), void *arg)
{
	struct vs_store_statement *statement = NULL;
	bool is_over = false, has_row = false;
	vs_result r;

	vs_store_keystore_lock(keystore);
	r = vs_store_bind(&keystore->db, query, values, count, &statement);
	while (r.code == VS_E_OK && !is_over &&
	       (r = vs_store_next(statement, &has_row)).code == VS_E_OK && has_row)
		r = each(statement, arg, &is_over);
	vs_store_reset(statement);
	vs_store_keystore_unlock(keystore);
	return r;
}

struct list {
	bool (*row)(const struct vs_cert_row *, void *);
	void *arg;
	struct vs_cert_row room;
};

static vs_result
each_cert(struct vs_store_statement *statement, void *arg, bool *is_over)
{
	struct list *list = arg;

	VS_TRY(read_cert(statement, &list->room));
	*is_over = !list->row(&list->room, list->arg);
	return VS_OK;
}

struct one {
	bool is_found;
	void *room;
	struct vs_buf *der;
};

static vs_result
take_cert(struct vs_store_statement *statement, void *arg, bool *is_over)
{
	struct one *one = arg;

	*is_over = one->is_found = true;
	return read_cert(statement, one->room);
}

static vs_result
take_number(struct vs_store_statement *statement, void *arg, bool *is_over)
{
	struct one *one = arg;

	*is_over = one->is_found = true;
	*(int64_t *)one->room = vs_store_column_number(statement, 0);
	return VS_OK;
}

static vs_result
take_crl(struct vs_store_statement *s, void *arg, bool *is_over)
{
	struct one *one = arg;
	struct vs_cert_crl *crl = one->room;
	size_t begin = one->der->size;

	*is_over = one->is_found = true;
	crl->generation = (uint32_t)vs_store_column_number(s, 0);
	crl->number = vs_store_column_number(s, 1);
	crl->this_update_ms = vs_store_column_number(s, 2);
	crl->next_update_ms = vs_store_column_number(s, 3);
	VS_TRY(vs_buf_append_bytes(one->der, vs_store_column_bytes(s, 4)));
	crl->der = vs_bytes_from(one->der->data + begin, one->der->size - begin);
	return VS_OK;
}

static vs_result
take_rotation(struct vs_store_statement *s, void *arg, bool *is_over)
{
	struct one *one = arg;
	struct vs_cert_rotation *row = one->room;
	struct vs_bytes state = vs_store_column_bytes(s, 3);

	*is_over = one->is_found = true;
	row->state = VS_CERT_ROTATION_STATES;
	for (int i = 0; i < VS_CERT_ROTATION_STATES; i++)
		if (vs_bytes_equal_text(state,
		                        vs_cert_rotation_text((enum vs_cert_rotation_state)i)))
			row->state = (enum vs_cert_rotation_state)i;
	if (row->state == VS_CERT_ROTATION_STATES)
		return VS_FAIL(IO);
	row->rotation_id = vs_store_column_number(s, 0);
	row->from = (uint32_t)vs_store_column_number(s, 1);
	row->to = (uint32_t)vs_store_column_number(s, 2);
	row->began_ms = vs_store_column_number(s, 4);
	row->ended_ms = vs_store_column_number(s, 5);
	vs_store_column_text(s, 6, row->actor, sizeof(row->actor));
	return VS_OK;
}

static vs_result
get_cert(void *self, int64_t cert_id, struct vs_cert_row *row_out)
{
	const struct vs_store_value value = NUMBER(cert_id);
	struct one one = {.room = row_out};

	VS_TRY(walk(self, VS_QUERY_keys_cert, &value, 1, take_cert, &one));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
find(void *self, const char *serial, const char *issuer, struct vs_cert_row *row_out)
{
	const struct vs_store_value values[] = {TEXT(serial), TEXT(issuer)};
	struct one one = {.room = row_out};

	VS_TRY(walk(self, VS_QUERY_keys_cert_serial, values, COUNT(values), take_cert, &one));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
list_certs(void *self, const struct vs_cert_query *query,
           bool (*row)(const struct vs_cert_row *, void *), void *arg)
{
	const struct vs_store_value values[] = {
	    TEXT(query->tenant != NULL ? query->tenant : ""),
	    TEXT(query->station != NULL ? query->station : ""),
	    TEXT(query->state != NULL ? query->state : ""),
	    NUMBER(query->ends_from_ms),
	    NUMBER(query->ends_to_ms != 0 ? query->ends_to_ms : INT64_MAX),
	    NUMBER(query->generation),
	    NUMBER(query->after),
	    NUMBER(query->limit)};
	struct list list = {.row = row, .arg = arg};

	return walk(self, VS_QUERY_keys_certs, values, COUNT(values), each_cert, &list);
}

static vs_result
get_crl(void *self, uint32_t generation, struct vs_buf *der, struct vs_cert_crl *crl_out)
{
	const struct vs_store_value value = NUMBER(generation);
	struct one one = {.room = crl_out, .der = der};

	VS_TRY(walk(self, VS_QUERY_keys_crl, &value, 1, take_crl, &one));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
get_rotation(void *self, struct vs_cert_rotation *rotation_out)
{
	struct one one = {.room = rotation_out};

	VS_TRY(walk(self, VS_QUERY_keys_rotation, NULL, 0, take_rotation, &one));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
confirmed(void *self, int64_t rotation_id, const char *tenant, const char *station,
          int64_t *at_ms_out)
{
	const struct vs_store_value values[] = {NUMBER(rotation_id), TEXT(tenant), TEXT(station)};
	struct one one = {.room = at_ms_out};

	VS_TRY(walk(self, VS_QUERY_keys_confirmed, values, COUNT(values), take_number, &one));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
count_confirmations(void *self, int64_t rotation_id, int64_t *count_out)
{
	const struct vs_store_value value = NUMBER(rotation_id);
	struct one one = {.room = count_out};

	return walk(self, VS_QUERY_keys_confirmations, &value, 1, take_number, &one);
}

struct vs_certstore
vs_store_keystore_certs(struct vs_store_keystore *keystore)
{
	return (struct vs_certstore){
	    .self = keystore,
	    .cert = get_cert,
	    .find = find,
	    .certs = list_certs,
	    .crl = get_crl,
	    .rotation = get_rotation,
	    .confirmed = confirmed,
	    .confirmations = count_confirmations,
	};
}
