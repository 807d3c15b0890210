/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"
#include "central/reactor.h"
#include "house.h"

static struct house_guest guest;

static struct vs_tls_server *
server_new(void)
{
	struct vs_tls_server_options options = {.verify = VS_TLS_VERIFY_REQUEST};
	struct vs_tls_server *server = NULL;
	char reason[256];

	options.cert_files[0] = pki_path("server.pem");
	options.key_files[0] = pki_path("server.key");
	options.client_ca_file = pki_path("ca.pem");
	CHECK_OK(vs_tls_server_new(&options, reason, sizeof(reason), &server));
	return server;
}

/* One event with the reason's word, whose certificate it was, and nothing for the peer but an
 * alert. */
static void
a_failure_is_told_once(void)
{
	struct vs_tls_server *server = server_new();
	struct house *house = house_new(server);
	struct vs_tls_client *client = NULL;
	struct vs_tls_client_options options = {.ca_file = pki_path("ca.pem"),
	                                        .cert_file = pki_path("old.pem"),
	                                        .key_file = pki_path("old.key")};
	const struct vs_core_event *event = house->events;
	char reason[256];

	CHECK_OK(vs_tls_client_new(&options, reason, sizeof(reason), &client));
	guest_begin(house, &guest, 0, "CS-OLD", NULL, client);
	HOUSE_UNTIL(house, guest.is_closed && house->event_count > 0);
	CHECK(house->event_count == 1 && event->kind == VS_EVENT_REFUSED);
	CHECK(strcmp(event->type, "certificate_expired") == 0);
	CHECK(strcmp(event->station, "CS-OLD") == 0 && event->severity == VS_CORE_WARNING);
	CHECK(strstr(event->detail, "127.0.0.1") != NULL && strstr(event->detail, "serial abc"));
	CHECK(guest.close.tls == VS_TLS_FAILURE_PEER_REFUSED);
	vs_tls_client_unref(&client);

	/* A00.FR.319 */
	options.cert_file = options.key_file = NULL;
	options.is_tls12_only = true;
	CHECK_OK(vs_tls_client_new(&options, reason, sizeof(reason), &client));
	guest_begin(house, &guest, 0, "CS-OLD", NULL, client);
	HOUSE_UNTIL(house, guest.is_closed && house->event_count > 1);
	event = &house->events[1];
	CHECK(strcmp(event->type, "InvalidTLSVersion") == 0 && event->severity == VS_CORE_CRITICAL);
	CHECK(event->station[0] == '\0');
	vs_tls_client_unref(&client);
	house_free(house);
	vs_tls_server_unref(&server);
}

/* Who makes thousands of them does not push everything else out of sight. */
static void
a_flood_is_told_in_part(void)
{
	struct house *house = house_new(NULL);
	struct vs_central_reactor *reactor = house->central->reactors[0];
	const struct vs_net_close close = {
	    .why = VS_E_TLS_FAILED, .detail = "http request", .tls = VS_TLS_FAILURE_NOT_TLS};
	struct vs_conn *conn;

	guest_join(house, &guest, 0);
	conn = vs_net_find(house->nets[0], vs_central_directory_find(house->central->directory,
	                                                             VS_BYTES_LITERAL("CS-1")));
	CHECK(conn != NULL);
	for (int i = 0; i < 1000; i++)
		vs_central_handshake_failed(reactor, conn, &close);
	CHECK(house_events(house, VS_EVENT_REFUSED, "not_tls") == VS_LIMIT_HANDSHAKE_EVENTS);
	reactor->context.mono_ms += 1000;
	vs_central_handshake_failed(reactor, conn, &close);
	CHECK(house_events(house, VS_EVENT_REFUSED, "not_tls") == VS_LIMIT_HANDSHAKE_EVENTS + 1);
	/* The station that was there all the time is served as ever. */
	guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",");
	house_free(house);
}

int
main(void)
{
	struct pki_ca ca;

	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "server", false);
	pki_client_days(&ca, "old", "CS-OLD", -1);
	CASE(a_failure_is_told_once);
	CASE(a_flood_is_told_in_part);
	pki_ca_free(&ca);
	pki_done();
	return 0;
}
