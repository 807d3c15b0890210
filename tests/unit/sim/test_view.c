/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/view.h"

#include "test.h"

static bool
holds(const struct vs_buf *text, const char *what)
{
	return memmem(text->data, text->size, what, strlen(what)) != NULL;
}

static void
test_panel(void)
{
	struct vs_sim_view view;
	struct vs_buf out;

	vs_buf_init(&out, 10000);
	vs_sim_view_init(&view, "Engine of a charge point", true);
	CHECK(view.is_live);
	vs_sim_view_set(&view, "state", "%s", "ACTIVATED");
	vs_sim_view_set(&view, "state", "%s", "SUPPLYING");
	CHECK(view.row_count == 1);
	for (int i = 0; i < VS_SIM_VIEW_EVENTS + 3; i++)
		vs_sim_view_say(&view, "event %d.", i);
	CHECK(view.event_count == VS_SIM_VIEW_EVENTS);
	CHECK_OK(vs_sim_view_render(&view, &out));
	CHECK(holds(&out, "Engine of a charge point") && holds(&out, "SUPPLYING"));
	CHECK(!holds(&out, "ACTIVATED") && !holds(&out, "event 2.") && holds(&out, "event 12."));
	vs_buf_done(&out);
}

/* A name that another end has chosen draws nothing on this terminal. */
static void
test_hostile_text(void)
{
	struct vs_sim_view view;

	vs_sim_view_init(&view, "x", true);
	vs_sim_view_set(&view, "driver", "%s", "a\033[2Jb\nc");
	CHECK(strcmp(view.rows[0].value, "a?[2Jb?c") == 0);
	for (int i = 0; i < VS_SIM_VIEW_ROWS + 5; i++) {
		char label[16];

		(void)snprintf(label, sizeof(label), "row %d", i);
		vs_sim_view_set(&view, label, "%d", i);
	}
	CHECK(view.row_count == VS_SIM_VIEW_ROWS);
}

int
main(void)
{
	CASE(test_panel);
	CASE(test_hostile_text);
	return 0;
}
