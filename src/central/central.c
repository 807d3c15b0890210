/* SPDX-License-Identifier: Apache-2.0 */
#include "central/central.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "central/command.h"
#include "central/frame.h"
#include "central/known.h"
#include "central/recheck.h"
#include "central/stream.h"
#include "crypto/jose_key.h"

#define RETRY_MS      20u /* how soon a store that was full is asked again */
#define SEAL_SIZE_MAX (4u * VS_LIMIT_WS_MESSAGE_SIZE) /* a message and what comes out of it */
#define EXPIRY_MS     100u                            /* how exactly a call's timeout is kept */

void
vs_central_reactor_wake(struct vs_central_reactor *reactor)
{
	reactor->context.now_ms = vs_clock_wall_ms();
	reactor->context.mono_ms = vs_loop_now_ms(reactor->loop);
	reactor->context.boot.heartbeat_interval_s =
	    atomic_load_explicit(&reactor->central->heartbeat_s, memory_order_relaxed);
}

void
vs_central_set_heartbeat(struct vs_central *central, uint32_t interval_s)
{
	atomic_store(&central->heartbeat_s, interval_s);
}

struct vs_central_session *
vs_central_reactor_session(struct vs_central_reactor *reactor, vs_conn_id conn)
{
	struct vs_conn *found = conn != 0 ? vs_net_find(reactor->net, conn) : NULL;
	struct vs_central_session *session = found != NULL ? vs_conn_user(found) : NULL;

	return session != NULL && session->kind == VS_CENTRAL_STATION ? session : NULL;
}

static void
send_text(struct vs_central_context *context, struct vs_central_session *session,
          struct vs_bytes text)
{
	struct vs_central_reactor *reactor = (struct vs_central_reactor *)context;
	struct vs_conn *conn = vs_net_find(reactor->net, session->conn);
	struct vs_bytes plain = text;
	vs_result r;

	/* What cannot be sent is lost with its connection: the station asks again on the next one.
	 */
	if (conn == NULL)
		return;
	if (session->signing != NULL)
		text = vs_central_signing_sign(session, text);
	vs_central_frame_sent(context, session, plain, text.data != plain.data);
	r = session->channel != NULL ? vs_central_channel_send(session, conn, text)
	                             : vs_conn_ws_send(conn, VS_NET_TEXT, text);
	if (r.code == VS_E_BUSY)
		vs_conn_close(conn, true);
}

/* --- the journal ---------------------------------------------------------------------------- */

static void
end_of_turn(struct vs_loop *loop, struct vs_loop_hook *hook)
{
	struct vs_central_reactor *reactor =
	    (struct vs_central_reactor *)((char *)hook - offsetof(struct vs_central_reactor, hook));
	struct vs_central_context *context = &reactor->context;

	vs_central_recheck_poll(reactor);
	vs_drain_poll(&reactor->drain);
	if (!context->journal.is_blocked &&
	    vs_journal_submit(&context->journal, &reactor->central->options.writer).code != VS_E_OK)
		vs_timer_arm(loop, &reactor->retry, RETRY_MS);
	if (context->calling != NULL && !vs_timer_is_armed(&reactor->expiry))
		vs_timer_arm(loop, &reactor->expiry, EXPIRY_MS);
}

static void
give_back(struct vs_central_reactor *reactor, struct vs_core_record *list)
{
	while (list != NULL) {
		struct vs_core_record *record = list;
		struct vs_central_session *session =
		    vs_central_reactor_session(reactor, record->conn);

		list = record->next;
		vs_central_session_committed(&reactor->context, session, record);
		if (record->kind == VS_RECORD_signed_block && session != NULL &&
		    session->signing != NULL)
			vs_central_signing_reserved(session, record);
		if (record->kind == VS_RECORD_boot && session != NULL && !session->has_ended)
			vs_conn_ws_set_message_size_max(
			    vs_net_find(reactor->net, session->conn),
			    vs_central_door_message_size(
				(enum vs_core_registration)session->registration,
				session->channel != NULL));
		vs_core_record_free(&record);
	}
}

