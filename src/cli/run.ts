import { resolve } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import { checkConfig } from '../config/check.ts';
import type { Config, Relationship } from '../config/config.ts';
import { readConfig } from '../config/load.ts';
import { didYouMean } from '../config/suggest.ts';
import { maskSecrets } from '../core/change/secrets.ts';
import { type Failure, FailureError } from '../core/failure.ts';
import { withLock } from '../replication/lock.ts';
import type { Command, CommandContext, CommandName } from './commands/command.ts';
import { commands } from './commands/index.ts';
import { EXIT, type Exit, exitOf, worst } from './exit.ts';
import { forwarded } from './forwarded.ts';
import type { Host } from './host.ts';
import { Commits, Interrupted, interruptible } from './interruption.ts';
import { buildProgram, type Invocation } from './program.ts';
import { humanReport } from './report/human.ts';
import { jsonReport } from './report/json.ts';
import type { Report } from './report/report.ts';

/**
 * Runs one command line (without the program's own name) and gives its exit code. Everything that goes
 * wrong is reported, and nothing is thrown. `table` is for tests.
 */
export async function run(
  argv: readonly string[],
  host: Host,
  table: Partial<Record<CommandName, Command>> = commands,
): Promise<Exit> {
  const parsed = parse(argv, host);
  if (typeof parsed === 'number') return parsed;
  const report = parsed.options.json ? jsonReport(host, parsed.command) : humanReport(host);
  const commits = new Commits(host.signal);
  const exit = await guarded(
    () => {
      const work = carryOut(parsed, report, host, commits, table);
      // The daemon ends by itself, when what is under way is done: for it the signal is no interruption.
      return parsed.command === 'run' ? work : interruptible(work, commits, host.signal);
    },
    report,
    host,
  );
  report.end(exit);
  return exit;
}

/** The invocation, or the exit code where the line was wrong or only asked for help. */
function parse(argv: readonly string[], host: Host): Invocation | Exit {
  let invocation: Invocation | undefined;
  const end = argv.indexOf('--');
  const isJson = argv.slice(0, end === -1 ? undefined : end).includes('--json');
  const program = buildProgram(
    found => {
      invocation = found;
    },
    {
      out: text => host.stdout.write(text),
      err: text => isJson || host.stderr.write(text),
      columns: host.stdout.columns,
    },
  );
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    return wrongUsage(usageFailure(error), isJson, host);
  }
  return invocation ?? wrongUsage(NO_COMMAND, isJson, host);
}

function wrongUsage(failure: Failure, isJson: boolean, host: Host): Exit {
  const report = isJson ? jsonReport(host, '') : humanReport(host);
  report.fail(failure);
  report.end(EXIT.usage);
  return EXIT.usage;
}

const NO_COMMAND: Failure = { failure: 'usage', message: 'no command given', hint: 'Run warmspare --help' };

/** commander puts its suggestion behind its message, in brackets. */
function usageFailure(error: CommanderError): Failure {
  if (error.code === 'commander.help') return NO_COMMAND;
  const [, message, suggestion] = /^(?:error: )?([\s\S]*?)(?:\n\(Did you mean (?:one of )?(.*)\?\))?$/.exec(
    error.message,
  )!;
  const isOne = suggestion !== undefined && !suggestion.includes(', ');
  const hint = isOne ? `did you mean "${suggestion}"?` : 'Run warmspare --help';
  return { failure: 'usage', message: message!.replace(/\.$/, '').replaceAll("'", '"'), hint };
}

async function carryOut(
  invocation: Invocation,
  report: Report,
  host: Host,
  commits: Commits,
  table: Partial<Record<CommandName, Command>>,
): Promise<Exit> {
  const command = table[invocation.command];
  if (command === undefined) {
    return failed(report, [
      { failure: 'unsupported', message: `"${invocation.command}" is not yet part of this version` },
    ]);
  }
  if (isWithoutConfig(invocation))
    return command(contextOf(invocation, undefined, [], report, host, commits));
  const file = resolve(host.cwd, invocation.options.config ?? 'warmspare.yaml');
  const loaded = readConfig(file, host.machine);
  if (Array.isArray(loaded)) return failed(report, loaded, EXIT.usage);
  report.hide(loaded.config.secrets);
  const wrong = checkConfig(loaded.config);
  if (wrong.length > 0) return failed(report, wrong, EXIT.usage);
  const chosen = choose(invocation.relationships, loaded.config);
  if (chosen.failures.length > 0) return failed(report, chosen.failures);
  const context = contextOf(invocation, loaded.config, chosen.relationships, report, host, commits);
  const once = async () => (await forwarded(context)) ?? command(context);
  return context.options.watch === true ? again(once, report, host) : once();
}

