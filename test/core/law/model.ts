import fc from 'fast-check';
import type { FormatName } from '../../../src/core/document.ts';
import type { IdentitySpec } from '../../../src/core/rewrite/identity.ts';

/**
 * Random configuration files, as a model that is printed in any format. Names and values are made of
 * identifiers, look-alikes and ordinary words, so that tokens meet in every way the rules speak of.
 */
export interface Model {
  readonly sections: readonly Section[];
}

export interface Section {
  readonly name: string;
  readonly comment: string;
  readonly entries: readonly Setting[];
}

export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly list?: readonly string[];
}

/**
 * Swaps both ways, so that rewriting is its own inverse; every counterpart can tell its spelling. And
 * each ends as its pair does: in `10.0.1.12-52-54-00-...` the rules see one more pair of hex digits
 * before the MAC, in `10.0.0.1-52-54-00-...` they do not, so that such a pair could not be swapped back.
 */
export const IDENTITY: IdentitySpec = {
  pairs: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'fqdn', primary: 'nas1.example.com', backup: 'nas2.example.org' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.9' },
    { kind: 'ipv6', primary: 'fd00::1a', backup: 'fd00::2b' },
    { kind: 'mac', primary: '52:54:00:a1:b2:c3', backup: '52:54:00:d4:e5:f6' },
    { kind: 'wwn', primary: '5000c500a1b2c3d4', backup: '5000c500e5f60718', swap: true },
    { kind: 'iqn', primary: 'iqn.2003-01.org.x:nas1', backup: 'iqn.2003-01.org.x:nas2' },
    {
      kind: 'uuid',
      primary: '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61',
      backup: '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8',
      swap: true,
    },
    { kind: 'serial', primary: 'SN-0001A', backup: 'SN-0002B', swap: true },
    { kind: 'path', primary: '/srv/nas1/data', backup: '/srv/nas2/data', swap: true },
  ],
  shared: [{ kind: 'ipv4', value: '10.0.0.100' }],
};

export const IDENTIFIERS: readonly string[] = [
  ...IDENTITY.pairs.flatMap(pair => [pair.primary, pair.backup]),
  'NAS1',
  'NAS2',
  '525400A1B2C3',
  '52-54-00-D4-E5-F6',
  'FD00::1A',
  '5000C500A1B2C3D4',
  '50:00:c5:00:a1:b2:c3:d4',
  '7C1E1C523F1D4F0E9A390A5D2F3E4B61',
];

const LOOKALIKES = [
  'nas10',
  'mynas1',
  'nas1-x',
  'vg_nas1',
  '10.0.0.10',
  '110.0.0.1',
  '10.0.0.100',
  'fd00::1',
  'SN-0001',
];
const WORDS = ['rw', 'eth0', 'data', '4420', 'yes', 'ü', 'x'];
const JOINTS = ['/', ',', '.', '-', '_', '', '(', ')', '@', '1', 'é'];

const token = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...IDENTIFIERS) },
  { weight: 2, arbitrary: fc.constantFrom(...LOOKALIKES) },
  { weight: 2, arbitrary: fc.constantFrom(...WORDS) },
);

const phrase = fc
  .tuple(token, fc.array(fc.tuple(fc.constantFrom(...JOINTS), token), { maxLength: 2 }))
  .map(([first, rest]) => first + rest.map(([joint, next]) => joint + next).join(''));

/** Escapes and quotes only where a format can carry them. */
const awkward = fc.constantFrom('', '"', "'", '\\', '\t', '#', ': ', '\n', '%');

function texts(format: FormatName): fc.Arbitrary<string> {
  if (!['json', 'yaml', 'toml'].includes(format)) return phrase;
  return fc.tuple(awkward, phrase, awkward).map(([before, text, after]) => before + text + after);
}

const key = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('path', 'host', 'address', 'option') },
  { weight: 2, arbitrary: fc.constantFrom(...IDENTIFIERS) },
);

/** Models of a format: `repeats` says whether keys and sections may occur more than once. */
export function models(format: FormatName): fc.Arbitrary<Model> {
  const repeats = ['ini', 'block', 'lines'].includes(format);
  const text = texts(format);
  const setting: fc.Arbitrary<Setting> = repeats
    ? fc.record({ key, value: phrase })
    : fc
        .record({ key, value: text, list: fc.option(fc.array(text, { maxLength: 4 }), { nil: undefined }) })
        .map(clean);
  const unique = <T>(name: (item: T) => string) => (repeats ? {} : { selector: name });
  const entries = repeats
    ? fc.array(setting, { minLength: 1, maxLength: 4 }).map(twinned)
    : fc.uniqueArray(setting, { minLength: 1, maxLength: 4, ...unique<Setting>(each => each.key) });
  const section: fc.Arbitrary<Section> = fc.record({ name: key, comment: phrase, entries });
  const sections = repeats
    ? fc.array(section, { minLength: 1, maxLength: 3 })
    : fc.uniqueArray(section, { minLength: 1, maxLength: 3, ...unique<Section>(each => each.name) });
  return sections.map(all => ({ sections: all }));
}

function clean(setting: { key: string; value: string; list: string[] | undefined }): Setting {
  const { key: name, value, list } = setting;
  return list === undefined
    ? { key: name, value }
    : { key: name, value, list: list.flatMap(item => [item, item]) };
}

/** Repeats the first entry, as configuration files do. */
function twinned(entries: Setting[]): Setting[] {
  return entries.length % 2 === 0 ? [...entries, entries[0]!] : entries;
}

/** An edit of one text at the border of a token: where rewriting and patching are most likely to differ. */
export type BorderEdit = 'append digit' | 'prepend letter' | 'cut' | 'split' | 'join' | 'dot' | 'swap token';

export const BORDER_EDITS: readonly BorderEdit[] = [
  'append digit',
  'prepend letter',
  'cut',
  'split',
  'join',
  'dot',
  'swap token',
];

export function editAtBorder(text: string, edit: BorderEdit, pick: number): string {
  const at = IDENTIFIERS.map(identifier => ({ identifier, start: text.indexOf(identifier) })).filter(
    ({ start }) => start >= 0,
  );
  if (at.length === 0) return `${text}0`;
  const { identifier, start } = at[pick % at.length]!;
  const end = start + identifier.length;
  const [before, after] = [text.slice(0, start), text.slice(end)];
  switch (edit) {
    case 'append digit':
      return `${before}${identifier}0${after}`;
    case 'prepend letter':
      return `${before}a${identifier}${after}`;
    case 'cut':
      return `${before}${identifier.slice(0, -1)}${after}`;
    case 'split':
      return `${before}${identifier.slice(0, 3)}/${identifier.slice(3)}${after}`;
    case 'join':
      return `${before}${identifier}${after.slice(1)}`;
    case 'dot':
      return `${before}${identifier}.${after}`;
    case 'swap token':
      return `${before}${IDENTIFIERS[(IDENTIFIERS.indexOf(identifier) + 1) % IDENTIFIERS.length]}${after}`;
  }
}
