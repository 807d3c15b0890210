/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/await.h"
#include "daemon/production.h"
#include "daemon/share.h"
#include "daemon/system.h"
#include "wire/base64.h"

#define STATE_DIR "/var/lib/voltseal"

static void
tell(void *arg, const struct vs_daemon_refusal_row *row, const char *subject)
{
	(void)arg;
	(void)fprintf(stderr,
	              "voltseald: VS-%d: production mode refuses %s: %s\n  to mend it: %s\n",
	              row->code, row->what, subject, row->mend);
}

static vs_result
check(struct vs_daemon_system *system, enum vs_daemon_production_phase phase,
      const struct vs_daemon_production_facts *facts)
{
	size_t count = vs_daemon_production_check(phase, facts, tell, NULL);

	if (count == 0)
		return VS_OK;
	(void)snprintf(system->reason, sizeof(system->reason),
	               "%zu refusal%s, above; doc/operations.md says more", count,
	               count == 1 ? "" : "s");
	return VS_FAIL(REFUSED);
}

/* 64 hexadecimal digits; what is absent is all zero, which no token matches. */
static vs_result
read_hash(struct vs_daemon_system *system, const char *name, char path[static VS_PATH_SIZE],
          uint8_t hash_out[static VS_SHA256_SIZE])
{
	struct vs_buf text;
	size_t size = 0;
	vs_result r;

	VS_TRY(vs_path_join(system->state_dir, name, path));
	if (!vs_file_exists(path))
		return VS_OK;
	vs_buf_init(&text, 4 * VS_SHA256_SIZE);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = vs_hex_decode(vs_buf_view(&text), hash_out, VS_SHA256_SIZE, &size);
	if (r.code == VS_E_OK && size != VS_SHA256_SIZE)
		r = VS_FAIL(CONFIG);
	vs_buf_done(&text);
	return r.code == VS_E_OK
	           ? r
	           : vs_daemon_system_fail(system, VS_FAIL(CONFIG),
	                                   "not the hash of a token (voltseald init made it)",
	                                   path);
}

static vs_result
open_keys(struct vs_daemon_system *system, struct vs_daemon_production_facts *facts)
{
	struct vs_keys_ca_view view;
	vs_result r = vs_daemon_system_keys(system, NULL, VS_KEYS_DAEMON);

	if (r.code != VS_E_OK) {
		char fault[VS_DAEMON_REASON_SIZE];

		memcpy(fault, system->reason, sizeof(fault));
		facts->keyd_fault = fault;
		r = check(system, VS_DAEMON_PRODUCTION_CA, facts);
		facts->keyd_fault = NULL;
		return r;
	}
	VS_TRY(vs_daemon_await_store(system));
	VS_TRY(vs_daemon_share_start(system));
	r = vs_daemon_pki_open(system->state_dir,
	                       vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN), NULL,
	                       &system->pki);
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	if (r.code == VS_E_OK) {
		vs_daemon_pki_view(system->pki, &view);
		facts->ca = &view;
	}
	r = check(system, VS_DAEMON_PRODUCTION_CA, facts);
	facts->ca = NULL;
	return r;
}

static vs_result
start(struct vs_daemon_system *system)
{
	const char *state_dir = getenv("STATE_DIRECTORY"); /* of the unit */
	struct vs_daemon_production_facts facts = {
	    .options = system->options,
	    .config_file = vs_daemon_config_file(system->options, VS_DAEMON_RUN),
	    .state_dir = system->state_dir,
	};
	struct vs_daemon_ready ready = {.station_count = 0};
	char path[VS_PATH_SIZE];

	VS_TRY(check(system, VS_DAEMON_PRODUCTION_OPTIONS, &facts));
	VS_TRY(vs_daemon_system_files(
	    system, state_dir != NULL && state_dir[0] == '/' ? state_dir : STATE_DIR));
	VS_TRY(check(system, VS_DAEMON_PRODUCTION_STATE, &facts));
	VS_TRY(read_hash(system, "admin.sha256", path, system->admin_sha256));
	VS_TRY(open_keys(system, &facts));
	VS_TRY(read_hash(system, "login.sha256", system->login_file, system->login_sha256));
	VS_TRY(vs_daemon_system_make(system));
	(void)unlink(system->ready_file);
	VS_TRY(vs_daemon_system_listen(system));
	return vs_daemon_system_ready(system, &ready);
}

int
vs_daemon_serve(int argc, char *const *argv)
{
	static struct vs_daemon_system system;
	vs_result r = vs_daemon_system_begin(&system, VS_DAEMON_RUN, argc, argv);

	if (r.code == VS_E_OK)
		r = start(&system);
	if (r.code == VS_E_OK) {
		VS_LOG(INFO, "daemon.ready", VS_BYTES_LITERAL("voltseald"),
		       VS_LOG_STR("version", VS_VERSION), VS_LOG_STR("mode", "production"),
		       VS_LOG_STR("state", system.state_dir),
		       VS_LOG_NUM("ocpp_port", system.ocpp_port),
		       VS_LOG_NUM("api_port", system.api_port),
		       VS_LOG_NUM("stations",
		                  vs_core_registry_count(vs_daemon_registry(system.daemon))));
		r = vs_daemon_system_run(&system);
	}
	return vs_daemon_system_end(&system, r);
}
