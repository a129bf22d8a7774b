import { describe, expect, it } from 'vitest';
import { merge } from '../../../src/core/apply/merge/merge.ts';
import { type MergePolicy, PLAIN_POLICY } from '../../../src/core/apply/merge/policy.ts';
import type { Document, FormatName } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';

function parse(format: FormatName, text: string): Document {
  const document = formatNamed(format).parse(text);
  if (isFailure(document)) throw new Error(document.message);
  return document;
}

function merged(
  format: FormatName,
  base: string | undefined,
  next: string,
  local: string,
  policy = PLAIN_POLICY,
) {
  const result = merge({
    base: base === undefined ? undefined : parse(format, base),
    next: parse(format, next),
    local: parse(format, local),
    file: 'f',
    format: formatNamed(format),
    policy,
  });
  return result.failures.length > 0 ? result.failures.map(failure => failure.failure) : result.text;
}

const SMB = '# our server\n[global]\n  workgroup = A\n  workers = 4\n\n[data]\n  path = /srv/data\n';

describe('three-way merge, sections and settings', () => {
  it('keeps a local value and takes a change of another one', () => {
    expect(merged('ini', SMB, SMB.replace('= A', '= B'), SMB.replace('= 4', '= 8'))).toBe(
      SMB.replace('= A', '= B').replace('= 4', '= 8'),
    );
  });

  it('puts the primary’s new section after one that the backup added at the same end', () => {
    const next = `${SMB}\n[media]\n  path = /m\n`;
    const local = `${SMB}\n[own]\n  path = /o\n`;
    expect(merged('ini', SMB, next, local)).toBe(`${SMB}\n[own]\n  path = /o\n\n[media]\n  path = /m\n`);
  });

  it('keeps a local comment above a setting that the primary changes', () => {
    const local = SMB.replace('  workgroup', '  # asked by Ann\n  workgroup');
    expect(merged('ini', SMB, SMB.replace('= A', '= B'), local)).toBe(local.replace('= A', '= B'));
  });

  it('keeps a local comment above a setting that the primary deletes', () => {
    const local = SMB.replace('  workers', '  # ours\n  workers');
    expect(merged('ini', SMB, SMB.replace('  workers = 4\n', ''), local)).toBe(
      SMB.replace('  workers = 4\n', '  # ours\n'),
    );
  });

  it('takes a new comment of the primary where the backup took the old one out', () => {
    const base = `${SMB}# old\n[more]\n  x = 1\n`;
    const next = base.replace('# old', '# new\n# old');
    expect(merged('ini', base, next, base.replace('# old\n', ''))).toBe(base.replace('# old', '# new'));
  });

  it('holds what both changed', () => {
    expect(merged('ini', SMB, SMB.replace('= 4', '= 5'), SMB.replace('= 4', '= 8'))).toEqual(['conflict']);
  });

  it('holds a section that the primary deletes and the backup changed', () => {
    const next = SMB.slice(0, SMB.indexOf('\n[data]'));
    expect(merged('ini', SMB, next, `${SMB}  read only = no\n`)).toEqual(['conflict']);
  });

  it('takes what both changed alike', () => {
    const both = SMB.replace('= 4', '= 5');
    expect(merged('ini', SMB, both, `${both}  read only = no\n`)).toBe(`${both}  read only = no\n`);
  });

  it('ends a last line before something follows it', () => {
    const base = '[a]\nx = 1';
    expect(merged('ini', base, '[a]\nx = 1\ny = 2', '# mine\n[a]\nx = 1')).toBe('# mine\n[a]\nx = 1\ny = 2');
    expect(merged('ini', base, '[a]\nx = 1\n[b]\ny = 2', '[a]\nx = 1\nz = 3')).toBe(
      '[a]\nx = 1\nz = 3\n[b]\ny = 2',
    );
  });

  it('takes the primary’s order and keeps a local section with its neighbour', () => {
    const base = '[a]\nx = 1\n[b]\nx = 2\n[c]\nx = 3\n';
    const next = '[c]\nx = 3\n[a]\nx = 1\n[b]\nx = 2\n';
    const local = '[a]\nx = 1\n[own]\ny = 9\n[b]\nx = 2\n[c]\nx = 3\n';
    expect(merged('ini', base, next, local)).toBe('[c]\nx = 3\n[a]\nx = 1\n[own]\ny = 9\n[b]\nx = 2\n');
  });

  it('keeps a preserved place whatever the primary says', () => {
    const policy: MergePolicy = {
      ...PLAIN_POLICY,
      preserved: pointer => pointer === '/global/workers',
      preservedBelow: pointer => ['', '/global'].includes(pointer),
    };
    expect(merged('ini', SMB, SMB.replace('= 4', '= 5').replace('= A', '= B'), SMB, policy)).toBe(
      SMB.replace('= A', '= B'),
    );
  });
});

