/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_seal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "framed/wrapped.h"
#include "sim/sealing.h"
#include "wire/base64.h"

#define NAMES         "framed/2"
#define PASSWORD_SIZE 129
#define FILE_SIZE     1024u

struct vs_sim_seal {
	enum vs_sim_seal_mode mode;
	bool is_compat; /* A1: tokens, when there is a key */
	bool is_open;   /* of this connection */
	bool is_named;  /* A1, an engine: REGISTER has been said in clear */
	const char *identity;
	char password[PASSWORD_SIZE];
	const char *psk_file; /* WRAPPED */
	struct vs_framed_wrapping wrapping;
	struct vs_sim_sealing *sealing;         /* A2 */
	struct vs_framed_tokens *tokens;        /* A1 */
	char key_text[VS_FRAMED_KEY_TEXT_SIZE]; /* of tokens */
};

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
read_password(const char *path, char *password)
{
	struct vs_buf text;
	vs_result r;
	size_t size = 0;

	vs_buf_init(&text, FILE_SIZE);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK) {
		while (size < text.size && text.data[size] != '\n' && text.data[size] != '\r')
			size++;
		if (size == 0 ||
		    !vs_bytes_copy_text(vs_bytes_from(text.data, size), password, PASSWORD_SIZE))
			r = VS_FAIL(CONFIG);
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

vs_result
vs_sim_seal_new(const struct vs_sim_seal_options *options, struct vs_sim_seal **seal_out)
{
	const struct vs_ocpp_sealed_names names = {.tenant = options->tenant,
	                                           .identity = options->identity,
	                                           .subprotocol = NAMES,
	                                           .form = VS_OCPP_SEALED_FRAMED};
	struct vs_sim_seal *seal = calloc(1, sizeof(*seal));
	vs_result r = VS_OK;

	if (seal == NULL)
		return VS_FAIL(NO_MEMORY);
	seal->mode = options->mode;
	seal->identity = options->identity;
	seal->is_compat =
	    options->mode == VS_SIM_SEAL_PASSWORD || options->mode == VS_SIM_SEAL_WRAPPED;
	seal->psk_file = options->psk_file;
	seal->wrapping.tenant = options->tenant;
	seal->wrapping.identity = options->identity;
	if (options->mode == VS_SIM_SEAL_PASSWORD)
		r = read_password(options->password_file, seal->password);
	else if (!seal->is_compat && options->mode != VS_SIM_SEAL_CLEAR)
		r = vs_sim_sealing_new(&names, options->psk_file, &seal->sealing);
	if (r.code == VS_E_OK && seal->sealing != NULL && options->life_ms != 0)
		vs_sim_sealing_set_life(seal->sealing, options->life_ms);
	if (r.code == VS_E_OK)
		*seal_out = seal;
	else
		vs_sim_seal_free(&seal);
	return r;
}

void
vs_sim_seal_free(struct vs_sim_seal **seal)
{
	assert(seal != NULL);
	if (*seal == NULL)
		return;
	vs_sim_sealing_free(&(*seal)->sealing);
	vs_framed_tokens_free(&(*seal)->tokens);
	explicit_bzero(*seal, sizeof(**seal));
	free(*seal);
	*seal = NULL;
}

/* --- keys ---------------------------------------------------------------------------------------
 */

/* The same key again keeps what is known of its tokens. */
static vs_result
take_key_text(struct vs_sim_seal *seal, struct vs_bytes text)
{
	struct vs_framed_tokens *tokens = NULL;

	if (seal->tokens != NULL && vs_bytes_equal_text(text, seal->key_text))
		return VS_OK;
	if (text.size >= sizeof(seal->key_text))
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_framed_tokens_new(text, &tokens));
	vs_framed_tokens_free(&seal->tokens);
	seal->tokens = tokens;
	(void)vs_bytes_copy_text(text, seal->key_text, sizeof(seal->key_text));
	return VS_OK;
}

