/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/random.h"
#include "framed/ring.h"
#include "wire/base64.h"
#include "wire/json.h"

#define WINDOW_S   (2 * VS_FRAMED_TOKEN_AGE_S + VS_FRAMED_TOKEN_BACK_S)
#define OPEN_NODES 4
#define MAC_CHARS  64 /* of the end of a token: its last 32 bytes are within them */
#define TIME_MAX_S INT64_C(253402300800)

struct vs_framed_tokens {
	struct vs_fernet *now, *old, *next; /* old, next: or NULL */
	int64_t old_until_s;
	bool has_offset;
	int64_t offset_s; /* of the peer's clock */
	int64_t last_s;   /* the latest time of a token under a key of ours, by the peer's clock */
	uint64_t last_mac;
	struct vs_framed_ring opened, made;
};

const char *
vs_framed_fault_text(enum vs_framed_fault fault)
{
	static const char *const texts[VS_FRAMED_FAULTS] = {
	    [VS_FRAMED_FINE] = "fine",           [VS_FRAMED_CLEAR] = "not_sealed",
	    [VS_FRAMED_WRONG] = "wrong_key",     [VS_FRAMED_STALE] = "stale",
	    [VS_FRAMED_BACKWARD] = "backward",   [VS_FRAMED_REPLAYED] = "replayed",
	    [VS_FRAMED_REFLECTED] = "reflected", [VS_FRAMED_CROWDED] = "crowded",
	};

	assert(fault < VS_FRAMED_FAULTS);
	return texts[fault];
}

/* --- life --------------------------------------------------------------------------------------
 */

void
vs_framed_key_new(char text[static VS_FRAMED_KEY_TEXT_SIZE])
{
	uint8_t key[VS_FERNET_KEY_SIZE];

	vs_random_bytes(key, sizeof(key));
	(void)vs_base64_encode(VS_BASE64_URL_PADDED, vs_bytes_from(key, sizeof(key)), text,
	                       VS_FRAMED_KEY_TEXT_SIZE);
	explicit_bzero(key, sizeof(key));
}