/** What works without a configuration file, or reads it by itself. */
function isWithoutConfig({ command, options }: Invocation): boolean {
  if (command === 'demo' || command === 'service') return true;
  if (options.at === undefined) return false;
  if (/^sftp:/i.test(options.at))
    throw new FailureError({
      failure: 'usage',
      message: '--at names a folder of this machine, and no URL',
      hint: 'run it on that machine with --at FOLDER, or here with -c',
    });
  if (options.config === undefined) return true;
  throw new FailureError({
    failure: 'usage',
    message: '--at works on the backup alone, without a configuration file',
    hint: 'leave out one of --at and --config',
  });
}

const CLEAR = '\u001b[H\u001b[2J';

/** The same again every second; on a terminal in the same place. Ends with the interruption. */
async function again(once: () => Promise<Exit>, report: Report, host: Host): Promise<Exit> {
  for (;;) {
    if (host.stdout.isTTY) report.print(CLEAR);
    const exit = await once();
    if (host.signal.aborted) return exit;
    await host.pause(1000);
  }
}

/** `exit` where the command knows better than the codes: what is wrong in a configuration is usage. */
function failed(report: Report, failures: readonly Failure[], exit?: Exit): Exit {
  report.fail(failures);
  return exit ?? worst(failures.map(({ failure }) => exitOf(failure)));
}

function choose(names: readonly string[], config: Config) {
  const known = config.relationships.map(({ name }) => name);
  const failures = names
    .filter(name => !known.includes(name))
    .map((name): Failure => {
      const hint = didYouMean(name, known) ?? `The configuration has ${known.join(', ') || 'none'}`;
      return { failure: 'usage', message: `there is no relationship "${name}"`, hint };
    });
  const relationships = config.relationships.filter(({ name }) => names.length === 0 || names.includes(name));
  return { failures, relationships };
}

function contextOf(
  { command, options, operands, relationships: names }: Invocation,
  config: Config | undefined,
  relationships: readonly Relationship[],
  report: Report,
  host: Host,
  commits: Commits,
): CommandContext {
  const absolute = (file: string | undefined) => (file === undefined ? undefined : resolve(host.cwd, file));
  const { out, plan, config: file, root, at } = options;
  const paths = Object.entries({
    out: absolute(out),
    plan: absolute(plan),
    config: absolute(file),
    root: absolute(root),
    at: absolute(at),
  });
  return {
    command,
    exclusively: work => (config === undefined ? work() : withLock(config.state, work)),
    options: { ...options, ...Object.fromEntries(paths.filter(([, path]) => path !== undefined)) },
    operands,
    ...(config === undefined ? {} : { config }),
    relationships,
    names,
    host,
    report,
    commit: work => commits.run(work),
    mask: text => (options.showSecrets ? text : maskSecrets(text, config?.secrets).text),
  };
}

/** Turns what was thrown into a failure. Nobody but a developer can read a stack trace. */
async function guarded(work: () => Promise<Exit>, report: Report, host: Host): Promise<Exit> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Interrupted) return EXIT.interrupted;
    if (error instanceof FailureError) return failed(report, [error.failure]);
    return unexpected(error, report, host);
  }
}

/** Reports a mistake of ours; with WARMSPARE_DEBUG=1 its stack goes to stderr. */
export function unexpected(error: unknown, report: Report, host: Host): Exit {
  const debug = host.machine.env.WARMSPARE_DEBUG === '1';
  const message = `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  const hint = debug ? 'Report it with the lines below' : 'Run it again with WARMSPARE_DEBUG=1';
  report.fail({ failure: 'internal', message, hint });
  if (debug && error instanceof Error)
    host.stderr.write(`${maskSecrets(error.stack ?? error.message).text}\n`);
  return EXIT.failed;
}
