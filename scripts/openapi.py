#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI 3.1 description of the API, from routes.def, route_schemas.def, route_tags.def and schemas.def.

openapi.py ROOT writes doc/openapi.json; openapi.py --check ROOT compares it; openapi.py --c OUT.c ROOT writes it as C, for
the daemon to serve. A route without its row, a row without its route or a schema that nobody names fails.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from tables import rows  # noqa: E402

TIME = {'type': 'string', 'format': 'date-time'}
SIMPLE = {'s': {'type': 'string'}, 'i': {'type': 'integer', 'format': 'int64'}, 'd': {'type': 'number'}, 'b': {'type': 'boolean'},
          't': TIME, 'o': {}}
QUERY = {
    'limit': ('how many at most', {'type': 'integer', 'minimum': 1, 'maximum': 500}),
    'cursor': ('where the list goes on: `next` of the page before', {'type': 'string'}),
    'station': ('only of this station', {'type': 'string'}),
    'active': ('only those that run, or are good', {'type': 'boolean'}),
    'unacknowledged': ('only those that nobody has acknowledged', {'type': 'boolean'}),
    'security': ('only security events', {'type': 'boolean'}),
    'severity': ('of this severity or above', {'enum': ['info', 'notice', 'warning', 'critical']}),
    'event': ('only events whose word begins so', {'type': 'string'}),
    'actor': ('only of this actor', {'type': 'string'}),
    'contains': ('only entries that hold this text', {'type': 'string'}),
    'from': ('from this time on, RFC 3339 or milliseconds', {'type': 'string'}),
    'to': ('before this time', {'type': 'string'}),
    'sensor': ('only this sensor_type', {'type': 'string'}),
    'buckets': ('how many spans', {'type': 'integer', 'minimum': 1}),
    'format': ('jsonl or csv', {'enum': ['jsonl', 'csv']}),
    'last_event_id': ('go on after this event; as the header Last-Event-ID', {'type': 'string'}),
    't': ('the one-time token of the link', {'type': 'string'}),
}
MEDIA = {'application_octet_stream': 'application/octet-stream', 'text_event_stream': 'text/event-stream', 'application_pkix_crl': 'application/pkix-crl', 'application_jose': 'application/jose', 'application_json': 'application/json',
         'application_ocsp_request': 'application/ocsp-request', 'application_ocsp_response': 'application/ocsp-response',
         'application_x_ndjson': 'application/x-ndjson', 'text_plain': 'text/plain', 'text_html': 'text/html', 'text_csv': 'text/csv'}


def nullable(schema):
    if 'type' in schema and isinstance(schema['type'], str):
        return {**schema, 'type': [schema['type'], 'null']}
    return {'anyOf': [schema, {'type': 'null'}]} if schema else schema


def type_schema(text, used):
    if text.endswith('?'):
        return nullable(type_schema(text[:-1], used))
    if text in SIMPLE:
        return dict(SIMPLE[text])
    if text.startswith('('):
        return {'type': 'string', 'enum': text[1:-1].split('|')}
    if text.startswith('['):
        return {'type': 'array', 'items': type_schema(text[1:-1], used)}
    used.add(text)
    return {'$ref': f'#/components/schemas/{text}'}


def object_schemas(path):
    """All rows as JSON schemas; +Name is taken in, so that additional members can be forbidden."""
    table = {name: (members, what) for name, members, what in rows(path, 'VS_SCHEMA')}
    used = set()

    def members_of(name):
        properties, required = {}, []
        for word in table[name][0].split():
            if word.startswith('+'):
                used.add(word[1:])
                more, needed = members_of(word[1:])
                properties.update(more)
                required += needed
                continue
            member, kind = word.split(':', 1)
            if not member.endswith('*'):
                required.append(member)
            properties[member.rstrip('*')] = type_schema(kind, used)
        return properties, required

    schemas = {}
    for name, (_, what) in table.items():
        properties, required = members_of(name)
        schemas[name] = {'type': 'object', 'description': what, 'properties': properties}
        if required:
            schemas[name]['required'] = required
    return schemas, used


def page_of(name):
    return {'type': 'object', 'description': f'a page of {name}', 'required': ['items', 'next'],
            'properties': {'items': {'type': 'array', 'items': {'$ref': f'#/components/schemas/{name}'}},
                           'next': {'type': ['string', 'null'], 'description': 'the cursor of the next page'}}}


def content(name, schemas, used):
    if name in MEDIA:
        return {MEDIA[name]: {'schema': {}}}
    if name.startswith('Page_'):
        inner = name[5:]
        if inner not in schemas:
            raise SystemExit(f'route_schemas.def: there is no schema {inner}')
        schemas.setdefault(f'{inner}Page', page_of(inner))
        used.update({inner, f'{inner}Page'})
        name = f'{inner}Page'
    if name not in schemas:
        raise SystemExit(f'route_schemas.def: there is no schema {name}')
    used.add(name)
    return {'application/json': {'schema': {'$ref': f'#/components/schemas/{name}'}}}


