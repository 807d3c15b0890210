#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bill of materials of a build as CycloneDX 1.5 JSON: scripts/sbom.py ROOT TREE VERSION [COMMIT].

What the programs are made of beside this tree: the libraries that the loader gives them, by Debian package, and the npm
modules that the dashboard embeds, by lock file. The same input gives the same bytes."""
import base64
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import uuid

PROGRAMS = ('voltseald', 'voltseal', 'voltseal-sim')
NAMESPACE = uuid.UUID('6f1f7c9e-6d0c-5b44-9a57-2f6a2d0f7a11')


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def libraries(tree):
    """Real path -> the programs that load it."""
    found = {}
    for program in PROGRAMS:
        for path in re.findall(r'=> (/\S+)', output('ldd', tree / program)):
            found.setdefault(pathlib.Path(path).resolve(), set()).add(program)
    return found


def owner(path):
    """Debian merges /lib into /usr/lib; its package list knows a file by one of the two names."""
    for name in (str(path), str(path).removeprefix('/usr')):
        done = subprocess.run(['dpkg-query', '--search', name], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(': ')[0].split(', ')[0]
    sys.exit(f'sbom: {path} belongs to no package')


def debian_components(tree):
    packages = {}
    for path, programs in sorted(libraries(tree).items()):
        package = packages.setdefault(owner(path), {'files': {}, 'programs': set()})
        package['files'][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        package['programs'] |= programs
    for name in sorted(packages):
        shown = output('dpkg-query', '--show', '--showformat', '${Package}\t${Version}\t${Architecture}\t${source:Package}', name)
        package, version, arch, source = shown.split('\t')
        purl = f'pkg:deb/debian/{package}@{version}?arch={arch}'
        yield {'type': 'library', 'bom-ref': purl, 'name': package, 'version': version, 'purl': purl,
               'properties': [{'name': 'debian:source', 'value': source}] +
                             [{'name': 'voltseal:used-by', 'value': program} for program in sorted(packages[name]['programs'])] +
                             [{'name': f'sha256:{file}', 'value': digest} for file, digest in packages[name]['files'].items()]}


def npm_components(root):
    lock = json.loads((root / 'web/package-lock.json').read_text())
    for path, entry in sorted(lock['packages'].items()):
        if not path.startswith('node_modules/'):
            continue
        name = path.removeprefix('node_modules/')
        purl = f'pkg:npm/{name.replace("@", "%40", 1)}@{entry["version"]}'
        kind, digest = entry['integrity'].split('-', 1)
        yield {'type': 'library', 'bom-ref': purl, 'name': name, 'version': entry['version'], 'purl': purl,
               'licenses': [{'license': {'id': entry['license']}}],
               'hashes': [{'alg': kind.replace('sha', 'SHA-'), 'content': base64.b64decode(digest).hex()}],
               'properties': [{'name': 'voltseal:used-by', 'value': 'voltseald'}]}


def main():
    root, tree, version = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    commit = sys.argv[4] if len(sys.argv) > 4 else ''
    components = list(debian_components(tree)) + list(npm_components(root))
    own = f'pkg:generic/voltseal@{version}'
    body = {
        'metadata': {'component': {'type': 'application', 'bom-ref': own, 'name': 'voltseal', 'version': version,
                                   'licenses': [{'license': {'id': 'Apache-2.0'}}],
                                   'properties': [{'name': 'voltseal:commit', 'value': commit}] if commit else []}},
        'components': components,
        'dependencies': [{'ref': own, 'dependsOn': [c['bom-ref'] for c in components]}] +
                        [{'ref': c['bom-ref']} for c in components],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))
    json.dump({'bomFormat': 'CycloneDX', 'specVersion': '1.5', 'serialNumber': f'urn:uuid:{serial}', 'version': 1, **body},
              sys.stdout, indent=1)
    print()


main()
