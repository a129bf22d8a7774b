import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FileInput, FileRules } from '../../../src/core/apply/file-input.ts';
import type { FormatName } from '../../../src/core/document.ts';
import { openPlanner, type Planner, type PlannerOptions } from '../../../src/daemon/planner/planner.ts';
import { planWhole } from '../../../src/daemon/planner/whole.ts';
import { digest, rulesOf } from '../../support/rules.ts';

/** A built module, for programs that are made here: Node.js 20 cannot run a source as it is. */
export const ENTRY = new URL('../../../dist/daemon/planner/child.js', import.meta.url);

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Names one node, for files that are made to measure. */
export const RULES = rulesOf({
  pairs: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.9' },
  ],
  shared: [],
});

/** Runs a test with a planner that plans nothing inline, unless told otherwise. */
export async function withPlanner<T>(
  options: PlannerOptions,
  work: (planner: Planner) => Promise<T>,
): Promise<T> {
  const planner = openPlanner({ ...options, limits: { inlineMs: -1, ...options.limits } });
  try {
    return await work(planner);
  } finally {
    await planner.close();
  }
}

/** Runs a test with another program for the planning process. */
export async function withEntry<T>(program: string, work: (entry: URL) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'warmspare-test-'));
  try {
    const entry = join(folder, 'child.mjs');
    writeFileSync(entry, program);
    return await work(pathToFileURL(entry));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file that was never replicated. */
export function fresh(path: string, text: string): FileInput {
  return { path, primary: bytesOf(text), local: undefined, deletedBefore: 0 };
}

/** A file that was replicated as `before`, and is `after` on the primary now; `local` changes the backup's. */
export function changed(
  path: string,
  [before, after]: readonly [string, string],
  rules: FileRules,
  local: (text: string) => string = text => text,
): FileInput {
  const { base, format } = planWhole(fresh(path, before), rules);
  if (base === undefined || format === undefined) return fresh(path, after);
  const known = { format, base: digest(base), file: digest(base), local: [], text: base };
  return { path, primary: bytesOf(after), local: bytesOf(local(base)), known, deletedBefore: 0 };
}

const ENTRIES: Readonly<Record<FormatName, (i: number) => string>> = {
  yaml: i => `- name: vol${i}\n  portal: 10.0.0.1:3260\n  node: nas1 # ${i}\n  size: ${i}\n`,
  json: i => `${i === 0 ? '[' : ','}\n  {"name": "vol${i}", "portal": "10.0.0.1:3260", "node": "nas1"}`,
  toml: i => `[vol${i}]\nportal = "10.0.0.1:3260"\nnode = "nas1"\n`,
  ini: i => `[vol${i}]\n   path = /srv/nas1/vol${i}\n   hosts allow = 10.0.0.1\n`,
  block: i => `resource vol${i} {\n  on nas1 {\n    address 10.0.0.1:7788;\n  }\n}\n`,
  lines: i => `/srv/vol${i} nas1(rw) 10.0.0.1(ro)\n`,
};

/** A valid file of about so many bytes. */
export function fileOf(format: FormatName, bytes: number): string {
  const entries: string[] = [];
  for (let left = bytes; left > 0; left -= entries.at(-1)!.length)
    entries.push(ENTRIES[format](entries.length));
  return entries.join('') + (format === 'json' ? '\n]\n' : '');
}

/** Processes that this one has started and that are still there. */
export function childrenOf(pid: number): number[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap(thread =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
}

/** Those of them that plan. */
export function planningProcesses(pid: number = process.pid): number[] {
  return childrenOf(pid).filter(child =>
    readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('warmspare: planning'),
  );
}
