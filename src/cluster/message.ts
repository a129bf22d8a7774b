import { z } from 'zod';
import { sha256 } from '../connectors/file/digest.ts';
import { pathInRoot } from '../connectors/ledger.ts';
import type { Revision } from '../core/cluster/revision.ts';
import type { Failure } from '../core/failure.ts';
import { MESSAGE_MOST, type Texts } from './engine.ts';

/**
 * How a revision goes through the engine: JSON, with the bytes of small files in it. One that is too large as
 * a whole (thousands of files) goes by its hash like a large file, and the message only names it.
 */

/** Bytes of files that a message carries itself, together: in base64 and with the rest they stay below the most. */
export const INLINE_MOST = 256 * 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const count = z.int().nonnegative();

const place = z.object({ file: z.string().optional(), line: count.optional(), column: count.optional() });
const failure = z.object({
  failure: z.string(),
  message: z.string(),
  at: place.optional(),
  hint: z.string().optional(),
});

const file = z.object({
  path: pathInRoot,
  hash,
  size: count,
  mode: z.int().min(0).max(0o7777),
  uid: count,
  gid: count,
  link: z.string().optional(),
  inode: z.string(),
});

const leading = z.discriminatedUnion('is', [
  z.object({ is: z.literal('none') }),
  z.object({
    is: z.literal('ledger'),
    ledger: z.object({
      backup: z.string(),
      epoch: z.int().positive(),
      direction: z.enum(['forward', 'reverse']),
      broken: z.boolean(),
      turn: count.optional(),
      configuration: z.string(),
      sequence: count,
      proven: z.number(),
    }),
  }),
  z.object({ is: z.literal('untold'), failure }),
]);

const revision = z.object({
  version: z.literal(1),
  relationship: z.string(),
  capturer: id,
  number: count,
  previous: z.object({ sequence: count, number: count }).nullable(),
  files: z.array(file),
  gone: z.array(pathInRoot),
  refused: z.array(z.object({ path: z.string(), failure })),
  leading,
  configuration: z.string(),
  asOf: count,
  texts: z.array(z.object({ hash, bytes: z.base64() })),
});

const elsewhere = z.object({ version: z.literal(1), body: hash });

/** A revision as it came, with the bytes that came with it, each proven to be what its hash says. */
export interface Told {
  readonly revision: Revision;
  readonly texts: ReadonlyMap<string, Uint8Array>;
}

/** The message of a revision. What is too large for one is put into `texts` before; rejects where that cannot be. */
export async function encodeRevision(
  told: Told,
  texts: Texts,
  most: number = MESSAGE_MOST,
): Promise<Uint8Array> {
  const { files, refused, ...rest } = told.revision;
  const body = encode({
    version: 1,
    ...rest,
    files: [...files].map(([path, one]) => ({ path, ...one })),
    refused: [...refused].map(([path, { failure, message, at, hint }]) => ({
      path,
      failure: { failure, message, ...(at?.file === undefined ? {} : { at: { file: at.file } }), hint },
    })),
    texts: [...told.texts].map(([of, bytes]) => ({ hash: of, bytes: Buffer.from(bytes).toString('base64') })),
  });
  if (body.length <= most) return body;
  const name = sha256(body);
  await texts.put(name, body);
  return encode({ version: 1, body: name });
}

/**
 * What a message says. `missing`: what it names is not there, or no more. Everything else that is no revision
 * of this relationship is `damaged`. Rejects without contact.
 */
export async function decodeRevision(
  relationship: string,
  bytes: Uint8Array,
  texts: Texts,
): Promise<Told | 'missing' | 'damaged'> {
  const value = parse(bytes);
  const named = elsewhere.safeParse(value);
  if (!named.success) return told(relationship, value);
  const body = await texts.get(named.data.body);
  return body === undefined ? 'missing' : told(relationship, parse(body));
}

function told(relationship: string, value: unknown): Told | 'damaged' {
  const parsed = revision.safeParse(value);
  if (!parsed.success || parsed.data.relationship !== relationship) return 'damaged';
  const { files, refused, texts, version: _, ...rest } = parsed.data;
  const bytes = texts.map(one => [one.hash, new Uint8Array(Buffer.from(one.bytes, 'base64'))] as const);
  if (bytes.some(([of, text]) => sha256(text) !== of)) return 'damaged';
  return {
    revision: {
      ...(rest as Omit<Revision, 'files' | 'refused'>),
      files: new Map(files.map(({ path, ...one }) => [path, one as never])),
      refused: new Map(refused.map(one => [one.path, one.failure as Failure])),
    },
    texts: new Map(bytes),
  };
}

/** What the capturing member says of itself again and again: that it is there, and what it told last. */
const beat = z.object({
  capturer: id,
  number: count,
  /** Of the log; 0: it has told nothing yet. */
  sequence: count,
  /** Files that have changed, and that it has not told yet. */
  pending: count,
  /** Why it does not see its primary just now. */
  obstacle: z.string().optional(),
  /** Questions that this answers: it knows everything that there was when they came. */
  answers: z.array(id).optional(),
});

export type Beat = z.infer<typeof beat>;

export function encodeBeat(said: Beat): Uint8Array {
  return encode(said);
}

/** Undefined: it is none. */
export function decodeBeat(bytes: Uint8Array): Beat | undefined {
  const parsed = beat.safeParse(parse(bytes));
  return parsed.success ? parsed.data : undefined;
}

/** What is said to the member beside the primary: everything is to be told anew, or whether it has told all. */
export type Wanted = { readonly is: 'full' } | { readonly is: 'question'; readonly question: string };

export function encodeWanted(wanted: Wanted): Uint8Array {
  return encode(wanted);
}

const wanted = z.discriminatedUnion('is', [
  z.object({ is: z.literal('full') }),
  z.object({ is: z.literal('question'), question: id }),
]);

/** Undefined: it is none. */
export function decodeWanted(bytes: Uint8Array): Wanted | undefined {
  const parsed = wanted.safeParse(parse(bytes));
  return parsed.success ? parsed.data : undefined;
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
