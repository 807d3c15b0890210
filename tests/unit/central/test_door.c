/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#include "base/metric.h"

static struct house_guest guest, second;

static void
a_station_comes_talks_and_goes(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	CHECK(vs_central_connected_count(house->central) == 1);
	HOUSE_UNTIL(house, house->committed[VS_RECORD_session] == 1);
	CHECK(house_events(house, VS_EVENT_CONNECTED, "ocpp2.0.1") == 1);
	guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",{\"currentTime\":");
	guest_ask(&guest, "nonsense", "[4,\"-1\",");
	guest_ask(&guest, "[2,\"2\",\"Heartbeat\",{}]", "[3,\"2\",");
	vs_conn_ws_close(vs_net_find(house->nets[HOUSE_REACTORS], guest.conn), 1000, "bye");
	HOUSE_UNTIL(house, guest.is_closed && house->committed[VS_RECORD_session] == 2);
	CHECK(vs_central_connected_count(house->central) == 0);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, NULL) == 1);
	house_free(house);
}

/* --- refused ---------------------------------------------------------------------------------- */

/* One request as bytes; what comes back until the end. */
static void
ask_raw(struct house *house, const char *request, char *answer, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(house->ports[0]),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t begin = vs_clock_mono_ms();
	size_t got = 0;

	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	while (got + 1 < size) {
		ssize_t n = read(fd, answer + got, size - 1 - got);

		CHECK(vs_clock_mono_ms() - begin < HOUSE_PATIENCE_MS);
		if (n == 0)
			break;
		if (n > 0)
			got += (size_t)n;
		else
			house_turn(house);
	}
	answer[got] = '\0';
	CHECK(close(fd) == 0);
}

static void
ask_in(struct house *house, const char *path, const char *basic, const char *protocol, char *answer,
       size_t size)
{
	char request[1024], coded[256];

	(void)vs_base64_encode(VS_BASE64, vs_bytes_from_text(basic), coded, sizeof(coded));
	(void)snprintf(
	    request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: %s\r\nAuthorization: Basic %s\r\n\r\n",
	    path, protocol, coded);
	ask_raw(house, request, answer, size);
}

/* Unknown, wrong password, disabled, no certificate: the same bytes. Only the operator hears why.
 */
static void
refusals_are_the_same_bytes(void)
{
	struct house *house = house_new(NULL);
	char unknown[1024], other[1024];
	int64_t failed = vs_metric_read(VS_METRIC_auth_failed_total);

	house_station(house, "CS-OFF", VS_CORE_AUTH_BASIC, false);
	house_station(house, "CS-MTLS", VS_CORE_AUTH_MTLS, true);
	ask_in(house, "/ocpp/CS-NO", "CS-NO:x", "ocpp2.0.1", unknown, sizeof(unknown));
	CHECK(strncmp(unknown, "HTTP/1.1 401 ", 13) == 0);
	CHECK(strstr(unknown, "WWW-Authenticate: Basic realm=\"") != NULL);
	ask_in(house, "/ocpp/CS-1", "CS-1:wrong", "ocpp2.0.1", other, sizeof(other));
	CHECK(strcmp(unknown, other) == 0);
	ask_in(house, "/ocpp/CS-OFF", "CS-OFF:" HOUSE_PASSWORD, "ocpp2.0.1", other, sizeof(other));
	CHECK(strcmp(unknown, other) == 0);
	ask_in(house, "/ocpp/CS-MTLS", "CS-MTLS:" HOUSE_PASSWORD, "ocpp2.0.1", other,
	       sizeof(other));
	CHECK(strcmp(unknown, other) == 0);
	ask_in(house, "/ocpp/CS-1", "CS-2:" HOUSE_PASSWORD, "ocpp2.0.1", other, sizeof(other));
	CHECK(strcmp(unknown, other) == 0);
	CHECK(house_events(house, VS_EVENT_REFUSED, "unknown_identity") == 1);
	CHECK(house_events(house, VS_EVENT_REFUSED, "wrong_password") == 1);
	CHECK(house_events(house, VS_EVENT_REFUSED, "disabled") == 1);
	CHECK(house_events(house, VS_EVENT_REFUSED, "no_certificate") == 1);
	CHECK(house_events(house, VS_EVENT_REFUSED, "identity_mismatch") == 1);
	CHECK(vs_metric_read(VS_METRIC_auth_failed_total) == failed + 5);
	CHECK(vs_central_connected_count(house->central) == 0);
	CHECK(vs_core_registry_count(house->registry) == 3); /* nobody registers by trying */
	house_free(house);
}

