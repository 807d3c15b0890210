/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_ocsp.h"

#include "ca.h"

static struct ca ca;
static struct vs_x509_cert *signer, *leaf;
static struct vs_x509_key *signer_key;

static struct vs_bytes
asked(const char *options)
{
	static uint8_t der[8192];

	CHECK(ca_shell("openssl ocsp %s -reqout request.der", options));
	return vs_bytes_from(der, ca_read("request.der", der, sizeof(der)));
}

static void
answer(struct vs_bytes der, const struct vs_x509_ocsp_status *statuses)
{
	struct vs_x509_ocsp_request *request = NULL;
	struct vs_buf out;

	vs_buf_init(&out, 65536);
	CHECK_OK(vs_x509_ocsp_request_read(der, &request));
	CHECK_OK(vs_x509_ocsp_answer(request, statuses, ca.cert, signer, signer_key,
	                             ca_now() - 1000, ca_now() + 3600000, &out));
	ca_write("answer.der", out.data, out.size);
	vs_buf_done(&out);
	vs_x509_ocsp_request_free(&request);
}

/* openssl asks and believes the answer: good, revoked with its reason, unknown; with a nonce and
 * without. */
static void
openssl_believes(void)
{
	static const struct {
		struct vs_x509_ocsp_status status;
		const char *words;
	} rows[] = {
	    {{VS_X509_STATUS_GOOD, 0, 0}, "leaf.pem: good"},
	    {{VS_X509_STATUS_REVOKED, VS_X509_REASON_COMPROMISED, 1795000000000},
	     "leaf.pem: revoked"},
	    {{VS_X509_STATUS_UNKNOWN, 0, 0}, "leaf.pem: unknown"},
	};
	static const char *const ways[] = {"-sha1", "-sha256", "-sha256 -no_nonce"};

	for (size_t w = 0; w < 3; w++) {
		for (size_t i = 0; i < 3; i++) {
			char options[128];

			(void)snprintf(options, sizeof(options), "-issuer ca.pem %s -cert leaf.pem",
			               ways[w]);
			answer(asked(options), &rows[i].status);
			CHECK(ca_shell("openssl ocsp -issuer ca.pem %s -cert leaf.pem -no_nonce "
			               "-respin answer.der -CAfile root.pem -verify_other ca.pem "
			               ">said 2>&1; grep -q 'Response verify OK' said && grep -q "
			               "'%s' said",
			               w == 0 ? "-sha1" : "-sha256", rows[i].words));
			if (i == 1)
				CHECK(ca_shell("grep -q 'Reason: keyCompromise' said"));
		}
	}
}

static void
several_and_foreign_ones(void)
{
	struct ca other;
	struct vs_x509_cert *theirs;
	struct vs_x509_ocsp_request *request = NULL;
	const struct vs_x509_ocsp_status statuses[2] = {{VS_X509_STATUS_GOOD, 0, 0},
	                                                {VS_X509_STATUS_GOOD, 0, 0}};
	char serial[VS_X509_SERIAL_SIZE];
	struct vs_x509_info info;
	struct vs_bytes der;

	ca_make(&other, VS_X509_P256); /* of the same name, with another key */
	theirs = ca_leaf(&other, VS_X509_station, "CS-9", VS_X509_P256, NULL);
	ca_write_cert("other-ca.pem", other.cert);
	ca_write_cert("other.pem", theirs);
	der = asked("-issuer ca.pem -cert leaf.pem -issuer other-ca.pem -cert other.pem");
	CHECK_OK(vs_x509_ocsp_request_read(der, &request));
	CHECK(vs_x509_ocsp_request_count(request) == 2 && vs_x509_ocsp_request_has_nonce(request));
	CHECK(vs_x509_ocsp_request_is_of(request, 0, ca.cert));
	CHECK(!vs_x509_ocsp_request_is_of(request, 1, ca.cert));
	CHECK_OK(vs_x509_info_get(leaf, &info));
	vs_x509_ocsp_request_serial(request, 0, serial);
	CHECK(strcmp(serial, info.serial_hex) == 0);
	vs_x509_ocsp_request_free(&request);
	/* Whatever we would say of it: of a foreign one nothing is known. */
	answer(der, statuses);
	CHECK(ca_shell("openssl ocsp -issuer other-ca.pem -cert other.pem -respin answer.der "
	               "-no_nonce -CAfile root.pem -verify_other ca.pem 2>&1 | grep -q 'other.pem: "
	               "unknown'"));
	vs_x509_cert_free(&theirs);
	ca_done(&other);
}

