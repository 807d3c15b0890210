/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define WORD_MAX 32u
#define WORDS    (VS_CLI_POSITIONALS + 2) /* noun, verb, arguments */

#define GLOBAL  VS_CLI_GLOBAL
#define COMMAND VS_CLI_COMMAND
const struct vs_cli_option vs_cli_options[VS_CLI_OPTION_COUNT] = {
#define VS_OPTION(name, letter, value, scope, help) {name, letter, value, scope, help},
#include "cli/options.def"
#undef VS_OPTION
};

const struct vs_cli_command vs_cli_commands[] = {
#define VS_COMMAND(noun, verb, handler, arguments, options, help, example)                         \
	{noun, verb, vs_cli_run_##handler, arguments, options, help, example},
#include "cli/commands.def"
#undef VS_COMMAND
};
const size_t vs_cli_command_count = sizeof(vs_cli_commands) / sizeof(vs_cli_commands[0]);

/* How many letters must change (Levenshtein); long words are far from all others. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], length_a = strlen(a), length_b = strlen(b);

	if (length_a > WORD_MAX || length_b > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= length_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length_b; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j - 1] + 1 < change)
				change = row[j - 1] + 1;
			if (row[j] + 1 < change)
				change = row[j] + 1;
			row[j] = change;
		}
	}
	return row[length_b];
}

/* `best` is kept when it is as near; a word of which half is wrong was not meant. */
static void
offer(const char *word, const char *candidate, const char **best, size_t *best_distance)
{
	size_t d = distance(word, candidate);

	if (d < *best_distance && d * 2 <= strlen(candidate)) {
		*best_distance = d;
		*best = candidate;
	}
}

bool
vs_cli_command_takes(const struct vs_cli_command *command, const char *option_name)
{
	size_t length = strlen(option_name);

	for (const char *at = command->options; *at != '\0'; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && strncmp(at, option_name, word) == 0)
			return true;
		at += word;
	}
	return false;
}

static const char *
nearest_option(const char *word)
{
	const char *best = NULL;
	size_t best_distance = WORD_MAX;

	for (size_t i = 0; i < VS_CLI_OPTION_COUNT; i++)
		offer(word, vs_cli_options[i].name, &best, &best_distance);
	return best;
}

static vs_result
wrong_option(const char *text, size_t length, char *reason, size_t reason_size)
{
	char word[WORD_MAX + 1] = "";
	const char *meant;

	if (length <= WORD_MAX)
		memcpy(word, text, length);
	meant = nearest_option(word);
	(void)snprintf(reason, reason_size, "there is no option --%.*s%s%s%s", (int)length, text,
	               meant != NULL ? "; did you mean --" : "", meant != NULL ? meant : "",
	               meant != NULL ? "?" : "");
	return VS_FAIL(BAD_VALUE);
}

static size_t
find_option(const char *text, size_t length, char letter)
{
	size_t i = 0;

	for (; i < VS_CLI_OPTION_COUNT; i++) {
		const struct vs_cli_option *o = &vs_cli_options[i];

		if (letter != '\0'
		        ? o->letter == letter
		        : strlen(o->name) == length && strncmp(o->name, text, length) == 0)
			break;
	}
	return i;
}

/* argv[*at] is an option; *at moves onto its value when that is a word of its own. */
static vs_result
take_option(int argc, char *const *argv, int *at, struct vs_cli_args *args, char *reason,
            size_t reason_size)
{
	const char *text = argv[*at];
	bool is_long = text[1] == '-';
	const char *name = text + (is_long ? 2 : 1);
	size_t length = is_long ? strcspn(name, "=") : 1;
	size_t i = find_option(name, length, is_long ? '\0' : name[0]);
	const char *rest = name + length;

	if (i == VS_CLI_OPTION_COUNT)
		return wrong_option(name, is_long ? length : strlen(name), reason, reason_size);
	if (vs_cli_options[i].value == NULL) {
		if (*rest != '\0') {
			(void)snprintf(reason, reason_size, "--%s takes no value",
			               vs_cli_options[i].name);
			return VS_FAIL(BAD_VALUE);
		}
		args->values[i] = "";
		return VS_OK;
	}
	if (*rest != '\0') {
		args->values[i] = is_long ? rest + 1 : rest;
	} else if (*at + 1 < argc) {
		args->values[i] = argv[++*at];
	} else {
		(void)snprintf(reason, reason_size, "--%s needs a value: %s",
		               vs_cli_options[i].name, vs_cli_options[i].value);
		return VS_FAIL(BAD_VALUE);
	}
	return VS_OK;
}

static bool
is_noun(const char *word)
{
	bool found = false;

	for (size_t i = 0; i < vs_cli_command_count; i++)
		found = found || strcmp(vs_cli_commands[i].noun, word) == 0;
	return found;
}

static const struct vs_cli_command *
find_help(void)
{
	size_t i = 0;

	while (vs_cli_commands[i].run != vs_cli_run_help)
		i++;
	return &vs_cli_commands[i];
}

