/* SPDX-License-Identifier: Apache-2.0 */
/* What has become of certificates that stations ask about (M06, M07). */
#include "base/text.h"
#include "daemon/errands_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/x509_ocsp.h"
#include "wire/base64.h"

/* Of all certificates of a chain: a station waits 30 s for an answer to a call, as a rule. */
#define CHAIN_US UINT64_C(15000000)

/* An id with its bytes: it points into itself. */
struct decoded {
	uint8_t name[64], key[64], serial[20];
	char digits[VS_CORE_SERIAL_TEXT_SIZE]; /* lower case, without leading zeroes */
	struct vs_x509_ocsp_id id;
};

static vs_result
decode(const struct vs_core_cert_id *text, struct decoded *decoded)
{
	char even[sizeof(text->serial) + 1];
	size_t name_size = 0, key_size = 0, serial_size = 0;
	const char *digits = even;

	/* Without leading zeroes (2.0.1, certificateHashData), so half a byte may be missing. */
	(void)snprintf(even, sizeof(even), "%s%s", strlen(text->serial) % 2 != 0 ? "0" : "",
	               text->serial);
	VS_TRY(vs_hex_decode(vs_bytes_from_text(text->issuer_name_hash), decoded->name,
	                     sizeof(decoded->name), &name_size));
	VS_TRY(vs_hex_decode(vs_bytes_from_text(text->issuer_key_hash), decoded->key,
	                     sizeof(decoded->key), &key_size));
	VS_TRY(vs_hex_decode(vs_bytes_from_text(even), decoded->serial, sizeof(decoded->serial),
	                     &serial_size));
	decoded->id = (struct vs_x509_ocsp_id){
	    .algorithm = text->algorithm,
	    .issuer_name_hash = vs_bytes_from(decoded->name, name_size),
	    .issuer_key_hash = vs_bytes_from(decoded->key, key_size),
	    .serial = vs_bytes_from(decoded->serial, serial_size),
	};
	(void)vs_hex_encode(decoded->id.serial, even, sizeof(even));
	while (digits[0] == '0' && digits[1] != '\0')
		digits++;
	vs_text_copy(digits, decoded->digits, sizeof(decoded->digits));
	return VS_OK;
}

/* --- asking: in the pool --- */

static vs_result
ask_ours(const struct vs_errand *errand, const struct vs_x509_ocsp_id *id, struct vs_buf *der)
{
	struct vs_buf request;
	vs_result r;

	vs_buf_init(&request, VS_LIMIT_OCSP_REQUEST_SIZE);
	r = vs_x509_ocsp_ask_id(id, &request);
	if (r.code == VS_E_OK)
		r = vs_certs_ocsp(errand->owner->options.certs, vs_buf_view(&request), der);
	vs_buf_done(&request);
	/* Of another CA, or too much was asked: a refusal is nothing that a station could use. */
	if (r.code == VS_E_OK && !vs_x509_ocsp_is_answer(vs_buf_view(der)))
		r = VS_FAIL(NOT_FOUND);
	return r;
}

static bool
is_foreign(const struct vs_daemon_errands *errands, const struct vs_x509_ocsp_id *id)
{
	return errands->options.status != NULL &&
	       vs_daemon_status_knows(errands->options.status, id);
}

static vs_result
ask_responder(const struct vs_errand *errand, const struct vs_x509_ocsp_id *id, struct vs_buf *der)
{
	return is_foreign(errand->owner, id)
	           ? vs_daemon_status_answer(errand->owner->options.status, id, der)
	           : ask_ours(errand, id, der);
}

/* --- M06: one, whose answer is passed on --- */

static vs_result
run_status(void *argument)
{
	struct vs_errand *errand = argument;
	struct decoded decoded;

	VS_TRY(decode(&errand->items[0].id, &decoded));
	return ask_responder(errand, &decoded.id, &errand->der);
}

static void
end_status(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_errand *errand = argument;
	struct vs_bytes nothing = {NULL, 0};

	(void)loop;
	vs_central_status_answer(errand->owner->central, errand->conn,
	                         vs_bytes_from_text(errand->message_id),
	                         result.code == VS_E_OK ? vs_buf_view(&errand->der) : nothing);
	vs_errand_free(errand);
}

vs_result
vs_errands_status(void *self, uint64_t conn, struct vs_bytes message_id,
                  const struct vs_core_cert_id *id)
{
	struct vs_daemon_errands *errands = self;
	struct decoded decoded;
	struct vs_errand *errand = NULL;
	bool is_slow;
	vs_result r;

	VS_TRY(vs_errand_new(errands, "", vs_bytes_from(NULL, 0), &errand));
	errand->conn = conn;
	errand->items[0].id = *id;
	/* In a pool of their own: whoever does not answer holds up only the others that ask them.
	 */
	is_slow = decode(id, &decoded).code == VS_E_OK && is_foreign(errands, &decoded.id);
	(void)vs_bytes_copy_text(message_id, errand->message_id, sizeof(errand->message_id));
	r = vs_pool_submit(is_slow ? errands->options.fetch_pool : errands->options.pool,
	                   errands->options.loop, VS_ERRAND_DEADLINE_MS, run_status, end_status,
	                   errand);
	if (r.code != VS_E_OK)
		vs_errand_free(errand);
	return r;
}

