/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/wire_log.h"

#include <unistd.h>

#include "base/file.h"
#include "test.h"

static const char *
masked(const char *text)
{
	static char room[600];
	struct vs_buf out;

	vs_buf_init(&out, sizeof(room) - 1);
	CHECK_OK(vs_sim_wire_log_mask(vs_bytes_from_text(text), &out));
	CHECK(vs_bytes_copy_text(vs_buf_view(&out), room, sizeof(room)));
	vs_buf_done(&out);
	return room;
}

static void
test_mask(void)
{
	CHECK(strcmp(masked("AUTHENTICATE#CP-1#CP-1#secret"), "AUTHENTICATE#CP-1#CP-1#***") == 0);
	CHECK(strcmp(masked("AUTHENTICATED#CP-1#key"), "AUTHENTICATED#CP-1#***") == 0);
	CHECK(strcmp(masked("KEY_UPDATE#key"), "KEY_UPDATE#***") == 0);
	CHECK(strcmp(masked("SUPPLY_UPDATE#CP-1#5.2#1.56"), "SUPPLY_UPDATE#CP-1#5.2#1.56") == 0);
	CHECK(strcmp(masked("E2#1#5#kqYb"), "E2#1#5#kqYb") == 0);
}

static void
write_log(const char *path, bool shows_plain)
{
	struct vs_sim_wire_log *log = NULL;

	CHECK_OK(vs_sim_wire_log_open(path, "CP-1", shows_plain, &log));
	vs_sim_wire_log_data(log, true, VS_BYTES_LITERAL("E2#1#5#kqYb"));
	vs_sim_wire_log_plain(log, true, VS_BYTES_LITERAL("HEARTBEAT#CP-1#ACTIVATED"));
	vs_sim_wire_log_plain(log, false, VS_BYTES_LITERAL("KEY_UPDATE#secret"));
	vs_sim_wire_log_close(&log);
}

static void
test_plain_text_is_asked_for(void)
{
	char path[] = "/tmp/voltseal-wire-XXXXXX";
	int fd = mkstemp(path);
	struct vs_buf text;

	CHECK(fd >= 0 && close(fd) == 0);
	vs_buf_init(&text, 4096);
	write_log(path, false);
	CHECK_OK(vs_file_read(path, &text));
	CHECK(memmem(text.data, text.size, " CP-1 -> E2#1#5#kqYb\n", 21) != NULL);
	CHECK(memmem(text.data, text.size, "HEARTBEAT", 9) == NULL);
	write_log(path, true);
	vs_buf_reset(&text);
	CHECK_OK(vs_file_read(path, &text));
	CHECK(memmem(text.data, text.size, "-> decrypted: HEARTBEAT#CP-1", 28) != NULL);
	CHECK(memmem(text.data, text.size, "<- decrypted: KEY_UPDATE#***", 28) != NULL);
	CHECK(memmem(text.data, text.size, "secret", 6) == NULL);
	vs_buf_done(&text);
	CHECK(unlink(path) == 0);
	vs_sim_wire_log_data(NULL, true, VS_BYTES_LITERAL("x")); /* none is kept */
	vs_sim_wire_log_plain(NULL, true, VS_BYTES_LITERAL("x"));
}

int
main(void)
{
	CASE(test_mask);
	CASE(test_plain_text_is_asked_for);
	return 0;
}
