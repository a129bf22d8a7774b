/** Plans some entries of a file anew: the whole pass in small, on what a candidate holds. */
import { openLines } from '../../capture/nesting.ts';
import { canonical } from '../../change/align.ts';
import type { Operation } from '../../change/patch.ts';
import type { FormatName } from '../../document.ts';
import { FailureError } from '../../failure.ts';
import { formatNamed } from '../../formats/registry.ts';
import { lookalikes } from '../../rewrite/coverage.ts';
import type { Lookalike, Swap } from '../../rewrite/identity.ts';
import { findResidue } from '../../rewrite/residue.ts';
import { rewrite } from '../../rewrite/rewrite.ts';
import { valueRewriter } from '../../rewrite/values.ts';
import { unaccounted } from '../accounted.ts';
import type { FileRules } from '../file-input.ts';
import type { Deletions } from '../guard.ts';
import {
  depthOf,
  isRecent,
  type Part,
  type Recent,
  readAlone,
  readTrivia,
  type Surroundings,
} from './alone.ts';
import { changeOf } from './change.ts';
import { type Told, toldAfter } from './dialect-kept.ts';
import { inRoot, withNewItems, withNewTrivia } from './grown.ts';
import { isNewHere } from './keys.ts';
import { type Candidate, childPlace, isAfterFragile, isCalmAt, type Level } from './locate.ts';
import type { Branch } from './outline.ts';
import { DEEP_LINE, MAX_DEPTH, MAX_STARS, type Proven, starsIn } from './prove.ts';
import { withPointers } from './swaps.ts';
import { columnOf, isPlain } from './yaml-lines.ts';

/** A part of the file, planned. Offsets are into the whole texts. */
export interface Redone {
  /** Where it stood in the backup's old text, and what stands there now. */
  readonly offset: number;
  readonly old: string;
  readonly text: string;
  readonly patch: readonly Operation[];
  readonly deletions: Deletions;
  readonly swaps: readonly Swap[];
  readonly notes: readonly Lookalike[];
  readonly root: Branch;
  readonly settings: number;
  readonly stars: number;
  readonly told?: Told;
  readonly recent?: Recent;
}

/**
 * What all attempts together may look at, in units: more is planned with the whole file, where it keeps
 * nobody waiting. By what the passes over a text cost (daemon/planner/cost.ts), each is about 10 ms.
 */
export const MOST_UNITS: Readonly<Record<FormatName, number>> = {
  yaml: 2_000,
  toml: 2_500,
  json: 4_000,
  ini: 5_000,
  block: 8_000,
  lines: 12_500,
};

/** Everything that one attempt looks at. */
interface Attempt {
  readonly proven: Proven;
  readonly rules: FileRules;
  readonly levels: readonly Level[];
  readonly candidate: Candidate;
  /** The primary's new text of the part. */
  readonly next: string;
}

/**
 * undefined where this candidate does not tell what the whole pass would say. Yields the backup's new text
 * of the part as soon as it is there, before what takes most of the time: whether that is right.
 */
export function* redo(
  proven: Proven,
  rules: FileRules,
  levels: readonly Level[],
  candidate: Candidate,
  next: string,
): Generator<string, Redone | undefined, void> {
  const attempt = { proven, rules, levels, candidate, next };
  if (!isReadable(attempt)) return undefined;
  return candidate.zone === 'items' ? yield* redoItems(attempt) : redoTrivia(attempt);
}

