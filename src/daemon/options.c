/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum option_type { TEXT, NUMBER, SWITCH };

static const struct option_row {
	const char *name;
	enum option_type type;
	const char *preset;
	int64_t min, max;
	const char *help;
} rows[] = {
#define VS_OPTION(name, type, preset, min, max, help)                                              \
	[VS_OPTION_##name] = {#name, type, preset, min, max, help},
#include "daemon/options.def"
#undef VS_OPTION
};

/* Options are written with dashes and named with underscores. */
static bool
name_matches(const char *row_name, const char *given, size_t given_size)
{
	if (strlen(row_name) != given_size)
		return false;
	for (size_t i = 0; i < given_size; i++) {
		if (row_name[i] != (given[i] == '-' ? '_' : given[i]))
			return false;
	}
	return true;
}

static vs_result
set_number(const struct option_row *row, const char *value, int64_t *number, char *reason,
           size_t reason_size)
{
	char *end = NULL;
	long long parsed;

	errno = 0;
	parsed = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != 0 || parsed < row->min || parsed > row->max) {
		(void)snprintf(reason, reason_size,
		               "--%s wants a number from %" PRId64 " to %" PRId64 ", not \"%s\"",
		               row->name, row->min, row->max, value);
		return VS_FAIL(CONFIG);
	}
	*number = parsed;
	return VS_OK;
}

static vs_result
set_option(struct vs_daemon_options *options, size_t i, const char *value, char *reason,
           size_t reason_size)
{
	if (rows[i].type == NUMBER)
		VS_TRY(set_number(&rows[i], value, &options->number[i], reason, reason_size));
	if (rows[i].type == SWITCH) {
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
			(void)snprintf(reason, reason_size, "--%s is yes or no, not \"%s\"",
			               rows[i].name, value);
			return VS_FAIL(CONFIG);
		}
		options->number[i] = value[0] == 'y';
	}
	options->text[i] = value;
	return VS_OK;
}

static vs_result
parse_one(struct vs_daemon_options *options, int argc, char *const *argv, int *index, char *reason,
          size_t reason_size)
{
	const char *given = argv[*index];
	const char *equals = strchr(given, '=');
	size_t name_size;
	const char *value = equals != NULL ? equals + 1 : NULL;

	if (strncmp(given, "--", 2) != 0) {
		(void)snprintf(reason, reason_size, "\"%s\" is not an option; see voltseald help",
		               given);
		return VS_FAIL(CONFIG);
	}
	given += 2;
	name_size = equals != NULL ? (size_t)(equals - given) : strlen(given);
	for (size_t i = 0; i < VS_OPTION_COUNT; i++) {
		if (!name_matches(rows[i].name, given, name_size))
			continue;
		if (value == NULL && rows[i].type == SWITCH)
			value = "yes";
		if (value == NULL && *index + 1 < argc)
			value = argv[++*index];
		if (value == NULL) {
			(void)snprintf(reason, reason_size, "--%.*s wants a value: %s",
			               (int)name_size, given, rows[i].help);
			return VS_FAIL(CONFIG);
		}
		return set_option(options, i, value, reason, reason_size);
	}
	(void)snprintf(reason, reason_size, "there is no option --%.*s; see voltseald help",
	               (int)name_size, given);
	return VS_FAIL(CONFIG);
}

vs_result
vs_daemon_options_parse(int argc, char *const *argv, char *reason, size_t reason_size,
                        struct vs_daemon_options *options_out)
{
	struct vs_daemon_options options = {0};

	for (size_t i = 0; i < VS_OPTION_COUNT; i++)
		VS_TRY(set_option(&options, i, rows[i].preset, reason, reason_size));
	for (int i = 0; i < argc; i++)
		VS_TRY(parse_one(&options, argc, argv, &i, reason, reason_size));
	*options_out = options;
	return VS_OK;
}

void
vs_daemon_options_help(FILE *stream)
{
	for (size_t i = 0; i < VS_OPTION_COUNT; i++) {
		char name[32] = "--";

		for (size_t k = 0; rows[i].name[k] != 0 && k + 3 < sizeof(name); k++)
			name[k + 2] = rows[i].name[k] == '_' ? '-' : rows[i].name[k];
		(void)fprintf(stream, "  %-14s %s%s%s%s\n", name, rows[i].help,
		              rows[i].preset[0] != 0 ? " [" : "", rows[i].preset,
		              rows[i].preset[0] != 0 ? "]" : "");
	}
}
