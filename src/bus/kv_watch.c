/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a bucket: a consumer of its stream that pushes to a subject of ours, each with a number.
 * One that is missing, or silence, ends the consumer, and another one goes on behind the last
 * message that came.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "bus/kv_inside.h"

#define HEARTBEAT_MS 500u
#define SILENCE_MS   2000u
#define MAKE_MS      2000u
#define NODES        128

static void
heard(struct vs_kv *kv)
{
	atomic_store(&kv->heard_ms, vs_clock_mono_ms());
}

void
vs_kv_watch_end(struct vs_kv *kv)
{
	if (kv->inbox[0] == '\0')
		return;
	/* Nobody listens there any more: the server takes the consumer away by itself. */
	vs_nats_unlisten(kv->options.nats, kv->inbox);
	kv->inbox[0] = '\0';
	kv->consumer[0] = '\0';
}

static void
begun(vs_result r, struct vs_bytes data, void *arg, uint64_t generation)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	struct vs_kv *kv = arg;

	if (generation != kv->generation)
		return;
	kv->is_asking = false;
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (r.code == VS_E_OK)
		r = vs_kv_answer(data, &tape);
	if (r.code == VS_E_OK)
		r = vs_json_copy_text(&tape, vs_json_member(&tape, vs_json_root(&tape), "name"),
		                      kv->consumer, sizeof(kv->consumer));
	if (r.code != VS_E_OK) {
		if (r.code == VS_E_NOT_FOUND)
			atomic_store(&kv->is_ready, false);
		vs_kv_watch_end(kv);
		return;
	}
	heard(kv);
	/* Nothing is there, or nothing that we have not: else the last message says so. */
	if (kv->delivered == 0 && vs_kv_number(&tape, vs_json_root(&tape), "num_pending") == 0)
		atomic_store(&kv->is_whole, true);
}

static vs_result
begin(struct vs_kv *kv)
{
	struct vs_nats_request request = {.is_open = true,
	                                  .timeout_ms = MAKE_MS,
	                                  .done = begun,
	                                  .arg = kv,
	                                  .token = ++kv->generation};
	char subject[VS_KV_NAME_SIZE + 32], body[640], from[96], random[23];

	vs_random_text(random, sizeof(random));
	(void)snprintf(kv->inbox, sizeof(kv->inbox), "%s.%s", kv->deliver, random);
	(void)snprintf(subject, sizeof(subject), "$JS.API.CONSUMER.CREATE.KV_%s",
	               kv->options.bucket);
	if (kv->last_seq == 0)
		(void)snprintf(from, sizeof(from), "\"deliver_policy\":\"last_per_subject\"");
	else
		(void)snprintf(from, sizeof(from),
		               "\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":%llu",
		               (unsigned long long)kv->last_seq + 1);
	(void)snprintf(
	    body, sizeof(body),
	    "{\"stream_name\":\"KV_%s\",\"config\":{\"deliver_subject\":\"%s\",%s,"
	    "\"filter_subject\":\"%s.>\",\"ack_policy\":\"none\",\"max_deliver\":1,"
	    "\"replay_policy\":\"instant\",\"idle_heartbeat\":%u000000,\"mem_storage\":true,"
	    "\"num_replicas\":1}}",
	    kv->options.bucket, kv->inbox, from, kv->prefix, HEARTBEAT_MS);
	request.subject = subject;
	request.data = vs_bytes_from_text(body);
	kv->delivered = 0;
	kv->consumer[0] = '\0';
	VS_TRY(vs_nats_listen(kv->options.nats, kv->inbox));
	VS_TRY(vs_nats_ask(kv->options.nats, &request));
	kv->is_asking = true;
	return VS_OK;
}

/* Called again and again: it begins when there is none, and anew when it is silent. */
void
vs_kv_watch_begin(struct vs_kv *kv)
{
	uint64_t heard_ms = atomic_load(&kv->heard_ms);

	if (kv->inbox[0] != '\0' && vs_clock_mono_ms() - heard_ms <= SILENCE_MS)
		return;
	vs_kv_watch_end(kv);
	if (begin(kv).code != VS_E_OK)
		vs_kv_watch_end(kv);
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

static void
take(struct vs_kv *kv, const struct vs_nats_message *message)
{
	struct vs_kv_entry entry = {.is_deleted = message->mark == VS_NATS_DELETED,
	                            .value = message->data};
	uint64_t number = 0, pending = 0;
	char consumer[64];

	if (!read_place(message->reply, consumer, &entry.revision, &number, &pending))
		return;
	/* The answer that names it may come behind its first messages. */
	if (kv->consumer[0] == '\0')
		(void)snprintf(kv->consumer, sizeof(kv->consumer), "%s", consumer);
	if (strcmp(consumer, kv->consumer) != 0)
		return;
	if (number != kv->delivered + 1) {
		vs_kv_watch_end(kv);
		return;
	}
	kv->delivered = number;
	kv->last_seq = entry.revision;
	heard(kv);
	entry.key = message->subject + strlen(kv->prefix) + 1;
	/* What is not ours changes nothing. */
	if (entry.is_deleted ||
	    vs_kv_open(kv, entry.key, entry.value, &entry.value).code == VS_E_OK)
		kv->options.changed(&entry, kv->options.arg);
	if (pending == 0)
		atomic_store(&kv->is_whole, true);
}

void
vs_kv_watched(const struct vs_nats_message *message, void *arg)
{
	struct vs_kv *kv = arg;
	char last[24];

	if (kv->inbox[0] == '\0')
		return;
	if (message->mark == VS_NATS_PLAIN || message->mark == VS_NATS_DELETED) {
		take(kv, message);
		return;
	}
	if (message->mark != VS_NATS_HEARTBEAT || strcmp(message->subject, kv->inbox) != 0)
		return;
	/* The last ones did not come. */
	if (vs_bytes_copy_text(message->data, last, sizeof(last)) &&
	    strtoull(last, NULL, 10) > kv->delivered)
		vs_kv_watch_end(kv);
	else
		heard(kv);
}
