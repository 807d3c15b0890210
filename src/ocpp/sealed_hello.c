/* SPDX-License-Identifier: Apache-2.0 */
/* The handshakes of a sealed channel, and the words that carry them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/enc.h"
#include "ocpp/sealed_inside.h"
#include "wire/json.h"

struct vs_ocpp_sealed_keys {
	struct vs_noise_cipher *send, *receive;
	uint32_t epoch, kid;
	uint8_t session_key[VS_NOISE_PSK_SIZE];
	size_t size;
	uint8_t message[VS_OCPP_SEALED_HELLO_SIZE]; /* N2 */
};

static vs_result
prologue(enum vs_ocpp_sealed_form form, const char *tenant, const char *identity,
         const char *subprotocol, uint32_t kid, uint32_t epoch, struct vs_enc *enc,
         struct vs_bytes *view_out)
{
	vs_enc_init(enc, vs_ocpp_sealed_form_row(form)->hello_label);
	vs_enc_text(enc, tenant);
	vs_enc_text(enc, identity);
	vs_enc_text(enc, subprotocol);
	vs_enc_u32(enc, kid);
	vs_enc_u32(enc, epoch);
	return vs_enc_view(enc, view_out);
}

static vs_result
export_key(const struct vs_noise *noise, const char *tenant, const char *identity, uint32_t epoch,
           uint8_t key_out[static VS_NOISE_PSK_SIZE])
{
	struct vs_bytes info;
	struct vs_enc enc;

	vs_enc_init(&enc, "voltseal/a2/session");
	vs_enc_text(&enc, tenant);
	vs_enc_text(&enc, identity);
	vs_enc_u32(&enc, epoch);
	VS_TRY(vs_enc_view(&enc, &info));
	return vs_noise_export(noise, info, key_out);
}

/* --- station's handshake -----------------------------------------------------------------------
 */

static vs_result
write_hello(struct vs_ocpp_sealed *sealed, struct vs_buf *frame)
{
	struct vs_buf message, word;
	vs_result r;

	vs_buf_init(&message, VS_OCPP_SEALED_HELLO_SIZE);
	vs_buf_init(&word, VS_OCPP_SEALED_WORD_SIZE);
	r = vs_noise_write(sealed->noise, VS_BYTES_LITERAL("{\"v\":1}"), &message);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_write_n1(sealed->form, sealed->tenant, sealed->identity,
		                            sealed->next_kid, vs_buf_view(&message), &word);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_is_open(sealed)
		        ? vs_ocpp_sealed_seal(sealed, vs_buf_view(&word), frame)
		        : vs_buf_append_bytes(frame, vs_buf_view(&word));
	vs_buf_done(&message);
	vs_buf_done(&word);
	return r;
}

vs_result
vs_ocpp_sealed_greet(struct vs_ocpp_sealed *sealed, uint32_t kid, const uint8_t *psk,
                     vs_noise_key_source *key_source, void *user, struct vs_buf *frame)
{
	struct vs_noise_options options = {.pattern = VS_NOISE_NNPSK0,
	                                   .role = VS_NOISE_INITIATOR,
	                                   .psk = psk,
	                                   .key_source = key_source,
	                                   .key_source_user = user};
	struct vs_enc enc;
	vs_result r;

	assert(sealed != NULL && psk != NULL && frame != NULL);
	if (sealed->role != VS_NOISE_INITIATOR || sealed->has_ended || sealed->noise != NULL)
		return VS_FAIL(NOT_NOW);
	VS_TRY(prologue(sealed->form, sealed->tenant, sealed->identity, sealed->subprotocol, kid,
	                sealed->epoch + 1, &enc, &options.prologue));
	VS_TRY(vs_noise_new(&options, &sealed->noise));
	sealed->next_kid = kid;
	r = write_hello(sealed, frame);
	if (r.code == VS_E_OK)
		sealed->epoch++;
	else
		vs_noise_free(&sealed->noise);
	return r;
}

/* What central says in N2: the epoch must be the one that we count. */
static vs_result
check_answer(struct vs_bytes payload, uint32_t epoch)
{
	struct vs_json_node nodes[16];
	struct vs_json_tape tape;
	int64_t version = 0, number = 0;

	vs_json_tape_init_fixed(&tape, nodes, 16);
	VS_TRY(vs_json_parse(payload, &tape));
	VS_TRY(vs_json_int(&tape, vs_json_member(&tape, nodes, "v"), &version));
	VS_TRY(vs_json_int(&tape, vs_json_member(&tape, nodes, "epoch"), &number));
	return version == 1 && number == (int64_t)epoch ? VS_OK : VS_FAIL(BAD_VALUE);
}

