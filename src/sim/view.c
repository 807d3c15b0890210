/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/view.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PANEL_SIZE_MAX 8192u

/* Home, then each line clears its rest, and what is below goes at the end: no flicker. */
#define HOME     "\033[H"
#define LINE_END "\033[K\n"
#define BELOW    "\033[J"
#define BOLD     "\033[1m"
#define DIM      "\033[2m"
#define PLAIN    "\033[0m"

/* What a peer has chosen must not move the cursor. */
static void
clean(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

void
vs_sim_view_init(struct vs_sim_view *view, const char *title, bool is_wanted)
{
	assert(view != NULL && title != NULL);
	memset(view, 0, sizeof(*view));
	view->is_live = is_wanted || isatty(STDOUT_FILENO) == 1;
	(void)snprintf(view->title, sizeof(view->title), "%s", title);
	if (view->is_live)
		(void)fputs(HOME BELOW, stdout);
}

void
vs_sim_view_set(struct vs_sim_view *view, const char *label, const char *format, ...)
{
	va_list arguments;
	size_t at = 0;

	while (at < view->row_count && strcmp(view->rows[at].label, label) != 0)
		at++;
	if (at == VS_SIM_VIEW_ROWS)
		return;
	if (at == view->row_count) {
		view->row_count++;
		(void)snprintf(view->rows[at].label, sizeof(view->rows[at].label), "%s", label);
	}
	va_start(arguments, format);
	(void)vsnprintf(view->rows[at].value, sizeof(view->rows[at].value), format, arguments);
	va_end(arguments);
	clean(view->rows[at].value);
}

void
vs_sim_view_say(struct vs_sim_view *view, const char *format, ...)
{
	va_list arguments;
	char *room;

	if (view->event_count == VS_SIM_VIEW_EVENTS) {
		memmove(view->events[0], view->events[1],
		        sizeof(view->events) - sizeof(view->events[0]));
		view->event_count--;
	}
	room = view->events[view->event_count++];
	va_start(arguments, format);
	(void)vsnprintf(room, VS_SIM_VIEW_TEXT, format, arguments);
	va_end(arguments);
	clean(room);
	if (view->is_live) {
		vs_sim_view_show(view);
		return;
	}
	(void)printf("%s\n", room);
	(void)fflush(stdout);
}

vs_result
vs_sim_view_render(const struct vs_sim_view *view, struct vs_buf *out)
{
	VS_TRY(vs_buf_printf(out, HOME BOLD "%s" PLAIN LINE_END LINE_END, view->title));
	for (size_t i = 0; i < view->row_count; i++)
		VS_TRY(vs_buf_printf(out, "  " DIM "%-12s" PLAIN "%s" LINE_END, view->rows[i].label,
		                     view->rows[i].value));
	VS_TRY(vs_buf_append_text(out, LINE_END));
	for (size_t i = 0; i < view->event_count; i++)
		VS_TRY(vs_buf_printf(out, "  %s" LINE_END, view->events[i]));
	return vs_buf_append_text(out, BELOW);
}

void
vs_sim_view_show(const struct vs_sim_view *view)
{
	struct vs_buf panel;

	if (!view->is_live)
		return;
	vs_buf_init(&panel, PANEL_SIZE_MAX);
	if (vs_sim_view_render(view, &panel).code == VS_E_OK)
		(void)fwrite(panel.data, 1, panel.size, stdout);
	(void)fflush(stdout);
	vs_buf_done(&panel);
}
