import { prescan } from '../capture/prescan.ts';
import { diff } from '../change/diff.ts';
import { hiddenIn } from '../change/mask-patch.ts';
import type { Operation } from '../change/patch.ts';
import { MASK } from '../change/secrets.ts';
import type { Document, FormatName } from '../document.ts';
import { type Failure, isFailure } from '../failure.ts';
import { tellsNothing } from '../formats/detect.ts';
import { lookalikes } from '../rewrite/coverage.ts';
import type { Lookalike } from '../rewrite/identity.ts';
import { findResidue } from '../rewrite/residue.ts';
import { stringOf } from '../text.ts';
import { residueFailure, unaccounted } from './accounted.ts';
import { baselineOf, combine, type Outcome } from './combine.ts';
import type { FileInput, FileRules } from './file-input.ts';
import { countDeletions, guardDeletions } from './guard.ts';
import { differingPlaces, isWithin, rejectedIn } from './local.ts';
import { placedNoLonger } from './placed.ts';
import { type FilePlan, fileId } from './plan.ts';
import { type Rendered, render } from './rendered.ts';
import { textEdits } from './text-edits.ts';

/**
 * What one file of the backup would get: rewrite the primary's, bring it together with the backup's
 * own, and let the guards look at the result. Everything that `diff` prints and `update` does about
 * the file is decided here.
 */
export function planFile(input: FileInput, rules: FileRules): FilePlan<string> {
  const { primary, local, known, path } = input;
  const { digest } = rules;
  const hashes = {
    ...(primary === undefined ? {} : { primary: digest(primary) }),
    ...(local === undefined ? {} : { before: digest(local) }),
  };
  const blank = {
    path,
    ...hashes,
    edits: [],
    patch: [],
    swaps: [],
    notes: [],
    deletions: 0,
    local: known?.local ?? [],
  };
  const keep = (held: readonly Failure[]): FilePlan<string> =>
    identified({ ...blank, action: 'keep', held, baseline: known === undefined }, rules);
  if (primary === undefined) return planDeletion(input, rules, blank);
  const emptied = primary.length === 0 && (local?.length ?? 0) > 0;
  if (emptied) return keep([emptyFailure(path)]);
  const rendered = render(primary, path, rules, toldFormat(input));
  if (isFailure(rendered)) return keep([rendered]);
  const outcome = combine(input, rules, rendered);
  if (isFailure(outcome)) return keep([outcome]);
  const plan = {
    ...blank,
    format: rendered.format.name,
    baseline: known === undefined,
    base: rendered.next.text,
    swaps: rendered.swaps,
    ...(outcome.was === undefined ? {} : { was: outcome.was }),
  };
  if (outcome.text === outcome.was || outcome.text === undefined) {
    const after = hashes.before === undefined ? {} : { after: hashes.before };
    return identified(
      {
        ...plan,
        action: 'keep',
        held: outcome.held,
        ...after,
        local: keptPlaces(input, rendered.next, outcome),
      },
      rules,
    );
  }
  const judged = judge(input, rules, rendered, outcome);
  return identified(
    {
      ...plan,
      action: outcome.was === undefined ? 'create' : 'change',
      after: digest(outcome.text),
      text: outcome.text,
      edits: textEdits(outcome.was ?? '', outcome.text),
      ...judged,
      held: [...rendered.held, ...outcome.held, ...judged.held],
      local: outcome.document === undefined ? [] : places(input, rendered.next, outcome.document, outcome),
    },
    rules,
  );
}

/** Of a file that stays as it is: what a merge left different is meant to be, too. */
function keptPlaces(input: FileInput, next: Document, outcome: Outcome): readonly string[] {
  const { text, document } = outcome;
  if (text === next.text) return [];
  return document === undefined ? (input.known?.local ?? []) : places(input, next, document, outcome);
}

/** Places that stay different; one that was rejected stays marked for as long as it differs. */
function places(input: FileInput, next: Document, result: Document, outcome: Outcome): string[] {
  const rejected = outcome.rejected ?? rejectedIn(input.known?.local ?? []);
  const marked = (place: string) => (isWithin(rejected, place) ? `!${place}` : place);
  return differingPlaces(next.value, result.value).map(marked);
}

/** As it was read before; where nothing was in it that could tell, what is in it now does. */
function toldFormat({ known }: FileInput): FormatName | undefined {
  if (known?.format !== 'lines') return known?.format;
  const text = stringOf(known.text);
  return text !== undefined && tellsNothing(text) ? undefined : 'lines';
}

function identified(plan: Omit<FilePlan<string>, 'id'>, rules: FileRules): FilePlan<string> {
  return { ...plan, id: fileId(rules.relationship, plan, rules.digest) };
}

