/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/presence.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "bus/presence_inside.h"

struct mail {
	struct vs_presence *presence;
	bool is_here; /* it came in, or has left */
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char ip[56], protocol[21], fingerprint[65];
	int64_t since_ms;
};

uint32_t
vs_presence_node(struct vs_presence *presence, const char *name)
{
	for (uint32_t i = 1; i <= presence->node_count; i++) {
		if (strcmp(presence->nodes[i].name, name) == 0)
			return i;
	}
	if (presence->node_count == VS_LIMIT_BUS_NODES || !vs_bus_node_is_valid(name))
		return 0;
	(void)pthread_rwlock_wrlock(&presence->lock);
	presence->node_count++;
	vs_text_copy(name, presence->nodes[presence->node_count].name, VS_BUS_NODE_SIZE);
	(void)pthread_rwlock_unlock(&presence->lock);
	return presence->node_count;
}

struct vs_presence_local *
vs_presence_find(struct vs_presence *presence, const char *key)
{
	return vs_map_get(presence->locals, vs_bytes_from_text(key));
}

/* --- sockets ---------------------------------------------------------------------------------- */

static struct vs_presence_local *
local_new(struct vs_presence *presence, const struct mail *mail, const char *key)
{
	struct vs_presence_local *local = calloc(1, sizeof(*local));
	vs_result r;

	if (local == NULL)
		return NULL;
	local->presence = presence;
	local->retry.fire = vs_presence_retry;
	vs_text_copy(mail->tenant, local->tenant, sizeof(local->tenant));
	vs_text_copy(mail->station, local->station, sizeof(local->station));
	(void)pthread_rwlock_wrlock(&presence->lock);
	r = vs_map_put(presence->locals, vs_bytes_from_text(key), local, NULL);
	(void)pthread_rwlock_unlock(&presence->lock);
	if (r.code == VS_E_OK)
		return local;
	free(local);
	return NULL;
}

static void
take(struct vs_loop *loop, void *argument)
{
	struct mail *mail = argument;
	struct vs_presence *presence = mail->presence;
	const struct vs_presence_options *options = &presence->options;
	struct vs_presence_local *local = NULL;
	char key[VS_BUS_SUBJECT_SIZE];

	(void)loop;
	if (!presence->is_stopped && options->here != NULL)
		options->here(options->arg, mail->tenant, mail->station, mail->is_here);
	if (!presence->is_stopped &&
	    vs_bus_key_write(mail->tenant, mail->station, key).code == VS_E_OK) {
		local = vs_presence_find(presence, key);
		if (local == NULL && mail->is_here)
			local = local_new(presence, mail, key);
	}
	if (local != NULL && mail->is_here) {
		vs_text_copy(mail->ip, local->ip, sizeof(local->ip));
		vs_text_copy(mail->protocol, local->protocol, sizeof(local->protocol));
		vs_text_copy(mail->fingerprint, local->fingerprint, sizeof(local->fingerprint));
		local->since_ms = mail->since_ms;
		vs_presence_do(local, vs_owner_came(&local->owner));
	} else if (local != NULL) {
		vs_presence_do(local, vs_owner_left(&local->owner));
	}
	free(mail);
}

static vs_result
post(struct vs_presence *presence, const struct vs_presence_socket *socket, bool is_here)
{
	struct mail *mail = calloc(1, sizeof(*mail));
	vs_result r;

	if (mail == NULL)
		return VS_FAIL(NO_MEMORY);
	mail->presence = presence;
	mail->is_here = is_here;
	vs_text_copy(socket->tenant, mail->tenant, sizeof(mail->tenant));
	vs_text_copy(socket->station, mail->station, sizeof(mail->station));
	vs_text_copy(socket->ip, mail->ip, sizeof(mail->ip));
	vs_text_copy(socket->protocol, mail->protocol, sizeof(mail->protocol));
	vs_text_copy(socket->fingerprint, mail->fingerprint, sizeof(mail->fingerprint));
	mail->since_ms = socket->since_ms;
	r = vs_loop_post(presence->loop, take, mail);
	if (r.code != VS_E_OK)
		free(mail);
	return r;
}

vs_result
vs_presence_came(struct vs_presence *presence, const struct vs_presence_socket *socket)
{
	assert(presence != NULL && socket != NULL);
	return post(presence, socket, true);
}

vs_result
vs_presence_left(struct vs_presence *presence, const char *tenant, const char *station)
{
	const struct vs_presence_socket socket = {
	    .tenant = tenant, .station = station, .ip = "", .protocol = "", .fingerprint = ""};

	assert(presence != NULL);
	return post(presence, &socket, false);
}