/* 32 bytes are 43 characters, and one of padding in Fernet's spelling. */
static void
use_token_key(struct vs_sim_seal *seal, const struct vs_sim_key *key)
{
	char text[VS_FRAMED_KEY_TEXT_SIZE];
	size_t size = vs_base64_encode(VS_BASE64_URL, vs_bytes_from(key->key, sizeof(key->key)),
	                               text, sizeof(text));

	text[size] = '=';
	if (take_key_text(seal, vs_bytes_from(text, size + 1)).code != VS_E_OK)
		vs_framed_tokens_free(&seal->tokens);
	explicit_bzero(text, sizeof(text));
}

bool
vs_sim_seal_use(struct vs_sim_seal *seal, const struct vs_sim_key *key)
{
	bool is_other_mode;
	struct vs_sim_psk psk = {.kid = 0};

	assert(seal != NULL && seal->mode == VS_SIM_SEAL_HANDED && key != NULL);
	is_other_mode = seal->is_compat != key->is_compat;
	seal->is_compat = key->is_compat;
	if (key->is_compat) {
		const struct vs_framed_tokens *before = seal->tokens;

		use_token_key(seal, key);
		return is_other_mode || seal->tokens != before;
	}
	memcpy(psk.key, key->key, sizeof(psk.key));
	vs_sim_sealing_use(seal->sealing, &psk);
	explicit_bzero(&psk, sizeof(psk));
	return is_other_mode;
}

bool
vs_sim_seal_has_key(const struct vs_sim_seal *seal)
{
	if (seal->mode != VS_SIM_SEAL_HANDED)
		return true;
	return seal->is_compat ? seal->tokens != NULL : vs_sim_sealing_has_psk(seal->sealing);
}

void
vs_sim_seal_drop(struct vs_sim_seal *seal)
{
	if (seal->mode != VS_SIM_SEAL_HANDED)
		return;
	vs_framed_tokens_free(&seal->tokens);
	explicit_bzero(seal->key_text, sizeof(seal->key_text));
	vs_sim_sealing_use(seal->sealing, NULL);
}

vs_result
vs_sim_seal_key(const struct vs_sim_seal *seal, struct vs_sim_key *key_out)
{
	size_t size = 0;

	key_out->is_compat = seal->is_compat;
	if (!seal->is_compat)
		return seal->sealing != NULL
		           ? vs_sim_sealing_session_key(seal->sealing, key_out->key)
		           : VS_FAIL(NOT_NOW);
	if (seal->tokens == NULL)
		return VS_FAIL(NOT_NOW);
	return vs_base64_decode(VS_BASE64_URL,
	                        vs_bytes_from(seal->key_text, strlen(seal->key_text) - 1),
	                        key_out->key, sizeof(key_out->key), &size);
}

/* --- a connection -------------------------------------------------------------------------------
 */

static vs_result
ask_for_key(const struct vs_sim_seal *seal, struct vs_buf *data)
{
	struct vs_framed_message message = {.type = VS_FRAMED_AUTHENTICATE, .count = 3};

	message.fields[0] = message.fields[1] = vs_bytes_from_text(seal->identity);
	message.fields[2] = vs_bytes_from_text(seal->password);
	return vs_framed_write(&message, data);
}

static vs_result
ask_for_wrapped(struct vs_sim_seal *seal, struct vs_buf *data)
{
	char what[VS_FRAMED_ASKED_SIZE], nonce[VS_BASE64_TEXT_SIZE(VS_FRAMED_NONCE_SIZE)];
	struct vs_framed_message message = {.type = VS_FRAMED_AUTHENTICATE, .count = 3};
	struct vs_sim_psk psk;

	VS_TRY(vs_sim_psk_read(seal->psk_file, &psk));
	seal->wrapping.kid = psk.kid;
	explicit_bzero(&psk, sizeof(psk));
	vs_random_bytes(seal->wrapping.theirs, sizeof(seal->wrapping.theirs));
	vs_framed_wrapped_ask(seal->wrapping.kid, what);
	(void)vs_base64_encode(VS_BASE64_URL,
	                       vs_bytes_from(seal->wrapping.theirs, sizeof(seal->wrapping.theirs)),
	                       nonce, sizeof(nonce));
	message.fields[0] = vs_bytes_from_text(seal->identity);
	message.fields[1] = vs_bytes_from_text(what);
	message.fields[2] = vs_bytes_from_text(nonce);
	return vs_framed_write(&message, data);
}

