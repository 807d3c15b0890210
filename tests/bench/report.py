# SPDX-License-Identifier: Apache-2.0
"""Turn what bench.py measured into the tables and the chart of doc/performance.md."""
import statistics
import sys

# Blocks of the page: the parts of a run that each is made of. A block is written when one of its parts was measured.
BLOCKS = {'bench': ('messages', 'memory', 'handshakes'), 'bench crypto': ('crypto',), 'bench asymmetric': ('asymmetric',),
          'audit': ('audit',), 'bench sealed': ('sealed',), 'bench attacks': ('attacks',), 'bench sensors': ('sensors',),
          'bench framed': ('tokens', 'framed'), 'bench provision': ('provision',),
          'bench paint': ('paint',), 'storm': ('storm',), 'bench lists': ('lists',), 'bench postgres': ('postgres',), 'bench nodes': ('nodes',)}
NAMES = {'echo': 'raw TCP echo', 'daemon': 'voltseald', 'peer': 'ocpp-rpc'}
COLOURS = {'echo': '#8a94a6', 'daemon': '#0f8b6d', 'peer': '#c8772e'}


def table(head, rows):
    lines = ['| ' + ' | '.join(head) + ' |', '| --- |' + ' ---: |' * (len(head) - 1)]
    return '\n'.join(lines + ['| ' + ' | '.join(str(cell) for cell in row) + ' |' for row in rows])


def time_text(us):
    return f'{us / 1000:.1f} ms' if us >= 10000 else f'{us:.0f} us'


def against(run, other, name):
    """The median of the ratios of the rounds."""
    return statistics.median(mine / theirs for mine, theirs in zip(run['each'][name], other['each'][name], strict=True))


def messages(results):
    rows = []
    for count in ('1', '100', '1000'):
        of = results[count]
        for name in ('echo', 'daemon', 'peer'):
            run = of[name]
            rows.append([f'{int(count):,} connections, {NAMES[name]}', f'{run["cpu_us"]:.2f}', f'{run["per_s"]:,.0f}',
                         time_text(run['p50_us']), time_text(run['p99_us']), f'{against(run, of["echo"], "cpu_us"):.2f}',
                         f'{against(run, of["peer"], "per_s"):.2f}'])
    flat = results['flat']
    run = flat['daemon']
    rows.append([f'{flat["total"]:,} connections, 100 active, voltseald', f'{run["cpu_us"]:.2f}', f'{run["per_s"]:,.0f}',
                 time_text(run['p50_us']), time_text(run['p99_us']), f'{run["cpu_us"] / results["100"]["echo"]["cpu_us"]:.2f}',
                 f'{run["per_s"] / results["100"]["peer"]["per_s"]:.2f}'])
    return table(['Heartbeat and MeterValues in turn', 'CPU us/message', 'messages/s', 'p50', 'p99', 'CPU, echo = 1',
                  'messages/s, peer = 1'], rows)


def memory(results):
    rows = []
    for key, kib in results.items():
        server, auth, count = key.split()
        peer = results.get(f'peer basic {count}')
        rows.append([f'{NAMES[server]}, {"mutual TLS" if auth == "mtls" else "TLS"}, {int(count):,} connections', f'{kib:.1f}',
                     f'{kib / peer:.2f}' if peer else '-'])
    return table(['Resident memory per idle connection', 'KiB', 'peer = 1'], rows)


def handshakes(results):
    rows = []
    for key, what in (('memory full', 'bare OpenSSL in memory, full'), ('bare full', 'bare OpenSSL on sockets, full'), ('daemon full', 'voltseald, full'), ('peer full', 'ocpp-rpc, full'),
                      ('memory mutual', 'bare OpenSSL in memory, full mutual'),
                      ('bare mutual', 'bare OpenSSL on sockets, full mutual'), ('daemon mutual', 'voltseald, full mutual'),
                      ('daemon resumed', 'voltseald, resumed mutual')):
        run = results[key]
        bare = results['bare full' if key.endswith('full') else 'bare mutual']
        rows.append([what, f'{run["cpu_us"]:.0f}', f'{1e6 / run["cpu_us"]:,.0f}', f'{run["per_s"]:,.0f}' if 'per_s' in run else '-',
                     f'{run["cpu_us"] / bare["cpu_us"]:.2f}', f'{run["cpu_us"] / results["peer full"]["cpu_us"]:.2f}'])
    return table(['TLS 1.3 handshakes', 'CPU us', 'one core could, /s', 'seen, /s', 'CPU, bare = 1', 'CPU, peer = 1'], rows)


