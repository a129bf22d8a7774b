import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodePair } from '../support/pair.ts';

const STRACE = '/usr/bin/strace';
const START = fileURLToPath(new URL('../../scripts/start.js', import.meta.url));

/** Not everybody may trace: in some containers nobody. */
export const canTrace =
  existsSync(STRACE) && spawnSync(STRACE, ['-qq', '-o', '/dev/null', '/bin/true']).status === 0;

/** One system call: its name, and the paths it names, relative to the backup; ended without an error. */
export interface Call {
  readonly name: string;
  readonly paths: readonly string[];
  /** The whole line, for a failing test to show. */
  readonly text: string;
}

/** Runs a real command, and gives its calls on files of the backup in the order in which they ended. */
export function traced(pair: NodePair, argv: readonly string[], calls: readonly string[]): Call[] {
  const log = join(pair.folder, 'trace');
  const trace = ['-f', '-qq', '-y', '-s', '512', '-e', `trace=${calls.join(',')}`, '-o', log];
  execFileSync(STRACE, [...trace, process.execPath, START, ...argv], { cwd: pair.folder, stdio: 'pipe' });
  return callsIn(readFileSync(log, 'utf8'), `${pair.path('backup', '')}/`);
}

/** Lines that were cut in two, because two threads were at it at once, are joined where they end. */
function callsIn(log: string, root: string): Call[] {
  const begun = new Map<string, string>();
  const ended: string[] = [];
  for (const line of log.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (rest.endsWith('<unfinished ...>')) begun.set(thread, rest.slice(0, -'<unfinished ...>'.length));
    else if (resumed !== null) ended.push(`${begun.get(thread)}${resumed[1]}`);
    else ended.push(rest);
  }
  return ended
    .filter(text => text.includes(root) && !/ = -1 E/.test(text))
    .map(text => {
      const named = [...text.matchAll(/"([^"]*)"|\d<([^>]*)>/g)].map(match => match[1] ?? match[2]!);
      const paths = named.filter(path => `${path}/`.startsWith(root)).map(path => path.slice(root.length));
      return { name: /^\w+/.exec(text)?.[0] ?? '', paths, text };
    });
}

/** Kills a real command at the first call that names the path. */
export function killedAt(pair: NodePair, argv: readonly string[], path: string): NodeJS.Signals | null {
  return killed(pair, argv, ['-P', path, '-e', 'inject=%file:signal=KILL:when=1']);
}

/** Kills a real command at the call of that name with that number, from 1. */
export function killedAtCall(
  pair: NodePair,
  argv: readonly string[],
  name: string,
  count: number,
): NodeJS.Signals | null {
  return killed(pair, argv, ['-e', `inject=${name}:signal=KILL:when=${count}`]);
}

function killed(pair: NodePair, argv: readonly string[], how: readonly string[]): NodeJS.Signals | null {
  // Calls are counted for each thread by itself, so there must be one.
  const { signal, status } = spawnSync(
    STRACE,
    ['-f', '-qq', '-o', '/dev/null', ...how, process.execPath, START, ...argv],
    { cwd: pair.folder, env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  );
  return status === 137 ? 'SIGKILL' : signal;
}
