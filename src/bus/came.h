/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sensor device, a charge point of the framed network or a driver of it has come in here: another
 * node that has an older connection of it ends that one. Said once over came.NODE, to whoever hears
 * it; one that is lost leaves two connections, of which the store takes every number once.
 */
#pragma once

#include "base/bytes.h"
#include "bus/nats.h"
#include "core/station.h"

enum vs_came_kind {
	VS_CAME_SENSOR,
	VS_CAME_CHARGE_POINT,
	VS_CAME_DRIVER,
	VS_CAME_KINDS /* must be last */
};

struct vs_came_word {
	enum vs_came_kind kind;
	char tenant[VS_CORE_TENANT_SIZE], name[VS_CORE_IDENTITY_SIZE];
};

/* Appends. */
VS_RESULT vs_came_word_write(const struct vs_came_word *word, struct vs_buf *out);
VS_RESULT vs_came_word_read(struct vs_bytes text, struct vs_came_word *word_out);

struct vs_came;

struct vs_came_options {
	struct vs_nats *nats;
	const char *node; /* borrowed: what it says itself it does not hear */
	/* It has come in at another node. In the loop. */
	void (*heard)(void *arg, const struct vs_came_word *word);
	void *arg;
};

/* In the loop's thread, or before it runs. */
VS_RESULT vs_came_new(const struct vs_came_options *options, struct vs_came **came_out);
void vs_came_free(struct vs_came **came); /* after vs_nats_free */
/* Any thread, as long as the loop is there. */
void vs_came_say(struct vs_came *came, enum vs_came_kind kind, const char *tenant,
                 const char *name);
