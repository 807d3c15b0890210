/* SPDX-License-Identifier: Apache-2.0 */
/* What is inside of E1, and around it: messages, proofs, keys, topics. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "crypto/enc.h"
#include "provision/compat.h"
#include "provision/members.h"
#include "wire/base64.h"

#define LABEL          "voltseal/prov/e1"
#define E1_MEMBERS     6
#define ANSWER_MEMBERS 3
#define PREFIX         "provision/"
#define DER_MAX        640 /* of RSA with 4096 bits: 550 */
#define LINE           64

void
vs_provision_e1_init(struct vs_provision_e1 *message)
{
	assert(message != NULL);
	memset(message, 0, sizeof(*message));
	vs_buf_init(&message->csr, VS_LIMIT_CSR_SIZE);
}

void
vs_provision_e1_done(struct vs_provision_e1 *message)
{
	vs_buf_done(&message->csr);
}

static void
e1_list(struct vs_provision_e1 *message, struct vs_provision_member members[static E1_MEMBERS])
{
	const struct vs_provision_member all[E1_MEMBERS] = {
	    {"device_id", VS_PROVISION_TEXT, true, sizeof(message->device), message->device},
	    {"action", VS_PROVISION_TEXT, true, sizeof(message->action), message->action},
	    {"user_id", VS_PROVISION_TEXT, true, sizeof(message->user), message->user},
	    {"proof", VS_PROVISION_BLOB, false, sizeof(message->proof), message->proof},
	    {"public_key", VS_PROVISION_TEXT, false, sizeof(message->public_key),
	     message->public_key},
	    {"csr", VS_PROVISION_BUF, false, 0, &message->csr},
	};

	memcpy(members, all, sizeof(all));
}

vs_result
vs_provision_e1_write(struct vs_provision_e1 *message, struct vs_buf *plain)
{
	struct vs_provision_member members[E1_MEMBERS];

	assert(message != NULL);
	e1_list(message, members);
	return vs_provision_members_write(members, E1_MEMBERS, plain);
}

vs_result
vs_provision_e1_read(struct vs_bytes plain, struct vs_provision_e1 *message)
{
	struct vs_provision_member members[E1_MEMBERS];

	assert(message != NULL);
	e1_list(message, members);
	return vs_provision_members_read(plain, members, E1_MEMBERS);
}

/* --- proofs and keys
 * ------------------------------------------------------------------------------ */

static vs_result
add_digest(struct vs_enc *enc, struct vs_bytes data)
{
	uint8_t digest[VS_SHA256_SIZE];

	VS_TRY(vs_crypto_sha256(data, digest));
	vs_enc_bytes(enc, vs_bytes_from(digest, sizeof(digest)));
	return VS_OK;
}

vs_result
vs_provision_e1_proof(const uint8_t secret[static VS_PROVISION_SECRET_SIZE],
                      const struct vs_pkey *receiver, const struct vs_provision_e1 *message,
                      uint8_t proof_out[static VS_PROVISION_PROOF_SIZE])
{
	struct vs_bytes said;
	struct vs_enc enc;
	struct vs_buf der;
	vs_result r;

	assert(receiver != NULL && message != NULL);
	vs_buf_init(&der, DER_MAX);
	vs_enc_init(&enc, LABEL);
	vs_enc_text(&enc, message->device);
	vs_enc_text(&enc, message->action);
	vs_enc_text(&enc, message->user);
	r = vs_pkey_write_public(receiver, &der);
	if (r.code == VS_E_OK)
		r = add_digest(&enc, vs_buf_view(&der));
	vs_buf_done(&der);
	VS_TRY(r);
	VS_TRY(add_digest(&enc, vs_bytes_from_text(message->public_key)));
	VS_TRY(add_digest(&enc, vs_buf_view(&message->csr)));
	VS_TRY(vs_enc_view(&enc, &said));
	return vs_crypto_hmac_sha256(vs_bytes_from(secret, VS_PROVISION_SECRET_SIZE), said,
	                             proof_out);
}

vs_result
vs_provision_e1_key_write(const struct vs_pkey *key, char pem_out[static VS_PROVISION_E1_KEY_SIZE])
{
	char text[VS_BASE64_TEXT_SIZE(DER_MAX)];
	struct vs_buf der, pem;
	size_t size = 0;
	vs_result r;

	vs_buf_init(&der, DER_MAX);
	vs_buf_init(&pem, VS_PROVISION_E1_KEY_SIZE - 1);
	r = vs_pkey_write_public(key, &der);
	if (r.code == VS_E_OK) {
		size = vs_base64_encode(VS_BASE64, vs_buf_view(&der), text, sizeof(text));
		r = vs_buf_append_text(&pem, "-----BEGIN PUBLIC KEY-----\n");
	}
	for (size_t at = 0; at < size && r.code == VS_E_OK; at += LINE) {
		r = vs_buf_append(&pem, text + at, size - at < LINE ? size - at : LINE);
		if (r.code == VS_E_OK)
			r = vs_buf_append_byte(&pem, '\n');
	}
	if (r.code == VS_E_OK)
		r = vs_buf_append_text(&pem, "-----END PUBLIC KEY-----\n");
	if (r.code == VS_E_OK)
		(void)vs_bytes_copy_text(vs_buf_view(&pem), pem_out, VS_PROVISION_E1_KEY_SIZE);
	vs_buf_done(&der);
	vs_buf_done(&pem);
	return r;
}

