/* SPDX-License-Identifier: Apache-2.0 */
/* Entries that somebody waits for who may hold what the log's thread needs: sent by whoever waits.
 */
#include <assert.h>
#include <time.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "base/metric.h"
#include "daemon/audit_inside.h"
#include "daemon/audit_line.h"

#define BATCH 32 /* lines in one request at most */

static vs_result
line_make(const struct vs_daemon_audit *audit, const struct vs_core_audit_entry *entry,
          struct vs_buf *text)
{
	const struct vs_port_seal nobody = {.self = NULL};
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return vs_daemon_audit_line(entry, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, 1,
	                            audit->node, &nobody, text);
}

/* As many as fit; how many is in *done. */
static vs_result
send_some(struct vs_daemon_audit *audit, const struct vs_core_audit_entry *entries, size_t count,
          size_t *done)
{
	size_t offsets[BATCH + 1] = {0}, used = 0;
	char shard[VS_AUDIT_SHARD_SIZE];
	struct vs_bytes lines[BATCH];
	struct vs_buf text;
	uint64_t first;
	vs_result r = VS_OK;

	vs_buf_init(&text, VS_KEYS_AUDIT_SIZE + VS_AUDIT_ENTRY_SIZE);
	while (used < BATCH && used < count && r.code == VS_E_OK) {
		r = line_make(audit, &entries[used], &text);
		if (text.size + 2 * (used + 1) > VS_KEYS_AUDIT_SIZE)
			break;
		offsets[++used] = text.size;
	}
	for (size_t i = 0; i < used; i++)
		lines[i] = vs_bytes_from(text.data + offsets[i], offsets[i + 1] - offsets[i]);
	if (r.code == VS_E_OK)
		r = vs_keys_client_audit_append(audit->client, lines, used, shard, &first);
	if (r.code == VS_E_OK)
		vs_daemon_audit_tell_tap(audit, lines, used);
	vs_buf_done(&text);
	*done += used;
	return r;
}

vs_result
vs_daemon_audit_write_now(struct vs_daemon_audit *audit, const struct vs_core_audit_entry *entries,
                          size_t count)
{
	size_t done = 0;
	vs_result r = VS_OK;

	assert(audit != NULL && (entries != NULL || count == 0));
	while (done < count && r.code == VS_E_OK)
		r = send_some(audit, entries + done, count - done, &done);
	vs_metric_add(r.code == VS_E_OK ? VS_METRIC_audit_entries_total
	                                : VS_METRIC_audit_refused_total,
	              (int64_t)count);
	return r.code == VS_E_OK ? r : VS_FAIL(AUDIT_UNAVAILABLE);
}
