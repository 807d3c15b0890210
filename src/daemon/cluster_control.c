/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes say to each other by name: a command has ended, drain. */
#include <stdlib.h>
#include <string.h>

#include "daemon/cluster_inside.h"
#include "daemon/daemon_inside.h"
#include "daemon/drain.h"
#include "daemon/sensor.h"

/* --- commands that end ---------------------------------------------------------------------------
 */

struct end_mail {
	struct vs_daemon_cluster *cluster;
	char id[VS_CORE_UUID_SIZE];
};

static void
tell_end(struct vs_loop *loop, void *argument)
{
	struct end_mail *mail = argument;
	struct vs_daemon_cluster *cluster = mail->cluster;
	struct vs_control_word word = {.kind = VS_CONTROL_ENDED};
	char node[VS_BUS_NODE_SIZE];

	(void)loop;
	memcpy(word.id, mail->id, sizeof(word.id));
	if (vs_route_ended(cluster->route, mail->id, node))
		vs_control_tell(cluster->control, node, &word);
	free(mail);
}

/* Its row is in the store: who gave the command at another node may read it now. */
static void
publish(void *self, const struct vs_core_event *event)
{
	struct vs_daemon_cluster *cluster = self;
	struct end_mail *mail;

	cluster->passed.publish(cluster->passed.self, event);
	if (event->kind != VS_EVENT_COMMAND ||
	    strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_QUEUED)) == 0 ||
	    strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_SENT)) == 0)
		return;
	mail = calloc(1, sizeof(*mail));
	if (mail == NULL)
		return;
	mail->cluster = cluster;
	memcpy(mail->id, event->id, sizeof(mail->id));
	if (vs_loop_post(cluster->loop, tell_end, mail).code != VS_E_OK)
		free(mail);
}

struct vs_port_events
vs_daemon_cluster_events(struct vs_daemon *daemon, struct vs_port_events events)
{
	if (daemon->cluster == NULL)
		return events;
	daemon->cluster->passed = events;
	return (struct vs_port_events){daemon->cluster, publish};
}

/* --- who came in elsewhere
 * ------------------------------------------------------------------------
 */

void
vs_daemon_cluster_came(struct vs_daemon *daemon, enum vs_came_kind kind, const char *tenant,
                       const char *name)
{
	if (daemon->cluster != NULL)
		vs_came_say(daemon->cluster->came, kind, tenant, name);
}

void
vs_daemon_cluster_heard_came(void *arg, const struct vs_came_word *word)
{
	struct vs_daemon_cluster *cluster = arg;
	struct vs_daemon *daemon = cluster->daemon;

	/* All of them are being closed, and mail to a loop that has ended is lost. */
	if (atomic_load(&daemon->is_stopping))
		return;
	if (word->kind == VS_CAME_SENSOR)
		vs_daemon_sensor_displace(daemon, word->tenant, word->name);
	else if (daemon->charge != NULL)
		vs_charge_displace(daemon->charge, word->kind == VS_CAME_DRIVER, word->tenant,
		                   word->name);
}

vs_result
vs_daemon_cluster_heard(void *arg, const struct vs_control_word *word)
{
	struct vs_daemon_cluster *cluster = arg;

	switch (word->kind) {
	case VS_CONTROL_ENDED:
		if (cluster->daemon->api != NULL)
			vs_api_command_ended(cluster->daemon->api, word->id);
		return VS_OK;
	case VS_CONTROL_DRAIN:
	case VS_CONTROL_RESUME:
		vs_daemon_drain(cluster->daemon, word->kind == VS_CONTROL_DRAIN, word->over_s);
		return VS_OK;
	case VS_CONTROL_KINDS:
		break;
	}
	return VS_FAIL(UNSUPPORTED);
}
