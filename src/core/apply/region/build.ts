/** The outline of a file from its two documents, which a whole pass has shown to be each other's rewrite. */
import { openLines } from '../../capture/nesting.ts';
import type { Container, Document, Item, Json, Node } from '../../document.ts';
import { valueAt } from '../merge/entities.ts';
import { type Group, groupOf } from './groups.ts';
import { type Branch, FRAGILE, type Items, OPEN, type Pointers, type Size } from './outline.ts';

/**
 * Entries shorter than this are not taken apart. A change is the cheaper to plan the smaller its entry is; in
 * a large file the outline itself must not weigh more than the text.
 */
const SMALL_UNITS = 64;
const SMALL_UNITS_OF_LARGE = 256;
const LARGE_UNITS = 1 << 15;

/** The two sides of the same place. */
interface Both<T> {
  readonly primary: T;
  readonly replicated: T;
}

/** undefined where the two trees are not alike, or the root is no container that can be taken apart. */
export function outlineOf(primary: Document, replicated: Document, hasSections: boolean): Branch | undefined {
  return new Builder({ primary, replicated }, hasSections).root();
}

class Builder {
  readonly #documents: Both<Document>;
  /** Sections end where the next one begins: none is ever read by itself. */
  readonly #hasSections: boolean;
  readonly #open: ReadonlySet<number>;
  readonly #smallUnits: number;

  constructor(documents: Both<Document>, hasSections: boolean) {
    this.#documents = documents;
    this.#hasSections = hasSections;
    const { format, text } = documents.primary;
    this.#smallUnits = text.length < LARGE_UNITS ? SMALL_UNITS : SMALL_UNITS_OF_LARGE;
    // A JSON file is as deep as its value.
    this.#open = format === 'json' ? new Set() : openLines(text).starts;
  }

  root(): Branch | undefined {
    const { primary, replicated } = this.#documents;
    const [p, r] = [primary.root, replicated.root];
    if (p.kind === 'leaf' || r.kind === 'leaf' || p.items.length === 0 || !this.#isOpenable(p))
      return undefined;
    return this.#branch({ primary: p, replicated: r }, NOWHERE, undefined);
  }

  /** A container, in the item that it is the node of. */
  #branch(
    node: Both<Container>,
    item: Both<Item> | typeof NOWHERE,
    place: Pointers | undefined,
  ): Branch | undefined {
    const { primary: p, replicated: r } = node;
    if (p.kind !== r.kind || p.items.length !== r.items.length) return undefined;
    const items = this.#items(node);
    if (items === undefined) return undefined;
    const start = sizes(node, ({ span, items: [first], close }) => [
      span.start,
      first?.lead.start ?? close.start,
    ]);
    const isRoot = item === NOWHERE;
    const lead = isRoot
      ? { primary: 0, replicated: 0 }
      : sizes(item, ({ lead: { start, end } }) => [start, end]);
    const head = isRoot
      ? start
      : added(
          start,
          sizes(item, one => [one.head.start, one.node.span.start]),
        );
    const close = sizes(node, ({ close: { start, end } }) => [start, end]);
    const tail = isRoot
      ? close
      : added(
          close,
          sizes(item, one => [one.foot.start, one.trail.end]),
        );
    return {
      sort: p.kind === 'list' ? 'list' : this.#repeats() ? 'repeating' : 'map',
      lead,
      head,
      tail,
      items,
      ...(place === undefined ? {} : { place }),
      isCalm: !this.#open.has(p.close.start),
    };
  }

  #items({ primary: p, replicated: r }: Both<Container>): Items | undefined {
    const count = p.items.length;
    const primary = new Int32Array(count);
    const replicated = new Int32Array(count);
    const flags = new Uint8Array(count);
    const own: string[] = [];
    const labels: string[] = [];
    const branches: (Branch | undefined)[] = [];
    for (let i = 0; i < count; i++) {
      const [one, other] = [p.items[i]!, r.items[i]!];
      const isInOrder =
        i === 0 || (startOf(one) === endOf(p.items[i - 1]!) && startOf(other) === endOf(r.items[i - 1]!));
      if (!isInOrder || one.node.kind !== other.node.kind) return undefined;
      primary[i] = endOf(one) - startOf(one);
      replicated[i] = endOf(other) - startOf(other);
      labels.push(other.label);
      own.push(one.label === other.label ? other.label : one.label);
      const branch = this.#below({ primary: one, replicated: other });
      if (branch === 'unlike') return undefined;
      branches.push(branch);
      if (this.#open.has(startOf(one))) flags[i]! |= OPEN;
      if (branch === undefined && this.#isFragile(one)) flags[i]! |= FRAGILE;
    }
    return {
      primary,
      replicated,
      flags,
      labels,
      own: own.every((label, i) => label === labels[i]) ? labels : own,
      branches,
      groups: this.#groups(r, labels),
    };
  }

  /** The branch below an item, where it is taken apart. */
  #below(item: Both<Item>): Branch | undefined | 'unlike' {
    const { primary, replicated } = item;
    const [p, r] = [primary.node, replicated.node];
    if (p.kind === 'leaf' || r.kind === 'leaf' || !this.#isOpenable(p)) return undefined;
    const isSection = this.#hasSections;
    if (!isSection && (p.items.length === 0 || endOf(primary) - startOf(primary) < this.#smallUnits))
      return undefined;
    const isTable = this.#documents.primary.format === 'toml';
    const place = isTable ? { primary: primary.pointer, replicated: replicated.pointer } : undefined;
    return this.#branch({ primary: p, replicated: r }, item, place) ?? 'unlike';
  }

  #isOpenable(container: Container): boolean {
    return container.join === (this.#documents.primary.format === 'json' ? 'comma' : 'plain');
  }

  #repeats(): boolean {
    return ['ini', 'block', 'lines'].includes(this.#documents.primary.format);
  }

  /** In YAML whatever goes over several lines without being made of entries. */
  #isFragile(item: Item): boolean {
    const { format, text } = this.#documents.primary;
    return format === 'yaml' && spansLines(item.node, text);
  }

  #groups(container: Container, labels: readonly string[]): Map<string, Group> {
    const groups = new Map<string, Group>();
    if (container.kind !== 'list' && !this.#repeats()) return groups;
    const byLabel = new Map<string, Json[]>();
    container.items.forEach((item, i) => {
      const values = byLabel.get(labels[i]!) ?? [];
      values.push(valueAt(this.#documents.replicated.value, item.pointer) ?? null);
      byLabel.set(labels[i]!, values);
    });
    for (const [label, values] of byLabel) {
      if (container.kind === 'list' || values.length > 1) groups.set(label, groupOf(values));
    }
    return groups;
  }
}

const NOWHERE = 'nowhere';

/** Whether a scalar, or a collection in brackets, goes over several lines. */
export function spansLines(node: Node, text: string): boolean {
  if (node.kind === 'leaf' || node.join === 'comma') {
    const line = text.indexOf('\n', node.span.start);
    return line !== -1 && line < node.span.end;
  }
  return node.items.some(item => spansLines(item.node, text));
}

function startOf(item: Item): number {
  return item.lead.start;
}

function endOf(item: Item): number {
  return item.trail.end;
}

function sizes<T>({ primary, replicated }: Both<T>, bounds: (one: T) => readonly [number, number]): Size {
  const [p, r] = [bounds(primary), bounds(replicated)];
  return { primary: p[1] - p[0], replicated: r[1] - r[0] };
}

function added(one: Size, other: Size): Size {
  return { primary: one.primary + other.primary, replicated: one.replicated + other.replicated };
}
