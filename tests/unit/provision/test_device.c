/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/device.h"

#include "test.h"

#define NOW   INT64_C(1795219200000)
#define CLAIM "abcdefghij0123456789"

static struct vs_pkey *server, *root;
static struct vs_provision_bundle bundle;

static void
begin(void)
{
	uint8_t pub[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size = 0;

	CHECK_OK(vs_pkey_new(VS_PKEY_X25519, &server));
	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &root));
	memcpy(bundle.tenant, "default", 8);
	memcpy(bundle.broker, "mqtts://b:8883", 15);
	memcpy(bundle.kid, "s1", 3);
	memcpy(bundle.claim, CLAIM, sizeof(CLAIM));
	memset(bundle.secret, 7, sizeof(bundle.secret));
	bundle.expires_ms = NOW + 1;
	CHECK_OK(vs_pkey_raw_public(server, pub, &size));
	memcpy(bundle.server_kem, pub, sizeof(bundle.server_kem));
	CHECK_OK(vs_pkey_raw_public(root, pub, &size));
	memcpy(bundle.root, pub, sizeof(bundle.root));
}

static struct vs_bytes
own_public(const struct vs_provision_device *device, uint8_t pub[static VS_PKEY_PUBLIC_SIZE_MAX])
{
	struct vs_pkey *key = NULL;
	size_t size = 0;

	CHECK_OK(vs_pkey_read_raw_private(VS_PKEY_X25519, vs_bytes_from(device->kem, 32), &key));
	CHECK_OK(vs_pkey_raw_public(key, pub, &size));
	vs_pkey_free(&key);
	return vs_bytes_from(pub, size);
}

