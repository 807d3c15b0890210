/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/crl_file.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/crl_read.h"
#include "wire/base64.h"

struct reading {
	const char *name;
	struct vs_core_feed *feed;
};

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static vs_result
begin_feed(const struct vs_crl_info *info, void *arg)
{
	struct reading *reading = arg;
	char issuer[VS_CORE_HASH_TEXT_SIZE];

	if (info->count > VS_LIMIT_REVOCATIONS)
		return VS_FAIL(TOO_LONG);
	(void)vs_hex_encode(vs_bytes_from(info->issuer_spki, sizeof(info->issuer_spki)), issuer,
	                    sizeof(issuer));
	return vs_core_feed_new(name_of(reading->name), issuer, info->this_update_ms,
	                        info->next_update_ms, &reading->feed);
}

static vs_result
add_serial(const char *serial_hex, void *arg)
{
	struct reading *reading = arg;

	return vs_core_feed_add(reading->feed, serial_hex);
}

static vs_result
read_feed(const struct vs_daemon_crl *row, char *reason, size_t reason_size,
          struct vs_core_feed **feed_out)
{
	struct reading reading = {.name = row->path};
	const struct vs_crl_sink sink = {begin_feed, add_serial, &reading};
	char why[160] = "it cannot be read";
	struct vs_buf file;
	vs_result r;

	/* As if it had been over since 1970: revocation_fail says what that means. */
	if (row->issuer != NULL && !vs_file_exists(row->path))
		return vs_core_feed_new(name_of(row->path), row->issuer, 0, 0, feed_out);
	vs_buf_init(&file, VS_LIMIT_CRL_SIZE);
	r = vs_file_read(row->path, &file);
	if (r.code == VS_E_OK)
		r = vs_crl_read(vs_buf_view(&file), row->ca_files, &sink, why, sizeof(why));
	vs_buf_done(&file);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "the CRL %.150s: %.150s", row->path, why);
		vs_core_feed_free(&reading.feed);
		return VS_FAIL(CONFIG);
	}
	*feed_out = reading.feed;
	return VS_OK;
}

vs_result
vs_daemon_crls_read(const struct vs_daemon_crl *rows, size_t count,
                    struct vs_core_revocations *revocations, char *reason, size_t reason_size)
{
	struct vs_core_feed *feeds[VS_LIMIT_REVOCATION_FEEDS] = {NULL};
	size_t made = 0;
	vs_result r = VS_OK;

	if (count > VS_LIMIT_REVOCATION_FEEDS) {
		(void)snprintf(reason, reason_size, "there are too many CRLs");
		return VS_FAIL(CONFIG);
	}
	for (; made < count && r.code == VS_E_OK; made++)
		r = read_feed(&rows[made], reason, reason_size, &feeds[made]);
	if (r.code == VS_E_OK) {
		r = vs_core_revocations_replace_feeds(revocations, feeds, count);
		if (r.code != VS_E_OK)
			(void)snprintf(reason, reason_size, "the CRLs name too many certificates");
	}
	for (size_t i = 0; r.code != VS_E_OK && i < made; i++)
		vs_core_feed_free(&feeds[i]);
	return r;
}
