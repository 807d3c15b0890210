/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mode A1 of the framed network: DATA is a Fernet token under the charge point's own key
 * (crypto/fernet.h). One end of the key's life; every connection that uses the key shares it.
 *
 * Fernet has neither order nor direction, so this adds what can be added without changing a byte:
 * a ring of the tokens that were opened and one of those that were made here (a token that comes
 * twice, or comes back, is refused), a window of time around the peer's own clock, and times that
 * do not run backwards. The ring remembers by the MAC, not by the text.
 *
 * The clock of a charge point may be anything: its offset is learned from the first token under a
 * new key, which nobody can have made before the key was.
 *
 * No I/O, no clock. Not for two threads at a time.
 */
#pragma once

#include "crypto/fernet.h"

#define VS_FRAMED_TOKEN_AGE_S   60 /* how old a token may be, and how far ahead */
#define VS_FRAMED_TOKEN_BACK_S  2  /* how far times may run backwards */
#define VS_FRAMED_TOKEN_GRACE_S 60 /* how long the old key opens after the new one was used */
#define VS_FRAMED_KEY_TEXT_SIZE 45 /* base64url, padded, and a NUL */

struct vs_framed_tokens;

/* What a token was sent as; answered in the same. */
enum vs_framed_form {
	VS_FRAMED_BARE,   /* the token */
	VS_FRAMED_OBJECT, /* {"encrypted": "token"} */
};

enum vs_framed_fault {
	VS_FRAMED_FINE,
	VS_FRAMED_CLEAR,    /* a message that is not sealed at all */
	VS_FRAMED_WRONG,    /* malformed, altered, or under another key: nobody can tell */
	VS_FRAMED_STALE,    /* made too long ago, or in the future */
	VS_FRAMED_BACKWARD, /* made before one that was opened already */
	VS_FRAMED_REPLAYED,
	VS_FRAMED_REFLECTED,
	VS_FRAMED_CROWDED, /* more tokens in the window than the ring remembers */
	VS_FRAMED_FAULTS   /* must be last */
};
const char *vs_framed_fault_text(enum vs_framed_fault fault); /* "replayed" */

/* A new random key, as text. */
void vs_framed_key_new(char text[static VS_FRAMED_KEY_TEXT_SIZE]);

/* key: the 44 characters. BAD_ENCODING. */
VS_RESULT vs_framed_tokens_new(struct vs_bytes key, struct vs_framed_tokens **tokens_out);
void vs_framed_tokens_free(struct vs_framed_tokens **tokens);

/* Central: the peer may use this key from now on; we seal under the old one until it does.
 * NOT_NOW: one is on offer already. */
VS_RESULT vs_framed_tokens_offer(struct vs_framed_tokens *tokens, struct vs_bytes key);
/* Device: use it from now on. */
VS_RESULT vs_framed_tokens_adopt(struct vs_framed_tokens *tokens, struct vs_bytes key,
                                 int64_t now_s);
bool vs_framed_tokens_is_offering(const struct vs_framed_tokens *tokens);

/* Appends. */
VS_RESULT vs_framed_tokens_seal(struct vs_framed_tokens *tokens, enum vs_framed_form form,
                                struct vs_bytes plain, int64_t now_s, struct vs_buf *data);
/* plain is reset and filled. NOT_AUTHENTIC: *fault_out says which it was, for the log alone.
 * EXISTS: the very token that was opened last came again, as after a NAK that was lost: say again
 * that it was taken, and do nothing. */
VS_RESULT vs_framed_tokens_open(struct vs_framed_tokens *tokens, struct vs_bytes data,
                                int64_t now_s, struct vs_buf *plain, enum vs_framed_form *form_out,
                                enum vs_framed_fault *fault_out);
