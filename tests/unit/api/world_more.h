/* SPDX-License-Identifier: Apache-2.0 */
/* Part of world.h: where connections come from, the throttle, who may use the API, commands. */
#pragma once

void
vs_conn_source(const struct vs_conn *conn, struct vs_source *source_out)
{
	(void)conn;
	*source_out = (struct vs_source){.address = {192, 0, 2, 1}};
}

/* The throttle has tests of its own; here it says what it is told to, and counts failures. */
uint64_t
vs_throttle_look(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                 const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	(void)throttle, (void)rule, (void)source, (void)identity, (void)now_us;
	return rule == VS_THROTTLE_AUTH_SOURCE ? world.throttle_us : 0;
}

uint64_t
vs_throttle_look_strictly(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                          const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	(void)throttle, (void)rule, (void)source, (void)identity, (void)now_us;
	return 0;
}

uint64_t
vs_throttle_take(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                 const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	(void)throttle, (void)rule, (void)source, (void)identity, (void)now_us;
	world.throttle_taken++;
	return 0;
}

void
vs_throttle_fail(struct vs_throttle *throttle, const struct vs_source *source,
                 struct vs_bytes identity, uint64_t now_us)
{
	(void)throttle, (void)source, (void)identity, (void)now_us;
	world.throttle_charged++;
}

void
vs_throttle_refund(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                   const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	(void)throttle, (void)rule, (void)source, (void)identity, (void)now_us;
	world.throttle_taken--;
}

void
vs_throttle_trust(struct vs_throttle *throttle, struct vs_source *source)
{
	(void)throttle, (void)source;
}

void
vs_throttle_count(enum vs_throttle_rule rule)
{
	(void)rule;
}

/* --- who may use the API ------------------------------------------------------------------ */

static vs_result
world_stations(void *self, const char *tenant, const char *after, size_t limit,
               bool (*row)(const struct vs_core_station_row *, void *), void *arg)
{
	(void)self;
	CHECK(strcmp(tenant, "default") == 0);
	for (int i = 1; i <= 7; i++) {
		struct vs_core_station_row station = {.last_seen_ms =
		                                          i == 7 ? VS_CORE_ABSENT : 1000 * i};

		(void)snprintf(station.station.identity, sizeof(station.station.identity), "CS-%d",
		               i);
		(void)snprintf(station.station.tenant, sizeof(station.station.tenant), "default");
		if (strcmp(station.station.identity, after) <= 0)
			continue;
		if (limit-- == 0 || !row(&station, arg))
			break;
	}
	return world.read_result;
}

static vs_result
world_faulted(void *self, const char *tenant, int64_t *count_out)
{
	(void)self;
	(void)tenant;
	*count_out = 1;
	return VS_OK;
}

struct world_names {
	bool (*row)(const char *identity, void *);
	void *arg;
};

static bool
world_name(const struct vs_core_station_row *station, void *arg)
{
	const struct world_names *names = arg;

	return names->row(station->station.identity, names->arg);
}

static vs_result
world_identities(void *self, const char *tenant, const char *after, size_t limit,
                 bool (*row)(const char *identity, void *), void *arg)
{
	struct world_names names = {row, arg};

	return world_stations(self, tenant, after, limit, world_name, &names);
}

static vs_result
world_running(void *self, const char *tenant, size_t limit,
              bool (*row)(const struct vs_core_running_row *, void *), void *arg)
{
	(void)self;
	(void)tenant;
	for (size_t i = 0; i < world.tx_count; i++) {
		struct vs_core_running_row running = {.power_w = world.txs[i].power_w};

		if (!world.txs[i].is_active)
			continue;
		(void)snprintf(running.station, sizeof(running.station), "%s",
		               world.txs[i].station);
		(void)snprintf(running.charging_state, sizeof(running.charging_state), "%s",
		               world.txs[i].charging_state);
		if (limit-- == 0 || !row(&running, arg))
			break;
	}
	return VS_OK;
}

