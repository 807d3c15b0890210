/* SPDX-License-Identifier: Apache-2.0 */
#include "central/verdict.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/metric.h"
#include "central/verified.h"
#include "crypto/digest.h"
#include "crypto/password.h"
#include "crypto/pwhash.h"
#include "wire/base64.h"

#define FAST_THREADS  1u
#define FAST_RETRY_MS 1000u

/* Bytes of an AuthorizationKey (OCPP 1.6 security whitepaper). */
#define AUTHORIZATION_KEY_SIZE_MIN 16u
#define AUTHORIZATION_KEY_SIZE     20u

struct vs_verdicts {
	struct vs_port_pepper pepper;
	struct vs_pool *fast, *slow;
	pthread_mutex_t lock;
	struct vs_slow_queue queue;   /* under lock */
	struct vs_verified *verified; /* under lock */
	struct vs_verdict *all;       /* under lock: under way */
	size_t count;                 /* under lock */
};

static void
lock(struct vs_verdicts *verdicts)
{
	int error = pthread_mutex_lock(&verdicts->lock);

	assert(error == 0);
	(void)error;
}

static void
unlock(struct vs_verdicts *verdicts)
{
	(void)pthread_mutex_unlock(&verdicts->lock);
}

/* --- one verdict ------------------------------------------------------------------------------ */

vs_result
vs_verdict_new(struct vs_verdict **verdict_out)
{
	struct vs_verdict *verdict;

	assert(verdict_out != NULL);
	verdict = calloc(1, sizeof(*verdict));
	if (verdict == NULL)
		return VS_FAIL(NO_MEMORY);
	*verdict_out = verdict;
	return VS_OK;
}

void
vs_verdict_free(struct vs_verdict **verdict)
{
	assert(verdict != NULL);
	if (*verdict == NULL)
		return;
	explicit_bzero(*verdict, sizeof(**verdict));
	free(*verdict);
	*verdict = NULL;
}

/* Under lock. */
static void
enlist(struct vs_verdicts *verdicts, struct vs_verdict *verdict)
{
	verdict->owner = verdicts;
	verdict->previous = NULL;
	verdict->next = verdicts->all;
	if (verdicts->all != NULL)
		verdicts->all->previous = verdict;
	verdicts->all = verdict;
	verdicts->count++;
}

/* Under lock. */
static void
unlist(struct vs_verdict *verdict)
{
	struct vs_verdicts *verdicts = verdict->owner;

	if (verdict->next != NULL)
		verdict->next->previous = verdict->previous;
	if (verdict->previous != NULL)
		verdict->previous->next = verdict->next;
	else
		verdicts->all = verdict->next;
	verdicts->count--;
}

/* In the asker's loop. */
static void
hand_over(struct vs_loop *loop, struct vs_verdict *verdict)
{
	struct vs_verdicts *verdicts = verdict->owner;

	lock(verdicts);
	unlist(verdict);
	unlock(verdicts);
	/* Nobody needs the password any more, right or wrong. */
	explicit_bzero(&verdict->basic, sizeof(verdict->basic));
	explicit_bzero(verdict->slow_input, sizeof(verdict->slow_input));
	verdict->finish(loop, verdict);
}

static void
hand_over_mail(struct vs_loop *loop, void *argument)
{
	hand_over(loop, argument);
}

/* --- the checks themselves: in a pool thread ---------------------------------------------------
 */

/* What cannot be a password of ours is wrong; what could not be asked is not. */
static void
set_result(struct vs_verdict *verdict, vs_result r)
{
	bool is_answer = r.code == VS_E_OK || r.code == VS_E_NOT_AUTHENTIC ||
	                 r.code == VS_E_BAD_VALUE || r.code == VS_E_TOO_LONG;

	verdict->is_right = r.code == VS_E_OK;
	verdict->result = is_answer ? VS_OK : r;
}

static vs_result
ask_pepper(const struct vs_verdict *verdict, const struct vs_core_station *subject,
           uint32_t version, struct vs_bytes password,
           uint8_t verifier[static VS_CORE_PEPPERED_SIZE])
{
	const struct vs_port_pepper *pepper = &verdict->owner->pepper;
	const struct vs_central_admission *admission = &verdict->admission;

	return pepper->verifier(
	    pepper->self, version,
	    vs_bytes_from_text(subject != NULL ? subject->tenant : VS_CORE_TENANT_DEFAULT),
	    vs_bytes_from_text(admission->claimed), password, verifier, NULL);
}