/* What AUTHENTICATED holds: the key, or the key wrapped. */
static vs_result
take_given(struct vs_sim_seal *seal, struct vs_bytes text)
{
	char key[VS_FRAMED_KEY_TEXT_SIZE];
	struct vs_sim_psk psk;
	vs_result r;

	if (seal->mode != VS_SIM_SEAL_WRAPPED)
		return take_key_text(seal, text);
	VS_TRY(vs_sim_psk_read(seal->psk_file, &psk));
	r = vs_framed_unwrap(&seal->wrapping, psk.key, text, key);
	if (r.code == VS_E_OK)
		r = take_key_text(seal, vs_bytes_from_text(key));
	explicit_bzero(&psk, sizeof(psk));
	explicit_bzero(key, sizeof(key));
	return r;
}

vs_result
vs_sim_seal_begin(struct vs_sim_seal *seal, uint64_t now_ms, struct vs_buf *data)
{
	assert(seal != NULL && data != NULL);
	seal->is_open = seal->is_named = false;
	if (!vs_sim_seal_has_key(seal))
		return VS_FAIL(NOT_NOW);
	if (seal->mode == VS_SIM_SEAL_PASSWORD)
		return ask_for_key(seal, data);
	if (seal->mode == VS_SIM_SEAL_WRAPPED)
		return ask_for_wrapped(seal, data);
	if (seal->mode != VS_SIM_SEAL_CLEAR && !seal->is_compat)
		return vs_sim_sealing_open(seal->sealing, now_ms, data);
	seal->is_open = true;
	return VS_OK;
}

void
vs_sim_seal_end(struct vs_sim_seal *seal)
{
	seal->is_open = false;
}

bool
vs_sim_seal_is_open(const struct vs_sim_seal *seal)
{
	return seal->is_open;
}

bool
vs_sim_seal_renew(struct vs_sim_seal *seal, uint64_t now_ms, struct vs_buf *data)
{
	return seal->is_open && seal->sealing != NULL && !seal->is_compat &&
	       vs_sim_sealing_renew(seal->sealing, now_ms, data);
}

vs_result
vs_sim_seal_put(struct vs_sim_seal *seal, struct vs_bytes plain, int64_t now_s, struct vs_buf *data)
{
	bool is_name = !seal->is_named;

	if (!seal->is_open)
		return VS_FAIL(NOT_CONNECTED);
	seal->is_named = true;
	if (seal->mode == VS_SIM_SEAL_CLEAR ||
	    (seal->is_compat && seal->mode == VS_SIM_SEAL_HANDED && is_name))
		return vs_buf_append_bytes(data, plain);
	if (seal->is_compat)
		return vs_framed_tokens_seal(seal->tokens, VS_FRAMED_BARE, plain, now_s, data);
	return vs_sim_sealing_seal(seal->sealing, plain, data);
}

/* --- receiving ----------------------------------------------------------------------------------
 */

static vs_result
take_sealed(struct vs_sim_seal *seal, struct vs_bytes data, struct vs_buf *plain,
            struct vs_buf *reply, enum vs_sim_seal_event *event_out, const char **fault_out)
{
	enum vs_ocpp_sealed_fault fault = VS_OCPP_SEALED_FINE;
	enum vs_ocpp_sealed_word word = VS_OCPP_SEALED_TEXT;
	vs_result r = vs_sim_sealing_receive(seal->sealing, data, plain, reply, &word, &fault);

