/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/provider.h"

#include <unistd.h>

#include "test.h"

static void
rows_are_found_by_name(void)
{
	enum vs_keys_provider provider = VS_KEYS_PROVIDERS;

	for (int i = 0; i < VS_KEYS_PROVIDERS; i++) {
		const char *name = vs_keys_provider_row((enum vs_keys_provider)i)->name;

		CHECK_OK(vs_keys_provider_find(vs_bytes_from_text(name), &provider));
		CHECK((int)provider == i);
	}
	CHECK_ERR(vs_keys_provider_find(VS_BYTES_LITERAL("cloud"), &provider), NOT_FOUND);
}

/* HMAC-SHA256(32 times 0x0b, "voltseal/rk-check"), computed by openssl dgst -mac HMAC. */
static void
check_value(void)
{
	char id[VS_KEYS_ROOT_ID_SIZE];
	struct vs_secret *root = NULL;

	CHECK_OK(vs_secret_new(32, &root));
	memset(vs_secret_bytes(root), 0x0b, 32);
	CHECK_OK(vs_keys_root_check(root, id));
	CHECK(strcmp(id, "f9de7e28bb8c6563") == 0);
	vs_secret_free(&root);
}

static int
feed(const char *text)
{
	int fds[2];

	CHECK(pipe(fds) == 0);
	CHECK(write(fds[1], text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fds[1]);
	return fds[0];
}

static void
lines(void)
{
	struct vs_keys_input input = {feed("first \nsecond")};
	struct vs_secret *line = NULL;
	char long_line[1100];

	CHECK_OK(vs_keys_input_line(&input, "", &line));
	CHECK(vs_secret_size(line) == 6 && memcmp(vs_secret_bytes(line), "first ", 6) == 0);
	vs_secret_free(&line);
	CHECK_OK(vs_keys_input_line(&input, "", &line));
	CHECK(vs_secret_size(line) == 6 && memcmp(vs_secret_bytes(line), "second", 6) == 0);
	vs_secret_free(&line);
	CHECK_ERR(vs_keys_input_line(&input, "", &line), BAD_VALUE); /* nothing left */
	(void)close(input.fd);
	CHECK_ERR(vs_keys_input_line(&input, "", &line), IO);
	memset(long_line, 'x', sizeof(long_line) - 1);
	long_line[sizeof(long_line) - 1] = '\0';
	input.fd = feed(long_line);
	CHECK_ERR(vs_keys_input_line(&input, "", &line), TOO_LONG);
	(void)close(input.fd);
	CHECK(line == NULL);
}

int
main(void)
{
	CASE(rows_are_found_by_name);
	CASE(check_value);
	CASE(lines);
	return 0;
}
