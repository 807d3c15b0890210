/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/errands_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "wire/base64.h"
#include "wire/json.h"

#define ANSWER_S       60u
#define CHAIN_SIZE_MAX 10000u /* OCPP 2.0.1 A02.FR.16, and CertificateSigned.certificateChain */
#define BODY_SIZE_MAX  (2u * CHAIN_SIZE_MAX)
#define ROWS_MAX       64u

void
vs_errand_free(struct vs_errand *errand)
{
	(void)atomic_fetch_sub(&errand->owner->count, 1);
	vs_buf_done(&errand->der);
	free(errand);
}

vs_result
vs_errand_new(struct vs_daemon_errands *errands, const char *peer, struct vs_bytes csr,
              struct vs_errand **errand_out)
{
	struct vs_errand *errand;

	if (errands->options.certs == NULL || errands->central == NULL)
		return VS_FAIL(NOT_FOUND);
	if (atomic_fetch_add(&errands->count, 1) >= VS_LIMIT_ERRANDS) {
		(void)atomic_fetch_sub(&errands->count, 1);
		return VS_FAIL(BUSY);
	}
	errand = calloc(1, sizeof(*errand) + csr.size);
	if (errand == NULL) {
		(void)atomic_fetch_sub(&errands->count, 1);
		return VS_FAIL(NO_MEMORY);
	}
	errand->owner = errands;
	vs_core_behalf_init(&errand->behalf, "station", peer);
	errand->csr_size = csr.size;
	if (csr.size > 0)
		memcpy(errand->csr, csr.data, csr.size);
	vs_buf_init(&errand->der, VS_LIMIT_OCSP_ANSWER_SIZE);
	*errand_out = errand;
	return VS_OK;
}

/* --- signing: in the pool --- */

struct search {
	const char *spki;
	struct vs_cert_row *row;
	bool is_found;
};

static bool
same_key(const struct vs_cert_row *row, void *arg)
{
	struct search *search = arg;

	if (strcmp(row->spki, search->spki) == 0) {
		*search->row = *row; /* the last one is the newest */
		search->is_found = true;
	}
	return true;
}

/* A station repeats a request whose answer it has not seen (A02.FR.17 to 19): what was issued for
 * the same key is brought again, and no second certificate is made. */
static vs_result
find_again(const struct vs_errand *errand, struct vs_cert_row *row)
{
	const struct vs_daemon_errands_options *options = &errand->owner->options;
	const struct vs_certstore *store = vs_certs_store(options->certs);
	const struct vs_cert_query query = {.tenant = errand->tenant,
	                                    .station = errand->station,
	                                    .state = vs_cert_state_text(VS_CERT_VALID),
	                                    .ends_from_ms = options->now_ms(),
	                                    .limit = ROWS_MAX};
	struct vs_x509_csr_info info;
	struct vs_x509_csr *csr = NULL;
	char spki[VS_CERT_HASH_SIZE] = "";
	struct search search = {spki, row, false};

	VS_TRY(vs_x509_csr_read(vs_bytes_from(errand->csr, errand->csr_size), NULL, &csr));
	vs_x509_csr_info(csr, &info);
	vs_x509_csr_free(&csr);
	(void)vs_hex_encode(vs_bytes_from(info.spki_sha256, sizeof(info.spki_sha256)), spki,
	                    sizeof(spki));
	VS_TRY(store->certs(store->self, &query, same_key, &search));
	return search.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

static vs_result
issue(struct vs_errand *errand, struct vs_cert_row *row)
{
	const struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_station,
	                .csr = vs_bytes_from(errand->csr, errand->csr_size),
	                .common_name = errand->station},
	    .tenant = errand->tenant,
	    .station = errand->station,
	    .behalf = &errand->behalf};
	vs_result r = find_again(errand, row);

	if (r.code == VS_E_NOT_FOUND)
		r = vs_certs_issue(errand->owner->options.certs, &request, row, errand->reason);
	return r;
}

/* Leaf first, then what is above it, without the root (A02.FR.08). */
static vs_result
write_chain(const struct vs_errand *errand, const struct vs_cert_row *row, struct vs_buf *pem)
{
	struct vs_x509_cert *cert = NULL;
	vs_result r;

	VS_TRY(vs_x509_cert_read_der(vs_bytes_from(row->der, row->der_size), &cert));
	r = vs_x509_cert_write(cert, pem);
	vs_x509_cert_free(&cert);
	VS_TRY(r);
	return vs_certs_chain(errand->owner->options.certs, row->generation, pem);
}

