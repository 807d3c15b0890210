/* SPDX-License-Identifier: Apache-2.0 */
#include "central/admission.h"

#include <assert.h>
#include <string.h>

#include "central/certificate.h"
#include "central/subprotocol.h"
#include "crypto/digest.h"

static const struct {
	const char *word;
	int status;
	const char *help;
} rows[] = {
#define VS_REFUSAL(name, word, status, help) [VS_CENTRAL_##name] = {word, status, help},
#include "central/refusals.def"
#undef VS_REFUSAL
};
static_assert(sizeof(rows) / sizeof(rows[0]) == VS_CENTRAL_REFUSALS, "a row for each refusal");

const char *
vs_central_refusal_text(enum vs_central_refusal refusal)
{
	assert(refusal < VS_CENTRAL_REFUSALS);
	return rows[refusal].word;
}

int
vs_central_refusal_status(enum vs_central_refusal refusal)
{
	assert(refusal < VS_CENTRAL_REFUSALS);
	return rows[refusal].status;
}

/* The identity is the one segment after the prefix (OCPP 2.0.1 Part 4 3.1.1). */
static enum vs_central_refusal
read_identity(const char *prefix, struct vs_bytes path, char claimed[static VS_CORE_IDENTITY_SIZE])
{
	size_t prefix_size = strlen(prefix), size = 0;
	char text[VS_CORE_IDENTITY_SIZE];
	struct vs_bytes segment;

	if (path.size <= prefix_size ||
	    !vs_bytes_equal_text(vs_bytes_from(path.data, prefix_size), prefix))
		return VS_CENTRAL_BAD_PATH;
	segment = vs_bytes_from(path.data + prefix_size, path.size - prefix_size);
	if (memchr(segment.data, '/', segment.size) != NULL)
		return VS_CENTRAL_BAD_PATH;
	if (vs_http_segment_decode(segment, text, sizeof(text), &size).code != VS_E_OK ||
	    !vs_core_identity_is_valid(vs_bytes_from(text, size)))
		return VS_CENTRAL_UNKNOWN_IDENTITY;
	memcpy(claimed, text, size);
	claimed[size] = '\0';
	return VS_CENTRAL_ADMITTED;
}

static void
read_basic(const struct vs_http_headers *headers, struct vs_central_basic *basic)
{
	vs_result r = vs_http_basic_get(headers, basic->room, &basic->user, &basic->password);

	basic->kind = VS_CENTRAL_BASIC_GIVEN;
	if (r.code != VS_E_OK) {
		basic->kind =
		    r.code == VS_E_MISSING ? VS_CENTRAL_BASIC_ABSENT : VS_CENTRAL_BASIC_BROKEN;
		basic->user = vs_bytes_from(NULL, 0);
		basic->password = vs_bytes_from(NULL, 0);
	}
}

static bool
is_named(const struct vs_central_credential *credential, const char *identity)
{
	return credential->has_name && strcmp(credential->common_name, identity) == 0;
}

static bool
is_pinned_other(const struct vs_core_station *station,
                const struct vs_central_credential *credential)
{
	return station->has_fingerprint &&
	       !vs_crypto_equal(station->fingerprint, credential->fingerprint,
	                        sizeof(station->fingerprint));
}

/* The security profile that this connection can be, whatever the station is to prove (A00). */
static uint32_t
offered_profile(const struct vs_central_policy *policy,
                const struct vs_central_credential *credential)
{
	switch (policy->listener) {
	case VS_CENTRAL_LISTENER_OPEN:
		return 0;
	case VS_CENTRAL_LISTENER_CLEAR:
		return 1;
	case VS_CENTRAL_LISTENER_TLS:
		break;
	}
	return credential != NULL && credential->has_certificate ? 3 : 2;
}

/* How the station must prove itself on this connection: as it is written down, or in the way that
 * it is about to change to, or, while an administrator lets it back, by its password. */
static enum vs_core_auth
auth_now(const struct vs_central_policy *policy, const struct vs_core_station *station,
         bool has_certificate, bool *is_next_out)
{
	bool is_lowered = station->policy.profile_lowered_until_ms > policy->now_ms;

	*is_next_out = station->has_next_auth && !vs_core_auth_has_certificate(station->auth) &&
	               vs_core_auth_has_certificate(station->next_auth) && has_certificate;
	if (*is_next_out)
		return station->next_auth;
	if (is_lowered && vs_core_auth_has_certificate(station->auth) && !has_certificate &&
	    station->has_verifier)
		return VS_CORE_AUTH_BASIC;
	return station->auth;
}