/** What can be told from the bytes and the outline. */
function isReadable({ proven, levels, candidate, next }: Attempt): boolean {
  const { format, primary } = proven;
  const { start } = candidate.primary;
  if (/\0|\r(?!\n)|\ue000/.test(next) || DEEP_LINE.test(next)) return false;
  // At the start of a file it is a mark, and by itself this part would be one.
  if (start > 0 && next.startsWith('\ufeff')) return false;
  if (format === 'json') return true;
  const { branch } = levels[candidate.depth]!;
  // An entry of a list may begin behind the `- ` of its line; everything else begins with its line.
  const isAtLine = start === 0 || primary[start - 1] === '\n' || (start === 1 && primary[0] === '\ufeff');
  if (!isAtLine && padOf(primary, start) === undefined) return false;
  if (!isAtLine && format !== 'yaml') return false;
  const before = borderOf(candidate, branch);
  if (format === 'yaml' && isAfterFragile(branch, before)) return false;
  if (
    format === 'block' &&
    (/^\s*\{/.test(next) || /^\s*\{/.test(primary.slice(candidate.primary.end, candidate.primary.end + 400)))
  )
    return false;
  // What is put behind a section that only the next header ends would be in that section.
  const isInSection = candidate.zone === 'items' && branch.items.branches[before - 1] !== undefined;
  if (isInSection && hasSections(proven)) return false;
  const isCalm =
    candidate.zone === 'tail' && candidate.from >= 0
      ? branch.items.branches[candidate.from]!.isCalm
      : isCalmAt(branch, before);
  return candidate.zone === 'head' || isCalm;
}

function hasSections({ format, told }: Proven): boolean {
  return format === 'ini' || format === 'toml' || told?.dialect.shape === 'sections';
}

/** The index of the item of `branch` before which the part begins. */
function borderOf({ zone, from }: Candidate, { items }: Branch): number {
  if (zone === 'head') return 0;
  if (zone === 'tail') return from === -1 ? items.labels.length : from + 1;
  return from;
}

/** The columns before an entry that begins behind the `- ` of its line; undefined if it does not. */
function padOf(text: string, start: number): number | undefined {
  const line = text.lastIndexOf('\n', start - 1) + 1;
  const before = text.slice(line, start);
  return /^[ -]*$/.test(before) && before.length < 100 ? before.length : undefined;
}

function surroundings({ proven, levels, candidate }: Attempt): Surroundings {
  const { format, primary, told } = proven;
  const { start, end } = candidate.primary;
  const { branch } = levels[candidate.depth]!;
  const isLast = candidate.to === branch.items.labels.length;
  const more = format === 'json' ? !isLast : end < primary.length || primary.endsWith('\n');
  const pad = format === 'yaml' ? (padOf(primary, start) ?? 0) : 0;
  const column = format === 'yaml' ? (columnOf(primary.slice(start, end), pad) ?? -1) : 0;
  return { format, dialect: told?.dialect, isList: branch.sort === 'list', more, pad, column };
}

function* redoItems(attempt: Attempt): Generator<string, Redone | undefined, void> {
  const { proven, levels, candidate, next } = attempt;
  const { from, to, depth } = candidate;
  const { branch } = levels[depth]!;
  const old = proven.replicated.slice(candidate.replicated.start, candidate.replicated.end);
  const around = surroundings(attempt);
  if (around.more && around.format !== 'json' && !next.endsWith('\n') && next !== '') return undefined;
  if (around.format === 'yaml' && (from === to || around.column < 0)) return undefined;
  const was = proven.primary.slice(candidate.primary.start, candidate.primary.end);
  const recent = isRecent(proven.recent, was, around) ? proven.recent : undefined;
  // The outline says that the bytes that would be replaced are what the primary's old text becomes. Were it
  // ever wrong, the change would be put in another place of the backup's file.
  if ((recent?.replicated ?? rewrittenAlone(attempt, was, around)) !== old) return undefined;
  const part = readAlone(next, around);
  if (part === undefined || depth + depthOf(part.document.root) > MAX_DEPTH) return undefined;
  const swapped = swappedText(attempt, part);
  if (swapped === undefined) return undefined;
  if (swapped.text !== old) yield swapped.text;
  const now = rewritten(attempt, part, swapped, text => readAlone(text, around));
  const before = recent?.part ?? readAlone(old, around);
  if (now === undefined || before === undefined) return undefined;
  const isKnown =
    before.items.length === to - from &&
    before.items.every(({ label }, n) => label === branch.items.labels[from + n]);
  if (!isKnown || branch.items.labels.length - (to - from) + part.items.length === 0) return undefined;
  if (!isNewHere(proven, levels[depth]!, candidate, part, now.part)) return undefined;
  const change = changeOf({ format: proven.format, levels, depth, from, before, after: now.part });
  if (change === undefined) return undefined;
  const rest = finish(attempt, old, part, now);
  if (rest === undefined) return undefined;
  const grown = withNewItems(levels[depth]!, candidate, part, now.part, change.groups);
  return {
    ...rest,
    swaps: withPointers(
      rest.swaps,
      part,
      levels[depth]!.place.primary,
      index => childPlace(grown, from + index, levels[depth]!.place).primary,
    ),
    patch: change.patch,
    // The guard speaks of the share of the whole file.
    deletions: { ...change.deletions, settingsBefore: proven.settings },
    root: inRoot(levels, depth, grown),
    settings: proven.settings + change.growth,
    recent: { around, primary: next, replicated: now.text, part: now.part },
  };
}

function rewrittenAlone({ proven, rules }: Attempt, was: string, around: Surroundings): string | undefined {
  if (rules.rewrite === 'none') return was;
  const part = readAlone(was, around);
  if (part === undefined) return undefined;
  const { document, shift, length } = part;
  const { text } = rewrite(document, rules.mapping, proven.path, formatNamed(proven.format));
  return text.slice(shift, text.length - (document.text.length - shift - length));
}

function redoTrivia(attempt: Attempt): Redone | undefined {
  const { proven, levels, candidate, next } = attempt;
  const around = surroundings(attempt);
  const { start, end } = candidate.primary;
  const wasPart = readTrivia(proven.primary.slice(start, end), around);
  const part = readTrivia(next, around);
  if (wasPart === undefined || part === undefined) return undefined;
  const read = (text: string) => readTrivia(text, around);
  const was = rewritten(attempt, wasPart, swappedText(attempt, wasPart), read);
  const now = rewritten(attempt, part, swappedText(attempt, part), read);
  if (was === undefined || now === undefined) return undefined;
  const old = was.text;
  if (!proven.replicated.startsWith(old, candidate.replicated.start)) return undefined;
  const rest = finish(attempt, old, part, now);
  if (rest === undefined) return undefined;
  const growth = { primary: next.length - (end - start), replicated: now.text.length - old.length };
  const deletions = { entries: 0, settings: 0, settingsBefore: proven.settings };
  return {
    ...rest,
    patch: [],
    deletions,
    root: withNewTrivia(levels, candidate, growth),
    settings: proven.settings,
  };
}

/** A part as the backup gets it: the text, read again, and the swaps in it (offsets into `part`). */
interface Rewritten {
  readonly text: string;
  readonly part: Part;
  readonly swaps: readonly Swap[];
}

/** Rewrites a part by itself. */
function swappedText({ proven, rules }: Attempt, part: Part): Omit<Rewritten, 'part'> | undefined {
  const { document, shift, length } = part;
  if (proven.format === 'yaml' && !isPlain(document)) return undefined;
  if (rules.rewrite === 'none') return { text: document.text.slice(shift, shift + length), swaps: [] };
  const { text, swaps, failures } = rewrite(document, rules.mapping, proven.path, formatNamed(proven.format));
  if (failures.length > 0) return undefined;
  const behind = document.text.length - shift - length;
  const isFramed =
    text.startsWith(document.text.slice(0, shift)) &&
    text.endsWith(document.text.slice(document.text.length - behind));
  return isFramed ? { text: text.slice(shift, text.length - behind), swaps } : undefined;
}

/** The same, read again, and the law checked on it. */
function rewritten(
  { proven, rules }: Attempt,
  part: Part,
  swapped: Omit<Rewritten, 'part'> | undefined,
  read: (text: string) => Part | undefined,
): Rewritten | undefined {
  if (swapped === undefined) return undefined;
  if (rules.rewrite === 'none') return { ...swapped, part };
  const expected = expectedValue(part, rules, proven.path);
  if (expected === undefined) return undefined;
  const again = read(swapped.text);
  if (again === undefined || again.items.length !== part.items.length) return undefined;
  if (canonical(expected.value) !== canonical(again.document.value)) return undefined;
  return { ...swapped, part: again };
}

function expectedValue({ document }: Part, rules: FileRules, path: string) {
  try {
    return { value: valueRewriter(rules.mapping, path).value(document.value, '') };
  } catch (error) {
    if (error instanceof FailureError) return undefined;
    throw error;
  }
}

/** What is the same for entries and comments: residue, notes, nesting, dialect, places in the whole texts. */
function finish(attempt: Attempt, old: string, part: Part, now: Rewritten) {
  const { proven, rules, candidate, next } = attempt;
  const { path, told } = proven;
  const { document } = now.part;
  const notes = rules.rewrite === 'none' ? [] : lookalikes(document, rules.mapping, path);
  if (notes.some(({ sort, kind }) => sort === 'unmapped' && rules.unmapped[kind] === 'hold'))
    return undefined;
  const found = rules.rewrite === 'none' ? [] : findResidue(document, rules.mapping, path);
  if (unaccounted(found, now.swaps, undefined, []).length > 0) return undefined;
  const was = proven.primary.slice(candidate.primary.start, candidate.primary.end);
  const isCalm = (text: string) => proven.format === 'json' || !openLines(text).atEnd;
  if (![was, next, old, now.text].every(isCalm)) return undefined;
  const stars = proven.stars - starsIn(was) + starsIn(next);
  const toldNow = told === undefined ? undefined : toldOfBoth(attempt, told, old, now.text);
  if (stars > MAX_STARS || (told !== undefined && toldNow === undefined)) return undefined;
  const from = candidate.primary.start - part.shift;
  const to = candidate.replicated.start - part.shift;
  return {
    offset: candidate.replicated.start,
    old,
    text: now.text,
    notes: notes.map(note => ({ ...note, span: moved(note.span, to) })),
    swaps: now.swaps.map(swap => ({ ...swap, from: moved(swap.from, from), to: moved(swap.to, to) })),
    stars,
    ...(toldNow === undefined ? {} : { told: toldNow }),
  };
}

function toldOfBoth(
  { proven, candidate, next }: Attempt,
  told: Told,
  old: string,
  now: string,
): Told | undefined {
  const { start, end } = candidate.primary;
  const at = candidate.replicated.start;
  const one = toldAfter(told, proven.primary, start, end, next);
  const other = toldAfter(told, proven.replicated, at, at + old.length, now);
  return one !== undefined && JSON.stringify(one.tally) === JSON.stringify(other?.tally) ? one : undefined;
}

const moved = ({ start, end }: { readonly start: number; readonly end: number }, by: number) => ({
  start: start + by,
  end: end + by,
});
