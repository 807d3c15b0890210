/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, for whoever watches now: dashboards, `voltseal events --follow`, a command's
 * waiter. At most once. */
#pragma once

#include <stdint.h>

#include "core/record.h"

enum vs_core_event_kind {
	VS_EVENT_CONNECTED,
	VS_EVENT_DISCONNECTED,
	VS_EVENT_REFUSED, /* a station was not let in; `type` says why in one stable word */
	VS_EVENT_BOOT,
	VS_EVENT_STATUS,
	VS_EVENT_TRANSACTION, /* Started, Updated, Ended, with power and energy */
	VS_EVENT_SECURITY,
	VS_EVENT_NOTICE, /* the other messages */
	VS_EVENT_COMMAND,
	VS_EVENT_KIND_COUNT
};
const char *
vs_core_event_kind_text(enum vs_core_event_kind kind); /* "connected", "transaction", ... */

const char *vs_core_severity_text(enum vs_core_severity severity); /* "info" .. "critical" */

/* The name of a security event as OCPP 2.0.1 has it (Appendices, 1), for a word of ours that means
 * the same (security_names.def); else the word. */
const char *vs_core_security_name(const char *word);

/* A value: copied when it is published. The texts are "" and the numbers VS_CORE_ABSENT where they
 * do not apply. */
struct vs_core_event {
	enum vs_core_event_kind kind;
	enum vs_core_severity severity;
	int64_t at_ms;
	char tenant[VS_CORE_TENANT_SIZE];
	char station[VS_CORE_IDENTITY_SIZE];
	char type[VS_CORE_NAME_SIZE]; /* status, event type, refusal reason, command state, tx event
	                                 type */
	char id[VS_CORE_UUID_SIZE];   /* transaction or command id */
	int64_t evse, connector, power_w, energy_wh, soc_percent;
	char charging_state[21];
	char detail[160]; /* one line for a person: peer, TLS, firmware; cut if longer */
	char source[VS_CORE_SOURCE_SIZE]; /* the address it came from, without its port */
	bool is_kept; /* it is in the store already, or whoever published it puts it there */
};
void vs_core_event_init(struct vs_core_event *event, enum vs_core_event_kind kind, int64_t at_ms);
/* What a committed record is to those who watch; false when it is nothing to them. The energy of a
 * transaction is left ABSENT: it is counted from the start (core/transaction.h). */
bool vs_core_event_from_record(const struct vs_core_record *record,
                               struct vs_core_event *event_out);