/* The forms in which a station may send what we know as bytes: some decode the AuthorizationKey of
 * OCPP 1.6, 32 to 40 hexadecimal digits, and send its bytes, some send the digits. */
static size_t
forms_of(struct vs_bytes password, struct vs_bytes forms[static 2],
         uint8_t room[static 2 * AUTHORIZATION_KEY_SIZE + 1])
{
	size_t size = 0;

	forms[0] = password;
	if (password.size >= AUTHORIZATION_KEY_SIZE_MIN &&
	    password.size <= AUTHORIZATION_KEY_SIZE) {
		(void)vs_hex_encode(password, (char *)room, 2 * AUTHORIZATION_KEY_SIZE + 1);
		size = 2 * password.size;
	} else if (password.size >= 2 * AUTHORIZATION_KEY_SIZE_MIN &&
	           password.size <= 2 * AUTHORIZATION_KEY_SIZE) {
		if (vs_hex_decode(password, room, AUTHORIZATION_KEY_SIZE, &size).code != VS_E_OK)
			return 1;
	}
	forms[1] = vs_bytes_from(room, size);
	return size > 0 ? 2 : 1;
}

/* Compares with all that may be right, never stopping at the first: how long it takes says nothing.
 */
static vs_result
compare_peppered(struct vs_verdict *verdict, const struct vs_core_station *subject,
                 struct vs_bytes password, bool *is_current_out, bool *is_next_out)
{
	static const uint8_t dummy[VS_CORE_PEPPERED_SIZE];
	bool has_current = subject != NULL && subject->has_verifier &&
	                   subject->verifier_kind == VS_CORE_VERIFIER_PEPPERED;
	bool has_next = subject != NULL && subject->has_next_verifier;
	uint8_t verifier[VS_CORE_PEPPERED_SIZE];
	uint32_t version = subject != NULL ? subject->pepper_version : 0;
	bool is_equal;

	VS_TRY(ask_pepper(verdict, subject, version, password, verifier));
	is_equal =
	    vs_crypto_equal(verifier, has_current ? subject->verifier : dummy, sizeof(verifier));
	*is_current_out |= is_equal && has_current;
	if (has_next && subject->next_pepper_version != version)
		VS_TRY(
		    ask_pepper(verdict, subject, subject->next_pepper_version, password, verifier));
	is_equal =
	    vs_crypto_equal(verifier, has_next ? subject->next_verifier : dummy, sizeof(verifier));
	*is_next_out |= is_equal && has_next;
	explicit_bzero(verifier, sizeof(verifier));
	return VS_OK;
}

/* NOT_AUTHENTIC: neither the password nor the next one. */
static vs_result
check_peppered(struct vs_verdict *verdict, const struct vs_core_station *subject)
{
	uint8_t room[2 * AUTHORIZATION_KEY_SIZE + 1];
	struct vs_bytes forms[2];
	size_t count = forms_of(verdict->basic.password, forms, room);
	bool is_current = false, is_next = false;
	vs_result r = VS_OK;

	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = compare_peppered(verdict, subject, forms[i], &is_current, &is_next);
	explicit_bzero(room, sizeof(room));
	if (r.code != VS_E_OK)
		return r;
	verdict->admission.proof.is_next_verifier = is_next;
	return is_current || is_next ? VS_OK : VS_FAIL(NOT_AUTHENTIC);
}

/* The same work whether there is a station to compare with or not. */
static vs_result
run_fast(void *argument)
{
	struct vs_verdict *verdict = argument;
	const struct vs_core_station *subject = vs_central_admission_subject(&verdict->admission);

	if (atomic_load(&verdict->is_gone))
		return VS_FAIL(TIMEOUT);
	set_result(verdict, check_peppered(verdict, subject));
	vs_metric_add(VS_METRIC_verdicts_fast_total, 1);
	return VS_OK;
}

/* bcrypt stops at a NUL and at 72 bytes: what a person chose is hashed as the base64 of its
 * peppered verifier instead. */
static vs_result
hash_and_compare(struct vs_verdict *verdict, const struct vs_core_station *subject)
{
	const char *text = (const char *)subject->verifier;
	uint8_t verifier[VS_CORE_PEPPERED_SIZE];
	size_t size;

	if (subject->verifier_kind == VS_CORE_VERIFIER_BCRYPT_RAW)
		return vs_pwhash_check(verdict->basic.password, text);
	VS_TRY(ask_pepper(verdict, subject, subject->pepper_version, verdict->basic.password,
	                  verifier));
	size = vs_base64_encode(VS_BASE64, vs_bytes_from(verifier, sizeof(verifier)),
	                        verdict->slow_input, sizeof(verdict->slow_input));
	explicit_bzero(verifier, sizeof(verifier));
	return vs_pwhash_check(vs_bytes_from(verdict->slow_input, size), text);
}

