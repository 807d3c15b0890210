/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/key_gate.h"

#include <stdio.h>

#include "test.h"

static bool
is_first(const char *event, const char *object, enum vs_core_audit_event *entry_out)
{
	struct vs_keystore_audit change = {.tenant = "default"};

	(void)snprintf(change.event, sizeof(change.event), "%s", event);
	(void)snprintf(change.object, sizeof(change.object), "%s", object);
	return vs_daemon_key_gate_is_first(&change, entry_out);
}

static void
what_the_log_must_have_first(void)
{
	static const struct {
		const char *event, *object;
	} first[] = {
	    {"key.create", "device/field CS-1 #1"},
	    {"key.offer", "device/prov CS-1 #2"},
	    {"key.ack", "device/field CS-1 #2"},
	    {"key.first-use", "device/field CS-1 #2"},
	    {"key.rotate", "device/field CS-1 #1"},
	    {"key.expire", "device/field CS-1 #1"},
	    {"key.revoke", "device/psk CS-1 #1"},
	    {"key.destroy", "dek default #7"},
	    {"key.erase", "dek default #7"},
	    {"kek.rotate", "kek default #2"},
	    {"kek.destroy", "kek default #1"},
	    {"kek.rewrap", "kek default #1"},
	    {"root.rotate", "root 17"},
	    {"root.begin", "root CA"},
	    {"rewrap.begin", "root 17"},
	    {"reencrypt.begin", "dek CS-1"},
	    {"erase.begin", "device CS-1"},
	    {"something.new", "x"},
	};
	static const struct {
		const char *event, *object;
	} certificates[] = {
	    {"cert.issue", "CS-1"}, {"cert.renew", "CS-1"}, {"cert.revoke", "CS-1"}};
	enum vs_core_audit_event entry;

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		CHECK(is_first(first[i].event, first[i].object, &entry));
		CHECK(entry == VS_AUDIT_KEY_STEP);
	}
	for (size_t i = 0; i < sizeof(certificates) / sizeof(certificates[0]); i++) {
		CHECK(is_first(certificates[i].event, certificates[i].object, &entry));
		CHECK(entry == VS_AUDIT_CERTIFICATE_STEP);
	}
	CHECK(vs_core_audit_event_row(VS_AUDIT_KEY_STEP)->class == VS_AUDIT_CLASS_S);
	CHECK(vs_core_audit_event_row(VS_AUDIT_CERTIFICATE_STEP)->class == VS_AUDIT_CLASS_S);
}

/* Stations are served, and what they send is stored, with no log. */
static void
what_goes_on_without_it(void)
{
	enum vs_core_audit_event entry;

	CHECK(!is_first("key.create", "dek CS-1/2026-11 #7", &entry));
	CHECK(!is_first("key.create", "index default #1", &entry));
	CHECK(!is_first("key.rotate", "dek default #7", &entry));
	CHECK(!is_first("kek.create", "kek default #1", &entry));
	CHECK(!is_first("job.step", "rewrap default job #1", &entry));
	CHECK(!is_first("crl.sign", "issuing CA", &entry));
	CHECK(!is_first("cert.expire", "CS-1", &entry));
}

int
main(void)
{
	CASE(what_the_log_must_have_first);
	CASE(what_goes_on_without_it);
	return 0;
}
