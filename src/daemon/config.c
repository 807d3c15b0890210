/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "daemon/ini.h"

#define FILE_SIZE_MAX  65536
#define ENV_PREFIX     "VOLTSEAL_"
#define ENV_SIZE       80
#define ORIGIN_SIZE    (VS_PATH_SIZE + 32)
#define FRAGMENTS_MAX  64 /* in conf.d */
#define SUGGESTION_MAX 2  /* letters that differ */

struct reading {
	const char *path;
	enum vs_daemon_mode mode;
	struct vs_daemon_options *options;
	bool is_set[VS_OPTION_COUNT]; /* by this file */
	char *reason;
	size_t reason_size;
};

/* --- which option is meant -------------------------------------------------------------------- */

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters have to change, come or go (Levenshtein); names are short. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[VS_DAEMON_INI_NAME_SIZE], size = strlen(b);

	for (size_t k = 0; k <= size && k < VS_DAEMON_INI_NAME_SIZE; k++)
		row[k] = k;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t k = 1; k <= size; k++) {
			size_t above = row[k];

			row[k] =
			    smaller(smaller(row[k - 1], above) + 1, corner + (a[i] != b[k - 1]));
			corner = above;
		}
	}
	return row[size];
}

static bool
is_for(const struct vs_daemon_option_row *row, enum vs_daemon_mode mode)
{
	/* Whoever reads the daemon's file passes over what is the daemon's alone. */
	return (row->modes & ((unsigned)mode | VS_DAEMON_RUN)) != 0;
}

/* "did you mean" for a key that is in no section; "" when nothing is near. */
static void
suggest(const struct vs_daemon_ini_entry *entry, char *text, size_t size)
{
	size_t best = SUGGESTION_MAX + 1;

	text[0] = '\0';
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);
		size_t far;

		if (row->section[0] == '\0')
			continue;
		far = distance(entry->key, row->key);
		if (far > 0 && strcmp(row->section, entry->section) != 0)
			far++;
		if (far >= best)
			continue;
		best = far;
		(void)snprintf(text, size, "; did you mean [%s] %s?", row->section, row->key);
	}
}

static vs_result
refuse_unknown(struct reading *reading, const struct vs_daemon_ini_entry *entry)
{
	char hint[96];

	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);

		if (row->section[0] == '\0' || strcmp(row->key, entry->key) != 0)
			continue;
		(void)snprintf(reading->reason, reading->reason_size,
		               "%s:%zu: \"%s\" is not in section [%s] but in [%s]", reading->path,
		               entry->line, entry->key, entry->section, row->section);
		return VS_FAIL(CONFIG_SECTION);
	}
	suggest(entry, hint, sizeof(hint));
	(void)snprintf(reading->reason, reading->reason_size,
	               "%s:%zu: there is no option \"%s\" in section [%s]%s", reading->path,
	               entry->line, entry->key, entry->section, hint);
	return VS_FAIL(CONFIG_UNKNOWN);
}

static vs_result
take_entry(void *arg, const struct vs_daemon_ini_entry *entry)
{
	struct reading *reading = arg;
	char origin[ORIGIN_SIZE];

	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);

		if (strcmp(row->section, entry->section) != 0 || strcmp(row->key, entry->key) != 0)
			continue;
		if (!is_for(row, reading->mode)) {
			(void)snprintf(reading->reason, reading->reason_size,
			               "%s:%zu: [%s] %s is for voltseald dev only", reading->path,
			               entry->line, entry->section, entry->key);
			return VS_FAIL(CONFIG_SECTION);
		}
		if (reading->is_set[i]) {
			(void)snprintf(reading->reason, reading->reason_size,
			               "%s:%zu: [%s] %s is set twice in this file", reading->path,
			               entry->line, entry->section, entry->key);
			return VS_FAIL(CONFIG_DUPLICATE);
		}
		reading->is_set[i] = true;
		(void)snprintf(origin, sizeof(origin), "%s:%zu", reading->path, entry->line);
		return vs_daemon_option_set(reading->options, (enum vs_daemon_option)i,
		                            entry->value, origin, reading->reason,
		                            reading->reason_size);
	}
	return refuse_unknown(reading, entry);
}

/* --- files ----------------------------------------------------------------------------------- */

