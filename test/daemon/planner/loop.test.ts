import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setInterval as every } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { FileInput, FileRules } from '../../../src/core/apply/file-input.ts';
import type { BoundedPlan } from '../../../src/daemon/planner/bounded.ts';
import type { Planner, PlannerOptions } from '../../../src/daemon/planner/planner.ts';
import { LONG } from '../../runs.ts';
import { digest } from '../../support/rules.ts';
import { bytesOf, ENTRY, fileOf, fresh, RULES, withEntry, withPlanner } from './world.ts';

const MB = 1024 * 1024;
const LONGEST_MS = 150;

const EVERY_MS = 5;

/** What the loop has to do itself is the same each time; what a busy machine adds is not. */
const ATTEMPTS = 4;

/**
 * The longest time for which this process's loop stood still, in milliseconds: as the clock tells, and of
 * that what it had itself to do. With more processes than cores, the clock also tells of the others.
 */
async function longestStop(work: () => Promise<unknown>): Promise<{ wallMs: number; ownMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: EVERY_MS });
  delay.enable();
  const done = new AbortController();
  const watching = longestOwn(done.signal);
  await work();
  done.abort();
  // One more turn: the end of the work may itself be what took long.
  const ownMs = await watching;
  delay.disable();
  return { wallMs: delay.max / 1e6, ownMs };
}

async function longestOwn(done: AbortSignal): Promise<number> {
  let longest = 0;
  let [wall, cpu] = [performance.now(), process.cpuUsage()];
  for await (const _ of every(EVERY_MS)) {
    const { user, system } = process.cpuUsage(cpu);
    const late = performance.now() - wall - EVERY_MS;
    longest = Math.max(longest, Math.min(late, (user + system) / 1000));
    if (done.aborted) break;
    [wall, cpu] = [performance.now(), process.cpuUsage()];
  }
  return longest;
}

/**
 * Plans with the loop watched, and prints how long it stood still. Once more where that was too long: garbage of
 * the tests before, and other processes, stop it now and then; its own work would do so every time.
 */
async function measure(
  name: string,
  options: PlannerOptions,
  work: (planner: Planner) => Promise<BoundedPlan>,
): Promise<{ readonly plan: BoundedPlan; readonly stopMs: number }> {
  let plan: BoundedPlan | undefined;
  let stopMs = Number.POSITIVE_INFINITY;
  for (let attempt = 1; attempt <= ATTEMPTS && stopMs >= LONGEST_MS; attempt++) {
    const { wallMs, ownMs } = await withPlanner(options, planner =>
      longestStop(async () => {
        plan = await work(planner);
      }),
    );
    const [wall, own] = [wallMs, ownMs].map(ms => ms.toFixed(0).padStart(3));
    console.log(`the loop stood still for at most ${wall} ms, ${own} ms of it by its own work: ${name}`);
    stopMs = Math.min(stopMs, ownMs);
  }
  return { plan: plan!, stopMs };
}

/** As if it had been replicated as the text that it still is, with the last one as bytes, as large ones are. */
function replicated(path: string, text: string): FileInput {
  const local = bytesOf(text);
  const known = { format: 'yaml', base: digest(text), file: digest(text), local: [], text: local } as const;
  return { ...fresh(path, text), local, known };
}

const NINE = (name: string): string => `[${Array(9).fill(name).join(', ')}]`;
const BOMB = [
  'a: &a [lol]',
  ...[...'bcdefghi'].map((one, i) => `${one}: &${one} ${NINE('*' + 'abcdefgh'[i])}`),
].join('\n');

