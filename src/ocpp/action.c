/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/action.h"

#include <assert.h>
#include <string.h>

#include "ocpp/table.h"

/* The short words of actions.def. */
enum {
	V16 = VS_OCPP_16,
	V201 = VS_OCPP_201,
	V21 = VS_OCPP_21,
	V2 = VS_OCPP_201 | VS_OCPP_21,
	ALL = VS_OCPP_16 | VS_OCPP_201 | VS_OCPP_21,
	NEVER = 0,
	PENDING = VS_OCPP_PENDING,
	ACCEPTED = VS_OCPP_ACCEPTED,
	BOOTED = VS_OCPP_PENDING | VS_OCPP_ACCEPTED,
	ANY = VS_OCPP_NEW | VS_OCPP_REJECTED | VS_OCPP_PENDING | VS_OCPP_ACCEPTED,
};

static const struct vs_ocpp_action_row rows[] = {
#define ACTION(name, sender, versions, when, triggered, durability, help)                          \
	[VS_OCPP_##name] = {#name, help,      VS_OCPP_##sender,    versions,                       \
	                    when,  triggered, VS_OCPP_##durability},
#include "ocpp/actions.def"
#undef ACTION
};

static const char *const names[] = {
    "",
#define NAME(name) #name,
#include "ocpp/names.def"
#undef NAME
};

static const struct vs_bytes values[] = {
    {NULL, 0},
#define VALUE(value, text) {(const uint8_t *)text, sizeof(text) - 1},
#include "ocpp/values.def"
#undef VALUE
};

const struct vs_ocpp_action_row *
vs_ocpp_action(enum vs_ocpp_action action)
{
	assert(action > VS_OCPP_NONE && action < VS_OCPP_ACTIONS);
	return &rows[action];
}

enum vs_ocpp_action
vs_ocpp_action_find(struct vs_bytes name)
{
	int place = vs_ocpp_words_find(&vs_ocpp_action_words, name.data, name.size, name.size);

	return place < 0 ? VS_OCPP_NONE : (enum vs_ocpp_action)vs_ocpp_action_words.words[place].id;
}

bool
vs_ocpp_action_is_allowed(enum vs_ocpp_action action, enum vs_ocpp_registration state,
                          bool is_triggered)
{
	const struct vs_ocpp_action_row *row = vs_ocpp_action(action);

	return ((row->when | (is_triggered ? row->when_triggered : 0)) & state) != 0;
}

const char *
vs_ocpp_action_name(enum vs_ocpp_action action)
{
	return action > VS_OCPP_NONE && action < VS_OCPP_ACTIONS ? rows[action].name : "";
}

const char *
vs_ocpp_name_text(enum vs_ocpp_name name)
{
	return name > VS_OCPP_N_none && name < VS_OCPP_NAMES ? names[name] : "";
}

const char *
vs_ocpp_value_text(enum vs_ocpp_value value)
{
	return value > VS_OCPP_V_none && value < VS_OCPP_VALUES ? (const char *)values[value].data
	                                                        : "";
}
