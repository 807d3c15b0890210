/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crl_read.h"

#include "test_pki.h"

static struct pki_ca ca, other;
static char ca_pem[128], other_pem[128], reason[256];
static struct vs_crl_info seen;
static char serials[256];
static size_t room; /* how many the sink takes */

static vs_result
begin(const struct vs_crl_info *info, void *arg)
{
	(void)arg;
	seen = *info;
	serials[0] = '\0';
	return VS_OK;
}

static vs_result
revoked(const char *serial_hex, void *arg)
{
	(void)arg;
	if (room-- == 0)
		return VS_FAIL(TOO_LONG);
	(void)snprintf(serials + strlen(serials), sizeof(serials) - strlen(serials), "%s ",
	               serial_hex);
	return VS_OK;
}

/* A CRL of this CA; next: days until its next update, 0 for none. */
static X509_CRL *
crl_new(const struct pki_ca *from, long next)
{
	static const char *const hex[] = {"1", "0ABC", "00FFEEDDCCBBAA99887766554433221100FFEEDD"};
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_new();

	CHECK(crl != NULL && X509_CRL_set_version(crl, 1) == 1);
	CHECK(X509_CRL_set_issuer_name(crl, X509_get_subject_name(from->certificate)) == 1);
	CHECK(X509_gmtime_adj(time, -3600) != NULL && X509_CRL_set1_lastUpdate(crl, time) == 1);
	if (next != 0)
		CHECK(X509_gmtime_adj(time, next * 86400) != NULL &&
		      X509_CRL_set1_nextUpdate(crl, time) == 1);
	for (size_t i = 0; i < sizeof(hex) / sizeof(hex[0]); i++) {
		X509_REVOKED *one = X509_REVOKED_new();
		BIGNUM *number = NULL;
		ASN1_INTEGER *serial;

		CHECK(BN_hex2bn(&number, hex[i]) > 0);
		serial = BN_to_ASN1_INTEGER(number, NULL);
		CHECK(X509_REVOKED_set_serialNumber(one, serial) == 1);
		CHECK(X509_gmtime_adj(time, -7200) != NULL);
		CHECK(X509_REVOKED_set_revocationDate(one, time) == 1);
		CHECK(X509_CRL_add0_revoked(crl, one) == 1);
		ASN1_INTEGER_free(serial);
		BN_free(number);
	}
	ASN1_TIME_free(time);
	return crl;
}

/* Sign, read, free. */
static vs_result
read_signed(X509_CRL *crl, const struct pki_ca *signer, bool is_pem)
{
	const char *const files[2] = {other_pem, ca_pem};
	const struct vs_crl_sink sink = {begin, revoked, NULL};
	unsigned char *data = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	long size;
	vs_result r;

	CHECK(X509_CRL_sign(crl, signer->key, EVP_sha256()) > 0);
	CHECK((is_pem ? PEM_write_bio_X509_CRL(bio, crl) : i2d_X509_CRL_bio(bio, crl)) == 1);
	size = BIO_get_mem_data(bio, (char **)&data);
	room = 100;
	reason[0] = '\0';
	r = vs_crl_read(vs_bytes_from(data, (size_t)size), files, &sink, reason, sizeof(reason));
	CHECK((r.code == VS_E_OK) == (reason[0] == '\0'));
	CHECK(BIO_free(bio) == 1);
	X509_CRL_free(crl);
	return r;
}

static void
serials_and_times(void)
{
	for (int is_pem = 0; is_pem < 2; is_pem++) {
		CHECK_OK(read_signed(crl_new(&ca, 7), &ca, is_pem != 0));
		CHECK(strcmp(serials, "1 abc ffeeddccbbaa99887766554433221100ffeedd ") == 0);
		CHECK(seen.count == 3 && seen.next_update_ms - seen.this_update_ms ==
		                             (int64_t)(7 * 24 + 1) * 3600 * 1000);
	}
}

