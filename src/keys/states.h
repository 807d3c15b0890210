/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a key and what leads from one to the other: states.def as functions. Pure. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum vs_keys_state {
	VS_KEYS_PRE_ACTIVE,   /* generated, on its way to the device; opens once it was offered */
	VS_KEYS_ACTIVE,       /* seals and opens */
	VS_KEYS_DECRYPT_ONLY, /* opens until its `until_ms` */
	VS_KEYS_REVOKED,      /* neither; kept for forensics */
	VS_KEYS_DESTROYED,    /* zeroed; only its name is left */
	VS_KEYS_STATES,
	VS_KEYS_ILLEGAL = VS_KEYS_STATES, /* as `next`: the event is refused */
};

enum vs_keys_event {
	VS_KEYS_OFFER,
	VS_KEYS_ACK,
	VS_KEYS_FIRST_USE,
	VS_KEYS_ROTATE,
	VS_KEYS_EXPIRE,
	VS_KEYS_REVOKE,
	VS_KEYS_DESTROY,
	VS_KEYS_ERASE,
	VS_KEYS_EVENTS
};

enum vs_keys_effect {
	VS_KEYS_NOTHING,
	VS_KEYS_SENT,    /* note when it was offered first */
	VS_KEYS_PROMOTE, /* first give ROTATE to the active key of the same device and channel */
	VS_KEYS_OVERLAP, /* note until when it opens */
	VS_KEYS_PUBLISH, /* a row in `revocation`, and tell everybody */
	VS_KEYS_WIPE,    /* zero the wrapped key */
	VS_KEYS_ENTOMB   /* zero it and write a tombstone, for backups */
};

struct vs_keys_step {
	enum vs_keys_state next; /* VS_KEYS_ILLEGAL: refused */
	enum vs_keys_effect effect;
};

struct vs_keys_step vs_keys_step(enum vs_keys_state state, enum vs_keys_event event);
bool vs_keys_state_opens(enum vs_keys_state state);
const char *vs_keys_state_name(enum vs_keys_state state); /* "decrypt-only" */
const char *vs_keys_event_name(enum vs_keys_event event); /* "first-use" */
/* BAD_VALUE. */
VS_RESULT vs_keys_state_parse(struct vs_bytes name, enum vs_keys_state *state_out);
