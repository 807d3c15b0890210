/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define UNSIGNED(retries)                                                                          \
	"[2,\"c\",\"UpdateFirmware\",{\"requestId\":7," retries                                    \
	"\"firmware\":{\"location\":\"http://h:1/image\",\"retrieveDateTime\":"                    \
	"\"2025-11-20T14:00:00Z\"}}]"

static void
begin_fetching(enum vs_ocpp_version version)
{
	rig_init(&rig);
	rig.version = version;
	rig.is_downloading = true;
	rig.scenario.idle = (struct vs_sim_range){10000, 10000};
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 100);
	rig_forget(&rig);
}

/* L02: the statuses say what became of the bytes. */
static void
test_fetched(void)
{
	begin_fetching(VS_OCPP_201);
	answers(UNSIGNED(""), "\"Accepted\"");
	rig_pass(&rig, 9000);
	CHECK(strcmp(rig.downloaded_from, "http://h:1/image") == 0);
	CHECK(rig_count(&rig, "\"Downloading\"") == 1 && rig_count(&rig, "\"Downloaded\"") == 0);
	vs_sim_station_downloaded(rig.station, rig.at, true, VS_BYTES_LITERAL("bytes"));
	rig_pass(&rig, 9000);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"Downloaded\""), "\"Installed\"");
	(void)rig_find(&rig, 0, "FirmwareUpdated");
	/* Of nothing. */
	vs_sim_station_downloaded(rig.station, rig.at, true, VS_BYTES_LITERAL("bytes"));
	CHECK(rig.station->firmware_job.steps == NULL);
	rig_done(&rig);
}

/* As often as it was told, and no more; what is empty has not come. */
static void
test_failed(void)
{
	begin_fetching(VS_OCPP_201);
	answers(UNSIGNED("\"retries\":1,\"retryInterval\":30,"), "\"Accepted\"");
	rig_pass(&rig, 1000);
	vs_sim_station_downloaded(rig.station, rig.at, true, VS_BYTES_LITERAL(""));
	rig_pass(&rig, 20000);
	CHECK(rig_count(&rig, "\"Downloading\"") == 1 && rig_count(&rig, "DownloadFailed") == 0);
	rig_pass(&rig, 12000);
	CHECK(rig_count(&rig, "\"Downloading\"") == 2);
	vs_sim_station_downloaded(rig.station, rig.at, false, VS_BYTES_LITERAL("gone"));
	rig_pass(&rig, 9000);
	CHECK(rig_count(&rig, "\"DownloadFailed\"") == 1 && rig_count(&rig, "Installed") == 0);
	CHECK(rig_count(&rig, "FirmwareUpdated") == 0);
	/* A location that is none. */
	rig.is_download_refused = true;
	answers(UNSIGNED(""), "\"Accepted\"");
	rig_pass(&rig, 9000);
	CHECK(rig_count(&rig, "\"DownloadFailed\"") == 2);
	rig_done(&rig);
}

/* L01: without a root of its manufacturer it believes nobody. tests/interop/test_blocks.py has the
 * rest, with real signatures. */
static void
test_unknown_manufacturer(void)
{
	begin_fetching(VS_OCPP_201);
	answers("[2,\"c\",\"UpdateFirmware\",{\"requestId\":7,\"firmware\":{\"location\":"
	        "\"http://h:1/image\",\"retrieveDateTime\":\"2025-11-20T14:00:00Z\","
	        "\"signingCertificate\":\"x\",\"signature\":\"AAAA\"}}]",
	        "{\"status\":\"InvalidCertificate\"}");
	rig_pass(&rig, 9000);
	(void)rig_find(&rig, 0, "InvalidFirmwareSigningCertificate");
	CHECK(rig.downloaded_from[0] == '\0' && rig_count(&rig, "\"Downloading\"") == 0);
	rig_done(&rig);
}

static void
test_in_16(void)
{
	begin_fetching(VS_OCPP_16);
	answers("[2,\"c\",\"UpdateFirmware\",{\"location\":\"http://h:1/16\",\"retrieveDate\":"
	        "\"2025-11-20T14:00:00Z\"}]",
	        "[3,\"c\",{}]");
	rig_pass(&rig, 1000);
	CHECK(strcmp(rig.downloaded_from, "http://h:1/16") == 0);
	vs_sim_station_downloaded(rig.station, rig.at, false, VS_BYTES_LITERAL(""));
	rig_pass(&rig, 3000);
	(void)rig_find(&rig, 0, "\"DownloadFailed\"");
	rig_done(&rig);
}

#define PUBLISH(more)                                                                              \
	"[2,\"c\",\"PublishFirmware\",{\"location\":\"http://h:1/image\",\"checksum\":"            \
	"\"900150983CD24FB0D6963F7D28E17F72\"," more "\"requestId\":4}]"

/* L03: the checksum is that of the bytes. */
static void
test_published(void)
{
	begin_fetching(VS_OCPP_201);
	answers(PUBLISH(""), "\"Accepted\"");
	rig_pass(&rig, 9000);
	CHECK(strcmp(rig.downloaded_from, "http://h:1/image") == 0);
	CHECK(rig_count(&rig, "\"Downloaded\"") == 0);
	/* One download at a time. */
	answers(UNSIGNED(""), "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(rig_count(&rig, "\"DownloadFailed\"") == 1);
	vs_sim_station_downloaded(rig.station, rig.at, true, VS_BYTES_LITERAL("abc"));
	rig_pass(&rig, 9000);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"ChecksumVerified\""), "\"Published\"");
	CHECK(rig_count(&rig, "FirmwareUpdated") == 0);
	rig_done(&rig);
}

static void
test_not_published(void)
{
	begin_fetching(VS_OCPP_201);
	answers(PUBLISH("\"retries\":1,\"retryInterval\":3,"), "\"Accepted\"");
	rig_pass(&rig, 2000);
	vs_sim_station_downloaded(rig.station, rig.at, false, VS_BYTES_LITERAL(""));
	rig_pass(&rig, 9000);
	CHECK(rig_count(&rig, "\"Downloading\"") == 2);
	vs_sim_station_downloaded(rig.station, rig.at, true, VS_BYTES_LITERAL("abd"));
	rig_pass(&rig, 9000);
	(void)rig_find(&rig, rig_find(&rig, 0, "\"Downloaded\""), "\"InvalidChecksum\"");
	CHECK(rig_count(&rig, "\"Published\"") == 0);
	answers(
	    "[2,\"u\",\"UnpublishFirmware\",{\"checksum\":\"900150983CD24FB0D6963F7D28E17F72\"}]",
	    "\"NoFirmware\"");
	answers(PUBLISH(""), "\"Accepted\"");
	rig_pass(&rig, 2000);
	vs_sim_station_downloaded(rig.station, rig.at, false, VS_BYTES_LITERAL(""));
	rig_pass(&rig, 9000);
	CHECK(rig_count(&rig, "\"DownloadFailed\"") == 1 && rig.station->published[0] == 0);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_fetched);
	CASE(test_failed);
	CASE(test_unknown_manufacturer);
	CASE(test_in_16);
	CASE(test_published);
	CASE(test_not_published);
	return 0;
}
