/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the library's handshake to our records (tls_record.h): a server connection of TLS 1.3 gives
 * up its SSL object once the handshake is done.
 *
 * The traffic secrets come by the library's key log callback; nothing is logged. They lie with the
 * connection from their making until it is taken over or freed, and are wiped then.
 */
#pragma once

#include "crypto/tls_record.h"

struct ssl_ctx_st;
struct ssl_st;

/* Once for each server context, before its first connection. */
void vs_tls_takeover_prepare(struct ssl_ctx_st *context);
/* A server connection after its handshake, from which the library has not read beyond the client's
 * Finished (no read-ahead) and which has written nothing after its own but `written`. The library
 * must not read or write after OK. UNSUPPORTED: TLS 1.2, or a suite that is left to the library;
 * NOT_AUTHENTIC: `written` is not what was written; NO_MEMORY. */
VS_RESULT vs_tls_takeover(struct ssl_st *ssl, struct vs_bytes written,
                          struct vs_tls_record **record_out);
