/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_info.h"

#include "ca.h"

static struct ca ca;

static void
what_was_asked_is_read_back(void)
{
	struct vs_x509_request request = ca_request(VS_X509_server, "csms.example,192.0.2.1,::1");
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_info info;
	uint8_t digest[32];

	request.ocsp_url = "http://csms.example/ocsp";
	CHECK_OK(vs_x509_issue(&request, ca.root_key, ca.cert, ca.key, &cert));
	CHECK_OK(vs_x509_info_get(cert, &info));
	CHECK(strcmp(info.common_name, "csms.example") == 0);
	CHECK(strcmp(info.organisation, "Test Org") == 0);
	CHECK(strcmp(info.issuer, "Issuing") == 0);
	CHECK(strcmp(info.hosts, "csms.example,192.0.2.1,::1") == 0);
	CHECK(strcmp(info.ocsp_url, "http://csms.example/ocsp") == 0);
	CHECK(info.not_before_ms == request.not_before_ms / 1000 * 1000);
	CHECK(!info.is_ca && !info.is_self_issued && !info.is_development && !info.is_wildcard);
	CHECK_OK(vs_x509_key_spki_sha256(ca.root_key, digest));
	CHECK(memcmp(info.spki_sha256, digest, 32) == 0);
	vs_x509_cert_free(&cert);
	CHECK_OK(vs_x509_info_get(ca.root, &info));
	CHECK(info.is_ca && info.is_self_issued && info.hosts[0] == '\0');
}

static void
development_shows(void)
{
	struct vs_x509_request request = ca_request(VS_X509_root, "A DEV root");
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_info info;

	request.is_development = true;
	CHECK_OK(vs_x509_issue(&request, ca.key, NULL, NULL, &cert));
	CHECK_OK(vs_x509_info_get(cert, &info));
	CHECK(info.is_development);
	vs_x509_cert_free(&cert);
	/* Of a station, too, by the extension alone. */
	request = ca_request(VS_X509_station, "CS-1");
	request.is_development = true;
	CHECK_OK(vs_x509_issue(&request, ca.root_key, ca.cert, ca.key, &cert));
	CHECK_OK(vs_x509_info_get(cert, &info));
	CHECK(info.is_development);
	vs_x509_cert_free(&cert);
}

/* What others issued: a wildcard, a name with a NUL, a small serial. */
static void
foreign_certificates(void)
{
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_info info;
	char pem[4096];
	size_t size;

	CHECK(ca_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
	               "-keyout k.pem -out c.pem -days 3 -set_serial 0x0ABC -subj '/CN=x/CN=y' "
	               "-addext 'subjectAltName=DNS:*.example.com,email:a@b.c' 2>/dev/null"));
	size = ca_read("c.pem", pem, sizeof(pem));
	CHECK_OK(vs_x509_cert_read(vs_bytes_from(pem, size), &cert));
	CHECK_OK(vs_x509_info_get(cert, &info));
	CHECK(strcmp(info.serial_hex, "abc") == 0);
	CHECK(info.common_name[0] == '\0'); /* two of them: none that counts */
	CHECK(info.is_wildcard && strcmp(info.hosts, "*.example.com") == 0);
	vs_x509_cert_free(&cert);
}

int
main(void)
{
	ca_folder();
	ca_make(&ca, VS_X509_P256);
	CASE(what_was_asked_is_read_back);
	CASE(development_shows);
	CASE(foreign_certificates);
	ca_done(&ca);
	ca_folder_done();
	return 0;
}
