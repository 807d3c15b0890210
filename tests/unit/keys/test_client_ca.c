/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends over a socketpair: the client's functions and the handlers of keyd_ca.c. */
#include "keys/client_ca.h"

#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "crypto/x509_crl.h"
#include "crypto/x509_info.h"
#include "rig.h"

static const struct vs_keys_ca_setup setup = {
    .organisation = "Test CPO", .hosts = "csms.example", .url = "", .kind = VS_X509_P256};

struct ends {
	struct rig rig;
	pthread_t thread;
	struct vs_keys_client *daemon, *cli;
};

static void *
serve(void *argument)
{
	CHECK_OK(vs_keyd_serve(argument));
	return NULL;
}

static struct vs_keys_client *
connect_as(struct ends *ends, enum vs_keys_sender sender)
{
	struct vs_keys_client *client = NULL;
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	CHECK_OK(vs_keyd_peer_add(&ends->rig.keyd, fds[0], sender));
	CHECK_OK(vs_keys_client_new(fds[1], &client));
	return client;
}

static void
begin(struct ends *ends)
{
	rig_make(&ends->rig);
	ends->daemon = connect_as(ends, VS_KEYS_DAEMON);
	ends->cli = connect_as(ends, VS_KEYS_CLI);
	CHECK(pthread_create(&ends->thread, NULL, serve, &ends->rig.keyd) == 0);
}

static void
end(struct ends *ends)
{
	vs_keys_client_free(&ends->daemon);
	vs_keys_client_free(&ends->cli);
	CHECK(pthread_join(ends->thread, NULL) == 0);
	rig_close(&ends->rig);
}

static void
only_before_it_runs(void)
{
	struct vs_keys_ca_view view;
	struct ends ends;

	begin(&ends);
	CHECK_ERR(vs_keys_client_ca_view(ends.daemon, &view), NOT_FOUND);
	CHECK_OK(vs_keys_client_ca_make(ends.daemon, &setup));
	CHECK_OK(vs_keys_client_ca_view(ends.daemon, &view));
	CHECK(view.current == 1 && view.has_root_key && strcmp(view.hosts, "csms.example") == 0);
	CHECK_OK(vs_keys_client_running(ends.daemon));
	CHECK_ERR(vs_keys_client_ca_make(ends.daemon, &setup), FORBIDDEN);
	end(&ends);
}

static void
a_leaf_by_socket(void)
{
	struct vs_keys_certify what = {.profile = VS_X509_station, .common_name = "CS-1"};
	struct vs_x509_cert *leaf = NULL, *issuing = NULL;
	struct vs_x509_key *key = NULL;
	struct vs_buf csr, der, ca;
	struct ends ends;

	begin(&ends);
	CHECK_OK(vs_keys_client_ca_make(ends.daemon, &setup));
	vs_buf_init(&csr, 8192);
	vs_buf_init(&der, 8192);
	vs_buf_init(&ca, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_RSA2048, &key));
	CHECK_OK(vs_x509_csr_make(key, "CS-1", NULL, &csr));
	what.csr = vs_buf_view(&csr);
	CHECK_OK(vs_keys_client_ca_certify(ends.daemon, &what, &der));
	CHECK_OK(vs_keys_client_ca_cert(ends.daemon, 0, VS_KEYS_CA_ISSUING, &ca));
	CHECK_OK(vs_x509_cert_read_der(vs_buf_view(&der), &leaf));
	CHECK_OK(vs_x509_cert_read_der(vs_buf_view(&ca), &issuing));
	CHECK(vs_x509_cert_is_by(leaf, issuing) && vs_x509_cert_fits(leaf, key));
	what.profile = VS_X509_issuing;
	CHECK_ERR(vs_keys_client_ca_certify(ends.daemon, &what, &der), FORBIDDEN);
	CHECK_ERR(vs_keys_client_ca_cert(ends.daemon, 0, VS_KEYS_CA_CROSS_ROOT, &ca), NOT_FOUND);
	vs_x509_cert_free(&leaf);
	vs_x509_cert_free(&issuing);
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
	vs_buf_done(&der);
	vs_buf_done(&ca);
	end(&ends);
}

/* More entries than one request takes, and a list larger than one answer. */
static void
a_long_list(void)
{
	static struct vs_x509_crl_entry entries[2500];
	struct vs_buf der;
	struct ends ends;

	for (size_t i = 0; i < 2500; i++) {
		(void)snprintf(entries[i].serial_hex, sizeof(entries[i].serial_hex), "1%039zx", i);
		entries[i].reason = VS_X509_REASON_COMPROMISED;
		entries[i].at_ms = INT64_C(1795000000000);
	}
	begin(&ends);
	vs_buf_init(&der, 1u << 20);
	CHECK_ERR(vs_keys_client_ca_crl(ends.daemon, 0, 1, 7, entries, 2500, &der), NOT_FOUND);
	CHECK_OK(vs_keys_client_ca_make(ends.daemon, &setup));
	CHECK_OK(vs_keys_client_ca_crl(ends.daemon, 0, 1, 7, entries, 2500, &der));
	CHECK(der.size > 100000 && der.data[0] == 0x30);
	CHECK(4 + (size_t)der.data[1 + 1] * 65536 + (size_t)der.data[3] * 256 + der.data[4] + 1 ==
	      der.size);
	vs_buf_reset(&der);
	CHECK_OK(vs_keys_client_ca_crl(ends.daemon, 0, 2, 7, NULL, 0, &der));
	CHECK(der.size < 1000);
	vs_buf_reset(&der);
	CHECK_ERR(vs_keys_client_ca_crl(ends.daemon, 0, 3, 365, NULL, 0, &der), BAD_VALUE);
	CHECK(der.size == 0);
	vs_buf_done(&der);
	end(&ends);
}

