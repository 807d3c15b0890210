/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/entry.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define NUMBER_SIZE 25 /* ,"n":18446744073709551615 */
#define NODES       96 /* 14 members, two containers, obj's members */

static const char *
text_of(const char *text)
{
	return text != NULL ? text : "";
}

static void
time_text(int64_t at_ns, char text_out[static VS_AUDIT_TIME_SIZE])
{
	char text[VS_TIME_TEXT_SIZE];
	int64_t ns = at_ns < 0 ? 0 : at_ns;

	vs_time_format(ns / 1000000, text);
	(void)snprintf(text_out, VS_AUDIT_TIME_SIZE, "%.19s.%09dZ", text, (int)(ns % 1000000000));
}

/* --- writing --------------------------------------------------------------------------------- */

static vs_result
sort_fields(const struct vs_audit_entry *entry, const struct vs_audit_field **sorted)
{
	for (size_t i = 0; i < entry->field_count; i++) {
		const struct vs_audit_field *field = &entry->fields[i];
		size_t at = i;

		for (; at > 0 && strcmp(sorted[at - 1]->name, field->name) >= 0; at--) {
			if (strcmp(sorted[at - 1]->name, field->name) == 0)
				return VS_FAIL(BAD_VALUE);
			sorted[at] = sorted[at - 1];
		}
		sorted[at] = field;
	}
	return VS_OK;
}

static void
print_member(struct vs_json_writer *writer, const char *name, const char *text)
{
	vs_json_write_key(writer, name);
	vs_json_write_text(writer, text_of(text));
}

static void
print_fields(struct vs_json_writer *writer, const struct vs_audit_field **fields, size_t count)
{
	vs_json_write_key(writer, "obj");
	vs_json_write_object(writer);
	for (size_t i = 0; i < count; i++) {
		if (fields[i]->text != NULL) {
			print_member(writer, fields[i]->name, fields[i]->text);
			continue;
		}
		vs_json_write_key(writer, fields[i]->name);
		vs_json_write_int(writer, fields[i]->number);
	}
	vs_json_write_object_end(writer);
}

vs_result
vs_audit_entry_print(const struct vs_audit_entry *entry, struct vs_buf *line)
{
	const struct vs_audit_field *fields[VS_AUDIT_FIELDS];
	char at[VS_AUDIT_TIME_SIZE];
	struct vs_json_writer writer;
	size_t start = line->size;

	assert(entry != NULL && entry->field_count <= VS_AUDIT_FIELDS);
	VS_TRY(sort_fields(entry, fields));
	time_text(entry->at_ns, at);
	vs_json_write_begin(&writer, line);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "actor");
	vs_json_write_object(&writer);
	print_member(&writer, "id", entry->actor_id);
	print_member(&writer, "k", entry->actor_kind);
	vs_json_write_object_end(&writer);
	vs_json_write_key(&writer, "cnt");
	vs_json_write_int(&writer, entry->count > INT64_MAX ? INT64_MAX : (int64_t)entry->count);
	print_member(&writer, "corr", entry->corr);
	print_member(&writer, "ev", entry->event);
	print_member(&writer, "node", entry->node);
	print_fields(&writer, fields, entry->field_count);
	print_member(&writer, "res", entry->result);
	print_member(&writer, "sev", entry->severity);
	print_member(&writer, "src", entry->source);
	print_member(&writer, "tenant", entry->tenant);
	print_member(&writer, "ts", at);
	vs_json_write_key(&writer, "v");
	vs_json_write_int(&writer, 1);
	print_member(&writer, "why", entry->why);
	vs_json_write_object_end(&writer);
	VS_TRY(vs_json_write_end(&writer));
	if (line->size - start > VS_AUDIT_ENTRY_SIZE - NUMBER_SIZE) {
		line->size = start;
		return VS_FAIL(TOO_LONG);
	}
	return VS_OK;
}

/* --- reading --------------------------------------------------------------------------------- */

struct member {
	const char *name;
	enum vs_json_type type;
};

static const struct member members[] = {
    {"actor", VS_JSON_OBJECT}, {"cnt", VS_JSON_NUMBER},    {"corr", VS_JSON_STRING},
    {"ev", VS_JSON_STRING},    {"n", VS_JSON_NUMBER},      {"node", VS_JSON_STRING},
    {"obj", VS_JSON_OBJECT},   {"res", VS_JSON_STRING},    {"sev", VS_JSON_STRING},
    {"src", VS_JSON_STRING},   {"tenant", VS_JSON_STRING}, {"ts", VS_JSON_STRING},
    {"v", VS_JSON_NUMBER},     {"why", VS_JSON_STRING},
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))
#define N_AT    4

