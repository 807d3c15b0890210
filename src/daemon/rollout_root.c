/* SPDX-License-Identifier: Apache-2.0 */
/* A new root on its way to the stations (OCPP 2.0.1 M05; 1.6 with the security whitepaper). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "crypto/x509.h"
#include "daemon/rollout_inside.h"
#include "wire/json.h"

#define ROUND_MAX  50u             /* stations asked in a round: a root is no storm */
#define AGAIN_MS   INT64_C(600000) /* to whoever did not take it */
#define ANSWER_MS  60000u
#define PEM_SIZE   65536u
#define FAULT_SIZE 160u

struct target {
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	bool is_16;
};

struct targets {
	struct vs_daemon_rollout *rollout;
	struct vs_port_commands commands;
	struct target *rows;
	size_t count, capacity;
	int64_t now_ms;
};

/* The newest of the roots, PEM, appended, and its fingerprint: the one of the next generation. */
static vs_result
next_root(struct vs_certs *certs, struct vs_buf *pem, uint8_t fingerprint[static VS_SHA256_SIZE])
{
	struct vs_x509_cert *cert = NULL, *last = NULL;
	struct vs_buf all;
	size_t offset = 0;
	vs_result r;

	vs_buf_init(&all, PEM_SIZE);
	r = vs_certs_roots(certs, &all);
	while (r.code == VS_E_OK &&
	       vs_x509_cert_read_next(vs_buf_view(&all), &offset, &cert).code == VS_E_OK) {
		vs_x509_cert_free(&last);
		last = cert;
		cert = NULL;
	}
	if (r.code == VS_E_OK && last == NULL)
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_fingerprint(last, fingerprint);
	if (r.code == VS_E_OK && pem != NULL)
		r = vs_x509_cert_write(last, pem);
	vs_x509_cert_free(&last);
	vs_buf_done(&all);
	return r;
}

/* Is one waited for? NOT_FOUND: none. */
static vs_result
waiting(struct vs_certs *certs, int64_t *rotation_id_out)
{
	struct vs_certs_rotation rotation;

	VS_TRY(vs_certs_rotation_status(certs, &rotation));
	if (rotation.row.state != VS_CERT_ROTATION_WAITING)
		return VS_FAIL(NOT_FOUND);
	*rotation_id_out = rotation.row.rotation_id;
	return VS_OK;
}

/* --- a round ---------------------------------------------------------------------------------- */

static bool
is_due(const struct targets *targets, const struct vs_core_station *station)
{
	const int64_t *again_ms =
	    vs_map_get(targets->rollout->asked, vs_bytes_from_text(station->identity));

	return station->is_enabled && (again_ms == NULL || *again_ms <= targets->now_ms);
}

static bool
collect(const struct vs_core_station *station, void *arg)
{
	struct targets *targets = arg;
	struct target *target;

	if (!is_due(targets, station) ||
	    !targets->commands.is_connected(targets->commands.self, station->tenant,
	                                    station->identity))
		return true;
	target = &targets->rows[targets->count++];
	memcpy(target->tenant, station->tenant, sizeof(target->tenant));
	memcpy(target->station, station->identity, sizeof(target->station));
	target->is_16 = station->spoken == UINT32_C(1) << VS_CORE_OCPP_16;
	return targets->count < targets->capacity;
}

static vs_result
put_off(struct vs_daemon_rollout *rollout, const char *station, int64_t again_ms)
{
	struct vs_bytes key = vs_bytes_from_text(station);
	int64_t *kept = vs_map_get(rollout->asked, key);
	vs_result r;

	if (kept == NULL) {
		kept = calloc(1, sizeof(*kept));
		if (kept == NULL)
			return VS_FAIL(NO_MEMORY);
		r = vs_map_put(rollout->asked, key, kept, NULL);
		if (r.code != VS_E_OK) {
			free(kept);
			return r;
		}
	}
	*kept = again_ms;
	return VS_OK;
}

static vs_result
send(const struct targets *targets, const struct target *target, struct vs_bytes root)
{
	const struct vs_port_commands *commands = &targets->commands;
	char id[VS_CORE_UUID_SIZE], fault[FAULT_SIZE] = "";
	struct vs_json_writer json;
	struct vs_buf body;
	vs_result r;

	vs_buf_init(&body, PEM_SIZE);
	vs_json_write_begin(&json, &body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "certificateType");
	vs_json_write_text(&json,
	                   target->is_16 ? "CentralSystemRootCertificate" : "CSMSRootCertificate");
	vs_json_write_key(&json, "certificate");
	vs_json_write_string(&json, root);
	vs_json_write_object_end(&json);
	r = vs_json_write_end(&json);
	vs_uuid_new(targets->now_ms, id);
	if (r.code == VS_E_OK)
		r = commands->send(commands->self, target->tenant, target->station, id,
		                   "InstallCertificate", vs_buf_view(&body), ANSWER_MS, fault,
		                   sizeof(fault));
	vs_buf_done(&body);
	if (r.code == VS_E_OK)
		VS_LOG(INFO, "root.sent", vs_bytes_from_text(target->station));
	else
		VS_LOG(WARN, "root.not_sent", vs_bytes_from_text(target->station),
		       VS_LOG_STR("reason", fault), VS_LOG_ERR(r));
	return r;
}

