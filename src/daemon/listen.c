/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "crypto/digest.h"
#include "daemon/charge.h"
#include "daemon/daemon_inside.h"
#include "daemon/drain.h"
#include "daemon/feed.h"
#include "daemon/probe.h"

static vs_result
make_api(struct vs_daemon *daemon)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	struct vs_api_options options = {
	    .registry = daemon->registry,
	    .is_current = vs_daemon_is_current,
	    .is_current_arg = daemon,
	    .writer = vs_daemon_writer(daemon),
	    .reader = vs_store_reader(daemon->store),
	    .commands = vs_daemon_cluster_commands(daemon),
	    .nodes = vs_daemon_nodes(daemon),
	    .events = vs_bus_publisher(daemon->bus),
	    .frames = vs_daemon_cluster_frames(daemon),
	    .charge = daemon->charge != NULL ? vs_charge_port(daemon->charge)
	                                     : (struct vs_port_charge){.self = NULL},
	    .keys = vs_daemon_keys_service(daemon->keys),
	    .keystore = vs_daemon_keys_store(daemon->keys),
	    .key_process = daemon->setup.keys_client,
	    .certs = vs_daemon_keys_certs(daemon->keys),
	    .pool = daemon->pool,
	    .hash_pool = daemon->hash_pool,
	    .pepper = setup->pepper,
	    .provision = vs_daemon_provision_port(daemon),
	    .origin = VS_DAEMON_ORIGIN_API,
	    .station_url = daemon->station_url,
	    .ca_file = setup->ca_file,
	    .version = VS_VERSION,
	    .throttle = daemon->throttle,
	    .login_file = setup->login_file,
	    .reload = vs_daemon_guard_reload(daemon->guard),
	    .audit_dir = setup->audit_dir,
	    .alerts = vs_daemon_alerts_port(daemon->alerts),
	    .audit = daemon->audit != NULL ? vs_daemon_audit_port(daemon->audit)
	                                   : (struct vs_port_audit){.self = NULL},
	};

	memcpy(options.admin_token_sha256, setup->admin_token_sha256, VS_SHA256_SIZE);
	memcpy(options.login_token_sha256, setup->login_token_sha256, VS_SHA256_SIZE);
	VS_TRY(vs_api_new(&options, daemon->reactors[0].net, &daemon->api));
	return vs_bus_subscribe_all(daemon->bus, daemon->reactors[0].loop, vs_api_deliver,
	                            daemon->api);
}

static vs_result
listen_ocpp(struct vs_daemon *daemon, const char *name, enum vs_net_stack stack, uint16_t port,
            uint16_t *port_out)
{
	bool is_tls = stack == VS_STACK_WSS;

	for (unsigned i = 0; i < daemon->setup.reactor_count; i++) {
		const struct vs_net_listener_options options = {
		    .name = name,
		    .stack = stack,
		    .address = daemon->setup.address,
		    .port = port,
		    .tls = is_tls ? vs_daemon_guard_ocpp(daemon->guard) : NULL,
		    .handler = vs_central_handler(daemon->central, (uint8_t)i),
		    .is_deflate_allowed = true,
		    .ping_interval_ms = daemon->setup.ping_interval_ms,
		    .throttle = daemon->throttle,
		};

		/* The first one may choose; the others share its port. */
		VS_TRY(vs_net_listen(daemon->reactors[i].net, &options, &port));
	}
	*port_out = port;
	return VS_OK;
}

/* A00.FR.006: other profiles have ports of their own, and only when they were asked for by name. */
static vs_result
listen_clear(struct vs_daemon *daemon, const char *name, const char *option, uint16_t port,
             const char *warning, char *reason, size_t reason_size)
{
	if (port == 0)
		return VS_OK;
	VS_TRY(vs_daemon_port_check(daemon->setup.address, port, option, reason, reason_size));
	VS_TRY(listen_ocpp(daemon, name, VS_STACK_WS, port, &port));
	VS_LOG(WARN, "listener.insecure", vs_bytes_from_text(name), VS_LOG_NUM("port", port),
	       VS_LOG_STR("option", option), VS_LOG_STR("warning", warning));
	return VS_OK;
}