static vs_result
no_command(const char *noun, const char *verb, char *reason, size_t reason_size)
{
	const char *best = NULL;
	size_t best_distance = WORD_MAX;
	bool has_noun = is_noun(noun);

	for (size_t i = 0; i < vs_cli_command_count; i++) {
		if (!has_noun)
			offer(noun, vs_cli_commands[i].noun, &best, &best_distance);
		else if (verb != NULL && strcmp(vs_cli_commands[i].noun, noun) == 0)
			offer(verb, vs_cli_commands[i].verb, &best, &best_distance);
	}
	if (has_noun && verb == NULL)
		(void)snprintf(reason, reason_size, "%s needs a verb; see: voltseal %s --help",
		               noun, noun);
	else
		(void)snprintf(reason, reason_size, "there is no command %s%s%s%s%s%s", noun,
		               has_noun ? " " : "", has_noun ? verb : "",
		               best != NULL ? "; did you mean " : "", best != NULL ? best : "",
		               best != NULL ? "?" : "");
	return VS_FAIL(BAD_VALUE);
}

static vs_result
check_arguments(const struct vs_cli_args *args, char *reason, size_t reason_size)
{
	const struct vs_cli_command *command = args->command;
	size_t least = 0, most = 0;

	for (const char *at = command->arguments; *at != '\0'; at += strspn(at, " ")) {
		least += *at != '[';
		most++;
		at += strcspn(at, " ");
	}
	if (args->positional_count < least || args->positional_count > most) {
		(void)snprintf(reason, reason_size, "%s argument; it is: voltseal %s%s%s %s",
		               args->positional_count < least ? "missing" : "too many",
		               command->noun, command->verb[0] != '\0' ? " " : "", command->verb,
		               command->arguments);
		return VS_FAIL(BAD_VALUE);
	}
	for (size_t i = 0; i < VS_CLI_OPTION_COUNT; i++) {
		if (args->values[i] == NULL || vs_cli_options[i].scope == VS_CLI_GLOBAL ||
		    vs_cli_command_takes(command, vs_cli_options[i].name))
			continue;
		(void)snprintf(reason, reason_size, "%s%s%s takes no --%s", command->noun,
		               command->verb[0] != '\0' ? " " : "", command->verb,
		               vs_cli_options[i].name);
		return VS_FAIL(BAD_VALUE);
	}
	return VS_OK;
}

static vs_result
take_words(const char *const *words, size_t count, struct vs_cli_args *args, char *reason,
           size_t reason_size)
{
	size_t used = 0;

	for (size_t i = 0; i < vs_cli_command_count && args->command == NULL; i++) {
		const struct vs_cli_command *c = &vs_cli_commands[i];

		if (strcmp(c->noun, words[0]) != 0)
			continue;
		if (c->verb[0] == '\0' || (count > 1 && strcmp(c->verb, words[1]) == 0)) {
			args->command = c;
			used = c->verb[0] == '\0' ? 1 : 2;
		}
	}
	/* "station --help": all verbs of the noun, as "help station" lists them */
	if (args->command == NULL && count == 1 && vs_cli_args_get(args, "help") != NULL &&
	    is_noun(words[0])) {
		args->positionals[args->positional_count++] = words[0];
		args->command = find_help();
		return VS_OK;
	}
	if (args->command == NULL)
		return no_command(words[0], count > 1 ? words[1] : NULL, reason, reason_size);
	for (; used < count && args->positional_count < VS_CLI_POSITIONALS; used++)
		args->positionals[args->positional_count++] = words[used];
	if (vs_cli_args_get(args, "help") != NULL)
		return VS_OK; /* whoever asks for help need not know the arguments */
	return check_arguments(args, reason, reason_size);
}

vs_result
vs_cli_args_parse(int argc, char *const *argv, struct vs_cli_args *args, char *reason,
                  size_t reason_size)
{
	const char *words[WORDS];
	size_t count = 0;
	bool is_rest = false;

	assert(args != NULL && reason != NULL && reason_size > 0);
	memset(args, 0, sizeof(*args));
	reason[0] = '\0';
	for (int i = 1; i < argc; i++) {
		if (!is_rest && strcmp(argv[i], "--") == 0) {
			is_rest = true;
		} else if (!is_rest && argv[i][0] == '-' && argv[i][1] != '\0') {
			VS_TRY(take_option(argc, argv, &i, args, reason, reason_size));
		} else if (count < WORDS) {
			words[count++] = argv[i];
		} else {
			(void)snprintf(reason, reason_size, "too many arguments, from '%.60s' on",
			               argv[i]);
			return VS_FAIL(BAD_VALUE);
		}
	}
	if (count == 0)
		return VS_OK;
	return take_words(words, count, args, reason, reason_size);
}

const char *
vs_cli_args_get(const struct vs_cli_args *args, const char *name)
{
	size_t i = find_option(name, strlen(name), '\0');

	assert(i < VS_CLI_OPTION_COUNT);
	return args->values[i];
}
