/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd is told of the daemon's life, as sd_notify(3) has it: one datagram to
 * $NOTIFY_SOCKET. Without that variable nothing is done. */
#pragma once

/* "READY=1", "STOPPING=1", "STATUS=..."; lines apart by newlines. Any thread. */
void vs_daemon_notify(const char *state);
/* "RELOADING=1" with the time that systemd 253 wants beside it. */
void vs_daemon_notify_reloading(void);
/* "WATCHDOG=1" is expected this often, in milliseconds: half of what $WATCHDOG_USEC says; 0: not.
 */
unsigned vs_daemon_notify_watchdog_ms(void);
