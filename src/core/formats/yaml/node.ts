import { type Alias, type CST, isAlias, isScalar, type ParsedNode } from 'yaml';
import { layBlockList, layBlockMap } from './block.ts';
import { layFlow } from './flow.ts';
import { layScalar } from './scalar.ts';
import { emptyAt, fail, type Laid, reach, type Spot, type Walk } from './walk.ts';

/** Lays out any node. `null` is a node that is not there (`{a}` has no value). */
export function layNode(walk: Walk, ast: ParsedNode | null, spot: Spot): Laid {
  walk.nodes++;
  if (ast === null) return layNothing(spot.after);
  if (isAlias(ast)) return layAlias(walk, ast);
  const anchored: { laid?: Laid } = {};
  if (ast.anchor !== undefined) walk.anchors.set(ast.anchor, anchored);
  const laid = isScalar(ast) ? layScalar(walk, ast, spot) : layCollection(walk, ast, spot);
  anchored.laid = laid;
  return laid;
}

/** An empty leaf, right after the indicator or property that it belongs to. */
export function layNothing(offset: number): Laid {
  const node = { kind: 'leaf', span: emptyAt(offset) } as const;
  return { node, value: null, size: 1, wholeLines: false, text: '' };
}

function layAlias(walk: Walk, alias: Alias.Parsed): Laid {
  const [start, end] = alias.range;
  const target = walk.anchors.get(alias.source);
  if (target === undefined) {
    throw fail(walk, 'syntax', `no anchor &${alias.source} stands before this alias`, start);
  }
  if (target.laid === undefined) {
    throw fail(walk, 'alias-bomb', `*${alias.source} stands within its own anchor and has no end`, start);
  }
  const { value, size, text } = target.laid;
  reach(walk, size, start);
  const node = { kind: 'leaf', span: { start, end } } as const;
  return { node, value, size, wholeLines: false, ...(text === undefined ? {} : { text }) };
}

function layCollection(walk: Walk, ast: Exclude<ParsedNode, Alias.Parsed>, spot: Spot): Laid {
  const token = ast.srcToken as CST.Token | undefined;
  if ('items' in ast && token?.type === 'block-map') return layBlockMap(walk, ast, spot);
  if ('items' in ast && token?.type === 'block-seq') return layBlockList(walk, ast, token, spot);
  if ('items' in ast && token?.type === 'flow-collection') return layFlow(walk, ast, token, spot);
  throw fail(walk, 'internal', `no layout for ${token?.type ?? 'a node without source'}`, ast.range[0]);
}
