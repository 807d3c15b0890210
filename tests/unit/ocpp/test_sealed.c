/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/sealed.h"

#include "test.h"

/* Made by tests/interop/sealed_peer.py, which shares nothing with our code. */
static const char hello_text[] =
    "[\"N1\",7,\"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9_AsrhtHHzRaoSbSEmhV5SrUmujAA-dJ7kpLeFdYA\"]";
static const char answer_text[] =
    "[\"N2\",\"ZLEBsdC-WocEvQePmJUAH8A-jp-VIvGI3RKNmEbUhGYToNSWvQuy5wLrLgcKxycrQWc0G-"
    "x4R7HpcM3IwUV03sSbi81jLcfzg1yRBEfECA\"]";
static const char first_text[] =
    "[\"E2\",1,0,\"cU6Lix9ZFqt40th6yKIRVNLuXV7Zj-Nlv_WifrhjbSxm0jicbQKyQkmc5SJ-"
    "pTAd8Vuj1GIaZKCgmoti_iKf9nHqISC7KL6H4DXr56_tlRI\"]";
static const char down_text[] =
    "[\"E2\",1,0,\"tRHbDzjRluS7AigtAtS4n1r3x7CZgbXAOlHE17Bb6EKBhhJLJBKuWPV6Lp98aDb9dEC1yRx0V8atSHyk"
    "POXgX9K8IN-vbWzZpxOFD0tncaY\"]";
static const char heartbeat[] = "[2,\"1\",\"Heartbeat\",{}]";

static struct vs_ocpp_sealed *station, *central;
static struct vs_buf frame, plain;
static uint8_t psk[VS_NOISE_PSK_SIZE];
static enum vs_ocpp_sealed_word word;
static enum vs_ocpp_sealed_fault fault;

static vs_result
known_key(void *user, struct vs_pkey **key_out)
{
	uint8_t raw[32];

	for (unsigned i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(*(const unsigned *)user + i);
	return vs_pkey_read_raw_private(VS_PKEY_X25519, vs_bytes_from(raw, sizeof(raw)), key_out);
}

static void
begin(void)
{
	static const struct vs_ocpp_sealed_names names = {
	    .tenant = "default", .identity = "CS-1", .subprotocol = "ocpp2.0.1+e2"};

	for (unsigned i = 0; i < sizeof(psk); i++)
		psk[i] = (uint8_t)(128 + i);
	vs_ocpp_sealed_free(&station);
	vs_ocpp_sealed_free(&central);
	vs_buf_init(&frame, 400000);
	vs_buf_init(&plain, 800000);
	CHECK_OK(vs_ocpp_sealed_new(VS_NOISE_INITIATOR, &names, &station));
	CHECK_OK(vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &central));
	CHECK(!vs_ocpp_sealed_is_open(station) && vs_ocpp_sealed_epoch(station) == 0);
}

static void
end(void)
{
	vs_ocpp_sealed_free(&station);
	vs_ocpp_sealed_free(&central);
	vs_buf_done(&frame);
	vs_buf_done(&plain);
}

static vs_result
hears(struct vs_ocpp_sealed *end_, const char *text)
{
	fault = VS_OCPP_SEALED_FINE;
	return vs_ocpp_sealed_receive(end_, vs_bytes_from_text(text), &plain, &word, &fault);
}

/* What is in `frame` goes to the other side. */
static vs_result
passes(struct vs_ocpp_sealed *end_)
{
	vs_result r;

	fault = VS_OCPP_SEALED_FINE;
	r = vs_ocpp_sealed_receive(end_, vs_buf_view(&frame), &plain, &word, &fault);
	vs_buf_reset(&frame);
	return r;
}

static void
central_answers(const uint8_t *secret)
{
	struct vs_ocpp_sealed_keys *keys = NULL;
	struct vs_ocpp_sealed_hello hello;
	unsigned scalar = 65;

	CHECK(word == VS_OCPP_SEALED_HELLO);
	vs_ocpp_sealed_get_hello(central, &hello);
	CHECK_OK(vs_ocpp_sealed_respond(&hello, secret, known_key, &scalar, &keys));
	CHECK_OK(vs_ocpp_sealed_accept(central, &keys, &frame));
	CHECK(keys == NULL);
}

static void
open_both(void)
{
	unsigned scalar = 1;

	begin();
	CHECK_OK(vs_ocpp_sealed_greet(station, 7, psk, known_key, &scalar, &frame));
	CHECK_OK(passes(central));
	central_answers(psk);
	CHECK_OK(passes(station));
	CHECK(word == VS_OCPP_SEALED_OPEN && vs_ocpp_sealed_is_open(station));
	CHECK(vs_ocpp_sealed_is_open(central) && !vs_ocpp_sealed_is_proven(central));
}

static void
station_says(const char *text)
{
	CHECK_OK(vs_ocpp_sealed_seal(station, vs_bytes_from_text(text), &frame));
}

