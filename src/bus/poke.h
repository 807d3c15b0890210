/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes tell each other that something was changed, so that the others look at once and not when
 * their time has come (store/feed.h). What was changed is not said: it stands in the store. At most
 * once; a poke that is lost costs the others what they wait between two looks.
 */
#pragma once

#include "bus/nats.h"

#define VS_POKE_GAP_MS 20 /* what is said within it is said once, at its end */

struct vs_poke;

struct vs_poke_options {
	struct vs_nats *nats;
	const char *node;         /* borrowed: what it says itself it does not hear */
	void (*poked)(void *arg); /* another node has changed something; in the loop */
	void *arg;
};

VS_RESULT vs_poke_new(const struct vs_poke_options *options, struct vs_poke **poke_out);
void vs_poke_free(struct vs_poke **poke); /* after vs_nats_free */
/* Something was changed and is committed. Any thread, as long as the loop is there. */
void vs_poke_say(struct vs_poke *poke);
