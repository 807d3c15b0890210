/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/signer.h"

#include <string.h>

#include "base/file.h"
#include "crypto/x509.h"

#define FILE_SIZE_MAX 65536u

static vs_result
read_key(struct vs_bytes text, struct vs_pkey **key_out)
{
	static const char begin[] = "-----BEGIN PRIVATE KEY-----";
	const uint8_t *start = memmem(text.data, text.size, begin, sizeof(begin) - 1);
	static const char end[] = "-----END PRIVATE KEY-----\n";
	const uint8_t *stop;

	if (start == NULL)
		return VS_FAIL(BAD_MESSAGE);
	stop = memmem(start, text.size - (size_t)(start - text.data), end, sizeof(end) - 1);
	if (stop == NULL)
		return VS_FAIL(BAD_MESSAGE);
	return vs_pkey_read_private(vs_bytes_from(start, (size_t)(stop - start) + sizeof(end) - 1),
	                            key_out);
}

static vs_result
read_thumbprint(struct vs_bytes text, uint8_t thumbprint_out[static VS_SHA256_SIZE])
{
	struct vs_x509_cert *cert = NULL;
	vs_result r = vs_x509_cert_read(text, &cert);

	if (r.code == VS_E_OK)
		r = vs_x509_cert_fingerprint(cert, thumbprint_out);
	vs_x509_cert_free(&cert);
	return r;
}

vs_result
vs_daemon_signer_read(const char *cert_file, const char *key_file, struct vs_pkey **key_out,
                      uint8_t thumbprint_out[static VS_SHA256_SIZE])
{
	struct vs_pkey *key = NULL;
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_file_read(cert_file, &text);
	if (r.code == VS_E_OK)
		r = read_thumbprint(vs_buf_view(&text), thumbprint_out);
	if (r.code == VS_E_OK) {
		vs_buf_reset(&text);
		r = vs_file_read(key_file, &text);
	}
	if (r.code == VS_E_OK)
		r = read_key(vs_buf_view(&text), &key);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	if (r.code == VS_E_OK && vs_pkey_kind_of(key) != VS_PKEY_P256)
		r = VS_FAIL(WRONG_TYPE);
	if (r.code == VS_E_OK) {
		*key_out = key;
		key = NULL;
	}
	vs_pkey_free(&key);
	return r;
}
