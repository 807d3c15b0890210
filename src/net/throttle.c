/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/metric.h"
#include "net/throttle_inside.h"

#define OVERFLOW_COUNT 1000u /* events a second, for all keys that find no slot */

enum key_kind { KEY_SOURCE, KEY_NEAR, KEY_IDENTITY };

enum counted_at { AT_NODE, AT_ALL };

static const struct rule {
	const char *name;
	enum key_kind key;
	enum counted_at at;
	struct vs_throttle_rate preset;
	enum vs_metric metric;
} rules[] = {
#define VS_THROTTLE(name, layer, key, at, count, seconds, burst, trusted, metric, help)            \
	{#name, KEY_##key, AT_##at, {count, seconds, burst, trusted}, VS_METRIC_##metric},
#include "net/throttles.def"
#undef VS_THROTTLE
};
static_assert(sizeof(rules) / sizeof(rules[0]) == VS_THROTTLE_RULES, "a row for each rule");

/* --- sources ---------------------------------------------------------------------------------- */

bool
vs_source_equal(const struct vs_source *a, const struct vs_source *b)
{
	return a->is_ipv6 == b->is_ipv6 &&
	       vs_bytes_equal(vs_bytes_from(a->address, sizeof(a->address)),
	                      vs_bytes_from(b->address, sizeof(b->address)));
}

static vs_result
parse_prefix(struct vs_bytes text, struct vs_throttle_prefix *prefix)
{
	char room[INET6_ADDRSTRLEN + 5], *slash, *end;
	unsigned long bits;

	if (text.size == 0 || text.size >= sizeof(room))
		return VS_FAIL(CONFIG);
	memcpy(room, text.data, text.size);
	room[text.size] = '\0';
	memset(prefix, 0, sizeof(*prefix));
	slash = strchr(room, '/');
	if (slash != NULL)
		*slash = '\0';
	prefix->is_ipv6 = strchr(room, ':') != NULL;
	if (inet_pton(prefix->is_ipv6 ? AF_INET6 : AF_INET, room, prefix->address) != 1)
		return VS_FAIL(CONFIG);
	prefix->bits = prefix->is_ipv6 ? 128 : 32;
	if (slash == NULL)
		return VS_OK;
	if (slash[1] < '0' || slash[1] > '9')
		return VS_FAIL(CONFIG);
	bits = strtoul(slash + 1, &end, 10);
	if (*end != '\0' || bits > prefix->bits)
		return VS_FAIL(CONFIG);
	prefix->bits = (uint8_t)bits;
	return VS_OK;
}

static vs_result
parse_trusted(const char *text, struct vs_throttle_prefixes *prefixes)
{
	prefixes->count = 0;
	while (*text != '\0') {
		size_t size = strcspn(text, ",");

		if (prefixes->count == VS_THROTTLE_TRUSTED_MAX)
			return VS_FAIL(CONFIG);
		VS_TRY(parse_prefix(vs_bytes_from(text, size), &prefixes->rows[prefixes->count]));
		prefixes->count++;
		text += size;
		text += *text == ',';
	}
	return VS_OK;
}

static bool
is_within(const struct vs_source *source, const struct vs_throttle_prefix *prefix)
{
	size_t whole = prefix->bits / 8;
	unsigned rest = prefix->bits % 8;

	if (source->is_ipv6 != prefix->is_ipv6 ||
	    !vs_bytes_equal(vs_bytes_from(source->address, whole),
	                    vs_bytes_from(prefix->address, whole)))
		return false;
	return rest == 0 || (source->address[whole] ^ prefix->address[whole]) >> (8 - rest) == 0;
}

void
vs_throttle_trust(struct vs_throttle *throttle, struct vs_source *source)
{
	assert(source != NULL);
	source->is_trusted = throttle == NULL;
	if (throttle == NULL)
		return;
	(void)pthread_mutex_lock(&throttle->lock);
	for (size_t i = 0; i < throttle->trusted.count; i++)
		source->is_trusted |= is_within(source, &throttle->trusted.rows[i]);
	(void)pthread_mutex_unlock(&throttle->lock);
}

vs_result
vs_throttle_trusted_check(const char *trusted)
{
	struct vs_throttle_prefixes prefixes;

	assert(trusted != NULL);
	return parse_trusted(trusted, &prefixes);
}

vs_result
vs_throttle_set_trusted(struct vs_throttle *throttle, const char *trusted)
{
	struct vs_throttle_prefixes prefixes;

	assert(throttle != NULL && trusted != NULL);
	VS_TRY(parse_trusted(trusted, &prefixes));
	(void)pthread_mutex_lock(&throttle->lock);
	throttle->trusted = prefixes;
	(void)pthread_mutex_unlock(&throttle->lock);
	return VS_OK;
}

/* --- rates ------------------------------------------------------------------------------------ */

struct vs_throttle_rate
vs_throttle_preset(enum vs_throttle_rule rule)
{
	assert(rule < VS_THROTTLE_RULES);
	return rules[rule].preset;
}

/* A number from 1, and the byte behind it (0: the end of the text). */
static bool
take_number(struct vs_bytes *text, uint32_t max, char then, uint32_t *number)
{
	uint32_t value = 0;
	size_t i = 0;

	for (; i < text->size && text->data[i] >= '0' && text->data[i] <= '9'; i++) {
		value = value * 10 + (uint32_t)(text->data[i] - '0');
		if (value > max)
			return false;
	}
	if (i == 0 || value == 0 || (i < text->size ? (char)text->data[i] : '\0') != then)
		return false;
	*number = value;
	i += i < text->size;
	*text = vs_bytes_from(text->data + i, text->size - i);
	return true;
}

vs_result
vs_throttle_rate_read(struct vs_bytes text, struct vs_throttle_rate *rate_out)
{
	struct vs_throttle_rate rate;

	assert(rate_out != NULL);
	if (!take_number(&text, VS_THROTTLE_COUNT_MAX, '/', &rate.count) ||
	    !take_number(&text, VS_THROTTLE_SECONDS_MAX, ' ', &rate.seconds) ||
	    !take_number(&text, VS_THROTTLE_COUNT_MAX, ' ', &rate.burst) ||
	    !take_number(&text, VS_THROTTLE_COUNT_MAX, '\0', &rate.trusted) || text.size > 0 ||
	    (uint64_t)rate.count * rate.trusted > UINT32_MAX ||
	    (uint64_t)rate.burst * rate.trusted > UINT32_MAX)
		return VS_FAIL(BAD_VALUE);
	*rate_out = rate;
	return VS_OK;
}

void
vs_throttle_set(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                const struct vs_throttle_rate *rate)
{
	bool is_other = false;

	assert(throttle != NULL && rule < VS_THROTTLE_RULES && rate != NULL);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t factor = i == 1 ? rate->trusted : 1;
		struct vs_gcra_rate made =
		    vs_gcra_rate_make(rate->count * factor, rate->seconds, rate->burst * factor);

		struct vs_throttle_in_force *to = &throttle->rates[rule][i];

		is_other |= atomic_exchange(&to->interval_us, made.interval_us) != made.interval_us;
		is_other |=
		    atomic_exchange(&to->tolerance_us, made.tolerance_us) != made.tolerance_us;
	}
	/* What was counted by a slow rate would be waited for hours by a fast one. */
	if (is_other)
		(void)atomic_fetch_add(&throttle->settings[rule], 1);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_throttle_new(const char *trusted, struct vs_throttle **throttle_out)
{
	struct vs_throttle *throttle;
	vs_result r;

	assert(trusted != NULL && throttle_out != NULL);
	throttle = calloc(1, sizeof(*throttle));
	if (throttle == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)pthread_mutex_init(&throttle->lock, NULL);
	for (int i = 0; i < VS_THROTTLE_RULES; i++)
		vs_throttle_set(throttle, (enum vs_throttle_rule)i, &rules[i].preset);
	r = parse_trusted(trusted, &throttle->trusted);
	if (r.code == VS_E_OK)
		r = vs_gcra_new(VS_LIMIT_THROTTLE_KEYS,
		                vs_gcra_rate_make(OVERFLOW_COUNT, 1, OVERFLOW_COUNT),
		                &throttle->gcra);
	if (r.code != VS_E_OK) {
		vs_throttle_free(&throttle);
		return r;
	}
	*throttle_out = throttle;
	return VS_OK;
}

void
vs_throttle_free(struct vs_throttle **throttle)
{
	assert(throttle != NULL);
	if (*throttle == NULL)
		return;
	vs_gcra_free(&(*throttle)->gcra);
	vs_gcra_free(&(*throttle)->shared);
	(void)pthread_mutex_destroy(&(*throttle)->lock);
	free(*throttle);
	*throttle = NULL;
}

/* --- the rules -------------------------------------------------------------------------------- */

struct vs_bytes
vs_throttle_key(const struct vs_throttle *throttle, enum vs_throttle_rule rule,
                const struct vs_source *source, struct vs_bytes identity,
                uint8_t room[static VS_THROTTLE_KEY_SIZE])
{
	enum key_kind kind = rules[rule].key;
	size_t size = 0, address_size = source->is_ipv6 ? 7 : kind == KEY_NEAR ? 3 : 4;

	room[size++] = (uint8_t)rule;
	room[size++] = atomic_load(&throttle->settings[rule]);
	room[size++] = source->is_ipv6 && kind != KEY_IDENTITY;
	if (kind != KEY_IDENTITY) {
		memcpy(room + size, source->address, address_size);
		size += address_size;
	}
	if (kind != KEY_SOURCE && identity.size > 0) {
		size_t most = VS_THROTTLE_KEY_SIZE - size;

		memcpy(room + size, identity.data, identity.size < most ? identity.size : most);
		size += identity.size < most ? identity.size : most;
	}
	return vs_bytes_from(room, size);
}

struct vs_gcra_rate
vs_throttle_rate_of(const struct vs_throttle *throttle, enum vs_throttle_rule rule,
                    const struct vs_source *source)
{
	const struct vs_throttle_in_force *rate = &throttle->rates[rule][source->is_trusted];

	return (struct vs_gcra_rate){
	    atomic_load_explicit(&rate->interval_us, memory_order_relaxed),
	    atomic_load_explicit(&rate->tolerance_us, memory_order_relaxed),
	};
}

uint64_t
vs_throttle_charge_own(const struct vs_throttle *throttle, enum vs_throttle_rule rule,
                       const struct vs_source *source, uint64_t *tat_us, uint64_t now_us)
{
	struct vs_gcra_rate rate;

	if (throttle == NULL)
		return 0;
	rate = vs_throttle_rate_of(throttle, rule, source);
	*tat_us = (*tat_us > now_us ? *tat_us : now_us) + rate.interval_us;
	return *tat_us > now_us + rate.tolerance_us ? *tat_us - now_us - rate.tolerance_us : 0;
}

enum what { LOOK, LOOK_STRICTLY, TAKE, CHARGE, REFUND };

/* By the table of all nodes. */
static uint64_t
look_at_all(struct vs_throttle *throttle, enum vs_throttle_rule rule,
            const struct vs_source *source, struct vs_bytes identity, struct vs_gcra_rate rate,
            uint64_t now_us)
{
	uint8_t room[VS_THROTTLE_KEY_SIZE], name[VS_THROTTLE_NAME_SIZE] = {0};
	struct vs_bytes key;
	uint64_t wait_us;

	if (throttle->shared == NULL || rules[rule].at != AT_ALL)
		return 0;
	if (rules[rule].key != KEY_SOURCE && vs_throttle_name_make(identity, name).code != VS_E_OK)
		return 0;
	key = vs_throttle_key(throttle, rule, source, vs_bytes_from(name, sizeof(name)), room);
	(void)pthread_mutex_lock(&throttle->lock);
	wait_us = vs_gcra_look(throttle->shared, key, rate, now_us);
	(void)pthread_mutex_unlock(&throttle->lock);
	return wait_us;
}

static uint64_t
ask(struct vs_throttle *throttle, enum what what, enum vs_throttle_rule rule,
    const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	uint8_t room[VS_THROTTLE_KEY_SIZE];
	struct vs_gcra_rate rate;
	struct vs_bytes key;
	uint64_t wait_us = 0, all_us = 0;

	assert(rule < VS_THROTTLE_RULES && source != NULL);
	if (throttle == NULL)
		return 0;
	key = vs_throttle_key(throttle, rule, source, identity, room);
	rate = vs_throttle_rate_of(throttle, rule, source);
	if (what == LOOK_STRICTLY)
		rate.tolerance_us = 0;
	if (what != CHARGE && what != REFUND)
		all_us = look_at_all(throttle, rule, source, identity, rate, now_us);
	if (what == TAKE && all_us > 0)
		return all_us;
	(void)pthread_mutex_lock(&throttle->lock);
	if (what == TAKE)
		wait_us = vs_gcra_take(throttle->gcra, key, rate, now_us);
	else if (what == CHARGE)
		vs_gcra_charge(throttle->gcra, key, rate, now_us);
	else if (what == REFUND)
		vs_gcra_refund(throttle->gcra, key, rate, now_us);
	else
		wait_us = vs_gcra_look(throttle->gcra, key, rate, now_us);
	(void)pthread_mutex_unlock(&throttle->lock);
	return wait_us > all_us ? wait_us : all_us;
}

uint64_t
vs_throttle_look(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                 const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	return ask(throttle, LOOK, rule, source, identity, now_us);
}

uint64_t
vs_throttle_look_strictly(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                          const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	return ask(throttle, LOOK_STRICTLY, rule, source, identity, now_us);
}

uint64_t
vs_throttle_take(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                 const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	return ask(throttle, TAKE, rule, source, identity, now_us);
}

void
vs_throttle_charge(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                   const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	(void)ask(throttle, CHARGE, rule, source, identity, now_us);
}

void
vs_throttle_refund(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                   const struct vs_source *source, struct vs_bytes identity, uint64_t now_us)
{
	(void)ask(throttle, REFUND, rule, source, identity, now_us);
}

void
vs_throttle_count(enum vs_throttle_rule rule)
{
	assert(rule < VS_THROTTLE_RULES);
	vs_metric_add(rules[rule].metric, 1);
}

const char *
vs_throttle_name(enum vs_throttle_rule rule)
{
	assert(rule < VS_THROTTLE_RULES);
	return rules[rule].name;
}
