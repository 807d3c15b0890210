/* SPDX-License-Identifier: Apache-2.0 */
#include "central/admission.h"

#include "crypto/password.h"
#include "test.h"
#include "wire/base64.h"

static struct vs_core_registry *registry;
static struct vs_secret *pepper;
static struct vs_central_policy policy;
static const uint8_t pinned[32] = {1, 2, 3};

static void
add(const char *identity, enum vs_core_auth auth, const char *password, bool is_enabled,
    bool is_pinned)
{
	struct vs_core_station station = {
	    .tenant = "default", .auth = auth, .is_enabled = is_enabled};

	(void)snprintf(station.identity, sizeof(station.identity), "%s", identity);
	station.has_verifier = password != NULL;
	if (password != NULL)
		CHECK_OK(vs_crypto_password_verifier(
		    pepper, VS_BYTES_LITERAL("default"), vs_bytes_from_text(identity),
		    vs_bytes_from_text(password), station.verifier));
	station.has_fingerprint = is_pinned;
	memcpy(station.fingerprint, pinned, sizeof(pinned));
	CHECK_OK(vs_core_registry_put(registry, &station));
}

static void
set_up(void)
{
	CHECK_OK(vs_core_registry_new(&registry));
	CHECK_OK(vs_secret_new(VS_CRYPTO_PEPPER_SIZE, &pepper));
	memset(vs_secret_bytes(pepper), 7, VS_CRYPTO_PEPPER_SIZE);
	policy = (struct vs_central_policy){
	    .registry = registry, .path_prefix = "/ocpp/", .required_auth = VS_CORE_AUTH_COUNT};
	add("BASIC", VS_CORE_AUTH_BASIC, "correct horse battery", true, false);
	add("COLON", VS_CORE_AUTH_BASIC, "a:b:c", true, false);
	add("NOPASS", VS_CORE_AUTH_BASIC, NULL, true, false);
	add("OFF", VS_CORE_AUTH_BASIC, "correct horse battery", false, false);
	add("MTLS", VS_CORE_AUTH_MTLS, NULL, true, false);
	add("PINNED", VS_CORE_AUTH_MTLS, NULL, true, true);
	add("BOTH", VS_CORE_AUTH_MTLS_BASIC, "secret", true, false);
	add("a@b", VS_CORE_AUTH_MTLS, NULL, true, false);
}

/* What a station sends; NULL members are left out. */
struct ask {
	const char *path, *basic, *authorization, *name, *protocols;
	bool is_other_certificate, is_not_upgrade;
};

static void (*between)(void); /* what happens between the steps, or NULL */

/* What the verdict would be. */
static bool
is_right(const struct vs_central_admission *admission, const struct vs_central_basic *basic)
{
	const struct vs_core_station *subject = vs_central_admission_subject(admission);
	uint8_t verifier[VS_CRYPTO_VERIFIER_SIZE];

	if (!admission->needs_verdict || subject == NULL)
		return false;
	CHECK_OK(vs_crypto_password_verifier(pepper, vs_bytes_from_text(subject->tenant),
	                                     vs_bytes_from_text(subject->identity), basic->password,
	                                     verifier));
	return memcmp(verifier, subject->verifier, sizeof(verifier)) == 0;
}

