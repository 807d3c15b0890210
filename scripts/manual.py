#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print a manual page or a shell completion from the tables of the source: manual.py ROOT VERSION NAME.

NAME is voltseal.1, voltseal-sim.1, voltseald.8, voltseald.conf.5, voltseal.bash or _voltseal (zsh).
"""
import pathlib
import re
import sys

root, version, wanted = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
sys.path.insert(0, str(root / 'scripts'))
from tables import rows  # noqa: E402

COMMANDS = [dict(zip(('noun', 'verb', 'handler', 'arguments', 'options', 'help', 'example'), row))
            for row in rows(root / 'src/cli/commands.def', 'VS_COMMAND')]
OPTIONS = [dict(zip(('name', 'letter', 'value', 'scope', 'help'), row)) for row in rows(root / 'src/cli/options.def', 'VS_OPTION')]
DAEMON = [dict(zip(('name', 'section', 'key', 'type', 'preset', 'min', 'max', 'choices', 'of', 'reload', 'help'), row))
          for row in rows(root / 'src/daemon/options.def', 'VS_OPTION')]
SIM = [dict(zip(('id', 'name', 'type', 'of', 'value', 'preset', 'min', 'max', 'help'), row))
       for row in rows(root / 'src/sim/options.def', 'VS_SIM_OPTION')]
SIM_COMMANDS = list(rows(root / 'src/sim/subcommands.def', 'VS_SIM_SUBCOMMAND'))
REFUSALS = list(rows(root / 'src/daemon/production.def', 'VS_PRODUCTION'))
ERRORS = {row[0]: row for row in rows(root / 'src/base/errors.def', 'VS_ERR')}
MODES = {'dev': 'D', 'init': 'I', 'run': 'R'}


# --- roff -----------------------------------------------------------------------------------------------------------

def roff(text):
    """A text as it stands: no escape, no request at the begin of a line."""
    text = text.replace('\\', '\\e').replace('-', '\\-').replace("'", '\\(aq').replace('`', '\\(ga')
    return '\\&' + text if text.startswith('.') else text


def page(name, section, what, *parts):
    head = [f'.\\" Printed by scripts/manual.py from the tables of the source.',
            f'.TH {name.upper()} {section} "" "voltseal {version}" "Voltseal"', '.SH NAME', f'{roff(name)} \\- {roff(what)}']
    return '\n'.join(head + [part for part in parts if part]) + '\n'


def section(title, *lines):
    return '\n'.join([f'.SH {title}', *lines])


def item(tag, *lines):
    return '\n'.join(['.TP', tag, *[roff(line) for line in lines]])


def bold(text):
    return f'\\fB{roff(text)}\\fR'


def flag(option):
    letter = re.search(r"'(.)'", option['letter'])
    value = '' if option['value'] == 'NULL' else f' \\fI{roff(option["value"])}\\fR'
    return (bold('-' + letter.group(1)) + ', ' if letter else '') + bold('--' + option['name']) + value


def usage(command):
    return ' '.join(word for word in (bold(' '.join(w for w in (command['noun'], command['verb']) if w)),
                                      f'\\fI{roff(command["arguments"])}\\fR' if command['arguments'] else '') if word)


EXITS = section('EXIT STATUS', 'Those of', '.BR sysexits.h (3head):', '0 success, 64 wrong usage, 65 wrong data, 66 not found, 69 unavailable, '
                '70 internal, 75 try again, 77 not permitted, 78 wrong configuration.')


def voltseal_1():
    verbs = [item(usage(c), c['help'][0].upper() + c['help'][1:] + '.',
                  *([f'Options: {", ".join("--" + o for o in c["options"].split())}.'] if c['options'] else []),
                  f'Example: voltseal {c["example"]}') for c in COMMANDS]
    options = [item(flag(o), o['help'][0].upper() + o['help'][1:] + '.') for o in OPTIONS]
    return page('voltseal', 1, 'ask and command a Voltseal daemon',
                section('SYNOPSIS', '.B voltseal', '.I COMMAND', '[\\fIVERB\\fR] [\\fIARGUMENT\\fR ...] [\\fIOPTION\\fR ...]'),
                section('DESCRIPTION', roff('Speaks REST to a running voltseald over HTTPS. Without --url the ready file says where the daemon is: '
                                            '--ready-file, $VOLTSEAL_READY_FILE, or that of voltseald dev.')),
                section('COMMANDS', *verbs), section('OPTIONS', *options), EXITS,
                section('SEE ALSO', '.BR voltseald (8),', '.BR voltseal\\-sim (1)'))


def voltseal_sim_1():
    commands = [item(f'{bold(row[1])} \\fI{roff(row[2])}\\fR' if row[2] else bold(row[1]), row[3][0].upper() + row[3][1:] + '.') for row in SIM_COMMANDS]
    options = [item(bold(o['name']) + (f' \\fI{roff(o["value"])}\\fR' if o['value'] != 'NULL' else ''), o['help'][0].upper() + o['help'][1:] + '.',
                    f'Of {" and ".join(word for letter, word in (("S", "station"), ("F", "fleet")) if letter in o["of"])}.'
                    + (f' Preset: {o["preset"]}.' if o['preset'] not in ('NULL', '') else '')) for o in SIM]
    return page('voltseal-sim', 1, 'charging stations that are not there',
                section('SYNOPSIS', '.B voltseal\\-sim', '.I SUBCOMMAND', '[\\fIOPTION\\fR ...]'),
                section('DESCRIPTION', 'The device side of OCPP: one station, or many as load or demonstration.'),
                section('SUBCOMMANDS', *commands), section('OPTIONS', *options), EXITS,
                section('SEE ALSO', '.BR voltseal (1),', '.BR voltseald (8)'))


def daemon_option(option):
    lines = [option['help'][0].upper() + option['help'][1:] + '.']
    if option['choices']:
        lines.append(f'One of {", ".join(option["choices"].split("|"))}.')
    if option['type'] == 'NUMBER':
        lines.append(f'From {option["min"]} to {option["max"]}.')
    if option['preset']:
        lines.append(f'Preset: {option["preset"]}.')
    return lines


def voltseald_8():
    options = [item(bold('--' + o['name'].replace('_', '-')) + ('' if o['type'] == 'SWITCH' else ' \\fI' + o['type'].lower() + '\\fR'),
                    *daemon_option(o), f'Of {", ".join(mode for mode, letter in MODES.items() if letter in o["of"])}.') for o in DAEMON]
    refusals = [item(bold(f'VS-{row[1]}'), f'{row[3][0].upper()}{row[3][1:]}.', f'To mend it: {row[4]}.') for row in REFUSALS]
    return page('voltseald', 8, 'charging station management system',
                section('SYNOPSIS', *[f'.B voltseald {roff(words)}\n[\\fIOPTION\\fR ...]\n.br' for words in
                                      ('dev', 'init', 'run', 'store copy', 'store check', 'config check', 'config show', 'config template')]),
                section('DESCRIPTION', item(bold('dev'), 'A whole system on loopback, without configuration, for its developer.'),
                        item(bold('init'), 'Sets a state folder up for production: root key, keystore, CA, server certificates, first administrator.'),
                        item(bold('run'), 'Production, on such a folder.'),
                        item(bold('store copy, store check'), 'Moves a stopped installation from its files to the PostgreSQL database of '
                             '[store] url, which must be empty, and compares every row; check only compares.'),
                        item(bold('config'), 'Is the configuration right, what is in force (--origin: and from where), and a file to start from.')),
                section('OPTIONS', *options),
                section('REFUSALS', 'What', '.B run', 'does not start with, all of them told at once:', *refusals),
                section('SIGNALS', item(bold('SIGHUP'), 'Reads configuration, certificates, CAs, CRLs and trust anew; what is bad changes nothing.'),
                        item(bold('SIGTERM, SIGINT'), 'Ends in order; a second one at once.')),
                section('ENVIRONMENT', item(bold('VOLTSEAL_SECTION_KEY'), 'An option of the configuration file.'),
                        item(bold('STATE_DIRECTORY, CREDENTIALS_DIRECTORY, NOTIFY_SOCKET, WATCHDOG_USEC'), 'As systemd sets them.')),
                EXITS, section('SEE ALSO', '.BR voltseal (1),', '.BR voltseald.conf (5),', '.BR systemd.exec (5)'))


def voltseald_conf_5():
    parts, seen = [], []
    for option in DAEMON:
        if not option['section'] or 'R' not in option['of']:
            continue
        if option['section'] not in seen:
            seen.append(option['section'])
            parts.append(f'.SH [{roff(option["section"])}]')
        parts.append(item(bold(option['key']), *daemon_option(option),
                          'Takes effect on SIGHUP.' if option['reload'] == 'LIVE' else 'Takes effect at the next start.'))
    errors = [item(bold(f'VS-{ERRORS[name][1]}'), f'{ERRORS[name][2][0].upper()}{ERRORS[name][2][1:]}.')
              for name in ERRORS if name.startswith('CONFIG_')]
    return page('voltseald.conf', 5, 'configuration of voltseald',
                section('SYNOPSIS', '.I /etc/voltseal/voltseal.ini', '.br', '.I /etc/voltseal/conf.d/*.conf'),
                section('DESCRIPTION', 'Lines of [section] and key = value. Comments begin with # or ; at the begin of a line. A value is the rest of its line. '
                        'There is no quoting and no continuation. A later layer outweighs an earlier one: preset, file, conf.d in the order of names, '
                        'environment, flag. What is unknown, wrong or there twice is an error with file and line. Secrets are never written here.'),
                *parts, section('ERRORS', *errors), section('SEE ALSO', '.BR voltseald (8)'))


# --- completion -----------------------------------------------------------------------------------------------------

def words(command, scope='COMMAND'):
    own = command['options'].split() if command else []
    return ['--' + o['name'] for o in OPTIONS if o['scope'] == 'GLOBAL' or o['name'] in own]


def nouns():
    return sorted({c['noun'] for c in COMMANDS})


def bash():
    lines = ['# bash completion of voltseal; printed by scripts/manual.py from the tables of the source.', '_voltseal() {',
             '\tlocal word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words=""', '\tcase $previous in']
    files = '|'.join('--' + o['name'] for o in OPTIONS if o['value'] == 'FILE')
    folders = '|'.join('--' + o['name'] for o in OPTIONS if o['value'] == 'DIR')
    lines += [f'\t{files})', '\t\tCOMPREPLY=($(compgen -f -- "$word"))', '\t\treturn', '\t\t;;',
              f'\t{folders})', '\t\tCOMPREPLY=($(compgen -d -- "$word"))', '\t\treturn', '\t\t;;', '\tesac',
              '\tif [ "$COMP_CWORD" -eq 1 ]; then', f'\t\twords="{" ".join(nouns())}"', '\telse',
              '\t\tcase ${COMP_WORDS[1]}/${COMP_WORDS[2]} in']
    for c in COMMANDS:
        if c['verb']:
            lines += [f'\t\t{c["noun"]}/{c["verb"]}) words="{" ".join(words(c))}" ;;']
        else:
            lines += [f'\t\t{c["noun"]}/*) words="{" ".join(words(c))}" ;;']
    lines += ['\t\tesac', '\t\tif [ "$COMP_CWORD" -eq 2 ]; then', '\t\t\tcase ${COMP_WORDS[1]} in']
    for noun in nouns():
        verbs = ' '.join(c['verb'] for c in COMMANDS if c['noun'] == noun and c['verb'])
        if verbs:
            lines += [f'\t\t\t{noun}) words="{verbs}" ;;']
    lines += ['\t\t\tesac', '\t\tfi', '\tfi', '\tCOMPREPLY=($(compgen -W "$words" -- "$word"))', '}', 'complete -F _voltseal voltseal']
    return '\n'.join(lines) + '\n'


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh():
    lines = ['#compdef voltseal', '# Printed by scripts/manual.py from the tables of the source.', 'local -a words', 'if (( CURRENT == 2 )); then',
             f'\twords=({" ".join(nouns())})', "\t_describe 'command' words", '\treturn', 'fi', 'if (( CURRENT == 3 )); then', '\tcase $words[2] in']
    lines[2] = 'local -a choices'
    lines[4] = f'\tchoices=({" ".join(nouns())})'
    lines[5] = "\t_describe 'command' choices"
    for noun in nouns():
        verbs = [c for c in COMMANDS if c['noun'] == noun and c['verb']]
        if verbs:
            lines += [f'\t{noun}) choices=({" ".join(quoted(c["verb"] + ":" + c["help"].replace(":", " ")) for c in verbs)}) ;;']
    lines += ['\tesac', "\t(( $#choices )) && _describe 'verb' choices && return", 'fi', 'case $words[2]/$words[3] in']
    for c in COMMANDS:
        rules = []
        for o in OPTIONS:
            if o['scope'] != 'GLOBAL' and o['name'] not in c['options'].split():
                continue
            text = '--' + o['name'] + '[' + o['help'].replace('[', '(').replace(']', ')').replace(':', ' ') + ']'
            if o['value'] != 'NULL':
                text += ':' + o['value'] + ':' + {'FILE': '_files', 'DIR': '_files -/'}.get(o['value'], '')
            rules.append(quoted(text))
        lines += [f'{c["noun"]}/{c["verb"] or "*"}) _arguments {" ".join(rules)} \'*::\' ;;']
    return '\n'.join(lines + ['esac']) + '\n'


PAGES = {'voltseal.1': voltseal_1, 'voltseal-sim.1': voltseal_sim_1, 'voltseald.8': voltseald_8, 'voltseald.conf.5': voltseald_conf_5,
         'voltseal.bash': bash, '_voltseal': zsh}
sys.stdout.write(PAGES[wanted]())
