/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a file holds: entries have names, values are texts without control characters, and a
 * refusal says where. */
#include <stdlib.h>
#include <string.h>

#include "daemon/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static vs_result
take(void *arg, const struct vs_daemon_ini_entry *entry)
{
	size_t *last = arg;

	if (entry->line <= *last || entry->section[0] == '\0' || entry->key[0] == '\0')
		abort();
	for (const char *c = entry->value; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7F)
			abort();
	*last = entry->line;
	return VS_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t last = 0, line = 0;
	const char *why = NULL;
	vs_result r = vs_daemon_ini_parse(vs_bytes_from(data, size), take, &last, &line, &why);

	if (r.code != VS_E_OK && (why == NULL || line <= last))
		abort();
	return 0;
}
