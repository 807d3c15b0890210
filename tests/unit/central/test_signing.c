/* SPDX-License-Identifier: Apache-2.0 */
/* What each policy takes and refuses. Signatures that are right are python3-jwcrypto's, in
 * tests/interop/test_sealed.py. */
#include "central/signing.h"

#include "central/reactor.h"
#include "house.h"

#define HEARTBEAT "[2,\"h\",\"Heartbeat\",{}]"
/* Of nobody: the signature is the right one of a key that is not known here. */
#define JWS                                                                                        \
	"{\"payload\":\"e30\",\"protected\":"                                                      \
	"\"eyJhbGciOiAiRVMyNTYiLCAiT0NQUEFjdGlvbiI6ICJIZWFydGJlYXQiLCAiT0NQUE1lc3NhZ2VUeXBlZElk"   \
	"IjogMiwgIng1dCNTMjU2IjogIkFBRUNBd1FGQmdjSUNRb0xEQTBPRHhBUkVoTVVGUllYR0JrYUd4d2RIaDgifQ"   \
	"\",\"signature\":"                                                                        \
	"\"yJf3mzMQ2e1TrxCkRSJb43PQXZrvbos-wxWF80ds45YWAZdLD470a-v55zgCD9JD30rCBa9wYbdmZlxq5iRfww" \
	"\"}"
#define FOREIGN   "[2,\"m-1\",\"Heartbeat-Signed\"," JWS "]"
#define MALFORMED "[2,\"m-2\",\"Heartbeat-Signed\",{}]"

static struct house_guest guest;

static struct house *
house_of(enum vs_core_sign policy)
{
	struct house *house = house_new(NULL);
	struct vs_core_station station;

	CHECK_OK(vs_core_registry_find(house->registry, VS_BYTES_LITERAL("CS-1"), &station));
	station.policy.sign = policy;
	CHECK_OK(vs_core_registry_put(house->registry, &station));
	guest_join(house, &guest, 0);
	return house;
}

static void
what_each_policy_does_with_plain_and_signed(void)
{
	static const struct {
		const char *plain, *foreign, *malformed;
	} rows[VS_CORE_SIGN_COUNT] = {
	    [VS_CORE_SIGN_OFF] = {"[3,\"h\",", "NotImplemented", "NotImplemented"},
	    [VS_CORE_SIGN_ACCEPT] = {"[3,\"h\",", "SecurityError", "SecurityError"},
	    [VS_CORE_SIGN_PREFER] = {"[3,\"h\",", "SecurityError", "SecurityError"},
	    [VS_CORE_SIGN_REQUIRE] = {"[4,\"h\",\"SecurityError\"", "SecurityError",
	                              "SecurityError"},
	    [VS_CORE_SIGN_STRICT] = {"[4,\"h\",\"SecurityError\"", "SecurityError",
	                             "SecurityError"},
	};

	for (unsigned i = 0; i < VS_CORE_SIGN_COUNT; i++) {
		struct house *house = house_of((enum vs_core_sign)i);

		guest_ask(&guest, HEARTBEAT, rows[i].plain);
		guest_ask(&guest, FOREIGN, "[4,\"m-1\",");
		CHECK(strstr(guest.last, rows[i].foreign) != NULL);
		guest_ask(&guest, MALFORMED, "[4,\"m-2\",");
		CHECK(strstr(guest.last, rows[i].malformed) != NULL);
		CHECK(!guest.is_closed);
		/* told once for a connection, however many there were */
		CHECK(house_events(house, VS_EVENT_SECURITY, "SignatureRefused") ==
		      (i == VS_CORE_SIGN_OFF ? 0 : 1));
		house_free(house);
	}
}

/* An error is never signed, a SEND must be: the one ends its call, the other is not heard. */
static void
what_is_not_signed_under_require(void)
{
	struct house *house = house_of(VS_CORE_SIGN_REQUIRE);
	size_t heard;

	guest_ask(&guest, HEARTBEAT, "[4,\"h\",\"SecurityError\"");
	heard = guest.heard;
	guest_say(&guest, "[6,\"n\",\"NotifyPeriodicEventStream\",{}]");
	guest_say(&guest, "[4,\"x\",\"GenericError\",\"\",{}]");
	guest_say(&guest, "[3,\"x\",{}]");
	guest_ask(&guest, "[2,\"k\",\"Heartbeat\",{}]", "[4,\"k\",\"SecurityError\"");
	CHECK(guest.heard == heard + 1); /* to the last one alone */
	CHECK(house->committed[VS_RECORD_event] == 0);
	house_free(house);
}

/* Without a key of our own our calls go out as they are. */
static void
signs_nothing_without_a_key(void)
{
	struct house *house = house_of(VS_CORE_SIGN_STRICT);
	struct vs_central_session *session = vs_central_reactor_session(
	    house->central->reactors[0],
	    vs_central_directory_find(house->central->directory, VS_BYTES_LITERAL("CS-1")));
	struct vs_bytes text = VS_BYTES_LITERAL("[2,\"1\",\"ClearCache\",{}]"), made;

	CHECK(session != NULL && session->signing != NULL);
	made = vs_central_signing_sign(session, text);
	CHECK(made.data == text.data && made.size == text.size);
	house_free(house);
}

int
main(void)
{
	CASE(what_each_policy_does_with_plain_and_signed);
	CASE(what_is_not_signed_under_require);
	CASE(signs_nothing_without_a_key);
	return 0;
}
