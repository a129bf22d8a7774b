import { readFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { checkConfig } from '../../config/check.ts';
import type { Config } from '../../config/config.ts';
import { readConfig } from '../../config/load.ts';
import { code } from '../../connectors/file/place.ts';
import { type Failure, FailureError } from '../../core/failure.ts';
import { shipped, shippedPath } from '../../installation.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { CommandContext } from './command.ts';
import { put, remove, type ServiceFile, standing } from './service-files.ts';
import { inUse, reloadSystemd } from './service-systemd.ts';
import { backupRoots, dropIn, UNIT } from './service-unit.ts';

const CONFIG = '/etc/warmspare/warmspare.yaml';

/**
 * The systemd unit: `show` prints what `install` would write for this installation and configuration;
 * `uninstall` takes that away. Only files that install wrote, and nobody edited, are ever replaced or removed.
 * With `--root`, everything is in that folder, the configuration file too, and the running systemd is
 * left alone.
 */
export async function service(context: CommandContext): Promise<Exit> {
  const { operands, report } = context;
  if (operands.action === 'uninstall') return guarded(context, () => uninstall(context));
  const config = configuration(context);
  if (Array.isArray(config)) {
    report.fail(config);
    return EXIT.usage;
  }
  const files = filesFor(context, config);
  if (operands.action === 'show') return show(context, files);
  return guarded(context, () => install(context, config, files));
}

function show({ report }: CommandContext, files: readonly ServiceFile[]): Exit {
  for (const { path, text } of files) report.print(`# ${path}\n${text}\n`);
  report.set('files', files);
  return EXIT.done;
}

async function install(
  context: CommandContext,
  config: Config,
  files: readonly ServiceFile[],
): Promise<Exit> {
  const { report, options, commit } = context;
  const found = await Promise.all(files.map(async file => ({ file, is: await standing(file) })));
  const foreign = found
    .filter(({ is }) => is === 'foreign')
    .map(({ file }) => notOurs(file, ', move it away, and install again'));
  if (foreign.length > 0) return refused(context, foreign);
  const changed = found.filter(({ is }) => is !== 'same').map(({ file }) => file);
  const dry = options.dryRun === true;
  if (!dry) {
    await commit(async () => {
      for (const file of changed) await put(file);
      if (changed.length > 0 && options.root === undefined) await reloadSystemd();
    });
  }
  const word = dry ? 'to be written' : 'written';
  tell(
    context,
    found.map(({ file, is }) => ({ path: file.path, state: is === 'same' ? 'unchanged' : word })),
  );
  const missing = await missingRoots(context, config);
  for (const path of missing) {
    report.print(
      `${path} is not there yet: it can be written to after it is made and the service restarted\n`,
    );
  }
  report.set('missing', missing);
  const next = nextCommand(await inUse(options.root), changed.length > 0, options.root);
  if (next !== undefined) report.print(`next: ${next}\n`);
  report.set('next', next ?? null);
  return EXIT.done;
}

async function uninstall(context: CommandContext): Promise<Exit> {
  const { options, commit } = context;
  const files = placesIn(options.root).map(path => ({ path, text: '' }));
  const found = await Promise.all(files.map(async file => ({ file, is: await standing(file) })));
  const present = found.filter(({ is }) => is !== 'absent').map(({ file }) => file);
  const foreign = found
    .filter(({ is }) => is === 'foreign')
    .map(({ file }) => notOurs(file, ', and remove it by hand'));
  if (foreign.length > 0) return refused(context, foreign);
  const use = present.length > 0 ? await inUse(options.root) : undefined;
  if (use !== undefined) return refused(context, [stillUsed(use, options.root)]);
  const dry = options.dryRun === true;
  if (!dry) {
    await commit(async () => {
      await remove(present);
      if (present.length > 0 && options.root === undefined) await reloadSystemd();
    });
  }
  const word = dry ? 'to be removed' : 'removed';
  tell(
    context,
    found.map(({ file, is }) => ({ path: file.path, state: is === 'absent' ? 'not there' : word })),
  );
  return EXIT.done;
}

/** Failures of the file system in words: mostly somebody who is not root. */
async function guarded({ options }: CommandContext, work: () => Promise<Exit>): Promise<Exit> {
  try {
    return await work();
  } catch (error) {
    const { path } = error as NodeJS.ErrnoException;
    if (path === undefined || code(error) === undefined) throw error;
    throw new FailureError({
      failure: 'unwritable',
      message: `${path} cannot be changed (${code(error)})`,
      at: { file: path },
      hint: options.root === undefined ? 'Run it as root, or with --root DIR' : 'Use a folder of your own',
    });
  }
}

/** The service runs as root, whoever asks for its unit. */
function configuration({ options, host }: CommandContext): Config | Failure[] {
  const { root } = options;
  const { read } = host.machine;
  const machine = {
    ...host.machine,
    uid: 0,
    read: root === undefined ? read : (path: string) => read(join(root, path)),
  };
  const loaded = readConfig(options.config ?? CONFIG, machine);
  if (!Array.isArray(loaded)) {
    const wrong = checkConfig(loaded.config);
    return wrong.length > 0 ? wrong : loaded.config;
  }
  const hint = `Name it with -c, or start from the example ${shippedPath('etc/warmspare.yaml')}`;
  return loaded.map(failure =>
    failure.at?.line === undefined && failure.failure === 'config-missing' ? { ...failure, hint } : failure,
  );
}

function placesIn(root = '/'): [unit: string, dropIn: string] {
  const folder = join(root, 'etc/systemd/system');
  return [join(folder, UNIT), join(folder, `${UNIT}.d`, 'installation.conf')];
}

function filesFor({ options }: CommandContext, config: Config): ServiceFile[] {
  const [unit, extra] = placesIn(options.root);
  const installation = { node: process.execPath, program: shippedPath('bin/warmspare.js') };
  return [
    { path: unit, text: readFileSync(shipped(`etc/${UNIT}`), 'utf8') },
    { path: extra, text: dropIn(installation, config) },
  ];
}

async function missingRoots({ options }: CommandContext, config: Config): Promise<string[]> {
  const roots = backupRoots(config).map(async path => {
    const isThere = await access(join(options.root ?? '/', path)).then(
      () => true,
      () => false,
    );
    return isThere ? [] : [path];
  });
  return (await Promise.all(roots)).flat();
}

function tell({ report }: CommandContext, files: readonly { path: string; state: string }[]): void {
  for (const { path, state } of files) report.print(`${path}: ${state}\n`);
  report.set('files', files);
}

/** What is left to do after an install; undefined where the service runs as it stands. */
function nextCommand(
  use: 'active' | 'enabled' | undefined,
  isChanged: boolean,
  root: string | undefined,
): string | undefined {
  if (root !== undefined) return use === undefined ? `systemctl --root=${root} enable warmspare` : undefined;
  if (use === undefined) return 'systemctl enable --now warmspare';
  if (use === 'enabled') return 'systemctl start warmspare';
  return isChanged ? 'systemctl restart warmspare' : undefined;
}

function refused({ report }: CommandContext, failures: readonly Failure[]): Exit {
  report.fail(failures);
  return EXIT.refused;
}

function notOurs({ path }: ServiceFile, how: string): Failure {
  return {
    failure: 'unwritable',
    message: `${path} is there, and is not as warmspare service install wrote it`,
    at: { file: path },
    hint: `Keep what is your own in a drop-in (systemctl edit warmspare)${how}`,
  };
}

function stillUsed(use: 'active' | 'enabled', root: string | undefined): Failure {
  const command =
    root === undefined ? 'systemctl disable --now warmspare' : `systemctl --root=${root} disable warmspare`;
  return {
    failure: 'locked',
    message: `${UNIT} is ${use}`,
    hint: `First: ${command}`,
  };
}