static vs_result
read_answer(struct vs_ocpp_sealed *sealed, struct vs_bytes message)
{
	struct vs_noise_cipher *send = NULL, *receive = NULL;
	uint8_t hash[VS_NOISE_HASH_SIZE], session_key[VS_NOISE_PSK_SIZE];
	struct vs_buf payload;
	vs_result r;

	if (sealed->noise == NULL)
		return VS_FAIL(NOT_NOW);
	vs_buf_init(&payload, VS_OCPP_SEALED_HELLO_SIZE);
	r = vs_noise_read(sealed->noise, message, &payload);
	if (r.code == VS_E_OK)
		r = check_answer(vs_buf_view(&payload), sealed->epoch);
	if (r.code == VS_E_OK)
		r = vs_noise_split(sealed->noise, &send, &receive, hash);
	if (r.code == VS_E_OK)
		r = export_key(sealed->noise, sealed->tenant, sealed->identity, sealed->epoch,
		               session_key);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_install(sealed, sealed->epoch, &send, &receive);
	if (r.code == VS_E_OK) {
		memcpy(sealed->session_key, session_key, sizeof(session_key));
		sealed->kid = sealed->next_kid;
		sealed->is_proven = true; /* N2 is sealed under what only central can compute */
	}
	vs_noise_cipher_free(&send);
	vs_noise_cipher_free(&receive);
	vs_noise_free(&sealed->noise);
	explicit_bzero(session_key, sizeof(session_key));
	vs_buf_done(&payload);
	return r;
}

/* --- central's handshake -----------------------------------------------------------------------
 */

void
vs_ocpp_sealed_get_hello(const struct vs_ocpp_sealed *sealed,
                         struct vs_ocpp_sealed_hello *hello_out)
{
	assert(sealed != NULL && sealed->has_hello && hello_out != NULL);
	memcpy(hello_out->tenant, sealed->tenant, sizeof(hello_out->tenant));
	memcpy(hello_out->identity, sealed->identity, sizeof(hello_out->identity));
	memcpy(hello_out->subprotocol, sealed->subprotocol, sizeof(hello_out->subprotocol));
	hello_out->form = sealed->form;
	hello_out->kid = sealed->next_kid;
	hello_out->epoch = sealed->epoch;
	hello_out->size = sealed->hello_size;
	memcpy(hello_out->message, sealed->hello, sizeof(hello_out->message));
}

static vs_result
respond(struct vs_noise *noise, const struct vs_ocpp_sealed_hello *hello,
        struct vs_ocpp_sealed_keys *keys)
{
	struct vs_buf in, out;
	uint8_t hash[VS_NOISE_HASH_SIZE];
	char text[96];
	int size;
	vs_result r;

	vs_buf_init(&in, VS_OCPP_SEALED_HELLO_SIZE);
	vs_buf_init(&out, VS_OCPP_SEALED_HELLO_SIZE);
	/* The payload of N1 can be replayed and selects nothing yet. */
	r = vs_noise_read(noise, vs_bytes_from(hello->message, hello->size), &in);
	size = snprintf(text, sizeof(text), "{\"v\":1,\"epoch\":%u,\"ttl_s\":%u}",
	                (unsigned)hello->epoch, (unsigned)(VS_OCPP_SEALED_LIFE_MS / 1000));
	if (r.code == VS_E_OK && size > 0)
		r = vs_noise_write(noise, vs_bytes_from(text, (size_t)size), &out);
	if (r.code == VS_E_OK)
		r = vs_noise_split(noise, &keys->send, &keys->receive, hash);
	if (r.code == VS_E_OK)
		r = export_key(noise, hello->tenant, hello->identity, hello->epoch,
		               keys->session_key);
	if (r.code == VS_E_OK) {
		memcpy(keys->message, out.data, out.size);
		keys->size = out.size;
	}
	vs_buf_done(&in);
	vs_buf_done(&out);
	return r;
}

vs_result
vs_ocpp_sealed_respond(const struct vs_ocpp_sealed_hello *hello, const uint8_t *psk,
                       vs_noise_key_source *key_source, void *user,
                       struct vs_ocpp_sealed_keys **keys_out)
{
	struct vs_noise_options options = {.pattern = VS_NOISE_NNPSK0,
	                                   .role = VS_NOISE_RESPONDER,
	                                   .psk = psk,
	                                   .key_source = key_source,
	                                   .key_source_user = user};
	struct vs_ocpp_sealed_keys *keys = calloc(1, sizeof(*keys));
	struct vs_noise *noise = NULL;
	struct vs_enc enc;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(hello != NULL && psk != NULL && keys_out != NULL);
	if (keys == NULL)
		return r;
	keys->epoch = hello->epoch;
	keys->kid = hello->kid;
	r = prologue(hello->form, hello->tenant, hello->identity, hello->subprotocol, hello->kid,
	             hello->epoch, &enc, &options.prologue);
	if (r.code == VS_E_OK)
		r = vs_noise_new(&options, &noise);
	if (r.code == VS_E_OK)
		r = respond(noise, hello, keys);
	vs_noise_free(&noise);
	if (r.code == VS_E_OK) {
		*keys_out = keys;
		keys = NULL;
	}
	vs_ocpp_sealed_keys_free(&keys);
	return r;
}

