/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include "test.h"

#define NOW ((int64_t)1795000000000)
#define DAY ((int64_t)86400000)

static const struct vs_x509_request root_request = {VS_X509_ROOT, "Root", "Test",
                                                    NULL,         NOW,    NOW + DAY};

static void
written_and_read_again(void)
{
	struct vs_x509_key *key = NULL, *again = NULL;
	struct vs_x509_cert *root = NULL, *read = NULL;
	struct vs_secret *pem = NULL;
	uint8_t a[32], b[32];
	struct vs_buf buf;

	vs_buf_init(&buf, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_issue(&root_request, key, NULL, NULL, &root));
	CHECK_OK(vs_x509_cert_write(root, &buf));
	CHECK_OK(vs_x509_cert_read(vs_buf_view(&buf), &read));
	CHECK_OK(vs_x509_cert_fingerprint(root, a));
	CHECK_OK(vs_x509_cert_fingerprint(read, b));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK(vs_x509_cert_not_after_ms(read) == NOW + DAY);
	CHECK_OK(vs_x509_key_write(key, &pem));
	CHECK(memmem(vs_secret_bytes(pem), vs_secret_size(pem), "BEGIN PRIVATE KEY", 17) != NULL);
	CHECK_OK(vs_x509_key_read(pem, &again));
	vs_x509_key_free(&again);
	vs_secret_free(&pem);
	vs_x509_cert_free(&read);
	vs_x509_cert_free(&root);
	vs_x509_key_free(&key);
	vs_buf_done(&buf);
}

static void
serials_differ(void)
{
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *one = NULL, *two = NULL;
	uint8_t a[32], b[32];

	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_issue(&root_request, key, NULL, NULL, &one));
	CHECK_OK(vs_x509_issue(&root_request, key, NULL, NULL, &two));
	CHECK_OK(vs_x509_cert_fingerprint(one, a));
	CHECK_OK(vs_x509_cert_fingerprint(two, b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	vs_x509_cert_free(&one);
	vs_x509_cert_free(&two);
	vs_x509_key_free(&key);
}

static void
bad_requests(void)
{
	char long_name[66];
	struct vs_x509_request request = root_request;
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *cert = NULL;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	CHECK_OK(vs_x509_key_new(VS_X509_RSA2048, &key));
	request.common_name = long_name; /* 65 bytes */
	CHECK_ERR(vs_x509_issue(&request, key, NULL, NULL, &cert), BAD_VALUE);
	request.common_name = "";
	CHECK_ERR(vs_x509_issue(&request, key, NULL, NULL, &cert), BAD_VALUE);
	request = root_request;
	request.not_after_ms = request.not_before_ms;
	CHECK_ERR(vs_x509_issue(&request, key, NULL, NULL, &cert), BAD_VALUE);
	request = root_request;
	request.alternative_names = "IP:not-an-address";
	CHECK_ERR(vs_x509_issue(&request, key, NULL, NULL, &cert), INTERNAL);
	CHECK(cert == NULL);
	vs_x509_key_free(&key);
}

static void
garbage_is_refused(void)
{
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_key *key = NULL;
	struct vs_secret *pem = NULL;

	CHECK_ERR(vs_x509_cert_read((struct vs_bytes){NULL, 0}, &cert), BAD_MESSAGE);
	CHECK_ERR(
	    vs_x509_cert_read(
		VS_BYTES_LITERAL("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		&cert),
	    BAD_MESSAGE);
	CHECK_OK(vs_secret_new(10, &pem));
	CHECK_ERR(vs_x509_key_read(pem, &key), BAD_MESSAGE);
	CHECK(cert == NULL && key == NULL);
	vs_secret_free(&pem);
	vs_x509_cert_free(&cert);
	vs_x509_key_free(&key);
}

int
main(void)
{
	CASE(written_and_read_again);
	CASE(serials_differ);
	CASE(bad_requests);
	CASE(garbage_is_refused);
	return 0;
}
