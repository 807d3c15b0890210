/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sealed_password.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define KEY_VARIABLE   "CP_FERNET_KEY"
#define KEY_CREDENTIAL "cp_fernet_key"
#define TOKEN_SIZE_MIN 100     /* of an empty password */
#define TOKEN_BEGIN    "gAAAA" /* 0x80 and the upper half of a time before 2106 */

static struct vs_bytes
first_line(struct vs_bytes text)
{
	size_t size = 0;

	while (size < text.size && text.data[size] != '\n' && text.data[size] != '\r')
		size++;
	return vs_bytes_from(text.data, size);
}

static void
buf_wipe(struct vs_buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->capacity);
	vs_buf_done(buf);
}

/* The service manager guards its folder itself, with modes that are not 0600. */
static vs_result
key_from_file(const char *path, bool is_guarded, struct vs_fernet **fernet_out)
{
	struct vs_secret *secret = NULL;
	vs_result r;

	VS_TRY(is_guarded ? vs_file_secret_read_unchecked(path, &secret)
	                  : vs_file_secret_read(path, &secret));
	r = vs_fernet_new_from_text(
	    first_line(vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret))), fernet_out);
	vs_secret_free(&secret);
	return r;
}

static vs_result
key_from_variable(struct vs_fernet **fernet_out)
{
	char *text = getenv(KEY_VARIABLE);
	vs_result r;

	if (text == NULL || text[0] == '\0')
		return VS_FAIL(NOT_FOUND);
	r = vs_fernet_new_from_text(vs_bytes_from_text(text), fernet_out);
	explicit_bzero(text, strlen(text));
	return unsetenv(KEY_VARIABLE) == 0 ? r : VS_FAIL(INTERNAL);
}

vs_result
vs_sim_password_key_find(const char *key_file, struct vs_fernet **fernet_out)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[VS_PATH_SIZE];
	vs_result r;

	assert(fernet_out != NULL);
	if (key_file != NULL)
		return key_from_file(key_file, false, fernet_out);
	r = key_from_variable(fernet_out);
	if (r.code != VS_E_NOT_FOUND || folder == NULL)
		return r;
	VS_TRY(vs_path_join(folder, KEY_CREDENTIAL, path));
	return key_from_file(path, true, fernet_out);
}

/* Longer than any password, and begins as every token of the next centuries does. */
static bool
is_sealed(struct vs_bytes text)
{
	return text.size >= TOKEN_SIZE_MIN &&
	       vs_bytes_equal_text(vs_bytes_from(text.data, strlen(TOKEN_BEGIN)), TOKEN_BEGIN);
}

static vs_result
seal_in_place(const char *path, struct vs_fernet *fernet, int64_t now_s, struct vs_bytes plain)
{
	struct vs_buf token;
	vs_result r;

	vs_buf_init(&token, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	r = vs_fernet_seal(fernet, plain, now_s, &token);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&token, '\n');
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&token));
	vs_buf_done(&token);
	return r;
}

static vs_result
take(const char *path, struct vs_fernet *fernet, int64_t now_s, struct vs_bytes line,
     struct vs_buf *password, bool *was_plain)
{
	/* How old the token is says nothing: it was made when the password was. */
	const struct vs_fernet_window window = {
	    .now_s = now_s, .age_max_s = -1, .skew_max_s = 86400};

	if (is_sealed(line))
		return fernet == NULL ? VS_FAIL(CONFIG)
		                      : vs_fernet_open(fernet, line, &window, password, NULL);
	VS_TRY(vs_buf_append_bytes(password, line));
	if (fernet == NULL)
		return VS_OK;
	*was_plain = true;
	return seal_in_place(path, fernet, now_s, line);
}

vs_result
vs_sim_password_read(const char *path, struct vs_fernet *fernet, int64_t now_s,
                     struct vs_buf *password, bool *was_plain_out)
{
	bool was_plain = false;
	struct vs_buf text;
	vs_result r;

	assert(path != NULL && password != NULL);
	vs_buf_init(&text, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = take(path, fernet, now_s, first_line(vs_buf_view(&text)), password, &was_plain);
	buf_wipe(&text);
	if (r.code == VS_E_OK && was_plain_out != NULL)
		*was_plain_out = was_plain;
	return r;
}
