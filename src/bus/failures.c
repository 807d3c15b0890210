/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/failures.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "base/random.h"
#include "bus/member.h"
#include "wire/base64.h"

#define WORD         "fail"
#define SUBJECT_SIZE (sizeof(WORD) + 1 + VS_BUS_NODE_SIZE)
#define NAME_TEXT    (2 * VS_FAILURE_NAME_SIZE + 1)
#define TEXT_SIZE    (256 + 128 * VS_LIMIT_BUS_FAILURES)

struct vs_failures {
	struct vs_failures_options options;
	struct vs_loop *loop; /* of the connection, which is freed before */
	char subject[SUBJECT_SIZE];
	pthread_mutex_t lock;
	struct vs_failures_said *waiting; /* under the lock */
	bool is_wanted;                   /* under the lock: the loop knows, or the gap ends soon */
	/* of the loop */
	struct vs_failures_said *saying, *read;
	uint64_t last_number;
	struct vs_timer gap;
	struct vs_buf text;
	struct vs_json_tape tape;
	struct vs_bus_heard heard;
};

/* --- as JSON -----------------------------------------------------------------------------------
 */

static void
row_write(struct vs_json_writer *json, const struct vs_failure *row)
{
	char from[INET6_ADDRSTRLEN] = "", name[NAME_TEXT];

	(void)inet_ntop(row->is_ipv6 ? AF_INET6 : AF_INET, row->address, from, sizeof(from));
	vs_json_write_object(json);
	vs_bus_write_text(json, "from", from);
	if (row->has_name) {
		(void)vs_hex_encode(vs_bytes_from(row->name, sizeof(row->name)), name,
		                    sizeof(name));
		vs_bus_write_text(json, "name", name);
	}
	vs_json_write_object_end(json);
}

vs_result
vs_failures_write(const struct vs_failures_said *said, struct vs_buf *out)
{
	struct vs_json_writer json;

	assert(said->count <= VS_LIMIT_BUS_FAILURES);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "run", said->run);
	vs_bus_write_int(&json, "number", (int64_t)said->number);
	vs_json_write_key(&json, "failed");
	vs_json_write_array(&json);
	for (size_t i = 0; i < said->count; i++)
		row_write(&json, &said->rows[i]);
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
row_read(const struct vs_json_tape *tape, const struct vs_json_node *node, struct vs_failure *row)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291 2.5.5.2 */
	char from[INET6_ADDRSTRLEN], name[NAME_TEXT];
	size_t size = 0;

	*row = (struct vs_failure){.is_ipv6 = false};
	VS_TRY(vs_bus_read_text(tape, node, "from", from, sizeof(from)));
	row->is_ipv6 = strchr(from, ':') != NULL;
	if (inet_pton(row->is_ipv6 ? AF_INET6 : AF_INET, from, row->address) != 1)
		return VS_FAIL(BAD_VALUE);
	if (row->is_ipv6 && vs_bytes_equal(vs_bytes_from(row->address, sizeof(mapped)),
	                                   vs_bytes_from(mapped, sizeof(mapped))))
		return VS_FAIL(BAD_VALUE);
	row->has_name = vs_json_member(tape, node, "name") != NULL;
	if (!row->has_name)
		return VS_OK;
	VS_TRY(vs_bus_read_text(tape, node, "name", name, sizeof(name)));
	VS_TRY(vs_hex_decode(vs_bytes_from_text(name), row->name, sizeof(row->name), &size));
	return size == sizeof(row->name) ? VS_OK : VS_FAIL(BAD_VALUE);
}

vs_result
vs_failures_read(struct vs_bytes text, struct vs_json_tape *tape, struct vs_failures_said *said)
{
	const struct vs_json_node *root, *rows, *row = NULL;

	said->count = 0;
	VS_TRY(vs_json_parse(text, tape));
	root = vs_json_root(tape);
	VS_TRY(vs_bus_read_text(tape, root, "run", said->run, sizeof(said->run)));
	VS_TRY(vs_bus_read_count(tape, root, "number", &said->number));
	rows = vs_json_member(tape, root, "failed");
	if (rows == NULL || rows->type != VS_JSON_ARRAY)
		return VS_FAIL(WRONG_TYPE);
	if (said->run[0] == '\0' || said->number == 0 || vs_json_count(rows) == 0 ||
	    vs_json_count(rows) > VS_LIMIT_BUS_FAILURES)
		return VS_FAIL(OUT_OF_RANGE);
	while ((row = vs_json_next(rows, row)) != NULL)
		VS_TRY(row_read(tape, row, &said->rows[said->count++]));
	return VS_OK;
}

/* --- saying it -------------------------------------------------------------------------------- */

