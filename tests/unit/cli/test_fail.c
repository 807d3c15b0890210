/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fail.h"

#include <sysexits.h>

#include "test.h"

static struct vs_buf out;

static const char *
text(const struct vs_cli *cli, int code, const char *why)
{
	vs_buf_reset(&out);
	CHECK_OK(vs_cli_fail_text(&out, cli, code, why));
	CHECK_OK(vs_buf_append_byte(&out, 0));
	return (const char *)out.data;
}

static void
says_what_where_why_and_the_fix(void)
{
	struct vs_cli cli;
	char *const argv[] = {(char[]){"voltseal"}, (char[]){"station"}, (char[]){"show"},
	                      (char[]){"CS-9"}};
	char reason[128];

	memset(&cli, 0, sizeof(cli));
	CHECK_OK(vs_cli_args_parse(4, argv, &cli.args, reason, sizeof(reason)));
	cli.subject = cli.args.positionals[0];
	(void)snprintf(cli.connection.url, sizeof(cli.connection.url), "https://h:1");
	(void)snprintf(cli.connection.origin, sizeof(cli.connection.origin), "--url");
	CHECK(strcmp(text(&cli, 1211, "never heard of it"),
	             "voltseal: station show CS-9: no such thing (VS-1211)\n"
	             "  why: never heard of it\n"
	             "  fix: look it up: voltseal station list, voltseal tx list, voltseal "
	             "commands list\n") == 0);
	/* Where nothing answered, the address matters; a quiet program gives no advice. */
	cli.is_quiet = true;
	CHECK(strcmp(text(&cli, vs_err_code(VS_E_IO), "Connection refused"),
	             "voltseal: station show CS-9: input or output failed (VS-1002)\n"
	             "  why: Connection refused\n"
	             "  at:  https://h:1 (from --url)\n") == 0);
	/* A reason that says the same once more is left out. */
	CHECK(strstr(text(&cli, vs_err_code(VS_E_NOT_CONNECTED), vs_err_text(VS_E_NOT_CONNECTED)),
	             "why:") == NULL);
	CHECK(strstr(text(&cli, 9999, ""), "it failed (VS-9999)") != NULL);
}

static void
exit_codes_are_of_sysexits(void)
{
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_NOT_AUTHENTIC)) == EX_NOPERM);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_FORBIDDEN)) == EX_NOPERM);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_NOT_FOUND)) == EX_NOINPUT);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_CONFIG)) == EX_CONFIG);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_IO)) == EX_UNAVAILABLE);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_TLS_FAILED)) == EX_UNAVAILABLE);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_NOT_CONNECTED)) == EX_UNAVAILABLE);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_BUSY)) == EX_TEMPFAIL);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_WRONG_TYPE)) == EX_DATAERR);
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_BAD_UTF8)) ==
	      EX_DATAERR); /* without a row: by its block */
	CHECK(vs_cli_fail_exit(vs_err_code(VS_E_INTERNAL)) == EX_SOFTWARE);
	CHECK(vs_cli_fail_exit(424242) == EX_SOFTWARE);
}

int
main(void)
{
	vs_buf_init(&out, 8192);
	CASE(says_what_where_why_and_the_fix);
	CASE(exit_codes_are_of_sysexits);
	vs_buf_done(&out);
	return 0;
}
