/* SPDX-License-Identifier: Apache-2.0 */
/* The channel: what is sealed and opened under the keys that sealed_hello.c brings. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/enc.h"
#include "ocpp/sealed_inside.h"

#define SEQ_SIZE   8
#define SMALL_SIZE 512 /* padded */

enum { UP, DOWN }; /* to central; to the station */

static const char *const fault_texts[VS_OCPP_SEALED_FAULTS] = {
    [VS_OCPP_SEALED_FINE] = "fine",
    [VS_OCPP_SEALED_MALFORMED] = "malformed",
    [VS_OCPP_SEALED_CLEAR] = "not_sealed",
    [VS_OCPP_SEALED_EARLY] = "out_of_turn",
    [VS_OCPP_SEALED_OTHER_EPOCH] = "other_epoch",
    [VS_OCPP_SEALED_REPEATED] = "repeated",
    [VS_OCPP_SEALED_GAP] = "gap",
    [VS_OCPP_SEALED_TAG] = "tag",
    [VS_OCPP_SEALED_WRONG_KEY] = "wrong_key",
    [VS_OCPP_SEALED_SPENT] = "spent",
};

const char *
vs_ocpp_sealed_fault_text(enum vs_ocpp_sealed_fault fault)
{
	assert(fault < VS_OCPP_SEALED_FAULTS);
	return fault_texts[fault];
}

/* --- life --------------------------------------------------------------------------------------
 */

static bool
copy_name(const char *from, char *to, size_t size)
{
	return vs_bytes_copy_text(vs_bytes_from_text(from), to, size);
}

vs_result
vs_ocpp_sealed_new(enum vs_noise_role role, const struct vs_ocpp_sealed_names *names,
                   struct vs_ocpp_sealed **sealed_out)
{
	struct vs_ocpp_sealed *sealed = calloc(1, sizeof(*sealed));

	assert(names != NULL && sealed_out != NULL);
	if (sealed == NULL)
		return VS_FAIL(NO_MEMORY);
	sealed->role = role;
	sealed->form = names->form;
	if (!copy_name(names->tenant, sealed->tenant, sizeof(sealed->tenant)) ||
	    !copy_name(names->identity, sealed->identity, sizeof(sealed->identity)) ||
	    !copy_name(names->subprotocol, sealed->subprotocol, sizeof(sealed->subprotocol))) {
		free(sealed);
		return VS_FAIL(TOO_LONG);
	}
	*sealed_out = sealed;
	return VS_OK;
}

void
vs_ocpp_sealed_free(struct vs_ocpp_sealed **sealed)
{
	assert(sealed != NULL);
	if (*sealed == NULL)
		return;
	vs_noise_free(&(*sealed)->noise);
	vs_noise_cipher_free(&(*sealed)->send.cipher);
	vs_noise_cipher_free(&(*sealed)->receive.cipher);
	vs_noise_cipher_free(&(*sealed)->next.cipher);
	explicit_bzero((*sealed)->session_key, sizeof((*sealed)->session_key));
	free(*sealed);
	*sealed = NULL;
}

bool
vs_ocpp_sealed_is_open(const struct vs_ocpp_sealed *sealed)
{
	return sealed->send.cipher != NULL && !sealed->has_ended;
}

bool
vs_ocpp_sealed_is_proven(const struct vs_ocpp_sealed *sealed)
{
	return sealed->is_proven;
}

uint32_t
vs_ocpp_sealed_epoch(const struct vs_ocpp_sealed *sealed)
{
	return sealed->send.epoch;
}

uint32_t
vs_ocpp_sealed_kid(const struct vs_ocpp_sealed *sealed)
{
	return sealed->kid;
}

uint64_t
vs_ocpp_sealed_left(const struct vs_ocpp_sealed *sealed)
{
	return sealed->send.cipher != NULL
	           ? VS_NOISE_MESSAGES_MAX - vs_noise_cipher_count(sealed->send.cipher)
	           : 0;
}

