/* SPDX-License-Identifier: Apache-2.0 */
/* Claiming a station, and letting it go: what core/owner.h decides, done. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bus/presence_inside.h"

#define ASK_MS    1000u
#define SOON_MS   20u
#define UNSURE_MS 500u
#define CLOSE_MS  1000u

static struct vs_presence_op *
op_new(struct vs_presence_local *local)
{
	struct vs_presence_op *op = calloc(1, sizeof(*op));

	if (op == NULL)
		return NULL;
	op->presence = local->presence;
	op->number = ++local->presence->last_op;
	op->epoch = local->owner.epoch;
	op->lease = local->presence->lease.incarnation;
	op->serial = local->owner.serial;
	if (vs_bus_key_write(local->tenant, local->station, op->key).code != VS_E_OK) {
		free(op);
		return NULL;
	}
	return op;
}

static struct vs_presence_op *
op_of(uint64_t token)
{
	return (struct vs_presence_op *)(uintptr_t)token;
}

static void
again(struct vs_presence_local *local, uint64_t delay_ms)
{
	vs_timer_arm(local->presence->loop, &local->retry, delay_ms);
}

/* --- claiming --------------------------------------------------------------------------------- */

/* The claim that this was a step of, if it still is the one. */
static struct vs_presence_local *
claim_of(struct vs_presence_op *op)
{
	struct vs_presence_local *local = vs_presence_find(op->presence, op->key);

	return local != NULL && local->op == op->number ? local : NULL;
}

static void
claim_failed(struct vs_presence_local *local, vs_result r)
{
	local->op = 0;
	/* Somebody else wrote: at once, but not in step with them. */
	again(local, r.code == VS_E_CONFLICT ? 1 + vs_random_below(SOON_MS) : UNSURE_MS);
}

static void
claimed(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t token)
{
	struct vs_presence_op *op = op_of(token);
	struct vs_presence_local *local = claim_of(op);

	(void)value, (void)arg;
	if (local != NULL && r.code == VS_E_OK && op->lease == local->presence->lease.incarnation) {
		local->op = 0;
		vs_presence_do(local, vs_owner_claimed(&local->owner, op->serial, revision,
		                                       op->before, op->before_count));
	} else if (local != NULL) {
		claim_failed(local, r);
	}
	free(op);
}

/* Who may still send: the last one, and those before it, without those that cannot any more. */
static vs_result
find_before(struct vs_presence_op *op, struct vs_bytes value)
{
	struct vs_presence *presence = op->presence;
	struct vs_owner_before list[VS_OWNER_BEFORE + 1];
	struct vs_bus_entry entry;
	size_t count = 0;

	VS_TRY(vs_bus_entry_read(value, &entry));
	for (size_t i = 0; i <= entry.before_count; i++) {
		const char *name = i == 0 ? entry.node : entry.before[i - 1].node;
		struct vs_owner_before one = {.incarnation =
		                                  i == 0 ? entry.lease : entry.before[i - 1].lease,
		                              .node = vs_presence_node(presence, name)};

		if (one.node == 0)
			return VS_FAIL(TOO_LONG);
		if (!vs_owner_peer_is_over(&presence->nodes[one.node].peer, one.incarnation))
			list[count++] = one;
	}
	if (count == 0)
		return VS_OK;
	return vs_owner_before_make(&list[0], list + 1, count - 1, VS_PRESENCE_SELF, op->before,
	                            &op->before_count);
}

static vs_result
write_entry(struct vs_presence_local *local, struct vs_presence_op *op, uint64_t over)
{
	struct vs_presence *presence = op->presence;
	struct vs_bus_entry entry = {.lease = op->lease, .since_ms = local->since_ms};
	struct vs_kv_call call = {.key = op->key,
	                          .over = over,
	                          .done = claimed,
	                          .arg = presence,
	                          .token = (uint64_t)(uintptr_t)op};

	(void)snprintf(entry.node, sizeof(entry.node), "%s", presence->options.node);
	memcpy(entry.ip, local->ip, sizeof(entry.ip));
	memcpy(entry.protocol, local->protocol, sizeof(entry.protocol));
	memcpy(entry.fingerprint, local->fingerprint, sizeof(entry.fingerprint));
	entry.before_count = op->before_count;
	for (size_t i = 0; i < op->before_count; i++) {
		memcpy(entry.before[i].node, presence->nodes[op->before[i].node].name,
		       VS_BUS_NODE_SIZE);
		entry.before[i].lease = op->before[i].incarnation;
	}
	vs_buf_reset(&presence->text);
	VS_TRY(vs_bus_entry_write(&entry, &presence->text));
	call.value = vs_buf_view(&presence->text);
	return vs_kv_put(presence->conns, &call);
}