vs_result
vs_provision_e1_form_parse(const char *text, struct vs_envelope_form *form_out)
{
	static const struct {
		const char *text;
		struct vs_envelope_form form;
	} forms[] = {
	    {"sha256-12-32", {VS_ENVELOPE_SHA256, 32, 12}},
	    {"sha256-12-16", {VS_ENVELOPE_SHA256, 16, 12}},
	    {"sha256-16-32", {VS_ENVELOPE_SHA256, 32, 16}},
	    {"sha256-16-16", {VS_ENVELOPE_SHA256, 16, 16}},
	    {"sha1-12-32", {VS_ENVELOPE_SHA1, 32, 12}},
	    {"sha1-12-16", {VS_ENVELOPE_SHA1, 16, 12}},
	    {"sha1-16-32", {VS_ENVELOPE_SHA1, 32, 16}},
	    {"sha1-16-16", {VS_ENVELOPE_SHA1, 16, 16}},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(text, forms[i].text) == 0) {
			*form_out = forms[i].form;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

/* --- the answer in clear
 * -------------------------------------------------------------------------- */

static void
answer_list(struct vs_provision_e1_key *answer,
            struct vs_provision_member members[static ANSWER_MEMBERS])
{
	const struct vs_provision_member all[ANSWER_MEMBERS] = {
	    {"device_id", VS_PROVISION_TEXT, true, sizeof(answer->device), answer->device},
	    {"public_key", VS_PROVISION_TEXT, true, sizeof(answer->public_key), answer->public_key},
	    {"user_id", VS_PROVISION_TEXT, true, sizeof(answer->user), answer->user},
	};

	memcpy(members, all, sizeof(all));
}

vs_result
vs_provision_e1_answer_write(struct vs_provision_e1_key *answer, struct vs_buf *text)
{
	struct vs_provision_member members[ANSWER_MEMBERS];

	assert(answer != NULL);
	answer_list(answer, members);
	return vs_provision_members_write(members, ANSWER_MEMBERS, text);
}

vs_result
vs_provision_e1_answer_read(struct vs_bytes text, struct vs_provision_e1_key *answer_out)
{
	struct vs_provision_member members[ANSWER_MEMBERS];
	struct vs_provision_e1_key answer = {.device = ""};

	assert(answer_out != NULL);
	answer_list(&answer, members);
	VS_TRY(vs_provision_members_read(text, members, ANSWER_MEMBERS));
	*answer_out = answer;
	return VS_OK;
}

/* --- topics
 * --------------------------------------------------------------------------------------- */

vs_result
vs_provision_e1_topic_parse(struct vs_bytes topic, struct vs_provision_e1_topic *topic_out)
{
	static const char *const actions[] = {"request", "update", "delete", "response"};
	const size_t prefix = sizeof(PREFIX) - 1;
	struct vs_provision_e1_topic made = {.device = ""};
	const uint8_t *slash;

	assert(topic_out != NULL);
	if (topic.size <= prefix || !vs_bytes_equal_text(vs_bytes_from(topic.data, prefix), PREFIX))
		return VS_FAIL(BAD_VALUE);
	topic = vs_bytes_from(topic.data + prefix, topic.size - prefix);
	slash = memchr(topic.data, '/', topic.size);
	if (slash == NULL || slash == topic.data ||
	    !vs_bytes_copy_text(vs_bytes_from(topic.data, (size_t)(slash - topic.data)),
	                        made.device, sizeof(made.device)))
		return VS_FAIL(BAD_VALUE);
	topic = vs_bytes_from(slash + 1, topic.size - (size_t)(slash - topic.data) - 1);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (vs_bytes_equal_text(topic, actions[i])) {
			(void)snprintf(made.action, sizeof(made.action), "%s", actions[i]);
			*topic_out = made;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

void
vs_provision_e1_topic_make(const char *device, const char *action,
                           char topic_out[static VS_PROVISION_TOPIC_SIZE])
{
	(void)snprintf(topic_out, VS_PROVISION_TOPIC_SIZE, PREFIX "%.48s/%.8s", device, action);
}

void
vs_provision_e1_key_topic(const char *device, char topic_out[static VS_PROVISION_TOPIC_SIZE])
{
	(void)snprintf(topic_out, VS_PROVISION_TOPIC_SIZE, "keys/%.48s/public", device);
}
