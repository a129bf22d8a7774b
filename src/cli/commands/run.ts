import type { Engine } from '../../cluster/engine.ts';
import { openEngine } from '../../cluster/open.ts';
import { checkConfig } from '../../config/check.ts';
import type { Config } from '../../config/config.ts';
import { readConfig } from '../../config/load.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import type { Pace } from '../../core/replicator/state.ts';
import { socketPath } from '../../daemon/control/protocol.ts';
import { ControlServer } from '../../daemon/control/server.ts';
import { Daemon } from '../../daemon/daemon.ts';
import { Heartbeat } from '../../daemon/heartbeat.ts';
import { type Journal, openJournal } from '../../daemon/journal/journal.ts';
import { type Log, openLog } from '../../daemon/log.ts';
import { type Notify, openNotify } from '../../daemon/notify.ts';
import { RealWorld } from '../../daemon/real-world.ts';
import { promptCode, promptCollection } from '../../daemon/runtime.ts';
import { takeLock } from '../../replication/lock.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Host } from '../host.ts';
import { count } from '../report/plan.ts';
import { type Serving, serve } from '../served.ts';
import { VERSION } from '../version.ts';
import type { Command, CommandContext, CommandName } from './command.ts';

/** The commands that a daemon carries out for others; handed in, because `run` is one of the table. */
type Table = Partial<Record<CommandName, Command>>;

/** The daemon: keeps every relationship in step until it is told to stop, and answers other commands. */
export async function run({ config, host }: CommandContext, table: Table): Promise<Exit> {
  promptCode();
  promptCollection();
  const { state } = config!;
  const lock = await takeLock(state);
  if (isFailure(lock)) throw new FailureError(lock);
  try {
    return await locked(config!, host, table);
  } finally {
    await lock.release();
  }
}

async function locked(config: Config, host: Host, table: Table): Promise<Exit> {
  let secrets = () => config.secrets;
  const log = openLog(config.node, host.stderr, () => secrets());
  const journal = await openJournal(config.state, {
    onFailure: failure => log.say('error', `${failure.message}; ${failure.hint ?? ''}`),
  });
  if (isFailure(journal)) throw new FailureError(journal);
  for (const { message } of journal.failures) log.say('error', `the journal was damaged: ${message}`);
  const crash = new AbortController();
  const world = new RealWorld(
    log,
    journal,
    error => crash.abort(error),
    host.planner ?? {},
    () => host.now(),
  );
  let engine: Engine | undefined;
  try {
    engine = await engineOf(config, log);
    const cluster = engine === undefined ? {} : { cluster: { engine, world } };
    const daemon = await Daemon.start(config, { world, journal, pace: paceOf(host), ...cluster });
    if (isFailure(daemon)) throw new FailureError(daemon);
    secrets = () => daemon.config.secrets;
    const heartbeat = new Heartbeat(() => {
      log.say('warn', 'this process was asleep: everything is looked at again');
      daemon.gap();
    });
    const longestDelayMs = () => heartbeat.longestDelayMs();
    const serving: Serving = { daemon, world, host, commands: table, longestDelayMs };
    const control = await ControlServer.listen(socketPath(config.state), (request, say) =>
      serve(serving, request, say),
    );
    if (isFailure(control)) {
      heartbeat.stop();
      await daemon.stop();
      throw new FailureError(control);
    }
    await live({ daemon, world, control, journal, log, host, heartbeat, crash: crash.signal });
  } finally {
    await engine?.close();
    await world.close();
    await journal.close();
  }
  // Begun anew by systemd: from what is durable, which is all that counts.
  if (crash.signal.aborted) throw crash.signal.reason;
  return EXIT.done;
}

/** What this member speaks to the others through; undefined: it is alone. */
async function engineOf({ cluster, node }: Config, log: Log): Promise<Engine | undefined> {
  if (cluster === undefined) return undefined;
  const engine = await openEngine(cluster, node, what => log.say('warn', `cluster: ${what}`));
  if (Array.isArray(engine)) throw new FailureError(engine[0]!);
  return engine;
}

