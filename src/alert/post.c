/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/post.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "alert/deliver.h"
#include "alert/outbox.h"
#include "alert/syslog.h"
#include "alert/webhook.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metric.h"
#include "wire/json.h"

#define BODY_SIZE_MAX 16384
#define DEAD_SIZE_MAX (1024 * 1024)
#define IDLE_MS       3600000

/* One receiver. What is under the lock: box, status, is_ending. */
struct desk {
	struct vs_alert_post *post;
	struct vs_alert_door door;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool has_lock, has_thread;
	atomic_bool is_ending;
	struct vs_alert_outbox box;
	struct vs_core_alert_row status;
};

struct vs_alert_post {
	const struct vs_alert_config *config;
	char dead_file[VS_PATH_SIZE], host[256];
	pthread_mutex_t dead_lock;
	struct desk desks[VS_LIMIT_ALERT_TARGETS];
};

/* --- letters that nobody took ----------------------------------------------------------------- */

static vs_result
dead_line(const struct vs_alert_letter *letter, const char *target, const char *reason,
          struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "id");
	vs_json_write_text(&json, letter->id);
	vs_json_write_key(&json, "target");
	vs_json_write_text(&json, target);
	vs_json_write_key(&json, "made_at");
	vs_json_write_time(&json, letter->made_ms);
	vs_json_write_key(&json, "attempts");
	vs_json_write_int(&json, letter->attempts);
	vs_json_write_key(&json, "reason");
	vs_json_write_text(&json, reason);
	vs_json_write_key(&json, "body");
	vs_json_write_raw(&json, vs_buf_view(&letter->body));
	vs_json_write_object_end(&json);
	VS_TRY(vs_json_write_end(&json));
	return vs_buf_append_byte(out, '\n');
}

static void
bury(struct desk *desk, const struct vs_alert_letter *letter, const char *reason)
{
	struct vs_alert_post *post = desk->post;
	char old[VS_PATH_SIZE + 4];
	struct stat known;
	struct vs_buf line;
	FILE *file = NULL;

	VS_LOG(ERROR, "alert.dead", vs_bytes_from_text(desk->status.name),
	       VS_LOG_STR("id", letter->id), VS_LOG_NUM("attempts", letter->attempts),
	       VS_LOG_STR("reason", reason));
	vs_buf_init(&line, BODY_SIZE_MAX + 2048);
	(void)pthread_mutex_lock(&post->dead_lock);
	if (stat(post->dead_file, &known) == 0 && known.st_size > DEAD_SIZE_MAX) {
		(void)snprintf(old, sizeof(old), "%s.old", post->dead_file);
		(void)rename(post->dead_file, old);
	}
	if (dead_line(letter, desk->status.name, reason, &line).code == VS_E_OK)
		file = fopen(post->dead_file, "ae");
	if (file == NULL || fwrite(line.data, 1, line.size, file) != line.size)
		VS_LOG(ERROR, "alert.dead_not_kept", vs_bytes_from_text(post->dead_file));
	if (file != NULL)
		(void)fclose(file);
	(void)pthread_mutex_unlock(&post->dead_lock);
	vs_buf_done(&line);
}

/* --- the thread of one receiver -----------------------------------------------------------------
 */

static vs_result
attempt(struct desk *desk, const struct vs_alert_letter *letter, bool *is_gone,
        char reason[static VS_ALERT_REASON_SIZE])
{
	if (desk->door.target->kind == VS_ALERT_WEBHOOK)
		return vs_alert_deliver_letter(&desk->door, letter, vs_clock_wall_ms(),
		                               &desk->is_ending, is_gone, reason);
	*is_gone = false;
	return vs_alert_deliver_syslog(&desk->door, vs_buf_view(&letter->body), reason);
}

/* Under the lock. */
static void
note_success(struct desk *desk)
{
	bool is_webhook = desk->door.target->kind == VS_ALERT_WEBHOOK;

	desk->status.delivered++;
	desk->status.last_ms = vs_clock_wall_ms();
	desk->status.last_error[0] = '\0';
	vs_metric_add(is_webhook ? VS_METRIC_alerts_delivered_total : VS_METRIC_syslog_sent_total,
	              1);
}

