/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST that comes again with the
 * same key, of the same login and with the same body is not done again but answered as the first
 * time.
 *
 * Kept in memory for a day, VS_LIMIT_API_REPEATS of them; they end with the daemon. Only answers
 * below 500 but 429 are kept: after another one the request may be tried again. In the API's
 * reactor.
 */
#pragma once

#include "api/state.h"

struct vs_api_repeat;

/* true: go on with the request. false: it was answered: as before; BAD_VALUE for a key that is
 * none, or that came with another body; NOT_NOW while the first is under way (or its answer found
 * nobody: then look whether it was done). */
bool vs_api_repeat_begin(struct vs_api *api, const struct vs_api_request *request);
/* Every answer passes here; most are nobody's. */
void vs_api_repeat_answered(const char *request_id, int status, const char *content_type,
                            const char *headers, struct vs_bytes body);
void vs_api_repeats_free(void);