vs_result
vs_framed_tokens_new(struct vs_bytes key, struct vs_framed_tokens **tokens_out)
{
	struct vs_framed_tokens *tokens = calloc(1, sizeof(*tokens));
	vs_result r;

	assert(tokens_out != NULL);
	if (tokens == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_fernet_new_from_text(key, &tokens->now);
	if (r.code == VS_E_OK)
		*tokens_out = tokens;
	else
		free(tokens);
	return r;
}

void
vs_framed_tokens_free(struct vs_framed_tokens **tokens)
{
	assert(tokens != NULL);
	if (*tokens == NULL)
		return;
	vs_fernet_free(&(*tokens)->now);
	vs_fernet_free(&(*tokens)->old);
	vs_fernet_free(&(*tokens)->next);
	vs_framed_ring_done(&(*tokens)->opened);
	vs_framed_ring_done(&(*tokens)->made);
	free(*tokens);
	*tokens = NULL;
}

vs_result
vs_framed_tokens_offer(struct vs_framed_tokens *tokens, struct vs_bytes key)
{
	assert(tokens != NULL);
	if (tokens->next != NULL)
		return VS_FAIL(NOT_NOW);
	return vs_fernet_new_from_text(key, &tokens->next);
}

/* What was next is now; what was now opens for a while. The rings stay: a token of the old key is
 * still one that came already. */
static void
promote(struct vs_framed_tokens *tokens, int64_t now_s)
{
	vs_fernet_free(&tokens->old);
	tokens->old = tokens->now;
	tokens->now = tokens->next;
	tokens->next = NULL;
	tokens->old_until_s = now_s + VS_FRAMED_TOKEN_GRACE_S;
}

vs_result
vs_framed_tokens_adopt(struct vs_framed_tokens *tokens, struct vs_bytes key, int64_t now_s)
{
	VS_TRY(vs_framed_tokens_offer(tokens, key));
	promote(tokens, now_s);
	return VS_OK;
}

bool
vs_framed_tokens_is_offering(const struct vs_framed_tokens *tokens)
{
	assert(tokens != NULL);
	return tokens->next != NULL;
}

/* --- sealing -----------------------------------------------------------------------------------
 */

static uint64_t
part_of(const uint8_t mac[static VS_FERNET_MAC_SIZE])
{
	uint64_t part = 0;

	for (unsigned i = 0; i < 8; i++)
		part = part << 8 | mac[i];
	return part;
}

/* The MAC is the last 32 bytes; groups of four characters begin at a multiple of four. */
static vs_result
mac_of(struct vs_bytes token, uint64_t *mac_out)
{
	uint8_t tail[MAC_CHARS / 4 * 3];
	size_t size = 0;

	if (token.size < MAC_CHARS || token.size % 4 != 0)
		return VS_FAIL(BAD_ENCODING);
	VS_TRY(vs_base64_decode(VS_BASE64_URL_PADDED,
	                        vs_bytes_from(token.data + token.size - MAC_CHARS, MAC_CHARS), tail,
	                        sizeof(tail), &size));
	*mac_out = part_of(tail + size - VS_FERNET_MAC_SIZE);
	return VS_OK;
}

static vs_result
seal(struct vs_framed_tokens *tokens, enum vs_framed_form form, struct vs_bytes plain,
     int64_t now_s, struct vs_buf *data)
{
	size_t start;
	uint64_t mac = 0;

	vs_framed_ring_forget(&tokens->made, now_s - WINDOW_S);
	if (form == VS_FRAMED_OBJECT)
		VS_TRY(vs_buf_append_text(data, "{\"encrypted\": \""));
	start = data->size;
	VS_TRY(vs_fernet_seal(tokens->now, plain, now_s, data));
	VS_TRY(mac_of(vs_bytes_from(data->data + start, data->size - start), &mac));
	if (form == VS_FRAMED_OBJECT)
		VS_TRY(vs_buf_append_text(data, "\"}"));
	/* What cannot be remembered must not be said: it could come back unnoticed. */
	return vs_framed_ring_add(&tokens->made, mac, now_s);
}

vs_result
vs_framed_tokens_seal(struct vs_framed_tokens *tokens, enum vs_framed_form form,
                      struct vs_bytes plain, int64_t now_s, struct vs_buf *data)
{
	size_t start;
	vs_result r;

	assert(tokens != NULL && data != NULL);
	start = data->size;
	r = seal(tokens, form, plain, now_s, data);
	if (r.code != VS_E_OK)
		data->size = start;
	return r;
}

/* --- opening -----------------------------------------------------------------------------------
 */

/* The token within DATA. A message in clear begins with its name. */
static enum vs_framed_fault
unwrap(struct vs_bytes data, struct vs_bytes *token_out, enum vs_framed_form *form_out)
{
	struct vs_json_node nodes[OPEN_NODES];
	const struct vs_json_node *member;
	struct vs_json_tape tape;

	*form_out = VS_FRAMED_BARE;
	*token_out = data;
	if (data.size > 0 && data.data[0] == '{') {
		*form_out = VS_FRAMED_OBJECT;
		vs_json_tape_init_fixed(&tape, nodes, OPEN_NODES);
		if (vs_json_parse(data, &tape).code != VS_E_OK)
			return VS_FRAMED_WRONG;
		member = vs_json_member(&tape, nodes, "encrypted");
		if (member == NULL || member->type != VS_JSON_STRING ||
		    vs_json_text(&tape, member, NULL, 0, token_out).code != VS_E_OK)
			return VS_FRAMED_CLEAR;
		return VS_FRAMED_FINE;
	}
	if (memchr(data.data, '#', data.size) != NULL)
		return VS_FRAMED_CLEAR;
	return VS_FRAMED_FINE;
}

/* One of our keys, newest first; each says no by its MAC. */
static struct vs_fernet **
open_with(struct vs_framed_tokens *tokens, struct vs_bytes token, int64_t now_s,
          struct vs_buf *plain, struct vs_fernet_facts *facts)
{
	/* Its time is judged here, where it can be told why. */
	const struct vs_fernet_window any = {
	    .now_s = now_s, .age_max_s = -1, .skew_max_s = TIME_MAX_S};
	struct vs_fernet **keys[] = {&tokens->next, &tokens->now, &tokens->old};

	for (unsigned i = 0; i < 3; i++) {
		if (*keys[i] != NULL && (keys[i] != &tokens->old || now_s < tokens->old_until_s) &&
		    vs_fernet_open(*keys[i], token, &any, plain, facts).code == VS_E_OK)
			return keys[i];
	}
	return NULL;
}

static enum vs_framed_fault
judge(struct vs_framed_tokens *tokens, int64_t made_s, uint64_t mac, int64_t now_s)
{
	int64_t theirs_s = now_s + (tokens->has_offset ? tokens->offset_s : made_s - now_s);

	vs_framed_ring_forget(&tokens->opened, now_s - WINDOW_S);
	vs_framed_ring_forget(&tokens->made, now_s - WINDOW_S);
	if (vs_framed_ring_has(&tokens->made, mac))
		return VS_FRAMED_REFLECTED;
	if (vs_framed_ring_has(&tokens->opened, mac))
		return VS_FRAMED_REPLAYED;
	if (made_s < theirs_s - VS_FRAMED_TOKEN_AGE_S || made_s > theirs_s + VS_FRAMED_TOKEN_AGE_S)
		return VS_FRAMED_STALE;
	if (tokens->has_offset && made_s < tokens->last_s - VS_FRAMED_TOKEN_BACK_S)
		return VS_FRAMED_BACKWARD;
	if (vs_framed_ring_add(&tokens->opened, mac, now_s).code != VS_E_OK)
		return VS_FRAMED_CROWDED;
	return VS_FRAMED_FINE;
}

static enum vs_framed_fault
open_token(struct vs_framed_tokens *tokens, struct vs_bytes data, int64_t now_s,
           struct vs_buf *plain, enum vs_framed_form *form_out, bool *is_again)
{
	struct vs_fernet_facts facts;
	struct vs_fernet **key;
	struct vs_bytes token;
	enum vs_framed_fault fault = unwrap(data, &token, form_out);
	uint64_t mac;

	if (fault != VS_FRAMED_FINE)
		return fault;
	key = open_with(tokens, token, now_s, plain, &facts);
	if (key == NULL)
		return VS_FRAMED_WRONG;
	mac = part_of(facts.mac);
	fault = judge(tokens, facts.made_s, mac, now_s);
	*is_again = fault == VS_FRAMED_REPLAYED && mac == tokens->last_mac;
	if (fault != VS_FRAMED_FINE)
		return fault;
	if (!tokens->has_offset) {
		tokens->has_offset = true;
		tokens->offset_s = facts.made_s - now_s;
	}
	if (facts.made_s > tokens->last_s)
		tokens->last_s = facts.made_s;
	tokens->last_mac = mac;
	if (key == &tokens->next)
		promote(tokens, now_s);
	return VS_FRAMED_FINE;
}

vs_result
vs_framed_tokens_open(struct vs_framed_tokens *tokens, struct vs_bytes data, int64_t now_s,
                      struct vs_buf *plain, enum vs_framed_form *form_out,
                      enum vs_framed_fault *fault_out)
{
	enum vs_framed_form form = VS_FRAMED_BARE;
	enum vs_framed_fault fault;
	bool is_again = false;

	assert(tokens != NULL && plain != NULL && form_out != NULL && fault_out != NULL);
	vs_buf_reset(plain);
	fault = open_token(tokens, data, now_s, plain, &form, &is_again);
	if (fault == VS_FRAMED_FINE) {
		*form_out = form;
		return VS_OK;
	}
	vs_buf_reset(plain);
	*fault_out = fault;
	return is_again ? VS_FAIL(EXISTS) : VS_FAIL(NOT_AUTHENTIC);
}
