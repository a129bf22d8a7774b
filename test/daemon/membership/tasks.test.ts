import { beforeEach, expect, it } from 'vitest';
import type { Failure } from '../../../src/core/failure.ts';
import { type Handling, Tasks } from '../../../src/daemon/membership/tasks.ts';
import type { Opened } from '../../../src/replication/opened.ts';

/** What is done with a task, in order; each opening is told from the next one by its number. */
let done: string[];
let openings: number;
/** How `open` answers, and how long `prepare` takes. */
let opens: 'opened' | 'failed';
let prepares: Promise<boolean>;

const TENURE = { epoch: 8, edition: 1, owner: 'nas2' };
const FAILURE: Failure = { failure: 'unsupported', message: 'it cannot be opened', hint: '' };

/** As the handling has them: an `Opened` that nobody looks into. */
const opened = () => ({ name: `t, opened ${++openings}` }) as Opened;
const named = ({ name, tenure }: Opened) => `${name}${tenure === undefined ? '' : `, epoch ${tenure.epoch}`}`;

const handling: Handling = {
  open: async () => (opens === 'failed' ? FAILURE : opened()),
  prepare: one => {
    done.push(`prepare ${named(one)}`);
    return prepares;
  },
  discard: async one => void done.push(`discard ${named(one)}`),
  follow: one => void done.push(`follow ${named(one)}`),
  unfollow: async task => void done.push(`unfollow ${task}`),
  madeReady: (task, epoch) => void done.push(`ready ${task}, epoch ${epoch}`),
  failed: (task, epoch) => void done.push(`failed ${task}, epoch ${epoch}`),
  ended: (task, epoch) => void done.push(`ended ${task}, epoch ${epoch}`),
};

const tasks = () =>
  new Tasks(
    {
      clock: { now: () => 0, wall: () => 0, at: () => () => {} },
      log: { say: () => {} },
      broken: (_, error) => {
        throw error;
      },
    },
    handling,
  );

/** All that was begun has come to where it waits for something. */
const settled = () => new Promise(resolve => setImmediate(resolve));

beforeEach(() => {
  done = [];
  openings = 0;
  opens = 'opened';
  prepares = Promise.resolve(true);
});

it('begins with what was opened when the task was still another member’s', async () => {
  const one = tasks();
  one.makeReady('t', 7);
  await settled();
  expect(done).toEqual(['prepare t, opened 1', 'ready t, epoch 7']);
  one.begin('t', TENURE);
  await settled();
  expect(done.slice(2)).toEqual(['follow t, opened 1, epoch 8']);
  // And the next time with something new.
  one.end('t', 8);
  one.begin('t', { ...TENURE, epoch: 9 });
  await settled();
  expect(done.slice(3)).toEqual(['unfollow t', 'ended t, epoch 8', 'follow t, opened 2, epoch 9']);
});

it('begins as soon as the task is given, whether or not it came to be ready', async () => {
  prepares = new Promise(() => {});
  const one = tasks();
  one.makeReady('t', 7);
  one.begin('t', TENURE);
  await settled();
  expect(done).toEqual(['prepare t, opened 1', 'follow t, opened 1, epoch 8']);
});

it('says nothing where it could not be made ready', async () => {
  prepares = Promise.resolve(false);
  const one = tasks();
  one.makeReady('t', 7);
  await settled();
  expect(done).toEqual(['prepare t, opened 1']);
  opens = 'failed';
  tasks().makeReady('t', 7);
  await settled();
  expect(done).toEqual(['prepare t, opened 1']);
});

it('closes what was opened in vain, and never says afterwards that it is ready', async () => {
  let finish: (is: boolean) => void = () => {};
  for (const give of [
    (one: Tasks) => one.unready('t'),
    (one: Tasks) => one.unreadyAll(),
    (one: Tasks) => void one.stop(),
  ]) {
    done = [];
    openings = 0;
    prepares = new Promise(resolve => {
      finish = resolve;
    });
    const one = tasks();
    one.makeReady('t', 7);
    await settled();
    give(one);
    await settled();
    finish(true);
    await settled();
    expect(done).toEqual(['prepare t, opened 1', 'discard t, opened 1']);
  }
});

it('opens anew where it is asked again, for another owner’s epoch', async () => {
  const one = tasks();
  one.makeReady('t', 7);
  await settled();
  one.makeReady('t', 8);
  await settled();
  expect(done.slice(2)).toEqual(['discard t, opened 1', 'prepare t, opened 2', 'ready t, epoch 8']);
});

it('is not begun by a configuration that is in force no more', async () => {
  const one = tasks();
  one.makeReady('t', 7);
  await settled();
  one.unreadyAll();
  one.begin('t', TENURE);
  await settled();
  expect(done.slice(2)).toEqual(['discard t, opened 1', 'follow t, opened 2, epoch 8']);
});
