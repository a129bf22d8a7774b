import type { FileInput, FileRules } from '../../core/apply/file-input.ts';
import type { IdentitySpec } from '../../core/rewrite/identity.ts';
import type { BoundedPlan } from './bounded.ts';

/**
 * What the daemon and its planning process say to each other. Bytes and texts travel in pieces before
 * the message that needs them: serialising 20 MB at once would stop the daemon's loop, a piece takes
 * about a millisecond.
 */
export type ToChild =
  /** The mapping of a relationship, sent anew when it has changed. `reversed`: read from the backup's side. */
  | {
      readonly is: 'mapping';
      readonly relationship: string;
      readonly spec: IdentitySpec;
      readonly reversed: boolean;
    }
  | { readonly is: 'bytes'; readonly of: 'primary' | 'local'; readonly part: Uint8Array }
  | { readonly is: 'text'; readonly part: string }
  | { readonly is: 'plan'; readonly input: BareInput; readonly rules: BareRules }
  /** To prove what was planned last, for the region pass. */
  | { readonly is: 'prove' };

export type ToParent =
  | { readonly is: 'text'; readonly of: 'text' | 'base'; readonly part: string }
  | { readonly is: 'local'; readonly part: readonly string[] }
  | { readonly is: 'planned'; readonly plan: BarePlan }
  | { readonly is: 'proven'; readonly proven?: Uint8Array };

/** An input whose bytes and text went before it; the flags say which of them there are. */
export interface BareInput extends Omit<FileInput, 'primary' | 'local' | 'known'> {
  readonly hasPrimary: boolean;
  readonly hasLocal: boolean;
  readonly known?: Omit<NonNullable<FileInput['known']>, 'text'> & { readonly hasText: boolean };
}

/** Rules without what cannot be cloned: functions and the compiled mapping. */
export type BareRules = Omit<FileRules, 'mapping' | 'digest'>;

/** Where a text is: in the pieces before, the same as `text`, or the same as the input's `known.text`. */
export type Where = 'sent' | 'text' | 'known';

export interface BarePlan extends Omit<BoundedPlan, 'text' | 'base' | 'local'> {
  readonly text?: Where;
  readonly base?: Where;
}

/** Bytes, UTF-16 units and places in one piece. */
const PIECE = 1024 * 1024;
const PLACES = 2000;

export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

export function* textPieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += PIECE) yield text.slice(at, at + PIECE);
}

/** Everything about a job, in the order in which the other side needs it. */
export function* jobMessages(input: FileInput, rules: FileRules): Generator<ToChild> {
  const { primary, local, known, ...rest } = input;
  const { mapping: _, digest: __, ...bareRules } = rules;
  for (const part of piecesOf(primary ?? new Uint8Array())) yield { is: 'bytes', of: 'primary', part };
  for (const part of piecesOf(local ?? new Uint8Array())) yield { is: 'bytes', of: 'local', part };
  for (const part of textPieces(known?.text ?? '')) yield { is: 'text', part };
  const bare: BareInput = { ...rest, hasPrimary: primary !== undefined, hasLocal: local !== undefined };
  if (known === undefined) return yield { is: 'plan', input: bare, rules: bareRules };
  const { text, ...knownRest } = known;
  const bareKnown = { ...knownRest, hasText: text !== undefined };
  yield { is: 'plan', input: { ...bare, known: bareKnown }, rules: bareRules };
}

/** Puts a job together again. */
export class JobParts {
  #bytes: { primary: Uint8Array[]; local: Uint8Array[] } = { primary: [], local: [] };
  #text: string[] = [];

  take(message: Extract<ToChild, { is: 'bytes' | 'text' }>): void {
    if (message.is === 'text') this.#text.push(message.part);
    else this.#bytes[message.of].push(message.part);
  }

  /** The input, and nothing is left of it here. */
  finish(bare: BareInput): FileInput {
    const { hasPrimary, hasLocal, known, ...rest } = bare;
    const { primary, local } = this.#bytes;
    const text = this.#text.join('');
    this.#bytes = { primary: [], local: [] };
    this.#text = [];
    const input = {
      ...rest,
      primary: hasPrimary ? Buffer.concat(primary) : undefined,
      local: hasLocal ? Buffer.concat(local) : undefined,
    };
    if (known === undefined) return input;
    const { hasText, ...knownRest } = known;
    return { ...input, known: { ...knownRest, text: hasText ? text : undefined } };
  }
}

/** A plan, each of its texts once, and not at all where the other side has it already. */
export function* planMessages(plan: BoundedPlan, input: FileInput): Generator<ToParent> {
  const { text, base, local, ...rest } = plan;
  const known = input.known?.text;
  const whereText = text === undefined ? undefined : text === known ? 'known' : 'sent';
  const whereBase =
    base === undefined ? undefined : base === text ? 'text' : base === known ? 'known' : 'sent';
  if (whereText === 'sent') for (const part of textPieces(text!)) yield { is: 'text', of: 'text', part };
  if (whereBase === 'sent') for (const part of textPieces(base!)) yield { is: 'text', of: 'base', part };
  for (let at = 0; at < local.length; at += PLACES) yield { is: 'local', part: local.slice(at, at + PLACES) };
  yield {
    is: 'planned',
    plan: {
      ...rest,
      ...(whereText === undefined ? {} : { text: whereText }),
      ...(whereBase === undefined ? {} : { base: whereBase }),
    },
  };
}

/**
 * Puts a plan together again. Each text as soon as all of it is there, in the turn of the message after it: two
 * of 20 MB in one turn would stop the loop twice as long.
 */
export class PlanParts {
  readonly #known: string | undefined;
  readonly #pieces: { text: string[]; base: string[] } = { text: [], base: [] };
  readonly #whole: { text?: string; base?: string } = {};
  readonly #local: string[] = [];

  constructor(input: FileInput) {
    this.#known = input.known?.text;
  }

  take(message: Extract<ToParent, { is: 'text' | 'local' }>): void {
    if (message.is === 'local') {
      this.#join('base');
      this.#local.push(...message.part);
      return;
    }
    if (message.of === 'base') this.#join('text');
    this.#pieces[message.of].push(message.part);
  }

  finish({ text: whereText, base: whereBase, ...rest }: BarePlan): BoundedPlan {
    const text = whereText === undefined ? undefined : this.#at(whereText, 'text');
    const base =
      whereBase === undefined ? undefined : whereBase === 'text' ? text : this.#at(whereBase, 'base');
    return {
      ...rest,
      ...(text === undefined ? {} : { text }),
      ...(base === undefined ? {} : { base }),
      local: this.#local,
    };
  }

  #at(where: Where, of: 'text' | 'base'): string {
    return where === 'known' ? this.#known! : this.#join(of);
  }

  #join(of: 'text' | 'base'): string {
    this.#whole[of] ??= this.#pieces[of].join('');
    this.#pieces[of] = [];
    return this.#whole[of];
  }
}
