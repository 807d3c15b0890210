/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_crl.h"

#include "ca.h"

static struct ca ca;

static struct vs_x509_crl_request
request_of(const struct vs_x509_crl_entry *entries, size_t count)
{
	return (struct vs_x509_crl_request){
	    .number = 7,
	    .this_update_ms = ca_now() - 60000,
	    .next_update_ms = ca_now() + DAY,
	    .entries = entries,
	    .count = count,
	};
}

static void
write_crl(const struct vs_x509_crl_request *request)
{
	struct vs_buf der;

	vs_buf_init(&der, 1u << 20);
	CHECK_OK(vs_x509_crl_make(request, ca.cert, ca.key, &der));
	ca_write("issuing.crl", der.data, der.size);
	vs_buf_done(&der);
	CHECK(
	    ca_shell("openssl crl -inform DER -in issuing.crl -out crl.pem && cat root.pem ca.pem "
	             "crl.pem >trust.pem"));
}

static void
words(void)
{
	for (int i = 0; i < VS_X509_REASON_COUNT; i++) {
		enum vs_x509_reason reason = VS_X509_REASON_COUNT;

		CHECK_OK(vs_x509_reason_parse(
		    vs_bytes_from_text(vs_x509_reason_text((enum vs_x509_reason)i)), &reason));
		CHECK((int)reason == i && vs_x509_reason_number(reason) != 6);
	}
}

/* openssl accepts the leaf by the empty list and refuses it by the next one. */
static void
openssl_refuses_what_is_listed(void)
{
	struct vs_x509_crl_entry entries[2] = {{"abc", VS_X509_REASON_UNSPECIFIED, 0},
	                                       {"", VS_X509_REASON_COMPROMISED, 0}};
	struct vs_x509_cert *leaf = ca_leaf(&ca, VS_X509_station, "CS-1", VS_X509_P256, NULL);
	struct vs_x509_crl_request request = request_of(entries, 1);
	struct vs_x509_info info;

	ca_write_cert("root.pem", ca.root);
	ca_write_cert("ca.pem", ca.cert);
	ca_write_cert("leaf.pem", leaf);
	CHECK_OK(vs_x509_info_get(leaf, &info));
	memcpy(entries[1].serial_hex, info.serial_hex, sizeof(info.serial_hex));
	entries[0].at_ms = entries[1].at_ms = ca_now();
	write_crl(&request);
	CHECK(ca_shell("openssl verify -crl_check -CAfile trust.pem leaf.pem >/dev/null"));
	request.count = 2;
	write_crl(&request);
	CHECK(ca_shell("openssl verify -crl_check -CAfile trust.pem leaf.pem 2>&1 | grep -q "
	               "'certificate revoked'"));
	CHECK(ca_shell("openssl crl -in crl.pem -noout -text | grep -A4 'Serial Number: 0ABC' | "
	               "grep -qv 'Reason'"));
	CHECK(ca_shell("openssl crl -in crl.pem -noout -text | grep -q 'Key Compromise'"));
	CHECK(ca_shell("openssl crl -in crl.pem -noout -crlnumber | grep -q '0x0*7$'"));
	CHECK(ca_shell("openssl crl -in crl.pem -noout -text | grep -q 'Version 2'"));
	vs_x509_cert_free(&leaf);
}

static void
refused(void)
{
	struct vs_x509_crl_entry entry = {"abc", VS_X509_REASON_RETIRED, 1795000000000};
	struct vs_x509_crl_request request = request_of(&entry, 1);
	struct vs_x509_cert *leaf;
	struct vs_x509_key *leaf_key;
	struct vs_buf der;

	vs_buf_init(&der, 65536);
	request.number = 0;
	CHECK_ERR(vs_x509_crl_make(&request, ca.cert, ca.key, &der), BAD_VALUE);
	request = request_of(&entry, 1);
	request.next_update_ms = request.this_update_ms;
	CHECK_ERR(vs_x509_crl_make(&request, ca.cert, ca.key, &der), BAD_VALUE);
	request.next_update_ms = request.this_update_ms + 9 * DAY;
	CHECK_ERR(vs_x509_crl_make(&request, ca.cert, ca.key, &der), BAD_VALUE);
	request = request_of(&entry, 1);
	CHECK_ERR(vs_x509_crl_make(&request, ca.cert, ca.root_key, &der), FORBIDDEN);
	leaf = ca_leaf(&ca, VS_X509_station, "CS-1", VS_X509_P256, &leaf_key);
	CHECK_ERR(vs_x509_crl_make(&request, leaf, leaf_key, &der), FORBIDDEN);
	memcpy(entry.serial_hex, "xyz", 4);
	CHECK_ERR(vs_x509_crl_make(&request, ca.cert, ca.key, &der), BAD_VALUE);
	CHECK(der.size == 0);
	vs_x509_cert_free(&leaf);
	vs_x509_key_free(&leaf_key);
	vs_buf_done(&der);
}

int
main(void)
{
	ca_folder();
	ca_make(&ca, VS_X509_P384);
	CASE(words);
	CASE(openssl_refuses_what_is_listed);
	CASE(refused);
	ca_done(&ca);
	ca_folder_done();
	return 0;
}
