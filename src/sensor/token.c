/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/token.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "crypto/digest.h"

static vs_result
refuse(const char **why_out, const char *why)
{
	*why_out = why;
	return VS_FAIL(NOT_AUTHENTIC);
}

static vs_result
check_own(const struct vs_sensor_token_rules *rules, struct vs_bytes token,
          struct vs_sensor_identity *identity, const char **why_out)
{
	uint8_t hash[VS_SHA256_SIZE];
	vs_result r;

	VS_TRY(vs_crypto_sha256(token, hash));
	r = rules->reader.sensor_of_token(rules->reader.self, hash, &identity->sensor);
	return r.code == VS_E_NOT_FOUND ? refuse(why_out, "unknown token") : r;
}

static vs_result
check_claims(const struct vs_sensor_token_rules *rules, const struct vs_jwt_claims *claims,
             const uint8_t *fingerprint, struct vs_sensor_identity *identity, const char **why_out)
{
	const char *tenant = claims->tenant[0] != '\0' ? claims->tenant : VS_CORE_TENANT_DEFAULT;
	bool is_revoked = false;
	vs_result r;

	if (claims->has_thumbprint &&
	    (fingerprint == NULL ||
	     !vs_crypto_equal(claims->thumbprint, fingerprint, sizeof(claims->thumbprint))))
		return refuse(why_out, "not with this certificate");
	if (strlen(tenant) >= VS_CORE_TENANT_SIZE ||
	    !vs_core_identity_is_valid(vs_bytes_from_text(claims->subject)))
		return refuse(why_out, "no device");
	r = rules->reader.sensor(rules->reader.self, tenant, claims->subject, &identity->sensor);
	if (r.code == VS_E_NOT_FOUND)
		return refuse(why_out, "unknown device");
	VS_TRY(r);
	VS_TRY(rules->reader.sensor_is_revoked(rules->reader.self, tenant, claims->id,
	                                       claims->subject, claims->issued_s * 1000,
	                                       &is_revoked));
	if (is_revoked)
		return refuse(why_out, "revoked");
	(void)snprintf(identity->jti, sizeof(identity->jti), "%s", claims->id);
	identity->issued_ms = claims->issued_s * 1000;
	identity->expires_ms = claims->expires_s * 1000;
	return VS_OK;
}

static vs_result
check_jwt(const struct vs_sensor_token_rules *rules, struct vs_bytes token,
          const uint8_t *fingerprint, int64_t now_ms, struct vs_sensor_identity *identity,
          const char **why_out)
{
	const struct vs_jwt_demand demand = {.issuer = rules->issuer,
	                                     .audience = rules->audience,
	                                     .now_s = now_ms / 1000,
	                                     .skew_max_s = VS_SENSOR_TOKEN_SKEW_S,
	                                     .life_max_s = VS_SENSOR_TOKEN_LIFE_S};
	enum vs_jwt_fault fault = VS_JWT_NONE;
	struct vs_jwt_claims claims;
	struct vs_jws *jws = NULL;
	vs_result r;

	if (rules->key == NULL)
		return refuse(why_out, "there is no issuer");
	r = vs_jws_read(token, &jws);
	if (r.code != VS_E_OK)
		return r.code == VS_E_NO_MEMORY ? r : refuse(why_out, "no token");
	r = vs_jwt_check(jws, rules->key, &demand, &claims, &fault);
	vs_jws_free(&jws);
	if (r.code != VS_E_OK)
		return r.code == VS_E_NOT_AUTHENTIC ? refuse(why_out, vs_jwt_fault_text(fault)) : r;
	return check_claims(rules, &claims, fingerprint, identity, why_out);
}

vs_result
vs_sensor_token_check(const struct vs_sensor_token_rules *rules, struct vs_bytes token,
                      const uint8_t *fingerprint, int64_t now_ms,
                      struct vs_sensor_identity *identity_out, const char **why_out)
{
	struct vs_sensor_identity identity;

	assert(rules != NULL && identity_out != NULL && why_out != NULL);
	memset(&identity, 0, sizeof(identity));
	if (token.size == 0 || token.size > VS_SENSOR_TOKEN_SIZE_MAX)
		return refuse(why_out, "no token");
	if (memchr(token.data, '.', token.size) != NULL)
		VS_TRY(check_jwt(rules, token, fingerprint, now_ms, &identity, why_out));
	else
		VS_TRY(check_own(rules, token, &identity, why_out));
	if (!identity.sensor.is_enabled)
		return refuse(why_out, "disabled");
	if (rules->registry != NULL &&
	    !vs_core_registry_is_open(rules->registry, identity.sensor.tenant))
		return refuse(why_out, "its tenant is closed");
	*identity_out = identity;
	*why_out = "";
	return VS_OK;
}
