/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

static struct {
	vs_result answer;
	unsigned signs, statuses, contracts, chains;
	char csr[64], station[VS_CORE_IDENTITY_SIZE], message_id[64];
	uint64_t conn;
	struct vs_core_cert_id id;
	struct vs_core_chain_item items[VS_CORE_CHAIN_MAX];
	size_t count;
} clerk;

static vs_result
sign(void *self, const char *tenant, const char *station, const char *peer, struct vs_bytes csr)
{
	CHECK(self == &clerk && strcmp(tenant, "default") == 0 && peer != NULL);
	(void)snprintf(clerk.station, sizeof(clerk.station), "%s", station);
	CHECK(vs_bytes_copy_text(csr, clerk.csr, sizeof(clerk.csr)));
	clerk.signs++;
	return clerk.answer;
}

static vs_result
status(void *self, uint64_t conn, struct vs_bytes message_id, const struct vs_core_cert_id *id)
{
	CHECK(self == &clerk);
	clerk.conn = conn;
	clerk.id = *id;
	CHECK(vs_bytes_copy_text(message_id, clerk.message_id, sizeof(clerk.message_id)));
	clerk.statuses++;
	return clerk.answer;
}

static vs_result
chain(void *self, uint64_t conn, struct vs_bytes message_id, const struct vs_core_chain_item *items,
      size_t count)
{
	CHECK(self == &clerk && conn == 77 && count <= VS_CORE_CHAIN_MAX);
	CHECK(vs_bytes_copy_text(message_id, clerk.message_id, sizeof(clerk.message_id)));
	for (size_t i = 0; i < count; i++)
		clerk.items[i] = items[i];
	clerk.count = count;
	clerk.chains++;
	return clerk.answer;
}

static vs_result
contract(void *self, uint64_t conn, struct vs_bytes message_id,
         const struct vs_core_contract_ask *ask)
{
	CHECK(self == &clerk && strcmp(ask->tenant, "default") == 0);
	CHECK(strcmp(ask->station, "CS-1") == 0 && strcmp(ask->version, "2.0.1") == 0);
	CHECK(vs_bytes_equal_text(ask->request, "{\"iso15118SchemaVersion\":\"urn:iso:15118\","
	                                        "\"action\":\"Update\",\"exiRequest\":\"AAAA\"}"));
	clerk.conn = conn;
	CHECK(vs_bytes_copy_text(message_id, clerk.message_id, sizeof(clerk.message_id)));
	clerk.contracts++;
	return clerk.answer;
}

static struct desk *
desk_with_clerk(enum vs_core_registration registration)
{
	struct desk *desk = desk_new(registration);

	memset(&clerk, 0, sizeof(clerk));
	clerk.answer = VS_OK;
	desk->context.errands = (struct vs_port_errands){
	    .self = &clerk, .sign = sign, .status = status, .chain = chain};
	desk->context.contracts = (struct vs_port_contracts){&clerk, contract};
	return desk;
}

/* A02, TC_A_14: Accepted at once, whatever becomes of it. */
static void
a_request_is_taken(void)
{
	struct desk *desk = desk_with_clerk(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"SignCertificate\",{\"csr\":\"a\\nb\"}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{\"status\":\"Accepted\"}]") == 0);
	CHECK(clerk.signs == 1 && strcmp(clerk.csr, "a\nb") == 0 &&
	      strcmp(clerk.station, "CS-1") == 0);
	desk_hear(desk, "[2,\"2\",\"SignCertificate\",{\"csr\":\"x\",\"certificateType\":"
	                "\"ChargingStationCertificate\"}]");
	CHECK(clerk.signs == 2);
	/* Another PKI's. */
	desk_hear(desk, "[2,\"3\",\"SignCertificate\",{\"csr\":\"x\",\"certificateType\":"
	                "\"V2GCertificate\"}]");
	CHECK(strstr(desk_last(desk), "\"Rejected\"") != NULL &&
	      strstr(desk_last(desk), "NoV2GProvider") != NULL && clerk.signs == 2);
	clerk.answer = VS_FAIL(RATE_LIMITED);
	desk_hear(desk, "[2,\"4\",\"SignCertificate\",{\"csr\":\"x\"}]");
	CHECK(strstr(desk_last(desk), "\"Rejected\"") != NULL &&
	      strstr(desk_last(desk), "TryLater") != NULL);
	desk->context.errands.self = NULL;
	desk_hear(desk, "[2,\"5\",\"SignCertificate\",{\"csr\":\"x\"}]");
	CHECK(strstr(desk_last(desk), "NoCA") != NULL && clerk.signs == 3);
	CHECK(desk->context.journal.count == 5);
	desk_free(desk);
}

static void
only_who_may_asks(void)
{
	struct desk *desk = desk_with_clerk(VS_CORE_REGISTRATION_PENDING);

	desk_hear(desk, "[2,\"1\",\"SignCertificate\",{\"csr\":\"x\"}]");
	CHECK(strstr(desk_last(desk), "SecurityError") != NULL && clerk.signs == 0);
	/* It was asked to: TriggerMessage. */
	vs_central_session_expect(desk->session, VS_OCPP_SignCertificate);
	desk_hear(desk, "[2,\"2\",\"SignCertificate\",{\"csr\":\"x\"}]");
	CHECK(clerk.signs == 1);
	desk_free(desk);
}

