/* SPDX-License-Identifier: Apache-2.0 */
#include "framed/token.h"

#include "base/limits.h"
#include "test.h"

#define NOW 1700000000

/* The key and the token of the Fernet specification's generate.json. */
static const char spec_key[] = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
static const char spec_token[] =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJ"
    "obwOz7JcbmrR64jVmpU4IwqDA==";

static struct vs_framed_tokens *central, *device;
static struct vs_buf data, plain;
static enum vs_framed_form form;
static enum vs_framed_fault fault;
static char key[VS_FRAMED_KEY_TEXT_SIZE];

static void
begin(void)
{
	vs_framed_key_new(key);
	CHECK(strlen(key) == 44);
	vs_buf_init(&data, 200000);
	vs_buf_init(&plain, 200000);
	CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(key), &central));
	CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(key), &device));
}

static void
end(void)
{
	vs_framed_tokens_free(&central);
	vs_framed_tokens_free(&device);
	vs_buf_done(&data);
	vs_buf_done(&plain);
}

static void
seals(struct vs_framed_tokens *from, const char *text, int64_t now_s)
{
	vs_buf_reset(&data);
	CHECK_OK(
	    vs_framed_tokens_seal(from, VS_FRAMED_BARE, vs_bytes_from_text(text), now_s, &data));
}

static vs_result
opens(struct vs_framed_tokens *to, int64_t now_s)
{
	fault = VS_FRAMED_FINE;
	return vs_framed_tokens_open(to, vs_buf_view(&data), now_s, &plain, &form, &fault);
}

static void
refused(struct vs_framed_tokens *to, int64_t now_s, enum vs_framed_fault why)
{
	CHECK_ERR(opens(to, now_s), NOT_AUTHENTIC);
	CHECK(fault == why && plain.size == 0);
	CHECK(vs_framed_fault_text(fault)[0] != '\0');
}

static void
test_both_ways_in_both_forms(void)
{
	begin();
	seals(device, "SUPPLY_UPDATE#CP-001#5.2#1.56", NOW);
	CHECK(memcmp(data.data, "gAAAAA", 6) == 0);
	CHECK_OK(opens(central, NOW));
	CHECK(form == VS_FRAMED_BARE);
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "SUPPLY_UPDATE#CP-001#5.2#1.56"));
	vs_buf_reset(&data);
	CHECK_OK(vs_framed_tokens_seal(central, VS_FRAMED_OBJECT,
	                               VS_BYTES_LITERAL("AUTHORIZE#D#CP-001#10"), NOW, &data));
	CHECK(memcmp(data.data, "{\"encrypted\": \"gAAAAA", 21) == 0);
	CHECK_OK(opens(device, NOW));
	CHECK(form == VS_FRAMED_OBJECT);
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "AUTHORIZE#D#CP-001#10"));
	end();
}

static void
test_specification(void)
{
	begin();
	vs_framed_tokens_free(&central);
	CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(spec_key), &central));
	CHECK_OK(vs_buf_append_text(&data, spec_token));
	/* Made in 1985: the offset of this clock is learned. */
	CHECK_OK(opens(central, NOW));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "hello"));
	CHECK_ERR(vs_framed_tokens_new(VS_BYTES_LITERAL("short"), &device), BAD_ENCODING);
	end();
}

static void
test_wrong(void)
{
	char other[VS_FRAMED_KEY_TEXT_SIZE];
	struct vs_framed_tokens *stranger = NULL;

	begin();
	vs_framed_key_new(other);
	CHECK(strcmp(other, key) != 0);
	CHECK_OK(vs_framed_tokens_new(vs_bytes_from_text(other), &stranger));
	seals(stranger, "FAULT#CP-001", NOW);
	refused(central, NOW, VS_FRAMED_WRONG);
	seals(device, "FAULT#CP-001", NOW);
	data.data[30] ^= 1;
	refused(central, NOW, VS_FRAMED_WRONG);
	data.data[30] ^= 1;
	data.size -= 4;
	refused(central, NOW, VS_FRAMED_WRONG);
	for (const char *const *text =
	         (const char *const[]){"FAULT#CP-001", "{\"type\": \"FAULT\"}", "{}", NULL};
	     *text != NULL; text++) {
		vs_buf_reset(&data);
		CHECK_OK(vs_buf_append_text(&data, *text));
		refused(central, NOW, VS_FRAMED_CLEAR);
	}
	for (const char *const *text =
	         (const char *const[]){"{\"encrypted\": \"x\"}", "{", "gAAAAA", "", NULL};
	     *text != NULL; text++) {
		vs_buf_reset(&data);
		CHECK_OK(vs_buf_append_text(&data, *text));
		refused(central, NOW, VS_FRAMED_WRONG);
	}
	vs_framed_tokens_free(&stranger);
	end();
}

