/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/kv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/metric.h"
#include "bus/kv_inside.h"

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

/* --- what comes ----------------------------------------------------------------------------------
 */

static void
came(const struct vs_stream_message *message, void *arg)
{
	struct vs_kv *kv = arg;
	struct vs_kv_entry entry = {.key = message->subject + strlen(kv->prefix) + 1,
	                            .revision = message->seq,
	                            .is_deleted = message->is_deleted,
	                            .value = message->data};

	/* What is not ours changes nothing. */
	if (entry.is_deleted ||
	    vs_kv_open(kv, entry.key, entry.value, &entry.value).code == VS_E_OK)
		kv->options.changed(&entry, kv->options.arg);
}

static vs_result
make_stream(struct vs_kv *kv)
{
	struct vs_stream_options options = {.nats = kv->options.nats,
	                                    .prefix = kv->prefix,
	                                    .replicas = kv->options.replicas,
	                                    .message = came,
	                                    .arg = kv};
	char name[VS_STREAM_NAME_SIZE], config[256];

	(void)snprintf(name, sizeof(name), "KV_%s", kv->options.bucket);
	(void)snprintf(config, sizeof(config),
	               ",\"max_msgs\":-1,\"max_bytes\":-1,\"max_age\":0,"
	               "\"max_msgs_per_subject\":1,\"max_msg_size\":%u,\"discard\":\"new\","
	               "\"allow_rollup_hdrs\":true,\"deny_delete\":true",
	               VS_KV_VALUE_SIZE + 1024);
	options.name = name;
	options.config = config;
	if (kv->options.changed != NULL)
		options.deliver = kv->deliver;
	return vs_stream_new(&options, &kv->stream);
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
	kv->seal = vs_nats_seal(options->nats);
	vs_buf_init(&kv->sealed, VS_KV_VALUE_SIZE + VS_BUS_SEAL_MORE);
	vs_buf_init(&kv->opened, VS_KV_VALUE_SIZE + VS_BUS_SEAL_MORE);
	(void)snprintf(kv->prefix, sizeof(kv->prefix), "$KV.%s", options->bucket);
	(void)snprintf(kv->deliver, sizeof(kv->deliver), "kvw.%s", options->bucket);
	r = vs_map_new(VS_LIMIT_BUS_REQUESTS, &kv->calls);
	if (r.code == VS_E_OK)
		r = make_stream(kv);
	if (r.code != VS_E_OK) {
		vs_kv_free(&kv);
		return r;
	}
	*kv_out = kv;
	return VS_OK;
}

void
vs_kv_free(struct vs_kv **kv)
{
	if (kv == NULL || *kv == NULL)
		return;
	vs_stream_free(&(*kv)->stream);
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
	return vs_stream_is_ready(kv->stream);
}

bool
vs_kv_is_current(const struct vs_kv *kv, uint64_t now_ms, uint64_t age_ms)
{
	return vs_stream_is_current(kv->stream, now_ms, age_ms);
}
