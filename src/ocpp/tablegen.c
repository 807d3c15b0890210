/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the build: reads the rows of the .def files of one version and writes its tables. A
 * row that names what does not exist does not compile here; a row that contradicts itself, an
 * object that nothing uses and an action without its payloads stop the build with a message.
 *
 * Compiled once for each version: TABLES is its tables.def, VERSION its word in actions.def,
 * PREFIX ("v16") its name in the tables.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ocpp/wordset.h"

#define FIELDS_MAX 64 /* what was seen of an object is a mask */

enum { V16 = VS_OCPP_16, V201 = VS_OCPP_201, V21 = VS_OCPP_21 };
enum { V2 = V201 | V21, ALL = V16 | V201 | V21 };

enum {
#define OBJECT(type) TYPE_##type,
#define OPEN(type)   TYPE_##type,
#define EMPTY(type)  TYPE_##type,
#define FIELD(member, need, value, count)
#define END(type)
#include TABLES
	TYPES
#undef OBJECT
#undef OPEN
#undef EMPTY
#undef FIELD
#undef END
};

enum {
#define ENUM_BEGIN(name) ENUM_##name,
#define ONE_OF(value)
#define ENUM_END(name)
#include TABLES
	ENUMS
#undef ENUM_BEGIN
#undef ONE_OF
#undef ENUM_END
};

struct row {
	const char *key;
	unsigned id;
	bool is_required;
	bool is_end;
	struct vs_ocpp_field field;
	const char *type; /* first row of an object: its name */
	int index;
	bool is_open;
};

