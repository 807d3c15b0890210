/* SPDX-License-Identifier: Apache-2.0 */
#include "api/enrol_cert.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/x509_crl.h"

#define PEM_SIZE_MAX 65536

/* The CA is what our clients trust just now: while the root changes it is more than the new one. */
static vs_result
take(struct vs_api_read *read, const struct vs_cert_row *row, struct vs_api_enrol_cert *cert)
{
	struct vs_x509_cert *leaf = NULL;
	vs_result r = vs_x509_cert_read_der(vs_bytes_from(row->der, row->der_size), &leaf);

	cert->cert_id = row->cert_id;
	if (r.code == VS_E_OK)
		r = vs_x509_cert_write(leaf, &cert->certificate);
	if (r.code == VS_E_OK)
		r = vs_certs_chain(read->api->options.certs, row->generation, &cert->chain);
	if (r.code == VS_E_OK)
		r = vs_file_read(read->api->ca_file, &cert->ca);
	vs_x509_cert_free(&leaf);
	return r;
}

vs_result
vs_api_enrol_certify(struct vs_api_read *read, const struct vs_core_station *station,
                     const char *csr, struct vs_api_enrol_cert *cert)
{
	struct vs_core_behalf behalf = read->behalf;
	const struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_station,
	                .common_name = station->identity,
	                .csr = vs_bytes_from_text(csr)},
	    .tenant = station->tenant,
	    .station = station->identity,
	    .behalf = &behalf,
	};
	char reason[VS_CERTS_REASON_SIZE] = "";
	struct vs_cert_row *row;
	vs_result r;

	if (read->api->options.certs == NULL)
		return VS_FAIL(UNSUPPORTED);
	behalf.name = "enrol";
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&cert->certificate, PEM_SIZE_MAX);
	vs_buf_init(&cert->chain, PEM_SIZE_MAX);
	vs_buf_init(&cert->ca, PEM_SIZE_MAX);
	r = vs_certs_issue(read->api->options.certs, &request, row, reason);
	if (r.code != VS_E_OK)
		(void)snprintf(read->detail, sizeof(read->detail), "csr: %.190s", reason);
	else
		r = take(read, row, cert);
	free(row);
	return r;
}

void
vs_api_enrol_cert_done(struct vs_api_enrol_cert *cert)
{
	vs_buf_done(&cert->certificate);
	vs_buf_done(&cert->chain);
	vs_buf_done(&cert->ca);
}

void
vs_api_write_enrol_cert(struct vs_json_writer *json, const struct vs_api_enrol_cert *cert)
{
	vs_json_write_key(json, "certificate");
	vs_json_write_string(json, vs_buf_view(&cert->certificate));
	vs_json_write_key(json, "chain");
	vs_json_write_string(json, vs_buf_view(&cert->chain));
	vs_json_write_key(json, "ca");
	vs_json_write_string(json, vs_buf_view(&cert->ca));
}

/* --- undone ----------------------------------------------------------------------------------- */

static vs_result
revoke(struct vs_api_read *read)
{
	const int64_t *cert_id = read->arg;
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (row != NULL)
		r = vs_certs_revoke(read->api->options.certs, *cert_id, VS_X509_REASON_WITHDRAWN,
		                    VS_CORE_BEHALF("enrol"), row);
	free(row);
	return r;
}

static void
revoked(struct vs_api_read *read, vs_result result)
{
	const int64_t *cert_id = read->arg;

	VS_LOG(WARN, result.code == VS_E_OK ? "enrol.cert_revoked" : "enrol.cert_not_revoked",
	       VS_BYTES_LITERAL("enrol"), VS_LOG_NUM("cert", *cert_id), VS_LOG_ERR(result));
}

void
vs_api_enrol_undo(struct vs_api *api, int64_t cert_id)
{
	int64_t *argument = calloc(1, sizeof(*argument));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (argument != NULL) {
		*argument = cert_id;
		r = vs_api_read_start(api, 0, "", VS_CORE_TENANT_DEFAULT, "", revoke, revoked,
		                      argument); /* it is the read's, whatever comes */
	}
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "enrol.cert_not_revoked", VS_BYTES_LITERAL("enrol"),
		       VS_LOG_NUM("cert", cert_id), VS_LOG_ERR(r));
}
