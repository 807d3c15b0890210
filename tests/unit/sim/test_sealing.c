/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sealing.h"

#include <unistd.h>

#include "test.h"

static const struct vs_ocpp_sealed_names names = {
    .tenant = "default", .identity = "CS-1", .subprotocol = "ocpp2.0.1+e2"};
static char path[] = "/tmp/voltseal-psk-XXXXXX";
static struct vs_sim_sealing *station;
static struct vs_ocpp_sealed *central;
static struct vs_sim_psk psk = {.kid = 3, .key = {1, 2, 3}};
static struct vs_buf frame, plain, reply;
static enum vs_ocpp_sealed_word word;
static enum vs_ocpp_sealed_fault fault;

static void
central_hears(void)
{
	CHECK_OK(vs_ocpp_sealed_receive(central, vs_buf_view(&frame), &plain, &word, &fault));
	vs_buf_reset(&frame);
}

static vs_result
station_hears(void)
{
	vs_result r;

	vs_buf_reset(&reply);
	r = vs_sim_sealing_receive(station, vs_buf_view(&frame), &plain, &reply, &word, &fault);
	vs_buf_reset(&frame);
	return r;
}

/* Central's side of one handshake; `frame` has the station's text. */
static void
shake_hands(const uint8_t *key, uint32_t kid)
{
	struct vs_ocpp_sealed_keys *keys = NULL;
	struct vs_ocpp_sealed_hello hello;

	central_hears();
	CHECK(word == VS_OCPP_SEALED_HELLO);
	vs_ocpp_sealed_get_hello(central, &hello);
	CHECK(hello.kid == kid);
	CHECK_OK(vs_ocpp_sealed_respond(&hello, key, NULL, NULL, &keys));
	CHECK_OK(vs_ocpp_sealed_accept(central, &keys, &frame));
	CHECK_OK(station_hears());
	CHECK(word == VS_OCPP_SEALED_OPEN);
}

static void
offer(uint32_t kid, const char *key)
{
	char text[200];

	(void)snprintf(text, sizeof(text), "[\"OFFER\",%u,\"AAAAAAAAAAAAAAAAAAAAAA\",\"%s\",5]",
	               (unsigned)kid, key);
	CHECK_OK(vs_ocpp_sealed_seal(central, vs_bytes_from_text(text), &frame));
	CHECK_OK(station_hears());
	CHECK(word == VS_OCPP_SEALED_OFFER);
}

static void
opens_and_renews(void)
{
	CHECK_OK(vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &central));
	CHECK_OK(vs_sim_sealing_new(&names, path, &station));
	CHECK_OK(vs_sim_sealing_open(station, 1000, &frame));
	CHECK(!vs_sim_sealing_renew(station, 1000, &plain)); /* one is under way */
	shake_hands(psk.key, 3);
	CHECK(!vs_sim_sealing_renew(station, 1000, &frame));
	CHECK_OK(vs_sim_sealing_seal(station, VS_BYTES_LITERAL("[2]"), &frame));
	central_hears();
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "[2]"));
	CHECK(vs_sim_sealing_renew(station, 1000 + VS_OCPP_SEALED_LIFE_MS, &frame));
	shake_hands(psk.key, 3);
}

static void
takes_the_next_psk_once(void)
{
	static const char key[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
	struct vs_sim_psk stored;
	char first[600];

	offer(4, key);
	CHECK_OK(vs_sim_psk_read(path, &stored));
	CHECK(stored.kid == 4 && stored.key[31] == 31);
	CHECK_OK(vs_ocpp_sealed_receive(central, vs_buf_view(&reply), &plain, &word, &fault));
	CHECK(word == VS_OCPP_SEALED_ACK &&
	      vs_bytes_copy_text(vs_buf_view(&plain), first, sizeof(first)));
	offer(4, key); /* the ACK was lost: the same once more */
	CHECK_OK(vs_ocpp_sealed_receive(central, vs_buf_view(&reply), &plain, &word, &fault));
	CHECK(word == VS_OCPP_SEALED_ACK && vs_bytes_equal_text(vs_buf_view(&plain), first));
	offer(3, key); /* one that was */
	CHECK(reply.size == 0);
	offer(5, "AAEC");
	CHECK(reply.size == 0);
	CHECK(vs_sim_sealing_renew(station, 2000 + VS_OCPP_SEALED_LIFE_MS, &frame));
	shake_hands(stored.key, 4);
}

static void
ends_on_what_does_not_open(void)
{
	CHECK_OK(vs_buf_append_text(&frame, "[3,\"1\",{}]"));
	CHECK_ERR(station_hears(), NOT_AUTHENTIC);
	CHECK(fault == VS_OCPP_SEALED_CLEAR);
	vs_sim_sealing_free(&station);
	CHECK(vs_sim_sealing_new(&names, "/nonexistent/psk", &station).code != VS_E_OK);
}

int
main(void)
{
	int fd = mkstemp(path);

	CHECK(fd >= 0 && close(fd) == 0);
	vs_buf_init(&frame, 100000);
	vs_buf_init(&plain, 100000);
	vs_buf_init(&reply, 100000);
	CHECK_OK(vs_sim_psk_write(path, &psk));
	CASE(opens_and_renews);
	CASE(takes_the_next_psk_once);
	CASE(ends_on_what_does_not_open);
	vs_ocpp_sealed_free(&central);
	vs_buf_done(&frame);
	vs_buf_done(&plain);
	vs_buf_done(&reply);
	CHECK(unlink(path) == 0);
	return 0;
}