/* Under the lock. The letter waits again; or it is given back, to be buried. */
static struct vs_alert_letter *
note_failure(struct desk *desk, struct vs_alert_letter *letter, bool is_gone, const char *reason)
{
	bool is_webhook = desk->door.target->kind == VS_ALERT_WEBHOOK;

	desk->status.failed++;
	if (strcmp(desk->status.last_error, reason) != 0)
		VS_LOG(WARN, "alert.not_delivered", vs_bytes_from_text(desk->status.name),
		       VS_LOG_STR("reason", reason), VS_LOG_NUM("attempt", letter->attempts + 1));
	(void)snprintf(desk->status.last_error, sizeof(desk->status.last_error), "%s", reason);
	if (!is_gone && vs_alert_outbox_failed(&desk->box, letter, vs_clock_wall_ms())) {
		if (is_webhook)
			vs_metric_add(VS_METRIC_alerts_retried_total, 1);
		return NULL;
	}
	desk->status.dead++;
	vs_metric_add(is_webhook ? VS_METRIC_alerts_dead_total : VS_METRIC_syslog_lost_total, 1);
	return letter;
}

/* Under the lock. */
static void
wait_for_letter(struct desk *desk)
{
	int64_t left_ms = vs_alert_outbox_due_ms(&desk->box) - vs_clock_wall_ms();
	struct timespec end;

	left_ms = left_ms > IDLE_MS ? IDLE_MS : left_ms < 1 ? 1 : left_ms;
	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += left_ms / 1000;
	end.tv_nsec += left_ms % 1000 * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(&desk->wake, &desk->lock, &end);
}

/* Without the lock: one letter, to its end or back into the box. */
static void
handle(struct desk *desk, struct vs_alert_letter *letter)
{
	char reason[VS_ALERT_REASON_SIZE] = "";
	struct vs_alert_letter *dead = NULL;
	bool is_gone = false;
	vs_result r = attempt(desk, letter, &is_gone, reason);

	(void)pthread_mutex_lock(&desk->lock);
	if (r.code == VS_E_OK)
		note_success(desk);
	else
		dead = note_failure(desk, letter, is_gone, reason);
	vs_metric_add(VS_METRIC_alerts_waiting, (int64_t)desk->box.count - desk->status.waiting);
	desk->status.waiting = (int64_t)desk->box.count;
	(void)pthread_mutex_unlock(&desk->lock);
	if (r.code == VS_E_OK)
		vs_alert_letter_free(&letter);
	else if (dead != NULL && desk->door.target->kind == VS_ALERT_WEBHOOK)
		bury(desk, dead, reason);
	vs_alert_letter_free(&dead);
}

static void *
run(void *argument)
{
	struct desk *desk = argument;

	(void)pthread_mutex_lock(&desk->lock);
	while (!atomic_load(&desk->is_ending)) {
		struct vs_alert_letter *letter =
		    vs_alert_outbox_take(&desk->box, vs_clock_wall_ms());

		if (letter == NULL) {
			wait_for_letter(desk);
			continue;
		}
		(void)pthread_mutex_unlock(&desk->lock);
		handle(desk, letter);
		(void)pthread_mutex_lock(&desk->lock);
	}
	(void)pthread_mutex_unlock(&desk->lock);
	return NULL;
}

/* --- what is handed in --------------------------------------------------------------------------
 */

static void
put(struct desk *desk, struct vs_bytes body)
{
	bool is_webhook = desk->door.target->kind == VS_ALERT_WEBHOOK;

	(void)pthread_mutex_lock(&desk->lock);
	if (vs_alert_outbox_put(&desk->box, vs_clock_wall_ms(), body).code == VS_E_OK) {
		desk->status.waiting++;
		vs_metric_add(VS_METRIC_alerts_waiting, 1);
		(void)pthread_cond_signal(&desk->wake);
	} else {
		desk->status.dead++;
		vs_metric_add(
		    is_webhook ? VS_METRIC_alerts_dead_total : VS_METRIC_syslog_lost_total, 1);
	}
	(void)pthread_mutex_unlock(&desk->lock);
}

void
vs_alert_post_event(struct vs_alert_post *post, const struct vs_alert_rule *rule,
                    const struct vs_core_event *event, uint32_t count)
{
	struct desk *desk = &post->desks[rule->target];
	struct vs_buf body;
	vs_result r;

	vs_buf_init(&body, BODY_SIZE_MAX);
	if (desk->door.target->kind == VS_ALERT_WEBHOOK)
		r = vs_alert_webhook_body(rule->name, event, count, &body);
	else
		r = vs_alert_syslog_event(event, post->host, getpid(), &body);
	if (r.code == VS_E_OK)
		put(desk, vs_buf_view(&body));
	vs_buf_done(&body);
}