static void
only_of_a_ca_that_is_trusted(void)
{
	struct pki_ca stranger = pki_ca_new("stranger");

	CHECK_ERR(read_signed(crl_new(&stranger, 7), &stranger, true), NOT_AUTHENTIC);
	/* The right name, the wrong key. */
	CHECK_ERR(read_signed(crl_new(&ca, 7), &stranger, true), NOT_AUTHENTIC);
	CHECK_OK(read_signed(crl_new(&other, 7), &other, true));
	pki_ca_free(&stranger);
}

static void
extend(X509_CRL *crl, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, NULL, NULL, NULL, NULL, X509V3_CTX_TEST);
	X509V3_set_ctx_nodb(&context);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	CHECK(extension != NULL && X509_CRL_add_ext(crl, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void
partial_and_unknown_lists(void)
{
	X509_CRL *crl = crl_new(&ca, 7);

	CHECK_ERR(read_signed(crl_new(&ca, 0), &ca, true), BAD_MESSAGE); /* no next update */
	extend(crl, NID_delta_crl, "critical,DER:020101");
	CHECK_ERR(read_signed(crl, &ca, true), BAD_MESSAGE);
	crl = crl_new(&ca, 7);
	extend(crl, NID_issuing_distribution_point, "critical,indirectCRL:TRUE");
	CHECK_ERR(read_signed(crl, &ca, true), BAD_MESSAGE);
	crl = crl_new(&ca, 7);
	extend(crl, NID_issuing_distribution_point, "critical,onlyuser:TRUE");
	CHECK_OK(read_signed(crl, &ca, true));
	crl = crl_new(&ca, 7);
	extend(crl, NID_crl_number, "critical,DER:020101");
	CHECK_ERR(read_signed(crl, &ca, true), BAD_MESSAGE);
	crl = crl_new(&ca, 7);
	extend(crl, NID_crl_number, "DER:020101");
	CHECK_OK(read_signed(crl, &ca, true));
}

static void
garbage_and_limits(void)
{
	static const uint8_t der[] = {0x30, 0x03, 0x02, 0x01, 0x00};
	const char *const none[2] = {"/nonexistent", NULL};
	const char *const files[2] = {ca_pem, NULL};
	const struct vs_crl_sink sink = {begin, revoked, NULL};
	X509_CRL *crl = crl_new(&ca, 7);
	unsigned char *data = NULL;
	int size;

	CHECK_ERR(vs_crl_read(vs_bytes_from(NULL, 0), files, &sink, reason, sizeof(reason)),
	          BAD_MESSAGE);
	CHECK_ERR(vs_crl_read(vs_bytes_from(der, sizeof(der)), files, &sink, reason, 0),
	          BAD_MESSAGE);
	CHECK_ERR(vs_crl_read(VS_BYTES_LITERAL("-----BEGIN X509 CRL-----\nMII"), files, &sink,
	                      reason, sizeof(reason)),
	          BAD_MESSAGE);
	CHECK(X509_CRL_sign(crl, ca.key, EVP_sha256()) > 0);
	size = i2d_X509_CRL(crl, &data);
	CHECK(size > 0);
	room = 2;
	CHECK_ERR(
	    vs_crl_read(vs_bytes_from(data, (size_t)size), files, &sink, reason, sizeof(reason)),
	    TOO_LONG);
	CHECK_ERR(
	    vs_crl_read(vs_bytes_from(data, (size_t)size), none, &sink, reason, sizeof(reason)),
	    CONFIG);
	CHECK_ERR(vs_crl_read(vs_bytes_from(data, (size_t)size - 1), files, &sink, reason,
	                      sizeof(reason)),
	          BAD_MESSAGE);
	OPENSSL_free(data);
	X509_CRL_free(crl);
}

int
main(void)
{
	pki_init();
	ca = pki_ca_new("ca");
	other = pki_ca_new("other");
	(void)snprintf(ca_pem, sizeof(ca_pem), "%s", pki_path("ca.pem"));
	(void)snprintf(other_pem, sizeof(other_pem), "%s", pki_path("other.pem"));
	CASE(serials_and_times);
	CASE(only_of_a_ca_that_is_trusted);
	CASE(partial_and_unknown_lists);
	CASE(garbage_and_limits);
	pki_ca_free(&ca);
	pki_ca_free(&other);
	pki_done();
	return 0;
}
