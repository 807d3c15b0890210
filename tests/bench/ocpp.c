/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What parsing and validating one OCPP message costs, in nanoseconds of one core.
 * usage: bench_ocpp [TURNS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ocpp/message.h"

/* Many short turns, the best of them counts: on a busy machine the others measure the neighbours.
 */
#define TURNS_DEFAULT 2000u
#define TURN_MESSAGES 500u

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

static double
cpu_ns(void)
{
	struct timespec now = {0};

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0)
		exit(1);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
measure(const char *name, const char *text, size_t size, unsigned turns)
{
	static struct vs_ocpp_fault fault;
	struct vs_ocpp_message message = {0};
	struct vs_json_tape tape;
	double best_ns = 1e18;

	vs_json_tape_init(&tape);
	for (unsigned turn = 0; turn < turns; turn++) {
		double start_ns = cpu_ns();
		double spent_ns;

		for (unsigned i = 0; i < TURN_MESSAGES; i++) {
			vs_result r = vs_ocpp_message_parse(VS_OCPP_201, VS_OCPP_STATION,
			                                    vs_bytes_from(text, size), NULL, &tape,
			                                    &message, &fault);

			if (r.code != VS_E_OK) {
				(void)fprintf(stderr, "%s: %s\n", name, fault.description);
				exit(1);
			}
		}
		spent_ns = cpu_ns() - start_ns;
		if (spent_ns < best_ns)
			best_ns = spent_ns;
	}
	(void)printf("%-17s %4zu bytes %3u values %6.1f ns\n", name, size, message.payload->span,
	             best_ns / TURN_MESSAGES);
	vs_json_tape_done(&tape);
}

int
main(int argc, char **argv)
{
	unsigned turns = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : TURNS_DEFAULT;

	if (turns == 0)
		return 64;
	measure("Heartbeat", heartbeat, sizeof(heartbeat) - 1, turns);
	measure("MeterValues", meter_values, sizeof(meter_values) - 1, turns);
	measure("TransactionEvent", transaction_event, sizeof(transaction_event) - 1, turns);
	return 0;
}
