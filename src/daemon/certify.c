/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "daemon/daemon_inside.h"
#include "wire/json.h"

/* The reload logs each; here it counts whether the listeners' certificates were taken. */
static void
look_at_part(const struct vs_core_reload_part *part, void *arg)
{
	if (part->state == VS_CORE_RELOAD_KEPT &&
	    (strcmp(part->name, "ocpp") == 0 || strcmp(part->name, "api") == 0))
		*(bool *)arg = true;
}

static void look_at_ages(struct vs_daemon *daemon);

/* What clients trust goes from both roots to the new one when every listener shows its new
 * certificate, not before. */
static vs_result
follow_ca(struct vs_daemon *daemon)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	struct vs_port_reload port = vs_daemon_guard_reload(daemon->guard);
	bool is_changed = false, is_kept = false, is_again = false;
	vs_result r;

	VS_TRY(setup->certify(setup->certify_arg, vs_daemon_keys_certs(daemon->keys), &is_changed));
	if (!is_changed)
		return VS_OK;
	r = port.reload(port.self, look_at_part, &is_kept);
	if (is_kept)
		return r;
	VS_TRY(setup->settle(setup->certify_arg, &is_again));
	if (is_again)
		vs_daemon_keys_sweep_soon(daemon->keys);
	return r;
}

/* Hourly, in the key service's thread. What fails is tried again a minute later: at 60 % of a
 * certificate's life there is time, but a listener that still shows the old CA's is waited for. */
static vs_result
renew(void *arg)
{
	struct vs_daemon *daemon = arg;
	vs_result r = follow_ca(daemon);

	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cert.not_renewed", VS_BYTES_LITERAL("voltseald"), VS_LOG_ERR(r));
	look_at_ages(daemon);
	return r;
}

static vs_result keep_alarm(struct vs_daemon *daemon, const struct vs_core_event *event,
                            struct vs_bytes payload);

static vs_result
ages_payload(const struct vs_keys_ages *ages, struct vs_buf *body)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "active");
	vs_json_write_int(&json, (int64_t)ages->active);
	vs_json_write_key(&json, "decrypt_only");
	vs_json_write_int(&json, (int64_t)ages->decrypt_only);
	vs_json_write_key(&json, "tenant_keks");
	vs_json_write_int(&json, (int64_t)ages->keks);
	vs_json_write_key(&json, "first");
	vs_json_write_text(&json, ages->first);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* Told when there are more of them than at the last sweep, not every hour. */
static void
look_at_ages(struct vs_daemon *daemon)
{
	struct vs_port_events events = vs_bus_publisher(daemon->bus);
	struct vs_core_event event;
	struct vs_keys_ages ages;
	struct vs_buf payload;
	uint64_t count, before = daemon->overdue;
	vs_result r = vs_keys_ages(vs_daemon_keys_service(daemon->keys), &ages);

	if (r.code == VS_E_OK) {
		count = ages.active + ages.decrypt_only + ages.keks;
		daemon->overdue = count;
		vs_metric_add(VS_METRIC_keys_overdue, (int64_t)count - (int64_t)before);
		if (count <= before)
			return;
		VS_LOG(WARN, "key.overdue", vs_bytes_from_text(ages.first),
		       VS_LOG_NUM("active", ages.active),
		       VS_LOG_NUM("decrypt_only", ages.decrypt_only),
		       VS_LOG_NUM("tenant_keks", ages.keks));
		vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
		event.is_kept = true;
		event.severity = VS_CORE_WARNING;
		(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
		(void)snprintf(event.type, sizeof(event.type), "key.overdue");
		(void)snprintf(event.detail, sizeof(event.detail), "%llu, the first is %.80s",
		               (unsigned long long)count, ages.first);
		events.publish(events.self, &event);
		vs_buf_init(&payload, 1024);
		r = ages_payload(&ages, &payload);
		if (r.code == VS_E_OK)
			r = keep_alarm(daemon, &event, vs_buf_view(&payload));
		vs_buf_done(&payload);
	}
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "key.ages_not_told", VS_BYTES_LITERAL("voltseald"), VS_LOG_ERR(r));
}

static vs_result
alarm_payload(const struct vs_certs_alarm *alarm, struct vs_buf *body)
{
	const struct vs_cert_row *cert = alarm->cert;
	char ends[VS_TIME_TEXT_SIZE];
	struct vs_json_writer json;

	vs_time_format(cert->not_after_ms, ends);
	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "profile");
	vs_json_write_text(&json, cert->profile);
	vs_json_write_key(&json, "name");
	vs_json_write_text(&json, cert->common_name);
	vs_json_write_key(&json, "serial");
	vs_json_write_text(&json, cert->serial);
	vs_json_write_key(&json, "ends");
	vs_json_write_text(&json, ends);
	vs_json_write_key(&json, "within_days");
	vs_json_write_int(&json, alarm->days);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
keep_alarm(struct vs_daemon *daemon, const struct vs_core_event *event, struct vs_bytes payload)
{
	struct vs_port_writer writer = vs_daemon_writer(daemon);
	struct vs_core_record *record = NULL;
	vs_result r;

	VS_TRY(vs_core_record_new(VS_RECORD_security_event, event->tenant, event->station,
	                          event->at_ms, payload, vs_bytes_from(NULL, 0), &record));
	memcpy(record->u.event.type, event->type, sizeof(record->u.event.type));
	record->u.event.severity = event->severity;
	record->u.event.at_ms = event->at_ms;
	record->origin = VS_DAEMON_ORIGIN_API; /* nobody tells of it again */
	r = writer.submit(writer.self, record, 1);
	if (r.code != VS_E_OK)
		vs_core_record_free(&record);
	return r;
}

