/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate service: every certificate that our CA issued, from its request to its end.
 *
 *   issue, renew  the key process signs, the row is stored with its audit record
 *   revoke        state, revocation row (rev_no) and audit record in one transaction; then the list
 * is signed anew, and whoever closes sessions is told sweep         hourly: what is over is marked
 * so, the list is renewed before its end, what ends soon is told rotate        a new root beside
 * the old one until each station has confirmed it
 *
 * Any thread; blocking: from a pool thread or before the reactors run. Two calls that change
 * something wait for each other.
 */
#pragma once

#include "crypto/x509_info.h"
#include "keys/client_ca.h"
#include "keys/keystore.h"

struct vs_certs;

#define VS_CERTS_CRL_DAYS    7
#define VS_CERTS_CRL_FRESH   INT64_C(43200000) /* renewed when it is older */
#define VS_CERTS_OCSP_HOURS  1
#define VS_CERTS_REASON_SIZE 256

struct vs_certs_alarm {
	const struct vs_cert_row *cert;
	int days; /* it ends within: 30, 14, 7, 1 or 0 */
};

struct vs_certs_options {
	const struct vs_keystore *keystore; /* borrowed */
	const struct vs_certstore *store;   /* borrowed */
	struct vs_keys_client *client;      /* borrowed */
	int64_t (*now_ms)(void);
	/* After the commit of a revocation, in the calling thread; may be NULL. */
	void (*revoked)(void *arg, const struct vs_keystore_revocation *revocation);
	/* Of each sweep, for each certificate that ends soon; may be NULL. */
	void (*ends_soon)(void *arg, const struct vs_certs_alarm *alarm);
	void *arg;
};

/* NOT_FOUND: the key process has no CA. */
VS_RESULT vs_certs_new(const struct vs_certs_options *options, struct vs_certs **certs_out);
void vs_certs_free(struct vs_certs **certs);
/* Several nodes: take what another one has changed of the CA. *is_changed_out: other certificates
 * are to be trusted and shown. ROOT_BEHIND, NOT_AUTHENTIC: of keys/shared.h; IO. */
VS_RESULT vs_certs_follow(struct vs_certs *certs, bool *is_changed_out);
/* A change of the CA that was not written, and could not be taken back because the store was away
 * then, is taken back now; until that is done nothing is issued. At once when there is none; else
 * as _follow. */
VS_RESULT vs_certs_settle(struct vs_certs *certs, bool *is_changed_out);
void vs_certs_view(struct vs_certs *certs, struct vs_keys_ca_view *view_out);
const struct vs_certstore *vs_certs_store(const struct vs_certs *certs);

/* --- one certificate ---------------------------------------------------------------------------
 */

struct vs_certs_request {
	struct vs_keys_certify certify;
	const char *tenant, *station; /* "" for servers and operators */
	const struct vs_core_behalf *behalf;
	int64_t renews; /* cert_id of the one whose place it takes, or 0 */
};
/* `reason` (VS_CERTS_REASON_SIZE) says why not: BAD_MESSAGE, BAD_VALUE, UNSUPPORTED, NOT_AUTHENTIC
 * of the CSR, FORBIDDEN by the CA's rules. */
VS_RESULT vs_certs_issue(struct vs_certs *certs, const struct vs_certs_request *request,
                         struct vs_cert_row *row_out, char reason[static VS_CERTS_REASON_SIZE]);
/* Many new ones (no renewals) in one transaction, all or none: for a first equipment. `rows_out`
 * has `count` places. */
VS_RESULT vs_certs_issue_many(struct vs_certs *certs, const struct vs_certs_request *requests,
                              size_t count, struct vs_cert_row *rows_out,
                              char reason[static VS_CERTS_REASON_SIZE]);
/* NOT_FOUND; NOT_NOW: it is revoked or expired already. */
VS_RESULT vs_certs_revoke(struct vs_certs *certs, int64_t cert_id, enum vs_x509_reason reason,
                          const struct vs_core_behalf *behalf, struct vs_cert_row *row_out);