static vs_result
listen_insecure(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	const struct vs_daemon_setup *setup = &daemon->setup;

	VS_TRY(listen_clear(daemon, VS_CENTRAL_LISTENER_CLEAR_NAME, "--insecure-profile1-port",
	                    setup->profile1_port,
	                    "passwords and messages of stations cross the network in clear", reason,
	                    reason_size));
	return listen_clear(
	    daemon, VS_CENTRAL_LISTENER_OPEN_NAME, "--insecure-profile0-port", setup->profile0_port,
	    "whoever knows the identity of a station with auth none is that station", reason,
	    reason_size);
}

static vs_result
listen_api(struct vs_daemon *daemon, uint16_t *port_out)
{
	const struct vs_net_listener_options options = {
	    .name = "api",
	    .stack = VS_STACK_HTTPS,
	    .address = daemon->setup.address,
	    .port = daemon->setup.api_port,
	    .tls = vs_daemon_guard_api(daemon->guard),
	    .handler = vs_api_handler(daemon->api),
	    .idle_timeout_ms = 120000,
	    .body_size_max = VS_LIMIT_HTTP_BODY_SIZE,
	    .throttle = daemon->throttle,
	};

	return vs_net_listen(daemon->reactors[0].net, &options, port_out);
}

/* A wildcard is no address that a station could connect to: then it has to be said. */
static void
tell_upload_url(struct vs_daemon *daemon, uint16_t api_port)
{
	const char *address = daemon->setup.address, *given = daemon->setup.api_url;
	bool is_v6 = strchr(address, ':') != NULL;
	char url[256] = "";

	if (given != NULL && given[0] != '\0')
		(void)snprintf(url, sizeof(url), "%s", given);
	else if (strcmp(address, "0.0.0.0") != 0 && strcmp(address, "::") != 0)
		(void)snprintf(url, sizeof(url), "https://%s%s%s:%u", is_v6 ? "[" : "", address,
		               is_v6 ? "]" : "", (unsigned)api_port);
	vs_api_set_upload_url(daemon->api, url);
}

vs_result
vs_daemon_listen(struct vs_daemon *daemon, char *reason, size_t reason_size,
                 uint16_t *ocpp_port_out, uint16_t *api_port_out)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	uint16_t ocpp_port = 0, api_port = 0;
	vs_result r;

	/* SO_REUSEPORT would share a port silently with another daemon of the same user. */
	VS_TRY(vs_daemon_port_check(setup->address, setup->ocpp_port, "--ocpp-port", reason,
	                            reason_size));
	VS_TRY(vs_daemon_port_check(setup->address, setup->api_port, "--api-port", reason,
	                            reason_size));
	(void)snprintf(reason, reason_size, "cannot listen on %s", setup->address);
	VS_TRY(listen_ocpp(daemon, "ocpp", VS_STACK_WSS, setup->ocpp_port, &ocpp_port));
	VS_TRY(listen_insecure(daemon, reason, reason_size));
	VS_TRY(vs_daemon_charge_listen(daemon, reason, reason_size));
	VS_TRY(vs_daemon_sensor_listen(daemon, reason, reason_size));
	(void)snprintf(daemon->station_url, sizeof(daemon->station_url), "wss://%s%s%s:%u/ocpp/",
	               strchr(setup->address, ':') != NULL ? "[" : "", setup->address,
	               strchr(setup->address, ':') != NULL ? "]" : "", (unsigned)ocpp_port);
	daemon->ocpp_port = ocpp_port;
	VS_TRY(vs_daemon_provision_make(daemon, reason, reason_size));
	/* The api shows the station URL, so it is made when the port is known. */
	r = make_api(daemon);
	if (r.code == VS_E_OK)
		r = listen_api(daemon, &api_port);
	if (r.code != VS_E_OK)
		return r;
	tell_upload_url(daemon, api_port);
	*ocpp_port_out = ocpp_port;
	*api_port_out = api_port;
	return VS_OK;
}