vs_result
vs_ocpp_sealed_session_key(const struct vs_ocpp_sealed *sealed,
                           uint8_t key_out[static VS_NOISE_PSK_SIZE])
{
	assert(sealed != NULL && key_out != NULL);
	if (!vs_ocpp_sealed_is_open(sealed))
		return VS_FAIL(NOT_NOW);
	memcpy(key_out, sealed->session_key, sizeof(sealed->session_key));
	return VS_OK;
}

/* --- one direction -----------------------------------------------------------------------------
 */

/* The AAD but for its number: once for each epoch. */
static vs_result
line_begin(const struct vs_ocpp_sealed *sealed, int direction, uint32_t epoch,
           struct vs_noise_cipher **cipher, struct vs_ocpp_sealed_line *line)
{
	struct vs_bytes view;
	struct vs_enc enc;

	vs_enc_init(&enc, vs_ocpp_sealed_form_row(sealed->form)->aad_label);
	vs_enc_text(&enc, sealed->tenant);
	vs_enc_text(&enc, sealed->identity);
	vs_enc_u32(&enc, epoch);
	vs_enc_text(&enc, direction == UP ? "u" : "d");
	vs_enc_u64(&enc, 0);
	VS_TRY(vs_enc_view(&enc, &view));
	if (view.size > sizeof(line->aad))
		return VS_FAIL(TOO_LONG);
	memcpy(line->aad, view.data, view.size);
	line->aad_size = view.size;
	line->epoch = epoch;
	vs_noise_cipher_free(&line->cipher);
	line->cipher = *cipher;
	*cipher = NULL;
	return VS_OK;
}

static struct vs_bytes
line_aad(struct vs_ocpp_sealed_line *line, uint64_t seq)
{
	for (unsigned i = 0; i < SEQ_SIZE; i++)
		line->aad[line->aad_size - 1 - i] = (uint8_t)(seq >> (8 * i));
	return vs_bytes_from(line->aad, line->aad_size);
}

static void
line_move(struct vs_ocpp_sealed_line *from, struct vs_ocpp_sealed_line *to)
{
	vs_noise_cipher_free(&to->cipher);
	*to = *from;
	from->cipher = NULL;
}

vs_result
vs_ocpp_sealed_install(struct vs_ocpp_sealed *sealed, uint32_t epoch, struct vs_noise_cipher **send,
                       struct vs_noise_cipher **receive)
{
	bool is_station = sealed->role == VS_NOISE_INITIATOR;
	/* Central still hears the old epoch until the station has read N2; the station never. */
	struct vs_ocpp_sealed_line *in =
	    is_station || sealed->receive.cipher == NULL ? &sealed->receive : &sealed->next;

	VS_TRY(line_begin(sealed, is_station ? UP : DOWN, epoch, send, &sealed->send));
	return line_begin(sealed, is_station ? DOWN : UP, epoch, receive, in);
}

/* --- sealing -----------------------------------------------------------------------------------
 */

/* The padded text, and behind it what is sealed; short ones, which most are, on the stack. */
static vs_result
seal(struct vs_ocpp_sealed *sealed, struct vs_bytes plain, struct vs_buf *frame)
{
	struct vs_ocpp_sealed_line *line = &sealed->send;
	uint64_t seq = vs_noise_cipher_count(line->cipher);
	size_t padded = (plain.size + VS_OCPP_SEALED_PAD - 1) & ~(size_t)(VS_OCPP_SEALED_PAD - 1);
	uint8_t small[2 * SMALL_SIZE + VS_NOISE_TAG_SIZE];
	struct vs_buf work;
	vs_result r;

	vs_buf_init(&work, 2 * padded + VS_NOISE_TAG_SIZE);
	if (padded <= SMALL_SIZE) {
		work.data = small;
		work.capacity = sizeof(small);
	}
	r = vs_buf_append_bytes(&work, plain);
	if (r.code == VS_E_OK) {
		uint8_t *room = NULL;

		r = vs_buf_reserve(&work, padded - plain.size + padded + VS_NOISE_TAG_SIZE, &room);
		if (r.code == VS_E_OK)
			memset(room, ' ', padded - plain.size);
	}
	if (r.code == VS_E_OK) {
		work.size = padded;
		r = vs_noise_cipher_seal(line->cipher, line_aad(line, seq),
		                         vs_bytes_from(work.data, padded), &work);
	}
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_write_e2(sealed->form, line->epoch, seq,
		                            vs_bytes_from(work.data + padded, work.size - padded),
		                            frame);
	if (work.data != NULL)
		explicit_bzero(work.data, work.size < padded ? work.size : padded);
	if (work.data != small)
		vs_buf_done(&work);
	return r;
}

