#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Browser tests: run.sh [BUILDDIR]. Needs tests/e2e/node_modules (./dev deps) and /usr/bin/chromium.
cd "$(dirname "$0")" || exit 1
build=${1:-../../build}
case $build in /*) ;; *) build=$OLDPWD/$build ;; esac
BUILD=$build node --test --test-reporter=tap --test-concurrency=2 ./*.test.mjs > "${TMPDIR:-/tmp}/voltseal-e2e.$$" 2>&1
status=$?
grep -v '^ *\(---\|\.\.\.\|duration_ms\|type:\)' "${TMPDIR:-/tmp}/voltseal-e2e.$$"
passed=$(sed -n 's/^# pass //p' "${TMPDIR:-/tmp}/voltseal-e2e.$$")
failed=$(sed -n 's/^# fail //p' "${TMPDIR:-/tmp}/voltseal-e2e.$$")
rm -f "${TMPDIR:-/tmp}/voltseal-e2e.$$"
echo "${passed:-0} passed, ${failed:-1} failed"
exit $status
