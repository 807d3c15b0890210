/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which certificates of stations are trusted for whom: the CAs of the listener, and for each tenant
 * its organisation (OCPP 2.0.1 A00.FR.404: O is that of the charging station operator) and, where
 * one is bound, its own CA. Replaced as a whole. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/station.h"

#define VS_CORE_ORGANISATION_SIZE 65 /* X.520 ub-organization-name, and NUL */
#define VS_CORE_SPKI_SIZE         32 /* SHA-256 of a SubjectPublicKeyInfo */

struct vs_core_trust {
	char tenant[VS_CORE_TENANT_SIZE];
	char organisation[VS_CORE_ORGANISATION_SIZE]; /* "": any */
	bool has_ca;
	uint8_t ca_spki[VS_CORE_SPKI_SIZE]; /* the issuer's, or that of the CA above it */
};

struct vs_core_trusts;

VS_RESULT vs_core_trusts_new(struct vs_core_trusts **trusts_out);
void vs_core_trusts_free(struct vs_core_trusts **trusts);

/* TOO_LONG past VS_LIMIT_TENANT_TRUSTS; EXISTS: a tenant twice, or two with one organisation and no
 * CA to tell them apart. The old rows stay then. */
VS_RESULT vs_core_trusts_replace(struct vs_core_trusts *trusts, const struct vs_core_trust *rows,
                                 size_t count);
bool vs_core_trusts_find(const struct vs_core_trusts *trusts, const char *tenant,
                         struct vs_core_trust *row_out);
/* Is there another tenant that this certificate fits: its bound CA, or, without one, its
 * organisation? */
bool vs_core_trusts_is_of_other(const struct vs_core_trusts *trusts, const char *tenant,
                                struct vs_bytes organisation,
                                const uint8_t issuer_spki[static VS_CORE_SPKI_SIZE],
                                const uint8_t anchor_spki[static VS_CORE_SPKI_SIZE]);

/* The CAs that certificates of stations may come from, as hashes of their keys. None set: not
 * asked.
 */
VS_RESULT vs_core_trusts_set_anchors(struct vs_core_trusts *trusts, const uint8_t *spkis,
                                     size_t count);
bool vs_core_trusts_has_anchor(const struct vs_core_trusts *trusts,
                               const uint8_t spki[static VS_CORE_SPKI_SIZE]);