static void
who_may_sign(void)
{
	struct vs_x509_ocsp_request *request = NULL;
	const struct vs_x509_ocsp_status good = {VS_X509_STATUS_GOOD, 0, 0};
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *station = ca_leaf(&ca, VS_X509_station, "CS-3", VS_X509_P256, &key);
	int64_t now = ca_now();
	struct vs_buf out;

	vs_buf_init(&out, 65536);
	CHECK_OK(vs_x509_ocsp_request_read(asked("-issuer ca.pem -cert leaf.pem"), &request));
	CHECK_ERR(vs_x509_ocsp_answer(request, &good, ca.cert, station, key, now, now + 1000, &out),
	          FORBIDDEN);
	CHECK_ERR(vs_x509_ocsp_answer(request, &good, ca.cert, signer, key, now, now + 1000, &out),
	          FORBIDDEN);
	CHECK_ERR(
	    vs_x509_ocsp_answer(request, &good, ca.root, signer, signer_key, now, now + 1000, &out),
	    FORBIDDEN);
	CHECK_ERR(vs_x509_ocsp_answer(request, &good, ca.cert, signer, signer_key, now, now, &out),
	          BAD_VALUE);
	CHECK_ERR(vs_x509_ocsp_answer(request, &good, ca.cert, signer, signer_key, now,
	                              now + 2 * DAY, &out),
	          BAD_VALUE);
	CHECK(out.size == 0);
	vs_x509_ocsp_request_free(&request);
	vs_x509_cert_free(&station);
	vs_x509_key_free(&key);
	vs_buf_done(&out);
}

static void
bad_requests(void)
{
	struct vs_x509_ocsp_request *request = NULL;
	struct vs_bytes der = asked("-issuer ca.pem -cert leaf.pem");
	uint8_t longer[4096];
	struct vs_buf out;

	memcpy(longer, der.data, der.size);
	longer[der.size] = 0;
	CHECK_ERR(vs_x509_ocsp_request_read(vs_bytes_from(longer, der.size + 1), &request),
	          BAD_MESSAGE);
	CHECK_ERR(vs_x509_ocsp_request_read(vs_bytes_from(longer, der.size - 1), &request),
	          BAD_MESSAGE);
	CHECK_ERR(vs_x509_ocsp_request_read((struct vs_bytes){NULL, 0}, &request), BAD_MESSAGE);
	der = asked("-issuer ca.pem -serial 1 -serial 2 -serial 3 -serial 4 -serial 5 -serial 6 "
	            "-serial 7 -serial 8 -serial 9");
	CHECK_ERR(vs_x509_ocsp_request_read(der, &request), BAD_MESSAGE);
	vs_buf_init(&out, 256);
	CHECK_OK(vs_x509_ocsp_refuse(VS_X509_OCSP_MALFORMED, &out));
	ca_write("answer.der", out.data, out.size);
	CHECK(
	    ca_shell("openssl ocsp -respin answer.der -noverify 2>&1 | grep -q malformedrequest"));
	vs_buf_done(&out);
}

int
main(void)
{
	ca_folder();
	ca_make(&ca, VS_X509_P256);
	signer = ca_leaf(&ca, VS_X509_ocsp_signer, "OCSP", VS_X509_P256, &signer_key);
	leaf = ca_leaf(&ca, VS_X509_station, "CS-1", VS_X509_P256, NULL);
	ca_write_cert("root.pem", ca.root);
	ca_write_cert("ca.pem", ca.cert);
	ca_write_cert("leaf.pem", leaf);
	CASE(openssl_believes);
	CASE(several_and_foreign_ones);
	CASE(who_may_sign);
	CASE(bad_requests);
	vs_x509_cert_free(&signer);
	vs_x509_cert_free(&leaf);
	vs_x509_key_free(&signer_key);
	ca_done(&ca);
	ca_folder_done();
	return 0;
}
