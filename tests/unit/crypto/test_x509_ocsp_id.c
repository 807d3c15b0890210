/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_ocsp.h"

#include "test.h"
#include "wire/base64.h"

/* What python3-cryptography's OCSPRequestBuilder().add_certificate_by_hash(SHA256) writes for
 * hashes of 0x11 and 0x22 and the serial number 0xff01. */
static const char known[] = "3060305e305c305a3058300d06096086480165030402010500"
			    "0420"
			    "1111111111111111111111111111111111111111111111111111111111111111"
			    "0420"
			    "2222222222222222222222222222222222222222222222222222222222222222"
			    "020300ff01";

static struct vs_x509_ocsp_id
id_of(const uint8_t *name, const uint8_t *key, size_t size, struct vs_bytes serial)
{
	return (struct vs_x509_ocsp_id){.algorithm = size == 32   ? "SHA256"
	                                             : size == 48 ? "SHA384"
	                                                          : "SHA512",
	                                .issuer_name_hash = vs_bytes_from(name, size),
	                                .issuer_key_hash = vs_bytes_from(key, size),
	                                .serial = serial};
}

static void
as_another_writes_it(void)
{
	struct vs_x509_ocsp_request *request = NULL;
	uint8_t name[64], key[64], want[128];
	char serial[VS_X509_SERIAL_SIZE];
	struct vs_x509_ocsp_id id;
	size_t size = 0;
	struct vs_buf der;

	memset(name, 0x11, sizeof(name));
	memset(key, 0x22, sizeof(key));
	CHECK_OK(vs_hex_decode(vs_bytes_from_text(known), want, sizeof(want), &size));
	vs_buf_init(&der, 1024);
	id = id_of(name, key, 32, VS_BYTES_LITERAL("\x00\xff\x01"));
	CHECK_OK(vs_x509_ocsp_ask_id(&id, &der));
	CHECK(der.size == size && memcmp(der.data, want, size) == 0);
	/* Lengths of two bytes, too; and a reader of ours understands them. */
	for (size_t of = 32; of <= 64; of += 16) {
		vs_buf_reset(&der);
		id = id_of(name, key, of, VS_BYTES_LITERAL("12345678901234567890"));
		CHECK_OK(vs_x509_ocsp_ask_id(&id, &der));
		CHECK_OK(vs_x509_ocsp_request_read(vs_buf_view(&der), &request));
		CHECK(vs_x509_ocsp_request_count(request) == 1 &&
		      !vs_x509_ocsp_request_has_nonce(request));
		vs_x509_ocsp_request_serial(request, 0, serial);
		CHECK(strcmp(serial, "3132333435363738393031323334353637383930") == 0);
		vs_x509_ocsp_request_free(&request);
	}
	vs_buf_done(&der);
}

static void
what_names_nothing(void)
{
	uint8_t hash[64] = {0};
	struct vs_x509_ocsp_id good = id_of(hash, hash, 32, VS_BYTES_LITERAL("\x01")), bad;
	struct vs_buf der;

	vs_buf_init(&der, 1024);
	bad = good;
	bad.algorithm = "MD5";
	CHECK_ERR(vs_x509_ocsp_ask_id(&bad, &der), BAD_VALUE);
	bad = good;
	bad.issuer_key_hash.size = 31;
	CHECK_ERR(vs_x509_ocsp_ask_id(&bad, &der), BAD_VALUE);
	bad = good;
	bad.serial.size = 0;
	CHECK_ERR(vs_x509_ocsp_ask_id(&bad, &der), BAD_VALUE);
	bad = good;
	bad.serial = vs_bytes_from(hash, 21);
	CHECK_ERR(vs_x509_ocsp_ask_id(&bad, &der), BAD_VALUE);
	CHECK(der.size == 0);
	vs_buf_done(&der);
}

static void
refusals_are_no_answers(void)
{
	struct vs_buf der;

	vs_buf_init(&der, 1024);
	CHECK(!vs_x509_ocsp_is_answer(vs_buf_view(&der)));
	CHECK_OK(vs_x509_ocsp_refuse(VS_X509_OCSP_UNAUTHORIZED, &der));
	CHECK(!vs_x509_ocsp_is_answer(vs_buf_view(&der)));
	CHECK(!vs_x509_ocsp_is_answer(VS_BYTES_LITERAL("\x30\x03\x0a\x01")));
	/* Successful, and nothing in it. */
	CHECK(vs_x509_ocsp_is_answer(VS_BYTES_LITERAL("\x30\x03\x0a\x01\x00")));
	CHECK(!vs_x509_ocsp_is_answer(VS_BYTES_LITERAL("\x30\x03\x0a\x01\x00\x00")));
	vs_buf_done(&der);
}

int
main(void)
{
	CASE(as_another_writes_it);
	CASE(what_names_nothing);
	CASE(refusals_are_no_answers);
	return 0;
}