/* An event of its own for each, live and kept. */
static void
ends_soon(void *arg, const struct vs_certs_alarm *alarm)
{
	struct vs_daemon *daemon = arg;
	struct vs_port_events events = vs_bus_publisher(daemon->bus);
	const struct vs_cert_row *cert = alarm->cert;
	struct vs_core_event event;
	struct vs_buf payload;
	vs_result r;

	vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
	event.is_kept = true;
	event.severity = alarm->days <= 1   ? VS_CORE_CRITICAL
	                 : alarm->days <= 7 ? VS_CORE_WARNING
	                                    : VS_CORE_NOTICE;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s",
	               cert->tenant[0] != '\0' ? cert->tenant : VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.station, sizeof(event.station), "%.48s", cert->station);
	(void)snprintf(event.type, sizeof(event.type), "certificate.ends_soon");
	(void)snprintf(event.detail, sizeof(event.detail), "%.16s %.48s, within %d day%s",
	               cert->profile, cert->common_name, alarm->days, alarm->days == 1 ? "" : "s");
	events.publish(events.self, &event);
	vs_buf_init(&payload, 1024);
	r = alarm_payload(alarm, &payload);
	if (r.code == VS_E_OK)
		r = keep_alarm(daemon, &event, vs_buf_view(&payload));
	vs_buf_done(&payload);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cert.alarm_not_kept", vs_bytes_from_text(cert->common_name),
		       VS_LOG_ERR(r));
}

/* A00.FR.429: one station, for a time, and only because an administrator said so. */
static bool
excuse(void *arg, struct vs_bytes common_name)
{
	const struct vs_core_registry *registry = arg;
	struct vs_core_station station;

	return vs_core_registry_find(registry, common_name, &station).code == VS_E_OK &&
	       station.is_enabled && station.policy.expired_until_ms > vs_clock_wall_ms();
}

vs_result
vs_daemon_guard_make(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	struct vs_daemon_guard_options options = {
	    .ocpp_tls = setup->ocpp_tls,
	    .api_tls = setup->api_tls,
	    .ca_file = setup->ca_file,
	    .crl_files = setup->crl_files,
	    .trust_file = setup->trust_file,
	    .status_file = setup->status_file,
	    .list_dir = setup->list_dir,
	    .is_stale_allowed = setup->is_stale_allowed,
	    .is_unknown_allowed = setup->is_unknown_allowed,
	    .events = vs_bus_publisher(daemon->bus),
	    .configure = setup->configure,
	    .configure_arg = setup->configure_arg,
	    .keystore = vs_daemon_keys_store(daemon->keys),
	};

	options.ocpp_tls.excuse = excuse;
	options.ocpp_tls.excuse_arg = daemon->registry;
	VS_TRY(vs_daemon_guard_new(&options, reason, reason_size, &daemon->guard));
	vs_daemon_keys_on_sweep(daemon->keys, renew, daemon);
	vs_daemon_keys_on_alarm(daemon->keys, ends_soon, daemon);
	vs_keys_listen(vs_daemon_keys_service(daemon->keys), vs_daemon_guard_hear, daemon->guard);
	vs_daemon_keys_on_revoked(daemon->keys, vs_daemon_guard_revoked, daemon->guard);
	return VS_OK;
}

vs_result
vs_daemon_certify(struct vs_daemon *daemon)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	bool is_changed;

	if (setup->cert_client == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_keys_certify(daemon->keys, setup->cert_client));
	return setup->certify(setup->certify_arg, vs_daemon_keys_certs(daemon->keys), &is_changed);
}

void
vs_daemon_guard_reach_all(struct vs_daemon *daemon)
{
	const struct vs_daemon_guard_reach reach = {
	    .central = daemon->central,
	    .nets = daemon->nets,
	    .net_count = daemon->setup.reactor_count,
	    .pool = daemon->pool,
	    .fetch_pool = daemon->fetch_pool,
	    .is_down = &daemon->is_down,
	};

	for (unsigned i = 0; i < daemon->setup.reactor_count; i++)
		daemon->nets[i] = daemon->reactors[i].net;
	vs_daemon_guard_attach(daemon->guard, &reach);
}

void
vs_daemon_set_live(struct vs_daemon *daemon, const struct vs_daemon_live *live)
{
	atomic_store(&daemon->overlap_ms, live->overlap_ms);
	vs_daemon_guard_lenient(daemon->guard, live->is_stale_allowed, live->is_unknown_allowed);
	vs_central_set_heartbeat(daemon->central, live->heartbeat_interval_s);
	for (int i = 0; i < VS_THROTTLE_RULES; i++)
		vs_throttle_set(daemon->throttle, (enum vs_throttle_rule)i, &live->rates[i]);
	/* It was read before: an option that is wrong is not taken. */
	if (vs_throttle_set_trusted(daemon->throttle, live->trusted_prefixes).code != VS_E_OK)
		VS_LOG(ERROR, "config.not_taken", VS_BYTES_LITERAL("trusted_prefixes"));
}