static vs_result
config_read(struct vs_bytes text, const char *path, enum vs_daemon_mode mode,
            struct vs_daemon_options *options, char *reason, size_t reason_size)
{
	struct reading reading = {.path = path,
	                          .mode = mode,
	                          .options = options,
	                          .reason = reason,
	                          .reason_size = reason_size};
	const char *why = "";
	size_t line = 0;
	vs_result r = vs_daemon_ini_parse(text, take_entry, &reading, &line, &why);

	if (r.code == VS_E_CONFIG_SYNTAX)
		(void)snprintf(reason, reason_size, "%s:%zu: %s", path, line, why);
	return r;
}

static vs_result
read_file(const char *path, enum vs_daemon_mode mode, struct vs_daemon_options *options,
          char *reason, size_t reason_size)
{
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK) {
		r = config_read(vs_buf_view(&text), path, mode, options, reason, reason_size);
	} else {
		(void)snprintf(reason, reason_size, "%s: the configuration cannot be read (%s)",
		               path, vs_err_text(r.code));
		r = VS_FAIL(CONFIG);
	}
	vs_buf_done(&text);
	return r;
}

static int
is_fragment(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > 5 &&
	       strcmp(entry->d_name + size - 5, ".conf") == 0;
}

/* strcmp, not the locale's order: the same everywhere. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static vs_result
read_fragments(const char *file, enum vs_daemon_mode mode, struct vs_daemon_options *options,
               char *reason, size_t reason_size)
{
	char dir[VS_PATH_SIZE], path[VS_PATH_SIZE];
	struct dirent **entries = NULL;
	const char *slash = strrchr(file, '/');
	vs_result r = VS_OK;
	int count;

	(void)snprintf(path, sizeof(path), "%.*s",
	               slash != NULL ? (int)(slash - file + (slash == file)) : 1,
	               slash != NULL ? file : ".");
	VS_TRY(vs_path_join(path, "conf.d", dir));
	count = scandir(dir, &entries, is_fragment, by_name);
	if (count < 0 && errno != ENOENT && errno != ENOTDIR) {
		(void)snprintf(reason, reason_size, "%s: cannot be read", dir);
		return VS_FAIL(CONFIG);
	}
	if (count > FRAGMENTS_MAX) {
		(void)snprintf(reason, reason_size, "%s: more than %d files", dir, FRAGMENTS_MAX);
		r = VS_FAIL(CONFIG);
	}
	for (int i = 0; i < count; i++) {
		if (r.code == VS_E_OK)
			r = vs_path_join(dir, entries[i]->d_name, path);
		if (r.code == VS_E_OK)
			r = read_file(path, mode, options, reason, reason_size);
		free(entries[i]);
	}
	free(entries);
	return r;
}

const char *
vs_daemon_config_file(const struct vs_daemon_options *options, enum vs_daemon_mode mode)
{
	if (options->text[VS_OPTION_config][0] != '\0')
		return options->text[VS_OPTION_config];
	return mode != VS_DAEMON_DEV && vs_file_exists(VS_DAEMON_CONFIG_FILE)
	           ? VS_DAEMON_CONFIG_FILE
	           : "";
}

/* --- environment ------------------------------------------------------------------------------ */

static void
print_variable(const struct vs_daemon_option_row *row, char name[static ENV_SIZE])
{
	(void)snprintf(name, ENV_SIZE, ENV_PREFIX "%s_%s", row->section, row->key);
	for (size_t i = 0; name[i] != '\0'; i++)
		name[i] = (char)toupper((unsigned char)name[i]);
}

/* The requirement's own names (Deployment Configuration), beside ours: true and false are their
 * words. */
static const struct {
	const char *name;
	enum vs_daemon_option option;
} documented[] = {{"ENABLE_ENCRYPTION", VS_OPTION_enable_encryption},
                  {"INDUSTRIAL_MODE", VS_OPTION_industrial_mode},
                  {"KEY_ROTATION_INTERVAL", VS_OPTION_key_rotation_interval}};

