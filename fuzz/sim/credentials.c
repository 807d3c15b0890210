/* SPDX-License-Identifier: Apache-2.0 */
/* The credentials of a fleet, and the URL it connects to: whatever is taken can be used. */
#include "sim/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "sim/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
feed_url(const uint8_t *data, size_t size)
{
	struct vs_sim_target target;
	char url[512], path[VS_LIMIT_HTTP_PATH_SIZE];

	if (!vs_bytes_copy_text(vs_bytes_from(data, size), url, sizeof(url)) ||
	    vs_sim_target_parse(url, &target).code != VS_E_OK)
		return;
	if (target.host[0] == 0 || target.port == 0 || target.path[0] != '/' ||
	    strpbrk(target.path, "\r\n ") != NULL)
		abort();
	if (vs_sim_target_path(&target, "CS 1\r\n", path, sizeof(path)).code == VS_E_OK &&
	    strpbrk(path, "\r\n ") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_sim_credentials credentials;
	size_t line = 0;

	feed_url(data, size);
	if (vs_sim_credentials_parse(vs_bytes_from(data, size), &credentials, &line).code !=
	    VS_E_OK)
		return 0;
	for (size_t i = 0; i < credentials.count; i++) {
		const struct vs_sim_credential *row = &credentials.rows[i];

		if (row->identity[0] == 0 || strlen(row->identity) > VS_LIMIT_IDENTITY_SIZE ||
		    (row->password[0] == 0 && row->cert_file[0] == 0) ||
		    (row->cert_file[0] == 0) != (row->key_file[0] == 0))
			abort();
	}
	vs_sim_credentials_done(&credentials);
	return 0;
}