static void
say(struct vs_failures *self)
{
	struct vs_failures_said *saying;
	vs_result r;

	(void)pthread_mutex_lock(&self->lock);
	saying = self->waiting;
	self->waiting = self->saying;
	self->saying = saying;
	self->waiting->count = 0;
	self->is_wanted = false;
	(void)pthread_mutex_unlock(&self->lock);
	if (saying->count == 0)
		return;
	saying->number = ++self->last_number;
	vs_buf_reset(&self->text);
	r = vs_failures_write(saying, &self->text);
	if (r.code == VS_E_OK)
		r = vs_nats_publish(self->options.nats, self->subject, vs_buf_view(&self->text));
	vs_metric_add(r.code == VS_E_OK ? VS_METRIC_node_failures_sent_total
	                                : VS_METRIC_node_failures_lost_total,
	              (int64_t)saying->count);
	vs_timer_arm(self->loop, &self->gap, VS_FAILURES_GAP_MS);
}

static void
gap_is_over(struct vs_loop *loop, struct vs_timer *timer)
{
	(void)loop;
	say((struct vs_failures *)(void *)((char *)timer - offsetof(struct vs_failures, gap)));
}

static void
begin(struct vs_loop *loop, void *argument)
{
	struct vs_failures *self = argument;

	(void)loop;
	if (!vs_timer_is_armed(&self->gap))
		say(self);
}

void
vs_failures_tell(struct vs_failures *failures, const struct vs_failure *failure)
{
	struct vs_failures_said *waiting;

	assert(failures != NULL && failure != NULL);
	(void)pthread_mutex_lock(&failures->lock);
	waiting = failures->waiting;
	if (waiting->count < VS_LIMIT_BUS_FAILURES)
		waiting->rows[waiting->count++] = *failure;
	else
		vs_metric_add(VS_METRIC_node_failures_lost_total, 1);
	/* A full mailbox is no loss: the next one knocks again. */
	if (!failures->is_wanted)
		failures->is_wanted = vs_loop_post(failures->loop, begin, failures).code == VS_E_OK;
	(void)pthread_mutex_unlock(&failures->lock);
}

/* --- hearing it ------------------------------------------------------------------------------- */

static void
heard(const struct vs_nats_message *message, void *arg)
{
	struct vs_failures *self = arg;

	if (message->mark != VS_NATS_PLAIN || strcmp(message->subject, self->subject) == 0 ||
	    vs_failures_read(message->data, &self->tape, self->read).code != VS_E_OK)
		return;
	/* Who runs the servers may send it again for as long as its seal holds. */
	if (!vs_bus_heard_first(&self->heard, self->read->run, self->read->number))
		return;
	vs_metric_add(VS_METRIC_node_failures_received_total, (int64_t)self->read->count);
	self->options.failed(self->options.arg, self->read->rows, self->read->count);
}

/* --- life ------------------------------------------------------------------------------------- */

static vs_result
make(struct vs_failures *self)
{
	self->waiting = calloc(1, sizeof(*self->waiting));
	self->saying = calloc(1, sizeof(*self->saying));
	self->read = calloc(1, sizeof(*self->read));
	if (self->waiting == NULL || self->saying == NULL || self->read == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_random_text(self->waiting->run, sizeof(self->waiting->run));
	memcpy(self->saying->run, self->waiting->run, sizeof(self->saying->run));
	return vs_nats_serve(self->options.nats, WORD, WORD ".*", heard, self);
}

vs_result
vs_failures_new(const struct vs_failures_options *options, struct vs_failures **failures_out)
{
	struct vs_failures *self;
	vs_result r;

	assert(options != NULL && options->nats != NULL && options->failed != NULL);
	assert(vs_bus_node_is_valid(options->node));
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return VS_FAIL(NO_MEMORY);
	self->options = *options;
	self->loop = vs_nats_loop(options->nats);
	self->gap.fire = gap_is_over;
	(void)pthread_mutex_init(&self->lock, NULL);
	vs_buf_init(&self->text, TEXT_SIZE);
	vs_json_tape_init(&self->tape);
	(void)snprintf(self->subject, sizeof(self->subject), WORD ".%s", options->node);
	r = make(self);
	if (r.code != VS_E_OK)
		vs_failures_free(&self);
	else
		*failures_out = self;
	return r;
}

void
vs_failures_free(struct vs_failures **failures)
{
	struct vs_failures *self;

	assert(failures != NULL);
	self = *failures;
	if (self == NULL)
		return;
	vs_timer_cancel(self->loop, &self->gap);
	(void)pthread_mutex_destroy(&self->lock);
	vs_buf_done(&self->text);
	vs_json_tape_done(&self->tape);
	free(self->waiting);
	free(self->saying);
	free(self->read);
	free(self);
	*failures = NULL;
}
