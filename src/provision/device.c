/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/device.h"

#include <assert.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "provision/members.h"

#define MEMBER_COUNT 14
#define VERSION      1

static const char *const phases[VS_PROVISION_PHASES] = {"new",  "asked",    "answered", "acking",
                                                        "done", "updating", "deleting", "gone"};

const char *
vs_provision_phase_text(enum vs_provision_phase phase)
{
	return phase < VS_PROVISION_PHASES ? phases[phase] : "";
}

/* --- what is kept
 * --------------------------------------------------------------------------------- */

static vs_result
use_bundle(struct vs_provision_device *device)
{
	memcpy(device->kid, device->bundle.kid, sizeof(device->kid));
	memcpy(device->server, device->bundle.server_kem, sizeof(device->server));
	return VS_OK;
}

vs_result
vs_provision_device_init(const struct vs_provision_bundle *bundle, const char *device,
                         struct vs_provision_device *out)
{
	struct vs_pkey *key = NULL;

	assert(bundle != NULL && device != NULL && out != NULL);
	memset(out, 0, sizeof(*out));
	vs_buf_init(&out->pending, VS_LIMIT_PROVISION_SIZE);
	out->bundle = *bundle;
	if (!vs_bytes_copy_text(vs_bytes_from_text(device), out->device, sizeof(out->device)))
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_pkey_new(VS_PKEY_X25519, &key));
	(void)vs_pkey_raw_private(key, out->kem).code; /* an X25519 key has one */
	vs_pkey_free(&key);
	return use_bundle(out);
}

void
vs_provision_device_done(struct vs_provision_device *device)
{
	vs_buf_done(&device->pending);
	explicit_bzero(device, sizeof(*device));
}

struct kept {
	int64_t version;
	char phase[9];
	struct vs_buf bundle;
};

static void
list_members(struct vs_provision_device *device, struct kept *kept,
             struct vs_provision_member members[static MEMBER_COUNT])
{
	const struct vs_provision_member all[MEMBER_COUNT] = {
	    {"v", VS_PROVISION_NUMBER, true, 0, &kept->version},
	    {"phase", VS_PROVISION_TEXT, true, sizeof(kept->phase), kept->phase},
	    {"bundle", VS_PROVISION_BUF, true, 0, &kept->bundle},
	    {"device_id", VS_PROVISION_TEXT, true, sizeof(device->device), device->device},
	    {"kem", VS_PROVISION_BLOB, true, sizeof(device->kem), device->kem},
	    {"ctr", VS_PROVISION_NUMBER, true, 0, &device->ctr},
	    {"manifest", VS_PROVISION_NUMBER, true, 0, &device->manifest_version},
	    {"kid", VS_PROVISION_TEXT, true, sizeof(device->kid), device->kid},
	    {"server", VS_PROVISION_BLOB, true, sizeof(device->server), device->server},
	    {"pending", VS_PROVISION_BUF, false, 0, &device->pending},
	    {"pending_at", VS_PROVISION_TIME, false, 0, &device->pending_ms},
	    {"answered", VS_PROVISION_BLOB, false, sizeof(device->answered), device->answered},
	    {"asked_kid", VS_PROVISION_TEXT, false, sizeof(device->asked_kid), device->asked_kid},
	    {"asked_server", VS_PROVISION_BLOB, false, sizeof(device->asked_server),
	     device->asked_server},
	};

	memcpy(members, all, sizeof(all));
}

vs_result
vs_provision_device_write(struct vs_provision_device *device, struct vs_buf *text)
{
	struct vs_provision_member members[MEMBER_COUNT];
	struct kept kept = {.version = VERSION};
	vs_result r;

	assert(device != NULL && text != NULL);
	vs_text_copy(phases[device->phase], kept.phase, sizeof(kept.phase));
	vs_buf_init(&kept.bundle, VS_PROVISION_BUNDLE_SIZE_MAX);
	r = vs_provision_bundle_write(&device->bundle, &kept.bundle);
	list_members(device, &kept, members);
	if (r.code == VS_E_OK)
		r = vs_provision_members_write(members, MEMBER_COUNT, text);
	if (kept.bundle.data != NULL)
		explicit_bzero(kept.bundle.data, kept.bundle.capacity);
	vs_buf_done(&kept.bundle);
	return r;
}

