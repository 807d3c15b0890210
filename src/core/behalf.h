/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On whose behalf something is done, for entries of the audit log that are written far below
 * whoever was asked: the key service's notes of its own steps. It goes with the request, as a
 * parameter and in the job that does it, so that no entry can have another's source or actor.
 * Values; no I/O.
 */
#pragma once

#include "core/audit.h"

struct vs_core_behalf {
	const char *name; /* for the keystore's own book: "api:...", "scheduler". Borrowed */
	char source[VS_CORE_SOURCE_SIZE]; /* an address without its port; "": none, or not known */
	const char *actor_kind;           /* static; NULL: not known, only where it came from is */
	char actor_id[VS_CORE_AUDIT_TEXT_SIZE];
};

/* Of the daemon itself: nobody asked. Lives as long as the block that it stands in. */
#define VS_CORE_BEHALF(text) (&(const struct vs_core_behalf){.name = (text)})

/* Of a peer, by its address with or without its port: nobody's name is known. */
void vs_core_behalf_init(struct vs_core_behalf *behalf, const char *name, const char *peer);
/* The source always, the actor when it is known. NULL, or of the daemon: the entry stays as it is.
 */
void vs_core_behalf_fill(const struct vs_core_behalf *behalf, struct vs_core_audit_entry *entry);
