/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root KEK from what a person knows: Argon2id (RFC 9106) with parameters and salt that are
 * written down in root.json. Whoever has the state folder can guess at it, 256 MiB and some tenths
 * of a second a guess: it is as good as the passphrase.
 */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "crypto/kdf.h"
#include "keys/provider.h"

#define MEMORY_KIB          262144 /* 256 MiB */
#define PASSES              3
#define PASSPHRASE_SIZE_MIN 12

static vs_result
derive(const struct vs_keys_source *source, struct vs_secret *line, struct vs_secret **root_out)
{
	struct vs_secret *root = NULL;
	vs_result r;

	VS_TRY(vs_secret_new(VS_KEYS_KEY_SIZE, &root));
	r = vs_kdf_argon2id(vs_bytes_from(vs_secret_bytes(line), vs_secret_size(line)),
	                    vs_bytes_from(source->salt, sizeof(source->salt)), source->memory_kib,
	                    source->passes, vs_secret_bytes(root), VS_KEYS_KEY_SIZE);
	if (r.code != VS_E_OK) {
		vs_secret_free(&root);
		return r;
	}
	*root_out = root;
	return VS_OK;
}

static vs_result
ask(const struct vs_keys_input *input, const char *prompt, struct vs_secret **line_out,
    char reason[static VS_KEYS_REASON_SIZE])
{
	vs_result r = vs_keys_input_line(input, prompt, line_out);

	if (r.code != VS_E_OK)
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "the passphrase cannot be had (%s): give it at a terminal, or as a "
		               "line on a file descriptor",
		               vs_err_text(r.code));
	return r;
}

vs_result
vs_keys_passphrase_load(const struct vs_keys_source *source, const struct vs_keys_input *input,
                        struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	struct vs_secret *line = NULL;
	vs_result r;

	r = ask(input, "Passphrase of the root key", &line, reason);
	if (r.code != VS_E_OK) /* no start mends it */
		return r.code == VS_E_NO_MEMORY ? r : VS_FAIL(CONFIG);
	r = derive(source, line, root_out);
	vs_secret_free(&line);
	if (r.code != VS_E_OK)
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "the root key cannot be derived from the passphrase: %s",
		               vs_err_text(r.code));
	return r;
}

/* Two secrets of any size, without telling where they differ. */
static bool
is_same(struct vs_secret *a, struct vs_secret *b)
{
	uint8_t difference = vs_secret_size(a) != vs_secret_size(b);
	size_t size = vs_secret_size(a) < vs_secret_size(b) ? vs_secret_size(a) : vs_secret_size(b);

	for (size_t i = 0; i < size; i++)
		difference |= vs_secret_bytes(a)[i] ^ vs_secret_bytes(b)[i];
	return difference == 0;
}

/* At a terminal it is asked for twice: a typing error would lock everything up for good. */
static vs_result
ask_new(const struct vs_keys_input *input, struct vs_secret **line_out,
        char reason[static VS_KEYS_REASON_SIZE])
{
	struct vs_secret *line = NULL, *again = NULL;
	vs_result r = ask(input, "New passphrase of the root key", &line, reason);

	if (r.code == VS_E_OK && vs_secret_size(line) < PASSPHRASE_SIZE_MIN) {
		(void)snprintf(reason, VS_KEYS_REASON_SIZE,
		               "the passphrase is too short: %d characters at least",
		               PASSPHRASE_SIZE_MIN);
		r = VS_FAIL(BAD_VALUE);
	}
	if (r.code == VS_E_OK && input->fd < 0) {
		r = ask(input, "Once more", &again, reason);
		if (r.code == VS_E_OK && !is_same(line, again)) {
			(void)snprintf(reason, VS_KEYS_REASON_SIZE, "the two passphrases differ");
			r = VS_FAIL(BAD_VALUE);
		}
	}
	vs_secret_free(&again);
	if (r.code != VS_E_OK) {
		vs_secret_free(&line);
		return r;
	}
	*line_out = line;
	return VS_OK;
}

vs_result
vs_keys_passphrase_make(struct vs_keys_source *source, const struct vs_keys_input *input,
                        struct vs_secret **root_out, char reason[static VS_KEYS_REASON_SIZE])
{
	struct vs_secret *line = NULL;
	vs_result r;

	vs_random_bytes(source->salt, sizeof(source->salt));
	if (source->memory_kib == 0)
		source->memory_kib = MEMORY_KIB;
	if (source->passes == 0)
		source->passes = PASSES;
	VS_TRY(ask_new(input, &line, reason));
	r = derive(source, line, root_out);
	vs_secret_free(&line);
	return r;
}

vs_result
vs_keys_passphrase_drop(const struct vs_keys_source *source)
{
	(void)source; /* somebody remembers it */
	return VS_OK;
}
