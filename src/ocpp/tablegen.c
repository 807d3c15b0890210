/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the build: reads the rows of the .def files and writes tables.c. A row that names
 * what does not exist does not compile here; a row that contradicts itself, a name that no row uses
 * and a word without its own slot stop the build with a message.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ocpp/table.h"

#define FIELDS_MAX 32
#define WORDS_MAX  255
#define SLOTS_MAX  2048
#define TRIES_MAX  200000

enum {
#define OBJECT(type) TYPE_##type,
#define OPEN(type)   TYPE_##type,
#define EMPTY(type)  TYPE_##type,
#define FIELD(member, need, value, count)
#define END(type)
#include "ocpp/v201/types.def"
	TYPES_SHARED,
	TYPES_BEFORE = TYPES_SHARED - 1,
#include "ocpp/v201/messages.def"
#include "ocpp/v201/messages_k.def"
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
#include "ocpp/v201/enums.def"
#undef ENUM_BEGIN
#undef ONE_OF
#undef ENUM_END
	ENUMS
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

#define REQUIRED             true
#define OPTIONAL             false
#define TEXT(characters)     .kind = VS_OCPP_KIND_TEXT, .max = (characters)
#define ENUM(name)           .kind = VS_OCPP_KIND_ENUM, .of = ENUM_##name
#define TIME                 .kind = VS_OCPP_KIND_TIME
#define INT                  .kind = VS_OCPP_KIND_INT, .min = INT64_MIN, .max = INT64_MAX
#define INT_FROM(low)        .kind = VS_OCPP_KIND_INT, .min = (low), .max = INT64_MAX
#define INT_RANGE(low, high) .kind = VS_OCPP_KIND_INT, .min = (low), .max = (high)
#define NUMBER               .kind = VS_OCPP_KIND_NUMBER
#define BOOL                 .kind = VS_OCPP_KIND_BOOL
#define IS(name)             .kind = VS_OCPP_KIND_IS, .of = TYPE_##name
#define ANY                  .kind = VS_OCPP_KIND_ANY
#define UNBOUNDED            VS_OCPP_UNBOUNDED
#define ONE                  .is_list = false
#define MANY(low, high)      .is_list = true, .count_min = (low), .count_max = (high)
#define OBJECT(name)         {.type = #name, .index = TYPE_##name},
#define OPEN(name)           {.type = #name, .index = TYPE_##name, .is_open = true},
#define FIELD(member, need, value, count)                                                          \
	{.key = #member, .id = VS_OCPP_N_##member, .is_required = need, .field = {value, count}},
#define END(name)   {.is_end = true, .index = TYPE_##name},
#define EMPTY(name) OBJECT(name) END(name)

static const struct row rows[] = {
#include "ocpp/v201/types.def"

#include "ocpp/v201/messages.def"
#include "ocpp/v201/messages_k.def"
};
/* OCPP 2.0.1 Part 2: every object but CustomData itself may carry customData. */
static const struct row custom_data[] = {FIELD(customData, OPTIONAL, IS(CustomData), ONE)};
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
#include "ocpp/v201/enums.def"
};

static const char *const value_texts[] = {
    "",
#define VALUE(value, text) text,
#include "ocpp/values.def"
};
static const char *const names[] = {
    "",
#define NAME(name) #name,
#include "ocpp/names.def"
};
static const char *const actions[] = {
    "",
#define ACTION(name, sender, versions, when, triggered, durability, help) #name,
#include "ocpp/actions.def"
#undef ACTION
};
static bool is_name_used[VS_OCPP_NAMES];
static bool is_value_used[VS_OCPP_VALUES];

static void
stop(const char *where, const char *what)
{
	(void)fprintf(stderr, "tablegen: %s: %s\n", where, what);
	exit(1);
}

static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static bool
fill_slots(const struct vs_ocpp_key *keys, size_t count, uint64_t multiplier, unsigned shift,
           uint8_t *slots)
{
	memset(slots, 0, SLOTS_MAX);
	for (size_t i = 0; i < count; i++) {
		uint64_t slot = vs_ocpp_key_hash(keys[i], multiplier) >> shift;

		if (slots[slot] != 0)
			return false;
		slots[slot] = (uint8_t)(i + 1);
	}
	return true;
}

/* Write the words, their slots and, as the last line of an initialiser, the set. */
static void
write_words(const char *prefix, const char *const *texts, const unsigned *ids, size_t count)
{
	static struct vs_ocpp_key keys[WORDS_MAX];
	static uint8_t slots[SLOTS_MAX];
	uint64_t random = 1;
	uint64_t multiplier = 0;
	unsigned bits = 1;
	bool is_done = false;

	if (count > WORDS_MAX)
		stop(prefix, "too many words");
	(void)printf("static const struct vs_ocpp_word %s_words[] = {\n", prefix);
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(texts[i]);

		keys[i] = vs_ocpp_key_from((const uint8_t *)texts[i], size, size);
		(void)printf("\t{ \"%s\", UINT64_C(0x%" PRIx64 "), UINT64_C(0x%" PRIx64
		             "), %zu, %u },\n",
		             texts[i], keys[i].first, keys[i].last, size, ids[i]);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(texts[i], texts[j]) == 0)
				stop(prefix, texts[i]);
		}
	}
	if (count == 0)
		(void)printf("\t{ \"\", 0, 0, 0, 0 },\n");
	while ((1u << bits) < 2 * count)
		bits++;
	for (; !is_done && (1u << bits) <= SLOTS_MAX; bits += is_done ? 0 : 1) {
		for (unsigned i = 0; i < TRIES_MAX && !is_done; i++) {
			multiplier = next_random(&random) | 1;
			is_done = fill_slots(keys, count, multiplier, 64 - bits, slots);
		}
		if (is_done)
			break;
	}
	if (!is_done)
		stop(prefix, "two words cannot be told apart by their hash");
	(void)printf("};\nstatic const uint8_t %s_slots[] = {", prefix);
	for (unsigned i = 0; i < (1u << bits); i++)
		(void)printf("%s%u,", i % 24 == 0 ? "\n\t" : " ", slots[i]);
	(void)printf("\n};\n#define %s_SET { %s_words, %s_slots, UINT64_C(0x%" PRIx64
	             "), %zu, %u }\n\n",
	             prefix, prefix, prefix, multiplier, count, 64 - bits);
}

