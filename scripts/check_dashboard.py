#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every metric that the Grafana dashboard and the Prometheus rules name is one of ours: check_dashboard.py ROOT.

Also: both files parse, an alert has a name of its own, an expression, a severity and words. promtool judges the rules,
too, where there is one.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from tables import rows  # noqa: E402

root = pathlib.Path(sys.argv[1])
known = {f'voltseal_{row[0]}' for row in rows(root / 'src/base/metrics.def', 'VS_METRIC')} | {'voltseal_ratelimit_total'}
labels = {'job', 'instance', 'layer', 'reason', 'le'}
faults, seen = [], set()


def judge(where, expression):
    names = set(re.findall(r'\bvoltseal_[a-z0-9_]+', expression))
    if not names and not re.search(r'\bup\b', expression):
        faults.append(f'{where}: names no metric: {expression}')
    faults.extend(f'{where}: there is no {name}' for name in sorted(names - known))
    for inside in re.findall(r'{([^}]*)}', expression) + re.findall(r'by \(([^)]*)\)', expression):
        unknown = set(re.findall(r'\b([a-z_]+)\s*(?:=~|=|!=|!~|,|$)', re.sub(r'"[^"]*"', '', inside))) - labels
        faults.extend(f'{where}: no metric has the label {name}' for name in sorted(unknown))
    seen.update(names)


dashboard = json.loads((root / 'packaging/grafana/voltseal.json').read_text())
ids = [panel['id'] for panel in dashboard['panels']]
if len(set(ids)) != len(ids):
    faults.append('dashboard: two panels have one id')
for panel in dashboard['panels']:
    at = panel['gridPos']
    if at['x'] + at['w'] > 24:
        faults.append(f'dashboard, {panel["title"]}: wider than the page')
    for target in panel['targets']:
        judge(f'dashboard, {panel["title"]}', target['expr'])
for variable in dashboard['templating']['list']:
    if variable['type'] == 'query':
        judge(f'dashboard, variable {variable["name"]}', variable['query'])

rules_file = root / 'packaging/prometheus/voltseal.rules.yml'
alerts = re.split(r'^ {6}- alert: ', rules_file.read_text(), flags=re.M)[1:]
names = [alert.split('\n', 1)[0] for alert in alerts]
if len(set(names)) != len(names) or not names:
    faults.append('rules: there is none, or two have one name')
for name, alert in zip(names, alerts):
    parts = dict(re.findall(r"^ +(\w+): (?:'((?:[^']|'')*)'|\S+)$", alert, flags=re.M))
    missing = {'expr', 'for', 'severity', 'summary', 'description'} - set(parts)
    if missing:
        faults.append(f'rule {name}: {", ".join(sorted(missing))} is missing')
    elif name != 'VoltsealDown':
        judge(f'rule {name}', parts['expr'])
if shutil.which('promtool'):
    done = subprocess.run(['promtool', 'check', 'rules', rules_file], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        faults.append(done.stdout + done.stderr)
else:
    print('promtool is not here: the rules were judged by this script alone')
if faults:
    raise SystemExit('\n'.join(faults))
print(f'{len(ids)} panels, {len(names)} alerts, {len(seen)} of {len(known)} metrics')
