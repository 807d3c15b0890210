/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate authority inside the key process: its private keys are in the vault and nowhere
 * else, and so are the rules by which they sign. Whoever asks (a daemon, perhaps a hostile one)
 * chooses a profile for leaves, a name within the rules and a number of days within the profile;
 * not the organisation, not other hosts, not the URLs, not a CA, not the time.
 *
 *   root n          signs issuing n; its key may be taken offline (vs_keys_ca_export_root)
 *    +- issuing n   signs leaves, the list of what it revoked, and the OCSP signer
 *        +- OCSP signer   made in memory when it is needed, never stored
 *
 * n is a generation. A rotation of the root makes the next one, cross-signed by the current root;
 * both sign until the next becomes current (promote) or is dropped. Older ones go on to sign their
 * lists. One thread.
 */
#pragma once

#include "crypto/x509_ocsp.h"
#include "keys/ca_rules.h"
#include "keys/vault.h"

struct vs_keys_ca;

VS_RESULT vs_keys_ca_open(struct vs_keys_vault *vault, struct vs_keys_ca **ca_out);
/* The vault holds other secrets than before: keys, certificates and rules are read anew; a list
 * that is being put together stays. CONFIG: they do not fit, and nothing is changed. */
VS_RESULT vs_keys_ca_reload(struct vs_keys_ca *ca);
void vs_keys_ca_free(struct vs_keys_ca **ca);
/* The first generation. EXISTS; BAD_VALUE with *reason_out. */
VS_RESULT vs_keys_ca_make(struct vs_keys_ca *ca, const struct vs_keys_ca_setup *setup,
                          int64_t now_ms, const char **reason_out);

/* The same from a CA that lay in files, each a key and its certificate, PEM: of an older
 * development system. EXISTS; BAD_MESSAGE; FORBIDDEN: they do not belong together. */
VS_RESULT vs_keys_ca_adopt(struct vs_keys_ca *ca, const struct vs_keys_ca_setup *setup,
                           struct vs_bytes root, struct vs_bytes issuing);

VS_RESULT vs_keys_ca_view(const struct vs_keys_ca *ca,
                          struct vs_keys_ca_view *view_out); /* NOT_FOUND: no CA yet */

/* generation 0: the current one. NOT_FOUND. DER, appended. */
VS_RESULT vs_keys_ca_cert(const struct vs_keys_ca *ca, uint32_t generation,
                          enum vs_keys_ca_cert which, struct vs_buf *der);

/* DER, appended. BAD_VALUE and FORBIDDEN with *reason_out, a static text. */
VS_RESULT vs_keys_ca_certify(struct vs_keys_ca *ca, const struct vs_keys_certify *certify,
                             int64_t now_ms, struct vs_buf *der, const char **reason_out);

/* A revocation list is begun, put together with any number of adds, and signed. BUSY past
 * VS_LIMIT_CRL_ENTRIES. */
void vs_keys_ca_crl_begin(struct vs_keys_ca *ca);
VS_RESULT vs_keys_ca_crl_add(struct vs_keys_ca *ca, const struct vs_x509_crl_entry *entry);
/* Of this generation, good for `days` (1 to 8) from now. The list is kept until the next one, to be
 * read in pieces. */
VS_RESULT vs_keys_ca_crl_sign(struct vs_keys_ca *ca, uint32_t generation, int64_t number,
                              uint32_t days, int64_t now_ms, struct vs_bytes *list_out);
struct vs_bytes vs_keys_ca_crl(const struct vs_keys_ca *ca);

/* Answers a whole OCSP request, whose certificates must be of one generation (else NOT_FOUND), good
 * for `hours`. DER, appended. */
VS_RESULT vs_keys_ca_ocsp_sign(struct vs_keys_ca *ca, struct vs_bytes request,
                               const struct vs_x509_ocsp_status *statuses, size_t count,
                               uint32_t hours, int64_t now_ms, struct vs_buf *der);

/* --- life of the root --------------------------------------------------------------------------
 */

/* The next generation, under the same rules. NOT_NOW: there is one already; NOT_FOUND: the root's
 * key is offline (bring it back with import). */
VS_RESULT vs_keys_ca_next(struct vs_keys_ca *ca, int64_t now_ms);
VS_RESULT vs_keys_ca_promote(struct vs_keys_ca *ca); /* next becomes current; NOT_FOUND */
VS_RESULT vs_keys_ca_drop(struct vs_keys_ca *ca);    /* the next one, unused; NOT_FOUND */
/* The current root's key, PKCS#8 under the passphrase, appended; it stays until _forget_root. */
VS_RESULT vs_keys_ca_export_root(struct vs_keys_ca *ca, struct vs_secret *passphrase,
                                 struct vs_buf *pem);
VS_RESULT vs_keys_ca_forget_root(struct vs_keys_ca *ca);
/* FORBIDDEN: not the current root's key; NOT_AUTHENTIC, BAD_MESSAGE: as vs_x509_key_read_sealed. */
VS_RESULT vs_keys_ca_import_root(struct vs_keys_ca *ca, struct vs_bytes pem,
                                 struct vs_secret *passphrase);
