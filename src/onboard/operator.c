/* SPDX-License-Identifier: Apache-2.0 */
/* What operators do: make, show, revoke, delete, keep. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "onboard/inside.h"

/* --- claims
 * --------------------------------------------------------------------------------------- */

/* e1_key: what its first message is sealed to; NULL of E2. */
static vs_result
write_bundle(struct vs_onboard *onboard, const struct vs_core_claim *claim,
             const struct vs_pkey *e1_key, struct vs_buf *text)
{
	struct vs_provision_bundle bundle = {.expires_ms = claim->expires_ms};
	uint8_t pub[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_onboard_pair *server = NULL;
	struct vs_pkey *root = NULL;
	size_t size = 0;
	vs_result r;

	(void)snprintf(bundle.tenant, sizeof(bundle.tenant), "%s", claim->tenant);
	(void)snprintf(bundle.broker, sizeof(bundle.broker), "%s", onboard->options.broker);
	(void)snprintf(bundle.ca_pin, sizeof(bundle.ca_pin), "%s", onboard->options.ca_pin);
	memcpy(bundle.claim, claim->id, sizeof(bundle.claim));
	r = vs_onboard_server_key(onboard, "", &server, bundle.kid);
	if (r.code == VS_E_OK)
		r = vs_pkey_raw_public(server->key, pub, &size);
	if (r.code == VS_E_OK) {
		memcpy(bundle.server_kem, pub, sizeof(bundle.server_kem));
		r = vs_onboard_root(onboard, &root);
	}
	if (r.code == VS_E_OK)
		r = vs_pkey_raw_public(root, pub, &size);
	if (r.code == VS_E_OK) {
		memcpy(bundle.root, pub, sizeof(bundle.root));
		r = vs_onboard_claim_secret(onboard, claim, bundle.secret);
	}
	(void)snprintf(bundle.e1_form, sizeof(bundle.e1_form), "%s",
	               vs_core_claim_wire_form(claim->wire));
	if (r.code == VS_E_OK && e1_key != NULL)
		r = vs_provision_e1_key_write(e1_key, bundle.e1_key);
	if (r.code == VS_E_OK)
		r = vs_provision_bundle_write(&bundle, text);
	vs_onboard_pair_put(onboard, &server);
	vs_pkey_free(&root);
	explicit_bzero(&bundle, sizeof(bundle));
	return r;
}

static vs_result
put_claim(struct vs_onboard *onboard, const struct vs_core_claim *claim, struct vs_bytes e1_key)
{
	struct vs_core_record *record = NULL;

	VS_TRY(vs_core_record_new(VS_RECORD_claim_put, claim->tenant, claim->identity,
	                          claim->changed_ms, vs_bytes_from(NULL, 0), e1_key, &record));
	record->u.provision.claim = *claim;
	return vs_onboard_commit(onboard, record);
}

/* UNSUPPORTED: E1 is off; NOT_NOW: the device has used E2 already. */
static vs_result
check_compat(struct vs_onboard *onboard, const struct vs_core_claim *claim)
{
	struct vs_core_claim other;
	vs_result r;

	if (onboard->options.compat == VS_ONBOARD_COMPAT_OFF)
		return VS_FAIL(UNSUPPORTED);
	if (claim->identity[0] == '\0')
		return VS_FAIL(MISSING);
	r = vs_onboard_compat_find(onboard, claim->identity, &other);
	if (r.code == VS_E_NOT_FOUND)
		return VS_OK;
	VS_TRY(r);
	return other.wire == VS_CORE_CLAIM_WIRE_E2 && other.has_key ? VS_FAIL(NOT_NOW) : VS_OK;
}

static vs_result
create_compat(struct vs_onboard *onboard, struct vs_core_claim *claim, struct vs_buf *bundle)
{
	struct vs_pkey *key = NULL;
	struct vs_buf sealed;
	vs_result r;

	VS_TRY(check_compat(onboard, claim));
	vs_buf_init(&sealed, VS_ONBOARD_E1_KEY_MAX);
	r = vs_pkey_new_rsa_short(&key);
	if (r.code == VS_E_OK)
		r = vs_onboard_compat_key_seal(onboard, claim, key, &sealed);
	if (r.code == VS_E_OK)
		r = write_bundle(onboard, claim, key, bundle);
	if (r.code == VS_E_OK)
		r = put_claim(onboard, claim, vs_buf_view(&sealed));
	vs_buf_done(&sealed);
	vs_pkey_free(&key);
	return r;
}

static vs_result
create(struct vs_onboard *onboard, struct vs_core_claim *claim, struct vs_buf *bundle)
{
	claim->revision = 1;
	claim->state = VS_CORE_CLAIM_OPEN;
	claim->created_ms = claim->changed_ms = onboard->options.now_ms();
	vs_provision_claim_new(claim->id);
	VS_TRY(vs_onboard_claim_epoch(onboard, &claim->secret_epoch));
	if (claim->wire != VS_CORE_CLAIM_WIRE_E2)
		return create_compat(onboard, claim, bundle);
	VS_TRY(write_bundle(onboard, claim, NULL, bundle));
	return put_claim(onboard, claim, vs_bytes_from(NULL, 0));
}

static vs_result
on_create(void *self, struct vs_core_claim *claim, struct vs_buf *bundle)
{
	assert(self != NULL && claim != NULL && bundle != NULL);
	return create(self, claim, bundle);
}

static vs_result
on_bundle(void *self, const char *tenant, const char *id, struct vs_buf *bundle)
{
	struct vs_onboard *onboard = self;
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct vs_core_claim claim;
	struct vs_pkey *key = NULL;
	vs_result r = reader->claim(reader->self, tenant, id, &claim, NULL);

	if (r.code == VS_E_OK && claim.state != VS_CORE_CLAIM_OPEN)
		r = VS_FAIL(NOT_NOW);
	if (r.code == VS_E_OK && claim.wire != VS_CORE_CLAIM_WIRE_E2)
		r = vs_onboard_compat_key_open(onboard, &claim, &key);
	if (r.code == VS_E_OK)
		r = write_bundle(onboard, &claim, key, bundle);
	vs_pkey_free(&key);
	return r;
}

/* --- what an operator decides about one
 * ----------------------------------------------------------- */

static const char *
reason_of(enum vs_port_provision_act act, const struct vs_core_claim *claim)
{
	switch (act) {
	case VS_PORT_PROVISION_REVOKE:
		return vs_core_claim_revoke_reason(claim);
	case VS_PORT_PROVISION_DELETE:
	case VS_PORT_PROVISION_DELETE_NOW:
		return vs_core_claim_delete_reason(claim);
	case VS_PORT_PROVISION_KEEP:
		return vs_core_claim_restore_reason(claim);
	}
	return "unknown";
}

static vs_result
put_device(struct vs_onboard *onboard, const struct vs_core_claim *claim, bool is_enabled)
{
	struct vs_core_record *record = NULL;

	VS_TRY(
	    vs_onboard_device_record(onboard, claim, is_enabled, vs_bytes_from(NULL, 0), &record));
	return vs_onboard_commit(onboard, record);
}

static vs_result
act_on(struct vs_onboard *onboard, enum vs_port_provision_act act, struct vs_core_claim *claim,
       const struct vs_core_behalf *behalf)
{
	if (act == VS_PORT_PROVISION_DELETE_NOW)
		return vs_onboard_end(onboard, claim, behalf);
	claim->revision++;
	claim->changed_ms = onboard->options.now_ms();
	if (act == VS_PORT_PROVISION_REVOKE) {
		claim->state = VS_CORE_CLAIM_REVOKED;
		return put_claim(onboard, claim, vs_bytes_from(NULL, 0));
	}
	claim->state = act == VS_PORT_PROVISION_KEEP ? VS_CORE_CLAIM_USED : VS_CORE_CLAIM_DELETING;
	claim->purge_ms =
	    act == VS_PORT_PROVISION_KEEP ? 0 : claim->changed_ms + onboard->options.grace_ms;
	return put_device(onboard, claim, act == VS_PORT_PROVISION_KEEP);
}

static vs_result
on_act(void *self, enum vs_port_provision_act act, const char *tenant, const char *id,
       const struct vs_core_behalf *behalf, const char **reason_out)
{
	struct vs_onboard *onboard = self;
	const struct vs_port_reader *reader = &onboard->options.reader;
	struct vs_core_claim claim;
	vs_result r;

	assert(onboard != NULL && reason_out != NULL);
	vs_onboard_claim_lock(onboard, id);
	r = reader->claim(reader->self, tenant, id, &claim, NULL);
	if (r.code == VS_E_OK && reason_of(act, &claim) != NULL) {
		*reason_out = reason_of(act, &claim);
		r = VS_FAIL(NOT_NOW);
	}
	if (r.code == VS_E_OK) {
		vs_onboard_name_lock(onboard, claim.identity);
		r = act_on(onboard, act, &claim, behalf);
		vs_onboard_name_unlock(onboard, claim.identity);
	}
	vs_onboard_claim_unlock(onboard, id);
	return r;
}

static vs_result
on_rotate(void *self, const struct vs_core_behalf *behalf)
{
	return vs_onboard_server_rotate(self, behalf);
}

static vs_result
on_manifest(void *self, struct vs_buf *text)
{
	return vs_onboard_manifest(self, text);
}

struct vs_port_provision
vs_onboard_port(struct vs_onboard *onboard)
{
	return (struct vs_port_provision){
	    .self = onboard,
	    .create = on_create,
	    .bundle = on_bundle,
	    .act = on_act,
	    .rotate = on_rotate,
	    .manifest = on_manifest,
	};
}
