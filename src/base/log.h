/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one event, one line, the subject (station, connection, listener) first.
 *
 * Text on a terminal, journald where stderr is its own (sd_journal fields), JSON otherwise or when
 * asked. Fields are typed; there is no type for a
 * secret, so a secret cannot be logged. Library folders do not log: the layer that handles an error
 * logs it, once. Values are escaped: a peer can never write a line of its own into the log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum vs_log_level { VS_LOG_DEBUG, VS_LOG_INFO, VS_LOG_WARN, VS_LOG_ERROR };
enum vs_log_format { VS_LOG_AUTO, VS_LOG_TEXT, VS_LOG_JSON, VS_LOG_JOURNAL };

struct vs_log_field {
	const char *name; /* snake_case */
	enum { VS_LOG_TYPE_TEXT, VS_LOG_TYPE_INT, VS_LOG_TYPE_ERR } type;
	struct vs_bytes text;
	int64_t number; /* also the enum vs_err for VS_LOG_TYPE_ERR */
};

#define VS_LOG_BYTES(field, view) ((struct vs_log_field){field, VS_LOG_TYPE_TEXT, view, 0})
#define VS_LOG_STR(field, cstr)                                                                    \
	((struct vs_log_field){field, VS_LOG_TYPE_TEXT, vs_bytes_from_text(cstr), 0})
#define VS_LOG_NUM(field, value)                                                                   \
	((struct vs_log_field){field, VS_LOG_TYPE_INT, {NULL, 0}, (int64_t)(value)})
#define VS_LOG_ERR(result)                                                                         \
	((struct vs_log_field){"error", VS_LOG_TYPE_ERR, {NULL, 0}, (int64_t)(result).code})

/* Where journald listens, before the first vs_log_configure; preset /run/systemd/journal/socket.
 * False: it is too long for an address of a socket. */
bool vs_log_set_journal(const char *path);
/* From now on text on fd in its place: for a process that is about to close what it does not know.
 */
void vs_log_leave_journal(void);
/* fd is for good, before there are threads; level and format may change at any time. AUTO is the
 * journal when $JOURNAL_STREAM names fd. What the journal does not take goes to fd as text. */
void vs_log_configure(enum vs_log_level minimum, enum vs_log_format format, int fd);
bool vs_log_enabled(enum vs_log_level level);
void vs_log_write(enum vs_log_level level, const char *event, struct vs_bytes subject,
                  const struct vs_log_field *fields, size_t field_count);

/* VS_LOG(INFO, "station.connected", subject, VS_LOG_STR("tls", "TLSv1.3")); */
#define VS_LOG(level, event, subject, ...)                                                         \
	do {                                                                                       \
		if (vs_log_enabled(VS_LOG_##level)) {                                              \
			const struct vs_log_field fields_[] = {VS_LOG_NUM("", 0), ##__VA_ARGS__};  \
			vs_log_write(VS_LOG_##level, event, subject, fields_ + 1,                  \
			             sizeof(fields_) / sizeof(fields_[0]) - 1);                    \
		}                                                                                  \
	} while (0)
