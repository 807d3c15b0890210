/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of the build: writes the set of all actions, and stops the build at a name or a value
 * that no version uses.
 */
#include <stdio.h>

#include "ocpp/wordset.h"

static const char *const value_texts[] = {
    "",
#define VALUE(value, text) text,
#include "ocpp/values.def"
#undef VALUE
};
static const char *const names[] = {
    "",
#define NAME(name) #name,
#include "ocpp/names.def"
#undef NAME
};
static const char *const actions[] = {
    "",
#define ACTION(name, sender, versions, when, triggered, durability, help) #name,
#include "ocpp/actions.def"
#undef ACTION
};

/* Every member and every value of every table. */
static const enum vs_ocpp_name used_names[] = {
    VS_OCPP_N_customData,
#define OBJECT(type)
#define OPEN(type)
#define EMPTY(type)
#define FIELD(member, need, value, count) VS_OCPP_N_##member,
#define END(type)
#include "ocpp/v16/tables.def"
#include "ocpp/v201/tables.def"
#include "ocpp/v21/tables.def"
#undef OBJECT
#undef OPEN
#undef EMPTY
#undef FIELD
#undef END
};
static const enum vs_ocpp_value used_values[] = {
#define ENUM_BEGIN(name)
#define ONE_OF(value) VS_OCPP_V_##value,
#define ENUM_END(name)
#include "ocpp/v16/tables.def"
#include "ocpp/v201/tables.def"
#include "ocpp/v21/tables.def"
#undef ENUM_BEGIN
#undef ONE_OF
#undef ENUM_END
};

static void
check_use(void)
{
	static bool is_name_used[VS_OCPP_NAMES];
	static bool is_value_used[VS_OCPP_VALUES];

	for (size_t i = 0; i < sizeof(used_names) / sizeof(used_names[0]); i++)
		is_name_used[used_names[i]] = true;
	for (size_t i = 0; i < sizeof(used_values) / sizeof(used_values[0]); i++)
		is_value_used[used_values[i]] = true;
	for (unsigned i = 1; i < VS_OCPP_NAMES; i++) {
		if (!is_name_used[i])
			vs_ocpp_rows_stop(names[i], "a row of names.def that nothing uses");
	}
	for (unsigned i = 1; i < VS_OCPP_VALUES; i++) {
		if (!is_value_used[i])
			vs_ocpp_rows_stop(value_texts[i], "a row of values.def that nothing uses");
	}
}

int
main(void)
{
	unsigned ids[VS_OCPP_ACTIONS];

	check_use();
	(void)printf("/* Made by wordgen.c from the .def files. */\n#include \"ocpp/table.h\"\n\n");
	for (unsigned i = 1; i < VS_OCPP_ACTIONS; i++)
		ids[i] = i;
	vs_ocpp_words_write("action", actions + 1, ids + 1, VS_OCPP_ACTIONS - 1);
	(void)printf("const struct vs_ocpp_words vs_ocpp_action_words = action_SET;\n");
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
