/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/wire_log.h"

#include <unistd.h>

#include "base/file.h"
#include "test.h"

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
	CASE(test_plain_text_is_asked_for);
	return 0;
}
