import fc from 'fast-check';
import type { FormatName } from '../../../src/core/document.ts';
import {
  BORDER_EDITS,
  editAtBorder,
  IDENTIFIERS,
  type Model,
  models,
  type Section,
  type Setting,
} from './model.ts';

/** What an edit touched, for the shares that are printed with the law. */
export interface Traits {
  readonly atBorder: boolean;
  readonly inKey: boolean;
  readonly repeated: boolean;
}

export interface Edited {
  readonly before: Model;
  readonly after: Model;
  readonly traits: Traits;
}

/** A model and the same model after one to three edits by an administrator. */
export function edited(format: FormatName): fc.Arbitrary<Edited> {
  const repeats = ['ini', 'block', 'lines'].includes(format);
  const pick = fc.nat(999);
  const step = fc.record({
    sort: fc.constantFrom('border', 'border', 'key', 'add', 'delete', 'reorder', 'twin'),
    border: fc.constantFrom(...BORDER_EDITS),
    section: pick,
    entry: pick,
    name: fc.constantFrom(...IDENTIFIERS),
    fresh: models(format),
  });
  return fc.tuple(models(format), fc.array(step, { minLength: 1, maxLength: 3 })).map(([before, steps]) => {
    let after = before;
    const kinds = new Set<string>();
    for (const each of steps) {
      const next = apply(after, each, repeats);
      if (next !== undefined) {
        after = next;
        kinds.add(each.sort);
      }
    }
    return { before, after, traits: traitsOf(before, after, kinds) };
  });
}

interface Step {
  readonly sort: string;
  readonly border: (typeof BORDER_EDITS)[number];
  readonly section: number;
  readonly entry: number;
  readonly name: string;
  readonly fresh: Model;
}

function apply(model: Model, step: Step, repeats: boolean): Model | undefined {
  const at = step.section % model.sections.length;
  const section = model.sections[at]!;
  const changed = changeSection(section, step, repeats);
  if (changed !== undefined) return { sections: model.sections.with(at, changed) };
  if (step.sort === 'add') {
    const fresh = step.fresh.sections[0]!;
    if (!repeats && model.sections.some(each => each.name === fresh.name)) return undefined;
    return { sections: model.sections.toSpliced(at, 0, fresh) };
  }
  if (step.sort === 'delete' && model.sections.length > 1)
    return { sections: model.sections.toSpliced(at, 1) };
  if (step.sort === 'reorder') return { sections: [...model.sections.slice(1), model.sections[0]!] };
  return undefined;
}

function changeSection(section: Section, step: Step, repeats: boolean): Section | undefined {
  const at = step.entry % section.entries.length;
  const entry = section.entries[at]!;
  const put = (next: Setting): Section => ({ ...section, entries: section.entries.with(at, next) });
  switch (step.sort) {
    case 'border': {
      const value = editAtBorder(entry.value, step.border, step.entry);
      const list = entry.list?.map((item, index) =>
        index === 0 ? editAtBorder(item, step.border, step.entry) : item,
      );
      return put({ ...entry, value, ...(list === undefined ? {} : { list }) });
    }
    case 'key':
      if (!repeats && section.entries.some(each => each.key === step.name)) return undefined;
      return put({ ...entry, key: step.name });
    case 'twin':
      if (!repeats)
        return entry.list === undefined
          ? undefined
          : put({ ...entry, list: [...entry.list, ...entry.list.slice(0, 1)] });
      return { ...section, entries: section.entries.toSpliced(at, 0, entry) };
    default:
      return undefined;
  }
}

function traitsOf(before: Model, after: Model, kinds: ReadonlySet<string>): Traits {
  const names = [...before.sections, ...after.sections].flatMap(each => [
    each.name,
    ...each.entries.map(entry => entry.key),
  ]);
  const repeated = [before, after].some(model =>
    [
      model.sections.map(each => JSON.stringify(each)),
      ...model.sections.flatMap(each => [
        each.entries.map(entry => JSON.stringify(entry)),
        ...each.entries.map(entry => entry.list ?? []),
      ]),
    ].some(all => new Set(all).size < all.length),
  );
  return { atBorder: kinds.has('border'), inKey: names.some(name => IDENTIFIERS.includes(name)), repeated };
}