describe('three-way merge, lists with commas', () => {
  const base =
    '{\n  "luns": [\n    {"name": "a", "size": 1},\n    {"name": "b", "size": 2}\n  ],\n  "x": [1, 2]\n}\n';

  it('adds after the last item', () => {
    const next = base.replace('2}\n', '2},\n    {"name": "c", "size": 3}\n');
    const local = base.replace('"size": 1', '"size": 9');
    expect(merged('json', base, next, local)).toBe(next.replace('"size": 1', '"size": 9'));
  });

  it('deletes the last item', () => {
    const next = base.replace(',\n    {"name": "b", "size": 2}', '');
    const local = base.replace('"size": 1', '"size": 9');
    expect(merged('json', base, next, local)).toBe(next.replace('"size": 1', '"size": 9'));
  });

  it('deletes the first item', () => {
    const next = base.replace('{"name": "a", "size": 1},\n    ', '');
    const local = base.replace('"size": 2', '"size": 9');
    expect(merged('json', base, next, local)).toBe(next.replace('"size": 2', '"size": 9'));
  });

  it('adds on both sides of one place', () => {
    const next = base.replace('[1, 2]', '[1, 2, 3]');
    const local = base.replace('[1, 2]', '[1, 2, 4]');
    expect(merged('json', base, next, local)).toBe(base.replace('[1, 2]', '[1, 2, 4, 3]'));
  });

  it('fills and empties a list', () => {
    expect(merged('json', '{"a": [], "b": 1}', '{"a": ["x"], "b": 1}', '{"a": [], "b": 2}')).toBe(
      '{"a": ["x"], "b": 2}',
    );
    expect(merged('json', '{"a": ["x"], "b": 1}', '{"a": [], "b": 1}', '{"a": ["x"], "b": 2}')).toBe(
      '{"a": [], "b": 2}',
    );
  });

  it('does not take an old item that moved on the backup for the one that the primary added', () => {
    const text = merged(
      'json',
      '["a 1", "b 2", "a 1", "a 1"]',
      '["a 1", "b 2", "a 1", "b 2", "a 1"]',
      '["a 1", "a 1", "b 2", "b 1"]',
    );
    const count =
      typeof text === 'string' ? JSON.parse(text).filter((item: string) => item === 'b 2').length : 'held';
    expect([2, 'held']).toContain(count);
  });

  it('holds a deletion among equal items that the backup told apart', () => {
    expect(merged('json', '[7, 7, 7]', '[7, 7]', '[7, 8, 7]')).not.toMatchObject([7]);
  });
});

describe('three-way merge, entries that repeat', () => {
  const exports = '/srv/a 10.0.0.0/24(rw)\n/srv/b *(ro)\n/srv/a 10.1.0.0/24(ro)\n';

  it('keeps a local entry among equal labels', () => {
    const local = exports.replace('/srv/b', '/srv/a 10.9.0.0/24(rw)\n/srv/b');
    const next = `${exports}/srv/a 10.2.0.0/24(ro)\n`;
    expect(merged('lines', exports, next, local)).toBe(`${local}/srv/a 10.2.0.0/24(ro)\n`);
  });

  it('holds an edit of one of several equal lines', () => {
    const twins = 'a 1\na 1\na 1\n';
    expect(merged('lines', twins, 'a 1\na 1\n', 'a 1\na 2\na 1\n')).toEqual(['place-ambiguous']);
  });

  it('does not care which of several equal lines goes where none was touched', () => {
    const twins = 'a 1\na 1\na 1\nb 1\n';
    expect(merged('lines', twins, 'a 1\na 1\nb 1\n', twins.replace('b 1', 'b 2'))).toBe('a 1\na 1\nb 2\n');
  });
});

