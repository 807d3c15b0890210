/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/came.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/member.h"
#include "bus/subject.h"

#define WORD         "came"
#define SUBJECT_SIZE (sizeof(WORD) + 1 + VS_BUS_NODE_SIZE)
#define NODES        16
#define KIND_SIZE    16

struct vs_came {
	struct vs_came_options options;
	struct vs_loop *loop;
	char subject[SUBJECT_SIZE];
	struct vs_buf text;
};

static const char *const kinds[VS_CAME_KINDS] = {[VS_CAME_SENSOR] = "sensor",
                                                 [VS_CAME_CHARGE_POINT] = "charge_point",
                                                 [VS_CAME_DRIVER] = "driver"};

/* --- words ------------------------------------------------------------------------------------ */

vs_result
vs_came_word_write(const struct vs_came_word *word, struct vs_buf *out)
{
	struct vs_json_writer json;

	assert(word != NULL && word->kind < VS_CAME_KINDS);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "what", kinds[word->kind]);
	vs_bus_write_text(&json, "tenant", word->tenant);
	vs_bus_write_text(&json, "name", word->name);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_came_word_read(struct vs_bytes text, struct vs_came_word *word_out)
{
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *root;
	struct vs_json_tape tape;
	struct vs_came_word word = {.kind = VS_CAME_KINDS};
	char kind[KIND_SIZE];

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	root = vs_json_root(&tape);
	VS_TRY(vs_bus_read_text(&tape, root, "what", kind, sizeof(kind)));
	VS_TRY(vs_bus_read_text(&tape, root, "tenant", word.tenant, sizeof(word.tenant)));
	VS_TRY(vs_bus_read_text(&tape, root, "name", word.name, sizeof(word.name)));
	for (int i = 0; i < VS_CAME_KINDS; i++)
		if (strcmp(kinds[i], kind) == 0)
			word.kind = (enum vs_came_kind)i;
	if (word.kind == VS_CAME_KINDS || word.tenant[0] == '\0' || word.name[0] == '\0')
		return VS_FAIL(BAD_VALUE);
	*word_out = word;
	return VS_OK;
}

/* --- in the loop ------------------------------------------------------------------------------ */

struct mail {
	struct vs_came *came;
	struct vs_came_word word;
};

static void
say(struct vs_loop *loop, void *argument)
{
	struct mail *mail = argument;
	struct vs_came *came = mail->came;
	vs_result r;

	(void)loop;
	vs_buf_reset(&came->text);
	r = vs_came_word_write(&mail->word, &came->text);
	/* NATS is away: nobody is told, and nothing is lost by it. */
	if (r.code == VS_E_OK)
		(void)vs_nats_publish(came->options.nats, came->subject, vs_buf_view(&came->text))
		    .code;
	free(mail);
}

static void
heard(const struct vs_nats_message *message, void *arg)
{
	const struct vs_came *came = arg;
	struct vs_came_word word;

	if (message->mark != VS_NATS_PLAIN || strcmp(message->subject, came->subject) == 0 ||
	    vs_came_word_read(message->data, &word).code != VS_E_OK)
		return;
	came->options.heard(came->options.arg, &word);
}

/* --- any thread ------------------------------------------------------------------------------- */

void
vs_came_say(struct vs_came *came, enum vs_came_kind kind, const char *tenant, const char *name)
{
	struct mail *mail = calloc(1, sizeof(*mail));

	assert(came != NULL && kind < VS_CAME_KINDS);
	if (mail == NULL)
		return;
	mail->came = came;
	mail->word.kind = kind;
	(void)snprintf(mail->word.tenant, sizeof(mail->word.tenant), "%s", tenant);
	(void)snprintf(mail->word.name, sizeof(mail->word.name), "%s", name);
	if (vs_loop_post(came->loop, say, mail).code != VS_E_OK)
		free(mail);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_came_new(const struct vs_came_options *options, struct vs_came **came_out)
{
	struct vs_came *came;
	vs_result r;

	assert(options != NULL && options->nats != NULL && options->heard != NULL);
	assert(vs_bus_node_is_valid(options->node));
	came = calloc(1, sizeof(*came));
	if (came == NULL)
		return VS_FAIL(NO_MEMORY);
	came->options = *options;
	came->loop = vs_nats_loop(options->nats);
	vs_buf_init(&came->text, VS_LIMIT_BUS_MESSAGE_SIZE);
	(void)snprintf(came->subject, sizeof(came->subject), WORD ".%s", options->node);
	r = vs_nats_serve(options->nats, WORD, WORD ".*", heard, came);
	if (r.code != VS_E_OK)
		vs_came_free(&came);
	else
		*came_out = came;
	return r;
}

void
vs_came_free(struct vs_came **came)
{
	if (*came == NULL)
		return;
	vs_buf_done(&(*came)->text);
	free(*came);
	*came = NULL;
}
