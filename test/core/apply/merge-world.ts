import fc from 'fast-check';

/**
 * Configuration files as a tree of named entries, edited on two sides, and what the merge of both must
 * say. Nothing here knows texts, spans or alignment: every entry, list item and comment has a name that
 * is unique, so that the merge is plain set arithmetic, and an oracle for the one that works on bytes.
 */
export interface Entry {
  readonly key: string;
  /** Comment lines of its own above it. */
  readonly above: readonly string[];
  /** A comment behind it on the same line; '' for none. */
  readonly remark: string;
  /** A setting, a list, or a section. */
  readonly value: string | Items | readonly Entry[];
}

/** A list of words; a class, so that it is told apart from a section also when it is empty. */
export class Items {
  constructor(readonly words: readonly string[]) {}
}

export type World = readonly Entry[];

/** The last entry of a world is none: the comments above it stand at the end of the file. */
export const END = 'end of the file';

function end(above: readonly string[] = []): Entry {
  return { key: END, above, remark: '', value: END };
}

/** What a format can carry. */
export interface Ability {
  readonly comments: boolean;
  readonly remarks: boolean;
  readonly lists: boolean;
  readonly sections: boolean;
}

export function isSection(entry: Entry): entry is Entry & { readonly value: readonly Entry[] } {
  return Array.isArray(entry.value);
}

/** One administrator's edit: `pick`s choose the place, `fresh` makes every new name unique. */
export interface Edit {
  readonly sort: (typeof SORTS)[number];
  readonly section: number;
  readonly at: number;
  readonly to: number;
  readonly fresh: string;
}

const SORTS = [
  'value',
  'value',
  'item',
  'item',
  'unlist',
  'add',
  'add',
  'add list',
  'add section',
  'delete',
  'comment',
  'uncomment',
  'remark',
  'move',
  'empty',
] as const;

/** Names are given at the end, so that they stay unique while fast-check makes a counterexample smaller. */
export function worlds(ability: Ability): fc.Arbitrary<World> {
  const shape = fc.record({
    sort: fc.constantFrom('value', 'value', 'list', 'section'),
    comments: fc.nat(2),
    remark: fc.boolean(),
    size: fc.nat(3),
  });
  return fc.array(shape, { minLength: 1, maxLength: 6 }).map(shapes => {
    let count = 0;
    const fresh = () => `b${count++}`;
    const named = shapes.map(({ sort, comments, remark, size }): Entry => {
      const key = fresh();
      const many = <T>(make: () => T) => Array.from({ length: size }, make);
      const section = sort === 'section' && ability.sections;
      const list = sort === 'list' && ability.lists;
      const value = list
        ? new Items(many(fresh))
        : section
          ? many(() => setting(fresh(), fresh(), ability))
          : fresh();
      const above = ability.comments ? Array.from({ length: comments }, fresh) : [];
      return { key, above, remark: ability.remarks && remark && !section ? fresh() : '', value };
    });
    return [...sectionsLast(named), end()];
  });
}

function setting(key: string, value: string, ability: Ability): Entry {
  const even = key.length % 2 === 0;
  return { key, above: [], remark: ability.remarks && even ? `${key}r` : '', value };
}

/** In TOML and INI a setting behind a section would be the section's. */
export function sectionsLast(entries: readonly Entry[]): Entry[] {
  return [...entries.filter(entry => !isSection(entry)), ...entries.filter(isSection)];
}

/** Up to four edits by the administrator of one side. */
export function edits(side: string, maxLength = 4): fc.Arbitrary<readonly Edit[]> {
  const edit = fc.record({
    sort: fc.constantFrom(...SORTS),
    section: fc.nat(9),
    at: fc.nat(9),
    to: fc.nat(9),
  });
  return fc
    .array(edit, { maxLength })
    .map(all => all.map((each, index) => ({ ...each, fresh: `${side}${index}` })));
}

export function edited(world: World, all: readonly Edit[], ability: Ability): World {
  return all.reduce((now, edit) => apply(now, edit, ability), world);
}

