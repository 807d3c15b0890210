/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ca.h"

#include "base/clock.h"
#include "crypto/x509_info.h"
#include "rig.h"

#define DAY INT64_C(86400000)

static const struct vs_keys_ca_setup setup = {.organisation = "Test CPO",
                                              .hosts = "csms.example,192.0.2.1",
                                              .url = "http://csms.example",
                                              .kind = VS_X509_P256};

static struct rig rig;
static struct vs_keys_ca *ca;

static void
open_ca(void)
{
	CHECK_OK(vs_keys_ca_open(rig.vault, &ca));
}

static void
start(void)
{
	const char *reason = NULL;

	rig_make(&rig);
	open_ca();
	CHECK_OK(vs_keys_ca_make(ca, &setup, vs_clock_wall_ms(), &reason));
}

/* The key process ends and begins anew. */
static void
restart(void)
{
	vs_keys_ca_free(&ca);
	rig_close(&rig);
	rig_open(&rig);
	open_ca();
}

static void
stop(void)
{
	vs_keys_ca_free(&ca);
	rig_close(&rig);
}

static void
make_csr(const char *common_name, const char *organisation, struct vs_buf *pem)
{
	struct vs_x509_key *key = NULL;

	vs_buf_init(pem, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_csr_make(key, common_name, organisation, pem));
	vs_x509_key_free(&key);
}

static vs_result
certify(struct vs_keys_certify *what, struct vs_x509_info *info_out)
{
	struct vs_x509_cert *cert = NULL;
	const char *reason = NULL;
	struct vs_buf der;
	vs_result r;

	vs_buf_init(&der, 8192);
	r = vs_keys_ca_certify(ca, what, vs_clock_wall_ms(), &der, &reason);
	CHECK(r.code == VS_E_OK || (reason != NULL && der.size == 0));
	if (r.code == VS_E_OK) {
		CHECK_OK(vs_x509_cert_read_der(vs_buf_view(&der), &cert));
		CHECK_OK(vs_x509_info_get(cert, info_out));
		vs_x509_cert_free(&cert);
	}
	vs_buf_done(&der);
	return r;
}

static void
no_ca_until_it_is_made(void)
{
	struct vs_keys_ca_view view;
	const char *reason = NULL;
	struct vs_keys_ca_setup bad = setup;

	rig_make(&rig);
	open_ca();
	CHECK_ERR(vs_keys_ca_view(ca, &view), NOT_FOUND);
	bad.hosts = "*.example";
	CHECK_ERR(vs_keys_ca_make(ca, &bad, vs_clock_wall_ms(), &reason), BAD_VALUE);
	CHECK(strstr(reason, "wildcard") != NULL);
	bad = setup;
	bad.organisation = "DEVices";
	CHECK_ERR(vs_keys_ca_make(ca, &bad, vs_clock_wall_ms(), &reason), BAD_VALUE);
	CHECK_OK(vs_keys_ca_make(ca, &setup, vs_clock_wall_ms(), &reason));
	CHECK_ERR(vs_keys_ca_make(ca, &setup, vs_clock_wall_ms(), &reason), EXISTS);
	restart();
	CHECK_ERR(vs_keys_ca_make(ca, &setup, vs_clock_wall_ms(), &reason), EXISTS);
	CHECK_OK(vs_keys_ca_view(ca, &view));
	CHECK(view.current == 1 && view.next == 0 && view.has_root_key && !view.is_development);
	CHECK(strcmp(view.organisation, "Test CPO") == 0 && strcmp(view.hosts, setup.hosts) == 0);
	stop();
}

static void
leaves(void)
{
	struct vs_x509_info info;
	struct vs_buf csr;
	struct vs_keys_certify what = {.profile = VS_X509_station, .common_name = "CS-1"};

	start();
	make_csr("CS-1", "Test CPO", &csr);
	what.csr = vs_buf_view(&csr);
	CHECK_OK(certify(&what, &info));
	CHECK(strcmp(info.common_name, "CS-1") == 0 && strcmp(info.organisation, "Test CPO") == 0);
	CHECK(strcmp(info.issuer, "Voltseal issuing CA G1") == 0);
	CHECK(strcmp(info.ocsp_url, "http://csms.example/ocsp") == 0);
	CHECK(info.not_after_ms - vs_clock_wall_ms() <= 365 * DAY);
	what.profile = VS_X509_server;
	what.hosts = "csms.example";
	what.days = 7;
	CHECK_OK(certify(&what, &info));
	CHECK(strcmp(info.hosts, "csms.example") == 0);
	CHECK(info.not_after_ms - vs_clock_wall_ms() <= 7 * DAY);
	vs_buf_done(&csr);
	stop();
}

/* What a daemon that is not itself any more may try. */
static void
what_a_hostile_daemon_does_not_get(void)
{
	struct vs_x509_info info;
	struct vs_buf csr, foreign;
	struct vs_keys_certify what = {.profile = VS_X509_station, .common_name = "CS-1"};

	start();
	make_csr("CS-1", NULL, &csr);
	make_csr("CS-1", "Somebody else", &foreign);
	what.csr = vs_buf_view(&csr);
	what.profile = VS_X509_issuing;
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.profile = VS_X509_root;
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.profile = VS_X509_ocsp_signer;
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.profile = VS_X509_server;
	what.hosts = "bank.example";
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.hosts = "csms.example,bank.example";
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.hosts = NULL;
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.profile = VS_X509_station;
	what.days = 3650;
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.days = 0;
	what.common_name = "CS-2"; /* with somebody else's request */
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.common_name = "CS-1";
	what.csr = vs_buf_view(&foreign);
	CHECK_ERR(certify(&what, &info), FORBIDDEN);
	what.csr = VS_BYTES_LITERAL("no request");
	CHECK_ERR(certify(&what, &info), BAD_MESSAGE);
	what.csr = vs_buf_view(&csr);
	what.generation = 2;
	CHECK_ERR(certify(&what, &info), NOT_FOUND);
	what.generation = 1;
	CHECK_OK(certify(&what, &info));
	vs_buf_done(&csr);
	vs_buf_done(&foreign);
	stop();
}