vs_result
vs_ocpp_sealed_seal(struct vs_ocpp_sealed *sealed, struct vs_bytes plain, struct vs_buf *frame)
{
	size_t start;
	vs_result r;

	assert(sealed != NULL && frame != NULL);
	if (!vs_ocpp_sealed_is_open(sealed))
		return VS_FAIL(NOT_NOW);
	start = frame->size;
	r = seal(sealed, plain, frame);
	if (r.code != VS_E_OK)
		frame->size = start;
	return r;
}

/* --- receiving ---------------------------------------------------------------------------------
 */

/* A word of the channel that came sealed. */
static enum vs_ocpp_sealed_fault
take_word(struct vs_ocpp_sealed *sealed, struct vs_bytes plain, enum vs_ocpp_sealed_word *word_out)
{
	struct vs_ocpp_sealed_reading reading;

	if (vs_ocpp_sealed_read_items(sealed->form, plain, &reading).code != VS_E_OK)
		return VS_OCPP_SEALED_MALFORMED;
	if (sealed->role == VS_NOISE_INITIATOR && vs_ocpp_sealed_is_word(&reading, "OFFER", 5))
		*word_out = VS_OCPP_SEALED_OFFER;
	else if (sealed->role == VS_NOISE_RESPONDER && vs_ocpp_sealed_is_word(&reading, "ACK", 4))
		*word_out = VS_OCPP_SEALED_ACK;
	else
		return vs_ocpp_sealed_take_handshake(sealed, &reading, word_out);
	return VS_OCPP_SEALED_FINE;
}

static void
strip(struct vs_buf *plain)
{
	while (plain->size > 0 && plain->data[plain->size - 1] == ' ')
		plain->size--;
}

/* The key that opens it: the number says which; the old one goes with the first under the new. */
static enum vs_ocpp_sealed_fault
choose_line(struct vs_ocpp_sealed *sealed, int64_t epoch, int64_t seq,
            struct vs_ocpp_sealed_line **line_out)
{
	struct vs_ocpp_sealed_line *line = &sealed->receive;
	uint64_t expected;

	if (sealed->next.cipher != NULL && epoch == (int64_t)sealed->next.epoch)
		line = &sealed->next;
	if (line->cipher == NULL)
		return VS_OCPP_SEALED_EARLY;
	if (epoch != (int64_t)line->epoch)
		return VS_OCPP_SEALED_OTHER_EPOCH;
	expected = vs_noise_cipher_count(line->cipher);
	if ((uint64_t)seq != expected)
		return (uint64_t)seq < expected ? VS_OCPP_SEALED_REPEATED : VS_OCPP_SEALED_GAP;
	if (expected >= VS_NOISE_MESSAGES_MAX)
		return VS_OCPP_SEALED_SPENT;
	*line_out = line;
	return VS_OCPP_SEALED_FINE;
}

static enum vs_ocpp_sealed_fault
open_text(struct vs_ocpp_sealed *sealed, const struct vs_ocpp_sealed_reading *reading,
          struct vs_buf *plain)
{
	struct vs_bytes text;
	struct vs_ocpp_sealed_line *line = NULL;
	enum vs_ocpp_sealed_fault fault;
	int64_t epoch = 0, seq = 0;
	uint8_t *room = NULL;
	size_t room_size, size = 0;

