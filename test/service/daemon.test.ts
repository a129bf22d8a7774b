import { chownSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LONG } from '../runs.ts';
import { canBoot, type Machine, withSystemd } from '../support/nspawn.ts';

const ROUNDS = LONG ? 10 : 1;
const UNIT = 'warmspare.service';
const PROGRAM = fileURLToPath(new URL('../../bin/warmspare.js', import.meta.url));
const CONFIG = '/etc/warmspare/warmspare.yaml';
const PRIMARY = '/srv/nas1/etc';
const BACKUP = '/srv/nas2/etc';
const OWN_USER = readFileSync(
  fileURLToPath(new URL('../../etc/warmspare.service.d/own-user.conf', import.meta.url)),
  'utf8',
);
/** Between two saves of a tool that nobody stops: the load itself, which leaves the machine to others too. */
const SAVE_EVERY_MS = 2;
const ACTIVE = { ActiveState: 'active', SubState: 'running' };

const TEXT = `version: 1
relationships:
  nas1-to-nas2:
    primary: {path: ${PRIMARY}}
    backup: {path: ${BACKUP}}
    include: ["*.conf", exports]
    identity:
      - {kind: hostname, primary: nas1, backup: nas2}
`;

/** A machine with two roots and the service as `warmspare service install` leaves it, started. */
function withService(work: (service: Service) => Promise<void>, settings = ''): Promise<void> {
  return withSystemd(async machine => {
    const service = new Service(machine);
    service.save('exports', '/export nas1(rw)\n');
    mkdirSync(machine.path(BACKUP), { recursive: true });
    await machine.write(CONFIG, TEXT);
    if (settings !== '') {
      await machine.write(`/etc/systemd/system/${UNIT}.d/test.conf`, `[Service]\n${settings}\n`);
    }
    const installed = await service.warmspare('service', 'install');
    expect([installed.exit, installed.err]).toEqual([0, '']);
    expect(installed.out).toContain('next: systemctl enable --now warmspare\n');
    await timed('start to ready', () => machine.systemctl('enable', '--now', '--quiet', 'warmspare'));
    await service.arrives('exports', '/export nas2(rw)\n');
    await work(service);
  });
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  console.log(`warmspare under systemd: ${what}: ${Math.round(performance.now() - start)} ms`);
  return result;
}

class Service {
  constructor(readonly machine: Machine) {}

  warmspare(...args: readonly string[]) {
    return this.machine.run(process.execPath, PROGRAM, ...args);
  }

