/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/dev.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/password.h"
#include "daemon/daemon.h"
#include "daemon/harden.h"
#include "daemon/keyd.h"
#include "daemon/ready.h"
#include "daemon/seed.h"
#include "daemon/settings.h"

#define TOKEN_TEXT_SIZE 44 /* 43 characters of [A-Za-z0-9]: 256 bits */
#define REASON_SIZE     (VS_PATH_SIZE + 256)
#define PORTS_SIZE_MAX  64

struct dev {
	struct vs_daemon_settings *settings;
	const struct vs_daemon_options *options; /* of the settings */
	char state_dir[VS_PATH_SIZE];
	char ready_file[VS_PATH_SIZE];
	char store_file[VS_PATH_SIZE], keystore_file[VS_PATH_SIZE], admin_token_file[VS_PATH_SIZE];
	char keys_dir[VS_PATH_SIZE];
	char sessions_file[VS_PATH_SIZE];
	char credentials_file[VS_PATH_SIZE], ports_file[VS_PATH_SIZE];
	char admin_token[TOKEN_TEXT_SIZE], login_token[TOKEN_TEXT_SIZE];
	uint16_t ocpp_port, api_port;
	struct vs_daemon_keyd *keyd;
	struct vs_daemon_pki *pki;
	struct vs_daemon *daemon;
	bool is_ready_written;
	char reason[REASON_SIZE]; /* for a person, when something failed */
};

static vs_result
fail(struct dev *dev, vs_result r, const char *what, const char *subject)
{
	(void)snprintf(dev->reason, sizeof(dev->reason), "%s: %s (%s)", what, subject,
	               vs_err_text(r.code));
	return r;
}

static vs_result
find_state_dir(struct dev *dev)
{
	const char *given = dev->options->text[VS_OPTION_state];
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	vs_result r;

	if (given[0] != 0)
		(void)snprintf(dev->state_dir, sizeof(dev->state_dir), "%s", given);
	else if (xdg != NULL && xdg[0] == '/')
		(void)snprintf(dev->state_dir, sizeof(dev->state_dir), "%s/voltseal/dev", xdg);
	else if (home != NULL && home[0] == '/')
		(void)snprintf(dev->state_dir, sizeof(dev->state_dir),
		               "%s/.local/state/voltseal/dev", home);
	else
		return fail(dev, VS_FAIL(CONFIG), "there is no HOME; name a folder with",
		            "--state DIR");
	r = vs_folder_make(dev->state_dir);
	if (r.code != VS_E_OK)
		(void)snprintf(dev->reason, sizeof(dev->reason),
		               "the state folder %s cannot be made: %s; name another with --state",
		               dev->state_dir, strerrordesc_np(errno));
	return r;
}

static vs_result
find_files(struct dev *dev)
{
	VS_TRY(vs_path_join(dev->state_dir, "voltseal.db", dev->store_file));
	VS_TRY(vs_path_join(dev->state_dir, "keystore.db", dev->keystore_file));
	VS_TRY(vs_path_join(dev->state_dir, "keys", dev->keys_dir));
	VS_TRY(vs_path_join(dev->state_dir, "admin.token", dev->admin_token_file));
	VS_TRY(vs_path_join(dev->state_dir, "sessions", dev->sessions_file));
	VS_TRY(vs_path_join(dev->state_dir, "credentials.csv", dev->credentials_file));
	VS_TRY(vs_path_join(dev->state_dir, "ports", dev->ports_file));
	if (dev->options->text[VS_OPTION_ready_file][0] == 0)
		return vs_path_join(dev->state_dir, "ready.json", dev->ready_file);
	(void)snprintf(dev->ready_file, sizeof(dev->ready_file), "%s",
	               dev->options->text[VS_OPTION_ready_file]);
	return VS_OK;
}

/* Before all else: it is forked while there is one thread and nothing listens. */
static vs_result
start_keyd(struct dev *dev)
{
	char pepper_file[VS_PATH_SIZE];
	struct vs_daemon_keyd_options options = {
	    .dir = dev->keys_dir,
	    .pepper_file = pepper_file,
	    .store_file = dev->store_file,
	    .is_created = true,
	    .setup = {.provider = VS_KEYS_PROVIDER_file},
	    .input = {.fd = -1},
	    .is_core_allowed = dev->options->number[VS_OPTION_allow_core] != 0,
	    .sender = VS_KEYS_DAEMON,
	};

	VS_TRY(vs_path_join(dev->state_dir, "pepper.key", pepper_file));
	memcpy(options.setup.file, dev->keys_dir, sizeof(dev->keys_dir));
	return vs_daemon_keyd_start(&options, dev->reason, sizeof(dev->reason), &dev->keyd);
}