def crypto(results):
    rows = [[row, f'{run["ours_ns"]:,.0f}', f'{1e9 / run["ours_ns"]:,.0f}', f'{run["hand_ns"]:,.0f}', f'{run["speed"]:.2f}']
            for row, run in results.items()]
    return table(['Cryptography', 'CPU ns', 'one core could, /s', 'by hand, CPU ns', 'speed, by hand = 1'], rows)


def asymmetric(results):
    rows = [[row, f'{run["ours_ns"] / 1000:,.1f}', f'{1e9 / run["ours_ns"]:,.0f}'] +
            ([f'{run["hand_ns"] / 1000:,.1f}', f'{run["speed"]:.2f}'] if run['hand_ns'] else ['-', '-'])
            for row, run in results.items()]
    return table(['Signatures, HPKE, Noise', 'CPU us', 'one core could, /s', 'by hand, CPU us', 'speed, by hand = 1'], rows)


def audit(results):
    return table([f'Audit log of {results["entries"]:,} entries', 'entries/s'],
                 [['appended and synced, 170 in a request', f'{results["append_per_s"]:,.0f}'],
                  ['verified: every entry, tile and checkpoint', f'{results["verify_per_s"]:,.0f}']])


def sealed(results):
    rows = [[row, f'{run["validated_ns"]:.0f}', f'{run["checked_ns"]:.0f}', f'{run["opened_ns"]:.0f}', f'{run["answer_ns"]:.0f}']
            for row, run in results.items()]
    ratios = [[row, f'{run["walked_ns"]:.0f}', f'{run["checked_ns"] / run["walked_ns"]:.2f}', f'{run["raw_ns"]:.0f}',
               f'{run["opened_ns"] / run["raw_ns"]:.2f}'] for row, run in results.items() if 'raw_ns' in run]
    first = table(['One message, beyond TLS', 'validated, CPU ns', 'and looked at for a signature and a replay',
                   'opened from a sealed channel, in addition', 'its answer sealed, in addition'], rows)
    return first + ('\n\n' + table(['The same run, whatever the clock', 'its JSON walked, CPU ns', 'validated and looked at, walk = 1',
                                    'AES-256-GCM by hand, CPU ns', 'opened, by hand = 1'], ratios) if ratios else '')


def lists(results):
    rows = [[f'`GET {path}`', f'{run["p50_ms"]:.1f}', f'{run["p99_ms"]:.1f}', f'{run["most_ms"]:.1f}']
            for path, run in results['lists'].items()]
    return table([f'A page of 100 rows, {results["stations"]:,} stations, ms', 'p50', 'p99', 'most'], rows)


def postgres(results):
    rows = []
    for stations, run in results.items():
        for engine, name in (('sqlite', 'SQLite'), ('postgres', 'PostgreSQL')):
            of = {key: statistics.median(each[key] for each in run['each'][engine]) for key in run['each'][engine][0]}
            rows.append([f'{int(stations):,} stations, {name}', f'{of["per_s"]:,.0f}', f'{of["records_per_commit"]:,.0f}', f'{of["cpu_us"]:.1f}',
                         '' if engine == 'sqlite' else f'{of["server_cpu_us"]:.1f}', '1.00' if engine == 'sqlite' else f'{statistics.median(run["ratio"]):.2f}'])
    return table(['Transaction events, each said when the one before was acknowledged', 'acknowledged/s', 'in a commit',
                  'CPU us of the writer\'s process', 'of the server', 'events/s, SQLite = 1'], rows)


