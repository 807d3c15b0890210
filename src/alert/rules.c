/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/rules.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

struct state {
	int64_t *seen_ms; /* a ring of rule->count - 1 times: of the events before this one */
	size_t head, size;
	int64_t quiet_until_ms;
	uint32_t quiet_count; /* matched while it was quiet */
};

struct vs_alert_rules {
	const struct vs_alert_config *config;
	struct state states[VS_LIMIT_ALERT_RULES];
};

vs_result
vs_alert_rules_new(const struct vs_alert_config *config, struct vs_alert_rules **rules_out)
{
	struct vs_alert_rules *rules = calloc(1, sizeof(*rules));

	if (rules == NULL)
		return VS_FAIL(NO_MEMORY);
	rules->config = config;
	for (size_t i = 0; i < config->rule_count; i++) {
		if (config->rules[i].count < 2)
			continue;
		rules->states[i].seen_ms =
		    calloc(config->rules[i].count - 1, sizeof(*rules->states[i].seen_ms));
		if (rules->states[i].seen_ms != NULL)
			continue;
		vs_alert_rules_free(&rules);
		return VS_FAIL(NO_MEMORY);
	}
	*rules_out = rules;
	return VS_OK;
}

void
vs_alert_rules_free(struct vs_alert_rules **rules)
{
	if (*rules == NULL)
		return;
	for (size_t i = 0; i < VS_LIMIT_ALERT_RULES; i++)
		free((*rules)->states[i].seen_ms);
	free(*rules);
	*rules = NULL;
}

/* Is this the event that makes the window full? Else it is remembered. */
static bool
is_full(const struct vs_alert_rule *rule, struct state *state, int64_t now_ms)
{
	size_t room = rule->count - 1, oldest;

	if (room == 0)
		return true;
	oldest = (state->head + room - state->size) % room;
	if (state->size == room && now_ms - state->seen_ms[oldest] < rule->window_s * INT64_C(1000))
		return true;
	state->seen_ms[state->head] = now_ms;
	state->head = (state->head + 1) % room;
	if (state->size < room)
		state->size++;
	return false;
}

void
vs_alert_rules_see(struct vs_alert_rules *rules, const struct vs_core_event *event, int64_t now_ms,
                   void (*fired)(void *arg, const struct vs_alert_rule *rule, uint32_t count),
                   void *arg)
{
	char word[128];

	(void)snprintf(word, sizeof(word), "%s.%s", vs_core_event_kind_text(event->kind),
	               event->type);
	for (size_t i = 0; i < rules->config->rule_count; i++) {
		const struct vs_alert_rule *rule = &rules->config->rules[i];
		struct state *state = &rules->states[i];
		uint32_t count;

		if (event->severity < rule->severity || fnmatch(rule->match, word, 0) != 0)
			continue;
		if (now_ms < state->quiet_until_ms) {
			state->quiet_count++;
			continue;
		}
		if (!is_full(rule, state, now_ms))
			continue;
		count = rule->count + state->quiet_count;
		state->size = 0;
		state->quiet_count = 0;
		state->quiet_until_ms = now_ms + rule->window_s * INT64_C(1000);
		fired(arg, rule, count);
	}
}
