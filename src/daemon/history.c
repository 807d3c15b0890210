/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "wire/json.h"

#define LINE_SIZE_MAX 1024

struct vs_daemon_history {
	int fd;
	char node[64];
	struct vs_buf line;
};

vs_result
vs_daemon_history_open(const char *path, const char *node, struct vs_daemon_history **history_out)
{
	struct vs_daemon_history *history = calloc(1, sizeof(*history));

	if (history == NULL)
		return VS_FAIL(NO_MEMORY);
	history->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (history->fd < 0) {
		free(history);
		return VS_FAIL(IO);
	}
	(void)snprintf(history->node, sizeof(history->node), "%s", node);
	vs_buf_init(&history->line, LINE_SIZE_MAX);
	*history_out = history;
	return VS_OK;
}

void
vs_daemon_history_close(struct vs_daemon_history **history)
{
	if (history == NULL || *history == NULL)
		return;
	(void)close((*history)->fd);
	vs_buf_done(&(*history)->line);
	free(*history);
	*history = NULL;
}

void
vs_daemon_history_write(struct vs_daemon_history *history,
                        const struct vs_daemon_history_line *line)
{
	struct vs_json_writer json;
	struct timespec now;
	char name[128];

	if (history == NULL)
		return;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(name, sizeof(name), "%s/%s", line->tenant, line->station);
	vs_buf_reset(&history->line);
	vs_json_write_begin(&json, &history->line);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "at_ms");
	vs_json_write_double(&json, (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6 -
	                                (double)line->ago_ms);
	vs_json_write_key(&json, "what");
	vs_json_write_text(&json, line->what);
	vs_json_write_key(&json, "node");
	vs_json_write_text(&json, history->node);
	vs_json_write_key(&json, "station");
	vs_json_write_text(&json, name);
	vs_json_write_key(&json, "epoch");
	vs_json_write_int(&json, (int64_t)line->epoch);
	vs_json_write_object_end(&json);
	if (vs_json_write_end(&json).code != VS_E_OK ||
	    vs_buf_append_byte(&history->line, '\n').code != VS_E_OK ||
	    write(history->fd, history->line.data, history->line.size) !=
	        (ssize_t)history->line.size)
		VS_LOG(ERROR, "history.not_written", vs_bytes_from_text(name),
		       VS_LOG_STR("what", line->what));
}