static void
check_field(const char *type, const struct row *row)
{
	const struct vs_ocpp_field *field = &row->field;

	if (field->kind == VS_OCPP_KIND_TEXT && field->max <= 0)
		stop(type, "a text without room");
	if (field->kind == VS_OCPP_KIND_INT && field->min > field->max)
		stop(type, "the least value is above the greatest");
	if (field->is_list && field->count_min > field->count_max)
		stop(type, "the least count is above the greatest");
	is_name_used[row->id] = true;
}

static const char *
int_text(int64_t value)
{
	static char texts[2][32];
	static unsigned turn;
	char *text = texts[turn++ % 2];

	if (value == INT64_MIN)
		return "INT64_MIN";
	(void)snprintf(text, sizeof(texts[0]), "INT64_C(%" PRId64 ")", value);
	return text;
}

/* One object, from its first row to its last; returns the row after it. */
static const struct row *
write_object(const struct row *row, uint32_t *required_out)
{
	const struct row *fields[FIELDS_MAX];
	const char *texts[FIELDS_MAX];
	unsigned ids[FIELDS_MAX];
	const struct row *head = row;
	size_t count = 0;
	char prefix[64];

	for (row++; row->key != NULL; row++) {
		if (count == FIELDS_MAX - 1)
			stop(head->type, "too many members");
		fields[count++] = row;
	}
	if (!row->is_end || row->index != head->index)
		stop(head->type, "END is missing or names another type");
	if (!head->is_open)
		fields[count++] = custom_data;
	*required_out = 0;
	for (size_t i = 0; i < count; i++) {
		check_field(head->type, fields[i]);
		texts[i] = fields[i]->key;
		ids[i] = fields[i]->id;
		*required_out |= fields[i]->is_required ? 1u << i : 0;
	}
	(void)snprintf(prefix, sizeof(prefix), "object_%d", head->index);
	(void)printf("/* %s */\n", head->type);
	write_words(prefix, texts, ids, count);
	(void)printf("static const struct vs_ocpp_field %s_fields[] = {\n", prefix);
	for (size_t i = 0; i < count; i++) {
		const struct vs_ocpp_field *field = &fields[i]->field;

		(void)printf("\t{ %u, %d, %u, %" PRIu32 "u, %" PRIu32 "u, %s, %s },\n", field->kind,
		             field->is_list, field->of, field->count_min, field->count_max,
		             int_text(field->min), int_text(field->max));
	}
	(void)printf("};\n\n");
	return row + 1;
}

