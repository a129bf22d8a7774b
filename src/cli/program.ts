import { Argument, Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { milliseconds } from '../config/normalize.ts';
import type { CommandName, CommandOptions } from './commands/command.ts';
import { exitTable } from './exit.ts';
import { type Ask, examples, NAMES, type Program, reason } from './grammar.ts';
import { addCluster } from './grammar-cluster.ts';
import { addFailover } from './grammar-failover.ts';
import { VERSION } from './version.ts';

/** What the command line asks for. */
export interface Invocation {
  readonly command: CommandName;
  readonly options: CommandOptions & { readonly config?: string };
  /** Names of relationships, in the order given. */
  readonly relationships: readonly string[];
  readonly operands: Readonly<Record<string, string>>;
}

interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly columns: number;
}

/**
 * The grammar of the command line. Parsing calls `invoke` with what was asked for; wrong usage and
 * `--help` throw commander's CommanderError, because nothing here may end the process.
 */
export function buildProgram(invoke: (invocation: Invocation) => void, output: Output) {
  const program = new Command('warmspare')
    .description("Keeps a backup storage node's configuration ready to take over.")
    .usage('<command> [-c warmspare.yaml] [relationship...]')
    .option('-c, --config <file>', 'configuration file (default: ./warmspare.yaml)')
    .option('--json', 'print one JSON object')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(output.columns, 100) })
    .configureOutput({ writeOut: output.out, writeErr: output.err, outputError: () => {} })
    .addHelpText(
      'after',
      `\n${examples(['npm start', 'warmspare check -c warmspare.yaml', 'warmspare diff | less', 'warmspare update nas1-to-nas2 --reason "new share"'])}`,
    )
    .addHelpText('afterAll', `\n${exitTable()}`);

  const ask: Ask = (command, options, relationships = [], operands = {}) => {
    const given = Object.entries(operands).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    invoke({
      command,
      options: { ...program.opts(), ...options },
      relationships,
      operands: Object.fromEntries(given),
    });
  };

  addReplication(program, ask);
  addPlaces(program, ask);
  addDaemon(program, ask);
  addDecisions(program, ask);
  addFailover(program, ask);
  addCluster(program, ask);
  addService(program, ask);
  program
    .command('demo')
    .description('the whole story on shipped fixtures, without root')
    .option('--cluster', 'three members and a real nats-server, one of them killed')
    .addHelpText('after', examples(['warmspare demo', 'warmspare demo --cluster']))
    .action(options => ask('demo', options));
  return program;
}

function addReplication(program: Program, ask: Ask): void {
  program
    .command('check')
    .description('check configuration and mapping; shows what is near and unmapped')
    .argument('[relationship...]', NAMES)
    .addHelpText(
      'after',
      examples([
        'warmspare check',
        'warmspare check -c /etc/warmspare.yaml nas1-to-nas2',
        'warmspare check --json',
      ]),
    )
    .action((names, options) => ask('check', options, names));
  program
    .command('diff')
    .description('dry run: the change of each backup file as a unified diff; writes nothing')
    .argument('[relationship...]', NAMES)
    .option('--out <file>', 'keep the plan in this file, for update --plan')
    .option('--show-secrets', 'print secrets as they are')
    .addHelpText(
      'after',
      examples([
        'warmspare diff',
        'warmspare diff nas1-to-nas2 --out plan.json',
        'warmspare diff --show-secrets | patch -p1 -d /tmp/copy',
      ]),
    )
    .action((names, options) => ask('diff', options, names));
  program
    .command('update')
    .description('replicate once, now')
    .argument('[relationship...]', NAMES)
    .option('--plan <file>', 'apply exactly this plan, or refuse if a side has moved')
    .option('--dry-run', 'the same as diff')
    .addOption(
      new Option('--baseline <how>', 'for a backup that has other content').choices([
        'take-primary',
        'keep-local',
      ]),
    )
    .addOption(reason())
    .addHelpText(
      'after',
      examples([
        'warmspare update',
        'warmspare update --plan plan.json --reason "change 4711"',
        'warmspare update nas1-to-nas2 --baseline keep-local',
      ]),
    )
    .action((names, options) => ask('update', options, names));
  program
    .command('verify')
    .description('read the backup back and compare through the mapping: lag, local, drift, residue')
    .argument('[relationship...]', NAMES)
    .option('--accept', 'make drift local: it is meant to be')
    .option('--repair', 'show what mends drift; with --yes do it')
    .option('--yes', 'carry out the repair that was shown')
    .addOption(reason())
    .addHelpText(
      'after',
      examples([
        'warmspare verify',
        'warmspare verify nas1-to-nas2 --json',
        'warmspare verify --accept --reason "more workers there"',
        'warmspare verify --repair',
        'warmspare verify --repair --yes',
      ]),
    )
    .action((names, options) => ask('verify', options, names));
}