#define REQUIRED                true
#define OPTIONAL                false
#define TEXT(characters)        .kind = VS_OCPP_KIND_TEXT, .max = (characters)
#define ENUM(name)              .kind = VS_OCPP_KIND_ENUM, .of = ENUM_##name
#define TIME                    .kind = VS_OCPP_KIND_TIME
#define INT                     .kind = VS_OCPP_KIND_INT, .min = INT64_MIN, .max = INT64_MAX
#define INT_FROM(low)           .kind = VS_OCPP_KIND_INT, .min = (low), .max = INT64_MAX
#define INT_RANGE(low, high)    .kind = VS_OCPP_KIND_INT, .min = (low), .max = (high)
#define NUMBER_RANGE(low, high) .kind = VS_OCPP_KIND_NUMBER, .min = (low), .max = (high)
#define NUMBER_TO(high)         NUMBER_RANGE(INT64_MIN, high)
#define NUMBER                  NUMBER_RANGE(INT64_MIN, INT64_MAX)
#define TENTHS                  .kind = VS_OCPP_KIND_TENTHS, .min = INT64_MIN, .max = INT64_MAX
#define URI                     .kind = VS_OCPP_KIND_URI
#define BOOL                    .kind = VS_OCPP_KIND_BOOL
#define IS(name)                .kind = VS_OCPP_KIND_IS, .of = TYPE_##name
#define ANY                     .kind = VS_OCPP_KIND_ANY
#define UNBOUNDED               VS_OCPP_UNBOUNDED
#define ONE                     .is_list = false
#define MANY(low, high)         .is_list = true, .count_min = (low), .count_max = (high)
#define OBJECT(name)            {.type = #name, .index = TYPE_##name},
#define OPEN(name)              {.type = #name, .index = TYPE_##name, .is_open = true},
#define FIELD(member, need, value, count)                                                          \
	{.key = #member, .id = VS_OCPP_N_##member, .is_required = need, .field = {value, count}},
#define END(name)   {.is_end = true, .index = TYPE_##name},
#define EMPTY(name) OBJECT(name) END(name)

static const struct row rows[] = {
#include TABLES
};
#if HAS_CUSTOM_DATA
/* OCPP 2.0.1 Part 2: every object but CustomData itself may carry customData. 1.6 has none. */
static const struct row custom_data[] = {FIELD(customData, OPTIONAL, IS(CustomData), ONE)};
#else
static const struct row custom_data[] = {{.key = NULL}};
#endif
#undef OBJECT
#undef OPEN
#undef EMPTY
#undef FIELD
#undef END

struct value {
	const char *enumeration; /* a row that begins one */
	unsigned id;
	bool is_end;
};

static const struct value values[] = {
#define ENUM_BEGIN(name) {.enumeration = #name},
#define ONE_OF(value)    {.id = VS_OCPP_V_##value},
#define ENUM_END(name)   {.is_end = true},
#include TABLES
};

static const char *const value_texts[] = {
    "",
#define VALUE(value, text) text,
#include "ocpp/values.def"
#undef VALUE
};
static bool is_type_used[TYPES];

static void
check_field(const char *type, const struct row *row)
{
	const struct vs_ocpp_field *field = &row->field;

	if (field->kind == VS_OCPP_KIND_TEXT && field->max <= 0)
		vs_ocpp_rows_stop(type, "a text without room");
	if ((field->kind == VS_OCPP_KIND_INT || field->kind == VS_OCPP_KIND_NUMBER) &&
	    field->min > field->max)
		vs_ocpp_rows_stop(type, "the least value is above the greatest");
	if (field->is_list && field->count_min > field->count_max)
		vs_ocpp_rows_stop(type, "the least count is above the greatest");
	if (field->kind == VS_OCPP_KIND_IS)
		is_type_used[field->of] = true;
}

static const char *
int_text(int64_t value)
{
	static char texts[2][32];
	static unsigned turn;
	char *text = texts[turn++ % 2];

	if (value == INT64_MIN)
		return "INT64_MIN";
	if (value == INT64_MAX)
		return "INT64_MAX";
	(void)snprintf(text, sizeof(texts[0]), "INT64_C(%" PRId64 ")", value);
	return text;
}

/* One object, from its first row to its last; returns the row after it. */
static const struct row *
write_object(const struct row *row, uint64_t *required_out)
{
	const struct row *fields[FIELDS_MAX];
	const char *texts[FIELDS_MAX];
	unsigned ids[FIELDS_MAX];
	const struct row *head = row;
	size_t count = 0;
	char prefix[64];

	for (row++; row->key != NULL; row++) {
		if (count == FIELDS_MAX - 1)
			vs_ocpp_rows_stop(head->type, "too many members");
		fields[count++] = row;
	}
	if (!row->is_end || row->index != head->index)
		vs_ocpp_rows_stop(head->type, "END is missing or names another type");
	if (!head->is_open && custom_data->key != NULL)
		fields[count++] = custom_data;
	*required_out = 0;
	for (size_t i = 0; i < count; i++) {
		check_field(head->type, fields[i]);
		texts[i] = fields[i]->key;
		ids[i] = fields[i]->id;
		*required_out |= fields[i]->is_required ? UINT64_C(1) << i : 0;
	}
	(void)snprintf(prefix, sizeof(prefix), "object_%d", head->index);
	(void)printf("/* %s */\n", head->type);
	vs_ocpp_words_write(prefix, texts, ids, count);
	(void)printf("static const struct vs_ocpp_field %s_fields[] = {\n", prefix);
	for (size_t i = 0; i < count; i++) {
		const struct vs_ocpp_field *field = &fields[i]->field;

		(void)printf("\t{ %u, %d, %u, %" PRIu32 "u, %" PRIu32 "u, %s, %s },\n", field->kind,
		             field->is_list, field->of, field->count_min, field->count_max,
		             int_text(field->min), int_text(field->max));
	}
	(void)printf("%s};\n\n", count == 0 ? "\t{ 0, 0, 0, 0, 0, 0, 0 },\n" : "");
	return row + 1;
}

static void
write_objects(void)
{
	static uint64_t required[TYPES];
	static const struct row *heads[TYPES];
	int count = 0;

	for (const struct row *row = rows; row < rows + sizeof(rows) / sizeof(rows[0]);) {
		if (row->type == NULL || row->index != count)
			vs_ocpp_rows_stop(row->key != NULL ? row->key : "?",
			                  "a row outside of an object");
		heads[count] = row;
		row = write_object(row, &required[count]);
		count++;
	}
	(void)printf("static const struct vs_ocpp_object objects[] = {\n");
	for (int i = 0; i < count; i++)
		(void)printf("\t{ \"%s\", object_%d_SET, object_%d_fields, UINT64_C(0x%" PRIx64
		             "), %d },\n",
		             heads[i]->type, i, i, required[i], heads[i]->is_open);
	(void)printf("};\n\n");
}

static void
write_enums(void)
{
	static const char *heads[ENUMS];
	int count = 0;

	for (const struct value *value = values;
	     value < values + sizeof(values) / sizeof(values[0]); value++) {
		const char *texts[VS_OCPP_WORDS_MAX];
		unsigned ids[VS_OCPP_WORDS_MAX];
		size_t size = 0;
		char prefix[64];

		if (value->enumeration == NULL)
			vs_ocpp_rows_stop("enums.def", "a value outside of an enumeration");
		heads[count] = value->enumeration;
		for (value++; !value->is_end; value++) {
			if (value->enumeration != NULL || size >= VS_OCPP_WORDS_MAX) {
				vs_ocpp_rows_stop(heads[count], "ENUM_END is missing");
				break;
			}
			texts[size] = value_texts[value->id];
			ids[size++] = value->id;
		}
		(void)snprintf(prefix, sizeof(prefix), "enum_%d", count);
		(void)printf("/* %s */\n", heads[count]);
		vs_ocpp_words_write(prefix, texts, ids, size);
		count++;
	}
	(void)printf("static const struct vs_ocpp_enum enums[] = {\n");
	for (int i = 0; i < count; i++)
		(void)printf("\t{ \"%s\", enum_%d_SET },\n", heads[i], i);
	(void)printf("};\n\n");
}

/* The object that is this payload of the action; -1 when there is none. */
static int
find_payload(const char *action, const char *suffix)
{
	char name[96];

	(void)snprintf(name, sizeof(name), "%s%s", action, suffix);
	for (const struct row *row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		if (row->type != NULL && strcmp(row->type, name) == 0) {
			is_type_used[row->index] = true;
			return row->index;
		}
	}
	return -1;
}

/* An action of the version must have both payloads, or one when nobody answers it. */
static void
write_action(const char *name, unsigned versions, enum vs_ocpp_durability durability)
{
	int request = find_payload(name, "Request");
	int response = find_payload(name, "Response");

	if ((versions & VERSION) == 0) {
		if (request >= 0 || response >= 0)
			vs_ocpp_rows_stop(name, "has payloads in a version that it is not in");
	} else if (request < 0 || (response < 0) != (durability == VS_OCPP_UNANSWERED)) {
		vs_ocpp_rows_stop(name, "lacks a payload, or has one that is never sent");
	}
	(void)printf("\t{ %d, %d }, /* %s */\n", request, response, name);
}

static void
write_payloads(void)
{
	(void)printf("static const struct vs_ocpp_payloads payloads[] = {\n\t{ -1, -1 },\n");
#define ACTION(name, sender, versions, when, triggered, durability, help)                          \
	write_action(#name, versions, VS_OCPP_##durability);
#include "ocpp/actions.def"
#undef ACTION
	(void)printf("};\n\n");
}

int
main(void)
{
	(void)printf(
	    "/* Made by tablegen.c from the .def files. */\n#include \"ocpp/table.h\"\n\n");
	write_objects();
	write_enums();
	write_payloads();
	for (const struct row *row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		if (row->type != NULL && !is_type_used[row->index])
			vs_ocpp_rows_stop(row->type, "an object that nothing uses");
	}
	(void)printf(
	    "const struct vs_ocpp_tables vs_ocpp_%s_tables = { objects, enums, payloads };\n",
	    PREFIX);
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