/* The certificates above a leaf of this generation (0: the current one), PEM, appended: what a
 * server or a station sends along. While a root rotation waits the cross-signed issuing CA stands
 * in for the issuing CA of the next generation. */
VS_RESULT vs_certs_chain(struct vs_certs *certs, uint32_t generation, struct vs_buf *pem);
/* The roots to trust: the current one and, while a rotation waits, the next one, PEM, appended. */
VS_RESULT vs_certs_roots(struct vs_certs *certs, struct vs_buf *pem);
/* The issuing CAs whose stations are let in, PEM, appended: as above, and those of earlier
 * generations as long as a certificate of theirs is good. */
VS_RESULT vs_certs_issuers(struct vs_certs *certs, struct vs_buf *pem);

/* When a certificate is to be renewed: at 60 % of its life, up to 5 % later, the same for the same
 * seed (of a fleet that was made at once not all come at once). */
int64_t vs_certs_due_ms(int64_t not_before_ms, int64_t not_after_ms, uint64_t seed);
/* The smallest of 30, 14, 7, 1 and 0 days within which it ends; -1: not soon. */
int vs_certs_threshold(int64_t not_after_ms, int64_t now_ms);

/* --- what is published -------------------------------------------------------------------------
 */

/* The current list of this generation (0: the current one), DER, appended; signed when there is
 * none yet. */
VS_RESULT vs_certs_crl(struct vs_certs *certs, uint32_t generation, struct vs_buf *der);
/* Answers every request, a bad one with a refusal. DER, appended. */
VS_RESULT vs_certs_ocsp(struct vs_certs *certs, struct vs_bytes request, struct vs_buf *der);

/* --- inventory ---------------------------------------------------------------------------------
 */

struct vs_certs_inventory {
	int64_t valid, superseded, revoked, expired;
	int64_t within[4];                      /* valid ones that end within 30, 14, 7, 1 days */
	int64_t next_end_ms;                    /* of the valid ones; 0: none */
	int64_t crl_number, crl_next_update_ms; /* of the current generation; 0: none */
};
VS_RESULT vs_certs_inventory(struct vs_certs *certs, struct vs_certs_inventory *inventory_out);
/* Hourly, and at start. */
VS_RESULT vs_certs_sweep(struct vs_certs *certs);

/* --- rotation of the root ----------------------------------------------------------------------
 */

struct vs_certs_rotation {
	struct vs_cert_rotation row;
	int64_t confirmed;
};
/* The next root, issuing CA and cross-certificates are made; new certificates still come from the
 * current one. NOT_NOW: one waits already; NOT_FOUND: the root's key is offline. */
VS_RESULT vs_certs_rotation_begin(struct vs_certs *certs, const struct vs_core_behalf *behalf,
                                  struct vs_certs_rotation *rotation_out);
VS_RESULT vs_certs_rotation_status(struct vs_certs *certs,
                                   struct vs_certs_rotation *rotation_out); /* NOT_FOUND */
/* A station has the new root: it said so, or an operator did. Again: OK. NOT_NOW: none waits. */
VS_RESULT vs_certs_rotation_confirm(struct vs_certs *certs, const char *tenant, const char *station,
                                    const struct vs_core_behalf *behalf);
/* Has that station confirmed? */
VS_RESULT vs_certs_rotation_confirmed(struct vs_certs *certs, const char *tenant,
                                      const char *station, bool *is_confirmed_out);
/* `missing`: how many stations have not confirmed, as the caller counts them, without those that
 * `except` names ("" or for the audit). NOT_NOW when there
 * are any and it is not forced; a forced end is audited as such. */
VS_RESULT vs_certs_rotation_finish(struct vs_certs *certs, int64_t missing, bool is_forced,
                                   const char *except, const struct vs_core_behalf *behalf);
VS_RESULT vs_certs_rotation_abort(struct vs_certs *certs, const struct vs_core_behalf *behalf);
