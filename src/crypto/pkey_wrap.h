/* SPDX-License-Identifier: Apache-2.0 */
/* Between pkey.c, pkey_text.c and x509_key.c: libcrypto's keys and ours. */
#pragma once

#include <openssl/types.h>

#include "crypto/pkey.h"

/* A key of its becomes ours when its kind and its value pass. Takes evp in any case. BAD_VALUE. */
VS_RESULT vs_pkey_wrap(EVP_PKEY *evp, bool is_private, struct vs_pkey **key_out);
/* PKCS#8 in PEM, in clear; by way of libcrypto's secure memory. INTERNAL: it has no private half.
 */
VS_RESULT vs_pkey_evp_write(EVP_PKEY *evp, struct vs_secret **pem_out);
