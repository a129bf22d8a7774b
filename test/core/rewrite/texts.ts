/** Hand-made documents and mappings for the tests of the identity engine. */
import type { Document, Json, Scalar, TextEdit } from '../../../src/core/document.ts';
import type { Format } from '../../../src/core/formats/format.ts';
import type { IdentitySpec, Mapping, PairSpec, SharedSpec } from '../../../src/core/rewrite/identity.ts';
import { compileMapping } from '../../../src/core/rewrite/mapping.ts';
import { rewrite } from '../../../src/core/rewrite/rewrite.ts';

/** A text without any scalars: everything is raw, and nothing has a place. */
export function rawDocument(text: string, scalars: readonly Scalar[] = []): Document {
  const span = { start: 0, end: text.length };
  return { format: 'lines', text, root: { kind: 'leaf', span }, scalars, value: null as Json };
}

/** Spells edits as they are; enough for raw texts. */
export const plainFormat: Format = {
  name: 'lines',
  parse: text => rawDocument(text),
  respell: (scalar: Scalar, edits: readonly TextEdit[]) =>
    edits.map(({ offset, length, content }) => {
      const at = (unit: number) => scalar.offsets?.[unit] ?? scalar.span.start + unit;
      return { offset: at(offset), length: at(offset + length) - at(offset), content };
    }),
};

/** `[kind, primary, backup]`, or with more keys as an object. */
export type PairRow = readonly [PairSpec['kind'], string, string] | PairSpec;

export function spec(rows: readonly PairRow[], shared: readonly SharedSpec[] = []): IdentitySpec {
  const pairs = rows.map((row, i): PairSpec => {
    const pair = isSpec(row) ? row : { kind: row[0], primary: row[1], backup: row[2] };
    return { source: { file: 'warmspare.yaml', line: i + 1, column: 3 }, ...pair };
  });
  const placed = shared.map((one, i) => ({ source: { file: 'warmspare.yaml', line: 100 + i }, ...one }));
  return { pairs, shared: placed };
}

function isSpec(row: PairRow): row is PairSpec {
  return !Array.isArray(row);
}

/** A mapping that must be valid. */
export function mappingOf(rows: readonly PairRow[], shared: readonly SharedSpec[] = []): Mapping {
  const { mapping, failures } = compileMapping(spec(rows, shared));
  if (mapping === undefined) throw new Error(failures.map(({ message }) => message).join('\n'));
  return mapping;
}

export function rewriteText(text: string, mapping: Mapping, file = 'a.conf'): string {
  return rewrite(rawDocument(text), mapping, file, plainFormat).text;
}

/** One scalar as it stands in a text: found by its source. */
export function scalarAt(text: string, source: string, more: Partial<Scalar> = {}): Scalar {
  const start = text.indexOf(source);
  if (start === -1) throw new Error(`${source} is not in the text`);
  return {
    span: { start, end: start + source.length },
    role: 'value',
    pointer: '',
    value: source,
    isString: true,
    isolated: false,
    text: source,
    style: 'plain',
    ...more,
  };
}