static void
cert_of(uint32_t generation, enum vs_keys_ca_cert which, struct vs_x509_cert **cert_out)
{
	struct vs_buf der;

	vs_buf_init(&der, 8192);
	CHECK_OK(vs_keys_ca_cert(ca, generation, which, &der));
	CHECK_OK(vs_x509_cert_read_der(vs_buf_view(&der), cert_out));
	vs_buf_done(&der);
}

static void
rotation(void)
{
	struct vs_x509_cert *old_root, *root, *cross;
	struct vs_keys_ca_view view;
	struct vs_x509_info info;
	struct vs_buf csr, der;
	struct vs_keys_certify what = {.profile = VS_X509_station, .common_name = "CS-1"};

	start();
	make_csr("CS-1", NULL, &csr);
	vs_buf_init(&der, 8192);
	what.csr = vs_buf_view(&csr);
	CHECK_ERR(vs_keys_ca_promote(ca), NOT_FOUND);
	CHECK_ERR(vs_keys_ca_drop(ca), NOT_FOUND);
	CHECK_OK(vs_keys_ca_next(ca, vs_clock_wall_ms()));
	CHECK_ERR(vs_keys_ca_next(ca, vs_clock_wall_ms()), NOT_NOW);
	restart();
	CHECK_OK(vs_keys_ca_view(ca, &view));
	CHECK(view.current == 1 && view.next == 2);
	cert_of(1, VS_KEYS_CA_ROOT, &old_root);
	cert_of(2, VS_KEYS_CA_ROOT, &root);
	cert_of(2, VS_KEYS_CA_CROSS_ROOT, &cross);
	CHECK(vs_x509_cert_is_by(cross, old_root) && !vs_x509_cert_is_by(root, old_root));
	vs_x509_cert_free(&cross);
	cert_of(2, VS_KEYS_CA_CROSS_ISSUING, &cross);
	CHECK(vs_x509_cert_is_by(cross, old_root));
	CHECK_OK(certify(&what, &info)); /* still from the first */
	CHECK(strcmp(info.issuer, "Voltseal issuing CA G1") == 0);
	CHECK_OK(vs_keys_ca_drop(ca));
	restart();
	CHECK_ERR(vs_keys_ca_cert(ca, 2, VS_KEYS_CA_ROOT, &der), NOT_FOUND);
	CHECK_OK(vs_keys_ca_next(ca, vs_clock_wall_ms()));
	CHECK_OK(vs_keys_ca_promote(ca));
	restart();
	CHECK_OK(certify(&what, &info));
	CHECK(strcmp(info.issuer, "Voltseal issuing CA G2") == 0);
	what.generation = 1; /* signs lists, but nothing new */
	CHECK_ERR(certify(&what, &info), NOT_FOUND);
	vs_x509_cert_free(&old_root);
	vs_x509_cert_free(&root);
	vs_x509_cert_free(&cross);
	vs_buf_done(&csr);
	vs_buf_done(&der);
	stop();
}

static void
root_goes_offline_and_comes_back(void)
{
	struct vs_secret *passphrase = NULL;
	struct vs_x509_key *key = NULL;
	struct vs_keys_ca_view view;
	struct vs_secret *plain = NULL;
	struct vs_buf pem, other;

	start();
	vs_buf_init(&pem, 8192);
	vs_buf_init(&other, 8192);
	CHECK_OK(vs_secret_new(6, &passphrase));
	memcpy(vs_secret_bytes(passphrase), "secret", 6);
	CHECK_OK(vs_keys_ca_export_root(ca, passphrase, &pem));
	CHECK_OK(vs_keys_ca_forget_root(ca));
	restart();
	CHECK_OK(vs_keys_ca_view(ca, &view));
	CHECK(!view.has_root_key);
	CHECK_ERR(vs_keys_vault_get(rig.vault, "ca-root", "main", 1, &plain, NULL), NOT_FOUND);
	CHECK_ERR(vs_keys_ca_next(ca, vs_clock_wall_ms()), NOT_FOUND);
	CHECK_ERR(vs_keys_ca_export_root(ca, passphrase, &other), NOT_FOUND);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_key_write_sealed(key, passphrase, &other));
	CHECK_ERR(vs_keys_ca_import_root(ca, vs_buf_view(&other), passphrase), FORBIDDEN);
	CHECK_OK(vs_keys_ca_import_root(ca, vs_buf_view(&pem), passphrase));
	CHECK_ERR(vs_keys_ca_import_root(ca, vs_buf_view(&pem), passphrase), EXISTS);
	restart();
	CHECK_OK(vs_keys_ca_next(ca, vs_clock_wall_ms()));
	vs_x509_key_free(&key);
	vs_secret_free(&passphrase);
	vs_buf_done(&pem);
	vs_buf_done(&other);
	stop();
}

int
main(void)
{
	CASE(no_ca_until_it_is_made);
	CASE(leaves);
	CASE(what_a_hostile_daemon_does_not_get);
	CASE(rotation);
	CASE(root_goes_offline_and_comes_back);
	return 0;
}
