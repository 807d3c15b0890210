/* SPDX-License-Identifier: Apache-2.0 */
/* What a person does to keys. The work is done in the pool; what takes long becomes a job. */
#include "api/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keys.h"
#include "keys/keystore.h"
#include "wire/base64.h"

enum what { CREATE, ROTATE, REVOKE, DESTROY, ERASE, REWRAP };

struct order {
	enum what what;
	char station[VS_CORE_IDENTITY_SIZE], chan[8], reason[VS_KEYS_TEXT_SIZE];
	char confirm[VS_CORE_IDENTITY_SIZE];
	int64_t epoch, dek;
	bool is_tenant, is_root;
	char actor[VS_KEYS_OWNER_SIZE];
};

/* --- in the pool ----------------------------------------------------------------------------- */

static vs_result
device_of(struct vs_api_read *read, const struct order *order, struct vs_keys_device *device)
{
	device->tenant = read->tenant;
	device->device = order->station;
	if (vs_keys_chan_parse(vs_bytes_from_text(order->chan), &device->chan).code == VS_E_OK)
		return VS_OK;
	(void)snprintf(read->detail, sizeof(read->detail),
	               "channel: field, prov or psk is expected");
	return VS_FAIL(BAD_VALUE);
}

static vs_result
answer_job(struct vs_api_read *read, int64_t job_id)
{
	const struct vs_keystore *store = read->api->options.keystore;
	struct vs_keystore_job job;

	VS_TRY(store->job(store->self, job_id, &job));
	read->status = 202;
	vs_api_write_job(&read->json, &job);
	return VS_OK;
}

/* The one answer that holds a key, to whoever brings it to the station. */
static vs_result
create(struct vs_api_read *read, const struct order *order)
{
	char text[VS_BASE64_TEXT_SIZE(VS_KEYS_KEY_SIZE)];
	struct vs_keys_device_key key;
	struct vs_keys_device device;

	VS_TRY(device_of(read, order, &device));
	VS_TRY(vs_keys_device_create(read->api->options.keys, &device, &read->behalf, &key));
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(key.key, sizeof(key.key)), text,
	                       sizeof(text));
	read->status = 201;
	vs_api_write_text(&read->json, "station", order->station);
	vs_api_write_text(&read->json, "channel", order->chan);
	vs_api_write_int(&read->json, "epoch", key.epoch);
	vs_api_write_text(&read->json, "state", "active");
	vs_api_write_text(&read->json, "key", text);
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return VS_OK;
}

static vs_result
rotate(struct vs_api_read *read, const struct order *order)
{
	struct vs_keys *keys = read->api->options.keys;
	struct vs_keys_device device;
	struct vs_keys_offer offer;
	int64_t job_id = 0;
	bool is_carried;

	if (order->dek != 0) {
		VS_TRY(vs_keys_dek_rotate(keys, read->tenant, (uint32_t)order->dek, &read->behalf,
		                          &job_id));
		return answer_job(read, job_id);
	}
	if (order->is_tenant) {
		VS_TRY(vs_keys_kek_rotate(keys, read->tenant, &read->behalf, &job_id));
		return answer_job(read, job_id);
	}
	VS_TRY(device_of(read, order, &device));
	VS_TRY(vs_keys_device_offer(keys, &device, &read->behalf, &offer));
	explicit_bzero(offer.key, sizeof(offer.key));
	/* Now, if it can be reached; else when it comes. */
	is_carried = vs_keys_device_carry(keys, &device).code == VS_E_OK;
	read->status = 202;
	vs_api_write_text(&read->json, "station", order->station);
	vs_api_write_text(&read->json, "channel", order->chan);
	vs_api_write_int(&read->json, "epoch", offer.epoch);
	vs_api_write_text(&read->json, "state", "pre-active");
	vs_api_write_time(&read->json, "until", offer.until_ms);
	vs_json_write_key(&read->json, "carried");
	vs_json_write_bool(&read->json, is_carried);
	return VS_OK;
}

static vs_result
revoke_or_destroy(struct vs_api_read *read, const struct order *order)
{
	struct vs_keys *keys = read->api->options.keys;
	bool is_revoke = order->what == REVOKE;
	struct vs_keys_device device;

	VS_TRY(device_of(read, order, &device));
	if (is_revoke)
		VS_TRY(vs_keys_device_revoke(keys, &device, (uint32_t)order->epoch, &read->behalf,
		                             order->reason));
	else
		VS_TRY(vs_keys_device_destroy(keys, &device, (uint32_t)order->epoch, &read->behalf,
		                              order->reason));
	vs_api_write_text(&read->json, "station", order->station);
	vs_api_write_text(&read->json, "channel", order->chan);
	vs_api_write_int(&read->json, "epoch", order->epoch);
	vs_api_write_text(&read->json, "state", is_revoke ? "revoked" : "destroyed");
	return VS_OK;
}

