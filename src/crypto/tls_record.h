/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record layer of TLS 1.3 (RFC 8446 5) of one connection, both directions, for after the
 * handshake: a library's handshake state costs some 7 KiB a connection and three times the cipher's
 * own time a record, and is of no use any more then.
 *
 * Pure: no I/O, no clock. A record is 5 bytes of head, what is sealed, 1 byte of type, 16 of tag.
 * After any error of open the connection must be ended with the alert of vs_tls_record_alert. Not
 * for two threads at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_TLS_RECORD_HEAD       5u
#define VS_TLS_RECORD_OVERHEAD   (VS_TLS_RECORD_HEAD + 1u + 16u)
#define VS_TLS_RECORD_PLAIN_MAX  16384u
#define VS_TLS_RECORD_SIZE_MAX   (VS_TLS_RECORD_HEAD + VS_TLS_RECORD_PLAIN_MAX + 256u)
#define VS_TLS_RECORD_SECRET_MAX 48u

/* The suites that are sealed here; the numbers are those of RFC 8446 B.4. */
enum vs_tls_record_suite {
	VS_TLS_RECORD_AES256_GCM_SHA384 = 0x1302,
	VS_TLS_RECORD_CHACHA20_POLY1305_SHA256 = 0x1303,
};

enum vs_tls_record_type {
	VS_TLS_RECORD_ALERT = 21,
	VS_TLS_RECORD_HANDSHAKE = 22,
	VS_TLS_RECORD_DATA = 23,
};

/* RFC 8446 6. */
enum vs_tls_alert {
	VS_TLS_ALERT_CLOSE_NOTIFY = 0,
	VS_TLS_ALERT_UNEXPECTED_MESSAGE = 10,
	VS_TLS_ALERT_BAD_RECORD_MAC = 20,
	VS_TLS_ALERT_RECORD_OVERFLOW = 22,
	VS_TLS_ALERT_ILLEGAL_PARAMETER = 47,
	VS_TLS_ALERT_INTERNAL_ERROR = 80,
	VS_TLS_ALERT_USER_CANCELED = 90,
};

struct vs_tls_record;

/* The application traffic secrets of RFC 8446 7.1, of 48 bytes with SHA-384, 32 with SHA-256.
 * UNSUPPORTED: another suite; BAD_VALUE: secrets of another size; NO_MEMORY. */
VS_RESULT vs_tls_record_new(enum vs_tls_record_suite suite, struct vs_bytes read_secret,
                            struct vs_bytes write_secret, struct vs_tls_record **record_out);
void vs_tls_record_free(struct vs_tls_record **record); /* wipes */

/* Size of the whole record that begins here; 0: its head is not all there. BAD_FRAME: no protected
 * record; TOO_LONG. */
VS_RESULT vs_tls_record_measure(struct vs_bytes bytes, size_t *size_out);
/* One whole record. plain_out: room for sealed.size bytes; *size_out of them count, 0 to
 * VS_TLS_RECORD_PLAIN_MAX. NOT_AUTHENTIC; TOO_LONG; BAD_FRAME: no type in it, or an unknown one. */
VS_RESULT vs_tls_record_open(struct vs_tls_record *record, struct vs_bytes sealed,
                             uint8_t *plain_out, size_t *size_out,
                             enum vs_tls_record_type *type_out);
/* sealed_out: plain.size + VS_TLS_RECORD_OVERHEAD bytes. TOO_LONG above VS_TLS_RECORD_PLAIN_MAX. */
VS_RESULT vs_tls_record_seal(struct vs_tls_record *record, enum vs_tls_record_type type,
                             struct vs_bytes plain, uint8_t *sealed_out);

/* True when a KeyUpdate must be sent before anything else (RFC 8446 5.5). */
bool vs_tls_record_is_worn(const struct vs_tls_record *record);
/* After a KeyUpdate was read; after one was sealed (RFC 8446 7.2). */
VS_RESULT vs_tls_record_next_read_key(struct vs_tls_record *record);
VS_RESULT vs_tls_record_next_write_key(struct vs_tls_record *record);

/* What the peer is told of an error of open or measure. */
enum vs_tls_alert vs_tls_record_alert(enum vs_err err);

/* Records that somebody else sealed with our write key, whole and in a row, from the first one on:
 * they are counted. NOT_AUTHENTIC: they are not. */
VS_RESULT vs_tls_record_skip_written(struct vs_tls_record *record, struct vs_bytes written);
