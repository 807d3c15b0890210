/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that our CA issued: lists and single ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/certificates.h"
#include "base/clock.h"
#include "crypto/x509_info.h"

#define PEM_SIZE_MAX 32768
#define DAY_MS       INT64_C(86400000)

bool
vs_api_certs_missing(struct vs_api *api, const struct vs_api_request *request)
{
	if (api->options.certs != NULL)
		return false;
	vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(UNSUPPORTED),
	                      "the key process has no CA");
	return true;
}

void
vs_api_write_cert(struct vs_json_writer *json, const struct vs_cert_row *row)
{
	uint64_t seed = (uint64_t)row->cert_id;

	vs_api_write_text(json, "serial", row->serial);
	vs_api_write_text(json, "profile", row->profile);
	vs_api_write_text(json, "common_name", row->common_name);
	vs_api_write_text(json, "station", row->station);
	vs_api_write_text(json, "state", vs_cert_state_text(row->state));
	vs_api_write_time(json, "state_at", row->state_ms);
	vs_api_write_text(json, "reason", row->reason);
	vs_api_write_time(json, "not_before", row->not_before_ms);
	vs_api_write_time(json, "not_after", row->not_after_ms);
	vs_api_write_time(json, "renew_at",
	                  vs_certs_due_ms(row->not_before_ms, row->not_after_ms, seed));
	vs_api_write_int(json, "generation", row->generation);
	vs_api_write_text(json, "fingerprint", row->fingerprint);
	vs_api_write_text(json, "spki_sha256", row->spki);
}

vs_result
vs_api_write_cert_pem(struct vs_api_read *read, const struct vs_cert_row *row)
{
	struct vs_x509_cert *cert = NULL;
	struct vs_buf pem;
	vs_result r;

	vs_buf_init(&pem, PEM_SIZE_MAX);
	r = vs_x509_cert_read_der(vs_bytes_from(row->der, row->der_size), &cert);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_write(cert, &pem);
	if (r.code == VS_E_OK) {
		vs_json_write_key(&read->json, "certificate");
		vs_json_write_string(&read->json, vs_buf_view(&pem));
		vs_buf_reset(&pem);
		r = vs_certs_chain(read->api->options.certs, row->generation, &pem);
	}
	if (r.code == VS_E_OK) {
		vs_json_write_key(&read->json, "chain");
		vs_json_write_string(&read->json, vs_buf_view(&pem));
	}
	vs_x509_cert_free(&cert);
	vs_buf_done(&pem);
	return r;
}

/* Another tenant's is as if it were not there; those of servers and operators have none and are the
 * installation's. */
static bool
is_of(const struct vs_cert_row *row, const char *tenant)
{
	return strcmp(row->tenant[0] != '\0' ? row->tenant : VS_CORE_TENANT_DEFAULT, tenant) == 0;
}

vs_result
vs_api_cert_find(struct vs_api_read *read, const char *serial, struct vs_cert_row *row_out)
{
	const struct vs_certstore *store = vs_certs_store(read->api->options.certs);

	VS_TRY(store->find(store->self, serial, "", row_out));
	return is_of(row_out, read->tenant) ? VS_OK : VS_FAIL(NOT_FOUND);
}

/* --- lists ----------------------------------------------------------------------------------- */

static bool
row_write(const struct vs_cert_row *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!is_of(row, page->read->tenant))
		return true;
	if (!vs_api_page_row_number(page, row->cert_id))
		return false;
	vs_api_write_cert(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_certstore *store = vs_certs_store(read->api->options.certs);
	struct vs_api_page page;
	struct vs_cert_query query = {.limit = 1000000};
	char *end = NULL;

	query.after = read->list.text[0] != '\0' ? strtoll(read->list.text, &end, 10) : 0;
	if (end != NULL && *end != '\0') {
		(void)snprintf(read->detail, sizeof(read->detail), "cursor: not one of ours");
		return VS_FAIL(BAD_VALUE);
	}
	if (read->list.station[0] != '\0')
		query.station = read->list.station;
	if (read->list.only_active)
		query.state = "valid";
	vs_api_page_begin(&page, read);
	VS_TRY(store->certs(store->self, &query, row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_certificates_list(struct vs_api *api, const struct vs_api_request *request)
{
	if (!vs_api_certs_missing(api, request))
		vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

static vs_result
show_build(struct vs_api_read *read)
{
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (row != NULL)
		r = vs_api_cert_find(read, read->id, row);
	if (r.code == VS_E_OK) {
		vs_json_write_begin(&read->json, &read->body);
		vs_json_write_object(&read->json);
		vs_api_write_cert(&read->json, row);
		r = vs_api_write_cert_pem(read, row);
		vs_json_write_object_end(&read->json);
	}
	free(row);
	VS_TRY(r);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_certificate_show(struct vs_api *api, const struct vs_api_request *request)
{
	if (!vs_api_certs_missing(api, request))
		vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

static vs_result
inventory_build(struct vs_api_read *read)
{
	struct vs_certs_inventory inventory;
	struct vs_json_writer *json = &read->json;

	VS_TRY(vs_certs_inventory(read->api->options.certs, &inventory));
	vs_json_write_begin(json, &read->body);
	vs_json_write_object(json);
	vs_api_write_int(json, "valid", inventory.valid);
	vs_api_write_int(json, "superseded", inventory.superseded);
	vs_api_write_int(json, "revoked", inventory.revoked);
	vs_api_write_int(json, "expired", inventory.expired);
	vs_api_write_int(json, "within_30_days", inventory.within[0]);
	vs_api_write_int(json, "within_14_days", inventory.within[1]);
	vs_api_write_int(json, "within_7_days", inventory.within[2]);
	vs_api_write_int(json, "within_1_day", inventory.within[3]);
	vs_api_write_time(json, "next_end",
	                  inventory.next_end_ms != 0 ? inventory.next_end_ms : VS_CORE_ABSENT);
	vs_api_write_int(json, "crl_number", inventory.crl_number);
	vs_api_write_time(json, "crl_next_update",
	                  inventory.crl_number != 0 ? inventory.crl_next_update_ms
	                                            : VS_CORE_ABSENT);
	vs_json_write_object_end(json);
	return vs_json_write_end(json);
}

void
vs_api_on_certificates_inventory(struct vs_api *api, const struct vs_api_request *request)
{
	if (!vs_api_certs_missing(api, request))
		vs_api_read(api, request, VS_API_KEY_NONE, inventory_build);
}