/* TC_B_58 */
static void
no_upgrade_without_a_subprotocol(void)
{
	struct house *house = house_new(NULL);
	char answer[1024];

	ask_in(house, "/ocpp/CS-1", "CS-1:" HOUSE_PASSWORD, "ocpp0.1", answer, sizeof(answer));
	CHECK(strncmp(answer, "HTTP/1.1 400 ", 13) == 0 && strstr(answer, "101") == NULL);
	ask_in(house, "/elsewhere/CS-1", "CS-1:" HOUSE_PASSWORD, "ocpp2.0.1", answer,
	       sizeof(answer));
	CHECK(strncmp(answer, "HTTP/1.1 404 ", 13) == 0);
	ask_raw(house,
	        "GET /ocpp/CS-1 HTTP/1.1\r\nHost: h\r\nAuthorization: Basic "
	        "Q1MtMTpjb3JyZWN0IGhvcnNlIGJhdHRlcnk=\r\n\r\n",
	        answer, sizeof(answer));
	CHECK(strncmp(answer, "HTTP/1.1 400 ", 13) == 0);
	house_free(house);
}

/* --- one station, one connection -------------------------------------------------------------- */

static void
displace_on(size_t first_reactor, size_t second_reactor)
{
	struct house *house = house_new(NULL);
	int64_t displaced = vs_metric_read(VS_METRIC_sessions_displaced_total);

	guest_join(house, &guest, first_reactor);
	/* Who cannot prove it displaces nobody. */
	guest_begin(house, &second, second_reactor, "CS-1", "wrong", NULL);
	HOUSE_UNTIL(house, second.is_closed);
	CHECK(second.close.http_status == 401 && !guest.is_closed);
	/* In flight on the old one when the new one comes: never answered on the new one. */
	house->is_store_slow = true;
	guest_say(&guest, "[2,\"old\",\"SecurityEventNotification\",{\"type\":\"x\",\"timestamp\":"
	                  "\"2025-11-20T14:00:00Z\"}]");
	HOUSE_UNTIL(house, house_waits(house, VS_RECORD_security_event));
	guest_join(house, &second, second_reactor);
	HOUSE_UNTIL(house, guest.is_closed);
	house->is_store_slow = false;
	CHECK(guest.close.ws_code == 1008);
	guest_ask(&second, "[2,\"new\",\"Heartbeat\",{}]", "[3,\"new\",");
	CHECK(second.heard == 1 && guest.heard == 0);
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_SECURITY, "session.displaced") == 1);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, NULL) == 0); /* the station is not gone */
	CHECK(vs_metric_read(VS_METRIC_sessions_displaced_total) == displaced + 1);
	CHECK(vs_central_connected_count(house->central) == 1);
	CHECK(house->commands.is_connected(house->commands.self, "default", "CS-1"));
	house_free(house);
}

static void
the_newer_connection_wins(void)
{
	displace_on(0, 0);
	displace_on(0, 1);
	displace_on(1, 0);
}

static void
abrupt_reconnects_leave_it_served(void)
{
	struct house *house = house_new(NULL);

	for (size_t i = 0; i < 300; i++) {
		guest_join(house, &guest, i % HOUSE_REACTORS);
		/* Every other one just goes on to exist until it is displaced. */
		if (i % 2 == 0) {
			vs_conn_close(vs_net_find(house->nets[HOUSE_REACTORS], guest.conn), true);
			HOUSE_UNTIL(house, guest.is_closed);
		} else {
			second = guest;
			vs_conn_set_user(vs_net_find(house->nets[HOUSE_REACTORS], guest.conn),
			                 &second);
		}
	}
	guest_join(house, &guest, 0);
	guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",");
	CHECK(vs_central_connected_count(house->central) == 1);
	house_free(house);
}

/* --- going down ------------------------------------------------------------------------------- */