static vs_result
verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
         struct vs_bytes password, uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE],
         uint32_t *version_out)
{
	struct dev *dev = self;

	return vs_keys_client_verifier(vs_daemon_keyd_client(dev->keyd, VS_DAEMON_KEYD_LOGIN),
	                               version, tenant, identity, password, verifier_out,
	                               version_out);
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
	if (vs_secret_size(secret) != TOKEN_TEXT_SIZE - 1) {
		vs_secret_free(&secret);
		return fail(dev, VS_FAIL(CONFIG), "not an admin token", dev->admin_token_file);
	}
	memcpy(dev->admin_token, vs_secret_bytes(secret), TOKEN_TEXT_SIZE - 1);
	vs_secret_free(&secret);
	return VS_OK;
}

/* Ports: what was asked for, else those of the last start, else free ones. */
static void
find_ports(struct dev *dev)
{
	struct vs_buf text;
	unsigned ocpp = 0, api = 0;

	vs_buf_init(&text, PORTS_SIZE_MAX);
	if (vs_file_read(dev->ports_file, &text).code == VS_E_OK &&
	    vs_buf_append_byte(&text, 0).code == VS_E_OK) {
		char *end = NULL;

		ocpp = (unsigned)strtoul((const char *)text.data, &end, 10);
		api = (unsigned)strtoul(end, NULL, 10);
	}
	vs_buf_done(&text);
	dev->ocpp_port = (uint16_t)dev->options->number[VS_OPTION_ocpp_port];
	dev->api_port = (uint16_t)dev->options->number[VS_OPTION_api_port];
	if (dev->ocpp_port == 0 && ocpp <= UINT16_MAX)
		dev->ocpp_port = (uint16_t)ocpp;
	if (dev->api_port == 0 && api <= UINT16_MAX)
		dev->api_port = (uint16_t)api;
}

static vs_result
keep_ports(const struct dev *dev)
{
	char text[PORTS_SIZE_MAX];

	(void)snprintf(text, sizeof(text), "%u %u\n", (unsigned)dev->ocpp_port,
	               (unsigned)dev->api_port);
	return vs_file_write(dev->ports_file, vs_bytes_from_text(text));
}

/* "policy" is no way to prove an identity: each station has its own. */
static enum vs_core_auth
required_auth(const struct vs_daemon_options *options)
{
	enum vs_core_auth auth;

	return vs_core_auth_parse(vs_bytes_from_text(options->text[VS_OPTION_profile]), &auth)
	                   .code == VS_E_OK
	           ? auth
	           : VS_CORE_AUTH_COUNT;
}

static vs_result
certify(void *arg, struct vs_certs *certs, bool *is_changed_out)
{
	struct dev *dev = arg;

	return vs_daemon_pki_serve(dev->pki, certs, vs_clock_wall_ms(), is_changed_out);
}

