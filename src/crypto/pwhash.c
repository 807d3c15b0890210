/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pwhash.h"

#include <assert.h>
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "crypto/digest.h"

enum {
	TEXT_LENGTH = 60,     /* "$2b$10$", 22 of salt, 31 of hash */
	BCRYPT_SIZE_MAX = 72, /* bcrypt reads no further */
};

vs_result
vs_pwhash_inspect(const char *text, unsigned *cost_out)
{
	static const char alphabet[] =
	    "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned cost;

	assert(text != NULL && cost_out != NULL);
	if (strnlen(text, VS_PWHASH_TEXT_SIZE) != TEXT_LENGTH || text[0] != '$' || text[1] != '2' ||
	    strchr("aby", text[2]) == NULL || text[3] != '$' || text[6] != '$' || text[4] < '0' ||
	    text[4] > '3' || text[5] < '0' || text[5] > '9' || strspn(text + 7, alphabet) != 53)
		return VS_FAIL(BAD_VALUE);
	cost = (unsigned)(text[4] - '0') * 10 + (unsigned)(text[5] - '0');
	if (cost < VS_PWHASH_COST_MIN || cost > VS_PWHASH_COST_MAX)
		return VS_FAIL(BAD_VALUE);
	*cost_out = cost;
	return VS_OK;
}

/* The hash of the password under the salt and cost of `setting`. Everything that held the password
 * is wiped. */
static vs_result
hash(struct vs_bytes password, const char *setting, char text_out[static VS_PWHASH_TEXT_SIZE])
{
	char phrase[BCRYPT_SIZE_MAX + 1];
	struct crypt_data *data;
	const char *text;
	vs_result r = VS_FAIL(INTERNAL);

	if (password.size > BCRYPT_SIZE_MAX ||
	    (password.size > 0 && memchr(password.data, 0, password.size) != NULL))
		return VS_FAIL(BAD_VALUE);
	data = calloc(1, sizeof(*data)); /* 32 KiB: not for the stack */
	if (data == NULL)
		return VS_FAIL(NO_MEMORY);
	if (password.size > 0)
		memcpy(phrase, password.data, password.size);
	phrase[password.size] = '\0';
	text = crypt_r(phrase, setting, data);
	if (text != NULL && text[0] == '$' && strnlen(text, VS_PWHASH_TEXT_SIZE) == TEXT_LENGTH) {
		memcpy(text_out, text, TEXT_LENGTH + 1);
		r = VS_OK;
	}
	explicit_bzero(phrase, sizeof(phrase));
	explicit_bzero(data, sizeof(*data));
	free(data);
	return r;
}

vs_result
vs_pwhash_make(struct vs_bytes password, unsigned cost, char text_out[static VS_PWHASH_TEXT_SIZE])
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE], random[16], text[VS_PWHASH_TEXT_SIZE];
	vs_result r = VS_FAIL(INTERNAL);

	assert(cost >= VS_PWHASH_COST_MIN && cost <= VS_PWHASH_COST_MAX);
	vs_random_bytes(random, sizeof(random));
	if (crypt_gensalt_rn("$2b$", cost, random, (int)sizeof(random), salt, (int)sizeof(salt)) !=
	    NULL)
		r = hash(password, salt, text);
	if (r.code == VS_E_OK)
		memcpy(text_out, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	return r;
}

vs_result
vs_pwhash_check(struct vs_bytes password, const char *text)
{
	char made[VS_PWHASH_TEXT_SIZE];
	unsigned cost;
	vs_result r;

	VS_TRY(vs_pwhash_inspect(text, &cost));
	VS_TRY(hash(password, text, made));
	r = vs_crypto_equal(made, text, TEXT_LENGTH) ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
	explicit_bzero(made, sizeof(made));
	return r;
}
