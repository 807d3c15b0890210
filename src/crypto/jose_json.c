/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jose_json.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *
allocate(size_t size)
{
	return calloc(1, size);
}

static void
wipe_and_free(void *block)
{
	if (block == NULL)
		return;
	explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

static void
set_memory(void)
{
	json_set_alloc_funcs(allocate, wipe_and_free);
}

void
vs_jose_init(void)
{
	(void)pthread_once(&once, set_memory);
}

static void
say_nothing(void *user, const char *file, int line, uint64_t err, const char *format, va_list ap)
{
	(void)user, (void)file, (void)line, (void)err, (void)format, (void)ap;
}

jose_cfg_t *
vs_jose_config_new(void)
{
	jose_cfg_t *config = NULL;

	vs_jose_init();
	config = jose_cfg();
	if (config != NULL)
		jose_cfg_set_err_func(config, say_nothing, NULL);
	return config;
}

bool
vs_jose_set(json_t *object, const char *name, struct vs_bytes text)
{
	return json_object_set_new(object, name,
	                           json_stringn((const char *)text.data, text.size)) == 0;
}
