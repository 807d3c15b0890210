/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acknowledged transaction events a second, of the store alone: bench_store SECONDS STATIONS FILE
 * [URL]. Each station has one event under way and says the next one when it was committed. With a
 * URL the store is PostgreSQL, and the file is not made. Values are sealed as in the daemon, under
 * one key.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metric.h"
#include "crypto/aead.h"
#include "keys/sealed.h"
#include "store/postgres.h"
#include "store/store.h"

#define EVENTS      20 /* of a transaction */
#define WARM_UP_MS  1000
#define NONCE_FIRST 2

static const char payload[] =
    "{\"eventType\":\"Updated\",\"timestamp\":\"2026-11-22T10:00:00Z\",\"triggerReason\":"
    "\"MeterValuePeriodic\",\"seqNo\":7,\"transactionInfo\":{\"transactionId\":"
    "\"0191b4c0-0000-7000-8000-000000000000\",\"chargingState\":\"Charging\"},\"evse\":{\"id\":1,"
    "\"connectorId\":1},\"meterValue\":[{\"timestamp\":\"2026-11-22T10:00:00Z\",\"sampledValue\":"
    "[{\"value\":12345.6,\"measurand\":\"Energy.Active.Import.Register\",\"unitOfMeasure\":"
    "{\"unit\":\"Wh\"}},{\"value\":11000,\"measurand\":\"Power.Active.Import\"}]}]}";

struct bench {
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct vs_core_record *back; /* under lock */
	struct vs_aead *aead;
	uint64_t nonce;
};

static void
must(bool is_right, const char *what)
{
	if (is_right)
		return;
	(void)fprintf(stderr, "bench_store: %s\n", what);
	exit(1);
}

/* --- sealing: what it costs, with the key at hand ----------------------------------------------
 */

static vs_result
prepare(void *self, const struct vs_core_subject *subjects, size_t count, int64_t at_ms)
{
	(void)self, (void)subjects, (void)count, (void)at_ms;
	return VS_OK;
}

static vs_result
seal(void *self, const struct vs_core_cell *cell, const char *subject, int64_t at_ms,
     struct vs_bytes plain, struct vs_buf *sealed)
{
	struct bench *bench = self;
	uint8_t nonce[VS_AEAD_NONCE_SIZE] = {0}, *room = NULL;

	(void)subject, (void)at_ms;
	VS_TRY(vs_buf_reserve(sealed, plain.size + VS_KEYS_SEALED_OVERHEAD, &room));
	bench->nonce++;
	memcpy(nonce + NONCE_FIRST, &bench->nonce, sizeof(bench->nonce));
	vs_keys_sealed_head(VS_AEAD_AES256GCM, 1, nonce, room);
	VS_TRY(vs_aead_seal(bench->aead, nonce, cell->row, plain, room + VS_KEYS_SEALED_HEAD));
	sealed->size += plain.size + VS_KEYS_SEALED_OVERHEAD;
	return VS_OK;
}

/* Only the key of message hashes is ever asked for, and a new one will do. */
static vs_result
open_none(void *self, const struct vs_core_cell *cell, struct vs_bytes sealed, struct vs_buf *plain)
{
	(void)self, (void)cell, (void)sealed, (void)plain;
	return VS_FAIL(NOT_AUTHENTIC);
}

static vs_result
blind(void *self, const char *tenant, const char *column, struct vs_bytes value,
      uint8_t index_out[static 16])
{
	(void)self, (void)tenant, (void)column, (void)value;
	memset(index_out, 0, 16);
	return VS_OK;
}

/* --- stations ----------------------------------------------------------------------------------
 */

static void
committed(void *arg, uint8_t origin, struct vs_core_record *list)
{
	struct bench *bench = arg;
	struct vs_core_record **end = &list;

	(void)origin;
	while (*end != NULL)
		end = &(*end)->next;
	(void)pthread_mutex_lock(&bench->lock);
	*end = bench->back;
	bench->back = list;
	(void)pthread_cond_signal(&bench->came);
	(void)pthread_mutex_unlock(&bench->lock);
}

/* The n-th event of a station. */
static struct vs_core_record *
event_new(uint64_t station, uint64_t n)
{
	struct vs_core_record *record = NULL;
	struct vs_core_tx_event *event;
	char identity[VS_CORE_IDENTITY_SIZE];

	(void)snprintf(identity, sizeof(identity), "CS-%06llu", (unsigned long long)station);
	must(vs_core_record_new(VS_RECORD_tx_event, VS_CORE_TENANT_DEFAULT, identity,
	                        vs_clock_wall_ms(), VS_BYTES_LITERAL(payload),
	                        VS_BYTES_LITERAL("[3,\"1\",{}]"), &record)
	             .code == VS_E_OK,
	     "memory");
	event = &record->u.tx_event;
	(void)snprintf(event->tx_id, sizeof(event->tx_id), "0191b4c0-%08x-%08x-00000000",
	               (unsigned)station, (unsigned)(n / EVENTS));
	event->seq_no = (int64_t)(n % EVENTS);
	event->type = n % EVENTS == 0            ? VS_CORE_TX_STARTED
	              : n % EVENTS == EVENTS - 1 ? VS_CORE_TX_ENDED
	                                         : VS_CORE_TX_UPDATED;
	event->at_ms = record->received_ms;
	event->evse = event->connector = 1;
	event->energy_wh = (int64_t)n * 100;
	event->power_w = 11000;
	event->soc_percent = VS_CORE_ABSENT;
	(void)snprintf(event->trigger, sizeof(event->trigger), "MeterValuePeriodic");
	(void)snprintf(event->charging_state, sizeof(event->charging_state), "Charging");
	if (event->type == VS_CORE_TX_STARTED)
		(void)snprintf(event->token, sizeof(event->token), "04A2B3C4D5E6F7");
	record->message_hash = (station << 32 | n) + 1;
	record->conn = station + 1;
	record->token = n;
	return record;
}