function addPlaces(program: Program, ask: Ask): void {
  program
    .command('explain')
    .description("a place of the backup: the primary's value, the rule, the change, the time")
    .argument('<file>', 'a file of the backup, relative to its root')
    .argument('[place]', 'a line number, or a pointer like /global/workgroup')
    .addHelpText(
      'after',
      examples([
        'warmspare explain samba/smb.conf',
        'warmspare explain exports 12',
        'warmspare explain samba/smb.conf /global/interfaces',
      ]),
    )
    .action((file, place, options) => ask('explain', options, [], { file, place }));
  program
    .command('status')
    .description('a row per relationship: direction, state, lag, ready; below, what needs a person')
    .argument('[relationship...]', NAMES)
    .option('--watch', 'again every second, until it is interrupted')
    .addHelpText(
      'after',
      examples(['warmspare status', 'warmspare status --watch', 'warmspare status --json']),
    )
    .action((names, options) => ask('status', options, names));
  program
    .command('history')
    .description('what was applied, when and by whom, newest first')
    .argument('[relationship...]', NAMES)
    .addOption(new Option('--limit <n>', 'so many at most (default: 20)').argParser(wholeNumber))
    .option('--all', 'also what was captured, held, paused, and the like, where the daemon ran')
    .addHelpText(
      'after',
      examples([
        'warmspare history',
        'warmspare history nas1-to-nas2 --limit 5',
        'warmspare history --all --json',
      ]),
    )
    .action((names, options) => ask('history', options, names));
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError('It is a whole number from 1 on.');
}

function addDaemon(program: Program, ask: Ask): void {
  program
    .command('run')
    .description('the daemon: watch the primary and replicate each change as it happens')
    .addHelpText('after', examples(['warmspare run -c /etc/warmspare/warmspare.yaml']))
    .action(options => ask('run', options));
  program
    .command('pause')
    .description('replicate nothing until resume; what changes meanwhile is kept in mind')
    .argument('[relationship...]', NAMES)
    .addOption(
      new Option('--for <time>', 'end by itself after this time, like 2h or 30m').argParser(timeSpan),
    )
    .addOption(reason())
    .addHelpText(
      'after',
      examples(['warmspare pause --for 2h --reason "migration"', 'warmspare pause nas1-to-nas2']),
    )
    .action((names, options) => ask('pause', options, names));
  program
    .command('resume')
    .description('go on after a pause')
    .argument('[relationship...]', NAMES)
    .addHelpText('after', examples(['warmspare resume', 'warmspare resume nas1-to-nas2']))
    .action((names, options) => ask('resume', options, names));
}

function timeSpan(text: string): number {
  if (/^[1-9]\d*[smhd]$/.test(text)) return milliseconds(text);
  throw new InvalidArgumentError('It is a number with s, m, h or d: 90s, 30m, 2h.');
}

function addDecisions(program: Program, ask: Ask): void {
  program
    .command('approve')
    .description('release a held change, exactly as its plan was shown')
    .argument('<id>', 'of the held change, from status')
    .addOption(reason())
    .addHelpText(
      'after',
      examples(['warmspare approve 3f9c2a', 'warmspare approve 3f9c2a --reason "shares retired"']),
    )
    .action((id, options) => ask('approve', options, [], { id }));
  program
    .command('reject')
    .description('keep the backup as it is until the primary changes that place again')
    .argument('<id>', 'of the held change, from status')
    .addOption(reason())
    .addHelpText('after', examples(['warmspare reject 3f9c2a --reason "wrong node"']))
    .action((id, options) => ask('reject', options, [], { id }));
  program
    .command('undo')
    .description('take one change back on the backup; the place stays rejected')
    .argument('[id]', 'of the change (default: the last one)')
    .option('--baseline', 'bring back what the first baseline replaced')
    .addOption(reason())
    .addHelpText(
      'after',
      examples([
        'warmspare undo',
        'warmspare undo nas1-to-nas2/7 --reason "breaks the share"',
        'warmspare undo --baseline',
      ]),
    )
    .action((id, options) => ask('undo', options, [], { id }));
}

function addService(program: Program, ask: Ask): void {
  program
    .command('service')
    .description('the systemd unit of this installation (configuration: /etc/warmspare/warmspare.yaml)')
    .addArgument(
      new Argument('<action>', 'show prints what install writes').choices(['show', 'install', 'uninstall']),
    )
    .option('--root <dir>', 'everything in this folder instead of /, the configuration too (for images)')
    .option('--dry-run', 'only say what would be done')
    .addHelpText(
      'after',
      examples([
        'warmspare service show',
        'warmspare service install -c /etc/warmspare/warmspare.yaml',
        'systemctl enable --now warmspare',
        'warmspare service uninstall',
      ]),
    )
    .action((action, options) => ask('service', options, [], { action }));
}
