/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the stations are: the CSV of a fleet (id,password,cert,key,psk; the first line may be that
 * header, '#' begins a comment), or the file with one password. Passwords come from files only, and
 * are wiped with the credentials.
 *
 * Fields hold no quotes and no commas; the file names of certificates are taken as they stand.
 * Limits: a file of VS_SIM_CREDENTIALS_SIZE_MAX bytes.
 */
#pragma once

#include "base/bytes.h"

#define VS_SIM_CREDENTIALS_SIZE_MAX (64u << 20)

/* Texts are borrowed from the credentials; "" where there is none. */
struct vs_sim_credential {
	const char *identity, *password, *cert_file, *key_file, *psk_file;
};

struct vs_sim_credentials {
	char *text;
	size_t text_size;
	struct vs_sim_credential *rows;
	size_t count;
};

/* IO (errno says why), BAD_MESSAGE: `line_out` says where; TOO_LONG, NO_MEMORY. */
VS_RESULT vs_sim_credentials_read(const char *path, struct vs_sim_credentials *credentials_out,
                                  size_t *line_out);
/* The same of a text, which is copied. */
VS_RESULT vs_sim_credentials_parse(struct vs_bytes text, struct vs_sim_credentials *credentials_out,
                                   size_t *line_out);
/* One identity with what it needs; empty and NULL where there is none. */
VS_RESULT vs_sim_credentials_single(const char *identity, struct vs_bytes password,
                                    const char *cert_file, const char *key_file,
                                    const char *psk_file,
                                    struct vs_sim_credentials *credentials_out);
/* "Basic " and base64 of identity:password (RFC 7617), from malloc; to be wiped. */
VS_RESULT vs_sim_credential_authorization(const struct vs_sim_credential *credential,
                                          char **text_out, size_t *size_out);
void vs_sim_credentials_done(struct vs_sim_credentials *credentials);
