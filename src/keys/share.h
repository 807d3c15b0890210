/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the key processes of several nodes share, between the key process (client_shared.h) and the
 * keystore, which has one sealed value of it with a version.
 *
 * The keystore's value holds: what differs from it here is made like it. A change is made here,
 * sealed as the next version, and written together with the rows that tell of it, if nobody has
 * written another one since; else it is taken back. A keystore that is older than what this node
 * has taken (it was restored) gets what this node has.
 *
 * A keystore without a value has one node, and nothing here does anything.
 */
#pragma once

#include "keys/client_shared.h"
#include "keys/keystore.h"

struct vs_keys_share {
	const struct vs_keystore *keystore;
	struct vs_keys_client *client;
	int64_t now_ms;
	bool is_first; /* there are to be several nodes: a value is written when there is none */
	struct vs_bytes admin; /* goes along with the first one; or nothing */
	struct vs_bytes root;  /* root.json, for who joins */
};

struct vs_keys_share_news {
	bool is_shared;  /* the keystore has a value */
	bool is_changed; /* what is here was another */
	uint32_t version;
};
/* ROOT_BEHIND, NOT_AUTHENTIC, EXISTS: of vs_keys_shared_take. */
VS_RESULT vs_keys_share_follow(const struct vs_keys_share *share,
                               struct vs_keys_share_news *news_out);
/* What is here now, as the next version of what the keystore has; with an audit record of its own.
 * is_current: under the current root KEK, whatever it was under. CONFLICT: somebody was first; what
 * is here is as the keystore has it. */
VS_RESULT vs_keys_share_write(const struct vs_keys_share *share, bool is_current,
                              const char *actor);

/* A change that belongs to others of its transaction: prepare, apply them all, settle. */
struct vs_keys_share_step {
	bool is_shared; /* false: `change` is none */
	struct vs_keystore_change change;
	struct vs_buf sealed;
};
/* is_current: under the current root KEK. Settle in any case. */
VS_RESULT vs_keys_share_prepare(const struct vs_keys_share *share, bool is_current,
                                struct vs_keys_share_step *step_out);
/* r: what became of it. What is here is then as the keystore has it; returns r. */
vs_result vs_keys_share_settle(const struct vs_keys_share *share, struct vs_keys_share_step *step,
                               vs_result r);
