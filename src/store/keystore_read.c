/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "store/keystore_inside.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- walking over what a statement gives ------------------------------------------------------ */

/* One row at a time to `each`, which sets *is_over to stop. */
struct walk {
	vs_result (*each)(struct vs_store_statement *statement, const struct walk *walk,
	                  bool *is_over);
	union {
		bool (*key)(const struct vs_keystore_key *, void *);
		bool (*kek)(const struct vs_keystore_kek *, void *);
		bool (*root)(const struct vs_keystore_root *, void *);
		bool (*revocation)(const struct vs_keystore_revocation *, void *);
		bool (*tombstone)(const struct vs_keystore_tombstone *, int64_t, void *);
		bool (*job)(const struct vs_keystore_job *, void *);
		bool (*audit)(const struct vs_keystore_audit *, void *);
	} row;
	void *arg;
};

static vs_result
walk_rows(struct vs_store_keystore *keystore, enum vs_store_query query,
          const struct vs_store_value *values, size_t count, const struct walk *walk)
{
	struct vs_store_statement *statement = NULL;
	bool is_over = false, has_row = false;
	vs_result r;

	vs_store_keystore_lock(keystore);
	r = vs_store_bind(&keystore->db, query, values, count, &statement);
	while (r.code == VS_E_OK && !is_over &&
	       (r = vs_store_next(statement, &has_row)).code == VS_E_OK && has_row)
		r = walk->each(statement, walk, &is_over);
	vs_store_reset(statement);
	vs_store_keystore_unlock(keystore);
	return r;
}

static vs_result
each_key(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vs_keystore_key key;

	VS_TRY(vs_store_keystore_read_key(statement, &key));
	*is_over = !walk->row.key(&key, walk->arg);
	return VS_OK;
}

static vs_result
each_kek(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vs_keystore_kek row;

	VS_TRY(vs_store_keystore_read_kek(statement, &row));
	*is_over = !walk->row.kek(&row, walk->arg);
	return VS_OK;
}

static vs_result
each_root(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vs_keystore_root row;

	VS_TRY(vs_store_keystore_read_root(statement, &row));
	*is_over = !walk->row.root(&row, walk->arg);
	return VS_OK;
}

static vs_result
each_revocation(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vs_keystore_revocation row;

	VS_TRY(vs_store_keystore_read_revocation(statement, &row));
	*is_over = !walk->row.revocation(&row, walk->arg);
	return VS_OK;
}

static vs_result
each_tombstone(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vs_keystore_tombstone row;

	vs_store_keystore_read_tombstone(statement, &row);
	*is_over = !walk->row.tombstone(&row, vs_store_column_number(statement, 0), walk->arg);
	return VS_OK;
}

static vs_result
each_job(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vs_keystore_job row;

	VS_TRY(vs_store_keystore_read_job(statement, &row));
	*is_over = !walk->row.job(&row, walk->arg);
	return VS_OK;
}

static vs_result
each_audit(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vs_keystore_audit row;

	vs_store_keystore_read_audit(statement, &row);
	*is_over = !walk->row.audit(&row, walk->arg);
	return VS_OK;
}

/* --- one row --------------------------------------------------------------------------------- */

/* What the functions for one row are waiting for: the first row, in place. */
struct one {
	bool is_found;
	size_t size;
	void *room;
};

static bool
take(struct one *one, const void *row)
{
	memcpy(one->room, row, one->size);
	one->is_found = true;
	return false;
}

static bool
take_key(const struct vs_keystore_key *row, void *arg)
{
	return take(arg, row);
}

static bool
take_kek(const struct vs_keystore_kek *row, void *arg)
{
	return take(arg, row);
}

static bool
take_job(const struct vs_keystore_job *row, void *arg)
{
	return take(arg, row);
}

static vs_result
one_key(struct vs_store_keystore *keystore, enum vs_store_query query,
        const struct vs_store_value *values, size_t count, struct vs_keystore_key *key_out)
{
	struct one one = {.size = sizeof(*key_out), .room = key_out};
	const struct walk walk = {.each = each_key, .row.key = take_key, .arg = &one};

	VS_TRY(walk_rows(keystore, query, values, count, &walk));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
get_key(void *self, int64_t key_id, struct vs_keystore_key *key_out)
{
	const struct vs_store_value value = vs_store_number(key_id);

	return one_key(self, VS_QUERY_keys_key, &value, 1, key_out);
}

static vs_result
find(void *self, const char *tenant, const char *kind, const char *owner, const char *period,
     uint32_t version, struct vs_keystore_key *key_out)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(kind),
	                                        vs_store_text(owner), vs_store_text(period),
	                                        vs_store_number(version)};

	return version == 0 ? one_key(self, VS_QUERY_keys_find_newest, values, 4, key_out)
	                    : one_key(self, VS_QUERY_keys_find, values, 5, key_out);
}

