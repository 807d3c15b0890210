/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_csr.h"

#include "base/limits.h"
#include "ca.h"

static struct vs_bytes
request_of(const char *options)
{
	static char pem[16384];

	CHECK(ca_shell("openssl req -new -nodes -keyout k.pem -out r.pem %s 2>/dev/null", options));
	return vs_bytes_from(pem, ca_read("r.pem", pem, sizeof(pem)));
}

static void
expect(struct vs_bytes text, enum vs_err error, const char *words)
{
	struct vs_x509_csr *csr = NULL;
	const char *reason = "";

	CHECK(vs_x509_csr_read(text, &reason, &csr).code == error);
	CHECK((error == VS_E_OK) == (csr != NULL));
	CHECK(strstr(reason, words) != NULL);
	vs_x509_csr_free(&csr);
}

#define P256 "-newkey ec -pkeyopt ec_paramgen_curve:P-256 "

static void
good_ones(void)
{
	static const struct {
		const char *options, *common_name, *organisation, *extensions;
		enum vs_x509_key_kind kind;
	} rows[] = {
	    {P256 "-subj /O=CPO/CN=CS-1", "CS-1", "CPO", "", VS_X509_P256},
	    {"-newkey ec -pkeyopt ec_paramgen_curve:P-384 -subj /CN=CS-1", "CS-1", "", "",
	     VS_X509_P384},
	    {"-newkey rsa:2048 -subj /CN=CS-1", "CS-1", "", "", VS_X509_RSA2048},
	    {P256 "-subj /CN=CS-1 -addext basicConstraints=CA:TRUE -addext "
	          "subjectAltName=DNS:evil.example",
	     "CS-1", "", "X509v3_Basic_Constraints,X509v3_Subject_Alternative_Name", VS_X509_P256},
	    {P256 "-subj /C=DE", "", "", "", VS_X509_P256},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_x509_csr *csr = NULL;
		struct vs_x509_csr_info info;
		struct vs_x509_key *key = NULL;
		struct vs_buf der;
		uint8_t digest[32];

		CHECK_OK(vs_x509_csr_read(request_of(rows[i].options), NULL, &csr));
		vs_x509_csr_info(csr, &info);
		CHECK(strcmp(info.common_name, rows[i].common_name) == 0);
		CHECK(strcmp(info.organisation, rows[i].organisation) == 0);
		CHECK(strcmp(info.extensions, rows[i].extensions) == 0);
		CHECK(info.key_kind == rows[i].kind);
		CHECK_OK(vs_x509_csr_key(csr, &key));
		CHECK_OK(vs_x509_key_spki_sha256(key, digest));
		CHECK(memcmp(digest, info.spki_sha256, 32) == 0);
		vs_x509_key_free(&key);
		vs_buf_init(&der, 8192);
		CHECK_OK(vs_x509_csr_write_der(csr, &der));
		vs_x509_csr_free(&csr);
		CHECK_OK(vs_x509_csr_read(vs_buf_view(&der), NULL, &csr));
		vs_x509_csr_free(&csr);
		CHECK_OK(vs_buf_append_byte(&der, 0));
		expect(vs_buf_view(&der), VS_E_BAD_MESSAGE, "PKCS#10");
		vs_buf_done(&der);
	}
}

static void
weak_or_foreign_ones(void)
{
	expect(request_of("-newkey rsa:1024 -subj /CN=a"), VS_E_UNSUPPORTED, "2048");
	expect(request_of("-newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -subj /CN=a"),
	       VS_E_UNSUPPORTED, "curve");
	expect(request_of("-newkey ed25519 -subj /CN=a"), VS_E_UNSUPPORTED, "neither");
	expect(request_of("-newkey rsa:2048 -sha1 -subj /CN=a"), VS_E_UNSUPPORTED, "SHA-1");
	expect(request_of(P256 "-subj /CN=a/CN=b"), VS_E_BAD_VALUE, "several");
	expect(request_of(P256 "-subj /O=a/O=b/CN=c"), VS_E_BAD_VALUE, "several");
}

