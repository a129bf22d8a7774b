/**
 * What the members of a cluster speak through. Two implementations: `embedded` within one process, `nats`
 * over JetStream. Nothing here decides anything; decisions are those of core/cluster, and what makes them
 * safe is the compare-and-set of a table and the fence at the backup, never a time.
 */
export interface Engine {
  /** For people: `embedded`, or the address of the server that is spoken to. */
  readonly title: string;
  /**
   * Told how it is, and from then on whenever contact with the engine is lost or found again. Like every
   * listener here it is called soon, and never from within the call that caused it.
   */
  contact(listener: (contact: Contact) => void): Stop;
  table(name: TableName): Table;
  /** One log for each relationship: what its capturing member saw. */
  log(relationship: string): Log;
  /** What is too large for a message, by its SHA-256. */
  readonly texts: Texts;
  /**
   * Tells everybody who listens now. May be lost, doubled or late; messages of one sender come in order, or
   * not at all. Nothing is kept: without contact it is dropped. A topic is words joined by dots, each
   * made by `word`.
   */
  say(topic: string, bytes: Uint8Array): void;
  /** `topic` may end in `.*`, which stands for one word. */
  hear(topic: string, listener: (bytes: Uint8Array, topic: string) => void): Stop;
  /**
   * Asks whoever answers that topic; undefined: nobody did within the time (milliseconds), or nobody answers
   * it at all, which may be told earlier.
   */
  ask(topic: string, bytes: Uint8Array, withinMs: number): Promise<Uint8Array | undefined>;
  answer(topic: string, handler: (bytes: Uint8Array) => Promise<Uint8Array>): Stop;
  /** Ends everything; what is under way comes to nothing. */
  close(): Promise<void>;
}

export type Stop = () => void;

export type Contact = { readonly is: 'there' } | { readonly is: 'lost'; readonly why: string };

/** `members`: what each tells of itself; `coordinator`: the lease; `routes`: a key for each task. */
export type TableName = 'members' | 'coordinator' | 'routes';

/**
 * What came of a write. `conflict`: what it was to follow is not what stands there. `unknown`: it may have been
 * written or not; whoever has to know reads again, and finds a value that only this write has.
 */
export type Written =
  | { readonly is: 'written'; readonly revision: number }
  | { readonly is: 'conflict' }
  | { readonly is: 'unknown'; readonly why: string };

export interface Entry {
  readonly key: string;
  /** Undefined: it was deleted. */
  readonly value: Uint8Array | undefined;
  /** Rises with every write to the table, over all its keys: the newest one is the table's version. */
  readonly revision: number;
}

/**
 * Small values by key, each key made of words like a topic. What is read may be outdated; only `put` decides.
 * A put without contact is `unknown` at once.
 */
export interface Table {
  /** Rejects without contact. */
  get(key: string): Promise<Entry | undefined>;
  /** Writes only where the key still is at that revision; undefined: where it is not there, or deleted. */
  put(key: string, value: Uint8Array | undefined, expected: number | undefined): Promise<Written>;
  /**
   * Every entry as it is, then every change, in the order of revisions by key. `current` is called once all that
   * was there has been told, and again each time that contact was lost and found and all was told anew. An
   * engine that was emptied begins again at revision 1: what was told of it before and is there no more is told
   * as deleted, at revision 0, before `current`. So what is told last holds, whatever its revision.
   */
  watch(listener: { entry(entry: Entry): void; current(): void }): Stop;
}

export interface Message {
  /**
   * Of this relationship's own log: rises, with gaps. Where it does not rise the engine was emptied, and this
   * is the first message that is kept of a new log; or it has lost its end, and this came in the place of that.
   */
  readonly sequence: number;
  /** As the publisher gave it. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/**
 * The states of one relationship, as its capturing member saw them. Bounded: old messages are dropped, and a
 * reader who missed some finds out by the sequence that the next one names as its predecessor.
 */
export interface Log {
  /**
   * Appends, where the last message is still the one of that sequence (0: none). The same `id` twice is written
   * once: the second time `written` says its sequence, or it is a `conflict` with a `last` that is not it. At most
   * MESSAGE_MOST bytes; rejects what is larger. `withinMs`: how long the acknowledgement may take before it is
   * `unknown`; the engine's own time when absent.
   */
  publish(id: string, bytes: Uint8Array, last: number, withinMs?: number): Promise<Written>;
  /**
   * The newest message as some server has it: it may be outdated, and one that was cut off may have what the others
   * never took. So it tells where to go on; only `written` tells that something is in the log. Rejects without contact.
   */
  last(): Promise<Message | undefined>;
  /**
   * Everything that is kept from `from` on (a sequence; 0: all), then whatever comes, in order and once each.
   * Goes on by itself when contact was lost and found. A log that has not got to `from` is a new one, and is
   * told from its beginning.
   */
  follow(from: number, listener: (message: Message) => void): Stop;
}

export interface Texts {
  /** Kept for at least as long as messages that name it may be; may be repeated. Rejects without contact. */
  put(hash: string, bytes: Uint8Array): Promise<void>;
  /** Undefined: not there, or not what its hash says. */
  get(hash: string): Promise<Uint8Array | undefined>;
  /** What lies under that hash, unchecked: for whoever has put something under another text's hash, as a seal does. */
  stored(hash: string): Promise<Uint8Array | undefined>;
}

/** In bytes; what is larger goes into `texts`. */
export const MESSAGE_MOST = 512 * 1024;

/** What a seal may add to a message. */
export const SEAL_ADDS = 64;

/** The mistake of a caller, which has to put it into `texts`. */
export function tooLarge(bytes: number): Error {
  return new Error(`a message of ${bytes} bytes is larger than ${MESSAGE_MOST}`);
}

/** Messages kept of one relationship. */
export const MESSAGES_KEPT = 64;

/** A name as one word of a topic or key: letters, digits, `-` and `_` as they are, everything else as `=` and its hex. */
export function word(name: string): string {
  return [...new TextEncoder().encode(name)]
    .map(byte => (WORD.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `=${hex(byte)}`))
    .join('');
}

const WORD = /[A-Za-z0-9_-]/;

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
