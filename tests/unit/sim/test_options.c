/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/options.h"

#include "test.h"

enum { WORDS_MAX = 12 };

/* Words parted by blanks, as a shell would. */
static vs_result
parse(const char *line, struct vs_sim_options *options, char reason[static 256])
{
	static char words[WORDS_MAX][64];
	char *argv[WORDS_MAX + 1];
	int argc = 0;

	while (*line != 0 && argc < WORDS_MAX) {
		size_t size = strcspn(line, " ");

		(void)snprintf(words[argc], sizeof(words[argc]), "%.*s", (int)size, line);
		argv[argc] = words[argc];
		argc++;
		line += size + (line[size] == ' ');
	}
	argv[argc] = NULL;
	reason[0] = 0;
	return vs_sim_options_parse(argc, argv, reason, 256, options);
}

static void
test_good(void)
{
	struct vs_sim_options options;
	char reason[256];

	CHECK_OK(parse("sim fleet -n 5 --url=wss://h/ --threads 2 --abrupt", &options, reason));
	CHECK(options.subcommand == VS_SIM_SUBCOMMAND_FLEET &&
	      options.number[VS_SIM_OPTION_STATIONS] == 5);
	CHECK(strcmp(options.text[VS_SIM_OPTION_URL], "wss://h/") == 0);
	CHECK(options.number[VS_SIM_OPTION_THREADS] == 2 && options.is_set[VS_SIM_OPTION_ABRUPT]);
	CHECK(!options.is_set[VS_SIM_OPTION_GRACE] && options.number[VS_SIM_OPTION_GRACE] == 8);
	CHECK(strcmp(options.text[VS_SIM_OPTION_SCENARIO], "steady") == 0);
	CHECK_OK(parse("sim station --help", &options, reason));
	CHECK(options.is_help && options.subcommand == VS_SIM_SUBCOMMAND_STATION);
	CHECK_OK(parse("sim --help", &options, reason));
	CHECK(options.is_help && options.subcommand == VS_SIM_SUBCOMMAND_COUNT);
	CHECK_OK(parse("sim scenarios", &options, reason));
}

static void
test_bad(void)
{
	static const char *const bad[] = {
	    "sim",
	    "sim walk",
	    "sim fleet --colour red",
	    "sim fleet -n",
	    "sim fleet -n x",
	    "sim fleet -n -1",
	    "sim fleet -n 5x",
	    "sim fleet --threads 65",
	    "sim fleet --threads 0",
	    "sim fleet --abrupt=1",
	    "sim fleet --id CS-1",
	    "sim station -n 5",
	    "sim fleet extra",
	    "sim fleet --url",
	    "sim scenarios --url x",
	    "sim station --password x",
	    "sim fleet -n 99999999999999999999",
	    "sim fleet --threadsx 2",
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_sim_options options;
		char reason[256];

		CHECK_ERR(parse(bad[i], &options, reason), CONFIG);
		CHECK(reason[0] != 0);
	}
}

/* Each option is in the help of its subcommand, and in no other. */
static void
test_help(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	CHECK(stream != NULL);
	vs_sim_options_help_subcommand(stream, VS_SIM_SUBCOMMAND_FLEET);
	CHECK(fclose(stream) == 0);
	CHECK(strstr(text, "--credentials FILE") != NULL &&
	      strstr(text, "--password-file") == NULL);
	CHECK(strstr(text, "(200)") != NULL);
	free(text);
}

int
main(void)
{
	CASE(test_good);
	CASE(test_bad);
	CASE(test_help);
	return 0;
}
