/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static void
no_vendor_is_known(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk,
	          "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"acme\",\"data\":{\"a\":[1,2]}}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{\"status\":\"UnknownVendorId\"}]") == 0);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_event);
	CHECK(vs_bytes_equal_text(desk_record(desk, 0)->payload,
	                          "{\"vendorId\":\"acme\",\"data\":{\"a\":[1,2]}}"));
	desk_free(desk);
}

static void
answers_a_vendor_of_the_table(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"DataTransfer\",{\"vendorId\":\"voltseal.echo\",\"data\":[1]}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{\"data\":[1],\"status\":\"Accepted\"}]") == 0);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_event);
	desk_free(desk);
}

int
main(void)
{
	CASE(answers_a_vendor_of_the_table);
	CASE(no_vendor_is_known);
	return 0;
}
