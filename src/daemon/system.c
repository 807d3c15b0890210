/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/audit_place.h"
#include "daemon/harden.h"
#include "daemon/live.h"
#include "daemon/notify.h"

#define PORTS_SIZE_MAX    64
#define UNLOCK_CREDENTIAL "unlock"

vs_result
vs_daemon_system_fail(struct vs_daemon_system *system, vs_result r, const char *what,
                      const char *subject)
{
	(void)snprintf(system->reason, sizeof(system->reason), "%s: %s (%s)", what, subject,
	               vs_err_text(r.code));
	return r;
}

/* --- before anything is opened ---------------------------------------------------------------- */

vs_result
vs_daemon_system_begin(struct vs_daemon_system *system, enum vs_daemon_mode mode, int argc,
                       char *const *argv)
{
	const struct vs_daemon_config_layers layers = {
	    .mode = mode, .argc = argc, .argv = argv, .environment = environ};

	system->mode = mode;
	VS_TRY(vs_daemon_settings_new(&layers, system->reason, sizeof(system->reason),
	                              &system->settings));
	system->options = vs_daemon_settings_get(system->settings);
	system->reason[0] = '\0';
	return vs_daemon_harden(system->options->number[VS_OPTION_allow_core] != 0);
}

vs_result
vs_daemon_system_files(struct vs_daemon_system *system, const char *state_dir)
{
	const char *given = system->options->text[VS_OPTION_state];
	const char *ready = system->options->text[VS_OPTION_ready_file];
	vs_result r;

	(void)snprintf(system->state_dir, sizeof(system->state_dir), "%s",
	               given[0] != '\0' ? given : state_dir);
	r = vs_folder_make(system->state_dir);
	if (r.code != VS_E_OK) {
		(void)snprintf(system->reason, sizeof(system->reason),
		               "the state folder %s cannot be made: %s; name another with --state",
		               system->state_dir, strerrordesc_np(errno));
		return r;
	}
	VS_TRY(vs_path_join(system->state_dir, "voltseal.db", system->store_file));
	VS_TRY(vs_path_join(system->state_dir, "keystore.db", system->keystore_file));
	VS_TRY(vs_daemon_system_store(system));
	VS_TRY(vs_path_join(system->state_dir, "spool.db", system->spool_file));
	VS_TRY(vs_path_join(system->state_dir, "spool.key", system->spool_key_file));
	VS_TRY(vs_path_join(system->state_dir, "audit", system->audit_dir));
	VS_TRY(vs_path_join(system->state_dir, "keys", system->keys_dir));
	VS_TRY(vs_path_join(system->state_dir, "crl", system->list_dir));
	VS_TRY(vs_path_join(system->state_dir, "ports", system->ports_file));
	if (ready[0] == '\0')
		return vs_path_join(system->state_dir, "ready.json", system->ready_file);
	(void)snprintf(system->ready_file, sizeof(system->ready_file), "%s", ready);
	return VS_OK;
}

/* --- the key process -------------------------------------------------------------------------- */

/* A root KEK that is made is also opened, and each asks: the line twice, through a pipe. */
static vs_result
repeat(struct vs_daemon_system *system, int *fd)
{
	const struct vs_keys_input input = {*fd};
	struct vs_secret *line = NULL;
	vs_result r = vs_keys_input_line(&input, "", &line);
	int ends[2] = {-1, -1};

	if (r.code == VS_E_OK && pipe2(ends, O_CLOEXEC) != 0)
		r = VS_FAIL(IO);
	for (int i = 0; i < 2 && r.code == VS_E_OK; i++) {
		size_t size = vs_secret_size(line);

		if (write(ends[1], vs_secret_bytes(line), size) != (ssize_t)size ||
		    write(ends[1], "\n", 1) != 1)
			r = VS_FAIL(IO);
	}
	if (ends[1] >= 0)
		(void)close(ends[1]);
	vs_secret_free(&line);
	(void)close(*fd);
	*fd = ends[0];
	return r.code == VS_E_OK ? r : vs_daemon_system_fail(system, r, "cannot read", "unlock");
}

/* Where passphrase or PIN come from: the file that is named, the unit's credential, or (-1) whoever
 * sits at the terminal. Which mode the file has is checked like a key's. */
