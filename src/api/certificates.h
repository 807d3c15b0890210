/* SPDX-License-Identifier: Apache-2.0 */
/* What the handlers about certificates and the CA share. Not for other folders. */
#pragma once

#include "api/state.h"
#include "keys/certs.h"

/* Answered already when true: there is no CA. */
bool vs_api_certs_missing(struct vs_api *api, const struct vs_api_request *request);
/* Members only, without the certificate itself. */
void vs_api_write_cert(struct vs_json_writer *json, const struct vs_cert_row *row);
/* In the pool: "certificate" and "chain", both PEM. */
VS_RESULT vs_api_write_cert_pem(struct vs_api_read *read, const struct vs_cert_row *row);
/* In the pool: by its serial, of the asking tenant. NOT_FOUND. */
VS_RESULT vs_api_cert_find(struct vs_api_read *read, const char *serial,
                           struct vs_cert_row *row_out);