static vs_result
erase(struct vs_api_read *read, const struct order *order)
{
	const char *whom = order->is_tenant ? read->tenant : order->station;
	struct vs_keys *keys = read->api->options.keys;
	int64_t job_id = 0;

	/* What cannot be undone is said twice. */
	if (strcmp(order->confirm, whom) != 0) {
		(void)snprintf(read->detail, sizeof(read->detail),
		               "confirm: write %s once more; what is erased cannot be read again",
		               whom);
		return VS_FAIL(BAD_VALUE);
	}
	if (order->is_tenant)
		VS_TRY(vs_keys_erase_tenant(keys, read->tenant, &read->behalf, &job_id));
	else
		VS_TRY(vs_keys_erase_device(keys, read->tenant, order->station, &read->behalf,
		                            &job_id));
	return answer_job(read, job_id);
}

static vs_result
rewrap(struct vs_api_read *read, const struct order *order)
{
	struct vs_keys *keys = read->api->options.keys;
	int64_t job_id = 0;

	if (order->is_root && strcmp(read->tenant, VS_CORE_TENANT_DEFAULT) != 0)
		return VS_FAIL(FORBIDDEN);

	vs_result r = order->is_root
	                  ? vs_keys_root_rewrap(keys, &read->behalf, &job_id)
	                  : vs_keys_kek_rotate(keys, read->tenant, &read->behalf, &job_id);

	if (order->is_root && r.code == VS_E_ROOT_BEHIND)
		(void)snprintf(read->detail, sizeof(read->detail),
		               "a node that runs has not the new root key: bring it there first");
	else if (order->is_root && r.code == VS_E_NOT_NOW)
		(void)snprintf(read->detail, sizeof(read->detail),
		               "several nodes: first voltseald root-key rotate at each, with the "
		               "same new key");
	VS_TRY(r);
	return answer_job(read, job_id);
}

static vs_result
obey(struct vs_api_read *read, const struct order *order)
{
	switch (order->what) {
	case CREATE:
		return create(read, order);
	case ROTATE:
		return rotate(read, order);
	case REVOKE:
	case DESTROY:
		return revoke_or_destroy(read, order);
	case ERASE:
		return erase(read, order);
	case REWRAP:
		return rewrap(read, order);
	}
	return VS_FAIL(INTERNAL);
}

/* The error alone does not say which key is meant. */
static void
explain(struct vs_api_read *read, const struct order *order, vs_result why)
{
	const char *chan = order->chan, *station = order->station;
	char *text = read->detail;
	size_t size = sizeof(read->detail);

	if (text[0] != '\0')
		return;
	if (why.code == VS_E_NOT_FOUND && order->dek != 0)
		(void)snprintf(text, size, "there is no data key %" PRId64, order->dek);
	else if (why.code == VS_E_NOT_FOUND && order->what == ROTATE && station[0] != '\0')
		(void)snprintf(text, size, "%s has no active key of channel %s", station, chan);
	else if (why.code == VS_E_NOT_FOUND && order->epoch != 0)
		(void)snprintf(text, size,
		               "%s has no key of channel %s that epoch %" PRId64
		               " covers and that can still be used",
		               station, chan, order->epoch);
	else if (why.code == VS_E_NOT_FOUND && order->what == ERASE)
		(void)snprintf(text, size, "%s has no keys, or none that are left", station);
	else if (why.code == VS_E_NOT_FOUND && station[0] != '\0')
		(void)snprintf(text, size, "%s has no key of channel %s", station, chan);
	else if (why.code == VS_E_NOT_FOUND)
		(void)snprintf(text, size, "the tenant has no keys");
	else if (why.code == VS_E_EXISTS)
		(void)snprintf(text, size,
		               "%s has an active key of channel %s: it is rotated, or "
		               "revoked first",
		               station, chan);
	else if (why.code == VS_E_NOT_NOW && order->what == DESTROY)
		(void)snprintf(text, size, "epoch %" PRId64 " is active: rotate or revoke it first",
		               order->epoch);
	else if (why.code == VS_E_NOT_NOW)
		(void)snprintf(text, size,
		               "data key %" PRId64 " is of an earlier month and not in "
		               "use, or was destroyed",
		               order->dek);
	else if (why.code == VS_E_UNSUPPORTED && order->is_root)
		(void)snprintf(
		    text, size,
		    "the provider of this root key cannot make another one while the daemon runs: "
		    "start it with "
		    "the new one and with the present one as the previous, then ask again");
	else if (why.code == VS_E_FORBIDDEN)
		(void)snprintf(text, size, "the tenant was erased: it never gets a key again");
}

