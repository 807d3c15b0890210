/* SPDX-License-Identifier: Apache-2.0 */
#include "central/noise.h"

#include "test.h"

static struct vs_source
source_of(uint8_t last)
{
	return (struct vs_source){.address = {192, 0, 2, last}};
}

static void
once_a_minute_for_each_source(void)
{
	static struct vs_noise noise;
	struct vs_source one = source_of(1), two = source_of(2);

	CHECK(vs_noise_add(&noise, &one, 1) == 1); /* the first is told at once */
	for (int i = 0; i < 41; i++)
		CHECK(vs_noise_add(&noise, &one, 2) == 0);
	CHECK(vs_noise_add(&noise, &two, 3) == 1);
	CHECK(vs_noise_add(&noise, &one, VS_NOISE_PERIOD_MS) == 0);
	CHECK(vs_noise_add(&noise, &one, VS_NOISE_PERIOD_MS + 1) == 43);
	CHECK(vs_noise_add(&noise, &one, VS_NOISE_PERIOD_MS + 2) == 0);
}

static void
it_forgets_the_oldest(void)
{
	static struct vs_noise noise;
	struct vs_source source;

	for (unsigned i = 0; i < VS_NOISE_SOURCES; i++) {
		source = source_of((uint8_t)i);
		CHECK(vs_noise_add(&noise, &source, i + 1) == 1);
	}
	source = source_of(200);
	CHECK(vs_noise_add(&noise, &source, 1000) == 1);
	source = source_of(1);
	CHECK(vs_noise_add(&noise, &source, 1001) == 0); /* still there */
	source = source_of(0);
	CHECK(vs_noise_add(&noise, &source, 1002) == 1); /* made room */
}

int
main(void)
{
	CASE(once_a_minute_for_each_source);
	CASE(it_forgets_the_oldest);
	return 0;
}
