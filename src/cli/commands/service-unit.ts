import type { Config, LocalEndpoint } from '../../config/config.ts';
import { type Failure, FailureError } from '../../core/failure.ts';

/** Where this installation lies, as absolute paths. */
export interface Installation {
  readonly node: string;
  /** bin/warmspare.js of this installation. */
  readonly program: string;
}

export const UNIT = 'warmspare.service';

/** Where the unit itself keeps its state, writable by StateDirectory=. */
const STATE = '/var/lib/warmspare';

/**
 * The drop-in that fits the shipped unit to one machine: where Node.js and warmspare lie, the configuration
 * file, and the folders that may be written. What the sandbox hides is opened only where something of
 * that lies in it. Throws where a path cannot be written in a unit.
 */
export function dropIn({ node, program }: Installation, config: Config): string {
  const written = [...backupRoots(config), ...(config.state === STATE ? [] : [config.state])];
  const read = config.relationships.flatMap(({ primary }) => (primary.kind === 'path' ? [primary.path] : []));
  const all = [node, program, config.file, ...read, ...written];
  const odd = all.find(path => CONTROL.test(path));
  if (odd !== undefined) throw new FailureError(unspeakable(odd));
  return [
    '[Service]',
    '# Node.js and warmspare of this machine, and the configuration file.',
    'ExecStart=',
    `ExecStart=${[quoted(node), ...[program, 'run', '-c', config.file].map(argument)].join(' ')}`,
    '# The backup roots, and the state where it lies elsewhere. One that is not there ("-") does not keep the',
    '# others waiting; once it is there, restart the service.',
    ...written.map(path => `ReadWritePaths=${quoted(`-${path}`)}`),
    ...lines(all.find(isBelow(HOMES)), 'ProtectHome=read-only', 'homes may be read'),
    ...lines(all.find(isBelow(TEMPORARY)), 'PrivateTmp=no', "everybody's /tmp is seen"),
    '',
  ].join('\n');
}

/** The folders of this machine that follow, each once. */
export function backupRoots({ relationships }: Config): string[] {
  const local = relationships.map(({ backup }) => backup).filter(end => end.kind === 'path');
  return [...new Set(local.map(({ path }: LocalEndpoint) => path))];
}

const HOMES = ['/home', '/root', '/run/user'];
const TEMPORARY = ['/tmp', '/var/tmp'];

function isBelow(folders: readonly string[]): (path: string) => boolean {
  return path => folders.some(folder => path === folder || path.startsWith(`${folder}/`));
}

function lines(because: string | undefined, setting: string, what: string): string[] {
  if (because === undefined) return [];
  // A last backslash would join the comment with the setting.
  return [`# Because of "${because}", ${what}.`, setting];
}

/** systemd's units have no way to write these in a path. */
const CONTROL = /[\x00-\x1f\x7f]/;

function unspeakable(path: string): Failure {
  return {
    failure: 'unsupported',
    message: `a path with a control character cannot stand in a unit: ${JSON.stringify(path)}`,
    hint: 'Reach it by a symbolic link with an ordinary name',
  };
}

/** An argument of ExecStart=, where `$` would be a variable, too; in the program's own path it would not. */
function argument(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}

/** A word as systemd reads it: quoted where it must be, `%` doubled. */
function quoted(text: string): string {
  const plain = text.replaceAll('%', '%%');
  return /^[\w@%+=:,./-]+$/.test(plain) ? plain : `"${plain.replace(/["\\]/g, '\\$&')}"`;
}
