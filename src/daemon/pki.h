/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of the PKI. The CA's keys are in the key process; STATE/pki has what others read: the
 * root, the issuing CA, and two server certificates (ECDSA and RSA) with their keys, mode 0600.
 *
 * Blocking; one thread at a time.
 */
#pragma once

#include "base/file.h"
#include "keys/certs.h"

struct vs_daemon_pki;

/* A CA whose names say DEV, for this machine. */
extern const struct vs_keys_ca_setup vs_daemon_pki_development;

/* Make the CA when the key process has none, as `setup` says. NULL: NOT_FOUND when there is none. A
 * development CA of an older version, whose keys lay in STATE/pki, is moved there and the files are
 * wiped. client: borrowed. */
VS_RESULT vs_daemon_pki_open(const char *state_dir, struct vs_keys_client *client,
                             const struct vs_keys_ca_setup *setup, struct vs_daemon_pki **pki_out);
void vs_daemon_pki_view(const struct vs_daemon_pki *pki, struct vs_keys_ca_view *view_out);
/* Before certs. NULL is fine. */
void vs_daemon_pki_free(struct vs_daemon_pki **pki);
/* Write what others read, and renew the server certificates that are due; again at any time.
 * *is_changed_out: some file has other content than before, or is to get it by _settle. A root that
 * is new in the file puts the server certificates off to the next call, but for the first one.
 * certs: borrowed from now on. */
VS_RESULT vs_daemon_pki_serve(struct vs_daemon_pki *pki, struct vs_certs *certs, int64_t now_ms,
                              bool *is_changed_out);
/* After a _serve, once every listener shows what it wrote: the roots of the certificates before
 * leave the file. *is_again_out: it put something off, call it again. */
VS_RESULT vs_daemon_pki_settle(struct vs_daemon_pki *pki, bool *is_again_out);

struct vs_daemon_pki_paths {
	char ca[VS_PATH_SIZE];         /* the roots, PEM */
	char station_ca[VS_PATH_SIZE]; /* the issuing CAs: what stations are trusted by */
	char server_ec[VS_PATH_SIZE];  /* key, leaf, issuing CA in one file */
	char server_rsa[VS_PATH_SIZE];
};
const struct vs_daemon_pki_paths *vs_daemon_pki_paths(const struct vs_daemon_pki *pki);

/* Key, leaf and issuing CA of an operator, for when all else is lost, in a new file. After _serve.
 */
VS_RESULT vs_daemon_pki_operator_issue(struct vs_daemon_pki *pki, const char *name,
                                       const char *path);

struct vs_daemon_pki_station {
	char identity[VS_CERT_NAME_SIZE];
	char path[VS_PATH_SIZE];
};
/* Key and leaf with CN = identity in one new file for each (not yet synced). After _serve. */
VS_RESULT vs_daemon_pki_stations_issue(struct vs_daemon_pki *pki, const char *tenant,
                                       const struct vs_daemon_pki_station *stations, size_t count);
