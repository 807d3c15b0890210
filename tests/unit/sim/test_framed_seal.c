/* SPDX-License-Identifier: Apache-2.0 */
/* Each mode of a program against the other end's own code. */
#include "sim/framed_seal.h"

#include <unistd.h>

#include "framed/token.h"
#include "sim/psk.h"
#include "test.h"

#define NOW 1700000000

static struct vs_buf data, plain, reply, out;
static enum vs_sim_seal_event event;
static const char *fault;

static vs_result
takes(struct vs_sim_seal *seal, struct vs_bytes bytes)
{
	return vs_sim_seal_take(seal, bytes, NOW, &plain, &reply, &event, &fault);
}

static vs_result
puts_text(struct vs_sim_seal *seal, const char *text)
{
	vs_buf_reset(&data);
	return vs_sim_seal_put(seal, vs_bytes_from_text(text), NOW, &data);
}

static struct vs_sim_seal *
make(enum vs_sim_seal_mode mode, const char *file)
{
	const struct vs_sim_seal_options options = {.mode = mode,
	                                            .tenant = "default",
	                                            .identity = "CP-001",
	                                            .psk_file = file,
	                                            .password_file = file};
	struct vs_sim_seal *seal = NULL;

	CHECK_OK(vs_sim_seal_new(&options, &seal));
	vs_buf_reset(&data);
	return seal;
}

static void
says(struct vs_framed_tokens *central, const char *text)
{
	vs_buf_reset(&out);
	CHECK_OK(
	    vs_framed_tokens_seal(central, VS_FRAMED_BARE, vs_bytes_from_text(text), NOW, &out));
}

/* --- mode A1 ------------------------------------------------------------------------------------
 */

static void
test_monitor_and_engine_of_mode_a1(void)
{
	char path[] = "/tmp/voltseal-seal-XXXXXX", key[VS_FRAMED_KEY_TEXT_SIZE], text[100];
	int fd = mkstemp(path);
	struct vs_sim_seal *monitor, *engine = make(VS_SIM_SEAL_HANDED, NULL);
	struct vs_framed_tokens *central = NULL;
	struct vs_sim_key handed = {.number = 1};
	enum vs_framed_form form;
	enum vs_framed_fault token_fault;

	CHECK(fd >= 0 && write(fd, "open sesame\n", 12) == 12 && close(fd) == 0);
	monitor = make(VS_SIM_SEAL_PASSWORD, path);
	CHECK_OK(vs_sim_seal_begin(monitor, 0, &data));
	CHECK(vs_bytes_equal_text(vs_buf_view(&data), "AUTHENTICATE#CP-001#CP-001#open sesame"));
	CHECK(!vs_sim_seal_is_open(monitor));
	CHECK_ERR(vs_sim_seal_key(monitor, &handed), NOT_NOW);
	vs_framed_key_new(key);
	CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(key), &central));
	(void)snprintf(text, sizeof(text), "AUTHENTICATED#CP-001#%s", key);
	CHECK_OK(takes(monitor, vs_bytes_from_text(text)));
	CHECK(event == VS_SIM_SEAL_OPENED && vs_sim_seal_is_open(monitor));
	/* The engine names itself in clear, and all that follows is sealed. */
	CHECK_OK(vs_sim_seal_key(monitor, &handed));
	CHECK(handed.is_compat && !vs_sim_seal_has_key(engine));
	CHECK(vs_sim_seal_use(engine, &handed) && vs_sim_seal_has_key(engine));
	vs_buf_reset(&data);
	CHECK_OK(vs_sim_seal_begin(engine, 0, &data));
	CHECK(data.size == 0 && vs_sim_seal_is_open(engine));
	CHECK_OK(puts_text(engine, "REGISTER#CP#CP-001#0#0#0.3"));
	CHECK(vs_bytes_equal_text(vs_buf_view(&data), "REGISTER#CP#CP-001#0#0#0.3"));
	CHECK_OK(puts_text(engine, "HEARTBEAT#CP-001#ACTIVATED"));
	CHECK_OK(
	    vs_framed_tokens_open(central, vs_buf_view(&data), NOW, &plain, &form, &token_fault));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "HEARTBEAT#CP-001#ACTIVATED"));
	/* The next key comes under the old one. */
	vs_framed_key_new(key);
	(void)snprintf(text, sizeof(text), "KEY_UPDATE#%s", key);
	says(central, text);
	CHECK_OK(takes(engine, vs_buf_view(&out)));
	CHECK(event == VS_SIM_SEAL_RENEWED);
	CHECK_OK(vs_framed_tokens_adopt(central, vs_bytes_from_text(key), NOW));
	says(central, "END_SUPPLY#CP-001");
	CHECK_OK(takes(engine, vs_buf_view(&out)));
	CHECK(event == VS_SIM_SEAL_MESSAGE);
	CHECK_ERR(takes(engine, VS_BYTES_LITERAL("END_SUPPLY#CP-001")), NOT_AUTHENTIC);
	CHECK(strcmp(fault, "not_sealed") == 0);
	CHECK_OK(takes(engine, VS_BYTES_LITERAL("REAUTH#CP-001")));
	CHECK(event == VS_SIM_SEAL_NO_KEY);
	vs_sim_seal_drop(engine);
	CHECK(!vs_sim_seal_has_key(engine));
	CHECK_ERR(vs_sim_seal_begin(engine, 0, &data), NOT_NOW);
	vs_sim_seal_free(&monitor);
	vs_sim_seal_free(&engine);
	vs_framed_tokens_free(&central);
	CHECK(unlink(path) == 0);
}

/* --- mode A2 ------------------------------------------------------------------------------------
 */