static vs_result
find_state(void *self, const char *tenant, const char *kind, const char *owner, const char *period,
           enum vs_keys_state state, struct vs_keystore_key *key_out)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(kind),
	                                        vs_store_text(owner), vs_store_text(period),
	                                        vs_store_text(vs_keys_state_name(state))};

	return one_key(self, VS_QUERY_keys_find_state, values, COUNT(values), key_out);
}

static vs_result
get_kek(void *self, const char *tenant, uint32_t version, struct vs_keystore_kek *kek_out)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_number(version)};
	struct one one = {.size = sizeof(*kek_out), .room = kek_out};
	const struct walk walk = {.each = each_kek, .row.kek = take_kek, .arg = &one};

	if (version == 0)
		VS_TRY(walk_rows(self, VS_QUERY_keys_kek_active, values, 1, &walk));
	else
		VS_TRY(walk_rows(self, VS_QUERY_keys_kek, values, 2, &walk));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
get_job(void *self, int64_t job_id, struct vs_keystore_job *job_out)
{
	const struct vs_store_value value = vs_store_number(job_id);
	struct one one = {.size = sizeof(*job_out), .room = job_out};
	const struct walk walk = {.each = each_job, .row.job = take_job, .arg = &one};

	VS_TRY(walk_rows(self, VS_QUERY_keys_job, &value, 1, &walk));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

/* --- lists ----------------------------------------------------------------------------------- */

static vs_result
list_keys(void *self, const struct vs_keystore_query *query,
          bool (*row)(const struct vs_keystore_key *, void *), void *arg)
{
	const struct walk walk = {.each = each_key, .row.key = row, .arg = arg};
	const struct vs_store_value tenant = vs_store_text(query->tenant);
	const struct vs_store_value owner = vs_store_text(query->owner);
	const struct vs_store_value kek = vs_store_number(query->kek_version);
	const struct vs_store_value at = vs_store_number(query->at_ms);
	const struct vs_store_value after = vs_store_number(query->after);
	const struct vs_store_value limit = vs_store_number((int64_t)query->limit);
	const struct vs_store_value of_tenant[] = {tenant, after, limit};
	const struct vs_store_value of_owner[] = {tenant, owner, after, limit};
	const struct vs_store_value of_kek[] = {tenant, kek, after, limit};
	const struct vs_store_value of_time[] = {at, after, limit};

	switch (query->list) {
	case VS_KEYSTORE_OF_TENANT:
		return walk_rows(self, VS_QUERY_keys_of_tenant, of_tenant, 3, &walk);
	case VS_KEYSTORE_OF_OWNER:
		return walk_rows(self, VS_QUERY_keys_of_owner, of_owner, 4, &walk);
	case VS_KEYSTORE_OF_KEK:
		return walk_rows(self, VS_QUERY_keys_of_kek, of_kek, 4, &walk);
	case VS_KEYSTORE_EXPIRED:
		return walk_rows(self, VS_QUERY_keys_expired, of_time, 3, &walk);
	case VS_KEYSTORE_AGED:
		return walk_rows(self, VS_QUERY_keys_aged, of_time, 3, &walk);
	case VS_KEYSTORE_DEVICES:
		return walk_rows(self, VS_QUERY_keys_devices, of_time + 1, 2, &walk);
	case VS_KEYSTORE_OLDEST:
		return walk_rows(self, VS_QUERY_keys_oldest, NULL, 0, &walk);
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
each_number(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	*(int64_t *)walk->arg = vs_store_column_number(statement, 0);
	*is_over = true;
	return VS_OK;
}

static vs_result
count_keys(void *self, const char *tenant, uint32_t kek_version, int64_t *count_out)
{
	const struct vs_store_value values[] = {vs_store_text(tenant),
	                                        vs_store_number(kek_version)};
	const struct walk walk = {.each = each_number, .arg = count_out};

	return walk_rows(self, VS_QUERY_keys_count_of_kek, values, 2, &walk);
}

static vs_result
list_keks(void *self, const char *tenant, uint32_t version, size_t limit,
          bool (*row)(const struct vs_keystore_kek *, void *), void *arg)
{
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_number(version),
	                                        vs_store_number((int64_t)limit)};
	const struct walk walk = {.each = each_kek, .row.kek = row, .arg = arg};

	return walk_rows(self, VS_QUERY_keys_keks, values, COUNT(values), &walk);
}

static vs_result
list_roots(void *self, bool (*row)(const struct vs_keystore_root *, void *), void *arg)
{
	const struct walk walk = {.each = each_root, .row.root = row, .arg = arg};

	return walk_rows(self, VS_QUERY_keys_roots, NULL, 0, &walk);
}

/* What is viewed goes with the statement: copied. */
struct vault {
	struct vs_buf *sealed, *root;
	struct vs_keystore_vault row;
	bool is_found;
};

static vs_result
each_vault(struct vs_store_statement *statement, const struct walk *walk, bool *is_over)
{
	struct vault *vault = walk->arg;
	size_t sealed = vault->sealed->size, root = vault->root != NULL ? vault->root->size : 0;

	vs_store_column_text(statement, 0, vault->row.installation,
	                     sizeof(vault->row.installation));
	vault->row.version = (uint32_t)vs_store_column_number(statement, 1);
	VS_TRY(vs_buf_append_bytes(vault->sealed, vs_store_column_bytes(statement, 2)));
	vault->row.sealed =
	    vs_bytes_from(vault->sealed->data + sealed, vault->sealed->size - sealed);
	if (vault->root != NULL) {
		VS_TRY(vs_buf_append_bytes(vault->root, vs_store_column_bytes(statement, 3)));
		vault->row.root = vs_bytes_from(vault->root->data + root, vault->root->size - root);
	}
	vault->is_found = true;
	*is_over = true;
	return VS_OK;
}

static vs_result
get_vault(void *self, struct vs_buf *sealed, struct vs_buf *root,
          struct vs_keystore_vault *vault_out)
{
	struct vault vault = {.sealed = sealed, .root = root};
	const struct walk walk = {.each = each_vault, .arg = &vault};

	VS_TRY(walk_rows(self, VS_QUERY_keys_vault, NULL, 0, &walk));
	if (!vault.is_found)
		return VS_FAIL(NOT_FOUND);
	*vault_out = vault.row;
	return VS_OK;
}

static vs_result
list_revocations(void *self, int64_t after_rev_no, size_t limit,
                 bool (*row)(const struct vs_keystore_revocation *, void *), void *arg)
{
	const struct vs_store_value values[] = {vs_store_number(after_rev_no),
	                                        vs_store_number((int64_t)limit)};
	const struct walk walk = {.each = each_revocation, .row.revocation = row, .arg = arg};

	return walk_rows(self, VS_QUERY_keys_revocations, values, COUNT(values), &walk);
}

static vs_result
list_tombstones(void *self, int64_t after, size_t limit,
                bool (*row)(const struct vs_keystore_tombstone *, int64_t, void *), void *arg)
{
	const struct vs_store_value values[] = {vs_store_number(after),
	                                        vs_store_number((int64_t)limit)};
	const struct walk walk = {.each = each_tombstone, .row.tombstone = row, .arg = arg};

	return walk_rows(self, VS_QUERY_keys_tombstones, values, COUNT(values), &walk);
}

static vs_result
list_jobs(void *self, bool only_running, int64_t before, size_t limit,
          bool (*row)(const struct vs_keystore_job *, void *), void *arg)
{
	const struct vs_store_value values[] = {vs_store_number(before),
	                                        vs_store_number((int64_t)limit)};
	const struct walk walk = {.each = each_job, .row.job = row, .arg = arg};

	return walk_rows(self, only_running ? VS_QUERY_keys_jobs_running : VS_QUERY_keys_jobs,
	                 values, COUNT(values), &walk);
}

static vs_result
list_audits(void *self, int64_t after_index, size_t limit,
            bool (*row)(const struct vs_keystore_audit *, void *), void *arg)
{
	const struct vs_store_value values[] = {vs_store_number(after_index),
	                                        vs_store_number((int64_t)limit)};
	const struct walk walk = {.each = each_audit, .row.audit = row, .arg = arg};

	return walk_rows(self, VS_QUERY_keys_audits, values, COUNT(values), &walk);
}

void
vs_store_keystore_readers(struct vs_keystore *port)
{
	port->key = get_key;
	port->find = find;
	port->find_state = find_state;
	port->keys = list_keys;
	port->count = count_keys;
	port->kek = get_kek;
	port->keks = list_keks;
	port->roots = list_roots;
	port->vault = get_vault;
	port->revocations = list_revocations;
	port->tombstones = list_tombstones;
	port->job = get_job;
	port->jobs = list_jobs;
	port->audits = list_audits;
}