def operation(route, row, schemas, used, tags):
    method, path, role, scope, handler, text = route
    query, body, status, answer = row
    result = {'operationId': handler, 'summary': text, 'x-role': role.lower()}
    if scope:
        result['x-scope'] = scope.lower()
    if role == 'ANYONE':
        result['security'] = []
    parameters = [{'name': name, 'in': 'path', 'required': True, 'schema': {'type': 'string', 'maxLength': 96}}
                  for name in re.findall(r'{(\w+)}', path)]
    for name in query.split():
        what, schema = QUERY[name]
        parameters.append({'name': name, 'in': 'query', 'description': what, 'schema': schema})
    if method == 'POST' and role != 'ANYONE':
        parameters.append({'$ref': '#/components/parameters/IdempotencyKey'})
    if handler in tags:  # another GET gives the ETag
        parameters.append({'$ref': '#/components/parameters/IfMatch'})
    if parameters:
        result['parameters'] = parameters
    if body != 'NONE':
        result['requestBody'] = {'content': content(body, schemas, used)}
    good = {'description': 'it was done' if method != 'GET' else 'as it is'}
    if answer != 'NONE':
        good['content'] = content(answer, schemas, used)
    if answer.startswith('Page_'):
        good['headers'] = {'Link': {'description': 'rel="next" (RFC 8288)', 'schema': {'type': 'string'}}}
    if handler in tags.values():
        good['headers'] = {'ETag': {'description': 'for If-Match', 'schema': {'type': 'string'}}}
    result['responses'] = {status: good, 'default': {'$ref': '#/components/responses/Problem'}}
    if handler == 'command_send':
        result['responses']['200'] = {'description': 'it is through: wait_s was given', 'content': good['content']}
    return result


def document(root):
    schemas, used = object_schemas(root / 'src/api/schemas.def')
    table = {row[0]: row[1:] for row in rows(root / 'src/api/route_schemas.def', 'VS_ROUTE_SCHEMA')}
    tags = dict(rows(root / 'src/api/route_tags.def', 'VS_ROUTE_TAG'))
    used.add('Problem')
    paths, seen = {}, set()
    for row in rows(root / 'src/api/routes.def', 'ROUTE'):
        method, path, role, handler, text = row[0], row[1], row[2], row[-2], row[-1]
        if handler not in table:
            raise SystemExit(f'src/api/route_schemas.def: {handler} has no row: what does it take and answer?')
        seen.add(handler)
        paths.setdefault(path, {})[method.lower()] = operation(
            (method, path, role, row[3] if len(row) == 7 else '', handler, text), table[handler], schemas, used, tags)
    if set(table) - seen:
        raise SystemExit(f'src/api/route_schemas.def: no such route: {" ".join(sorted(set(table) - seen))}')
    if set(schemas) - used:
        raise SystemExit(f'src/api/schemas.def: nobody names {" ".join(sorted(set(schemas) - used))}')
    return {
        'openapi': '3.1.0',
        'info': {'title': 'Voltseal', 'version': '1', 'license': {'name': 'Apache-2.0', 'identifier': 'Apache-2.0'},
                 'description': 'Charging stations, sensor devices, their keys and certificates. doc/api.md says more.'},
        'servers': [{'url': '/'}],
        'security': [{'bearer': []}, {'session': []}],
        'paths': paths,
        'components': {
            'schemas': schemas,
            'parameters': {
                'IdempotencyKey': {'name': 'Idempotency-Key', 'in': 'header', 'schema': {'type': 'string', 'maxLength': 64},
                                   'description': 'The same key with the same body is done once; with another body it is 422.'},
                'IfMatch': {'name': 'If-Match', 'in': 'header', 'schema': {'type': 'string'},
                            'description': 'The ETag of what was read: 412 when it has changed since.'}},
            'responses': {'Problem': {'description': 'RFC 9457, with one of the codes of doc/reference.md', 'content': {
                'application/problem+json': {'schema': {'$ref': '#/components/schemas/Problem'}}}}},
            'securitySchemes': {'bearer': {'type': 'http', 'scheme': 'bearer'},
                                'session': {'type': 'apiKey', 'in': 'cookie', 'name': '__Host-sid'}}},
    }


def as_c(text):
    data = text.encode()
    lines = [','.join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    return ('/* Made by scripts/openapi.py. */\n#include "api/openapi.h"\n\n'
            'const uint8_t vs_api_openapi[] = {\n' + ',\n'.join(lines) + '};\n'
            'const size_t vs_api_openapi_size = sizeof(vs_api_openapi);\n')


def main():
    root = pathlib.Path(sys.argv[-1])
    made = document(root)
    target = root / 'doc/openapi.json'
    text = json.dumps(made, indent=1) + '\n'
    if sys.argv[1] == '--c':
        pathlib.Path(sys.argv[2]).write_text(as_c(json.dumps(made, separators=(',', ':')) + '\n'))
    elif sys.argv[1] == '--check':
        if not target.exists() or target.read_text() != text:
            raise SystemExit('doc/openapi.json is stale: run scripts/openapi.py .')
        print(f'doc/openapi.json is in step, {len(made["paths"])} paths')
    else:
        target.write_text(text)


main()
