/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_engine.h"

#include "test.h"

static struct vs_sim_engine engine;
static struct vs_framed_message message;

static bool
hears(const char *text)
{
	CHECK_OK(vs_framed_read(vs_bytes_from_text(text), &message));
	return vs_sim_engine_heard(&engine, &message);
}

static void
begin(void)
{
	memset(&engine, 0, sizeof(engine));
	(void)snprintf(engine.identity, sizeof(engine.identity), "CP-1");
	engine.power_w = 3600;
	engine.price = 300000;
}

static const char *
text_of(void)
{
	static char text[200];
	struct vs_buf out;

	vs_buf_init(&out, sizeof(text) - 1);
	CHECK_OK(vs_framed_write(&message, &out));
	CHECK(vs_bytes_copy_text(vs_buf_view(&out), text, sizeof(text)));
	vs_buf_done(&out);
	return text;
}

static void
test_a_charge(void)
{
	char expected[100];

	begin();
	CHECK(!vs_sim_engine_second(&engine, 1000));
	CHECK(!hears("AUTHORIZE#DRIVER-1#CP-2#10")); /* another one's */
	CHECK(hears("AUTHORIZE#DRIVER-1#CP-1#0.0025") && engine.is_flowing);
	CHECK(!hears("AUTHORIZE#DRIVER-2#CP-1#1")); /* one at a time */
	CHECK(!vs_sim_engine_second(&engine, 1000) && !vs_sim_engine_second(&engine, 1000));
	vs_sim_engine_update(&engine, &message);
	CHECK(strcmp(text_of(), "SUPPLY_UPDATE#CP-1#0.002#0.00") == 0);
	CHECK(vs_sim_engine_second(&engine, 1000)); /* it has enough, and no more than that */
	CHECK(!engine.is_flowing && engine.has_supply && engine.energy == 2500);
	CHECK(!vs_sim_engine_second(&engine, 1000) && engine.energy == 2500);
	vs_sim_engine_end(&engine, &message);
	(void)snprintf(expected, sizeof(expected), "SUPPLY_END#CP-1#DRIVER-1#0.0025#0.00#%s",
	               engine.tx);
	CHECK(strcmp(text_of(), expected) == 0 && strlen(engine.tx) == 20);
	vs_sim_engine_forget(&engine);
	CHECK(!engine.has_supply);
}

static void
test_it_is_ended(void)
{
	begin();
	CHECK(hears("AUTHORIZE#DRIVER-1#CP-1#10"));
	CHECK(hears("END_SUPPLY#CP-1") && !engine.is_flowing && engine.has_supply);
	CHECK(!hears("END_SUPPLY#CP-1"));
	vs_sim_engine_forget(&engine);
	CHECK(!hears("STOP_COMMAND#CP-1") && engine.is_stopped);
	CHECK(!hears("AUTHORIZE#DRIVER-1#CP-1#10"));
	CHECK(!hears("RESUME_COMMAND#CP-1"));
	CHECK(hears("AUTHORIZE#DRIVER-1#CP-1#10"));
	CHECK(hears("STOP_COMMAND#CP-1") && !engine.is_flowing);
}

/* What was written down a moment before the end of the program is reported by the next one. */
static void
test_restore(void)
{
	char text[200], tx[VS_SIM_ENGINE_NAME];

	begin();
	CHECK(hears("AUTHORIZE#DRIVER-1#CP-1#10"));
	CHECK(!vs_sim_engine_second(&engine, 1000));
	vs_sim_engine_end(&engine, &message);
	(void)snprintf(text, sizeof(text), "%s", text_of());
	memcpy(tx, engine.tx, sizeof(tx));
	begin();
	CHECK_OK(vs_sim_engine_restore(&engine, vs_bytes_from_text(text)));
	CHECK(engine.has_supply && !engine.is_flowing && engine.energy == 1000);
	CHECK(strcmp(engine.tx, tx) == 0 && strcmp(engine.driver, "DRIVER-1") == 0);
	vs_sim_engine_start(&engine, &message);
	CHECK(strncmp(text_of(), "SUPPLY_START#CP-1#DRIVER-1#", 27) == 0);
	begin();
	CHECK_ERR(vs_sim_engine_restore(&engine, VS_BYTES_LITERAL("SUPPLY_END#CP-2#D#1#1#t")),
	          BAD_MESSAGE);
	CHECK_ERR(vs_sim_engine_restore(&engine, VS_BYTES_LITERAL("SUPPLY_END#CP-1#D#1#1")),
	          BAD_MESSAGE);
	CHECK_ERR(vs_sim_engine_restore(&engine, VS_BYTES_LITERAL("half of")), UNKNOWN_ACTION);
	CHECK(!engine.has_supply);
}

int
main(void)
{
	CASE(test_a_charge);
	CASE(test_it_is_ended);
	CASE(test_restore);
	return 0;
}
