/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/ledger.h"

#include <unistd.h>

#include "test.h"

static const struct vs_sim_entry transaction = {.id = "m-1",
                                                .transaction_id = "t-1",
                                                .event = VS_SIM_EVENT_ENDED,
                                                .sequence = 4,
                                                .meter_values = 1,
                                                .wall_ms = 5};
static const struct vs_sim_entry security = {.id = "m-2",
                                             .event = VS_SIM_EVENT_SECURITY,
                                             .security_type = "StartupOfTheDevice",
                                             .wall_ms = 6};

static void
test_lines(void)
{
	struct vs_buf buf;

	vs_buf_init(&buf, 4096);
	CHECK_OK(vs_sim_ledger_write_line(&buf, "CS-1", &transaction, 7));
	CHECK(vs_bytes_equal_text(
	    vs_buf_view(&buf),
	    "{\"station\":\"CS-1\",\"id\":\"m-1\",\"action\":\"TransactionEvent\",\"tx\":\"t-1\","
	    "\"seq\":4,\"event\":\"Ended\",\"meter_values\":1,\"at_ms\":5,\"answered_ms\":7}\n"));
	vs_buf_reset(&buf);
	CHECK_OK(vs_sim_ledger_write_line(&buf, "CS-1", &security, 7));
	CHECK(vs_bytes_equal_text(
	    vs_buf_view(&buf),
	    "{\"station\":\"CS-1\",\"id\":\"m-2\",\"action\":\"SecurityEventNotification\","
	    "\"type\":\"StartupOfTheDevice\",\"at_ms\":6,\"answered_ms\":7}\n"));
	vs_buf_done(&buf);
}

static size_t
file_size(const char *path)
{
	char data[4096];
	FILE *file = fopen(path, "r");
	size_t size;

	CHECK(file != NULL);
	size = fread(data, 1, sizeof(data), file);
	CHECK(fclose(file) == 0);
	return size;
}

/* Nothing counts before the flush; what was there stays. */
static void
test_file(void)
{
	char path[] = "/tmp/voltseal-ledger-XXXXXX";
	int fd = mkstemp(path);
	struct vs_sim_ledger *ledger = NULL;
	size_t size;

	CHECK(fd >= 0);
	CHECK(write(fd, "{}\n", 3) == 3 && close(fd) == 0);
	CHECK_OK(vs_sim_ledger_open(path, &ledger));
	CHECK_OK(vs_sim_ledger_flush(ledger));
	CHECK_OK(vs_sim_ledger_add(ledger, "CS-1", &transaction, 7));
	CHECK(file_size(path) == 3);
	CHECK_OK(vs_sim_ledger_flush(ledger));
	size = file_size(path);
	CHECK(size > 100);
	CHECK_OK(vs_sim_ledger_add(ledger, "CS-1", &security, 7));
	CHECK_OK(vs_sim_ledger_flush(ledger));
	CHECK(file_size(path) > size);
	vs_sim_ledger_close(&ledger);
	vs_sim_ledger_close(&ledger);
	CHECK(unlink(path) == 0);
}

static void
test_failures(void)
{
	struct vs_sim_ledger *ledger = NULL;

	CHECK_ERR(vs_sim_ledger_open("/nonexistent/ledger", &ledger), IO);
	CHECK(ledger == NULL);
	CHECK_OK(vs_sim_ledger_open("/dev/full", &ledger));
	CHECK_OK(vs_sim_ledger_add(ledger, "CS-1", &transaction, 7));
	CHECK_ERR(vs_sim_ledger_flush(ledger), IO);
	vs_sim_ledger_close(&ledger);
}

int
main(void)
{
	CASE(test_lines);
	CASE(test_file);
	CASE(test_failures);
	return 0;
}
