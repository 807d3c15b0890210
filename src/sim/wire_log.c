/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/wire_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "framed/message.h"

#define LINE_MAX_SIZE 16384u

struct vs_sim_wire_log {
	FILE *file;
	const char *identity;
	bool shows_plain;
};

vs_result
vs_sim_wire_log_open(const char *path, const char *identity, bool shows_plain,
                     struct vs_sim_wire_log **log_out)
{
	struct vs_sim_wire_log *log = calloc(1, sizeof(*log));

	if (log == NULL)
		return VS_FAIL(NO_MEMORY);
	log->file = strcmp(path, "-") == 0 ? stdout : fopen(path, "ae");
	if (log->file == NULL) {
		free(log);
		return VS_FAIL(IO);
	}
	log->identity = identity;
	log->shows_plain = shows_plain;
	*log_out = log;
	return VS_OK;
}

void
vs_sim_wire_log_close(struct vs_sim_wire_log **log)
{
	if (*log == NULL)
		return;
	if ((*log)->file != stdout)
		(void)fclose((*log)->file);
	free(*log);
	*log = NULL;
}

static void
write_line(struct vs_sim_wire_log *log, bool is_sent, const char *what, struct vs_bytes text)
{
	char time[VS_TIME_TEXT_SIZE];
	struct vs_buf line;

	vs_buf_init(&line, LINE_MAX_SIZE);
	vs_time_format(vs_clock_wall_ms(), time);
	if (vs_buf_printf(&line, "%s %s %s %s", time, log->identity, is_sent ? "->" : "<-", what)
	            .code == VS_E_OK &&
	    vs_framed_mask(text, &line).code == VS_E_OK) {
		(void)fprintf(log->file, "%.*s\n", (int)line.size, (const char *)line.data);
		(void)fflush(log->file);
	}
	if (line.data != NULL)
		explicit_bzero(line.data, line.capacity);
	vs_buf_done(&line);
}

void
vs_sim_wire_log_data(struct vs_sim_wire_log *log, bool is_sent, struct vs_bytes data)
{
	if (log != NULL)
		write_line(log, is_sent, "", data);
}

void
vs_sim_wire_log_plain(struct vs_sim_wire_log *log, bool is_sent, struct vs_bytes plain)
{
	if (log != NULL && log->shows_plain)
		write_line(log, is_sent, "decrypted: ", plain);
}
