/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a stream: its consumer, which is made anew when it has lost one message or says nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "bus/stream_inside.h"

#define HEARTBEAT_MS 500u
#define SILENCE_MS   2000u
#define MAKE_MS      2000u
#define NODES        128

static void
heard(struct vs_stream *stream)
{
	atomic_store(&stream->heard_ms, vs_clock_mono_ms());
}

void
vs_stream_skip(struct vs_stream *stream)
{
	if (stream->has_begun && stream->options.skipped != NULL)
		stream->options.skipped(stream->options.arg);
	stream->has_begun = false;
}

void
vs_stream_read_end(struct vs_stream *stream)
{
	if (stream->inbox[0] == '\0')
		return;
	/* Nobody listens there any more: the server takes the consumer away by itself. */
	vs_nats_unlisten(stream->options.nats, stream->inbox);
	stream->inbox[0] = '\0';
	stream->consumer[0] = '\0';
}

/* Of one that is from now: from where on does it bring what comes? */
static void
place(struct vs_stream *stream, const struct vs_json_tape *tape)
{
	const struct vs_json_node *root = vs_json_root(tape);
	uint64_t before =
	    vs_stream_number(tape, vs_json_member(tape, root, "delivered"), "stream_seq");

	if (!stream->options.is_from_now || stream->delivered > 0)
		return;
	if (!stream->has_begun)
		stream->last_seq = before;
	stream->has_begun = true;
}

static void
begun(vs_result r, struct vs_bytes data, void *arg, uint64_t generation)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	struct vs_stream *stream = arg;

	if (generation != stream->generation)
		return;
	stream->is_asking = false;
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (r.code == VS_E_OK)
		r = vs_stream_answer(data, &tape);
	if (r.code == VS_E_OK)
		r = vs_json_copy_text(&tape, vs_json_member(&tape, vs_json_root(&tape), "name"),
		                      stream->consumer, sizeof(stream->consumer));
	if (r.code != VS_E_OK) {
		if (r.code == VS_E_NOT_FOUND)
			atomic_store(&stream->is_ready, false);
		vs_stream_read_end(stream);
		return;
	}
	heard(stream);
	place(stream, &tape);
	/* Nothing is there, or nothing that we have not: else the last message says so. */
	if (stream->delivered == 0 &&
	    vs_stream_number(&tape, vs_json_root(&tape), "num_pending") == 0)
		atomic_store(&stream->is_whole, true);
}

static void
write_policy(const struct vs_stream *stream, char *room, size_t size)
{
	bool is_from_now = stream->options.is_from_now;

	if (is_from_now ? stream->has_begun : stream->last_seq > 0)
		(void)snprintf(room, size,
		               "\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":%llu",
		               (unsigned long long)stream->last_seq + 1);
	else
		(void)snprintf(room, size, "\"deliver_policy\":\"%s\"",
		               is_from_now ? "new" : "last_per_subject");
}

static vs_result
begin(struct vs_stream *stream)
{
	struct vs_nats_request request = {.is_open = true,
	                                  .timeout_ms = MAKE_MS,
	                                  .done = begun,
	                                  .arg = stream,
	                                  .token = ++stream->generation};
	char subject[VS_STREAM_NAME_SIZE + 32], body[640], policy[96], random[23];

	vs_random_text(random, sizeof(random));
	(void)snprintf(stream->inbox, sizeof(stream->inbox), "%s.%s", stream->options.deliver,
	               random);
	(void)snprintf(subject, sizeof(subject), "$JS.API.CONSUMER.CREATE.%s", stream->name);
	write_policy(stream, policy, sizeof(policy));
	(void)snprintf(
	    body, sizeof(body),
	    "{\"stream_name\":\"%s\",\"config\":{\"deliver_subject\":\"%s\",%s,"
	    "\"filter_subject\":\"%s.>\",\"ack_policy\":\"none\",\"max_deliver\":1,"
	    "\"replay_policy\":\"instant\",\"idle_heartbeat\":%u000000,\"mem_storage\":true,"
	    "\"num_replicas\":1}}",
	    stream->name, stream->inbox, policy, stream->options.prefix, HEARTBEAT_MS);
	request.subject = subject;
	request.data = vs_bytes_from_text(body);
	stream->delivered = 0;
	stream->consumer[0] = '\0';
	VS_TRY(vs_nats_listen(stream->options.nats, stream->inbox));
	VS_TRY(vs_nats_ask(stream->options.nats, &request));
	stream->is_asking = true;
	return VS_OK;
}

