/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_check.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "tls_pair.h"

static char paths[16][128];
static size_t path_count;
static struct vs_tls_server_options options;
static struct vs_tls_check check;

/* A path that stays. */
static const char *
file(const char *name)
{
	CHECK(path_count < 16);
	(void)snprintf(paths[path_count], sizeof(paths[0]), "%s", pki_path(name));
	return paths[path_count++];
}

static void
is_good(void)
{
	struct vs_tls_server *server = tls_server(&options);
	char reason[256] = "";

	if (vs_tls_server_check(server, &options, &check, reason, sizeof(reason)).code != VS_E_OK)
		(void)fprintf(stderr, "%s\n", reason);
	CHECK(reason[0] == '\0');
	vs_tls_server_unref(&server);
}

/* Made or not, it must not serve, and for this reason. */
static void
is_bad(const char *part)
{
	struct vs_tls_server *server = NULL;
	char reason[256] = "";
	vs_result r = vs_tls_server_new(&options, reason, sizeof(reason), &server);

	if (r.code == VS_E_OK)
		r = vs_tls_server_check(server, &options, &check, reason, sizeof(reason));
	if (strstr(reason, part) == NULL)
		(void)fprintf(stderr, "%s, not: %s\n", reason, part);
	CHECK_ERR(r, CONFIG);
	CHECK(strstr(reason, part) != NULL);
	vs_tls_server_unref(&server);
}

static void
both_certificates_are_tried(void)
{
	is_good();
	options.verify = VS_TLS_VERIFY_REQUIRE;
	options.client_ca_file = check.ca_file;
	is_good(); /* that it demands a certificate is not what is tried */
	check.client_cert_file = file("cs.pem");
	check.client_key_file = file("cs.key");
	is_good();
	options.client_ca_file = file("other.pem");
	is_bad("client certificate");
	check.client_cert_file = check.client_key_file = NULL;
	options.verify = VS_TLS_VERIFY_NONE;
}

static void
a_key_that_others_may_read(void)
{
	CHECK(chmod(options.key_files[1], 0640) == 0);
	is_bad("its mode must be 0600");
	CHECK(chmod(options.key_files[1], 0600) == 0);
	is_good();
}

static void
with_first(const char *cert_file, const char *key_file, const char *part)
{
	const struct vs_tls_server_options old = options;

	options.cert_files[0] = cert_file;
	options.key_files[0] = key_file;
	is_bad(part);
	options = old;
}

static void
files_that_do_not_do(const struct pki_ca *ca)
{
	const char *key = file("plain.key");
	EVP_PKEY *expired = EVP_EC_gen("P-256");
	X509 *certificate = pki_certificate(expired, 9, -1);
	FILE *out;

	pki_name(certificate, "CN", "localhost", -1);
	pki_finish(ca, "late", certificate, expired, "serverAuth");
	CHECK(chmod(pki_path("late.key"), 0600) == 0);
	with_first(file("late.pem"), file("late.key"), "has expired");
	with_first(options.cert_files[0], key, "key values mismatch");
	out = fopen(pki_path("short.pem"), "w");
	CHECK(out != NULL && fputs("-----BEGIN CERTIFICATE-----\nMIIB", out) > 0);
	CHECK(fclose(out) == 0);
	with_first(file("short.pem"), key, "cannot use the certificate");
	with_first(pki_path("absent.pem"), key, "cannot use the certificate");
}

/* Signed by a CA below the root, and that CA is not sent along. */
static void
a_chain_without_its_ca(const struct pki_ca *ca)
{
	struct pki_ca issuing = {.key = EVP_EC_gen("P-256")};
	const char *pem, *key;
	FILE *out;

	issuing.certificate = pki_certificate(issuing.key, 5, 30);
	pki_name(issuing.certificate, "CN", "issuing", -1);
	CHECK(X509_set_issuer_name(issuing.certificate, X509_get_subject_name(ca->certificate)) ==
	      1);
	pki_extend(issuing.certificate, NID_basic_constraints, "critical,CA:TRUE");
	CHECK(X509_sign(issuing.certificate, ca->key, EVP_sha256()) > 0);
	pki_server(&issuing, "below", false);
	CHECK(chmod(pki_path("below.key"), 0600) == 0);
	pem = file("below.pem");
	key = file("below.key");
	with_first(pem, key, "a handshake fails with");
	out = fopen(pki_path("below.pem"), "a");
	CHECK(out != NULL && PEM_write_X509(out, issuing.certificate) == 1 && fclose(out) == 0);
	options.cert_files[0] = pem;
	options.key_files[0] = key;
	is_good();
	pki_ca_free(&issuing);
}

int
main(void)
{
	struct pki_ca ca, other;

	pki_init();
	ca = pki_ca_new("ca");
	other = pki_ca_new("other");
	pki_server(&ca, "ec", false);
	pki_server(&ca, "rsa", true);
	pki_client(&ca, "cs", "CS-1");
	pki_client(&ca, "plain", "CS-2");
	options.cert_files[0] = file("ec.pem");
	options.key_files[0] = file("ec.key");
	options.cert_files[1] = file("rsa.pem");
	options.key_files[1] = file("rsa.key");
	CHECK(chmod(options.key_files[0], 0600) == 0 && chmod(options.key_files[1], 0600) == 0);
	check = (struct vs_tls_check){.ca_file = file("ca.pem"), .now_ms = vs_clock_wall_ms()};
	CASE(both_certificates_are_tried);
	CASE(a_key_that_others_may_read);
	files_that_do_not_do(&ca);
	a_chain_without_its_ca(&ca);
	pki_ca_free(&ca);
	pki_ca_free(&other);
	pki_done();
	return 0;
}
