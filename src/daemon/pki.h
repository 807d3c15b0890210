/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The development PKI in STATE/pki: a root, an issuing CA, two server certificates (ECDSA and RSA),
 * and station certificates on demand. Its names say DEV, its keys lie in files of mode 0600: it is
 * for one machine and its simulator, never for production.
 */
#pragma once

#include "base/bytes.h"
#include "base/file.h"

struct vs_daemon_pki;

/* Load, or make what is missing; renew server certificates that end within 7 days. */
VS_RESULT vs_daemon_pki_open(const char *state_dir, int64_t now_ms, struct vs_daemon_pki **pki_out);
void vs_daemon_pki_free(struct vs_daemon_pki **pki);

struct vs_daemon_pki_paths {
	char ca[VS_PATH_SIZE];         /* the root, PEM */
	char station_ca[VS_PATH_SIZE]; /* the issuing CA: what stations are trusted by */
	char server_ec[VS_PATH_SIZE];  /* key, leaf, issuing CA in one file */
	char server_rsa[VS_PATH_SIZE];
};
const struct vs_daemon_pki_paths *vs_daemon_pki_paths(const struct vs_daemon_pki *pki);
/* Key and leaf with CN = identity in one new file (not yet synced). */
VS_RESULT vs_daemon_pki_station_issue(struct vs_daemon_pki *pki, const char *identity,
                                      int64_t now_ms, const char *path);