static vs_result
open_unlock(struct vs_daemon_system *system, bool is_new, int *fd_out)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[VS_PATH_SIZE];

	*fd_out = -1;
	(void)snprintf(path, sizeof(path), "%s", system->options->text[VS_OPTION_unlock_file]);
	if (path[0] != '\0') {
		struct vs_secret *secret = NULL;
		vs_result r = vs_file_secret_read(path, &secret);

		vs_secret_free(&secret);
		if (r.code != VS_E_OK)
			return vs_daemon_system_fail(system, r, "cannot use (mode 0600 expected)",
			                             path);
	} else if (folder == NULL || folder[0] != '/' ||
	           vs_path_join(folder, UNLOCK_CREDENTIAL, path).code != VS_E_OK ||
	           !vs_file_exists(path)) {
		return VS_OK;
	}
	*fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd_out < 0)
		return vs_daemon_system_fail(system, VS_FAIL(IO), "cannot open", path);
	return is_new ? repeat(system, fd_out) : VS_OK;
}

static vs_result
start_keys(struct vs_daemon_system *system, const struct vs_keys_source *setup,
           const struct vs_keys_source *rotate, enum vs_keys_sender sender)
{
	char pepper_file[VS_PATH_SIZE];
	struct vs_daemon_audit_place audit;
	struct vs_daemon_keyd_options options = {
	    .dir = system->keys_dir,
	    .pepper_file = pepper_file,
	    .store_file = system->store_file,
	    .is_created = setup != NULL,
	    .rotate = rotate,
	    .input = {.fd = -1},
	    .is_production = system->mode != VS_DAEMON_DEV,
	    .is_core_allowed = system->options->number[VS_OPTION_allow_core] != 0,
	    .sender = sender,
	};
	const char *audit_name;
	vs_result r;

	VS_TRY(vs_path_join(system->state_dir, "pepper.key", pepper_file));
	if (setup != NULL)
		options.setup = *setup;
	/* Each node has a log of its own. */
	audit_name = system->options->text[VS_OPTION_audit_name];
	if (audit_name[0] == '\0')
		audit_name = system->options->text[VS_OPTION_node];
	r = vs_daemon_audit_place_find(system->state_dir, audit_name, &audit);
	if (r.code != VS_E_OK)
		return vs_daemon_system_fail(
		    system, r, "--audit-name has letters, digits, '.', '-' and '_' only, not",
		    audit_name);
	if (sender == VS_KEYS_DAEMON)
		vs_daemon_audit_place_use(
		    &audit, system->options->number[VS_OPTION_audit_accept_fork] != 0, &options);
	VS_TRY(open_unlock(system, setup != NULL, &options.input.fd));
	r = vs_daemon_keyd_start(&options, system->reason, sizeof(system->reason), &system->keyd);
	if (options.input.fd >= 0)
		(void)close(options.input.fd);
	return r;
}

vs_result
vs_daemon_system_keys(struct vs_daemon_system *system, const struct vs_keys_source *setup,
                      enum vs_keys_sender sender)
{
	return start_keys(system, setup, NULL, sender);
}

vs_result
vs_daemon_system_rotate(struct vs_daemon_system *system, const struct vs_keys_source *source)
{
	return start_keys(system, NULL, source, VS_KEYS_CLI);
}

vs_result
vs_daemon_system_source(struct vs_daemon_system *system, struct vs_keys_source *source_out)
{
	const char *const *text = system->options->text;
	struct vs_keys_source source = {.provider = VS_KEYS_PROVIDER_file};
	const char *file = text[VS_OPTION_key_file];

	VS_TRY(
	    vs_keys_provider_find(vs_bytes_from_text(text[VS_OPTION_provider]), &source.provider));
	if (source.provider == VS_KEYS_PROVIDER_file && file[0] == '\0')
		file = system->keys_dir;
	if (source.provider == VS_KEYS_PROVIDER_pkcs11)
		file = text[VS_OPTION_module];
	if (!vs_bytes_copy_text(vs_bytes_from_text(file), source.file, sizeof(source.file)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(text[VS_OPTION_key_name]), source.name,
	                        sizeof(source.name)) ||
	    !vs_bytes_copy_text(vs_bytes_from_text(text[VS_OPTION_key_label]), source.label,
	                        sizeof(source.label)))
		return vs_daemon_system_fail(system, VS_FAIL(CONFIG), "a name is too long",
		                             "--key-file, --key-name, --key-label");
	*source_out = source;
	return VS_OK;
}

