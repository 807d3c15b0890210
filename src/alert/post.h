/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The post: a thread and a queue for each receiver, so that none waits for another. What is handed
 * in is taken at once or lost at once (counted); no caller ever waits for a receiver.
 */
#pragma once

#include "alert/config.h"
#include "core/ports.h"

struct vs_alert_post;

struct vs_alert_post_options {
	const struct vs_alert_config *config; /* borrowed for its life */
	const char
	    *dead_file; /* letters that were given up, JSON lines; at 1 MiB it becomes .old */
};

/* CONFIG: a secret or key cannot be used; reason says which. */
VS_RESULT vs_alert_post_new(const struct vs_alert_post_options *options, char *reason,
                            size_t reason_size, struct vs_alert_post **post_out);
/* What waits is tried no more, and said in the log. */
void vs_alert_post_free(struct vs_alert_post **post);

/* Any thread. */
void vs_alert_post_event(struct vs_alert_post *post, const struct vs_alert_rule *rule,
                         const struct vs_core_event *event, uint32_t count);
/* An entry of the audit log as it was written; nothing when the file names no target for it. */
void vs_alert_post_audit(struct vs_alert_post *post, struct vs_bytes line);
/* False: there are not so many targets. */
bool vs_alert_post_status(struct vs_alert_post *post, size_t index,
                          struct vs_core_alert_row *row_out);