#define STATUS(id, algorithm)                                                                      \
	"[2,\"" id "\",\"GetCertificateStatus\",{\"ocspRequestData\":{\"hashAlgorithm\":"          \
	"\"" algorithm "\",\"issuerNameHash\":\"aa\",\"issuerKeyHash\":\"bb\",\"serialNumber\":"   \
	"\"1f\",\"responderURL\":\"http://x\"}}]"

/* M06: the answer comes later. */
static void
a_status_waits(void)
{
	struct desk *desk = desk_with_clerk(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, STATUS("7", "SHA256"));
	CHECK(desk->sent_count == 0 && clerk.statuses == 1 && clerk.conn == 77);
	CHECK(strcmp(clerk.message_id, "7") == 0 && strcmp(clerk.id.algorithm, "SHA256") == 0 &&
	      strcmp(clerk.id.issuer_name_hash, "aa") == 0 &&
	      strcmp(clerk.id.issuer_key_hash, "bb") == 0 && strcmp(clerk.id.serial, "1f") == 0);
	clerk.answer = VS_FAIL(BUSY);
	desk_hear(desk, STATUS("8", "SHA512"));
	CHECK(strstr(desk_last(desk), "\"Failed\"") != NULL &&
	      strstr(desk_last(desk), "TryLater") != NULL);
	desk_hear(desk, STATUS("9", "MD5"));
	CHECK(strstr(desk_last(desk), "[4,\"9\"") != NULL && clerk.statuses == 2);
	desk_free(desk);
}

#define OF_CHAIN(source, serial)                                                                   \
	"{\"certificateHashData\":{\"hashAlgorithm\":\"SHA256\",\"issuerNameHash\":\"aa\","        \
	"\"issuerKeyHash\":\"bb\",\"serialNumber\":\"" serial "\"},\"source\":\"" source           \
	"\",\"urls\":[\"http://x\"]}"
#define CHAIN(id, rows)                                                                            \
	"[2,\"" id "\",\"GetCertificateChainStatus\",{\"certificateStatusRequests\":[" rows "]}]"

/* M07: the answer comes later; or all of it failed, at once. */
static void
a_chain_waits(void)
{
	struct desk *desk = desk_with_clerk(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_policy policy = {0};

	vs_central_session_speak(&desk->context, desk->session, VS_OCPP_21, &policy);
	desk_hear(desk, CHAIN("7", OF_CHAIN("OCSP", "1f") "," OF_CHAIN("CRL", "2")));
	CHECK(desk->sent_count == 0 && clerk.chains == 1 && clerk.count == 2);
	CHECK(!clerk.items[0].is_by_list && strcmp(clerk.items[0].id.serial, "1f") == 0 &&
	      strcmp(clerk.items[0].id.issuer_key_hash, "bb") == 0);
	CHECK(clerk.items[1].is_by_list && clerk.items[1].status == VS_CORE_CHAIN_FAILED);
	clerk.answer = VS_FAIL(BUSY);
	desk_hear(desk, CHAIN("8", OF_CHAIN("CRL", "2")));
	CHECK(strcmp(desk_last(desk),
	             "[3,\"8\",{\"certificateStatus\":[{\"certificateHashData\":{\"hashAlgorithm\":"
	             "\"SHA256\",\"issuerNameHash\":\"aa\",\"issuerKeyHash\":\"bb\","
	             "\"serialNumber\":\"2\"},\"source\":\"CRL\",\"status\":\"Failed\","
	             "\"nextUpdate\":\"2025-11-20T14:08:25.123Z\"}]}]") == 0);
	desk->context.errands.self = NULL;
	desk_hear(desk, CHAIN("9", OF_CHAIN("OCSP", "2")));
	CHECK(strstr(desk_last(desk), "\"Failed\"") != NULL && clerk.chains == 2);
	desk_free(desk);
}

#define CONTRACT(id)                                                                               \
	"[2,\"" id "\",\"Get15118EVCertificate\",{\"iso15118SchemaVersion\":\"urn:iso:15118\","    \
	"\"action\":\"Update\",\"exiRequest\":\"AAAA\"}]"

/* M02: the answer comes when the provider has been asked. */
static void
a_contract_waits(void)
{
	struct desk *desk = desk_with_clerk(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, CONTRACT("5"));
	CHECK(desk->sent_count == 0 && clerk.contracts == 1 && clerk.conn == 77);
	CHECK(strcmp(clerk.message_id, "5") == 0);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_event &&
	      strcmp(desk_record(desk, 0)->u.event.type, "Get15118EVCertificate") == 0);
	clerk.answer = VS_FAIL(BUSY);
	desk_hear(desk, CONTRACT("6"));
	CHECK(strstr(desk_last(desk), "[3,\"6\",{\"status\":\"Failed\",\"exiResponse\":\"\"") !=
	          NULL &&
	      strstr(desk_last(desk), "TryLater") != NULL);
	desk_free(desk);
}

static void
no_contract_certificates(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk,
	          "[2,\"1\",\"Get15118EVCertificate\",{\"iso15118SchemaVersion\":\"urn:iso:15118\","
	          "\"action\":\"Install\",\"exiRequest\":\"AAAA\"}]");
	CHECK(strstr(desk_last(desk), "[3,\"1\",{\"status\":\"Failed\"") != NULL &&
	      strstr(desk_last(desk), "NoProvider") != NULL);
	desk_free(desk);
}

int
main(void)
{
	CASE(a_request_is_taken);
	CASE(only_who_may_asks);
	CASE(a_status_waits);
	CASE(a_chain_waits);
	CASE(a_contract_waits);
	CASE(no_contract_certificates);
	return 0;
}