/* As bytes are compared, a beginning before what it begins. */
static bool
is_below(struct vs_bytes a, struct vs_bytes b)
{
	for (size_t i = 0; i < a.size && i < b.size; i++) {
		if (a.data[i] != b.data[i])
			return a.data[i] < b.data[i];
	}
	return a.size < b.size;
}

/* Names rise, values are texts and whole numbers. *size adds up the bytes without white space. */
static vs_result
check_flat(const struct vs_json_tape *tape, const struct vs_json_node *object, size_t *size)
{
	const struct vs_json_node *child = NULL;
	struct vs_bytes last = {NULL, 0};
	size_t sum = 2;

	while ((child = vs_json_next(object, child)) != NULL) {
		struct vs_bytes key = vs_json_key(tape, child);

		if ((child->flags & VS_JSON_KEY_ESCAPED) != 0 || !is_below(last, key))
			return VS_FAIL(BAD_MESSAGE);
		if (child->type != VS_JSON_STRING &&
		    (child->type != VS_JSON_NUMBER || (child->flags & VS_JSON_INTEGER) == 0))
			return VS_FAIL(BAD_MESSAGE);
		sum += key.size + 3 + vs_json_raw(tape, child).size + (last.size > 0);
		last = key;
	}
	*size += sum;
	return VS_OK;
}

static vs_result
check_value(const struct vs_json_tape *tape, const struct vs_json_node *node, size_t *size)
{
	if (node->type == VS_JSON_OBJECT)
		return check_flat(tape, node, size);
	if (node->type == VS_JSON_NUMBER && (node->flags & VS_JSON_INTEGER) == 0)
		return VS_FAIL(BAD_MESSAGE);
	*size += vs_json_raw(tape, node).size;
	return VS_OK;
}

/* That nothing is missing, out of order or spaced: its length is then the sum of its parts. */
static vs_result
check(const struct vs_json_tape *tape, bool is_numbered, const struct vs_json_node **n_out,
      const struct vs_json_node **ev_out)
{
	const struct vs_json_node *root = vs_json_root(tape), *child = NULL;
	size_t size = 2;

	for (size_t i = 0; i < MEMBERS; i++) {
		if (i == N_AT && !is_numbered)
			continue;
		child = vs_json_next(root, child);
		if (child == NULL || child->type != members[i].type ||
		    (child->flags & VS_JSON_KEY_ESCAPED) != 0 ||
		    !vs_bytes_equal_text(vs_json_key(tape, child), members[i].name))
			return VS_FAIL(BAD_MESSAGE);
		if (i == N_AT)
			*n_out = child;
		if (i == N_AT - 1)
			*ev_out = child;
		size += strlen(members[i].name) + 3 + (i > 0);
		VS_TRY(check_value(tape, child, &size));
	}
	if (vs_json_next(root, child) != NULL || size != tape->text.size)
		return VS_FAIL(BAD_MESSAGE);
	return VS_OK;
}

vs_result
vs_audit_entry_number(struct vs_bytes line, uint64_t n, struct vs_buf *numbered)
{
	const struct vs_json_node *unused = NULL, *event = NULL;
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	size_t head, start = numbered->size;
	vs_result r;

	if (line.size > VS_AUDIT_ENTRY_SIZE - NUMBER_SIZE)
		return VS_FAIL(TOO_LONG);
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(line, &tape));
	VS_TRY(check(&tape, false, &unused, &event));
	head = event->start + event->size + 1; /* its closing quote */
	r = vs_buf_append(numbered, line.data, head);
	if (r.code == VS_E_OK)
		r = vs_buf_printf(numbered, ",\"n\":%llu", (unsigned long long)n);
	if (r.code == VS_E_OK)
		r = vs_buf_append(numbered, line.data + head, line.size - head);
	if (r.code != VS_E_OK)
		numbered->size = start;
	return r;
}

vs_result
vs_audit_entry_parse(struct vs_bytes line, struct vs_json_tape *tape, uint64_t *n_out)
{
	const struct vs_json_node *number = NULL, *event = NULL;
	int64_t n;

	if (line.size > VS_AUDIT_ENTRY_SIZE)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_json_parse(line, tape));
	VS_TRY(check(tape, true, &number, &event));
	VS_TRY(vs_json_int(tape, number, &n));
	if (n < 0)
		return VS_FAIL(BAD_MESSAGE);
	*n_out = (uint64_t)n;
	return VS_OK;
}
