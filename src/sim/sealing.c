/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sealing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/enc.h"
#include "crypto/hmac.h"
#include "crypto/kdf.h"
#include "ocpp/sealed_psk.h"

#define OID_SIZE  VS_OCPP_SEALED_OID_SIZE
#define RENEW_MS  (VS_OCPP_SEALED_LIFE_MS / 10 * 9)
#define WORD_SIZE 512

struct vs_sim_sealing {
	struct vs_ocpp_sealed *sealed; /* of this connection */
	char tenant[40], identity[64], subprotocol[24];
	enum vs_ocpp_sealed_form form;
	struct vs_sim_psk psk;
	uint64_t life_ms;
	bool has_psk;
	bool is_new; /* psk is not the one of the last handshake */
	uint8_t oid[OID_SIZE];
	uint64_t greeted_ms;
	char *psk_file;
};

vs_result
vs_sim_sealing_new(const struct vs_ocpp_sealed_names *names, const char *psk_file,
                   struct vs_sim_sealing **sealing_out)
{
	struct vs_sim_sealing *sealing = calloc(1, sizeof(*sealing));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (sealing == NULL)
		return r;
	sealing->form = names->form;
	sealing->life_ms = RENEW_MS;
	sealing->psk_file = psk_file != NULL ? strdup(psk_file) : NULL;
	if (psk_file == NULL)
		r = VS_OK;
	else if (sealing->psk_file != NULL)
		r = vs_sim_psk_read(psk_file, &sealing->psk);
	sealing->has_psk = psk_file != NULL;
	if (r.code == VS_E_OK &&
	    (!vs_bytes_copy_text(vs_bytes_from_text(names->tenant), sealing->tenant,
	                         sizeof(sealing->tenant)) ||
	     !vs_bytes_copy_text(vs_bytes_from_text(names->identity), sealing->identity,
	                         sizeof(sealing->identity)) ||
	     !vs_bytes_copy_text(vs_bytes_from_text(names->subprotocol), sealing->subprotocol,
	                         sizeof(sealing->subprotocol))))
		r = VS_FAIL(TOO_LONG);
	if (r.code == VS_E_OK) {
		*sealing_out = sealing;
		sealing = NULL;
	}
	vs_sim_sealing_free(&sealing);
	return r;
}

void
vs_sim_sealing_free(struct vs_sim_sealing **sealing)
{
	if (*sealing == NULL)
		return;
	vs_ocpp_sealed_free(&(*sealing)->sealed);
	explicit_bzero(&(*sealing)->psk, sizeof((*sealing)->psk));
	free((*sealing)->psk_file);
	free(*sealing);
	*sealing = NULL;
}

void
vs_sim_sealing_use(struct vs_sim_sealing *sealing, const struct vs_sim_psk *psk)
{
	if (psk != NULL)
		sealing->psk = *psk;
	else
		explicit_bzero(&sealing->psk, sizeof(sealing->psk));
	sealing->is_new = sealing->has_psk = psk != NULL;
}

bool
vs_sim_sealing_has_psk(const struct vs_sim_sealing *sealing)
{
	return sealing->has_psk;
}

void
vs_sim_sealing_set_life(struct vs_sim_sealing *sealing, uint64_t life_ms)
{
	sealing->life_ms = life_ms;
}

vs_result
vs_sim_sealing_session_key(const struct vs_sim_sealing *sealing,
                           uint8_t key_out[static VS_SIM_PSK_SIZE])
{
	if (sealing->sealed == NULL)
		return VS_FAIL(NOT_NOW);
	return vs_ocpp_sealed_session_key(sealing->sealed, key_out);
}

static vs_result
greet(struct vs_sim_sealing *sealing, uint64_t now_ms, struct vs_buf *frame)
{
	VS_TRY(vs_ocpp_sealed_greet(sealing->sealed, sealing->psk.kid, sealing->psk.key, NULL, NULL,
	                            frame));
	sealing->greeted_ms = now_ms;
	sealing->is_new = false;
	return VS_OK;
}

vs_result
vs_sim_sealing_open(struct vs_sim_sealing *sealing, uint64_t now_ms, struct vs_buf *frame)
{
	const struct vs_ocpp_sealed_names names = {.tenant = sealing->tenant,
	                                           .identity = sealing->identity,
	                                           .subprotocol = sealing->subprotocol,
	                                           .form = sealing->form};

	vs_ocpp_sealed_free(&sealing->sealed);
	VS_TRY(vs_ocpp_sealed_new(VS_NOISE_INITIATOR, &names, &sealing->sealed));
	return greet(sealing, now_ms, frame);
}

