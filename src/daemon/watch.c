/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/watch.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"

#define EACH_MS 1000u

/* Whether a line may be written now. Of two threads at the same moment one may. */
static bool
is_due(_Atomic uint64_t *last_ms)
{
	uint64_t now_ms = vs_clock_mono_ms(), last = atomic_load(last_ms);

	return (last == 0 || now_ms - last >= EACH_MS) &&
	       atomic_compare_exchange_strong(last_ms, &last, now_ms);
}

void
vs_daemon_watch_damaged(void *arg, const char *tenant, const char *table, const char *column)
{
	static _Atomic uint64_t last_ms; /* the metric store_damaged_total counts them all */

	(void)arg;
	if (is_due(&last_ms))
		VS_LOG(ERROR, "store.damaged", vs_bytes_from_text(tenant),
		       VS_LOG_STR("table", table), VS_LOG_STR("column", column));
}

void
vs_daemon_watch_sealing(void *arg, const char *table, int64_t done, int64_t count)
{
	static _Atomic uint64_t last_ms;

	(void)arg;
	if (table == NULL)
		VS_LOG(INFO, "store.rewriting", vs_bytes_from_text("voltseald"));
	else if (done == count || is_due(&last_ms))
		VS_LOG(INFO, "store.sealing", vs_bytes_from_text(table), VS_LOG_NUM("done", done),
		       VS_LOG_NUM("rows", count));
}
