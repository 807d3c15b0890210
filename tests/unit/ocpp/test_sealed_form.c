/* SPDX-License-Identifier: Apache-2.0 */
/* The channel in its framed form; what both forms share is in test_sealed.c. */
#include "ocpp/sealed.h"

#include "test.h"

static const uint8_t psk[VS_NOISE_PSK_SIZE] = {1, 2, 3};

static struct vs_ocpp_sealed *device, *central;
static struct vs_buf frame, plain;
static enum vs_ocpp_sealed_word word;
static enum vs_ocpp_sealed_fault fault;

static void
begin(const char *device_tenant, const char *device_identity)
{
	const struct vs_ocpp_sealed_names ours = {"default", "CP-001", "framed/2",
	                                          VS_OCPP_SEALED_FRAMED};
	const struct vs_ocpp_sealed_names theirs = {device_tenant, device_identity, "framed/2",
	                                            VS_OCPP_SEALED_FRAMED};

	vs_buf_init(&frame, 10000);
	vs_buf_init(&plain, 10000);
	CHECK_OK(vs_ocpp_sealed_new(VS_NOISE_INITIATOR, &theirs, &device));
	CHECK_OK(vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &ours, &central));
}

static void
end(void)
{
	vs_ocpp_sealed_free(&device);
	vs_ocpp_sealed_free(&central);
	vs_buf_done(&frame);
	vs_buf_done(&plain);
}

static vs_result
passes(struct vs_ocpp_sealed *to)
{
	vs_result r;

	fault = VS_OCPP_SEALED_FINE;
	r = vs_ocpp_sealed_receive(to, vs_buf_view(&frame), &plain, &word, &fault);
	vs_buf_reset(&frame);
	return r;
}

static void
shake(void)
{
	struct vs_ocpp_sealed_keys *keys = NULL;
	struct vs_ocpp_sealed_hello hello;

	CHECK_OK(vs_ocpp_sealed_greet(device, 3, psk, NULL, NULL, &frame));
	CHECK_OK(passes(central));
	CHECK(word == VS_OCPP_SEALED_HELLO);
	vs_ocpp_sealed_get_hello(central, &hello);
	CHECK(hello.kid == 3 && strcmp(hello.identity, "CP-001") == 0);
	CHECK_OK(vs_ocpp_sealed_respond(&hello, psk, NULL, NULL, &keys));
	CHECK_OK(vs_ocpp_sealed_accept(central, &keys, &frame));
	CHECK_OK(passes(device));
	CHECK(word == VS_OCPP_SEALED_OPEN);
}

static void
says(struct vs_ocpp_sealed *from, struct vs_ocpp_sealed *to, const char *text)
{
	CHECK_OK(vs_ocpp_sealed_seal(from, vs_bytes_from_text(text), &frame));
	for (size_t i = 0; i < frame.size; i++) /* all of it may stand in a frame */
		CHECK(frame.data[i] >= 0x20 && frame.data[i] <= 0x7e);
	CHECK(memmem(frame.data, frame.size, "SUPPLY", 6) == NULL);
	CHECK_OK(passes(to));
	CHECK(word == VS_OCPP_SEALED_TEXT && vs_bytes_equal_text(vs_buf_view(&plain), text));
}

static void
it_names_who_comes(void)
{
	struct vs_bytes tenant, identity;

	begin("default", "CP-001");
	CHECK_OK(vs_ocpp_sealed_greet(device, 3, psk, NULL, NULL, &frame));
	CHECK(memcmp(frame.data, "N1#default#CP-001#3#", 20) == 0);
	CHECK_OK(vs_ocpp_sealed_who(vs_buf_view(&frame), &tenant, &identity));
	CHECK(vs_bytes_equal_text(tenant, "default") && vs_bytes_equal_text(identity, "CP-001"));
	CHECK_ERR(vs_ocpp_sealed_who(VS_BYTES_LITERAL("N1#a#b#c"), &tenant, &identity),
	          BAD_MESSAGE);
	CHECK_ERR(vs_ocpp_sealed_who(VS_BYTES_LITERAL("N1#a#b#1#x#"), &tenant, &identity),
	          BAD_MESSAGE);
	CHECK_ERR(vs_ocpp_sealed_who(VS_BYTES_LITERAL(""), &tenant, &identity), BAD_MESSAGE);
	end();
}

static void
messages_go_both_ways_and_over_a_new_handshake(void)
{
	begin("default", "CP-001");
	shake();
	says(device, central, "SUPPLY_UPDATE#CP-001#5.2#1.56");
	says(central, device, "AUTHORIZE#DRIVER-001#CP-001#10");
	shake();
	CHECK(vs_ocpp_sealed_epoch(device) == 2 && vs_ocpp_sealed_epoch(central) == 2);
	says(central, device, "END_SUPPLY#CP-001");
	says(device, central, "N3#is#no#word#of#the#channel");
	end();
}

static void
another_name_is_refused(void)
{
	begin("default", "CP-002");
	CHECK_OK(vs_ocpp_sealed_greet(device, 3, psk, NULL, NULL, &frame));
	CHECK_ERR(passes(central), NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SEALED_EARLY);
	end();
}

static void
refused(const char *text, enum vs_ocpp_sealed_fault why)
{
	begin("default", "CP-001");
	shake();
	CHECK_OK(vs_buf_append_text(&frame, text));
	CHECK_ERR(passes(central), NOT_AUTHENTIC);
	CHECK(fault == why);
	CHECK_OK(vs_ocpp_sealed_seal(device, VS_BYTES_LITERAL("FAULT#CP-001"), &frame));
	CHECK_ERR(passes(central), NOT_AUTHENTIC); /* it has ended */
	end();
}

static void
what_is_wrong_ends_it(void)
{
	refused("SUPPLY_UPDATE#CP-001#5.2#1.56", VS_OCPP_SEALED_CLEAR);
	refused("E2#1#0", VS_OCPP_SEALED_MALFORMED);
	refused("E2#1#0#AAAA", VS_OCPP_SEALED_MALFORMED);
	refused("E2#1#00#AAAA", VS_OCPP_SEALED_MALFORMED);
	refused("E2#1#-1#AAAA", VS_OCPP_SEALED_MALFORMED);
	refused("E2#2#0#AAAA", VS_OCPP_SEALED_OTHER_EPOCH);
	refused("E2#1#1#AAAA", VS_OCPP_SEALED_GAP);
	refused("E2#1#0#AAAA#more#and", VS_OCPP_SEALED_MALFORMED);
	refused("[\"E2\",1,0,\"AAAA\"]", VS_OCPP_SEALED_MALFORMED);
}

static void
a_repeated_message_ends_it(void)
{
	struct vs_buf copy;

	begin("default", "CP-001");
	shake();
	CHECK_OK(vs_ocpp_sealed_seal(device, VS_BYTES_LITERAL("FAULT#CP-001"), &frame));
	vs_buf_init(&copy, 10000);
	CHECK_OK(vs_buf_append_bytes(&copy, vs_buf_view(&frame)));
	CHECK_OK(passes(central));
	CHECK_OK(vs_buf_append_bytes(&frame, vs_buf_view(&copy)));
	CHECK_ERR(passes(central), NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SEALED_REPEATED);
	vs_buf_done(&copy);
	end();
}

int
main(void)
{
	CASE(it_names_who_comes);
	CASE(messages_go_both_ways_and_over_a_new_handshake);
	CASE(another_name_is_refused);
	CASE(what_is_wrong_ends_it);
	CASE(a_repeated_message_ends_it);
	return 0;
}
