/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a device that registers itself with a request of its own (PKCS #10): its key
 * never leaves it. Not for other folders. */
#pragma once

#include "api/state.h"
#include "keys/certs.h"

struct vs_api_enrol_cert {
	int64_t cert_id;                      /* 0: none */
	struct vs_buf certificate, chain, ca; /* PEM */
};
/* In the pool: certify it. As vs_certs_issue, with words in read->detail. Free with _done, also
 * after a failure. */
VS_RESULT vs_api_enrol_certify(struct vs_api_read *read, const struct vs_core_station *station,
                               const char *csr, struct vs_api_enrol_cert *cert);
void vs_api_enrol_cert_done(struct vs_api_enrol_cert *cert);
/* Members of an object that is open. */
void vs_api_write_enrol_cert(struct vs_json_writer *json, const struct vs_api_enrol_cert *cert);
/* It was issued and nobody gets it, because the registration failed: revoke it, in the pool. */
void vs_api_enrol_undo(struct vs_api *api, int64_t cert_id);
