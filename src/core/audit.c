/* SPDX-License-Identifier: Apache-2.0 */
#include "core/audit.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

static const struct vs_core_audit_event_row events[] = {
#define VS_AUDIT_EVENT(name, word, class, severity, help)                                          \
	{word, VS_AUDIT_CLASS_##class, VS_AUDIT_SEVERITY_##severity, help},
#include "core/audit_events.def"
#undef VS_AUDIT_EVENT
};

const struct vs_core_audit_event_row *
vs_core_audit_event_row(enum vs_core_audit_event event)
{
	assert(event < VS_AUDIT_EVENTS);
	return &events[event];
}

const char *
vs_core_audit_severity_text(enum vs_core_audit_severity severity)
{
	static const char *const texts[] = {"info", "notice", "warn", "crit"};

	return texts[severity];
}

const char *
vs_core_audit_result_text(enum vs_core_audit_result result)
{
	static const char *const texts[] = {"begin", "ok", "deny", "error", "unknown"};

	return texts[result];
}

void
vs_core_audit_init(struct vs_core_audit_entry *entry, enum vs_core_audit_event event,
                   const char *tenant)
{
	assert(entry != NULL && event < VS_AUDIT_EVENTS);
	memset(entry, 0, sizeof(*entry));
	entry->event = event;
	entry->actor_kind = "system";
	vs_text_copy(tenant, entry->tenant, sizeof(entry->tenant));
}

/* What is cut ends at a character: it goes out as JSON. */
static void
copy_whole(struct vs_bytes text, char *room, size_t size)
{
	size_t end = text.size < size - 1 ? text.size : size - 1;

	if (end < text.size)
		while (end > 0 && (text.data[end] & 0xc0) == 0x80)
			end--;
	(void)vs_bytes_copy_text(vs_bytes_from(text.data, end), room, size);
}

static struct vs_core_audit_field *
add(struct vs_core_audit_entry *entry, const char *name)
{
	struct vs_core_audit_field *field;

	for (size_t i = 0; i < entry->field_count; i++) {
		if (strcmp(entry->fields[i].name, name) == 0)
			return &entry->fields[i];
	}
	if (entry->field_count == VS_CORE_AUDIT_FIELDS)
		return NULL;
	field = &entry->fields[entry->field_count++];
	field->name = name;
	return field;
}

void
vs_core_audit_add_text(struct vs_core_audit_entry *entry, const char *name, struct vs_bytes text,
                       bool is_person)
{
	struct vs_core_audit_field *field = add(entry, name);

	if (field == NULL)
		return;
	field->is_person = is_person;
	field->is_number = false;
	copy_whole(text, field->text, sizeof(field->text));
}

void
vs_core_audit_add_number(struct vs_core_audit_entry *entry, const char *name, int64_t number)
{
	struct vs_core_audit_field *field = add(entry, name);

	if (field == NULL)
		return;
	field->is_number = true;
	field->number = number;
}

void
vs_core_source_copy(const char *peer, char source_out[static VS_CORE_SOURCE_SIZE])
{
	const char *begin = peer[0] == '[' ? peer + 1 : peer;
	const char *end = strchr(begin, peer[0] == '[' ? ']' : ':');

	(void)vs_bytes_copy_text(
	    vs_bytes_from(begin, end != NULL ? (size_t)(end - begin) : strlen(begin)), source_out,
	    VS_CORE_SOURCE_SIZE);
}

void
vs_core_audit_source(struct vs_core_audit_entry *entry, const char *peer)
{
	vs_core_source_copy(peer, entry->source);
}