	if (r.code != VS_E_OK) {
		*fault_out = vs_ocpp_sealed_fault_text(fault);
		return r;
	}
	if (word == VS_OCPP_SEALED_TEXT)
		*event_out = VS_SIM_SEAL_MESSAGE;
	else if (word == VS_OCPP_SEALED_OPEN)
		*event_out = seal->is_open ? VS_SIM_SEAL_RENEWED : VS_SIM_SEAL_OPENED;
	if (word == VS_OCPP_SEALED_OPEN)
		seal->is_open = true;
	return VS_OK;
}

/* What comes in clear: the answer to AUTHENTICATE, and that there is no key. */
static vs_result
take_clear(struct vs_sim_seal *seal, const struct vs_framed_message *message,
           enum vs_sim_seal_event *event_out, const char **fault_out)
{
	if (message->type == VS_FRAMED_AUTHENTICATED && !seal->is_open &&
	    vs_bytes_equal_text(message->fields[0], seal->identity) &&
	    take_given(seal, message->fields[1]).code == VS_E_OK) {
		seal->is_open = true;
		*event_out = VS_SIM_SEAL_OPENED;
		return VS_OK;
	}
	if (message->type == VS_FRAMED_REAUTH ||
	    (message->type == VS_FRAMED_DENY && !seal->is_open)) {
		*event_out = VS_SIM_SEAL_NO_KEY;
		return VS_OK;
	}
	*fault_out = "not_sealed";
	return VS_FAIL(NOT_AUTHENTIC);
}

static vs_result
take_update(struct vs_sim_seal *seal, struct vs_bytes key, int64_t now_s,
            enum vs_sim_seal_event *event_out)
{
	char text[VS_FRAMED_KEY_TEXT_SIZE];
	vs_result r = VS_FAIL(BAD_VALUE);

	if (vs_bytes_copy_text(key, text, sizeof(text)))
		r = vs_framed_tokens_adopt(seal->tokens, key, now_s);
	if (r.code == VS_E_OK) {
		memcpy(seal->key_text, text, sizeof(text));
		*event_out = VS_SIM_SEAL_RENEWED;
	}
	explicit_bzero(text, sizeof(text));
	return r;
}

static vs_result
take_token(struct vs_sim_seal *seal, struct vs_bytes data, int64_t now_s, struct vs_buf *plain,
           enum vs_sim_seal_event *event_out, const char **fault_out)
{
	enum vs_framed_fault fault = VS_FRAMED_WRONG;
	struct vs_framed_message message;
	enum vs_framed_form form;
	vs_result r;

	if (vs_framed_read(data, &message).code == VS_E_OK)
		return take_clear(seal, &message, event_out, fault_out);
	if (!seal->is_open || seal->tokens == NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	r = vs_framed_tokens_open(seal->tokens, data, now_s, plain, &form, &fault);
	if (r.code == VS_E_EXISTS)
		return VS_OK;
	if (r.code != VS_E_OK) {
		*fault_out = vs_framed_fault_text(fault);
		return r;
	}
	*event_out = VS_SIM_SEAL_MESSAGE;
	if (vs_framed_read(vs_buf_view(plain), &message).code == VS_E_OK &&
	    message.type == VS_FRAMED_KEY_UPDATE)
		return take_update(seal, message.fields[0], now_s, event_out);
	return VS_OK;
}

vs_result
vs_sim_seal_take(struct vs_sim_seal *seal, struct vs_bytes data, int64_t now_s,
                 struct vs_buf *plain, struct vs_buf *reply, enum vs_sim_seal_event *event_out,
                 const char **fault_out)
{
	assert(seal != NULL && plain != NULL && reply != NULL && event_out != NULL);
	vs_buf_reset(plain);
	vs_buf_reset(reply);
	*event_out = VS_SIM_SEAL_NOTHING;
	*fault_out = "malformed";
	if (seal->mode == VS_SIM_SEAL_CLEAR) {
		*event_out = VS_SIM_SEAL_MESSAGE;
		return vs_buf_append_bytes(plain, data);
	}
	if (seal->is_compat)
		return take_token(seal, data, now_s, plain, event_out, fault_out);
	return take_sealed(seal, data, plain, reply, event_out, fault_out);
}
