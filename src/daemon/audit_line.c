/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_line.h"

#include <stdio.h>
#include <string.h>

#include "audit/entry.h"
#include "wire/base64.h"

#define PSEUDONYM_SIZE 16
#define TEXT_SIZE      (2 + VS_BASE64_TEXT_SIZE(PSEUDONYM_SIZE))

static void
pseudonym(const struct vs_port_seal *seal, const char *tenant, const char *value,
          char text_out[static TEXT_SIZE])
{
	char code[VS_BASE64_TEXT_SIZE(PSEUDONYM_SIZE)] = "";
	uint8_t index[PSEUDONYM_SIZE];

	if (seal->self != NULL &&
	    seal->blind(seal->self, tenant, "audit", vs_bytes_from_text(value), index).code ==
	        VS_E_OK)
		(void)vs_base64_encode(VS_BASE64, vs_bytes_from(index, sizeof(index)), code,
		                       sizeof(code));
	(void)snprintf(text_out, TEXT_SIZE, "h:%s", code);
}

/* Every entry says who: whoever showed nothing is unknown, and what nobody asked for the daemon
 * did. */
static const char *
actor_id_of(const struct vs_core_audit_entry *entry)
{
	if (entry->actor_id[0] != '\0')
		return entry->actor_id;
	return strcmp(entry->actor_kind, "system") == 0 ? "voltseald" : "unknown";
}

static bool
says_something(const struct vs_audit_field *field)
{
	return field->text == NULL || field->text[0] != '\0';
}

vs_result
vs_daemon_audit_line(const struct vs_core_audit_entry *entry, int64_t at_ns, uint64_t count,
                     const char *node, const struct vs_port_seal *seal, struct vs_buf *line)
{
	const struct vs_core_audit_event_row *row = vs_core_audit_event_row(entry->event);
	char persons[VS_CORE_AUDIT_FIELDS][TEXT_SIZE];
	struct vs_audit_entry out = {
	    .at_ns = at_ns,
	    .node = node,
	    .tenant = entry->tenant,
	    .actor_kind = entry->actor_kind,
	    .actor_id = actor_id_of(entry),
	    .source = entry->source[0] != '\0' ? entry->source : VS_AUDIT_LOCAL,
	    .event = row->word,
	    .severity = vs_core_audit_severity_text(row->severity),
	    .result = vs_core_audit_result_text(entry->result),
	    .why = entry->why,
	    .corr = entry->corr,
	    .count = count,
	};

	bool has_object = false;

	for (size_t i = 0; i < entry->field_count; i++) {
		const struct vs_core_audit_field *field = &entry->fields[i];
		const char *text = field->text;

		if (field->is_person && !field->is_number) {
			pseudonym(seal, entry->tenant, field->text, persons[i]);
			text = persons[i];
		}
		out.fields[out.field_count++] = (struct vs_audit_field){
		    field->name, field->is_number ? NULL : text, field->number};
		has_object = has_object || says_something(&out.fields[i]);
	}
	/* What is about nothing else is about this daemon. */
	if (!has_object)
		out.fields[out.field_count++] = (struct vs_audit_field){"node", node, 0};
	return vs_audit_entry_print(&out, line);
}
