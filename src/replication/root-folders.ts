import { realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { LocalEndpoint, Relationship } from '../config/config.ts';
import type { Roots } from '../config/roots.ts';

/**
 * How roots lie to each other by the folders that they are, whatever they are called: links and mounts
 * give one folder many names. The nodes that are named beside them do not count, because this process
 * opens every one of them.
 */
export async function rootsByFolder(relationships: readonly Relationship[]): Promise<Roots> {
  const lines = new Map<string, readonly string[]>();
  for (const end of relationships.flatMap(({ primary, backup }) => [primary, backup])) {
    if (end.kind === 'path' && !lines.has(end.path)) lines.set(end.path, await lineOf(end.path));
  }
  const line = ({ path }: LocalEndpoint): readonly string[] => lines.get(path)!;
  return {
    isSame: (a, b) => line(a)[0] === line(b)[0],
    isBelow: (inner, outer) => line(inner).indexOf(line(outer)[0]!) > 0,
  };
}

/**
 * A folder and those above it, each by its device and inode. What is not there, or cannot be looked up,
 * goes by its name below the first folder that can.
 */
async function lineOf(path: string): Promise<readonly string[]> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined && path !== dirname(path)) {
    const above = await lineOf(dirname(path));
    return [`${above[0]}/${basename(path)}`, ...above];
  }
  const line: string[] = [];
  for (let at = real ?? path; ; at = dirname(at)) {
    line.push(await identityOf(at));
    if (at === dirname(at)) return line;
  }
}

async function identityOf(folder: string): Promise<string> {
  const found = await stat(folder, { bigint: true }).catch(() => undefined);
  return found === undefined ? folder : `${found.dev}:${found.ino}`;
}
