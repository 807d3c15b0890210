/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 2048
#define WORDS     16
#define SECONDS   604800 /* a week */
#define COUNT_MAX VS_LIMIT_ALERT_COUNT

struct reading {
	struct vs_alert_config *config;
	size_t line;
	char *reason;
	size_t reason_size;
};

static vs_result
refuse(const struct reading *reading, const char *what, const char *word)
{
	(void)snprintf(reading->reason, reading->reason_size, "line %zu of the alert file: %s%s%s",
	               reading->line, what, word[0] != '\0' ? ": " : "", word);
	return VS_FAIL(CONFIG);
}

/* What stands behind NAME= in a word, or NULL. */
static const char *
value_of(const char *word, const char *name)
{
	size_t size = strlen(name);

	return strncmp(word, name, size) == 0 && word[size] == '=' ? word + size + 1 : NULL;
}

static bool
number_of(const char *text, uint32_t low, uint32_t high, uint32_t *number_out)
{
	char *end = NULL;
	unsigned long value;

	if (text[0] < '0' || text[0] > '9')
		return false;
	value = strtoul(text, &end, 10);
	if (*end != '\0' || value < low || value > high)
		return false;
	*number_out = (uint32_t)value;
	return true;
}

static bool
copy(const char *text, char *room, size_t size)
{
	return text[0] != '\0' && vs_bytes_copy_text(vs_bytes_from_text(text), room, size);
}

static bool
is_name(const char *text)
{
	size_t size =
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return size > 0 && size < VS_ALERT_NAME_SIZE && text[size] == '\0';
}

static bool
target_find(const struct vs_alert_config *config, const char *name, size_t *at_out)
{
	for (size_t i = 0; i < config->target_count; i++) {
		if (strcmp(config->targets[i].name, name) != 0)
			continue;
		*at_out = i;
		return true;
	}
	return false;
}

static bool
retries_of(const char *text, struct vs_alert_target *target)
{
	char room[128], *rest = room, *part;

	target->retry_count = 0;
	if (!copy(text, room, sizeof(room)))
		return false;
	while ((part = strsep(&rest, ",")) != NULL)
		if (target->retry_count == VS_ALERT_RETRIES ||
		    !number_of(part, 1, SECONDS, &target->retry_s[target->retry_count++]))
			return false;
	return true;
}

static bool
place_of(const char *text, struct vs_alert_target *target)
{
	static const char *const words[] = {"udp:", "tcp:", "tls:", "unix:"};
	const char *rest = NULL, *colon;
	uint32_t port = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(text, words[i], strlen(words[i])) != 0)
			continue;
		target->transport = (enum vs_alert_transport)i;
		rest = text + strlen(words[i]);
	}
	if (rest == NULL)
		return false;
	if (target->transport == VS_ALERT_UNIX)
		return rest[0] == '/' && strlen(rest) < 108 && /* sun_path, unix(7) */
		       copy(rest, target->host, sizeof(target->host));
	colon = strrchr(rest, ':');
	if (colon == NULL || !number_of(colon + 1, 1, UINT16_MAX, &port))
		return false;
	target->port = (uint16_t)port;
	if (rest[0] == '[' && colon - rest > 2 && colon[-1] == ']')
		return vs_bytes_copy_text(vs_bytes_from(rest + 1, (size_t)(colon - rest) - 2),
		                          target->host, sizeof(target->host));
	return colon > rest && vs_bytes_copy_text(vs_bytes_from(rest, (size_t)(colon - rest)),
	                                          target->host, sizeof(target->host));
}

static bool
target_word(struct vs_alert_target *target, const char *word)
{
	bool is_webhook = target->kind == VS_ALERT_WEBHOOK;
	const char *value;

	if ((value = value_of(word, "ca_file")) != NULL)
		return copy(value, target->ca_file, sizeof(target->ca_file));
	if (!is_webhook)
		return (value = value_of(word, "to")) != NULL && place_of(value, target);
	if ((value = value_of(word, "url")) != NULL)
		return strncmp(value, "https://", 8) == 0 &&
		       copy(value, target->url, sizeof(target->url));
	if ((value = value_of(word, "secret_file")) != NULL)
		return copy(value, target->secret_file, sizeof(target->secret_file));
	if ((value = value_of(word, "old_secret_file")) != NULL)
		return copy(value, target->old_secret_file, sizeof(target->old_secret_file));
	if ((value = value_of(word, "key_file")) != NULL)
		return copy(value, target->key_file, sizeof(target->key_file));
	if ((value = value_of(word, "retry")) != NULL)
		return retries_of(value, target);
	if ((value = value_of(word, "private")) != NULL) {
		target->is_private_allowed = strcmp(value, "yes") == 0;
		return target->is_private_allowed || strcmp(value, "no") == 0;
	}
	return false;
}

