/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a monitor knows of its engine, and what it has told Central. The engine is asked every
 * second; one that answers KO, is gone, does not come, or leaves VS_SIM_WATCH_SILENCE questions
 * unanswered is a FAULT; when it is well again, RECOVERY. Pure.
 */
#pragma once

#include <stdbool.h>

#define VS_SIM_WATCH_SILENCE 3 /* questions: a disk that is slow for a second is no fault */

enum vs_sim_watch_news { VS_SIM_WATCH_NOTHING, VS_SIM_WATCH_FAULT, VS_SIM_WATCH_RECOVERY };

struct vs_sim_watch {
	unsigned unanswered; /* questions, in a row */
	bool was_there;      /* the engine, at any time */
	bool is_unwell;      /* as it was judged last */
	bool is_told;        /* Central has been told FAULT */
};

/* HEALTH_OK or HEALTH_KO. */
void vs_sim_watch_answer(struct vs_sim_watch *watch, bool is_ko);
/* Once a second; is_there: the engine is connected, and is asked now. */
void vs_sim_watch_second(struct vs_sim_watch *watch, bool is_there);
/* Central has taken the monitor anew, and knows of no fault. */
void vs_sim_watch_forget(struct vs_sim_watch *watch);
/* What Central has not been told yet; it counts as told. */
enum vs_sim_watch_news vs_sim_watch_news(struct vs_sim_watch *watch);
