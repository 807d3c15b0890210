/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in memory, and a folder of its own for a log. */
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/log.h"
#include "base/random.h"
#include "test.h"

#define KEEPER_KEYS 16

struct keeper {
	char dir[VS_PATH_SIZE];
	uint8_t seeds[KEEPER_KEYS][32];
	bool has[KEEPER_KEYS];
	size_t made;
	struct vs_buf note;
	bool is_remembering;
};

static inline bool
keeper_is(const struct keeper *keeper, size_t i, const uint8_t *public, struct vs_pkey **key_out)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size;

	if (!keeper->has[i])
		return false;
	CHECK_OK(vs_pkey_read_raw_private(VS_PKEY_ED25519, vs_bytes_from(keeper->seeds[i], 32),
	                                  key_out));
	CHECK_OK(vs_pkey_raw_public(*key_out, raw, &size));
	if (public == NULL || vs_bytes_equal(vs_bytes_from(raw, 32), vs_bytes_from(public, 32)))
		return true;
	vs_pkey_free(key_out);
	return false;
}

static inline vs_result
keeper_find(void *self, const uint8_t public[static 32], struct vs_pkey **key_out)
{
	for (size_t i = 0; i < KEEPER_KEYS; i++) {
		if (keeper_is(self, i, public, key_out))
			return VS_OK;
	}
	return VS_FAIL(NOT_FOUND);
}

static inline vs_result
keeper_make(void *self, struct vs_pkey **key_out)
{
	struct keeper *keeper = self;
	size_t i = keeper->made++;

	CHECK(i < KEEPER_KEYS);
	vs_random_bytes(keeper->seeds[i], 32);
	keeper->has[i] = true;
	CHECK(keeper_is(keeper, i, NULL, key_out));
	return VS_OK;
}

static inline vs_result
keeper_keep(void *self, const uint8_t public[static 32])
{
	struct keeper *keeper = self;

	for (size_t i = 0; i < KEEPER_KEYS; i++) {
		struct vs_pkey *key = NULL;

		keeper->has[i] = keeper_is(keeper, i, public, &key);
		vs_pkey_free(&key);
	}
	return VS_OK;
}

static inline vs_result
keeper_remember(void *self, struct vs_bytes note)
{
	struct keeper *keeper = self;

	if (!keeper->is_remembering)
		return VS_OK;
	vs_buf_reset(&keeper->note);
	return vs_buf_append_bytes(&keeper->note, note);
}

static inline vs_result
keeper_recall(void *self, struct vs_buf *note)
{
	struct keeper *keeper = self;

	return keeper->note.size == 0 ? VS_FAIL(NOT_FOUND)
	                              : vs_buf_append_bytes(note, vs_buf_view(&keeper->note));
}

/* A line of the shell; its status. */
static inline int
keeper_shell(const char *line)
{
	char shell[] = "/bin/sh", flag[] = "-c", text[1024];
	char *const argv[] = {shell, flag, text, NULL};
	int status = -1;
	pid_t pid;

	(void)snprintf(text, sizeof(text), "%s", line);
	CHECK(posix_spawn(&pid, shell, NULL, NULL, argv, environ) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

static inline void
keeper_init(struct keeper *keeper)
{
	memset(keeper, 0, sizeof(*keeper));
	(void)snprintf(keeper->dir, sizeof(keeper->dir), "/tmp/vs-audit-XXXXXX");
	CHECK(mkdtemp(keeper->dir) != NULL);
	vs_buf_init(&keeper->note, 65536);
	keeper->is_remembering = true;
}

static inline void
keeper_done(struct keeper *keeper)
{
	char command[VS_PATH_SIZE + 16];

	vs_buf_done(&keeper->note);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", keeper->dir);
	CHECK(keeper_shell(command) == 0);
}

static inline struct vs_audit_log *
keeper_open(struct keeper *keeper, int64_t now_ns, bool is_fork_accepted)
{
	struct vs_audit_log_options options = {
	    .name = "test.example",
	    .node = "n1",
	    .keeper = {keeper, keeper_find, keeper_make, keeper_keep, keeper_remember,
	               keeper_recall},
	    .is_fork_accepted = is_fork_accepted,
	};
	struct vs_audit_log *log = NULL;

	CHECK_OK(vs_path_join(keeper->dir, "log", options.dir));
	CHECK_OK(vs_audit_log_new(&options, now_ns, &log));
	return log;
}

static inline struct vs_audit_log_status
keeper_status(const struct vs_audit_log *log)
{
	struct vs_audit_log_status status;

	vs_audit_log_status(log, &status);
	return status;
}

/* `count` entries that differ. */
static inline vs_result
keeper_append(struct vs_audit_log *log, size_t count, int64_t now_ns)
{
	struct vs_bytes lines[256];
	struct vs_buf text[256];
	uint64_t first;
	vs_result r;

	CHECK(count <= 256);
	for (size_t i = 0; i < count; i++) {
		struct vs_audit_entry entry = {.at_ns = now_ns,
		                               .node = "n1",
		                               .event = "test.entry",
		                               .severity = "info",
		                               .result = "ok",
		                               .count = 1,
		                               .fields = {{"i", NULL, (int64_t)i}},
		                               .field_count = 1};

		vs_buf_init(&text[i], VS_AUDIT_ENTRY_SIZE);
		CHECK_OK(vs_audit_entry_print(&entry, &text[i]));
		lines[i] = vs_buf_view(&text[i]);
	}
	r = vs_audit_log_append(log, lines, count, now_ns, &first);
	for (size_t i = 0; i < count; i++)
		vs_buf_done(&text[i]);
	return r;
}
