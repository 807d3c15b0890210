/* SPDX-License-Identifier: Apache-2.0 */
#include "central/recheck.h"

#include "base/metric.h"
#include "central/certificate.h"
#include "crypto/tls_identity.h"
#include "house.h"

static struct house_guest guest, other;
static struct vs_core_revocations *revocations;
static struct vs_core_trusts *trusts;
static struct vs_tls_server *server;
static struct pki_ca ca;
static struct house *house;

static struct vs_tls_client *
client_of(const char *name)
{
	struct vs_tls_client *client = NULL;
	char cert[64], key[64], reason[256];
	struct vs_tls_client_options options = {.ca_file = pki_path("ca.pem"),
	                                        .is_session_kept = true};

	(void)snprintf(cert, sizeof(cert), "%s.pem", name);
	(void)snprintf(key, sizeof(key), "%s.key", name);
	options.cert_file = pki_path(cert);
	options.key_file = pki_path(key);
	CHECK_OK(vs_tls_client_new(&options, reason, sizeof(reason), &client));
	return client;
}

static void
set_up(void)
{
	struct vs_tls_server_options options = {.verify = VS_TLS_VERIFY_REQUEST};
	char reason[256];

	CHECK_OK(vs_core_revocations_new(&revocations));
	CHECK_OK(vs_core_trusts_new(&trusts));
	house_rules = (struct vs_central_rules){.revocations = revocations, .trusts = trusts};
	options.cert_files[0] = pki_path("server.pem");
	options.key_files[0] = pki_path("server.key");
	options.client_ca_file = pki_path("ca.pem");
	CHECK_OK(vs_tls_server_new(&options, reason, sizeof(reason), &server));
	house = house_new(server);
	house_station(house, "CS-A", VS_CORE_AUTH_MTLS, true);
	house_station(house, "CS-B", VS_CORE_AUTH_MTLS, true);
}

static void
tear_down(void)
{
	house_free(house);
	vs_tls_server_unref(&server);
	vs_core_trusts_free(&trusts);
	vs_core_revocations_free(&revocations);
}

static bool
join(struct house_guest *who, size_t reactor, const char *identity, struct vs_tls_client *tls)
{
	guest_begin(house, who, reactor, identity, NULL, tls);
	HOUSE_UNTIL(house, who->is_open || who->is_closed);
	return who->is_open;
}

/* The credential of the one session of a reactor. */
static struct vs_central_credential
credential_of(size_t reactor)
{
	struct vs_central_session *session = house->central->reactors[reactor]->recheck.first;
	struct vs_central_credential credential;
	struct vs_tls_peer peer;

	CHECK(session != NULL && session->watched_next == NULL);
	vs_tls_identity_get(session->certificate, &peer);
	vs_central_credential_read(&peer, &credential);
	return credential;
}

/* The one is put out, wherever it is; the other does not notice; neither full nor resumed does the
 * one come back. */
static void
a_revoked_session_ends_at_once(void)
{
	struct vs_tls_client *a, *b;
	struct vs_central_credential credential;
	char subject[128];
	int64_t before = vs_metric_read(VS_METRIC_sessions_revoked_total);

	set_up();
	a = client_of("a");
	b = client_of("b");
	CHECK(join(&guest, 1, "CS-A", a) && join(&other, 0, "CS-B", b));
	HOUSE_UNTIL(house, house->committed[VS_RECORD_session] == 2);
	credential = credential_of(1);
	(void)snprintf(subject, sizeof(subject), "%s:%s", credential.links[0].issuer,
	               credential.links[0].serial);
	CHECK_OK(vs_core_revocations_add(
	    revocations,
	    &(struct vs_core_revocation){1, VS_CORE_REVOKED_CERTIFICATE, "", subject, 0}));
	vs_central_recheck(house->central);
	HOUSE_UNTIL(house, guest.is_closed);
	CHECK(guest.close.ws_code == 1008);
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_SECURITY, "session.revoked") == 1);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, "certificate_revoked") == 1);
	CHECK(vs_metric_read(VS_METRIC_sessions_revoked_total) == before + 1);
	guest_ask(&other, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",");
	CHECK(!join(&guest, 0, "CS-A", a) && guest.close.http_status == 0);
	vs_tls_client_unref(&a);
	a = client_of("a");
	CHECK(!join(&guest, 1, "CS-A", a) && guest.close.http_status == 0);
	CHECK(house_events(house, VS_EVENT_REFUSED, "certificate_revoked") == 2);
	CHECK(vs_central_connected_count(house->central) == 1);
	vs_tls_client_unref(&a);
	vs_tls_client_unref(&b);
	tear_down();
}