/* A request for somebody else's key, and one that was altered: no proof of possession. */
static void
not_the_owner(void)
{
	struct vs_bytes text = request_of(P256 "-subj /CN=CS-1 -outform DER");
	uint8_t altered[4096];
	const uint8_t *name = memmem(text.data, text.size, "CS-1", 4);

	CHECK(name != NULL && text.size < sizeof(altered));
	memcpy(altered, text.data, text.size);
	altered[name - text.data + 3] = '2';
	expect(vs_bytes_from(altered, text.size), VS_E_NOT_AUTHENTIC, "not signed by the key");
}

static void
nul_in_a_name(void)
{
	struct vs_x509_key *key = NULL;
	struct vs_buf pem;

	/* Whatever is looked at first, the name or the signature: it is refused. */
	struct vs_bytes text = request_of(P256 "-subj /CN=CS-1 -outform DER");
	uint8_t altered[4096];
	const uint8_t *name = memmem(text.data, text.size, "CS-1", 4);
	struct vs_x509_csr *csr = NULL;

	memcpy(altered, text.data, text.size);
	altered[name - text.data + 2] = 0;
	CHECK(vs_x509_csr_read(vs_bytes_from(altered, text.size), NULL, &csr).code != VS_E_OK);
	vs_buf_init(&pem, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_ERR(vs_x509_csr_make(key, "a\nb", NULL, &pem), BAD_VALUE);
	vs_x509_key_free(&key);
	vs_buf_done(&pem);
}

static void
one_block_and_nothing_else(void)
{
	struct vs_bytes text = request_of(P256 "-subj /CN=CS-1");
	struct vs_buf buf;

	vs_buf_init(&buf, 65536);
	CHECK_OK(vs_buf_append_text(&buf, "\r\n \t"));
	CHECK_OK(vs_buf_append_bytes(&buf, text));
	CHECK_OK(vs_buf_append_text(&buf, "\r\n\n"));
	expect(vs_buf_view(&buf), VS_E_OK, "");
	CHECK_OK(vs_buf_append_bytes(&buf, text));
	expect(vs_buf_view(&buf), VS_E_BAD_MESSAGE, "one PKCS#10");
	vs_buf_reset(&buf);
	CHECK_OK(vs_buf_append_text(&buf, "hello\n"));
	CHECK_OK(vs_buf_append_bytes(&buf, text));
	expect(vs_buf_view(&buf), VS_E_BAD_MESSAGE, "one PKCS#10");
	vs_buf_reset(&buf);
	while (buf.size <= VS_LIMIT_CSR_SIZE)
		CHECK_OK(vs_buf_append_byte(&buf, ' '));
	expect(vs_buf_view(&buf), VS_E_BAD_MESSAGE, "more bytes");
	expect((struct vs_bytes){NULL, 0}, VS_E_BAD_MESSAGE, "one PKCS#10");
	vs_buf_done(&buf);
}

/* What we make, openssl accepts. */
static void
ours_is_accepted(void)
{
	for (int i = 0; i < VS_X509_KEY_KIND_COUNT; i++) {
		struct vs_x509_key *key = NULL;
		struct vs_buf pem;

		vs_buf_init(&pem, 8192);
		CHECK_OK(vs_x509_key_new((enum vs_x509_key_kind)i, &key));
		CHECK_OK(vs_x509_csr_make(key, "CS-7", "CPO", &pem));
		expect(vs_buf_view(&pem), VS_E_OK, "");
		ca_write("ours.pem", pem.data, pem.size);
		CHECK(ca_shell("openssl req -in ours.pem -verify -noout -subject 2>&1 | grep -q "
		               "'O = CPO, CN = CS-7'"));
		vs_x509_key_free(&key);
		vs_buf_done(&pem);
	}
}

int
main(void)
{
	ca_folder();
	CASE(good_ones);
	CASE(weak_or_foreign_ones);
	CASE(not_the_owner);
	CASE(nul_in_a_name);
	CASE(one_block_and_nothing_else);
	CASE(ours_is_accepted);
	ca_folder_done();
	return 0;
}
