/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/control.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "wire/json.h"

#define ANSWER_MS  2000u
#define WORD_SIZE  512u
#define NODES      16
#define OVER_S_MAX 86400

static const char *const words[VS_CONTROL_KINDS] = {
    [VS_CONTROL_ENDED] = "ended", [VS_CONTROL_DRAIN] = "drain", [VS_CONTROL_RESUME] = "resume"};

struct vs_control {
	struct vs_control_options options;
	struct vs_buf text; /* of one message */
};

/* A question on its way: its address is the request's token, and it is freed by the answer. */
struct asked {
	struct vs_control *control;
	char node[VS_BUS_NODE_SIZE];
	struct vs_control_word word;
	void (*said)(void *arg, vs_result result, const char *fault);
	void *arg;
};

/* --- words ------------------------------------------------------------------------------------ */

vs_result
vs_control_word_write(const struct vs_control_word *word, struct vs_buf *out)
{
	struct vs_json_writer json;

	assert(word != NULL && word->kind < VS_CONTROL_KINDS);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "do");
	vs_json_write_text(&json, words[word->kind]);
	if (word->kind == VS_CONTROL_ENDED) {
		vs_json_write_key(&json, "id");
		vs_json_write_text(&json, word->id);
	} else if (word->kind == VS_CONTROL_DRAIN) {
		vs_json_write_key(&json, "over_s");
		vs_json_write_int(&json, word->over_s);
	}
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_control_word_read(struct vs_bytes text, struct vs_control_word *word_out)
{
	struct vs_control_word word = {.kind = VS_CONTROL_ENDED};
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *root, *what;
	struct vs_json_tape tape;
	int64_t over_s = 0;

	assert(word_out != NULL);
	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	root = vs_json_root(&tape);
	what = vs_json_member(&tape, root, "do");
	while (word.kind < VS_CONTROL_KINDS && !vs_json_is(&tape, what, words[word.kind]))
		word.kind++;
	if (word.kind == VS_CONTROL_KINDS)
		return VS_FAIL(UNKNOWN_TYPE);
	if (word.kind == VS_CONTROL_ENDED)
		VS_TRY(vs_json_copy_text(&tape, vs_json_member(&tape, root, "id"), word.id,
		                         sizeof(word.id)));
	if (word.kind == VS_CONTROL_DRAIN)
		VS_TRY(vs_json_int(&tape, vs_json_member(&tape, root, "over_s"), &over_s));
	if (over_s < 0 || over_s > OVER_S_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	word.over_s = (uint32_t)over_s;
	*word_out = word;
	return VS_OK;
}

/* --- saying it -------------------------------------------------------------------------------- */

static vs_result
prepare(struct vs_control *control, const char *node, const struct vs_control_word *word,
        char subject[static VS_BUS_SUBJECT_SIZE])
{
	if (!vs_bus_node_is_valid(node))
		return VS_FAIL(NOT_FOUND);
	VS_TRY(vs_bus_subject_of_node(VS_BUS_CONTROL, node, subject));
	vs_buf_reset(&control->text);
	return vs_control_word_write(word, &control->text);
}

/* At most once: who waits for the end of a command looks at its row, too. */
void
vs_control_tell(struct vs_control *control, const char *node, const struct vs_control_word *word)
{
	char subject[VS_BUS_SUBJECT_SIZE];

	if (prepare(control, node, word, subject).code == VS_E_OK)
		(void)vs_nats_publish(control->options.nats, subject, vs_buf_view(&control->text));
}

static void
answered(vs_result r, struct vs_bytes data, void *arg, uint64_t token)
{
	struct asked *asked = (struct asked *)(uintptr_t)token;
	struct vs_bus_answer answer = {.said = r};

	(void)arg;
	if (r.code == VS_E_OK)
		r = vs_bus_answer_read(data, &answer);
	if (r.code != VS_E_OK)
		answer.said = r;
	asked->said(asked->arg, answer.said, answer.fault);
	free(asked);
}

static void
ask(struct vs_loop *loop, void *argument)
{
	struct asked *asked = argument;
	struct vs_control *control = asked->control;
	char subject[VS_BUS_SUBJECT_SIZE];
	vs_result r = prepare(control, asked->node, &asked->word, subject);

	(void)loop;
	if (r.code == VS_E_OK) {
		const struct vs_nats_request request = {.subject = subject,
		                                        .data = vs_buf_view(&control->text),
		                                        .timeout_ms = control->options.answer_ms,
		                                        .done = answered,
		                                        .arg = control,
		                                        .token = (uint64_t)(uintptr_t)asked};

		r = vs_nats_ask(control->options.nats, &request);
	}
	if (r.code != VS_E_OK) {
		asked->said(asked->arg, r, "");
		free(asked);
	}
}

vs_result
vs_control_ask(struct vs_control *control, const char *node, const struct vs_control_word *word,
               void (*said)(void *arg, vs_result result, const char *fault), void *arg)
{
	struct asked *asked;
	vs_result r;

	assert(control != NULL && word != NULL && said != NULL);
	if (!vs_bus_node_is_valid(node))
		return VS_FAIL(NOT_FOUND);
	if (!vs_nats_is_connected(control->options.nats))
		return VS_FAIL(BUS_UNAVAILABLE);
	asked = calloc(1, sizeof(*asked));
	if (asked == NULL)
		return VS_FAIL(NO_MEMORY);
	asked->control = control;
	asked->word = *word;
	asked->said = said;
	asked->arg = arg;
	vs_text_copy(node, asked->node, sizeof(asked->node));
	r = vs_loop_post(vs_nats_loop(control->options.nats), ask, asked);
	if (r.code != VS_E_OK)
		free(asked);
	return r;
}

/* --- hearing it ------------------------------------------------------------------------------- */

static void
take(const struct vs_nats_message *message, void *arg)
{
	struct vs_control *control = arg;
	struct vs_bus_answer answer = {.said = VS_OK};
	struct vs_control_word word;

	answer.said = vs_control_word_read(message->data, &word);
	if (answer.said.code == VS_E_OK)
		answer.said = control->options.heard(control->options.arg, &word);
	if (message->reply[0] == '\0')
		return;
	vs_buf_reset(&control->text);
	if (vs_bus_answer_write(&answer, &control->text).code == VS_E_OK)
		(void)vs_nats_publish(control->options.nats, message->reply,
		                      vs_buf_view(&control->text));
}

/* --- life ------------------------------------------------------------------------------------- */

static vs_result
listen_to_it(struct vs_control *control)
{
	char subject[VS_BUS_SUBJECT_SIZE];

	VS_TRY(vs_bus_subject_of_node(VS_BUS_CONTROL, control->options.node, subject));
	return vs_nats_serve(control->options.nats, "ctl", subject, take, control);
}

vs_result
vs_control_new(const struct vs_control_options *options, struct vs_control **control_out)
{
	struct vs_control *control;
	vs_result r;

	assert(options != NULL && options->nats != NULL && options->heard != NULL);
	control = calloc(1, sizeof(*control));
	if (control == NULL)
		return VS_FAIL(NO_MEMORY);
	control->options = *options;
	if (control->options.answer_ms == 0)
		control->options.answer_ms = ANSWER_MS;
	vs_buf_init(&control->text, WORD_SIZE);
	r = listen_to_it(control);
	if (r.code != VS_E_OK) {
		vs_control_free(&control);
		return r;
	}
	*control_out = control;
	return VS_OK;
}

void
vs_control_free(struct vs_control **control)
{
	if (control == NULL || *control == NULL)
		return;
	vs_buf_done(&(*control)->text);
	free(*control);
	*control = NULL;
}
