/* SPDX-License-Identifier: Apache-2.0 */
#include "core/behalf.h"

#include <assert.h>
#include <string.h>

void
vs_core_behalf_init(struct vs_core_behalf *behalf, const char *name, const char *peer)
{
	assert(behalf != NULL && name != NULL && peer != NULL);
	*behalf = (struct vs_core_behalf){.name = name};
	vs_core_source_copy(peer, behalf->source);
}

void
vs_core_behalf_fill(const struct vs_core_behalf *behalf, struct vs_core_audit_entry *entry)
{
	assert(entry != NULL);
	if (behalf == NULL)
		return;
	if (behalf->source[0] != '\0')
		memcpy(entry->source, behalf->source, sizeof(entry->source));
	if (behalf->actor_kind == NULL)
		return;
	entry->actor_kind = behalf->actor_kind;
	memcpy(entry->actor_id, behalf->actor_id, sizeof(entry->actor_id));
}
