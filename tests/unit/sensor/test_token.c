/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/token.h"

#include "crypto/digest.h"
#include "test.h"

#define NOW_MS INT64_C(1800000000000)
#define NOW_S  (NOW_MS / 1000)

/* A store of one device. */
static struct {
	struct vs_core_sensor sensor;
	const char *revoked_jti;
	vs_result result;
} store;

static vs_result
find(void *self, const char *tenant, const char *device, struct vs_core_sensor *row_out)
{
	(void)self;
	if (store.result.code != VS_E_OK)
		return store.result;
	if (strcmp(tenant, store.sensor.tenant) != 0 || strcmp(device, store.sensor.device) != 0)
		return VS_FAIL(NOT_FOUND);
	*row_out = store.sensor;
	return VS_OK;
}

static vs_result
find_by_token(void *self, const uint8_t hash[static 32], struct vs_core_sensor *row_out)
{
	(void)self;
	if (memcmp(hash, store.sensor.token_sha256, 32) != 0)
		return VS_FAIL(NOT_FOUND);
	*row_out = store.sensor;
	return VS_OK;
}

static vs_result
is_revoked(void *self, const char *tenant, const char *jti, const char *device, int64_t issued_ms,
           bool *is_out)
{
	(void)self, (void)tenant, (void)device, (void)issued_ms;
	*is_out = strcmp(jti, store.revoked_jti) == 0;
	return VS_OK;
}

static struct vs_pkey *pkey;
static struct vs_jose_key *key;
static struct vs_sensor_token_rules rules;
static struct vs_sensor_identity identity;
static const char *why;

static void
setup(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_ED25519, &pkey));
	CHECK_OK(vs_jose_key_new(pkey, VS_JOSE_ALLOW(VS_SIGN_EDDSA), "", &key));
	store.sensor = (struct vs_core_sensor){
	    .tenant = "t1", .device = "dev-7", .has_token = true, .is_enabled = true};
	store.revoked_jti = "gone";
	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL("vst_secret"), store.sensor.token_sha256));
	rules = (struct vs_sensor_token_rules){.reader = {.sensor = find,
	                                                  .sensor_of_token = find_by_token,
	                                                  .sensor_is_revoked = is_revoked},
	                                       .key = key,
	                                       .issuer = "iss",
	                                       .audience = "aud"};
}

static vs_result
check(const char *text, const uint8_t *fingerprint)
{
	return vs_sensor_token_check(&rules, vs_bytes_from_text(text), fingerprint, NOW_MS,
	                             &identity, &why);
}

static vs_result
check_claims(const struct vs_jwt_claims *claims, const char *audience, const uint8_t *fingerprint)
{
	struct vs_buf token;
	vs_result r;

	vs_buf_init(&token, 4096);
	CHECK_OK(vs_jwt_make(key, VS_SIGN_EDDSA, "iss", audience, claims, &token));
	CHECK_OK(vs_buf_append_byte(&token, 0));
	r = check((const char *)token.data, fingerprint);
	vs_buf_done(&token);
	return r;
}

static void
own(void)
{
	CHECK_OK(check("vst_secret", NULL));
	CHECK(strcmp(identity.sensor.device, "dev-7") == 0 && identity.jti[0] == '\0');
	CHECK(identity.expires_ms == 0);
	CHECK_ERR(check("vst_other", NULL), NOT_AUTHENTIC);
	CHECK_ERR(check("", NULL), NOT_AUTHENTIC);
	store.sensor.is_enabled = false;
	CHECK_ERR(check("vst_secret", NULL), NOT_AUTHENTIC);
	CHECK(strcmp(why, "disabled") == 0);
	store.sensor.is_enabled = true;
}

/* Of a tenant that was disabled or erased nobody is let in; of the others everybody. */
static void
closed_tenant(void)
{
	struct vs_core_registry *registry = NULL;

	CHECK_OK(vs_core_registry_new(&registry));
	rules.registry = registry;
	CHECK_OK(check("vst_secret", NULL));
	CHECK_OK(vs_core_registry_open_tenant(registry, "t1", false));
	CHECK_ERR(check("vst_secret", NULL), NOT_AUTHENTIC);
	CHECK(strcmp(why, "its tenant is closed") == 0);
	CHECK_OK(vs_core_registry_open_tenant(registry, "t1", true));
	CHECK_OK(vs_core_registry_open_tenant(registry, "t2", false));
	CHECK_OK(check("vst_secret", NULL));
	rules.registry = NULL;
	vs_core_registry_free(&registry);
}

static void
jwt(void)
{
	const struct vs_jwt_claims good = {.subject = "dev-7",
	                                   .id = "j1",
	                                   .tenant = "t1",
	                                   .issued_s = NOW_S - 10,
	                                   .expires_s = NOW_S + 600};
	struct vs_jwt_claims claims = good;
	uint8_t fingerprint[32] = {1};

	CHECK_OK(check_claims(&good, "aud", NULL));
	CHECK(strcmp(identity.jti, "j1") == 0 && identity.expires_ms == (NOW_S + 600) * 1000);
	CHECK_ERR(check_claims(&good, "other", NULL), NOT_AUTHENTIC);
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		claims = good;                                                                     \
		change;                                                                            \
		CHECK_ERR(check_claims(&claims, "aud", NULL), NOT_AUTHENTIC);                      \
		CHECK(why[0] != '\0');                                                             \
	} while (0)
	REFUSED((void)snprintf(claims.subject, sizeof(claims.subject), "dev-8"));
	REFUSED((void)snprintf(claims.tenant, sizeof(claims.tenant), "t2"));
	REFUSED((void)snprintf(claims.id, sizeof(claims.id), "gone"));
	REFUSED(claims.expires_s = NOW_S - 61);
	REFUSED(claims.expires_s = NOW_S + VS_SENSOR_TOKEN_LIFE_S + 3600);
	REFUSED(claims.has_thumbprint = true; memcpy(claims.thumbprint, fingerprint, 32));
#undef REFUSED
	/* Bound to a certificate: with that one it counts. */
	CHECK_OK(check_claims(&claims, "aud", fingerprint));
	fingerprint[0] = 2;
	CHECK_ERR(check_claims(&claims, "aud", fingerprint), NOT_AUTHENTIC);
	/* A store that does not answer is no wrong token. */
	store.result = VS_FAIL(IO);
	CHECK_ERR(check_claims(&good, "aud", NULL), IO);
	store.result = VS_OK;
	rules.key = NULL;
	CHECK_ERR(check_claims(&good, "aud", NULL), NOT_AUTHENTIC);
}

int
main(void)
{
	setup();
	CASE(own);
	CASE(closed_tenant);
	CASE(jwt);
	vs_jose_key_free(&key);
	vs_pkey_free(&pkey);
	return 0;
}
