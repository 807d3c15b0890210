/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status file: who says what has become of the certificates of other CAs. One line for each CA,
 * "CA OCSP CRL [private] [below]", with tabs between:
 *
 *   CA       PEM file with the certificate of the CA that issued them
 *   OCSP     http URL of its responder, or "-"
 *   CRL      http URL of its revocation list, or "-"
 *   private  the names in these URLs may lead to addresses of a private network
 *   below    the responder also speaks for the CAs below this one that stations send along
 *
 * Nobody else is ever asked, whatever a certificate or a station names. Empty lines and lines that
 * begin with '#' say nothing.
 */
#pragma once

#include <stdatomic.h>

#include "base/file.h"
#include "core/revocation.h"
#include "crypto/x509.h"
#include "fetch/fetch.h"

struct vs_daemon_source {
	char ca_file[VS_PATH_SIZE];
	char ocsp_url[VS_FETCH_URL_SIZE], crl_url[VS_FETCH_URL_SIZE]; /* "": none */
	char issuer[VS_CORE_HASH_TEXT_SIZE];                          /* SHA-256 of the CA's key */
	char name[65]; /* its common name, for people */
	bool is_private_allowed, is_for_below;
	struct vs_x509_cert *ca;
};

/* Counted and immutable: whoever fetches keeps the set that it began with. */
struct vs_daemon_sources {
	atomic_size_t refs;
	size_t count;
	struct vs_daemon_source rows[];
};

/* CONFIG: `reason` says which line and why. */
VS_RESULT vs_daemon_sources_read(const char *path, char *reason, size_t reason_size,
                                 struct vs_daemon_sources **sources_out);
struct vs_daemon_sources *vs_daemon_sources_ref(struct vs_daemon_sources *sources);
void vs_daemon_sources_unref(struct vs_daemon_sources **sources);
