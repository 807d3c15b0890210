/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/options.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "net/throttle.h"

#define D   VS_DAEMON_DEV
#define I   VS_DAEMON_INIT
#define DR  (VS_DAEMON_DEV | VS_DAEMON_RUN)
#define RI  (VS_DAEMON_RUN | VS_DAEMON_INIT)
#define DRI (VS_DAEMON_DEV | VS_DAEMON_RUN | VS_DAEMON_INIT)
enum { START, LIVE };

static const struct vs_daemon_option_row rows[] = {
#define VS_OPTION(name, section, key, type, preset, min, max, choices, of, reload, help)           \
	[VS_OPTION_##name] = {#name, #section, #key, VS_OPTION_##type, preset, min,                \
	                      max,   choices,  of,   reload == LIVE,   help},
#include "daemon/options.def"
#undef VS_OPTION
};

const struct vs_daemon_option_row *
vs_daemon_option_row(enum vs_daemon_option option)
{
	assert(option < VS_OPTION_COUNT);
	return &rows[option];
}

void
vs_daemon_option_print(const struct vs_daemon_option_row *row, char *text, size_t size)
{
	if (row->section[0] != '\0') {
		(void)snprintf(text, size, "[%s] %s", row->section, row->key);
		return;
	}
	(void)snprintf(text, size, "--%s", row->name);
}

/* --- values ---------------------------------------------------------------------------------- */

static vs_result
read_number(const struct vs_daemon_option_row *row, const char *value, int64_t *number, char *why,
            size_t why_size)
{
	char *end = NULL;
	long long parsed;

	errno = 0;
	parsed = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != 0 || parsed < row->min || parsed > row->max) {
		(void)snprintf(why, why_size, "a number from %" PRId64 " to %" PRId64, row->min,
		               row->max);
		return VS_FAIL(CONFIG_VALUE);
	}
	*number = parsed;
	return VS_OK;
}

static vs_result
read_choice(const char *choices, const char *value, int64_t *number, char *why, size_t why_size)
{
	const char *word = choices;

	for (int64_t i = 0;; i++) {
		size_t size = strcspn(word, "|");

		if (strlen(value) == size && strncmp(value, word, size) == 0) {
			*number = i;
			return VS_OK;
		}
		if (word[size] == '\0')
			break;
		word += size + 1;
	}
	(void)snprintf(why, why_size, "one of %s", choices);
	return VS_FAIL(CONFIG_VALUE);
}

static vs_result
read_rate(const char *value, char *why, size_t why_size)
{
	struct vs_throttle_rate rate;

	if (vs_throttle_rate_read(vs_bytes_from_text(value), &rate).code == VS_E_OK)
		return VS_OK;
	(void)snprintf(why, why_size,
	               "COUNT/SECONDS BURST TRUSTED: events, in how many seconds, at once, and how "
	               "many times as much for a trusted source");
	return VS_FAIL(CONFIG_VALUE);
}

static vs_result
read_sources(const char *value, char *why, size_t why_size)
{
	if (strcmp(value, "none") == 0 || vs_throttle_trusted_check(value).code == VS_E_OK)
		return VS_OK;
	(void)snprintf(why, why_size, "addresses and prefixes (10.0.0.0/8,2001:db8::/32) or none");
	return VS_FAIL(CONFIG_VALUE);
}

static vs_result
read_value(const struct vs_daemon_option_row *row, const char *value, int64_t *number, char *why,
           size_t why_size)
{
	switch (row->type) {
	case VS_OPTION_NUMBER:
		return read_number(row, value, number, why, why_size);
	case VS_OPTION_SWITCH:
		return read_choice("no|yes", value, number, why, why_size);
	case VS_OPTION_CHOICE:
		return read_choice(row->choices, value, number, why, why_size);
	case VS_OPTION_RATE:
		*number = 0;
		return read_rate(value, why, why_size);
	case VS_OPTION_SOURCES:
		*number = 0;
		return read_sources(value, why, why_size);
	case VS_OPTION_TEXT:
		break;
	}
	*number = 0;
	return VS_OK;
}

static vs_result
replace(struct vs_daemon_options *options, size_t i, const char *value, const char *origin)
{
	char *text = strdup(value), *from = origin != NULL ? strdup(origin) : NULL;

	if (text == NULL || (origin != NULL && from == NULL)) {
		free(text);
		free(from);
		return VS_FAIL(NO_MEMORY);
	}
	free((char *)(uintptr_t)options->text[i]);
	free(options->origin[i]);
	options->text[i] = text;
	options->origin[i] = from;
	return VS_OK;
}

