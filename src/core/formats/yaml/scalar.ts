import type { Scalar as AstScalar, CST } from 'yaml';
import type { Scalar, Span } from '../../document.ts';
import { type Decoded, decodeDouble, decodePlain, decodeSingle } from './decode.ts';
import { decodeBlock } from './decode-block.ts';
import { layNothing } from './node.ts';
import { fail, type Laid, type Spot, type Walk } from './walk.ts';

export type Style = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** A scalar with what respelling it has to know about its surroundings. */
export interface YamlScalar extends Scalar {
  readonly style: Style;
  /** Within a flow collection, where commas and brackets end a plain scalar. */
  readonly flow: boolean;
  /** A tag stands before it, and says the type in place of its spelling. */
  readonly tagged: boolean;
  /** What the indentation indicator of a block scalar counts from. */
  readonly parentIndent: number;
}

const STYLES: { readonly [type: string]: Style } = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
};

/** Lays out a scalar and lists it; nothing but an empty leaf where nothing is written. */
export function layScalar(walk: Walk, ast: AstScalar.Parsed, spot: Spot): Laid {
  const [start, end] = ast.range;
  const token = ast.srcToken as CST.FlowScalar | CST.BlockScalar | undefined;
  const style = STYLES[ast.type ?? ''] ?? 'plain';
  if (token === undefined || (style === 'plain' && start === end)) return nothing(ast, spot);
  const span = { start, end };
  if (!isClosed(walk.text.slice(start, end), style)) {
    // The library takes an escaped quote at the end of a line for the closing one.
    throw fail(walk, 'syntax', 'this string has no closing quote', start);
  }
  const parentIndent = token.indent;
  const decoded = decode(walk.text.slice(start, end), start, style, parentIndent);
  if (decoded !== undefined && decoded.text !== ast.source) {
    // Never seen; should the two ever disagree, a held file is better than a wrong byte.
    throw fail(walk, 'internal', 'this scalar is read in two ways', start);
  }
  const value = meaningOf(ast);
  const scalar: YamlScalar = {
    span,
    role: spot.inKey ? 'key' : 'value',
    pointer: spot.pointer,
    value,
    isString: typeof ast.value === 'string',
    isolated: true,
    text: ast.source,
    ...(decoded === undefined ? {} : { offsets: Uint32Array.from(decoded.offsets) }),
    style,
    flow: spot.flow,
    tagged: ast.tag !== undefined,
    parentIndent,
  };
  walk.scalars.push(scalar);
  return leafOf(scalar, span);
}

/** Whether the last quote of a quoted scalar is none that is escaped. */
function isClosed(source: string, style: Style): boolean {
  if (style !== 'double' && style !== 'single') return true;
  const mark = style === 'double' ? '\\' : "'";
  let escapes = 0;
  while (escapes < source.length - 2 && source.at(-2 - escapes) === mark) escapes++;
  return source.length > 1 && escapes % 2 === 0;
}

/** A tag may make a string of nothing (`!!str`), so the value is the library's. */
function nothing(ast: AstScalar.Parsed, spot: Spot): Laid {
  return { ...layNothing(spot.after), value: meaningOf(ast) };
}

function leafOf(scalar: YamlScalar, span: Span): Laid {
  const node = { kind: 'leaf', span, scalar } as const;
  const wholeLines = scalar.style === 'literal' || scalar.style === 'folded';
  return { node, value: scalar.value, size: 1, wholeLines, text: scalar.text };
}

/** Numbers stand as their source unless they print as it, so that no digit is ever lost. */
function meaningOf(ast: AstScalar.Parsed): null | boolean | number | string {
  const value: unknown = ast.value;
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  const number = Number(ast.source);
  return typeof value === 'number' && String(number) === ast.source ? number : ast.source;
}

/** The text with its source; undefined for a plain scalar on one line, which stands as it is. */
export function decode(
  source: string,
  offset: number,
  style: Style,
  parentIndent: number,
): Decoded | undefined {
  switch (style) {
    case 'plain':
      return source.includes('\n') ? decodePlain(source, offset) : undefined;
    case 'single':
      return decodeSingle(source, offset);
    case 'double':
      return decodeDouble(source, offset);
    default:
      return decodeBlock(source, offset, parentIndent);
  }
}
