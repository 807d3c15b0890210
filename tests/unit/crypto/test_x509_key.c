/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include "ca.h"

static struct vs_secret *
secret(const char *text)
{
	struct vs_secret *s = NULL;

	CHECK_OK(vs_secret_new(strlen(text), &s));
	memcpy(vs_secret_bytes(s), text, strlen(text));
	return s;
}

static void
every_kind_is_written_and_read(void)
{
	for (int i = 0; i < VS_X509_KEY_KIND_COUNT; i++) {
		enum vs_x509_key_kind kind = (enum vs_x509_key_kind)i, parsed;
		struct vs_x509_key *key = NULL, *again = NULL, *public_half = NULL;
		struct vs_secret *pem = NULL;
		struct vs_buf der;

		vs_buf_init(&der, 4096);
		CHECK_OK(vs_x509_key_kind_parse(vs_bytes_from_text(vs_x509_key_kind_text(kind)),
		                                &parsed));
		CHECK(parsed == kind);
		CHECK_OK(vs_x509_key_new(kind, &key));
		CHECK(vs_x509_key_kind(key) == kind);
		CHECK_OK(vs_x509_key_write(key, &pem));
		CHECK(memmem(vs_secret_bytes(pem), vs_secret_size(pem), "BEGIN PRIVATE KEY", 17));
		CHECK_OK(vs_x509_key_read(pem, &again));
		CHECK(vs_x509_key_equal(key, again));
		CHECK_OK(vs_x509_key_write_public(key, &der));
		CHECK_OK(vs_x509_key_read_public(vs_buf_view(&der), &public_half));
		CHECK(vs_x509_key_equal(key, public_half));
		vs_secret_free(&pem);
		/* There is nothing private in a public half. */
		CHECK_ERR(vs_x509_key_write(public_half, &pem), INTERNAL);
		CHECK_OK(vs_buf_append_byte(&der, 0));
		vs_x509_key_free(&public_half);
		CHECK_ERR(vs_x509_key_read_public(vs_buf_view(&der), &public_half), BAD_MESSAGE);
		vs_buf_done(&der);
		vs_x509_key_free(&key);
		vs_x509_key_free(&again);
	}
}

/* openssl is asked to make what we refuse. */
static void
weak_keys_are_refused(void)
{
	static const struct {
		const char *command;
		enum vs_err error;
	} keys[] = {
	    {"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024", VS_E_UNSUPPORTED},
	    {"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_pubexp:3", VS_E_UNSUPPORTED},
	    {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
	     VS_E_UNSUPPORTED},
	    {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt "
	     "ec_param_enc:explicit",
	     VS_E_UNSUPPORTED},
	    {"openssl genpkey -algorithm ED25519", VS_E_UNSUPPORTED},
	    {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", VS_E_OK},
	    {"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096", VS_E_OK},
	};
	uint8_t der[4096];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct vs_x509_key *key = NULL;

		CHECK(ca_shell("%s 2>/dev/null | openssl pkey -pubout -outform DER -out pub.der",
		               keys[i].command));
		CHECK(vs_x509_key_read_public(
			  vs_bytes_from(der, ca_read("pub.der", der, sizeof(der))), &key)
		          .code == keys[i].error);
		vs_x509_key_free(&key);
	}
}

static void
sealed_under_a_passphrase(void)
{
	struct vs_secret *right = secret("correct horse"), *wrong = secret("correct horsf");
	struct vs_x509_key *key = NULL, *again = NULL;
	struct vs_buf pem;

	vs_buf_init(&pem, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_key_write_sealed(key, right, &pem));
	CHECK(memmem(pem.data, pem.size, "BEGIN ENCRYPTED PRIVATE KEY", 27) != NULL);
	CHECK_ERR(vs_x509_key_read_sealed(vs_buf_view(&pem), wrong, &again), NOT_AUTHENTIC);
	CHECK_ERR(vs_x509_key_read_sealed(VS_BYTES_LITERAL("none"), right, &again), BAD_MESSAGE);
	CHECK_OK(vs_x509_key_read_sealed(vs_buf_view(&pem), right, &again));
	CHECK(vs_x509_key_equal(key, again));
	ca_write("sealed.pem", pem.data, pem.size);
	CHECK(ca_shell("openssl pkey -in sealed.pem -passin pass:'correct horse' -noout"));
	CHECK(!ca_shell("openssl pkey -in sealed.pem -passin pass:x -noout 2>/dev/null"));
	vs_x509_key_free(&again);
	vs_x509_key_free(&key);
	vs_secret_free(&right);
	vs_secret_free(&wrong);
	vs_buf_done(&pem);
}

static void
spki_digest_is_openssl_s(void)
{
	struct vs_x509_key *key = NULL;
	uint8_t ours[32], theirs[32];

	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_key_spki_sha256(key, ours));
	ca_write_key("key.pem", key);
	CHECK(ca_shell("openssl pkey -in key.pem -pubout -outform DER | openssl dgst -sha256 "
	               "-binary -out spki"));
	CHECK(ca_read("spki", theirs, sizeof(theirs)) == 32);
	CHECK(memcmp(ours, theirs, 32) == 0);
	vs_x509_key_free(&key);
}

static void
garbage_is_refused(void)
{
	struct vs_secret *pem = secret("0123456789");
	enum vs_x509_key_kind kind = VS_X509_P384;
	struct vs_x509_key *key = NULL;

	CHECK_ERR(vs_x509_key_read(pem, &key), BAD_MESSAGE);
	CHECK_ERR(vs_x509_key_read_public((struct vs_bytes){NULL, 0}, &key), BAD_MESSAGE);
	CHECK_ERR(vs_x509_key_kind_parse(VS_BYTES_LITERAL("P-521"), &kind), BAD_VALUE);
	CHECK(key == NULL && kind == VS_X509_P384);
	vs_secret_free(&pem);
}

int
main(void)
{
	ca_folder();
	CASE(every_kind_is_written_and_read);
	CASE(weak_keys_are_refused);
	CASE(sealed_under_a_passphrase);
	CASE(spki_digest_is_openssl_s);
	CASE(garbage_is_refused);
	ca_folder_done();
	return 0;
}
