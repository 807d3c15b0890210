/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/name.h"

#include "test.h"

#define CLAIM "abcdefghij0123456789"

static void
topics(void)
{
	struct vs_provision_topic topic = {.type = VS_PROVISION_TYPES};
	char text[VS_PROVISION_TOPIC_SIZE];

	for (unsigned i = 0; i < VS_PROVISION_TYPES; i++) {
		vs_provision_topic_make("acme", CLAIM, (enum vs_provision_type)i, text);
		CHECK_OK(vs_provision_topic_parse(vs_bytes_from_text(text), &topic));
		CHECK(topic.type == (enum vs_provision_type)i);
		CHECK(strcmp(topic.tenant, "acme") == 0 && strcmp(topic.claim, CLAIM) == 0);
	}
	vs_provision_topic_make("acme", CLAIM, VS_PROVISION_DELETE, text);
	CHECK(strcmp(text, "prov/v2/acme/" CLAIM "/del") == 0);
}

static void
no_topics(void)
{
	static const char *const texts[] = {"",
	                                    "prov/v2/keys",
	                                    "prov/v2/acme/" CLAIM,
	                                    "prov/v2/acme/" CLAIM "/",
	                                    "prov/v2/acme/" CLAIM "/req/",
	                                    "prov/v2/acme/" CLAIM "/REQ",
	                                    "prov/v2/Acme/" CLAIM "/req",
	                                    "prov/v2//" CLAIM "/req",
	                                    "prov/v1/acme/" CLAIM "/req",
	                                    "prov/v2/acme/" CLAIM "x/req",
	                                    "prov/v2/acme/+/req",
	                                    "prov/v2/acme/abcdefghij012345678#/req",
	                                    "/prov/v2/acme/" CLAIM "/req",
	                                    "prov/v2/a23456789012345678901234567890123/" CLAIM
	                                    "/req"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct vs_provision_topic topic;

		CHECK_ERR(vs_provision_topic_parse(vs_bytes_from_text(texts[i]), &topic),
		          BAD_VALUE);
	}
}

static void
names(void)
{
	enum vs_provision_type type = VS_PROVISION_TYPES;
	char one[VS_PROVISION_CLAIM_SIZE], other[VS_PROVISION_CLAIM_SIZE];

	vs_provision_claim_new(one);
	vs_provision_claim_new(other);
	CHECK(vs_provision_claim_is_valid(vs_bytes_from_text(one)));
	CHECK(strcmp(one, other) != 0);
	CHECK_OK(vs_provision_type_parse(VS_BYTES_LITERAL("resp"), &type));
	CHECK(type == VS_PROVISION_RESPONSE && !vs_provision_type_is_of_device(type));
	CHECK_ERR(vs_provision_type_parse(VS_BYTES_LITERAL("Resp"), &type), UNKNOWN_TYPE);
	CHECK(vs_provision_type_is_psk(VS_PROVISION_REQUEST));
	CHECK(!vs_provision_type_is_psk(VS_PROVISION_UPDATE));
}

int
main(void)
{
	CASE(topics);
	CASE(no_topics);
	CASE(names);
	return 0;
}
