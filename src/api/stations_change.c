/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "crypto/password.h"
#include "crypto/pwhash.h"
#include "wire/base64.h"

/* OCPP 2.0.1 A00.FR.205: 16 to 40 characters of passwordString. */
#define PASSWORD_CHARACTERS                                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-_=:+|@."
#define PASSWORD_SIZE_MIN     16
#define PASSWORD_TEXT_SIZE    41
#define FINGERPRINT_TEXT_SIZE 65
#define ANSWER_SIZE_MAX       8192

/* What a request wants changed, as texts; absent ones are "". */
struct wishes {
	char identity[VS_API_ID_SIZE];
	char auth[16];
	char password[PASSWORD_TEXT_SIZE];
	char password_hex[2 * VS_API_PASSWORD_SIZE + 1];
	char password_hash[VS_PWHASH_TEXT_SIZE];
	char fingerprint[FINGERPRINT_TEXT_SIZE];
	char registration[16], next_auth[16];
	bool is_enabled;
	struct vs_api_policy_wishes policy;
	char detail[VS_API_DETAIL_SIZE];
};

static vs_result
refuse(struct wishes *wishes, enum vs_err why, const char *detail)
{
	(void)snprintf(wishes->detail, sizeof(wishes->detail), "%s", detail);
	return (vs_result){why};
}

static vs_result
auth_take(struct vs_core_station *station, struct wishes *wishes)
{
	if (vs_core_auth_parse(vs_bytes_from_text(wishes->auth), &station->auth).code != VS_E_OK)
		return refuse(wishes, VS_E_BAD_VALUE,
		              "auth: basic, mtls, mtls+basic or none is expected");
	return VS_OK;
}

/* A05: a way that asks for more than the present one; both are good until it was used. null, as "",
 * gives it up. */
static vs_result
next_auth_take(struct vs_core_station *station, struct wishes *wishes)
{
	station->has_next_auth = false;
	if (wishes->next_auth[0] == '\0')
		return VS_OK;
	if (vs_core_auth_parse(vs_bytes_from_text(wishes->next_auth), &station->next_auth).code !=
	        VS_E_OK ||
	    !vs_core_auth_has_certificate(station->next_auth) ||
	    vs_core_auth_has_certificate(station->auth))
		return refuse(wishes, VS_E_BAD_VALUE,
		              "next_auth: mtls or mtls+basic is expected, of a station with auth "
		              "basic or none");
	station->has_next_auth = true;
	return VS_OK;
}

static vs_result
fingerprint_take(struct vs_core_station *station, struct wishes *wishes)
{
	size_t size = 0;

	if (vs_hex_decode(vs_bytes_from_text(wishes->fingerprint), station->fingerprint,
	                  sizeof(station->fingerprint), &size)
	            .code != VS_E_OK ||
	    size != sizeof(station->fingerprint))
		return refuse(wishes, VS_E_BAD_VALUE,
		              "fingerprint: the SHA-256 of the certificate, 64 hexadecimal digits, "
		              "is expected");
	station->has_fingerprint = true;
	return VS_OK;
}

static vs_result
registration_take(struct vs_core_station *station, struct wishes *wishes)
{
	for (int i = VS_CORE_REGISTRATION_PENDING; i < VS_CORE_REGISTRATION_COUNT; i++) {
		if (strcmp(vs_core_registration_text((enum vs_core_registration)i),
		           wishes->registration) != 0)
			continue;
		station->registration = (enum vs_core_registration)i;
		return VS_OK;
	}
	return refuse(wishes, VS_E_BAD_VALUE,
	              "registration: Pending, Accepted or Rejected is expected");
}

/* Bytes that are no text: the AuthorizationKey of OCPP 1.6 is binary and may hold a NUL. */
static vs_result
password_hex_take(struct wishes *wishes, struct vs_api_password *password)
{
	if (wishes->password[0] != '\0' ||
	    vs_hex_decode(vs_bytes_from_text(wishes->password_hex), password->bytes,
	                  sizeof(password->bytes), &password->size)
	            .code != VS_E_OK ||
	    password->size < PASSWORD_SIZE_MIN)
		return refuse(wishes, VS_E_BAD_VALUE,
		              "password_hex: 16 to 64 bytes in hexadecimal digits are expected, "
		              "and no password");
	return VS_OK;
}