/* The store is full: what can still be refused is refused, the rest waits and is tried again. */
static void
retry(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_reactor *reactor =
	    (struct vs_central_reactor *)((char *)timer -
	                                  offsetof(struct vs_central_reactor, retry));
	struct vs_core_record *waiting;

	vs_central_reactor_wake(reactor);
	if (vs_journal_submit(&reactor->context.journal, &reactor->central->options.writer).code ==
	    VS_E_OK)
		return;
	waiting = vs_journal_take_waiting(&reactor->context.journal);
	for (struct vs_core_record *record = waiting; record != NULL; record = record->next)
		record->outcome = VS_E_BUSY;
	give_back(reactor, waiting);
	vs_timer_arm(loop, timer, RETRY_MS);
}

static void
expire(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_reactor *reactor =
	    (struct vs_central_reactor *)((char *)timer -
	                                  offsetof(struct vs_central_reactor, expiry));

	vs_central_reactor_wake(reactor);
	vs_central_command_expire(&reactor->context);
	if (reactor->context.calling != NULL)
		vs_timer_arm(loop, timer, EXPIRY_MS);
}

void
vs_central_committed(struct vs_central *central, uint8_t index, struct vs_core_record *list)
{
	assert(central != NULL && central->reactors[index] != NULL);
	vs_central_reactor_wake(central->reactors[index]);
	give_back(central->reactors[index], list);
}

/* --- life ----------------------------------------------------------------------------------- */

vs_result
vs_central_new(const struct vs_central_options *options, struct vs_central **central_out)
{
	struct vs_central *central;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(options != NULL && central_out != NULL);
	assert(options->registry != NULL && options->path_prefix != NULL);
	assert(options->writer.submit != NULL && options->events.publish != NULL);
	central = calloc(1, sizeof(*central));
	if (central == NULL)
		return r;
	central->options = *options;
	vs_central_set_heartbeat(central, options->heartbeat_interval_s);
	r = vs_central_directory_new(&central->directory);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_central_known_new(&central->known);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_central_streams_new(&central->streams);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_verdicts_new(&(struct vs_verdicts_options){.pepper = options->pepper},
	                    &central->verdicts);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_central_tenants_new(&options->tenant_limits, &central->tenants);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_central_floors_new(&central->floors);
	if (r.code != VS_E_OK)
		goto out;
	*central_out = central;
	central = NULL;
out:
	vs_central_free(&central);
	return r;
}

void
vs_central_free(struct vs_central **central)
{
	assert(central != NULL);
	if (*central == NULL)
		return;
	vs_verdicts_free(&(*central)->verdicts);
	for (size_t i = 0; i < VS_CENTRAL_REACTORS; i++) {
		struct vs_central_reactor *reactor = (*central)->reactors[i];

		if (reactor == NULL)
			continue;
		vs_loop_hook_remove(reactor->loop, &reactor->hook);
		vs_timer_cancel(reactor->loop, &reactor->retry);
		vs_timer_cancel(reactor->loop, &reactor->expiry);
		vs_central_recheck_done(reactor);
		vs_drain_done(&reactor->drain);
		vs_jobs_free(&reactor->jobs);
		vs_jose_key_free(&reactor->sign_key);
		vs_buf_done(&reactor->sign_in);
		vs_buf_done(&reactor->sign_out);
		vs_buf_done(&reactor->seal_in);
		vs_buf_done(&reactor->seal_out);
		vs_central_context_done(&reactor->context);
		free(reactor);
	}
	vs_central_floors_free(&(*central)->floors);
	vs_central_tenants_free(&(*central)->tenants);
	vs_central_known_free(&(*central)->known);
	vs_central_streams_free(&(*central)->streams);
	vs_central_directory_free(&(*central)->directory);
	explicit_bzero((*central)->options.hash_key, sizeof((*central)->options.hash_key));
	free(*central);
	*central = NULL;
}

