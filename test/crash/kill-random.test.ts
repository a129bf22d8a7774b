import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { LONG, SEED } from '../runs.ts';
import { type DaemonProcess, withDaemon } from '../support/process.ts';
import { stagedIn } from '../support/staged.ts';
import { drawing, percentile, Saves } from './saves.ts';

const KILLS = LONG ? 1000 : 4;
/** A limit for hangs only: on a busy machine a kill takes some ten seconds. */
const LIMIT_MS = KILLS * 30_000;
/** Each of so many rounds is recovered from. */
const RECOVERED = 4;
const FILES = 8;
/** The load's own beat. */
const BEAT_MS = 2;
/** After so many applied changes at most, and then within this time, it is killed; or while it starts. */
const APPLIED = 5;
const RUNNING_MS = 200;
const STARTING_MS = 900;

const isApplied = (text: string) => text.includes(' replicated in ');

/** Saves until it is told to stop. */
async function load(saves: Saves, draw: (below: number) => number, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    saves.save(`f${draw(FILES)}.conf`);
    await pause(BEAT_MS);
  }
}

/** Kills it at an instant of its work, or of its start. */
async function killSometime(daemon: DaemonProcess, draw: (below: number) => number): Promise<void> {
  if (draw(4) > 0) {
    const from = daemon.said.length;
    const applied = 1 + draw(APPLIED);
    await daemon.start();
    await daemon.until(() => daemon.said.slice(from).filter(isApplied).length >= applied);
    await pause(draw(RUNNING_MS));
    await daemon.signal('SIGKILL');
    return;
  }
  const starting = daemon.start().catch(() => undefined);
  await pause(draw(STARTING_MS));
  await daemon.signal('SIGKILL');
  await starting;
}

it(
  `kill -9 at random instants under load tears nothing and loses nothing (${KILLS} kills)`,
  async () => {
    const draw = drawing();
    const recoveries: number[] = [];
    let applied = 0;
    await withDaemon(
      { include: ['*.conf'], identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }] },
      async daemon => {
        const saves = new Saves(daemon.path('primary', ''), daemon.path('backup', ''));
        for (let round = 0; round < KILLS; round++) {
          const stop = new AbortController();
          const loaded = load(saves, draw, stop.signal);
          await killSometime(daemon, draw).finally(() => stop.abort());
          await loaded;
          expect(saves.faults(), `round ${round}`).toEqual([]);
          // Most rounds go on from where the kill left it, so that kills meet unfinished recoveries.
          if (round % RECOVERED !== 0 && round !== KILLS - 1) continue;
          const from = performance.now();
          await daemon.start();
          await daemon.until(
            () => saves.missed().length === 0,
            () => `round ${round}: ${saves.missed().join(', ')}`,
          );
          recoveries.push(performance.now() - from);
          expect(saves.faults(), `round ${round}, recovered`).toEqual([]);
          await daemon.signal('SIGTERM');
        }
        applied = daemon.said.filter(isApplied).length;
        expect((await daemon.warmspare('verify')).exit).toBe(0);
        expect((await daemon.warmspare('status')).exit).toBe(0);
        expect(stagedIn(daemon.path('backup', ''), 'pair')).toEqual([]);
      },
    );
    const ms = (share: number) => `${percentile(recoveries, share).toFixed(0)} ms`;
    console.log(
      `kill at random: ${KILLS} kills (seed ${SEED}): ${applied} changes applied: 0 torn, 0 lost; ${recoveries.length} recoveries, from start to in step p50 ${ms(0.5)}, p99 ${ms(0.99)}`,
    );
  },
  LIMIT_MS,
);
