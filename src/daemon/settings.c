/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settings.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"

struct vs_daemon_settings {
	struct vs_daemon_config_layers layers;
	struct vs_daemon_options start, current;
	bool is_bad; /* at the last reload */
	void (*changed)(void *arg, const struct vs_daemon_options *options);
	void *arg;
};

/* The words of the choices stand in the order of the enumerations. */
static void
apply(const struct vs_daemon_options *options)
{
	vs_log_configure((enum vs_log_level)options->number[VS_OPTION_log_level],
	                 (enum vs_log_format)options->number[VS_OPTION_log_format], STDERR_FILENO);
}

vs_result
vs_daemon_settings_new(const struct vs_daemon_config_layers *layers, char *reason,
                       size_t reason_size, struct vs_daemon_settings **settings_out)
{
	struct vs_daemon_settings *settings = calloc(1, sizeof(*settings));
	vs_result r;

	if (settings == NULL)
		return VS_FAIL(NO_MEMORY);
	settings->layers = *layers;
	r = vs_daemon_config_load(layers, reason, reason_size, &settings->start);
	if (r.code == VS_E_OK)
		r = vs_daemon_config_load(layers, reason, reason_size, &settings->current);
	if (r.code == VS_E_OK && !vs_log_set_journal(settings->start.text[VS_OPTION_log_journal])) {
		(void)snprintf(reason, reason_size, "log.journal: it is too long for a socket");
		r = VS_FAIL(TOO_LONG);
	}
	if (r.code != VS_E_OK) {
		vs_daemon_settings_free(&settings);
		return r;
	}
	apply(&settings->start);
	vs_metric_add(VS_METRIC_config_last_reload_successful, 1);
	*settings_out = settings;
	return VS_OK;
}

void
vs_daemon_settings_free(struct vs_daemon_settings **settings)
{
	assert(settings != NULL);
	if (*settings == NULL)
		return;
	vs_daemon_options_done(&(*settings)->start);
	vs_daemon_options_done(&(*settings)->current);
	free(*settings);
	*settings = NULL;
}

const struct vs_daemon_options *
vs_daemon_settings_get(const struct vs_daemon_settings *settings)
{
	return &settings->start;
}

void
vs_daemon_settings_on_change(struct vs_daemon_settings *settings,
                             void (*changed)(void *arg, const struct vs_daemon_options *options),
                             void *arg)
{
	settings->changed = changed;
	settings->arg = arg;
}

static void
mark(struct vs_daemon_settings *settings, bool is_bad)
{
	if (settings->is_bad != is_bad)
		vs_metric_add(VS_METRIC_config_last_reload_successful, is_bad ? -1 : 1);
	settings->is_bad = is_bad;
}

/* What runs with another value than it would have after a restart, for whoever asked. */
static void
tell_pending(const struct vs_daemon_settings *settings, char *reason, size_t reason_size)
{
	size_t used = 0;

	reason[0] = '\0';
	for (int i = 0; i < VS_OPTION_COUNT && used < reason_size; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);
		char name[64];
		int size;

		if (row->is_live || strcmp(settings->current.text[i], settings->start.text[i]) == 0)
			continue;
		vs_daemon_option_print(row, name, sizeof(name));
		size = snprintf(reason + used, reason_size - used, "%s%s",
		                used == 0 ? "needs a restart: " : ", ", name);
		used += size > 0 ? (size_t)size : 0;
	}
}

vs_result
vs_daemon_settings_again(void *self, bool *is_changed_out, char *reason, size_t reason_size)
{
	struct vs_daemon_settings *settings = self;
	struct vs_daemon_options loaded;
	bool is_changed = false;
	vs_result r = vs_daemon_config_load(&settings->layers, reason, reason_size, &loaded);

	mark(settings, r.code != VS_E_OK);
	VS_TRY(r);
	for (int i = 0; i < VS_OPTION_COUNT; i++) {
		const struct vs_daemon_option_row *row =
		    vs_daemon_option_row((enum vs_daemon_option)i);
		char name[64];

		if (strcmp(loaded.text[i], settings->current.text[i]) == 0)
			continue;
		is_changed = true;
		vs_daemon_option_print(row, name, sizeof(name));
		if (row->is_live)
			VS_LOG(INFO, "config.changed", vs_bytes_from_text(name),
			       VS_LOG_STR("value", loaded.text[i]));
		else
			VS_LOG(WARN, "config.needs_restart", vs_bytes_from_text(name),
			       VS_LOG_STR("value", loaded.text[i]),
			       VS_LOG_STR("in_force", settings->start.text[i]));
	}
	vs_daemon_options_done(&settings->current);
	settings->current = loaded;
	apply(&settings->current);
	if (is_changed && settings->changed != NULL)
		settings->changed(settings->arg, &settings->current);
	tell_pending(settings, reason, reason_size);
	*is_changed_out = is_changed;
	return VS_OK;
}
