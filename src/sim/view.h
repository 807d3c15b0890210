/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program of the framed network shows: on a terminal a panel that is drawn anew, with what
 * is so and what happened last; else one line for each event. Text of a peer is printable or '?'.
 * One thread.
 */
#pragma once

#include "base/bytes.h"

#define VS_SIM_VIEW_ROWS   10
#define VS_SIM_VIEW_EVENTS 10
#define VS_SIM_VIEW_TEXT   100

struct vs_sim_view {
	bool is_live;
	char title[VS_SIM_VIEW_TEXT];
	size_t row_count, event_count;
	struct {
		char label[16], value[VS_SIM_VIEW_TEXT];
	} rows[VS_SIM_VIEW_ROWS];
	char events[VS_SIM_VIEW_EVENTS][VS_SIM_VIEW_TEXT]; /* the oldest first */
};

/* is_wanted: draw although standard output is no terminal. */
void vs_sim_view_init(struct vs_sim_view *view, const char *title, bool is_wanted);
/* What is so: the row of this label, which is added when it is new. */
void vs_sim_view_set(struct vs_sim_view *view, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What happened. */
void vs_sim_view_say(struct vs_sim_view *view, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Draw it, when it is live. */
void vs_sim_view_show(const struct vs_sim_view *view);
/* The panel as text: clears the screen first. */
VS_RESULT vs_sim_view_render(const struct vs_sim_view *view, struct vs_buf *out);
