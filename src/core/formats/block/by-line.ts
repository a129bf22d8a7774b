/**
 * Blocks that lines open and close: tags, end-words, and HAProxy's sections, which only the next
 * header ends. Braces are letters here.
 */
import type { Span } from '../../document.ts';
import type { Failure } from '../../failure.ts';
import { afterMark, type Draft, type DraftSection, labelOf, lineAt } from '../text-tree.ts';
import { type Dialect, HAPROXY_HEADER } from './dialect.ts';
import { directiveOf, type Statement, skipTrivia, statementAt } from './statement.ts';
import { MAX_DEPTH, missingEnd, strayEnd, tooDeep, wrongEnd } from './unbalanced.ts';

/** What a line does: opens a block (`end` closes it; '' when the next header does), closes one, or neither. */
type Role =
  | { readonly does: 'open'; readonly words: readonly Span[]; readonly end: string }
  | { readonly does: 'close'; readonly end: string }
  | { readonly does: 'entry' };

interface OpenBlock {
  readonly draft: Pick<Draft, 'label' | 'words' | 'lead' | 'head'>;
  readonly start: number;
  readonly end: string;
  readonly entries: Draft[];
}

export function parseByLine(text: string, dialect: Dialect, file?: string): DraftSection | Failure {
  const root: Draft[] = [];
  const open: OpenBlock[] = [];
  const here = () => open.at(-1)?.entries ?? root;
  let lead = afterMark(text);
  for (;;) {
    const own = skipTrivia(text, lead, dialect.rules);
    const block = open.at(-1);
    if (own === text.length) break;
    const statement = statementAt(text, own, dialect.rules);
    const next = lineAt(text, statement.stop).next;
    const role = roleOf(text, own, statement, dialect);
    if (role.does === 'entry') {
      here().push(entryOf(text, statement, lead, own, next));
    } else if (role.does === 'close') {
      if (block === undefined) return strayEnd(text, role.end, own, file);
      if (block.end.toLowerCase() !== role.end.toLowerCase()) {
        return wrongEnd(text, role.end, block.end, own, block.draft.head, file);
      }
      open.pop();
      here().push(closeBlock(block, lead, statement.end, next));
    } else {
      if (block?.end === '') {
        open.pop();
        here().push(closeBlock(block, lead, lead, lead));
      } else if (block !== undefined && dialect.shape === 'end-words' && block.end === role.end) {
        // These blocks do not nest: the end of the one before was forgotten.
        return missingEnd(text, block.end, block.draft.label, block.draft.head, own, file);
      }
      if (open.length === MAX_DEPTH) return tooDeep(text, own, file);
      const draft = { label: labelOf(text, role.words), words: role.words, lead, head: own };
      open.push({ draft, start: next, end: role.end, entries: [] });
    }
    lead = next;
  }
  const block = open.at(-1);
  if (block !== undefined && block.end !== '') {
    return missingEnd(text, block.end, block.draft.label, block.draft.head, text.length, file);
  }
  if (block !== undefined) root.push(closeBlock(block, lead, lead, lead));
  return { entries: root, start: 0, close: lead, end: text.length };
}

function roleOf(text: string, own: number, statement: Statement, dialect: Dialect): Role {
  if (dialect.shape === 'tags') return tagRole(text, own, statement);
  const first = text.slice(statement.words[0]!.start, statement.words[0]!.end);
  const { words } = statement;
  if (dialect.shape === 'sections') {
    const unindented = own === 0 || text[own - 1] === '\n' || text[own - 1] === '\ufeff';
    const isHeader = unindented && HAPROXY_HEADER.test(text.slice(own, statement.end));
    return isHeader ? { does: 'open', words, end: '' } : { does: 'entry' };
  }
  if (dialect.shape !== 'end-words') return { does: 'entry' };
  if (dialect.words.has(first)) return { does: 'open', words, end: `end-${first}` };
  if (first.startsWith('end-') && dialect.words.has(first.slice(4))) return { does: 'close', end: first };
  return { does: 'entry' };
}

function tagRole(text: string, own: number, statement: Statement): Role {
  const raw = text.slice(own, statement.end);
  const close = /^<\/\s*([^\s<>]+)\s*>$/.exec(raw);
  if (close !== null) return { does: 'close', end: `</${close[1]}>` };
  const name = /^<([A-Za-z][\w.-]*)(\s[^<>]*)?>$/.exec(raw)?.[1];
  if (name === undefined) return { does: 'entry' };
  const words: Span[] = [];
  for (const word of statement.words) {
    const start = word.start === own ? word.start + 1 : word.start;
    const end = word.end === statement.end ? word.end - 1 : word.end;
    if (end > start) words.push({ start, end });
  }
  return { does: 'open', words, end: `</${name}>` };
}

function closeBlock(block: OpenBlock, close: number, end: number, trail: number): Draft {
  const node = { entries: block.entries, start: block.start, close, end };
  return { ...block.draft, node, foot: end, trail };
}

function entryOf(text: string, statement: Statement, lead: number, own: number, next: number): Draft {
  const { label, rest } = directiveOf(text, statement);
  const words = [label];
  const node = rest ?? statement.end;
  return { label: labelOf(text, words), words, lead, head: own, node, foot: statement.end, trail: next };
}
