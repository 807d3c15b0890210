/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/key_gate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "core/behalf.h"

bool
vs_daemon_key_gate_is_first(const struct vs_keystore_audit *change,
                            enum vs_core_audit_event *event_out)
{
	static const struct {
		const char *event, *object;
		enum vs_core_audit_event entry;
		enum vs_core_audit_class class;
	} rows[] = {
#define VS_KEY_STEP(event, object, entry, class, why)                                              \
	{event, object, VS_AUDIT_##entry, VS_AUDIT_CLASS_##class},
#include "daemon/key_steps.def"
#undef VS_KEY_STEP
	};
	size_t i = 0;

	while (strncmp(change->event, rows[i].event, strlen(rows[i].event)) != 0 ||
	       strncmp(change->object, rows[i].object, strlen(rows[i].object)) != 0)
		i++;
	*event_out = rows[i].entry;
	return rows[i].class == VS_AUDIT_CLASS_S;
}

static void
add(struct vs_core_audit_entry *entry, const char *name, const char *text)
{
	if (text[0] != '\0')
		vs_core_audit_add_text(entry, name, vs_bytes_from_text(text), false);
}

/* Names of devices and numbers of keys: no secrets, nobody's names. */
static void
describe(const struct vs_keystore_audit *change, enum vs_core_audit_event event, uint64_t ticket,
         enum vs_core_audit_result result, struct vs_core_audit_entry *entry)
{
	vs_core_audit_init(entry, event, change->tenant);
	entry->result = result;
	entry->actor_kind = "keys";
	(void)snprintf(entry->actor_id, sizeof(entry->actor_id), "%s", change->actor);
	vs_core_behalf_fill(change->behalf, entry);
	(void)snprintf(entry->corr, sizeof(entry->corr), "%016" PRIx64, ticket);
	add(entry, "step", change->event);
	add(entry, "object", change->object);
	add(entry, "detail", change->detail);
}

static vs_result
before(void *self, const struct vs_keystore_audit *audits, size_t count, uint64_t *ticket_out)
{
	struct vs_daemon_key_gate *gate = self;
	struct vs_core_audit_entry *entries = calloc(count, sizeof(*entries));
	enum vs_core_audit_event event;
	size_t used = 0;
	vs_result r = VS_OK;

	if (entries == NULL)
		return VS_FAIL(NO_MEMORY);
	*ticket_out = vs_random_u64();
	for (size_t i = 0; i < count; i++) {
		if (vs_daemon_key_gate_is_first(&audits[i], &event))
			describe(&audits[i], event, *ticket_out, VS_AUDIT_RESULT_BEGIN,
			         &entries[used++]);
	}
	if (used > 0)
		r = vs_daemon_audit_write_now(gate->audit, entries, used);
	free(entries);
	return r;
}

/* How it went may follow when it can: that it was begun is on disk. */
static void
after(void *self, const struct vs_keystore_audit *audits, size_t count, uint64_t ticket,
      vs_result result)
{
	struct vs_daemon_key_gate *gate = self;
	const struct vs_port_audit port = vs_daemon_audit_port(gate->audit);
	struct vs_core_audit_entry entry;
	enum vs_core_audit_event event;

	for (size_t i = 0; i < count; i++) {
		if (!vs_daemon_key_gate_is_first(&audits[i], &event))
			continue;
		describe(&audits[i], event, ticket,
		         result.code == VS_E_OK ? VS_AUDIT_RESULT_OK : VS_AUDIT_RESULT_ERROR,
		         &entry);
		if (result.code != VS_E_OK)
			(void)snprintf(entry.why, sizeof(entry.why), "%s",
			               vs_err_name(result.code));
		(void)port.write(port.self, &entry, NULL, NULL).code;
	}
}

void
vs_daemon_key_gate_init(struct vs_daemon_key_gate *gate, struct vs_daemon_audit *audit)
{
	assert(gate != NULL && audit != NULL);
	*gate = (struct vs_daemon_key_gate){.port = {gate, before, after}, .audit = audit};
}