static void
a_lost_ca_ends_all_below_it(void)
{
	uint8_t anchors[VS_CORE_SPKI_SIZE];
	struct vs_tls_client *a, *b;

	set_up();
	a = client_of("a");
	b = client_of("b");
	CHECK(join(&guest, 0, "CS-A", a));
	memcpy(anchors, credential_of(0).anchor_spki, sizeof(anchors));
	CHECK(join(&other, 0, "CS-B", b));
	CHECK_OK(vs_core_trusts_set_anchors(trusts, anchors, 1));
	vs_central_recheck(house->central);
	for (int i = 0; i < 20; i++)
		house_turn(house);
	CHECK(!guest.is_closed && !other.is_closed);
	anchors[0] ^= 1;
	CHECK_OK(vs_core_trusts_set_anchors(trusts, anchors, 1));
	vs_central_recheck(house->central);
	HOUSE_UNTIL(house, guest.is_closed && other.is_closed);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, "certificate_untrusted") == 2);
	/* A handshake that the old CA still lets through is refused all the same. */
	CHECK(!join(&guest, 0, "CS-A", a));
	CHECK(house_events(house, VS_EVENT_REFUSED, "certificate_untrusted") == 1);
	vs_tls_client_unref(&a);
	vs_tls_client_unref(&b);
	tear_down();
}

/* What was let in on a good certificate does not stay on an expired one. */
static void
an_end_comes_while_connected(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = pki_certificate(key, 77, 1);
	struct vs_tls_client *a;

	pki_name(certificate, "CN", "CS-A", -1);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), 2) != NULL);
	pki_finish(&ca, "short", certificate, key, "clientAuth");
	set_up();
	a = client_of("short");
	CHECK(join(&guest, 0, "CS-A", a));
	HOUSE_UNTIL(house, guest.is_closed);
	CHECK(guest.close.ws_code == 1008);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, "certificate_expired") == 1);
	CHECK(!vs_timer_is_armed(&house->central->reactors[0]->recheck.timer));
	vs_tls_client_unref(&a);
	tear_down();
}

/* Sessions come and go in any order; a list without a session has no timer to wake anybody. */
static void
the_list_is_kept(void)
{
	struct vs_tls_client *a, *b;
	struct vs_central_recheck *recheck;

	set_up();
	recheck = &house->central->reactors[0]->recheck;
	a = client_of("a");
	b = client_of("b");
	CHECK(recheck->first == NULL);
	CHECK(join(&guest, 0, "CS-A", a) && join(&other, 0, "CS-B", b));
	CHECK(recheck->first != NULL && recheck->first->watched_next != NULL);
	CHECK(vs_timer_is_armed(&recheck->timer));
	vs_conn_ws_close(vs_net_find(house->nets[HOUSE_REACTORS], guest.conn), 1000, "");
	HOUSE_UNTIL(house, guest.is_closed && vs_central_connected_count(house->central) == 1);
	CHECK(strcmp(recheck->first->identity, "CS-B") == 0 &&
	      recheck->first->watched_next == NULL);
	vs_tls_client_unref(&a);
	vs_tls_client_unref(&b);
	tear_down();
}

int
main(void)
{
	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "server", false);
	pki_client(&ca, "a", "CS-A");
	{
		EVP_PKEY *key = EVP_EC_gen("P-256");
		X509 *certificate = pki_certificate(key, 0x0DEF, 30);

		pki_name(certificate, "CN", "CS-B", -1);
		pki_finish(&ca, "b", certificate, key, "clientAuth");
	}
	CASE(a_revoked_session_ends_at_once);
	CASE(a_lost_ca_ends_all_below_it);
	CASE(an_end_comes_while_connected);
	CASE(the_list_is_kept);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