vs_result
vs_presence_may_send(struct vs_presence *presence, const char *tenant, const char *station)
{
	struct vs_presence_local *local;
	char key[VS_BUS_SUBJECT_SIZE];
	bool may;

	if (presence->options.now_ms() >= atomic_load(&presence->until_ms))
		return VS_FAIL(BUS_UNAVAILABLE);
	VS_TRY(vs_bus_key_write(tenant, station, key));
	(void)pthread_rwlock_rdlock(&presence->lock);
	local = vs_map_get(presence->locals, vs_bytes_from_text(key));
	may = local != NULL && atomic_load(&local->may);
	(void)pthread_rwlock_unlock(&presence->lock);
	return may ? VS_OK : VS_FAIL(NOT_NOW);
}

/* --- life ------------------------------------------------------------------------------------- */

static vs_result
make_buckets(struct vs_presence *presence)
{
	struct vs_kv_options options = {.nats = presence->options.nats,
	                                .bucket = "lease",
	                                .replicas = presence->options.replicas,
	                                .changed = vs_presence_lease_changed,
	                                .arg = presence};

	VS_TRY(vs_kv_new(&options, &presence->leases));
	options.bucket = "conn";
	options.changed = vs_presence_conn_changed;
	return vs_kv_new(&options, &presence->conns);
}

static vs_result
listen_to_asks(struct vs_presence *presence)
{
	char subject[VS_BUS_SUBJECT_SIZE];

	VS_TRY(vs_bus_subject_of_node(VS_BUS_OWN, presence->options.node, subject));
	return vs_nats_serve(presence->options.nats, "own", subject, vs_presence_asked, presence);
}

vs_result
vs_presence_new(const struct vs_presence_options *options, struct vs_presence **presence_out)
{
	struct vs_presence *presence;
	vs_result r;

	assert(options != NULL && options->nats != NULL && vs_bus_node_is_valid(options->node));
	presence = calloc(1, sizeof(*presence));
	if (presence == NULL)
		return VS_FAIL(NO_MEMORY);
	presence->options = *options;
	if (presence->options.now_ms == NULL)
		presence->options.now_ms = vs_clock_mono_ms;
	presence->loop = vs_nats_loop(options->nats);
	presence->tick.fire = vs_presence_lease_tick;
	presence->asked_ms = 1; /* unlike sent_ms: the first thing is to look */
	if (options->process == NULL || options->process[0] == '\0' ||
	    !vs_bytes_copy_text(vs_bytes_from_text(options->process), presence->process,
	                        sizeof(presence->process)))
		vs_random_text(presence->process, sizeof(presence->process));
	vs_buf_init(&presence->text, VS_KV_VALUE_SIZE);
	(void)pthread_rwlock_init(&presence->lock, NULL);
	(void)vs_presence_node(presence, options->node);
	r = vs_map_new(VS_LIMIT_STATIONS, &presence->locals);
	if (r.code == VS_E_OK)
		r = vs_map_new(VS_LIMIT_STATIONS, &presence->seen);
	if (r.code == VS_E_OK)
		r = make_buckets(presence);
	if (r.code == VS_E_OK)
		r = listen_to_asks(presence);
	if (r.code != VS_E_OK) {
		vs_presence_free(&presence);
		return r;
	}
	vs_timer_arm(presence->loop, &presence->tick, 1);
	*presence_out = presence;
	return VS_OK;
}

void
vs_presence_free(struct vs_presence **presence)
{
	struct vs_map_cursor cursor = {0};
	struct vs_presence *old;

	if (presence == NULL || *presence == NULL)
		return;
	old = *presence;
	vs_timer_cancel(old->loop, &old->tick);
	while (old->locals != NULL && vs_map_next(old->locals, &cursor)) {
		vs_timer_cancel(old->loop, &((struct vs_presence_local *)cursor.value)->retry);
		free(cursor.value);
		(void)vs_map_remove(old->locals, cursor.key);
	}
	cursor = (struct vs_map_cursor){0};
	while (old->seen != NULL && vs_map_next(old->seen, &cursor)) {
		free(cursor.value);
		(void)vs_map_remove(old->seen, cursor.key);
	}
	vs_map_free(&old->locals);
	vs_map_free(&old->seen);
	vs_kv_free(&old->leases);
	vs_kv_free(&old->conns);
	vs_buf_done(&old->text);
	(void)pthread_rwlock_destroy(&old->lock);
	free(old);
	*presence = NULL;
}
