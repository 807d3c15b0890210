/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settings.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/metric.h"
#include "test.h"

static char file[VS_PATH_SIZE], reason[VS_PATH_SIZE + 256];
static struct vs_daemon_settings *settings;

static void
put(const char *text)
{
	CHECK_OK(vs_file_write(file, vs_bytes_from_text(text)));
}

static vs_result
again(bool *is_changed)
{
	return vs_daemon_settings_again(settings, is_changed, reason, sizeof(reason));
}

/* What is bad changes nothing; what is good applies what can be applied. */
static void
a_bad_one_is_not_taken(void)
{
	bool is_changed = true;

	CHECK(!vs_log_enabled(VS_LOG_INFO));
	CHECK_OK(again(&is_changed));
	CHECK(!is_changed);
	put("[log]\nlevel = debug\n[ocpp]\nheartbeat = 0\n");
	CHECK_ERR(again(&is_changed), CONFIG_VALUE);
	CHECK(strstr(reason, ":4: ") != NULL && !is_changed);
	CHECK(!vs_log_enabled(VS_LOG_INFO));
	CHECK(vs_metric_read(VS_METRIC_config_last_reload_successful) == 0);
	put("[log]\nlevel = debug\n[ocpp]\nheartbeat = 20\n");
	CHECK_OK(again(&is_changed));
	CHECK(is_changed && vs_log_enabled(VS_LOG_DEBUG));
	CHECK(vs_metric_read(VS_METRIC_config_last_reload_successful) == 1);
	/* What it started with stays as it is: a restart is needed. */
	CHECK(vs_daemon_settings_get(settings)->number[VS_OPTION_heartbeat] == 10);
	CHECK_OK(again(&is_changed));
	CHECK(!is_changed && reason[0] == '\0');
}

/* Until it is as it was at the start, whoever asks is told. */
static void
what_needs_a_restart_is_said(void)
{
	bool is_changed = false;

	put("[log]\nlevel = error\n[ocpp]\nheartbeat = 30\nport = 9443\n[api]\nport = 8443\n");
	CHECK_OK(again(&is_changed));
	CHECK(is_changed);
	CHECK(strcmp(reason, "needs a restart: [ocpp] port, [api] port") == 0);
	put("[log]\nlevel = error\n[ocpp]\nheartbeat = 40\nport = 9443\n");
	CHECK_OK(again(&is_changed));
	CHECK(is_changed && strcmp(reason, "needs a restart: [ocpp] port") == 0);
	CHECK_OK(again(&is_changed));
	CHECK(!is_changed && strcmp(reason, "needs a restart: [ocpp] port") == 0);
	put("[log]\nlevel = error\n[ocpp]\nheartbeat = 10\n");
	CHECK_OK(again(&is_changed));
	CHECK(is_changed && reason[0] == '\0');
}

int
main(void)
{
	char dir[] = "/tmp/voltseal-settings-XXXXXX";
	char *argv[] = {(char[]){"--config"}, file};
	const struct vs_daemon_config_layers layers = {
	    .mode = VS_DAEMON_RUN, .argc = 2, .argv = argv};

	CHECK(mkdtemp(dir) != NULL);
	CHECK_OK(vs_path_join(dir, "v.ini", file));
	put("[nonsense\n");
	CHECK_ERR(vs_daemon_settings_new(&layers, reason, sizeof(reason), &settings),
	          CONFIG_SYNTAX);
	CHECK(settings == NULL);
	put("[log]\nlevel = error\n[ocpp]\nheartbeat = 10\n");
	CHECK_OK(vs_daemon_settings_new(&layers, reason, sizeof(reason), &settings));
	CASE(a_bad_one_is_not_taken);
	CASE(what_needs_a_restart_is_said);
	vs_daemon_settings_free(&settings);
	CHECK(unlink(file) == 0 && rmdir(dir) == 0);
	return 0;
}
