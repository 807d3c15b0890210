/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/stream.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/stream_inside.h"

#define TICK_MS 250u
#define MAKE_MS 2000u
#define NODES   256

uint64_t
vs_stream_number(const struct vs_json_tape *tape, const struct vs_json_node *object,
                 const char *key)
{
	int64_t value = 0;

	if (vs_json_int(tape, vs_json_member(tape, object, key), &value).code != VS_E_OK ||
	    value < 0)
		return 0;
	return (uint64_t)value;
}

vs_result
vs_stream_answer(struct vs_bytes data, struct vs_json_tape *tape)
{
	const struct vs_json_node *error;

	VS_TRY(vs_json_parse(data, tape));
	error = vs_json_member(tape, vs_json_root(tape), "error");
	if (error == NULL)
		return VS_OK;
	switch (vs_stream_number(tape, error, "err_code")) {
	case 10037: /* no message found */
	case 10059: /* stream not found */
		return VS_FAIL(NOT_FOUND);
	case 10058: /* stream name already in use with a different configuration */
		return VS_FAIL(EXISTS);
	case 10071: /* wrong last sequence */
		return VS_FAIL(CONFLICT);
	default:
		return VS_FAIL(INTERNAL);
	}
}

/* --- making it -------------------------------------------------------------------------------- */

static void ask(struct vs_stream *stream, bool is_new);

static void
made(vs_result r, struct vs_bytes data, void *arg, uint64_t token)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	struct vs_stream *stream = arg;
	uint64_t last;

	(void)token;
	stream->is_asking = false;
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (r.code == VS_E_OK)
		r = vs_stream_answer(data, &tape);
	/* An operator may have made it, with more replicas: that is as good. */
	if (r.code == VS_E_EXISTS)
		ask(stream, false);
	if (r.code != VS_E_OK)
		return; /* asked again at the next tick */
	last = vs_stream_number(&tape, vs_json_member(&tape, vs_json_root(&tape), "state"),
	                        "last_seq");
	/* Numbers that went back: it is another one, made anew. */
	if (last < stream->last_seq) {
		stream->last_seq = 0;
		vs_stream_skip(stream);
	}
	atomic_store(&stream->is_ready, true);
}

static void
ask(struct vs_stream *stream, bool is_new)
{
	struct vs_nats_request request = {
	    .is_open = true, .timeout_ms = MAKE_MS, .done = made, .arg = stream};
	const struct vs_stream_options *options = &stream->options;
	char subject[VS_STREAM_NAME_SIZE + 32], body[768];

	(void)snprintf(subject, sizeof(subject), "$JS.API.STREAM.%s.%s", is_new ? "CREATE" : "INFO",
	               stream->name);
	(void)snprintf(body, sizeof(body),
	               "{\"name\":\"%s\",\"subjects\":[\"%s.>\"],\"retention\":\"limits\","
	               "\"max_consumers\":-1,\"storage\":\"file\",\"num_replicas\":%u,"
	               "\"duplicate_window\":120000000000%s}",
	               stream->name, options->prefix,
	               (unsigned)(options->replicas != 0 ? options->replicas : 1), stream->config);
	request.subject = subject;
	if (is_new)
		request.data = vs_bytes_from_text(body);
	stream->is_asking = vs_nats_ask(options->nats, &request).code == VS_E_OK;
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_stream *stream =
	    (struct vs_stream *)(void *)((char *)timer - offsetof(struct vs_stream, tick));

	vs_timer_arm(loop, timer, TICK_MS);
	if (stream->is_asking || !vs_nats_is_connected(stream->options.nats))
		return;
	if (!atomic_load(&stream->is_ready))
		ask(stream, true);
	else if (stream->options.deliver != NULL)
		vs_stream_read_begin(stream);
}

static void
connection(bool is_connected, void *arg)
{
	struct vs_stream *stream = arg;

	/* The server may be another one, or have lost what it did not keep. */
	atomic_store(&stream->is_ready, false);
	vs_stream_read_end(stream);
	stream->is_asking = false;
	if (is_connected)
		ask(stream, true);
}

/* --- life ------------------------------------------------------------------------------------- */

static vs_result
hear(struct vs_stream *stream)
{
	const struct vs_stream_options *options = &stream->options;

	VS_TRY(vs_nats_on_change(options->nats, connection, stream));
	if (options->deliver == NULL)
		return VS_OK;
	VS_TRY(vs_nats_handle_open(options->nats, options->prefix, vs_stream_came, stream));
	return vs_nats_handle_open(options->nats, options->deliver, vs_stream_came, stream);
}

vs_result
vs_stream_new(const struct vs_stream_options *options, struct vs_stream **stream_out)
{
	struct vs_stream *stream;
	vs_result r;

	assert(options != NULL && options->nats != NULL && options->name != NULL);
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return VS_FAIL(NO_MEMORY);
	stream->options = *options;
	stream->loop = vs_nats_loop(options->nats);
	stream->tick.fire = tick;
	(void)snprintf(stream->name, sizeof(stream->name), "%s", options->name);
	(void)snprintf(stream->config, sizeof(stream->config), "%s", options->config);
	stream->options.name = stream->options.config = NULL; /* were the caller's */
	r = hear(stream);
	if (r.code != VS_E_OK) {
		free(stream);
		return r;
	}
	vs_timer_arm(stream->loop, &stream->tick, 1);
	*stream_out = stream;
	return VS_OK;
}

void
vs_stream_free(struct vs_stream **stream)
{
	if (stream == NULL || *stream == NULL)
		return;
	vs_timer_cancel((*stream)->loop, &(*stream)->tick);
	free(*stream);
	*stream = NULL;
}

bool
vs_stream_is_ready(const struct vs_stream *stream)
{
	return atomic_load(&stream->is_ready);
}

bool
vs_stream_is_current(const struct vs_stream *stream, uint64_t now_ms, uint64_t age_ms)
{
	uint64_t heard_ms = atomic_load(&stream->heard_ms);

	return atomic_load(&stream->is_whole) &&
	       (now_ms <= heard_ms || now_ms - heard_ms <= age_ms);
}