/* Called again and again: it begins when there is none, and anew when it is silent. */
void
vs_stream_read_begin(struct vs_stream *stream)
{
	uint64_t heard_ms = atomic_load(&stream->heard_ms);

	if (stream->inbox[0] != '\0') {
		if (vs_clock_mono_ms() - heard_ms <= SILENCE_MS)
			return;
		/* The server may have come back so fast that nobody saw it go: what it has is
		 * looked at first. */
		vs_stream_read_end(stream);
		atomic_store(&stream->is_ready, false);
		return;
	}
	if (begin(stream).code != VS_E_OK)
		vs_stream_read_end(stream);
}

/* $JS.ACK.STREAM.CONSUMER.TIMES.STREAM_SEQ.CONSUMER_SEQ.TIME.PENDING, or with a domain and an
 * account before STREAM and a word behind it all. */
static bool
read_place(const char *reply, char consumer[static 64], uint64_t *seq, uint64_t *number,
           uint64_t *pending)
{
	struct vs_bytes words[12];
	size_t count = 0, at;
	uint64_t numbers[3];
	static const size_t places[3] = {3, 4, 6}; /* behind STREAM */

	for (const char *word = reply; word != NULL && count < 12; count++) {
		const char *dot = strchr(word, '.');

		words[count] =
		    vs_bytes_from(word, dot == NULL ? strlen(word) : (size_t)(dot - word));
		word = dot == NULL ? NULL : dot + 1;
	}
	if (count < 9 || !vs_bytes_equal_text(words[0], "$JS") ||
	    !vs_bytes_equal_text(words[1], "ACK"))
		return false;
	at = count == 9 ? 2 : 4;
	if (at + 6 >= count || !vs_bytes_copy_text(words[at + 1], consumer, 64))
		return false;
	for (size_t i = 0; i < 3; i++) {
		char text[24];

		if (!vs_bytes_copy_text(words[at + places[i]], text, sizeof(text)))
			return false;
		numbers[i] = strtoull(text, NULL, 10);
	}
	*seq = numbers[0];
	*number = numbers[1];
	*pending = numbers[2];
	return true;
}

/* False: it is too far behind, and goes on with what comes. */
static bool
is_near(struct vs_stream *stream, uint64_t seq, uint64_t pending)
{
	if (stream->options.behind_max > 0 && pending > stream->options.behind_max) {
		vs_stream_skip(stream);
		vs_stream_read_end(stream);
		return false;
	}
	/* All subjects are read: what is not there was taken away before it was read. */
	if (stream->has_begun && seq > stream->last_seq + 1)
		vs_stream_skip(stream);
	return true;
}

static void
take(struct vs_stream *stream, const struct vs_nats_message *came)
{
	struct vs_stream_message message = {.subject = came->subject,
	                                    .is_deleted = came->mark == VS_NATS_DELETED,
	                                    .data = came->data};
	uint64_t number = 0, pending = 0;
	char consumer[64];

	if (!read_place(came->reply, consumer, &message.seq, &number, &pending))
		return;
	/* The answer that names it may come behind its first messages. */
	if (stream->consumer[0] == '\0')
		(void)snprintf(stream->consumer, sizeof(stream->consumer), "%s", consumer);
	if (strcmp(consumer, stream->consumer) != 0)
		return;
	if (number != stream->delivered + 1) {
		vs_stream_read_end(stream);
		return;
	}
	if (stream->options.is_from_now && !is_near(stream, message.seq, pending))
		return;
	stream->has_begun = true;
	stream->delivered = number;
	stream->last_seq = message.seq;
	heard(stream);
	stream->options.message(&message, stream->options.arg);
	if (pending == 0)
		atomic_store(&stream->is_whole, true);
}

void
vs_stream_came(const struct vs_nats_message *message, void *arg)
{
	struct vs_stream *stream = arg;
	char last[24];

	if (stream->inbox[0] == '\0')
		return;
	if (message->mark == VS_NATS_PLAIN || message->mark == VS_NATS_DELETED) {
		take(stream, message);
		return;
	}
	if (message->mark != VS_NATS_HEARTBEAT || strcmp(message->subject, stream->inbox) != 0)
		return;
	/* The last ones did not come. */
	if (vs_bytes_copy_text(message->data, last, sizeof(last)) &&
	    strtoull(last, NULL, 10) > stream->delivered)
		vs_stream_read_end(stream);
	else
		heard(stream);
}
