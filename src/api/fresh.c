/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the API, read anew while it is used. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/state.h"
#include "base/clock.h"

struct vs_api_fresh {
	uint64_t as_of; /* changes that had been heard of before it was read */
	struct vs_api_access access;
	struct vs_api_sessions sessions;
};

static bool
load_session(const struct vs_core_login *login, void *arg)
{
	vs_api_session_put(&((struct vs_api_fresh *)arg)->sessions, login, vs_clock_wall_ms());
	return true;
}

vs_result
vs_api_fresh_load(struct vs_api *api, struct vs_api_fresh **fresh_out)
{
	struct vs_api_fresh *fresh = calloc(1, sizeof(*fresh));
	vs_result r;

	assert(api != NULL && fresh_out != NULL);
	if (fresh == NULL)
		return VS_FAIL(NO_MEMORY);
	fresh->as_of = atomic_load(&api->access_changes);
	r = vs_api_access_init(&fresh->access);
	if (r.code == VS_E_OK)
		r = vs_api_access_load(&fresh->access, &api->options.reader, load_session, fresh);
	if (r.code == VS_E_OK)
		*fresh_out = fresh;
	else
		vs_api_fresh_free(&fresh);
	return r;
}

void
vs_api_fresh_free(struct vs_api_fresh **fresh)
{
	if (*fresh == NULL)
		return;
	vs_api_access_done(&(*fresh)->access);
	explicit_bzero(&(*fresh)->sessions, sizeof((*fresh)->sessions));
	free(*fresh);
	*fresh = NULL;
}

vs_result
vs_api_fresh_take(struct vs_api *api, struct vs_api_fresh *fresh)
{
	struct vs_api_access before = api->auth.access;

	/* What was changed here meanwhile may be missing in it. */
	if (fresh->as_of != atomic_load(&api->access_changes))
		return VS_FAIL(AGAIN);
	vs_api_access_remember(&fresh->access, &before);
	vs_api_session_replace(&api->auth.sessions, &fresh->sessions, vs_clock_wall_ms());
	api->auth.access = fresh->access;
	fresh->access = before;
	return VS_OK;
}