static void
submit(const struct vs_port_writer *writer, struct vs_core_record *list, size_t count)
{
	must(writer->submit(writer->self, list, count).code == VS_E_OK, "the queue is full");
}

/* Takes what came back and sends what follows it, as one list for each turn: a reactor does so. */
static size_t
turn(struct bench *bench, const struct vs_port_writer *writer)
{
	struct vs_core_record *list, *next = NULL;
	size_t count = 0;

	(void)pthread_mutex_lock(&bench->lock);
	while (bench->back == NULL)
		(void)pthread_cond_wait(&bench->came, &bench->lock);
	list = bench->back;
	bench->back = NULL;
	(void)pthread_mutex_unlock(&bench->lock);
	while (list != NULL) {
		struct vs_core_record *record = list, *fresh;

		list = record->next;
		must(record->outcome == VS_E_OK && !record->was_duplicate, "a record failed");
		fresh = event_new(record->conn - 1, record->token + 1);
		fresh->next = next;
		next = fresh;
		count++;
		vs_core_record_free(&record);
	}
	submit(writer, next, count);
	return count;
}

static void
start(const struct vs_port_writer *writer, uint64_t stations)
{
	for (uint64_t station = 0; station < stations; station++)
		submit(writer, event_new(station, 0), 1);
}

static double
cpu_s(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
measure(struct bench *bench, const struct vs_port_writer *writer, uint64_t window_ms)
{
	uint64_t until_ms = vs_clock_mono_ms() + WARM_UP_MS, began_us;
	int64_t commits;
	size_t count = 0;
	double cpu;

	while (vs_clock_mono_ms() < until_ms)
		(void)turn(bench, writer);
	/* Who measures the server, too, begins and ends with us. */
	(void)printf("{\"measuring\": true}\n");
	(void)fflush(stdout);
	began_us = vs_clock_mono_us();
	commits = vs_metric_read(VS_METRIC_store_commits_total);
	cpu = cpu_s();
	until_ms = vs_clock_mono_ms() + window_ms;
	while (vs_clock_mono_ms() < until_ms)
		count += turn(bench, writer);
	commits = vs_metric_read(VS_METRIC_store_commits_total) - commits;
	(void)printf("{\"per_s\": %.0f, \"records_per_commit\": %.1f, \"cpu_us\": %.2f}\n",
	             (double)count * 1e6 / (double)(vs_clock_mono_us() - began_us),
	             (double)count / (double)commits, (cpu_s() - cpu) * 1e6 / (double)count);
	(void)fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const uint8_t key[VS_AEAD_KEY_SIZE] = {7};
	struct bench bench = {.nonce = 0};
	struct vs_store_pg_place place = {.is_production = false};
	struct vs_store_options options = {.committed = committed,
	                                   .committed_arg = &bench,
	                                   .seal = {&bench, prepare, seal, open_none, blind}};
	struct vs_store *store = NULL;
	struct vs_port_writer writer;
	char reason[256] = "";
	uint64_t stations;

	must(argc == 4 || argc == 5, "SECONDS STATIONS FILE [URL]");
	stations = strtoull(argv[2], NULL, 10);
	must(stations > 0 && stations <= VS_LIMIT_STORE_QUEUE, "STATIONS");
	options.path = argv[3];
	if (argc == 5) {
		(void)snprintf(place.url, sizeof(place.url), "%s", argv[4]);
		options.postgres = &place;
	}
	(void)pthread_mutex_init(&bench.lock, NULL);
	(void)pthread_cond_init(&bench.came, NULL);
	must(vs_aead_new(VS_AEAD_AES256GCM, key, &bench.aead).code == VS_E_OK, "AES-256-GCM");
	must(vs_store_open(&options, reason, sizeof(reason), &store).code == VS_E_OK, reason);
	writer = vs_store_writer(store);
	start(&writer, stations);
	measure(&bench, &writer, (uint64_t)(strtod(argv[1], NULL) * 1000));
	vs_store_close(&store);
	while (bench.back != NULL) {
		struct vs_core_record *record = bench.back;

		bench.back = record->next;
		vs_core_record_free(&record);
	}
	vs_aead_free(&bench.aead);
	return 0;
}