static vs_result
read_target(struct reading *reading, char *const *words, size_t count)
{
	/* About a day and a half in all, as Standard Webhooks advises. */
	static const uint32_t webhook_s[] = {5, 300, 1800, 7200, 18000, 36000, 36000};
	static const uint32_t syslog_s[] = {1, 2, 5, 10, 30, 60, 60, 60, 60, 60};
	struct vs_alert_config *config = reading->config;
	struct vs_alert_target *target;
	size_t known;

	if (count < 4 || !is_name(words[1]))
		return refuse(reading, "target NAME webhook|syslog ... is expected", "");
	if (config->target_count == VS_LIMIT_ALERT_TARGETS)
		return refuse(reading, "there are too many targets", "");
	if (target_find(config, words[1], &known))
		return refuse(reading, "this target is there already", words[1]);
	target = &config->targets[config->target_count];
	(void)copy(words[1], target->name, sizeof(target->name));
	if (strcmp(words[2], "syslog") == 0)
		target->kind = VS_ALERT_SYSLOG;
	else if (strcmp(words[2], "webhook") != 0)
		return refuse(reading, "webhook or syslog is expected", words[2]);
	if (target->kind == VS_ALERT_SYSLOG) {
		target->retry_count = sizeof(syslog_s) / sizeof(syslog_s[0]);
		memcpy(target->retry_s, syslog_s, sizeof(syslog_s));
	} else {
		target->retry_count = sizeof(webhook_s) / sizeof(webhook_s[0]);
		memcpy(target->retry_s, webhook_s, sizeof(webhook_s));
	}
	for (size_t i = 3; i < count; i++)
		if (!target_word(target, words[i]))
			return refuse(reading, "this word is not good here", words[i]);
	if (target->kind == VS_ALERT_WEBHOOK &&
	    (target->url[0] == '\0' || target->secret_file[0] == '\0'))
		return refuse(reading, "url and secret_file are needed", "");
	if (target->kind == VS_ALERT_SYSLOG && target->host[0] == '\0')
		return refuse(reading, "to is needed", "");
	config->target_count++;
	return VS_OK;
}

static bool
severity_of(const char *text, enum vs_core_severity *severity)
{
	static const char *const words[] = {"info", "notice", "warning", "critical"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		*severity = (enum vs_core_severity)i;
		return true;
	}
	return false;
}

static bool
rule_word(const struct vs_alert_config *config, struct vs_alert_rule *rule, const char *word)
{
	const char *value;

	if ((value = value_of(word, "match")) != NULL)
		return copy(value, rule->match, sizeof(rule->match));
	if ((value = value_of(word, "severity")) != NULL)
		return severity_of(value, &rule->severity);
	if ((value = value_of(word, "count")) != NULL)
		return number_of(value, 1, COUNT_MAX, &rule->count);
	if ((value = value_of(word, "window")) != NULL)
		return number_of(value, 1, SECONDS, &rule->window_s);
	if ((value = value_of(word, "target")) != NULL)
		return target_find(config, value, &rule->target);
	return false;
}

static vs_result
read_rule(struct reading *reading, char *const *words, size_t count)
{
	struct vs_alert_config *config = reading->config;
	struct vs_alert_rule *rule = &config->rules[config->rule_count];

	if (count < 4 || !is_name(words[1]))
		return refuse(reading, "rule NAME match=... target=... is expected", "");
	if (config->rule_count == VS_LIMIT_ALERT_RULES)
		return refuse(reading, "there are too many rules", "");
	*rule = (struct vs_alert_rule){
	    .count = 1, .severity = VS_CORE_INFO, .target = VS_LIMIT_ALERT_TARGETS};
	(void)copy(words[1], rule->name, sizeof(rule->name));
	for (size_t i = 2; i < count; i++)
		if (!rule_word(config, rule, words[i]))
			return refuse(reading, "this word is not good here", words[i]);
	if (rule->match[0] == '\0' || rule->target == VS_LIMIT_ALERT_TARGETS)
		return refuse(reading, "match and target are needed", "");
	if (rule->count > 1 && rule->window_s == 0)
		return refuse(reading, "count without a window", "");
	config->rule_count++;
	return VS_OK;
}

static vs_result
read_line(struct reading *reading, struct vs_bytes line)
{
	struct vs_alert_config *config = reading->config;
	char room[LINE_SIZE], *rest = room, *word, *words[WORDS];
	size_t count = 0;

	if (memchr(line.data, '\0', line.size) != NULL ||
	    !vs_bytes_copy_text(line, room, sizeof(room)))
		return refuse(reading, "it is too long, or holds a NUL", "");
	while ((word = strsep(&rest, " \t\r")) != NULL) {
		if (word[0] == '\0')
			continue;
		if (count == WORDS)
			return refuse(reading, "there are too many words", "");
		words[count++] = word;
	}
	if (count == 0 || words[0][0] == '#')
		return VS_OK;
	if (strcmp(words[0], "target") == 0)
		return read_target(reading, words, count);
	if (strcmp(words[0], "rule") == 0)
		return read_rule(reading, words, count);
	if (strcmp(words[0], "audit") != 0 || count != 2)
		return refuse(reading, "target, rule or audit is expected", words[0]);
	if (!target_find(config, words[1], &config->audit) ||
	    config->targets[config->audit].kind != VS_ALERT_SYSLOG)
		return refuse(reading, "no syslog target of that name stands above", words[1]);
	return VS_OK;
}

vs_result
vs_alert_config_parse(struct vs_bytes text, struct vs_alert_config *config_out, char *reason,
                      size_t reason_size)
{
	struct vs_alert_config *config = calloc(1, sizeof(*config));
	struct reading reading = {config, 0, reason, reason_size};
	vs_result r = config == NULL ? VS_FAIL(NO_MEMORY) : VS_OK;

	if (config != NULL)
		config->audit = VS_LIMIT_ALERT_TARGETS;
	while (r.code == VS_E_OK && text.size > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
		size_t used = end != NULL ? size + 1 : size;

		reading.line++;
		r = read_line(&reading, vs_bytes_from(text.data, size));
		text = vs_bytes_from(text.data + used, text.size - used);
	}
	if (r.code == VS_E_OK)
		*config_out = *config;
	free(config);
	return r;
}