/* bcrypt over the password itself, of another system: the station keeps its password. */
static vs_result
password_hash_take(struct wishes *wishes, struct vs_core_station *station)
{
	unsigned cost = 0;

	if (wishes->password[0] != '\0' || wishes->password_hex[0] != '\0' ||
	    vs_pwhash_inspect(wishes->password_hash, &cost).code != VS_E_OK ||
	    !vs_core_station_verifier_set(station, VS_CORE_VERIFIER_BCRYPT_RAW, 0,
	                                  vs_bytes_from_text(wishes->password_hash)))
		return refuse(wishes, VS_E_BAD_VALUE,
		              "password_hash: bcrypt of a cost from 4 to 12 is expected, and no "
		              "password");
	return VS_OK;
}

/* The given password, or a new one. */
static vs_result
password_take(struct wishes *wishes, struct vs_api_password *password)
{
	size_t size = strlen(wishes->password);

	memset(password, 0, sizeof(*password));
	if (wishes->password_hex[0] != '\0')
		return password_hex_take(wishes, password);
	password->is_generated = size == 0;
	if (size == 0) {
		vs_random_text(wishes->password, VS_CRYPTO_PASSWORD_TEXT_SIZE);
		size = strlen(wishes->password);
	}
	if (size < PASSWORD_SIZE_MIN)
		return refuse(wishes, VS_E_BAD_VALUE, "password: 16 to 40 characters are expected");
	if (strspn(wishes->password, PASSWORD_CHARACTERS) != size)
		return refuse(wishes, VS_E_BAD_VALUE,
		              "password: only A-Z a-z 0-9 * - _ = : + | @ . are expected");
	memcpy(password->bytes, wishes->password, size);
	password->size = size;
	memcpy(password->shown, wishes->password, size + 1);
	return VS_OK;
}

static bool
needs_password(const struct vs_core_station *station)
{
	return vs_core_auth_has_password(station->auth);
}

/* The lines a person copies to connect this station. A password on a command line would be seen by
 * every user of the machine (ps), so it goes through a file. What is quoted holds no quote: see
 * PASSWORD_CHARACTERS and vs_core_identity_is_valid. */
static void
connect_write(const struct vs_api *api, struct vs_json_writer *json,
              const struct vs_core_station *station, const char *password)
{
	char line[2048], cert[160] = "";
	const char *id = station->identity;

	vs_json_write_key(json, "connect");
	vs_json_write_array(json);
	/* Key and certificate in one file, as cert issue writes them. */
	if (vs_core_auth_has_certificate(station->auth)) {
		(void)snprintf(cert, sizeof(cert), " --cert '%s.pem' --key '%s.pem'", id, id);
		(void)snprintf(line, sizeof(line), "voltseal cert issue '%s' --out-dir .", id);
		vs_json_write_text(json, line);
	}
	line[0] = '\0';
	if (station->auth == VS_CORE_AUTH_MTLS)
		(void)snprintf(line, sizeof(line),
		               "voltseal-sim station --url '%s' --id '%s'%s --ca '%s'",
		               api->station_url, id, cert, api->ca_file);
	else if (vs_core_auth_has_password(station->auth) && password[0] == '\0')
		(void)snprintf(line, sizeof(line), "# the password of %s is binary", id);
	else if (vs_core_auth_has_password(station->auth))
		(void)snprintf(line, sizeof(line),
		               "(umask 077; echo '%s' > '%s.password') && voltseal-sim station "
		               "--url '%s' --id '%s' --password-file '%s.password'%s --ca '%s'",
		               password, id, api->station_url, id, id, cert, api->ca_file);
	if (line[0] != '\0')
		vs_json_write_text(json, line);
	explicit_bzero(line, sizeof(line));
	(void)snprintf(line, sizeof(line), "%s%s", api->station_url, station->identity);
	vs_json_write_text(json, line);
	vs_json_write_array_end(json);
}

/* The answer is written now and sent after the commit: the password is never stored. */
static void
members_write(const struct vs_api *api, const struct vs_core_station *station, const char *password,
              struct vs_json_writer *json)
{
	const struct vs_port_commands *commands = &api->options.commands;

	vs_json_write_key(json, "station");
	vs_json_write_object(json);
	vs_api_write_station(
	    json, station,
	    commands->is_connected(commands->self, station->tenant, station->identity));
	vs_json_write_object_end(json);
	if (password != NULL) {
		vs_api_write_text(json, "password", password);
		connect_write(api, json, station, password);
	}
}

void
vs_api_station_submit(struct vs_api *api, const struct vs_api_request *request,
                      const struct vs_core_station *station, const char *password, uint64_t token)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;
	vs_result r;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	members_write(api, station, password, &answer.json);
	r = vs_api_object_record(&answer, VS_RECORD_station_put, station->tenant, station->identity,
	                         request->now_ms, &record);
	if (r.code == VS_E_OK) {
		record->u.station_put = *station;
		record->token = token;
	}
	vs_api_submit_or_answer(api, request, r, record, NULL);
}