static vs_result
verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
         struct vs_bytes password, uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE],
         uint32_t *version_out)
{
	struct vs_daemon_system *system = self;

	return vs_keys_client_verifier(vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_LOGIN),
	                               version, tenant, identity, password, verifier_out,
	                               version_out);
}

struct vs_port_pepper
vs_daemon_system_pepper(struct vs_daemon_system *system)
{
	return (struct vs_port_pepper){system, verifier};
}

/* --- the daemon ------------------------------------------------------------------------------- */

/* Ports: what was asked for, else those of the last start, else free ones. */
static void
find_ports(struct vs_daemon_system *system)
{
	struct vs_buf text;
	unsigned ocpp = 0, api = 0;

	vs_buf_init(&text, PORTS_SIZE_MAX);
	if (vs_file_read(system->ports_file, &text).code == VS_E_OK &&
	    vs_buf_append_byte(&text, 0).code == VS_E_OK) {
		char *end = NULL;

		ocpp = (unsigned)strtoul((const char *)text.data, &end, 10);
		api = (unsigned)strtoul(end, NULL, 10);
	}
	vs_buf_done(&text);
	system->ocpp_port = (uint16_t)system->options->number[VS_OPTION_ocpp_port];
	system->api_port = (uint16_t)system->options->number[VS_OPTION_api_port];
	if (system->ocpp_port == 0 && ocpp <= UINT16_MAX)
		system->ocpp_port = (uint16_t)ocpp;
	if (system->api_port == 0 && api <= UINT16_MAX)
		system->api_port = (uint16_t)api;
}

static vs_result
keep_ports(const struct vs_daemon_system *system)
{
	char text[PORTS_SIZE_MAX];

	(void)snprintf(text, sizeof(text), "%u %u\n", (unsigned)system->ocpp_port,
	               (unsigned)system->api_port);
	return vs_file_write(system->ports_file, vs_bytes_from_text(text));
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
	struct vs_daemon_system *system = arg;

	return vs_daemon_pki_serve(system->pki, certs, vs_clock_wall_ms(), is_changed_out);
}

static vs_result
settle(void *arg, bool *is_again_out)
{
	return vs_daemon_pki_settle(((const struct vs_daemon_system *)arg)->pki, is_again_out);
}

static vs_result
set_devices(struct vs_daemon_system *system, struct vs_daemon_setup *setup)
{
	VS_TRY(vs_daemon_provision_settings(system->options, system->reason, sizeof(system->reason),
	                                    &setup->provision));
	VS_TRY(vs_daemon_sensor_settings(system->options, system->mode, system->reason,
	                                 sizeof(system->reason), &setup->sensor));
	VS_TRY(vs_daemon_contract_settings(system->options, system->reason, sizeof(system->reason),
	                                   &setup->contract));
	VS_TRY(vs_daemon_cluster_settings(system->options, system->reason, sizeof(system->reason),
	                                  &setup->cluster));
	setup->key_times.period_ms[VS_KEYS_FIELD] = setup->sensor.period_ms;
	return VS_OK;
}

static void
set_trust(const struct vs_daemon_system *system, struct vs_daemon_setup *setup)
{
	const char *const *text = system->options->text;

	setup->crl_files = text[VS_OPTION_crl];
	setup->trust_file = text[VS_OPTION_trust];
	setup->status_file = text[VS_OPTION_status];
	setup->list_dir = system->list_dir;
	setup->overlap_ms = system->options->number[VS_OPTION_cert_overlap] * 1000;
	setup->is_unknown_allowed = strcmp(text[VS_OPTION_ocsp_fail], "open") == 0;
	setup->is_stale_allowed = strcmp(text[VS_OPTION_revocation_fail], "open") == 0;
}

/* dev opens the framed network on a free port; else it is asked for. */
static void
set_framed(const struct vs_daemon_system *system, struct vs_daemon_setup *setup)
{
	const int64_t *number = system->options->number;

	setup->framed.is_wanted =
	    system->mode == VS_DAEMON_DEV || number[VS_OPTION_framed_port] != 0;
	setup->framed.port = (uint16_t)number[VS_OPTION_framed_port];
	setup->framed.is_clear = number[VS_OPTION_framed_clear] != 0;
	setup->framed.is_wrapped_only = number[VS_OPTION_framed_wrapped] != 0;
	setup->framed.shows_plain = number[VS_OPTION_insecure_framed_plaintext] != 0;
	setup->framed.compat_port = (uint16_t)number[VS_OPTION_insecure_framed_port];
	setup->framed.is_compat_clear = number[VS_OPTION_insecure_framed_clear] != 0;
}