def nodes(results):
    rows = []
    for how, name in (('bus', 'nodes tell each other'), ('polled', 'without NATS')):
        for what, run in results.get(how, {}).get('revocations', {}).items():
            rows.append([f'{what}; {name}', f'{run["times"]}', *(f'{run[of][key]:.0f}' if run[of] else '' for of in ('let_in', 'ended')
                                                                for key in ('p50_ms', 'p99_ms', 'most_ms'))])
    more = []
    for what, run in results.get('bus', {}).get('commands', {}).items():
        more.append([f'until it is {what}', f'{run["times"]}', *(f'{run[key]:.2f}' for key in ('here_ms', 'there_ms', 'paired_ms', 'p99_there_ms'))])
    first = table(['A command, to the node of the station and to another one, in turn', 'times', 'p50 here, ms', 'p50 there', 'one and the next differ by, p50',
                   'p99 there'], more) + '\n\n' if more else ''
    return first + table(['Revoked at one node; at another, ms', 'times', 'let in until, p50', 'p99', 'most', 'connected until, p50', 'p99', 'most'], rows)


def attacks(results):
    rows = [[what, f'{results[key]["per_s"]:.0f}', f'{results[key]["p50_ms"]:.1f} ms', f'{results[key]["p99_ms"]:.1f} ms', f'{results[key]["online"]:,}']
            for key, what in (('calm', 'calm'), ('attacked', f'while {results["attacks"]} attacks run, one after the other'))]
    return table([f'{results["stations"]:,} honest stations', 'messages/s', 'p50', 'p99', 'connected, at least'], rows)


def sensors(results):
    cost = results['cost']
    first = table(['A message of three readings: read, opened, checked, sealed again', 'CPU us'], [
        ['D2', f'{cost["d2_ns"] / 1000:.1f}'], ['D1m', f'{cost["d1m_ns"] / 1000:.1f}'], ['D1', f'{cost["d1_ns"] / 1000:.1f}'],
        ['D2, the same in Python (cryptography)', f'{cost["python_us"]:.0f}']])
    runs = [run for key, run in results.items() if key != 'cost']
    rows = [[f'{run["readings_per_message"]}', f'{run["stored_per_s"]:,.0f}', f'{run["daemon_cores"]:.2f}', f'{run["sim_cores"]:.2f}',
             f'{run["foreign"]:.2f}', f'{run["rows"]:,}', f'{run["there"]:,} of {run["sent"]:,}'] for run in runs]
    return first + '\n\n' + table(['Readings in a message', 'stored each second', 'cores of the daemon', 'of the devices', 'of others', 'rows',
                                  'there after a kill -9'], rows)


def storm(results):
    rows = [[what, f'{results[key]:.1f} s'] for key, what in (
        ('serving_s', 'the daemon serves again'), ('half_s', 'half of the stations are back'),
        ('most_s', '99 of 100 are back'), ('all_s', 'all are back'))]
    rows.append(['connections refused in between, to come again later', f'{results["refused"]:,}'])
    rows.append(['other work on the machine meanwhile', f'{results["foreign"]:.1f} cores'])
    return table([f'SIGKILL of the daemon under {results["stations"]:,} stations', 'after'], rows)


def paint(results):
    rows = [[what, f'{results[f"{name}_ms"]:.0f} ms', f'{results[f"{name}_max_ms"]:.0f} ms']
            for name, what in (('paint', 'something is painted'), ('row', f'the first {results["rows"]} stations are there'))]
    return table([f'Dashboard with {results["stations"]:,} stations, nothing cached, until', f'median of {results["rounds"]}', 'worst'], rows)


def tokens(results):
    return crypto(results).replace('Cryptography', 'Framed network: one message, from end to end', 1)


def framed(results):
    return table([f'{results["points"]:,} framed charge points, one update a second each', ''],
                 [['updates/s', f'{results["per_s"]:,.0f}'], ['p50', f'{results["p50_ms"]:.1f} ms'], ['p99', f'{results["p99_ms"]:.1f} ms'],
                  ['slowest', f'{results["max_ms"]:.1f} ms'],
                  *([['until all had come in: TLS, Noise, a data key each, their charges on disk', f'{results["coming_s"]:.0f} s']]
                    if 'coming_s' in results else []),
                  ['due before the one before was acknowledged', f'{results["late"]:,}'],
                  ['CPU of Central for an update', f'{results["central_us"]:.0f} us'],
                  ['CPU of the devices for an update', f'{results["devices_us"]:.0f} us']])


