import type { Problem } from '../../src/core/cluster/placement/problem.ts';
import { solve } from '../../src/core/cluster/placement/solve.ts';
import { place } from '../../src/core/cluster/placement.ts';
import { quantile } from '../figures.ts';

const MEMBERS = 1_000;
const TASKS = 100_000;
const ROUNDS = 21;
const WARMUP = 4;
/** Milliseconds that a plan may take. */
const BUDGET_MS = 20;

/** One way to plan; `ratio` is against rendezvous hashing in the same round. */
interface Contender {
  readonly title: string;
  run(): unknown;
}

/**
 * Plans of 1,000 members and 100,000 tasks, in turns with rendezvous hashing, which knows no loads and no
 * former owners. The exit code is 1 where a plan in dense form takes longer than its budget.
 */
function main(): number {
  const dense = contenders();
  const all: Contender[] = [...dense, ...named(), { title: RIVAL, run: () => rendezvous(MEMBERS, TASKS) }];
  const times = new Map<string, number[]>(all.map(({ title }) => [title, []]));
  for (let round = -WARMUP; round < ROUNDS; round++) {
    for (const [i] of all.entries()) {
      const { title, run } = all[(i + round + WARMUP) % all.length]!;
      const began = performance.now();
      run();
      if (round >= 0) times.get(title)!.push(performance.now() - began);
    }
  }
  const rival = times.get(RIVAL)!;
  say(
    `${MEMBERS} members, ${TASKS} tasks; median and best of ${ROUNDS}, and rendezvous hashing over it in the same round\n`,
  );
  for (const [title, own] of times) {
    const ratio = quantile(
      own.map((ms, round) => rival[round]! / ms),
      0.5,
    );
    const ms = `${quantile(own, 0.5).toFixed(2).padStart(8)} ms ${Math.min(...own)
      .toFixed(2)
      .padStart(8)} ms`;
    say(`${title.padEnd(42)} ${ms} ${ratio.toFixed(1).padStart(8)} x\n`);
  }
  const slow = dense.filter(({ title }) => Math.min(...times.get(title)!) > BUDGET_MS);
  for (const { title } of slow) say(`FAULT: ${title} takes more than ${BUDGET_MS} ms\n`);
  return slow.length === 0 ? 0 : 1;
}

const RIVAL = 'rendezvous hashing, all anew';

function say(text: string): void {
  process.stdout.write(text);
}

function contenders(): Contender[] {
  const equal = problemOf(new Float64Array(TASKS).fill(1));
  const weights = problemOf(logNormal(TASKS));
  const owner = solve(weights, 'orphans');
  const left: Problem = {
    ...weights,
    owner,
    takes: weights.takes.map((_, member) => (member === 7 ? 0 : 1)),
  };
  const joined: Problem = {
    ...weights,
    owner,
    takes: new Uint8Array(MEMBERS + 1).fill(1),
    capacity: new Float64Array(MEMBERS + 1).fill(1),
  };
  const dice = logNormal(TASKS);
  const swung: Problem = {
    ...weights,
    owner,
    weight: weights.weight.map((one, i) => one * (1 + 0.01 * Math.sin(dice[i]!))),
  };
  return [
    { title: 'dense: all anew, equal weights', run: () => solve(equal, 'orphans') },
    { title: 'dense: all anew, log-normal weights', run: () => solve(weights, 'orphans') },
    { title: 'dense: one fails (orphans)', run: () => solve(left, 'orphans') },
    { title: 'dense: one leaves (balance)', run: () => solve(left, 'balance') },
    { title: 'dense: one joins (balance)', run: () => solve(joined, 'balance') },
    { title: 'dense: weights swung by 1 % (balance)', run: () => solve(swung, 'balance') },
  ];
}

function named(): Contender[] {
  const members = Array.from({ length: MEMBERS }, (_, i) => ({
    name: numbered('m', i),
    capacity: 1,
    takes: true,
  }));
  const weights = logNormal(TASKS);
  const fresh = Array.from({ length: TASKS }, (_, i) => ({
    name: numbered('t', i),
    weight: weights[i]!,
    owner: undefined,
    last: undefined,
    allowed: undefined,
  }));
  const { owners } = place(members, fresh, 'orphans');
  const owned = fresh.map(one => ({ ...one, owner: owners.get(one.name) }));
  const rest = members.slice(1);
  const more = [...members, { name: 'new', capacity: 1, takes: true }];
  return [
    { title: 'by name: all anew, log-normal weights', run: () => place(members, fresh, 'orphans') },
    { title: 'by name: one fails (orphans)', run: () => place(rest, owned, 'orphans') },
    { title: 'by name: one joins (balance)', run: () => place(more, owned, 'balance') },
  ];
}

function problemOf(weight: Float64Array): Problem {
  return {
    capacity: new Float64Array(MEMBERS).fill(1),
    takes: new Uint8Array(MEMBERS).fill(1),
    weight,
    owner: new Int32Array(weight.length).fill(-1),
    last: new Int32Array(weight.length).fill(-1),
    allowed: new Int32Array(weight.length).fill(-1),
    sets: [],
  };
}

/** The same numbers in every run. */
function logNormal(count: number): Float64Array {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / (2 ** 32 + 1);
  };
  return Float64Array.from({ length: count }, () =>
    Math.exp(Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())),
  );
}

function numbered(letter: string, number: number): string {
  return `${letter}${String(number).padStart(6, '0')}`;
}

/** Highest random weight, by a 32-bit mix of both numbers. */
function rendezvous(members: number, tasks: number): Int32Array {
  const owner = new Int32Array(tasks);
  for (let task = 0; task < tasks; task++) {
    const seed = Math.imul(task + 1, 0x9e3779b1);
    let best = -1;
    for (let member = 0; member < members; member++) {
      let mixed = seed ^ Math.imul(member + 1, 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
      mixed = (mixed ^ (mixed >>> 15)) >>> 0;
      if (mixed > best) {
        best = mixed;
        owner[task] = member;
      }
    }
  }
  return owner;
}

process.exitCode = main();
