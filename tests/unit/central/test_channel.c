/* SPDX-License-Identifier: Apache-2.0 */
/* What ends a sealed channel, and how that looks from outside. Handshakes with real keys are in
 * tests/interop/test_sealed.py. */
#include "central/channel.h"

#include "central/reactor.h"
#include "house.h"
#include "ocpp/sealed.h"

static struct house_guest guest;

/* The session of the guest, from now on sealed. */
static struct vs_central_session *
seal(struct house *house)
{
	struct vs_central_session *session;

	guest_join(house, &guest, 0);
	session = vs_central_reactor_session(
	    house->central->reactors[0],
	    vs_central_directory_find(house->central->directory, VS_BYTES_LITERAL("CS-1")));
	CHECK(session != NULL);
	CHECK_OK(vs_central_channel_new(house->central->reactors[0], session, "ocpp2.0.1+e2"));
	return session;
}

/* One code and no words, whatever it was; the operator hears why. */
static void
ends_without_a_word(void)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
	    {"[2,\"1\",\"Heartbeat\",{}]", "not_sealed"},
	    {"[\"N1\"]", "malformed"},
	    {"[\"N1\",1,\"short\"]", "malformed"},
	    {"[\"E2\",1,0,\"AAAA\"]", "out_of_turn"},
	    {"nonsense", "malformed"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct house *house = house_new(NULL);

		(void)seal(house);
		guest_say(&guest, rows[i].text);
		HOUSE_UNTIL(house, guest.is_closed);
		CHECK(guest.close.ws_code == 1008 && guest.heard == 0);
		CHECK(house_events(house, VS_EVENT_SECURITY, "SealedChannelFailed") == 1);
		if (house_events(house, VS_EVENT_DISCONNECTED, rows[i].reason) != 1)
			(void)fprintf(stderr, "%s is not %s\n", rows[i].text, rows[i].reason);
		CHECK(house_events(house, VS_EVENT_DISCONNECTED, rows[i].reason) == 1);
		house_free(house);
	}
}

/* A wrong psk: the session is over at once, the connection a moment of no certain length later. */
static void
a_wrong_key_ends_it_later(void)
{
	struct house *house = house_new(NULL);
	struct vs_central_session *session = seal(house);
	struct vs_ocpp_sealed_hello hello = {.kid = 1};
	const struct vs_central_answer answer = {.hello = &hello};

	vs_central_channel_answered(session, vs_net_find(house->nets[0], session->conn),
	                            VS_FAIL(NOT_AUTHENTIC), &answer);
	CHECK(session->has_ended && vs_central_connected_count(house->central) == 0);
	HOUSE_UNTIL(house, guest.is_closed);
	CHECK(guest.close.ws_code == 1008);
	CHECK(house_events(house, VS_EVENT_DISCONNECTED, "wrong_key") == 1);
	house_free(house);
}

/* What is to be sent before the channel is open waits, and not without end. */
static void
what_waits_is_bounded(void)
{
	struct house *house = house_new(NULL);
	struct vs_central_session *session = seal(house);
	struct vs_conn *conn = vs_net_find(house->nets[0], session->conn);
	static uint8_t text[VS_LIMIT_SEALED_WAITING / 2];

	memset(text, ' ', sizeof(text));
	CHECK_OK(vs_central_channel_send(session, conn, vs_bytes_from(text, sizeof(text))));
	CHECK_ERR(vs_central_channel_send(session, conn, vs_bytes_from(text, sizeof(text))), BUSY);
	CHECK_OK(vs_central_channel_send(session, conn, VS_BYTES_LITERAL("[2,\"1\",\"X\",{}]")));
	for (unsigned i = 0; i < 20; i++)
		house_turn(house);
	CHECK(guest.heard == 0); /* never in clear */
	house_free(house);
}

/* Nobody to bring a psk to: not connected, not sealed, or of another channel. */
static void
brings_a_psk_to_sealed_sessions_only(void)
{
	struct house *house = house_new(NULL);
	struct vs_keys_device device = {"default", "CS-1", VS_KEYS_PSK};

	CHECK_ERR(vs_central_channel_rotate(house->central, &device), NOT_CONNECTED);
	(void)seal(house);
	CHECK_OK(vs_central_channel_rotate(house->central, &device));
	for (unsigned i = 0; i < 20; i++)
		house_turn(house);
	CHECK(guest.heard == 0 && !guest.is_closed); /* no handshake yet: nothing to offer it in */
	device.chan = VS_KEYS_FIELD;
	CHECK_ERR(vs_central_channel_rotate(house->central, &device), NOT_CONNECTED);
	house_free(house);
}

int
main(void)
{
	CASE(ends_without_a_word);
	CASE(a_wrong_key_ends_it_later);
	CASE(what_waits_is_bounded);
	CASE(brings_a_psk_to_sealed_sessions_only);
	return 0;
}