def provision(results):
    first = table([f'{results["devices"]:,.0f} devices provisioned through mosquitto on the same two cores', ''], [
        ['devices/s, the median of the runs', f'{results["per_s"]:,.0f}'],
        ['devices/s, the slowest run', f'{results["slowest_per_s"]:,.0f}'],
        ['HPKE opens of the daemon/s', f'{results["opens_per_s"]:,.0f}'],
        ['CPU of the daemon and its key process, a device', f'{results["daemon_ms"]:.2f} ms'],
        ['CPU of mosquitto, a device', f'{results["broker_ms"]:.2f} ms'],
        ['CPU of the device itself, its TLS handshake included', f'{results["sim_ms"]:.2f} ms'],
        ['claims made before, one after the other', f'{results["claims_per_s"]:,.0f}/s'],
        ['messages that came twice; were refused', f'{results["repeats"]:.0f}; {results["refused"]:.0f}'],
        ['claims used afterwards', f'{results["used"]:,.0f}']])
    rows = [[f'HPKE {what}, X25519 and AES-256-GCM', f'{results[what]["ours_ns"] / 1000:,.1f}', f'{1e9 / results[what]["ours_ns"]:,.0f}',
             f'{results[what]["hand_ns"] / 1000:,.1f}', f'{results[what]["speed"]:.2f}'] for what in ('open', 'seal')]
    return first + '\n\n' + table(['One core', 'CPU us', '/s', 'agreements of OpenSSL alone, CPU us', 'speed, by hand = 1'], rows)


