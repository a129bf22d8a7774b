import { join } from 'node:path';
import type { Put } from '../connectors/connector.ts';
import { isRemote } from '../connectors/file/remotes.ts';
import { sha256 } from '../connectors/file/source.ts';
import type { Ledger, LedgerEntry, StagedFile } from '../connectors/ledger.ts';
import type { FileInput } from '../core/apply/file-input.ts';
import type { FilePlan } from '../core/apply/plan.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { stringOf } from '../core/text.ts';
import { type Deciding, withEntry } from './break.ts';
import { encoded } from './encoded.ts';
import { runHook } from './hooks.ts';
import { fileRules, type Opened, ruleOf } from './opened.ts';
import { settledServing } from './owner.ts';
import { dropOutdated } from './perform.ts';
import { planHere } from './plan-here.ts';
import { refusedPlan } from './prepare-files.ts';
import { readyToInstall } from './ready.ts';
import { mayRemember, writeWitness } from './witness.ts';

export interface Activated {
  readonly installed: readonly string[];
  /** Kept ready and installed by an earlier call. */
  readonly already: readonly string[];
  /** What could not be installed: its place holds something that cannot be brought together with it. */
  readonly held: readonly FilePlan[];
  /** Hooks that ran well, as they were written. */
  readonly hooks: readonly string[];
  readonly failures: readonly Failure[];
}

/** Its hooks would run here, and not where the services are that are to take the files. */
function notThere({ name, target }: Opened): Failure {
  return {
    failure: 'unsupported',
    message: `${name}: ${target.title} is another machine, and what waits for the break has to be installed and taken there`,
    hint: `run \`warmspare activate --at <its folder> ${name}\` on that machine`,
  };
}

/**
 * Installs what was kept ready for the break, and has the services take it. Works on the broken node
 * alone. What the node had at those places is kept, and its settings of its own stay where the rules
 * preserve them, or where it changed them since an earlier call. The hooks run each time.
 */
export async function activate(
  opened: Opened,
  definition: string,
  deciding: Deciding,
): Promise<Activated | Failure> {
  const { target, name, root } = opened;
  if (isRemote(root)) return notThere(opened);
  const found = (await target.reachable()) ?? (await target.ledger(name));
  if (isFailure(found)) return found;
  const ledger = found?.broken === true ? await settledServing(opened, found) : found;
  if (isFailure(ledger)) return ledger;
  if (ledger?.broken !== true) return notBroken(name);
  const plans: FilePlan[] = [];
  for (const [path, staged] of readyToInstall(opened, ledger))
    plans.push(await planOne(opened, ledger, path, staged));
  const held = plans.filter(plan => plan.held.length > 0);
  const ready = plans.filter(plan => plan.held.length === 0);
  const failure = await install(opened, definition, ledger, ready, deciding);
  if (failure !== undefined) return failure;
  const hooks: string[] = [];
  const failures: Failure[] = [];
  for (const { argv, path } of hooksOf(opened, ready)) {
    const wrong = await runHook(argv, join(target.title, path));
    if (wrong === undefined) hooks.push(argv.join(' '));
    else failures.push(wrong);
  }
  const paths = (some: readonly FilePlan[]) => some.map(({ path }) => path);
  return {
    installed: paths(ready.filter(({ action }) => action !== 'keep')),
    already: paths(ready.filter(({ action }) => action === 'keep')),
    held,
    hooks,
    failures,
  };
}

/** The text that was kept ready leads, as it is: it was rewritten and checked when it was kept. */
async function planOne(opened: Opened, ledger: Ledger, path: string, staged: StagedFile): Promise<FilePlan> {
  const { target, name } = opened;
  const text = await target.text(name, staged.file!);
  if (text === undefined) return refusedPlan(name, path, lostText(path));
  const local = await target.read(path);
  if (isFailure(local)) return refusedPlan(name, path, local);
  // What somebody took away meanwhile is installed like what never stood there.
  const known = local === undefined ? undefined : await standingThere(opened, ledger, path, staged);
  const rules = {
    ...fileRules(opened, path, 'take-primary'),
    format: staged.format,
    rewrite: 'none' as const,
    conflict: 'primary' as const,
    mode: 'auto' as const,
    guard: undefined,
  };
  return planHere(
    { path, primary: text, local: local?.bytes, deletedBefore: 0, ...(known && { known }) },
    rules,
  );
}