static struct vs_central_admission
ask(struct ask a)
{
	static char text[2048];
	static struct vs_http_request request;
	struct vs_central_credential credential = {0};
	struct vs_central_admission admission;
	struct vs_central_basic basic = {.kind = VS_CENTRAL_BASIC_ABSENT};
	char coded[512] = "";
	int size = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: h\r\n", a.path);

	if (!a.is_not_upgrade)
		size += snprintf(
		    text + size, sizeof(text) - (size_t)size,
		    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
	if (a.protocols == NULL)
		a.protocols = "ocpp2.0.1";
	if (a.protocols[0] != '\0')
		size += snprintf(text + size, sizeof(text) - (size_t)size,
		                 "Sec-WebSocket-Protocol: %s\r\n", a.protocols);
	if (a.basic != NULL) {
		(void)vs_base64_encode(VS_BASE64, vs_bytes_from_text(a.basic), coded,
		                       sizeof(coded));
		size += snprintf(text + size, sizeof(text) - (size_t)size,
		                 "Authorization: Basic %s\r\n", coded);
	}
	if (a.authorization != NULL)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "Authorization: %s\r\n",
		                 a.authorization);
	size += snprintf(text + size, sizeof(text) - (size_t)size, "\r\n");
	CHECK_OK(vs_http_request_parse(vs_bytes_from(text, (size_t)size), &request));
	if (a.name != NULL) {
		credential.has_certificate = true;
		credential.has_name = a.name[0] != '\0';
		(void)snprintf(credential.common_name, sizeof(credential.common_name), "%s",
		               a.name);
		memcpy(credential.fingerprint, pinned, sizeof(pinned));
		credential.fingerprint[31] = a.is_other_certificate;
	}
	vs_central_admit(&policy, &request, a.name != NULL ? &credential : NULL, &basic,
	                 &admission);
	CHECK(admission.needs_verdict ==
	      (basic.kind == VS_CENTRAL_BASIC_GIVEN && admission.refusal != VS_CENTRAL_BAD_PATH));
	if (between != NULL)
		between();
	vs_central_admit_conclude(&policy, is_right(&admission, &basic), &admission);
	CHECK(admission.detail != NULL);
	CHECK((admission.refusal == VS_CENTRAL_ADMITTED) == (admission.subprotocol != NULL));
	return admission;
}

static void
is(struct ask a, enum vs_central_refusal refusal)
{
	enum vs_central_refusal got = ask(a).refusal;

	if (got != refusal)
		(void)fprintf(stderr, "%s: %s, not %s\n", a.path, vs_central_refusal_text(got),
		              vs_central_refusal_text(refusal));
	CHECK(got == refusal);
}