void
vs_alert_post_audit(struct vs_alert_post *post, struct vs_bytes line)
{
	struct vs_buf body;

	if (post->config->audit >= post->config->target_count)
		return;
	vs_buf_init(&body, BODY_SIZE_MAX);
	if (vs_alert_syslog_audit(line, vs_clock_wall_ms(), post->host, getpid(), &body).code ==
	    VS_E_OK)
		put(&post->desks[post->config->audit], vs_buf_view(&body));
	vs_buf_done(&body);
}

bool
vs_alert_post_status(struct vs_alert_post *post, size_t index, struct vs_core_alert_row *row_out)
{
	struct desk *desk;

	if (index >= post->config->target_count)
		return false;
	desk = &post->desks[index];
	(void)pthread_mutex_lock(&desk->lock);
	*row_out = desk->status;
	(void)pthread_mutex_unlock(&desk->lock);
	return true;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
desk_open(struct vs_alert_post *post, size_t index, char *reason, size_t reason_size)
{
	const struct vs_alert_target *target = &post->config->targets[index];
	struct desk *desk = &post->desks[index];

	desk->post = post;
	desk->door.fd = -1;
	memcpy(desk->status.name, target->name, sizeof(desk->status.name));
	desk->status.is_webhook = target->kind == VS_ALERT_WEBHOOK;
	desk->status.last_ms = VS_CORE_ABSENT;
	vs_alert_outbox_init(&desk->box, target);
	if (pthread_mutex_init(&desk->lock, NULL) != 0)
		return VS_FAIL(NO_MEMORY);
	if (pthread_cond_init(&desk->wake, NULL) != 0) {
		(void)pthread_mutex_destroy(&desk->lock);
		return VS_FAIL(NO_MEMORY);
	}
	desk->has_lock = true;
	VS_TRY(vs_alert_door_open(target, &desk->door, reason, reason_size));
	if (pthread_create(&desk->thread, NULL, run, desk) != 0)
		return VS_FAIL(NO_MEMORY);
	desk->has_thread = true;
	return VS_OK;
}

static void
desk_close(struct desk *desk)
{
	if (desk->has_thread) {
		(void)pthread_mutex_lock(&desk->lock);
		atomic_store(&desk->is_ending, true);
		(void)pthread_cond_signal(&desk->wake);
		(void)pthread_mutex_unlock(&desk->lock);
		(void)pthread_join(desk->thread, NULL);
	}
	if (!desk->has_lock)
		return;
	if (desk->box.count > 0)
		VS_LOG(WARN, "alert.left", vs_bytes_from_text(desk->status.name),
		       VS_LOG_NUM("count", desk->box.count));
	vs_alert_outbox_done(&desk->box);
	vs_alert_door_close(&desk->door);
	(void)pthread_cond_destroy(&desk->wake);
	(void)pthread_mutex_destroy(&desk->lock);
}

vs_result
vs_alert_post_new(const struct vs_alert_post_options *options, char *reason, size_t reason_size,
                  struct vs_alert_post **post_out)
{
	struct vs_alert_post *post = calloc(1, sizeof(*post));
	vs_result r = VS_OK;

	if (post == NULL)
		return VS_FAIL(NO_MEMORY);
	post->config = options->config;
	(void)snprintf(post->dead_file, sizeof(post->dead_file), "%s", options->dead_file);
	if (gethostname(post->host, sizeof(post->host) - 1) != 0)
		post->host[0] = '\0';
	(void)pthread_mutex_init(&post->dead_lock, NULL);
	for (size_t i = 0; i < options->config->target_count && r.code == VS_E_OK; i++)
		r = desk_open(post, i, reason, reason_size);
	if (r.code != VS_E_OK)
		vs_alert_post_free(&post);
	else
		*post_out = post;
	return r;
}

void
vs_alert_post_free(struct vs_alert_post **post)
{
	if (*post == NULL)
		return;
	for (size_t i = 0; i < VS_LIMIT_ALERT_TARGETS; i++)
		desk_close(&(*post)->desks[i]);
	(void)pthread_mutex_destroy(&(*post)->dead_lock);
	free(*post);
	*post = NULL;
}