describe('a first replication onto other content, keeping what is local', () => {
  const policy: MergePolicy = { ...PLAIN_POLICY, conflict: 'local' };

  it('adds items of a keyed list, and keeps a list without a key', () => {
    const next = '{"luns": [{"name": "a", "size": 1}, {"name": "b", "size": 2}], "dns": ["x", "y"]}';
    const local = '{"luns": [{"name": "a", "size": 9}, {"name": "own", "size": 3}], "dns": ["z"]}';
    const text = merged('json', undefined, next, local, policy);
    expect(JSON.parse(text as string)).toEqual({
      luns: [
        { name: 'a', size: 9 },
        { name: 'own', size: 3 },
        { name: 'b', size: 2 },
      ],
      dns: ['z'],
    });
  });

  it('adds what the backup lacks and keeps what it has', () => {
    const next = '[global]\n  workgroup = A\n  workers = 4\n[data]\n  path = /d\n';
    const local = '# mine\n[global]\n  workgroup = Z\n[own]\n  path = /o\n';
    expect(merged('ini', undefined, next, local, policy)).toBe(
      '# mine\n[global]\n  workgroup = Z\n  workers = 4\n[own]\n  path = /o\n[data]\n  path = /d\n',
    );
  });
});

describe('three-way merge, what random files have found', () => {
  it('never lets a setting fall behind a section that the other side added', () => {
    const base = 'a = 1\nb = 2\n';
    expect(merged('ini', base, `${base}[n]\nx = 1\n`, 'b = 2\na = 1\n')).toBe('b = 2\na = 1\n[n]\nx = 1\n');
  });

  it('ends a header that was the last line before a comment or a setting follows it', () => {
    expect(merged('ini', '[a]\nx = 1', '[a]', '[a]\n; ours\nx = 1')).toBe('[a]\n; ours\n');
    expect(merged('toml', '[a]\n[b]\n', '[a]\nx = 1\n[b]\n', '[a]')).toBe('[a]\nx = 1\n');
  });

  it('keeps the brackets of the side that still has entries', () => {
    const base = '{\n  "a": 1\n}\n';
    expect(merged('json', base, '{}\n', '{\n  "a": 1,\n  "own": 2\n}\n')).toBe('{\n  "own": 2\n}\n');
    const both = '{\n  "a": 1,\n  "b": 2\n}\n';
    expect(merged('json', both, '{\n  "a": 1\n}\n', '{\n  "b": 2\n}\n')).toBe('{}\n');
  });

  it('takes two first records of a TOML list for two', () => {
    const record = (name: string) => `[[record]]\nname = "${name}"\n`;
    expect(merged('toml', 'a = 1\n', `a = 1\n${record('n')}`, `a = 1\n${record('l')}`)).toBe(
      `a = 1\n${record('l')}${record('n')}`,
    );
    expect(merged('toml', record('a'), '', record('own') + record('a'))).toBe(record('own'));
  });

  it('does not take a missing final newline for a change', () => {
    expect(merged('yaml', 'a: 1', 'a: 1 # n', 'a: 1\nb:\n  c: 2\n')).toBe('a: 1 # n\nb:\n  c: 2\n');
    expect(merged('yaml', 'a:\n  x: 1\nb: 2\n', 'a:\n  x: 1', 'a: {}\nb: 2\n')).toBe('a: {}\n');
  });

  it('keeps the comments of both where both added the same entry', () => {
    expect(merged('yaml', 'a: 1\n', 'a: 1\n# n\nb: 2\n', 'a: 1\nb: 2\nown: 3\n')).toBe(
      'a: 1\n# n\nb: 2\nown: 3\n',
    );
    expect(merged('ini', 'a = 1\n', 'a = 1\n; x\n; n\nb = 2\n', 'a = 1\n; x\n; l\nb = 2\n')).toBe(
      'a = 1\n; x\n; n\n; l\nb = 2\n',
    );
  });
});

