/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the key process for what only the CA's keys can do: the requests CA_* of requests.def. As
 * keys/client.h says: blocking, any thread, one at a time. */
#pragma once

#include "crypto/x509_ocsp.h"
#include "keys/ca_rules.h"
#include "keys/client.h"

VS_RESULT vs_keys_client_ca_view(struct vs_keys_client *client,
                                 struct vs_keys_ca_view *view_out); /* NOT_FOUND */
/* Before the daemon runs only. EXISTS; BAD_VALUE: see vs_keys_ca_setup_fault. */
VS_RESULT vs_keys_client_ca_make(struct vs_keys_client *client,
                                 const struct vs_keys_ca_setup *setup);
/* The same from the files of an older development system: vs_keys_ca_adopt. */
VS_RESULT vs_keys_client_ca_adopt(struct vs_keys_client *client,
                                  const struct vs_keys_ca_setup *setup, struct vs_bytes root,
                                  struct vs_bytes issuing);
/* DER, appended. NOT_FOUND. */
VS_RESULT vs_keys_client_ca_cert(struct vs_keys_client *client, uint32_t generation,
                                 enum vs_keys_ca_cert which, struct vs_buf *der);
/* DER, appended. FORBIDDEN: against the rules; the others as vs_x509_csr_read. */
VS_RESULT vs_keys_client_ca_certify(struct vs_keys_client *client,
                                    const struct vs_keys_certify *certify, struct vs_buf *der);
/* The whole list, DER, appended. Several requests: one thread at a time. */
VS_RESULT vs_keys_client_ca_crl(struct vs_keys_client *client, uint32_t generation, int64_t number,
                                uint32_t days, const struct vs_x509_crl_entry *entries,
                                size_t count, struct vs_buf *der);
VS_RESULT vs_keys_client_ca_ocsp(struct vs_keys_client *client, struct vs_bytes request,
                                 const struct vs_x509_ocsp_status *statuses, size_t count,
                                 uint32_t hours, struct vs_buf *der);
VS_RESULT vs_keys_client_ca_next(struct vs_keys_client *client);
VS_RESULT vs_keys_client_ca_promote(struct vs_keys_client *client);
VS_RESULT vs_keys_client_ca_drop(struct vs_keys_client *client);
/* A maintenance command's only. */
VS_RESULT vs_keys_client_ca_root_export(struct vs_keys_client *client, struct vs_secret *passphrase,
                                        struct vs_buf *pem);
VS_RESULT vs_keys_client_ca_root_forget(struct vs_keys_client *client);
VS_RESULT vs_keys_client_ca_root_import(struct vs_keys_client *client, struct vs_bytes pem,
                                        struct vs_secret *passphrase);