static vs_result
run_slow(void *argument)
{
	struct vs_verdict *verdict = argument;
	const struct vs_core_station *subject = &verdict->admission.station;
	vs_result r = VS_FAIL(NOT_AUTHENTIC);
	uint64_t begin_us = vs_clock_mono_us();

	if (atomic_load(&verdict->is_gone))
		return VS_FAIL(TIMEOUT);
	/* The next password is one of ours and cheap to look at. */
	if (subject->has_next_verifier)
		r = check_peppered(verdict, subject);
	if (r.code == VS_E_NOT_AUTHENTIC)
		r = hash_and_compare(verdict, subject);
	set_result(verdict, r);
	verdict->took_us = vs_clock_mono_us() - begin_us + 1;
	vs_metric_add(VS_METRIC_verdicts_slow_total, 1);
	return VS_OK;
}

/* --- the slow ones take turns ------------------------------------------------------------------
 */

static void pump(struct vs_verdicts *verdicts, uint64_t now_ms);

static void
slow_finished(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_verdict *verdict = argument;
	struct vs_verdicts *verdicts = verdict->owner;
	uint64_t now_ms = vs_clock_mono_ms();

	if (result.code != VS_E_OK) {
		verdict->result = result;
		vs_metric_add(VS_METRIC_verdicts_dropped_total, 1);
	}
	lock(verdicts);
	vs_slow_queue_done(&verdicts->queue, &verdict->slow, verdict->took_us);
	if (verdict->is_right && !verdict->admission.proof.is_next_verifier)
		vs_verified_add(verdicts->verified, &verdict->admission.station,
		                verdict->basic.password, now_ms);
	unlock(verdicts);
	pump(verdicts, now_ms);
	hand_over(loop, verdict);
}

/* Begin what may begin; give back what came too late. A full mailbox keeps a late one: then it is
 * freed with the rest, and its connection ends by its own deadline. */
static void
pump(struct vs_verdicts *verdicts, uint64_t now_ms)
{
	struct vs_verdict *verdict;
	bool is_late;

	for (;;) {
		vs_result r = VS_FAIL(TIMEOUT);

		lock(verdicts);
		verdict = (struct vs_verdict *)(void *)vs_slow_queue_next(&verdicts->queue, now_ms,
		                                                          &is_late);
		if (verdict != NULL && !is_late)
			r = vs_pool_submit(verdicts->slow, verdict->loop, VS_VERDICT_DEADLINE_MS,
			                   run_slow, slow_finished, verdict);
		if (verdict != NULL && !is_late && r.code != VS_E_OK)
			vs_slow_queue_done(&verdicts->queue, &verdict->slow, 0);
		unlock(verdicts);
		if (verdict == NULL)
			return;
		if (r.code == VS_E_OK)
			continue;
		vs_metric_add(VS_METRIC_verdicts_dropped_total, 1);
		verdict->result = r;
		if (vs_loop_post(verdict->loop, hand_over_mail, verdict).code != VS_E_OK)
			atomic_store(&verdict->is_gone, true);
	}
}

/* --- asking ------------------------------------------------------------------------------------
 */

static void
fast_finished(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_verdict *verdict = argument;

	if (result.code != VS_E_OK) {
		verdict->result = result;
		vs_metric_add(VS_METRIC_verdicts_dropped_total, 1);
	}
	hand_over(loop, verdict);
}

static vs_result
ask_slow(struct vs_verdicts *verdicts, struct vs_verdict *verdict, uint64_t now_ms,
         uint64_t *retry_ms_out)
{
	const struct vs_core_station *station = &verdict->admission.station;
	vs_result r = VS_OK;

	verdict->is_slow = true;
	verdict->slow.identity = vs_hash(vs_bytes_from_text(station->identity));
	verdict->slow.source =
	    vs_hash(vs_bytes_from(verdict->source.address, sizeof(verdict->source.address)));
	verdict->slow.is_trusted = verdict->source.is_trusted;
	verdict->slow.due_ms = now_ms + VS_VERDICT_DEADLINE_MS;
	lock(verdicts);
	enlist(verdicts, verdict);
	verdict->is_right =
	    vs_verified_find(verdicts->verified, station, verdict->basic.password, now_ms);
	if (!verdict->is_right)
		r = vs_slow_queue_add(&verdicts->queue, &verdict->slow, retry_ms_out);
	if (r.code != VS_E_OK)
		unlist(verdict);
	unlock(verdicts);
	if (r.code != VS_E_OK)
		return r;
	if (!verdict->is_right) {
		pump(verdicts, now_ms);
		return VS_OK;
	}
	vs_metric_add(VS_METRIC_verdicts_remembered_total, 1);
	r = vs_loop_post(verdict->loop, hand_over_mail, verdict);
	if (r.code != VS_E_OK) {
		lock(verdicts);
		unlist(verdict);
		unlock(verdicts);
	}
	return r;
}

