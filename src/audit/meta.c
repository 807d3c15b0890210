/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/meta.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wire/json.h"

#define PART_MAX 999

vs_result
vs_audit_meta_print(const struct vs_audit_meta *meta, struct vs_buf *text)
{
	char vkey[VS_AUDIT_VKEY_SIZE];
	struct vs_json_writer writer;

	vs_audit_vkey_text(&meta->vkey, vkey);
	vs_json_write_begin(&writer, text);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "format");
	vs_json_write_int(&writer, 1);
	vs_json_write_key(&writer, "fork");
	vs_json_write_bool(&writer, meta->is_fork);
	vs_json_write_key(&writer, "first_ts");
	vs_json_write_time(&writer, meta->first_ms);
	vs_json_write_key(&writer, "origin");
	vs_json_write_text(&writer, meta->vkey.name);
	vs_json_write_key(&writer, "previous");
	vs_json_write_text(&writer, meta->previous);
	vs_json_write_key(&writer, "previous_checkpoint");
	vs_json_write_text(&writer, meta->previous_checkpoint);
	vs_json_write_key(&writer, "vkey");
	vs_json_write_text(&writer, vkey);
	vs_json_write_object_end(&writer);
	VS_TRY(vs_json_write_end(&writer));
	return vs_buf_append_byte(text, '\n');
}

static vs_result
read_members(const struct vs_json_tape *tape, struct vs_audit_meta *meta)
{
	const struct vs_json_node *root = vs_json_root(tape);
	char vkey[VS_AUDIT_VKEY_SIZE], origin[VS_AUDIT_NAME_SIZE];
	struct vs_audit_shard_name unused;
	int64_t format;

	VS_TRY(vs_json_int(tape, vs_json_member(tape, root, "format"), &format));
	VS_TRY(vs_json_bool(vs_json_member(tape, root, "fork"), &meta->is_fork));
	VS_TRY(vs_json_time(tape, vs_json_member(tape, root, "first_ts"), &meta->first_ms));
	VS_TRY(
	    vs_json_copy_text(tape, vs_json_member(tape, root, "origin"), origin, sizeof(origin)));
	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, root, "previous"), meta->previous,
	                         sizeof(meta->previous)));
	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, root, "previous_checkpoint"),
	                         meta->previous_checkpoint, sizeof(meta->previous_checkpoint)));
	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, root, "vkey"), vkey, sizeof(vkey)));
	VS_TRY(vs_audit_vkey_parse(vs_bytes_from_text(vkey), &meta->vkey));
	if (meta->previous[0] != '\0')
		VS_TRY(vs_audit_shard_parse(meta->previous, &unused));
	return format == 1 && strcmp(origin, meta->vkey.name) == 0 ? VS_OK : VS_FAIL(BAD_VALUE);
}

vs_result
vs_audit_meta_parse(struct vs_bytes text, struct vs_audit_meta *meta_out)
{
	struct vs_audit_meta meta;
	struct vs_json_tape tape;
	vs_result r;

	assert(meta_out != NULL);
	memset(&meta, 0, sizeof(meta));
	vs_json_tape_init(&tape);
	r = vs_json_parse(text, &tape);
	if (r.code == VS_E_OK)
		r = read_members(&tape, &meta);
	vs_json_tape_done(&tape);
	if (r.code != VS_E_OK)
		return r.code == VS_E_NO_MEMORY ? r : VS_FAIL(CONFIG);
	*meta_out = meta;
	return VS_OK;
}

/* --- names ----------------------------------------------------------------------------------- */

void
vs_audit_shard_of(int64_t at_ns, struct vs_audit_shard_name *name_out)
{
	char text[VS_TIME_TEXT_SIZE];

	vs_time_format(at_ns / 1000000, text);
	name_out->year = (unsigned)((text[0] - '0') * 1000 + (text[1] - '0') * 100 +
	                            (text[2] - '0') * 10 + (text[3] - '0'));
	name_out->month = (unsigned)((text[5] - '0') * 10 + (text[6] - '0'));
	name_out->part = 1;
}

void
vs_audit_shard_text(const struct vs_audit_shard_name *name,
                    char text_out[static VS_AUDIT_SHARD_SIZE])
{
	int at = snprintf(text_out, VS_AUDIT_SHARD_SIZE, "%04u-%02u", name->year % 10000,
	                  name->month % 100);

	if (name->part > 1)
		(void)snprintf(text_out + at, VS_AUDIT_SHARD_SIZE - (size_t)at, ".%u",
		               name->part % (PART_MAX + 1));
}

static bool
take_digits(const char **text, unsigned count_max, unsigned *number_out)
{
	unsigned number = 0, count = 0;

	for (; count < count_max && **text >= '0' && **text <= '9'; count++, (*text)++)
		number = 10 * number + (unsigned)(**text - '0');
	*number_out = number;
	return count > 0;
}

vs_result
vs_audit_shard_parse(const char *text, struct vs_audit_shard_name *name_out)
{
	struct vs_audit_shard_name name = {.part = 1};
	char again[VS_AUDIT_SHARD_SIZE];
	const char *rest = text;

	if (!take_digits(&rest, 4, &name.year) || *rest++ != '-' ||
	    !take_digits(&rest, 2, &name.month) || name.month < 1 || name.month > 12)
		return VS_FAIL(BAD_VALUE);
	if (*rest == '.') {
		rest++;
		if (!take_digits(&rest, 3, &name.part))
			return VS_FAIL(BAD_VALUE);
	}
	vs_audit_shard_text(&name, again);
	if (strcmp(again, text) != 0)
		return VS_FAIL(BAD_VALUE);
	*name_out = name;
	return VS_OK;
}

int
vs_audit_shard_compare(const struct vs_audit_shard_name *a, const struct vs_audit_shard_name *b)
{
	unsigned months_a = 12 * a->year + a->month, months_b = 12 * b->year + b->month;

	if (months_a != months_b)
		return months_a < months_b ? -1 : 1;
	return a->part == b->part ? 0 : a->part < b->part ? -1 : 1;
}
