import type { Document as AstDocument, CST } from 'yaml';
import type { Container, Item, Json, Leaf, Node, Scalar } from '../../document.ts';
import type { Loaded } from './load.ts';
import { layNode } from './node.ts';
import { blockStart, endOfLast, endOfTrail, startBelowHeader } from './trivia.ts';
import { checkGrowth, expectTrivia, type Laid, newWalk, type Source, type Walk } from './walk.ts';

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
export function layStream(source: Source, loaded: Loaded): Stream {
  const scalars: Scalar[] = [];
  const sections = sectionsOf(loaded.tokens);
  const from = source.text.startsWith('\ufeff') ? 1 : 0;
  const { length } = source.text;
  const laid: LaidDocument[] = [];
  const items: Item[] = [];
  let at = from;
  for (const [index, ast] of loaded.documents.entries()) {
    const section = sections[index] ?? {};
    const pointer = loaded.documents.length === 1 ? '' : `/${index}`;
    const document = layDocument(newWalk(source, scalars), ast, section, at, pointer);
    const item = documentItem(source, document, section, at, pointer);
    laid.push(document);
    items.push(item);
    at = item.trail.end;
  }
  expectTrivia(source, at, length);
  const [only] = laid;
  if (laid.length === 1 && only !== undefined) {
    return { root: widen(only.content.node, length), scalars, value: only.content.value };
  }
  const close = { start: at, end: length };
  const root: Container = { kind: 'list', span: { start: 0, end: length }, items, close, join: 'plain' };
  return { root, scalars, value: laid.map(document => document.content.value) };
}

function layDocument(
  walk: Walk,
  ast: AstDocument.Parsed,
  section: Section,
  at: number,
  pointer: string,
): LaidDocument {
  const spot = { pointer, inKey: false, flow: false, after: endOfLast(section.token?.start) ?? at };
  const own = blockStart(section.token?.value);
  const bare = section.head === undefined && own !== undefined;
  const start = bare ? { start: startBelowHeader(walk.text, at, own) } : {};
  const content = layNode(walk, ast.contents, { ...spot, ...start });
  checkGrowth(walk, content);
  return { own: section.head ?? content.node.span.start, content };
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

/** The item of a document in a stream of several: directives and `---`, content, `...`. */
function documentItem(
  source: Source,
  { own, content }: LaidDocument,
  section: Section,
  at: number,
  pointer: string,
): Item {
  const { start, end } = content.node.span;
  const foot = section.foot ?? end;
  const wholeLines = section.foot === undefined && content.wholeLines;
  expectTrivia(source, at, own);
  expectTrivia(source, end, foot);
  return {
    label: '',
    pointer,
    lead: { start: at, end: own },
    head: { start: own, end: start },
    node: content.node,
    foot: { start: end, end: foot },
    trail: { start: foot, end: wholeLines ? foot : endOfTrail(source.text, foot) },
  };
}