static vs_result
add_prepare(struct vs_api *api, const struct vs_api_request *request, struct wishes *wishes,
            struct vs_core_station *station, struct vs_api_password *password)
{
	struct vs_api_field fields[6 + VS_API_POLICY_FIELDS] = {
	    {.name = "identity",
	     .is_required = true,
	     .size = sizeof(wishes->identity),
	     .target = wishes->identity},
	    {.name = "auth", .size = sizeof(wishes->auth), .target = wishes->auth},
	    {.name = "password", .size = sizeof(wishes->password), .target = wishes->password},
	    {.name = "password_hex",
	     .size = sizeof(wishes->password_hex),
	     .target = wishes->password_hex},
	    {.name = "fingerprint",
	     .size = sizeof(wishes->fingerprint),
	     .target = wishes->fingerprint},
	    {.name = "password_hash",
	     .size = sizeof(wishes->password_hash),
	     .target = wishes->password_hash},
	};
	struct vs_core_station other;
	const char *fault;

	vs_api_policy_fields(&wishes->policy, fields + 6);
	VS_TRY(vs_api_body_read(request->body, fields, 6 + VS_API_POLICY_FIELDS, wishes->detail));
	if (!vs_core_identity_is_valid(vs_bytes_from_text(wishes->identity)))
		return refuse(
		    wishes, VS_E_BAD_VALUE,
		    "identity: 1 to 48 characters of A-Z a-z 0-9 * - _ = + | @ . are expected");
	fault = vs_api_identity_fault(&api->auth.access, request->tenant, wishes->identity);
	if (fault != NULL)
		return refuse(wishes, VS_E_BAD_VALUE, fault);
	if (vs_core_registry_find(api->options.registry, vs_bytes_from_text(wishes->identity),
	                          &other)
	        .code == VS_E_OK)
		return refuse(wishes, VS_E_EXISTS,
		              "a station with this identity is registered already");
	if (vs_core_registry_count(api->options.registry) >= VS_LIMIT_STATIONS)
		return refuse(wishes, VS_E_BUSY, "no more stations fit");
	*station = (struct vs_core_station){
	    .auth = VS_CORE_AUTH_BASIC, .is_enabled = true, .created_ms = request->now_ms};
	(void)snprintf(station->tenant, sizeof(station->tenant), "%s", request->tenant);
	(void)snprintf(station->identity, sizeof(station->identity), "%.*s", VS_LIMIT_IDENTITY_SIZE,
	               wishes->identity);
	if (wishes->auth[0] != '\0')
		VS_TRY(auth_take(station, wishes));
	if (wishes->fingerprint[0] != '\0')
		VS_TRY(fingerprint_take(station, wishes));
	VS_TRY(vs_api_policy_take(&wishes->policy, fields + 6, request->now_ms, &station->policy,
	                          wishes->detail));
	if (needs_password(station))
		return wishes->password_hash[0] != '\0' ? password_hash_take(wishes, station)
		                                        : password_take(wishes, password);
	if (wishes->password_hash[0] != '\0' || wishes->password[0] != '\0' ||
	    wishes->password_hex[0] != '\0')
		return refuse(wishes, VS_E_BAD_VALUE,
		              "password: a station with auth mtls or none has none");
	return VS_OK;
}

void
vs_api_on_station_add(struct vs_api *api, const struct vs_api_request *request)
{
	const uint64_t token = VS_API_THEN_CREATED | VS_API_THEN_REGISTRATION;
	struct wishes wishes = {.is_enabled = true};
	struct vs_api_password password;
	struct vs_core_station station;
	vs_result r = add_prepare(api, request, &wishes, &station, &password);

	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, wishes.detail);
	else if (needs_password(&station) && !station.has_verifier)
		vs_api_password_set(api, request, &station, &password, token);
	else
		vs_api_station_submit(api, request, &station, "", token);
	explicit_bzero(&wishes, sizeof(wishes));
	explicit_bzero(&password, sizeof(password));
}

/* The station of the path, of this tenant. */
static vs_result
station_find(const struct vs_api *api, const struct vs_api_request *request,
             struct vs_core_station *station_out)
{
	struct vs_core_station station;

	VS_TRY(vs_core_registry_find(api->options.registry, vs_bytes_from_text(request->id),
	                             &station));
	if (strcmp(station.tenant, request->tenant) != 0)
		return VS_FAIL(NOT_FOUND);
	*station_out = station;
	return VS_OK;
}

