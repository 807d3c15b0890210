/* SPDX-License-Identifier: Apache-2.0 */
/* Shape, extensions and times of a list; without the CA's key nobody gets further, so whatever is
 * believed here is wrong. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crl_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static vs_result
begin(const struct vs_crl_info *info, void *arg)
{
	(void)info;
	(void)arg;
	abort();
}

static vs_result
revoked(const char *serial_hex, void *arg)
{
	(void)serial_hex;
	(void)arg;
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ca_files[2] = {NULL, NULL};
	const struct vs_crl_sink sink = {begin, revoked, NULL};
	char reason[128] = "";

	if (vs_crl_read(vs_bytes_from(data, size), ca_files, &sink, reason, sizeof(reason)).code ==
	        VS_E_OK ||
	    reason[0] == '\0' || strlen(reason) >= sizeof(reason))
		abort();
	return 0;
}
