/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"

#define PREFIX "prov/v2/"

enum mode { MODE_PSK, MODE_AUTH };
enum sender { SENDER_DEVICE, SENDER_SERVER };

static const struct {
	const char *text, *leaf;
	enum mode mode;
	enum sender sender;
} types[VS_PROVISION_TYPES] = {
#define VS_PROVISION_TYPE(name, text, leaf, mode, sender)                                          \
	[VS_PROVISION_##name] = {text, leaf, MODE_##mode, SENDER_##sender},
#include "provision/types.def"
#undef VS_PROVISION_TYPE
};

const char *
vs_provision_type_text(enum vs_provision_type type)
{
	assert(type < VS_PROVISION_TYPES);
	return types[type].text;
}

static const char *
type_leaf(enum vs_provision_type type)
{
	assert(type < VS_PROVISION_TYPES);
	return types[type].leaf;
}

vs_result
vs_provision_type_parse(struct vs_bytes text, enum vs_provision_type *type_out)
{
	assert(type_out != NULL);
	for (unsigned i = 0; i < VS_PROVISION_TYPES; i++) {
		if (vs_bytes_equal_text(text, types[i].text)) {
			*type_out = (enum vs_provision_type)i;
			return VS_OK;
		}
	}
	return VS_FAIL(UNKNOWN_TYPE);
}

bool
vs_provision_type_is_of_device(enum vs_provision_type type)
{
	assert(type < VS_PROVISION_TYPES);
	return types[type].sender == SENDER_DEVICE;
}

bool
vs_provision_type_is_psk(enum vs_provision_type type)
{
	assert(type < VS_PROVISION_TYPES);
	return types[type].mode == MODE_PSK;
}

static bool
is_lower_or_digit(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool
vs_provision_claim_is_valid(struct vs_bytes claim)
{
	if (claim.size != VS_PROVISION_CLAIM_SIZE - 1)
		return false;
	for (size_t i = 0; i < claim.size; i++) {
		if (!is_lower_or_digit(claim.data[i]))
			return false;
	}
	return true;
}

bool
vs_provision_tenant_is_valid(struct vs_bytes tenant)
{
	if (tenant.size == 0 || tenant.size >= VS_PROVISION_TENANT_SIZE)
		return false;
	for (size_t i = 0; i < tenant.size; i++) {
		if (!is_lower_or_digit(tenant.data[i]) && tenant.data[i] != '-')
			return false;
	}
	return true;
}

void
vs_provision_claim_new(char claim_out[static VS_PROVISION_CLAIM_SIZE])
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (size_t i = 0; i < VS_PROVISION_CLAIM_SIZE - 1; i++)
		claim_out[i] = alphabet[vs_random_below(sizeof(alphabet) - 1)];
	claim_out[VS_PROVISION_CLAIM_SIZE - 1] = '\0';
}

void
vs_provision_topic_make(const char *tenant, const char *claim, enum vs_provision_type type,
                        char topic_out[static VS_PROVISION_TOPIC_SIZE])
{
	int size;

	assert(tenant != NULL && claim != NULL);
	size = snprintf(topic_out, VS_PROVISION_TOPIC_SIZE, PREFIX "%s/%s/%s", tenant, claim,
	                type_leaf(type));
	assert(size > 0 && size < (int)VS_PROVISION_TOPIC_SIZE);
	(void)size;
}

/* Up to the next slash; the rest is behind it. */
static bool
cut(struct vs_bytes *rest, struct vs_bytes *part_out)
{
	const uint8_t *slash = rest->size > 0 ? memchr(rest->data, '/', rest->size) : NULL;

	if (slash == NULL)
		return false;
	*part_out = vs_bytes_from(rest->data, (size_t)(slash - rest->data));
	*rest = vs_bytes_from(slash + 1, rest->size - part_out->size - 1);
	return true;
}

vs_result
vs_provision_topic_parse(struct vs_bytes topic, struct vs_provision_topic *topic_out)
{
	const size_t prefix = sizeof(PREFIX) - 1;
	struct vs_provision_topic made;
	struct vs_bytes tenant, claim;

	assert(topic_out != NULL);
	if (topic.size >= VS_PROVISION_TOPIC_SIZE || topic.size < prefix ||
	    !vs_bytes_equal_text(vs_bytes_from(topic.data, prefix), PREFIX))
		return VS_FAIL(BAD_VALUE);
	topic = vs_bytes_from(topic.data + prefix, topic.size - prefix);
	if (!cut(&topic, &tenant) || !cut(&topic, &claim) ||
	    !vs_provision_tenant_is_valid(tenant) || !vs_provision_claim_is_valid(claim))
		return VS_FAIL(BAD_VALUE);
	(void)vs_bytes_copy_text(tenant, made.tenant, sizeof(made.tenant));
	(void)vs_bytes_copy_text(claim, made.claim, sizeof(made.claim));
	for (unsigned i = 0; i < VS_PROVISION_TYPES; i++) {
		if (vs_bytes_equal_text(topic, types[i].leaf)) {
			made.type = (enum vs_provision_type)i;
			*topic_out = made;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}
