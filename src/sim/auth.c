/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/auth.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

void
vs_sim_auth_init(struct vs_sim_auth *auth)
{
	*auth = (struct vs_sim_auth){.list = NULL};
}

void
vs_sim_auth_done(struct vs_sim_auth *auth)
{
	if (auth != NULL)
		vs_sim_auth_list_clear(auth);
}

static uint64_t
token_hash(const char *token)
{
	uint64_t hash = vs_hash(vs_bytes_from_text(token));

	return hash != 0 ? hash : 1;
}

enum vs_sim_known
vs_sim_auth_ask(const struct vs_sim_auth *auth, const char *token, bool is_list_used,
                bool is_cache_used)
{
	uint64_t hash = token_hash(token);

	if (is_list_used)
		for (const struct vs_sim_list_entry *at = auth->list; at != NULL; at = at->next)
			if (strcmp(at->token, token) == 0)
				return at->is_welcome ? VS_SIM_WELCOME : VS_SIM_REFUSED;
	if (is_cache_used)
		for (unsigned i = 0; i < VS_SIM_CACHE_SIZE; i++)
			if (auth->cache[i] == hash)
				return VS_SIM_WELCOME;
	return VS_SIM_UNKNOWN;
}

void
vs_sim_auth_remember(struct vs_sim_auth *auth, const char *token, bool is_welcome)
{
	uint64_t hash = token_hash(token);

	for (unsigned i = 0; i < VS_SIM_CACHE_SIZE; i++) {
		if (auth->cache[i] != hash)
			continue;
		if (!is_welcome)
			auth->cache[i] = 0;
		return;
	}
	if (!is_welcome)
		return;
	auth->cache[auth->cache_next] = hash;
	auth->cache_next = (uint8_t)((auth->cache_next + 1) % VS_SIM_CACHE_SIZE);
}

void
vs_sim_auth_clear_cache(struct vs_sim_auth *auth)
{
	for (unsigned i = 0; i < VS_SIM_CACHE_SIZE; i++)
		auth->cache[i] = 0;
}

void
vs_sim_auth_list_clear(struct vs_sim_auth *auth)
{
	while (auth->list != NULL) {
		struct vs_sim_list_entry *entry = auth->list;

		auth->list = entry->next;
		free(entry);
	}
	auth->list_count = 0;
}

VS_RESULT
vs_sim_auth_list_put(struct vs_sim_auth *auth, const char *token, bool is_welcome)
{
	struct vs_sim_list_entry *entry;
	size_t size = strlen(token) + 1;

	for (entry = auth->list; entry != NULL; entry = entry->next) {
		if (strcmp(entry->token, token) == 0) {
			entry->is_welcome = is_welcome;
			return VS_OK;
		}
	}
	if (auth->list_count >= VS_LIMIT_SIM_LIST)
		return VS_FAIL(TOO_LONG);
	entry = calloc(1, sizeof(*entry) + size);
	if (entry == NULL)
		return VS_FAIL(NO_MEMORY);
	memcpy(entry->token, token, size);
	entry->is_welcome = is_welcome;
	entry->next = auth->list;
	auth->list = entry;
	auth->list_count++;
	return VS_OK;
}

void
vs_sim_auth_list_remove(struct vs_sim_auth *auth, const char *token)
{
	for (struct vs_sim_list_entry **link = &auth->list; *link != NULL; link = &(*link)->next) {
		struct vs_sim_list_entry *entry = *link;

		if (strcmp(entry->token, token) != 0)
			continue;
		*link = entry->next;
		free(entry);
		auth->list_count--;
		return;
	}
}
