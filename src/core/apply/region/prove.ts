import { openLines } from '../../capture/nesting.ts';
import { prescan } from '../../capture/prescan.ts';
import type { Document, FormatName } from '../../document.ts';
import { segmentsOf } from '../../document.ts';
import { isFailure } from '../../failure.ts';
import { tellsNothing } from '../../formats/detect.ts';
import { formatNamed } from '../../formats/registry.ts';
import type { Mapping } from '../../rewrite/identity.ts';
import { namesOnOtherSide } from '../../rewrite/mapping.ts';
import { scopeOf, verdictOf } from '../../rewrite/scope.ts';
import type { FileInput, FileRules } from '../file-input.ts';
import { countDeletions } from '../guard.ts';
import type { FilePlan } from '../plan.ts';
import { depthOf, type Recent } from './alone.ts';
import { outlineOf } from './build.ts';
import { isSameDialect, type Told, toldBy } from './dialect-kept.ts';
import { sizeOf } from './grown.ts';
import type { Branch } from './outline.ts';
import { isPlain, mergesNothing } from './yaml-lines.ts';

/**
 * What a whole pass has shown of one file and a later pass may go on from: both texts, and what is needed
 * to judge a change of a part. It never changes; each pass gives a new one, which shares what is the same.
 */
export interface Proven {
  readonly path: string;
  readonly format: FormatName;
  /** The primary's text. */
  readonly primary: string;
  /** rewrite(primary): the backup's bytes, with their SHA-256. */
  readonly replicated: string;
  readonly hash: string;
  /** What both were made with. */
  readonly mapping: Mapping;
  readonly rewrite: FileRules['rewrite'];
  /** The entries of both texts. */
  readonly root: Branch;
  /** Settings in all, as the guard of deletions counts them. */
  readonly settings: number;
  /** What in the text could be the use of a YAML alias: the first look at a file counts these. */
  readonly stars: number;
  /** Of a block file. */
  readonly told?: Told;
  /** The part that was planned last. */
  readonly recent?: Recent;
}

/** Deeper files are read whole: their depth is a failure of its own, and is not followed here. */
export const MAX_DEPTH = 60;
export const MAX_STARS = 5000;

/** A line whose head alone is that long may nest too deep by its indentation. */
export const DEEP_LINE = /^[ \t\r\-?:]{150}/m;

export function starsIn(text: string): number {
  return text.match(/\*[A-Za-z0-9_-]/g)?.length ?? 0;
}

/**
 * What may be carried on region by region, after a whole pass that ended with nothing held and the backup
 * exactly rewrite(primary) after it. undefined where that can't be proven of the file: places that are
 * preserved, pairs that hold at some places of it only, YAML with anchors, tags or several documents ...
 */
export function prove(input: FileInput, rules: FileRules, plan: FilePlan<string>): Proven | undefined {
  const { path } = input;
  const hash = plan.after;
  const isExact =
    plan.action === 'keep' ? plan.was === plan.base : plan.text === plan.base && plan.action !== 'delete';
  const made = plan.base;
  if (input.primary === undefined || made === undefined || plan.format === undefined) return undefined;
  if (hash === undefined || !isExact || plan.held.length > 0 || plan.local.length > 0) return undefined;
  if (rules.preserve.length > 0 || rules.mode !== 'auto' || !holdsEverywhere(rules, path)) return undefined;
  // How it is read is told by what comes next.
  if (plan.format === 'lines' && tellsNothing(made)) return undefined;
  const scanned = prescan(input.primary);
  if (isFailure(scanned)) return undefined;
  const format = formatNamed(plan.format);
  const primary = format.parse(scanned.text, path);
  const replicated = format.parse(made, path);
  if (isFailure(primary) || isFailure(replicated) || !isSimple(primary) || !isSimple(replicated))
    return undefined;
  const told = plan.format === 'block' ? toldBoth(scanned.text, made) : undefined;
  if (plan.format === 'block' && told === undefined) return undefined;
  const hasSections = plan.format === 'ini' || plan.format === 'toml' || told?.dialect.shape === 'sections';
  const root = outlineOf(primary, replicated, hasSections);
  if (root === undefined) return undefined;
  const size = sizeOf(root);
  if (size.primary !== scanned.text.length || size.replicated !== made.length) return undefined;
  return {
    path,
    format: plan.format,
    primary: scanned.text,
    replicated: made,
    hash,
    mapping: rules.mapping,
    rewrite: rules.rewrite,
    root,
    settings: countDeletions(replicated.value, []).settingsBefore,
    stars: starsIn(scanned.text),
    ...(told === undefined ? {} : { told }),
  };
}

/** Whether each pair applies in all of the file or in none of it, so that a place's name does not matter. */
function holdsEverywhere({ mapping, rewrite }: FileRules, path: string): boolean {
  if (rewrite === 'none') return true;
  return (
    [mapping, mapping.reversed()].every(one =>
      one.spec.pairs.every(pair => {
        const scope = scopeOf(pair, namesOnOtherSide(one));
        return scope === undefined || typeof verdictOf(scope, path) === 'boolean';
      }),
    ) &&
    [
      ...mapping.spec.pairs.flatMap(({ primary, backup }) => [primary, backup]),
      ...mapping.spec.shared.map(({ value }) => value),
    ].every(isWord)
  );
}

/** An identifier with a letter or digit in it, on one line, and with no sign at which entries are parted. */
function isWord(identifier: string): boolean {
  return /[\p{L}\p{Nd}]/u.test(identifier) && !/[\r\n\ue000]/.test(identifier);
}

/** Nothing in the document has an effect elsewhere than where it stands. */
function isSimple(document: Document): boolean {
  const { text, format, scalars, root } = document;
  if (/\r(?!\n)|\ue000/.test(text) || DEEP_LINE.test(text) || depthOf(root) > MAX_DEPTH) return false;
  if (starsIn(text) > MAX_STARS) return false;
  if (format === 'yaml' && !isSimpleYaml(document)) return false;
  if (format === 'json' || format === 'yaml' || format === 'toml') {
    return scalars.every(
      ({ role, pointer, text: key }) => role === 'value' || segmentsOf(pointer).at(-1) === key,
    );
  }
  return format !== 'block' || !openLines(text).atEnd;
}

function isSimpleYaml(document: Document): boolean {
  const { text, root } = document;
  if (root.kind === 'leaf' || root.join !== 'plain') return false;
  const start = root.items[0]?.lead.start ?? 0;
  if (/^(?:---|\.\.\.)/m.test(text.slice(start)) || /^%/m.test(text)) return false;
  return isPlain(document) && mergesNothing(document);
}

function toldBoth(primary: string, replicated: string): Told | undefined {
  const [one, other] = [toldBy(primary), toldBy(replicated)];
  const isAlike =
    isSameDialect(one.dialect, other.dialect) && JSON.stringify(one.tally) === JSON.stringify(other.tally);
  return isAlike ? one : undefined;
}