static bool
recall_row(const struct vs_core_held_row *row, void *arg)
{
	struct vs_central *central = arg;

	if (row->reading == VS_CORE_READ_WHOLE)
		vs_central_streams_recall(central->streams, row->station, row->kind, row->number,
		                          row->payload);
	if (row->kind == VS_HELD_profile && row->reading == VS_CORE_READ_WHOLE)
		vs_central_known_read(central->known, row->station, row->payload);
	/* Behind all profiles of its station: the rows come by kind. */
	if (row->kind == VS_HELD_dynamic && row->reading == VS_CORE_READ_WHOLE)
		vs_central_known_update_read(central->known, row->station, row->payload);
	return true;
}

vs_result
vs_central_recall(struct vs_central *central, const struct vs_port_reader *reader,
                  const char *tenant)
{
	assert(central != NULL && reader != NULL && tenant != NULL);
	return reader->held(reader->self, tenant, "", recall_row, central);
}

vs_result
vs_central_attach(struct vs_central *central, struct vs_net *net, uint8_t index)
{
	struct vs_central_reactor *reactor;
	vs_result r;

	assert(central != NULL && net != NULL && central->reactors[index] == NULL);
	reactor = calloc(1, sizeof(*reactor));
	if (reactor == NULL)
		return VS_FAIL(NO_MEMORY);
	if (central->options.signer.key != NULL) {
		r = vs_jose_key_new(central->options.signer.key, VS_JOSE_ALLOW(VS_SIGN_ES256), "",
		                    &reactor->sign_key);
		if (r.code != VS_E_OK) {
			free(reactor);
			return r;
		}
	}
	vs_central_context_init(&reactor->context, index);
	vs_buf_init(&reactor->sign_in, SEAL_SIZE_MAX);
	vs_buf_init(&reactor->sign_out, SEAL_SIZE_MAX);
	vs_buf_init(&reactor->seal_in, SEAL_SIZE_MAX);
	vs_buf_init(&reactor->seal_out, SEAL_SIZE_MAX);
	reactor->context.registry = central->options.registry;
	reactor->context.known = central->known;
	reactor->context.streams = central->streams;
	reactor->context.models = central->options.models;
	reactor->context.events = central->options.events;
	reactor->context.frames = central->options.frames;
	reactor->context.errands = central->options.errands;
	reactor->context.contracts = central->options.contracts;
	reactor->context.presence = central->options.presence;
	reactor->context.boot.is_pending_by_default = central->options.is_boot_pending_by_default;
	reactor->context.boot.heartbeat_interval_s = central->options.heartbeat_interval_s;
	reactor->context.hang_up = vs_central_door_hang_up;
	reactor->context.send = send_text;
	memcpy(reactor->context.hash_key, central->options.hash_key,
	       sizeof(reactor->context.hash_key));
	vs_random_bytes(&reactor->sign_message, sizeof(reactor->sign_message));
	reactor->central = central;
	reactor->net = net;
	reactor->loop = vs_net_loop(net);
	reactor->index = index;
	reactor->hook.run = end_of_turn;
	reactor->retry.fire = retry;
	reactor->expiry.fire = expire;
	vs_central_recheck_init(reactor);
	vs_central_drain_init(reactor);
	vs_loop_hook_add(reactor->loop, &reactor->hook);
	central->reactors[index] = reactor;
	return VS_OK;
}

struct vs_net_handler
vs_central_handler(struct vs_central *central, uint8_t index)
{
	struct vs_net_handler handler;

	assert(central != NULL && central->reactors[index] != NULL);
	vs_central_door_handler(central->reactors[index], &handler);
	return handler;
}

struct vs_keys_rotator
vs_central_rotator(struct vs_central *central)
{
	assert(central != NULL);
	return (struct vs_keys_rotator){.self = central, .rotate = vs_central_channel_rotate};
}

struct vs_central_tenants *
vs_central_get_tenants(struct vs_central *central)
{
	assert(central != NULL);
	return central->tenants;
}

size_t
vs_central_connected_count(const struct vs_central *central)
{
	assert(central != NULL);
	return vs_central_directory_count(central->directory);
}
