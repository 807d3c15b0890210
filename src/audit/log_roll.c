/* SPDX-License-Identifier: Apache-2.0 */
/* From one shard to the next: the last entry of a shard says the next one's key. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/log_inside.h"

#define CLOSE "audit.shard_close"
#define OPEN  "audit.shard_open"
#define FORK  "audit.fork"

static vs_result
make_vkey(const struct vs_audit_log *log, const struct vs_audit_shard_name *name,
          const struct vs_pkey *key, struct vs_audit_vkey *vkey_out)
{
	char shard[VS_AUDIT_SHARD_SIZE], origin[VS_AUDIT_NAME_SIZE];

	vs_audit_shard_text(name, shard);
	(void)snprintf(origin, sizeof(origin), "%s/audit/%s", log->options.name, shard);
	return vs_audit_vkey_make(origin, VS_AUDIT_SIGNER, key, vkey_out);
}

/* meta.json is what makes a folder a shard: written last. */
static vs_result
make_folder(const struct vs_audit_log *log, const struct vs_audit_shard_name *name,
            const struct vs_audit_meta *meta)
{
	char shard[VS_AUDIT_SHARD_SIZE], path[VS_PATH_SIZE], file[VS_PATH_SIZE];
	struct vs_buf text;
	vs_result r;

	vs_audit_shard_text(name, shard);
	VS_TRY(vs_path_join(log->options.dir, shard, path));
	VS_TRY(vs_folder_make(path));
	VS_TRY(vs_path_join(path, "meta.json", file));
	vs_buf_init(&text, VS_AUDIT_NOTE_SIZE);
	r = vs_audit_meta_print(meta, &text);
	if (r.code == VS_E_OK)
		r = vs_file_write(file, vs_buf_view(&text));
	vs_buf_done(&text);
	return r.code == VS_E_OK ? vs_folder_sync(path) : r;
}

static vs_result
note_begin(struct vs_audit_log *log, bool is_fork, const char *why, int64_t now_ns)
{
	struct vs_audit_checkpoint previous = {.size = 0};
	struct vs_audit_entry entry = {
	    .event = is_fork ? FORK : OPEN,
	    .severity = is_fork ? "crit" : "info",
	    .result = "ok",
	    .why = is_fork ? "accepted" : "",
	};

	entry.fields[entry.field_count++] = (struct vs_audit_field){"shard", log->shard.name, 0};
	if (log->meta.previous_checkpoint[0] != '\0' &&
	    vs_audit_checkpoint_parse(vs_bytes_from_text(log->meta.previous_checkpoint), &previous)
	            .code == VS_E_OK)
		entry.fields[entry.field_count++] =
		    (struct vs_audit_field){"previous_size", NULL, (int64_t)previous.size};
	if (log->meta.previous[0] != '\0')
		entry.fields[entry.field_count++] =
		    (struct vs_audit_field){"previous", log->meta.previous, 0};
	if (is_fork)
		entry.fields[entry.field_count++] = (struct vs_audit_field){"found", why, 0};
	return vs_audit_log_note(log, &entry, now_ns);
}

static vs_result
begin(struct vs_audit_log *log, const struct vs_audit_shard_name *name, const struct vs_pkey *key,
      bool is_fork, int64_t now_ns)
{
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	struct vs_audit_meta meta = {.is_fork = is_fork, .first_ms = now_ns / 1000000};
	char why[VS_AUDIT_REASON_SIZE];

	memcpy(why, log->reason, sizeof(why));
	memcpy(meta.previous, log->shard.name, sizeof(meta.previous));
	if (!vs_bytes_copy_text(vs_buf_view(&log->note), meta.previous_checkpoint,
	                        sizeof(meta.previous_checkpoint)))
		meta.previous_checkpoint[0] = '\0';
	VS_TRY(make_vkey(log, name, key, &meta.vkey));
	VS_TRY(make_folder(log, name, &meta));
	VS_TRY(vs_audit_log_load_shard(log, name));
	log->reason[0] = '\0';
	if (log->size == 0)
		VS_TRY(note_begin(log, is_fork, why, now_ns));
	VS_TRY(vs_audit_log_publish(log, now_ns));
	return keeper->keep(keeper->self, log->meta.vkey.public);
}

vs_result
vs_audit_log_begin(struct vs_audit_log *log, const struct vs_audit_shard_name *name,
                   struct vs_pkey *key, bool is_fork, int64_t now_ns)
{
	vs_result r = begin(log, name, key, is_fork, now_ns);