static vs_result
take_documented(const char *variable, size_t size, const char *value, enum vs_daemon_mode mode,
                struct vs_daemon_options *options, char *reason, size_t reason_size)
{
	char origin[ENV_SIZE + 16];

	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++) {
		if (strlen(documented[i].name) != size ||
		    strncmp(documented[i].name, variable, size) != 0 ||
		    !is_for(vs_daemon_option_row(documented[i].option), mode))
			continue;
		if (strcasecmp(value, "true") == 0)
			value = "yes";
		else if (strcasecmp(value, "false") == 0)
			value = "no";
		(void)snprintf(origin, sizeof(origin), "environment %s", documented[i].name);
		return vs_daemon_option_set(options, documented[i].option, value, origin, reason,
		                            reason_size);
	}
	return VS_OK;
}

/* Of one of our sections, but none of its options: a typing error. Other VOLTSEAL_ variables are
 * other programs'. */
static bool
is_stray(const char *variable, size_t size)
{
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const char *section = vs_daemon_option_row((enum vs_daemon_option)i)->section;
		size_t prefix = sizeof(ENV_PREFIX) - 1, length = strlen(section);

		if (length > 0 && size > prefix + length &&
		    strncasecmp(variable + prefix, section, length) == 0 &&
		    variable[prefix + length] == '_')
			return true;
	}
	return false;
}

static vs_result
take_variable(const char *variable, enum vs_daemon_mode mode, struct vs_daemon_options *options,
              char *reason, size_t reason_size)
{
	const char *equals = strchr(variable, '=');
	size_t size = equals != NULL ? (size_t)(equals - variable) : 0;
	char name[ENV_SIZE], origin[ENV_SIZE + 16];

	if (size == 0)
		return VS_OK;
	if (strncmp(variable, ENV_PREFIX, sizeof(ENV_PREFIX) - 1) != 0)
		return take_documented(variable, size, equals + 1, mode, options, reason,
		                       reason_size);
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);

		if (row->section[0] == '\0' || !is_for(row, mode))
			continue;
		print_variable(row, name);
		if (strlen(name) != size || strncmp(name, variable, size) != 0)
			continue;
		(void)snprintf(origin, sizeof(origin), "environment %s", name);
		return vs_daemon_option_set(options, (enum vs_daemon_option)i, equals + 1, origin,
		                            reason, reason_size);
	}
	if (!is_stray(variable, size))
		return VS_OK;
	(void)snprintf(reason, reason_size, "environment: there is no option %.*s", (int)size,
	               variable);
	return VS_FAIL(CONFIG_UNKNOWN);
}

/* --- all layers ------------------------------------------------------------------------------- */

static vs_result
load(const struct vs_daemon_config_layers *layers, char *reason, size_t reason_size,
     struct vs_daemon_options *options)
{
	struct vs_daemon_options flags;
	char file[VS_PATH_SIZE] = "";
	vs_result r = vs_daemon_options_init(&flags);

	/* The flags twice: they say which file, and they outweigh it. */
	if (r.code == VS_E_OK)
		r = vs_daemon_options_parse(layers->mode, layers->argc, layers->argv, reason,
		                            reason_size, &flags);
	if (r.code == VS_E_OK)
		(void)snprintf(file, sizeof(file), "%s",
		               vs_daemon_config_file(&flags, layers->mode));
	vs_daemon_options_done(&flags);
	VS_TRY(r);
	if (file[0] != '\0') {
		VS_TRY(read_file(file, layers->mode, options, reason, reason_size));
		VS_TRY(read_fragments(file, layers->mode, options, reason, reason_size));
	}
	for (size_t i = 0; layers->environment != NULL && layers->environment[i] != NULL; i++)
		VS_TRY(take_variable(layers->environment[i], layers->mode, options, reason,
		                     reason_size));
	return vs_daemon_options_parse(layers->mode, layers->argc, layers->argv, reason,
	                               reason_size, options);
}

vs_result
vs_daemon_config_load(const struct vs_daemon_config_layers *layers, char *reason,
                      size_t reason_size, struct vs_daemon_options *options_out)
{
	struct vs_daemon_options options;
	vs_result r;

	assert(layers != NULL && reason != NULL && options_out != NULL);
	(void)snprintf(reason, reason_size, "the configuration cannot be loaded");
	r = vs_daemon_options_init(&options);
	if (r.code == VS_E_OK)
		r = load(layers, reason, reason_size, &options);
	if (r.code != VS_E_OK) {
		vs_daemon_options_done(&options);
		return r;
	}
	*options_out = options;
	return VS_OK;
}
