/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/v1m.h"

#include "hex.h"

#define KEY "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
/* Computed with python3-cryptography from the text of v1m.h. */
#define MAC "aff1db7b0188cb469ab6c3fd470643b7"

/* What a test may change, and the message that points into it. */
struct made {
	struct vs_v1m_reading readings[2];
	struct vs_v1m_message message;
};

static void
make(struct made *made)
{
	*made = (struct made){
	    .readings = {{VS_BYTES_LITERAL("temperature"), VS_BYTES_LITERAL("C"),
	                  VS_BYTES_LITERAL("AAECAwQFBgcICQoLDA0ODyq7U6bkjZHDK2BBi1tkifw=")},
	                 {VS_BYTES_LITERAL("humidity"), VS_BYTES_LITERAL("%"),
	                  VS_BYTES_LITERAL("AAECAwQFBgcICQoLDA0OD9lJ5JVDZ3yc3oW/Qsn7HsU=")}},
	    .message = {VS_BYTES_LITERAL("t1"), VS_BYTES_LITERAL("dev-7"), 42, made->readings, 2}};
}

static struct vs_v1m *
v1m_of(const char *key_text)
{
	struct hex key = hex(key_text);
	struct vs_v1m *v1m = NULL;

	CHECK_OK(vs_v1m_new(key.data, &v1m));
	return v1m;
}

static void
known_answer(void)
{
	struct vs_v1m *v1m = v1m_of(KEY);
	uint8_t mac[VS_V1M_MAC_SIZE];
	size_t sizes[2] = {0};
	struct vs_buf plain;
	struct made made;

	make(&made);
	vs_buf_init(&plain, 100);
	CHECK_OK(vs_v1m_mac(v1m, &made.message, mac));
	CHECK(hex_equal(mac, sizeof(mac), MAC));
	CHECK_OK(vs_v1m_open(v1m, &made.message, vs_bytes_from(mac, sizeof(mac)), &plain, sizes));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "25.461"));
	CHECK(sizes[0] == 4 && sizes[1] == 2);
	vs_buf_done(&plain);
	vs_v1m_free(&v1m);
	CHECK(v1m == NULL);
	vs_v1m_free(&v1m);
}

static bool
opens(struct vs_v1m *v1m, const struct made *made)
{
	struct hex mac = hex(MAC);
	size_t sizes[2];
	struct vs_buf plain;
	vs_result r;

	vs_buf_init(&plain, 100);
	CHECK_OK(vs_buf_append_text(&plain, "before"));
	r = vs_v1m_open(v1m, &made->message, hex_view(&mac), &plain, sizes);
	if (r.code != VS_E_OK) {
		CHECK(r.code == VS_E_NOT_AUTHENTIC);
		CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "before"));
	}
	vs_buf_done(&plain);
	return r.code == VS_E_OK;
}