/** What was put at the place before: by an earlier call, or by replication before the file had to wait. */
async function standingThere(
  { target, name }: Opened,
  ledger: Ledger,
  path: string,
  { installed, format }: StagedFile,
): Promise<FileInput['known']> {
  if (installed !== undefined) {
    const text = await target.text(name, installed);
    return text && { format, base: installed, file: installed, local: [], text: stringOf(text) };
  }
  const entry = ledger.files[path];
  const text = entry && (await target.base(name, path, entry.base));
  return entry && text && { ...entry, text: stringOf(text) };
}

async function install(
  opened: Opened,
  definition: string,
  ledger: Ledger,
  plans: readonly FilePlan[],
  deciding: Deciding,
): Promise<Failure | undefined> {
  const { target, name } = opened;
  const sequence = ledger.sequence + 1;
  const onBreak: Record<string, StagedFile> = { ...ledger.onBreak };
  const puts: Put[] = [];
  const touched: LedgerEntry['files'] = [];
  // Whatever the rules say of it later, from now on this is what was put there.
  const files: Ledger['files'] = { ...ledger.files };
  const bases = new Map<string, Uint8Array>();
  for (const { path, action, text, base, local, before, after } of plans) {
    const staged = onBreak[path]!;
    onBreak[path] = { ...staged, installed: staged.file! };
    const { format, primary } = staged;
    const from = primary === undefined ? {} : { primary };
    files[path] = { format, base: sha256(base!), file: after!, ...from, sequence, local: [...local] };
    bases.set(path, await encoded(base!));
    if (action === 'keep' || text === undefined) continue;
    const bytes = await encoded(text);
    const { mode, uid, gid } = staged;
    puts.push({ path, bytes, hash: sha256(bytes), mode, uid, gid });
    touched.push({ path, before: before ?? null, after: after ?? null, deleted: 0, settings: 0 });
  }
  const isNews = plans.some(({ path }) => onBreak[path]?.installed !== ledger.onBreak?.[path]?.installed);
  if (puts.length === 0 && !isNews) return undefined;
  const { epoch, direction } = ledger;
  const taken = await target.takeOver(name, { above: epoch, direction, broken: true });
  if (isFailure(taken)) return taken;
  const next = {
    ...withEntry(ledger, opened, 'activate', deciding, touched),
    onBreak,
    files,
    epoch: taken.epoch,
  };
  const isOurs = await mayRemember(opened, ledger);
  const failure = await target.commit({
    relationship: name,
    puts,
    deletes: [],
    expected: new Map(plans.map(({ path, before }) => [path, before])),
    bases,
    definition,
    ledger: next,
  });
  if (failure !== undefined) return failure;
  if (isOurs) writeWitness(opened.state, next);
  await dropOutdated(target, name, ledger, next);
  return undefined;
}

/** Each hook once, with the first of its files, in the order of the files; one that names its file, for each. */
function hooksOf(opened: Opened, plans: readonly FilePlan[]) {
  const found = new Map<string, { readonly argv: readonly string[]; readonly path: string }>();
  for (const { path } of plans) {
    const argv = ruleOf(opened, path, 'reload');
    if (argv === undefined) continue;
    const isOfFile = argv.some(word => word.includes('{file}'));
    const key = JSON.stringify([argv, isOfFile ? path : '']);
    if (!found.has(key)) found.set(key, { argv, path });
  }
  return found.values();
}

function lostText(path: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `the text of ${path} that was kept ready is gone or damaged`,
    at: { file: path },
    hint: 'write the file by hand from what the primary had, or restore the .warmspare folder',
  };
}

export function notBroken(name: string): Failure {
  return {
    failure: 'not-broken',
    message: `${name} is not broken: its backup follows, and is written to`,
    hint: `free it to serve first: warmspare break ${name}`,
  };
}