static vs_result
find_phase(const char *text, enum vs_provision_phase *phase_out)
{
	for (unsigned i = 0; i < VS_PROVISION_PHASES; i++) {
		if (strcmp(text, phases[i]) == 0) {
			*phase_out = (enum vs_provision_phase)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

/* What waits is read again as an envelope: its digest is what an answer must name. */
static vs_result
find_pending(struct vs_provision_device *device)
{
	struct vs_provision_envelope envelope;
	struct vs_buf sealed;
	vs_result r;

	if (device->pending.size == 0)
		return VS_OK;
	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	r = vs_provision_envelope_read(vs_buf_view(&device->pending), &envelope, &sealed);
	if (r.code == VS_E_OK)
		memcpy(device->pending_sha256, envelope.sha256, sizeof(envelope.sha256));
	if (device->asked_kid[0] == '\0') { /* written before it was kept apart */
		memcpy(device->asked_kid, device->kid, sizeof(device->asked_kid));
		memcpy(device->asked_server, device->server, sizeof(device->asked_server));
	}
	vs_buf_done(&sealed);
	return r;
}

vs_result
vs_provision_device_read(struct vs_bytes text, struct vs_provision_device *out)
{
	struct vs_provision_member members[MEMBER_COUNT];
	struct kept kept = {.version = 0};
	vs_result r;

	assert(out != NULL);
	memset(out, 0, sizeof(*out));
	vs_buf_init(&out->pending, VS_LIMIT_PROVISION_SIZE);
	vs_buf_init(&kept.bundle, VS_PROVISION_BUNDLE_SIZE_MAX);
	list_members(out, &kept, members);
	r = vs_provision_members_read(text, members, MEMBER_COUNT);
	if (r.code == VS_E_OK && kept.version != VERSION)
		r = VS_FAIL(UNSUPPORTED);
	if (r.code == VS_E_OK)
		r = find_phase(kept.phase, &out->phase);
	if (r.code == VS_E_OK)
		r = vs_provision_bundle_read(vs_buf_view(&kept.bundle), &out->bundle);
	if (r.code == VS_E_OK)
		r = find_pending(out);
	if (kept.bundle.data != NULL)
		explicit_bzero(kept.bundle.data, kept.bundle.capacity);
	vs_buf_done(&kept.bundle);
	if (r.code != VS_E_OK)
		vs_provision_device_done(out);
	return r;
}

/* --- what is sent
 * --------------------------------------------------------------------------------- */

vs_result
vs_provision_device_manifest(struct vs_provision_device *device, struct vs_bytes text,
                             int64_t now_ms)
{
	const struct vs_provision_manifest_key *key;
	struct vs_provision_manifest manifest;

	VS_TRY(vs_provision_manifest_check(text, device->bundle.root, device->manifest_version,
	                                   now_ms, &manifest));
	key = vs_provision_manifest_active(&manifest);
	if (key == NULL)
		return VS_FAIL(MISSING);
	device->manifest_version = manifest.version;
	memcpy(device->kid, key->kid, sizeof(device->kid));
	memcpy(device->server, key->pub, sizeof(device->server));
	return VS_OK;
}

static vs_result
own_key(const struct vs_provision_device *device, struct vs_pkey **key_out)
{
	return vs_pkey_read_raw_private(VS_PKEY_X25519,
	                                vs_bytes_from(device->kem, sizeof(device->kem)), key_out);
}

static vs_result
seal(struct vs_provision_device *device, enum vs_provision_type type, struct vs_bytes plain,
     int64_t now_ms)
{
	struct vs_provision_envelope envelope = {.type = type};
	struct vs_provision_keys keys = {.tenant = device->bundle.tenant,
	                                 .peer =
	                                     vs_bytes_from(device->server, sizeof(device->server))};
	struct vs_pkey *own = NULL;
	vs_result r;

	memcpy(envelope.kid, device->kid, sizeof(envelope.kid));
	memcpy(envelope.claim, device->bundle.claim, sizeof(envelope.claim));
	vs_uuid_new(now_ms, envelope.id);
	VS_TRY(own_key(device, &own));
	keys.own = own;
	if (vs_provision_type_is_psk(type))
		keys.psk = vs_bytes_from(device->bundle.secret, sizeof(device->bundle.secret));
	vs_buf_reset(&device->pending);
	r = vs_provision_envelope_seal(&envelope, &keys, plain, &device->pending);
	if (r.code == VS_E_OK) {
		memcpy(device->pending_sha256, envelope.sha256, sizeof(envelope.sha256));
		memcpy(device->asked_kid, device->kid, sizeof(device->asked_kid));
		memcpy(device->asked_server, device->server, sizeof(device->asked_server));
		device->pending_ms = now_ms;
	}
	vs_pkey_free(&own);
	return r;
}

vs_result
vs_provision_device_request(struct vs_provision_device *device, const char *hw, struct vs_bytes csr,
                            int64_t now_ms)
{
	struct vs_provision_request request;
	uint8_t pub[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_pkey *own = NULL;
	struct vs_buf plain;
	size_t size = 0;
	vs_result r;

	assert(device != NULL && hw != NULL);
	if (device->phase > VS_PROVISION_ASKED)
		return VS_FAIL(NOT_NOW);
	vs_provision_request_init(&request);
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	request.ts_ms = now_ms;
	memcpy(request.device, device->device, sizeof(request.device));
	vs_text_copy(hw, request.hw, sizeof(request.hw));
	vs_random_bytes(request.nonce, sizeof(request.nonce));
	r = own_key(device, &own);
	if (r.code == VS_E_OK)
		r = vs_pkey_raw_public(own, pub, &size);
	if (r.code == VS_E_OK) {
		memcpy(request.pub_kem, pub, sizeof(request.pub_kem));
		r = vs_buf_append_bytes(&request.csr, csr);
	}
	if (r.code == VS_E_OK)
		r = vs_provision_request_write(&request, &plain);
	if (r.code == VS_E_OK)
		r = seal(device, VS_PROVISION_REQUEST, vs_buf_view(&plain), now_ms);
	if (r.code == VS_E_OK)
		device->phase = VS_PROVISION_ASKED;
	vs_buf_done(&plain);
	vs_provision_request_done(&request);
	vs_pkey_free(&own);
	return r;
}

static bool
may(enum vs_provision_phase phase, enum vs_provision_type op, enum vs_provision_phase *next_out)
{
	switch (op) {
	case VS_PROVISION_ACK:
		*next_out = VS_PROVISION_ACKING;
		return phase == VS_PROVISION_ANSWERED || phase == VS_PROVISION_ACKING;
	case VS_PROVISION_UPDATE:
		*next_out = VS_PROVISION_UPDATING;
		return phase == VS_PROVISION_DONE || phase == VS_PROVISION_UPDATING;
	case VS_PROVISION_DELETE:
		*next_out = VS_PROVISION_DELETING;
		return phase == VS_PROVISION_DONE || phase == VS_PROVISION_DELETING;
	case VS_PROVISION_REQUEST:
	case VS_PROVISION_RESPONSE:
	case VS_PROVISION_TYPES:
		break;
	}
	return false;
}

/* Every operation in an envelope of one type: who carries it does not see which it is. */
vs_result
vs_provision_device_operate(struct vs_provision_device *device, enum vs_provision_type op,
                            struct vs_bytes csr, int64_t now_ms)
{
	struct vs_provision_operation operation;
	enum vs_provision_phase next = VS_PROVISION_PHASES;
	struct vs_buf plain;
	vs_result r;

	assert(device != NULL);
	if (!may(device->phase, op, &next))
		return VS_FAIL(NOT_NOW);
	vs_provision_operation_init(&operation);
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	operation.op = op;
	operation.ts_ms = now_ms;
	operation.ctr = ++device->ctr;
	if (op == VS_PROVISION_ACK)
		memcpy(operation.of, device->answered, sizeof(operation.of));
	r = vs_buf_append_bytes(&operation.csr, csr);
	if (r.code == VS_E_OK)
		r = vs_provision_operation_write(&operation, &plain);
	if (r.code == VS_E_OK)
		r = seal(device, VS_PROVISION_UPDATE, vs_buf_view(&plain), now_ms);
	if (r.code == VS_E_OK)
		device->phase = next;
	vs_buf_done(&plain);
	vs_provision_operation_done(&operation);
	return r;
}

/* --- what comes
 * ----------------------------------------------------------------------------------- */

static vs_result
open_answer(const struct vs_provision_device *device, const struct vs_provision_envelope *envelope,
            struct vs_bytes sealed, struct vs_provision_response *response)
{
	struct vs_provision_keys keys = {
	    .tenant = device->bundle.tenant,
	    .peer = vs_bytes_from(device->asked_server, sizeof(device->asked_server))};
	struct vs_pkey *own = NULL;
	struct vs_buf plain;
	vs_result r;

	/* Only of the server's key that we sealed to. */
	if (envelope->type != VS_PROVISION_RESPONSE ||
	    strcmp(envelope->kid, device->asked_kid) != 0 ||
	    strcmp(envelope->claim, device->bundle.claim) != 0)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(own_key(device, &own));
	keys.own = own;
	vs_buf_init(&plain, VS_LIMIT_PROVISION_SIZE);
	r = vs_provision_envelope_open(envelope, sealed, &keys, &plain);
	if (r.code == VS_E_OK)
		r = vs_provision_response_read(vs_buf_view(&plain), response);
	if (r.code == VS_E_OK &&
	    !vs_crypto_equal(response->req, device->pending_sha256, sizeof(response->req)))
		r = VS_FAIL(STALE);
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.capacity);
	vs_buf_done(&plain);
	vs_pkey_free(&own);
	return r;
}

static void
advance(struct vs_provision_device *device, const struct vs_provision_envelope *envelope)
{
	vs_buf_reset(&device->pending);
	device->pending_ms = 0;
	memset(device->pending_sha256, 0, sizeof(device->pending_sha256));
	if (device->phase == VS_PROVISION_ACKING) {
		device->phase = VS_PROVISION_DONE;
	} else if (device->phase == VS_PROVISION_DELETING) {
		device->phase = VS_PROVISION_GONE;
	} else {
		device->phase = VS_PROVISION_ANSWERED;
		memcpy(device->answered, envelope->sha256, sizeof(device->answered));
	}
}

vs_result
vs_provision_device_answer(struct vs_provision_device *device, struct vs_bytes text,
                           struct vs_provision_response *response_out)
{
	struct vs_provision_envelope envelope;
	struct vs_provision_response response;
	struct vs_buf sealed;
	vs_result r;

	assert(device != NULL && response_out != NULL);
	if (vs_provision_refusal_is(text))
		return VS_FAIL(AGAIN);
	if (device->pending.size == 0)
		return VS_FAIL(STALE);
	vs_provision_response_init(&response);
	vs_buf_init(&sealed, VS_LIMIT_PROVISION_SIZE);
	r = vs_provision_envelope_read(text, &envelope, &sealed);
	if (r.code == VS_E_OK)
		r = open_answer(device, &envelope, vs_buf_view(&sealed), &response);
	vs_buf_done(&sealed);
	if (r.code != VS_E_OK) {
		vs_provision_response_done(&response);
		return r;
	}
	advance(device, &envelope);
	*response_out = response;
	return VS_OK;
}
