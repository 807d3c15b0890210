/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP exchange with a server of somebody else: a status responder, a place of revocation
 * lists, a daemon at which a device enrols.
 *
 * It asks where it was told to ask and nowhere else: no redirects, no proxies, no cookies, no
 * credentials, one protocol. An address that is loopback, private, link-local or otherwise not of
 * the public network is refused when a name led to it (a name is resolved anew each time, by
 * whoever runs the name server), unless the caller says that private ones are meant; an address
 * that stands in the URL itself was meant. Blocking: from a thread that may wait, never from a
 * reactor.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct sockaddr;

#define VS_FETCH_URL_SIZE    512
#define VS_FETCH_REASON_SIZE 256

struct vs_fetch_request {
	const char *url;          /* http://, or https:// when there is a ca_file; no user in it */
	const char *content_type; /* of the body; NULL without one */
	struct vs_bytes body;     /* POST when there is one, else GET */
	const char *const *headers; /* of a POST, "Name: value", NULL behind the last; or NULL */
	const char *ca_file;        /* PEM: whom an https server must be signed by; NULL: http */
	const char *pins;           /* as libcurl has them, or NULL */
	bool is_private_allowed;
	uint32_t timeout_ms;             /* of all of it */
	const atomic_bool *is_cancelled; /* looked at once a second: CLOSED; NULL: nobody does */
};

/* The body of the answer, appended to `answer`, whose cap is the limit. What is not an http URL of
 * that kind is BAD_VALUE, before anything is sent; FORBIDDEN: the address is not to be asked;
 * TIMEOUT, CLOSED, TOO_LONG, TLS_FAILED, IO. Another status than 2xx is OK, with its body: the
 * caller judges it. `reason` is for a person. */
VS_RESULT vs_fetch(const struct vs_fetch_request *request, struct vs_buf *answer,
                   unsigned *status_out, char reason[static VS_FETCH_REASON_SIZE]);

/* Is this a URL that vs_fetch would ask: that protocol, a host, no user, no control character? */
bool vs_fetch_url_is_valid(const char *url, bool is_tls);
/* Does the URL name an address and not a host name? */
bool vs_fetch_url_is_literal(const char *url);
/* Is the address one of the public network (RFC 6890: not loopback, private, shared, link-local,
 * multicast, reserved, or an IPv4 one of these inside an IPv6 address)? */
bool vs_fetch_address_is_public(const struct sockaddr *address);
