/* SPDX-License-Identifier: Apache-2.0 */
#include "core/behalf.h"

#include <assert.h>
#include <string.h>

static _Thread_local struct vs_core_behalf current;

void
vs_core_behalf_set(const struct vs_core_behalf *behalf)
{
	if (behalf != NULL)
		current = *behalf;
	else
		memset(&current, 0, sizeof(current));
}

void
vs_core_behalf_set_peer(const char *peer)
{
	assert(peer != NULL);
	memset(&current, 0, sizeof(current));
	vs_core_source_copy(peer, current.source);
}

void
vs_core_behalf_get(struct vs_core_behalf *behalf_out)
{
	assert(behalf_out != NULL);
	*behalf_out = current;
}

void
vs_core_behalf_fill(struct vs_core_audit_entry *entry)
{
	assert(entry != NULL);
	if (current.source[0] != '\0')
		memcpy(entry->source, current.source, sizeof(entry->source));
	if (current.actor_kind == NULL)
		return;
	entry->actor_kind = current.actor_kind;
	memcpy(entry->actor_id, current.actor_id, sizeof(entry->actor_id));
}
