/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/seen.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/metric.h"
#include "store/restore.h"

#define FILE_SIZE_MAX 64
#define LOOKS         5u

void
vs_daemon_seen_init(struct vs_daemon_seen *seen, const char *state_dir)
{
	int size;

	assert(seen != NULL);
	*seen = (struct vs_daemon_seen){.count = -1};
	if (state_dir == NULL)
		return;
	size = snprintf(seen->path, sizeof(seen->path), "%s/" VS_DAEMON_SEEN_FILE, state_dir);
	if (size < 0 || (size_t)size >= sizeof(seen->path))
		seen->path[0] = '\0';
}

/* One that cannot be read is none. */
static int64_t
read_file(const char *path)
{
	struct vs_buf text;
	long long count = 0;

	vs_buf_init(&text, FILE_SIZE_MAX);
	if (vs_file_read(path, &text).code == VS_E_OK && text.size > 1 &&
	    text.data[text.size - 1] == '\n') {
		text.data[text.size - 1] = '\0';
		count = strtoll((const char *)text.data, NULL, 10);
	}
	vs_buf_done(&text);
	return (int64_t)count;
}

static vs_result
read_store(struct vs_store_db *db, void *arg)
{
	return vs_store_restore_readings(db, arg);
}

vs_result
vs_daemon_seen_check(struct vs_daemon_seen *seen, struct vs_store *store, bool *is_older_out)
{
	int64_t count = 0;

	assert(seen != NULL && store != NULL && is_older_out != NULL);
	VS_TRY(vs_store_do(store, read_store, &count));
	*is_older_out = seen->path[0] != '\0' && count < read_file(seen->path);
	return VS_OK;
}

vs_result
vs_daemon_seen_follow(struct vs_daemon_seen *seen, struct vs_store *store)
{
	int64_t metric = vs_metric_read(VS_METRIC_sensor_readings_total), count = 0;
	char text[FILE_SIZE_MAX];

	assert(seen != NULL && store != NULL);
	if (seen->count < 0 || metric != seen->metric)
		seen->looks = LOOKS;
	seen->metric = metric;
	if (seen->path[0] == '\0' || seen->looks == 0)
		return VS_OK;
	seen->looks--;
	VS_TRY(vs_store_do(store, read_store, &count));
	if (count == seen->count)
		return VS_OK;
	(void)snprintf(text, sizeof(text), "%" PRId64 "\n", count);
	VS_TRY(vs_file_write_unsynced(seen->path, vs_bytes_from_text(text)));
	seen->count = count;
	return VS_OK;
}