/* OCPP 1.6 knows one type of certificate here, and has no member for it. */
static bool
speaks_16(const struct vs_errand *errand)
{
	struct vs_core_station station;

	return vs_core_registry_find(errand->owner->options.registry,
	                             vs_bytes_from_text(errand->station), &station)
	               .code == VS_E_OK &&
	       station.spoken == UINT32_C(1) << VS_CORE_OCPP_16;
}

static vs_result
deliver(struct vs_errand *errand, const struct vs_cert_row *row)
{
	const struct vs_port_commands commands = vs_central_commands(errand->owner->central);
	char id[VS_CORE_UUID_SIZE], fault[128] = "";
	struct vs_json_writer writer;
	struct vs_buf pem, body;
	vs_result r;

	vs_buf_init(&pem, CHAIN_SIZE_MAX);
	vs_buf_init(&body, BODY_SIZE_MAX);
	r = write_chain(errand, row, &pem);
	if (r.code == VS_E_OK) {
		vs_json_write_begin(&writer, &body);
		vs_json_write_object(&writer);
		vs_json_write_key(&writer, "certificateChain");
		vs_json_write_string(&writer, vs_buf_view(&pem));
		if (!speaks_16(errand)) {
			vs_json_write_key(&writer, "certificateType");
			vs_json_write_text(&writer, "ChargingStationCertificate");
		}
		vs_json_write_object_end(&writer);
		r = vs_json_write_end(&writer);
	}
	vs_uuid_new(errand->owner->options.now_ms(), id);
	if (r.code == VS_E_OK)
		r = commands.send(commands.self, errand->tenant, errand->station, id,
		                  "CertificateSigned", vs_buf_view(&body), ANSWER_S * 1000, fault,
		                  sizeof(fault));
	if (r.code != VS_E_OK && fault[0] != '\0')
		(void)snprintf(errand->reason, sizeof(errand->reason), "%s", fault);
	vs_buf_done(&pem);
	vs_buf_done(&body);
	return r;
}

/* Every word in it is ours. */
static void
tell_failure(const struct vs_errand *errand, vs_result why)
{
	const struct vs_daemon_errands_options *options = &errand->owner->options;
	const char *reason = errand->reason[0] != '\0' ? errand->reason : vs_err_text(why.code);
	struct vs_core_record *record = NULL;
	struct vs_json_writer writer;
	struct vs_buf body;
	vs_result r;

	VS_LOG(WARN, "cert.not_signed", vs_bytes_from_text(errand->station),
	       VS_LOG_STR("reason", reason), VS_LOG_ERR(why));
	vs_buf_init(&body, 1024);
	vs_json_write_begin(&writer, &body);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "reason");
	vs_json_write_text(&writer, reason);
	vs_json_write_object_end(&writer);
	r = vs_json_write_end(&writer);
	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_security_event, errand->tenant, errand->station,
		                       options->now_ms(), vs_buf_view(&body),
		                       vs_bytes_from(NULL, 0), &record);
	if (r.code == VS_E_OK) {
		(void)snprintf(record->u.event.type, sizeof(record->u.event.type),
		               "CertificateNotSigned");
		record->u.event.severity = VS_CORE_WARNING;
		record->u.event.at_ms = options->now_ms();
		memcpy(record->u.event.source, errand->behalf.source,
		       sizeof(errand->behalf.source));
		r = options->writer.submit(options->writer.self, record, 1);
		if (r.code != VS_E_OK)
			vs_core_record_free(&record);
	}
	vs_buf_done(&body);
}

static vs_result
run_sign(void *argument)
{
	struct vs_errand *errand = argument;
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	vs_result r = row != NULL ? issue(errand, row) : VS_FAIL(NO_MEMORY);

	if (r.code == VS_E_OK) {
		VS_LOG(INFO, "cert.signed", vs_bytes_from_text(errand->station),
		       VS_LOG_STR("serial", row->serial));
		if (errand->owner->options.rollout != NULL)
			vs_daemon_rollout_renewed(errand->owner->options.rollout, errand->station);
		r = deliver(errand, row);
	}
	free(row);
	if (r.code != VS_E_OK)
		tell_failure(errand, r);
	return r;
}

