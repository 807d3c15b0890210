/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that an operator writes: an entry on each line, tabs between its fields, '#' before a
 * comment. Whatever is wrong with one is CONFIG, and the reason says in which line.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/x509_info.h"

struct vs_daemon_tabbed {
	const char *what; /* "the trust file" */
	char *reason;
	size_t reason_size;
	vs_result (*take)(struct vs_daemon_tabbed *file, struct vs_bytes line);
	void *arg;
	size_t line; /* of the entry that is being read; the first is 1 */
};

/* Each entry to `take`, until it refuses one. size_max: of the file, in bytes. */
VS_RESULT vs_daemon_tabbed_read(struct vs_daemon_tabbed *file, const char *path, size_t size_max);
/* CONFIG, and why. */
VS_RESULT vs_daemon_tabbed_refuse(const struct vs_daemon_tabbed *file, const char *why);
/* The field up to the next tab; the rest moves on behind it. */
struct vs_bytes vs_daemon_tabbed_next(struct vs_bytes *rest);
/* The certificate of a CA in this PEM file, and what it says; free it. */
VS_RESULT vs_daemon_tabbed_ca(const struct vs_daemon_tabbed *file, const char *path,
                              struct vs_x509_cert **ca_out, struct vs_x509_info *info_out);
