/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"

static char dir[] = "/tmp/voltseal-config-XXXXXX";
static char file[VS_PATH_SIZE], reason[VS_PATH_SIZE + 256];
static struct vs_daemon_options options;

static void
put(const char *name, const char *text)
{
	char path[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, name, path));
	CHECK_OK(vs_file_write(path, vs_bytes_from_text(text)));
}

static vs_result
load(enum vs_daemon_mode mode, const char *flag, const char *variable)
{
	const char *argv[] = {"--config", file, flag};
	const char *environment[] = {"HOME=/nowhere", "VOLTSEAL_READY_FILE=x", variable, NULL};
	const struct vs_daemon_config_layers layers = {
	    .mode = mode,
	    .argc = flag != NULL ? 3 : 2,
	    .argv = (char *const *)(uintptr_t)argv,
	    .environment = (char *const *)(uintptr_t)environment,
	};

	return vs_daemon_config_load(&layers, reason, sizeof(reason), &options);
}

/* Each layer outweighs the one before, and says where it stands. */
static void
later_layers_win(void)
{
	put("v.ini", "[ocpp]\nport = 1001\nheartbeat = 11\ntls_rsa = no\n[api]\nport = 1\n"
	             "[log]\nlevel = warn\n");
	put("conf.d/20.conf", "[ocpp]\nheartbeat = 13\n");
	put("conf.d/10.conf", "[ocpp]\nheartbeat = 12\n[api]\nport = 2\n");
	put("conf.d/99.conf.bak", "this is not read");
	CHECK_OK(load(VS_DAEMON_RUN, "--api-port=4", "VOLTSEAL_API_PORT=3"));
	CHECK(options.number[VS_OPTION_ocpp_port] == 1001);
	CHECK(options.number[VS_OPTION_heartbeat] == 13);
	CHECK(options.number[VS_OPTION_api_port] == 4);
	CHECK(options.number[VS_OPTION_log_level] == 2);
	CHECK(strcmp(options.origin[VS_OPTION_api_port], "flag --api-port") == 0);
	CHECK(strstr(options.origin[VS_OPTION_heartbeat], "conf.d/20.conf:2") != NULL);
	CHECK(options.origin[VS_OPTION_privacy] == NULL);
	vs_daemon_options_done(&options);
	CHECK_OK(load(VS_DAEMON_RUN, NULL, "VOLTSEAL_API_PORT=3"));
	CHECK(options.number[VS_OPTION_api_port] == 3);
	CHECK(strcmp(options.origin[VS_OPTION_api_port], "environment VOLTSEAL_API_PORT") == 0);
	vs_daemon_options_done(&options);
}

static void
what_is_wrong_is_named(void)
{
	static const struct {
		const char *text;
		enum vs_err code;
		const char *says;
	} cases[] = {
	    {"[ocpp]\n\nporrt = 1\n", VS_E_CONFIG_UNKNOWN, ":3: there is no option \"porrt\""},
	    {"[ocpp]\nporrt = 1\n", VS_E_CONFIG_UNKNOWN, "did you mean [ocpp] port?"},
	    {"[log]\nheartbeat = 1\n", VS_E_CONFIG_SECTION, "not in section [log] but in [ocpp]"},
	    {"[nothing]\nxyzzyx = 1\n", VS_E_CONFIG_UNKNOWN, "in section [nothing]"},
	    {"[dev]\nstations = 1\n", VS_E_CONFIG_SECTION, "dev only"},
	    {"[api]\nport = 1\nport = 1\n", VS_E_CONFIG_DUPLICATE, ":3: [api] port is set twice"},
	    {"[api]\nport = x\n", VS_E_CONFIG_VALUE, ":2: [api] port is a number from 0 to 65535"},
	    {"[ocpp]\ntls_min = 1.1\n", VS_E_CONFIG_VALUE, "one of 1.2|1.3"},
	    {"[api]\nport\n", VS_E_CONFIG_SYNTAX, ":2: it is not key = value"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vs_result r;

		put("v.ini", cases[i].text);
		r = load(VS_DAEMON_RUN, NULL, NULL);
		CHECK(r.code == cases[i].code);
		CHECK(strstr(reason, cases[i].says) != NULL && strncmp(reason, dir, 4) == 0);
	}
	put("v.ini", "[dev]\nstations = 9\n");
	CHECK_OK(load(VS_DAEMON_DEV, NULL, NULL));
	CHECK(options.number[VS_OPTION_stations] == 9);
	vs_daemon_options_done(&options);
}

static void
fragments_and_variables_are_checked_too(void)
{
	put("v.ini", "");
	put("conf.d/10.conf", "[ocpp]\nbeat = 12\n");
	CHECK_ERR(load(VS_DAEMON_RUN, NULL, NULL), CONFIG_UNKNOWN);
	CHECK(strstr(reason, "conf.d/10.conf:2") != NULL);
	put("conf.d/10.conf", "");
	CHECK_ERR(load(VS_DAEMON_RUN, NULL, "VOLTSEAL_OCPP_BEAT=1"), CONFIG_UNKNOWN);
	CHECK_ERR(load(VS_DAEMON_RUN, NULL, "VOLTSEAL_OCPP_HEARTBEAT=0"), CONFIG_VALUE);
	CHECK(strstr(reason, "VOLTSEAL_OCPP_HEARTBEAT") != NULL);
	CHECK_ERR(load(VS_DAEMON_RUN, "--stations=1", NULL), CONFIG_UNKNOWN);
	CHECK_OK(load(VS_DAEMON_RUN, NULL, "VOLTSEAL_BUILD=x"));
	vs_daemon_options_done(&options);
	CHECK(unlink(file) == 0);
	CHECK_ERR(load(VS_DAEMON_RUN, NULL, NULL), CONFIG);
}

static void
clean(const char *name, int (*remover)(const char *path))
{
	char path[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, name, path));
	CHECK(remover(path) == 0);
}

int
main(void)
{
	char path[VS_PATH_SIZE];

	CHECK(mkdtemp(dir) != NULL);
	CHECK_OK(vs_path_join(dir, "v.ini", file));
	CHECK_OK(vs_path_join(dir, "conf.d", path));
	CHECK_OK(vs_folder_make(path));
	CASE(later_layers_win);
	CASE(what_is_wrong_is_named);
	CASE(fragments_and_variables_are_checked_too);
	clean("conf.d/10.conf", unlink);
	clean("conf.d/20.conf", unlink);
	clean("conf.d/99.conf.bak", unlink);
	clean("conf.d", rmdir);
	CHECK(rmdir(dir) == 0);
	return 0;
}
