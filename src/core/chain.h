/* SPDX-License-Identifier: Apache-2.0 */
/* What stations ask about certificates of somebody else (OCPP M06, M07). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A certificate as OCPP names it: hexadecimal texts. */
struct vs_core_cert_id {
	char algorithm[7]; /* "SHA256" */
	char issuer_name_hash[129], issuer_key_hash[129], serial[41];
};

/* OCPP 2.1 M07: what has become of one certificate of a chain. */
#define VS_CORE_CHAIN_MAX 4
enum vs_core_chain_status {
	VS_CORE_CHAIN_FAILED, /* nobody who can be asked has said */
	VS_CORE_CHAIN_GOOD,
	VS_CORE_CHAIN_REVOKED,
	VS_CORE_CHAIN_UNKNOWN,
};
struct vs_core_chain_item {
	struct vs_core_cert_id id;
	bool is_by_list; /* by the list of its CA, not by the responder */
	enum vs_core_chain_status status;
	int64_t next_update_ms; /* wall clock: not good for longer */
};
