/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a station must not lose: TransactionEvents and critical security events, in the order in
 * which they happened, until each is answered (OCPP 2.0.1 E04, E12, E13; A04).
 *
 * A message keeps its id on every transmission. After a timeout or a CALLERROR it is sent again
 * when MessageAttemptInterval times the number of transmissions so far has passed, MessageAttempts
 * times in all; then it is discarded and counted. A connection that ends is no failed attempt. Low
 * memory (E04.FR.07 and its kin): every other Updated may be dropped, Started and Ended never. A
 * transaction that has begun has a place reserved for its end. Pure: time is an argument; entries
 * are the only memory.
 */
#pragma once

#include "base/bytes.h"
#include "base/limits.h"

enum vs_sim_event {
	VS_SIM_EVENT_STARTED,
	VS_SIM_EVENT_UPDATED,
	VS_SIM_EVENT_ENDED,
	VS_SIM_EVENT_SECURITY,
	VS_SIM_EVENT_METER, /* MeterValues outside a transaction, when QueueAllMessages says so;
	                       dropped like Updated */
};

/* OCPP 1.6 numbers no events. */
#define VS_SIM_NO_SEQUENCE UINT32_MAX

#define VS_SIM_ID_SIZE 37 /* of a message or a transaction, with the NUL */

/* What is known of a message besides its bytes: enough to find it in the daemon's store. */
struct vs_sim_entry {
	char id[VS_SIM_ID_SIZE];
	char transaction_id[VS_SIM_ID_SIZE]; /* "" for a security event */
	enum vs_sim_event event;
	uint32_t sequence;
	uint16_t meter_values;
	uint16_t attempts; /* transmissions that were answered by an error or not at all */
	uint64_t not_before_ms;
	uint8_t evse;              /* who has to hear what was answered */
	const char *security_type; /* static text; NULL unless it is a security event */
	int64_t wall_ms;           /* when it happened */
};

struct vs_sim_queued; /* an entry and its frame */

struct vs_sim_queue {
	struct vs_sim_queued *first, *last;
	uint32_t count;
	uint32_t reserved; /* ends that are still to come */
	uint32_t count_max;
	uint64_t dropped;   /* Updated, for want of memory */
	uint64_t discarded; /* after the last attempt: lost */
	bool is_in_flight;  /* the first one is sent and not answered */
};

struct vs_sim_retry_rule {
	uint32_t attempts; /* at least 1 */
	uint32_t interval_s;
};

void vs_sim_queue_init(struct vs_sim_queue *queue, uint32_t count_max);
void vs_sim_queue_done(struct vs_sim_queue *queue);

/* Is there room for the start and the end of one more transaction? */
bool vs_sim_queue_can_begin(const struct vs_sim_queue *queue);
/* Both are copied. BUSY: no room, an Updated is counted as dropped; an Ended always has room. */
VS_RESULT vs_sim_queue_push(struct vs_sim_queue *queue, const struct vs_sim_entry *entry,
                            struct vs_bytes frame);

/* The message to send now, NULL when there is none or one is in flight. Valid until the queue
 * changes. */
const struct vs_sim_entry *vs_sim_queue_peek(const struct vs_sim_queue *queue, uint64_t now_ms,
                                             struct vs_bytes *frame_out);
/* When there is something to send; UINT64_MAX when there is nothing or one is in flight. */
uint64_t vs_sim_queue_due(const struct vs_sim_queue *queue);
void vs_sim_queue_sent(struct vs_sim_queue *queue);
/* The message in flight, NULL when there is none. */
const struct vs_sim_entry *vs_sim_queue_in_flight(const struct vs_sim_queue *queue);
/* It was answered: it leaves the queue. */
void vs_sim_queue_answered(struct vs_sim_queue *queue, struct vs_sim_entry *entry_out);
/* It timed out or was answered by an error. True: that was the last attempt, it is lost and in
 * *entry_out. */
bool vs_sim_queue_failed(struct vs_sim_queue *queue, const struct vs_sim_retry_rule *rule,
                         uint64_t now_ms, struct vs_sim_entry *entry_out);
/* The connection is gone: it will be sent again, as if it had not been. */
void vs_sim_queue_unsent(struct vs_sim_queue *queue);
/* OCPP 1.6 gives a transaction its number in the answer to its start: what waits for it is of `to`
 * from now on, and where its frame leaves room for the number (VS_SIM_NUMBER_ROOM) it is filled in.
 */
#define VS_SIM_NUMBER_ROOM "-1         "
void vs_sim_queue_number(struct vs_sim_queue *queue, const char *from, const char *to);
/* Are messages of this transaction waiting? */
bool vs_sim_queue_holds(const struct vs_sim_queue *queue, const char *transaction_id);