static void
speaks_like_the_second_implementation(void)
{
	unsigned scalar = 1;

	begin();
	CHECK_OK(vs_ocpp_sealed_greet(station, 7, psk, known_key, &scalar, &frame));
	CHECK(vs_bytes_equal_text(vs_buf_view(&frame), hello_text));
	CHECK_OK(passes(central));
	central_answers(psk);
	CHECK(vs_bytes_equal_text(vs_buf_view(&frame), answer_text));
	CHECK_OK(passes(station));
	station_says(heartbeat);
	CHECK(vs_bytes_equal_text(vs_buf_view(&frame), first_text));
	CHECK_OK(passes(central));
	CHECK(word == VS_OCPP_SEALED_TEXT && vs_bytes_equal_text(vs_buf_view(&plain), heartbeat));
	CHECK(vs_ocpp_sealed_is_proven(central) && vs_ocpp_sealed_kid(central) == 7);
	CHECK_OK(vs_ocpp_sealed_seal(central, VS_BYTES_LITERAL("[3,\"1\",{}]"), &frame));
	CHECK(vs_bytes_equal_text(vs_buf_view(&frame), down_text));
	CHECK_OK(passes(station));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "[3,\"1\",{}]"));
	end();
}

static void
closes_on(const char *text, enum vs_ocpp_sealed_fault expected)
{
	CHECK_ERR(hears(central, text), NOT_AUTHENTIC);
	CHECK(fault == expected && plain.size == 0);
	/* From then on it is over. */
	CHECK_ERR(hears(central, first_text), NOT_AUTHENTIC);
	CHECK_ERR(vs_ocpp_sealed_seal(central, VS_BYTES_LITERAL("[]"), &frame), NOT_NOW);
	end();
}

static void
refuses_replay_reorder_and_tampering(void)
{
	char altered[sizeof(first_text)];
	struct vs_buf second;

	open_both();
	CHECK_OK(hears(central, first_text));
	closes_on(first_text, VS_OCPP_SEALED_REPEATED);

	open_both();
	vs_buf_init(&second, 1000);
	station_says(heartbeat);
	CHECK_OK(vs_ocpp_sealed_seal(station, VS_BYTES_LITERAL("[]"), &second));
	CHECK_ERR(vs_ocpp_sealed_receive(central, vs_buf_view(&second), &plain, &word, &fault),
	          NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SEALED_GAP);
	vs_buf_done(&second);
	end();

	for (size_t at = 11; at < sizeof(first_text) - 3; at += 7) {
		open_both();
		memcpy(altered, first_text, sizeof(altered));
		altered[at] = altered[at] == 'A' ? 'B' : 'A';
		closes_on(altered, VS_OCPP_SEALED_TAG);
	}
	open_both();
	closes_on("[\"E2\",2,0,\"cU6L\"]", VS_OCPP_SEALED_OTHER_EPOCH);
}

static void
refuses_what_is_not_sealed(void)
{
	static const char *const malformed[] = {"",
	                                        "[]",
	                                        "[\"E2\"]",
	                                        "[\"E2\",1,0,\"cU6\"]",
	                                        "[\"E2\",1,-1,\"\"]",
	                                        "[\"E2\",1.5,0,\"\"]",
	                                        "[\"E2\",1,0,7]",
	                                        "{\"E2\":1}",
	                                        "[\"E2\",1,0,\"\"]",
	                                        "[\"E2\",1,0,\"AAAA=\"]",
	                                        "[\"E2\",1,0,\"AA\\u0041A\"]",
	                                        "[\"E2\",01,0,\"AAAA\"]",
	                                        "[\"E2\",1,0,\"AAAA\",\"AAAA\"]",
	                                        "[\"E2\",1,0,\"AA\",0]",
	                                        "[\"E2\",1,0,\"]",
	                                        "[ \"E2\" ,1, 0,\"AA AA\"]"};

	open_both();
	closes_on(heartbeat, VS_OCPP_SEALED_CLEAR);
	open_both();
	closes_on(hello_text, VS_OCPP_SEALED_CLEAR); /* another handshake comes sealed */
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		open_both();
		closes_on(malformed[i], VS_OCPP_SEALED_MALFORMED);
	}
	begin();
	closes_on(heartbeat, VS_OCPP_SEALED_CLEAR);
	begin();
	closes_on(first_text, VS_OCPP_SEALED_EARLY);
	begin();
	closes_on(answer_text, VS_OCPP_SEALED_EARLY);
	begin();
	CHECK_OK(hears(central, hello_text));
	closes_on(hello_text, VS_OCPP_SEALED_EARLY); /* the first waits for its answer */
	/* Nothing of the peer's own direction comes back to it. */
	open_both();
	station_says(heartbeat);
	CHECK_ERR(passes(station), NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SEALED_TAG);
	end();
}

