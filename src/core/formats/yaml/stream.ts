import type { Document as AstDocument, CST } from 'yaml';
import type { Container, Item, Json, Leaf, Node, Scalar } from '../../document.ts';
import type { Loaded } from './load.ts';
import { layNode } from './node.ts';
import { blockStart, endOfLast, endOfTrail, startBelowHeader } from './trivia.ts';
import { checkGrowth, emptyAt, type Laid, newWalk } from './walk.ts';

/** The tree, scalars and value of a whole stream. */
export interface Stream {
  readonly root: Container | Leaf;
  readonly scalars: readonly Scalar[];
  readonly value: Json;
}

/** What the top of the stream says about one document. */
interface Section {
  readonly token?: CST.Document;
  /** First directive, `---`, anchor or tag before the content. */
  readonly head?: number;
  /** End of the `...` after it. */
  foot?: number;
}

/** A document that was laid out: where its own bytes start, and its content. */
interface LaidDocument {
  readonly own: number;
  readonly content: Laid;
}

/** Lays out a stream. Throws FailureError. */
export function layStream(text: string, file: string | undefined, loaded: Loaded): Stream {
  const scalars: Scalar[] = [];
  const sections = sectionsOf(loaded.tokens);
  const from = text.startsWith('\ufeff') ? 1 : 0;
  const lay = (ast: AstDocument.Parsed, section: Section, at: number, pointer: string): LaidDocument => {
    const walk = newWalk(text, file, scalars);
    const spot = { pointer, inKey: false, flow: false, after: endOfLast(section.token?.start) ?? at };
    const own = blockStart(section.token?.value);
    const bare = section.head === undefined && own !== undefined;
    const start = bare ? { start: startBelowHeader(text, at, own) } : {};
    const content = layNode(walk, ast.contents, { ...spot, ...start });
    checkGrowth(walk, content);
    return { own: section.head ?? content.node.span.start, content };
  };
  const [only] = loaded.documents;
  if (loaded.documents.length === 1 && only !== undefined) {
    const { content } = lay(only, sections[0] ?? {}, from, '');
    return { root: widen(content.node, text.length), scalars, value: content.value };
  }
  return { ...layList(text, from, loaded.documents, sections, lay), scalars };
}

function sectionsOf(tokens: readonly CST.Token[]): Section[] {
  const sections: Section[] = [];
  let directive: number | undefined;
  for (const token of tokens) {
    if (token.type === 'directive') directive ??= token.offset;
    if (token.type === 'document') {
      const own = token.start.find(part => ['doc-start', 'anchor', 'tag'].includes(part.type));
      const head = directive ?? own?.offset;
      sections.push({ token, ...(head === undefined ? {} : { head }) });
      directive = undefined;
    }
    const last = sections.at(-1);
    if (token.type === 'doc-end' && last !== undefined) last.foot = token.offset + token.source.length;
  }
  return sections;
}

/** A document alone in its stream: its content's node is the root, and covers the whole text. */
function widen(node: Node, length: number): Container | Leaf {
  const span = { start: 0, end: length };
  return node.kind === 'leaf'
    ? { ...node, span }
    : { ...node, span, close: { start: node.close.start, end: length } };
}

function layList(
  text: string,
  from: number,
  documents: Loaded['documents'],
  sections: readonly Section[],
  lay: (ast: AstDocument.Parsed, section: Section, at: number, pointer: string) => LaidDocument,
): Pick<Stream, 'root' | 'value'> {
  const items: Item[] = [];
  const value: Json[] = [];
  let at = from;
  for (const [index, ast] of documents.entries()) {
    const section = sections[index] ?? {};
    const pointer = `/${index}`;
    const { own, content } = lay(ast, section, at, pointer);
    const item = documentItem(text, pointer, at, own, content, section.foot);
    items.push(item);
    value.push(content.value);
    at = item.trail.end;
  }
  const end = text.length;
  return {
    root: { kind: 'list', span: { start: 0, end }, items, close: { start: at, end }, join: 'plain' },
    value,
  };
}

function documentItem(
  text: string,
  pointer: string,
  at: number,
  own: number,
  content: Laid,
  foot: number | undefined,
): Item {
  const { start, end } = content.node.span;
  const footEnd = foot ?? end;
  const trail = foot === undefined && content.wholeLines ? end : endOfTrail(text, footEnd);
  return {
    label: '',
    pointer,
    lead: { start: at, end: own },
    head: { start: own, end: start },
    node: content.node,
    foot: footEnd === end ? emptyAt(end) : { start: end, end: footEnd },
    trail: { start: footEnd, end: trail },
  };
}