/** In one of three cases the edit is made at the top level, else within a section. */
function apply(world: World, edit: Edit, ability: Ability): World {
  const within = world.filter(isSection);
  const last = world.at(-1)!;
  if (edit.at === 9 && /comment/.test(edit.sort)) return world.with(-1, changedEntry(last, edit, ability));
  const section = edit.section % 3 === 0 ? undefined : within[edit.section % Math.max(1, within.length)];
  if (section === undefined) return [...sectionsLast(changed(world.slice(0, -1), edit, ability, true)), last];
  const value = changed(section.value, edit, ability, false);
  return world.map(entry => (entry === section ? { ...section, value } : entry));
}

function changed(entries: readonly Entry[], edit: Edit, ability: Ability, top: boolean): readonly Entry[] {
  const { sort, fresh } = edit;
  const add = (value: Entry['value']) =>
    entries.toSpliced(edit.at % (entries.length + 1), 0, { key: `${fresh}k`, above: [], remark: '', value });
  if (sort === 'add') return add(`${fresh}v`);
  if (sort === 'add list') return ability.lists ? add(new Items([`${fresh}i`, `${fresh}j`])) : entries;
  if (sort === 'add section') {
    return top && ability.sections ? add([setting(`${fresh}s`, `${fresh}v`, ability)]) : entries;
  }
  if (entries.length === 0) return entries;
  const at = edit.at % entries.length;
  const entry = entries[at]!;
  if (sort === 'delete') return entries.toSpliced(at, 1);
  if (sort === 'move') return entries.toSpliced(at, 1).toSpliced(edit.to % entries.length, 0, entry);
  return entries.with(at, changedEntry(entry, edit, ability));
}

function changedEntry(entry: Entry, { sort, to, fresh }: Edit, ability: Ability): Entry {
  const { value, above } = entry;
  switch (sort) {
    case 'comment':
      return ability.comments
        ? { ...entry, above: above.toSpliced(to % (above.length + 1), 0, `${fresh}c`) }
        : entry;
    case 'uncomment':
      return { ...entry, above: above.toSpliced(to % Math.max(1, above.length), 1) };
    case 'remark':
      return ability.remarks && !isSection(entry)
        ? { ...entry, remark: entry.remark === '' ? `${fresh}r` : '' }
        : entry;
    default:
  }
  if (isSection(entry)) return sort === 'empty' ? { ...entry, value: [] } : entry;
  if (!(value instanceof Items)) return sort === 'value' ? { ...entry, value: `${fresh}v` } : entry;
  const { words } = value;
  const at = to % Math.max(1, words.length);
  const items = (next: readonly string[]): Entry => ({ ...entry, value: new Items(next) });
  if (sort === 'value' && words.length > 0) return items(words.with(at, `${fresh}i`));
  if (sort === 'item') return items(words.toSpliced(to % (words.length + 1), 0, `${fresh}i`));
  if (sort === 'unlist') return items(words.toSpliced(at, 1));
  return sort === 'empty' ? items([]) : entry;
}

/** The merge as set arithmetic. */
export interface Expected {
  readonly world: World;
  /** Comments of entries that are gone, which the backup had put there itself. */
  readonly orphans: readonly string[];
  /** Both sides touched one thing, so that the merge may be held. */
  readonly contested: boolean;
  /** Both sides changed one setting, differently: the merge must be held as a conflict. */
  readonly conflict: boolean;
  /** Where the conflicts are rejected: the keys of the entries that stay the backup's. */
  readonly kept: ReadonlySet<string>;
}

export interface Rejecting {
  /** Every conflict is rejected now: the backup's stays. */
  readonly now: boolean;
  /** Keys of entries that were rejected before: the primary's next change of them is welcome. */
  readonly before: ReadonlySet<string>;
}

const REJECTING_NONE: Rejecting = { now: false, before: new Set() };

export function expectedOf(
  base: World,
  next: World,
  local: World,
  rejecting: Rejecting = REJECTING_NONE,
): Expected {
  const oracle = new Oracle(rejecting);
  const all = oracle.entries(base, next, local);
  const world = [
    ...sectionsLast(all.filter(entry => entry.key !== END)),
    all.find(entry => entry.key === END)!,
  ];
  const { orphans, contested, conflict, kept } = oracle;
  return { world, orphans, contested: contested || conflict, conflict, kept };
}

class Oracle {
  readonly orphans: string[] = [];
  readonly kept = new Set<string>();
  contested = false;
  conflict = false;

  constructor(private readonly rejecting: Rejecting) {}