/** A list or a map of one entry, in YAML, filled or empty, with a comment on its line or without. */
describe.each([
  { name: 'list', empty: '[]', entry: '- x', own: '- own' },
  { name: 'map', empty: '{}', entry: 'x: 1', own: 'own: 1' },
])('three-way merge, the remark of a $name that is filled or emptied', ({ empty, entry, own }) => {
  const behind = (remark: string) => `a: ${empty}${remark && ` # ${remark}`}\nb: 1\n`;
  const below = (remark: string, ...entries: string[]) =>
    `a:${remark && ` # ${remark}`}\n${entries.map(each => `  ${each}\n`).join('')}b: 1\n`;
  const full = (remark: string) => below(remark, entry);

  describe.each([
    { does: 'fills', from: behind, to: full },
    { does: 'empties', from: full, to: behind },
  ])('where one side $does it', ({ from, to }) => {
    it.each([
      ['removes', 'old', 'old', '', ''],
      ['edits', 'old', 'old', 'ours', 'ours'],
      ['adds', '', '', 'ours', 'ours'],
      ['leaves', 'old', 'old', 'old', 'old'],
      ['removes as well', 'old', '', '', ''],
      ['edits alike', 'old', 'ours', 'ours', 'ours'],
      ['leaves, though the other removed,', 'old', '', 'old', ''],
      ['leaves, though the other edited,', 'old', 'new', 'old', 'new'],
    ])('and the other %s the remark', (_, was, shifted, stayed, now) => {
      expect(merged('yaml', from(was), to(shifted), from(stayed))).toBe(to(now));
      expect(merged('yaml', from(was), from(stayed), to(shifted))).toBe(to(now));
      const crlf = (text: string) => text.replaceAll('\n', '\r\n');
      expect(merged('yaml', crlf(from(was)), crlf(to(shifted)), crlf(from(stayed)))).toBe(crlf(to(now)));
      const unended = (text: string) => text.slice(0, text.indexOf('\nb'));
      expect(merged('yaml', unended(from(was)), unended(to(shifted)), unended(from(stayed)))).toBe(
        unended(to(now)),
      );
    });

    it.each([
      ['both edit', 'old', 'new', 'ours'],
      ['one removes and the other edits', 'old', '', 'ours'],
      ['one edits and the other removes', 'old', 'new', ''],
      ['both add', '', 'new', 'ours'],
    ])('holds a remark that %s', (_, was, shifted, stayed) => {
      expect(merged('yaml', from(was), to(shifted), from(stayed))).toEqual(['conflict']);
      expect(merged('yaml', from(was), from(stayed), to(shifted))).toEqual(['conflict']);
      const policy: MergePolicy = { ...PLAIN_POLICY, conflict: 'primary' };
      expect(merged('yaml', from(was), to(shifted), from(stayed), policy)).toBe(to(shifted));
      expect(merged('yaml', from(was), from(stayed), to(shifted), policy)).toBe(to(stayed));
    });

    it('keeps the blanks in front of a remark that nobody touched', () => {
      const wide = (text: string) => text.replace(' #', '    #');
      expect(merged('yaml', from('old'), wide(to('old')), from('old').replace('b: 1', 'b: 2'))).toBe(
        wide(to('old')).replace('b: 1', 'b: 2'),
      );
    });
  });

  it('brings both fillings together below one remark', () => {
    expect(merged('yaml', behind('old'), below('old', entry), below('', own))).toBe(below('', own, entry));
    expect(merged('yaml', behind('old'), below('old', entry), below('ours', own))).toBe(
      below('ours', own, entry),
    );
    expect(merged('yaml', behind('old'), below('new', entry), below('ours', own))).toEqual(['conflict']);
  });

  it('writes down that both sides together took out all entries', () => {
    const base = below('old', entry, own);
    expect(merged('yaml', base, below('old', entry), below('old', own))).toBe(behind('old'));
    expect(merged('yaml', base, below('', entry), below('old', own))).toBe(behind(''));
    expect(merged('yaml', base, below('old', entry), below('ours', `# mine\n  ${own}`))).toBe(
      behind('ours').replace('b: 1', '  # mine\nb: 1'),
    );
    expect(merged('yaml', base, below('new', entry), below('ours', own))).toEqual(['conflict']);
  });

  it('holds what one side empties and the other adds to', () => {
    expect(merged('yaml', full('old'), behind('old'), below('ours', entry, own))).toEqual(['conflict']);
  });

  it('keeps a preserved value in its own layout', () => {
    const policy: MergePolicy = {
      ...PLAIN_POLICY,
      preserved: pointer => pointer === '/a',
      preservedBelow: pointer => pointer === '',
    };
    expect(merged('yaml', behind('old'), full('old'), behind(''), policy)).toBe(behind(''));
    expect(merged('yaml', full('old'), behind('new'), below('old', own), policy)).toBe(below('new', own));
  });
});