static void
end_sign(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_errand *errand = argument;

	(void)loop;
	if (result.code == VS_E_TIMEOUT)
		VS_LOG(WARN, "cert.not_signed", vs_bytes_from_text(errand->station),
		       VS_LOG_ERR(result));
	vs_errand_free(errand);
}

static vs_result
port_sign(void *self, const char *tenant, const char *station, const char *peer,
          struct vs_bytes csr)
{
	struct vs_daemon_errands *errands = self;
	struct vs_errand *errand = NULL;
	const struct vs_source anywhere = {.is_trusted = false};
	vs_result r;

	if (vs_throttle_take(errands->options.throttle, VS_THROTTLE_SIGN, &anywhere,
	                     vs_bytes_from_text(station), vs_clock_mono_us()) > 0) {
		vs_throttle_count(VS_THROTTLE_SIGN);
		return VS_FAIL(RATE_LIMITED);
	}
	VS_TRY(vs_errand_new(errands, peer, csr, &errand));
	(void)snprintf(errand->tenant, sizeof(errand->tenant), "%s", tenant);
	(void)snprintf(errand->station, sizeof(errand->station), "%s", station);
	r = vs_pool_submit(errands->options.pool, errands->options.loop, VS_ERRAND_DEADLINE_MS,
	                   run_sign, end_sign, errand);
	if (r.code != VS_E_OK)
		vs_errand_free(errand);
	return r;
}

/* --- what it confirms: in the pool --- */

static vs_result
run_installed(void *argument)
{
	struct vs_errand *errand = argument;

	return vs_daemon_rollout_installed(
	    errand->owner->options.rollout, errand->tenant, errand->station,
	    vs_bytes_from(errand->csr, errand->csr_size), &errand->behalf);
}

static void
end_installed(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_errand *errand = argument;

	(void)loop;
	/* Another root, by an operator: nobody waits for that. */
	if (result.code != VS_E_OK && result.code != VS_E_NOT_FOUND)
		VS_LOG(ERROR, "root.not_confirmed", vs_bytes_from_text(errand->station),
		       VS_LOG_ERR(result));
	vs_errand_free(errand);
}

static void
port_installed(void *self, const char *tenant, const char *station, const char *peer,
               struct vs_bytes pem)
{
	struct vs_daemon_errands *errands = self;
	struct vs_errand *errand = NULL;
	vs_result r = VS_OK;

	if (errands->options.rollout == NULL)
		return;
	r = vs_errand_new(errands, peer, pem, &errand);
	if (r.code == VS_E_OK) {
		(void)snprintf(errand->tenant, sizeof(errand->tenant), "%s", tenant);
		(void)snprintf(errand->station, sizeof(errand->station), "%s", station);
		r = vs_pool_submit(errands->options.pool, errands->options.loop,
		                   VS_ERRAND_DEADLINE_MS, run_installed, end_installed, errand);
		if (r.code != VS_E_OK)
			vs_errand_free(errand);
	}
	if (r.code != VS_E_OK)
		VS_LOG(WARN, "root.not_confirmed", vs_bytes_from_text(station), VS_LOG_ERR(r));
}

static void
port_shown(void *self, const char *tenant, const char *station, const char *serial)
{
	struct vs_daemon_errands *errands = self;

	if (errands->options.rollout != NULL)
		vs_daemon_rollout_shown(errands->options.rollout, tenant, station, serial);
}

/* --- life --- */

vs_result
vs_daemon_errands_new(const struct vs_daemon_errands_options *options,
                      struct vs_daemon_errands **errands_out)
{
	struct vs_daemon_errands *errands = calloc(1, sizeof(*errands));

	assert(options != NULL && errands_out != NULL);
	if (errands == NULL)
		return VS_FAIL(NO_MEMORY);
	errands->options = *options;
	*errands_out = errands;
	return VS_OK;
}

void
vs_daemon_errands_free(struct vs_daemon_errands **errands)
{
	assert(errands != NULL);
	free(*errands);
	*errands = NULL;
}

void
vs_daemon_errands_serve(struct vs_daemon_errands *errands, struct vs_central *central)
{
	errands->central = central;
}

bool
vs_daemon_errands_are_done(const struct vs_daemon_errands *errands)
{
	return atomic_load(&errands->count) == 0;
}

struct vs_port_errands
vs_daemon_errands_port(struct vs_daemon_errands *errands)
{
	return (struct vs_port_errands){errands,          port_sign,      vs_errands_status,
	                                vs_errands_chain, port_installed, port_shown};
}
