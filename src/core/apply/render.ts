import { structuredPatch } from 'diff';
import { maskSecrets } from '../change/secrets.ts';
import type { Swap } from '../rewrite/identity.ts';
import { stringOf } from '../text.ts';
import type { FilePlan } from './plan.ts';

export interface RenderOptions {
  /** Secrets stand as they are; without, the diff of a file with secrets cannot be applied. */
  readonly showSecrets: boolean;
  readonly secrets: readonly RegExp[];
}

/** A diff as people and patch(1) read it. */
export interface Rendering {
  /** Lines without line ends; those that begin with `#` are for people only. */
  readonly lines: readonly string[];
  /** How many of the lines shown bear a masked secret. */
  readonly masked: number;
}

const CONTEXT = 3;

/**
 * The unified diff of one file of a plan, as `patch -p1` takes it, preceded by remarks: what is done,
 * and each swapped identifier on a new line with the rule behind it.
 */
export function renderFile(file: FilePlan, options: RenderOptions): Rendering {
  const was = file.action === 'create' ? '' : (file.was ?? '');
  const text = file.action === 'delete' ? '' : (stringOf(file.text) ?? '');
  const { hunks } = structuredPatch('a', 'b', was, text, '', '', { context: CONTEXT });
  const old = masked(was, options);
  const next = masked(text, options);
  let hidden = 0;
  const shown = (lines: readonly string[], index: number, line: string): string => {
    const safe = lines[index] ?? line.slice(1);
    if (safe !== line.slice(1)) hidden++;
    return safe;
  };
  const body: string[] = [];
  const touched = new Set<number>();
  for (const hunk of hunks) {
    body.push(`@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`);
    let [i, j] = [hunk.oldStart - 1, hunk.newStart - 1];
    for (const line of hunk.lines) {
      const sign = line[0];
      if (sign === '\\') body.push(line);
      else if (sign === '-') body.push(`-${shown(old, i++, line)}`);
      else if (sign === '+') {
        touched.add(j);
        body.push(`+${shown(next, j++, line)}`);
      } else {
        body.push(` ${shown(next, j++, line)}`);
        i++;
      }
    }
  }
  const header = [
    `--- ${file.action === 'create' ? '/dev/null' : named('a', file.path)}`,
    `+++ ${file.action === 'delete' ? '/dev/null' : named('b', file.path)}`,
  ];
  const remarks = swapsOnLines(file, touched).map(
    ([line, swap]) => `#   line ${line + 1}: ${describeSwap(swap)}`,
  );
  return { lines: [...remarks, ...header, ...body], masked: hidden };
}

/** An empty side of a hunk begins at line 0, as GNU diff writes it. */
function range(start: number, length: number): string {
  return `${length === 0 ? start - 1 : start},${length}`;
}

function named(side: string, path: string): string {
  return `${side}/${path}${/\s/.test(path) ? '\t' : ''}`;
}

/** The lines of a text, masked as a whole: a secret may be told only by the lines around it. */
function masked(text: string, options: RenderOptions): string[] {
  return (options.showSecrets ? text : maskSecrets(text, options.secrets).text).split('\n');
}

export function describeSwap(swap: Swap): string {
  const { kind, from, to } = swap.rule;
  const rule = from === swap.found && to === swap.put ? '' : `, rule ${from} -> ${to}`;
  return `${swap.found} -> ${swap.put} (${kind}${rule})`;
}

/** The swaps that stand on the given lines (from 0) of the new text. */
function swapsOnLines(file: FilePlan, lines: ReadonlySet<number>): [number, Swap][] {
  const [text, replicated] = [stringOf(file.text), stringOf(file.base)];
  if (text === undefined || replicated === undefined) return [];
  const base = lineStarts(replicated);
  const found: [number, Swap][] = [];
  if (text === replicated) {
    for (const swap of file.swaps) {
      const line = lineOf(base, swap.to.start);
      if (lines.has(line)) found.push([line, swap]);
    }
    return found;
  }
  // Merged with local edits: a line that came over whole is recognised by its text.
  const byText = new Map<string, Swap[]>();
  const baseLines = replicated.split('\n');
  for (const swap of file.swaps) {
    const line = baseLines[lineOf(base, swap.to.start)]!;
    byText.set(line, [...(byText.get(line) ?? []), swap]);
  }
  const own = text.split('\n');
  for (const line of [...lines].sort((a, b) => a - b)) {
    for (const swap of byText.get(own[line]!) ?? []) found.push([line, swap]);
  }
  return found;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