static vs_result
make_daemon(struct dev *dev)
{
	const struct vs_daemon_pki_paths *paths = vs_daemon_pki_paths(dev->pki);
	const char *trusted = dev->options->text[VS_OPTION_trusted_prefixes];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct vs_daemon_setup setup = {
	    .store_file = dev->store_file,
	    .keystore_file = dev->keystore_file,
	    .keyd = dev->keyd,
	    .cert_client = vs_daemon_keyd_client(dev->keyd, VS_DAEMON_KEYD_MAIN),
	    .certify = certify,
	    .certify_arg = dev,
	    .session_file = dev->sessions_file,
	    .address = dev->options->text[VS_OPTION_address],
	    .ocpp_port = dev->ocpp_port,
	    .api_port = dev->api_port,
	    .profile1_port = (uint16_t)dev->options->number[VS_OPTION_insecure_profile1_port],
	    .profile0_port = (uint16_t)dev->options->number[VS_OPTION_insecure_profile0_port],
	    .reactor_count = (unsigned)dev->options->number[VS_OPTION_reactors],
	    .ocpp_tls =
		{
		    .cert_files = {paths->server_ec, paths->server_rsa},
		    .key_files = {paths->server_ec, paths->server_rsa},
		    .client_ca_file = paths->station_ca,
		    .client_ca_file_extra = dev->options->text[VS_OPTION_station_ca][0] != '\0'
	                                        ? dev->options->text[VS_OPTION_station_ca]
	                                        : NULL,
		    .verify = VS_TLS_VERIFY_REQUEST,
		    .is_tls12_allowed = strcmp(dev->options->text[VS_OPTION_tls_min], "1.2") == 0,
		    .is_tls_rsa_allowed = dev->options->number[VS_OPTION_tls_rsa] != 0,
		},
	    .api_tls = {.cert_files = {paths->server_ec, NULL},
	                .key_files = {paths->server_ec, NULL}},
	    .heartbeat_interval_s = (uint32_t)dev->options->number[VS_OPTION_heartbeat],
	    .key_times.kek_period_ms = dev->options->number[VS_OPTION_kek_period] * 1000,
	    .keys_client = vs_daemon_keyd_client(dev->keyd, VS_DAEMON_KEYD_STORE),
	    .pepper = {dev, verifier},
	    .required_auth = required_auth(dev->options),
	    .is_strict = strcmp(dev->options->text[VS_OPTION_privacy], "strict") == 0,
	    .configure = vs_daemon_settings_again,
	    .configure_arg = dev->settings,
	    .trusted_prefixes = strcmp(trusted, "none") == 0 ? "" : trusted,
	    .ca_file = paths->ca,
	    .crl_files = dev->options->text[VS_OPTION_crl],
	    .trust_file = dev->options->text[VS_OPTION_trust],
	    .is_stale_allowed = strcmp(dev->options->text[VS_OPTION_revocation_fail], "open") == 0,
	    .admin_token = dev->admin_token,
	    .login_token = dev->login_token,
	};

	if (setup.required_auth == VS_CORE_AUTH_MTLS ||
	    setup.required_auth == VS_CORE_AUTH_MTLS_BASIC)
		setup.ocpp_tls.verify = VS_TLS_VERIFY_REQUIRE;
	if (setup.reactor_count == 0)
		setup.reactor_count = cores > 0 && cores <= VS_DAEMON_REACTORS_MAX
		                          ? (unsigned)cores
		                          : VS_DAEMON_REACTORS_MAX;
	return vs_daemon_new(&setup, dev->reason, sizeof(dev->reason), &dev->daemon);
}

static vs_result
commit_and_wait(void *self, struct vs_core_record *list, size_t count)
{
	return vs_daemon_commit(self, list, count);
}

static vs_result
seed(struct dev *dev)
{
	const struct vs_daemon_seed_options options = {
	    .state_dir = dev->state_dir,
	    .count = dev->options->number[VS_OPTION_stations],
	    .auth = dev->options->text[VS_OPTION_auth],
	    .pepper = {dev, verifier},
	    .pki = dev->pki,
	    .registry = vs_daemon_registry(dev->daemon),
	    .commit = {dev->daemon, commit_and_wait},
	    .now_ms = vs_clock_wall_ms(),
	};

	VS_TRY(vs_daemon_seed_stations(&options));
	VS_TRY(vs_daemon_seed_tokens(&options));
	return vs_daemon_registry_reload(dev->daemon);
}

static vs_result
write_ready(struct dev *dev)
{
	const struct vs_daemon_ready ready = {
	    .state_dir = dev->state_dir,
	    .address = dev->options->text[VS_OPTION_address],
	    .ocpp_port = dev->ocpp_port,
	    .api_port = dev->api_port,
	    .ca_file = vs_daemon_pki_paths(dev->pki)->ca,
	    .admin_token = dev->admin_token,
	    .admin_token_file = dev->admin_token_file,
	    .login_token = dev->login_token,
	    .credentials_file = dev->credentials_file,
	    .store_file = dev->store_file,
	    .station_count = dev->options->number[VS_OPTION_stations],
	};
	vs_result r = vs_daemon_ready_write(dev->ready_file, &ready);

	dev->is_ready_written = r.code == VS_E_OK;
	return r.code == VS_E_OK ? r : fail(dev, r, "cannot write", dev->ready_file);
}

