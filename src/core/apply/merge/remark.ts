import { type Document, type Item, type Scalar, type Span, textOf } from '../../document.ts';

/**
 * How the value of an entry stands to its key. `behind` it on its line: `a: []`; `below` it on whole
 * lines of its own: a list of dashes, a TOML table; `apart`: it begins on a later line, but has no whole
 * lines of its own; `literal`: below a sign of its own (`a: |`); `compact`: its own first entry stands
 * on the line (`- name: x`).
 */
type Stance = 'behind' | 'below' | 'apart' | 'literal' | 'compact';

/**
 * The comment on the line of an entry's key. It has no place of its own: it stands behind the value
 * where the value is on the line (`a: [] # why`), and behind the key where the value is below it
 * (`a: # why`). Filling a list, or emptying it, moves the remark, and is no change of it.
 */
export interface Remark {
  /** The comment without the blanks around it; '' for none. Where there are several: all that is between. */
  readonly text: string;
  /** The comment with the blanks in front of it, or where one would stand; absent where there is no one place. */
  readonly place?: { readonly part: 'head' | 'node' | 'trail'; readonly span: Span };
}

export function stanceOf(document: Document, { head, node }: Item): Stance {
  const onLine = !textOf(document.text, head).includes('\n');
  if (node.kind === 'leaf') {
    if (isLiteral(node.scalar)) return 'literal';
  } else if (node.join === 'plain' && node.close.start === node.close.end) {
    return onLine && node.items.length > 0 ? 'compact' : 'below';
  }
  return onLine ? 'behind' : 'apart';
}

function isLiteral(scalar: Scalar | undefined): boolean {
  return scalar?.style === 'literal' || scalar?.style === 'folded';
}

export function remarkOf(document: Document, item: Item): Remark {
  const { head, node, trail } = item;
  const stance = stanceOf(document, item);
  if (stance === 'compact') return { text: '' };
  const inHead = commentIn(document, 'head', { start: endOfKey(document, head), end: head.end });
  if (stance === 'below') return inHead;
  const own =
    stance === 'literal' ? commentIn(document, 'node', node.span) : commentIn(document, 'trail', trail);
  const between = document.text.slice(inHead.place!.span.end, head.end);
  if (!between.includes('#')) {
    if (inHead.text === '') return own;
    if (own.text === '') return inHead;
  }
  return { text: `${textOf(document.text, { start: endOfKey(document, head), end: head.end })}${own.text}` };
}

/** The comment on the line that `span` starts on; where there is none, its place at the end of that line. */
function commentIn({ text }: Document, part: 'head' | 'node' | 'trail', { start, end }: Span): Remark {
  const line = /^[^\n]*?(?=\r?\n|$)/.exec(text.slice(start, end))![0];
  // In TOML a comment may touch the bracket or the value before it.
  const [, comment = ''] = /(?:^|[ \t]|(?<=\]))(#[^\n]*)$/.exec(line) ?? [];
  const before = withoutBlanks(line.slice(0, line.length - comment.length));
  const span = { start: start + before.length, end: start + line.length };
  return { text: withoutBlanks(comment), place: { part, span } };
}

function withoutBlanks(text: string): string {
  return text.replace(/[ \t]+$/, '');
}

/** A `#` within the words of a key begins no comment. */
function endOfKey({ scalars }: Document, head: Span): number {
  let [low, high] = [0, scalars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scalars[middle]!.span.start < head.end) low = middle + 1;
    else high = middle;
  }
  return Math.max(head.start, scalars[low - 1]?.span.end ?? 0);
}
