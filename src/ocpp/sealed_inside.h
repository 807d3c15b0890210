/* SPDX-License-Identifier: Apache-2.0 */
/* Between sealed.c, the channel, and sealed_hello.c, its handshakes. Private to them. */
#pragma once

#include "ocpp/sealed.h"

#define VS_OCPP_SEALED_AAD_SIZE  192 /* label, tenant, identity, epoch, direction, seq */
#define VS_OCPP_SEALED_NODES     6
#define VS_OCPP_SEALED_ITEMS     5
#define VS_OCPP_SEALED_WORD_SIZE 1024 /* of a word of the channel itself */

/* One direction under one epoch. */
struct vs_ocpp_sealed_line {
	struct vs_noise_cipher *cipher; /* NULL: none */
	uint32_t epoch;
	size_t aad_size;
	uint8_t aad[VS_OCPP_SEALED_AAD_SIZE]; /* its last 8 bytes are the message's number */
};

struct vs_ocpp_sealed {
	enum vs_noise_role role;
	enum vs_ocpp_sealed_form form;
	bool is_proven, has_ended, has_hello;
	char tenant[40], identity[64], subprotocol[24];
	uint32_t kid, next_kid, epoch; /* epoch: of the last handshake that was begun */
	struct vs_ocpp_sealed_line send, receive,
	    next;                               /* next: receives from the first message under it */
	uint8_t session_key[VS_NOISE_PSK_SIZE]; /* of the handshake whose keys we send under */
	struct vs_noise *noise;                 /* station: a handshake that waits for N2 */
	size_t hello_size;
	uint8_t hello[VS_OCPP_SEALED_HELLO_SIZE]; /* central: N1 */
};

/* --- sealed_form.c -----------------------------------------------------------------------------
 */

struct vs_ocpp_sealed_form_row {
	const char *aad_label, *hello_label;
};
const struct vs_ocpp_sealed_form_row *vs_ocpp_sealed_form_row(enum vs_ocpp_sealed_form form);

/* One text of the channel: its word, and what follows. */
struct vs_ocpp_sealed_item {
	struct vs_bytes text;
	int64_t number;
	bool is_text, is_number;
};
struct vs_ocpp_sealed_reading {
	struct vs_ocpp_sealed_item items[VS_OCPP_SEALED_ITEMS];
	uint32_t count;
};
VS_RESULT vs_ocpp_sealed_read_items(enum vs_ocpp_sealed_form form, struct vs_bytes text,
                                    struct vs_ocpp_sealed_reading *reading);
bool vs_ocpp_sealed_is_word(const struct vs_ocpp_sealed_reading *reading, const char *word,
                            uint32_t count);
/* An N1 of this channel, and where its number and its message stand. */
bool vs_ocpp_sealed_take_n1(const struct vs_ocpp_sealed *sealed,
                            const struct vs_ocpp_sealed_reading *reading, uint32_t *kid_at,
                            uint32_t *message_at);
VS_RESULT vs_ocpp_sealed_read_number(const struct vs_ocpp_sealed_reading *reading, uint32_t index,
                                     int64_t max, int64_t *number_out);
VS_RESULT vs_ocpp_sealed_read_bytes(const struct vs_ocpp_sealed_reading *reading, uint32_t index,
                                    uint8_t *data, size_t data_size, size_t *size_out);
bool vs_ocpp_sealed_is_own(enum vs_ocpp_sealed_form form, struct vs_bytes plain);
VS_RESULT vs_ocpp_sealed_write_e2(enum vs_ocpp_sealed_form form, uint32_t epoch, uint64_t seq,
                                  struct vs_bytes sealed, struct vs_buf *out);
VS_RESULT vs_ocpp_sealed_write_n1(enum vs_ocpp_sealed_form form, const char *tenant,
                                  const char *identity, uint32_t kid, struct vs_bytes message,
                                  struct vs_buf *out);
VS_RESULT vs_ocpp_sealed_write_n2(enum vs_ocpp_sealed_form form, struct vs_bytes message,
                                  struct vs_buf *out);

/* The ciphers of a handshake, taken over (NULL then). */
VS_RESULT vs_ocpp_sealed_install(struct vs_ocpp_sealed *sealed, uint32_t epoch,
                                 struct vs_noise_cipher **send, struct vs_noise_cipher **receive);
/* N1 or N2, in clear or out of a sealed text. */
enum vs_ocpp_sealed_fault
vs_ocpp_sealed_take_handshake(struct vs_ocpp_sealed *sealed,
                              const struct vs_ocpp_sealed_reading *reading,
                              enum vs_ocpp_sealed_word *word_out);