	if (vs_ocpp_sealed_read_number(reading, 1, UINT32_MAX, &epoch).code != VS_E_OK ||
	    vs_ocpp_sealed_read_number(reading, 2, INT64_MAX, &seq).code != VS_E_OK ||
	    !reading->items[3].is_text)
		return VS_OCPP_SEALED_MALFORMED;
	fault = choose_line(sealed, epoch, seq, &line);
	if (fault != VS_OCPP_SEALED_FINE)
		return fault;
	text = reading->items[3].text;
	/* What is sealed lies behind what comes out of it. */
	room_size = text.size / 4 * 3 + 3;
	if (vs_buf_reserve(plain, 2 * room_size, &room).code != VS_E_OK ||
	    vs_ocpp_sealed_read_bytes(reading, 3, room + room_size, room_size, &size).code !=
	        VS_E_OK ||
	    size < VS_NOISE_TAG_SIZE || (size - VS_NOISE_TAG_SIZE) % VS_OCPP_SEALED_PAD != 0)
		return VS_OCPP_SEALED_MALFORMED;
	if (vs_noise_cipher_open(line->cipher, line_aad(line, (uint64_t)seq),
	                         vs_bytes_from(room + room_size, size), plain)
	        .code != VS_E_OK)
		return VS_OCPP_SEALED_TAG;
	if (line == &sealed->next)
		line_move(&sealed->next, &sealed->receive);
	sealed->is_proven = true;
	strip(plain);
	return VS_OCPP_SEALED_FINE;
}

static enum vs_ocpp_sealed_fault
receive(struct vs_ocpp_sealed *sealed, struct vs_bytes text, struct vs_buf *plain,
        enum vs_ocpp_sealed_word *word_out)
{
	struct vs_ocpp_sealed_reading reading;
	enum vs_ocpp_sealed_fault fault;

	if (vs_ocpp_sealed_read_items(sealed->form, text, &reading).code != VS_E_OK)
		return text.size > 1 && text.data[0] == '[' && text.data[1] >= '0' &&
		               text.data[1] <= '9'
		           ? VS_OCPP_SEALED_CLEAR
		           : VS_OCPP_SEALED_MALFORMED;
	if (reading.count != 4 && vs_bytes_equal_text(reading.items[0].text, "E2"))
		return VS_OCPP_SEALED_MALFORMED;
	if (!vs_ocpp_sealed_is_word(&reading, "E2", 4))
		/* In clear only before there is a key. */
		return sealed->receive.cipher == NULL
		           ? vs_ocpp_sealed_take_handshake(sealed, &reading, word_out)
		           : VS_OCPP_SEALED_CLEAR;
	fault = open_text(sealed, &reading, plain);
	if (fault != VS_OCPP_SEALED_FINE)
		return fault;
	*word_out = VS_OCPP_SEALED_TEXT;
	if (vs_ocpp_sealed_is_own(sealed->form, vs_buf_view(plain)))
		return take_word(sealed, vs_buf_view(plain), word_out);
	return VS_OCPP_SEALED_FINE;
}

vs_result
vs_ocpp_sealed_receive(struct vs_ocpp_sealed *sealed, struct vs_bytes text, struct vs_buf *plain,
                       enum vs_ocpp_sealed_word *word_out, enum vs_ocpp_sealed_fault *fault_out)
{
	enum vs_ocpp_sealed_fault fault = VS_OCPP_SEALED_EARLY;

	assert(sealed != NULL && plain != NULL && word_out != NULL && fault_out != NULL);
	vs_buf_reset(plain);
	if (!sealed->has_ended)
		fault = receive(sealed, text, plain, word_out);
	if (fault == VS_OCPP_SEALED_FINE)
		return VS_OK;
	sealed->has_ended = true;
	vs_buf_reset(plain);
	*fault_out = fault;
	return VS_FAIL(NOT_AUTHENTIC);
}
