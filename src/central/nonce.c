/* SPDX-License-Identifier: Apache-2.0 */
#include "central/nonce.h"

#include <assert.h>
#include <string.h>

#include "wire/base64.h"

static const char *const texts[VS_CENTRAL_NONCE_VERDICTS] = {
    [VS_CENTRAL_NONCE_GOOD] = "",
    [VS_CENTRAL_NONCE_RETRY] = "",
    [VS_CENTRAL_NONCE_BLOCKED] = "Rate limit exceeded",
    [VS_CENTRAL_NONCE_STALE] = "Stale timestamp (possible replay)",
    [VS_CENTRAL_NONCE_MISSING] = "Invalid or missing nonce",
    [VS_CENTRAL_NONCE_AGAIN] = "Nonce already used (replay)",
    [VS_CENTRAL_NONCE_EXPIRED] = "Nonce expired",
};

const char *
vs_central_nonce_text(enum vs_central_nonce_verdict verdict)
{
	assert(verdict < VS_CENTRAL_NONCE_VERDICTS);
	return texts[verdict];
}

void
vs_central_nonce_init(struct vs_central_nonce *nonce)
{
	memset(nonce, 0, sizeof(*nonce));
}

const char *
vs_central_nonce_give(struct vs_central_nonce *nonce, uint64_t now_ms,
                      const uint8_t random[static VS_CENTRAL_NONCE_SIZE])
{
	if (nonce->good[0].text[0] != '\0' &&
	    now_ms - nonce->good[0].given_ms < VS_CENTRAL_NONCE_FRESH_MS)
		return nonce->good[0].text;
	if (nonce->good[0].text[0] != '\0')
		nonce->good[1] = nonce->good[0];
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(random, VS_CENTRAL_NONCE_SIZE),
	                       nonce->good[0].text, sizeof(nonce->good[0].text));
	nonce->good[0].given_ms = now_ms;
	return nonce->good[0].text;
}

/* So many in a minute, then nothing for another one. */
static bool
is_blocked(struct vs_central_nonce *nonce, uint64_t now_ms)
{
	if (now_ms < nonce->blocked_until_ms)
		return true;
	if (nonce->in_minute == 0 || now_ms - nonce->minute_ms >= VS_CENTRAL_NONCE_MINUTE_MS) {
		nonce->minute_ms = now_ms;
		nonce->in_minute = 0;
	}
	if (nonce->in_minute == VS_CENTRAL_NONCE_RATE) {
		nonce->blocked_until_ms = now_ms + VS_CENTRAL_NONCE_BLOCK_MS;
		nonce->in_minute = 0;
		return true;
	}
	nonce->in_minute++;
	return false;
}

static enum vs_central_nonce_verdict
take(struct vs_central_nonce *nonce, const struct vs_central_nonce_use *use)
{
	for (unsigned i = 0; i < VS_CENTRAL_NONCE_USED; i++)
		if (nonce->used[i] == use->nonce_hash && use->nonce.size > 0)
			return VS_CENTRAL_NONCE_AGAIN;
	for (unsigned i = 0; i < 2; i++) {
		bool is_old = use->now_ms - nonce->good[i].given_ms > VS_CENTRAL_NONCE_LIFE_MS;

		if (nonce->good[i].text[0] == '\0' ||
		    !vs_bytes_equal_text(use->nonce, nonce->good[i].text))
			continue;
		nonce->good[i].text[0] = '\0';
		if (is_old)
			return VS_CENTRAL_NONCE_EXPIRED;
		nonce->used[nonce->next_used] = use->nonce_hash;
		nonce->next_used = (uint8_t)((nonce->next_used + 1) % VS_CENTRAL_NONCE_USED);
		return VS_CENTRAL_NONCE_GOOD;
	}
	return VS_CENTRAL_NONCE_MISSING;
}

enum vs_central_nonce_verdict
vs_central_nonce_use(struct vs_central_nonce *nonce, const struct vs_central_nonce_use *use)
{
	enum vs_central_nonce_verdict verdict;

	assert(nonce != NULL && use != NULL && use->nonce_hash != 0 && use->message != 0);
	if (use->message == nonce->last_message)
		return VS_CENTRAL_NONCE_RETRY;
	if (is_blocked(nonce, use->now_ms))
		return VS_CENTRAL_NONCE_BLOCKED;
	if (use->at_ms > use->wall_ms + VS_CENTRAL_NONCE_WINDOW_MS ||
	    use->at_ms < use->wall_ms - VS_CENTRAL_NONCE_WINDOW_MS)
		return VS_CENTRAL_NONCE_STALE;
	verdict = take(nonce, use);
	if (verdict == VS_CENTRAL_NONCE_GOOD)
		nonce->last_message = use->message;
	return verdict;
}
