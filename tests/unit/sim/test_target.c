/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/target.h"

#include <sysexits.h>

#include "test.h"

static void
test_urls(void)
{
	static const struct {
		const char *url, *host, *path;
		uint16_t port;
		bool is_tls;
	} rows[] = {
	    {"wss://127.0.0.1:9443/ocpp/", "127.0.0.1", "/ocpp/", 9443, true},
	    {"wss://csms.example/ocpp", "csms.example", "/ocpp/", 443, true},
	    {"ws://[::1]:80", "::1", "/", 80, false},
	    {"ws://[::1]/", "::1", "/", 80, false},
	    {"ws://h", "h", "/", 80, false},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_sim_target target;

		CHECK_OK(vs_sim_target_parse(rows[i].url, &target));
		CHECK(strcmp(target.host, rows[i].host) == 0 &&
		      strcmp(target.path, rows[i].path) == 0);
		CHECK(target.port == rows[i].port && target.is_tls == rows[i].is_tls);
	}
}

static void
test_bad_urls(void)
{
	static const char *const bad[] = {"",
	                                  "https://h/",
	                                  "wss://",
	                                  "wss:///x",
	                                  "wss://h:0/",
	                                  "wss://h:/",
	                                  "wss://h:65536/",
	                                  "wss://h:99999999/",
	                                  "wss://[::1",
	                                  "wss://[]/",
	                                  "wss://[::1]x/",
	                                  "wss://h/a b",
	                                  "wss://h/\r\nX: y",
	                                  "wss://h/?q",
	                                  "wss://h/#f",
	                                  "wss://h:-1/",
	                                  "wss://h:1x/",
	                                  "wss://u@h|/"};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_sim_target target;

		CHECK_ERR(vs_sim_target_parse(bad[i], &target), BAD_VALUE);
	}
}

/* Part 4, 3.1.1: the identity is the last segment, percent-encoded. */
static void
test_path(void)
{
	struct vs_sim_target target;
	char path[64];

	CHECK_OK(vs_sim_target_parse("wss://h/ocpp", &target));
	CHECK_OK(vs_sim_target_path(&target, "CS-1_a.b~c", path, sizeof(path)));
	CHECK(strcmp(path, "/ocpp/CS-1_a.b~c") == 0);
	CHECK_OK(vs_sim_target_path(&target, "a/b c\xc3\xa9", path, sizeof(path)));
	CHECK(strcmp(path, "/ocpp/a%2Fb%20c%C3%A9") == 0);
	CHECK_ERR(vs_sim_target_path(&target, "too long for so little room", path, 16), TOO_LONG);
	CHECK_ERR(vs_sim_target_path(&target, "", path, 6), TOO_LONG);
}

static void
test_resolve(void)
{
	struct vs_sim_target target;
	char reason[256] = "";

	CHECK_OK(vs_sim_target_parse("wss://[::1]:9/", &target));
	CHECK_OK(vs_sim_target_resolve(&target, reason, sizeof(reason)));
	CHECK(strcmp(target.address, "::1") == 0);
	CHECK_OK(vs_sim_target_parse("wss://127.0.0.256:9/", &target));
	CHECK_ERR(vs_sim_target_resolve(&target, reason, sizeof(reason)), NOT_FOUND);
	CHECK(strncmp(reason, "DNS: 127.0.0.256: ", 18) == 0);
}

static void
test_explain(void)
{
	static const struct {
		struct vs_net_close close;
		const char *begins;
		int exit_status;
	} rows[] = {
	    {{VS_E_IO, true, 0, "Connection refused", 0, VS_TLS_FAILURE_NONE, NULL, 0},
	     "TCP: 127.0.0.1 port 9: ",
	     EX_UNAVAILABLE},
	    {{VS_E_TLS_FAILED, true, 0, "certificate verify failed", 0, VS_TLS_FAILURE_NONE, NULL,
	      0},
	     "TLS: certificate verify",
	     EX_PROTOCOL},
	    {{VS_E_NOT_AUTHENTIC, true, 0, "", 401, VS_TLS_FAILURE_NONE, NULL, 0},
	     "upgrade: HTTP 401: identity",
	     EX_NOPERM},
	    {{VS_E_BAD_UPGRADE, true, 0, "", 503, VS_TLS_FAILURE_NONE, NULL, 0},
	     "upgrade: HTTP 503: too busy",
	     EX_TEMPFAIL},
	    {{VS_E_BAD_FRAME, true, 1002, "x", 0, VS_TLS_FAILURE_NONE, NULL, 0},
	     "WebSocket: closed with 1002: x",
	     EX_UNAVAILABLE},
	    {{VS_E_BAD_UPGRADE, true, 0, "no 101", 0, VS_TLS_FAILURE_NONE, NULL, 0},
	     "upgrade: VS-1402 ",
	     EX_UNAVAILABLE},
	};
	struct vs_sim_target target = {.port = 9, .address = "127.0.0.1"};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		vs_sim_target_explain(&target, &rows[i].close, text, sizeof(text));
		CHECK(strncmp(text, rows[i].begins, strlen(rows[i].begins)) == 0);
		CHECK(vs_sim_target_exit_status(&rows[i].close) == rows[i].exit_status);
	}
}

int
main(void)
{
	CASE(test_urls);
	CASE(test_bad_urls);
	CASE(test_path);
	CASE(test_resolve);
	CASE(test_explain);
	return 0;
}
