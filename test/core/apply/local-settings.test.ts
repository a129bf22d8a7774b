import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFile } from '../../../src/core/apply/plan-file.ts';
import type { FormatName } from '../../../src/core/document.ts';
import type { IdentitySpec } from '../../../src/core/rewrite/identity.ts';
import { runs } from '../../runs.ts';
import { digest, rulesOf } from '../../support/rules.ts';

/**
 * An administrator of the backup edited a value, added sections, entries and comments, among identical
 * repeated entries. Then the primary changes a hundred times. After each change, taking the local
 * things out of the backup's file by their marks must give rewrite(primary), byte for byte.
 */
const CHANGES = 100;

/** The primary's file as data; printed by each format below. */
interface Item {
  readonly name: string;
  readonly note: string;
  readonly values: readonly (readonly [key: string, value: string])[];
}

const OWN = 'OWN-OF-THE-BACKUP';

interface Sample {
  readonly format: FormatName;
  readonly print: (items: readonly Item[]) => string;
  /** The backup's administrator at work. */
  readonly localize: (text: string) => string;
  /** Takes out what `localize` put in. */
  readonly strip: (text: string) => string;
}

const dropOwnLines = (text: string) =>
  text
    .split('\n')
    .filter(line => !line.includes(OWN))
    .join('\n')
    .replace(/"?workers-local"?/, '4');

const afterLine = (text: string, mark: string, addition: string) => {
  if (!text.includes(mark)) throw new Error(`${mark} is not there`);
  const at = text.indexOf('\n', text.indexOf(mark)) + 1;
  return text.slice(0, at) + addition + text.slice(at);
};
const beforeLine = (text: string, mark: string, addition: string) => {
  const at = text.lastIndexOf('\n', text.indexOf(mark)) + 1;
  return text.slice(0, at) + addition + text.slice(at);
};

const lineSample = (
  format: FormatName,
  print: (items: readonly Item[]) => string,
  edits: { value: [string, string]; comment: [string, string]; entry: [string, string]; section: string },
): Sample => ({
  format,
  print,
  localize: text => {
    const valued = text.replace(...edits.value);
    const commented = beforeLine(valued, ...edits.comment);
    return afterLine(commented, ...edits.entry) + edits.section;
  },
  strip: dropOwnLines,
});

const SAMPLES: readonly Sample[] = [
  lineSample(
    'ini',
    items =>
      `[global]\n  workers = 4\n  server = nas1\n${items
        .map(
          ({ name, note, values }) =>
            `\n# ${note}\n[${name}]\n${values.map(([key, value]) => `  ${key} = ${value}\n`).join('')}`,
        )
        .join('')}`,
    {
      value: ['workers = 4', 'workers = workers-local'],
      comment: ['  server = nas2', `  # ${OWN}: asked for by Ann\n`],
      entry: ['  server = nas2', `  ${OWN} = 1\n`],
      section: `[${OWN}]\n  ${OWN} = 2\n`,
    },
  ),
  lineSample(
    'block',
    items =>
      `global {\n    workers 4\n    server nas1\n}\n${items
        .map(
          ({ name, note, values }) =>
            `\n# ${note}\nvolume ${name} {\n${values.map(([key, value]) => `    ${key} ${value}\n`).join('')}}\n`,
        )
        .join('')}`,
    {
      value: ['workers 4', 'workers workers-local'],
      comment: ['    server nas2', `    # ${OWN}: asked for by Ann\n`],
      entry: ['    server nas2', `    ${OWN} 1\n`],
      section: `volume ${OWN} { ${OWN} 2; }\n`,
    },
  ),
  lineSample(
    'lines',
    items =>
      `workers 4\nserver nas1\n${items
        .map(
          ({ name, note, values }) =>
            `# ${note}\n${values.map(([key, value]) => `/srv/${name}\t${key}(${value})\n`).join('')}`,
        )
        .join('')}`,
    {
      value: ['workers 4', 'workers workers-local'],
      comment: ['server nas2', `# ${OWN}: asked for by Ann\n`],
      entry: ['server nas2', `/srv/${OWN} rw\n`],
      section: `/srv/${OWN}/2 rw\n`,
    },
  ),
  lineSample(
    'toml',
    items =>
      `workers = 4\nserver = "nas1"\n${items
        .map(
          ({ name, note, values }) =>
            `\n# ${note}\n[[volume]]\nname = "${name}"\n${unique(values)
              .map(([key, value]) => `${key} = "${value}" # set\n`)
              .join('')}`,
        )
        .join('')}`,
    {
      value: ['workers = 4', 'workers = "workers-local"'],
      comment: ['server = ', `# ${OWN}: asked for by Ann\n`],
      entry: ['server = ', `${OWN} = 1\n`],
      section: `[${OWN}-table]\n${OWN} = 2\n`,
    },
  ),
  lineSample(
    'yaml',
    items =>
      `workers: 4\nserver: nas1\nvolumes:\n${items
        .map(
          ({ name, note, values }) =>
            `  # ${note}\n  - name: ${name}\n${unique(values)
              .map(([key, value]) => `    ${key}: "${value}"\n`)
              .join('')}`,
        )
        .join('')}last: 1\n`,
    {
      value: ['workers: 4', 'workers: workers-local'],
      comment: ['server: nas2', `# ${OWN}: asked for by Ann\n`],
      entry: ['server: nas2', `${OWN}: 1\n`],
      section: `${OWN}2:\n  - ${OWN}\n`,
    },
  ),
  {
    format: 'json',
    print: items =>
      `${JSON.stringify({ workers: 4, server: 'nas1', volumes: items.map(({ name, values }) => ({ name, ...Object.fromEntries(values) })), last: 1 }, null, 2)}\n`,
    localize: text =>
      text
        .replace('"workers": 4', '"workers": "workers-local"')
        .replace('"server": "nas2"', `"server": "nas2",\n  "${OWN}": {"x": 1}`)
        .replace('"last": 1', `"last": 1,\n  "${OWN}-2": [1, 2]`),
    strip: text =>
      text
        .replace('"workers-local"', '4')
        .replace(`,\n  "${OWN}": {"x": 1}`, '')
        .replace(`,\n  "${OWN}-2": [1, 2]`, ''),
  },
];

