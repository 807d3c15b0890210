/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ready.h"

#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "wire/json.h"

static void
check_text(const struct vs_json_tape *tape, const char *key, const char *expected)
{
	const struct vs_json_node *node = vs_json_member(tape, vs_json_root(tape), key);

	CHECK(node != NULL && node->type == VS_JSON_STRING);
	CHECK(vs_bytes_equal_text(vs_bytes_from(tape->text.data + node->start, node->size),
	                          expected));
}

int
main(void)
{
	char path[] = "/tmp/vs-ready-XXXXXX";
	const struct vs_daemon_ready ready = {
	    .state_dir = "/s",
	    .address = "::1",
	    .ocpp_port = 1,
	    .api_port = 2,
	    .ca_file = "/s/ca.pem",
	    .admin_token = "A",
	    .admin_token_file = "/s/admin.token",
	    .login_token = "L",
	    .credentials_file = "/s/c.csv",
	    .store_file = "/s/db",
	    .station_count = 101,
	};
	struct vs_json_tape tape;
	struct vs_buf buf;
	struct stat status;
	int fd = mkstemp(path);

	CHECK(fd >= 0 && close(fd) == 0);
	CHECK_OK(vs_daemon_ready_write(path, &ready));
	CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
	vs_buf_init(&buf, 65536);
	CHECK_OK(vs_file_read(path, &buf));
	vs_json_tape_init(&tape);
	CHECK_OK(vs_json_parse(vs_buf_view(&buf), &tape));
	check_text(&tape, "ocpp_url", "wss://[::1]:1/ocpp/");
	check_text(&tape, "dashboard_url", "https://[::1]:2/");
	check_text(&tape, "login_url", "https://[::1]:2/login?t=L");
	check_text(&tape, "ca_file", "/s/ca.pem");
	CHECK(vs_json_count(vs_json_member(&tape, vs_json_root(&tape), "stations")) == 100);
	vs_json_tape_done(&tape);
	vs_buf_done(&buf);
	(void)unlink(path);
	CHECK_ERR(vs_daemon_ready_write("/nowhere/at/all", &ready), NOT_FOUND);
	return 0;
}
