/* SPDX-License-Identifier: Apache-2.0 */
/* What came to this node of the stations that others watch. */
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"
#include "base/text.h"
#include "bus/live_inside.h"

static void
publish(struct vs_live *live, struct vs_live_there *there, struct vs_bus_batch *batch,
        const struct vs_core_frame_row *rows, size_t count)
{
	char subject[VS_BUS_SUBJECT_SIZE];
	size_t done = 0;

	vs_text_copy(live->options.node, batch->node, sizeof(batch->node));
	if (vs_bus_subject_of_station(VS_BUS_LIVE, there->tenant, there->station, subject).code !=
	    VS_E_OK)
		return;
	do {
		vs_result r;

		rows += done;
		count -= done;
		batch->count = ++there->count;
		vs_buf_reset(&live->text);
		r = vs_bus_batch_write(batch, rows, count, &live->text, &done);
		/* What does not leave is missed: who waits for it sees that by the count. */
		if (r.code == VS_E_OK)
			r = vs_nats_publish(live->options.nats, subject, vs_buf_view(&live->text));
		if (r.code != VS_E_OK)
			return;
		vs_metric_add(VS_METRIC_bus_frames_sent_total, (int64_t)done);
		batch->is_first = batch->has_more = batch->has_missed = false;
	} while (done < count);
}

/* What others have told is theirs to tell. */
static size_t
keep_own(struct vs_core_frame_row *rows, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].is_far)
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}

static void
turn_round(struct vs_core_frame_row *rows, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		const struct vs_core_frame_row row = rows[i];

		rows[i] = rows[count - 1 - i];
		rows[count - 1 - i] = row;
	}
}

static void
tell_backlog(struct vs_live *live, struct vs_live_there *there)
{
	const struct vs_port_frames *frames = &live->frames;
	struct vs_bus_batch batch = {.is_first = true};
	size_t most = VS_LIMIT_BUS_LIVE_BACKLOG;
	size_t count = frames->before(frames->self, there->tenant, there->station, UINT64_MAX,
	                              live->rows, most + 1);

	batch.has_more = count > most;
	count = keep_own(live->rows, count > most ? most : count);
	turn_round(live->rows, count); /* oldest first */
	publish(live, there, &batch, live->rows, count);
}

void
vs_live_tell(struct vs_live *live, int64_t now_ms)
{
	for (size_t i = 0; i < VS_LIMIT_FRAME_WATCHES; i++) {
		struct vs_live_there *there = &live->there[i];
		struct vs_bus_batch batch = {.is_first = false};
		size_t allowance = VS_LIMIT_BUS_LIVE_ROWS, count = VS_LIVE_ROWS;

		if (there->until_ms < now_ms)
			there->until_ms = 0;
		while (there->until_ms != 0 && count == VS_LIVE_ROWS && allowance >= VS_LIVE_ROWS) {
			size_t own;

			count = vs_frames_from(live->options.frames, there->tenant, there->station,
			                       &there->next, live->rows, VS_LIVE_ROWS,
			                       &batch.has_missed);
			allowance -= VS_LIVE_ROWS;
			own = keep_own(live->rows, count);
			if (own > 0 || batch.has_missed)
				publish(live, there, &batch, live->rows, own);
		}
	}
}

void
vs_live_tell_counts(struct vs_live *live)
{
	for (size_t i = 0; i < VS_LIMIT_FRAME_WATCHES; i++) {
		struct vs_bus_batch batch = {.is_first = false};

		if (live->there[i].until_ms != 0)
			publish(live, &live->there[i], &batch, live->rows, 0);
	}
}

/* --- who asks -----------------------------------------------------------------------------------
 */

/* Its own place, or that of the one that was not asked for longest. */
static struct vs_live_there *
find(struct vs_live *live, const struct vs_bus_subject *name)
{
	struct vs_live_there *place = &live->there[0];
	bool has_missed;

	for (size_t i = 0; i < VS_LIMIT_FRAME_WATCHES; i++) {
		struct vs_live_there *there = &live->there[i];

		if (there->until_ms != 0 && strcmp(there->station, name->station) == 0 &&
		    strcmp(there->tenant, name->tenant) == 0)
			return there;
		if (there->until_ms < place->until_ms)
			place = there;
	}
	*place = (struct vs_live_there){.next = UINT64_MAX};
	memcpy(place->tenant, name->tenant, sizeof(place->tenant));
	memcpy(place->station, name->station, sizeof(place->station));
	(void)vs_frames_from(live->options.frames, place->tenant, place->station, &place->next,
	                     live->rows, 0, &has_missed);
	return place;
}

void
vs_live_asked(const struct vs_nats_message *message, void *arg)
{
	struct vs_live *live = arg;
	const struct vs_live_options *options = &live->options;
	struct vs_bus_interest interest;
	struct vs_bus_subject name;
	struct vs_live_there *there;

	if (vs_bus_subject_read(vs_bytes_from_text(message->subject), &name).code != VS_E_OK ||
	    vs_bus_interest_read(message->data, &interest).code != VS_E_OK ||
	    strcmp(interest.node, options->node) == 0 ||
	    options->is_elsewhere(options->arg, name.tenant, name.station))
		return;
	there = find(live, &name);
	there->until_ms = vs_clock_wall_ms() + VS_LIMIT_FRAME_WATCH_MS;
	if (interest.is_first)
		tell_backlog(live, there);
}
