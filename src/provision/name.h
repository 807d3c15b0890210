/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of provisioning on a broker: types of messages, claim ids, topics.
 *
 * A device is called by its claim id and by nothing else on the broker: it is random and says
 * nothing about the device. Topics are prov/v2/<tenant>/<claim>/<leaf>, and prov/v2/keys for the
 * manifest. Values; no I/O.
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum vs_provision_type {
#define VS_PROVISION_TYPE(name, text, leaf, mode, sender) VS_PROVISION_##name,
#include "provision/types.def"
#undef VS_PROVISION_TYPE
	VS_PROVISION_TYPES /* must be last */
};

#define VS_PROVISION_CLAIM_SIZE  21 /* 20 of [a-z0-9] and a NUL: 103 bits */
#define VS_PROVISION_TENANT_SIZE 33
#define VS_PROVISION_KID_SIZE    17
#define VS_PROVISION_TOPIC_SIZE  80
#define VS_PROVISION_KEYS_TOPIC  "prov/v2/keys"

const char *vs_provision_type_text(enum vs_provision_type type);
VS_RESULT vs_provision_type_parse(struct vs_bytes text,
                                  enum vs_provision_type *type_out); /* UNKNOWN_TYPE */
bool vs_provision_type_is_of_device(enum vs_provision_type type);
bool vs_provision_type_is_psk(enum vs_provision_type type);

bool vs_provision_claim_is_valid(struct vs_bytes claim);
bool vs_provision_tenant_is_valid(struct vs_bytes tenant);
void vs_provision_claim_new(char claim_out[static VS_PROVISION_CLAIM_SIZE]);

/* tenant and claim must be valid. */
void vs_provision_topic_make(const char *tenant, const char *claim, enum vs_provision_type type,
                             char topic_out[static VS_PROVISION_TOPIC_SIZE]);
struct vs_provision_topic {
	char tenant[VS_PROVISION_TENANT_SIZE];
	char claim[VS_PROVISION_CLAIM_SIZE];
	enum vs_provision_type type;
};
VS_RESULT vs_provision_topic_parse(struct vs_bytes topic,
                                   struct vs_provision_topic *topic_out); /* BAD_VALUE */
