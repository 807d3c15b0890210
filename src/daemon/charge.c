/* SPDX-License-Identifier: Apache-2.0 */
/* The framed charging network in the daemon: on the first reactor, behind ports of its own. */
#include "daemon/charge.h"

#include <stdio.h>

#include "base/log.h"
#include "base/metric.h"
#include "daemon/cluster.h"
#include "daemon/daemon_inside.h"
#include "daemon/feed.h"
#include "daemon/probe.h"

#define FIRST_MESSAGE_MS 10000
#define KEEPALIVE_S      10 /* a monitor has nothing to say as long as all is well */
#define CURRENCY         "EUR"

static void
came(void *arg, bool is_driver, const char *tenant, const char *name)
{
	vs_daemon_cluster_came(arg, is_driver ? VS_CAME_DRIVER : VS_CAME_CHARGE_POINT, tenant,
	                       name);
}

vs_result
vs_daemon_charge_make(struct vs_daemon *daemon)
{
	const struct vs_port_reader reader = vs_store_reader(daemon->store);
	struct vs_charge_options options = {
	    .registry = daemon->registry,
	    .is_current = vs_daemon_is_current,
	    .is_current_arg = daemon,
	    .came = came,
	    .came_arg = daemon,
	    .writer = vs_daemon_writer(daemon),
	    .events = vs_bus_publisher(daemon->bus),
	    .frames = vs_frames_port(daemon->frames),
	    .pepper = daemon->setup.pepper,
	    .keys = vs_daemon_keys_service(daemon->keys),
	    .pool = daemon->pool,
	    .throttle = daemon->throttle,
	    .origin = VS_DAEMON_ORIGIN_CHARGE,
	    .currency = CURRENCY,
	    .is_wrapped_only = daemon->setup.framed.is_wrapped_only,
	    .shows_plain = daemon->setup.framed.shows_plain,
	};

	if (daemon->feed != NULL)
		options.reader = reader;
	if (!daemon->setup.framed.is_wanted && daemon->setup.framed.compat_port == 0)
		return VS_OK;
	VS_TRY(vs_charge_new(&options, daemon->reactors[0].net, &daemon->charge));
	return vs_charge_load(daemon->charge, &reader);
}

/* --- ports --------------------------------------------------------------------------------------
 */

static vs_result
open_port(struct vs_daemon *daemon, const char *name, const char *option, bool is_clear,
          uint16_t port, uint16_t *port_out, char *reason, size_t reason_size)
{
	const struct vs_net_listener_options options = {
	    .name = name,
	    .stack = is_clear ? VS_STACK_FRAMED : VS_STACK_FRAMED_TLS,
	    .address = daemon->setup.address,
	    .port = port,
	    .tls = is_clear ? NULL : vs_daemon_guard_api(daemon->guard),
	    .handler = vs_charge_handler(daemon->charge),
	    .header_timeout_ms = FIRST_MESSAGE_MS,
	    .keepalive_s = KEEPALIVE_S,
	    .throttle = daemon->throttle,
	};

	VS_TRY(vs_daemon_port_check(daemon->setup.address, port, option, reason, reason_size));
	return vs_net_listen(daemon->reactors[0].net, &options, port_out);
}

vs_result
vs_daemon_charge_listen(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	struct vs_daemon_framed *framed = &daemon->setup.framed;

	if (framed->is_wanted)
		VS_TRY(open_port(daemon, VS_CHARGE_LISTENER_SEALED, "--framed-port",
		                 framed->is_clear, framed->port, &framed->port, reason,
		                 reason_size));
	if (framed->shows_plain)
		VS_LOG(WARN, "charge.plaintext_logged", VS_BYTES_LITERAL(VS_CHARGE_LISTENER_SEALED),
		       VS_LOG_STR("option", "--insecure-framed-plaintext"),
		       VS_LOG_STR("warning", "what charge points and drivers say is in the log"));
	if (framed->compat_port == 0)
		return VS_OK;
	VS_TRY(open_port(daemon, VS_CHARGE_LISTENER_COMPAT, "--insecure-framed-port",
	                 framed->is_compat_clear, framed->compat_port, &framed->compat_port, reason,
	                 reason_size));
	vs_metric_add(VS_METRIC_framed_compat, 1);
	VS_LOG(WARN, "listener.insecure", VS_BYTES_LITERAL(VS_CHARGE_LISTENER_COMPAT),
	       VS_LOG_NUM("port", framed->compat_port),
	       VS_LOG_STR("option", framed->is_compat_clear ? "--insecure-framed-clear"
	                                                    : "--insecure-framed-port"),
	       VS_LOG_STR("warning",
	                  framed->is_compat_clear
	                      ? "keys of charge points cross the network in clear: a laboratory"
	                      : "whoever sees into TLS has the keys of charge points, and drivers "
	                        "prove nothing"));
	return VS_OK;
}

