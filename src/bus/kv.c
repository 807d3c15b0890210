/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/kv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/metric.h"
#include "bus/kv_inside.h"

#define TICK_MS 250u
#define MAKE_MS 2000u
#define NODES   256

uint64_t
vs_kv_number(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key)
{
	int64_t value = 0;

	if (vs_json_int(tape, vs_json_member(tape, object, key), &value).code != VS_E_OK ||
	    value < 0)
		return 0;
	return (uint64_t)value;
}

vs_result
vs_kv_answer(struct vs_bytes data, struct vs_json_tape *tape)
{
	const struct vs_json_node *error;

	VS_TRY(vs_json_parse(data, tape));
	error = vs_json_member(tape, vs_json_root(tape), "error");
	if (error == NULL)
		return VS_OK;
	switch (vs_kv_number(tape, error, "err_code")) {
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

/* --- sealing, for as long as the value lies there ------------------------------------------------
 */

vs_result
vs_kv_close(struct vs_kv *kv, const char *key, struct vs_bytes value, struct vs_bytes *sealed_out)
{
	char place[VS_KV_SUBJECT_SIZE];

	*sealed_out = value;
	if (kv->seal == NULL)
		return VS_OK;
	(void)snprintf(place, sizeof(place), "%s.%s", kv->prefix, key);
	vs_buf_reset(&kv->sealed);
	VS_TRY(vs_bus_seal_close(kv->seal, place, 0, value, &kv->sealed));
	*sealed_out = vs_buf_view(&kv->sealed);
	return VS_OK;
}

vs_result
vs_kv_open(struct vs_kv *kv, const char *key, struct vs_bytes sealed, struct vs_bytes *value_out)
{
	char place[VS_KV_SUBJECT_SIZE];
	vs_result r;

	*value_out = sealed;
	if (kv->seal == NULL)
		return VS_OK;
	(void)snprintf(place, sizeof(place), "%s.%s", kv->prefix, key);
	vs_buf_reset(&kv->opened);
	r = vs_bus_seal_open(kv->seal, place, 0, 0, sealed, &kv->opened);
	if (r.code != VS_E_OK)
		vs_metric_add(VS_METRIC_bus_forged_total, 1);
	*value_out = vs_buf_view(&kv->opened);
	return r;
}

/* --- making it -------------------------------------------------------------------------------- */

/* An operator may have made it, with more replicas: that is as good. */
static void
made(vs_result r, struct vs_bytes data, void *arg, uint64_t token)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	struct vs_kv *kv = arg;

	(void)token;
	kv->is_asking = false;
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (r.code == VS_E_OK)
		r = vs_kv_answer(data, &tape);
	if (r.code != VS_E_OK && r.code != VS_E_EXISTS)
		return; /* asked again at the next tick */
	/* Numbers that went back: it is another bucket, made anew. */
	if (r.code == VS_E_OK &&
	    vs_kv_number(&tape, vs_json_member(&tape, vs_json_root(&tape), "state"), "last_seq") <
	        kv->last_seq)
		kv->last_seq = 0;
	atomic_store(&kv->is_ready, true);
}

static void
make(struct vs_kv *kv)
{
	struct vs_nats_request request = {
	    .is_open = true, .timeout_ms = MAKE_MS, .done = made, .arg = kv};
	char subject[VS_KV_NAME_SIZE + 32], body[512];
	unsigned replicas = kv->options.replicas != 0 ? kv->options.replicas : 1;

	(void)snprintf(subject, sizeof(subject), "$JS.API.STREAM.CREATE.KV_%s", kv->options.bucket);
	(void)snprintf(body, sizeof(body),
	               "{\"name\":\"KV_%s\",\"subjects\":[\"%s.>\"],\"retention\":\"limits\","
	               "\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,\"max_age\":0,"
	               "\"max_msgs_per_subject\":1,\"max_msg_size\":%u,\"discard\":\"new\","
	               "\"storage\":\"file\",\"num_replicas\":%u,\"duplicate_window\":120000000000,"
	               "\"allow_rollup_hdrs\":true,\"deny_delete\":true}",
	               kv->options.bucket, kv->prefix, VS_KV_VALUE_SIZE + 1024, replicas);
	request.subject = subject;
	request.data = vs_bytes_from_text(body);
	kv->is_asking = vs_nats_ask(kv->options.nats, &request).code == VS_E_OK;
}

static void
tick(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_kv *kv = (struct vs_kv *)(void *)((char *)timer - offsetof(struct vs_kv, tick));

	vs_timer_arm(loop, timer, TICK_MS);
	if (kv->is_asking || !vs_nats_is_connected(kv->options.nats))
		return;
	if (!atomic_load(&kv->is_ready))
		make(kv);
	else if (kv->options.changed != NULL)
		vs_kv_watch_begin(kv);
}

static void
connection(bool is_connected, void *arg)
{
	struct vs_kv *kv = arg;

	/* The server may be another one, or have lost what it did not keep. */
	atomic_store(&kv->is_ready, false);
	vs_kv_watch_end(kv);
	kv->is_asking = false;
	if (is_connected)
		make(kv);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_kv_new(const struct vs_kv_options *options, struct vs_kv **kv_out)
{
	struct vs_kv *kv;
	vs_result r;

	assert(options != NULL && options->nats != NULL && options->bucket != NULL);
	kv = calloc(1, sizeof(*kv));
	if (kv == NULL)
		return VS_FAIL(NO_MEMORY);
	kv->options = *options;
	kv->loop = vs_nats_loop(options->nats);
	kv->tick.fire = tick;
	kv->seal = vs_nats_seal(options->nats);
	vs_buf_init(&kv->sealed, VS_KV_VALUE_SIZE + VS_BUS_SEAL_MORE);
	vs_buf_init(&kv->opened, VS_KV_VALUE_SIZE + VS_BUS_SEAL_MORE);
	(void)snprintf(kv->prefix, sizeof(kv->prefix), "$KV.%s", options->bucket);
	(void)snprintf(kv->deliver, sizeof(kv->deliver), "kvw.%s", options->bucket);
	r = vs_map_new(VS_LIMIT_BUS_REQUESTS, &kv->calls);
	if (r.code == VS_E_OK)
		r = vs_nats_on_change(options->nats, connection, kv);
	if (r.code == VS_E_OK && options->changed != NULL) {
		r = vs_nats_handle_open(options->nats, kv->prefix, vs_kv_watched, kv);
		if (r.code == VS_E_OK)
			r = vs_nats_handle_open(options->nats, kv->deliver, vs_kv_watched, kv);
	}
	if (r.code != VS_E_OK) {
		vs_kv_free(&kv);
		return r;
	}
	vs_timer_arm(kv->loop, &kv->tick, 1);
	*kv_out = kv;
	return VS_OK;
}

void
vs_kv_free(struct vs_kv **kv)
{
	if (kv == NULL || *kv == NULL)
		return;
	vs_timer_cancel((*kv)->loop, &(*kv)->tick);
	if ((*kv)->calls != NULL)
		vs_kv_calls_end(*kv);
	vs_map_free(&(*kv)->calls);
	vs_buf_done(&(*kv)->sealed);
	vs_buf_done(&(*kv)->opened);
	free(*kv);
	*kv = NULL;
}

bool
vs_kv_is_ready(const struct vs_kv *kv)
{
	return atomic_load(&kv->is_ready);
}

bool
vs_kv_is_current(const struct vs_kv *kv, uint64_t now_ms, uint64_t age_ms)
{
	uint64_t heard_ms = atomic_load(&kv->heard_ms);

	return atomic_load(&kv->is_whole) && (now_ms <= heard_ms || now_ms - heard_ms <= age_ms);
}
