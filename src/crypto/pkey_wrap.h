/* SPDX-License-Identifier: Apache-2.0 */
/* Between pkey.c and pkey_text.c: a libcrypto key becomes ours when its kind and its value pass. */
#pragma once

#include <openssl/types.h>

#include "crypto/pkey.h"

/* Takes evp in any case. BAD_VALUE. */
VS_RESULT vs_pkey_wrap(EVP_PKEY *evp, bool is_private, struct vs_pkey **key_out);
