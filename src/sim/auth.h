/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may charge, as far as the station knows without asking: the local authorization list
 * (OCPP 2.0.1 D01) and the authorization cache (C12). Pure.
 *
 * Limits: VS_LIMIT_SIM_LIST tokens in the list; the cache keeps the last VS_SIM_CACHE_SIZE tokens.
 */
#pragma once

#include "base/bytes.h"
#include "base/limits.h"

#define VS_SIM_TOKEN_SIZE 145 /* 36 characters of four bytes, with the NUL */
enum { VS_SIM_CACHE_SIZE = 8 };

enum vs_sim_known { VS_SIM_UNKNOWN, VS_SIM_WELCOME, VS_SIM_REFUSED };

struct vs_sim_list_entry {
	struct vs_sim_list_entry *next;
	bool is_welcome;
	char token[];
};

struct vs_sim_auth {
	struct vs_sim_list_entry *list;
	uint32_t list_count;
	int64_t list_version;              /* 0: there is no list */
	uint64_t cache[VS_SIM_CACHE_SIZE]; /* hashes of welcome tokens, 0 is none */
	uint8_t cache_next;
};

void vs_sim_auth_init(struct vs_sim_auth *auth);
void vs_sim_auth_done(struct vs_sim_auth *auth);

/* The list goes before the cache (OCPP 2.0.1 C13, C14). */
enum vs_sim_known vs_sim_auth_ask(const struct vs_sim_auth *auth, const char *token,
                                  bool is_list_used, bool is_cache_used);
void vs_sim_auth_remember(struct vs_sim_auth *auth, const char *token, bool is_welcome);
void vs_sim_auth_clear_cache(struct vs_sim_auth *auth);

void vs_sim_auth_list_clear(struct vs_sim_auth *auth);
/* Add or replace. TOO_LONG: the list is full. */
VS_RESULT vs_sim_auth_list_put(struct vs_sim_auth *auth, const char *token, bool is_welcome);
void vs_sim_auth_list_remove(struct vs_sim_auth *auth, const char *token);