static void
greet(const struct dev *dev)
{
	const char *address = dev->options->text[VS_OPTION_address];

	VS_LOG(INFO, "daemon.ready", VS_BYTES_LITERAL("voltseald"),
	       VS_LOG_STR("version", VS_VERSION), VS_LOG_STR("state", dev->state_dir),
	       VS_LOG_NUM("ocpp_port", dev->ocpp_port), VS_LOG_NUM("api_port", dev->api_port),
	       VS_LOG_NUM("stations", vs_core_registry_count(vs_daemon_registry(dev->daemon))));
	(void)printf("voltseald dev %s: development certificates, for this machine only\n"
	             "  stations   wss://%s:%u/ocpp/ID   (credentials: %s)\n"
	             "  dashboard  https://%s:%u/        (its CA: %s)\n"
	             "  ready file %s\n",
	             VS_VERSION, address, (unsigned)dev->ocpp_port, dev->credentials_file, address,
	             (unsigned)dev->api_port, vs_daemon_pki_paths(dev->pki)->ca, dev->ready_file);
	/* The link is a credential: for the person at the terminal, not for a log that is kept. */
	if (isatty(STDOUT_FILENO))
		(void)printf("  log in     https://%s:%u/login?t=%s   (once)\n", address,
		             (unsigned)dev->api_port, dev->login_token);
	(void)fflush(stdout);
}

static vs_result
start(struct dev *dev)
{
	VS_TRY(find_state_dir(dev));
	VS_TRY(find_files(dev));
	VS_TRY(start_keyd(dev));
	VS_TRY(open_admin_token(dev));
	VS_TRY(vs_daemon_pki_open(
	    dev->state_dir, vs_daemon_keyd_client(dev->keyd, VS_DAEMON_KEYD_MAIN), &dev->pki));
	find_ports(dev);
	VS_TRY(make_daemon(dev));
	/* The store is ours alone now; a ready file that a killed daemon left would lie. */
	(void)unlink(dev->ready_file);
	VS_TRY(seed(dev));
	VS_TRY(vs_daemon_listen(dev->daemon, dev->reason, sizeof(dev->reason), &dev->ocpp_port,
	                        &dev->api_port));
	VS_TRY(keep_ports(dev));
	VS_TRY(vs_keys_client_running(vs_daemon_keyd_client(dev->keyd, VS_DAEMON_KEYD_MAIN)));
	return write_ready(dev);
}

static vs_result
run(struct dev *dev)
{
	char epitaph[64];
	vs_result r;

	greet(dev);
	r = vs_daemon_run(dev->daemon);
	if (r.code == VS_E_CLOSED) {
		vs_daemon_keyd_epitaph(dev->keyd, epitaph, sizeof(epitaph));
		return fail(dev, r, "voltseald does not run without its key process", epitaph);
	}
	return r.code == VS_E_OK ? r : fail(dev, r, "stopped, with the state in", dev->state_dir);
}

static int
exit_code(vs_result r)
{
	if (r.code == VS_E_OK)
		return EX_OK;
	if (r.code == VS_E_CONFIG)
		return EX_CONFIG;
	if (r.code == VS_E_NOT_FOUND)
		return EX_CANTCREAT; /* the folder of a file that was to be written */
	return r.code == VS_E_IO ? EX_IOERR : EX_UNAVAILABLE;
}

int
vs_daemon_dev(int argc, char *const *argv)
{
	static struct dev dev; /* holds tokens: wiped below */
	const struct vs_daemon_config_layers layers = {
	    .mode = VS_DAEMON_DEV, .argc = argc, .argv = argv, .environment = environ};
	vs_result r =
	    vs_daemon_settings_new(&layers, dev.reason, sizeof(dev.reason), &dev.settings);

	if (r.code != VS_E_OK) {
		(void)fprintf(stderr, "voltseald: VS-%d: %s\n", vs_err_code(r.code), dev.reason);
		return r.code == VS_E_CONFIG ? EX_CONFIG : EX_USAGE;
	}
	dev.options = vs_daemon_settings_get(dev.settings);
	dev.reason[0] = '\0';
	r = vs_daemon_harden(dev.options->number[VS_OPTION_allow_core] != 0);
	if (r.code == VS_E_OK)
		r = start(&dev);
	if (r.code == VS_E_OK)
		r = run(&dev);
	if (r.code != VS_E_OK && dev.reason[0] == 0)
		(void)fail(&dev, r, "in the state folder", dev.state_dir);
	if (r.code != VS_E_OK)
		(void)fprintf(stderr, "voltseald: VS-%d: %s\n", vs_err_code(r.code), dev.reason);
	vs_daemon_free(&dev.daemon);
	vs_daemon_pki_free(&dev.pki);
	vs_daemon_keyd_free(&dev.keyd);
	vs_daemon_settings_free(&dev.settings);
	if (dev.is_ready_written)
		(void)unlink(dev.ready_file);
	explicit_bzero(&dev, sizeof(dev));
	return exit_code(r);
}