void
vs_daemon_charge_ports(const struct vs_daemon *daemon, uint16_t *sealed_out, uint16_t *compat_out)
{
	*sealed_out = daemon->setup.framed.is_wanted ? daemon->setup.framed.port : 0;
	*compat_out = daemon->setup.framed.compat_port;
}

/* --- for another node to have them ---------------------------------------------------------------
 */

void
vs_daemon_charge_drain(struct vs_daemon *daemon, bool is_on, uint32_t over_ms, uint32_t grace_ms)
{
	if (daemon->charge == NULL)
		return;
	if (is_on)
		vs_charge_drain(daemon->charge, over_ms, grace_ms);
	else
		vs_charge_resume(daemon->charge);
}

/* --- commands: to whichever network the station is of -------------------------------------------
 */

static vs_result
port_send(void *self, const char *tenant, const char *station, const char *command_id,
          const char *action, struct vs_bytes payload, uint32_t timeout_ms, char *fault,
          size_t fault_size)
{
	struct vs_daemon *daemon = self;
	struct vs_port_commands central = vs_central_commands(daemon->central);
	vs_result r;

	/* One that was put out is away until an operator resumes it. */
	if (!vs_charge_is_connected(daemon->charge, station) &&
	    (central.is_connected(central.self, tenant, station) ||
	     !vs_charge_is_own_action(action)))
		return central.send(central.self, tenant, station, command_id, action, payload,
		                    timeout_ms, fault, fault_size);
	r = vs_charge_command(daemon->charge, tenant, station, command_id, action, payload);
	if (r.code == VS_E_UNKNOWN_ACTION && fault_size > 0)
		(void)snprintf(fault, fault_size,
		               "a charge point of the framed network knows STOP_COMMAND, "
		               "RESUME_COMMAND, END_SUPPLY, KEY_UPDATE, KEY_INVALID");
	return r;
}

static bool
port_is_connected(void *self, const char *tenant, const char *station)
{
	struct vs_daemon *daemon = self;
	struct vs_port_commands central = vs_central_commands(daemon->central);
	struct vs_core_station entry;

	if (!vs_charge_holds_psk(daemon->charge, station)) /* drivers are there as well */
		return central.is_connected(central.self, tenant, station);
	return vs_core_registry_find(daemon->registry, vs_bytes_from_text(station), &entry).code ==
	           VS_E_OK &&
	       vs_bytes_equal_text(vs_bytes_from_text(tenant), entry.tenant);
}

static void
port_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	struct vs_daemon *daemon = self;
	struct vs_port_commands central = vs_central_commands(daemon->central);

	vs_charge_disconnect(daemon->charge, tenant, station);
	central.disconnect(central.self, tenant, station, reason);
}

struct vs_port_commands
vs_daemon_charge_commands(struct vs_daemon *daemon)
{
	if (daemon->charge == NULL)
		return vs_central_commands(daemon->central);
	return (struct vs_port_commands){.self = daemon,
	                                 .send = port_send,
	                                 .is_connected = port_is_connected,
	                                 .disconnect = port_disconnect};
}

/* --- psks: likewise -----------------------------------------------------------------------------
 */

static vs_result
rotate(void *self, const struct vs_keys_device *device)
{
	struct vs_daemon *daemon = self;
	const struct vs_keys_rotator others = vs_central_rotator(daemon->central);
	vs_result r = VS_FAIL(NOT_CONNECTED);

	if (daemon->charge != NULL)
		r = vs_charge_rotate(daemon->charge, device);
	return r.code == VS_E_NOT_CONNECTED ? others.rotate(others.self, device) : r;
}

struct vs_keys_rotator
vs_daemon_charge_rotator(struct vs_daemon *daemon)
{
	return (struct vs_keys_rotator){.self = daemon, .rotate = rotate};
}
