/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/manifest.h"

#include "test.h"

#define NOW INT64_C(1795219200000)

static struct vs_pkey *root, *other;
static uint8_t pinned[VS_PKEY_PUBLIC_SIZE_MAX];

static struct vs_provision_manifest
some(void)
{
	struct vs_provision_manifest manifest = {
	    .version = 12, .not_before_ms = NOW - 1000, .expires_ms = NOW + 1000, .count = 2};

	memcpy(manifest.keys[0].kid, "s2", 3);
	memcpy(manifest.keys[0].state, "retired", 8);
	memcpy(manifest.keys[1].kid, "s3", 3);
	memcpy(manifest.keys[1].state, "active", 7);
	memset(manifest.keys[1].pub, 9, sizeof(manifest.keys[1].pub));
	return manifest;
}

static enum vs_err
check(const struct vs_buf *text, int64_t seen, int64_t now)
{
	struct vs_provision_manifest manifest;
	enum vs_err code =
	    vs_provision_manifest_check(vs_buf_view(text), pinned, seen, now, &manifest).code;

	if (code == VS_E_OK) {
		const struct vs_provision_manifest_key *active =
		    vs_provision_manifest_active(&manifest);

		CHECK(active != NULL && strcmp(active->kid, "s3") == 0 && active->pub[31] == 9);
		CHECK(manifest.version == 12 && manifest.count == 2);
	}
	return code;
}

static void
signed_and_pinned(void)
{
	struct vs_provision_manifest manifest = some();
	struct vs_buf text;

	vs_buf_init(&text, VS_PROVISION_MANIFEST_MAX);
	CHECK_OK(vs_provision_manifest_sign(&manifest, root, &text));
	CHECK(check(&text, 0, NOW) == VS_E_OK);
	CHECK(check(&text, 12, NOW) == VS_E_OK);
	/* Older than what was seen, not yet good, over. */
	CHECK(check(&text, 13, NOW) == VS_E_STALE);
	CHECK(check(&text, 0, NOW - 1001) == VS_E_STALE);
	CHECK(check(&text, 0, NOW + 1000) == VS_E_STALE);
	/* By somebody else. */
	vs_buf_reset(&text);
	CHECK_OK(vs_provision_manifest_sign(&manifest, other, &text));
	CHECK(check(&text, 0, NOW) == VS_E_NOT_AUTHENTIC);
	vs_buf_done(&text);
}

static void
flipped(void)
{
	struct vs_provision_manifest manifest = some();
	struct vs_buf text;

	vs_buf_init(&text, VS_PROVISION_MANIFEST_MAX);
	CHECK_OK(vs_provision_manifest_sign(&manifest, root, &text));
	for (size_t i = 0; i < text.size; i++) {
		text.data[i] ^= 1;
		CHECK(check(&text, 0, NOW) != VS_E_OK);
		text.data[i] ^= 1;
	}
	for (size_t size = 0; size < text.size; size++) {
		struct vs_buf cut = text;

		cut.size = size;
		CHECK(check(&cut, 0, NOW) != VS_E_OK);
	}
	CHECK(check(&text, 0, NOW) == VS_E_OK);
	vs_buf_done(&text);
}

static void
none_active(void)
{
	struct vs_provision_manifest manifest = some();

	manifest.count = 1;
	CHECK(vs_provision_manifest_active(&manifest) == NULL);
}

int
main(void)
{
	size_t size = 0;

	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &root));
	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &other));
	CHECK_OK(vs_pkey_raw_public(root, pinned, &size));
	CASE(signed_and_pinned);
	CASE(flipped);
	CASE(none_active);
	vs_pkey_free(&root);
	vs_pkey_free(&other);
	return 0;
}