static void
set_stations(const struct vs_daemon_system *system, struct vs_daemon_setup *setup)
{
	setup->ping_interval_ms = (uint32_t)system->options->number[VS_OPTION_ping_interval] * 1000;
	setup->model_quirks = system->options->text[VS_OPTION_model_quirks];
	setup->api_url = system->options->text[VS_OPTION_station_url];
	setup->retention = vs_daemon_retain_settings(system->options);
}

static unsigned
reactors_of_machine(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 0 && cores <= VS_DAEMON_REACTORS_MAX ? (unsigned)cores
	                                                    : VS_DAEMON_REACTORS_MAX;
}

vs_result
vs_daemon_system_make(struct vs_daemon_system *system)
{
	const struct vs_daemon_pki_paths *paths = vs_daemon_pki_paths(system->pki);
	struct vs_daemon_setup setup = {
	    .store_file = system->store_file,
	    .keystore_file = system->keystore_file,
	    .postgres = system->is_postgres ? &system->store_place : NULL,
	    .spool_file = system->spool_file,
	    .spool_key_file = system->spool_key_file,
	    .node = system->options->text[VS_OPTION_node],
	    .audit_dir = system->audit_dir,
	    .keyd = system->keyd,
	    .cert_client = vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN),
	    .certify = certify,
	    .settle = settle,
	    .certify_arg = system,
	    .address = system->options->text[VS_OPTION_address],
	    .profile1_port = (uint16_t)system->options->number[VS_OPTION_insecure_profile1_port],
	    .profile0_port = (uint16_t)system->options->number[VS_OPTION_insecure_profile0_port],
	    .reactor_count = (unsigned)system->options->number[VS_OPTION_reactors],
	    .ocpp_tls =
		{
		    .cert_files = {paths->server_ec, paths->server_rsa},
		    .key_files = {paths->server_ec, paths->server_rsa},
		    .client_ca_file = paths->station_ca,
		    .client_ca_file_extra = system->options->text[VS_OPTION_station_ca][0] != '\0'
	                                        ? system->options->text[VS_OPTION_station_ca]
	                                        : NULL,
		    .verify = VS_TLS_VERIFY_REQUEST,
		    .is_tls12_allowed =
			strcmp(system->options->text[VS_OPTION_tls_min], "1.2") == 0,
		    .is_tls_rsa_allowed = system->options->number[VS_OPTION_tls_rsa] != 0,
		},
	    /* Asked for, not demanded: only break-glass shows one. */
	    .api_tls = {.cert_files = {paths->server_ec, NULL},
	                .key_files = {paths->server_ec, NULL},
	                .client_ca_file = paths->station_ca,
	                .verify = VS_TLS_VERIFY_REQUEST},
	    .tenant_limits = {(uint32_t)system->options->number[VS_OPTION_tenant_connections],
	                      (uint32_t)system->options->number[VS_OPTION_tenant_messages]},
	    .heartbeat_interval_s = (uint32_t)system->options->number[VS_OPTION_heartbeat],
	    .key_times.kek_period_ms = system->options->number[VS_OPTION_kek_period] * 1000,
	    .keys_client = vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_STORE),
	    .pepper = {system, verifier},
	    .required_auth = required_auth(system->options),
	    .is_strict = strcmp(system->options->text[VS_OPTION_privacy], "strict") == 0,
	    .configure = vs_daemon_settings_again,
	    .configure_arg = system->settings,
	    .trusted_prefixes = vs_daemon_live_trusted(system->options),
	    .ca_file = paths->ca,
	    .state_dir = system->state_dir,
	    .alert_file = system->options->text[VS_OPTION_alert_file],
	    .login_file = system->login_file,
	};

	VS_TRY(set_devices(system, &setup));
	set_framed(system, &setup);
	set_stations(system, &setup);
	set_trust(system, &setup);
	find_ports(system);
	setup.ocpp_port = system->ocpp_port;
	setup.api_port = system->api_port;
	memcpy(setup.admin_token_sha256, system->admin_sha256, VS_SHA256_SIZE);
	memcpy(setup.login_token_sha256, system->login_sha256, VS_SHA256_SIZE);
	if (setup.required_auth == VS_CORE_AUTH_MTLS ||
	    setup.required_auth == VS_CORE_AUTH_MTLS_BASIC)
		setup.ocpp_tls.verify = VS_TLS_VERIFY_REQUIRE;
	if (setup.reactor_count == 0)
		setup.reactor_count = reactors_of_machine();
	return vs_daemon_new(&setup, system->reason, sizeof(system->reason), &system->daemon);
}

