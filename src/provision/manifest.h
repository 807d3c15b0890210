/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key manifest: which keys the server has, signed by the provisioning root (Ed25519) that the
 * device has pinned. A compact JWS (EdDSA); its payload is
 *
 *   {"v":12,"nbf":time,"exp":time,"keys":[{"kid","suite":"0020-0001-0002","pub","st"}]}
 *
 * It lies on the broker as a retained message and at /.well-known/csms-prov. A version lower than
 * one that was seen, and one that is over, are refused: who carries it can only withhold it.
 */
#pragma once

#include "provision/bundle.h"

#define VS_PROVISION_MANIFEST_KEYS 4
#define VS_PROVISION_MANIFEST_MAX  4096

struct vs_provision_manifest_key {
	char kid[VS_PROVISION_KID_SIZE];
	uint8_t pub[VS_PROVISION_KEM_SIZE];
	char state[8]; /* "active", "next", "retired" */
};

struct vs_provision_manifest {
	int64_t version, not_before_ms, expires_ms;
	struct vs_provision_manifest_key keys[VS_PROVISION_MANIFEST_KEYS];
	size_t count;
};

VS_RESULT vs_provision_manifest_sign(const struct vs_provision_manifest *manifest,
                                     const struct vs_pkey *root, struct vs_buf *text);
/* root: raw, pinned. version_seen: the highest that was ever accepted. NOT_AUTHENTIC: not signed by
 * the root; STALE: over, not yet good, or older than what was seen; BAD_MESSAGE and the like. */
VS_RESULT vs_provision_manifest_check(struct vs_bytes text,
                                      const uint8_t root[static VS_PROVISION_ROOT_SIZE],
                                      int64_t version_seen, int64_t now_ms,
                                      struct vs_provision_manifest *manifest_out);
/* The one to seal to; NULL: there is none. */
const struct vs_provision_manifest_key *
vs_provision_manifest_active(const struct vs_provision_manifest *manifest);