interface Running {
  readonly daemon: Daemon;
  readonly world: RealWorld;
  readonly control: ControlServer;
  readonly journal: Journal;
  readonly log: Log;
  readonly host: Host;
  readonly heartbeat: Heartbeat;
  readonly crash: AbortSignal;
}

/** From ready to stopped. */
async function live(running: Running): Promise<void> {
  const { daemon, control, journal, log, host, crash, heartbeat } = running;
  const notify = openNotify(host.machine.env, why => log.say('warn', why));
  const { node } = daemon.config;
  journal.append({ relationship: '', at: host.now(), event: { type: 'started', version: VERSION, node } });
  log.say('info', `warmspare ${VERSION} keeps ${summary(daemon)} in step`);
  const unhook = host.hangup(() => void reload(running, notify));
  notify.watchdog(() => heartbeat.isWell());
  await notify.ready(`keeps ${summary(daemon)} in step`);
  void running.world.warmUp();
  await aborted(AbortSignal.any([host.signal, crash]));
  unhook();
  log.say('info', crash.aborted ? 'stopping because of a mistake of its own' : 'stopping');
  await notify.stopping();
  heartbeat.stop();
  await Promise.all([control.close(), daemon.stop()]);
  journal.append({ relationship: '', at: host.now(), event: { type: 'stopped' } });
  log.say('info', 'stopped: what was begun is finished');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

function summary({ config }: Daemon): string {
  return count(config.relationships.length, 'relationship');
}

/** A bad file keeps the old configuration, loudly. */
async function reload({ daemon, journal, log, host }: Running, notify: Notify): Promise<void> {
  await notify.reloading();
  const found = again(daemon.config, host);
  const done = Array.isArray(found) ? found : await daemon.reload(found);
  if (Array.isArray(done) || isFailure(done)) {
    for (const failure of [done].flat()) {
      const { message, at, hint } = failure;
      const where = [at?.file, at?.line, at?.column].filter(part => part !== undefined).join(':');
      log.say(
        'error',
        `the configuration is not taken, the old one stays: ${where}: ${message}; ${hint ?? ''}`,
      );
      journal.append({ relationship: '', at: host.now(), event: { type: 'failed', failure } });
    }
    await notify.ready(`keeps ${summary(daemon)} in step; the configuration file is wrong`);
    return;
  }
  const { begun, ended, changed } = done;
  const what = [
    ...begun.map(name => `${name} begins`),
    ...changed.map(name => `${name} changed`),
    ...ended.map(name => `${name} ends`),
  ];
  log.say('info', `the configuration was read again: ${what.join(', ') || 'nothing changed'}`);
  journal.append({ relationship: '', at: host.now(), event: { type: 'reloaded' } });
  await notify.ready(`keeps ${summary(daemon)} in step`);
}

function again({ file, state, node }: Config, host: Host): Config | Failure[] {
  const loaded = readConfig(file, host.machine);
  if (Array.isArray(loaded)) return loaded;
  const { config } = loaded;
  const wrong = checkConfig(config);
  if (wrong.length > 0) return wrong;
  if (config.state !== state || config.node !== node) {
    return [
      {
        failure: 'config-invalid',
        message: '`state` and `node` do not change while the daemon runs',
        at: { file },
        hint: 'restart the daemon: systemctl restart warmspare',
      },
    ];
  }
  return config;
}

/** For tests and benchmarks: WARMSPARE_PACE="rescan=500,proof=1000" in milliseconds. */
function paceOf({ machine }: Host): Partial<Pace> {
  const text = machine.env.WARMSPARE_PACE ?? '';
  const parts = text.split(',').filter(part => part !== '');
  return Object.fromEntries(parts.map(part => part.split('=')).map(([key, value]) => [key, Number(value)]));
}
