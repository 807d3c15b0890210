/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry knows of a station: who it is, how it must prove it, and whether it has booted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "core/policy.h"

#define VS_CORE_IDENTITY_SIZE  (VS_LIMIT_IDENTITY_SIZE + 1)
#define VS_CORE_TENANT_SIZE    33
#define VS_CORE_VERIFIER_SIZE  64 /* "$2b$12$", 53 characters and a NUL fit */
#define VS_CORE_PEPPERED_SIZE  32
#define VS_CORE_TENANT_DEFAULT "default"

/* OCPP 2.0.1 A00: how a station proves its identity. */
enum vs_core_auth {
	VS_CORE_AUTH_BASIC,      /* profile 2: password over TLS */
	VS_CORE_AUTH_MTLS,       /* profile 3: client certificate */
	VS_CORE_AUTH_MTLS_BASIC, /* both */
	VS_CORE_AUTH_NONE,       /* profile 0: not at all; only on a listener that says so */
	VS_CORE_AUTH_COUNT
};
const char *vs_core_auth_text(enum vs_core_auth auth); /* "basic", "mtls", "mtls+basic", "none" */
VS_RESULT vs_core_auth_parse(struct vs_bytes text, enum vs_core_auth *auth_out);

/* What `verifier` holds, and so what a check costs. */
enum vs_core_verifier {
	VS_CORE_VERIFIER_PEPPERED,   /* 32 bytes of crypto/password.h: microseconds */
	VS_CORE_VERIFIER_BCRYPT_RAW, /* bcrypt text of the password itself: imported */
	VS_CORE_VERIFIER_BCRYPT,     /* bcrypt text of the base64 of the peppered verifier: chosen
	                                by a person */
	VS_CORE_VERIFIER_COUNT
};

/* OCPP 2.0.1 B01..B03. NONE: it has never booted here. */
enum vs_core_registration {
	VS_CORE_REGISTRATION_NONE,
	VS_CORE_REGISTRATION_PENDING,
	VS_CORE_REGISTRATION_ACCEPTED,
	VS_CORE_REGISTRATION_REJECTED,
	VS_CORE_REGISTRATION_COUNT
};
const char *
vs_core_registration_text(enum vs_core_registration registration); /* "None", "Accepted", ... */

struct vs_core_station {
	char tenant[VS_CORE_TENANT_SIZE];
	char identity[VS_CORE_IDENTITY_SIZE];
	enum vs_core_auth auth;
	bool is_enabled;
	enum vs_core_registration registration;
	bool has_verifier;
	enum vs_core_verifier verifier_kind;
	uint32_t pepper_version; /* of the pepper in the verifier; 0: the current one */
	uint8_t verifier[VS_CORE_VERIFIER_SIZE]; /* 32 bytes, or a text with its NUL */
	bool has_fingerprint;
	uint8_t
	    fingerprint[32]; /* SHA-256 of the one certificate it may use; else any with its CN */
	int64_t created_ms;
	uint32_t spoken;     /* the version of its latest connection (1 << enum vs_core_version); 0:
	                        none since the daemon began */
	const char *refused; /* the word why it was refused last, static; NULL: it was not, since
	                        the daemon began */
	int64_t refused_ms;
	struct vs_core_policy policy;
	/* What takes the place of its credential when it is first used; until then the old one is
	 * good, too (A01.FR.03, 04; A05). A password of ours is random: peppered. */
	bool has_next_auth, has_next_verifier;
	enum vs_core_auth next_auth;
	uint32_t next_pepper_version;
	uint8_t next_verifier[VS_CORE_PEPPERED_SIZE];
	char vendor[51], model[21], serial[26],
	    firmware[51]; /* from its BootNotification, "" before */
};

/* Bytes of the verifier that count, the NUL of a text not among them; 0: there is none. */
size_t vs_core_station_verifier_size(const struct vs_core_station *station);
/* False, and the station has none, when no verifier of this kind has this size. */
bool vs_core_station_verifier_set(struct vs_core_station *station, enum vs_core_verifier kind,
                                  uint32_t pepper_version, struct vs_bytes verifier);

bool vs_core_auth_has_certificate(enum vs_core_auth auth);
bool vs_core_auth_has_password(enum vs_core_auth auth);

/* What a connection that was let in has shown beyond what is written down. */
struct vs_core_proof {
	uint32_t profile;      /* security profile it came with */
	bool is_next_auth;     /* by the way of next_auth */
	bool is_next_verifier; /* with the next password */
};
/* Is there anything new in it? */
bool vs_core_station_is_news(const struct vs_core_station *station,
                             const struct vs_core_proof *proof);
/* The ratchet rises, what was next is now, and what it replaces is gone. */
void vs_core_station_prove(struct vs_core_station *station, const struct vs_core_proof *proof);

/* 1 to 48 characters of [A-Za-z0-9*\-_=+|@.]; ':' is excluded because of Basic (A00.FR.204). */
bool vs_core_identity_is_valid(struct vs_bytes identity);
