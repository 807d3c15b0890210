/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On whose behalf a thread works right now, for entries of the audit log that are written far below
 * whoever was asked: the key service's notes of its own steps. Set where a job begins, in the
 * thread that does it, and taken back where it ends. Values of this thread alone; no I/O.
 */
#pragma once

#include "core/audit.h"

struct vs_core_behalf {
	char source[VS_CORE_SOURCE_SIZE]; /* an address without its port; "": not known */
	const char *actor_kind;           /* static; NULL: not known, only where it came from is */
	char actor_id[VS_CORE_AUDIT_TEXT_SIZE];
};

/* From here on, in this thread. Copied. NULL: on nobody's. */
void vs_core_behalf_set(const struct vs_core_behalf *behalf);
/* A peer's address, with or without its port, and nobody's name. */
void vs_core_behalf_set_peer(const char *peer);
void vs_core_behalf_get(struct vs_core_behalf *behalf_out); /* for another thread to go on */
/* The source always, the actor when it is known. Nobody's: the entry stays as it is. */
void vs_core_behalf_fill(struct vs_core_audit_entry *entry);
