/* SPDX-License-Identifier: Apache-2.0 */
/* May this idToken charge? (OCPP 2.0.1 C01, C02; never an error: what is not known is Invalid.) */
#pragma once

#include "core/registry.h"

struct vs_core_authorisation {
	char status[21];                /* AuthorizationStatusEnumType */
	char group[VS_CORE_TOKEN_SIZE]; /* "" when it belongs to none */
};

/* type: IdTokenEnumType as text. NoAuthorization is a start without any token (C02): Accepted. */
void vs_core_authorise(const struct vs_core_registry *registry, const char *tenant,
                       const char *type, const char *token, int64_t now_ms,
                       struct vs_core_authorisation *authorisation_out);