const HOSTILE: readonly (readonly [name: string, input: () => FileInput, failure: string])[] = [
  ['20 MB of YAML', () => replicated('f.yaml', fileOf('yaml', 20 * MB)), 'too-costly'],
  ['20 MB of JSON', () => replicated('f.json', fileOf('json', 20 * MB)), 'too-costly'],
  ['64 MB of [', () => fresh('f.yaml', '['.repeat(64 * MB)), 'too-deep'],
  ['64 MB of [ on both sides', () => replicated('f.yaml', '['.repeat(64 * MB)), 'too-deep'],
  ['60 MB of NULs', () => fresh('f.conf', '\0'.repeat(60 * MB)), 'nul-byte'],
  ['a nesting of 100,000', () => fresh('f.yaml', '- '.repeat(100_000)), 'too-deep'],
  ['an alias bomb', () => fresh('f.yaml', BOMB), 'alias-bomb'],
  ['a list of 5 MB on one line', () => fresh('f.yaml', `a: [${'nas1, '.repeat(900_000)}1]`), 'too-costly'],
];

describe('the daemon’s loop does not stand still for long', () => {
  it.each(HOSTILE)('for %s', async (name, input, failure) => {
    const given = input();
    const limits = failure === 'too-costly' ? { slowMs: () => 1000 } : {};
    const { plan, stopMs } = await measure(name, { limits }, planner =>
      planner.plan({ input: given, rules: RULES }),
    );
    expect(plan.held).toMatchObject([{ failure }]);
    expect(stopMs).toBeLessThan(LONGEST_MS);
  });

  it('for a plan of 20 MB that comes back, with 225,000 places of its own', async () => {
    await withEntry(ANSWERING, async entry => {
      const { plan, stopMs } = await measure('a plan of 20 MB', { entry }, planner =>
        planner.plan({ input: fresh('f.yaml', 'a: 1\n'), rules: RULES }),
      );
      expect([plan.text?.length, plan.base?.length, plan.local.length]).toEqual([20 * MB, 20 * MB, 225_000]);
      expect(plan.swaps).toHaveLength(1000);
      expect(stopMs).toBeLessThan(LONGEST_MS);
    });
  });

  const WHOLE: readonly (readonly [string, FileRules])[] = [
    ['yaml', { ...RULES, format: 'yaml' }],
    ['json', { ...RULES, format: 'json' }],
  ];

  it.each(
    LONG ? WHOLE : WHOLE.map(([name, rules]) => [name, { ...rules, rewrite: 'none' as const }] as const),
  )('for a large file of %s from beginning to end', async (format, rules) => {
    const text = fileOf(rules.format!, (LONG ? 20 : 0.5) * MB);
    const { plan, stopMs } = await measure(`${format}, ${text.length} bytes, planned`, {}, planner =>
      planner.plan({ input: fresh(`f.${format}`, text), rules }),
    );
    expect(plan.held).toEqual([]);
    expect(plan.text?.length).toBe(plan.base?.length);
    expect(stopMs).toBeLessThan(LONGEST_MS);
  });
});

/** A process that answers at once with as much as a plan can have. */
const ANSWERING = `
import { bounded } from '${new URL('bounded.js', ENTRY)}';
import { JobParts, planMessages } from '${new URL('message.js', ENTRY)}';
const parts = new JobParts();
const span = { start: 0, end: 4 };
const swap = { rule: { kind: 'hostname', from: 'nas1', to: 'nas2', pair: 0 }, from: span, to: span, found: 'nas1', put: 'nas2' };
process.once('disconnect', () => process.exit());
process.on('message', async message => {
  if (message.is !== 'plan') return message.is === 'mapping' || parts.take(message);
  const input = parts.finish(message.input);
  const plan = bounded({ path: input.path, action: 'change', text: 'x'.repeat(20971520), base: 'y'.repeat(20971520),
    edits: [], patch: [], swaps: Array(225000).fill(swap), held: [], notes: [], deletions: 0, baseline: false, id: '',
    local: Array.from({ length: 225000 }, (_, i) => '/targets/' + i + '/portal') });
  for (const answer of planMessages(plan, input)) await new Promise(done => process.send(answer, undefined, undefined, done));
});`;
