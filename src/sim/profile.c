/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void
free_one(struct vs_sim_profile *gone)
{
	vs_ocpp_profile_free(&gone->profile);
	vs_buf_done(&gone->raw);
	free(gone);
}

void
vs_sim_profiles_done(struct vs_sim_profiles *profiles)
{
	while (profiles->first != NULL) {
		struct vs_sim_profile *gone = profiles->first;

		profiles->first = gone->next;
		free_one(gone);
	}
	profiles->count = 0;
}

static bool
is_in_the_way(const struct vs_ocpp_profile *other, const struct vs_ocpp_profile *profile)
{
	bool is_same_place = other->evse == profile->evse;

	if (profile->purpose == VS_OCPP_V_TxDefaultProfile)
		is_same_place |= other->evse == 0 || profile->evse == 0;
	return other->id != profile->id && other->purpose == profile->purpose &&
	       other->stack_level == profile->stack_level && is_same_place &&
	       strcmp(other->transaction_id, profile->transaction_id) == 0;
}

bool
vs_sim_profile_collides(const struct vs_sim_profiles *profiles,
                        const struct vs_ocpp_profile *profile)
{
	for (const struct vs_sim_profile *p = profiles->first; p != NULL; p = p->next)
		if (is_in_the_way(p->profile, profile))
			return true;
	return false;
}

void
vs_sim_profile_supersede(struct vs_sim_profiles *profiles, const struct vs_ocpp_profile *profile)
{
	struct vs_sim_profile **link = &profiles->first;

	while (*link != NULL) {
		struct vs_sim_profile *gone = *link;

		if (gone->profile->evse != profile->evse ||
		    !is_in_the_way(gone->profile, profile)) {
			link = &gone->next;
			continue;
		}
		*link = gone->next;
		profiles->count--;
		free_one(gone);
	}
}

VS_RESULT
vs_sim_profile_put(struct vs_sim_profiles *profiles, struct vs_ocpp_profile *profile,
                   enum vs_ocpp_value source, struct vs_bytes raw)
{
	struct vs_sim_profile_filter same = {profile->id, VS_SIM_PROFILE_ANY, VS_SIM_PROFILE_ANY,
	                                     VS_OCPP_V_none, source};
	struct vs_sim_profile **link = &profiles->first;
	struct vs_sim_profile *added = calloc(1, sizeof(*added));
	vs_result r;

	if (added == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&added->raw, VS_LIMIT_SIM_FRAME_SIZE);
	r = vs_buf_append_bytes(&added->raw, raw);
	if (r.code == VS_E_OK) {
		(void)vs_sim_profile_remove(profiles, &same);
		if (profiles->count == VS_LIMIT_SIM_PROFILES)
			r = VS_FAIL(TOO_LONG);
	}
	if (r.code != VS_E_OK) {
		vs_buf_done(&added->raw);
		free(added);
		return r;
	}
	added->profile = profile;
	added->source = source;
	while (*link != NULL)
		link = &(*link)->next;
	*link = added;
	profiles->count++;
	return VS_OK;
}

bool
vs_sim_profile_matches(const struct vs_sim_profile *profile,
                       const struct vs_sim_profile_filter *filter)
{
	const struct vs_ocpp_profile *p = profile->profile;

	return (filter->id == VS_SIM_PROFILE_ANY || filter->id == p->id) &&
	       (filter->evse == VS_SIM_PROFILE_ANY || filter->evse == p->evse) &&
	       (filter->stack_level == VS_SIM_PROFILE_ANY ||
	        filter->stack_level == p->stack_level) &&
	       (filter->purpose == VS_OCPP_V_none || filter->purpose == p->purpose) &&
	       (filter->source == VS_OCPP_V_none || filter->source == profile->source);
}

unsigned
vs_sim_profile_remove(struct vs_sim_profiles *profiles, const struct vs_sim_profile_filter *filter)
{
	struct vs_sim_profile **link = &profiles->first;
	unsigned removed = 0;

	while (*link != NULL) {
		struct vs_sim_profile *gone = *link;

		if (!vs_sim_profile_matches(gone, filter) ||
		    (filter->source == VS_OCPP_V_none && gone->source != VS_OCPP_V_CSO)) {
			link = &gone->next;
			continue;
		}
		*link = gone->next;
		profiles->count--;
		removed++;
		free_one(gone);
	}
	return removed;
}

static bool
is_of(const struct vs_ocpp_profile *profile, int64_t evse, const char *transaction_id)
{
	return profile->purpose == VS_OCPP_V_TxProfile && profile->evse == evse &&
	       strcmp(profile->transaction_id, transaction_id) == 0;
}

void
vs_sim_profile_end(struct vs_sim_profiles *profiles, int64_t evse, const char *transaction_id)
{
	struct vs_sim_profile **link = &profiles->first;

	while (*link != NULL) {
		struct vs_sim_profile *gone = *link;

		if (!is_of(gone->profile, evse, transaction_id)) {
			link = &gone->next;
			continue;
		}
		*link = gone->next;
		profiles->count--;
		free_one(gone);
	}
}

void
vs_sim_profile_bind(struct vs_sim_profiles *profiles, int64_t evse, const char *transaction_id)
{
	for (struct vs_sim_profile *p = profiles->first; p != NULL; p = p->next)
		if (is_of(p->profile, evse, ""))
			vs_text_copy(transaction_id, p->profile->transaction_id,
			             sizeof(p->profile->transaction_id));
}

size_t
vs_sim_profile_view(const struct vs_sim_profiles *profiles,
                    const struct vs_ocpp_profile *view[static VS_LIMIT_SIM_PROFILES])
{
	size_t count = 0;

	for (const struct vs_sim_profile *p = profiles->first; p != NULL; p = p->next)
		view[count++] = p->profile;
	return count;
}

struct vs_sim_profile *
vs_sim_profile_find(const struct vs_sim_profiles *profiles, int64_t id)
{
	for (struct vs_sim_profile *p = profiles->first; p != NULL; p = p->next)
		if (p->profile->id == id && p->source == VS_OCPP_V_CSO)
			return p;
	return NULL;
}
