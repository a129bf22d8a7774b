/**
 * Reads strict JSON (RFC 8259) into the lossless tree. One pass, recursion bounded by MAX_DEPTH.
 *
 *     [open][lead][key : ][value][ ,]...[close]       `lead` is all white space before the entry,
 *                                                     the trail ends with the comma
 */
import { DEFAULT_LIMITS } from '../../capture/prescan.ts';
import type { Container, Item, Json, Leaf, Node, Scalar, Span } from '../../document.ts';
import { pointerOf } from '../../document.ts';
import { type Failure, FailureError, placeAt } from '../../failure.ts';
import { bareValue } from './bare.ts';
import { type Entry, itemOf } from './item.ts';
import { decodeString, hex } from './string.ts';
import { identityOffsets } from './units.ts';

const MAX_DEPTH = DEFAULT_LIMITS.depth;

/** A node of the tree with what it means. */
interface Read {
  readonly node: Node;
  readonly value: Json;
}

const WORD = /[^\s,:"[\]{}]+/y;

export class JsonReader {
  readonly scalars: Scalar[] = [];
  readonly #text: string;
  readonly #file: string | undefined;
  /** Offsets of strings without escapes are windows into this one table: position i holds i. */
  readonly #identity: Uint32Array;
  #at = 0;
  #depth = 0;

  constructor(text: string, file: string | undefined) {
    this.#text = text;
    this.#file = file;
    this.#identity = identityOffsets(text.length);
  }

  /** The whole text. Throws a FailureError for the first mistake. */
  root(): { root: Container | Leaf; value: Json } {
    const text = this.#text;
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
    this.#blanks();
    if (this.#at === text.length) this.#fail('syntax', 'the file holds no value', this.#at);
    const { node, value } = this.#value('');
    this.#blanks();
    if (this.#at < text.length) this.#fail('syntax', 'something stands after the end of the value', this.#at);
    const span = { start: 0, end: text.length };
    if (node.kind === 'leaf') return { root: { ...node, span }, value };
    return { root: { ...node, span, close: { start: node.close.start, end: text.length } }, value };
  }

  #value(pointer: string): Read {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#nested(() => this.#object(pointer));
      case 0x5b:
        return this.#nested(() => this.#array(pointer));
      case 0x22:
        return this.#leaf(this.#string('value', pointer));
      default:
        return this.#leaf(this.#bare(pointer));
    }
  }

  #leaf(scalar: Scalar): Read {
    return { node: { kind: 'leaf', span: scalar.span, scalar }, value: scalar.value };
  }

  #nested(read: () => Read): Read {
    if (++this.#depth > MAX_DEPTH) {
      this.#fail('too-deep', `the file nests deeper than ${MAX_DEPTH} levels`, this.#at);
    }
    const nested = read();
    this.#depth--;
    return nested;
  }

  #object(pointer: string): Read {
    const start = this.#at;
    const value: { [key: string]: Json } = {};
    const container = this.#container('map', start, 0x7d, lead => {
      const head = this.#at;
      if (this.#text.charCodeAt(head) !== 0x22) this.#unexpected('a key in double quotes or `}`');
      // The pointer of a key is known once the key is read.
      const key = this.#key(pointer, value);
      const own = pointerOf(pointer, key);
      this.#blanks();
      if (this.#text.charCodeAt(this.#at) !== 0x3a) this.#unexpected('a colon after the key');
      this.#at++;
      this.#blanks();
      const headEnd = this.#at;
      const read = this.#value(own);
      value[key] = read.value;
      return { label: key, pointer: own, lead, head: { start: head, end: headEnd }, node: read.node };
    });
    return { node: container, value };
  }

  #key(pointer: string, siblings: object): string {
    const at = this.#at;
    const scalar = this.#string('key', pointer);
    const key = scalar.text;
    if (key === '__proto__') this.#fail('forbidden-key', 'the key `__proto__` is not allowed', at);
    if (Object.hasOwn(siblings, key)) {
      const before = this.scalars.find(
        ({ role, pointer: same }) => role === 'key' && same === scalar.pointer,
      );
      const also = [placeAt(this.#text, before?.span.start ?? 0, this.#file)];
      this.#fail('duplicate-key', `the key ${JSON.stringify(key)} stands twice in one object`, at, { also });
    }
    return key;
  }

  #array(pointer: string): Read {
    const start = this.#at;
    const value: Json[] = [];
    const container = this.#container('list', start, 0x5d, lead => {
      const own = pointerOf(pointer, value.length);
      const head = { start: this.#at, end: this.#at };
      const read = this.#value(own);
      value.push(read.value);
      return { label: '', pointer: own, lead, head, node: read.node };
    });
    return { node: container, value };
  }

  #container(kind: 'map' | 'list', start: number, closing: number, entry: (lead: Span) => Entry): Container {
    const items: Item[] = [];
    const text = this.#text;
    this.#at++;
    let leadStart = this.#at;
    this.#blanks();
    while (items.length > 0 || text.charCodeAt(this.#at) !== closing) {
      const item = entry({ start: leadStart, end: this.#at });
      const end = item.node.span.end;
      const foot = { start: end, end };
      this.#blanks();
      if (text.charCodeAt(this.#at) === closing) {
        items.push(itemOf(item, foot, foot));
        leadStart = end;
        break;
      }
      if (text.charCodeAt(this.#at) !== 0x2c)
        this.#unexpected(`a comma or \`${String.fromCharCode(closing)}\``);
      const comma = this.#at++;
      items.push(itemOf(item, foot, { start: end, end: comma + 1 }, comma));
      leadStart = comma + 1;
      this.#blanks();
      if (text.charCodeAt(this.#at) === closing)
        this.#fail('syntax', 'a comma stands after the last entry', comma);
    }
    const close = { start: leadStart, end: ++this.#at };
    return { kind, span: { start, end: this.#at }, items, close, join: 'comma' };
  }

  #string(role: 'key' | 'value', pointer: string): Scalar {
    const start = this.#at;
    const decoded = decodeString(this.#text, start);
    if ('problem' in decoded) this.#fail('syntax', decoded.problem, decoded.at);
    const { text, end } = decoded;
    const scalar: Scalar = {
      span: { start, end },
      role,
      pointer: role === 'key' ? pointerOf(pointer, text) : pointer,
      value: text,
      isString: true,
      isolated: true,
      text,
      offsets: decoded.offsets ?? this.#identity.subarray(start + 1, end),
      style: 'double',
    };
    this.#at = end;
    this.scalars.push(scalar);
    return scalar;
  }

  #bare(pointer: string): Scalar {
    const start = this.#at;
    const text = this.#word() ?? '';
    const value = bareValue(text);
    if (value === undefined) this.#unexpected('a value');
    const span = { start, end: start + text.length };
    const scalar: Scalar = {
      span,
      role: 'value',
      pointer,
      value,
      isString: false,
      isolated: true,
      text,
      style: 'plain',
    };
    this.#at = span.end;
    this.scalars.push(scalar);
    return scalar;
  }

  /** Everything up to the next blank, quote or mark of punctuation. */
  #word(): string | undefined {
    WORD.lastIndex = this.#at;
    return WORD.exec(this.#text)?.[0];
  }

  /** JSON knows these four blanks only. */
  #blanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(wanted: string): never {
    const code = this.#text.charCodeAt(this.#at);
    const word = this.#word()?.slice(0, 40);
    let found = 'the file ends';
    if (word !== undefined && code > 0x20 && code !== 0x7f) found = `\`${word}\` stands here`;
    else if (code < 0x20 || code === 0x7f) found = `a control character (${hex(code)}) stands here`;
    else if (!Number.isNaN(code)) found = `\`${this.#text.charAt(this.#at)}\` stands here`;
    this.#fail('syntax', `${wanted} is wanted, ${found}`, this.#at, {
      ...(/^(\/\/|\/\*|#)/.test(word ?? '') ? { hint: 'Take the comment out: JSON has none' } : {}),
    });
  }

  #fail(failure: Failure['failure'], message: string, offset: number, more: Partial<Failure> = {}): never {
    throw new FailureError({ failure, message, at: placeAt(this.#text, offset, this.#file), ...more });
  }
}
