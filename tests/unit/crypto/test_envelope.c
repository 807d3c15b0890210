/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/envelope.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "test.h"

static const struct vs_envelope_form forms[] = {
    {VS_ENVELOPE_SHA256, 32, 12},
    {VS_ENVELOPE_SHA256, 16, 16},
    {VS_ENVELOPE_SHA1, 32, 16},
    {VS_ENVELOPE_SHA1, 16, 12},
};
static const struct vs_bytes aad = {(const uint8_t *)"aad", 3};
static const struct vs_bytes text = {(const uint8_t *)"a session", 9};
static struct vs_pkey *receiver, *stranger;

static struct vs_envelope_view
view_of(const struct vs_envelope *envelope, const struct vs_envelope_form *form,
        const struct vs_buf *sealed)
{
	return (struct vs_envelope_view){
	    .wrapped = vs_bytes_from(envelope->wrapped, envelope->wrapped_size),
	    .nonce = vs_bytes_from(envelope->nonce, form->nonce_size),
	    .tag = vs_bytes_from(envelope->tag, sizeof(envelope->tag)),
	    .sealed = vs_buf_view(sealed)};
}

static void
refused(const struct vs_pkey *key, const struct vs_envelope_form *form, struct vs_bytes said,
        const struct vs_envelope_view *view)
{
	struct vs_buf plain;

	vs_buf_init(&plain, 64);
	CHECK_ERR(vs_envelope_open(key, form, said, view, &plain), NOT_AUTHENTIC);
	CHECK(plain.size == 0);
	vs_buf_done(&plain);
}

static void
every_form(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct vs_envelope_form other = forms[i];
		struct vs_envelope envelope;
		struct vs_envelope_view view;
		struct vs_buf sealed, plain;

		vs_buf_init(&sealed, 64);
		vs_buf_init(&plain, 64);
		CHECK_OK(vs_envelope_seal(receiver, &forms[i], aad, text, &envelope, &sealed));
		view = view_of(&envelope, &forms[i], &sealed);
		CHECK_OK(vs_envelope_open(receiver, &forms[i], aad, &view, &plain));
		CHECK(vs_bytes_equal(vs_buf_view(&plain), text));
		other.key_size = (uint8_t)(48 - other.key_size);
		refused(receiver, &other, aad, &view);
		other = forms[i];
		other.hash = other.hash == VS_ENVELOPE_SHA1 ? VS_ENVELOPE_SHA256 : VS_ENVELOPE_SHA1;
		refused(receiver, &other, aad, &view);
		refused(receiver, &forms[i], text, &view);
		refused(stranger, &forms[i], aad, &view);
		vs_buf_done(&plain);
		vs_buf_done(&sealed);
	}
}

static void
each_part_counts(void)
{
	const struct vs_envelope_form form = VS_ENVELOPE_DEFAULT;
	struct vs_envelope envelope;
	struct vs_envelope_view view;
	struct vs_buf sealed;

	vs_buf_init(&sealed, 64);
	CHECK_OK(vs_envelope_seal(receiver, &form, aad, text, &envelope, &sealed));
	view = view_of(&envelope, &form, &sealed);
	{
		uint8_t *const bytes[] = {envelope.wrapped, envelope.nonce, envelope.tag,
		                          sealed.data};

		for (unsigned i = 0; i < 4; i++) {
			bytes[i][0] ^= 1;
			refused(receiver, &form, aad, &view);
			bytes[i][0] ^= 1;
		}
	}
	view.wrapped.size--;
	refused(receiver, &form, aad, &view);
	view.wrapped.size++;
	view.nonce.size--;
	refused(receiver, &form, aad, &view);
	view.nonce.size++;
	view.tag.size = 4; /* a short tag would be a tag that can be guessed */
	refused(receiver, &form, aad, &view);
	view.tag.size = 16;
	view.sealed.size--;
	refused(receiver, &form, aad, &view);
	vs_buf_done(&sealed);
}

/* A key part that is good RSA-OAEP, but wraps a key of another size: implicit rejection as well. */
static void
wrapped_key_of_another_size(void)
{
	const struct vs_envelope_form form = VS_ENVELOPE_DEFAULT;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(vs_pkey_evp(receiver), NULL);
	struct vs_envelope envelope;
	struct vs_envelope_view view;
	uint8_t key[31] = {0};
	struct vs_buf sealed;

	vs_buf_init(&sealed, 64);
	CHECK_OK(vs_envelope_seal(receiver, &form, aad, text, &envelope, &sealed));
	CHECK(context != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
	      EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
	      EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
	      EVP_PKEY_encrypt(context, envelope.wrapped, &envelope.wrapped_size, key,
	                       sizeof(key)) == 1);
	view = view_of(&envelope, &form, &sealed);
	refused(receiver, &form, aad, &view);
	EVP_PKEY_CTX_free(context);
	vs_buf_done(&sealed);
}

static void
what_is_no_envelope(void)
{
	const struct vs_envelope_form bad[] = {{(enum vs_envelope_hash)2, 32, 12},
	                                       {VS_ENVELOPE_SHA256, 24, 12},
	                                       {VS_ENVELOPE_SHA256, 32, 8}};
	const struct vs_envelope_form form = VS_ENVELOPE_DEFAULT;
	struct vs_envelope_view view = {.sealed = {NULL, 0}};
	struct vs_pkey *p256 = NULL;
	struct vs_envelope envelope;
	struct vs_buf sealed;

	vs_buf_init(&sealed, 4);
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &p256));
	for (unsigned i = 0; i < 3; i++) {
		CHECK_ERR(vs_envelope_seal(receiver, &bad[i], aad, text, &envelope, &sealed),
		          BAD_VALUE);
		CHECK_ERR(vs_envelope_open(receiver, &bad[i], aad, &view, &sealed), BAD_VALUE);
	}
	CHECK_ERR(vs_envelope_seal(p256, &form, aad, text, &envelope, &sealed), WRONG_TYPE);
	CHECK_ERR(vs_envelope_open(p256, &form, aad, &view, &sealed), WRONG_TYPE);
	CHECK_ERR(vs_envelope_seal(receiver, &form, aad, text, &envelope, &sealed), TOO_LONG);
	refused(receiver, &form, aad, &view);
	CHECK_OK(
	    vs_envelope_seal(receiver, &form, aad, vs_bytes_from(NULL, 0), &envelope, &sealed));
	view = view_of(&envelope, &form, &sealed);
	CHECK_OK(vs_envelope_open(receiver, &form, aad, &view, &sealed));
	vs_buf_done(&sealed);
	vs_pkey_free(&p256);
}

int
main(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &receiver));
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &stranger));
	CASE(every_form);
	CASE(each_part_counts);
	CASE(wrapped_key_of_another_size);
	CASE(what_is_no_envelope);
	vs_pkey_free(&stranger);
	vs_pkey_free(&receiver);
	return 0;
}
