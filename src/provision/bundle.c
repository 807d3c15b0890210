/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/bundle.h"

#include <assert.h>
#include <string.h>

#include "provision/members.h"

#define MEMBER_COUNT 12
#define VERSION      1

static void
list_members(struct vs_provision_bundle *bundle, int64_t *version,
             struct vs_provision_member members[static MEMBER_COUNT])
{
	const struct vs_provision_member all[MEMBER_COUNT] = {
	    {"v", VS_PROVISION_NUMBER, true, 0, version},
	    {"tenant", VS_PROVISION_TEXT, true, sizeof(bundle->tenant), bundle->tenant},
	    {"broker", VS_PROVISION_TEXT, true, sizeof(bundle->broker), bundle->broker},
	    {"ca_pin", VS_PROVISION_TEXT, false, sizeof(bundle->ca_pin), bundle->ca_pin},
	    {"kid", VS_PROVISION_TEXT, true, sizeof(bundle->kid), bundle->kid},
	    {"server_kem_pub", VS_PROVISION_BLOB, true, sizeof(bundle->server_kem),
	     bundle->server_kem},
	    {"prov_root_pub", VS_PROVISION_BLOB, true, sizeof(bundle->root), bundle->root},
	    {"claim_id", VS_PROVISION_TEXT, true, sizeof(bundle->claim), bundle->claim},
	    {"claim_secret", VS_PROVISION_BLOB, true, sizeof(bundle->secret), bundle->secret},
	    {"exp", VS_PROVISION_TIME, true, 0, &bundle->expires_ms},
	    {"e1_key", VS_PROVISION_TEXT, false, sizeof(bundle->e1_key), bundle->e1_key},
	    {"e1_form", VS_PROVISION_TEXT, false, sizeof(bundle->e1_form), bundle->e1_form},
	};

	memcpy(members, all, sizeof(all));
}

vs_result
vs_provision_bundle_read(struct vs_bytes text, struct vs_provision_bundle *bundle_out)
{
	struct vs_provision_member members[MEMBER_COUNT];
	struct vs_provision_bundle bundle = {.expires_ms = 0};
	int64_t version = 0;
	vs_result r = VS_FAIL(TOO_LONG);

	assert(bundle_out != NULL);
	list_members(&bundle, &version, members);
	if (text.size <= VS_PROVISION_BUNDLE_SIZE_MAX)
		r = vs_provision_members_read(text, members, MEMBER_COUNT);
	if (r.code == VS_E_OK && version != VERSION)
		r = VS_FAIL(UNSUPPORTED);
	if (r.code == VS_E_OK && (!vs_provision_claim_is_valid(vs_bytes_from_text(bundle.claim)) ||
	                          !vs_provision_tenant_is_valid(vs_bytes_from_text(bundle.tenant))))
		r = VS_FAIL(BAD_VALUE);
	if (r.code == VS_E_OK)
		*bundle_out = bundle;
	explicit_bzero(&bundle, sizeof(bundle));
	return r;
}

vs_result
vs_provision_bundle_write(struct vs_provision_bundle *bundle, struct vs_buf *text)
{
	struct vs_provision_member members[MEMBER_COUNT];
	int64_t version = VERSION;

	assert(bundle != NULL);
	list_members(bundle, &version, members);
	return vs_provision_members_write(members, MEMBER_COUNT, text);
}