def goals(results):
    """(what, reached value, limit, whether it is reached)"""
    found = []
    part = results.get('messages')
    if part:
        for count in ('100', '1000'):
            ratio = against(part[count]['daemon'], part[count]['echo'], 'cpu_us')
            found.append((f'CPU per message at {int(count):,} connections, against the TCP echo', f'{ratio:.2f}', 'at most 2.0', ratio <= 2.0))
            ratio = against(part[count]['daemon'], part[count]['peer'], 'per_s')
            found.append((f'messages/s at {int(count):,} connections, against the peer', f'{ratio:.2f}', 'at least 4', ratio >= 4.0))
        flat = part['flat']
        ratio = against(flat['daemon'], flat['daemon_100'], 'cpu_us')
        found.append((f'CPU per message with {flat["total"]:,} connected and 100 active, against 100 connected', f'{ratio:.2f}',
                      'within 0.75 and 1.25', 0.75 <= ratio <= 1.25))
    part = results.get('memory')
    if part:
        key = max((key for key in part if key.startswith('daemon mtls')), key=lambda key: int(key.split()[2]))
        found.append((f'KiB per idle mutual-TLS connection at {int(key.split()[2]):,}', f'{part[key]:.1f}', 'at most 22', part[key] <= 22))
    part = results.get('handshakes')
    if part:
        bare = part['bare mutual']['cpu_us']
        for key, what, limit in (('daemon mutual', 'full mutual handshake', 1.1), ('daemon resumed', 'resumed mutual handshake', 0.5)):
            ratio = part[key]['cpu_us'] / bare
            found.append((f'CPU of a {what}, against a bare full one', f'{ratio:.2f}', f'at most {limit}', ratio <= limit))
    part = results.get('crypto')
    if part:
        row, run = min(part.items(), key=lambda item: item[1]['speed'])
        found.append((f'speed of {row}, the slowest of cryptography, against the same calls by hand', f'{run["speed"]:.2f}',
                      'at least 0.85', run['speed'] >= 0.85))
    part = results.get('tokens')
    if part:
        row, run = min(part.items(), key=lambda item: item[1]['speed'])
        found.append((f'speed of {row}, against the same calls by hand', f'{run["speed"]:.2f}', 'at least 0.85', run['speed'] >= 0.85))
    part = results.get('framed')
    if part:
        found.append((f'p99 of an update of {part["points"]:,} framed charge points', f'{part["p99_ms"]:.1f} ms', 'under 20 ms',
                      part['p99_ms'] < 20 and part['per_s'] > 0.95 * part['points']))
    part = results.get('asymmetric')
    if part:
        wrong, whole = part['Noise first message, wrong psk'], part["Noise handshake, the server's part"]
        ratio = wrong['ours_ns'] / whole['ours_ns']
        found.append(('CPU of a first Noise message under a wrong psk, against a handshake', f'{ratio:.2f}', 'at most 0.20',
                      ratio <= 0.2))
    part = results.get('audit')
    if part:
        found.append(('audit entries appended in batches, each second', f'{part["append_per_s"]:,.0f}', 'at least 100,000',
                      part['append_per_s'] >= 100000))
    part = results.get('sealed')
    if part:
        for key, what, limit in (('checked_ns', 'validation, replay check and signing bookkeeping of a message that is not signed', 1000),
                                 ('opened_ns', 'a sealed message, beyond the same in clear', 1500),
                                 ('answer_ns', 'a sealed answer, beyond the same in clear', 1500)):
            most = max(run[key] for run in part.values())
            found.append((f'CPU of {what}', f'{most:.0f} ns', f'at most {limit:,} ns', most <= limit))
    part = results.get('attacks')
    if part:
        ratio = part['attacked']['p99_ms'] / part['calm']['p99_ms']
        found.append((f'p99 of {part["stations"]:,} honest stations under attack, against calm', f'{ratio:.2f}', 'at most 2.0', ratio <= 2.0))
        found.append((f'attacks that got through, of {part["attacks"]}', f'{part["through"]}', '0', part['through'] == 0))
    part = results.get('sensors')
    if part:
        found.append(('CPU of a message of three readings, opened and sealed again', f'{part["cost"]["d2_ns"] / 1000:.1f} us', 'at most 10 us',
                      part['cost']['d2_ns'] <= 10000))
        for run in (run for key, run in part.items() if key != 'cost'):
            found.append((f'readings stored each second, of {run["devices"]:,} devices, {run["readings_per_message"]} in a message',
                          f'{run["stored_per_s"]:,.0f}', 'at least 100,000', run['stored_per_s'] >= 100000))
        lost = sum(run['lost'] for key, run in part.items() if key != 'cost')
        found.append(('readings lost or doubled by a kill -9 meanwhile', f'{lost}', '0', lost == 0))
    part = results.get('provision')
    if part:
        found.append((f'of {part["devices"]:,.0f} devices, those with exactly one identity afterwards', f'{part["used"]:,.0f}',
                      f'{part["devices"]:,.0f}', part['used'] == part['devices']))
    part = results.get('paint')
    if part:
        found.append((f'first paint of the dashboard with {part["stations"]:,} stations', f'{part["paint_ms"]:.0f} ms', 'under 300 ms', part['paint_ms'] < 300))
    part = results.get('storm')
    if part:
        found.append((f'{part["stations"]:,} stations lost at once, all back after', f'{part["all_s"]:.1f} s', 'at most 60 s', part['all_s'] <= 60))
        found.append((f'acknowledged messages lost in it, of {part["messages"]:,}', f'{part["lost"]}', '0', part['lost'] == 0))
    for stations, run in (results.get('postgres') or {}).items():
        ratio = statistics.median(run['ratio'])
        found.append((f'transaction events acknowledged by PostgreSQL each second, {int(stations):,} stations, against SQLite',
                      f'{ratio:.2f}', 'at least 0.60', ratio >= 0.6))
    for how, name in (('bus', 'told over the bus'), ('polled', 'without NATS')):
        runs = ((results.get('nodes') or {}).get(how) or {}).get('revocations') or {}
        if runs:
            worst = max(run[of]['p99_ms'] for run in runs.values() for of in ('let_in', 'ended') if run[of])
            found.append((f'what is revoked at one node is out at another, p99 of the slowest kind, {name}', f'{worst:.0f} ms', 'at most 2,000 ms', worst <= 2000))
    part = (((results.get('nodes') or {}).get('bus') or {}).get('commands') or {}).get('answered')
    if part:
        found.append(('what a command to a station of another node takes longer until its result is there, p50', f'{part["added_ms"]:.2f} ms', 'at most 1 ms',
                      part['added_ms'] <= 1))
    size = (results.get('nodes') or {}).get('subject_bytes')
    if size:
        found.append(('memory of one node for each of 50,000 station subjects', f'{size:,} bytes', 'under 1,024 bytes', size < 1024))
    part = results.get('lists')
    if part:
        worst = max(run['p99_ms'] for run in part['lists'].values())
        found.append((f'p99 of a page of 100 rows, the slowest list, {part["stations"]:,} stations', f'{worst:.1f} ms', 'below 10 ms', worst < 10))
    return found