function unique(values: readonly (readonly [string, string])[]): [string, string][] {
  return [...new Map(values)];
}

const encode = (text: string) => new TextEncoder().encode(text);

const IDENTITY: IdentitySpec = {
  pairs: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
  shared: [],
};

const KEYS = ['path', 'option', 'server'];
const value = fc.constantFrom('nas1', 'rw', 'nas10', '/srv/nas1/x', 'a b');
const values = fc.array(fc.tuple(fc.constantFrom(...KEYS), value), { minLength: 1, maxLength: 4 });
const item = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'nas1', 'd', 'e'),
  note: fc.constantFrom('first', 'of nas1', ''),
  values,
});

/** One change by the primary's administrator. */
const change = fc.record({
  sort: fc.constantFrom('add', 'add twin', 'delete', 'value', 'comment', 'reorder', 'rename'),
  at: fc.nat(99),
  item,
});

function changed(
  items: readonly Item[],
  { sort, at, item: fresh }: { sort: string; at: number; item: Item },
): Item[] {
  const index = at % Math.max(1, items.length);
  const old = items[index];
  if (old === undefined || sort === 'add') return items.toSpliced(index, 0, fresh);
  switch (sort) {
    case 'add twin':
      return items.toSpliced(index, 0, { ...old, values: [...old.values, ...old.values.slice(0, 1)] });
    case 'delete':
      return items.length > 1 ? items.toSpliced(index, 1) : [...items];
    case 'value':
      return items.with(index, { ...old, values: fresh.values });
    case 'comment':
      return items.with(index, { ...old, note: fresh.note });
    case 'rename':
      return items.with(index, { ...old, name: fresh.name });
    default:
      return [...items.slice(1), items[0]!];
  }
}

describe.each(SAMPLES)('settings of the backup’s own, $format', ({ format, print, localize, strip }) => {
  it(`stay through ${CHANGES} changes of the primary`, () => {
    const rules = rulesOf(IDENTITY, { format });
    let [applied, held] = [0, 0];
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 2, maxLength: 5 }),
        fc.array(change, { minLength: CHANGES, maxLength: CHANGES }),
        (start, changes) => {
          const first = planFile(
            { path: 'f', primary: encode(print(start)), local: undefined, deletedBefore: 0 },
            rules,
          );
          let base = first.text!;
          let local = localize(base);
          expect(strip(local)).toBe(base);
          let items: readonly Item[] = start;
          for (const each of changes) {
            items = changed(items, each);
            const known = { format, base: digest(base), file: digest(base), local: [], text: base };
            const plan = planFile(
              { path: 'f', primary: encode(print(items)), local: encode(local), known, deletedBefore: 0 },
              rules,
            );
            if (plan.held.length > 0) {
              held++;
              expect(plan.held.map(({ failure, message }) => [failure, message])).toEqual([
                ['place-ambiguous', expect.any(String)],
              ]);
              continue;
            }
            applied++;
            base = plan.base!;
            local = plan.text ?? local;
            expect(strip(local)).toBe(base);
            expect(local.split(OWN).length).toBe(localize(base).split(OWN).length);
            expect(local).toContain('workers-local');
          }
        },
      ),
      // Shrinking a hundred changes takes long and tells little: the seed repeats the run.
      { ...runs(3), endOnFailure: true },
    );
    console.log(
      `local settings, ${format}: ${applied} changes applied, ${held} held as ambiguous, 0 local settings lost`,
    );
    expect(held).toBeLessThan(applied / 20);
  });
});
