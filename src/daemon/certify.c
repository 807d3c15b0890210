/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "daemon/daemon_inside.h"

static void
ignore_part(const struct vs_core_reload_part *part, void *arg)
{
	(void)part; /* the reload logs each */
	(void)arg;
}

/* Hourly, in the key service's thread. What fails is tried again an hour later: at 60 % of a
 * certificate's life there is time. */
static void
renew(void *arg)
{
	struct vs_daemon *daemon = arg;
	struct vs_port_reload port = vs_daemon_guard_reload(daemon->guard);
	bool is_changed = false;
	vs_result r = daemon->setup.certify(daemon->setup.certify_arg,
	                                    vs_daemon_keys_certs(daemon->keys), &is_changed);

	if (r.code == VS_E_OK && is_changed)
		r = port.reload(port.self, ignore_part, NULL);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cert.not_renewed", VS_BYTES_LITERAL("voltseald"), VS_LOG_ERR(r));
}

vs_result
vs_daemon_guard_make(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	const struct vs_daemon_guard_options options = {
	    .ocpp_tls = setup->ocpp_tls,
	    .api_tls = setup->api_tls,
	    .ca_file = setup->ca_file,
	    .crl_files = setup->crl_files,
	    .trust_file = setup->trust_file,
	    .is_stale_allowed = setup->is_stale_allowed,
	    .events = vs_bus_publisher(daemon->bus),
	    .configure = setup->configure,
	    .configure_arg = setup->configure_arg,
	    .keystore = vs_daemon_keys_store(daemon->keys),
	};

	VS_TRY(vs_daemon_guard_new(&options, reason, reason_size, &daemon->guard));
	vs_daemon_keys_on_sweep(daemon->keys, renew, daemon);
	vs_keys_listen(vs_daemon_keys_service(daemon->keys), vs_daemon_guard_hear, daemon->guard);
	vs_daemon_keys_on_revoked(daemon->keys, vs_daemon_guard_revoked, daemon->guard);
	return VS_OK;
}

vs_result
vs_daemon_certify(struct vs_daemon *daemon)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	bool is_changed;

	if (setup->cert_client == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_keys_certify(daemon->keys, setup->cert_client));
	return setup->certify(setup->certify_arg, vs_daemon_keys_certs(daemon->keys), &is_changed);
}

void
vs_daemon_guard_reach_all(struct vs_daemon *daemon)
{
	const struct vs_daemon_guard_reach reach = {
	    .central = daemon->central,
	    .nets = daemon->nets,
	    .net_count = daemon->setup.reactor_count,
	    .pool = daemon->pool,
	    .is_down = &daemon->is_down,
	};

	for (unsigned i = 0; i < daemon->setup.reactor_count; i++)
		daemon->nets[i] = daemon->reactors[i].net;
	vs_daemon_guard_attach(daemon->guard, &reach);
}
