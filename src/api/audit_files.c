/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log as files for who verifies it elsewhere: its shards, and of each what C2SP
 * tlog-tiles names, as far as a checkpoint says. All tenants' entries are in them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/state.h"
#include "audit/view.h"

#define PART_SIZE 524288u /* of checkpoints.log in one answer */

/* --- shards ---------------------------------------------------------------------------------- */

static bool
write_shard(struct vs_api_page *page, const char *dir, const char *name)
{
	struct vs_json_writer *json = &page->read->json;
	char vkey[VS_AUDIT_VKEY_SIZE] = "";
	struct vs_audit_shard shard;
	struct vs_audit_meta meta;
	vs_result r;

	if (!vs_api_page_row(page, name))
		return false;
	memset(&meta, 0, sizeof(meta));
	r = vs_audit_shard_open(dir, name, &shard);
	if (r.code == VS_E_OK)
		r = vs_audit_shard_meta(&shard, &meta);
	vs_audit_shard_done(&shard);
	/* One that cannot be read is named all the same: whoever verifies will say what is wrong.
	 */
	if (r.code == VS_E_OK)
		vs_audit_vkey_text(&meta.vkey, vkey);
	vs_api_write_text(json, "shard", name);
	vs_api_write_text(json, "origin", r.code == VS_E_OK ? meta.vkey.name : "");
	vs_api_write_text(json, "vkey", vkey);
	vs_api_write_time(json, "first_at", r.code == VS_E_OK ? meta.first_ms : VS_CORE_ABSENT);
	vs_json_write_object_end(json);
	return true;
}

static vs_result
shards_build(struct vs_api_read *read)
{
	const char *dir = read->api->options.audit_dir;
	struct vs_audit_shard_name after, *names = NULL;
	struct vs_api_page page;
	size_t count = 0;

	if (dir == NULL)
		return VS_FAIL(UNSUPPORTED);
	if (read->list.text[0] != '\0')
		VS_TRY(vs_audit_shard_parse(read->list.text, &after));
	VS_TRY(vs_audit_shards_list(dir, &names, &count));
	vs_api_page_begin(&page, read);
	for (size_t i = 0; i < count; i++) {
		char name[VS_AUDIT_SHARD_SIZE];

		if (read->list.text[0] != '\0' && vs_audit_shard_compare(&names[i], &after) <= 0)
			continue;
		vs_audit_shard_text(&names[i], name);
		if (!write_shard(&page, dir, name))
			break;
	}
	free(names);
	return vs_api_page_end(&page);
}

void
vs_api_on_audit_shards(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, shards_build);
}

/* --- files ----------------------------------------------------------------------------------- */

struct wanted {
	int64_t from; /* of checkpoints.log: the first byte */
	char shard[VS_AUDIT_SHARD_SIZE];
	char file[VS_AUDIT_TILE_PATH_SIZE];
};

static vs_result
wanted_parse(const char *path, struct wanted *wanted)
{
	const char *slash = strchr(path, '/');
	struct vs_audit_shard_name name;

	if (slash == NULL ||
	    !vs_bytes_copy_text(vs_bytes_from(path, (size_t)(slash - path)), wanted->shard,
	                        sizeof(wanted->shard)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(slash + 1), wanted->file, sizeof(wanted->file)))
		return VS_FAIL(NOT_FOUND);
	return vs_audit_shard_parse(wanted->shard, &name).code == VS_E_OK ? VS_OK
	                                                                  : VS_FAIL(NOT_FOUND);
}

/* It only grows, and may have grown long. */
static vs_result
read_part(const struct vs_audit_shard *shard, const struct wanted *wanted, struct vs_buf *body)
{
	char path[VS_PATH_SIZE];
	uint8_t *room = NULL;
	ssize_t got;
	int fd;

	VS_TRY(vs_path_join(shard->path, wanted->file, path));
	VS_TRY(vs_buf_reserve(body, PART_SIZE, &room));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? VS_FAIL(NOT_FOUND) : VS_FAIL(IO);
	got = pread(fd, room, PART_SIZE, (off_t)wanted->from);
	(void)close(fd);
	if (got < 0)
		return VS_FAIL(IO);
	body->size += (size_t)got;
	return VS_OK;
}

/* Of a tile that has grown since, what it was; one that is damaged goes out as it is: who reads it
 * shall see it. */
static vs_result
read_tile(struct vs_audit_shard *shard, const char *file, struct vs_buf *body)
{
	const struct vs_audit_hash *hashes;
	struct vs_audit_tile tile;
	struct vs_bytes bundle;
	vs_result r = vs_audit_tile_parse(vs_bytes_from_text(file), &tile);

	if (r.code != VS_E_OK)
		return VS_FAIL(NOT_FOUND);
	if (tile.is_entries) {
		r = vs_audit_shard_bundle(shard, &tile, &bundle);
		if (r.code == VS_E_OK)
			return vs_buf_append_bytes(body, bundle);
	} else {
		r = vs_audit_shard_hashes(shard, &tile, &hashes);
		if (r.code == VS_E_OK)
			return vs_buf_append(body, hashes, tile.width * sizeof(*hashes));
	}
	return r.code == VS_E_BAD_MESSAGE ? vs_audit_shard_file(shard, file, body) : r;
}

static vs_result
file_build(struct vs_api_read *read)
{
	const struct wanted *wanted = read->arg;
	struct vs_audit_shard shard;
	vs_result r;

	if (read->api->options.audit_dir == NULL)
		return VS_FAIL(UNSUPPORTED);
	read->body.size_max = VS_AUDIT_BUNDLE_SIZE;
	r = vs_audit_shard_open(read->api->options.audit_dir, wanted->shard, &shard);
	if (r.code == VS_E_OK && strcmp(wanted->file, "checkpoints.log") == 0)
		r = read_part(&shard, wanted, &read->body);
	else if (r.code == VS_E_OK && (strcmp(wanted->file, "checkpoint") == 0 ||
	                               strcmp(wanted->file, "meta.json") == 0))
		r = vs_audit_shard_file(&shard, wanted->file, &read->body);
	else if (r.code == VS_E_OK)
		r = read_tile(&shard, wanted->file, &read->body);
	vs_audit_shard_done(&shard);
	return r;
}

static void
file_finish(struct vs_api_read *read, vs_result result)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn == NULL)
		return;
	if (result.code == VS_E_OK)
		vs_api_answer(conn, read->request_id, 200, "application/octet-stream", NULL,
		              vs_buf_view(&read->body));
	else
		vs_api_answer_problem(conn, read->request_id, result, NULL);
}

void
vs_api_on_audit_file(struct vs_api *api, const struct vs_api_request *request)
{
	struct wanted *wanted = calloc(1, sizeof(*wanted));
	const char *fault = NULL;
	struct vs_api_list list;
	vs_result r = wanted == NULL ? VS_FAIL(NO_MEMORY) : VS_OK;

	if (r.code == VS_E_OK)
		r = vs_api_list_parse(request->http->query, VS_API_KEY_ID, &list, &fault);
	if (r.code == VS_E_OK) {
		wanted->from = list.number == INT64_MAX ? 0 : list.number;
		r = wanted_parse(request->id, wanted);
	}
	if (r.code != VS_E_OK)
		free(wanted);
	else
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, file_build, file_finish,
		                      wanted);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, fault);
}
