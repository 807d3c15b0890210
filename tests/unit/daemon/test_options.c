/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/options.h"

#include <strings.h>

#include "net/throttle.h"

#include "test.h"

static char reason[200];

static vs_result
parse(int argc, const char **argv, struct vs_daemon_options *options)
{
	reason[0] = 0;
	return vs_daemon_options_parse(VS_DAEMON_DEV, argc, (char *const *)(uintptr_t)argv, reason,
	                               sizeof(reason), options);
}

static void
presets_are_legal(void)
{
	struct vs_daemon_options options;

	CHECK_OK(vs_daemon_options_init(&options));
	CHECK(options.number[VS_OPTION_stations] == 5);
	CHECK(options.number[VS_OPTION_tls_rsa] == 0);
	CHECK(strcmp(options.text[VS_OPTION_address], "127.0.0.1") == 0);
	for (int i = 0; i < VS_OPTION_COUNT; i++)
		CHECK(options.origin[i] == NULL);
	vs_daemon_options_done(&options);
}

/* The limits stand in two tables: they say the same. */
static void
limits_are_those_of_the_throttles(void)
{
	struct vs_daemon_options options;

	CHECK_OK(vs_daemon_options_init(&options));
	for (int i = 0; i < VS_THROTTLE_RULES; i++) {
		struct vs_throttle_rate preset = vs_throttle_preset((enum vs_throttle_rule)i);
		const char *name = vs_throttle_name((enum vs_throttle_rule)i);
		enum vs_daemon_option option = (enum vs_daemon_option)(VS_OPTION_limit_accept + i);
		const struct vs_daemon_option_row *row = vs_daemon_option_row(option);
		struct vs_throttle_rate rate;

		CHECK_OK(vs_throttle_rate_read(vs_bytes_from_text(options.text[option]), &rate));
		CHECK(rate.count == preset.count && rate.seconds == preset.seconds);
		CHECK(rate.burst == preset.burst && rate.trusted == preset.trusted);
		CHECK(strcasecmp(row->key, name) == 0 && row->is_live);
	}
	vs_daemon_options_done(&options);
}

/* A file finds an option by section and key, a flag by its name: each leads to one row. */
static void
names_lead_to_one_row(void)
{
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *a =
		    vs_daemon_option_row((enum vs_daemon_option)i);

		CHECK((a->section[0] == '\0') == (a->key[0] == '\0') && a->help[0] != '\0');
		CHECK((a->type == VS_OPTION_CHOICE) == (a->choices[0] != '\0'));
		for (int k = i + 1; k < VS_OPTION_COUNT; k++) {
			const struct vs_daemon_option_row *b =
			    vs_daemon_option_row((enum vs_daemon_option)k);

			CHECK(strcmp(a->name, b->name) != 0);
			CHECK(a->section[0] == '\0' || strcmp(a->section, b->section) != 0 ||
			      strcmp(a->key, b->key) != 0);
		}
	}
}

static void
both_spellings(void)
{
	const char *argv[] = {"--ocpp-port", "9443", "--state=/x=y", "--tls-rsa"};
	struct vs_daemon_options options;

	CHECK_OK(vs_daemon_options_init(&options));
	CHECK_OK(parse(4, argv, &options));
	CHECK(options.number[VS_OPTION_ocpp_port] == 9443);
	CHECK(strcmp(options.text[VS_OPTION_state], "/x=y") == 0);
	CHECK(options.number[VS_OPTION_tls_rsa] == 1);
	CHECK(strcmp(options.origin[VS_OPTION_tls_rsa], "flag --tls-rsa") == 0);
	vs_daemon_options_done(&options);
}

static void
wrong_ones_say_why(void)
{
	static const char *const values[] = {
	    "--ocpp-port=65536",
	    "--ocpp-port=",
	    "--ocpp-port=1x",
	    "--ocpp-port=-1",
	    "--ocpp-port=99999999999999999999",
	    "--tls-rsa=true",
	    "--stations=1.5",
	    "--auth=bas",
	    "--auth=basic|mtls",
	    "--auth=",
	};
	static const char *const unknown[] = {"--no-such=1", "state", "--", "--unlock-file=x"};
	struct vs_daemon_options options;

	CHECK_OK(vs_daemon_options_init(&options));
	options.number[VS_OPTION_stations] = 77;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		CHECK_ERR(parse(1, (const char **)(uintptr_t)&values[i], &options), CONFIG_VALUE);
		CHECK(reason[0] != 0);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		CHECK_ERR(parse(1, (const char **)(uintptr_t)&unknown[i], &options),
		          CONFIG_UNKNOWN);
		CHECK(reason[0] != 0);
	}
	CHECK(options.number[VS_OPTION_stations] == 77); /* untouched on failure */
	CHECK(strcmp(options.text[VS_OPTION_ocpp_port], "0") == 0);
	vs_daemon_options_done(&options);
}

static void
a_value_is_wanted(void)
{
	const char *argv[] = {"--state"};
	struct vs_daemon_options options;

	CHECK_OK(vs_daemon_options_init(&options));
	CHECK_ERR(parse(1, argv, &options), CONFIG_VALUE);
	CHECK(strstr(reason, "wants a value") != NULL);
	vs_daemon_options_done(&options);
}

int
main(void)
{
	CASE(presets_are_legal);
	CASE(names_lead_to_one_row);
	CASE(limits_are_those_of_the_throttles);
	CASE(both_spellings);
	CASE(wrong_ones_say_why);
	CASE(a_value_is_wanted);
	return 0;
}