function emptyFailure(path: string): Failure {
  return {
    failure: 'empty',
    message: `${path} is empty on the primary and is not on the backup`,
    at: { file: path },
    hint: 'it is replicated as soon as it has content again; delete it on the primary if it is to go',
  };
}

/** The file is gone on the primary: a whole file is a mass deletion, which waits for approval. */
function planDeletion(
  input: FileInput,
  rules: FileRules,
  blank: Omit<FilePlan<string>, 'id' | 'action' | 'held' | 'baseline'>,
): FilePlan<string> {
  const { path, local, known } = input;
  if (local === undefined || known === undefined || known.file === null) {
    return identified({ ...blank, action: 'keep', held: [], baseline: false }, rules);
  }
  const scanned = prescan(local);
  const was = isFailure(scanned) ? undefined : scanned.text;
  const held: Failure[] = [];
  if (rules.guard !== undefined || rules.mode === 'approve') {
    held.push({
      failure: 'file-deleted',
      message: `${path} was deleted on the primary`,
      at: { file: path },
      hint: 'approve to delete it on the backup, reject to keep it there',
    });
  }
  if (rules.digest(local) !== known.file && rules.conflict !== 'primary') {
    held.push({
      failure: 'conflict',
      message: `${path}: the primary deleted it, the backup changed it since the last replication`,
      at: { file: path },
      hint: 'approve to delete it on the backup, reject to keep it there',
    });
  }
  return identified(
    {
      ...blank,
      action: 'delete',
      held,
      baseline: false,
      format: known.format,
      ...(was === undefined ? {} : { was }),
    },
    rules,
  );
}

interface Judged {
  readonly held: readonly Failure[];
  readonly notes: readonly Lookalike[];
  readonly patch: readonly Operation[];
  readonly deletions: number;
  readonly settingsDeleted: number;
}

/** The guards, on the final bytes. */
function judge(input: FileInput, rules: FileRules, rendered: Rendered, outcome: Outcome): Judged {
  const { path } = input;
  const held: Failure[] = [];
  const document = outcome.document ?? rendered.next;
  const patch = outcome.base === undefined ? [] : diff(outcome.base.value, rendered.next.value);
  const deletions = outcome.base === undefined ? undefined : countDeletions(outcome.base.value, patch);
  if (deletions !== undefined && rules.guard !== undefined) {
    const failure = guardDeletions(path, deletions, earlierDeletions(input), rules.guard);
    if (failure !== undefined) held.push(failure);
  }
  const notes = rules.rewrite === 'none' ? [] : lookalikes(document, rules.mapping, path);
  if (rules.rewrite !== 'none') {
    if (outcome.base !== undefined) {
      held.push(...placedNoLonger(outcome.base, rendered.swaps, rules.mapping, path, rendered.format));
    }
    const before = outcome.base === undefined ? [] : findResidue(outcome.base, rules.mapping, path);
    const found = findResidue(document, rules.mapping, path);
    const left = unaccounted(found, rendered.swaps, outcome.pieces, before);
    held.push(...left.map(hit => residueFailure(hit, document, rules.mapping, path)));
    held.push(...unmappedHeld(notes, rules, document, path));
  }
  if (rules.mode === 'approve') {
    held.push({
      failure: 'awaits-approval',
      message: `${path}: every change of this relationship waits for approval (mode: approve)`,
      at: { file: path },
      hint: 'look at the diff, then approve or reject',
    });
  }
  if (input.known === undefined && input.local !== undefined && rules.baseline === undefined) {
    held.push(baselineOf(path));
  }
  return {
    held,
    notes,
    patch,
    deletions: deletions?.entries ?? 0,
    settingsDeleted: deletions?.settings ?? 0,
  };
}

function earlierDeletions({ deletedBefore, settingsDeletedBefore = 0 }: FileInput) {
  return { entries: deletedBefore, settings: settingsDeletedBefore };
}

function unmappedHeld(
  notes: readonly Lookalike[],
  rules: FileRules,
  document: Document,
  path: string,
): Failure[] {
  const holding = notes.filter(note => note.sort === 'unmapped' && rules.unmapped[note.kind] === 'hold');
  if (holding.length === 0) return [];
  const isHidden = hiddenIn([document.text]);
  return holding.map(note => ({
    failure: 'unmapped' as const,
    message: `${note.kind} ${isHidden(note.found) ? `${MASK} (in a secret)` : note.found} is in no pair`,
    at: { file: path, line: document.text.slice(0, note.span.start).split('\n').length },
    hint: `add a pair or declare it shared${isHidden(note.found) ? '' : `: ${note.suggestion}`}`,
  }));
}
