/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/options.h"

#include <string.h>

enum {
	S = 1 << VS_SIM_SUBCOMMAND_STATION,
	F = 1 << VS_SIM_SUBCOMMAND_FLEET,
	A = 1 << VS_SIM_SUBCOMMAND_ATTACK,
	C = 1 << VS_SIM_SUBCOMMAND_CHARGE,
	D = 1 << VS_SIM_SUBCOMMAND_DRIVER,
	M = 1 << VS_SIM_SUBCOMMAND_MONITOR,
	E = 1 << VS_SIM_SUBCOMMAND_ENGINE,
	N = 1 << VS_SIM_SUBCOMMAND_SENSOR,
	V = 1 << VS_SIM_SUBCOMMAND_PROVISION
};
enum option_type { TEXT, NUMBER, SWITCH };

struct option_row {
	const char *spelling;
	enum option_type type;
	unsigned subcommands;
	const char *value, *preset;
	uint32_t min, max;
	const char *help;
};

static const struct option_row rows[] = {
#define VS_SIM_OPTION(id, spelling, type, subcommands, value, preset, min, max, help)              \
	[VS_SIM_OPTION_##id] = {spelling, type, subcommands, value, preset, min, max, help},
#include "sim/options.def"
#undef VS_SIM_OPTION
};

static const struct {
	const char *name, *usage, *help;
} subcommands[] = {
#define VS_SIM_SUBCOMMAND(id, name, usage, help) [VS_SIM_SUBCOMMAND_##id] = {name, usage, help},
#include "sim/subcommands.def"
#undef VS_SIM_SUBCOMMAND
};

static bool
parse_number(const struct option_row *row, const char *text, uint32_t *number_out)
{
	uint64_t number = 0;

	if (*text == 0 || strlen(text) > 10)
		return false;
	for (; *text != 0; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	if (number < row->min || number > row->max)
		return false;
	*number_out = (uint32_t)number;
	return true;
}

/* `--name` or `--name=VALUE`: which row is it, and where is the value (NULL: the next argument)? */
static const struct option_row *
find_row(unsigned subcommand, const char *argument, const char **value_out)
{
	for (unsigned i = 0; i < VS_SIM_OPTION_COUNT; i++) {
		size_t size = strlen(rows[i].spelling);

		if ((rows[i].subcommands & 1u << subcommand) == 0 ||
		    strncmp(argument, rows[i].spelling, size) != 0)
			continue;
		if (argument[size] != 0 && argument[size] != '=')
			continue;
		*value_out = argument[size] == '=' ? argument + size + 1 : NULL;
		return &rows[i];
	}
	return NULL;
}

static vs_result
take(struct vs_sim_options *options, const struct option_row *row, const char *value, char *reason,
     size_t reason_size)
{
	size_t id = (size_t)(row - rows);

	options->is_set[id] = true;
	if (row->type == SWITCH)
		return VS_OK;
	options->text[id] = value;
	if (row->type == TEXT || parse_number(row, value, &options->number[id]))
		return VS_OK;
	(void)snprintf(reason, reason_size, "%s: '%s' is not a number from %u to %u", row->spelling,
	               value, row->min, row->max);
	return VS_FAIL(CONFIG);
}

static vs_result
set_presets(struct vs_sim_options *options, char *reason, size_t reason_size)
{
	for (unsigned i = 0; i < VS_SIM_OPTION_COUNT; i++) {
		if (rows[i].preset != NULL)
			VS_TRY(take(options, &rows[i], rows[i].preset, reason, reason_size));
		options->is_set[i] = false;
	}
	return VS_OK;
}

static vs_result
find_subcommand(const char *name, char *reason, size_t reason_size, struct vs_sim_options *options)
{
	for (unsigned i = 0; i < VS_SIM_SUBCOMMAND_COUNT; i++) {
		if (strcmp(name, subcommands[i].name) == 0) {
			options->subcommand = (enum vs_sim_subcommand)i;
			return VS_OK;
		}
	}
	(void)snprintf(reason, reason_size,
	               "there is no subcommand '%s'; `voltseal-sim --help` lists them", name);
	return VS_FAIL(CONFIG);
}

static vs_result
parse_rest(int argc, char *const *argv, char *reason, size_t reason_size,
           struct vs_sim_options *options)
{
	const char *name = subcommands[options->subcommand].name;

	for (int i = 2; i < argc; i++) {
		const char *value = NULL;
		const struct option_row *row = find_row(options->subcommand, argv[i], &value);

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			options->is_help = true;
			return VS_OK;
		}
		if (row == NULL && options->subcommand == VS_SIM_SUBCOMMAND_ATTACK &&
		    argv[i][0] != '-' && options->attack == NULL) {
			options->attack = argv[i];
			continue;
		}
		if (row == NULL) {
			(void)snprintf(
			    reason, reason_size,
			    "%s does not know '%s'; `voltseal-sim %s --help` lists what it knows",
			    name, argv[i], name);
			return VS_FAIL(CONFIG);
		}
		if (row->type == SWITCH && value != NULL) {
			(void)snprintf(reason, reason_size, "%s takes no value", row->spelling);
			return VS_FAIL(CONFIG);
		}
		if (row->type != SWITCH && value == NULL && ++i < argc)
			value = argv[i];
		if (row->type != SWITCH && value == NULL) {
			(void)snprintf(reason, reason_size, "%s needs a value: %s", row->spelling,
			               row->value);
			return VS_FAIL(CONFIG);
		}
		VS_TRY(take(options, row, value, reason, reason_size));
	}
	return VS_OK;
}

VS_RESULT
vs_sim_options_parse(int argc, char *const *argv, char *reason, size_t reason_size,
                     struct vs_sim_options *options_out)
{
	struct vs_sim_options options = {.is_help = false};

	if (argc < 2) {
		(void)snprintf(reason, reason_size,
		               "say what to do; `voltseal-sim --help` lists it");
		return VS_FAIL(CONFIG);
	}
	VS_TRY(set_presets(&options, reason, reason_size));
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		options.is_help = true;
		options.subcommand = VS_SIM_SUBCOMMAND_COUNT;
	} else {
		VS_TRY(find_subcommand(argv[1], reason, reason_size, &options));
		VS_TRY(parse_rest(argc, argv, reason, reason_size, &options));
	}
	*options_out = options;
	return VS_OK;
}

