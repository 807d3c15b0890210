/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and jobs as lists. What is wrapped is never shown, what is in it never known here. */
#include "api/state.h"

#include <stdio.h>
#include <string.h>

#include "keys/keys.h"
#include "keys/keystore.h"

static void
write_time(struct vs_json_writer *json, const char *key, int64_t time_ms)
{
	/* "until it is sealed anew" has no date. VS_KEYS_NEVER is VS_CORE_ABSENT: null. */
	vs_api_write_time(json, key, time_ms == INT64_MAX ? VS_CORE_ABSENT : time_ms);
}

static void
write_due(struct vs_json_writer *json, struct vs_keys_due due)
{
	write_time(json, "due_at", due.at_ms);
	vs_json_write_key(json, "overdue");
	vs_json_write_bool(json, due.is_overdue);
}

static bool
write_key(const struct vs_keystore_key *row, void *arg)
{
	struct vs_api_page *page = arg;
	struct vs_json_writer *json = &page->read->json;
	const struct vs_keys *keys = page->read->api->options.keys;

	if (!vs_api_page_row_number(page, row->key_id))
		return false;
	vs_api_write_int(json, "id", row->key_id);
	vs_api_write_text(json, "kind", row->kind);
	vs_api_write_text(json, "owner", row->owner);
	vs_api_write_text(json, "period", row->period);
	vs_api_write_int(json, "version", row->version);
	vs_api_write_text(json, "state", vs_keys_state_name(row->state));
	vs_api_write_int(json, "kek_version", row->kek_version);
	vs_api_write_int(json, "seals", row->seals);
	write_time(json, "created_at", row->created_ms);
	write_time(json, "offered_at", row->offered_ms);
	write_time(json, "activated_at", row->activated_ms);
	write_time(json, "until", row->until_ms);
	write_time(json, "destroyed_at", row->destroyed_ms);
	if (keys != NULL)
		write_due(json, vs_keys_due(keys, row));
	vs_json_write_object_end(json);
	return true;
}

static bool
write_kek(const struct vs_keystore_kek *row, void *arg)
{
	struct vs_api_page *page = arg;
	struct vs_json_writer *json = &page->read->json;
	const struct vs_keys *keys = page->read->api->options.keys;

	if (strcmp(row->kek.tenant, page->read->tenant) != 0)
		return false;
	vs_json_write_object(json);
	vs_api_write_text(json, "kind", "kek");
	vs_api_write_int(json, "version", row->kek.version);
	vs_api_write_text(json, "state", vs_keys_state_name(row->state));
	vs_api_write_text(json, "root", row->kek.root_id);
	write_time(json, "created_at", row->created_ms);
	if (keys != NULL)
		write_due(json, vs_keys_kek_due(keys, row));
	vs_json_write_object_end(json);
	return true;
}

static vs_result
read_cursor(const char *text, int64_t *after_out)
{
	int64_t after = 0;

	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || after > INT64_MAX / 10 - 1)
			return VS_FAIL(BAD_VALUE);
		after = after * 10 + (*text - '0');
	}
	*after_out = after;
	return VS_OK;
}

static vs_result
keys_build(struct vs_api_read *read)
{
	const struct vs_keystore *store = read->api->options.keystore;
	struct vs_keystore_query query = {
	    .list = read->list.station[0] != '\0' ? VS_KEYSTORE_OF_OWNER : VS_KEYSTORE_OF_TENANT,
	    .tenant = read->tenant,
	    .owner = read->list.station,
	    .limit = read->list.limit + 1};
	struct vs_api_page page;

	if (store == NULL)
		return VS_FAIL(UNSUPPORTED);
	VS_TRY(read_cursor(read->list.text, &query.after));
	vs_api_page_begin(&page, read);
	if (query.after == 0 && query.list == VS_KEYSTORE_OF_TENANT)
		VS_TRY(
		    store->keks(store->self, read->tenant, 0, VS_API_LIMIT_MAX, write_kek, &page));
	VS_TRY(store->keys(store->self, &query, write_key, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_keys_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, keys_build);
}

/* --- jobs ------------------------------------------------------------------------------------ */

void
vs_api_write_job(struct vs_json_writer *json, const struct vs_keystore_job *row)
{
	static const char *const states[] = {[VS_KEYSTORE_JOB_RUNNING] = "running",
	                                     [VS_KEYSTORE_JOB_DONE] = "done",
	                                     [VS_KEYSTORE_JOB_FAILED] = "failed"};
	char error[16] = "";

	if (row->error != 0)
		(void)snprintf(error, sizeof(error), "VS-%d", row->error);
	vs_api_write_int(json, "id", row->job_id);
	vs_api_write_text(json, "kind", row->kind);
	vs_api_write_text(json, "subject", row->subject);
	vs_api_write_text(json, "actor", row->actor);
	vs_api_write_text(json, "state", states[row->state]);
	vs_api_write_int(json, "done", row->done);
	vs_api_write_int(json, "total", row->total);
	vs_api_write_time(json, "started_at", row->started_ms);
	vs_api_write_time(json, "changed_at", row->changed_ms);
	vs_api_write_text(json, "error", error);
}

static bool
write_job(const struct vs_keystore_job *row, void *arg)
{
	struct vs_api_page *page = arg;
	struct vs_json_writer *json = &page->read->json;

	/* The root's jobs are the installation's. */
	if (strcmp(row->tenant[0] != '\0' ? row->tenant : VS_CORE_TENANT_DEFAULT,
	           page->read->tenant) != 0)
		return true;
	if (!vs_api_page_row_number(page, row->job_id))
		return false;
	vs_api_write_job(json, row);
	vs_json_write_object_end(json);
	return true;
}

static vs_result
jobs_build(struct vs_api_read *read)
{
	const struct vs_keystore *store = read->api->options.keystore;
	struct vs_api_page page;

	if (store == NULL)
		return VS_FAIL(UNSUPPORTED);
	vs_api_page_begin(&page, read);
	VS_TRY(store->jobs(store->self, read->list.only_active, read->list.number, SIZE_MAX >> 1,
	                   write_job, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_keys_jobs(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_ID, jobs_build);
}
