/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the keystore is about to change stands in the audit log first (key_steps.def); when it
 * cannot, nothing is changed. Any thread.
 */
#pragma once

#include "daemon/audit.h"
#include "keys/keystore.h"

struct vs_daemon_key_gate {
	struct vs_keystore_gate port;
	struct vs_daemon_audit *audit;
};

void vs_daemon_key_gate_init(struct vs_daemon_key_gate *gate, struct vs_daemon_audit *audit);
/* Must the log have it first, and as what? */
bool vs_daemon_key_gate_is_first(const struct vs_keystore_audit *change,
                                 enum vs_core_audit_event *event_out);
