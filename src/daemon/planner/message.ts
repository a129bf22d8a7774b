import { PIECE } from '../../connectors/file/digest.ts';
import type { FileInput, FileRules } from '../../core/apply/file-input.ts';
import type { IdentitySpec } from '../../core/rewrite/identity.ts';
import { stringOf, type Text } from '../../core/text.ts';
import type { BoundedPlan } from './bounded.ts';

/**
 * What the daemon and its planning process say to each other. Bytes and large texts travel in pieces before
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
  | BytesMessage<'primary' | 'local' | 'known'>
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'plan'; readonly input: BareInput; readonly rules: BareRules }
  /** To prove what was planned last, for the region pass. */
  | { readonly is: 'prove' };

export type ToParent =
  | { readonly is: 'text'; readonly of: 'text' | 'base'; readonly text: string }
  | BytesMessage<'text' | 'base'>
  | { readonly is: 'local'; readonly part: readonly string[] }
  | { readonly is: 'planned'; readonly plan: BarePlan }
  | { readonly is: 'proven'; readonly proven?: Uint8Array };

/** One piece, and how many bytes there are in all. */
interface BytesMessage<Of extends string> {
  readonly is: 'bytes';
  readonly of: Of;
  readonly part: Uint8Array;
  readonly length: number;
}

/** An input whose bytes and text went before it; the flags say which of them there are. */
export interface BareInput extends Omit<FileInput, 'primary' | 'local' | 'known'> {
  readonly hasPrimary: boolean;
  readonly hasLocal: boolean;
  /** `local`: the last replicated text is what stands on the backup. */
  readonly known?: Omit<NonNullable<FileInput['known']>, 'text'> & {
    readonly text?: 'sent' | 'local';
  };
}

/** Rules without what cannot be cloned: functions and the compiled mapping. */
export type BareRules = Omit<FileRules, 'mapping' | 'digest'>;

/** Where a text is: in the pieces before, the same as `text`, or the same as the input's `known.text`. */
export type Where = 'sent' | 'text' | 'known';

export interface BarePlan extends Omit<BoundedPlan, 'text' | 'base' | 'local'> {
  readonly text?: Where;
  readonly base?: Where;
}

/** Places in one piece. */
const PLACES = 2000;

function* pieces<Of extends string>(of: Of, bytes: Uint8Array): Generator<BytesMessage<Of>> {
  const { length } = bytes;
  for (let at = 0; at < length; at += PIECE)
    yield { is: 'bytes', of, part: bytes.subarray(at, at + PIECE), length };
}

/** Everything about a job, in the order in which the other side needs it. */
export function* jobMessages(input: FileInput, rules: FileRules): Generator<ToChild> {
  const { primary, local, known, ...rest } = input;
  const { mapping: _, digest: __, ...bareRules } = rules;
  if (primary !== undefined) yield* pieces('primary', primary);
  if (local !== undefined) yield* pieces('local', local);
  const bare: BareInput = { ...rest, hasPrimary: primary !== undefined, hasLocal: local !== undefined };
  if (known === undefined) return yield { is: 'plan', input: bare, rules: bareRules };
  const { text, ...knownRest } = known;
  if (typeof text === 'string')
    for (let at = 0; at < text.length; at += PIECE) yield { is: 'text', text: text.slice(at, at + PIECE) };
  else if (text !== undefined && text !== local) yield* pieces('known', text);
  const where = text === undefined ? {} : { text: text === local ? ('local' as const) : ('sent' as const) };
  yield { is: 'plan', input: { ...bare, known: { ...knownRest, ...where } }, rules: bareRules };
}

/** Large bytes that come in pieces: each goes to its place at once, so that nothing is left to be done for all of them. */
class Room<Of extends string> {
  readonly #bytes = new Map<Of, { readonly all: Uint8Array; filled: number }>();

  take({ of, part, length }: BytesMessage<Of>): void {
    const room = this.#bytes.get(of) ?? { all: Buffer.allocUnsafeSlow(length), filled: 0 };
    this.#bytes.set(of, room);
    room.all.set(part, room.filled);
    room.filled += part.length;
  }

  /** undefined: none came, as of what is empty. */
  get(of: Of): Uint8Array | undefined {
    return this.#bytes.get(of)?.all;
  }

  clear(): void {
    this.#bytes.clear();
  }
}

/** Puts a job together again. */
export class JobParts {
  readonly #room = new Room<'primary' | 'local' | 'known'>();
  #text: string[] = [];

  take(message: Extract<ToChild, { is: 'bytes' | 'text' }>): void {
    if (message.is === 'text') this.#text.push(message.text);
    else this.#room.take(message);
  }

  /** The input, and nothing is left of it here. */
  finish(bare: BareInput): FileInput {
    const { hasPrimary, hasLocal, known, ...rest } = bare;
    const of = (name: 'primary' | 'local' | 'known') => this.#room.get(name) ?? new Uint8Array();
    const input = {
      ...rest,
      primary: hasPrimary ? of('primary') : undefined,
      local: hasLocal ? of('local') : undefined,
    };
    const sent = this.#text.length > 0 ? this.#text.join('') : of('known');
    this.#room.clear();
    this.#text = [];
    if (known === undefined) return input;
    const { text: where, ...knownRest } = known;
    const text = where === undefined ? undefined : stringOf(where === 'local' ? input.local : sent);
    return { ...input, known: { ...knownRest, text } };
  }
}

/** A plan, each of its texts once, and not at all where the other side has it already. */
export function* planMessages(plan: BoundedPlan, input: FileInput): Generator<ToParent> {
  const { text, base, local, ...rest } = plan;
  const known = input.known?.text;
  const whereText = text === undefined ? undefined : text === known ? 'known' : 'sent';
  const whereBase =
    base === undefined ? undefined : base === text ? 'text' : base === known ? 'known' : 'sent';
  if (whereText === 'sent') yield* textMessages('text', stringOf(text!));
  if (whereBase === 'sent') yield* textMessages('base', stringOf(base!));
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

/** A large text goes as the bytes that a disk gets: who asked has only to hand them on. */
function* textMessages(of: 'text' | 'base', text: string): Generator<ToParent> {
  if (text.length <= PIECE) yield { is: 'text', of, text };
  else yield* pieces(of, Buffer.from(text));
}

/** Puts a plan together again. */
export class PlanParts {
  readonly #known: Text | undefined;
  readonly #room = new Room<'text' | 'base'>();
  readonly #texts = new Map<'text' | 'base', string>();
  readonly #local: string[] = [];

  constructor(input: FileInput) {
    this.#known = input.known?.text;
  }

  take(message: Extract<ToParent, { is: 'text' | 'bytes' | 'local' }>): void {
    if (message.is === 'local') this.#local.push(...message.part);
    else if (message.is === 'text') this.#texts.set(message.of, message.text);
    else this.#room.take(message);
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

  #at(where: Where, of: 'text' | 'base'): Text {
    if (where === 'known') return this.#known!;
    return this.#texts.get(of) ?? this.#room.get(of)!;
  }
}
