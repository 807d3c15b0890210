/* SPDX-License-Identifier: Apache-2.0 */
#include "house.h"

#define SECURITY(id)                                                                               \
	"[2,\"" id "\",\"SecurityEventNotification\",{\"type\":\"x\",\"timestamp\":\"2025-11-"     \
	"20T14:00:00Z\"}]"
#define STATUS(id)                                                                                 \
	"[2,\"" id                                                                                 \
	"\",\"StatusNotification\",{\"timestamp\":\"2025-11-20T14:00:00Z\",\"connectorStatus\":"   \
	"\"Available\",\"evseId\":1,\"connectorId\":1}]"

static struct house_guest guest, second;

/* A full store: what waits for its commit is refused, what was answered is kept, and it recovers.
 */
static void
a_full_store_is_survived(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	HOUSE_UNTIL(house, house->committed[VS_RECORD_session] == 1);
	house->is_store_full = true;
	guest_ask(&guest, STATUS("1"), "[3,\"1\",{}]"); /* taken before anybody knew */
	guest_ask(&guest, SECURITY("2"), "[4,\"2\",\"InternalError\"");
	guest_ask(&guest, STATUS("3"), "[4,\"3\",\"InternalError\"");
	guest_ask(&guest, "[2,\"4\",\"Heartbeat\",{}]", "[3,\"4\",");
	CHECK(house->committed[VS_RECORD_status] == 0);
	house->is_store_full = false;
	HOUSE_UNTIL(house, house->committed[VS_RECORD_status] == 1);
	guest_ask(&guest, SECURITY("5"), "[3,\"5\",{}]");
	CHECK(house->committed[VS_RECORD_security_event] == 1);
	house_free(house);
}

/* The commit failed: the station is told, and sends it again. */
static void
a_failed_commit_is_told(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 1);
	house->outcome = VS_E_IO;
	guest_ask(&guest, SECURITY("1"), "[4,\"1\",\"InternalError\"");
	house->outcome = VS_E_OK;
	guest_ask(&guest, SECURITY("1"), "[3,\"1\",{}]");
	house_free(house);
}

/* A commit for a connection that is gone is nobody's answer. */
static void
a_late_commit_finds_nobody(void)
{
	struct house *house = house_new(NULL);

	guest_join(house, &guest, 0);
	house->is_store_slow = true;
	guest_say(&guest, SECURITY("1"));
	HOUSE_UNTIL(house, house_waits(house, VS_RECORD_security_event));
	vs_conn_close(vs_net_find(house->nets[HOUSE_REACTORS], guest.conn), true);
	HOUSE_UNTIL(house, vs_central_connected_count(house->central) == 0);
	house->is_store_slow = false;
	guest_join(house, &guest, 0);
	guest_ask(&guest, "[2,\"2\",\"Heartbeat\",{}]", "[3,\"2\",");
	CHECK(house->committed[VS_RECORD_security_event] == 1 && guest.heard == 1);
	house_free(house);
}

/* A station that has not booted says nothing long; once it has, it may. */
static void
the_size_grows_with_the_boot(void)
{
	struct house *house = house_new(NULL);
	struct vs_core_station station;
	char *text = calloc(1, 60001);

	CHECK(text != NULL);
	CHECK_OK(vs_core_registry_find(house->registry, VS_BYTES_LITERAL("CS-1"), &station));
	station.registration = VS_CORE_REGISTRATION_NONE;
	CHECK_OK(vs_core_registry_put(house->registry, &station));
	memset(text, ' ', 60000);
	memcpy(text, "[2,\"9\",\"Heartbeat\",{}]", 22);
	guest_join(house, &guest, 0);
	guest_ask(&guest,
	          "[2,\"1\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":{"
	          "\"model\":\"M\","
	          "\"vendorName\":\"V\"}}]",
	          "[3,\"1\",{\"currentTime\":");
	guest_ask(&guest, text, "[3,\"9\",");

	CHECK_OK(vs_core_registry_put(house->registry, &station));
	guest_join(house, &second, 0);
	guest_say(&second, text);
	HOUSE_UNTIL(house, second.is_closed);
	CHECK(second.close.ws_code == 1009);
	free(text);
	house_free(house);
}

int
main(void)
{
	CASE(a_full_store_is_survived);
	CASE(a_failed_commit_is_told);
	CASE(a_late_commit_finds_nobody);
	CASE(the_size_grows_with_the_boot);
	return 0;
}
