/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log for who reads it over the API: what stands below a checkpoint, newest first, and a
 * proof of each entry. The files are read in the pool; the key process writes them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/state.h"
#include "audit/entry.h"
#include "audit/view.h"

#define SCAN_MAX 16384 /* entries looked at for one page */

/* --- places: SHARD:N ------------------------------------------------------------------------- */

struct place {
	char shard[VS_AUDIT_SHARD_SIZE];
	uint64_t n;
};

static vs_result
place_parse(const char *text, struct place *place)
{
	const char *colon = strchr(text, ':');
	struct vs_audit_shard_name name;
	char *end = NULL;

	if (colon == NULL || colon[1] < '0' || colon[1] > '9' || strlen(colon) > 19 ||
	    !vs_bytes_copy_text(vs_bytes_from(text, (size_t)(colon - text)), place->shard,
	                        sizeof(place->shard)))
		return VS_FAIL(BAD_VALUE);
	place->n = strtoull(colon + 1, &end, 10);
	return *end == '\0' ? vs_audit_shard_parse(place->shard, &name) : VS_FAIL(BAD_VALUE);
}

/* --- the list -------------------------------------------------------------------------------- */

struct page {
	struct vs_api_read *read;
	struct vs_json_tape tape;
	char needle[VS_CORE_IDENTITY_SIZE + 2]; /* the station in quotes; "": all */
	size_t shown, scanned;
	struct place last; /* that was looked at */
	bool is_full;
	bool is_over; /* nothing that is asked for can follow */
};

/* Of this tenant, or of the whole installation? */
static bool
is_of(const struct vs_json_tape *tape, const char *tenant)
{
	const struct vs_json_node *node = vs_json_member(tape, vs_json_root(tape), "tenant");

	return vs_json_is(tape, node, tenant) || vs_json_is(tape, node, "");
}

static bool
holds(struct vs_bytes line, const char *text)
{
	return text[0] == '\0' || memmem(line.data, line.size, text, strlen(text)) != NULL;
}

/* And what was asked for? */
static bool
is_wanted(const struct page *page, struct vs_bytes line, int64_t at_ms)
{
	const struct vs_api_list *list = &page->read->list;
	const struct vs_json_node *root = vs_json_root(&page->tape);
	const struct vs_json_node *actor = vs_json_member(&page->tape, root, "actor");
	struct vs_bytes event = vs_json_raw(&page->tape, vs_json_member(&page->tape, root, "ev"));
	size_t size = strlen(list->event);

	if (size > 0 && (event.size < size + 2 ||
	                 !vs_bytes_equal_text(vs_bytes_from(event.data + 1, size), list->event)))
		return false;
	if (list->actor[0] != '\0' &&
	    !vs_json_is(&page->tape, vs_json_member(&page->tape, actor, "id"), list->actor))
		return false;
	return at_ms < list->to_ms && is_of(&page->tape, page->read->tenant) &&
	       holds(line, page->needle) && holds(line, list->contains);
}

static void
write_entry(struct vs_json_writer *json, const char *shard, uint64_t n, struct vs_bytes line)
{
	char id[VS_AUDIT_SHARD_SIZE + 24];

	(void)snprintf(id, sizeof(id), "%s:%" PRIu64, shard, n);
	vs_json_write_object(json);
	vs_api_write_text(json, "id", id);
	vs_json_write_key(json, "entry");
	vs_json_write_raw(json, line);
	vs_json_write_object_end(json);
}

/* Downwards from `from`, which is not shown. */
static vs_result
list_shard(struct page *page, struct vs_audit_view *view, uint64_t from)
{
	struct vs_api_read *read = page->read;

	for (uint64_t n = from; n > 0; n--) {
		struct vs_bytes line;
		int64_t at_ms = 0;
		uint64_t own;

		if (page->shown >= read->list.limit || page->scanned >= SCAN_MAX ||
		    read->body.size > VS_LIMIT_API_ANSWER_SIZE / 2) {
			page->is_full = true;
			return VS_OK;
		}
		VS_TRY(vs_audit_shard_entry(&view->shard, n - 1, &line));
		VS_TRY(vs_audit_entry_parse(line, &page->tape, &own));
		page->scanned++;
		memcpy(page->last.shard, view->shard.name, sizeof(page->last.shard));
		page->last.n = n - 1;
		(void)vs_json_time(&page->tape,
		                   vs_json_member(&page->tape, vs_json_root(&page->tape), "ts"),
		                   &at_ms)
		    .code;
		page->is_over = at_ms < read->list.from_ms;
		if (page->is_over)
			return VS_OK; /* all others are older */
		if (!is_wanted(page, line, at_ms))
			continue;
		write_entry(&read->json, view->shard.name, n - 1, line);
		page->shown++;
	}
	return VS_OK;
}

