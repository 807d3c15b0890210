/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS      INT64_C(86400000)
#define TIME_MAX_MS (INT64_C(253402300800000) - 1) /* 9999-12-31T23:59:59.999Z */

static uint64_t
read_us(clockid_t id)
{
	struct timespec now = {0};
	int rc = clock_gettime(id, &now);

	assert(rc == 0); /* fails only for a clock that does not exist */
	(void)rc;
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t
vs_clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

uint64_t
vs_clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
vs_clock_wall_ms(void)
{
	return (int64_t)(read_us(CLOCK_REALTIME) / 1000);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar: years counted from March, so that the
 * leap day is the last day of a year; 146097 days are one cycle of 400 years. */
static int64_t
days_from_date(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t cycle = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_cycle = y - cycle * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
	       day_of_year - 719468;
}

static void
date_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468; /* never negative from 1970 on */
	int64_t cycle = z / 146097;
	int64_t n = z % 146097;
	int64_t year_of_cycle = (n - n / 1460 + n / 36524 - n / 146096) / 365;
	int64_t day_of_year = n - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
	int64_t m = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(year_of_cycle + cycle * 400 + (*month <= 2 ? 1 : 0));
}

static void
put_digits(char *text, int value, int digits)
{
	for (int i = digits - 1; i >= 0; i--) {
		text[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

void
vs_time_format(int64_t wall_ms, char text[static VS_TIME_TEXT_SIZE])
{
	static const char shape[VS_TIME_TEXT_SIZE] = "0000-00-00T00:00:00.000Z";
	int year, month, day, ms;

	if (wall_ms < 0)
		wall_ms = 0;
	if (wall_ms > TIME_MAX_MS)
		wall_ms = TIME_MAX_MS;
	date_from_days(wall_ms / DAY_MS, &year, &month, &day);
	ms = (int)(wall_ms % DAY_MS);
	for (int i = 0; i < VS_TIME_TEXT_SIZE; i++)
		text[i] = shape[i];
	put_digits(text, year, 4);
	put_digits(text + 5, month, 2);
	put_digits(text + 8, day, 2);
	put_digits(text + 11, ms / 3600000, 2);
	put_digits(text + 14, ms / 60000 % 60, 2);
	put_digits(text + 17, ms / 1000 % 60, 2);
	put_digits(text + 20, ms % 1000, 3);
}

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	bool is_bad;
};

static int
take_digits(struct reader *in, int digits)
{
	int value = 0;

	if (in->is_bad || in->end - in->at < digits) {
		in->is_bad = true;
		return 0;
	}
	for (int i = 0; i < digits; i++, in->at++) {
		if (*in->at < '0' || *in->at > '9')
			in->is_bad = true;
		value = value * 10 + (*in->at - '0');
	}
	return in->is_bad ? 0 : value;
}

/* One of the bytes of `choice`; 0 and is_bad when it is none. */
static char
take_one_of(struct reader *in, const char *choice)
{
	if (!in->is_bad && in->at < in->end) {
		for (; *choice != 0; choice++) {
			if (*in->at == (uint8_t)*choice) {
				in->at++;
				return *choice;
			}
		}
	}
	in->is_bad = true;
	return 0;
}

/* secfrac = "." 1*DIGIT; what is finer than a millisecond is cut off. */
static int
take_fraction_ms(struct reader *in)
{
	int ms = 0, weight = 100;

	if (in->is_bad || in->at == in->end || *in->at != '.')
		return 0;
	in->at++;
	if (in->at == in->end || *in->at < '0' || *in->at > '9')
		in->is_bad = true;
	for (; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++) {
		ms += (*in->at - '0') * weight;
		weight /= 10;
	}
	return ms;
}

static int
take_offset_minutes(struct reader *in)
{
	char sign = take_one_of(in, "Zz+-");
	int hours, minutes;

	if (in->is_bad || sign == 'Z' || sign == 'z')
		return 0;
	hours = take_digits(in, 2);
	(void)take_one_of(in, ":");
	minutes = take_digits(in, 2);
	if (hours > 23 || minutes > 59)
		in->is_bad = true;
	return (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
}

static bool
is_date(int year, int month, int day)
{
	static const int days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month] + (month == 2 && is_leap ? 1 : 0);
}

static void
take_fields(struct reader *in, int fields[static 6])
{
	static const char *const ends[6] = {"-", "-", "Tt", ":", ":", ""};

	for (unsigned i = 0; i < 6; i++) {
		fields[i] = take_digits(in, i == 0 ? 4 : 2);
		if (i < 5)
			(void)take_one_of(in, ends[i]);
	}
}

/* Eight bytes as a word whose lowest byte is the first; with `shape` taken off, digits are 0 to 9
 * and what stands between them is 0. */
static uint64_t
take_shape(const uint8_t *text, const char *shape)
{
	uint64_t word, wanted;

	memcpy(&word, text, 8);
	memcpy(&wanted, shape, 8);
	return le64toh(word ^ wanted);
}

/* Is a byte above 9, or not 0 where `between` has 0x7f? Of each byte the highest bit. */
static uint64_t
find_odd(uint64_t word, uint64_t between)
{
	return (((word & UINT64_C(0x7f7f7f7f7f7f7f7f)) + between) | word) &
	       UINT64_C(0x8080808080808080);
}

/* The two digits from byte `at` on. */
static int
two_digits(uint64_t word, unsigned at)
{
	return (int)((word * 10 + (word >> 8)) >> (8 * at) & 0xff);
}

/* "2026-11-20T13:38:25", as nearly all write it: the same as below, without a step for each digit.
 * False: it is read the long way. */
static bool
take_plain(struct reader *in, int fields[static 6])
{
	uint64_t date, day, time;

	if (in->end - in->at < 19)
		return false;
	date = take_shape(in->at, "0000-00-");
	day = take_shape(in->at + 8, "00T00:00");
	time = take_shape(in->at + 11, "00:00:00");
	if ((find_odd(date, UINT64_C(0x7f76767f76767676)) |
	     find_odd(day, UINT64_C(0x76767f76767f7676)) |
	     find_odd(time, UINT64_C(0x76767f76767f7676))) != 0)
		return false;
	fields[0] = 100 * two_digits(date, 0) + two_digits(date, 2);
	fields[1] = two_digits(date, 5);
	fields[2] = two_digits(day, 0);
	fields[3] = two_digits(time, 0);
	fields[4] = two_digits(time, 3);
	fields[5] = two_digits(time, 6);
	in->at += 19;
	return true;
}

/* "Z" or ".123Z" and the end, as nearly all write it. False: likewise. */
static bool
take_plain_end(struct reader *in, int *ms_out)
{
	const uint8_t *text = in->at;
	unsigned a, b, c;

	if (in->end - text == 1 && text[0] == 'Z') {
		*ms_out = 0;
		in->at = in->end;
		return true;
	}
	if (in->end - text != 5 || text[0] != '.' || text[4] != 'Z')
		return false;
	a = text[1] - (unsigned)'0', b = text[2] - (unsigned)'0', c = text[3] - (unsigned)'0';
	if (a > 9 || b > 9 || c > 9)
		return false;
	*ms_out = (int)(100 * a + 10 * b + c);
	in->at = in->end;
	return true;
}

vs_result
vs_time_parse(struct vs_bytes text, int64_t *wall_ms_out)
{
	struct reader in = {text.data, text.data == NULL ? NULL : text.data + text.size, false};
	int fields[6], year, month, day, hour, minute, second, ms = 0, offset = 0;
	int64_t minutes;
	bool is_leap_second;

	assert(wall_ms_out != NULL);
	if (!take_plain(&in, fields))
		take_fields(&in, fields);
	year = fields[0], month = fields[1], day = fields[2];
	hour = fields[3], minute = fields[4], second = fields[5];
	if (in.is_bad || !take_plain_end(&in, &ms)) {
		ms = take_fraction_ms(&in);
		offset = take_offset_minutes(&in);
	}
	if (in.is_bad || in.at != in.end || !is_date(year, month, day) || hour > 23 ||
	    minute > 59 || second > 60)
		return VS_FAIL(BAD_TIME);

	minutes = days_from_date(year, month, day) * 1440 + (int64_t)hour * 60 + minute - offset;
	is_leap_second = second == 60;
	/* RFC 3339 5.7: leap seconds are inserted at the end of a day of UTC, nowhere else. */
	if (is_leap_second && ((minutes % 1440) + 1440) % 1440 != 1439)
		return VS_FAIL(BAD_TIME);
	*wall_ms_out = minutes * 60000 + (is_leap_second ? 59999 : second * 1000 + ms);
	return VS_OK;
}
