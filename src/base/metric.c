/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

/*
 * Each thread writes only its own block, so that an addition is a plain load and store and no cache
 * line travels. The block lives in the thread's own storage; when the thread ends it is folded into
 * `ended`.
 */
struct block {
	struct block *next;
	struct block *previous;
	_Atomic int64_t values[VS_METRIC_COUNT];
};

static struct {
	pthread_mutex_t lock;
	pthread_once_t once;
	pthread_key_t key;
	_Atomic int has_key;
	struct block *first;
	_Atomic int64_t ended[VS_METRIC_COUNT];
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

static _Thread_local struct block own_block;
static _Thread_local enum { UNKNOWN, REGISTERED, SHARED } own_state;

static const struct {
	const char *name;
	const char *labels;
	const char *help;
	enum vs_metric_kind kind;
} rows[VS_METRIC_COUNT] = {
#define VS_METRIC(name, kind, help) {#name, "", help, VS_METRIC_##kind},
#define VS_RATELIMIT(layer, reason, help)                                                          \
	{"ratelimit_total", "layer=\"" #layer "\",reason=\"" #reason "\"",                         \
	 "what a limit refused or held back, by layer and reason", VS_METRIC_COUNTER},
#include "base/metrics.def"
#undef VS_METRIC
};

/* Runs in the ending thread, whose storage is still there. */
static void
fold_block(void *memory)
{
	struct block *block = memory;

	(void)pthread_mutex_lock(&registry.lock);
	for (size_t i = 0; i < VS_METRIC_COUNT; i++) {
		int64_t value = atomic_load_explicit(&block->values[i], memory_order_relaxed);

		(void)atomic_fetch_add_explicit(&registry.ended[i], value, memory_order_relaxed);
		atomic_store_explicit(&block->values[i], 0, memory_order_relaxed);
	}
	if (block->previous != NULL)
		block->previous->next = block->next;
	else
		registry.first = block->next;
	if (block->next != NULL)
		block->next->previous = block->previous;
	(void)pthread_mutex_unlock(&registry.lock);
	own_state = SHARED; /* another destructor may still count something */
}

static void
make_key(void)
{
	atomic_store(&registry.has_key, pthread_key_create(&registry.key, fold_block) == 0);
}

static void
register_block(void)
{
	(void)pthread_once(&registry.once, make_key);
	own_state = SHARED;
	if (!atomic_load(&registry.has_key) || pthread_setspecific(registry.key, &own_block) != 0)
		return;
	(void)pthread_mutex_lock(&registry.lock);
	own_block.previous = NULL;
	own_block.next = registry.first;
	if (registry.first != NULL)
		registry.first->previous = &own_block;
	registry.first = &own_block;
	(void)pthread_mutex_unlock(&registry.lock);
	own_state = REGISTERED;
}

void
vs_metric_add(enum vs_metric metric, int64_t amount)
{
	_Atomic int64_t *value = &own_block.values[metric];

	assert((unsigned)metric < VS_METRIC_COUNT);
	if (own_state == UNKNOWN)
		register_block();
	if (own_state == SHARED) {
		(void)atomic_fetch_add_explicit(&registry.ended[metric], amount,
		                                memory_order_relaxed);
		return;
	}
	atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + amount,
	                      memory_order_relaxed);
}

int64_t
vs_metric_read(enum vs_metric metric)
{
	int64_t sum;

	assert((unsigned)metric < VS_METRIC_COUNT);
	(void)pthread_mutex_lock(&registry.lock);
	sum = atomic_load_explicit(&registry.ended[metric], memory_order_relaxed);
	for (struct block *block = registry.first; block != NULL; block = block->next)
		sum += atomic_load_explicit(&block->values[metric], memory_order_relaxed);
	(void)pthread_mutex_unlock(&registry.lock);
	return sum;
}

const char *
vs_metric_name(enum vs_metric metric)
{
	assert((unsigned)metric < VS_METRIC_COUNT);
	return rows[metric].name;
}

const char *
vs_metric_labels(enum vs_metric metric)
{
	assert((unsigned)metric < VS_METRIC_COUNT);
	return rows[metric].labels;
}

const char *
vs_metric_help(enum vs_metric metric)
{
	assert((unsigned)metric < VS_METRIC_COUNT);
	return rows[metric].help;
}

enum vs_metric_kind
vs_metric_kind(enum vs_metric metric)
{
	assert((unsigned)metric < VS_METRIC_COUNT);
	return rows[metric].kind;
}
