/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/stream.h"

#include "test.h"

static struct vs_sim_streams streams;

static struct vs_sim_stream *
open_one(int64_t monitor, int64_t interval_s, int64_t values)
{
	const struct vs_sim_stream_params params = {interval_s, values};
	struct vs_sim_stream *stream;

	CHECK_OK(vs_sim_stream_add(&streams, monitor, &params));
	stream = vs_sim_stream_of(&streams, monitor);
	CHECK(stream != NULL && stream->state == VS_SIM_STREAM_WANTED);
	CHECK(vs_sim_stream_take(stream, "0", 0).code == VS_E_NOT_NOW);
	vs_sim_stream_begin(stream, &params, 1000);
	return stream;
}

static void
test_by_number_and_by_time(void)
{
	struct vs_sim_stream *stream = open_one(7, 10, 2);

	CHECK(vs_sim_streams_due(&streams) == UINT64_MAX);
	CHECK(!vs_sim_stream_is_due(stream, 20000)); /* it has nothing */
	CHECK_OK(vs_sim_stream_take(stream, "1", 5));
	CHECK(!vs_sim_stream_is_due(stream, 10999) && vs_sim_stream_is_due(stream, 11000));
	CHECK(vs_sim_streams_due(&streams) == 11000);
	CHECK_OK(vs_sim_stream_take(stream, "2", 6));
	CHECK(vs_sim_stream_is_due(stream, 1001) && stream->list[1].wall_ms == 6);
	vs_sim_stream_sent(stream, 2000);
	CHECK(stream->count == 0 && stream->due_ms == 12000);
	vs_sim_stream_begin(stream, &(struct vs_sim_stream_params){0, 0}, 2000);
	CHECK_OK(vs_sim_stream_take(stream, "3", 7));
	CHECK(vs_sim_stream_is_due(stream, 2000)); /* each at once */
	vs_sim_streams_done(&streams);
	CHECK(streams.count == 0);
}

static void
test_limits(void)
{
	struct vs_sim_stream *stream = open_one(1, 60, 0);
	const struct vs_sim_stream_params params = {0, 1};
	int64_t stream_id = stream->id;

	for (unsigned i = 0; i < VS_LIMIT_SIM_STREAM_VALUES; i++)
		CHECK_OK(vs_sim_stream_take(stream, "x", i));
	CHECK(vs_sim_stream_is_due(stream, 1000));
	CHECK(vs_sim_stream_take(stream, "x", 0).code == VS_E_TOO_LONG);
	for (int64_t i = 2; i <= VS_LIMIT_SIM_STREAMS; i++)
		CHECK_OK(vs_sim_stream_add(&streams, i, &params));
	CHECK(vs_sim_stream_add(&streams, 99, &params).code == VS_E_TOO_LONG);
	vs_sim_stream_remove(&streams, stream_id);
	CHECK(vs_sim_stream_of(&streams, 1) == NULL && vs_sim_stream_find(&streams, 1) == NULL);
	CHECK_OK(vs_sim_stream_add(&streams, 99, &params));
	CHECK(vs_sim_stream_of(&streams, 99)->id == stream_id + VS_LIMIT_SIM_STREAMS);
	vs_sim_stream_begin(vs_sim_stream_of(&streams, 99), &params, 0);
	CHECK_OK(vs_sim_stream_take(vs_sim_stream_of(&streams, 99), "x", 0));
	vs_sim_streams_forget(&streams);
	CHECK(vs_sim_stream_of(&streams, 99)->state == VS_SIM_STREAM_WANTED &&
	      vs_sim_stream_of(&streams, 99)->count == 0);
	vs_sim_streams_done(&streams);
	CHECK(!vs_sim_stream_params_are_good(
	    &(struct vs_sim_stream_params){0, VS_LIMIT_SIM_STREAM_VALUES + 1}));
	CHECK(!vs_sim_stream_params_are_good(&(struct vs_sim_stream_params){86401, 0}));
	CHECK(!vs_sim_stream_params_are_good(&(struct vs_sim_stream_params){-1, 0}));
	CHECK(vs_sim_stream_params_are_good(&(struct vs_sim_stream_params){86400, 0}));
}

int
main(void)
{
	CASE(test_by_number_and_by_time);
	CASE(test_limits);
	return 0;
}