static vs_result
change_prepare(struct vs_api *api, const struct vs_api_request *request, struct wishes *wishes,
               struct vs_core_station *station, uint64_t *token)
{
	struct vs_api_field fields[5 + VS_API_POLICY_FIELDS] = {
	    {.name = "enabled", .type = VS_API_FIELD_BOOL, .target = &wishes->is_enabled},
	    {.name = "auth", .size = sizeof(wishes->auth), .target = wishes->auth},
	    {.name = "fingerprint",
	     .size = sizeof(wishes->fingerprint),
	     .target = wishes->fingerprint},
	    {.name = "registration",
	     .size = sizeof(wishes->registration),
	     .target = wishes->registration},
	    {.name = "next_auth", .size = sizeof(wishes->next_auth), .target = wishes->next_auth},
	};
	struct vs_core_policy before;
	bool was_enabled;

	VS_TRY(station_find(api, request, station));
	before = station->policy;
	vs_api_policy_fields(&wishes->policy, fields + 5);
	VS_TRY(vs_api_body_read(request->body, fields, 5 + VS_API_POLICY_FIELDS, wishes->detail));
	*token = VS_API_THEN_OK;
	if (fields[4].is_present)
		VS_TRY(next_auth_take(station, wishes));
	VS_TRY(vs_api_policy_take(&wishes->policy, fields + 5, request->now_ms, &station->policy,
	                          wishes->detail));
	was_enabled = station->is_enabled;
	if (fields[0].is_present && !fields[0].is_null)
		station->is_enabled = wishes->is_enabled;
	if (wishes->auth[0] != '\0')
		VS_TRY(auth_take(station, wishes));
	if (fields[2].is_null) {
		station->has_fingerprint = false;
		memset(station->fingerprint, 0, sizeof(station->fingerprint));
	} else if (fields[2].is_present) {
		VS_TRY(fingerprint_take(station, wishes));
	}
	if (wishes->registration[0] != '\0') {
		VS_TRY(registration_take(station, wishes));
		*token |= VS_API_THEN_REGISTRATION;
	}
	if (needs_password(station) && !station->has_verifier)
		return refuse(wishes, VS_E_BAD_VALUE,
		              "auth: the station has no password yet; give it one first");
	if ((was_enabled && !station->is_enabled) || wishes->auth[0] != '\0' ||
	    fields[2].is_present || vs_api_policy_is_tighter(&before, &station->policy) ||
	    station->registration == VS_CORE_REGISTRATION_REJECTED)
		*token |= VS_API_THEN_DISCONNECT;
	return VS_OK;
}

void
vs_api_on_station_change(struct vs_api *api, const struct vs_api_request *request)
{
	struct wishes wishes = {.is_enabled = true};
	struct vs_core_station station;
	uint64_t token = 0;
	vs_result r = change_prepare(api, request, &wishes, &station, &token);

	if (r.code == VS_E_OK)
		vs_api_station_submit(api, request, &station, NULL, token);
	else
		vs_api_answer_problem(request->conn, request->request_id, r, wishes.detail);
}

void
vs_api_on_station_password(struct vs_api *api, const struct vs_api_request *request)
{
	struct wishes wishes = {.is_enabled = true};
	struct vs_api_field fields[] = {
	    {.name = "password", .size = sizeof(wishes.password), .target = wishes.password},
	    {.name = "password_hex",
	     .size = sizeof(wishes.password_hex),
	     .target = wishes.password_hex},
	};
	struct vs_api_password password;
	struct vs_core_station station;
	vs_result r = station_find(api, request, &station);

	if (r.code == VS_E_OK)
		r = vs_api_body_read(request->body, fields, 2, wishes.detail);
	if (r.code == VS_E_OK)
		r = password_take(&wishes, &password);
	if (r.code == VS_E_OK)
		vs_api_password_set(api, request, &station, &password,
		                    VS_API_THEN_OK | VS_API_THEN_DISCONNECT);
	else
		vs_api_answer_problem(request->conn, request->request_id, r, wishes.detail);
	explicit_bzero(&wishes, sizeof(wishes));
	explicit_bzero(&password, sizeof(password));
}

void
vs_api_on_station_remove(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_record *record = NULL;
	struct vs_core_station station;
	vs_result r = station_find(api, request, &station);

	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_station_remove, station.tenant, station.identity,
		                       request->now_ms, (struct vs_bytes){NULL, 0},
		                       (struct vs_bytes){NULL, 0}, &record);
	if (r.code == VS_E_OK)
		record->token = VS_API_THEN_NO_CONTENT | VS_API_THEN_DISCONNECT;
	vs_api_submit_or_answer(api, request, r, record, NULL);
}
