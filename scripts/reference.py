#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print doc/reference.md from the tables of the source: reference.py ROOT, or reference.py --check ROOT.

Every .def file is printed or has a reason here why not, and every row of a printed one is: a new table or a row with
other columns fails the check until it is described.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from tables import rows  # noqa: E402

# path, macro, heading, what to say first, columns: (heading, argument, how)
TABLES = [
    ('src/daemon/options.def', 'VS_OPTION', 'Options of voltseald', 'Flag, or section and key of the configuration file, or `VOLTSEAL_SECTION_KEY`. Of: D dev, R run, I init.',
     [('option', 0, 'flag'), ('section', 1, 'text'), ('key', 2, 'text'), ('preset', 4, 'code'), ('from', 5, 'text'), ('to', 6, 'text'), ('allowed', 7, 'choices'), ('of', 8, 'text'), ('takes effect', 9, 'lower'), ('what it is', 10, 'text')]),
    ('src/store/retained.def', 'VS_RETAINED', 'What is not kept for good', 'Each table, with the option that says for how many days; none: so many as stand here.',
     [('table', 0, 'code'), ('option `--..._retention`', 1, 'code'), ('days', 2, 'number'), ('rows at a time', 3, 'number'), ('what it is', 4, 'text')]),
    ('src/daemon/production.def', 'VS_PRODUCTION', 'What production mode refuses', 'By `voltseald run`; those of the options by `voltseald config check`, too.',
     [('code', 1, 'error'), ('name', 0, 'code'), ('looked at', 2, 'lower'), ('what is refused', 3, 'text'), ('to mend it', 4, 'text')]),
    ('src/daemon/key_steps.def', 'VS_KEY_STEP', 'Changes of keys and the audit log', 'By the first row whose beginnings fit. S: in the audit log before it is made, and not made when that cannot be written. N: in the keystore alone.',
     [('event begins', 0, 'code'), ('object begins', 1, 'code'), ('entry', 2, 'lower'), ('class', 3, 'code'), ('why', 4, 'text')]),
    ('src/core/security_names.def', 'VS_SECURITY_NAME', 'Names of security events', 'The word of ours, and the event of OCPP 2.0.1 (Appendices, 1) that it is stored and logged as.',
     [('word', 0, 'code'), ('name', 1, 'code')]),
    ('src/base/errors.def', 'VS_ERR', 'Errors', 'The code is stable and never used again. The same row decides what REST and what a station is told.',
     [('code', 1, 'error'), ('name', 0, 'code'), ('text', 2, 'text'), ('HTTP', 3, 'text'), ('OCPP 2.x', 4, 'code')]),
    ('src/base/limits.def', 'VS_LIMIT', 'Limits', 'Everything that grows has one.',
     [('name', 0, 'code'), ('value', 1, 'number'), ('unit', 2, 'text'), ('at the limit', 3, 'text')]),
    ('src/store/spool_fields.def', 'VS_SPOOL', 'What a record keeps in the spool', 'Beside kind, tenant, station, time, hash and payload ([spool](protocol/spool.md)).',
     [('record', 0, 'code'), ('member', 1, 'code')]),
    ('src/base/metrics.def', 'VS_METRIC', 'Metrics', 'At `/metrics`, in the Prometheus text format.',
     [('name', 0, 'metric'), ('kind', 1, 'lower'), ('what it counts', 2, 'text')]),
    ('src/base/ratelimits.def', 'VS_RATELIMIT', 'Limits in the metrics', 'All of them are the counter `voltseal_ratelimit_total`.',
     [('layer', 0, 'code'), ('reason', 1, 'code'), ('what it counts', 2, 'text')]),
    ('src/api/routes.def', 'ROUTE', 'REST routes', 'Below the API address; errors are `application/problem+json` with one of the codes above.',
     [('method', 0, 'code'), ('path', 1, 'code'), ('needs', 2, 'lower'), ('scope', 3, 'lower'), ('body, bytes', 4, 'number'), ('what it does', 6, 'text')]),
    ('src/api/schemas.def', 'VS_SCHEMA', 'What goes in and out', 'The same as JSON schemas is in [openapi.json](openapi.json). A star: it may be absent; a question mark: it may be null.',
     [('name', 0, 'code'), ('members', 1, 'code'), ('what it is', 2, 'text')]),
    ('src/api/route_schemas.def', 'VS_ROUTE_SCHEMA', 'What each route takes and answers', 'By its handler.',
     [('handler', 0, 'code'), ('query', 1, 'code'), ('body', 2, 'code'), ('status', 3, 'text'), ('answer', 4, 'code')]),
    ('src/api/route_audit.def', 'VS_ROUTE_AUDIT', 'Routes in the audit log', 'Which event a route is, by its handler; NONE: it changes nothing.',
     [('handler', 0, 'code'), ('event', 1, 'code')]),
    ('src/api/route_tags.def', 'VS_ROUTE_TAG', 'Routes with If-Match', 'Which GET shows what a route changes: its ETag is compared.',
     [('handler', 0, 'code'), ('shown by', 1, 'code')]),
    ('src/core/audit_events.def', 'VS_AUDIT_EVENT', 'Events of the audit log', 'Class S is written before it is done; N is counted for a second.',
     [('event', 1, 'code'), ('class', 2, 'code'), ('severity', 3, 'lower'), ('what was done', 4, 'text')]),
    ('src/keys/states.def', 'VS_KEYS_STATE', 'Life of a key', 'What each event does in each state; ILLEGAL is refused with NOT_NOW.',
     [('state', 0, 'word'), ('event', 1, 'word'), ('next', 2, 'word'), ('together with it', 3, 'word'), ('why', 4, 'text')]),
    ('src/keys/requests.def', 'VS_KEYS_REQUEST', 'Requests to the key process', 'What is not permitted here is refused, counted and logged; the rate is a token bucket for each sender.',
     [('request', 0, 'code'), ('code', 1, 'code'), ('from', 2, 'lower'), ('phase', 3, 'lower'), ('per second', 4, 'number'), ('burst', 5, 'number'), ('what it does', 8, 'text')]),
    ('src/keys/shared.def', 'VS_KEYS_SHARED_KIND', 'Secrets that nodes share', 'SHARED: the same in the key process of each node of an installation. OWN: of one node.',
     [('kind', 0, 'code'), ('whose', 1, 'text'), ('why', -1, 'text')]),
    ('src/keys/providers.def', 'VS_KEYS_PROVIDER', 'Providers of the root key', 'Where the root KEK comes from.',
     [('provider', 0, 'code'), ('rotates while running', 1, 'lower'), ('in production', 2, 'lower'), ('what it is', 3, 'text')]),
    ('src/daemon/calls.def', 'VS_CALL', 'System calls of the key process', 'After its start; another one ends it.',
     [('call', 0, 'code')]),
    ('src/crypto/reasons.def', 'VS_REASON', 'Why a certificate is revoked', 'The numbers are those of RFC 5280 5.3.1.',
     [('reason', 1, 'code'), ('CRLReason', 2, 'text'), ('when', 3, 'text')]),
    ('src/crypto/profiles.def', 'VS_PROFILE', 'Certificates that are issued', 'What a request asks for beyond its row is dropped.',
     [('profile', 0, 'code'), ('constraints', 2, 'text'), ('key usage (EC)', 3, 'text'), ('key usage (RSA)', 4, 'text'), ('extended', 5, 'text'), ('days', 6, 'number'), ('at most', 7, 'number'), ('by', 8, 'code')]),
    ('src/net/stacks.def', 'VS_STACK', 'Listeners and clients', 'Which layers make a transport, bottom first.',
     [('name', 0, 'code'), ('layers', 1, 'layers'), ('for', 2, 'text')]),
    ('src/net/throttles.def', 'VS_THROTTLE', 'Throttles', 'Events in seconds and at once, for each key; a trusted source has `trusted` times as much. Counted at: one node, or all that share a bus.',
     [('name', 0, 'code'), ('layer', 1, 'text'), ('key', 2, 'lower'), ('at', 3, 'lower'), ('events', 4, 'number'), ('in seconds', 5, 'number'), ('at once', 6, 'number'), ('trusted', 7, 'number'), ('metric', 8, 'limited'), ('what it limits, and what happens', 9, 'text')]),
    ('src/ocpp/actions.def', 'ACTION', 'OCPP actions', 'Who may call an action, and in which registration state.',
     [('action', 0, 'code'), ('caller', 1, 'lower'), ('versions', 2, 'versions'), ('allowed when', 3, 'state'), ('answered', 5, 'words'), ('what it is for', -1, 'text')]),
    ('src/central/follows.def', 'FOLLOW', 'Answers with consequences', 'What an accepted answer changes in what we know of a station.',
     [('action', 0, 'code'), ('function', 1, 'code'), ('of 1.6, too', 2, 'lower')]),
    ('src/central/vendors.def', 'VENDOR', 'DataTransfer of stations', 'Vendors and messages that are understood; all others are kept and answered as unknown.',
     [('vendor', 0, 'code'), ('message', 1, 'code'), ('function', 2, 'code')]),
    ('src/core/claim_states.def', 'VS_CLAIM_STATE', 'States of a claim', 'And of the device that came by it; doc/protocol/provisioning.md.',
     [('state', 1, 'code'), ('what it means', -1, 'text')]),
    ('src/core/claim_wires.def', 'VS_CLAIM_WIRE', 'Envelopes of claims', 'What a claim lets its device use; doc/protocol/provisioning.md.',
     [('wire', 1, 'code'), ('OAEP digest', 2, 'number'), ('nonce', 3, 'number'), ('key', 4, 'number'), ('what it is', -1, 'text')]),
    ('src/core/held.def', 'VS_HELD', 'What a station holds', 'Remembered of each station; GET /api/v1/stations/{id}/held.',
     [('kind', 0, 'code'), ('its number', 1, 'text'), ('what', 2, 'text')]),
    ('src/core/quirks.def', 'VS_QUIRK', 'Quirks', 'Oddities of real chargers, forgiven to a station whose policy names them.',
     [('word', 1, 'code'), ('what is forgiven', 2, 'text')]),
    ('src/core/roles.def', 'VS_ROLE', 'Roles', 'What an operator may do within a tenant. The scope platform of a route asks for the tenant of the installation itself.',
     [('role', 1, 'code'), ('views', 2, 'number'), ('operates', 3, 'number'), ('audits', 4, 'number'), ('administers', 5, 'number'), ('what it is for', 6, 'text')]),
    ('src/core/records.def', 'VS_RECORD', 'Records', 'What the store keeps, whether the answer waits for its commit, and whether it may wait in the spool while the database is away.',
     [('record', 0, 'code'), ('answer', 1, 'words'), ('while the database is away', 2, 'words'), ('what it is', 3, 'text')]),
    ('src/store/sealed.def', 'VS_SEALED', 'Sealed columns', 'What lies encrypted in the store; doc/protocol/at-rest.md says how.',
     [('table', 0, 'code'), ('column', 1, 'code'), ('whose', 2, 'lower'), ('found by', 3, 'blind'), ('bound to', 4, 'code'), ('what it is', 5, 'text')]),
    ('src/field/message.def', 'VS_FIELD_MEMBER', 'What a sensor device may send', 'The messages of doc/protocol/sensors.md, member by member.',
     [('object', 0, 'lower'), ('member', 1, 'code'), ('how', 2, 'lower'), ('needed', 4, 'lower'), ('from', 5, 'text'), ('to', 6, 'text'), ('what it is', -1, 'text')]),
    ('src/field/profiles.def', 'VS_FIELD_PROFILE', 'How readings are protected', 'Weakest first.', [('profile', 0, 'text'), ('word', 1, 'code'), ('what it is', -1, 'text')]),
    ('src/sim/sensor_signals.def', 'VS_SIM_SIGNAL', 'What a simulated sensor measures', '`voltseal-sim sensor`.',
     [('sensor_type', 1, 'code'), ('unit', 2, 'text'), ('mean', 3, 'text'), ('between devices', 4, 'text'), ('swing', 5, 'text'), ('wanders', 7, 'text'), ('noise', 9, 'text')]),
    ('src/sim/sensor_scenarios.def', 'VS_SIM_SENSOR', 'What simulated sensor devices do', '`voltseal-sim sensor --scenario`.',
     [('scenario', 1, 'code'), ('what it is', -1, 'text')]),
    ('src/sim/sensor_attacks.def', 'VS_SIM_SENSOR_ATTACK', 'Attacks of a sensor device', '`voltseal-sim sensor --attack`.',
     [('attack', 0, 'code'), ('what is tried', -1, 'text')]),
    ('src/sensor/ratchet.def', 'VS_SENSOR_RATCHET', 'Ratchet of a sensor device', 'What becomes of a message, by what was reached before.',
     [('reached', 0, 'text'), ('sent', 1, 'text'), ('verdict', 2, 'lower')]),
    ('src/sensor/failures.def', 'VS_SENSOR_FAILURES', 'Budget of failures', 'Messages of a sensor device that do not open.',
     [('profile', 0, 'text'), ('in a row', 1, 'text'), ('in an hour', 2, 'text'), ('quarantine', 3, 'text')]),
    ('src/sensor/budget.def', 'VS_SENSOR_BUDGET_STEP', 'States of the budget', 'What each event does in each state.',
     [('state', 0, 'lower'), ('event', 1, 'lower'), ('next', 2, 'lower'), ('to do', 3, 'lower')]),
    ('src/sensor/closes.def', 'VS_SENSOR_CLOSE', 'Why a sensor device is disconnected', 'The WebSocket code and the word that is sent with it.',
     [('code', 1, 'text'), ('word', 2, 'code'), ('what it means', -1, 'text')]),
    ('src/sensor/replies.def', 'VS_SENSOR_REPLY', 'What a sensor device is told', 'Of a message that was not taken.',
     [('code', 1, 'code'), ('message', -1, 'text')]),
    ('src/provision/types.def', 'VS_PROVISION_TYPE', 'Messages of provisioning', 'doc/protocol/provisioning.md.',
     [('name', 0, 'text'), ('`t`', 1, 'code'), ('leaf of the topic', 2, 'code'), ('mode of HPKE', 3, 'text'), ('sender', 4, 'text')]),
    ('src/core/revocations.def', 'VS_REVOCATION', 'What can be revoked', 'Kinds of the revocation table. Sessions of what is revoked are closed at once.',
     [('kind', 1, 'code'), ('subject', 2, 'text')]),
    ('src/central/ocpp_handlers.def', 'HANDLER', 'What a station may call', 'The rest of the standard is answered NotSupported.',
     [('action', 0, 'code'), ('written down', 2, 'words')]),
    ('src/central/v16_handlers.def', 'HANDLER', 'What a station of OCPP 1.6 may call', 'The rest of the standard is answered NotSupported.',
     [('action', 0, 'code'), ('written down', 2, 'words')]),
    ('src/central/subprotocols.def', 'VS_SUBPROTOCOL', 'WebSocket subprotocols', 'The first that the station offers, that is spoken here and that its policy allows, is chosen.',
     [('name', 0, 'code'), ('OCPP', 1, 'versions'), ('sealed', 2, 'lower')]),
    ('src/central/refusals.def', 'VS_REFUSAL', 'Why a station was not let in', 'The word is in the log and in the event; the station sees only the status.',
     [('word', 1, 'code'), ('HTTP', 2, 'text'), ('what it means', 3, 'text')]),
    ('src/daemon/feed_kinds.def', 'VS_FEED', 'What nodes hear of each other', 'Kinds of the table of changes of PostgreSQL, and what another node does with one.',
     [('kind', 0, 'code'), ('what it keeps', 2, 'text')]),
    ('src/central/subprotocols.def', 'VS_SUBPROTOCOL', 'Subprotocols', 'What is spoken, most wanted first; a station\'s policy says which of them.',
     [('subprotocol', 0, 'code'), ('sealed', 1, 'words')]),
    ('src/sim/attacks.def', 'VS_ATTACK', 'Attacks', 'What `voltseal-sim attack NAME` tries against a daemon of yours, in the order of `all`.',
     [('name', 0, 'code'), ('needs', 2, 'lower'), ('what it tries', 3, 'text')]),
    ('src/crypto/sign.def', 'VS_SIGN', 'Signatures', 'A key allows some of its kind; a token never chooses one that its key does not allow.',
     [('name in JOSE', 1, 'code'), ('key', 2, 'lower'), ('bytes of r and of s', 4, 'text')]),
    ('src/crypto/jwe.def', 'VS_JWE', 'Key management of JWE', 'Each key has one of them and one content encryption.',
     [('name in JOSE', 1, 'code'), ('key', 2, 'lower'), ('wrapping adds, bytes', 3, 'text')]),
    ('src/crypto/jwt.def', 'VS_JWT_FAULT', 'Why a token is refused', 'For the log and the event; the peer is told NOT_AUTHENTIC.',
     [('fault', 0, 'code'), ('what it means', 1, 'text')]),
    ('src/crypto/tls_failures.def', 'VS_TLS_FAILURE', 'Why TLS failed', 'The word is in the log, in the event and in no answer: the peer gets a TLS alert.',
     [('word', 1, 'code'), ('what it means', 2, 'text')]),
    ('src/central/security_events.def', 'SECURITY_EVENT', 'Security events', 'Those of the standard; others are kept and shown as a notice.',
     [('event', 0, 'code'), ('in 1.6', 1, 'code'), ('2.0.1, 2.1', 2, 'lower'), ('1.6', 3, 'lower')]),
    ('src/cli/commands.def', 'VS_COMMAND', 'Commands of voltseal', 'Each has `--help`.',
     [('', 0, 'code'), ('', 1, 'code'), ('arguments', 3, 'code'), ('what it does', 5, 'text'), ('example', 6, 'code')]),
    ('src/cli/options.def', 'VS_OPTION', 'Options of voltseal', 'Exit codes are those of sysexits.h.',
     [('option', 0, 'flag'), ('of', 3, 'lower'), ('what it is', 4, 'text')]),
    ('src/cli/doctor_checks.def', 'VS_DOCTOR', 'Checks of voltseal doctor', 'Exit code: 0 all is well, 1 a warning, 2 something critical, 3 it could not look.',
     [('check', 0, 'code'), ('severity', 1, 'lower'), ('what is proved', 2, 'text'), ('to mend it', 3, 'text')]),
    ('src/framed/messages.def', 'VS_FRAMED', 'Messages of the framed network', 'Fields apart by `#`; doc/protocol/framed.md has the rest.',
     [('name', 1, 'code'), ('kind', 2, 'code'), ('from', 3, 'words'), ('to', 4, 'words'), ('when', 5, 'lower'), ('acknowledged on disk', 6, 'lower'), ('fields at least', 7, 'lower'), ('fields', 8, 'layers'), ('what it says', 9, 'text')]),
    ('src/framed/states.def', 'VS_FRAMED_STATE', 'States of a framed charge point', 'The first row that fits.',
     [('put out', 0, 'lower'), ('monitor', 1, 'lower'), ('key', 2, 'lower'), ('engine', 3, 'lower'), ('fault', 4, 'lower'), ('supply', 5, 'lower'), ('stopped', 6, 'lower'), ('state', 7, 'code'), ('shown as', 8, 'text'), ('what it means', 9, 'text')]),
    ('src/framed/point_events.def', 'VS_FRAMED_EVENT', 'What happens to a framed charge point', 'KEEPS: a running supply goes on; ENDS: the engine is told to end it; CUT: the engine reports its end when it is back.',
     [('event', 0, 'code'), ('fact', 1, 'lower'), ('becomes', 2, 'lower'), ('a supply', 3, 'lower'), ('when', 4, 'text')]),
    ('src/cli/station_checks.def', 'VS_STATION_CHECK', 'What voltseal station check advises', 'By the word of the last refusal.',
     [('word', 0, 'code'), ('step', 1, 'lower'), ('how to mend it', 2, 'text')]),
    ('src/charge/handlers.def', 'VS_CHARGE_HANDLER', 'What Central takes in the framed network', 'Which field must be the sender\'s own name: of a charge point, of a driver (-1: none).',
     [('message', 0, 'code'), ('own charge point', 2, 'text'), ('own driver', 3, 'text')]),
    ('src/sim/subcommands.def', 'VS_SIM_SUBCOMMAND', 'Subcommands of voltseal-sim', 'The device side.',
     [('subcommand', 1, 'code'), ('usage', 2, 'code'), ('what it is', 3, 'text')]),
    ('src/sim/options.def', 'VS_SIM_OPTION', 'Options of voltseal-sim', 'S: of `station`, F: of `fleet`, A: of `attack`, C: of `charge`, D: of `driver`.',
     [('option', 1, 'code'), ('of', 3, 'text'), ('what it is', 8, 'text')]),
    ('src/sim/commands.def', 'COMMAND', 'What a simulated station can be asked', 'A known action without a row is answered NotSupported.',
     [('action', 0, 'code')]),
    ('src/sim/commands_v16.def', 'COMMAND', 'What a simulated station of OCPP 1.6 can be asked', 'A known action without a row is answered NotSupported.',
     [('action', 0, 'code')]),
    ('src/sim/variables.def', 'VS_VARIABLE', 'Variables of a simulated station', 'For GetVariables, SetVariables and GetBaseReport.',
     [('component', 1, 'code'), ('variable', 2, 'code'), ('instance', 3, 'code'), ('access', 6, 'words'), ('at the start', 7, 'code')]),
    ('src/sim/scenarios.def', 'VS_SCENARIO', 'Scenarios of voltseal-sim', 'What a simulated station does all day.',
     [('scenario', 0, 'lower_code'), ('what happens', -1, 'text')]),
    ('src/sim/der.def', 'DER', 'Controls of the grid that a simulated station takes', 'OCPP 2.1 block R: SetDERControl.',
     [('type', 0, 'code'), ('member', 1, 'code')]),
    ('src/sim/curves.def', 'VS_CURVE', 'Charging curves of voltseal-sim', 'What can stand at an EVSE.',
     [('curve', 0, 'lower_code'), ('what it is', -1, 'text')]),
]
NOT_PRINTED = {
    'src/ocpp/codes.def': 'two spellings of the error codes, for those who read the source',
    'src/sim/keys_v16.def': 'names that a variable has in OCPP 1.6',
    'src/ocpp/names.def': 'member names, as in the standard',
    'src/ocpp/values.def': 'enumerated values, as in the standard',
    'src/ocpp/v16/enums.def': 'enumerations, as in the standard',
    'src/ocpp/v16/messages.def': 'messages, as in the standard',
    'src/ocpp/v16/tables.def': 'the files of a version',
    'src/ocpp/v16/types.def': 'object types, as in the standard',
    'src/ocpp/v201/enums.def': 'enumerations, as in the standard',
    'src/ocpp/v201/messages.def': 'messages, as in the standard',
    'src/ocpp/v201/messages_k.def': 'messages, as in the standard',
    'src/ocpp/v201/tables.def': 'the files of a version',
    'src/ocpp/v201/types.def': 'object types, as in the standard',
    'src/ocpp/v21/enums.def': 'enumerations, as in the standard',
    'src/ocpp/v21/enums_r.def': 'enumerations, as in the standard',
    'src/ocpp/v21/messages.def': 'messages, as in the standard',
    'src/ocpp/v21/messages_k.def': 'messages, as in the standard',
    'src/ocpp/v21/messages_p.def': 'messages, as in the standard',
    'src/ocpp/v21/tables.def': 'the files of a version',
    'src/ocpp/v21/types.def': 'object types, as in the standard',
    'src/ocpp/v21/types_e.def': 'object types, as in the standard',
    'src/ocpp/v21/types_t.def': 'object types, as in the standard',
    'src/crypto/tls_numbers.def': 'numbers of the TLS library',
    'src/cli/hints.def': 'the way out, printed with each error',
    'src/store/tx_columns.def': 'columns, for those who read the source',
    'src/store/writes.def': 'how a record is written, for those who read the source',
    'src/store/keystore_queries.def': 'SQL, for those who read the source',
    'src/store/queries.def': 'SQL, for those who read the source',
}
HOW = {
    'text': lambda x: x,
    'code': lambda x: f'`{x}`' if x else '',
    'flag': lambda x: f'`--{x.replace("_", "-")}`',
    'error': lambda x: f'`VS-{x}`',
    'number': lambda x: f'{int(x.rstrip("uU")):,}',
    'metric': lambda x: f'`voltseal_{x}`',
    'limited': lambda x: f'`voltseal_ratelimit_total{{reason="{x[len("ratelimit_"):-len("_total")]}"}}`',
    'choices': lambda x: ', '.join(f'`{c}`' for c in x.split('|')) if x else '',
    'lower': str.lower,
    'lower_code': lambda x: f'`{x.lower()}`',
    'word': lambda x: x.replace('_', '-').lower(),
    'words': lambda x: x.replace('_', ' ').lower(),
    'layers': lambda x: ', '.join(x[x.index('(') + 1:-1].split(', ')).lower(),
    'versions': lambda x: {'ALL': 'all', 'V2': '2.0.1, 2.1', 'V201': '2.0.1', 'V21': '2.1', 'V16': '1.6',
                           '201': '2.0.1', '21': '2.1', '16': '1.6'}[x],
    'blind': lambda x: 'blind index' if x == 'BLIND' else '',
    'state': lambda x: x.replace('_', ' ').lower(),
}


