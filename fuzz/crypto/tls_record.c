/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of TLS 1.3 records, and the same bytes as a stream that the peer has sealed: what opens
 * was sealed, in its order; nothing else opens, whatever the bytes are.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/tls_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t sealed[VS_TLS_RECORD_SIZE_MAX], plain[VS_TLS_RECORD_SIZE_MAX];

static void
must(bool is_so)
{
	if (!is_so)
		abort();
}

static struct vs_tls_record *
record_new(uint8_t choice)
{
	static const uint8_t secret[48] = "a secret of forty-eight bytes, the same for all";
	bool is_aes = choice % 2 == 0;
	struct vs_tls_record *record = NULL;
	struct vs_bytes view = vs_bytes_from(secret, is_aes ? 48 : 32);

	must(vs_tls_record_new(is_aes ? VS_TLS_RECORD_AES256_GCM_SHA384
	                              : VS_TLS_RECORD_CHACHA20_POLY1305_SHA256,
	                       view, view, &record)
	         .code == VS_E_OK);
	return record;
}

/* Nobody who does not have the key gets a record through. */
static void
open_stream(struct vs_tls_record *record, struct vs_bytes bytes)
{
	enum vs_tls_record_type type;
	size_t size = 0, got;

	while (vs_tls_record_measure(bytes, &size).code == VS_E_OK && size > 0 &&
	       size <= bytes.size) {
		must(size >= VS_TLS_RECORD_HEAD && size <= VS_TLS_RECORD_SIZE_MAX);
		must(vs_tls_record_open(record, vs_bytes_from(bytes.data, size), plain, &got, &type)
		         .code == VS_E_NOT_AUTHENTIC);
		bytes = vs_bytes_from(bytes.data + size, bytes.size - size);
		if (bytes.size == 0)
			break;
	}
}

/* In pieces as long as the bytes say, with a key update now and then, and one bit changed. */
static void
round_trip(struct vs_tls_record *writer, struct vs_tls_record *reader, struct vs_bytes bytes)
{
	enum vs_tls_record_type type;
	size_t size, got;

	while (bytes.size > 2) {
		size_t piece = bytes.data[0] < bytes.size - 2 ? bytes.data[0] : bytes.size - 2;
		struct vs_bytes text = vs_bytes_from(bytes.data + 2, piece);
		size_t bit = bytes.data[1];

		must(vs_tls_record_seal(writer, VS_TLS_RECORD_DATA, text, sealed).code == VS_E_OK);
		must(vs_tls_record_measure(vs_bytes_from(sealed, VS_TLS_RECORD_HEAD), &size).code ==
		     VS_E_OK);
		must(size == piece + VS_TLS_RECORD_OVERHEAD);
		bit %= 8 * size;
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		must(vs_tls_record_open(reader, vs_bytes_from(sealed, size), plain, &got, &type)
		         .code == VS_E_NOT_AUTHENTIC);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		must(vs_tls_record_open(reader, vs_bytes_from(sealed, size), plain, &got, &type)
		         .code == VS_E_OK);
		must(type == VS_TLS_RECORD_DATA && vs_bytes_equal(vs_bytes_from(plain, got), text));
		if (bytes.data[1] % 16 == 0)
			must(vs_tls_record_next_write_key(writer).code == VS_E_OK &&
			     vs_tls_record_next_read_key(reader).code == VS_E_OK);
		bytes = vs_bytes_from(bytes.data + 2 + piece, bytes.size - 2 - piece);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_tls_record *writer, *reader;

	if (size == 0)
		return 0;
	writer = record_new(data[0]);
	reader = record_new(data[0]);
	open_stream(reader, vs_bytes_from(data + 1, size - 1));
	round_trip(writer, reader, vs_bytes_from(data + 1, size - 1));
	vs_tls_record_free(&writer);
	vs_tls_record_free(&reader);
	return 0;
}
