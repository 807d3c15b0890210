/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said in OCPP: the actions (rows of actions.def), the member names (names.def) and the
 * enumerated values (values.def), each interned into one C enumeration for all versions. "Accepted"
 * is VS_OCPP_V_Accepted wherever it occurs; which values a member may have is the business of the
 * field tables (v16/, v201/, v21/).
 */
#pragma once

#include "base/bytes.h"

/* A mask: a row says in which versions it exists. */
enum vs_ocpp_version {
	VS_OCPP_16 = 1,
	VS_OCPP_201 = 2,
	VS_OCPP_21 = 4,
};

enum vs_ocpp_side {
	VS_OCPP_STATION = 1,
	VS_OCPP_CSMS = 2,
	VS_OCPP_BOTH = 3,
};

/* What the last BootNotification was answered; NEW before the first. A mask for `when`. */
enum vs_ocpp_registration {
	VS_OCPP_NEW = 1,
	VS_OCPP_REJECTED = 2,
	VS_OCPP_PENDING = 4,
	VS_OCPP_ACCEPTED = 8,
};

/* When a call of a station may be answered. */
enum vs_ocpp_durability {
	VS_OCPP_AT_ONCE,
	VS_OCPP_AFTER_COMMIT, /* the answer is the receipt: what it carried is on disk */
	VS_OCPP_UNANSWERED,   /* sent as SEND of OCPP 2.1, never as a call */
};

enum vs_ocpp_action {
	VS_OCPP_NONE = 0,
#define ACTION(name, sender, versions, when, triggered, durability, help) VS_OCPP_##name,
#include "ocpp/actions.def"
#undef ACTION
	VS_OCPP_ACTIONS /* must be last */
};

enum vs_ocpp_name {
	VS_OCPP_N_none = 0,
#define NAME(name) VS_OCPP_N_##name,
#include "ocpp/names.def"
#undef NAME
	VS_OCPP_NAMES /* must be last */
};

enum vs_ocpp_value {
	VS_OCPP_V_none = 0,
#define VALUE(value, text) VS_OCPP_V_##value,
#include "ocpp/values.def"
#undef VALUE
	VS_OCPP_VALUES /* must be last */
};

struct vs_ocpp_action_row {
	const char *name;
	const char *help;         /* one sentence for people */
	enum vs_ocpp_side sender; /* who may call it */
	unsigned versions;        /* of enum vs_ocpp_version */
	unsigned when;            /* of enum vs_ocpp_registration: when it may be called */
	unsigned when_triggered;  /* when too, if the other side asked for it (TriggerMessage, a
	                             report) */
	enum vs_ocpp_durability durability;
};

/* The row of an action; asserts 0 < action < VS_OCPP_ACTIONS. */
const struct vs_ocpp_action_row *vs_ocpp_action(enum vs_ocpp_action action);
/* By its exact name; VS_OCPP_NONE when not known. */
enum vs_ocpp_action vs_ocpp_action_find(struct vs_bytes name);
/* May it be called in this state? OCPP 2.0.1 B01.FR.10, B02.FR.09, B03.FR.07: before Accepted only
 * BootNotification and what the CSMS asked for. */
bool vs_ocpp_action_is_allowed(enum vs_ocpp_action action, enum vs_ocpp_registration state,
                               bool is_triggered);

const char *vs_ocpp_action_name(enum vs_ocpp_action action); /* "" for VS_OCPP_NONE */
const char *vs_ocpp_name_text(enum vs_ocpp_name name);       /* "" for none */
const char *vs_ocpp_value_text(enum vs_ocpp_value value);    /* "" for none */