vs_result
vs_daemon_option_set(struct vs_daemon_options *options, enum vs_daemon_option option,
                     const char *value, const char *origin, char *reason, size_t reason_size)
{
	const struct vs_daemon_option_row *row = vs_daemon_option_row(option);
	char name[64], why[128];
	int64_t number = 0;
	vs_result r = read_value(row, value, &number, why, sizeof(why));

	if (r.code != VS_E_OK) {
		vs_daemon_option_print(row, name, sizeof(name));
		(void)snprintf(reason, reason_size, "%s: %s is %s, not \"%s\"",
		               origin != NULL ? origin : "preset", name, why, value);
		return r;
	}
	VS_TRY(replace(options, option, value, origin));
	options->number[option] = number;
	return VS_OK;
}

vs_result
vs_daemon_options_init(struct vs_daemon_options *options)
{
	char reason[256];

	memset(options, 0, sizeof(*options));
	for (int i = 0; i < VS_OPTION_COUNT; i++)
		VS_TRY(vs_daemon_option_set(options, (enum vs_daemon_option)i, rows[i].preset, NULL,
		                            reason, sizeof(reason)));
	return VS_OK;
}

void
vs_daemon_options_done(struct vs_daemon_options *options)
{
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		free((char *)(uintptr_t)options->text[i]);
		free(options->origin[i]);
	}
	memset(options, 0, sizeof(*options));
}

/* --- flags ----------------------------------------------------------------------------------- */

/* Flags are written with dashes and named with underscores. */
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
find_flag(enum vs_daemon_mode mode, const char *given, size_t size, char *reason,
          size_t reason_size, enum vs_daemon_option *option_out)
{
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		if (!name_matches(rows[i].name, given, size))
			continue;
		if ((rows[i].modes & mode) == 0) {
			(void)snprintf(reason, reason_size, "--%.*s is not an option of this mode",
			               (int)size, given);
			return VS_FAIL(CONFIG_UNKNOWN);
		}
		*option_out = (enum vs_daemon_option)i;
		return VS_OK;
	}
	(void)snprintf(reason, reason_size, "there is no option --%.*s; see voltseald help",
	               (int)size, given);
	return VS_FAIL(CONFIG_UNKNOWN);
}

static vs_result
parse_one(struct vs_daemon_options *options, enum vs_daemon_mode mode, int argc, char *const *argv,
          int *index, char *reason, size_t reason_size)
{
	const char *given = argv[*index];
	const char *equals = strchr(given, '=');
	const char *value = equals != NULL ? equals + 1 : NULL;
	enum vs_daemon_option option = VS_OPTION_COUNT;
	char origin[64];
	size_t size;

	if (strncmp(given, "--", 2) != 0) {
		(void)snprintf(reason, reason_size, "\"%s\" is not an option; see voltseald help",
		               given);
		return VS_FAIL(CONFIG_UNKNOWN);
	}
	given += 2;
	size = equals != NULL ? (size_t)(equals - given) : strlen(given);
	VS_TRY(find_flag(mode, given, size, reason, reason_size, &option));
	if (value == NULL && rows[option].type == VS_OPTION_SWITCH)
		value = "yes";
	if (value == NULL && *index + 1 < argc)
		value = argv[++*index];
	if (value == NULL) {
		(void)snprintf(reason, reason_size, "--%.*s wants a value: %s", (int)size, given,
		               rows[option].help);
		return VS_FAIL(CONFIG_VALUE);
	}
	(void)snprintf(origin, sizeof(origin), "flag --%.*s", (int)size, given);
	return vs_daemon_option_set(options, option, value, origin, reason, reason_size);
}

vs_result
vs_daemon_options_parse(enum vs_daemon_mode mode, int argc, char *const *argv, char *reason,
                        size_t reason_size, struct vs_daemon_options *options)
{
	for (int i = 0; i < argc; i++)
		VS_TRY(parse_one(options, mode, argc, argv, &i, reason, reason_size));
	return VS_OK;
}

void
vs_daemon_options_help(FILE *stream, enum vs_daemon_mode mode)
{
	for (size_t i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row = &rows[i];
		char name[32] = "--";

		if ((row->modes & mode) == 0)
			continue;
		for (size_t k = 0; row->name[k] != 0 && k + 3 < sizeof(name); k++)
			name[k + 2] = row->name[k] == '_' ? '-' : row->name[k];
		(void)fprintf(stream, "  %-18s %s", name, row->help);
		if (row->choices[0] != '\0')
			(void)fprintf(stream, " (%s)", row->choices);
		if (row->preset[0] != '\0')
			(void)fprintf(stream, " [%s]", row->preset);
		(void)fputc('\n', stream);
	}
}
