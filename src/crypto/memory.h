/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for the TLS library: the system's, with a few record buffers kept warm for each thread.
 *
 * With SSL_MODE_RELEASE_BUFFERS (which is what makes an idle connection small) each record takes a
 * buffer of about 17 KiB and gives it back at once. That size is slow in a general allocator; here
 * it is a pop and a push.
 */
#pragma once

#include "base/result.h"

/* Before the first use of the TLS library in the process, else INTERNAL: then it goes on with the
 * system's. */
VS_RESULT vs_crypto_memory_install(void);