MAKERS = {'messages': messages, 'memory': memory, 'handshakes': handshakes, 'crypto': crypto, 'asymmetric': asymmetric,
          'audit': audit, 'sealed': sealed, 'attacks': attacks, 'sensors': sensors, 'storm': storm, 'paint': paint,
          'tokens': tokens, 'framed': framed, 'provision': provision, 'lists': lists, 'postgres': postgres,
          'nodes': nodes}


def block(results, names):
    """The goals and tables of some parts, and on what they were measured."""
    results = {name: results[name] for name in (*names, 'machine') if name in results}
    parts = [table(['To reach', 'measured', 'wanted', ''],
                   [[what, value, wanted, 'reached' if ok else '**not reached**'] for what, value, wanted, ok in goals(results)])]
    parts += [MAKERS[name](results[name]) for name in names if name in results]
    on = results['machine']
    foreign = [run['foreign'] for name in ('messages', 'handshakes') for group in results.get(name, {}).values()
               for run in (group.values() if name == 'messages' else [group]) if isinstance(run, dict) and 'foreign' in run]
    if foreign and max(foreign) > 0.3:
        parts.append(f'**Disturbed**: other work used up to {max(foreign):.1f} cores (median {sorted(foreign)[len(foreign) // 2]:.1f}) '
                     'during the runs: rates and percentiles are too low and too long, CPU times slightly too high.')
    parts.append(f'{on["date"]}; {on["cores"]} cores of {on["cpu"]}; Linux {on["kernel"]}; {on["openssl"]}; {on["gcc"]}; node {on["node"]}.')
    return '\n\n'.join(parts)


def blocks(results):
    return {title: block(results, names) for title, names in BLOCKS.items() if any(name in results for name in names)}


def text(results):
    return '\n\n'.join(blocks(results).values())


# --- the chart ----------------------------------------------------------------------------------------

def panel(x, width, title, unit, groups):
    """Groups of bars from the left: groups = [(label, [(server, value), ...]), ...]"""
    height, base = 200, 250
    top = max(value for _, bars in groups for _, value in bars)
    out = [f'<text x="{x}" y="22" class="t">{title}</text>', f'<text x="{x}" y="38" class="u">{unit}</text>',
           f'<line x1="{x}" y1="{base}" x2="{x + width}" y2="{base}" class="a"/>']
    slot = width / len(groups)
    for n, (label, bars) in enumerate(groups):
        wide = min(34.0, (slot - 14) / len(bars))
        left = x + n * slot + (slot - wide * len(bars)) / 2
        for m, (server, value) in enumerate(bars):
            tall = max(1.0, value / top * (height - 20))
            at = left + m * wide
            number = f'{value:,.0f}' if value >= 100 else f'{value:.1f}'
            out.append(f'<rect x="{at:.1f}" y="{base - tall:.1f}" width="{wide - 3:.1f}" height="{tall:.1f}" rx="2" '
                       f'fill="{COLOURS[server]}"><title>{NAMES[server]}, {label}: {number}</title></rect>')
            out.append(f'<text x="{at + wide / 2 - 1.5:.1f}" y="{base - tall - 4:.1f}" class="n">{number}</text>')
        out.append(f'<text x="{x + n * slot + slot / 2:.1f}" y="{base + 16}" class="l">{label}</text>')
    return '\n'.join(out)


