/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this password right? Asked in a reactor, found out elsewhere, answered in the same reactor.
 *
 * Peppered verifiers need the pepper, which is behind vs_port_pepper: one thread asks it. bcrypt
 * verifiers take tens of milliseconds each: a few threads of their own, in the order of
 * slow_queue.h, so that guessing at a bcrypt station delays no other kind. What bcrypt has found
 * right is remembered (verified.h). A password that nobody waits for any more is not checked.
 */
#pragma once

#include "central/admission.h"
#include "central/slow_queue.h"
#include "core/ports.h"
#include "event/loop.h"
#include "event/pool.h"
#include "net/throttle.h"

#define VS_VERDICT_DEADLINE_MS 10000u

struct vs_verdicts;

struct vs_verdicts_options {
	struct vs_port_pepper pepper;
	unsigned slow_threads; /* 0: half the cores */
};

/* One password under way, with all that is needed when the answer is there. Wiped when freed. */
struct vs_verdict {
	struct vs_slow_entry slow; /* first */
	struct vs_verdict *next, *previous;
	struct vs_verdicts *owner;
	struct vs_loop *loop;
	void (*finish)(struct vs_loop *loop, struct vs_verdict *verdict); /* owns it then */
	void *arg;                                                        /* the asker's own */
	uint64_t conn;                                                    /* the asker's own */
	struct vs_source source;                                          /* where it comes from */
	_Atomic bool is_gone;                                             /* vs_verdict_leave */
	bool is_right;
	bool is_slow;
	vs_result result; /* not OK: it could not be found out; is_right says nothing */
	uint64_t took_us;
	struct vs_central_basic basic;
	struct vs_central_admission admission;
	char slow_input[48]; /* base64 of a peppered verifier */
};

VS_RESULT vs_verdicts_new(const struct vs_verdicts_options *options,
                          struct vs_verdicts **verdicts_out);
/* When no loop runs any more: what is under way is wiped and never finished. */
void vs_verdicts_free(struct vs_verdicts **verdicts);

VS_RESULT vs_verdict_new(struct vs_verdict **verdict_out);
void vs_verdict_free(struct vs_verdict **verdict);
/* basic and admission are filled in (admission.needs_verdict). On OK it is owned until `finish`,
 * which never comes within this call. BUSY: it is still the caller's; *retry_ms_out says how long
 * what waits already takes. */
VS_RESULT vs_verdict_ask(struct vs_verdicts *verdicts, struct vs_verdict *verdict, uint64_t now_ms,
                         uint64_t *retry_ms_out);
/* Nobody waits for it any more: it is not checked if it has not begun. `finish` still comes. */
void vs_verdict_leave(struct vs_verdict *verdict);
