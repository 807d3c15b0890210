/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_issue.h"

#include "ca.h"

static struct ca ca;

static void
profiles_have_names(void)
{
	for (int i = 0; i < VS_X509_PROFILE_COUNT; i++) {
		enum vs_x509_profile profile = (enum vs_x509_profile)i, parsed;

		CHECK_OK(vs_x509_profile_parse(vs_bytes_from_text(vs_x509_profile_text(profile)),
		                               &parsed));
		CHECK(parsed == profile);
		CHECK(vs_x509_profile_days(profile) <= vs_x509_profile_days_max(profile));
		CHECK(vs_x509_profile_is_ca(profile) == (i <= 1));
	}
}

static void
expect_fault(const struct vs_x509_request *request, const char *words)
{
	const char *fault = vs_x509_request_fault(request);
	struct vs_x509_cert *cert = NULL;

	CHECK(fault != NULL && strstr(fault, words) != NULL);
	CHECK_ERR(vs_x509_issue(request, ca.key, ca.cert, ca.key, &cert), BAD_VALUE);
}

static void
bad_requests(void)
{
	struct vs_x509_request request = ca_request(VS_X509_station, "CS-1");

	CHECK(vs_x509_request_fault(&request) == NULL);
	request.common_name = "wss://x/CS-1";
	expect_fault(&request, "identity");
	request = ca_request(VS_X509_station, "CS-1");
	request.hosts = "a.example";
	expect_fault(&request, "only a server");
	request = ca_request(VS_X509_station, "CS-1");
	request.organisation = NULL;
	expect_fault(&request, "organisation");
	request = ca_request(VS_X509_station, "CS-1");
	request.not_after_ms = request.not_before_ms;
	expect_fault(&request, "before it begins");
	request.not_after_ms = request.not_before_ms + 731 * DAY;
	expect_fault(&request, "longer");
	request = ca_request(VS_X509_server, "*.example.com");
	expect_fault(&request, "wildcard");
	request = ca_request(VS_X509_server, "a.example,b c");
	expect_fault(&request, "neither");
	request = ca_request(VS_X509_server, "a.example,b.example");
	request.common_name = "b.example";
	expect_fault(&request, "first");
	request = ca_request(VS_X509_server, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q");
	expect_fault(&request, "16");
	request = ca_request(VS_X509_operator, "Ada");
	request.crl_url = "file:///etc/passwd";
	expect_fault(&request, "URL");
	request = ca_request(VS_X509_issuing, "Issuing DEV");
	expect_fault(&request, "DEV");
}

/* An issuing CA makes no CA, a leaf makes nothing, and nobody makes a root of another. */
static void
only_the_right_issuer(void)
{
	struct vs_x509_request request = ca_request(VS_X509_issuing, "Another");
	struct vs_x509_cert *cert = NULL, *leaf = NULL;
	struct vs_x509_key *leaf_key = NULL;

	CHECK_ERR(vs_x509_issue(&request, ca.key, ca.cert, ca.key, &cert), FORBIDDEN);
	request = ca_request(VS_X509_root, "Another");
	CHECK_ERR(vs_x509_issue(&request, ca.key, ca.root, ca.root_key, &cert), FORBIDDEN);
	request = ca_request(VS_X509_station, "CS-1");
	CHECK_ERR(vs_x509_issue(&request, ca.key, ca.root, ca.root_key, &cert), FORBIDDEN);
	CHECK_ERR(vs_x509_issue(&request, ca.key, NULL, NULL, &cert), FORBIDDEN);
	leaf = ca_leaf(&ca, VS_X509_station, "CS-2", VS_X509_P256, &leaf_key);
	CHECK_ERR(vs_x509_issue(&request, ca.key, leaf, leaf_key, &cert), FORBIDDEN);
	request.not_before_ms = ca_now() + 31 * DAY; /* after the issuer's end */
	request.not_after_ms = request.not_before_ms + DAY;
	CHECK_ERR(vs_x509_issue(&request, ca.key, ca.cert, ca.key, &cert), FORBIDDEN);
	CHECK(cert == NULL);
	vs_x509_cert_free(&leaf);
	vs_x509_key_free(&leaf_key);
}

static void
never_longer_than_the_issuer(void)
{
	struct vs_x509_request request = ca_request(VS_X509_station, "CS-1");
	struct vs_x509_cert *cert = NULL;

	request.not_after_ms = ca_now() + 300 * DAY;
	CHECK_OK(vs_x509_issue(&request, ca.key, ca.cert, ca.key, &cert));
	CHECK(vs_x509_cert_not_after_ms(cert) == vs_x509_cert_not_after_ms(ca.cert));
	vs_x509_cert_free(&cert);
}

static void
serials_are_random(void)
{
	struct vs_x509_info a, b;
	struct vs_x509_cert *one = ca_leaf(&ca, VS_X509_station, "CS-1", VS_X509_P256, NULL);
	struct vs_x509_cert *two = ca_leaf(&ca, VS_X509_station, "CS-1", VS_X509_P256, NULL);

	CHECK_OK(vs_x509_info_get(one, &a));
	CHECK_OK(vs_x509_info_get(two, &b));
	CHECK(strlen(a.serial_hex) == 40 && strcmp(a.serial_hex, b.serial_hex) != 0);
	vs_x509_cert_free(&one);
	vs_x509_cert_free(&two);
}

/* The extensions that openssl prints are those of the row, for each profile and both kinds of key.
 */
static void
openssl_reads_what_the_row_says(void)
{
	static const struct {
		enum vs_x509_profile profile;
		enum vs_x509_key_kind kind;
		const char *name, *usage, *extended, *purpose;
	} rows[] = {
	    {VS_X509_server, VS_X509_P256, "csms.example,192.0.2.1,::1", "Digital Signature$",
	     "TLS Web Server Authentication", "sslserver"},
	    {VS_X509_server, VS_X509_RSA2048, "csms.example",
	     "Digital Signature, Key Encipherment$", "TLS Web Server Authentication", "sslserver"},
	    {VS_X509_station, VS_X509_P256, "CS-1", "Digital Signature, Key Agreement$", "",
	     "sslclient"},
	    {VS_X509_station, VS_X509_RSA2048, "CS-1", "Digital Signature, Key Encipherment$", "",
	     "sslclient"},
	    {VS_X509_operator, VS_X509_P384, "Ada", "Digital Signature$",
	     "TLS Web Client Authentication", "sslclient"},
	    {VS_X509_ocsp_signer, VS_X509_P256, "OCSP", "Digital Signature$", "OCSP Signing",
	     "ocsphelper"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_x509_cert *leaf =
		    ca_leaf(&ca, rows[i].profile, rows[i].name, rows[i].kind, NULL);

		ca_write_cert("root.pem", ca.root);
		ca_write_cert("ca.pem", ca.cert);
		ca_write_cert("leaf.pem", leaf);
		CHECK(
		    ca_shell("openssl verify -x509_strict -purpose %s -CAfile root.pem -untrusted "
		             "ca.pem leaf.pem >/dev/null",
		             rows[i].purpose));
		CHECK(ca_shell("openssl x509 -in leaf.pem -noout -ext keyUsage | grep -q '%s'",
		               rows[i].usage));
		CHECK(ca_shell(
		    "openssl x509 -in leaf.pem -noout -ext extendedKeyUsage 2>/dev/null | "
		    "tail -n +2 | tr -d '\\n' | sed 's/^ *//' | grep -q '^%s$' || [ -z '%s' ]",
		    rows[i].extended, rows[i].extended));
		CHECK(rows[i].extended[0] != '\0' ||
		      !ca_shell("openssl x509 -in leaf.pem -noout -text | grep -q 'Extended Key'"));
		vs_x509_cert_free(&leaf);
	}
}

static void
urls_and_marks(void)
{
	struct vs_x509_request request = ca_request(VS_X509_station, "CS-1");
	struct vs_x509_cert *cert = NULL;

	request.crl_url = "http://csms.example/crl/issuing.crl";
	request.ocsp_url = "http://csms.example/ocsp";
	request.is_development = true;
	CHECK_OK(vs_x509_issue(&request, ca.key, ca.cert, ca.key, &cert));
	ca_write_cert("leaf.pem", cert);
	CHECK(ca_shell("openssl x509 -in leaf.pem -noout -ocsp_uri | grep -qx "
	               "http://csms.example/ocsp"));
	CHECK(ca_shell("openssl x509 -in leaf.pem -noout -ext crlDistributionPoints | grep -q "
	               "'URI:http://csms.example/crl/issuing.crl$'"));
	CHECK(ca_shell("openssl x509 -in leaf.pem -noout -text | grep -q %s",
	               VS_X509_DEVELOPMENT_OID));
	vs_x509_cert_free(&cert);
}

/* Whoever trusts the old root alone accepts a leaf of the new issuing CA by either cross
 * certificate. */
static void
cross_signed(void)
{
	struct vs_x509_cert *root = NULL, *issuing = NULL, *leaf = NULL;
	struct ca next;

	ca_make(&next, VS_X509_P384);
	leaf = ca_leaf(&next, VS_X509_server, "csms.example", VS_X509_P256, NULL);
	CHECK_OK(vs_x509_cross_sign(next.root, ca.root, ca.root_key, ca_now(), &root));
	CHECK_OK(vs_x509_cross_sign(next.cert, ca.root, ca.root_key, ca_now(), &issuing));
	ca_write_cert("old.pem", ca.root);
	ca_write_cert("cross-root.pem", root);
	ca_write_cert("cross-issuing.pem", issuing);
	ca_write_cert("issuing.pem", next.cert);
	ca_write_cert("leaf.pem", leaf);
	CHECK(!ca_shell("openssl verify -CAfile old.pem -untrusted issuing.pem leaf.pem "
	                ">/dev/null 2>&1"));
	CHECK(ca_shell("openssl verify -x509_strict -CAfile old.pem -untrusted cross-issuing.pem "
	               "leaf.pem >/dev/null"));
	CHECK(ca_shell("cat issuing.pem cross-root.pem >both.pem && openssl verify -x509_strict "
	               "-CAfile old.pem -untrusted both.pem leaf.pem >/dev/null"));
	vs_x509_cert_free(&issuing);
	/* A leaf is not cross-signed, and not by a key that is not the issuer's. */
	CHECK_ERR(vs_x509_cross_sign(leaf, ca.root, ca.root_key, ca_now(), &issuing), FORBIDDEN);
	CHECK_ERR(vs_x509_cross_sign(next.root, ca.root, ca.key, ca_now(), &issuing), FORBIDDEN);
	vs_x509_cert_free(&root);
	vs_x509_cert_free(&leaf);
	ca_done(&next);
}

int
main(void)
{
	ca_folder();
	ca_make(&ca, VS_X509_P256);
	CASE(profiles_have_names);
	CASE(bad_requests);
	CASE(only_the_right_issuer);
	CASE(never_longer_than_the_issuer);
	CASE(serials_are_random);
	CASE(openssl_reads_what_the_row_says);
	CASE(urls_and_marks);
	CASE(cross_signed);
	ca_done(&ca);
	ca_folder_done();
	return 0;
}