/* It was here before we lost our lease, and came to another node since. */
static bool
is_superseded(const struct vs_presence_local *local, uint64_t revision, struct vs_bytes value)
{
	struct vs_bus_entry entry;

	return local->owner.old != 0 && revision > local->owner.old &&
	       vs_bus_entry_read(value, &entry).code == VS_E_OK &&
	       !vs_bytes_equal_text(vs_bytes_from_text(entry.node), local->presence->options.node);
}

static void
entry_read(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t token)
{
	struct vs_presence_op *op = op_of(token);
	struct vs_presence_local *local = claim_of(op);

	(void)arg;
	if (local != NULL && r.code == VS_E_OK && is_superseded(local, revision, value)) {
		local->op = 0;
		vs_presence_do(local, vs_owner_superseded(&local->owner, op->serial));
		free(op);
		return;
	}
	if (local != NULL && r.code == VS_E_OK)
		r = find_before(op, value);
	else if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	if (local != NULL && r.code == VS_E_OK)
		r = write_entry(local, op, revision);
	if (local != NULL && r.code == VS_E_OK)
		return;
	if (local != NULL)
		claim_failed(local, r);
	free(op);
}

static void
begin_claim(struct vs_presence_local *local)
{
	struct vs_presence *presence = local->presence;
	struct vs_presence_op *op =
	    presence->lease.incarnation != 0 && vs_kv_is_ready(presence->conns) ? op_new(local)
										: NULL;
	struct vs_kv_call call = {
	    .done = entry_read, .arg = presence, .token = (uint64_t)(uintptr_t)op};

	local->op = 0;
	if (op != NULL) {
		call.key = op->key;
		local->op = op->number;
		if (vs_kv_get(presence->conns, &call).code == VS_E_OK)
			return;
		local->op = 0;
		free(op);
	}
	again(local, UNSURE_MS);
}

/* --- waiting for those before ------------------------------------------------------------------
 */

static void
let_go(vs_result r, struct vs_bytes data, void *arg, uint64_t token)
{
	struct vs_presence_op *op = op_of(token);
	struct vs_presence_local *local = vs_presence_find(op->presence, op->key);
	uint64_t incarnation = 0;

	(void)arg;
	/* Of this claim and of no other. */
	if (r.code == VS_E_OK && vs_bus_released_read(data, &incarnation).code == VS_E_OK &&
	    incarnation != 0 && local != NULL && local->owner.epoch == op->epoch)
		vs_presence_do(local, vs_owner_freed(&local->owner, op->node, incarnation));
	free(op);
}

static void
ask_one(struct vs_presence_local *local, uint32_t node)
{
	struct vs_presence *presence = local->presence;
	struct vs_bus_ask ask = {.epoch = local->owner.epoch};
	struct vs_nats_request request = {.timeout_ms = ASK_MS, .done = let_go, .arg = presence};
	struct vs_presence_op *op = op_new(local);
	char subject[VS_BUS_SUBJECT_SIZE];

	if (op == NULL)
		return;
	op->node = node;
	memcpy(ask.tenant, local->tenant, sizeof(ask.tenant));
	memcpy(ask.station, local->station, sizeof(ask.station));
	vs_buf_reset(&presence->text);
	if (vs_bus_subject_of_node(VS_BUS_OWN, presence->nodes[node].name, subject).code !=
	        VS_E_OK ||
	    vs_bus_ask_write(&ask, &presence->text).code != VS_E_OK) {
		free(op);
		return;
	}
	request.subject = subject;
	request.data = vs_buf_view(&presence->text);
	request.token = (uint64_t)(uintptr_t)op;
	if (vs_nats_ask(presence->options.nats, &request).code != VS_E_OK)
		free(op);
}

static void
wait_on(struct vs_presence_local *local)
{
	struct vs_presence *presence = local->presence;
	struct vs_owner_before before[VS_OWNER_BEFORE];
	size_t count = local->owner.before_count;
	uint64_t now_ms = presence->options.now_ms();

	memcpy(before, local->owner.before, sizeof(before));
	again(local, local->tries < 6 ? SOON_MS << local->tries : ASK_MS);
	local->tries++;
	for (size_t i = 0; i < count; i++) {
		const struct vs_owner_peer *peer = &presence->nodes[before[i].node].peer;

		if (vs_owner_peer_is_over(peer, before[i].incarnation)) {
			unsigned what =
			    vs_owner_freed(&local->owner, before[i].node, before[i].incarnation);

			if (what == 0)
				continue;
			vs_presence_do(local, what);
			return; /* nobody is waited for any more */
		}
		if (vs_owner_peer_may_end(peer, now_ms))
			vs_presence_end_lease(presence, before[i].node);
		ask_one(local, before[i].node);
	}
}

/* --- what is to be done ------------------------------------------------------------------------
 */

