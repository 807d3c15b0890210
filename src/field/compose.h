/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of a device: readings in each profile, and the ACK of a key. No I/O, no clock. */
#pragma once

#include "field/compat.h"

struct vs_field_sample {
	struct vs_bytes type, unit;
	struct vs_bytes json; /* a scalar */
};

struct vs_field_draft {
	enum vs_field_profile profile;
	const char *tenant, *device;
	const struct vs_field_sample *samples;
	size_t count;
	uint64_t n;             /* D1m, D2 */
	uint64_t ts_ms;         /* 0: not said; D2 needs it */
	uint32_t epoch;         /* D2 */
	const uint8_t *salt;    /* D2: of `d2` below */
	const uint8_t *r;       /* D2: the device's half of a connection's salt; NULL: it is none */
	struct vs_field_d2 *d2; /* D2 */
	struct vs_field_compat *compat; /* D1, D1m */
};

/* Appends. BAD_VALUE: no sample, or one that is no scalar; D1 and D1m cannot say null, true or
 * false but as the texts of these words. */
VS_RESULT vs_field_compose(const struct vs_field_draft *draft, struct vs_buf *text);
/* delivery->key is the key that came. Appends. */
VS_RESULT vs_field_compose_ack(const struct vs_field_delivery *delivery,
                               const uint8_t oid[static VS_FIELD_OID_SIZE], struct vs_buf *text);
