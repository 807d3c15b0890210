/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/log_inside.h"
#include "audit/wal.h"

vs_result
vs_audit_log_fail(struct vs_audit_log *log, vs_result why, const char *what)
{
	log->state = VS_AUDIT_FAILED;
	log->due_ns = INT64_MAX;
	(void)snprintf(log->reason, sizeof(log->reason), "%.150s: %s (%s)", log->shard.path, what,
	               vs_err_text(why.code));
	return why;
}

vs_result
vs_audit_log_fork(struct vs_audit_log *log, const char *what)
{
	log->state = VS_AUDIT_FORKED;
	log->due_ns = INT64_MAX;
	(void)snprintf(log->reason, sizeof(log->reason), "%.150s: %s", log->shard.path, what);
	return VS_FAIL(CONFLICT);
}

/* --- opening --------------------------------------------------------------------------------- */

static void
load(struct vs_audit_log *log, int64_t now_ns)
{
	vs_result r;

	log->state = VS_AUDIT_OK;
	log->reason[0] = '\0';
	log->retry_ns = now_ns + VS_AUDIT_PUBLISH_NS;
	r = vs_audit_log_load(log, now_ns);
	if (r.code != VS_E_OK && log->state == VS_AUDIT_OK)
		(void)vs_audit_log_fail(log, r, "it cannot be opened").code;
}

vs_result
vs_audit_log_new(const struct vs_audit_log_options *options, int64_t now_ns,
                 struct vs_audit_log **log_out)
{
	struct vs_audit_log *log = calloc(1, sizeof(*log));

	assert(options != NULL && log_out != NULL);
	if (log == NULL)
		return VS_FAIL(NO_MEMORY);
	log->options = *options;
	log->is_accepting = options->is_fork_accepted;
	log->wal_fd = -1;
	log->due_ns = INT64_MAX;
	vs_buf_init(&log->wal, VS_AUDIT_PENDING_SIZE);
	vs_buf_init(&log->pending, VS_AUDIT_PENDING_SIZE);
	vs_buf_init(&log->bundle, VS_AUDIT_BUNDLE_SIZE);
	vs_buf_init(&log->note, VS_AUDIT_NOTE_SIZE);
	load(log, now_ns);
	*log_out = log;
	return VS_OK;
}

void
vs_audit_log_free(struct vs_audit_log **log)
{
	assert(log != NULL);
	if (*log == NULL)
		return;
	vs_audit_log_unload(*log);
	vs_buf_done(&(*log)->wal);
	vs_buf_done(&(*log)->pending);
	vs_buf_done(&(*log)->bundle);
	vs_buf_done(&(*log)->note);
	free(*log);
	*log = NULL;
}

void
vs_audit_log_status(const struct vs_audit_log *log, struct vs_audit_log_status *status_out)
{
	struct vs_audit_log_status status = {
	    .state = log->state, .size = log->size, .published = log->published};

	(void)snprintf(status.shard, sizeof(status.shard), "%s", log->shard.name);
	(void)snprintf(status.reason, sizeof(status.reason), "%s", log->reason);
	if (log->meta.vkey.name[0] != '\0')
		vs_audit_vkey_text(&log->meta.vkey, status.vkey);
	*status_out = status;
}

int64_t
vs_audit_log_due_ns(const struct vs_audit_log *log)
{
	return log->due_ns;
}

/* --- appending ------------------------------------------------------------------------------- */

static vs_result
encode(struct vs_audit_log *log, const struct vs_bytes *lines, size_t count)
{
	struct vs_buf entry;
	vs_result r = VS_OK;

	vs_buf_init(&entry, VS_AUDIT_ENTRY_SIZE);
	vs_buf_reset(&log->wal);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++) {
		vs_buf_reset(&entry);
		r = vs_audit_entry_number(lines[i], log->size + i, &entry);
		if (r.code == VS_E_OK)
			r = vs_audit_wal_append(&log->wal, vs_buf_view(&entry));
		if (r.code == VS_E_OK)
			r = vs_audit_bundle_append(&log->pending, vs_buf_view(&entry));
	}
	vs_buf_done(&entry);
	return r;
}

static vs_result
write_wal(const struct vs_audit_log *log)
{
	size_t done = 0;

	while (done < log->wal.size) {
		ssize_t n = write(log->wal_fd, log->wal.data + done, log->wal.size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return VS_FAIL(IO);
		done += (size_t)n;
	}
	return fdatasync(log->wal_fd) == 0 ? VS_OK : VS_FAIL(IO);
}

/* Append without looking at the month. */
static vs_result
write_lines(struct vs_audit_log *log, const struct vs_bytes *lines, size_t count, int64_t now_ns,
            uint64_t *first_out)
{
	size_t pending = log->pending.size;
	vs_result r = encode(log, lines, count);

	if (r.code == VS_E_OK) {
		r = write_wal(log);
		/* What of it came to the disk must not stand before the next ones. */
		if (r.code != VS_E_OK && ftruncate(log->wal_fd, (off_t)log->wal_size) != 0)
			r = vs_audit_log_fail(log, r, "its write-ahead log cannot be written");
	}
	if (r.code != VS_E_OK) {
		log->pending.size = pending;
		return r;
	}
	log->wal_size += log->wal.size;
	if (log->due_ns == INT64_MAX)
		log->due_ns = now_ns + VS_AUDIT_PUBLISH_NS;
	*first_out = log->size;
	log->size += count;
	return VS_OK;
}

vs_result
vs_audit_log_note(struct vs_audit_log *log, const struct vs_audit_entry *entry, int64_t now_ns)
{
	struct vs_audit_entry own = *entry;
	struct vs_buf line;
	struct vs_bytes view;
	uint64_t n;
	vs_result r;

	own.at_ns = now_ns;
	own.node = log->options.node;
	own.actor_kind = "system";
	own.actor_id = "keyd";
	own.source = VS_AUDIT_LOCAL;
	own.count = 1;
	vs_buf_init(&line, VS_AUDIT_ENTRY_SIZE);
	r = vs_audit_entry_print(&own, &line);
	view = vs_buf_view(&line);
	if (r.code == VS_E_OK)
		r = write_lines(log, &view, 1, now_ns, &n);
	vs_buf_done(&line);
	return r;
}

/* After an error it is read anew, a fork waits for a person; a new month has a new shard. */
static vs_result
make_ready(struct vs_audit_log *log, int64_t now_ns)
{
	struct vs_audit_shard_name name;

	if (log->state == VS_AUDIT_FAILED && now_ns >= log->retry_ns) {
		vs_audit_log_unload(log);
		load(log, now_ns);
	}
	if (log->state != VS_AUDIT_OK)
		return log->state == VS_AUDIT_FORKED ? VS_FAIL(CONFLICT) : VS_FAIL(IO);
	vs_audit_shard_of(now_ns, &name);
	name.part = log->name.part; /* a month, not a part, makes it roll */
	return vs_audit_shard_compare(&name, &log->name) > 0 ? vs_audit_log_roll(log, &name, now_ns)
	                                                     : VS_OK;
}

vs_result
vs_audit_log_append(struct vs_audit_log *log, const struct vs_bytes *lines, size_t count,
                    int64_t now_ns, uint64_t *first_out)
{
	assert(log != NULL && lines != NULL && first_out != NULL);
	VS_TRY(make_ready(log, now_ns));
	VS_TRY(write_lines(log, lines, count, now_ns, first_out));
	if (log->pending.size >= VS_AUDIT_PENDING_HIGH)
		log->due_ns = now_ns;
	return VS_OK;
}
