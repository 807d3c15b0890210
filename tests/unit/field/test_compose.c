/* SPDX-License-Identifier: Apache-2.0 */
/* What is composed here is read and opened as the daemon does it. */
#include "field/compose.h"

#include <string.h>

#include "made.h"

static const uint8_t salt[VS_FIELD_SALT_SIZE] = {0xa0, 0xa1, 0xa2};
static struct vs_field_sample samples[3];
static struct vs_field_draft draft;
static struct vs_buf text;
static struct vs_field_values values;

static void
sample_set(size_t index, const char *type, const char *unit, const char *json)
{
	samples[index] = (struct vs_field_sample){
	    vs_bytes_from_text(type), vs_bytes_from_text(unit), vs_bytes_from_text(json)};
}

static void
begin(enum vs_field_profile profile)
{
	sample_set(0, "temperature",
	           "\xc2\xb0"
	           "C",
	           "25.4");
	sample_set(1, "state", "", "\"open\"");
	sample_set(2, "a \"b\"", "%", "-1e3");
	draft = (struct vs_field_draft){.profile = profile,
	                                .tenant = "t1",
	                                .device = "dev-7",
	                                .samples = samples,
	                                .count = 3,
	                                .n = 5,
	                                .ts_ms = 1795000000123,
	                                .epoch = 7,
	                                .salt = salt};
	CHECK_OK(vs_field_d2_new(made_key, "t1", "dev-7", 7, salt, &draft.d2));
	CHECK_OK(vs_field_compat_new(made_key, &draft.compat));
	vs_buf_reset(&text);
}

static void
end(void)
{
	vs_field_d2_free(&draft.d2);
	vs_field_compat_free(&draft.compat);
}

/* Reads what was composed, opens it, and looks whether the values are those of the samples. */
static void
check_opens(enum vs_field_profile profile)
{
	struct made made;
	vs_result r;

	CHECK_OK(vs_buf_append_byte(&text, 0));
	CHECK_OK(made_read(&made, (const char *)text.data));
	CHECK(made.message.profile == profile && made.message.count == 3);
	CHECK(vs_bytes_equal_text(made.message.device, "dev-7"));
	if (profile == VS_FIELD_CLEAR)
		r = vs_field_values_clear(&made.message, &values);
	else if (profile == VS_FIELD_D2)
		r = vs_field_d2_open(draft.d2, &made.message, &values);
	else
		r = vs_field_compat_open(draft.compat, "t1", "dev-7", &made.message, &values);
	CHECK_OK(r);
	for (size_t i = 0; i < 3; i++) {
		CHECK(vs_bytes_equal(vs_field_values_at(&values, i), samples[i].json));
		CHECK(vs_bytes_equal(made.message.readings[i].type, samples[i].type));
		CHECK(vs_bytes_equal(made.message.readings[i].unit, samples[i].unit));
	}
	made_done(&made);
}

static void
every_profile(void)
{
	for (unsigned profile = 0; profile < VS_FIELD_PROFILES; profile++) {
		begin(profile);
		CHECK_OK(vs_field_compose(&draft, &text));
		check_opens(profile);
		end();
	}
}

static void
what_cannot_be_said(void)
{
	begin(VS_FIELD_D2);
	draft.count = 0;
	CHECK_ERR(vs_field_compose(&draft, &text), BAD_VALUE);
	draft.count = 3;
	sample_set(1, "state", "", "[1]");
	CHECK_ERR(vs_field_compose(&draft, &text), BAD_MESSAGE);
	CHECK(text.size == 0);
	draft.profile = VS_FIELD_D1;
	sample_set(1, "state", "", "\"a\\nb\"");
	CHECK_ERR(vs_field_compose(&draft, &text), BAD_VALUE);
	CHECK(text.size == 0);
	end();
}

static void
ack(void)
{
	const struct vs_field_delivery delivery = {
	    .tenant = "t1", .device = "dev-7", .epoch = 7, .key = made_key};
	uint8_t proof[32];
	struct made made;

	vs_buf_reset(&text);
	CHECK_OK(vs_field_compose_ack(&delivery, salt, &text));
	CHECK_OK(vs_buf_append_byte(&text, 0));
	CHECK_OK(made_read(&made, (const char *)text.data));
	CHECK(made.message.kind == VS_FIELD_ACK && made.message.epoch == 7);
	CHECK_OK(vs_field_delivery_proof(&delivery, salt, proof));
	CHECK(memcmp(made.message.proof, proof, sizeof(proof)) == 0);
	CHECK(memcmp(made.message.oid, salt, sizeof(salt)) == 0);
	made_done(&made);
}

int
main(void)
{
	vs_buf_init(&text, VS_LIMIT_WS_MESSAGE_SIZE);
	vs_field_values_init(&values);
	CASE(every_profile);
	CASE(what_cannot_be_said);
	CASE(ack);
	vs_field_values_done(&values);
	vs_buf_done(&text);
	return 0;
}
