/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written into the audit log, as whoever does it sees it: which event, who, to what, how it
 * ended. A class S event is written before it is done, with the result BEGIN, and once more when it
 * has ended. Values; no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/event.h"

enum vs_core_audit_event {
#define VS_AUDIT_EVENT(name, word, class, severity, help) VS_AUDIT_##name,
#include "core/audit_events.def"
#undef VS_AUDIT_EVENT
	VS_AUDIT_EVENTS /* must be last */
};

enum vs_core_audit_class { VS_AUDIT_CLASS_S, VS_AUDIT_CLASS_N };
enum vs_core_audit_severity {
	VS_AUDIT_SEVERITY_INFO,
	VS_AUDIT_SEVERITY_NOTICE,
	VS_AUDIT_SEVERITY_WARN,
	VS_AUDIT_SEVERITY_CRIT,
};
enum vs_core_audit_result {
	VS_AUDIT_RESULT_BEGIN,
	VS_AUDIT_RESULT_OK,
	VS_AUDIT_RESULT_DENY,
	VS_AUDIT_RESULT_ERROR,
	VS_AUDIT_RESULT_UNKNOWN, /* it was begun, and nobody was there to be told how it ended */
};

struct vs_core_audit_event_row {
	const char *word;
	enum vs_core_audit_class class;
	enum vs_core_audit_severity severity;
	const char *help;
};
const struct vs_core_audit_event_row *vs_core_audit_event_row(enum vs_core_audit_event event);
const char *vs_core_audit_severity_text(enum vs_core_audit_severity severity);
const char *vs_core_audit_result_text(enum vs_core_audit_result result);

#define VS_CORE_AUDIT_FIELDS    8
#define VS_CORE_AUDIT_TEXT_SIZE 97

struct vs_core_audit_field {
	const char *name; /* static */
	bool is_number;
	bool is_person; /* written as a pseudonym of the tenant */
	char text[VS_CORE_AUDIT_TEXT_SIZE];
	int64_t number;
};

struct vs_core_audit_entry {
	enum vs_core_audit_event event;
	enum vs_core_audit_result result;
	const char *actor_kind; /* static: "token", "session", "anonymous", "cp", "system" */
	char actor_id[VS_CORE_AUDIT_TEXT_SIZE];
	char tenant[VS_CORE_TENANT_SIZE];
	char source[VS_CORE_SOURCE_SIZE]; /* an address without its port; "" */
	char why[48];                     /* a stable word */
	char corr[40];
	struct vs_core_audit_field fields[VS_CORE_AUDIT_FIELDS];
	size_t field_count;
};

void vs_core_audit_init(struct vs_core_audit_entry *entry, enum vs_core_audit_event event,
                        const char *tenant);
/* Cut when they do not fit; one too many is left out. A name comes once. */
void vs_core_audit_add_text(struct vs_core_audit_entry *entry, const char *name,
                            struct vs_bytes text, bool is_person);
void vs_core_audit_add_number(struct vs_core_audit_entry *entry, const char *name, int64_t number);
/* "192.0.2.1:443" and "[2001:db8::1]:443" without the port. */
void vs_core_source_copy(const char *peer, char source_out[static VS_CORE_SOURCE_SIZE]);
void vs_core_audit_source(struct vs_core_audit_entry *entry, const char *peer);

struct vs_port_audit {
	void *self;
	/* Class S. Does not wait; any thread. done is called once, in a thread of the log: OK, it
	 * is on disk; AUDIT_UNAVAILABLE, it is not and will not be. NULL: nobody waits. BUSY,
	 * CLOSED: not taken. */
	vs_result (*write)(void *self, const struct vs_core_audit_entry *entry,
	                   void (*done)(void *arg, vs_result result), void *arg);
	/* Class N, and of S what was not permitted: counted for a second. Does not wait, any
	 * thread. */
	void (*note)(void *self, const struct vs_core_audit_entry *entry);
	/* What was written is below a signed checkpoint, so that it can be read and proved. Waits;
	 * not in the thread of a loop. May be NULL: within a second it is anyway. */
	vs_result (*publish)(void *self);
};