static void
help_all(FILE *stream)
{
	(void)fputs("usage: voltseal-sim SUBCOMMAND [OPTION ...]\n\n", stream);
	for (unsigned i = 0; i < VS_SIM_SUBCOMMAND_COUNT; i++)
		(void)fprintf(stream, "  %-10s %s\n", subcommands[i].name, subcommands[i].help);
	(void)fputs("\nvoltseal-sim SUBCOMMAND --help lists its options.\n"
	            "voltseal-sim version tells which one this is.\n",
	            stream);
}

void
vs_sim_options_help_subcommand(FILE *stream, enum vs_sim_subcommand subcommand)
{
	if (subcommand >= VS_SIM_SUBCOMMAND_COUNT) {
		help_all(stream);
		return;
	}
	(void)fprintf(stream, "usage: voltseal-sim %s %s\n\n%s\n\n", subcommands[subcommand].name,
	              subcommands[subcommand].usage, subcommands[subcommand].help);
	for (unsigned i = 0; i < VS_SIM_OPTION_COUNT; i++) {
		if ((rows[i].subcommands & 1u << subcommand) == 0)
			continue;
		(void)fprintf(stream, "  %s %-*s %s", rows[i].spelling,
		              (int)(22 - strlen(rows[i].spelling)), rows[i].value, rows[i].help);
		if (rows[i].preset != NULL && strcmp(rows[i].preset, "0") != 0)
			(void)fprintf(stream, " (%s)", rows[i].preset);
		(void)fputs("\n", stream);
	}
	(void)fputs("\nSIGINT or SIGTERM ends it in order; a second one at once.\n", stream);
}
