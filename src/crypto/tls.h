/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS contexts: what Voltseal speaks as a server and as a client, decided in one place.
 *
 * Server: TLS 1.3 with TLS_AES_256_GCM_SHA384 first; TLS 1.2 with the four ECDHE-GCM suites where a
 * listener allows it (OCPP requires a CSMS to offer 1.2); the TLS_RSA suites of A00.FR.318 only
 * behind the conformance switch. ECDSA and RSA certificates side by side. No tickets, no early
 * data, no renegotiation, no compression; sessions are kept in memory, stateful, and the handler is
 * asked again on each resume.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/pin.h"

struct ssl_ctx_st;
struct ssl_st;

enum vs_tls_verify { VS_TLS_VERIFY_NONE, VS_TLS_VERIFY_REQUEST, VS_TLS_VERIFY_REQUIRE };

struct vs_tls_server_options {
	const char *cert_files[2]; /* PEM chains, leaf first: ECDSA and RSA in any order; the second
	                              may be NULL */
	const char *key_files[2];
	const char *client_ca_file; /* PEM; needed unless NONE; each is an anchor, root or not */
	const char *client_ca_file_extra; /* the CAs of others; may be NULL */
	enum vs_tls_verify verify;
	bool is_tls12_allowed;
	bool is_tls_rsa_allowed; /* conformance switch: TLS_RSA_WITH_AES_128/256_GCM_* (no forward
	                            secrecy) */
	uint32_t session_lifetime_s; /* 0: 86 400 */
	/* Is the client of this name let in although its certificate is over, and nothing else is
	 * wrong with it? NULL: nobody is. Any thread; `excuse_arg` outlives the server. */
	bool (*excuse)(void *arg, struct vs_bytes common_name);
	void *excuse_arg;
	/* A client came with a good chain whose issuing CA is not one of ours, but below one:
	 * SHA-256 of the key of ours and of the issuer's, and the issuer's certificate (DER). NULL:
	 * nobody wants to know. Any thread, within the handshake; `below_arg` outlives the server.
	 */
	void (*below)(void *arg, const uint8_t anchor_spki[static 32],
	              const uint8_t issuer_spki[static 32], struct vs_bytes issuer_der);
	void *below_arg;
};

struct vs_tls_server;
/* CONFIG when a file is missing, unreadable or does not fit; *reason_out (static buffer of
 * `reason`, cut) says which. */
VS_RESULT vs_tls_server_new(const struct vs_tls_server_options *options, char *reason,
                            size_t reason_size, struct vs_tls_server **server_out);
struct vs_tls_server *vs_tls_server_ref(struct vs_tls_server *server); /* any thread */
void vs_tls_server_unref(struct vs_tls_server **server);
struct ssl_ctx_st *vs_tls_server_context(struct vs_tls_server *server); /* for net */
/* SHA-256 of the key of each CA that client certificates may come from, 32 bytes each in a row;
 * lives as long as the server. */
const uint8_t *vs_tls_server_anchors(const struct vs_tls_server *server, size_t *count_out);
/* Sessions that could be resumed now; at most VS_LIMIT_TLS_SESSIONS. */
size_t vs_tls_server_session_count(struct vs_tls_server *server);

struct vs_tls_client_options {
	const char *ca_file;   /* PEM; never the system's roots */
	const char *cert_file; /* NULL: none */
	const char *key_file;
	bool is_tls12_only;        /* to be an old station in tests */
	const char *tls12_ciphers; /* NULL: ours */
	bool is_session_kept;   /* resume: keep the newest session of this context (one server, one
	                           station) */
	struct vs_pin_set pins; /* of which the server's chain must show one; empty: none */
};
struct vs_tls_client;
VS_RESULT vs_tls_client_new(const struct vs_tls_client_options *options, char *reason,
                            size_t reason_size, struct vs_tls_client **client_out);
struct vs_tls_client *vs_tls_client_ref(struct vs_tls_client *client);
void vs_tls_client_unref(struct vs_tls_client **client);
struct ssl_ctx_st *vs_tls_client_context(struct vs_tls_client *client);
/* Before the handshake: the name (host name or IP address) that the server's certificate must show,
 * SNI when it is a host name, and the kept session if there is one. For net. */
VS_RESULT vs_tls_client_prepare(struct vs_tls_client *client, struct ssl_st *ssl,
                                const char *server_name);

/* For a library that makes the SSL itself: every connection of this context is TLS 1.3, to a server
 * whose certificate shows this name. BAD_VALUE. */
VS_RESULT vs_tls_client_expect(struct vs_tls_client *client, const char *server_name);

/* An issuing CA between the peer's certificate and the CA here by which it is trusted. */
struct vs_tls_link {
	uint8_t spki[32], issuer_spki[32]; /* as in struct vs_tls_peer */
	char serial_hex[41];
};
#define VS_TLS_LINKS_MAX 3 /* a chain that is longer is refused */

/* Who the peer's certificate says it is; valid during the handler's `peer` call. */
struct vs_tls_peer {
	struct vs_bytes
	    common_name; /* exactly one CN, else empty; may hold any bytes, NUL included */
	struct vs_bytes organisation;                  /* exactly one O, else empty */
	uint8_t common_name_count, organisation_count; /* entries of that kind; 255: or more */
	char serial_hex[41];                           /* lower case, no leading zeroes */
	uint8_t fingerprint[32];                       /* SHA-256 of the DER certificate */
	int64_t not_after_ms;                          /* wall clock */
	uint8_t spki[32]; /* SHA-256 of the SubjectPublicKeyInfo, as RFC 7469 pins */
	/* The same of the CA that issued it, and of the CA here by which it is trusted (often the
	 * same one); all zero when the chain was not verified here. */
	uint8_t issuer_spki[32], anchor_spki[32];
	const struct vs_tls_link *links; /* from its issuer upwards, without the anchor */
	size_t link_count;
	struct vs_tls_identity *identity; /* all of this, counted: tls_identity.h */
};
/* The peer of a finished handshake, full or resumed. NOT_FOUND: it showed no certificate;
 * NO_MEMORY, BAD_MESSAGE: it did, but it cannot be told who it is. The views live as long as the
 * session. For net. */
VS_RESULT vs_tls_peer_get(struct ssl_st *ssl, struct vs_tls_peer *peer_out);
/* Server: who the certificate said it was that this handshake refused; NOT_FOUND: none was read. It
 * is a claim, for the log. For net. */
VS_RESULT vs_tls_peer_claimed(struct ssl_st *ssl, struct vs_tls_peer *peer_out);
/* Server, after the handshake: free the peer's certificate, some 10 kB of parsed X.509 that nobody
 * asks for again. vs_tls_peer_get() goes on to answer. For net. */
void vs_tls_peer_forget(struct ssl_st *ssl);