def chart(results):
    of = results['messages']
    counts = [('1', '1 conn.'), ('100', '100'), ('1000', '1 000')]
    servers = ('echo', 'daemon', 'peer')
    mem, shake = results['memory'], results['handshakes']
    largest = max(int(key.split()[2]) for key in mem)
    parts = [
        panel(20, 330, 'Server CPU per message', 'microseconds, less is better',
              [(label, [(s, of[c][s]['cpu_us']) for s in servers]) for c, label in counts]),
        panel(385, 250, 'Memory per idle connection', f'KiB at {largest:,} connections, less is better',
              [('TLS', [('daemon', mem[f'daemon basic {largest}']), ('peer', mem[f'peer basic {largest}'])]),
               ('mutual TLS', [('daemon', mem[f'daemon mtls {largest}'])])]),
        panel(670, 270, 'Server CPU per handshake', 'microseconds, less is better; grey: bare OpenSSL',
              [('full', [('echo', shake['bare full']['cpu_us']), ('daemon', shake['daemon full']['cpu_us']),
                         ('peer', shake['peer full']['cpu_us'])]),
               ('mutual', [('echo', shake['bare mutual']['cpu_us']), ('daemon', shake['daemon mutual']['cpu_us'])]),
               ('resumed', [('daemon', shake['daemon resumed']['cpu_us'])])]),
    ]
    legend = ''.join(f'<rect x="{20 + 130 * n}" y="286" width="10" height="10" rx="2" fill="{COLOURS[s]}"/>'
                     f'<text x="{36 + 130 * n}" y="295" class="u">{NAMES[s]}</text>' for n, s in enumerate(servers))
    style = ('text{font-family:system-ui,sans-serif;fill:#30363d}.t{font-size:14px;font-weight:600}.u{font-size:11px}'
             '.l{font-size:12px;text-anchor:middle}.n{font-size:10px;text-anchor:middle}.a{stroke:#8a94a6}.b{fill:#fff}'
             '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#0d1117}}')
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 310" role="img" aria-label="CPU per message, memory per '
            'connection and CPU per handshake of voltseald, of a raw TCP echo and of ocpp-rpc">\n'
            f'<style>{style}</style>\n<rect class="b" width="960" height="310"/>\n' + '\n'.join(parts) + f'\n{legend}\n</svg>\n')


def storm_chart(results):
    """Connected stations over time."""
    width, height, left, base = 620, 200, 60, 240
    seconds = max(10.0, results['curve'][-1][0])
    top = results['stations']
    points = ' '.join(f'{left + s / seconds * width:.1f},{base - n / top * height:.1f}' for s, n in results['curve'])
    ticks = ''.join(f'<text x="{left + s / seconds * width:.0f}" y="{base + 16}" class="l">{s:.0f} s</text>'
                    for s in [seconds * n / 5 for n in range(6)])
    lines = ''.join(f'<line x1="{left}" y1="{base - height * n / 4:.0f}" x2="{left + width}" y2="{base - height * n / 4:.0f}" class="g"/>'
                    f'<text x="{left - 6}" y="{base - height * n / 4 + 4:.0f}" class="r">{top * n // 4:,}</text>' for n in range(5))
    style = ('text{font-family:system-ui,sans-serif;fill:#30363d}.t{font-size:14px;font-weight:600}.l{font-size:11px;text-anchor:middle}'
             '.r{font-size:11px;text-anchor:end}.g{stroke:#8a94a6;stroke-opacity:.35}.b{fill:#fff}'
             '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#0d1117}}')
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 270" role="img" aria-label="Connected stations after the daemon '
            f'was killed">\n<style>{style}</style>\n<rect class="b" width="720" height="270"/>\n'
            f'<text x="{left}" y="22" class="t">Stations connected, from SIGKILL of the daemon on</text>\n{lines}{ticks}\n'
            f'<polyline points="{points}" fill="none" stroke="{COLOURS["daemon"]}" stroke-width="2"/>\n</svg>\n')


def write(results, folder):
    page = folder / 'performance.md'
    content = page.read_text()
    for title, made in blocks(results).items():
        begin, end = f'<!-- {title}: begin -->', f'<!-- {title}: end -->'
        before, found, rest = content.partition(begin)
        if not found: # what was measured is not to be lost for it
            print(f'{page}: there is no place "{begin}"', file=sys.stderr)
            continue
        content = f'{before}{begin}\n\n{made}\n\n{end}{rest.partition(end)[2]}'
    page.write_text(content)
    if {'messages', 'memory', 'handshakes'} <= results.keys():
        (folder / 'performance.svg').write_text(chart(results))
    if 'storm' in results:
        (folder / 'storm.svg').write_text(storm_chart(results['storm']))
