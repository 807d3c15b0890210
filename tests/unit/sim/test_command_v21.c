/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define CALL(action, payload) "[2,\"c\",\"" action "\"," payload "]"
#define TARIFF(id)            "{\"tariffId\":\"" id "\",\"currency\":\"EUR\"}"
#define SET(evse, id)         CALL("SetDefaultTariff", "{\"evseId\":" evse ",\"tariff\":" TARIFF(id) "}")

/* I07 to I10. */
static void
test_tariffs(void)
{
	begin_version(10000, VS_OCPP_21);
	answers(CALL("GetTariffs", "{\"evseId\":0}"), "{\"status\":\"NoTariff\"}");
	answers(SET("9", "a"), "\"Rejected\"");
	answers(SET("1", "a"), "{\"status\":\"Accepted\"}");
	answers(SET("2", "a"), "\"DuplicateTariffId\"");
	answers(SET("2", "b"), "\"Accepted\"");
	answers(CALL("GetTariffs", "{\"evseId\":2}"),
	        "{\"tariffAssignments\":[{\"tariffId\":\"b\",\"tariffKind\":\"DefaultTariff\","
	        "\"evseIds\":[2]}],\"status\":\"Accepted\"}");
	answers(CALL("ClearTariffs", "{\"tariffIds\":[\"a\",\"x\"]}"),
	        "{\"clearTariffsResult\":[{\"tariffId\":\"a\",\"status\":\"Accepted\"},"
	        "{\"tariffId\":\"x\",\"status\":\"NoTariff\"}]}");
	answers(CALL("ClearTariffs", "{}"), "{\"clearTariffsResult\":[{\"status\":\"Accepted\"}]}");
	answers(CALL("GetTariffs", "{\"evseId\":0}"), "\"NoTariff\"");
	rig_done(&rig);
}

static void
test_transactions(void)
{
	begin_version(10000, VS_OCPP_21);
	answers(
	    CALL("ChangeTransactionTariff", "{\"transactionId\":\"x\",\"tariff\":" TARIFF("a") "}"),
	    "\"TxNotFound\"");
	answers(CALL("UsePriorityCharging", "{\"transactionId\":\"x\",\"activate\":true}"),
	        "\"Rejected\"");
	answers(CALL("NotifyAllowedEnergyTransfer",
	             "{\"transactionId\":\"x\",\"allowedEnergyTransfer\":[\"DC\"]}"),
	        "\"Rejected\"");
	answers(CALL("NotifyWebPaymentStarted", "{\"evseId\":1,\"timeout\":60}"), "[3,\"c\",{}]");
	rig_done(&rig);
}

/* Not in 2.0.1. */
static void
test_other_versions(void)
{
	begin(10000);
	answers(CALL("GetTariffs", "{\"evseId\":0}"), "[4,\"c\",\"NotImplemented\"");
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_tariffs);
	CASE(test_transactions);
	CASE(test_other_versions);
	return 0;
}
