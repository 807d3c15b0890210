/* SPDX-License-Identifier: Apache-2.0 */
#include "core/audit.h"

#include "test.h"

static void
table(void)
{
	for (int i = 0; i < VS_AUDIT_EVENTS; i++) {
		const struct vs_core_audit_event_row *row =
		    vs_core_audit_event_row((enum vs_core_audit_event)i);

		CHECK(strchr(row->word, '.') != NULL && row->help[0] != '\0');
		for (int j = 0; j < i; j++)
			CHECK(strcmp(row->word,
			             vs_core_audit_event_row((enum vs_core_audit_event)j)->word) !=
			      0);
	}
	CHECK(strcmp(vs_core_audit_severity_text(VS_AUDIT_SEVERITY_CRIT), "crit") == 0);
	CHECK(strcmp(vs_core_audit_result_text(VS_AUDIT_RESULT_UNKNOWN), "unknown") == 0);
	CHECK(vs_core_audit_event_row(VS_AUDIT_KEY_ERASE)->class == VS_AUDIT_CLASS_S);
}

static void
fields(void)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
	struct vs_core_audit_entry entry;
	char text[200];

	vs_core_audit_init(&entry, VS_AUDIT_TOKEN_PUT, "default");
	CHECK(strcmp(entry.tenant, "default") == 0 && strcmp(entry.actor_kind, "system") == 0);
	memset(text, 'a', sizeof(text));
	memcpy(text + 95, "\xc3\xa4", 2); /* the place of the cut is within it */
	vs_core_audit_add_text(&entry, "a", vs_bytes_from(text, sizeof(text)), true);
	CHECK(strlen(entry.fields[0].text) == 95 && entry.fields[0].is_person);
	vs_core_audit_add_number(&entry, "a", 7);
	CHECK(entry.field_count == 1 && entry.fields[0].is_number && entry.fields[0].number == 7);
	for (size_t i = 0; i < 9; i++)
		vs_core_audit_add_number(&entry, names[i], 1);
	CHECK(entry.field_count == VS_CORE_AUDIT_FIELDS);
}

static void
sources(void)
{
	struct vs_core_audit_entry entry;

	vs_core_audit_init(&entry, VS_AUDIT_TOKEN_PUT, "default");
	vs_core_audit_source(&entry, "192.0.2.1:443");
	CHECK(strcmp(entry.source, "192.0.2.1") == 0);
	vs_core_audit_source(&entry, "[2001:db8::1]:443");
	CHECK(strcmp(entry.source, "2001:db8::1") == 0);
	vs_core_audit_source(&entry, "");
	CHECK(entry.source[0] == '\0');
}

int
main(void)
{
	CASE(table);
	CASE(fields);
	CASE(sources);
	return 0;
}