static vs_result
ask(const struct targets *targets, const struct target *target, struct vs_bytes root)
{
	struct vs_daemon_rollout *rollout = targets->rollout;
	bool is_confirmed = false;

	VS_TRY(vs_certs_rotation_confirmed(rollout->options.certs, target->tenant, target->station,
	                                   &is_confirmed));
	if (is_confirmed)
		return put_off(rollout, target->station, INT64_MAX);
	VS_TRY(put_off(rollout, target->station, targets->now_ms + AGAIN_MS));
	/* One that has just gone, or does not know the action, does not hold up the others. */
	if (send(targets, target, root).code == VS_E_NOT_CONNECTED)
		return put_off(rollout, target->station, 0);
	return VS_OK;
}

static vs_result
ask_all(struct vs_daemon_rollout *rollout, struct vs_bytes root)
{
	struct target rows[ROUND_MAX];
	struct targets targets = {.rollout = rollout,
	                          .commands = vs_central_commands(rollout->central),
	                          .rows = rows,
	                          .capacity = ROUND_MAX,
	                          .now_ms = rollout->options.now_ms()};

	vs_core_registry_each(rollout->options.registry, collect, &targets);
	for (size_t i = 0; i < targets.count; i++)
		VS_TRY(ask(&targets, &rows[i], root));
	return VS_OK;
}

/* Begun, finished or given up since the last round, or at any time before the first: the files are
 * written at each start, but what began right after that is not in them. */
static vs_result
notice(struct vs_daemon_rollout *rollout)
{
	struct vs_certs_rotation now = {.confirmed = 0};
	vs_result r = vs_certs_rotation_status(rollout->options.certs, &now);

	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	if (now.row.rotation_id != rollout->last.rotation_id ||
	    now.row.state != rollout->last.state)
		rollout->options.rotated(rollout->options.arg);
	rollout->last = now.row;
	return VS_OK;
}

vs_result
vs_rollout_roots(struct vs_daemon_rollout *rollout)
{
	uint8_t fingerprint[VS_SHA256_SIZE];
	struct vs_buf root;
	int64_t id = 0;
	vs_result r;

	VS_TRY(notice(rollout));
	r = waiting(rollout->options.certs, &id);

	if (r.code == VS_E_NOT_FOUND)
		return VS_OK;
	VS_TRY(r);
	if (id != rollout->rotation_id) { /* another root: nobody was asked about it */
		vs_rollout_map_free(&rollout->asked);
		VS_TRY(vs_map_new(VS_LIMIT_STATIONS, &rollout->asked));
		rollout->rotation_id = id;
	}
	vs_buf_init(&root, PEM_SIZE);
	r = next_root(rollout->options.certs, &root, fingerprint);
	if (r.code == VS_E_OK)
		r = ask_all(rollout, vs_buf_view(&root));
	vs_buf_done(&root);
	return r;
}

/* --- an answer -------------------------------------------------------------------------------- */

/* An operator may have sent any certificate by hand, too: only the one that is waited for counts.
 */
vs_result
vs_daemon_rollout_installed(struct vs_daemon_rollout *rollout, const char *tenant,
                            const char *station, struct vs_bytes pem,
                            const struct vs_core_behalf *behalf)
{
	uint8_t wanted[VS_SHA256_SIZE], got[VS_SHA256_SIZE];
	struct vs_x509_cert *cert = NULL;
	int64_t id = 0;
	vs_result r;

	VS_TRY(waiting(rollout->options.certs, &id));
	VS_TRY(next_root(rollout->options.certs, NULL, wanted));
	VS_TRY(vs_x509_cert_read(pem, &cert));
	r = vs_x509_cert_fingerprint(cert, got);
	vs_x509_cert_free(&cert);
	VS_TRY(r);
	if (!vs_bytes_equal(vs_bytes_from(wanted, sizeof(wanted)), vs_bytes_from(got, sizeof(got))))
		return VS_FAIL(NOT_FOUND);
	VS_TRY(vs_certs_rotation_confirm(rollout->options.certs, tenant, station, behalf));
	VS_LOG(INFO, "root.confirmed", vs_bytes_from_text(station));
	return VS_OK;
}
