import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { canBoot, type Machine, withSystemd } from '../support/nspawn.ts';

const UNIT = 'warmspare.service';
/** The service has a /tmp of its own, and the checkout may lie in the real one. */
const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const STAND_IN = fileURLToPath(new URL('stand-in.js', import.meta.url));
const SHIPPED = readFileSync(fileURLToPath(new URL('../../etc/warmspare.service', import.meta.url)), 'utf8');

/** The shipped unit, with all of its sandbox, around the stand-in. */
async function standIn(machine: Machine, mode = '', settings = '', unit = UNIT): Promise<void> {
  await machine.write(`/etc/systemd/system/${unit}`, SHIPPED);
  const start = `BindReadOnlyPaths=${CHECKOUT}\nExecStart=\nExecStart=${process.execPath} ${STAND_IN} ${mode}`;
  await machine.write(`/etc/systemd/system/${unit}.d/test.conf`, `[Service]\n${start}\n${settings}\n`);
  await machine.systemctl('daemon-reload');
}

const ACTIVE = { ActiveState: 'active', SubState: 'running' };

/** Milliseconds that something took, for the report. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`systemd: ${what}: ${Math.round(performance.now() - start)} ms`);
  return result;
}

describe.runIf(canBoot())('under a real systemd', () => {
  it('a start is over when the daemon says so; kill -9 brings it back; a stop is clean', () =>
    withSystemd(async machine => {
      await standIn(machine);
      await timed('start to ready', () => machine.systemctl('start', UNIT));
      const first = await machine.show(UNIT, 'ActiveState', 'StatusText', 'MainPID', 'NRestarts');
      expect(first).toMatchObject({ ActiveState: 'active', StatusText: 'stands in', NRestarts: '0' });

      await machine.systemctl('kill', '--signal=KILL', '--kill-whom=main', UNIT);
      const back = await timed('kill -9 to ready again', () =>
        machine.until(UNIT, { ...ACTIVE, NRestarts: '1' }),
      );
      expect(back.MainPID).not.toBe(first.MainPID);

      await machine.systemctl('reload', UNIT);
      await machine.until(UNIT, { ...ACTIVE, StatusText: 'read again' });

      await timed('stop', () => machine.systemctl('stop', UNIT));
      expect(await machine.show(UNIT, 'ActiveState', 'Result', 'ExecMainStatus')).toEqual({
        ActiveState: 'inactive',
        Result: 'success',
        ExecMainStatus: '0',
      });
    }));

  it('a daemon that hangs, is stopped, or says that its work does not go on, is started again', () =>
    withSystemd(async machine => {
      const cases = [
        ['stopped', '', 'STOP'],
        ['hung', 'hang', 'USR1'],
        ['unwell', '', 'USR1'],
      ] as const;
      const units = cases.map(([what]) => `${what}.service`);
      // A limit that a busy machine can keep, and all at once, because it is long.
      for (const [i, [, mode]] of cases.entries()) await standIn(machine, mode, 'WatchdogSec=4s', units[i]);
      await machine.systemctl('start', ...units);
      const started = await Promise.all(units.map(unit => machine.show(unit, 'MainPID')));

      // They live on their pings, for longer than the limit.
      const since = performance.now();
      await machine.met(
        () => machine.show(units[0]!, 'MainPID'),
        () => performance.now() - since > 5000,
      );
      for (const [i, unit] of units.entries()) {
        expect(await machine.show(unit, 'MainPID', 'NRestarts')).toEqual({ ...started[i], NRestarts: '0' });
      }
      await Promise.all(
        cases.map(async ([what, , signal], i) => {
          const unit = units[i]!;
          await machine.systemctl('kill', `--signal=${signal}`, '--kill-whom=main', unit);
          await timed(`${what} to ready again, WatchdogSec=4s`, () =>
            machine.until(unit, { ...ACTIVE, NRestarts: '1' }),
          );
          expect(await machine.journal(unit)).toContain('Watchdog timeout');
        }),
      );
    }));

  it('a bad end is tried again, a wrong configuration is not', () =>
    withSystemd(async machine => {
      await standIn(machine, 'exit=1', 'RestartSec=100ms');
      await machine.run('systemctl', 'start', '--no-block', UNIT);
      // More often than systemd's usual limit of five.
      await machine.met(
        async () => Number((await machine.show(UNIT, 'NRestarts')).NRestarts),
        restarts => restarts > 6,
      );
      await machine.systemctl('stop', UNIT);

      await standIn(machine, 'exit=2');
      expect((await machine.run('systemctl', 'start', UNIT)).exit).not.toBe(0);
      expect(await machine.show(UNIT, 'ActiveState', 'NRestarts', 'ExecMainStatus', 'Result')).toEqual({
        ActiveState: 'failed',
        NRestarts: '0',
        ExecMainStatus: '2',
        Result: 'exit-code',
      });
    }));
});
