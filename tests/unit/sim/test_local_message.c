/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/local_message.h"

#include "test.h"

#define KEY_TEXT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static struct vs_sim_local_message message;

static vs_result
reads(const char *text)
{
	return vs_sim_local_read(vs_bytes_from_text(text), &message);
}

static void
test_known(void)
{
	static const char *const texts[] = {
	    "1#HELLO#CP-001",        "1#KEY#A2#7#" KEY_TEXT, "1#KEY#A1#1#" KEY_TEXT, "1#KEY_BAD#0",
	    "1#HEALTH_CHECK#CP-001", "1#HEALTH_OK#CP-001",   "1#HEALTH_KO#CP-001",
	};
	struct vs_buf out;

	vs_buf_init(&out, VS_SIM_LOCAL_SIZE_MAX);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK_OK(reads(texts[i]));
		vs_buf_reset(&out);
		CHECK_OK(vs_sim_local_write(&message, &out));
		CHECK(vs_bytes_equal_text(vs_buf_view(&out), texts[i]));
	}
	vs_buf_done(&out);
	CHECK_OK(reads(texts[1]));
	CHECK(!message.key.is_compat && message.key.number == 7 && message.key.key[31] == 31);
	CHECK_OK(reads(texts[2]));
	CHECK(message.key.is_compat);
}

static void
test_wrong(void)
{
	char text[VS_SIM_LOCAL_SIZE_MAX + 20];

	CHECK_ERR(reads(""), BAD_MESSAGE);
	CHECK_ERR(reads("2#HELLO#CP-001"), BAD_MESSAGE); /* another version */
	CHECK_ERR(reads("HELLO#CP-001"), BAD_MESSAGE);
	CHECK_ERR(reads("1#GOODBYE#CP-001"), BAD_MESSAGE);
	CHECK_ERR(reads("1#HELLO"), BAD_MESSAGE);
	CHECK_ERR(reads("1#HELLO#"), BAD_VALUE);
	CHECK_ERR(reads("1#HELLO#CP-001#more"), BAD_VALUE);
	CHECK_ERR(reads("1#KEY#A3#7#" KEY_TEXT), BAD_VALUE);
	CHECK_ERR(reads("1#KEY#A2#0#" KEY_TEXT), BAD_VALUE);
	CHECK_ERR(reads("1#KEY#A2#-1#" KEY_TEXT), BAD_VALUE);
	CHECK_ERR(reads("1#KEY#A2#4294967296#" KEY_TEXT), BAD_VALUE);
	CHECK(reads("1#KEY#A2#7#AAEC").code != VS_E_OK);
	CHECK(reads("1#KEY#A2#7#" KEY_TEXT "=").code != VS_E_OK);
	CHECK_ERR(reads("1#KEY#A2#7#" KEY_TEXT "#x"), BAD_MESSAGE);
	CHECK_ERR(reads("1#KEY_BAD#"), BAD_VALUE);
	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "1#HELLO#", 8);
	CHECK_ERR(reads(text), BAD_MESSAGE);
	text[8 + VS_SIM_LOCAL_NAME] = '\0';
	CHECK_ERR(reads(text), BAD_VALUE);
}

int
main(void)
{
	CASE(test_known);
	CASE(test_wrong);
	return 0;
}