static vs_result
ask_fast(struct vs_verdicts *verdicts, struct vs_verdict *verdict)
{
	vs_result r;

	lock(verdicts);
	enlist(verdicts, verdict);
	unlock(verdicts);
	r = vs_pool_submit(verdicts->fast, verdict->loop, VS_VERDICT_DEADLINE_MS, run_fast,
	                   fast_finished, verdict);
	if (r.code != VS_E_OK) {
		lock(verdicts);
		unlist(verdict);
		unlock(verdicts);
	}
	return r;
}

vs_result
vs_verdict_ask(struct vs_verdicts *verdicts, struct vs_verdict *verdict, uint64_t now_ms,
               uint64_t *retry_ms_out)
{
	const struct vs_core_station *subject;

	assert(verdicts != NULL && verdict != NULL && verdict->loop != NULL &&
	       verdict->finish != NULL && retry_ms_out != NULL);
	subject = vs_central_admission_subject(&verdict->admission);
	*retry_ms_out = FAST_RETRY_MS;
	if (subject != NULL && subject->has_verifier &&
	    subject->verifier_kind != VS_CORE_VERIFIER_PEPPERED)
		return ask_slow(verdicts, verdict, now_ms, retry_ms_out);
	return ask_fast(verdicts, verdict);
}

void
vs_verdict_leave(struct vs_verdict *verdict)
{
	struct vs_verdicts *verdicts = verdict->owner;

	atomic_store(&verdict->is_gone, true);
	if (!verdict->is_slow)
		return;
	lock(verdicts);
	verdict->slow.due_ms = 0;
	unlock(verdicts);
	pump(verdicts, vs_clock_mono_ms());
}

/* --- life --------------------------------------------------------------------------------------
 */

static unsigned
half_the_cores(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores > 3 ? (unsigned)cores / 2 : 1;
}

vs_result
vs_verdicts_new(const struct vs_verdicts_options *options, struct vs_verdicts **verdicts_out)
{
	struct vs_verdicts *verdicts;
	unsigned threads;
	vs_result r;

	assert(options != NULL && options->pepper.verifier != NULL && verdicts_out != NULL);
	threads = options->slow_threads != 0 ? options->slow_threads : half_the_cores();
	verdicts = calloc(1, sizeof(*verdicts));
	if (verdicts == NULL)
		return VS_FAIL(NO_MEMORY);
	verdicts->pepper = options->pepper;
	(void)pthread_mutex_init(&verdicts->lock, NULL);
	vs_slow_queue_init(&verdicts->queue, threads);
	r = vs_verified_new(VS_LIMIT_VERIFIED, &verdicts->verified);
	if (r.code == VS_E_OK)
		r = vs_pool_new(FAST_THREADS, VS_LIMIT_VERDICTS, &verdicts->fast);
	if (r.code == VS_E_OK)
		r = vs_pool_new(threads, VS_LIMIT_SLOW_VERDICTS, &verdicts->slow);
	if (r.code != VS_E_OK) {
		vs_verdicts_free(&verdicts);
		return r;
	}
	*verdicts_out = verdicts;
	return VS_OK;
}

void
vs_verdicts_free(struct vs_verdicts **verdicts)
{
	assert(verdicts != NULL);
	if (*verdicts == NULL)
		return;
	vs_pool_free(&(*verdicts)->fast);
	vs_pool_free(&(*verdicts)->slow);
	while ((*verdicts)->all != NULL) {
		struct vs_verdict *verdict = (*verdicts)->all;

		(*verdicts)->all = verdict->next;
		vs_verdict_free(&verdict);
	}
	vs_verified_free(&(*verdicts)->verified);
	(void)pthread_mutex_destroy(&(*verdicts)->lock);
	free(*verdicts);
	*verdicts = NULL;
}
