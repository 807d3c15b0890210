/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sensor_run.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "sim/sensor_run_inside.h"

#define PROGRESS_MS 2000u

static const struct vs_sim_sensor_scenario scenarios[] = {
#define VS_SIM_SENSOR(name, word, up, down, kept, faults, help)                                    \
	{word, up, down, kept, VS_SIM_SENSOR_##faults, help},
#include "sim/sensor_scenarios.def"
#undef VS_SIM_SENSOR
};
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* --- all of them ------------------------------------------------------------------------------ */

static void
sum(const struct vs_sim_sensor_run *run, struct vs_sim_sensor_counts *all, size_t *waiting)
{
	*all = (struct vs_sim_sensor_counts){.measured = 0};
	*waiting = 0;
	for (size_t i = 0; i < run->count; i++) {
		const struct vs_sim_sensor_counts *counts =
		    vs_sim_sensor_device_counts(run->clients[i].device);

		all->measured += counts->measured;
		all->taken += counts->taken;
		all->duplicate += counts->duplicate;
		all->refused += counts->refused;
		all->lost += counts->lost;
		all->sent += counts->sent;
		all->again += counts->again;
		all->keys += counts->keys;
		*waiting += vs_sim_sensor_device_waiting(run->clients[i].device);
	}
	*waiting *= run->plan.readings;
}

static void
show(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_sensor_run *run =
	    (struct vs_sim_sensor_run *)(void *)((char *)timer -
	                                         offsetof(struct vs_sim_sensor_run, progress));
	uint64_t now_ms = vs_loop_now_ms(loop), passed_ms = now_ms - run->shown_ms;
	struct vs_sim_sensor_counts all;
	size_t waiting = 0;

	sum(run, &all, &waiting);
	(void)fprintf(stderr, "connected %zu/%zu, %.0f readings/s, p99 %.1f ms, waiting %zu\n",
	              run->open, run->count,
	              passed_ms == 0 ? 0
	                             : (double)(all.taken + all.duplicate - run->shown) * 1000 /
	                                   (double)passed_ms,
	              (double)vs_sim_stats_percentile(&run->stats, 990) / 1000, waiting);
	run->shown = all.taken + all.duplicate;
	run->shown_ms = now_ms;
	vs_timer_arm(loop, timer, PROGRESS_MS);
}

static int
report(struct vs_sim_sensor_run *run)
{
	struct vs_sim_sensor_counts all;
	size_t waiting = 0;

	sum(run, &all, &waiting);
	(void)fprintf(stdout,
	              "devices=%zu readings=%llu taken=%llu duplicate=%llu refused=%llu lost=%llu "
	              "waiting=%zu sent=%llu again=%llu keys=%llu p50_ms=%.1f p99_ms=%.1f\n",
	              run->count, (unsigned long long)all.measured, (unsigned long long)all.taken,
	              (unsigned long long)all.duplicate, (unsigned long long)all.refused,
	              (unsigned long long)all.lost, waiting, (unsigned long long)all.sent,
	              (unsigned long long)all.again, (unsigned long long)all.keys,
	              (double)vs_sim_stats_percentile(&run->stats, 500) / 1000,
	              (double)vs_sim_stats_percentile(&run->stats, 990) / 1000);
	(void)fflush(stdout);
	if (run->status != EX_OK)
		return run->status;
	return all.refused + all.lost + waiting > 0 ? EX_TEMPFAIL : EX_OK;
}

static void
grace_over(struct vs_loop *loop, struct vs_timer *timer)
{
	(void)timer;
	vs_loop_stop(loop);
}

static void
end(struct vs_sim_sensor_run *run)
{
	if (run->is_ending)
		vs_loop_stop(run->setup.loop);
	run->is_ending = true;
	vs_timer_arm(run->setup.loop, &run->grace, run->grace_ms);
	vs_sim_sensor_finish(run);
}

static void
duration_over(struct vs_loop *loop, struct vs_timer *timer)
{
	(void)loop;
	end((struct vs_sim_sensor_run *)(void *)((char *)timer -
	                                         offsetof(struct vs_sim_sensor_run, duration)));
}

static void
signal_caught(struct vs_loop *loop, struct vs_signal_watch *watch, int signal_number)
{
	(void)loop;
	(void)signal_number;
	end((struct vs_sim_sensor_run *)(void *)((char *)watch -
	                                         offsetof(struct vs_sim_sensor_run, signals)));
}

static void
go(struct vs_sim_sensor_run *run, const struct vs_sim_options *options)
{
	static const int caught[] = {SIGINT, SIGTERM};
	uint32_t rate = options->number[VS_SIM_OPTION_CONNECT_RATE];
	struct vs_loop *loop = run->setup.loop;

	run->signals.caught = signal_caught;
	run->progress.fire = show;
	run->duration.fire = duration_over;
	run->grace.fire = grace_over;
	run->shown_ms = vs_loop_now_ms(loop);
	if (vs_signal_watch(loop, &run->signals, caught, 2).code != VS_E_OK) {
		run->status = EX_OSERR;
		return;
	}
	for (size_t i = 0; i < run->count; i++)
		vs_sim_sensor_client_start(&run->clients[i], rate == 0 ? 0 : 1000 * i / rate);
	vs_timer_arm(loop, &run->progress, PROGRESS_MS);
	if (options->number[VS_SIM_OPTION_DURATION] != 0)
		vs_timer_arm(loop, &run->duration,
		             UINT64_C(1000) * options->number[VS_SIM_OPTION_DURATION]);
	if (vs_loop_run(loop).code != VS_E_OK)
		run->status = EX_SOFTWARE;
	vs_timer_cancel(loop, &run->progress);
	vs_timer_cancel(loop, &run->duration);
	vs_timer_cancel(loop, &run->grace);
	vs_signal_unwatch(loop, &run->signals);
}

/* --- before it runs --------------------------------------------------------------------------- */

static int
make_plan(struct vs_sim_sensor_run *run, const struct vs_sim_options *options)
{
	const uint32_t *number = options->number;
	const char *scenario = options->text[VS_SIM_OPTION_SCENARIO];

	for (size_t i = 0; i < SCENARIOS && run->scenario == NULL; i++)
		if (strcmp(scenarios[i].word, scenario) == 0)
			run->scenario = &scenarios[i];
	if (run->scenario == NULL) {
		for (size_t i = 0; i < SCENARIOS; i++)
			(void)fprintf(stderr, "  %-18s %s\n", scenarios[i].word, scenarios[i].help);
		return vs_sim_sensor_complain(EX_USAGE, scenario, "no such scenario of sensors");
	}
	run->plan.profile = run->setup.profile;
	run->plan.readings = number[VS_SIM_OPTION_READINGS];
	run->count = run->setup.credentials.count;
	if (number[VS_SIM_OPTION_STATIONS] != 0 && number[VS_SIM_OPTION_STATIONS] < run->count)
		run->count = number[VS_SIM_OPTION_STATIONS];
	run->period_ms = number[VS_SIM_OPTION_PERIOD];
	if (number[VS_SIM_OPTION_RATE] != 0)
		run->period_ms = 1000.0 * (double)run->count * (double)run->plan.readings /
		                 (double)number[VS_SIM_OPTION_RATE];
	run->messages = number[VS_SIM_OPTION_MESSAGES];
	run->grace_ms = 1000 * number[VS_SIM_OPTION_GRACE];
	run->is_retrying = options->is_set[VS_SIM_OPTION_RETRY];
	run->plan.seed =
	    number[VS_SIM_OPTION_SEED] != 0 ? number[VS_SIM_OPTION_SEED] : vs_random_u64();
	run->prng.state = run->plan.seed;
	return EX_OK;
}

static int
make_clients(struct vs_sim_sensor_run *run)
{
	run->clients = calloc(run->count, sizeof(*run->clients));
	if (run->clients == NULL)
		return vs_sim_sensor_complain(EX_OSERR, "devices", "no memory");
	for (size_t i = 0; i < run->count; i++) {
		const struct vs_sim_credential *row = &run->setup.credentials.rows[i];
		struct vs_sim_sensor_plan plan = run->plan;
		struct vs_sim_sensor_client *client = &run->clients[i];
		int status;

		client->run = run;
		plan.seed += 0x9e3779b97f4a7c15u * i;
		plan.faults = i % 8 == 0 ? run->scenario->faults : VS_SIM_SENSOR_NOTHING;
		client->authorization = vs_sim_sensor_bearer(row->password);
		status = vs_sim_sensor_key_read(row->psk_file, &client->key);
		if (status != EX_OK)
			return status;
		if (client->authorization == NULL ||
		    vs_sim_sensor_device_new(&plan, row->identity, client->key, &client->device)
		            .code != VS_E_OK)
			return vs_sim_sensor_complain(EX_DATAERR, row->identity,
			                              "no device of this name can be made");
	}
	return EX_OK;
}

static void
run_done(struct vs_sim_sensor_run *run)
{
	for (size_t i = 0; run->clients != NULL && i < run->count; i++) {
		struct vs_sim_sensor_client *client = &run->clients[i];

		vs_timer_cancel(run->setup.loop, &client->measure);
		vs_timer_cancel(run->setup.loop, &client->link);
	}
	vs_net_free(&run->setup.net); /* what it closes still asks the clients */
	for (size_t i = 0; run->clients != NULL && i < run->count; i++) {
		struct vs_sim_sensor_client *client = &run->clients[i];

		vs_timer_cancel(run->setup.loop, &client->link);
		if (client->authorization != NULL)
			explicit_bzero(client->authorization, strlen(client->authorization));
		free(client->authorization);
		vs_pkey_free(&client->key);
		vs_sim_sensor_device_free(&client->device);
	}
	free(run->clients);
	vs_json_tape_done(&run->tape);
	vs_buf_done(&run->text);
	vs_sim_sensor_setup_done(&run->setup);
	free(run);
}

int
vs_sim_sensor_run(const struct vs_sim_options *options)
{
	static const int blocked[] = {SIGINT, SIGTERM, SIGPIPE};
	struct vs_sim_sensor_run *run = calloc(1, sizeof(*run));
	int status;

	if (run == NULL)
		return vs_sim_sensor_complain(EX_OSERR, "sensor", "no memory");
	vs_log_configure(VS_LOG_ERROR, VS_LOG_AUTO, STDERR_FILENO);
	vs_json_tape_init(&run->tape);
	vs_buf_init(&run->text, VS_LIMIT_SENSOR_MESSAGE_SIZE);
	status = vs_signal_block(blocked, 3).code == VS_E_OK ? EX_OK : EX_OSERR;
	if (status == EX_OK)
		status = vs_sim_sensor_setup(&run->setup, options);
	if (status == EX_OK && options->text[VS_SIM_OPTION_TRY] != NULL) {
		status = vs_sim_sensor_attack(&run->setup, options->text[VS_SIM_OPTION_TRY]);
	} else if (status == EX_OK) {
		status = make_plan(run, options);
		if (status == EX_OK)
			status = make_clients(run);
		if (status == EX_OK) {
			go(run, options);
			status = report(run);
		}
	}
	run_done(run);
	return status;
}
