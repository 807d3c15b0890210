/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of one station beyond its credential: which versions of OCPP, which protection of
 * its messages, which oddities are forgiven, and how far it has come (the ratchet). All zero is the
 * default policy: every version, nothing beyond the standard, nothing forgiven, nothing reached.
 *
 * The words are those of the API and the command line; the numbers are those of the store and stay.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

enum vs_core_version { VS_CORE_OCPP_16, VS_CORE_OCPP_201, VS_CORE_OCPP_21, VS_CORE_OCPP_COUNT };
enum vs_core_e2e { VS_CORE_E2E_OFF, VS_CORE_E2E_PREFER, VS_CORE_E2E_REQUIRE, VS_CORE_E2E_COUNT };
enum vs_core_sign {
	VS_CORE_SIGN_OFF,
	VS_CORE_SIGN_ACCEPT,
	VS_CORE_SIGN_PREFER,
	VS_CORE_SIGN_REQUIRE,
	VS_CORE_SIGN_STRICT,
	VS_CORE_SIGN_COUNT
};
enum vs_core_replay { VS_CORE_REPLAY_OFF, VS_CORE_REPLAY_CUSTOMDATA, VS_CORE_REPLAY_COUNT };
enum vs_core_quirk {
#define VS_QUIRK(name, word, what) VS_CORE_QUIRK_##name,
#include "core/quirks.def"
#undef VS_QUIRK
	VS_CORE_QUIRK_COUNT
};

/* Security profiles of OCPP (A00); 0 is none of them: nobody proves anything. */
#define VS_CORE_PROFILE_MAX 3u

#define VS_CORE_LOWERED_MAX_MS         (INT64_C(7) * 24 * 3600 * 1000)
#define VS_CORE_EXPIRED_ALLOWED_MAX_MS (INT64_C(24) * 3600 * 1000)

struct vs_core_policy {
	uint32_t versions; /* bit i: enum vs_core_version i; 0: all */
	enum vs_core_e2e e2e;
	enum vs_core_sign sign;
	enum vs_core_replay replay;
	uint32_t quirks;          /* bit i: enum vs_core_quirk i */
	uint32_t profile_reached; /* highest it has connected with; a lower one is refused */
	int64_t profile_lowered_until_ms; /* wall clock: but not before this moment */
	int64_t expired_until_ms; /* wall clock: until then an expired certificate is let in, to be
	                             renewed at once (A00.FR.429) */
};

#define VS_CORE_VERSIONS_TEXT_SIZE 32
#define VS_CORE_QUIRKS_TEXT_SIZE   128

const char *vs_core_e2e_text(enum vs_core_e2e e2e);
const char *vs_core_sign_text(enum vs_core_sign sign);
const char *vs_core_replay_text(enum vs_core_replay replay);
const char *vs_core_quirk_text(enum vs_core_quirk quirk);

VS_RESULT vs_core_e2e_parse(struct vs_bytes text, enum vs_core_e2e *e2e_out);
VS_RESULT vs_core_sign_parse(struct vs_bytes text, enum vs_core_sign *sign_out);
VS_RESULT vs_core_replay_parse(struct vs_bytes text, enum vs_core_replay *replay_out);
/* Words with commas between them, no spaces; "all" and "none" stand alone. BAD_VALUE. */
VS_RESULT vs_core_versions_parse(struct vs_bytes text, uint32_t *versions_out);
VS_RESULT vs_core_quirks_parse(struct vs_bytes text, uint32_t *quirks_out);
void vs_core_versions_write(uint32_t mask, char text[static VS_CORE_VERSIONS_TEXT_SIZE]);
void vs_core_quirks_write(uint32_t mask, char text[static VS_CORE_QUIRKS_TEXT_SIZE]);

bool vs_core_policy_allows(const struct vs_core_policy *policy, enum vs_core_version version);
bool vs_core_policy_forgives(const struct vs_core_policy *policy, enum vs_core_quirk quirk);
/* Is a connection with this security profile one the ratchet refuses? (OCPP 2.0.1 A05.FR.07) */
bool vs_core_policy_is_downgrade(const struct vs_core_policy *policy, uint32_t profile,
                                 int64_t now_ms);
/* What a store of any age says, brought into range: what is not understood is the strict end. */
void vs_core_policy_check(struct vs_core_policy *policy);
