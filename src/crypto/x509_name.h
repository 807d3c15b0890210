/* SPDX-License-Identifier: Apache-2.0 */
/* Which names may stand in a certificate. No I/O, nothing is looked up. */
#pragma once

#include <stdbool.h>

#define VS_X509_HOST_SIZE                                                                          \
	255 /* RFC 1035 2.3.4, 253 characters, one too many to be told, and NUL                    \
	     */
#define VS_X509_NAME_SIZE                                                                          \
	65 /* RFC 5280, upper bounds of commonName and organizationName, and NUL */
#define VS_X509_URL_SIZE 256

/* One host name (letters, digits, hyphens, dots; no wildcard, no trailing dot) or address. */
bool vs_x509_host_is_valid(const char *host);
/* The next name of a list with commas, NULL or behind its end: false. A name that is too long is
 * cut to one that is still too long. */
bool vs_x509_host_next(const char **list, char host[static VS_X509_HOST_SIZE + 1]);
/* A station's identity as OCPP 2.0.1 A00.FR.511 wants it: no URL, no address. */
bool vs_x509_identity_is_valid(const char *identity);
/* 1 to 64 bytes without control characters; NULL is not. */
bool vs_x509_text_is_valid(const char *text);
/* http or https, only characters of RFC 3986 that mean nothing to anybody else; NULL is. */
bool vs_x509_url_is_valid(const char *url);
