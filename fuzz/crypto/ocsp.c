/* SPDX-License-Identifier: Apache-2.0 */
/* First byte even: a request to our responder. Odd: an answer to our client, which without the CA's
 * key nobody can make it believe. */
#include <stdlib.h>
#include <string.h>

#include "crypto/x509_issue.h"
#include "crypto/x509_ocsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vs_x509_cert *root, *ca;

static void
make_ca(void)
{
	struct vs_x509_request request = {
	    .profile = VS_X509_root,
	    .common_name = "Root",
	    .organisation = "Fuzz",
	    .not_before_ms = INT64_C(1795000000000),
	    .not_after_ms = INT64_C(1795000000000) + INT64_C(86400000),
	};
	struct vs_x509_key *key = NULL;

	if (vs_x509_key_new(VS_X509_P256, &key).code != VS_E_OK ||
	    vs_x509_issue(&request, key, NULL, NULL, &root).code != VS_E_OK)
		abort();
	request.profile = VS_X509_issuing;
	request.common_name = "Issuing";
	if (vs_x509_issue(&request, key, root, key, &ca).code != VS_E_OK)
		abort();
	vs_x509_key_free(&key);
}

static void
ask(struct vs_bytes der)
{
	struct vs_x509_ocsp_request *request = NULL;

	if (vs_x509_ocsp_request_read(der, &request).code != VS_E_OK)
		return;
	for (size_t i = 0; i < vs_x509_ocsp_request_count(request); i++) {
		char serial[VS_X509_SERIAL_SIZE];

		vs_x509_ocsp_request_serial(request, i, serial);
		if (serial[0] == '\0' || strlen(serial) >= sizeof(serial))
			abort();
		(void)vs_x509_ocsp_request_is_of(request, i, ca);
	}
	vs_x509_ocsp_request_free(&request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nonce[VS_X509_OCSP_NONCE_SIZE];
	struct vs_x509_ocsp_status status = {0};
	int64_t until_ms = 0;

	if (ca == NULL)
		make_ca();
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		ask(vs_bytes_from(data + 1, size - 1));
	else if (vs_x509_ocsp_read(vs_bytes_from(data + 1, size - 1), ca, root, nonce,
	                           INT64_C(1795000001000), &status, &until_ms)
	             .code == VS_E_OK)
		abort();
	return 0;
}
