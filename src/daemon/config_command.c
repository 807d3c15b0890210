/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/config.h"
#include "daemon/production.h"

#define REASON_SIZE (VS_PATH_SIZE + 256)
#define HELP_WIDTH  96

static bool
is_shown(const struct vs_daemon_option_row *row)
{
	return row->section[0] != '\0' && (row->modes & VS_DAEMON_RUN) != 0;
}

/* Rows of one section stand together in the table. */
static void
print_section(const struct vs_daemon_option_row *row, const char **section)
{
	if (*section != NULL && strcmp(*section, row->section) == 0)
		return;
	(void)printf("%s[%s]\n", *section != NULL ? "\n" : "", row->section);
	*section = row->section;
}

static void
show(const struct vs_daemon_options *options, bool is_origin)
{
	const char *section = NULL;

	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);

		if (!is_shown(row))
			continue;
		print_section(row, &section);
		if (is_origin)
			(void)printf("# %s\n",
			             options->origin[i] != NULL ? options->origin[i] : "preset");
		(void)printf("%s = %s\n", row->key, options->text[i]);
	}
}

/* A help text as comment lines. */
static void
print_help(const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t size = strcspn(text, " ");

		if (column == 0 || column + 1 + size > HELP_WIDTH) {
			(void)printf("%s#", column == 0 ? "" : "\n");
			column = 1;
		}
		(void)printf(" %.*s", (int)size, text);
		column += 1 + size;
		text += size + strspn(text + size, " ");
	}
	(void)putchar('\n');
}

static void template(void)
{
	const char *section = NULL;

	(void)printf("# Configuration of voltseald %s. What is not set has its preset, which is "
	             "shown.\n# Secrets are never written here: they come from files or systemd "
	             "credentials.\n\n",
	             VS_VERSION);
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);

		if (!is_shown(row))
			continue;
		print_section(row, &section);
		print_help(row->help);
		if (row->choices[0] != '\0')
			(void)printf("# %s\n", row->choices);
		if (row->type == VS_OPTION_NUMBER)
			(void)printf("# %" PRId64 " to %" PRId64 "\n", row->min, row->max);
		(void)printf("#%s = %s\n", row->key, row->preset);
	}
}

static void
tell(void *arg, const struct vs_daemon_refusal_row *row, const char *subject)
{
	(void)arg;
	(void)fprintf(stderr,
	              "voltseald: VS-%d: production mode refuses %s: %s\n  to mend it: %s\n",
	              row->code, row->what, subject, row->mend);
}

static int
check(const struct vs_daemon_options *options)
{
	const struct vs_daemon_production_facts facts = {
	    .options = options,
	    .config_file = vs_daemon_config_file(options, VS_DAEMON_RUN),
	};

	if (vs_daemon_production_check(VS_DAEMON_PRODUCTION_OPTIONS, &facts, tell, NULL) > 0)
		return EX_CONFIG;
	(void)printf("the configuration is good (%s)\n",
	             facts.config_file[0] != '\0' ? facts.config_file
	                                          : "no file: presets, environment and flags");
	return EX_OK;
}

static int
with_options(const char *verb, int argc, char *const *argv)
{
	bool is_origin = strcmp(verb, "show") == 0 && argc > 0 && strcmp(argv[0], "--origin") == 0;
	const struct vs_daemon_config_layers layers = {
	    .mode = VS_DAEMON_RUN,
	    .argc = argc - is_origin,
	    .argv = argv + is_origin,
	    .environment = environ,
	};
	struct vs_daemon_options options;
	char reason[REASON_SIZE];
	int code = EX_OK;
	vs_result r = vs_daemon_config_load(&layers, reason, sizeof(reason), &options);

	if (r.code != VS_E_OK) {
		(void)fprintf(stderr, "voltseald: VS-%d: %s\n", vs_err_code(r.code), reason);
		return EX_CONFIG;
	}
	if (strcmp(verb, "show") == 0)
		show(&options, is_origin);
	else
		code = check(&options);
	vs_daemon_options_done(&options);
	return code;
}

int
vs_daemon_config_command(int argc, char *const *argv)
{
	if (argc == 1 && strcmp(argv[0], "template") == 0) {
		template();
		return EX_OK;
	}
	if (argc >= 1 && (strcmp(argv[0], "check") == 0 || strcmp(argv[0], "show") == 0))
		return with_options(argv[0], argc - 1, argv + 1);
	(void)fprintf(stderr, "usage: voltseald config check | show [--origin] | template   "
	                      "[OPTION ...]\n");
	return EX_USAGE;
}