static void
a_drain_ends_sessions_in_order(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	HOUSE_UNTIL(house, house->committed[VS_RECORD_session] == 1);
	vs_net_drain(house->nets[0]);
	HOUSE_UNTIL(house, guest.is_closed && house->committed[VS_RECORD_session] == 2);
	CHECK(guest.close.ws_code == 1001);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, NULL) == 1);
	CHECK(vs_central_connected_count(house->central) == 0);
	house_free(house);
}

/* --- certificates ----------------------------------------------------------------------------- */

static struct vs_tls_client *
client_of(const char *name)
{
	struct vs_tls_client *client = NULL;
	char cert[64], key[64], reason[256];
	struct vs_tls_client_options options = {.ca_file = pki_path("ca.pem"),
	                                        .is_session_kept = true};

	(void)snprintf(cert, sizeof(cert), "%s.pem", name);
	(void)snprintf(key, sizeof(key), "%s.key", name);
	if (name[0] != '\0') {
		options.cert_file = pki_path(cert);
		options.key_file = pki_path(key);
	}
	CHECK_OK(vs_tls_client_new(&options, reason, sizeof(reason), &client));
	return client;
}

static bool
comes_in(struct house *house, const char *identity, const char *password, struct vs_tls_client *tls)
{
	guest_begin(house, &guest, 0, identity, password, tls);
	HOUSE_UNTIL(house, guest.is_open || guest.is_closed);
	if (guest.is_open) {
		guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",");
		vs_conn_ws_close(vs_net_find(house->nets[HOUSE_REACTORS], guest.conn), 1000, "");
		HOUSE_UNTIL(house, guest.is_closed);
		return true;
	}
	return false;
}

/* One listener for profiles 2 and 3; a revocation holds on the next handshake, resumed or not. */
static void
certificates(void)
{
	struct pki_ca ca;
	struct vs_tls_server_options options = {.verify = VS_TLS_VERIFY_REQUEST};
	struct vs_tls_server *server = NULL;
	struct vs_tls_client *own, *none;
	int64_t resumed;
	struct house *house;
	char reason[256];

	pki_init();
	ca = pki_ca_new("ca");
	pki_server(&ca, "server", false);
	pki_client(&ca, "mtls", "CS-MTLS");
	options.cert_files[0] = pki_path("server.pem");
	options.key_files[0] = pki_path("server.key");
	options.client_ca_file = pki_path("ca.pem");
	CHECK_OK(vs_tls_server_new(&options, reason, sizeof(reason), &server));
	house = house_new(server);
	house_station(house, "CS-MTLS", VS_CORE_AUTH_MTLS, true);
	own = client_of("mtls");
	none = client_of("");

	CHECK(comes_in(house, "CS-MTLS", NULL, own));
	resumed = vs_metric_read(VS_METRIC_handshakes_resumed_total);
	CHECK(comes_in(house, "CS-MTLS", NULL, own));
	CHECK(vs_metric_read(VS_METRIC_handshakes_resumed_total) > resumed);
	CHECK(comes_in(house, "CS-1", HOUSE_PASSWORD, none));
	CHECK(!comes_in(house, "CS-MTLS", HOUSE_PASSWORD, none) && guest.close.http_status == 401);
	CHECK(!comes_in(house, "CS-1", HOUSE_PASSWORD, own) && guest.close.http_status == 401);
	CHECK(house_events(house, VS_EVENT_REFUSED, "identity_mismatch") == 1);
	house_station(house, "CS-MTLS", VS_CORE_AUTH_MTLS, false);
	CHECK(!comes_in(house, "CS-MTLS", NULL, own) && guest.close.http_status == 0);
	CHECK(house_events(house, VS_EVENT_REFUSED, "disabled") == 1);
	house_station(house, "CS-MTLS", VS_CORE_AUTH_MTLS, true);
	CHECK(comes_in(house, "CS-MTLS", NULL, own));

	house_free(house);
	vs_tls_client_unref(&own);
	vs_tls_client_unref(&none);
	vs_tls_server_unref(&server);
	pki_ca_free(&ca);
	pki_done();
}

int
main(void)
{
	CASE(a_station_comes_talks_and_goes);
	CASE(refusals_are_the_same_bytes);
	CASE(no_upgrade_without_a_subprotocol);
	CASE(the_newer_connection_wins);
	CASE(abrupt_reconnects_leave_it_served);
	CASE(a_drain_ends_sessions_in_order);
	CASE(certificates);
	return 0;
}