/* Everything a message says is under the MAC: also which value is of which sensor. */
static void
everything_is_bound(void)
{
	struct vs_v1m *v1m = v1m_of(KEY), *other;
	struct made made;

	make(&made);
	CHECK(opens(v1m, &made));
#define CHANGED(change)                                                                            \
	do {                                                                                       \
		make(&made);                                                                       \
		change;                                                                            \
		CHECK(!opens(v1m, &made));                                                         \
	} while (0)
	CHANGED(made.message.tenant = VS_BYTES_LITERAL("t2"));
	CHANGED(made.message.device = VS_BYTES_LITERAL("dev-8"));
	CHANGED(made.message.n++);
	CHANGED(made.message.count = 1);
	CHANGED(made.message.count = 0);
	CHANGED(made.readings[0].unit = VS_BYTES_LITERAL("F"));
	CHANGED(made.readings[0].sensor_type = made.readings[1].sensor_type);
	CHANGED(made.readings[0].value = made.readings[1].value);
	CHANGED((made.readings[0].sensor_type = VS_BYTES_LITERAL("temperatureC"),
	         made.readings[0].unit = VS_BYTES_LITERAL("")));
	CHANGED(made.readings[1].value.size -= 4);
#undef CHANGED
	make(&made);
	other = v1m_of("703deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
	CHECK(!opens(other, &made));
	vs_v1m_free(&other);
	vs_v1m_free(&v1m);
}

static void
the_mac_must_be_whole(void)
{
	struct vs_v1m *v1m = v1m_of(KEY);
	struct hex mac = hex(MAC "00");
	size_t sizes[2];
	struct vs_buf plain;
	struct made made;

	make(&made);
	vs_buf_init(&plain, 100);
	for (size_t size = 0; size <= VS_V1M_MAC_SIZE + 1; size++) {
		if (size != VS_V1M_MAC_SIZE)
			CHECK_ERR(vs_v1m_open(v1m, &made.message, vs_bytes_from(mac.data, size),
			                      &plain, sizes),
			          NOT_AUTHENTIC);
	}
	CHECK(plain.size == 0);
	vs_buf_done(&plain);
	vs_v1m_free(&v1m);
}

/* The MAC is right, a value is not: nothing of the values before it stays. */
static void
a_value_that_cannot_be_opened(void)
{
	static const char *const bad[] = {
	    "", "AAAA", "AAECAwQFBgcICQoLDA0OD9lJ5JVDZ3yc3oW/Qsn7HsU",
	    "AAECAwQFBgcICQoLDA0OD9lJ5JVDZ3yc3oW/Qsn7HsA=", "not base64 at all!!!"};
	struct vs_v1m *v1m = v1m_of(KEY);
	struct made made;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t mac[VS_V1M_MAC_SIZE];
		size_t sizes[2];
		struct vs_buf plain;

		make(&made);
		made.readings[1].value = vs_bytes_from_text(bad[i]);
		vs_buf_init(&plain, 100);
		CHECK_OK(vs_v1m_mac(v1m, &made.message, mac));
		CHECK_ERR(
		    vs_v1m_open(v1m, &made.message, vs_bytes_from(mac, sizeof(mac)), &plain, sizes),
		    NOT_AUTHENTIC);
		CHECK(plain.size == 0);
		vs_buf_done(&plain);
	}
	vs_v1m_free(&v1m);
}

static void
sealed_values_open(void)
{
	static const char *const values[] = {"", "21.5",
	                                     "a value that is longer than one block is"};
	struct vs_v1m *v1m = v1m_of(KEY);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint8_t mac[VS_V1M_MAC_SIZE];
		struct vs_v1m_reading reading = {VS_BYTES_LITERAL("s"), VS_BYTES_LITERAL("u"), {0}};
		struct vs_v1m_message message = {VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("d"), i,
		                                 &reading, 1};
		struct vs_buf value, plain;
		size_t size = 99;

		vs_buf_init(&value, 200);
		vs_buf_init(&plain, 200);
		CHECK_OK(vs_v1m_seal_value(v1m, vs_bytes_from_text(values[i]), &value));
		reading.value = vs_buf_view(&value);
		CHECK_OK(vs_v1m_mac(v1m, &message, mac));
		CHECK_OK(
		    vs_v1m_open(v1m, &message, vs_bytes_from(mac, sizeof(mac)), &plain, &size));
		CHECK(size == strlen(values[i]));
		CHECK(vs_bytes_equal_text(vs_buf_view(&plain), values[i]));
		vs_buf_done(&value);
		vs_buf_done(&plain);
	}
	vs_v1m_free(&v1m);
}

static void
fields_that_do_not_fit(void)
{
	static uint8_t zeros[UINT16_MAX + 1];
	uint8_t mac[VS_V1M_MAC_SIZE] = {0};
	struct vs_v1m *v1m = v1m_of(KEY);
	size_t sizes[2];
	struct vs_buf plain;
	struct made made;

	make(&made);
	made.readings[0].unit = vs_bytes_from(zeros, sizeof(zeros));
	vs_buf_init(&plain, 100);
	CHECK_ERR(vs_v1m_mac(v1m, &made.message, mac), TOO_LONG);
	CHECK_ERR(vs_v1m_open(v1m, &made.message, vs_bytes_from(mac, sizeof(mac)), &plain, sizes),
	          NOT_AUTHENTIC);
	make(&made);
	made.message.device = vs_bytes_from(zeros, 2000);
	CHECK_ERR(vs_v1m_mac(v1m, &made.message, mac), TOO_LONG);
	vs_buf_done(&plain);
	vs_v1m_free(&v1m);
}

int
main(void)
{
	CASE(known_answer);
	CASE(everything_is_bound);
	CASE(the_mac_must_be_whole);
	CASE(a_value_that_cannot_be_opened);
	CASE(sealed_values_open);
	CASE(fields_that_do_not_fit);
	return 0;
}
