/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jose_json.h"

#include <jose/jwk.h>
#include <unistd.h>

#include "test.h"

/* libjose says on stderr what it does not like, unless it is told not to. */
static void
it_is_silent(void)
{
	jose_cfg_t *config = vs_jose_config_new();
	json_t *jwk = json_pack("{s:s}", "alg", "no such thing");
	int kept = dup(STDERR_FILENO), ends[2];
	char said[64];

	CHECK(config != NULL && jwk != NULL && kept >= 0 && pipe(ends) == 0);
	CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	CHECK(close(ends[1]) == 0);
	(void)jose_jwk_gen(config, jwk);
	CHECK(!jose_jwk_prm(config, jwk, true, "sign"));
	(void)fflush(stderr);
	CHECK(dup2(kept, STDERR_FILENO) == STDERR_FILENO);
	CHECK(read(ends[0], said, sizeof(said)) == 0);
	CHECK(close(ends[0]) == 0 && close(kept) == 0);
	json_decref(jwk);
	jose_cfg_decref(config);
}

static void
sets_text(void)
{
	json_t *object = NULL;

	vs_jose_init();
	vs_jose_init();
	object = json_object();
	CHECK(vs_jose_set(object, "a", VS_BYTES_LITERAL("text")));
	CHECK(strcmp(json_string_value(json_object_get(object, "a")), "text") == 0);
	CHECK(!vs_jose_set(object, "b", VS_BYTES_LITERAL("\xff")));
	CHECK(json_object_get(object, "b") == NULL);
	json_decref(object);
}

int
main(void)
{
	CASE(it_is_silent);
	CASE(sets_text);
	return 0;
}