static struct vs_x509_cert *
read_cert(const struct vs_buf *der)
{
	struct vs_x509_cert *cert = NULL;

	CHECK_OK(vs_x509_cert_read_der(vs_buf_view(der), &cert));
	return cert;
}

static struct vs_x509_cert *
get_leaf(struct ends *ends)
{
	struct vs_keys_certify what = {.profile = VS_X509_station, .common_name = "CS-1"};
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *leaf;
	struct vs_buf csr, der;

	vs_buf_init(&csr, 8192);
	vs_buf_init(&der, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_csr_make(key, "CS-1", NULL, &csr));
	what.csr = vs_buf_view(&csr);
	CHECK_OK(vs_keys_client_ca_certify(ends->daemon, &what, &der));
	leaf = read_cert(&der);
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
	vs_buf_done(&der);
	return leaf;
}

static void
ocsp_by_socket(void)
{
	const struct vs_x509_ocsp_status revoked = {VS_X509_STATUS_REVOKED,
	                                            VS_X509_REASON_SUPERSEDED, 1795000000000};
	struct vs_x509_ocsp_status status = {0};
	struct vs_x509_cert *root, *issuing, *leaf;
	uint8_t nonce[VS_X509_OCSP_NONCE_SIZE];
	struct vs_buf der, asked, answered;
	struct ends ends;
	int64_t until_ms = 0;

	begin(&ends);
	vs_buf_init(&der, 8192);
	vs_buf_init(&asked, 8192);
	vs_buf_init(&answered, 65536);
	CHECK_OK(vs_keys_client_ca_make(ends.daemon, &setup));
	CHECK_OK(vs_keys_client_ca_cert(ends.daemon, 1, VS_KEYS_CA_ISSUING, &der));
	issuing = read_cert(&der);
	vs_buf_reset(&der);
	CHECK_OK(vs_keys_client_ca_cert(ends.daemon, 1, VS_KEYS_CA_ROOT, &der));
	root = read_cert(&der);
	leaf = get_leaf(&ends);
	CHECK_OK(vs_x509_ocsp_ask(leaf, issuing, &asked, nonce));
	CHECK_OK(
	    vs_keys_client_ca_ocsp(ends.daemon, vs_buf_view(&asked), &revoked, 1, 1, &answered));
	CHECK_OK(vs_x509_ocsp_read(vs_buf_view(&answered), leaf, issuing, nonce, vs_clock_wall_ms(),
	                           &status, &until_ms));
	CHECK(status.status == VS_X509_STATUS_REVOKED);
	vs_buf_reset(&asked);
	vs_buf_reset(&answered);
	CHECK_OK(vs_x509_ocsp_ask(issuing, root, &asked, nonce)); /* the root does not answer */
	CHECK_ERR(
	    vs_keys_client_ca_ocsp(ends.daemon, vs_buf_view(&asked), &revoked, 1, 1, &answered),
	    NOT_FOUND);
	CHECK_ERR(vs_keys_client_ca_ocsp(ends.cli, vs_buf_view(&asked), &revoked, 1, 1, &answered),
	          FORBIDDEN);
	vs_x509_cert_free(&leaf);
	vs_x509_cert_free(&root);
	vs_x509_cert_free(&issuing);
	vs_buf_done(&der);
	vs_buf_done(&asked);
	vs_buf_done(&answered);
	end(&ends);
}

/* The root's key is a matter of a maintenance command, never of the daemon. */
static void
who_takes_the_root_offline(void)
{
	struct vs_secret *passphrase = NULL;
	struct vs_keys_ca_view view;
	struct vs_buf pem;
	struct ends ends;

	begin(&ends);
	vs_buf_init(&pem, 8192);
	CHECK_OK(vs_secret_new(5, &passphrase));
	memcpy(vs_secret_bytes(passphrase), "abcde", 5);
	CHECK_OK(vs_keys_client_ca_make(ends.cli, &setup));
	CHECK_ERR(vs_keys_client_ca_root_export(ends.daemon, passphrase, &pem), FORBIDDEN);
	CHECK_ERR(vs_keys_client_ca_root_forget(ends.daemon), FORBIDDEN);
	CHECK_OK(vs_keys_client_ca_root_export(ends.cli, passphrase, &pem));
	CHECK(memmem(pem.data, pem.size, "ENCRYPTED PRIVATE KEY", 21) != NULL);
	CHECK_OK(vs_keys_client_ca_root_forget(ends.cli));
	CHECK_ERR(vs_keys_client_ca_next(ends.daemon), NOT_FOUND);
	CHECK_OK(vs_keys_client_ca_root_import(ends.cli, vs_buf_view(&pem), passphrase));
	CHECK_OK(vs_keys_client_ca_next(ends.daemon));
	CHECK_OK(vs_keys_client_ca_promote(ends.daemon));
	CHECK_ERR(vs_keys_client_ca_drop(ends.daemon), NOT_FOUND);
	CHECK_OK(vs_keys_client_ca_view(ends.daemon, &view));
	CHECK(view.current == 2 && view.next == 0);
	vs_secret_free(&passphrase);
	vs_buf_done(&pem);
	end(&ends);
}

int
main(void)
{
	CASE(only_before_it_runs);
	CASE(a_leaf_by_socket);
	CASE(a_long_list);
	CASE(ocsp_by_socket);
	CASE(who_takes_the_root_offline);
	return 0;
}