/* --- M07: a chain, of which it is told what was said --- */

static enum vs_core_chain_status
translate(enum vs_x509_status status)
{
	switch (status) {
	case VS_X509_STATUS_GOOD:
		return VS_CORE_CHAIN_GOOD;
	case VS_X509_STATUS_REVOKED:
		return VS_CORE_CHAIN_REVOKED;
	case VS_X509_STATUS_UNKNOWN:
		break;
	}
	return VS_CORE_CHAIN_UNKNOWN;
}

static vs_result
by_responder(const struct vs_errand *errand, const struct decoded *decoded, int64_t now_ms,
             struct vs_core_chain_item *item)
{
	struct vs_x509_ocsp_status said = {.status = VS_X509_STATUS_UNKNOWN};
	struct vs_buf der;
	vs_result r;

	vs_buf_init(&der, VS_LIMIT_OCSP_ANSWER_SIZE);
	r = ask_responder(errand, &decoded->id, &der);
	if (r.code == VS_E_OK)
		r = vs_x509_ocsp_said(vs_buf_view(&der), &decoded->id, now_ms, &said,
		                      &item->next_update_ms);
	vs_buf_done(&der);
	VS_TRY(r);
	item->status = translate(said.status);
	return VS_OK;
}

/* A list that is past its next update says no more who is good, but still who is revoked. */
static vs_result
by_list(const struct vs_errand *errand, const struct decoded *decoded, int64_t now_ms,
        struct vs_core_chain_item *item)
{
	const struct vs_daemon_errands_options *options = &errand->owner->options;
	char issuer[VS_CORE_HASH_TEXT_SIZE];
	bool is_revoked = false;
	int64_t until_ms = 0;

	/* Of our own CA the list and the responder say the same. */
	if (options->status == NULL || options->revocations == NULL ||
	    !vs_daemon_status_lister(options->status, &decoded->id, issuer))
		return is_foreign(errand->owner, &decoded->id)
		           ? VS_FAIL(NOT_FOUND)
		           : by_responder(errand, decoded, now_ms, item);
	if (!vs_core_revocations_listed(options->revocations, issuer, decoded->digits, &is_revoked,
	                                &until_ms))
		return VS_FAIL(NOT_FOUND);
	if (!is_revoked && until_ms < now_ms)
		return VS_FAIL(STALE);
	item->status = is_revoked ? VS_CORE_CHAIN_REVOKED : VS_CORE_CHAIN_GOOD;
	item->next_update_ms = until_ms;
	return VS_OK;
}

static vs_result
run_chain(void *argument)
{
	struct vs_errand *errand = argument;
	int64_t now_ms = errand->owner->options.now_ms();
	uint64_t end_us = vs_clock_mono_us() + CHAIN_US;

	for (size_t i = 0; i < errand->item_count; i++) {
		struct vs_core_chain_item *item = &errand->items[i];
		struct decoded decoded;
		vs_result r = decode(&item->id, &decoded);

		item->status = VS_CORE_CHAIN_FAILED;
		if (r.code == VS_E_OK && vs_clock_mono_us() < end_us)
			r = item->is_by_list ? by_list(errand, &decoded, now_ms, item)
			                     : by_responder(errand, &decoded, now_ms, item);
		if (r.code != VS_E_OK || item->next_update_ms < now_ms)
			item->next_update_ms = now_ms;
	}
	return VS_OK;
}

static void
end_chain(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_errand *errand = argument;
	int64_t now_ms = errand->owner->options.now_ms();

	(void)loop;
	for (size_t i = 0; i < errand->item_count && result.code != VS_E_OK; i++) {
		errand->items[i].status = VS_CORE_CHAIN_FAILED;
		errand->items[i].next_update_ms = now_ms;
	}
	vs_central_chain_answer(errand->owner->central, errand->conn,
	                        vs_bytes_from_text(errand->message_id), errand->items,
	                        errand->item_count);
	vs_errand_free(errand);
}

vs_result
vs_errands_chain(void *self, uint64_t conn, struct vs_bytes message_id,
                 const struct vs_core_chain_item *items, size_t count)
{
	struct vs_daemon_errands *errands = self;
	struct vs_errand *errand = NULL;
	vs_result r;

	assert(count <= VS_CORE_CHAIN_MAX);
	VS_TRY(vs_errand_new(errands, "", vs_bytes_from(NULL, 0), &errand));
	errand->conn = conn;
	for (size_t i = 0; i < count; i++)
		errand->items[i] = items[i];
	errand->item_count = count;
	(void)vs_bytes_copy_text(message_id, errand->message_id, sizeof(errand->message_id));
	r = vs_pool_submit(errands->options.fetch_pool, errands->options.loop,
	                   VS_ERRAND_DEADLINE_MS, run_chain, end_chain, errand);
	if (r.code != VS_E_OK)
		vs_errand_free(errand);
	return r;
}