def cell(text):
    return re.sub(r'\s+', ' ', text).replace('|', '\\|').strip()


def page(root):
    parts = ['# Reference', 'Printed from the tables of the source by `scripts/reference.py`: mend the table, not this page.']
    for name, macro, heading, intro, columns in TABLES:
        path = root / name
        if not path.exists():
            continue
        table = [[cell(HOW[how](row[at])) for _, at, how in columns] for row in rows(path, macro)]
        parts += [f'## {heading}', f'{intro} From `{name}`.']
        parts.append('\n'.join(['| ' + ' | '.join(head for head, _, _ in columns) + ' |', '| --- ' * len(columns) + '|']
                               + ['| ' + ' | '.join(line) + ' |' for line in table]))
    return '\n\n'.join(parts) + '\n'


root = pathlib.Path(sys.argv[-1])
known = {name for name, *_ in TABLES} | set(NOT_PRINTED)
unknown = sorted({str(p.relative_to(root)) for p in (root / 'src').rglob('*.def')} - known)
if unknown:
    raise SystemExit(f'not described in scripts/reference.py: {" ".join(unknown)}')
target = root / 'doc/reference.md'
text = page(root)
if sys.argv[1] == '--check':
    if not target.exists() or target.read_text() != text:
        raise SystemExit('doc/reference.md is stale: run scripts/reference.py .')
    print(f'doc/reference.md is in step, {text.count(chr(10))} lines')
else:
    target.write_text(text)