/* A00.FR.204, 207, 303, 324 */
static void
profile_2(void)
{
	struct vs_central_admission good =
	    ask((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:correct horse battery"});

	CHECK(good.refusal == VS_CENTRAL_ADMITTED && strcmp(good.station.identity, "BASIC") == 0);
	CHECK(strcmp(good.subprotocol, "ocpp2.0.1") == 0 && strcmp(good.claimed, "BASIC") == 0);
	is((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:correct horse batterz"},
	   VS_CENTRAL_WRONG_PASSWORD);
	is((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:"}, VS_CENTRAL_WRONG_PASSWORD);
	is((struct ask){.path = "/ocpp/BASIC"}, VS_CENTRAL_NO_PASSWORD);
	is((struct ask){.path = "/ocpp/BASIC", .basic = "basic:correct horse battery"},
	   VS_CENTRAL_IDENTITY_MISMATCH);
	is((struct ask){.path = "/ocpp/BASIC", .basic = "COLON:a:b:c"},
	   VS_CENTRAL_IDENTITY_MISMATCH);
	is((struct ask){.path = "/ocpp/BASIC", .basic = "nocolon"}, VS_CENTRAL_BAD_AUTHORIZATION);
	is((struct ask){.path = "/ocpp/BASIC", .authorization = "Basic !!!"},
	   VS_CENTRAL_BAD_AUTHORIZATION);
	is((struct ask){.path = "/ocpp/BASIC", .authorization = "Bearer x"},
	   VS_CENTRAL_NO_PASSWORD);
	/* Split at the first ':'. */
	is((struct ask){.path = "/ocpp/COLON", .basic = "COLON:a:b:c"}, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/NOPASS", .basic = "NOPASS:"}, VS_CENTRAL_WRONG_PASSWORD);
	is((struct ask){.path = "/ocpp/OFF", .basic = "OFF:correct horse battery"},
	   VS_CENTRAL_DISABLED);
	is((struct ask){.path = "/ocpp/NOBODY", .basic = "NOBODY:x"}, VS_CENTRAL_UNKNOWN_IDENTITY);
	/* A certificate that is shown must be its own. */
	is((struct ask){.path = "/ocpp/BASIC",
	                .basic = "BASIC:correct horse battery",
	                .name = "BASIC"},
	   VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/BASIC",
	                .basic = "BASIC:correct horse battery",
	                .name = "MTLS"},
	   VS_CENTRAL_IDENTITY_MISMATCH);
}

/* A00.FR.405 */
static void
profile_3(void)
{
	is((struct ask){.path = "/ocpp/MTLS", .name = "MTLS"}, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/MTLS"}, VS_CENTRAL_NO_CERTIFICATE);
	is((struct ask){.path = "/ocpp/MTLS", .basic = "MTLS:x"}, VS_CENTRAL_NO_CERTIFICATE);
	is((struct ask){.path = "/ocpp/MTLS", .name = "mtls"}, VS_CENTRAL_IDENTITY_MISMATCH);
	is((struct ask){.path = "/ocpp/MTLS", .name = "PINNED"}, VS_CENTRAL_IDENTITY_MISMATCH);
	is((struct ask){.path = "/ocpp/MTLS", .name = ""}, VS_CENTRAL_IDENTITY_MISMATCH);
	is((struct ask){.path = "/ocpp/MTLS", .name = "MTLS", .basic = "BASIC:x"},
	   VS_CENTRAL_IDENTITY_MISMATCH);
	is((struct ask){.path = "/ocpp/PINNED", .name = "PINNED"}, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/PINNED", .name = "PINNED", .is_other_certificate = true},
	   VS_CENTRAL_CERTIFICATE_MISMATCH);
	is((struct ask){.path = "/ocpp/BOTH", .name = "BOTH", .basic = "BOTH:secret"},
	   VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/BOTH", .name = "BOTH"}, VS_CENTRAL_NO_PASSWORD);
	is((struct ask){.path = "/ocpp/BOTH", .basic = "BOTH:secret"}, VS_CENTRAL_NO_CERTIFICATE);
	is((struct ask){.path = "/ocpp/BOTH", .name = "BOTH", .basic = "BOTH:wrong"},
	   VS_CENTRAL_WRONG_PASSWORD);
}

/* A00.FR.201, 006: what proves itself without TLS is let in where that is the listener's name. */
static void
listeners(void)
{
	static const struct {
		const char *path, *basic, *name;
		enum vs_central_refusal tls, clear, open;
	} rows[] = {
	    {"/ocpp/BASIC", "BASIC:correct horse battery", NULL, VS_CENTRAL_ADMITTED,
	     VS_CENTRAL_ADMITTED, VS_CENTRAL_WRONG_PROFILE},
	    {"/ocpp/BASIC", NULL, NULL, VS_CENTRAL_NO_PASSWORD, VS_CENTRAL_NO_PASSWORD,
	     VS_CENTRAL_WRONG_PROFILE},
	    {"/ocpp/MTLS", NULL, NULL, VS_CENTRAL_NO_CERTIFICATE, VS_CENTRAL_WRONG_PROFILE,
	     VS_CENTRAL_WRONG_PROFILE},
	    {"/ocpp/BOTH", "BOTH:secret", NULL, VS_CENTRAL_NO_CERTIFICATE, VS_CENTRAL_WRONG_PROFILE,
	     VS_CENTRAL_WRONG_PROFILE},
	    {"/ocpp/FREE", NULL, NULL, VS_CENTRAL_WRONG_PROFILE, VS_CENTRAL_WRONG_PROFILE,
	     VS_CENTRAL_ADMITTED},
	};

	add("FREE", VS_CORE_AUTH_NONE, NULL, true, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ask a = {.path = rows[i].path, .basic = rows[i].basic};

		is(a, rows[i].tls);
		policy.listener = VS_CENTRAL_LISTENER_CLEAR;
		is(a, rows[i].clear);
		policy.listener = VS_CENTRAL_LISTENER_OPEN;
		is(a, rows[i].open);
		policy.listener = VS_CENTRAL_LISTENER_TLS;
	}
	CHECK(ask((struct ask){.path = "/ocpp/MTLS", .name = "MTLS"}).proof.profile == 3);
	CHECK(ask((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:correct horse battery"})
	          .proof.profile == 2);
	/* A certificate that nobody asked for is no profile 3. */
	CHECK(ask((struct ask){.path = "/ocpp/BASIC",
	                       .basic = "BASIC:correct horse battery",
	                       .name = "BASIC"})
	          .proof.profile == 2);
}

static void
reach(const char *identity, uint32_t profile, int64_t lowered_until_ms)
{
	struct vs_core_station station;

	CHECK_OK(vs_core_registry_find(registry, vs_bytes_from_text(identity), &station));
	station.policy.profile_reached = profile;
	station.policy.profile_lowered_until_ms = lowered_until_ms;
	CHECK_OK(vs_core_registry_put(registry, &station));
}

/* A05.FR.07, TC_A_19; the clock is the policy's. */
static void
the_ratchet(void)
{
	const struct ask password = {.path = "/ocpp/BASIC", .basic = "BASIC:correct horse battery"};
	const struct ask both = {.path = "/ocpp/BOTH", .basic = "BOTH:secret"};

	reach("BASIC", 2, 0);
	is(password, VS_CENTRAL_ADMITTED);
	policy.listener = VS_CENTRAL_LISTENER_CLEAR;
	is(password, VS_CENTRAL_DOWNGRADE);
	/* For an hour it may: until the moment itself. */
	reach("BASIC", 2, 3600000);
	policy.now_ms = 3599999;
	is(password, VS_CENTRAL_ADMITTED);
	policy.now_ms = 3600000;
	is(password, VS_CENTRAL_DOWNGRADE);
	policy.listener = VS_CENTRAL_LISTENER_TLS;
	/* From 3 to 2: by the password, while it may; its certificate stays good. */
	reach("BOTH", 3, 0);
	is(both, VS_CENTRAL_DOWNGRADE);
	reach("BOTH", 3, 3600001);
	is(both, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/BOTH", .basic = "BOTH:wrong"}, VS_CENTRAL_WRONG_PASSWORD);
	is((struct ask){.path = "/ocpp/BOTH", .name = "BOTH", .basic = "BOTH:secret"},
	   VS_CENTRAL_ADMITTED);
	policy.now_ms = 3600001;
	is(both, VS_CENTRAL_DOWNGRADE);
	/* Without a password there is nothing to go back to. */
	reach("MTLS", 3, 9999999);
	is((struct ask){.path = "/ocpp/MTLS"}, VS_CENTRAL_NO_CERTIFICATE);
	CHECK(vs_central_refusal_status(VS_CENTRAL_DOWNGRADE) == 401);
	reach("BASIC", 0, 0);
	reach("BOTH", 0, 0);
	policy.now_ms = 0;
}

/* A05: both ways are good until the new one was used. */
static void
the_next_way(void)
{
	struct vs_core_station station;
	struct vs_central_admission admission;

	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("BASIC"), &station));
	station.has_next_auth = true;
	station.next_auth = VS_CORE_AUTH_MTLS;
	CHECK_OK(vs_core_registry_put(registry, &station));
	is((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:correct horse battery"},
	   VS_CENTRAL_ADMITTED);
	admission = ask((struct ask){.path = "/ocpp/BASIC", .name = "BASIC"});
	CHECK(admission.refusal == VS_CENTRAL_ADMITTED && admission.proof.is_next_auth &&
	      admission.proof.profile == 3);
	CHECK(vs_core_registry_prove(registry, "BASIC", &admission.proof, &station));
	is((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:correct horse battery"},
	   VS_CENTRAL_DOWNGRADE);
	is((struct ask){.path = "/ocpp/BASIC", .name = "BASIC"}, VS_CENTRAL_ADMITTED);
	add("BASIC", VS_CORE_AUTH_BASIC, "correct horse battery", true, false);
}

static void
a_pinned_listener(void)
{
	policy.required_auth = VS_CORE_AUTH_MTLS;
	is((struct ask){.path = "/ocpp/MTLS", .name = "MTLS"}, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:correct horse battery"},
	   VS_CENTRAL_WRONG_PROFILE);
	policy.required_auth = VS_CORE_AUTH_COUNT;
}

static void
paths(void)
{
	is((struct ask){.path = "/ocpp/a%40b", .name = "a@b"}, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/a@b", .name = "a@b"}, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/%4d%54LS", .name = "MTLS"}, VS_CENTRAL_ADMITTED);
	is((struct ask){.path = "/ocpp/"}, VS_CENTRAL_BAD_PATH);
	is((struct ask){.path = "/"}, VS_CENTRAL_BAD_PATH);
	is((struct ask){.path = "/OCPP/MTLS", .name = "MTLS"}, VS_CENTRAL_BAD_PATH);
	is((struct ask){.path = "/ocpp/x/MTLS", .name = "MTLS"}, VS_CENTRAL_BAD_PATH);
	is((struct ask){.path = "/ocpp/MTLS/", .name = "MTLS"}, VS_CENTRAL_BAD_PATH);
	is((struct ask){.path = "/ocpp/MTLS%00", .name = "MTLS"}, VS_CENTRAL_UNKNOWN_IDENTITY);
	is((struct ask){.path = "/ocpp/..%2fMTLS", .name = "MTLS"}, VS_CENTRAL_UNKNOWN_IDENTITY);
	is((struct ask){.path = "/ocpp/%zz", .name = "MTLS"}, VS_CENTRAL_UNKNOWN_IDENTITY);
	is((struct ask){.path = "/ocpp/MT%20LS", .name = "MTLS"}, VS_CENTRAL_UNKNOWN_IDENTITY);
	is((struct ask){.path = "/ocpp/"
	                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
	   VS_CENTRAL_UNKNOWN_IDENTITY);
}

/* TC_B_58: ocpp0.1 is refused with no upgrade; ocpp0.1,ocpp2.0.1 is accepted with exactly the
 * chosen one. */
static void
subprotocols(void)
{
	struct ask a = {.path = "/ocpp/MTLS", .name = "MTLS"};

	a.protocols = "ocpp0.1";
	is(a, VS_CENTRAL_NO_SUBPROTOCOL);
	a.protocols = "ocpp0.1,ocpp2.0.1";
	is(a, VS_CENTRAL_ADMITTED);
	a.protocols = "ocpp0.1 ,  ocpp2.0.1";
	is(a, VS_CENTRAL_ADMITTED);
	a.protocols = "ocpp2.0.1.1";
	is(a, VS_CENTRAL_NO_SUBPROTOCOL);
	a.protocols = "OCPP2.0.1";
	is(a, VS_CENTRAL_NO_SUBPROTOCOL);
	a.protocols = "ocpp0.1\r\nSec-WebSocket-Protocol: ocpp2.0.1";
	is(a, VS_CENTRAL_ADMITTED);
	a.protocols = "";
	is(a, VS_CENTRAL_NO_SUBPROTOCOL);
	a.protocols = NULL;
	a.is_not_upgrade = true;
	is(a, VS_CENTRAL_BAD_UPGRADE);
}

/* Nothing that can be asked without the proof tells who exists. */
static void
refusals_look_alike(void)
{
	for (int i = VS_CENTRAL_UNKNOWN_IDENTITY; i <= VS_CENTRAL_WRONG_PASSWORD; i++)
		CHECK(vs_central_refusal_status((enum vs_central_refusal)i) == 401);
	CHECK(vs_central_refusal_status(VS_CENTRAL_BAD_PATH) == 404);
	CHECK(vs_central_refusal_status(VS_CENTRAL_NO_SUBPROTOCOL) == 400);
	CHECK(strcmp(vs_central_refusal_text(VS_CENTRAL_UNKNOWN_IDENTITY), "unknown_identity") ==
	      0);
	/* A wrong subprotocol is only told to who has authenticated. */
	is((struct ask){.path = "/ocpp/NOBODY", .protocols = "ocpp0.1"},
	   VS_CENTRAL_UNKNOWN_IDENTITY);
	is((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:x", .protocols = "ocpp0.1"},
	   VS_CENTRAL_WRONG_PASSWORD);
}

static void
disable(void)
{
	add("BASIC", VS_CORE_AUTH_BASIC, "correct horse battery", false, false);
}

static void
change_password(void)
{
	add("BASIC", VS_CORE_AUTH_BASIC, "another one", true, false);
}

static void
remove_it(void)
{
	vs_core_registry_remove(registry, "BASIC");
}

/* What was right when it was asked must still be right when it is answered. */
static void
the_entry_changes_between_the_steps(void)
{
	static const struct {
		void (*happens)(void);
		enum vs_central_refusal refusal;
	} rows[] = {{disable, VS_CENTRAL_DISABLED},
	            {change_password, VS_CENTRAL_WRONG_PASSWORD},
	            {remove_it, VS_CENTRAL_UNKNOWN_IDENTITY}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		between = rows[i].happens;
		is((struct ask){.path = "/ocpp/BASIC", .basic = "BASIC:correct horse battery"},
		   rows[i].refusal);
		between = NULL;
		add("BASIC", VS_CORE_AUTH_BASIC, "correct horse battery", true, false);
	}
}

/* Whether a password is looked at is a matter of the request, not of who is registered. */
static void
the_work_tells_nothing(void)
{
	static const char *const ids[] = {"BASIC",  "OFF",    "NOPASS", "MTLS",
	                                  "PINNED", "NOBODY", "%zz"};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/ocpp/%s", ids[i]);
		/* `ask` checks needs_verdict against the request. */
		CHECK(ask((struct ask){.path = path, .basic = "x:y"}).refusal !=
		      VS_CENTRAL_ADMITTED);
		CHECK(ask((struct ask){.path = path}).refusal != VS_CENTRAL_ADMITTED);
	}
}

static struct vs_central_credential
certificate(const char *name, uint8_t last)
{
	struct vs_central_credential c = {
	    .has_certificate = true, .has_name = true, .not_after_ms = 1000};

	(void)snprintf(c.common_name, sizeof(c.common_name), "%s", name);
	memcpy(c.fingerprint, pinned, sizeof(pinned));
	c.fingerprint[31] = last;
	return c;
}

/* Asked on every handshake, so that a resumed one does not outlive a revocation. */
static void
certificates_are_asked_again(void)
{
	struct vs_central_credential c = certificate("MTLS", 0);

	CHECK(vs_central_admit_certificate(registry, &c, 1000) == VS_CENTRAL_ADMITTED);
	CHECK(vs_central_admit_certificate(registry, &c, 1001) == VS_CENTRAL_CERTIFICATE_EXPIRED);
	c = certificate("OFF", 0);
	CHECK(vs_central_admit_certificate(registry, &c, 0) == VS_CENTRAL_DISABLED);
	c = certificate("PINNED", 0);
	CHECK(vs_central_admit_certificate(registry, &c, 0) == VS_CENTRAL_ADMITTED);
	c = certificate("PINNED", 1);
	CHECK(vs_central_admit_certificate(registry, &c, 0) == VS_CENTRAL_CERTIFICATE_MISMATCH);
	c = certificate("NOBODY", 1);
	CHECK(vs_central_admit_certificate(registry, &c, 0) == VS_CENTRAL_ADMITTED);
	c.has_certificate = false;
	CHECK(vs_central_admit_certificate(registry, &c, 5000) == VS_CENTRAL_ADMITTED);
}

int
main(void)
{
	set_up();
	CASE(profile_2);
	CASE(profile_3);
	CASE(listeners);
	CASE(the_ratchet);
	CASE(the_next_way);
	CASE(a_pinned_listener);
	CASE(paths);
	CASE(subprotocols);
	CASE(refusals_look_alike);
	CASE(the_entry_changes_between_the_steps);
	CASE(the_work_tells_nothing);
	CASE(certificates_are_asked_again);
	vs_core_registry_free(&registry);
	vs_secret_free(&pepper);
	return 0;
}