/* Which station may use which kind of listener. */
static enum vs_central_refusal
judge_listener(const struct vs_central_policy *policy, enum vs_core_auth auth)
{
	bool fits = false;

	switch (policy->listener) {
	case VS_CENTRAL_LISTENER_OPEN:
		fits = auth == VS_CORE_AUTH_NONE;
		break;
	case VS_CENTRAL_LISTENER_CLEAR:
		fits = auth == VS_CORE_AUTH_BASIC;
		break;
	case VS_CENTRAL_LISTENER_TLS:
		fits = auth != VS_CORE_AUTH_NONE && (policy->required_auth == VS_CORE_AUTH_COUNT ||
		                                     policy->required_auth == auth);
		break;
	}
	return fits ? VS_CENTRAL_ADMITTED : VS_CENTRAL_WRONG_PROFILE;
}

/* A certificate is looked at whenever one is shown, a password's user too: all names must agree
 * (A00.FR.405). */
static enum vs_central_refusal
judge_proofs(const struct vs_central_policy *policy, const struct vs_central_admission *admission,
             const struct vs_central_credential *credential, const struct vs_central_basic *basic)
{
	const struct vs_core_station *station = &admission->station;
	bool has_certificate = credential != NULL && credential->has_certificate;
	enum vs_central_refusal fit;

	if (vs_core_auth_has_certificate(admission->auth) && !has_certificate)
		return VS_CENTRAL_NO_CERTIFICATE;
	if (has_certificate && !is_named(credential, station->identity))
		return VS_CENTRAL_IDENTITY_MISMATCH;
	if (has_certificate && is_pinned_other(station, credential))
		return VS_CENTRAL_CERTIFICATE_MISMATCH;
	fit = vs_central_certificate_fits(&policy->rules, station->tenant, credential);
	if (fit != VS_CENTRAL_ADMITTED)
		return fit;
	if (basic->kind == VS_CENTRAL_BASIC_BROKEN)
		return VS_CENTRAL_BAD_AUTHORIZATION;
	if (basic->kind == VS_CENTRAL_BASIC_GIVEN &&
	    !vs_bytes_equal_text(basic->user, station->identity))
		return VS_CENTRAL_IDENTITY_MISMATCH;
	if (vs_core_auth_has_password(admission->auth) && basic->kind == VS_CENTRAL_BASIC_ABSENT)
		return VS_CENTRAL_NO_PASSWORD;
	return VS_CENTRAL_ADMITTED;
}

/* All but the password. */
static enum vs_central_refusal
judge(const struct vs_central_policy *policy, struct vs_central_admission *admission,
      const struct vs_central_credential *credential, const struct vs_central_basic *basic)
{
	const struct vs_core_station *station = &admission->station;
	bool has_certificate = credential != NULL && credential->has_certificate;
	uint32_t offered = offered_profile(policy, credential);
	enum vs_central_refusal refusal;

	if (!station->is_enabled)
		return VS_CENTRAL_DISABLED;
	/* A05.FR.07, TC_A_19: whatever else it may show. Who shows nothing at all over TLS is no
	 * profile, and gets no further than its lack of proof. */
	if ((basic->kind != VS_CENTRAL_BASIC_ABSENT || offered != 2) &&
	    vs_core_policy_is_downgrade(&station->policy, offered, policy->now_ms))
		return VS_CENTRAL_DOWNGRADE;
	admission->auth =
	    auth_now(policy, station, has_certificate, &admission->proof.is_next_auth);
	refusal = judge_listener(policy, admission->auth);
	if (refusal != VS_CENTRAL_ADMITTED)
		return refusal;
	/* A certificate that is not asked for proves nothing more than the password. */
	admission->proof.profile =
	    offered == 3 && !vs_core_auth_has_certificate(admission->auth) ? 2 : offered;
	return judge_proofs(policy, admission, credential, basic);
}

static enum vs_central_refusal
authenticate(const struct vs_central_policy *policy, const struct vs_http_request *request,
             const struct vs_central_credential *credential, struct vs_central_basic *basic,
             struct vs_central_admission *admission)
{
	enum vs_central_refusal refusal;

	refusal = read_identity(policy->path_prefix, request->path, admission->claimed);
	if (refusal == VS_CENTRAL_BAD_PATH)
		return refusal;
	read_basic(&request->headers, basic);
	admission->needs_verdict = basic->kind == VS_CENTRAL_BASIC_GIVEN;
	if (refusal != VS_CENTRAL_ADMITTED ||
	    vs_core_registry_find(policy->registry, vs_bytes_from_text(admission->claimed),
	                          &admission->station)
	            .code != VS_E_OK)
		return VS_CENTRAL_UNKNOWN_IDENTITY;
	admission->station.policy.quirks |= vs_core_models_quirks(
	    policy->models, admission->station.vendor, admission->station.model);
	return judge(policy, admission, credential, basic);
}

static void
refuse(struct vs_central_admission *admission, enum vs_central_refusal refusal)
{
	admission->refusal = refusal;
	admission->detail = rows[refusal].help;
}

void
vs_central_admit(const struct vs_central_policy *policy, const struct vs_http_request *request,
                 const struct vs_central_credential *credential, struct vs_central_basic *basic_out,
                 struct vs_central_admission *admission_out)
{
	struct vs_bytes key;
	bool is_unsealed = false;

