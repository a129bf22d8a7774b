import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../runs.ts';
import { SimulatedDisk } from './disk.ts';
import { Random } from './random.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** A file that is on the platter, and a draft that is to take its place. */
function prepared(): SimulatedDisk {
  let stamps = 0n;
  const disk = new SimulatedDisk(() => ++stamps);
  disk.write(disk.create('file', 0o644), bytes('old'));
  disk.syncAll();
  disk.write(disk.create('draft', 0o644), bytes('new'));
  return disk;
}

/** What power cuts leave of the file, over many seeds. */
function leftBy(act: (disk: SimulatedDisk) => void): Set<string | undefined> {
  const left = new Set<string | undefined>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = prepared();
    act(disk);
    disk.cut(new Random(seed));
    left.add(disk.text('file'));
  }
  return left;
}

describe('a power cut of the simulated disk', () => {
  it('keeps a file that was synced, renamed, and its folder synced', () => {
    const left = leftBy(disk => {
      disk.sync(disk.at('draft')!);
      disk.rename('draft', 'file');
      disk.sync(disk.root);
    });
    expect([...left]).toEqual(['new']);
  });

  it('may lose a rename whose folder was not synced, and tears nothing', () => {
    const left = leftBy(disk => {
      disk.sync(disk.at('draft')!);
      disk.rename('draft', 'file');
    });
    expect([...left].sort()).toEqual(['new', 'old']);
  });

  it('may tear a file that was not synced before its rename', () => {
    const left = leftBy(disk => {
      disk.rename('draft', 'file');
      disk.sync(disk.root);
    });
    expect(left).toContain('');
    expect(left).toContain('\0\0\0');
  });

  it('never leaves a name that was given after one that is lost', () => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const disk = prepared();
        for (const number of [1, 2, 3]) {
          disk.write(disk.create(`next${number}`, 0o644), bytes(`${number}`));
          disk.sync(disk.at(`next${number}`)!);
          disk.rename(`next${number}`, 'file');
        }
        disk.cut(new Random(seed));
        const kept = disk.text('file');
        const names = [...disk.root.names.keys()].filter(name => name.startsWith('next'));
        // A name that still is there was not renamed; whatever took the file's place came before it.
        for (const name of names)
          expect(Number(kept === 'old' ? 0 : kept)).toBeLessThan(Number(name.slice(4)));
      }),
      runs(200),
    );
  });
});