	vs_pkey_free(&key);
	if (r.code != VS_E_OK && log->state == VS_AUDIT_OK)
		return vs_audit_log_fail(log, r, "a new shard cannot be begun");
	return r;
}

static vs_result
close_shard(struct vs_audit_log *log, const struct vs_audit_shard_name *name,
            const struct vs_pkey *key, int64_t now_ns)
{
	char vkey_text[VS_AUDIT_VKEY_SIZE], shard[VS_AUDIT_SHARD_SIZE];
	struct vs_audit_vkey vkey;
	struct vs_audit_entry entry = {
	    .event = CLOSE,
	    .severity = "info",
	    .result = "ok",
	    .fields = {{"next", shard, 0}, {"next_vkey", vkey_text, 0}},
	    .field_count = 2,
	};

	VS_TRY(make_vkey(log, name, key, &vkey));
	vs_audit_vkey_text(&vkey, vkey_text);
	vs_audit_shard_text(name, shard);
	VS_TRY(vs_audit_log_note(log, &entry, now_ns));
	return vs_audit_log_publish(log, now_ns);
}

vs_result
vs_audit_log_roll(struct vs_audit_log *log, const struct vs_audit_shard_name *name, int64_t now_ns)
{
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	struct vs_audit_shard_name next = *name;
	struct vs_pkey *key = NULL;
	vs_result r;

	next.part = 1;
	VS_TRY(vs_audit_log_publish(log, now_ns));
	VS_TRY(keeper->make(keeper->self, &key));
	r = close_shard(log, &next, key, now_ns);
	if (r.code != VS_E_OK) {
		vs_pkey_free(&key);
		return r;
	}
	return vs_audit_log_begin(log, &next, key, false, now_ns);
}

/* Is the last entry a closing one? Then its next shard and key. */
static vs_result
read_close(struct vs_audit_log *log, bool *is_closed_out, struct vs_audit_shard_name *next_out,
           struct vs_audit_vkey *vkey_out)
{
	const struct vs_json_node *root, *object;
	char next[VS_AUDIT_SHARD_SIZE], vkey[VS_AUDIT_VKEY_SIZE];
	struct vs_json_tape tape;
	struct vs_bytes entry;
	uint64_t n;
	vs_result r;

	*is_closed_out = false;
	log->shard.size = log->published;
	VS_TRY(vs_audit_shard_entry(&log->shard, log->published - 1, &entry));
	vs_json_tape_init(&tape);
	r = vs_audit_entry_parse(entry, &tape, &n);
	root = vs_json_root(&tape);
	if (r.code == VS_E_OK && vs_json_is(&tape, vs_json_member(&tape, root, "ev"), CLOSE)) {
		*is_closed_out = true;
		object = vs_json_member(&tape, root, "obj");
		r = vs_json_copy_text(&tape, vs_json_member(&tape, object, "next"), next,
		                      sizeof(next));
		if (r.code == VS_E_OK)
			r = vs_json_copy_text(&tape, vs_json_member(&tape, object, "next_vkey"),
			                      vkey, sizeof(vkey));
		if (r.code == VS_E_OK)
			r = vs_audit_shard_parse(next, next_out);
		if (r.code == VS_E_OK)
			r = vs_audit_vkey_parse(vs_bytes_from_text(vkey), vkey_out);
	}
	vs_json_tape_done(&tape);
	return r;
}

vs_result
vs_audit_log_resume(struct vs_audit_log *log, int64_t now_ns)
{
	const struct vs_audit_keeper *keeper = &log->options.keeper;
	struct vs_audit_shard_name next;
	struct vs_audit_vkey vkey;
	struct vs_pkey *key = NULL;
	bool is_closed = false;

	/* Stopped between meta.json and the first entry. */
	if (log->size == 0) {
		VS_TRY(note_begin(log, log->meta.is_fork, "", now_ns));
		VS_TRY(vs_audit_log_publish(log, now_ns));
	}
	VS_TRY(read_close(log, &is_closed, &next, &vkey));
	if (!is_closed)
		return keeper->keep(keeper->self, log->meta.vkey.public);
	VS_TRY(keeper->find(keeper->self, vkey.public, &key));
	return vs_audit_log_begin(log, &next, key, false, now_ns);
}
