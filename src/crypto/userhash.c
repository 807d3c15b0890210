/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/userhash.h"

#include <argon2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define MEMORY_KIB 19456u
#define PASSES     2u
#define SALT_SIZE  16u
#define HASH_SIZE  32u
#define TIMES      4u /* so much more than ours may a text ask for */
#define PREFIX     "$argon2id$v=19$m="

vs_result
vs_userhash_make(struct vs_bytes password, char text_out[static VS_USERHASH_TEXT_SIZE])
{
	uint8_t salt[SALT_SIZE];
	char text[VS_USERHASH_TEXT_SIZE];
	int status;

	vs_random_bytes(salt, sizeof(salt));
	status = argon2id_hash_encoded(PASSES, MEMORY_KIB, 1, password.data, password.size, salt,
	                               sizeof(salt), HASH_SIZE, text, sizeof(text));
	if (status == ARGON2_MEMORY_ALLOCATION_ERROR)
		return VS_FAIL(NO_MEMORY);
	if (status != ARGON2_OK)
		return VS_FAIL(INTERNAL);
	memcpy(text_out, text, sizeof(text));
	return VS_OK;
}

/* A number that ends with this text, and what follows it. */
static bool
number_take(const char **text, const char *end, unsigned long *number_out)
{
	char *after = NULL;

	if (**text < '1' || **text > '9')
		return false;
	*number_out = strtoul(*text, &after, 10);
	if (strncmp(after, end, strlen(end)) != 0)
		return false;
	*text = after + strlen(end);
	return true;
}

static bool
is_affordable(const char *text)
{
	unsigned long memory = 0, passes = 0;

	if (strlen(text) >= VS_USERHASH_TEXT_SIZE || strncmp(text, PREFIX, strlen(PREFIX)) != 0)
		return false;
	text += strlen(PREFIX);
	return number_take(&text, ",t=", &memory) && number_take(&text, ",p=1$", &passes) &&
	       memory <= TIMES * MEMORY_KIB && passes <= TIMES * PASSES;
}

vs_result
vs_userhash_check(struct vs_bytes password, const char *text)
{
	int status;

	if (!is_affordable(text))
		return VS_FAIL(BAD_VALUE);
	status = argon2id_verify(text, password.data, password.size);
	if (status == ARGON2_VERIFY_MISMATCH)
		return VS_FAIL(NOT_AUTHENTIC);
	if (status == ARGON2_MEMORY_ALLOCATION_ERROR)
		return VS_FAIL(NO_MEMORY);
	return status == ARGON2_OK ? VS_OK : VS_FAIL(BAD_VALUE);
}
