import { describe, expect, it } from 'vitest';
import { planRegion } from '../../../../src/core/apply/plan-region.ts';
import type { FormatName } from '../../../../src/core/document.ts';
import { inputOf, passes, type Replicated, replicate, rulesOf } from './law.ts';

const rules = rulesOf();

const POOLS = Array.from(
  { length: 12 },
  (_, i) =>
    `  - name: pool${i}\n    host: nas1\n    size: ${i}\n    luns:\n      - {id: 1}\n      - {id: 2}\n`,
).join('');
const YAML = `# storage\npools:\n${POOLS}hosts:\n  a: nas1\n  b: nas2\n`;

const SHARES = Array.from(
  { length: 8 },
  (_, i) => `[share${i}]\n  path = /srv/${i}\n  hosts allow = nas1\n`,
).join('');

function started(format: FormatName, primary: string) {
  const first = replicate(`a.${format}`, format, primary, rules);
  if (first?.proven === undefined) throw new Error('not proven');
  return { at: first.at, proven: first.proven };
}

/** What the region pass says of a change, checked against the whole pass. */
function changed(format: FormatName, before: string, from: string | RegExp, to: string) {
  const { at, proven } = started(format, before);
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return passes(at, after, rules, proven);
}

describe('what a part tells', () => {
  it('the place of a setting in a list far down', () => {
    const { region } = changed('yaml', YAML, 'size: 7', 'size: 70');
    expect(region?.plan.patch).toEqual([{ op: 'replace', path: '/pools/7/size', value: 70 }]);
    expect(region?.plan.edits).toHaveLength(1);
  });

  it('the place of a swap, and of one behind an entry that was put in', () => {
    const { region } = changed('yaml', YAML, '    size: 7', '    owner: nas1.example.com/x\n    size: 7');
    expect(region?.plan.swaps.map(({ pointer, put }) => [pointer, put])).toContainEqual([
      '/pools/7/owner',
      'nas2.example.org',
    ]);
  });

  it('comments between entries keep the places of all that follows', () => {
    const text = Array.from({ length: 6 }, (_, i) => `/srv/${i} nas1(rw)\n`).join('');
    const { at, proven } = started('lines', text);
    const commented = text.replace('/srv/2', '# nas1\n/srv/2');
    const { region } = passes(at, commented, rules, proven);
    const next = commented.replace('/srv/4', '/srv/40');
    const last = passes({ ...at, base: region!.plan.base! }, next, rules, region!.proven);
    expect(last.region?.plan.text).toContain('\n/srv/40 standby-nas2(rw)\n');
  });

  it('the same where the last text is at hand as bytes, and nothing where those are others', () => {
    const { at, proven } = started('yaml', YAML);
    const input = inputOf(at, YAML.replace('size: 7', 'size: 70'));
    const own = { ...rules, format: at.format };
    const withKnown = (text: Uint8Array) =>
      planRegion({ ...input, known: { ...input.known!, text } }, own, proven);
    expect(withKnown(input.local!)?.plan).toEqual(planRegion(input, own, proven)?.plan);
    expect(withKnown(input.local!)?.plan.patch).toHaveLength(1);
    expect(withKnown(new TextEncoder().encode('others\n'))).toBeUndefined();
  });

  it('an entry with another name is another entry', () => {
    const { region, whole } = changed('yaml', YAML, 'name: pool7', 'name: pool70');
    expect(region?.plan.patch.map(({ op }) => op).sort()).toEqual(['add', 'remove']);
    expect(region?.plan.deletions).toBe(1);
    expect(whole.deletions).toBe(1);
  });

  it('the carried proof finds the place after entries before it came and went', () => {
    const { at, proven } = started('yaml', YAML);
    let [text, now, base] = [YAML, proven, at.base];
    for (const [from, to] of [
      ['  - name: pool3\n', '  - name: extra\n    host: nas1.example.com\n  - name: pool3\n'],
      ['# storage', '# storage of nas1.example.com, and more'],
      [/ {2}- name: pool1\n(?: {4,}.*\n)*/, ''],
      ['size: 9', 'size: nas1'],
    ] as const) {
      text = text.replace(from, to);
      const { region } = passes({ ...at, base }, text, rules, now);
      expect(region?.plan.action).toBe('change');
      [now, base] = [region!.proven, region!.plan.base!];
    }
    expect(base).toContain('size: standby-nas2');
  });

  it('a share of the whole file is what the guard of deletions sees', () => {
    const removed = changed('ini', SHARES, '  path = /srv/3\n  hosts allow = nas1\n', '  path = /srv/3\n');
    expect(removed.region?.plan.settingsDeleted).toBe(1);
  });

  it('nothing to do where the primary says on the backup what it said', () => {
    const { at, proven } = started('ini', SHARES);
    const { region, whole } = passes(at, SHARES, rules, proven);
    expect(region?.plan.action).toBe('keep');
    expect(whole.action).toBe('keep');
  });
});

