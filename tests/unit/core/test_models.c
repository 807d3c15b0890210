/* SPDX-License-Identifier: Apache-2.0 */
#include "core/models.h"
#include "test.h"

#include <stdio.h>

#define BIT(quirk) (UINT32_C(1) << VS_CORE_QUIRK_##quirk)

static struct vs_core_models
read(const char *text)
{
	struct vs_core_models models;

	CHECK_OK(vs_core_models_parse(vs_bytes_from_text(text), &models));
	return models;
}

static void
rows_are_read(void)
{
	struct vs_core_models models =
	    read(" ABB/Terra* = bad-date ;Schneider Electric/EVlink=long-serial+old-ids; ");

	CHECK(models.count == 2);
	CHECK(vs_core_models_quirks(&models, "ABB", "Terra AC W7") == BIT(BAD_DATE));
	CHECK(vs_core_models_quirks(&models, "abb", "TERRA") == BIT(BAD_DATE));
	CHECK(vs_core_models_quirks(&models, "Schneider Electric", "EVlink") ==
	      (BIT(LONG_SERIAL) | BIT(OLD_IDS)));
	CHECK(vs_core_models_quirks(&models, "Schneider Electric", "EVlink 2") == 0);
	CHECK(vs_core_models_quirks(&models, "", "Terra") == 0);
	CHECK(vs_core_models_quirks(NULL, "ABB", "Terra") == 0);
	CHECK(read("").count == 0);
}

static void
rows_that_fit_add_up(void)
{
	struct vs_core_models models = read("*/*=no-pong;Grizzl-E/*=no-subprotocol");

	CHECK(vs_core_models_quirks(&models, "Grizzl-E", "Smart") ==
	      (BIT(NO_PONG) | BIT(NO_SUBPROTOCOL)));
	CHECK(vs_core_models_quirks(&models, "Other", "") == BIT(NO_PONG));
}

static void
wrong_texts_are_refused(void)
{
	static const char *const wrong[] = {"ABB",        "ABB/Terra",   "ABB=bad-date",
	                                    "/x=no-pong", "x/=no-pong",  "a/b=",
	                                    "a/b=none",   "a/b=unknown", "a/b=no-pong,bad-date+x"};
	struct vs_core_models models = {.count = 7};
	char text[64 * 16 + 64] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_ERR(vs_core_models_parse(vs_bytes_from_text(wrong[i]), &models), BAD_VALUE);
		CHECK(models.count == 7);
	}
	for (unsigned i = 0; i <= VS_CORE_MODELS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "a/%u=no-pong;", i);
	CHECK_ERR(vs_core_models_parse(vs_bytes_from_text(text), &models), TOO_LONG);
	CHECK_ERR(vs_core_models_parse(
		      VS_BYTES_LITERAL("a name of more than fifty characters is none of anybody/"
	                               "x=no-pong"),
		      &models),
	          TOO_LONG);
}

int
main(void)
{
	CASE(rows_are_read);
	CASE(rows_that_fit_add_up);
	CASE(wrong_texts_are_refused);
	return 0;
}
