/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/options.h"

#include "test.h"

static char reason[200];

static vs_result
parse(int argc, const char **argv, struct vs_daemon_options *options)
{
	reason[0] = 0;
	return vs_daemon_options_parse(argc, (char *const *)(uintptr_t)argv, reason, sizeof(reason),
	                               options);
}

static void
presets_are_legal(void)
{
	struct vs_daemon_options options;

	CHECK_OK(parse(0, NULL, &options));
	CHECK(options.number[VS_OPTION_stations] == 5);
	CHECK(options.number[VS_OPTION_tls_rsa] == 0);
	CHECK(strcmp(options.text[VS_OPTION_address], "127.0.0.1") == 0);
}

static void
both_spellings(void)
{
	const char *argv[] = {"--ocpp-port", "9443", "--state=/x=y", "--tls-rsa"};
	struct vs_daemon_options options;

	CHECK_OK(parse(4, argv, &options));
	CHECK(options.number[VS_OPTION_ocpp_port] == 9443);
	CHECK(strcmp(options.text[VS_OPTION_state], "/x=y") == 0);
	CHECK(options.number[VS_OPTION_tls_rsa] == 1);
}

static void
wrong_ones_say_why(void)
{
	static const char *const wrong[] = {
	    "--ocpp-port=65536",
	    "--ocpp-port=",
	    "--ocpp-port=1x",
	    "--ocpp-port=-1",
	    "--ocpp-port=99999999999999999999",
	    "--no-such=1",
	    "state",
	    "--",
	    "--tls-rsa=true",
	    "--stations=1.5",
	};
	struct vs_daemon_options options = {.number = {[VS_OPTION_stations] = 77}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_ERR(parse(1, (const char **)(uintptr_t)&wrong[i], &options), CONFIG);
		CHECK(reason[0] != 0);
	}
	CHECK(options.number[VS_OPTION_stations] == 77); /* untouched on failure */
}

static void
a_value_is_wanted(void)
{
	const char *argv[] = {"--state"};
	struct vs_daemon_options options;

	CHECK_ERR(parse(1, argv, &options), CONFIG);
	CHECK(strstr(reason, "wants a value") != NULL);
}

int
main(void)
{
	CASE(presets_are_legal);
	CASE(both_spellings);
	CASE(wrong_ones_say_why);
	CASE(a_value_is_wanted);
	return 0;
}