static void
knows_a_wrong_psk_before_any_agreement(void)
{
	static const uint8_t other[VS_NOISE_PSK_SIZE] = {1};
	struct vs_ocpp_sealed_keys *keys = NULL;
	struct vs_ocpp_sealed_hello hello;

	begin();
	CHECK_OK(hears(central, hello_text));
	vs_ocpp_sealed_get_hello(central, &hello);
	CHECK(hello.kid == 7 && hello.epoch == 1);
	CHECK_ERR(vs_ocpp_sealed_respond(&hello, other, NULL, NULL, &keys), NOT_AUTHENTIC);
	/* The names are part of it: another identity, another offer. */
	memcpy(hello.identity, "CS-2", 5);
	CHECK_ERR(vs_ocpp_sealed_respond(&hello, psk, NULL, NULL, &keys), NOT_AUTHENTIC);
	memcpy(hello.identity, "CS-1", 5);
	memcpy(hello.subprotocol, "ocpp1.6+e2", 11);
	CHECK_ERR(vs_ocpp_sealed_respond(&hello, psk, NULL, NULL, &keys), NOT_AUTHENTIC);
	CHECK(keys == NULL);
	end();
}

/* Make before break: what was sent under the old keys still arrives, and nothing after it. */
static void
changes_keys_without_losing_a_message(void)
{
	struct vs_buf late;

	open_both();
	vs_buf_init(&late, 1000);
	CHECK_OK(vs_ocpp_sealed_greet(station, 8, psk, NULL, NULL, &frame));
	CHECK_ERR(vs_ocpp_sealed_greet(station, 8, psk, NULL, NULL, &late), NOT_NOW);
	CHECK_OK(passes(central));
	CHECK(vs_ocpp_sealed_epoch(central) == 1);
	central_answers(psk);
	CHECK(vs_ocpp_sealed_epoch(central) == 2 && vs_ocpp_sealed_kid(central) == 8);
	/* The station has not read N2 yet. */
	CHECK_OK(vs_ocpp_sealed_seal(station, VS_BYTES_LITERAL("[2,\"old\"]"), &late));
	CHECK_OK(passes(station));
	CHECK(word == VS_OCPP_SEALED_OPEN && vs_ocpp_sealed_epoch(station) == 2);
	CHECK_OK(vs_ocpp_sealed_receive(central, vs_buf_view(&late), &plain, &word, &fault));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "[2,\"old\"]"));
	station_says("[2,\"new\"]");
	CHECK_OK(passes(central));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "[2,\"new\"]"));
	CHECK_OK(vs_ocpp_sealed_seal(central, VS_BYTES_LITERAL("[3,\"new\"]"), &frame));
	CHECK_OK(passes(station));
	/* The old epoch is over now. */
	CHECK_ERR(vs_ocpp_sealed_receive(central, vs_buf_view(&late), &plain, &word, &fault),
	          NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SEALED_OTHER_EPOCH);
	vs_buf_done(&late);
	end();
}

static void
carries_words_of_the_channel_in_one_direction_each(void)
{
	static const char offer[] = "[\"OFFER\",8,\"b2lk\",\"a2V5\",5]",
			  ack[] = "[\"ACK\",8,\"a\",\"b\"]";

	open_both();
	CHECK_OK(vs_ocpp_sealed_seal(central, vs_bytes_from_text(offer), &frame));
	CHECK_OK(passes(station));
	CHECK(word == VS_OCPP_SEALED_OFFER && vs_bytes_equal_text(vs_buf_view(&plain), offer));
	station_says(ack);
	CHECK_OK(passes(central));
	CHECK(word == VS_OCPP_SEALED_ACK && vs_bytes_equal_text(vs_buf_view(&plain), ack));
	station_says(offer);
	CHECK_ERR(passes(central), NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SEALED_EARLY);
	end();
}

static void
hides_the_length_and_has_an_end(void)
{
	static char text[65500];
	size_t size;

	open_both();
	station_says("[2]");
	size = frame.size;
	vs_buf_reset(&frame);
	station_says(heartbeat);
	CHECK(frame.size == size);
	vs_buf_reset(&frame);
	memset(text, 'x', sizeof(text) - 1);
	CHECK_ERR(vs_ocpp_sealed_seal(station, vs_bytes_from_text(text), &frame), TOO_LONG);
	CHECK(frame.size == 0 && vs_ocpp_sealed_left(station) == VS_NOISE_MESSAGES_MAX - 2);
	end();
}

int
main(void)
{
	CASE(speaks_like_the_second_implementation);
	CASE(refuses_replay_reorder_and_tampering);
	CASE(refuses_what_is_not_sealed);
	CASE(knows_a_wrong_psk_before_any_agreement);
	CASE(changes_keys_without_losing_a_message);
	CASE(carries_words_of_the_channel_in_one_direction_each);
	CASE(hides_the_length_and_has_an_end);
	return 0;
}
