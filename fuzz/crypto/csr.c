/* SPDX-License-Identifier: Apache-2.0 */
/* A request that is taken is written the same way, and gives a key that we would certify. */
#include <stdlib.h>

#include "base/limits.h"
#include "crypto/x509_csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_x509_csr *csr = NULL, *again = NULL;
	struct vs_x509_key *key = NULL;
	const char *reason = NULL;
	struct vs_buf der;

	if (vs_x509_csr_read(vs_bytes_from(data, size), &reason, &csr).code != VS_E_OK) {
		if (reason == NULL || csr != NULL)
			abort();
		return 0;
	}
	vs_buf_init(&der, (size_t)2 * VS_LIMIT_CSR_SIZE);
	if (vs_x509_csr_key(csr, &key).code != VS_E_OK ||
	    vs_x509_csr_write_der(csr, &der).code != VS_E_OK ||
	    vs_x509_csr_read(vs_buf_view(&der), NULL, &again).code != VS_E_OK)
		abort();
	vs_x509_csr_free(&again);
	vs_x509_csr_free(&csr);
	vs_x509_key_free(&key);
	vs_buf_done(&der);
	return 0;
}
