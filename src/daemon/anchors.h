/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of CAs that others read: what our clients trust us by, what stations are trusted by.
 *
 * Clients read them at any moment. While the root changes the file therefore holds each root under
 * which a listener may still show its certificate, and a new one before any listener shows one
 * under that: first _add, then the certificates, and when all listeners show them, _write.
 *
 * Blocking; files are replaced whole (base/file.h), and one that is as it should be is left alone.
 */
#pragma once

#include "base/bytes.h"

struct vs_daemon_anchors_news {
	bool is_changed; /* the file is another one */
	bool has_new;    /* who read it before does not know one of the roots */
	bool has_old;    /* it holds some that are not among the roots */
};
/* `roots` (PEM) first, then what else the file had. A file that is not there is written. */
VS_RESULT vs_daemon_anchors_add(const char *path, struct vs_bytes roots,
                                struct vs_daemon_anchors_news *news_out);
/* Just these. *is_changed is set when the file was another one, else left. */
VS_RESULT vs_daemon_anchors_write(const char *path, struct vs_bytes pem, bool *is_changed);