/* What a server answers to what the device has sent last; `by` seals it. */
static void
answer(const struct vs_provision_device *device, const struct vs_pkey *by, const char *kid,
       const uint8_t *req, struct vs_buf *text)
{
	uint8_t pub[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_provision_envelope envelope = {.type = VS_PROVISION_RESPONSE,
	                                         .claim = CLAIM,
	                                         .id = "01234567-89ab-7def-8123-456789abcdef"};
	struct vs_provision_keys keys = {
	    .tenant = "default", .own = by, .peer = own_public(device, pub)};
	struct vs_provision_response response;
	struct vs_buf plain;

	(void)snprintf(envelope.kid, sizeof(envelope.kid), "%s", kid);
	vs_provision_response_init(&response);
	vs_buf_init(&plain, 8192);
	memcpy(response.result, "ok", 3);
	memcpy(response.req, req, sizeof(response.req));
	CHECK_OK(vs_provision_response_write(&response, &plain));
	vs_buf_reset(text);
	CHECK_OK(vs_provision_envelope_seal(&envelope, &keys, vs_buf_view(&plain), text));
	vs_buf_done(&plain);
	vs_provision_response_done(&response);
}

static enum vs_err
take(struct vs_provision_device *device, const struct vs_buf *text)
{
	struct vs_provision_response response;
	vs_result r = vs_provision_device_answer(device, vs_buf_view(text), &response);

	if (r.code == VS_E_OK)
		vs_provision_response_done(&response);
	return r.code;
}

/* Stopped at any moment, it goes on where it was: each state is written and read back. */
static void
again(struct vs_provision_device *device)
{
	enum vs_provision_phase phase = device->phase;
	int64_t ctr = device->ctr;
	uint8_t sha[32];
	struct vs_buf text;

	memcpy(sha, device->pending_sha256, sizeof(sha));
	vs_buf_init(&text, 1u << 20);
	CHECK_OK(vs_provision_device_write(device, &text));
	vs_provision_device_done(device);
	CHECK_OK(vs_provision_device_read(vs_buf_view(&text), device));
	CHECK(device->phase == phase && device->ctr == ctr);
	CHECK(device->pending.size == 0 || memcmp(sha, device->pending_sha256, sizeof(sha)) == 0);
	vs_buf_done(&text);
}

static void
one_life(void)
{
	struct vs_provision_device device;
	struct vs_buf text;

	vs_buf_init(&text, VS_LIMIT_PROVISION_SIZE);
	CHECK_OK(vs_provision_device_init(&bundle, "CS-1", &device));
	CHECK_ERR(
	    vs_provision_device_operate(&device, VS_PROVISION_ACK, vs_bytes_from(NULL, 0), NOW),
	    NOT_NOW);
	CHECK_OK(vs_provision_device_request(&device, "hw", VS_BYTES_LITERAL("CSR"), NOW));
	CHECK(device.phase == VS_PROVISION_ASKED && device.ctr == 0);
	CHECK(memmem(device.pending.data, device.pending.size, "\"CS-1\"", 6) == NULL);
	again(&device);
	answer(&device, server, "s1", device.pending_sha256, &text);
	CHECK(take(&device, &text) == VS_E_OK && device.phase == VS_PROVISION_ANSWERED);
	CHECK(take(&device, &text) == VS_E_STALE); /* once more: nothing waits */
	again(&device);
	CHECK_OK(
	    vs_provision_device_operate(&device, VS_PROVISION_ACK, vs_bytes_from(NULL, 0), NOW));
	CHECK(device.ctr == 1 && device.phase == VS_PROVISION_ACKING);
	CHECK(memmem(device.pending.data, device.pending.size, "\"t\":\"update\"", 12) != NULL);
	again(&device);
	answer(&device, server, "s1", device.pending_sha256, &text);
	CHECK(take(&device, &text) == VS_E_OK && device.phase == VS_PROVISION_DONE);
	CHECK_ERR(vs_provision_device_request(&device, "", vs_bytes_from(NULL, 0), NOW), NOT_NOW);
	CHECK_OK(
	    vs_provision_device_operate(&device, VS_PROVISION_DELETE, vs_bytes_from(NULL, 0), NOW));
	CHECK(device.ctr == 2);
	again(&device);
	answer(&device, server, "s1", device.pending_sha256, &text);
	CHECK(take(&device, &text) == VS_E_OK && device.phase == VS_PROVISION_GONE);
	CHECK_ERR(
	    vs_provision_device_operate(&device, VS_PROVISION_UPDATE, vs_bytes_from(NULL, 0), NOW),
	    NOT_NOW);
	vs_provision_device_done(&device);
	vs_buf_done(&text);
}

static void
what_does_not_count(void)
{
	static const uint8_t other[32] = {9};
	struct vs_provision_device device;
	struct vs_pkey *stranger = NULL;
	struct vs_buf text;

	vs_buf_init(&text, VS_LIMIT_PROVISION_SIZE);
	CHECK_OK(vs_pkey_new(VS_PKEY_X25519, &stranger));
	CHECK_OK(vs_provision_device_init(&bundle, "CS-1", &device));
	CHECK_OK(vs_provision_device_request(&device, "", vs_bytes_from(NULL, 0), NOW));
	answer(&device, server, "s1", other, &text); /* to another request */
	CHECK(take(&device, &text) == VS_E_STALE);
	answer(&device, stranger, "s1", device.pending_sha256, &text); /* by somebody else */
	CHECK(take(&device, &text) == VS_E_NOT_AUTHENTIC);
	answer(&device, server, "s2", device.pending_sha256,
	       &text); /* by a key nobody told it of */
	CHECK(take(&device, &text) == VS_E_NOT_AUTHENTIC);
	CHECK(take(&device, &device.pending) == VS_E_NOT_AUTHENTIC); /* its own message */
	vs_buf_reset(&text);
	CHECK_OK(vs_provision_refusal_write("", &text));
	CHECK(take(&device, &text) == VS_E_AGAIN);
	CHECK(device.phase == VS_PROVISION_ASKED && device.pending.size > 0);
	answer(&device, server, "s1", device.pending_sha256, &text);
	CHECK(take(&device, &text) == VS_E_OK);
	vs_provision_device_done(&device);
	vs_pkey_free(&stranger);
	vs_buf_done(&text);
}

static void
manifests(void)
{
	struct vs_provision_manifest manifest = {
	    .version = 5, .not_before_ms = NOW - 1, .expires_ms = NOW + 1, .count = 1};
	struct vs_provision_device device;
	struct vs_buf text;

	vs_buf_init(&text, VS_PROVISION_MANIFEST_MAX);
	memcpy(manifest.keys[0].kid, "s7", 3);
	memcpy(manifest.keys[0].state, "active", 7);
	memset(manifest.keys[0].pub, 3, sizeof(manifest.keys[0].pub));
	CHECK_OK(vs_provision_device_init(&bundle, "CS-1", &device));
	CHECK_OK(vs_provision_manifest_sign(&manifest, root, &text));
	CHECK_ERR(vs_provision_device_manifest(&device, vs_buf_view(&text), NOW + 1), STALE);
	CHECK(strcmp(device.kid, "s1") == 0);
	CHECK_OK(vs_provision_device_manifest(&device, vs_buf_view(&text), NOW));
	CHECK(strcmp(device.kid, "s7") == 0 && device.server[0] == 3);
	again(&device);
	CHECK(device.manifest_version == 5);
	manifest.version = 4;
	vs_buf_reset(&text);
	CHECK_OK(vs_provision_manifest_sign(&manifest, root, &text));
	CHECK_ERR(vs_provision_device_manifest(&device, vs_buf_view(&text), NOW), STALE);
	vs_provision_device_done(&device);
	vs_buf_done(&text);
}

static void
no_state(void)
{
	struct vs_provision_device device;

	CHECK(vs_provision_device_read(VS_BYTES_LITERAL("{}"), &device).code != VS_E_OK);
	CHECK(vs_provision_device_read(VS_BYTES_LITERAL("x"), &device).code != VS_E_OK);
}

int
main(void)
{
	begin();
	CASE(one_life);
	CASE(what_does_not_count);
	CASE(manifests);
	CASE(no_state);
	vs_pkey_free(&server);
	vs_pkey_free(&root);
	return 0;
}