  /** As most tools save: beside it, and renamed over it. */
  save(file: string, text: string, owner?: { uid: number; gid: number; mode: number }): void {
    const path = this.machine.path(`${PRIMARY}/${file}`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}~`, text, { mode: owner?.mode ?? 0o644 });
    if (owner !== undefined) chownSync(`${path}~`, owner.uid, owner.gid);
    renameSync(`${path}~`, path);
  }

  /** The backup's file, '' where there is none. */
  backup(file: string): Promise<string> {
    return this.machine.read(`${BACKUP}/${file}`).catch(() => '');
  }

  async arrives(file: string, text: string): Promise<void> {
    await this.machine.met(
      () => this.backup(file),
      found => found === text,
      30_000,
      async found => `${file} is still ${JSON.stringify(found)}\n${await this.machine.journal(UNIT)}`,
    );
  }

  /** What a transaction leaves behind when it is cut off. */
  async leftOvers(): Promise<string> {
    const { out } = await this.machine.run(
      ...['find', BACKUP, '-path', '*/epoch-*/*', '-type', 'f', '-o', '-name', '*.tmp', '-o', '-name', '.*~'],
    );
    return out;
  }

  /** How many changes it has told of since it was started last. */
  async replicated(): Promise<number> {
    const { InvocationID } = await this.machine.show(UNIT, 'InvocationID');
    const { out } = await this.machine.run(
      'journalctl',
      '-o',
      'cat',
      `_SYSTEMD_INVOCATION_ID=${InvocationID}`,
    );
    return out.split(' replicated in ').length - 1;
  }

  kill(signal: string): Promise<string> {
    return this.machine.systemctl('kill', `--signal=${signal}`, '--kill-whom=main', UNIT);
  }
}

describe.runIf(canBoot())('the daemon under a real systemd', () => {
  it('replicates from inside its sandbox, owners and all, and can do no more', () =>
    withService(async on => {
      const { machine } = on;
      on.save('smb.conf', 'netbios name = nas1\n', { uid: 1234, gid: 4321, mode: 0o640 });
      await on.arrives('smb.conf', 'netbios name = nas2\n');
      const { uid, gid, mode } = statSync(machine.path(`${BACKUP}/smb.conf`));
      expect([uid, gid, mode & 0o7777]).toEqual([1234, 4321, 0o640]);

      const { MainPID, StatusText } = await machine.show(UNIT, 'MainPID', 'StatusText');
      expect(StatusText).toContain('1 relationship');
      const status = await machine.read(`/proc/${MainPID}/status`);
      // CAP_CHOWN 0, CAP_DAC_OVERRIDE 1, CAP_DAC_READ_SEARCH 2, CAP_FOWNER 3, CAP_SYS_PTRACE 19
      expect(/^CapEff:\t(\w+)$/m.exec(status)?.[1]).toBe('000000000008000f');
      const touch = (path: string) =>
        machine.run('nsenter', '-t', MainPID!, '-m', '--', 'touch', `${path}/was-here`);
      expect((await touch('/etc')).err).toContain('Read-only file system');
      expect((await touch(PRIMARY)).err).toContain('Read-only file system');
      expect([(await touch(BACKUP)).exit, (await touch('/var/lib/warmspare')).exit]).toEqual([0, 0]);

      const told = await on.warmspare('status', '-c', CONFIG);
      expect([told.exit, told.err]).toEqual([0, '']);

      // Large enough that another process plans it.
      const large = (name: string) => `${`# ${'x'.repeat(98)}\n`.repeat(6000)}host = ${name}\n`;
      on.save('large.conf', large('nas1'));
      await on.arrives('large.conf', large('nas2'));
    }));

  it('does not take what somebody still writes, as long as it may look who does', () =>
    withService(async on => {
      const { machine } = on;
      await machine.run('mkfifo', '/srv/more');
      /** Writes half of a file, and the rest when it is told to. */
      const writer = (file: string) =>
        machine.run(
          'sh',
          '-ec',
          `exec 3>${PRIMARY}/${file}; echo half nas1 >&3; read -r more </srv/more; echo rest nas1 >&3`,
        );
      const goOn = () => writeFileSync(machine.path('/srv/more'), 'go on\n');

      const patient = writer('patient.conf');
      const since = performance.now();
      await machine.met(
        () => on.backup('patient.conf'),
        found => found !== '' || performance.now() - since > 2000,
      );
      expect(await on.backup('patient.conf')).toBe('');
      goOn();
      await patient;
      await on.arrives('patient.conf', 'half nas2\nrest nas2\n');

      // What the unit's comment says of a service without this capability.
      await machine.write(
        `/etc/systemd/system/${UNIT}.d/blind.conf`,
        '[Service]\nCapabilityBoundingSet=~CAP_SYS_PTRACE\n',
      );
      await machine.systemctl('daemon-reload');
      await machine.systemctl('restart', UNIT);
      const hasty = writer('hasty.conf');
      await on.arrives('hasty.conf', 'half nas2\n');
      goOn();
      await hasty;
      await on.arrives('hasty.conf', 'half nas2\nrest nas2\n');
    }));

  it('replicates as a user of its own, without a capability, where that owns the backup', () =>
    withSystemd(async machine => {
      const on = new Service(machine);
      on.save('exports', '/export nas1(rw)\n');
      mkdirSync(machine.path(BACKUP), { recursive: true });
      await machine.write(CONFIG, TEXT);
      await machine.write(`/etc/systemd/system/${UNIT}.d/own-user.conf`, OWN_USER);
      // As its comment says.
      const home = ['--home-dir', '/var/lib/warmspare', '--shell', '/usr/sbin/nologin'];
      expect(await machine.run('useradd', '--system', ...home, 'warmspare')).toMatchObject({ exit: 0 });
      expect((await machine.run('chown', '-R', 'warmspare:', BACKUP)).exit).toBe(0);
      // An installation is in a folder that everybody may enter; a checkout need not be.
      for (let above = dirname(PROGRAM); above !== '/'; above = dirname(above)) {
        await machine.run('chmod', 'o+x', above);
      }
      expect((await on.warmspare('service', 'install')).exit).toBe(0);
      await machine.systemctl('start', UNIT);
      await on.arrives('exports', '/export nas2(rw)\n');

      const { MainPID } = await machine.show(UNIT, 'MainPID');
      const status = await machine.read(`/proc/${MainPID}/status`);
      expect(/^CapEff:\t0+$/m.test(status)).toBe(true);
      const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
      expect(uid).toBeGreaterThan(0);
      expect(statSync(machine.path(`${BACKUP}/exports`)).uid).toBe(uid);
      expect(statSync(machine.path('/var/lib/warmspare')).uid).toBe(uid);
    }));

  it('comes back after kill -9 and a hang, with all that was edited meanwhile', () =>
    withService(async on => {
      const { machine } = on;
      const { MainPID } = await machine.show(UNIT, 'MainPID');
      await timed('kill -9 to ready again', async () => {
        await on.kill('KILL');
        on.save('exports', '/export nas1(ro)\n');
        await machine.until(UNIT, { ...ACTIVE, NRestarts: '1' });
      });
      await timed('ready to the edit made meanwhile', () => on.arrives('exports', '/export nas2(ro)\n'));
      expect((await machine.show(UNIT, 'MainPID')).MainPID).not.toBe(MainPID);

      await on.kill('STOP');
      on.save('exports', '/export nas1(ro,sync)\n');
      await timed('SIGSTOP to ready again, WatchdogSec=4s', () =>
        machine.until(UNIT, { ...ACTIVE, NRestarts: '2' }),
      );
      await on.arrives('exports', '/export nas2(ro,sync)\n');
      expect(await machine.journal(UNIT)).toContain('Watchdog timeout');

      await machine.systemctl('stop', UNIT);
      on.save('exports', '/export nas1(rw,sync)\n');
      await machine.systemctl('start', UNIT);
      await on.arrives('exports', '/export nas2(rw,sync)\n');
      // The file is there before the ledger is, and before what is left for afterwards.
      await machine.met(
        () => on.leftOvers(),
        found => found === '',
      );
    }, 'WatchdogSec=4s'));

  it('finishes what it has begun when it is stopped in the middle of updates', () =>
    withService(async on => {
      const { machine } = on;
      let saves = 0;
      const save = () => on.save(`${saves % 7}.conf`, `host = nas1 ${saves++}\n`);
      for (let round = 0; round < ROUNDS; round++) {
        // Until it is in the midst of it ...
        await machine.met(
          async () => {
            save();
            return (await on.replicated()) > 0;
          },
          isBusy => isBusy,
        );
        // ... and on while it stops: nobody tells the tools.
        const stopped = machine.run('systemctl', 'stop', UNIT);
        let isStopped = false;
        void stopped.then(() => {
          isStopped = true;
        });
        await machine.met(
          async () => {
            save();
            await pause(SAVE_EVERY_MS);
          },
          () => isStopped,
          25_000,
          () => machine.journal(UNIT),
        );
        const ended = await machine.show(UNIT, 'Result', 'ExecMainStatus', 'ActiveState');
        expect(ended).toEqual({ Result: 'success', ExecMainStatus: '0', ActiveState: 'inactive' });
        expect(await on.leftOvers()).toBe('');
        // Whole versions only, whichever they are.
        for (let i = 0; i < 7; i++) expect(await on.backup(`${i}.conf`)).toMatch(/^$|^host = nas2 \d+\n$/);
        await machine.systemctl('start', UNIT);
        for (let i = saves - 7; i < saves; i++) await on.arrives(`${i % 7}.conf`, `host = nas2 ${i}\n`);
      }
    }));

  it('keeps the old configuration when the new one is wrong, and goes on', () =>
    withService(async on => {
      const { machine } = on;
      const { MainPID } = await machine.show(UNIT, 'MainPID');
      await machine.write(CONFIG, TEXT.replace('include', 'inclde'));
      await machine.systemctl('reload', UNIT);
      await machine.met(
        () => machine.show(UNIT, 'StatusText', 'SubState'),
        ({ StatusText, SubState }) => SubState === 'running' && /wrong/.test(StatusText!),
      );
      expect(await machine.journal(UNIT)).toMatch(/warmspare\.yaml:6:5: .*inclde/);
      on.save('exports', '/export nas1(ro)\n');
      await on.arrives('exports', '/export nas2(ro)\n');

      await machine.write(CONFIG, TEXT.replace('"*.conf"', '"*.conf", added'));
      on.save('added', 'nas1\n');
      await machine.systemctl('reload', UNIT);
      await on.arrives('added', 'nas2\n');
      expect(await machine.show(UNIT, 'MainPID', 'NRestarts')).toEqual({ MainPID, NRestarts: '0' });

      // A start with it is refused, once and in words.
      await machine.write(CONFIG, TEXT.replace('include', 'inclde'));
      expect((await machine.run('systemctl', 'restart', UNIT)).exit).not.toBe(0);
      expect(await machine.show(UNIT, 'ActiveState', 'NRestarts', 'ExecMainStatus')).toEqual({
        ActiveState: 'failed',
        NRestarts: '0',
        ExecMainStatus: '2',
      });
    }));

  it('is taken away only when it does not run', () =>
    withService(async ({ machine }) => {
      const uninstall = () => machine.run(process.execPath, PROGRAM, 'service', 'uninstall');
      const refused = await uninstall();
      expect([refused.exit, refused.err]).toEqual([
        5,
        expect.stringContaining('warmspare.service is active'),
      ]);
      expect(refused.err).toContain('systemctl disable --now warmspare');
      await machine.systemctl('disable', '--now', '--quiet', 'warmspare');
      expect((await uninstall()).exit).toBe(0);
      expect(await machine.show(UNIT, 'LoadState')).toEqual({ LoadState: 'not-found' });
    }));
});
