/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include "ca.h"

static struct ca ca;

static void
written_and_read_again(void)
{
	struct vs_x509_cert *read = NULL;
	uint8_t a[32], b[32];
	struct vs_buf buf;

	vs_buf_init(&buf, 8192);
	CHECK_OK(vs_x509_cert_write(ca.root, &buf));
	CHECK_OK(vs_x509_cert_read(vs_buf_view(&buf), &read));
	CHECK_OK(vs_x509_cert_fingerprint(ca.root, a));
	CHECK_OK(vs_x509_cert_fingerprint(read, b));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	vs_x509_cert_free(&read);
	vs_buf_reset(&buf);
	CHECK_OK(vs_x509_cert_write_der(ca.root, &buf));
	CHECK_OK(vs_x509_cert_read_der(vs_buf_view(&buf), &read));
	CHECK_OK(vs_x509_cert_fingerprint(read, b));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	vs_x509_cert_free(&read);
	/* DER is one certificate and nothing behind it. */
	CHECK_OK(vs_buf_append_byte(&buf, 0));
	CHECK_ERR(vs_x509_cert_read_der(vs_buf_view(&buf), &read), BAD_MESSAGE);
	vs_buf_done(&buf);
}

static void
chain_is_read_one_by_one(void)
{
	struct vs_x509_cert *cert = NULL;
	size_t offset = 0;
	struct vs_buf buf;

	vs_buf_init(&buf, 8192);
	CHECK_OK(vs_x509_cert_write(ca.cert, &buf));
	CHECK_OK(vs_buf_append_text(&buf, "\n"));
	CHECK_OK(vs_x509_cert_write(ca.root, &buf));
	CHECK_OK(vs_x509_cert_read_next(vs_buf_view(&buf), &offset, &cert));
	CHECK(vs_x509_cert_fits(cert, ca.key) && !vs_x509_cert_fits(cert, ca.root_key));
	vs_x509_cert_free(&cert);
	CHECK_OK(vs_x509_cert_read_next(vs_buf_view(&buf), &offset, &cert));
	CHECK(vs_x509_cert_fits(cert, ca.root_key));
	vs_x509_cert_free(&cert);
	CHECK_ERR(vs_x509_cert_read_next(vs_buf_view(&buf), &offset, &cert), NOT_FOUND);
	/* A damaged second one is an error, not the end. */
	buf.data[buf.size - 60] = '!';
	offset = 0;
	CHECK_OK(vs_x509_cert_read_next(vs_buf_view(&buf), &offset, &cert));
	vs_x509_cert_free(&cert);
	CHECK_ERR(vs_x509_cert_read_next(vs_buf_view(&buf), &offset, &cert), BAD_MESSAGE);
	vs_buf_done(&buf);
}

static void
issuer_is_known_by_its_signature(void)
{
	struct ca other;

	ca_make(&other, VS_X509_P256); /* the same names, other keys */
	CHECK(vs_x509_cert_is_by(ca.cert, ca.root));
	CHECK(vs_x509_cert_is_by(ca.root, ca.root));
	CHECK(!vs_x509_cert_is_by(ca.root, ca.cert));
	CHECK(!vs_x509_cert_is_by(ca.cert, other.root));
	ca_done(&other);
}

static void
garbage_is_refused(void)
{
	struct vs_x509_cert *cert = NULL;

	CHECK_ERR(vs_x509_cert_read((struct vs_bytes){NULL, 0}, &cert), BAD_MESSAGE);
	CHECK_ERR(
	    vs_x509_cert_read(
		VS_BYTES_LITERAL("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
		&cert),
	    BAD_MESSAGE);
	CHECK_ERR(vs_x509_cert_read_der(VS_BYTES_LITERAL("\x30\x00"), &cert), BAD_MESSAGE);
	CHECK(cert == NULL);
	vs_x509_cert_free(&cert);
}

int
main(void)
{
	ca_make(&ca, VS_X509_P256);
	CASE(written_and_read_again);
	CASE(chain_is_read_one_by_one);
	CASE(issuer_is_known_by_its_signature);
	CASE(garbage_is_refused);
	ca_done(&ca);
	return 0;
}