static vs_result
world_station_count(void *self, const char *tenant, int64_t *count_out)
{
	(void)self;
	(void)tenant;
	*count_out = 7;
	return world.read_result;
}

static vs_result
world_tenants(void *self, const char *after, size_t limit,
              bool (*row)(const struct vs_core_tenant *, void *), void *arg)
{
	const struct vs_core_tenant both[] = {{.tenant = "acme"}, {.tenant = "default"}};

	(void)self;
	for (size_t i = 0; i < 2 && i < limit; i++)
		if (strcmp(both[i].tenant, after) > 0 && !row(&both[i], arg))
			break;
	return VS_OK;
}

static vs_result
world_users(void *self, const char *tenant, const char *after, size_t limit,
            bool (*row)(const struct vs_core_user_row *, void *), void *arg)
{
	struct vs_core_user_row one = {.user = world.user,
	                               .secrets = vs_bytes_from_text(world.user_secrets)};

	(void)self;
	if (world.user_secrets[0] != '\0' && strcmp(tenant, world.user.tenant) == 0 &&
	    strcmp(world.user.id, after) > 0 && limit > 0)
		(void)row(&one, arg);
	return VS_OK;
}

static vs_result
world_user(void *self, const char *tenant, const char *id, const char *login,
           void (*row)(const struct vs_core_user_row *, void *), void *arg)
{
	struct vs_core_user_row one = {.user = world.user,
	                               .secrets = vs_bytes_from_text(world.user_secrets)};

	(void)self;
	if (world.user_secrets[0] == '\0' || strcmp(tenant, world.user.tenant) != 0 ||
	    (id != NULL ? strcmp(id, world.user.id) : strcmp(login, world.user.login)) != 0)
		return VS_FAIL(NOT_FOUND);
	row(&one, arg);
	return VS_OK;
}

static vs_result
world_api_tokens(void *self, const char *tenant, const char *after, size_t limit,
                 bool (*row)(const struct vs_core_api_token *, void *), void *arg)
{
	(void)self;
	(void)tenant;
	(void)after;
	(void)limit;
	(void)row;
	(void)arg;
	return VS_OK;
}

static vs_result
world_logins(void *self, const char *tenant, size_t limit,
             bool (*row)(const struct vs_core_login *, void *), void *arg)
{
	(void)self;
	for (size_t i = 0; i < world.login_count && i < limit; i++)
		if (strcmp(world.logins[i].tenant, tenant) == 0 && !row(&world.logins[i], arg))
			break;
	return VS_OK;
}

/* --- commands ---------------------------------------------------------------------------- */

static vs_result
world_send(void *self, const char *tenant, const char *station, const char *command_id,
           const char *action, struct vs_bytes payload, uint32_t timeout_ms, char *fault,
           size_t fault_size)
{
	(void)self;
	(void)tenant;
	(void)station;
	CHECK(timeout_ms >= 1000);
	if (world.command_error != VS_E_OK) {
		(void)snprintf(fault, fault_size, "payload.type: it is missing");
		return (vs_result){world.command_error};
	}
	(void)snprintf(world.command_id, sizeof(world.command_id), "%s", command_id);
	(void)snprintf(world.command_action, sizeof(world.command_action), "%s", action);
	(void)vs_bytes_copy_text(payload, world.command_payload, sizeof(world.command_payload));
	return VS_OK;
}

static bool
world_is_connected(void *self, const char *tenant, const char *station)
{
	(void)self;
	(void)tenant;
	return strcmp(station, "CS-2") == 0;
}

static void
world_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	(void)self;
	(void)tenant;
	CHECK(reason[0] != '\0');
	world.disconnect_count++;
	(void)snprintf(world.disconnected, sizeof(world.disconnected), "%s", station);
}

/* It showed no certificate. */
vs_result
vs_conn_tls_peer(const struct vs_conn *conn, struct vs_tls_peer *peer_out)
{
	(void)conn;
	(void)peer_out;
	return VS_FAIL(NOT_FOUND);
}
