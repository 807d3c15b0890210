/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include "test.h"

#define MAX 12

static struct vs_cli_args args;
static char reason[256];

/* Words divided by spaces; '_' stands for a space within one. */
static vs_result
parse(const char *line)
{
	static char text[512];
	static char *argv[MAX];
	int argc = 0;

	(void)snprintf(text, sizeof(text), "voltseal %s", line);
	for (char *at = text; at != NULL && *at != '\0';) {
		char *end = strchr(at, ' ');

		CHECK(argc < MAX);
		argv[argc++] = at;
		if (end != NULL)
			*end++ = '\0';
		at = end;
	}
	for (int i = 0; i < argc; i++) {
		for (char *c = argv[i]; *c != '\0'; c++)
			*c = *c == '_' ? ' ' : *c;
	}
	return vs_cli_args_parse(argc, argv, &args, reason, sizeof(reason));
}

static void
refused(const char *line, const char *because)
{
	CHECK_ERR(parse(line), BAD_VALUE);
	if (strstr(reason, because) == NULL)
		(void)fprintf(stderr, "%s: %s\n", line, reason);
	CHECK(strstr(reason, because) != NULL);
}

static void
understands_commands_and_options(void)
{
	CHECK_OK(parse("station command CS-1 Reset {\"type\":_\"Immediate\"} --timeout=5"));
	CHECK(strcmp(args.command->noun, "station") == 0 &&
	      strcmp(args.command->verb, "command") == 0);
	CHECK(args.positional_count == 3 && strcmp(args.positionals[0], "CS-1") == 0);
	CHECK(strcmp(args.positionals[2], "{\"type\": \"Immediate\"}") == 0);
	CHECK(strcmp(vs_cli_args_get(&args, "timeout"), "5") == 0);
	CHECK(vs_cli_args_get(&args, "quiet") == NULL);

	CHECK_OK(parse("-q -o json tx list --station CS-1 --active -n5"));
	CHECK(vs_cli_args_get(&args, "quiet") != NULL && vs_cli_args_get(&args, "active") != NULL);
	CHECK(strcmp(vs_cli_args_get(&args, "output"), "json") == 0);
	CHECK(strcmp(vs_cli_args_get(&args, "limit"), "5") == 0);
	CHECK(strcmp(vs_cli_args_get(&args, "station"), "CS-1") == 0 && args.positional_count == 0);

	CHECK_OK(parse("events -f"));
	CHECK(strcmp(args.command->noun, "events") == 0 &&
	      vs_cli_args_get(&args, "follow") != NULL);
	CHECK_OK(parse("station show -- -odd-id"));
	CHECK(strcmp(args.positionals[0], "-odd-id") == 0);
	CHECK_OK(parse("station add - --auth mtls")); /* a lone dash is a word */
	CHECK(strcmp(args.positionals[0], "-") == 0);
	CHECK_OK(parse("station add --help")); /* without its argument */
	CHECK(args.command != NULL);
	CHECK_OK(parse(""));
	CHECK(args.command == NULL);
}

static void
says_what_is_wrong_and_what_was_meant(void)
{
	refused("staton list", "did you mean station?");
	refused("station lst", "did you mean list?");
	refused("xyzzyx", "there is no command xyzzyx");
	CHECK(strstr(reason, "did you mean") == NULL);
	refused("station", "needs a verb");
	refused("station show", "missing argument; it is: voltseal station show ID");
	refused("station show A B", "too many argument");
	refused("station command A B C D", "too many");
	refused("station list --limti 4", "did you mean --limit?");
	refused("station list --limit", "needs a value: N");
	refused("station list -n", "needs a value");
	refused("station list --quiet=1", "takes no value");
	refused("station list -qx", "takes no value");
	refused("station list -z", "no option --z");
	refused("station list --follow", "takes no --follow");
}

static void
refuses_the_rest_too(void)
{
	CHECK_OK(parse("station list --"));
	refused(
	    "station list --aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
	    "there is no option");
	refused(
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "there is no command");
	refused("a b c d e f g", "too many arguments, from 'f'");
}

/* Each row of commands.def names options that exist, and can be called as its example says. */
static void
the_tables_agree(void)
{
	for (size_t i = 0; i < vs_cli_command_count; i++) {
		const struct vs_cli_command *c = &vs_cli_commands[i];
		size_t named = 0, known = 0;

		for (const char *at = c->options; *at != '\0'; at += strspn(at, " ")) {
			named++;
			at += strcspn(at, " ");
		}
		for (size_t j = 0; j < VS_CLI_OPTION_COUNT; j++) {
			known += vs_cli_command_takes(c, vs_cli_options[j].name);
			CHECK(vs_cli_options[j].help[0] != '\0');
		}
		CHECK(named == known && c->help[0] != '\0' && c->run != NULL);
		CHECK_OK(parse(c->example));
		CHECK(args.command == c);
	}
}

int
main(void)
{
	CASE(understands_commands_and_options);
	CASE(says_what_is_wrong_and_what_was_meant);
	CASE(refuses_the_rest_too);
	CASE(the_tables_agree);
	return 0;
}
