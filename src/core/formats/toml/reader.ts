/**
 * Reads TOML into the lossless tree. The library has judged the text before: what this reader does
 * not understand is still refused, but its own rules are looser than TOML's.
 *
 *     root = [mark][key = value]...[[header] + its lines]...[blank and comment lines at the end]
 *
 * Blank and comment lines before a statement are its lead. Those after the last statement of a table
 * belong to the next header, so that they move with what they most often speak of.
 */
import {
  type Container,
  type Item,
  type Json,
  type Node,
  pointerOf,
  type Scalar,
  type Span,
} from '../../document.ts';
import { type FailureCode, FailureError, placeAt } from '../../failure.ts';
import { type Entry, itemOf } from '../json/item.ts';
import { identityOffsets } from '../json/units.ts';
import { bareValue } from './bare.ts';
import { decodeString } from './string.ts';
import { MAX_DEPTH, type Path, type Segment, type Table, Tables } from './tables.ts';

/** A scalar whose pointer is not known yet. */
type Draft = Omit<Scalar, 'pointer'>;

/** A key's segment before its pointer is known. */
interface KeyPart extends Segment {
  readonly scalar: Draft;
}

interface Read {
  readonly node: Node;
  readonly value: Json;
}

const SPACE = /[ \t\r\n]*/y;
const BLANKS = /[ \t]*/y;
const COMMENT = /[ \t]*#[^\r\n]*/y;
const LINE_END = /[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;
const BARE_KEY = /[A-Za-z0-9_-]+/y;
/** A date and its time may be parted by a blank. */
const BARE_VALUE = /\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+/y;

export class TomlReader {
  readonly scalars: Scalar[] = [];
  readonly #text: string;
  readonly #file: string | undefined;
  readonly #tables: Tables;
  /** Offsets of strings without escapes are windows into this one table: position i holds i. */
  readonly #identity: Uint32Array;
  #at = 0;

  constructor(text: string, file: string | undefined) {
    this.#text = text;
    this.#file = file;
    this.#tables = new Tables(text, file);
    this.#identity = identityOffsets(text.length);
  }

  /** The whole text. Throws a FailureError for the first mistake. */
  root(): { root: Container; value: Json } {
    const end = this.#text.length;
    this.#at = this.#text.charCodeAt(0) === 0xfeff ? 1 : 0;
    const items = this.#keyValues(this.#tables.root);
    let leadStart = this.#at;
    for (this.#trivia(); this.#at < end; this.#trivia()) {
      items.push(this.#section({ start: leadStart, end: this.#at }));
      leadStart = this.#at;
    }
    const close = { start: leadStart, end };
    const root: Container = { kind: 'map', span: { start: 0, end }, items, close, join: 'plain' };
    return { root, value: this.#tables.root.value };
  }

  /** The lines up to the next header, or to the last statement. */
  #keyValues(table: Table): Item[] {
    const items: Item[] = [];
    for (;;) {
      const start = this.#at;
      this.#trivia();
      if (this.#at === this.#text.length || this.#is('[')) {
        this.#at = start;
        return items;
      }
      const entry = this.#entry(table, { start, end: this.#at });
      const end = this.#at;
      this.#lineEnd();
      items.push(itemOf(entry, { start: end, end }, { start: end, end: this.#at }));
    }
  }

  /** A header with the lines of its table. */
  #section(lead: Span): Item {
    const start = this.#at;
    const many = this.#text.startsWith('[[', start);
    this.#at += many ? 2 : 1;
    const parts = this.#key();
    this.#expect(many ? ']]' : ']', 'the end of the header');
    this.#lineEnd();
    const { path, table } = many ? this.#tables.append(parts) : this.#tables.open(parts);
    this.#emit(parts, path);
    const head = { start, end: this.#at };
    const items = this.#keyValues(table);
    const end = { start: this.#at, end: this.#at };
    const span = { start: head.end, end: this.#at };
    const name = parts.map(part => part.text).join('.');
    const node: Container = { kind: 'map', span, items, close: end, join: 'plain' };
    return {
      label: many ? `[[${name}]]` : name,
      pointer: table.pointer,
      lead,
      head,
      node,
      foot: end,
      trail: end,
    };
  }

  /** `key = value`, of a line or of an inline table. */
  #entry(table: Table, lead: Span): Entry {
    const start = this.#at;
    const parts = this.#key();
    this.#expect('=', 'an equals sign after the key');
    this.#skip(BLANKS);
    const path = this.#tables.follow(table, parts);
    this.#tables.give(path, start);
    this.#emit(parts, path);
    const head = { start, end: this.#at };
    const { node, value } = this.#value(path.pointer, table.depth + parts.length);
    this.#tables.put(path, value);
    return { label: parts.map(part => part.text).join('.'), pointer: path.pointer, lead, head, node };
  }

  /** A dotted key, and the blanks around it. */
  #key(): KeyPart[] {
    const parts: KeyPart[] = [];
    do {
      this.#skip(BLANKS);
      const start = this.#at;
      const scalar = this.#is('"') || this.#is("'") ? this.#string('key') : this.#bareKey();
      parts.push({ text: scalar.text, offset: start, scalar });
      this.#skip(BLANKS);
      if (parts.length > MAX_DEPTH) this.#tooDeep();
    } while (this.#take('.'));
    return parts;
  }

  #emit(parts: readonly KeyPart[], path: Path): void {
    parts.forEach(({ scalar }, i) => {
      this.scalars.push(placed(scalar, path.pointers[i] as string));
    });
  }

  /** A value with `depth` levels above it. */
  #value(pointer: string, depth: number): Read {
    if (this.#is('[') || this.#is('{')) {
      if (depth >= MAX_DEPTH) this.#tooDeep();
      return this.#is('[') ? this.#array(pointer, depth) : this.#inlineTable(pointer, depth);
    }
    const draft = this.#is('"') || this.#is("'") ? this.#string('value') : this.#bare();
    const scalar = placed(draft, pointer);
    this.scalars.push(scalar);
    return { node: { kind: 'leaf', span: scalar.span, scalar }, value: scalar.value };
  }

  #array(pointer: string, depth: number): Read {
    const value: Json[] = [];
    const node = this.#container('list', ']', lead => {
      const own = pointerOf(pointer, value.length);
      const head = { start: this.#at, end: this.#at };
      const read = this.#value(own, depth + 1);
      value.push(read.value);
      return { label: '', pointer: own, lead, head, node: read.node };
    });
    return { node, value };
  }

  #inlineTable(pointer: string, depth: number): Read {
    const table: Table = { value: {}, pointer, depth };
    const node = this.#container('map', '}', lead => this.#entry(table, lead));
    return { node, value: table.value };
  }

  #container(kind: 'map' | 'list', closing: ']' | '}', entry: (lead: Span) => Entry): Container {
    const items: Item[] = [];
    const start = this.#at++;
    let leadStart = this.#at;
    let more = true;
    for (this.#trivia(); more && !this.#is(closing); this.#trivia()) {
      const item = entry({ start: leadStart, end: this.#at });
      const end = this.#at;
      const foot = { start: end, end };
      this.#trivia();
      const comma = this.#at;
      more = this.#take(',');
      // Without a comma, what is on other lines belongs to the end of the container.
      if (!more) this.#at = end;
      this.#skip(COMMENT);
      leadStart = this.#at;
      items.push(itemOf(item, foot, { start: end, end: this.#at }, more ? comma : undefined));
    }
    this.#expect(closing, `a comma or \`${closing}\``);
    const close = { start: leadStart, end: this.#at };
    return { kind, span: { start, end: this.#at }, items, close, join: 'comma' };
  }

  #string(role: 'key' | 'value'): Draft {
    const start = this.#at;
    const decoded = decodeString(this.#text, start);
    if ('problem' in decoded) this.#fail('syntax', decoded.problem, decoded.at);
    const { text, style, end, inner } = decoded;
    this.#at = end;
    const offsets = decoded.offsets ?? this.#identity.subarray(inner.start, inner.end + 1);
    return { span: { start, end }, role, value: text, isString: true, isolated: true, text, offsets, style };
  }

  #bareKey(): Draft {
    const start = this.#at;
    const text = this.#skip(BARE_KEY);
    if (text === '') this.#fail('syntax', 'a key is wanted here');
    const span = { start, end: this.#at };
    return { span, role: 'key', value: text, isString: true, isolated: true, text, style: 'bare' };
  }

  #bare(): Draft {
    const start = this.#at;
    const text = this.#skip(BARE_VALUE);
    const value = bareValue(text);
    if (value === undefined)
      this.#fail('syntax', 'this is no value that TOML knows, perhaps it lacks quotes', start);
    const span = { start, end: this.#at };
    return { span, role: 'value', value, isString: false, isolated: true, text, style: 'plain' };
  }

  /** Blanks, line ends and comments. */
  #trivia(): void {
    do this.#skip(SPACE);
    while (this.#skip(COMMENT) !== '');
  }

  #lineEnd(): void {
    const start = this.#at;
    if (this.#skip(LINE_END) === '' && start < this.#text.length) {
      this.#fail('syntax', 'the line is wanted to end here');
    }
  }

  #is(char: string): boolean {
    return this.#text.startsWith(char, this.#at);
  }

  #take(char: string): boolean {
    const taken = this.#is(char);
    if (taken) this.#at += char.length;
    return taken;
  }

  #expect(char: string, wanted: string): void {
    if (!this.#take(char)) this.#fail('syntax', `${wanted} is wanted here`);
  }

  /** Moves past what the sticky pattern matches here, and returns it. */
  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #tooDeep(): never {
    this.#fail('too-deep', `the file nests deeper than ${MAX_DEPTH} levels`);
  }

  #fail(failure: FailureCode, message: string, offset = this.#at): never {
    throw new FailureError({ failure, message, at: placeAt(this.#text, offset, this.#file) });
  }
}

/** Written out field by field: a spread takes ten times as long. */
function placed(draft: Draft, pointer: string): Scalar {
  const { span, role, value, isString, isolated, text, offsets, style } = draft;
  if (offsets === undefined) return { span, role, pointer, value, isString, isolated, text, style };
  return { span, role, pointer, value, isString, isolated, text, offsets, style };
}
