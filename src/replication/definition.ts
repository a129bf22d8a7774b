import { z } from 'zod';
import type { Relationship } from '../config/config.ts';
import type { Failure } from '../core/failure.ts';
import { KINDS } from '../core/rewrite/identity.ts';

const text = z.string();
const texts = z.array(text);
const endpoint = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('path'), path: text, node: text.optional() }),
  z.object({ kind: z.literal('url'), url: text }),
  z.object({ kind: z.literal('exec'), read: texts, write: texts }),
]);
const kind = z.enum(KINDS);
const unmapped = z.record(text, z.enum(['warn', 'hold']));

const pair = z.object({
  kind,
  primary: text,
  backup: text,
  swap: z.boolean().optional(),
  in: texts.optional(),
  not: texts.optional(),
  at: text.optional(),
});

const rule = z.object({
  pattern: text,
  validate: texts.min(1).optional(),
  reload: texts.min(1).optional(),
  preserve: texts,
  rewrite: z.literal('none').optional(),
  apply: z.literal('on-break').optional(),
  format: z.enum(['json', 'yaml', 'toml', 'ini', 'block', 'lines']).optional(),
  after: texts,
});

/** What `definitionOf` writes: a relationship without the places in the configuration file. */
const schema = z.object({
  name: text,
  primary: endpoint,
  backup: endpoint,
  include: z.array(z.object({ pattern: text })),
  exclude: z.array(z.object({ pattern: text })),
  identity: z.object({
    pairs: z.array(pair),
    shared: z.array(z.object({ kind, value: text, why: text.optional() })),
  }),
  files: z.array(rule),
  mode: z.enum(['auto', 'approve']),
  conflict: z.enum(['hold', 'primary']),
  unmapped,
  guard: z.union([
    z.literal('off'),
    z.object({ deletions: z.object({ max: z.number(), percent: z.number(), windowMs: z.number() }) }),
  ]),
});

/** The relationship of a definition that lies at the backup. `where`: the backup's root, for the Failure. */
export function readDefinition(definition: string | undefined, where: string): Relationship | Failure {
  try {
    const parsed = schema.safeParse(JSON.parse(definition ?? ''));
    if (parsed.success) {
      const value = withPlaces(parsed.data, where);
      return { ...(value as unknown as Relationship), source: { file: where } };
    }
  } catch {
    // No JSON at all: the same answer.
  }
  return {
    failure: 'ledger-gone',
    message: 'the definition of the relationship beside the ledger is missing or damaged',
    at: { file: where },
    hint: 'name the configuration file with -c instead of --at, or restore the .warmspare folder',
  };
}

/** Every part has its place in a file; here that is the backup's root. */
function withPlaces(value: z.infer<typeof schema>, file: string): object {
  const source = { file };
  const placed = <T extends object>(one: T) => ({ ...one, source });
  return {
    ...value,
    primary: placed(value.primary),
    backup: placed(value.backup),
    include: value.include.map(placed),
    exclude: value.exclude.map(placed),
    identity: {
      pairs: value.identity.pairs.map(placed),
      shared: value.identity.shared.map(placed),
    },
    files: value.files.map(placed),
  };
}
