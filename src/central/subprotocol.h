/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the offered subprotocols is spoken (rows of subprotocols.def). Pure. */
#pragma once

#include "core/policy.h"
#include "ocpp/action.h"
#include "wire/http1.h"

/* Of a station that offers none and is forgiven (quirk no-subprotocol): nothing is echoed, OCPP 1.6
 * is spoken. */
#define VS_CENTRAL_SUBPROTOCOL_ASSUMED ""

/* Static text, echoed exactly; ASSUMED: accept without echo; NULL: none fits. The client's order is
 * its preference (OCPP 2.0.1 Part 4 3.1.2), among the versions that the policy allows; but a policy
 * that wants sealed messages takes a sealed one wherever it stands. can_seal: this daemon has what
 * it takes. *is_unsealed_out: something would have fitted, had the policy not required sealed
 * messages. */
const char *vs_central_subprotocol_choose(const struct vs_http_headers *headers,
                                          const struct vs_core_policy *policy, bool can_seal,
                                          bool *is_unsealed_out);
bool vs_central_subprotocol_is_sealed(const char *subprotocol);
/* Of one that was chosen, ASSUMED among them. */
enum vs_ocpp_version vs_central_subprotocol_version(const char *subprotocol);