describe('three-way merge, a remark where the value stands elsewhere on one side', () => {
  it('goes behind the sign of a block scalar', () => {
    expect(merged('yaml', 'a: x # old\n', 'a: | # old\n  y\n  z\n', 'a: x\n')).toBe('a: |\n  y\n  z\n');
    expect(merged('yaml', 'a: x\n', 'a: |\n  y\n  z\n', 'a: x # ours\n')).toBe('a: | # ours\n  y\n  z\n');
    expect(merged('yaml', 'a: | # old\n  y\n', 'a: x\n', 'a: | # old\n  y\nb: 1\n')).toBe('a: x\nb: 1\n');
  });

  it('goes behind the key of a value that begins on a later line', () => {
    const own = '"#1":\n  [x] # old\nb: 2\n';
    expect(merged('yaml', '"#1": [x] # old\nb: 1\n', '"#1": # old\n  [x]\nb: 1\n', '"#1": [x]\nb: 1\n')).toBe(
      '"#1":\n  [x]\nb: 1\n',
    );
    expect(merged('yaml', '"#1": [x] # old\nb: 1\n', '"#1": [x, y]\nb: 1\n', own)).toBe(
      '"#1":\n  [x, y]\nb: 2\n',
    );
    expect(merged('yaml', 'a: v\n', 'a:\n  - w\n', 'a: # mine\n  v # ours\n')).toEqual(['conflict']);
  });

  it('goes behind the header of a TOML table', () => {
    expect(merged('toml', 'a = {} # old\n', '[a] # old\nx = 1\n', 'a = {}\n')).toBe('[a]\nx = 1\n');
    expect(merged('toml', 'a = {}\n', '[a]\nx = 1\n', 'a = {} # ours\n')).toBe('[a] # ours\nx = 1\n');
  });

  it('is held where an entry of the value took its line', () => {
    expect(
      merged('yaml', `- # old\n  name: a\n- x\n`, `- name: a\n- x\n`, `- # ours\n  name: a\n- y\n`),
    ).toEqual(['conflict']);
  });

  it('is held together with a key that both sides spell in another way', () => {
    expect(merged('yaml', 'a: []\nb: 1\n', 'a:\n  - x\nb: 1\n', '"a": []\nb: 1\n')).toEqual(['conflict']);
  });

  it('is kept where both sides made the entry, and one of them remarked on it', () => {
    const [bare, remarked] = ['b: 1\na:\n  - x\n', 'b: 1\na: # why\n  - x\n'];
    expect(merged('yaml', 'b: 1\n', remarked, bare)).toBe(remarked);
    expect(merged('yaml', 'b: 1\n', bare, remarked)).toBe(remarked);
    expect(merged('yaml', 'b: 1\n', remarked.replace('why', 'because'), remarked)).toEqual(['conflict']);
  });

  it('is kept where both sides made the entry, one of them empty', () => {
    const [base, filled] = ['b: 1\n', 'b: 1\na:\n  x: 1\n'];
    expect(merged('yaml', base, filled, 'b: 1\na: {} # ours\n')).toBe('b: 1\na: # ours\n  x: 1\n');
    expect(merged('yaml', base, 'b: 1\na: {} # new\n', filled)).toBe('b: 1\na: # new\n  x: 1\n');
    expect(merged('yaml', base, filled, 'b: 1\na: {\n  # ours\n}\n')).toEqual(['conflict']);
  });
});
