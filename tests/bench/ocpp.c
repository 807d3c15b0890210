/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What parsing and validating one OCPP message costs, in nanoseconds of one core.
 * usage: bench_ocpp [ROUNDS]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ocpp/message.h"

#define ROUNDS_DEFAULT 2000000u
#define REPEATS        5

static const char heartbeat[] = "[2,\"4711\",\"Heartbeat\",{}]";
static const char meter_values[] =
    "[2,\"19223201-0001\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[{\"timestamp\":"
    "\"2026-11-20T13:38:25.123Z\",\"sampledValue\":[{\"value\":11042.5,\"measurand\":"
    "\"Power.Active.Import\",\"unitOfMeasure\":{\"unit\":\"W\"}},{\"value\":48211.25,\"measurand\":"
    "\"Energy.Active.Import.Register\",\"context\":\"Sample.Periodic\",\"unitOfMeasure\":{\"unit\":"
    "\"Wh\"}},{\"value\":231.4,\"measurand\":\"Voltage\",\"phase\":\"L1-N\"}]}]}]";
static const char transaction_event[] =
    "[2,\"17\",\"TransactionEvent\",{\"eventType\":\"Updated\",\"timestamp\":"
    "\"2026-11-20T13:38:25.123Z\",\"triggerReason\":\"MeterValuePeriodic\",\"seqNo\":17,"
    "\"transactionInfo\":"
    "{\"transactionId\":\"a7b9c\",\"chargingState\":\"Charging\"},\"evse\":{\"id\":1},"
    "\"meterValue\":[{\"timestamp\":\"2026-11-20T13:38:25Z\",\"sampledValue\":[{\"value\":48211}]}]"
    "}]";

static void
measure(const char *name, const char *text, size_t size, unsigned rounds)
{
	static struct vs_ocpp_fault fault;
	struct vs_ocpp_message message;
	struct vs_json_tape tape;
	uint64_t best_us = UINT64_MAX;
	uint64_t nodes = 0;

	vs_json_tape_init(&tape);
	for (int repeat = 0; repeat < REPEATS; repeat++) {
		uint64_t start_us = vs_clock_mono_us();

		for (unsigned i = 0; i < rounds; i++) {
			vs_result r = vs_ocpp_message_parse(VS_OCPP_201, VS_OCPP_STATION,
			                                    vs_bytes_from(text, size), NULL, &tape,
			                                    &message, &fault);

			if (r.code != VS_E_OK) {
				(void)fprintf(stderr, "%s: %s\n", name, fault.description);
				exit(1);
			}
			nodes += message.payload->span;
		}
		if (vs_clock_mono_us() - start_us < best_us)
			best_us = vs_clock_mono_us() - start_us;
	}
	(void)printf("%-17s %4zu bytes %3" PRIu64 " values %6.1f ns\n", name, size,
	             nodes / ((uint64_t)rounds * REPEATS), (double)best_us * 1000.0 / rounds);
	vs_json_tape_done(&tape);
}

int
main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS_DEFAULT;

	if (rounds == 0)
		return 64;
	measure("Heartbeat", heartbeat, sizeof(heartbeat) - 1, rounds);
	measure("MeterValues", meter_values, sizeof(meter_values) - 1, rounds);
	measure("TransactionEvent", transaction_event, sizeof(transaction_event) - 1, rounds);
	return 0;
}