void
vs_presence_let(struct vs_presence_local *local)
{
	struct vs_presence *presence = local->presence;
	uint64_t now_ms = presence->options.now_ms(), until_ms = presence->lease.until_ms;

	if (atomic_exchange(&local->may, false) && presence->options.lets != NULL)
		presence->options.lets(presence->options.arg, local->tenant, local->station,
		                       local->held,
		                       until_ms != 0 && now_ms > until_ms ? now_ms - until_ms : 0);
}

static void
own(struct vs_presence_local *local)
{
	struct vs_presence *presence = local->presence;

	local->held = local->owner.epoch;
	atomic_store(&local->may, true);
	if (presence->options.owns != NULL)
		presence->options.owns(presence->options.arg, local->tenant, local->station,
		                       local->held);
}

static void
ignore(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t token)
{
	(void)r, (void)revision, (void)value, (void)arg, (void)token;
}

static void
take_away(struct vs_presence_local *local)
{
	char key[VS_BUS_SUBJECT_SIZE];
	const struct vs_kv_call call = {.key = key, .over = local->owner.epoch, .done = ignore};

	/* What stays names a node that holds nothing, and says so when it is asked. */
	if (vs_bus_key_write(local->tenant, local->station, key).code != VS_E_OK ||
	    vs_kv_delete(local->presence->conns, &call).code != VS_E_OK)
		return;
}

/* Its socket, if there still is one. Looked at again: the mail to the reactor may be lost. */
static bool
close_socket(struct vs_presence_local *local)
{
	const struct vs_port_commands *port = &local->presence->options.local;

	if (!port->is_connected(port->self, local->tenant, local->station))
		return false;
	port->disconnect(port->self, local->tenant, local->station,
	                 "another node has the station now");
	again(local, CLOSE_MS);
	return true;
}

static void
forget(struct vs_presence_local *local)
{
	struct vs_presence *presence = local->presence;
	char key[VS_BUS_SUBJECT_SIZE];

	vs_timer_cancel(presence->loop, &local->retry);
	(void)pthread_rwlock_wrlock(&presence->lock);
	if (vs_bus_key_write(local->tenant, local->station, key).code == VS_E_OK)
		(void)vs_map_remove(presence->locals, vs_bytes_from_text(key));
	(void)pthread_rwlock_unlock(&presence->lock);
	free(local);
}

void
vs_presence_do(struct vs_presence_local *local, unsigned what)
{
	if (what & VS_OWNER_LETS)
		vs_presence_let(local);
	if (what & VS_OWNER_DELETE)
		take_away(local);
	if (what & VS_OWNER_OWNS)
		own(local);
	if (what & VS_OWNER_CLAIM)
		begin_claim(local);
	if (what & VS_OWNER_ASK) {
		local->tries = 0;
		wait_on(local);
		return; /* it may have changed, or be gone */
	}
	if ((what & VS_OWNER_CLOSE) && !close_socket(local)) {
		vs_presence_do(local, vs_owner_left(&local->owner));
		return;
	}
	if (local->owner.state == VS_OWNER_NONE)
		forget(local);
}

void
vs_presence_retry(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_presence_local *local = (struct vs_presence_local *)(void *)timer;

	(void)loop;
	switch ((enum vs_owner_state)local->owner.state) {
	case VS_OWNER_CLAIMING:
	case VS_OWNER_ABANDONED:
		if (local->op == 0)
			vs_presence_do(local, vs_owner_refused(&local->owner, local->owner.serial));
		break;
	case VS_OWNER_WAITING:
		wait_on(local);
		break;
	case VS_OWNER_LEAVING:
		if (!close_socket(local))
			vs_presence_do(local, vs_owner_left(&local->owner));
		break;
	case VS_OWNER_NONE:
	case VS_OWNER_HOLDING:
		break;
	}
}

/* Another node asks us to let a station go. */
void
vs_presence_asked(const struct vs_nats_message *message, void *arg)
{
	struct vs_presence *presence = arg;
	struct vs_presence_local *local;
	char key[VS_BUS_SUBJECT_SIZE];
	struct vs_bus_ask ask;
	unsigned what = VS_OWNER_RELEASE;

	if (vs_bus_ask_read(message->data, &ask).code != VS_E_OK ||
	    vs_bus_key_write(ask.tenant, ask.station, key).code != VS_E_OK)
		return;
	local = vs_presence_find(presence, key);
	if (local != NULL) {
		what = vs_owner_asked(&local->owner, ask.epoch);
		vs_presence_do(local, what);
	}
	if (message->reply[0] == '\0')
		return;
	vs_buf_reset(&presence->text);
	/* Without a lease it cannot speak for the life that it had before. */
	if (vs_bus_released_write(what & VS_OWNER_RELEASE ? presence->lease.incarnation : 0,
	                          &presence->text)
	        .code == VS_E_OK)
		(void)vs_nats_publish(presence->options.nats, message->reply,
		                      vs_buf_view(&presence->text));
}
