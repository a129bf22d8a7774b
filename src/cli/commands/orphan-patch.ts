import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '../../connectors/file/source.ts';
import type { Ledger } from '../../connectors/ledger.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import { type Orphan, renderOrphan } from '../../replication/orphans.ts';
import type { CommandContext } from './command.ts';
import { planView } from './prepared.ts';

/** Shows what the losing side changed, and keeps it; answers where, or why it cannot be kept. */
export function keepOrphans(
  context: CommandContext,
  head: string,
  { relationship, sequence }: Pick<Ledger, 'relationship' | 'sequence'>,
  orphans: readonly Orphan[],
): string | Failure {
  const { report, config } = context;
  report.print(`${head}\n`);
  for (const orphan of orphans) {
    const { lines } = renderOrphan(orphan, planView(context));
    report.print(lines.map(line => `${line}\n`).join(''));
  }
  const folder = join(config!.state, 'orphans');
  const kept = unlessUnwritable(folder, () =>
    keep(context, folder, `${relationship}-${sequence}`, head, orphans),
  );
  if (isFailure(kept)) return kept;
  for (const file of kept) report.print(`# kept in ${file}\n`);
  const [patch] = kept;
  report.set('patch', patch);
  return patch!;
}

/** The patch, and beside it the bytes of what no patch can tell. */
function keep(
  { host }: CommandContext,
  folder: string,
  name: string,
  head: string,
  orphans: readonly Orphan[],
): string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lines = [head];
  const files: string[] = [];
  for (const orphan of orphans) {
    lines.push(...renderOrphan(orphan, { showSecrets: true, secrets: [] }).lines);
    if (orphan.raw === undefined) continue;
    const file = keepUnder(host, folder, `${name}.${sha256(orphan.raw).slice(0, 12)}`, '.orphan', orphan.raw);
    lines.push(`# ${orphan.path}: kept as it is in ${basename(file)}`);
    files.push(file);
  }
  const patch = new TextEncoder().encode(`${lines.join('\n')}\n`);
  return [keepUnder(host, folder, name, '.patch', patch), ...files];
}

/** Under a name that nothing else has: a second attempt may find less than the first, which must stay. */
function keepUnder(
  host: CommandContext['host'],
  folder: string,
  name: string,
  ending: string,
  bytes: Uint8Array,
): string {
  for (let number = 1; ; number++) {
    const file = join(folder, `${name}${number === 1 ? '' : `-${number}`}${ending}`);
    if (!existsSync(file)) {
      host.writeFile(file, bytes);
      return file;
    }
    if (readFileSync(file).equals(bytes)) return file;
  }
}

function unlessUnwritable<T>(folder: string, work: () => T): T | Failure {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return {
      failure: 'unwritable',
      message: `what was changed cannot be kept (${error.code}); nothing was decided`,
      at: { file: folder },
      hint: 'make it a folder that this user can write to, with room for the patch',
    };
  }
}