static void
test_again_and_back(void)
{
	struct vs_buf first;

	begin();
	vs_buf_init(&first, 1000);
	seals(device, "HEARTBEAT#CP-001#ACTIVATED", NOW);
	CHECK_OK(vs_buf_append_bytes(&first, vs_buf_view(&data)));
	CHECK_OK(opens(central, NOW));
	CHECK_ERR(opens(central, NOW + 1), EXISTS); /* the same one, right after */
	CHECK(fault == VS_FRAMED_REPLAYED && plain.size == 0);
	refused(device, NOW, VS_FRAMED_REFLECTED); /* back to where it was made */
	seals(device, "HEARTBEAT#CP-001#ACTIVATED", NOW + 1);
	CHECK_OK(opens(central, NOW + 1));
	vs_buf_reset(&data);
	CHECK_OK(vs_buf_append_bytes(&data, vs_buf_view(&first)));
	refused(central, NOW + 2, VS_FRAMED_REPLAYED);
	refused(central, NOW + 59, VS_FRAMED_REPLAYED);
	refused(central, NOW + 1000, VS_FRAMED_STALE); /* forgotten, and too old */
	vs_buf_done(&first);
	end();
}

static void
test_time(void)
{
	begin();
	/* The charge point lives in 1970: that is learned. */
	seals(device, "FAULT#CP-001", 1000);
	CHECK_OK(opens(central, NOW));
	seals(device, "FAULT#CP-001", 1060);
	CHECK_OK(opens(central, NOW));
	seals(device, "FAULT#CP-001", 1061);
	refused(central, NOW, VS_FRAMED_STALE); /* ahead of its own clock */
	CHECK_OK(opens(central, NOW + 1));
	seals(device, "FAULT#CP-001", 1059);
	CHECK_OK(opens(central, NOW + 60));
	seals(device, "FAULT#CP-001", 1058);
	refused(central, NOW + 60, VS_FRAMED_BACKWARD);
	seals(device, "FAULT#CP-001", 1062);
	refused(central, NOW + 123, VS_FRAMED_STALE);
	CHECK_OK(opens(central, NOW + 122));
	end();
}

static void
test_key_update(void)
{
	char next[VS_FRAMED_KEY_TEXT_SIZE];
	struct vs_buf late;

	begin();
	vs_buf_init(&late, 1000);
	vs_framed_key_new(next);
	CHECK_OK(vs_framed_tokens_offer(central, vs_bytes_from_text(next)));
	CHECK_ERR(vs_framed_tokens_offer(central, vs_bytes_from_text(next)), NOT_NOW);
	seals(central, "KEY_UPDATE#x", NOW); /* still under the old one */
	CHECK_OK(opens(device, NOW));
	seals(device, "FAULT#CP-001", NOW);
	CHECK_OK(vs_buf_append_bytes(&late, vs_buf_view(&data)));
	CHECK_OK(vs_framed_tokens_adopt(device, vs_bytes_from_text(next), NOW));
	seals(device, "HEARTBEAT#CP-001#ACTIVATED", NOW);
	CHECK(vs_framed_tokens_is_offering(central));
	CHECK_OK(opens(central, NOW)); /* which says that it has the new one */
	CHECK(!vs_framed_tokens_is_offering(central));
	seals(central, "END_SUPPLY#CP-001", NOW);
	CHECK_OK(opens(device, NOW));
	/* What was under way under the old key arrives; a minute later nothing under it does. */
	vs_buf_reset(&data);
	CHECK_OK(vs_buf_append_bytes(&data, vs_buf_view(&late)));
	CHECK_OK(opens(central, NOW + 59));
	refused(central, NOW + 60, VS_FRAMED_WRONG);
	vs_buf_done(&late);
	end();
}

static void
test_crowded(void)
{
	begin();
	for (int i = 0; i < VS_LIMIT_FRAMED_TOKENS; i++) {
		seals(device, "F", NOW);
		CHECK_OK(opens(central, NOW));
	}
	vs_buf_reset(&data);
	CHECK_ERR(vs_framed_tokens_seal(device, VS_FRAMED_BARE, VS_BYTES_LITERAL("F"), NOW, &data),
	          BUSY);
	CHECK(data.size == 0);
	end();
}

int
main(void)
{
	CASE(test_both_ways_in_both_forms);
	CASE(test_specification);
	CASE(test_wrong);
	CASE(test_again_and_back);
	CASE(test_time);
	CASE(test_key_update);
	CASE(test_crowded);
	return 0;
}
