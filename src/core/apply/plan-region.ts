import type { FileInput, FileRules } from './file-input.ts';
import { guardDeletions } from './guard.ts';
import { type FilePlan, fileId } from './plan.ts';
import { sizeOf } from './region/grown.ts';
import { type Candidate, candidatesFor, levelsAt } from './region/locate.ts';
import type { Proven } from './region/prove.ts';
import { MOST_UNITS, type Redone, redo } from './region/redo.ts';
import { changedStretch } from './region/stretch.ts';
import { textEdits } from './text-edits.ts';

export { type Proven, prove } from './region/prove.ts';

/** More attempts than this cost more than they save. */
const MOST_ATTEMPTS = 8;

/** The first bytes may make a file binary, which only the whole pass looks at. */
const MAGIC_UNITS = 32;
const MOST_BYTES = 64 * 1024 * 1024;

/** A plan, and what the next one may go on from once it was carried out. */
export interface RegionPlan {
  /**
   * As planFile gives it, but for what would cost the whole file: `swaps` and `notes` are those of the
   * entries that were planned anew, and `edits` and `patch` say the same change in their own steps.
   */
  readonly plan: FilePlan<string>;
  readonly proven: Proven;
}

/**
 * The plan that planFile(input, rules) would give, from what changed alone. undefined where only a whole
 * pass can tell: where anything would be held, the backup's file is not what replication last made of it,
 * or the change reaches further than its own entries.
 */
export function planRegion(input: FileInput, rules: FileRules, proven: Proven): RegionPlan | undefined {
  return concluded(planRegionAhead(input, rules, proven));
}

/** What steps come to in the end, whatever is foretold on the way. */
export function concluded<T>(steps: Generator<unknown, T, void>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/**
 * The same. Yields on the way what the backup's text will be if nothing speaks against it, so that it can be
 * made ready in the meantime; it may also come to nothing, or to another text.
 */
export function* planRegionAhead(
  input: FileInput,
  rules: FileRules,
  proven: Proven,
): Generator<string, RegionPlan | undefined, void> {
  const { primary } = input;
  if (primary === undefined || primary.length === 0 || primary.length > MOST_BYTES) return undefined;
  if (!isStill(input, rules, proven)) return undefined;
  const text = decoded(primary);
  if (text === undefined) return undefined;
  const stretch = changedStretch(proven.primary, text);
  if (stretch === undefined)
    return { plan: planned(input, rules, proven, undefined, proven.replicated), proven };
  if (stretch.start < MAGIC_UNITS && isBinaryLike(text)) return undefined;
  const levels = levelsAt(proven.root, stretch);
  let attempts = 0;
  let units = 0;
  for (const candidate of candidatesFor(levels, stretch, proven.primary, proven.format === 'json')) {
    const { start, end } = candidate.primary;
    if (start > stretch.start || end < stretch.oldEnd) continue;
    if (++attempts > MOST_ATTEMPTS) return undefined;
    const next = text.slice(start, end + text.length - proven.primary.length);
    units += Math.max(end - start, next.length);
    if (units > MOST_UNITS[proven.format]) return undefined;
    const redone = yield* inWhole(redo(proven, rules, levels, candidate, next), proven, candidate);
    if (redone !== undefined) return carried(input, rules, proven, text, redone);
  }
  return undefined;
}

/** The text of a part that is foretold, in that of the file. */
function* inWhole(
  steps: Generator<string, Redone | undefined, void>,
  { replicated }: Proven,
  { replicated: { start, end } }: Candidate,
): Generator<string, Redone | undefined, void> {
  let step = steps.next();
  for (; step.done !== true; step = steps.next())
    yield replicated.slice(0, start) + step.value + replicated.slice(end);
  return step.value;
}

/** Whether all that was proven still is: the same rules, and the backup as replication left it. */
function isStill({ path, local, known }: FileInput, rules: FileRules, proven: Proven): boolean {
  if (path !== proven.path || rules.mapping !== proven.mapping || rules.rewrite !== proven.rewrite)
    return false;
  if (rules.preserve.length > 0 || rules.mode !== 'auto') return false;
  if (known === undefined || local === undefined || (rules.format ?? known.format) !== proven.format)
    return false;
  if (known.file !== proven.hash || known.base !== proven.hash) return false;
  const { text } = known;
  const isSame = typeof text === 'string' ? text === proven.replicated : isOf(text, proven.hash, rules);
  if (!isSame) return false;
  return rules.digest(local) === proven.hash;
}

function isOf(bytes: Uint8Array | undefined, hash: string, { digest }: FileRules): boolean {
  return bytes !== undefined && digest(bytes) === hash;
}

/** undefined for what is not UTF-8. A byte-order mark is part of the text. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a text begins as no configuration file does. */
function isBinaryLike(text: string): boolean {
  return (
    /[^\t\n\r -~\u00a0-\uffff]/.test(text.slice(0, MAGIC_UNITS)) || /^(?:TDB file|SQLite|PK|LUKS)/.test(text)
  );
}

/** The plan of a part, unless the guard of deletions holds it, and what is proven after it. */
function carried(
  input: FileInput,
  rules: FileRules,
  proven: Proven,
  primary: string,
  redone: Redone,
): RegionPlan | undefined {
  const { deletions, offset, old, root, settings, stars, told, recent } = redone;
  const earlier = { entries: input.deletedBefore, settings: input.settingsDeletedBefore ?? 0 };
  if (
    rules.guard !== undefined &&
    guardDeletions(proven.path, deletions, earlier, rules.guard) !== undefined
  ) {
    return undefined;
  }
  const { replicated } = proven;
  const text = replicated.slice(0, offset) + redone.text + replicated.slice(offset + old.length);
  const size = sizeOf(root);
  // An outline that lost count would put the next change in another place.
  if (size.primary !== primary.length || size.replicated !== text.length) return undefined;
  const plan = planned(input, rules, proven, redone, text);
  const { recent: _, ...kept } = proven;
  const next = {
    ...kept,
    ...(recent === undefined ? {} : { recent }),
    primary,
    replicated: text,
    hash: plan.after ?? proven.hash,
    root,
    settings,
    stars,
  };
  return { plan, proven: told === undefined ? next : { ...next, told } };
}

function planned(
  input: FileInput,
  rules: FileRules,
  proven: Proven,
  redone: Redone | undefined,
  text: string,
): FilePlan<string> {
  const isChange = redone !== undefined && redone.text !== redone.old;
  const plan: Omit<FilePlan<string>, 'id'> = {
    path: proven.path,
    action: isChange ? 'change' : 'keep',
    format: proven.format,
    primary: rules.digest(input.primary!),
    before: proven.hash,
    after: isChange ? rules.digest(text) : proven.hash,
    was: proven.replicated,
    base: text,
    edits: [],
    patch: [],
    swaps: redone?.swaps ?? [],
    held: [],
    notes: [],
    deletions: 0,
    local: [],
    baseline: false,
    ...(isChange ? changed(redone, text) : {}),
  };
  return { ...plan, id: fileId(rules.relationship, plan, rules.digest) };
}

function changed({ offset, old, text: now, patch, notes, deletions }: Redone, text: string) {
  return {
    text,
    edits: textEdits(old, now).map(edit => ({ ...edit, offset: offset + edit.offset })),
    patch,
    notes,
    deletions: deletions.entries,
    settingsDeleted: deletions.settings,
  };
}
