/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/view.h"

#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"

static vs_result
newest(const char *dir, char text_out[static VS_AUDIT_SHARD_SIZE])
{
	struct vs_audit_shard_name *names = NULL;
	size_t count = 0;

	VS_TRY(vs_audit_shards_list(dir, &names, &count));
	if (count > 0)
		vs_audit_shard_text(&names[count - 1], text_out);
	free(names);
	return count > 0 ? VS_OK : VS_FAIL(NOT_FOUND);
}

vs_result
vs_audit_view_open(const char *dir, const char *name, struct vs_audit_view *view)
{
	char text[VS_AUDIT_SHARD_SIZE];

	memset(view, 0, sizeof(*view));
	vs_buf_init(&view->note, VS_AUDIT_NOTE_SIZE + 1);
	if (name == NULL) {
		VS_TRY(newest(dir, text));
		name = text;
	}
	VS_TRY(vs_audit_shard_open(dir, name, &view->shard));
	VS_TRY(vs_audit_shard_meta(&view->shard, &view->meta));
	VS_TRY(vs_audit_shard_checkpoint(&view->shard, &view->meta.vkey, &view->note,
	                                 &view->checkpoint));
	view->shard.size = view->checkpoint.size;
	return VS_OK;
}

void
vs_audit_view_done(struct vs_audit_view *view)
{
	vs_audit_shard_done(&view->shard);
	vs_buf_done(&view->note);
}

vs_result
vs_audit_view_prove(struct vs_audit_view *view, uint64_t n, struct vs_buf *out)
{
	struct vs_audit_hashes hashes = vs_audit_shard_reader(&view->shard);
	struct vs_audit_inclusion_file file = {.index = n, .checkpoint = vs_buf_view(&view->note)};
	struct vs_bytes entry;
	char *extra;
	size_t room;
	vs_result r;

	VS_TRY(vs_audit_shard_entry(&view->shard, n, &entry));
	VS_TRY(vs_audit_prove_inclusion(&hashes, n, view->shard.size, &file.proof));
	room = VS_BASE64_TEXT_SIZE(entry.size);
	extra = calloc(1, room);
	if (extra == NULL)
		return VS_FAIL(NO_MEMORY);
	/* The entry itself, so that the file says what it proves. */
	file.extra = vs_bytes_from(extra, vs_base64_encode(VS_BASE64, entry, extra, room));
	r = vs_audit_inclusion_print(&file, out);
	free(extra);
	return r;
}