  /** Whose is what both changed. */
  #winner(key: string): 'next' | 'local' {
    if (this.rejecting.before.has(key)) return 'next';
    if (!this.rejecting.now) {
      this.conflict = true;
      return 'next';
    }
    this.kept.add(key);
    return 'local';
  }

  entries(base: readonly Entry[], next: readonly Entry[], local: readonly Entry[]): Entry[] {
    const [nextMoved, localMoved] = [this.#moved(base, next, local), this.#moved(base, local, next)];
    if (nextMoved && localMoved) this.contested = true;
    // In the order of the side that moved some: a later change is compared with it.
    const inOrder = localMoved && !nextMoved ? [...local, ...next] : [...next, ...local];
    const keys = new Set(inOrder.map(entry => entry.key));
    const find = (side: readonly Entry[], key: string) => side.find(entry => entry.key === key);
    return [...keys].flatMap(key => this.#entry(find(base, key), find(next, key), find(local, key)) ?? []);
  }

  #moved(base: readonly Entry[], side: readonly Entry[], other: readonly Entry[]): boolean {
    const everywhere = (entry: Entry) =>
      [base, side, other].every(all => all.some(each => each.key === entry.key));
    const order = (all: readonly Entry[]) =>
      all
        .filter(everywhere)
        .map(entry => entry.key)
        .join();
    return order(base) !== order(side);
  }

  #entry(base: Entry | undefined, next: Entry | undefined, local: Entry | undefined): Entry | undefined {
    if (next !== undefined && local !== undefined) {
      const above = this.#set(base?.above ?? [], next.above, local.above);
      const remark = this.#one(base?.remark ?? '', next.remark, local.remark);
      if (remark === undefined) this.contested = true;
      return {
        ...next,
        above,
        remark: remark ?? '',
        value: this.#value(next.key, base?.value, next.value, local.value),
      };
    }
    if (base === undefined) return next ?? local;
    const left = next ?? local;
    if (left === undefined) return undefined;
    if (says(left) !== says(base)) {
      const isTaken = this.#winner(left.key) === (next === undefined ? 'local' : 'next');
      if (isTaken && !this.conflict) return left;
      if (next !== undefined) return undefined;
    } else if (JSON.stringify(left) !== JSON.stringify(base)) this.contested = true;
    if (local !== undefined) {
      this.orphans.push(...local.above.filter(line => !base.above.includes(line)));
      if (local.remark !== '' && local.remark !== base.remark) this.orphans.push(local.remark);
    }
    return undefined;
  }

  #value(
    key: string,
    base: Entry['value'] | undefined,
    next: Entry['value'],
    local: Entry['value'],
  ): Entry['value'] {
    if (next instanceof Items || local instanceof Items) {
      const words = (value: Entry['value'] | undefined) => (value instanceof Items ? value.words : []);
      if (base === undefined && words(next).join() !== words(local).join()) this.contested = true;
      return new Items(this.#set(words(base), words(next), words(local)));
    }
    if (typeof next === 'string' || typeof local === 'string') {
      const value = this.#one(base, next, local);
      return value ?? (this.#winner(key) === 'next' ? next : local);
    }
    // An empty section may be written in another way, `{}`: filling it is then a change of the section.
    const all = [base, next, local].map(value => JSON.stringify(value));
    const empty = [base, next, local].some(value => Array.isArray(value) && value.length === 0);
    if (empty && new Set(all).size === 3) this.contested = true;
    return this.entries(Array.isArray(base) ? base : [], next, local);
  }

  #one<T>(base: T | undefined, next: T, local: T): T | undefined {
    if (local === base || local === next) return next;
    return next === base ? local : undefined;
  }

  /** What either side put in is in, what either took out is out. */
  #set(base: readonly string[], next: readonly string[], local: readonly string[]): string[] {
    const [b, n, l] = [base.join(), next.join(), local.join()];
    if (n !== b && l !== b && n !== l) this.contested = true;
    return [...new Set([...next, ...local])].filter(
      word => !base.includes(word) || (next.includes(word) && local.includes(word)),
    );
  }
}

/** What an entry says, without its comments. */
function says({ value }: Entry): string {
  if (value instanceof Items) return JSON.stringify(value.words);
  return typeof value === 'string' ? value : JSON.stringify(value.map(entry => [entry.key, says(entry)]));
}
