/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

/* P01. */
static void
test_data_transfer(void)
{
	begin(10000);
	answers("[2,\"1\",\"DataTransfer\",{\"vendorId\":\"nobody\"}]", "\"UnknownVendorId\"");
	answers(
	    "[2,\"2\",\"DataTransfer\",{\"vendorId\":\"voltseal.sim\",\"messageId\":\"Dance\"}]",
	    "\"UnknownMessageId\"");
	answers("[2,\"3\",\"DataTransfer\",{\"vendorId\":\"voltseal.sim\",\"messageId\":"
	        "\"ExternalLimit\",\"data\":\"much\"}]",
	        "\"Rejected\"");
	answers("[2,\"4\",\"DataTransfer\",{\"vendorId\":\"voltseal.echo\",\"data\":{\"a\":[1]}}]",
	        "{\"data\":{\"a\":[1]},\"status\":\"Accepted\"}");
	rig_done(&rig);
}

#define MD5 "0123456789abcdef0123456789ABCDEF"
#define PUBLISH(call, checksum)                                                                    \
	"[2,\"" call                                                                               \
	"\",\"PublishFirmware\",{\"location\":\"https://x/f\",\"checksum\":\"" checksum            \
	"\",\"requestId\":4}]"

/* L03, L04. */
static void
test_publish(void)
{
	begin(10000);
	answers(PUBLISH("1", "short"), "\"Rejected\"");
	answers(PUBLISH("2", MD5), "\"Accepted\"");
	answers("[2,\"3\",\"UnpublishFirmware\",{\"checksum\":\"" MD5 "\"}]",
	        "\"DownloadOngoing\"");
	rig_pass(&rig, 10000);
	(void)rig_find(
	    &rig, rig_find(&rig, 0, "{\"status\":\"ChecksumVerified\",\"requestId\":4}"),
	    "{\"status\":\"Published\",\"requestId\":4,\"location\":[\"https://CS-0001.local/"
	    "firmware/" MD5 "\"]}");
	answers("[2,\"4\",\"UnpublishFirmware\",{\"checksum\":\"ffff\"}]", "\"NoFirmware\"");
	answers("[2,\"5\",\"UnpublishFirmware\",{\"checksum\":\"" MD5 "\"}]", "\"Unpublished\"");
	answers("[2,\"6\",\"UnpublishFirmware\",{\"checksum\":\"" MD5 "\"}]", "\"NoFirmware\"");
	answers("[2,\"7\",\"TriggerMessage\",{\"requestedMessage\":"
	        "\"PublishFirmwareStatusNotification\"}]",
	        "\"Accepted\"");
	rig_pass(&rig, 100);
	(void)rig_find(&rig, 0, "\"PublishFirmwareStatusNotification\",{\"status\":\"Idle\"}");
	rig_done(&rig);
}

int
main(void)
{
	test_data_transfer();
	test_publish();
	return 0;
}