static void
write_objects(void)
{
	static uint32_t required[TYPES];
	static const struct row *heads[TYPES];
	int count = 0;

	for (const struct row *row = rows; row < rows + sizeof(rows) / sizeof(rows[0]);) {
		if (row->type == NULL || row->index != count)
			stop(row->key != NULL ? row->key : "?", "a row outside of an object");
		heads[count] = row;
		row = write_object(row, &required[count]);
		count++;
	}
	(void)printf("const struct vs_ocpp_object vs_ocpp_v201_objects[] = {\n");
	for (int i = 0; i < count; i++)
		(void)printf("\t{ \"%s\", object_%d_SET, object_%d_fields, 0x%" PRIx32 ", %d },\n",
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
		const char *texts[WORDS_MAX];
		unsigned ids[WORDS_MAX];
		size_t size = 0;
		char prefix[64];

		if (value->enumeration == NULL)
			stop("enums.def", "a value outside of an enumeration");
		heads[count] = value->enumeration;
		for (value++; !value->is_end; value++) {
			if (value->enumeration != NULL || size == WORDS_MAX)
				stop(heads[count], "ENUM_END is missing");
			texts[size] = value_texts[value->id];
			is_value_used[value->id] = true;
			ids[size++] = value->id;
		}
		(void)snprintf(prefix, sizeof(prefix), "enum_%d", count);
		(void)printf("/* %s */\n", heads[count]);
		write_words(prefix, texts, ids, size);
		count++;
	}
	(void)printf("const struct vs_ocpp_enum vs_ocpp_v201_enums[] = {\n");
	for (int i = 0; i < count; i++)
		(void)printf("\t{ \"%s\", enum_%d_SET },\n", heads[i], i);
	(void)printf("};\n\n");
}

/* An action of the version must have both payloads: what is not declared does not compile. */
static void
write_payloads(void)
{
	enum { V16 = VS_OCPP_16, V201 = VS_OCPP_201, V21 = VS_OCPP_21 };

	(void)printf("const struct vs_ocpp_payloads vs_ocpp_v201_payloads[] = {\n\t{ -1, -1 },\n");
#define ACTION(name, sender, versions, when, triggered, durability, help)                          \
	if (((versions)&V201) != 0)                                                                \
		(void)printf("\t{ %d, %d }, /* " #name " */\n", TYPE_##name##Request,              \
		             TYPE_##name##Response);                                               \
	else                                                                                       \
		(void)printf("\t{ -1, -1 },\n");
#include "ocpp/actions.def"
#undef ACTION
	(void)printf("};\n");
}

int
main(void)
{
	unsigned ids[VS_OCPP_ACTIONS];

	(void)printf(
	    "/* Made by tablegen.c from the .def files. */\n#include \"ocpp/table.h\"\n\n");
	for (unsigned i = 1; i < VS_OCPP_ACTIONS; i++)
		ids[i] = i;
	write_words("action", actions + 1, ids + 1, VS_OCPP_ACTIONS - 1);
	(void)printf("const struct vs_ocpp_words vs_ocpp_action_words = action_SET;\n\n");
	write_objects();
	write_enums();
	write_payloads();
	for (unsigned i = 1; i < VS_OCPP_NAMES; i++) {
		if (!is_name_used[i])
			stop(names[i], "a row of names.def that nothing uses");
	}
	for (unsigned i = 1; i < VS_OCPP_VALUES; i++) {
		if (!is_value_used[i])
			stop(value_texts[i], "a row of values.def that nothing uses");
	}
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
