import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/connectors/file/digest.ts';
import { bytes } from './seen.ts';
import type { World } from './world.ts';

export function textContract(world: () => World): void {
  describe('texts', () => {
    test.each([0, 1, 512 * 1024, 512 * 1024 + 1, 5 * 1024 * 1024])(
      '%d bytes come back as they were',
      async size => {
        const [one, other] = [await world().join('a'), await world().join('b')];
        const content = new Uint8Array(randomBytes(size));
        const hash = sha256(content);
        expect(await other.texts.get(hash)).toBeUndefined();
        await one.texts.put(hash, content);
        const got = await other.texts.get(hash);
        expect(got !== undefined && Buffer.compare(got, content)).toBe(0);
      },
    );

    test('two members may put one text at once, and again', async () => {
      const members = [await world().join('a'), await world().join('b')];
      const content = new Uint8Array(randomBytes(1_500_000));
      const hash = sha256(content);
      for (let round = 0; round < 3; round++) {
        await Promise.all(members.map(member => member.texts.put(hash, content)));
        const got = await members[0]!.texts.get(hash);
        expect(got !== undefined && Buffer.compare(got, content)).toBe(0);
      }
    });

    test('what is not what its hash says is not there', async () => {
      const member = await world().join('a');
      const hash = sha256('what it should be, of this run');
      await member.texts.put(hash, bytes('something else'));
      expect(await member.texts.get(hash)).toBeUndefined();
      expect(await member.texts.stored(hash)).toBeDefined();
    });
  });
}
