/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/signing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/x509.h"

#define FILE_SIZE_MAX 65536u
#define TEXT_MAX      (4u * VS_LIMIT_WS_MESSAGE_SIZE)

struct vs_sim_signing {
	struct vs_pkey *own, *central;
	struct vs_jose_key *own_key, *central_key;
	enum vs_sign_alg alg;
	uint8_t thumbprint[VS_SHA256_SIZE];
	char identity[64];
	int64_t seq, central_seq;
	enum vs_ocpp_action asked;       /* of our call that waits for its answer */
	char answer_to[VS_OCPP_ID_SIZE]; /* their signed call that waits for ours; "": none */
	enum vs_ocpp_action answers;
	struct vs_buf out, in;
};

static struct vs_bytes
pem_block(struct vs_bytes text, const char *begin, const char *end)
{
	struct vs_bytes none = {NULL, 0};
	const uint8_t *start = memmem(text.data, text.size, begin, strlen(begin)), *stop;

	if (start == NULL)
		return none;
	stop = memmem(start, text.size - (size_t)(start - text.data), end, strlen(end));
	if (stop == NULL)
		return none;
	return vs_bytes_from(start, (size_t)(stop - start) + strlen(end));
}

static vs_result
read_private(const char *path, struct vs_pkey **key_out)
{
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = vs_pkey_read_private(pem_block(vs_buf_view(&text),
		                                   "-----BEGIN PRIVATE KEY-----",
		                                   "-----END PRIVATE KEY-----\n"),
		                         key_out);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	return r;
}

/* The first certificate of the file: its thumbprint, or its key. */
static vs_result
read_certificate(const char *path, uint8_t *thumbprint, struct vs_pkey **key)
{
	struct vs_x509_cert *cert = NULL;
	struct vs_buf text, der;
	vs_result r;

	vs_buf_init(&text, FILE_SIZE_MAX);
	vs_buf_init(&der, FILE_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read(vs_buf_view(&text), &cert);
	if (r.code == VS_E_OK && thumbprint != NULL)
		r = vs_x509_cert_fingerprint(cert, thumbprint);
	if (r.code == VS_E_OK && key != NULL) {
		r = vs_x509_cert_write_der(cert, &der);
		if (r.code == VS_E_OK)
			r = vs_pkey_read_public(vs_buf_view(&der), key);
	}
	vs_x509_cert_free(&cert);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	vs_buf_done(&der);
	return r;
}

static vs_result
make_keys(struct vs_sim_signing *signing, const struct vs_sim_signing_files *files)
{
	VS_TRY(read_private(files->key, &signing->own));
	VS_TRY(read_certificate(files->cert, signing->thumbprint, NULL));
	VS_TRY(read_certificate(files->central, NULL, &signing->central));
	signing->alg = vs_pkey_kind_of(signing->own) == VS_PKEY_RSA ? VS_SIGN_RS256 : VS_SIGN_ES256;
	VS_TRY(vs_jose_key_new(signing->own, VS_JOSE_ALLOW(signing->alg), "", &signing->own_key));
	return vs_jose_key_new(signing->central, VS_JOSE_ALLOW(VS_SIGN_ES256), "",
	                       &signing->central_key);
}

vs_result
vs_sim_signing_new(const struct vs_sim_signing_files *files, const char *identity,
                   struct vs_sim_signing **signing_out)
{
	struct vs_sim_signing *signing = calloc(1, sizeof(*signing));
	vs_result r;

	if (signing == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&signing->out, TEXT_MAX);
	vs_buf_init(&signing->in, TEXT_MAX);
	signing->central_seq = -1;
	r = vs_bytes_copy_text(vs_bytes_from_text(identity), signing->identity,
	                       sizeof(signing->identity))
	        ? make_keys(signing, files)
	        : VS_FAIL(TOO_LONG);
	if (r.code == VS_E_OK) {
		*signing_out = signing;
		signing = NULL;
	}
	vs_sim_signing_free(&signing);
	return r;
}

void
vs_sim_signing_free(struct vs_sim_signing **signing)
{
	if (*signing == NULL)
		return;
	vs_jose_key_free(&(*signing)->own_key);
	vs_jose_key_free(&(*signing)->central_key);
	vs_pkey_free(&(*signing)->own);
	vs_pkey_free(&(*signing)->central);
	vs_buf_done(&(*signing)->out);
	vs_buf_done(&(*signing)->in);
	free(*signing);
	*signing = NULL;
}

struct vs_bytes
vs_sim_signing_sign(struct vs_sim_signing *signing, struct vs_bytes text, int64_t wall_ms)
{
	struct vs_ocpp_signer signer = {.key = signing->own_key,
	                                .alg = signing->alg,
	                                .identity = signing->identity,
	                                .at_ms = wall_ms};
	char id[VS_OCPP_ID_SIZE];
	enum vs_ocpp_type type;

	if (vs_ocpp_signed_head(text, &type, id).code != VS_E_OK)
		return text;
	if (type == VS_OCPP_CALL)
		signing->asked = vs_ocpp_signed_action(text);
	else if (type != VS_OCPP_NOTICE &&
	         (type != VS_OCPP_RESULT || strcmp(id, signing->answer_to) != 0))
		return text;
	memcpy(signer.thumbprint, signing->thumbprint, sizeof(signer.thumbprint));
	/* It rises over restarts, too. */
	signer.seq = wall_ms * 1000 > signing->seq ? wall_ms * 1000 : signing->seq + 1;
	vs_buf_reset(&signing->out);
	if (vs_ocpp_signed_make(&signer, text, signing->answers, &signing->out).code != VS_E_OK)
		return text;
	signing->seq = signer.seq;
	return vs_buf_view(&signing->out);
}

static vs_result
open_signed(struct vs_sim_signing *signing, struct vs_bytes text, int64_t wall_ms)
{
	const struct vs_ocpp_signed_policy policy = {.is_strict = true,
	                                             .identity = signing->identity,
	                                             .now_ms = wall_ms,
	                                             .seq_floor = signing->central_seq};
	enum vs_ocpp_signed_fault fault;
	struct vs_ocpp_signed message;
	vs_result r;

	VS_TRY(vs_ocpp_signed_read(text, signing->asked, &message, &fault));
	vs_buf_reset(&signing->in);
	r = vs_ocpp_signed_open(&message, signing->central_key, &policy, &signing->in, &fault);
	if (r.code == VS_E_OK) {
		signing->central_seq = message.seq;
		if (message.type == VS_OCPP_CALL) {
			memcpy(signing->answer_to, message.id, sizeof(signing->answer_to));
			signing->answers = vs_ocpp_action_find(vs_bytes_from_text(message.action));
		}
	}
	vs_ocpp_signed_done(&message);
	return r;
}

vs_result
vs_sim_signing_open(struct vs_sim_signing *signing, struct vs_bytes text, int64_t wall_ms,
                    struct vs_bytes *plain_out)
{
	assert(signing != NULL && plain_out != NULL);
	if (!vs_ocpp_signed_looks(text)) {
		*plain_out = text;
		return VS_OK;
	}
	if (open_signed(signing, text, wall_ms).code != VS_E_OK)
		return VS_FAIL(NOT_AUTHENTIC);
	*plain_out = vs_buf_view(&signing->in);
	return VS_OK;
}
