/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/sealed_psk.h"

#include <string.h>

#include "ocpp/sealed_inside.h"
#include "wire/base64.h"

#define TEXT_SIZE VS_BASE64_TEXT_SIZE(VS_NOISE_PSK_SIZE)

_Static_assert(VS_OCPP_SEALED_PROOF_SIZE == VS_NOISE_PSK_SIZE, "one room fits both");

static vs_result
write_word(enum vs_ocpp_sealed_form form, const char *json, const char *framed, uint32_t kid,
           const uint8_t *oid, const uint8_t *bytes, struct vs_buf *out)
{
	char oid_text[VS_BASE64_TEXT_SIZE(VS_OCPP_SEALED_OID_SIZE)], text[TEXT_SIZE];
	vs_result r;

	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(oid, VS_OCPP_SEALED_OID_SIZE), oid_text,
	                       sizeof(oid_text));
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(bytes, VS_NOISE_PSK_SIZE), text,
	                       sizeof(text));
	if (form == VS_OCPP_SEALED_JSON)
		r = vs_buf_printf(out, "[\"%s\",%u,\"%s\",\"%s\"", json, (unsigned)kid, oid_text,
		                  text);
	else
		r = vs_buf_printf(out, "%s#%u#%s#%s", framed, (unsigned)kid, oid_text, text);
	explicit_bzero(text, sizeof(text));
	return r;
}

vs_result
vs_ocpp_sealed_write_offer(enum vs_ocpp_sealed_form form, const struct vs_ocpp_sealed_offer *offer,
                           struct vs_buf *out)
{
	VS_TRY(write_word(form, "OFFER", "OFFER", offer->kid, offer->oid, offer->key, out));
	return vs_buf_printf(out, form == VS_OCPP_SEALED_JSON ? ",%lld]" : "#%lld",
	                     (long long)offer->until_ms);
}

vs_result
vs_ocpp_sealed_write_ack(enum vs_ocpp_sealed_form form, const struct vs_ocpp_sealed_ack *ack,
                         struct vs_buf *out)
{
	VS_TRY(write_word(form, "ACK", "ACK", ack->kid, ack->oid, ack->proof, out));
	return form == VS_OCPP_SEALED_JSON ? vs_buf_append_text(out, "]") : VS_OK;
}

/* kid, oid, and what follows it. */
static vs_result
read_word(enum vs_ocpp_sealed_form form, struct vs_bytes plain, const char *word, uint32_t count,
          struct vs_ocpp_sealed_reading *reading, uint32_t *kid_out, uint8_t *oid, uint8_t *bytes)
{
	int64_t kid = 0;
	size_t oid_size = 0, size = 0;

	VS_TRY(vs_ocpp_sealed_read_items(form, plain, reading));
	if (!vs_ocpp_sealed_is_word(reading, word, count))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(vs_ocpp_sealed_read_number(reading, 1, UINT32_MAX, &kid));
	VS_TRY(vs_ocpp_sealed_read_bytes(reading, 2, oid, VS_OCPP_SEALED_OID_SIZE, &oid_size));
	VS_TRY(vs_ocpp_sealed_read_bytes(reading, 3, bytes, VS_NOISE_PSK_SIZE, &size));
	if (kid < 1 || oid_size != VS_OCPP_SEALED_OID_SIZE || size != VS_NOISE_PSK_SIZE)
		return VS_FAIL(BAD_VALUE);
	*kid_out = (uint32_t)kid;
	return VS_OK;
}

vs_result
vs_ocpp_sealed_read_offer(enum vs_ocpp_sealed_form form, struct vs_bytes plain,
                          struct vs_ocpp_sealed_offer *offer_out)
{
	struct vs_ocpp_sealed_reading reading;
	struct vs_ocpp_sealed_offer offer;
	vs_result r =
	    read_word(form, plain, "OFFER", 5, &reading, &offer.kid, offer.oid, offer.key);

	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_read_number(&reading, 4, INT64_MAX, &offer.until_ms);
	if (r.code == VS_E_OK)
		*offer_out = offer;
	explicit_bzero(&offer, sizeof(offer));
	return r;
}

vs_result
vs_ocpp_sealed_read_ack(enum vs_ocpp_sealed_form form, struct vs_bytes plain,
                        struct vs_ocpp_sealed_ack *ack_out)
{
	struct vs_ocpp_sealed_reading reading;
	struct vs_ocpp_sealed_ack ack;

	VS_TRY(read_word(form, plain, "ACK", 4, &reading, &ack.kid, ack.oid, ack.proof));
	*ack_out = ack;
	return VS_OK;
}
