import { describe, expect, it } from 'vitest';
import { SEED } from '../runs.ts';
import { injected, nameOf, type Point, sampleOf } from './points.ts';
import { faultsAfterUpdate, missed, torn, withThree } from './three-files.ts';
import { pointsOfUpdate, updateIn } from './update.ts';

/** What each call may answer on a disk that is full, failing, read-only, immutable; or with no descriptor left. */
const ERRORS: readonly (readonly [calls: RegExp, errors: readonly string[]])[] = [
  [/^openat$/, ['ENOSPC', 'EIO', 'EROFS', 'EPERM', 'EMFILE']],
  [/^(write|writev|pwrite64)$/, ['ENOSPC', 'EIO']],
  [/^(fsync|fdatasync)$/, ['EIO', 'ENOSPC']],
  [/^close$/, ['EIO']],
  [/^(rename|link|symlink|unlink|mkdir|rmdir)/, ['ENOSPC', 'EIO', 'EROFS', 'EPERM']],
  [/^(fchmod|fchown|chmod|chown|utimensat|ftruncate)$/, ['EIO', 'EROFS', 'EPERM']],
];

interface Fault {
  readonly point: Point;
  readonly what: string;
}

function faultsAt(point: Point): Fault[] {
  const errors = ERRORS.filter(([calls]) => calls.test(point.call)).flatMap(([, of]) => of);
  return errors.map(error => ({ point, what: `error=${error}` }));
}

/** What is wrong after an update that met the fault, and after the next one, which does not; as sentences. */
async function faultsAfter({ point, what }: Fault): Promise<{ exit: number | null; faults: string[] }> {
  return withThree(async pair => {
    const { exit, stderr } = injected(updateIn(pair), point, what);
    const faults = torn(pair).map(file => `${file} is torn`);
    if (exit === 0) faults.push(...missed(pair).map(file => `ended with 0, and ${file} is not replicated`));
    if (exit === null || exit > 7) faults.push(`ended with ${exit}: ${stderr}`);
    if (/^ +at /m.test(stderr)) faults.push(`shows a stack: ${stderr}`);
    return { exit, faults: [...faults, ...(await faultsAfterUpdate(pair))] };
  });
}

async function tryAll(
  faults: readonly Fault[],
): Promise<{ failed: number; wrong: Record<string, string[]> }> {
  const wrong: Record<string, string[]> = {};
  let failed = 0;
  for (const fault of faults) {
    const { exit, faults: found } = await faultsAfter(fault);
    if (exit !== 0) failed++;
    if (found.length > 0) wrong[`${nameOf(fault.point)} ${fault.what}`] = found;
  }
  return { failed, wrong };
}

describe('an update of three files whose system call fails', () => {
  it('leaves whole files, keeps the change, and the next update replicates it', async () => {
    const all = (await pointsOfUpdate()).flatMap(faultsAt);
    expect(all.length).toBeGreaterThan(100);
    const sample = sampleOf(all, 6);
    const { failed, wrong } = await tryAll(sample);
    const rest = `${failed} failed, ${Object.keys(wrong).length} wrong`;
    console.log(`errors: ${sample.length} of ${all.length} points x errors (seed ${SEED}): ${rest}`);
    expect(wrong).toEqual({});
    expect(failed).toBeGreaterThan(0);
  });

  it('and so it does where less was written than it was told', async () => {
    const all = (await pointsOfUpdate())
      .filter(({ call }) => call === 'write')
      .map(point => ({ point, what: 'retval=7' }));
    expect(all.length).toBeGreaterThan(4);
    const sample = sampleOf(all, 2);
    const { failed, wrong } = await tryAll(sample);
    const rest = `${failed} failed, ${Object.keys(wrong).length} wrong`;
    console.log(`short writes: ${sample.length} of ${all.length} (seed ${SEED}): ${rest}`);
    expect(wrong).toEqual({});
  });
});
