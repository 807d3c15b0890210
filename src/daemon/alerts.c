/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/alerts.h"

#include <stdio.h>
#include <stdlib.h>

#include "alert/post.h"
#include "alert/rules.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/metric.h"

#define FILE_SIZE_MAX 262144
#define DEAD_FILE     "alerts-dead.jsonl"

struct vs_daemon_alerts {
	struct vs_alert_config config;
	struct vs_alert_rules *rules; /* of the loop */
	struct vs_alert_post *post;
};

/* One event on its way through the rules. */
struct passing {
	struct vs_daemon_alerts *alerts;
	const struct vs_core_event *event;
};

static void
fired(void *arg, const struct vs_alert_rule *rule, uint32_t count)
{
	const struct passing *passing = arg;

	vs_alert_post_event(passing->alerts->post, rule, passing->event, count);
}

/* In the loop. What the bus dropped is gone for alerts, too: the bus is far larger than what rules
 * look for comes. */
static void
deliver(const struct vs_core_event *events, size_t count, uint64_t missed, void *arg)
{
	struct vs_daemon_alerts *alerts = arg;
	int64_t now_ms = vs_clock_wall_ms();

	(void)missed;
	for (size_t i = 0; i < count; i++) {
		struct passing passing = {alerts, &events[i]};

		if (events[i].kind == VS_EVENT_SECURITY || events[i].kind == VS_EVENT_REFUSED)
			vs_metric_add(VS_METRIC_security_events_total, 1);
		vs_alert_rules_see(alerts->rules, &events[i], now_ms, fired, &passing);
	}
}

static vs_result
read_file(const char *file, struct vs_alert_config *config, char *reason, size_t reason_size)
{
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, FILE_SIZE_MAX);
	r = vs_file_read(file, &text);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "the alert file cannot be read: %s", file);
		r = VS_FAIL(CONFIG);
	} else {
		r = vs_alert_config_parse(vs_buf_view(&text), config, reason, reason_size);
	}
	vs_buf_done(&text);
	return r;
}

static vs_result
make(struct vs_daemon_alerts *alerts, const char *file, const char *state_dir, char *reason,
     size_t reason_size)
{
	char dead_file[VS_PATH_SIZE];
	const struct vs_alert_post_options options = {&alerts->config, dead_file};

	alerts->config.audit = VS_LIMIT_ALERT_TARGETS;
	if (file != NULL && file[0] != '\0')
		VS_TRY(read_file(file, &alerts->config, reason, reason_size));
	VS_TRY(vs_path_join(state_dir, DEAD_FILE, dead_file));
	VS_TRY(vs_alert_rules_new(&alerts->config, &alerts->rules));
	return vs_alert_post_new(&options, reason, reason_size, &alerts->post);
}

vs_result
vs_daemon_alerts_new(const char *file, const char *state_dir, struct vs_bus *bus,
                     struct vs_loop *loop, char *reason, size_t reason_size,
                     struct vs_daemon_alerts **alerts_out)
{
	struct vs_daemon_alerts *alerts = calloc(1, sizeof(*alerts));
	vs_result r;

	if (alerts == NULL)
		return VS_FAIL(NO_MEMORY);
	r = make(alerts, file, state_dir, reason, reason_size);
	if (r.code == VS_E_OK)
		r = vs_bus_subscribe(bus, loop, deliver, alerts);
	if (r.code == VS_E_OK)
		*alerts_out = alerts;
	else
		vs_daemon_alerts_free(&alerts);
	return r;
}

void
vs_daemon_alerts_free(struct vs_daemon_alerts **alerts)
{
	if (*alerts == NULL)
		return;
	vs_alert_post_free(&(*alerts)->post);
	vs_alert_rules_free(&(*alerts)->rules);
	free(*alerts);
	*alerts = NULL;
}

void
vs_daemon_alerts_entry(void *self, struct vs_bytes line)
{
	struct vs_daemon_alerts *alerts = self;

	vs_alert_post_audit(alerts->post, line);
}

static bool
receiver(void *self, size_t index, struct vs_core_alert_row *row_out)
{
	struct vs_daemon_alerts *alerts = self;

	return vs_alert_post_status(alerts->post, index, row_out);
}

struct vs_port_alerts
vs_daemon_alerts_port(struct vs_daemon_alerts *alerts)
{
	return (struct vs_port_alerts){alerts, receiver};
}
