/* SPDX-License-Identifier: Apache-2.0 */
/* The alert file: whatever stands in it, rows that were taken keep what is promised of them. */
#include <stdlib.h>
#include <string.h>

#include "alert/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_alert_config config;
	char reason[256] = "";

	if (vs_alert_config_parse(vs_bytes_from(data, size), &config, reason, sizeof(reason))
	        .code != VS_E_OK) {
		if (reason[0] == '\0')
			abort();
		return 0;
	}
	for (size_t i = 0; i < config.rule_count; i++)
		if (config.rules[i].target >= config.target_count || config.rules[i].count == 0 ||
		    config.rules[i].match[0] == '\0')
			abort();
	for (size_t i = 0; i < config.target_count; i++)
		if (config.targets[i].retry_count == 0 ||
		    config.targets[i].retry_count > VS_ALERT_RETRIES ||
		    strlen(config.targets[i].name) >= VS_ALERT_NAME_SIZE)
			abort();
	return 0;
}
