/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's records after the handshake: the library's take as long as what is measured, and a
 * client that is the slower one measures itself.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define RANDOM_SIZE 32

static int link_index = -1; /* of the SSL objects' secrets */

/* "LABEL <client random> <secret>", in hexadecimal (RFC 8446 7.1 has the names). */
static void
on_key_line(const SSL *ssl, const char *line)
{
	static const char *const labels[2] = {"CLIENT_TRAFFIC_SECRET_0 ",
	                                      "SERVER_TRAFFIC_SECRET_0 "};
	struct secrets *secrets = SSL_get_ex_data(ssl, link_index);

	for (size_t i = 0; i < 2 && secrets != NULL; i++) {
		size_t at = strlen(labels[i]) + 2 * RANDOM_SIZE + 1, size = 0;

		if (strncmp(line, labels[i], strlen(labels[i])) == 0 && strlen(line) > at &&
		    OPENSSL_hexstr2buf_ex(secrets->bytes[i], sizeof(secrets->bytes[i]), &size,
		                          line + at, '\0') == 1)
			secrets->size[i] = size;
	}
}

void
records_prepare(struct load *load)
{
	link_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	SSL_CTX_set_keylog_callback(load->ctx, on_key_line);
	/* What came behind the server's Finished must still lie in the socket then. */
	SSL_CTX_set_read_ahead(load->ctx, 0);
}

void
records_expect(SSL *ssl, struct secrets *secrets)
{
	*secrets = (struct secrets){.size = {0, 0}};
	must(SSL_set_ex_data(ssl, link_index, secrets) == 1, "ex data");
}

void
records_take_over(struct link *link, const struct secrets *secrets)
{
	must(vs_tls_record_new(VS_TLS_RECORD_AES256_GCM_SHA384,
	                       vs_bytes_from(secrets->bytes[1], secrets->size[1]),
	                       vs_bytes_from(secrets->bytes[0], secrets->size[0]), &link->record)
	             .code == VS_E_OK,
	     "records of TLS 1.3");
	link->raw = malloc(RAW_SIZE);
	must(link->raw != NULL, "memory");
	link->raw_size = 0;
	SSL_set_shutdown(link->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(link->ssl);
	link->ssl = NULL;
}

bool
records_open(struct link *link)
{
	size_t at = 0, whole, size;
	enum vs_tls_record_type type;
	uint8_t plain[RAW_SIZE];

	for (;;) {
		struct vs_bytes rest = vs_bytes_from(link->raw + at, link->raw_size - at);

		if (vs_tls_record_measure(rest, &whole).code != VS_E_OK)
			return false;
		if (whole == 0 || whole > rest.size)
			break;
		if (whole > RAW_SIZE ||
		    vs_tls_record_open(link->record, vs_bytes_from(rest.data, whole), plain, &size,
		                       &type)
		            .code != VS_E_OK)
			return false;
		at += whole;
		if (type == VS_TLS_RECORD_HANDSHAKE) /* a ticket: nobody comes back with it */
			continue;
		if (type != VS_TLS_RECORD_DATA || size > LINK_IN_SIZE - link->in_size)
			return false;
		memcpy(link->in + link->in_size, plain, size);
		link->in_size += size;
	}
	memmove(link->raw, link->raw + at, link->raw_size - at);
	link->raw_size -= at;
	return link->raw_size < RAW_SIZE;
}