	assert(policy != NULL && request != NULL && basic_out != NULL && admission_out != NULL);
	memset(admission_out, 0, sizeof(*admission_out));
	refuse(admission_out, authenticate(policy, request, credential, basic_out, admission_out));
	if (admission_out->refusal != VS_CENTRAL_ADMITTED)
		return;
	/* Asked now, while the request is here; told only to who has proved who it is. */
	if (vs_http_upgrade_check(request, &key, &admission_out->detail).code != VS_E_OK) {
		admission_out->refusal = VS_CENTRAL_BAD_UPGRADE;
		return;
	}
	admission_out->subprotocol = vs_central_subprotocol_choose(
	    &request->headers, &admission_out->station.policy, policy->can_seal, &is_unsealed);
	if (admission_out->subprotocol == NULL)
		refuse(admission_out,
		       is_unsealed ? VS_CENTRAL_UNSEALED : VS_CENTRAL_NO_SUBPROTOCOL);
}

/* Was the station found, and is nothing wrong but, perhaps, its password? */
static bool
is_about_password(const struct vs_central_admission *admission)
{
	return (admission->refusal == VS_CENTRAL_ADMITTED ||
	        admission->refusal == VS_CENTRAL_BAD_UPGRADE ||
	        admission->refusal == VS_CENTRAL_UNSEALED ||
	        admission->refusal == VS_CENTRAL_NO_SUBPROTOCOL) &&
	       vs_core_auth_has_password(admission->auth);
}

const struct vs_core_station *
vs_central_admission_subject(const struct vs_central_admission *admission)
{
	const struct vs_core_station *station = &admission->station;
	bool has_one = station->has_verifier || station->has_next_verifier;

	assert(admission != NULL);
	return is_about_password(admission) && has_one ? station : NULL;
}

/* While the password was looked at, the entry may have changed: then what was proved is void. */
static enum vs_central_refusal
ask_again(const struct vs_central_policy *policy, const struct vs_central_admission *admission)
{
	const struct vs_core_station *then = &admission->station;
	struct vs_core_station now;
	enum vs_central_refusal refusal = VS_CENTRAL_ADMITTED;

	if (vs_core_registry_find(policy->registry, vs_bytes_from_text(then->identity), &now)
	        .code != VS_E_OK)
		refusal = VS_CENTRAL_UNKNOWN_IDENTITY;
	else if (!now.is_enabled)
		refusal = VS_CENTRAL_DISABLED;
	else if (now.auth != then->auth || now.has_verifier != then->has_verifier ||
	         !vs_crypto_equal(now.verifier, then->verifier, sizeof(now.verifier)) ||
	         (admission->proof.is_next_verifier && !now.has_next_verifier))
		refusal = VS_CENTRAL_WRONG_PASSWORD;
	else if (vs_core_policy_is_downgrade(&now.policy, admission->proof.profile, policy->now_ms))
		refusal = VS_CENTRAL_DOWNGRADE;
	else if (now.has_fingerprint != then->has_fingerprint ||
	         !vs_crypto_equal(now.fingerprint, then->fingerprint, sizeof(now.fingerprint)))
		refusal = VS_CENTRAL_CERTIFICATE_MISMATCH;
	explicit_bzero(&now, sizeof(now));
	return refusal;
}

void
vs_central_admit_conclude(const struct vs_central_policy *policy, bool is_password_right,
                          struct vs_central_admission *admission)
{
	assert(policy != NULL && admission != NULL);
	if (is_about_password(admission) && !is_password_right)
		refuse(admission, VS_CENTRAL_WRONG_PASSWORD);
	if (admission->refusal == VS_CENTRAL_ADMITTED && admission->needs_verdict)
		refuse(admission, ask_again(policy, admission));
	admission->needs_verdict = false;
	if (admission->refusal != VS_CENTRAL_ADMITTED)
		admission->subprotocol = NULL;
}

enum vs_central_refusal
vs_central_admit_certificate(const struct vs_core_registry *registry,
                             const struct vs_central_credential *credential, int64_t now_ms)
{
	struct vs_core_station station;

	assert(registry != NULL && credential != NULL);
	if (!credential->has_certificate)
		return VS_CENTRAL_ADMITTED;
	/* A full handshake has checked it; a resumed one did not look at the clock. */
	if (credential->not_after_ms < now_ms && !credential->is_excused)
		return VS_CENTRAL_CERTIFICATE_EXPIRED;
	if (!credential->has_name ||
	    vs_core_registry_find(registry, vs_bytes_from_text(credential->common_name), &station)
	            .code != VS_E_OK)
		return VS_CENTRAL_ADMITTED;
	if (!station.is_enabled)
		return VS_CENTRAL_DISABLED;
	return is_pinned_other(&station, credential) ? VS_CENTRAL_CERTIFICATE_MISMATCH
	                                             : VS_CENTRAL_ADMITTED;
}