describe('what only the whole file tells', () => {
  const held: readonly (readonly [string, FormatName, string, string, string])[] = [
    ['a key that stands elsewhere in its map', 'yaml', YAML, '  b: nas2', '  b: nas2\n  a: x'],
    ['a key far away', 'json', `{"a":1,${'"x":[1,2,3],'.replace('x', 'long')}"b":{"k":1}}`, '"b"', '"a"'],
    ['a quote that is never closed', 'yaml', YAML, 'size: 7', 'size: "7'],
    ['a bracket that is never closed', 'toml', `a = 1\n[t]\n${'b = [1]\n'}c = 2\n`, 'b = [1]', 'b = [1'],
    ['a primary left over', 'yaml', YAML, 'size: 7', 'size: "%6eas1"'],
    ['a string in no pair that waits', 'yaml', YAML, 'size: 7', 'size: 52:54:00:11:22:33'],
    ['entries deleted in masses', 'yaml', YAML, POOLS.split('  - name: pool6\n')[0]!, ''],
    ['a block that is never closed', 'block', 'a {\n  b c\n}\nd {\n  e f\n}\n', '  b c\n}', '  b c'],
  ];
  it.each(held)('%s', (_, format, before, from, to) => {
    const { region, whole } = changed(format, before, from, to);
    expect(whole.held).not.toEqual([]);
    expect(region).toBeUndefined();
  });

  const unsure: readonly (readonly [string, FormatName, string, string, string])[] = [
    ['a line that draws in the next header', 'ini', SHARES, 'nas1\n[share4]', 'nas1\\\n[share4]'],
    ['a second entry of a name', 'ini', SHARES, '  path = /srv/3\n', '  path = /srv/3\n  path = /srv/4\n'],
    ['a comment below a text of several lines', 'yaml', 'a: |\n  x\nb: 1\nc: 2\n', 'b: 1', '  # y\nb: 1'],
    ['an anchor', 'yaml', YAML, 'size: 7', 'size: &x 7'],
    ['a header', 'ini', SHARES, '[share3]', '[share30]'],
  ];
  it.each(unsure)('%s', (_, format, before, from, to) => {
    expect(changed(format, before, from, to).region).toBeUndefined();
  });

  it('a file on the backup that is not what replication made of it', () => {
    const { at, proven } = started('yaml', YAML);
    const input = inputOf(at, YAML.replace('size: 7', 'size: 8'));
    expect(planRegion(input, { ...rules, format: 'yaml' }, proven)).toBeDefined();
    const local = new TextEncoder().encode(`${at.base}# by hand\n`);
    expect(planRegion({ ...input, local }, { ...rules, format: 'yaml' }, proven)).toBeUndefined();
  });

  it('another mapping, mode or place that is preserved', () => {
    const { at, proven } = started('yaml', YAML);
    const input = inputOf(at, YAML.replace('size: 7', 'size: 8'));
    for (const more of [
      { mode: 'approve' },
      { preserve: ['/hosts'] },
      { mapping: rulesOf().mapping },
    ] as const) {
      expect(planRegion(input, { ...rules, ...more }, proven)).toBeUndefined();
    }
  });

  it('a merge key that comes into a map below', () => {
    const before =
      'pools:\n  - name: a\n    luns:\n      - serial: x\n    size: 1\n  - name: b\n    size: 2\n';
    const { at, proven } = started('yaml', before);
    const after = before.replace('    luns:\n', '    <<:\n');
    expect(planRegion(inputOf(at as Replicated, after), rules, proven)).toBeUndefined();
    const other = before.replace('serial: x', 'serial: y');
    expect(planRegion(inputOf(at as Replicated, other), rules, proven)).toBeDefined();
  });

  it('bytes that are no text', () => {
    const { at, proven } = started('lines', '/srv nas1(rw)\n/srv2 nas1(ro)\n');
    const input = inputOf(at as Replicated, '/srv nas1(rw)\n/srv2 nas1(rx)\n');
    const broken = input.primary!.with(20, 0xff);
    expect(planRegion({ ...input, primary: broken }, rules, proven)).toBeUndefined();
    expect(planRegion({ ...input, primary: input.primary!.with(20, 0) }, rules, proven)).toBeUndefined();
  });
});

describe('files that are always read whole', () => {
  it.each<[string, FormatName, string]>([
    ['several documents', 'yaml', 'a: 1\n---\nb: 2\n'],
    ['anchors and aliases', 'yaml', 'a: &x 1\nb: *x\n'],
    ['a tag', 'yaml', 'a: !!str 1\nb: 2\n'],
    ['a merge key', 'yaml', 'a: 1\n<<: {b: 2}\n'],
    ['a single value', 'json', '"nas1"\n'],
    ['a list in brackets', 'yaml', '[a, b]\n'],
  ])('%s', (_, format, text) => {
    expect(replicate(`a.${format}`, format, text, rules)).toMatchObject({ proven: undefined });
  });

  it('a pair that holds at one place of the file', () => {
    const placed = rulesOf({
      pairs: [{ kind: 'text', primary: '150', backup: '100', at: 'b/priority' }],
      shared: [],
    });
    const text = 'b:\n  priority: 150\nc: 1\n';
    expect(replicate('a.yaml', 'yaml', text, placed)).toMatchObject({ proven: undefined });
    const elsewhere = rulesOf({
      pairs: [{ kind: 'text', primary: '150', backup: '100', at: 'b/priority', in: ['other.yaml'] }],
      shared: [],
    });
    expect(replicate('a.yaml', 'yaml', text, elsewhere)?.proven).toBeDefined();
  });
});
