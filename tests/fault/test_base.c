/* SPDX-License-Identifier: Apache-2.0 */
/* What base does when an acquisition fails: says so, changes nothing, leaks nothing (LeakSanitizer
 * looks). */
#include "base/bytes.h"
#include "base/map.h"
#include "base/secret.h"
#include "fault.h"

static void
test_secret(void)
{
	struct vs_secret *secret = NULL;

	EACH_FAULT(vs_secret_new(100, &secret), NO_MEMORY, CHECK(secret == NULL));
	CHECK(vs_secret_size(secret) == 100);
	vs_secret_free(&secret);
}

static void
test_buf(void)
{
	struct vs_buf buf;
	uint8_t *room = NULL;

	vs_buf_init(&buf, 10000);
	EACH_FAULT(vs_buf_append_text(&buf, "abc"), NO_MEMORY, CHECK(buf.size == 0));
	fault_arm(1);
	CHECK_ERR(vs_buf_reserve(&buf, 5000, &room), NO_MEMORY);
	CHECK(room == NULL && vs_bytes_equal_text(vs_buf_view(&buf), "abc"));
	fault_arm(1);
	CHECK_ERR(vs_buf_printf(&buf, "%5000d", 1), NO_MEMORY);
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "abc"));
	fault_arm(1);
	CHECK_OK(vs_buf_append_text(&buf, "d")); /* there is room: nothing is acquired */
	fault_arm(0);
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "abcd"));
	vs_buf_done(&buf);
}

static void
test_map(void)
{
	struct vs_map *map = NULL;
	int value = 0;
	uint8_t key;

	EACH_FAULT(vs_map_new(200, &map), NO_MEMORY, CHECK(map == NULL));
	for (key = 0; key < 200; key++) {
		for (long nth = 1;; nth++) {
			vs_result r;

			fault_arm(nth);
			r = vs_map_put(map, vs_bytes_from(&key, 1), &value, NULL);
			if (fault_left() > 0) {
				CHECK_OK(r);
				break;
			}
			CHECK_ERR(r, NO_MEMORY);
			CHECK(vs_map_count(map) == key);
			for (uint8_t k = 0; k <= key; k++)
				CHECK((vs_map_get(map, vs_bytes_from(&k, 1)) != NULL) == (k < key));
		}
	}
	fault_arm(1);
	CHECK_OK(
	    vs_map_put(map, VS_BYTES_LITERAL("\x05"), &key, NULL)); /* replacing acquires nothing */
	CHECK(vs_map_remove(map, VS_BYTES_LITERAL("\x05")) == &key);
	fault_arm(0);
	vs_map_free(&map);
}

int
main(void)
{
	CASE(test_secret);
	CASE(test_buf);
	CASE(test_map);
	return 0;
}
