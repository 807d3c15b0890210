/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "test.h"

static struct vs_buf out;

static bool
says(const char *text)
{
	return memmem(out.data, out.size, text, strlen(text)) != NULL;
}

static void
names_every_command_and_its_options(void)
{
	CHECK_OK(vs_cli_help_all(&out));
	for (size_t i = 0; i < vs_cli_command_count; i++)
		CHECK(says(vs_cli_commands[i].help));
	CHECK(says("--ready-file FILE") && says("-o, --output table|json") &&
	      !says("--fingerprint"));
	for (size_t i = 0; i < vs_cli_command_count; i++) {
		const struct vs_cli_command *c = &vs_cli_commands[i];

		vs_buf_reset(&out);
		CHECK_OK(vs_cli_help_command(&out, c));
		CHECK(says(c->help) && says(c->example) && says(c->arguments));
		for (size_t j = 0; j < VS_CLI_OPTION_COUNT; j++) {
			bool is_named = vs_cli_options[j].scope == VS_CLI_GLOBAL ||
			                vs_cli_command_takes(c, vs_cli_options[j].name);

			CHECK(says(vs_cli_options[j].help) == is_named);
		}
	}
}

int
main(void)
{
	vs_buf_init(&out, 65536);
	CASE(names_every_command_and_its_options);
	vs_buf_done(&out);
	return 0;
}
