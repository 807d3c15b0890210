/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names on NATS: subjects and keys of buckets, written and read back.
 *
 * Identifiers of tenants and stations hold what NATS gives a meaning ('.', '*', '>', blanks), and
 * keys of buckets allow little. So every byte outside [A-Za-z0-9_-] is written as =XX, two
 * upper-case hexadecimal digits. There is one spelling of each value: another one is refused, so
 * that two subjects never mean one station. No I/O, nothing allocated.
 */
#pragma once

#include "base/bytes.h"
#include "base/limits.h"
#include "core/station.h"

#define VS_BUS_NODE_SIZE 33 /* [A-Za-z0-9_-]{1,32} and its NUL */
#define VS_BUS_LEAF_SIZE 33
/* The longest one: a word, a tenant, a station and a leaf, each byte of them three, and dots. */
#define VS_BUS_SUBJECT_SIZE                                                                        \
	(8 + 3 * (VS_CORE_TENANT_SIZE + VS_CORE_IDENTITY_SIZE + VS_BUS_LEAF_SIZE))

enum vs_bus_subject_kind {
	VS_BUS_COMMAND, /* cmd.TENANT.STATION: requests to the node that holds the socket */
	VS_BUS_EVENT,   /* evt.TENANT.STATION.LEAF: what happened, kept by the stream EVT */
	VS_BUS_LIVE,    /* live.TENANT.STATION: messages of a station that somebody watches */
	VS_BUS_WATCH,   /* watch.TENANT.STATION: who watches it */
	VS_BUS_OWN,     /* own.NODE: who asks a node to let a station go */
	VS_BUS_CONTROL, /* ctl.NODE: drain, statistics */
	VS_BUS_HEALTH,  /* node.NODE: how it is */
	VS_BUS_SUBJECT_KINDS
};

struct vs_bus_subject {
	enum vs_bus_subject_kind kind;
	char tenant[VS_CORE_TENANT_SIZE];    /* of cmd, evt, live, watch */
	char station[VS_CORE_IDENTITY_SIZE]; /* of the same; "-" in evt: of none */
	char leaf[VS_BUS_LEAF_SIZE];         /* of evt its kind; of own, ctl and node the node */
};

/* One token, appended to text[0..size) at *at, which moves on. BAD_VALUE: empty, or holds a NUL;
 * TOO_LONG: no room; text[*at] is NUL then as before. */
VS_RESULT vs_bus_token_write(struct vs_bytes value, char *text, size_t size, size_t *at);

VS_RESULT vs_bus_subject_write(const struct vs_bus_subject *subject,
                               char text[static VS_BUS_SUBJECT_SIZE]);
VS_RESULT vs_bus_subject_read(struct vs_bytes text, struct vs_bus_subject *subject_out);
/* Those of a node alone (own, ctl, node), and those of a station alone (cmd, live, watch). */
VS_RESULT vs_bus_subject_of_node(enum vs_bus_subject_kind kind, const char *node,
                                 char text[static VS_BUS_SUBJECT_SIZE]);
VS_RESULT vs_bus_subject_of_station(enum vs_bus_subject_kind kind, const char *tenant,
                                    const char *station, char text[static VS_BUS_SUBJECT_SIZE]);

/* TENANT.STATION, the key of a station in a bucket. */
VS_RESULT vs_bus_key_write(const char *tenant, const char *station,
                           char text[static VS_BUS_SUBJECT_SIZE]);
VS_RESULT vs_bus_key_read(struct vs_bytes text, char tenant[static VS_CORE_TENANT_SIZE],
                          char station[static VS_CORE_IDENTITY_SIZE]);

/* Is this a node's name? */
bool vs_bus_node_is_valid(const char *node);