bool
vs_sim_sealing_renew(struct vs_sim_sealing *sealing, uint64_t now_ms, struct vs_buf *frame)
{
	bool is_due = sealing->is_new || now_ms - sealing->greeted_ms >= sealing->life_ms ||
	              vs_ocpp_sealed_left(sealing->sealed) < 1024;

	return vs_ocpp_sealed_is_open(sealing->sealed) && is_due &&
	       greet(sealing, now_ms, frame).code == VS_E_OK;
}

vs_result
vs_sim_sealing_seal(struct vs_sim_sealing *sealing, struct vs_bytes text, struct vs_buf *frame)
{
	return vs_ocpp_sealed_seal(sealing->sealed, text, frame);
}

/* --- another psk (doc/protocol/keys.md, Rotation) ----------------------------------------------
 */

static vs_result
prove(const struct vs_sim_sealing *sealing, const struct vs_sim_psk *psk,
      const uint8_t oid[static OID_SIZE], uint8_t proof_out[static 32])
{
	struct vs_bytes info, none = {NULL, 0};
	struct vs_hmac *hmac = NULL;
	struct vs_enc enc;
	uint8_t key[32];
	vs_result r;

	vs_enc_init(&enc, "voltseal/ack");
	vs_enc_text(&enc, sealing->tenant);
	vs_enc_text(&enc, sealing->identity);
	vs_enc_u32(&enc, psk->kid);
	vs_enc_text(&enc, "u");
	VS_TRY(vs_enc_view(&enc, &info));
	r = vs_kdf_hkdf(none, vs_bytes_from(psk->key, sizeof(psk->key)), info, key, sizeof(key));
	if (r.code == VS_E_OK)
		r = vs_hmac_new(vs_bytes_from(key, sizeof(key)), &hmac);
	if (r.code == VS_E_OK)
		r = vs_hmac_of(hmac, vs_bytes_from(oid, OID_SIZE), proof_out);
	vs_hmac_free(&hmac);
	explicit_bzero(key, sizeof(key));
	return r;
}

/* Stored first, then said. An offer that is not above what it has is no news: the same one is
 * acknowledged again, another one is not. */
static vs_result
take_offer(struct vs_sim_sealing *sealing, struct vs_bytes word, struct vs_buf *reply)
{
	struct vs_ocpp_sealed_offer offer;
	struct vs_ocpp_sealed_ack ack;
	struct vs_sim_psk psk = {.kid = 0};
	struct vs_buf text;
	vs_result r;

	VS_TRY(vs_ocpp_sealed_read_offer(sealing->form, word, &offer));
	psk.kid = ack.kid = offer.kid;
	memcpy(psk.key, offer.key, sizeof(psk.key));
	memcpy(ack.oid, offer.oid, sizeof(ack.oid));
	explicit_bzero(offer.key, sizeof(offer.key));
	if (sealing->psk_file == NULL || psk.kid < sealing->psk.kid ||
	    (psk.kid == sealing->psk.kid && !vs_bytes_equal(vs_bytes_from(ack.oid, OID_SIZE),
	                                                    vs_bytes_from(sealing->oid, OID_SIZE))))
		r = VS_FAIL(STALE);
	else
		r = prove(sealing, &psk, ack.oid, ack.proof);
	if (r.code == VS_E_OK && psk.kid > sealing->psk.kid) {
		r = vs_sim_psk_write(sealing->psk_file, &psk);
		if (r.code == VS_E_OK) {
			vs_sim_sealing_use(sealing, &psk);
			memcpy(sealing->oid, ack.oid, OID_SIZE);
		}
	}
	explicit_bzero(&psk.key, sizeof(psk.key));
	if (r.code != VS_E_OK)
		return r;
	vs_buf_init(&text, WORD_SIZE);
	r = vs_ocpp_sealed_write_ack(sealing->form, &ack, &text);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_seal(sealing->sealed, vs_buf_view(&text), reply);
	vs_buf_done(&text);
	return r;
}

vs_result
vs_sim_sealing_receive(struct vs_sim_sealing *sealing, struct vs_bytes text, struct vs_buf *plain,
                       struct vs_buf *reply, enum vs_ocpp_sealed_word *word_out,
                       enum vs_ocpp_sealed_fault *fault_out)
{
	assert(sealing->sealed != NULL);
	VS_TRY(vs_ocpp_sealed_receive(sealing->sealed, text, plain, word_out, fault_out));
	/* An offer that cannot be taken costs the offer, not the session. */
	if (*word_out == VS_OCPP_SEALED_OFFER &&
	    take_offer(sealing, vs_buf_view(plain), reply).code != VS_E_OK)
		vs_buf_reset(reply);
	return VS_OK;
}
