/** Blocks between `{` and `}`, with statements that end at a `;` or at the line end. */
import { type Failure, placeAt } from '../../failure.ts';
import { afterMark, type Draft, type DraftSection, labelOf, skipBlanks } from '../text-tree.ts';
import {
  afterLine,
  braceAt,
  directiveOf,
  type Rules,
  type Statement,
  skipTrivia,
  statementAt,
} from './statement.ts';
import { MAX_DEPTH, missingEnd, strayEnd, tooDeep } from './unbalanced.ts';

/** A block whose `}` has not been met yet. */
interface OpenBlock {
  readonly draft: Pick<Draft, 'label' | 'words' | 'lead' | 'head'>;
  readonly brace: number;
  readonly entries: Draft[];
}

export function parseBraces(text: string, rules: Rules, file?: string): DraftSection | Failure {
  const root: Draft[] = [];
  const open: OpenBlock[] = [];
  let lead = afterMark(text);
  for (;;) {
    const block = open.at(-1);
    const entries = block?.entries ?? root;
    const own = skipTrivia(text, lead, rules);
    if (own === text.length) {
      if (block !== undefined) return missingEnd(text, '}', block.draft.label, block.brace, own, file);
      return { entries: root, start: 0, close: lead, end: text.length };
    }
    if (braceAt(text, own, -1, rules) === 'close') {
      if (block === undefined) return strayEnd(text, '}', own, file);
      open.pop();
      const closed = closeBlock(text, block, lead, own, rules);
      (open.at(-1)?.entries ?? root).push(closed);
      lead = closed.trail;
      continue;
    }
    const statement = statementAt(text, own, rules);
    if (statement.by === 'open') {
      if (open.length === MAX_DEPTH) return tooDeep(text, statement.stop, file);
      open.push({ draft: headerOf(text, statement, lead, own), brace: statement.stop, entries: [] });
      lead = afterLine(text, statement.stop + 1, rules);
    } else if (statement.by === 'text' && rules.ends === 'semicolon' && text[own] !== '%') {
      const block = open.at(-1);
      if (block !== undefined)
        return missingEnd(text, '}', block.draft.label, block.brace, text.length, file);
      return unended(text, statement, own, file);
    } else {
      const entry = entryOf(text, statement, lead, own, rules);
      entries.push(entry);
      lead = entry.trail;
    }
  }
}

function headerOf(text: string, statement: Statement, lead: number, own: number): OpenBlock['draft'] {
  const last = statement.words.at(-1);
  // `name = {` and `name: {` are headers of LVM and friends: the sign is no part of the name.
  const signed = last !== undefined && /^[=:]$/.test(text.slice(last.start, last.end));
  const words = signed ? statement.words.slice(0, -1) : statement.words;
  return { label: labelOf(text, words), words, lead, head: own };
}

function closeBlock(text: string, block: OpenBlock, close: number, brace: number, rules: Rules): Draft {
  const node = { entries: block.entries, start: block.brace, close, end: brace + 1 };
  let foot = node.end;
  if (rules.ends === 'semicolon') {
    const next = skipBlanks(text, foot);
    if (text[next] === ';') foot = next + 1;
  }
  return { ...block.draft, node, foot, trail: afterLine(text, foot, rules) };
}

function entryOf(text: string, statement: Statement, lead: number, own: number, rules: Rules): Draft {
  const { label, rest } = directiveOf(text, statement);
  const foot = statement.by === 'semicolon' ? statement.stop + 1 : statement.end;
  const trail = afterLine(text, foot, rules);
  const words = [label];
  return { label: labelOf(text, words), words, lead, head: own, node: rest ?? statement.end, foot, trail };
}

function unended(text: string, statement: Statement, own: number, file?: string): Failure {
  return {
    failure: 'syntax',
    message: `';' is missing at the end of '${text.slice(own, statement.words[0]!.end)}'`,
    at: placeAt(text, statement.end, file),
    also: [placeAt(text, own, file)],
  };
}
