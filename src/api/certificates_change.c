/* SPDX-License-Identifier: Apache-2.0 */
/* Issue, renew and revoke: in the pool, for the key process is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/certificates.h"

#define FIELDS_MAX 6
#define DAYS_MAX   3650

enum what { ISSUE, RENEW, REVOKE };

struct order {
	enum what what;
	char csr[VS_LIMIT_CSR_SIZE + 1], profile[VS_CERT_WORD_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char name[VS_X509_NAME_SIZE], hosts[VS_X509_NAMES_SIZE], reason[VS_CERT_WORD_SIZE];
	int64_t days;
};

/* What a renewal says of itself is what the old one said. */
static vs_result
renewal(const struct vs_cert_row *old, struct order *order, struct vs_x509_info *info)
{
	struct vs_x509_cert *cert = NULL;
	vs_result r;

	if (old->state == VS_CERT_REVOKED)
		return VS_FAIL(NOT_NOW);
	r = vs_x509_cert_read_der(vs_bytes_from(old->der, old->der_size), &cert);
	if (r.code == VS_E_OK)
		r = vs_x509_info_get(cert, info);
	vs_x509_cert_free(&cert);
	if (r.code != VS_E_OK)
		return r;
	(void)snprintf(order->profile, sizeof(order->profile), "%s", old->profile);
	(void)snprintf(order->station, sizeof(order->station), "%.48s", old->station);
	(void)snprintf(order->name, sizeof(order->name), "%s", old->common_name);
	memcpy(order->hosts, info->hosts, sizeof(order->hosts));
	return VS_OK;
}

static vs_result
issue(struct vs_api_read *read, struct order *order, struct vs_cert_row *row)
{
	struct vs_certs_request request = {.behalf = &read->behalf, .tenant = "", .station = ""};
	char reason[VS_CERTS_REASON_SIZE] = "";
	struct vs_x509_info info;
	vs_result r;

	if (order->what == RENEW) {
		VS_TRY(vs_api_cert_find(read, read->id, row));
		VS_TRY(renewal(row, order, &info));
		request.renews = row->cert_id;
	}
	r = vs_x509_profile_parse(vs_bytes_from_text(order->profile), &request.certify.profile);
	if (r.code != VS_E_OK) {
		(void)snprintf(read->detail, sizeof(read->detail),
		               "profile: station, server or operator is expected");
		return r;
	}
	/* A station of another tenant is none; servers and operators are the installation's. */
	if (request.certify.profile == VS_X509_station
	        ? !vs_core_identity_fits(vs_bytes_from_text(order->station), read->tenant)
	        : strcmp(read->tenant, VS_CORE_TENANT_DEFAULT) != 0) {
		(void)snprintf(read->detail, sizeof(read->detail),
		               "station: the identity of one of your stations is expected");
		return VS_FAIL(BAD_VALUE);
	}
	request.certify.csr = vs_bytes_from_text(order->csr);
	request.certify.days = (uint32_t)order->days;
	request.certify.hosts = request.certify.profile == VS_X509_server ? order->hosts : NULL;
	request.certify.common_name = order->name;
	if (request.certify.profile == VS_X509_station) {
		request.certify.common_name = request.station = order->station;
		request.tenant = read->tenant;
	}
	r = vs_certs_issue(read->api->options.certs, &request, row, reason);
	if (r.code != VS_E_OK)
		(void)snprintf(read->detail, sizeof(read->detail), "%.190s", reason);
	return r;
}

static vs_result
revoke(struct vs_api_read *read, const struct order *order, struct vs_cert_row *row)
{
	enum vs_x509_reason reason;
	vs_result r = vs_x509_reason_parse(vs_bytes_from_text(order->reason), &reason);

	if (r.code != VS_E_OK) {
		(void)snprintf(
		    read->detail, sizeof(read->detail),
		    "reason: unspecified, key-compromise, ca-compromise, changed, superseded, "
		    "retired or withdrawn is expected");
		return r;
	}
	VS_TRY(vs_api_cert_find(read, read->id, row));
	return vs_certs_revoke(read->api->options.certs, row->cert_id, reason, &read->behalf, row);
}

static vs_result
build(struct vs_api_read *read)
{
	struct order *order = read->arg;
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (row != NULL)
		r = order->what == REVOKE ? revoke(read, order, row) : issue(read, order, row);
	if (r.code == VS_E_OK) {
		read->status = order->what == REVOKE ? 200 : 201;
		vs_json_write_begin(&read->json, &read->body);
		vs_json_write_object(&read->json);
		vs_api_write_cert(&read->json, row);
		if (order->what != REVOKE)
			r = vs_api_write_cert_pem(read, row);
		vs_json_write_object_end(&read->json);
	}
	free(row);
	VS_TRY(r);
	return vs_json_write_end(&read->json);
}

/* The members of each request; which ones there are is all that the three differ in. */
static size_t
order_fields(struct order *order, struct vs_api_field fields[static FIELDS_MAX])
{
	const struct vs_api_field csr = {
	    .name = "csr", .is_required = true, .size = sizeof(order->csr), .target = order->csr};
	const struct vs_api_field days = {.name = "days",
	                                  .type = VS_API_FIELD_INT,
	                                  .low = 1,
	                                  .high = DAYS_MAX,
	                                  .target = &order->days};
	const struct vs_api_field reason = {.name = "reason",
	                                    .is_required = true,
	                                    .size = sizeof(order->reason),
	                                    .target = order->reason};
	const struct vs_api_field names[] = {
	    {.name = "profile", .size = sizeof(order->profile), .target = order->profile},
	    {.name = "station", .size = sizeof(order->station), .target = order->station},
	    {.name = "name", .size = sizeof(order->name), .target = order->name},
	    {.name = "hosts", .size = sizeof(order->hosts), .target = order->hosts},
	};
	size_t count = 0;

	if (order->what == REVOKE) {
		fields[count++] = reason;
		return count;
	}
	fields[count++] = csr;
	fields[count++] = days;
	for (size_t i = 0; order->what == ISSUE && i < sizeof(names) / sizeof(names[0]); i++)
		fields[count++] = names[i];
	return count;
}

static void
start(struct vs_api *api, const struct vs_api_request *request, enum what what)
{
	struct vs_api_field fields[FIELDS_MAX];
	char detail[VS_API_DETAIL_SIZE] = "";
	struct order *order;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (vs_api_certs_missing(api, request))
		return;
	order = calloc(1, sizeof(*order));
	if (order != NULL) {
		order->what = what;
		(void)snprintf(order->profile, sizeof(order->profile), "station");
		r = vs_api_body_read(request->body, fields, order_fields(order, fields), detail);
	}
	if (r.code == VS_E_OK)
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, build, NULL, order);
	else
		free(order);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

void
vs_api_on_certificate_issue(struct vs_api *api, const struct vs_api_request *request)
{
	start(api, request, ISSUE);
}

void
vs_api_on_certificate_renew(struct vs_api *api, const struct vs_api_request *request)
{
	start(api, request, RENEW);
}

void
vs_api_on_certificate_revoke(struct vs_api *api, const struct vs_api_request *request)
{
	start(api, request, REVOKE);
}
