import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MESSAGE_MOST, type Texts } from '../../src/cluster/engine.ts';
import {
  decodeBeat,
  decodeRevision,
  decodeWanted,
  encodeBeat,
  encodeRevision,
  encodeWanted,
} from '../../src/cluster/message.ts';
import { sha256 } from '../../src/connectors/file/digest.ts';
import type { RevisedFile, Revision } from '../../src/core/cluster/revision.ts';
import { runs } from '../runs.ts';

class Kept implements Texts {
  readonly all = new Map<string, Uint8Array>();
  put = async (hash: string, bytes: Uint8Array) => void this.all.set(hash, bytes);
  get = async (hash: string) => this.all.get(hash);
  stored = async (hash: string) => this.all.get(hash);
}

const text = new TextEncoder().encode('host nas1\n');
const file: RevisedFile = {
  hash: sha256(text),
  size: text.length,
  mode: 0o640,
  uid: 0,
  gid: 4,
  inode: '8:1',
};
const revision: Revision = {
  relationship: 'pair',
  capturer: 'c-1',
  number: 7,
  previous: { sequence: 12, number: 6 },
  files: new Map([
    ['samba/smb.conf', file],
    ['__proto__', { ...file, link: '../x' }],
  ]),
  gone: ['exports'],
  refused: new Map([['odd', { failure: 'not-a-file', message: 'odd is a folder', at: { file: 'odd' } }]]),
  leading: { is: 'none' },
  configuration: 'f'.repeat(64),
  asOf: 1_764_000_000_000,
};
const told = { revision, texts: new Map([[file.hash, text]]) };

describe('a message', () => {
  it('says what was told, with the bytes', async () => {
    const texts = new Kept();
    const bytes = await encodeRevision(told, texts);
    expect(texts.all.size).toBe(0);
    expect(await decodeRevision('pair', bytes, texts)).toEqual(told);
  });

  it('that would be too large goes by its hash', async () => {
    const texts = new Kept();
    const many = Array.from({ length: 5_000 }, (_, i) => [`share-${i}.conf`, file] as const);
    const large = { revision: { ...revision, files: new Map(many) }, texts: told.texts };
    const bytes = await encodeRevision(large, texts);
    expect(bytes.length).toBeLessThan(200);
    expect([...texts.all.values()][0]!.length).toBeGreaterThan(MESSAGE_MOST);
    expect(await decodeRevision('pair', bytes, texts)).toEqual(large);
    texts.all.clear();
    expect(await decodeRevision('pair', bytes, texts)).toBe('missing');
  });

  it.each([
    ['another relationship', { relationship: 'other' }],
    ['a path out of the root', { files: new Map([['../etc/shadow', file]]) }],
    ['an absolute path', { gone: ['/etc/shadow'] }],
    ['our own folder', { files: new Map([['.warmspare/pair/ledger.json', file]]) }],
    ['a hash that is none', { files: new Map([['a', { ...file, hash: '../a' }]]) }],
    ['a mode that is none', { files: new Map([['a', { ...file, mode: -1 }]]) }],
  ])('of %s is damaged', async (_, part) => {
    const texts = new Kept();
    const bytes = await encodeRevision({ ...told, revision: { ...revision, ...part } }, texts);
    expect(await decodeRevision('pair', bytes, texts)).toBe('damaged');
  });

  it('whose bytes are not what their hash says is damaged', async () => {
    const texts = new Kept();
    const bytes = await encodeRevision(
      { revision, texts: new Map([[file.hash, new TextEncoder().encode('host nas3\n')]]) },
      texts,
    );
    expect(await decodeRevision('pair', bytes, texts)).toBe('damaged');
  });

  it('of any bytes is damaged, and nothing is thrown', async () => {
    const texts = new Kept();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map(one => Buffer.from(one)),
        ),
        async bytes => {
          expect(await decodeRevision('pair', bytes, texts)).toBe('damaged');
          expect(decodeBeat(bytes)).toBeUndefined();
        },
      ),
      runs(200),
    );
  });

  it('with one byte changed is damaged, or of another meaning that holds together', async () => {
    const texts = new Kept();
    const bytes = await encodeRevision(told, texts);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const other = bytes.slice();
        other[at] = other[at]! ^ by;
        const read = await decodeRevision('pair', other, texts);
        if (typeof read === 'string') return;
        for (const [hash, content] of read.texts) expect(sha256(Buffer.from(content))).toBe(hash);
      }),
      runs(300),
    );
  });

  it('a beat says what was said', () => {
    const beat = {
      capturer: 'c',
      number: 3,
      sequence: 9,
      pending: 2,
      obstacle: 'the root is gone',
      answers: ['q-1'],
    };
    expect(decodeBeat(encodeBeat(beat))).toEqual(beat);
  });

  it('what is wanted says what was said, and nothing else is taken for it', () => {
    for (const wanted of [{ is: 'full' }, { is: 'question', question: 'q_1' }] as const)
      expect(decodeWanted(encodeWanted(wanted))).toEqual(wanted);
    const nothing = [new Uint8Array(), new TextEncoder().encode('{"is":"question"}')];
    expect(nothing.map(decodeWanted)).toEqual([undefined, undefined]);
  });
});
