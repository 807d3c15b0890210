/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/provider.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/digest.h"

#define CHECK_LABEL   "voltseal/rk-check"
#define CHECK_SIZE    8
#define LINE_SIZE_MAX 1024

/* The short words of providers.def. */
enum { NO = 0, YES = 1 };

static const struct vs_keys_provider_row rows[] = {
#define VS_KEYS_PROVIDER(name, automatic, production, help)                                        \
	[VS_KEYS_PROVIDER_##name] = {#name,                                                        \
	                             automatic,                                                    \
	                             production,                                                   \
	                             vs_keys_##name##_make,                                        \
	                             vs_keys_##name##_load,                                        \
	                             vs_keys_##name##_drop},
#include "keys/providers.def"
#undef VS_KEYS_PROVIDER
};

const struct vs_keys_provider_row *
vs_keys_provider_row(enum vs_keys_provider provider)
{
	assert(provider < VS_KEYS_PROVIDERS);
	return &rows[provider];
}

vs_result
vs_keys_provider_find(struct vs_bytes name, enum vs_keys_provider *provider_out)
{
	for (int i = 0; i < VS_KEYS_PROVIDERS; i++) {
		if (!vs_bytes_equal_text(name, rows[i].name))
			continue;
		*provider_out = (enum vs_keys_provider)i;
		return VS_OK;
	}
	return VS_FAIL(NOT_FOUND);
}

vs_result
vs_keys_root_check(struct vs_secret *root, char id_out[static VS_KEYS_ROOT_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t mac[VS_SHA256_SIZE];

	assert(root != NULL);
	VS_TRY(vs_crypto_hmac_sha256(vs_bytes_from(vs_secret_bytes(root), vs_secret_size(root)),
	                             VS_BYTES_LITERAL(CHECK_LABEL), mac));
	for (size_t i = 0; i < CHECK_SIZE; i++) {
		id_out[2 * i] = digits[mac[i] >> 4];
		id_out[2 * i + 1] = digits[mac[i] & 15];
	}
	id_out[2 * CHECK_SIZE] = '\0';
	return VS_OK;
}

/* Byte by byte: what follows the line belongs to the next one who reads. */
static vs_result
read_line(int fd, struct vs_secret *room, size_t *size_out)
{
	uint8_t *data = vs_secret_bytes(room);
	size_t size = 0;

	for (;;) {
		ssize_t n;

		if (size == vs_secret_size(room))
			return VS_FAIL(TOO_LONG);
		n = read(fd, data + size, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return VS_FAIL(IO);
		if (n == 0 || data[size] == '\n')
			break;
		size++;
	}
	if (size == 0)
		return VS_FAIL(BAD_VALUE);
	*size_out = size;
	return VS_OK;
}

static vs_result
ask_terminal(const char *prompt, struct vs_secret *room, size_t *size_out)
{
	struct termios before, quiet;
	vs_result r = VS_FAIL(IO);
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return VS_FAIL(CONFIG);
	if (tcgetattr(fd, &before) != 0)
		goto out;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0)
		goto out;
	(void)dprintf(fd, "%s: ", prompt);
	r = read_line(fd, room, size_out);
	(void)dprintf(fd, "\n");
	(void)tcsetattr(fd, TCSAFLUSH, &before);
out:
	(void)close(fd);
	return r;
}

vs_result
vs_keys_input_line(const struct vs_keys_input *input, const char *prompt,
                   struct vs_secret **line_out)
{
	struct vs_secret *room = NULL, *line = NULL;
	size_t size = 0;
	vs_result r;

	assert(input != NULL && line_out != NULL);
	VS_TRY(vs_secret_new(LINE_SIZE_MAX, &room));
	r = input->fd >= 0 ? read_line(input->fd, room, &size) : ask_terminal(prompt, room, &size);
	if (r.code == VS_E_OK)
		r = vs_secret_new(size, &line);
	if (r.code == VS_E_OK) {
		memcpy(vs_secret_bytes(line), vs_secret_bytes(room), size);
		*line_out = line;
	}
	vs_secret_free(&room);
	return r;
}
