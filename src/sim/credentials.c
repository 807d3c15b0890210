/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/credentials.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "wire/base64.h"

/* The whole file with a NUL behind it; *text_out is to be wiped and freed. */
static vs_result
read_file(const char *path, char **text_out, size_t *size_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct vs_buf buf;
	vs_result r = VS_FAIL(IO);

	if (fd < 0)
		return r;
	vs_buf_init(&buf, VS_SIM_CREDENTIALS_SIZE_MAX);
	for (;;) {
		uint8_t *room;
		ssize_t got;

		r = vs_buf_reserve(&buf, 4096, &room);
		if (r.code != VS_E_OK)
			goto out;
		got = read(fd, room, 4095);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			r = VS_FAIL(IO);
			goto out;
		}
		if (got == 0)
			break;
		buf.size += (size_t)got;
	}
	buf.data[buf.size] = 0;
	*text_out = (char *)buf.data;
	*size_out = buf.size;
	buf.data = NULL;
	r = VS_OK;
out:
	if (buf.data != NULL)
		explicit_bzero(buf.data, buf.capacity);
	vs_buf_done(&buf);
	(void)close(fd);
	return r;
}

void
vs_sim_credentials_done(struct vs_sim_credentials *credentials)
{
	if (credentials == NULL)
		return;
	if (credentials->text != NULL)
		explicit_bzero(credentials->text, credentials->text_size);
	free(credentials->text);
	free(credentials->rows);
	*credentials = (struct vs_sim_credentials){.text = NULL};
}

/* Cut the line into its fields, in place. */
static bool
parse_line(char *line, struct vs_sim_credential *row)
{
	const char **fields[] = {&row->identity, &row->password, &row->cert_file, &row->key_file,
	                         &row->psk_file};
	size_t count = 0;
	bool has_cert;

	*row = (struct vs_sim_credential){"", "", "", "", ""};
	for (char *at = line; at != NULL && count < 5; count++) {
		char *comma = strchr(at, ',');

		*fields[count] = at;
		if (comma != NULL)
			*comma++ = 0;
		at = comma;
		if (at != NULL && count == 4)
			return false; /* a sixth field */
	}
	has_cert = row->cert_file[0] != 0 && row->key_file[0] != 0;
	if ((row->cert_file[0] != 0) != (row->key_file[0] != 0))
		return false;
	return row->identity[0] != 0 && strlen(row->identity) <= VS_LIMIT_IDENTITY_SIZE &&
	       (has_cert || row->password[0] != 0);
}

static size_t
count_lines(const char *text)
{
	size_t count = 1;

	for (; *text != 0; text++)
		count += *text == '\n';
	return count;
}

/* credentials->text is there; on failure the caller releases everything. */
static vs_result
parse(struct vs_sim_credentials *credentials, size_t *line_out)
{
	char *line = credentials->text;
	size_t number = 0;

	if (strlen(credentials->text) != credentials->text_size) {
		*line_out = 0;
		return VS_FAIL(BAD_MESSAGE); /* a NUL */
	}
	credentials->rows = calloc(count_lines(credentials->text), sizeof(credentials->rows[0]));
	if (credentials->rows == NULL)
		return VS_FAIL(NO_MEMORY);
	while (line != NULL) {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end++ = 0;
		number++;
		line[strcspn(line, "\r")] = 0;
		if (line[0] != 0 && line[0] != '#' &&
		    !(number == 1 && strncmp(line, "id,", 3) == 0)) {
			if (!parse_line(line, &credentials->rows[credentials->count])) {
				*line_out = number;
				return VS_FAIL(BAD_MESSAGE);
			}
			credentials->count++;
		}
		line = end;
	}
	return VS_OK;
}

static vs_result
finish(struct vs_sim_credentials *credentials, struct vs_sim_credentials *credentials_out,
       size_t *line_out)
{
	vs_result r = parse(credentials, line_out);

	if (r.code != VS_E_OK)
		vs_sim_credentials_done(credentials);
	else
		*credentials_out = *credentials;
	return r;
}

VS_RESULT
vs_sim_credentials_parse(struct vs_bytes text, struct vs_sim_credentials *credentials_out,
                         size_t *line_out)
{
	struct vs_sim_credentials credentials = {.text = NULL};

	if (text.size > VS_SIM_CREDENTIALS_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	credentials.text = calloc(1, text.size + 1);
	if (credentials.text == NULL)
		return VS_FAIL(NO_MEMORY);
	if (text.size > 0)
		memcpy(credentials.text, text.data, text.size);
	credentials.text_size = text.size;
	return finish(&credentials, credentials_out, line_out);
}

VS_RESULT
vs_sim_credentials_read(const char *path, struct vs_sim_credentials *credentials_out,
                        size_t *line_out)
{
	struct vs_sim_credentials credentials = {.text = NULL};

	VS_TRY(read_file(path, &credentials.text, &credentials.text_size));
	return finish(&credentials, credentials_out, line_out);
}

VS_RESULT
vs_sim_credentials_single(const char *identity, struct vs_bytes password, const char *cert_file,
                          const char *key_file, const char *psk_file,
                          struct vs_sim_credentials *credentials_out)
{
	struct vs_sim_credentials credentials = {.text_size = password.size};

	credentials.text = calloc(1, password.size + 1);
	credentials.rows = calloc(1, sizeof(credentials.rows[0]));
	if (credentials.rows == NULL || credentials.text == NULL) {
		vs_sim_credentials_done(&credentials);
		return VS_FAIL(NO_MEMORY);
	}
	if (password.size > 0)
		memcpy(credentials.text, password.data, password.size);
	credentials.count = 1;
	credentials.rows[0] = (struct vs_sim_credential){
	    identity,
	    credentials.text,
	    cert_file != NULL ? cert_file : "",
	    key_file != NULL ? key_file : "",
	    psk_file != NULL ? psk_file : "",
	};
	*credentials_out = credentials;
	return VS_OK;
}

vs_result
vs_sim_credential_authorization(const struct vs_sim_credential *credential, char **text_out,
                                size_t *size_out)
{
	static const char scheme[] = "Basic ";
	size_t plain_size, text_size;
	char *plain, *text;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(credential != NULL && text_out != NULL && size_out != NULL);
	plain_size = strlen(credential->identity) + 1 + strlen(credential->password);
	text_size = sizeof(scheme) + VS_BASE64_TEXT_SIZE(plain_size);
	plain = calloc(1, plain_size + 1);
	text = calloc(1, text_size);
	if (plain == NULL || text == NULL)
		goto out;
	(void)snprintf(plain, plain_size + 1, "%s:%s", credential->identity, credential->password);
	memcpy(text, scheme, sizeof(scheme) - 1);
	*size_out = sizeof(scheme) - 1 +
	            vs_base64_encode(VS_BASE64, vs_bytes_from(plain, plain_size),
	                             text + sizeof(scheme) - 1, text_size - (sizeof(scheme) - 1));
	*text_out = text;
	text = NULL;
	r = VS_OK;
out:
	if (plain != NULL)
		explicit_bzero(plain, plain_size);
	free(plain);
	free(text);
	return r;
}
