/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/dev.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "daemon/await.h"
#include "daemon/seed.h"
#include "daemon/share.h"
#include "daemon/system.h"

struct dev {
	struct vs_daemon_system system;
	char credentials_file[VS_PATH_SIZE], admin_token_file[VS_PATH_SIZE];
	char admin_token[VS_DAEMON_TOKEN_SIZE], login_token[VS_DAEMON_TOKEN_SIZE];
};

static vs_result
find_files(struct dev *dev)
{
	struct vs_daemon_system *system = &dev->system;
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char state_dir[VS_PATH_SIZE];

	if (xdg != NULL && xdg[0] == '/')
		(void)snprintf(state_dir, sizeof(state_dir), "%s/voltseal/dev", xdg);
	else if (home != NULL && home[0] == '/')
		(void)snprintf(state_dir, sizeof(state_dir), "%s/.local/state/voltseal/dev", home);
	else if (system->options->text[VS_OPTION_state][0] == '\0')
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG),
		                             "there is no HOME; name a folder with", "--state DIR");
	VS_TRY(vs_daemon_system_files(system, state_dir));
	VS_TRY(vs_path_join(system->state_dir, "admin.token", dev->admin_token_file));
	return vs_path_join(system->state_dir, "credentials.csv", dev->credentials_file);
}

static vs_result
start_keys(struct vs_daemon_system *system)
{
	struct vs_keys_source setup = {.provider = VS_KEYS_PROVIDER_file};

	memcpy(setup.file, system->keys_dir, sizeof(system->keys_dir));
	return vs_daemon_system_keys(system, &setup, VS_KEYS_DAEMON);
}

static vs_result
open_admin_token(struct dev *dev)
{
	struct vs_secret *secret = NULL;

	vs_random_text(dev->login_token, sizeof(dev->login_token));
	if (!vs_file_exists(dev->admin_token_file)) {
		vs_random_text(dev->admin_token, sizeof(dev->admin_token));
		return vs_file_write(dev->admin_token_file, vs_bytes_from_text(dev->admin_token));
	}
	VS_TRY(vs_file_secret_read(dev->admin_token_file, &secret));
	if (vs_secret_size(secret) != VS_DAEMON_TOKEN_SIZE - 1) {
		vs_secret_free(&secret);
		return vs_daemon_system_fail(&dev->system, VS_FAIL(CONFIG), "not an admin token",
		                             dev->admin_token_file);
	}
	memcpy(dev->admin_token, vs_secret_bytes(secret), VS_DAEMON_TOKEN_SIZE - 1);
	vs_secret_free(&secret);
	return VS_OK;
}

static vs_result
hash_tokens(struct dev *dev)
{
	VS_TRY(vs_crypto_sha256(vs_bytes_from_text(dev->admin_token), dev->system.admin_sha256));
	return vs_crypto_sha256(vs_bytes_from_text(dev->login_token), dev->system.login_sha256);
}

static vs_result
commit_and_wait(void *self, struct vs_core_record *list, size_t count)
{
	return vs_daemon_commit(self, list, count);
}

static vs_result
seed(struct vs_daemon_system *system)
{
	const struct vs_daemon_seed_options options = {
	    .state_dir = system->state_dir,
	    .count = system->options->number[VS_OPTION_stations],
	    .auth = system->options->text[VS_OPTION_auth],
	    .pepper = vs_daemon_system_pepper(system),
	    .pki = system->pki,
	    .keys = system->options->number[VS_OPTION_psk] != 0 ? vs_daemon_keyring(system->daemon)
	                                                        : NULL,
	    .registry = vs_daemon_registry(system->daemon),
	    .commit = {system->daemon, commit_and_wait},
	    .now_ms = vs_clock_wall_ms(),
	};

	VS_TRY(vs_daemon_seed_stations(&options));
	VS_TRY(vs_daemon_seed_tokens(&options));
	return vs_daemon_registry_reload(system->daemon);
}

static vs_result
write_ready(struct dev *dev)
{
	struct vs_daemon_ready ready = {
	    .admin_token = dev->admin_token,
	    .admin_token_file = dev->admin_token_file,
	    .login_token = dev->login_token,
	    .credentials_file = dev->credentials_file,
	    .station_count = dev->system.options->number[VS_OPTION_stations],
	};

	return vs_daemon_system_ready(&dev->system, &ready);
}

static void
greet(const struct dev *dev)
{
	const struct vs_daemon_system *system = &dev->system;
	const char *address = system->options->text[VS_OPTION_address];

	VS_LOG(INFO, "daemon.ready", VS_BYTES_LITERAL("voltseald"),
	       VS_LOG_STR("version", VS_VERSION), VS_LOG_STR("state", system->state_dir),
	       VS_LOG_NUM("ocpp_port", system->ocpp_port), VS_LOG_NUM("api_port", system->api_port),
	       VS_LOG_NUM("stations", vs_core_registry_count(vs_daemon_registry(system->daemon))));
	(void)printf("voltseald dev %s: development certificates, for this machine only\n"
	             "  stations   wss://%s:%u/ocpp/ID   (credentials: %s)\n"
	             "  dashboard  https://%s:%u/        (its CA: %s)\n"
	             "  ready file %s\n",
	             VS_VERSION, address, (unsigned)system->ocpp_port, dev->credentials_file,
	             address, (unsigned)system->api_port, vs_daemon_pki_paths(system->pki)->ca,
	             system->ready_file);
	/* The link is a credential: for the person at the terminal, not for a log that is kept. */
	if (isatty(STDOUT_FILENO))
		(void)printf("  log in     https://%s:%u/login?t=%s   (once)\n", address,
		             (unsigned)system->api_port, dev->login_token);
	(void)fflush(stdout);
}

static vs_result
start(struct dev *dev)
{
	struct vs_daemon_system *system = &dev->system;

	VS_TRY(find_files(dev));
	VS_TRY(start_keys(system));
	VS_TRY(vs_daemon_await_store(system));
	VS_TRY(vs_daemon_share_start(system)); /* before a CA is made that there is already */
	VS_TRY(open_admin_token(dev));
	VS_TRY(hash_tokens(dev));
	VS_TRY(vs_daemon_pki_open(system->state_dir,
	                          vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN),
	                          &vs_daemon_pki_development, &system->pki));
	VS_TRY(vs_daemon_share_start(system));
	VS_TRY(vs_daemon_system_make(system));
	/* The store is ours alone now; a ready file that a killed daemon left would lie. */
	(void)unlink(system->ready_file);
	VS_TRY(seed(system));
	VS_TRY(vs_daemon_system_listen(system));
	return write_ready(dev);
}

int
vs_daemon_dev(int argc, char *const *argv)
{
	static struct dev dev; /* holds tokens: wiped below */
	vs_result r = vs_daemon_system_begin(&dev.system, VS_DAEMON_DEV, argc, argv);
	int code;

	if (r.code == VS_E_OK)
		r = start(&dev);
	if (r.code == VS_E_OK) {
		greet(&dev);
		r = vs_daemon_system_run(&dev.system);
	}
	code = vs_daemon_system_end(&dev.system, r);
	explicit_bzero(&dev, sizeof(dev));
	return code;
}