vs_result
vs_daemon_system_listen(struct vs_daemon_system *system)
{
	vs_daemon_live_apply(system->daemon, system->options);
	VS_TRY(vs_daemon_listen(system->daemon, system->reason, sizeof(system->reason),
	                        &system->ocpp_port, &system->api_port));
	VS_TRY(keep_ports(system));
	vs_daemon_settings_on_change(system->settings, vs_daemon_live_apply, system->daemon);
	return vs_keys_client_running(vs_daemon_keyd_client(system->keyd, VS_DAEMON_KEYD_MAIN));
}

vs_result
vs_daemon_system_ready(struct vs_daemon_system *system, struct vs_daemon_ready *ready)
{
	vs_result r;

	ready->state_dir = system->state_dir;
	ready->address = system->options->text[VS_OPTION_address];
	ready->ocpp_port = system->ocpp_port;
	ready->api_port = system->api_port;
	vs_daemon_charge_ports(system->daemon, &ready->framed_port, &ready->framed_compat_port);
	ready->is_framed_clear = system->options->number[VS_OPTION_framed_clear] != 0;
	ready->is_framed_compat_clear =
	    system->options->number[VS_OPTION_insecure_framed_clear] != 0;
	ready->sensor_port = vs_daemon_sensor_port(system->daemon);
	ready->ca_file = vs_daemon_pki_paths(system->pki)->ca;
	ready->store_file = system->store_file;
	r = vs_daemon_ready_write(system->ready_file, ready);
	system->is_ready_written = r.code == VS_E_OK;
	return r.code == VS_E_OK
	           ? r
	           : vs_daemon_system_fail(system, r, "cannot write", system->ready_file);
}

vs_result
vs_daemon_system_run(struct vs_daemon_system *system)
{
	char epitaph[64];
	vs_result r;

	vs_daemon_notify("READY=1");
	r = vs_daemon_run(system->daemon);
	vs_daemon_notify("STOPPING=1");
	if (r.code == VS_E_CLOSED) {
		vs_daemon_keyd_epitaph(system->keyd, epitaph, sizeof(epitaph));
		return vs_daemon_system_fail(
		    system, r, "voltseald does not run without its key process", epitaph);
	}
	return r.code == VS_E_OK ? r
	                         : vs_daemon_system_fail(system, r, "stopped, with the state in",
	                                                 system->state_dir);
}

/* --- the end ---------------------------------------------------------------------------------- */

static int
exit_code(vs_result r)
{
	if (r.code == VS_E_OK)
		return EX_OK;
	if (r.code == VS_E_CONFIG || r.code == VS_E_REFUSED)
		return EX_CONFIG;
	if (r.code >= VS_E_CONFIG_SYNTAX && r.code <= VS_E_CONFIG_VALUE)
		return EX_CONFIG;
	if (r.code == VS_E_NOT_FOUND)
		return EX_CANTCREAT; /* the folder of a file that was to be written */
	return r.code == VS_E_IO || r.code == VS_E_STORE_AWAY ? EX_IOERR : EX_UNAVAILABLE;
}

int
vs_daemon_system_end(struct vs_daemon_system *system, vs_result r)
{
	if (r.code != VS_E_OK && system->reason[0] == '\0')
		(void)vs_daemon_system_fail(system, r, "in the state folder", system->state_dir);
	if (r.code != VS_E_OK)
		(void)fprintf(stderr, "voltseald: VS-%d: %s\n", vs_err_code(r.code),
		              system->reason);
	vs_daemon_free(&system->daemon);
	vs_daemon_pki_free(&system->pki);
	vs_daemon_keyd_free(&system->keyd);
	vs_daemon_settings_free(&system->settings);
	if (system->is_ready_written)
		(void)unlink(system->ready_file);
	explicit_bzero(system->admin_sha256, sizeof(system->admin_sha256));
	explicit_bzero(system->login_sha256, sizeof(system->login_sha256));
	return exit_code(r);
}
