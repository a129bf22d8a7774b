import { maskSecrets } from '../core/change/secrets.ts';
import { type Failure, FailureError } from '../core/failure.ts';
import type { Answer, Request } from '../daemon/control/protocol.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { World } from '../daemon/world.ts';
import type { Command, CommandContext, CommandName, Live } from './commands/command.ts';
import { EXIT, type Exit, exitOf } from './exit.ts';
import type { Host } from './host.ts';
import type { Report } from './report/report.ts';

/** What the daemon has to answer commands with. */
export interface Serving {
  readonly daemon: Daemon;
  readonly world: World;
  readonly host: Host;
  readonly commands: Partial<Record<CommandName, Command>>;
  /** The longest that anything kept the event loop lately, in milliseconds. */
  readonly longestDelayMs: () => number;
}

/** Carries out a command for another process, on the relationships as this daemon has them open. */
export async function serve(
  serving: Serving,
  request: Request,
  say: (answer: Answer) => void,
): Promise<Exit> {
  const report = remoteReport(say);
  try {
    const wrong = mismatch(serving, request);
    if (wrong !== undefined) throw new FailureError(wrong);
    const command = serving.commands[request.command as CommandName];
    if (command === undefined) throw new FailureError(unknown(request.command));
    return await command(contextOf(serving, request, report));
  } catch (error) {
    if (error instanceof FailureError) {
      report.fail(error.failure);
      return exitOf(error.failure.failure);
    }
    serving.world.log.say('error', `a command failed unexpectedly: ${String(error)}`);
    report.fail({ failure: 'internal', message: `unexpected: ${String(error)}` });
    return EXIT.failed;
  }
}

function remoteReport(say: (answer: Answer) => void): Report {
  return {
    colour: false,
    print: text => say({ print: text }),
    set: (key, value) => say({ set: key, value }),
    fail: (failures, severity = 'error') =>
      say({ fail: [failures].flat() as unknown as { failure: string; message: string }[], severity }),
    hide: () => {},
    end: () => {},
  };
}

const ANYWHERE = new Set(['status', 'cluster']);

/** A command was given one configuration, and the daemon runs on another one. */
function mismatch({ daemon }: Serving, request: Request): Failure | undefined {
  const { file } = daemon.config;
  if (request.config !== file) {
    return {
      failure: 'usage',
      message: `the daemon on this state runs with ${file}`,
      hint: `name that file: warmspare ${request.command} -c ${file}`,
    };
  }
  // How they stand their owners tell, and what is said to the cluster is about no relationship.
  if (daemon.membership !== undefined && ANYWHERE.has(request.command)) return undefined;
  const name = request.relationships.find(each => daemon.named(each) === undefined);
  if (name === undefined) return daemon.membership?.cutOff();
  const isKnown = daemon.config.relationships.some(each => each.name === name);
  if (isKnown && daemon.membership !== undefined) return daemon.membership.notOwner(name);
  return {
    failure: 'usage',
    message: `the running daemon does not know the relationship ${name} yet`,
    hint: 'have it read its configuration again: systemctl reload warmspare, or kill -HUP of its process',
  };
}

function unknown(command: string): Failure {
  return { failure: 'unsupported', message: `the daemon does not carry out "${command}"` };
}

function contextOf(serving: Serving, request: Request, report: Report): CommandContext {
  const { daemon, world, host } = serving;
  const { config } = daemon;
  const command = request.command as CommandName;
  const names = concerned(serving, request);
  return {
    command,
    options: request.options as CommandContext['options'],
    operands: request.operands,
    config,
    relationships: config.relationships.filter(({ name }) => names.includes(name)),
    names,
    host,
    report,
    exclusively: work => daemon.alone(names, work),
    opening: {
      opened: name => {
        const opened = daemon.named(name)?.opened;
        return opened === undefined ? undefined : { ...opened, who: request.who };
      },
      plan: () => world.plan(),
    },
    live: liveFor(serving, request.who),
    commit: work => work(),
    mask: text => maskSecrets(text, config.secrets).text,
  };
}

/** A held change is somebody's: only that relationship stands still while it is settled. */
function concerned({ daemon }: Serving, { command, operands, relationships }: Request): readonly string[] {
  const { id = '' } = operands;
  if (command === 'approve' || command === 'reject') {
    const holders = daemon.all.filter(({ state }) =>
      [...state.holds.values()].some(hold => hold.id.startsWith(id)),
    );
    return holders.map(({ opened }) => opened.name);
  }
  if (command === 'undo' && id.includes('/')) return [id.slice(0, id.lastIndexOf('/'))];
  return relationships;
}

function liveFor({ daemon, world, longestDelayMs }: Serving, who: string): Live {
  const { membership } = daemon;
  return {
    vitals: () => ({
      pid: process.pid,
      rssBytes: process.memoryUsage.rss(),
      longestDelayMs: Math.round(longestDelayMs()),
    }),
    standings: names => daemon.standings(names),
    ...(membership === undefined
      ? {}
      : { cluster: { view: () => membership.view(), order: order => membership.order(order) } }),
    record: entry => world.record(entry),
    pause: (name, pause) => {
      const since = world.clock.wall();
      const { reason, until } = pause;
      const why = reason === undefined ? {} : { reason };
      const end = until === undefined ? {} : { until };
      world.log.say('info', `paused by ${who}`, { relationship: name, ...end, ...why });
      world.record({ relationship: name, at: since, event: { type: 'paused', who, ...end, ...why } });
      return daemon.pause(name, { since, who, ...end, ...why });
    },
    resume: name => {
      world.log.say('info', `resumed by ${who}`, { relationship: name });
      world.record({ relationship: name, at: world.clock.wall(), event: { type: 'resumed', who } });
      return daemon.resume(name);
    },
  };
}
