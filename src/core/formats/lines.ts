/**
 * One entry per line: exports, hosts, fstab and anything else that is text. An entry is called by its
 * first word, and lines that a backslash joins are one entry. Nothing is a syntax error here.
 */
import type { Document } from '../document.ts';
import type { Failure } from '../failure.ts';
import { type Rules, skipTrivia, statementAt } from './block/statement.ts';
import type { Format } from './format.ts';
import { afterMark, type Draft, documentOf, labelOf, lineAt, respellRaw } from './text-tree.ts';

export const lines: Format = { name: 'lines', parse, respell: respellRaw };

const RULES: Rules = { ends: 'line', braces: 'none', lineComments: '#!;', sameLineComments: '#' };

function parse(text: string, file?: string): Document | Failure {
  const entries: Draft[] = [];
  let lead = afterMark(text);
  for (let own = skipTrivia(text, lead, RULES); own < text.length; own = skipTrivia(text, lead, RULES)) {
    const { words, end, stop } = statementAt(text, own, RULES);
    const [label, second] = words;
    const trail = lineAt(text, stop).next;
    const node = second === undefined ? end : { start: second.start, end };
    const labels = [label!];
    entries.push({ label: labelOf(text, labels), words: labels, lead, head: own, node, foot: end, trail });
    lead = trail;
  }
  return documentOf('lines', text, { entries, start: 0, close: lead, end: text.length }, file);
}
