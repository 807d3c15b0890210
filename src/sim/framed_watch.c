/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_watch.h"

#include <assert.h>
#include <stddef.h>

void
vs_sim_watch_answer(struct vs_sim_watch *watch, bool is_ko)
{
	assert(watch != NULL);
	watch->unanswered = 0;
	watch->is_unwell = is_ko;
}

void
vs_sim_watch_second(struct vs_sim_watch *watch, bool is_there)
{
	assert(watch != NULL);
	/* One that was there and is gone is a fault at once; one that has not come yet has as long
	 * as one that does not answer. */
	if ((!is_there && watch->was_there) || watch->unanswered == VS_SIM_WATCH_SILENCE)
		watch->is_unwell = true;
	else
		watch->unanswered++;
	if (watch->was_there && !is_there)
		watch->unanswered = 0;
	watch->was_there |= is_there;
}

void
vs_sim_watch_forget(struct vs_sim_watch *watch)
{
	assert(watch != NULL);
	watch->is_told = false;
}

enum vs_sim_watch_news
vs_sim_watch_news(struct vs_sim_watch *watch)
{
	assert(watch != NULL);
	if (watch->is_unwell == watch->is_told)
		return VS_SIM_WATCH_NOTHING;
	watch->is_told = watch->is_unwell;
	return watch->is_told ? VS_SIM_WATCH_FAULT : VS_SIM_WATCH_RECOVERY;
}