/* Central's side of the handshake whose N1 is in data. */
static void
shake_hands(struct vs_ocpp_sealed *central, struct vs_sim_seal *seal, const uint8_t *key,
            uint32_t kid)
{
	struct vs_ocpp_sealed_keys *keys = NULL;
	struct vs_ocpp_sealed_hello hello;
	enum vs_ocpp_sealed_word word;
	enum vs_ocpp_sealed_fault sealed_fault;

	CHECK_OK(vs_ocpp_sealed_receive(central, vs_buf_view(&data), &plain, &word, &sealed_fault));
	CHECK(word == VS_OCPP_SEALED_HELLO);
	vs_ocpp_sealed_get_hello(central, &hello);
	CHECK(hello.kid == kid);
	CHECK_OK(vs_ocpp_sealed_respond(&hello, key, NULL, NULL, &keys));
	vs_buf_reset(&out);
	CHECK_OK(vs_ocpp_sealed_accept(central, &keys, &out));
	CHECK_OK(takes(seal, vs_buf_view(&out)));
}

static struct vs_ocpp_sealed *
make_central(void)
{
	const struct vs_ocpp_sealed_names names = {.tenant = "default",
	                                           .identity = "CP-001",
	                                           .subprotocol = "framed/2",
	                                           .form = VS_OCPP_SEALED_FRAMED};
	struct vs_ocpp_sealed *central = NULL;

	CHECK_OK(vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &central));
	return central;
}

static void
test_monitor_and_engine_of_mode_a2(void)
{
	char path[] = "/tmp/voltseal-seal-XXXXXX";
	int fd = mkstemp(path);
	const struct vs_sim_psk psk = {.kid = 3, .key = {9}};
	struct vs_ocpp_sealed *one = make_central(), *two = make_central();
	struct vs_sim_seal *monitor, *engine = make(VS_SIM_SEAL_HANDED, NULL);
	struct vs_sim_key handed = {.number = 1};
	uint8_t ours[VS_NOISE_PSK_SIZE];

	CHECK(fd >= 0 && close(fd) == 0);
	CHECK_OK(vs_sim_psk_write(path, &psk));
	monitor = make(VS_SIM_SEAL_PSK, path);
	CHECK_OK(vs_sim_seal_begin(monitor, 0, &data));
	shake_hands(one, monitor, psk.key, 3);
	CHECK(event == VS_SIM_SEAL_OPENED);
	/* Both ends have the engine's key, and it never crossed. */
	CHECK_OK(vs_sim_seal_key(monitor, &handed));
	CHECK_OK(vs_ocpp_sealed_session_key(one, ours));
	CHECK(!handed.is_compat && memcmp(handed.key, ours, sizeof(ours)) == 0);
	CHECK(!vs_sim_seal_use(engine, &handed));
	vs_buf_reset(&data);
	CHECK_OK(vs_sim_seal_begin(engine, 0, &data));
	shake_hands(two, engine, ours, 0);
	CHECK(event == VS_SIM_SEAL_OPENED);
	/* Another handshake of the monitor, inside: another key, which the engine uses inside too.
	 */
	vs_buf_reset(&data);
	CHECK(!vs_sim_seal_renew(monitor, 1000, &data));
	CHECK(vs_sim_seal_renew(monitor, VS_OCPP_SEALED_LIFE_MS, &data));
	shake_hands(one, monitor, psk.key, 3);
	CHECK(event == VS_SIM_SEAL_RENEWED);
	CHECK_OK(vs_sim_seal_key(monitor, &handed));
	CHECK(memcmp(handed.key, ours, sizeof(ours)) != 0);
	CHECK_OK(vs_ocpp_sealed_session_key(one, ours));
	CHECK(memcmp(handed.key, ours, sizeof(ours)) == 0);
	CHECK(!vs_sim_seal_use(engine, &handed));
	vs_buf_reset(&data);
	CHECK(vs_sim_seal_renew(engine, 1, &data));
	shake_hands(two, engine, ours, 0);
	CHECK(event == VS_SIM_SEAL_RENEWED);
	CHECK_ERR(takes(engine, VS_BYTES_LITERAL("END_SUPPLY#CP-001")), NOT_AUTHENTIC);
	vs_sim_seal_free(&monitor);
	vs_sim_seal_free(&engine);
	vs_ocpp_sealed_free(&one);
	vs_ocpp_sealed_free(&two);
	CHECK(unlink(path) == 0);
}

static void
test_driver_in_clear(void)
{
	struct vs_sim_seal *driver = make(VS_SIM_SEAL_CLEAR, NULL);

	CHECK_ERR(puts_text(driver, "REGISTER#DRIVER#D-1"), NOT_CONNECTED);
	CHECK_OK(vs_sim_seal_begin(driver, 0, &data));
	CHECK_OK(puts_text(driver, "REGISTER#DRIVER#D-1"));
	CHECK(vs_bytes_equal_text(vs_buf_view(&data), "REGISTER#DRIVER#D-1"));
	CHECK_OK(takes(driver, VS_BYTES_LITERAL("ACKNOWLEDGE#D-1#OK")));
	CHECK(event == VS_SIM_SEAL_MESSAGE);
	vs_sim_seal_end(driver);
	CHECK(!vs_sim_seal_is_open(driver));
	vs_sim_seal_free(&driver);
}

int
main(void)
{
	vs_buf_init(&data, 100000);
	vs_buf_init(&plain, 100000);
	vs_buf_init(&reply, 100000);
	vs_buf_init(&out, 100000);
	CASE(test_monitor_and_engine_of_mode_a1);
	CASE(test_monitor_and_engine_of_mode_a2);
	CASE(test_driver_in_clear);
	vs_buf_done(&data);
	vs_buf_done(&plain);
	vs_buf_done(&reply);
	vs_buf_done(&out);
	return 0;
}