static vs_result
list_all(struct page *page, const struct vs_audit_shard_name *names, size_t count)
{
	const char *dir = page->read->api->options.audit_dir;
	struct vs_audit_shard_name from = {.year = UINT16_MAX};
	struct place place = {.shard = ""};
	vs_result r = VS_OK;

	if (page->read->list.text[0] != '\0') {
		VS_TRY(place_parse(page->read->list.text, &place));
		VS_TRY(vs_audit_shard_parse(place.shard, &from));
	}
	for (size_t i = count; i > 0 && r.code == VS_E_OK && !page->is_full && !page->is_over;
	     i--) {
		int order = vs_audit_shard_compare(&names[i - 1], &from);
		char name[VS_AUDIT_SHARD_SIZE];
		struct vs_audit_view view;

		if (order > 0)
			continue;
		vs_audit_shard_text(&names[i - 1], name);
		r = vs_audit_view_open(dir, name, &view);
		if (r.code == VS_E_OK)
			r = list_shard(page, &view,
			               order == 0 && place.n < view.shard.size ? place.n
			                                                       : view.shard.size);
		vs_audit_view_done(&view);
	}
	return r;
}

static vs_result
list_build(struct vs_api_read *read)
{
	struct vs_audit_shard_name *names = NULL;
	struct page page = {.read = read};
	char cursor[VS_API_CURSOR_SIZE] = "";
	size_t count = 0;
	vs_result r;

	if (read->api->options.audit_dir == NULL)
		return VS_FAIL(UNSUPPORTED);
	if (read->list.station[0] != '\0')
		(void)snprintf(page.needle, sizeof(page.needle), "\"%s\"", read->list.station);
	/* Whoever looks for what he did a moment ago finds it. When none can be signed now (too
	 * many ask, a fork), what was signed before is still to be read. */
	if (read->list.text[0] == '\0' && read->api->options.audit.publish != NULL)
		(void)read->api->options.audit.publish(read->api->options.audit.self).code;
	VS_TRY(vs_audit_shards_list(read->api->options.audit_dir, &names, &count));
	vs_json_tape_init(&page.tape);
	vs_api_read_list_begin(read);
	r = list_all(&page, names, count);
	vs_json_tape_done(&page.tape);
	free(names);
	VS_TRY(r);
	if (page.is_full)
		(void)snprintf(cursor, sizeof(cursor), "%s:%" PRIu64, page.last.shard, page.last.n);
	return vs_api_read_list_end(read, cursor);
}

void
vs_api_on_audit_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

/* --- one entry ------------------------------------------------------------------------------- */

static vs_result
write_proof(struct vs_api_read *read, struct vs_audit_view *view, uint64_t n,
            struct vs_json_tape *tape)
{
	char vkey[VS_AUDIT_VKEY_SIZE];
	struct vs_buf proof;
	struct vs_bytes line;
	uint64_t own;
	vs_result r;

	VS_TRY(vs_audit_shard_entry(&view->shard, n, &line));
	VS_TRY(vs_audit_entry_parse(line, tape, &own));
	if (!is_of(tape, read->tenant))
		return VS_FAIL(NOT_FOUND);
	vs_audit_vkey_text(&view->meta.vkey, vkey);
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_api_write_text(&read->json, "id", read->id);
	vs_json_write_key(&read->json, "entry");
	vs_json_write_raw(&read->json, line);
	vs_api_write_text(&read->json, "vkey", vkey);
	vs_buf_init(&proof, VS_AUDIT_PROOF_FILE_SIZE);
	r = vs_audit_view_prove(view, n, &proof);
	vs_json_write_key(&read->json, "proof");
	vs_json_write_string(&read->json, vs_buf_view(&proof));
	vs_buf_done(&proof);
	VS_TRY(r);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

static vs_result
show_build(struct vs_api_read *read)
{
	const char *dir = read->api->options.audit_dir;
	struct vs_audit_view view;
	struct vs_json_tape tape;
	struct place place;
	vs_result r;

	if (dir == NULL)
		return VS_FAIL(UNSUPPORTED);
	if (place_parse(read->id, &place).code != VS_E_OK)
		return VS_FAIL(NOT_FOUND);
	vs_json_tape_init(&tape);
	r = vs_audit_view_open(dir, place.shard, &view);
	if (r.code == VS_E_OK)
		r = write_proof(read, &view, place.n, &tape);
	vs_audit_view_done(&view);
	vs_json_tape_done(&tape);
	return r.code == VS_E_OUT_OF_RANGE ? VS_FAIL(NOT_FOUND) : r;
}

void
vs_api_on_audit_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}