/* N2 goes under the old epoch, everything after it under the new one. */
vs_result
vs_ocpp_sealed_accept(struct vs_ocpp_sealed *sealed, struct vs_ocpp_sealed_keys **keys,
                      struct vs_buf *frame)
{
	struct vs_buf word;
	vs_result r;

	assert(sealed != NULL && keys != NULL && *keys != NULL && frame != NULL);
	if (!sealed->has_hello || sealed->has_ended || (*keys)->epoch != sealed->epoch)
		return VS_FAIL(NOT_NOW);
	vs_buf_init(&word, VS_OCPP_SEALED_WORD_SIZE);
	r = vs_ocpp_sealed_write_n2(sealed->form, vs_bytes_from((*keys)->message, (*keys)->size),
	                            &word);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_is_open(sealed)
		        ? vs_ocpp_sealed_seal(sealed, vs_buf_view(&word), frame)
		        : vs_buf_append_bytes(frame, vs_buf_view(&word));
	vs_buf_done(&word);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_install(sealed, (*keys)->epoch, &(*keys)->send,
		                           &(*keys)->receive);
	if (r.code == VS_E_OK) {
		sealed->kid = (*keys)->kid;
		memcpy(sealed->session_key, (*keys)->session_key, sizeof(sealed->session_key));
		sealed->has_hello = false;
	}
	vs_ocpp_sealed_keys_free(keys);
	return r;
}

void
vs_ocpp_sealed_keys_free(struct vs_ocpp_sealed_keys **keys)
{
	assert(keys != NULL);
	if (*keys == NULL)
		return;
	vs_noise_cipher_free(&(*keys)->send);
	vs_noise_cipher_free(&(*keys)->receive);
	explicit_bzero((*keys)->session_key, sizeof((*keys)->session_key));
	free(*keys);
	*keys = NULL;
}

/* N1 or N2, in clear or out of a sealed text. */
enum vs_ocpp_sealed_fault
vs_ocpp_sealed_take_handshake(struct vs_ocpp_sealed *sealed,
                              const struct vs_ocpp_sealed_reading *reading,
                              enum vs_ocpp_sealed_word *word_out)
{
	uint8_t message[VS_OCPP_SEALED_HELLO_SIZE];
	uint32_t kid_at, message_at;
	int64_t kid = 0;
	size_t size = 0;

	if (sealed->role == VS_NOISE_RESPONDER &&
	    vs_ocpp_sealed_take_n1(sealed, reading, &kid_at, &message_at)) {
		/* One at a time; and not before the keys of the last one are in use. */
		if (sealed->has_hello || sealed->next.cipher != NULL)
			return VS_OCPP_SEALED_EARLY;
		if (vs_ocpp_sealed_read_number(reading, kid_at, UINT32_MAX, &kid).code != VS_E_OK ||
		    vs_ocpp_sealed_read_bytes(reading, message_at, sealed->hello,
		                              sizeof(sealed->hello), &size)
		            .code != VS_E_OK)
			return VS_OCPP_SEALED_MALFORMED;
		sealed->has_hello = true;
		sealed->hello_size = size;
		sealed->next_kid = (uint32_t)kid;
		sealed->epoch++;
		*word_out = VS_OCPP_SEALED_HELLO;
		return VS_OCPP_SEALED_FINE;
	}
	if (sealed->role == VS_NOISE_INITIATOR && vs_ocpp_sealed_is_word(reading, "N2", 2)) {
		if (sealed->noise == NULL)
			return VS_OCPP_SEALED_EARLY;
		if (vs_ocpp_sealed_read_bytes(reading, 1, message, sizeof(message), &size).code !=
		    VS_E_OK)
			return VS_OCPP_SEALED_MALFORMED;
		if (read_answer(sealed, vs_bytes_from(message, size)).code != VS_E_OK)
			return VS_OCPP_SEALED_WRONG_KEY;
		*word_out = VS_OCPP_SEALED_OPEN;
		return VS_OCPP_SEALED_FINE;
	}
	return VS_OCPP_SEALED_EARLY;
}
