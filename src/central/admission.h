/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may come in: the decision over one HTTP upgrade request of a station, in two steps. Pure but
 * for the registry look-ups: what is slow, the check of a password, happens between the steps, by
 * whoever asks (central/verdict.h).
 *
 * The identity of the URL, the user of Basic, the CN of the certificate and the registry entry must
 * be the same, byte for byte (OCPP 2.0.1 A00.FR.204, 207, 303, 324, 405). What goes back to the
 * peer never says which of them was wrong: unknown, disabled, wrong password and wrong certificate
 * have one status and one body. Whether there is a password to check depends on the request alone,
 * so that the cost says nothing either: where there is no station to compare with, a dummy is
 * compared. The reason is for the operator alone.
 */
#pragma once

#include <stdatomic.h>

#include "core/models.h"
#include "core/registry.h"
#include "core/revocation.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/tls.h"
#include "wire/http1.h"

enum vs_central_refusal {
#define VS_REFUSAL(name, word, status, help) VS_CENTRAL_##name,
#include "central/refusals.def"
#undef VS_REFUSAL
	VS_CENTRAL_REFUSALS /* must be last */
};

/* What a listener can carry (OCPP 2.0.1 A00). */
enum vs_central_listener {
	VS_CENTRAL_LISTENER_TLS,   /* profiles 2 and 3 */
	VS_CENTRAL_LISTENER_CLEAR, /* profile 1: a password in clear, on trusted networks */
	VS_CENTRAL_LISTENER_OPEN,  /* profile 0: no proof at all */
};

/* A certificate as core/revocation.h asks for it. */
struct vs_central_link {
	char issuer[VS_CORE_HASH_TEXT_SIZE], spki[VS_CORE_HASH_TEXT_SIZE];
	char serial[VS_CORE_SERIAL_TEXT_SIZE];
};

/* What the TLS handshake showed of the peer, copied in the `peer` callback. */
struct vs_central_credential {
	bool has_certificate;
	bool has_name; /* exactly one CN that is a valid identity */
	char common_name[VS_CORE_IDENTITY_SIZE];
	uint8_t fingerprint[32];
	int64_t not_after_ms;
	bool is_excused; /* although it is over: vs_central_certificate_excuse */
	enum vs_central_refusal name_refusal; /* ADMITTED, or what is wrong with its common name */
	char organisation[VS_CORE_ORGANISATION_SIZE]; /* exactly one O, else "" */
	uint8_t issuer_spki[VS_CORE_SPKI_SIZE], anchor_spki[VS_CORE_SPKI_SIZE];
	/* Its own, then those of the CAs above it, without the one that is trusted here. */
	struct vs_central_link links[1 + VS_TLS_LINKS_MAX];
	size_t link_count;
};

/* What is not known lets in. */
struct vs_central_leniency {
	atomic_bool is_stale_allowed;   /* revocation_fail=open: a CRL past its next update */
	atomic_bool is_unknown_allowed; /* ocsp_fail=open: what no responder has said yet */
};

/* The rules of a listener. NULL members: not asked. All borrowed. */
struct vs_central_rules {
	const struct vs_core_revocations *revocations;
	const struct vs_core_trusts *trusts;
	struct vs_core_statuses *statuses;          /* of responders; asking may have one fetched */
	const struct vs_central_leniency *leniency; /* as it is now; changes while sessions live */
	bool is_lenient;                            /* whatever it says */
};

struct vs_central_policy {
	const struct vs_core_registry *registry;
	const char *path_prefix;
	enum vs_core_auth required_auth; /* VS_CORE_AUTH_COUNT: each station's own */
	struct vs_central_rules rules;   /* for client certificates */
	enum vs_central_listener listener;
	const struct vs_core_models *models; /* quirks by model; NULL: none */
	int64_t now_ms;                      /* wall clock */
	bool can_seal;                       /* sealed subprotocols are spoken */
};

/* The Authorization header of one request. It holds a password: its owner wipes it. */
struct vs_central_basic {
	enum { VS_CENTRAL_BASIC_ABSENT, VS_CENTRAL_BASIC_BROKEN, VS_CENTRAL_BASIC_GIVEN } kind;
	struct vs_bytes user, password; /* any bytes; point into room */
	uint8_t room[VS_HTTP_BASIC_SIZE_MAX];
};

struct vs_central_admission {
	enum vs_central_refusal refusal;     /* ADMITTED or why not */
	char claimed[VS_CORE_IDENTITY_SIZE]; /* the URL's identity, "" when it is none */
	struct vs_core_station station; /* as the first step found it; tenant "" when unknown */
	const char *subprotocol;        /* when ADMITTED: static, echo exactly this; "": nothing */
	const char *detail;             /* a sentence for the log, never NULL */
	enum vs_core_auth auth;         /* how it must prove itself this time */
	struct vs_core_proof proof; /* when ADMITTED: what it has shown; is_next_verifier by whoever
	                               looked at the password */
	bool needs_verdict; /* a password was sent: ask for a verdict on it, then conclude */
};

/* The first step. credential: NULL or without certificate when the peer showed none. `refusal` is
 * what becomes of the request if the password, where one counts, is right. */
void vs_central_admit(const struct vs_central_policy *policy, const struct vs_http_request *request,
                      const struct vs_central_credential *credential,
                      struct vs_central_basic *basic_out,
                      struct vs_central_admission *admission_out);
/* The verifier that the verdict is about: the station's, when it is what decides, else NULL: ask
 * about a dummy. */
const struct vs_core_station *
vs_central_admission_subject(const struct vs_central_admission *admission);
/* The second step, right away when no verdict is needed: the station must still be what it was. */
void vs_central_admit_conclude(const struct vs_central_policy *policy, bool is_password_right,
                               struct vs_central_admission *admission);

/* Asked after every handshake, full or resumed: has this certificate been revoked meanwhile?
 * ADMITTED, DISABLED, CERTIFICATE_MISMATCH or CERTIFICATE_EXPIRED. A name that is not in the
 * registry is left to vs_central_admit, so that the handshake does not tell which names exist. */
enum vs_central_refusal vs_central_admit_certificate(const struct vs_core_registry *registry,
                                                     const struct vs_central_credential *credential,
                                                     int64_t now_ms);

const char *vs_central_refusal_text(enum vs_central_refusal refusal); /* "wrong_password" */
int vs_central_refusal_status(enum vs_central_refusal refusal);       /* HTTP status */