static vs_result
build(struct vs_api_read *read)
{
	vs_result r;

	if (read->api->options.keys == NULL)
		return VS_FAIL(UNSUPPORTED);
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	r = obey(read, read->arg);
	if (r.code != VS_E_OK) {
		explain(read, read->arg, r);
		return r;
	}
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

/* --- in the reactor -------------------------------------------------------------------------- */

/* Which members an order takes; the others are refused by name. */
enum member { STATION, CHANNEL, EPOCH, REASON, TENANT, CONFIRM, ROOT, DEK, MEMBERS };

static const char *
missing_of(const struct order *order)
{
	if (order->what == DESTROY && order->epoch == 0 && order->station[0] != '\0')
		return "epoch";
	if (order->what != REWRAP && !order->is_tenant && order->dek == 0 &&
	    order->station[0] == '\0')
		return "station";
	return NULL;
}

static vs_result
read_order(const struct vs_api_request *request, const enum member *takes, size_t count,
           struct order *order, char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_api_field all[MEMBERS] = {
	    [STATION] = {.name = "station",
	                 .size = sizeof(order->station),
	                 .target = order->station},
	    [CHANNEL] = {.name = "channel", .size = sizeof(order->chan), .target = order->chan},
	    [EPOCH] = {.name = "epoch",
	               .type = VS_API_FIELD_INT,
	               .high = UINT32_MAX,
	               .target = &order->epoch},
	    [REASON] = {.name = "reason", .size = sizeof(order->reason), .target = order->reason},
	    [TENANT] = {.name = "tenant", .type = VS_API_FIELD_BOOL, .target = &order->is_tenant},
	    [CONFIRM] = {.name = "confirm",
	                 .size = sizeof(order->confirm),
	                 .target = order->confirm},
	    [ROOT] = {.name = "root", .type = VS_API_FIELD_BOOL, .target = &order->is_root},
	    [DEK] = {.name = "id",
	             .type = VS_API_FIELD_INT,
	             .high = UINT32_MAX,
	             .target = &order->dek},
	};
	struct vs_api_field fields[MEMBERS];
	const char *missing;

	for (size_t i = 0; i < count; i++)
		fields[i] = all[takes[i]];
	VS_TRY(vs_api_body_read(request->body, fields, count, detail));
	missing = missing_of(order);
	if (missing == NULL)
		return VS_OK;
	(void)snprintf(detail, VS_API_DETAIL_SIZE, "%s: it is missing", missing);
	return VS_FAIL(MISSING);
}

/* Takes the order. */
static vs_result
start(struct vs_api *api, const struct vs_api_request *request, const enum member *takes,
      size_t count, struct order *order, char detail[static VS_API_DETAIL_SIZE])
{
	const vs_result r = read_order(request, takes, count, order, detail);

	if (r.code == VS_E_OK)
		return vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                         request->tenant, "", build, NULL, order);
	free(order);
	return r;
}

static void
take(struct vs_api *api, const struct vs_api_request *request, enum what what,
     const enum member *takes, size_t count)
{
	struct order *order = calloc(1, sizeof(*order));
	struct vs_core_behalf behalf;
	char detail[VS_API_DETAIL_SIZE] = "";

	if (order == NULL) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NO_MEMORY), "");
		return;
	}
	order->what = what;
	(void)snprintf(order->chan, sizeof(order->chan), "field");
	vs_api_audit_behalf(request->conn, &behalf);
	(void)snprintf(order->actor, sizeof(order->actor), "api%s%.60s",
	               behalf.actor_id[0] != '\0' ? ":" : "", behalf.actor_id);

	const vs_result r = start(api, request, takes, count, order, detail);

	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

void
vs_api_on_keys_create(struct vs_api *api, const struct vs_api_request *request)
{
	static const enum member takes[] = {STATION, CHANNEL};

	take(api, request, CREATE, takes, sizeof(takes) / sizeof(takes[0]));
}

void
vs_api_on_keys_rotate(struct vs_api *api, const struct vs_api_request *request)
{
	static const enum member takes[] = {STATION, CHANNEL, TENANT, DEK};

	take(api, request, ROTATE, takes, sizeof(takes) / sizeof(takes[0]));
}

void
vs_api_on_keys_revoke(struct vs_api *api, const struct vs_api_request *request)
{
	static const enum member takes[] = {STATION, CHANNEL, EPOCH, REASON};

	take(api, request, REVOKE, takes, sizeof(takes) / sizeof(takes[0]));
}

void
vs_api_on_keys_destroy(struct vs_api *api, const struct vs_api_request *request)
{
	static const enum member takes[] = {STATION, CHANNEL, EPOCH, REASON};

	take(api, request, DESTROY, takes, sizeof(takes) / sizeof(takes[0]));
}

void
vs_api_on_keys_erase(struct vs_api *api, const struct vs_api_request *request)
{
	static const enum member takes[] = {STATION, TENANT, CONFIRM};

	take(api, request, ERASE, takes, sizeof(takes) / sizeof(takes[0]));
}

void
vs_api_on_keys_rewrap(struct vs_api *api, const struct vs_api_request *request)
{
	static const enum member takes[] = {ROOT};

	take(api, request, REWRAP, takes, sizeof(takes) / sizeof(takes[0]));
}
