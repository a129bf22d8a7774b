import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openNotify, type Send } from '../../src/daemon/notify.ts';

const LISTENING = { NOTIFY_SOCKET: '/run/systemd/notify' };

/** A systemd that keeps what it is told; with `hold`, it takes nothing before `release`. */
function systemd({ hold = false } = {}) {
  const told: string[] = [];
  let release = () => {};
  const gate = hold
    ? new Promise<void>(resolve => {
        release = resolve;
      })
    : Promise.resolve();
  const send: Send = async assignments => {
    await gate;
    told.push(assignments.join(' '));
  };
  return { told, send, release: () => release() };
}

describe('messages', () => {
  it('say start, reload, status and end in order, however long each takes', async () => {
    const { told, send } = systemd();
    let slowness = 50;
    const notify = openNotify(LISTENING, undefined, async (assignments, env) => {
      slowness -= 10;
      for (let turn = slowness; turn > 0; turn--) await new Promise(setImmediate);
      await send(assignments, env);
    });
    await Promise.all([
      notify.ready('2 relationships'),
      notify.reloading(),
      notify.ready('3 relationships'),
      notify.status('one\nheld'),
      notify.stopping(),
    ]);
    expect(told).toEqual([
      'READY=1 STATUS=2 relationships',
      'RELOADING=1',
      'READY=1 STATUS=3 relationships',
      'STATUS=one held',
      'STOPPING=1',
    ]);
  });

  it('leave out a status that a later one has overtaken', async () => {
    const { told, send, release } = systemd({ hold: true });
    const notify = openNotify(LISTENING, undefined, send);
    const all = Array.from({ length: 100 }, (_, i) => notify.status(`change ${i}`));
    release();
    await Promise.all(all);
    expect(told).toEqual(['STATUS=change 99']);
    await notify.status('and on');
    expect(told).toEqual(['STATUS=change 99', 'STATUS=and on']);
  });

  it('are none where nobody listens', async () => {
    const { told, send } = systemd();
    for (const env of [{}, { NOTIFY_SOCKET: '', WATCHDOG_USEC: '1000' }]) {
      const notify = openNotify(env, undefined, send);
      await notify.ready('up');
      notify.watchdog(() => true);
      await notify.stopping();
    }
    expect(told).toEqual([]);
  });

  it('that do not get through are complained of once, and nothing fails', async () => {
    const complaints: string[] = [];
    const notify = openNotify(
      LISTENING,
      why => complaints.push(why),
      () => Promise.reject(new Error('no socket')),
    );
    await notify.ready('up');
    await notify.status('still up');
    expect(complaints).toEqual(['no socket']);
  });
});

describe('the watchdog', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const watched = { ...LISTENING, WATCHDOG_USEC: '3000000', WATCHDOG_PID: String(process.pid) };
  const pings = (told: readonly string[]) => told.filter(text => text === 'WATCHDOG=1').length;

  it('is pinged at once and at every third of the limit, until the daemon ends', async () => {
    const { told, send } = systemd();
    const notify = openNotify(watched, undefined, send);
    notify.watchdog(() => true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(pings(told)).toBe(11);
    await notify.stopping();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(pings(told)).toBe(11);
  });

  it('is pinged only while the loop is well; a check that breaks is not well', async () => {
    const { told, send } = systemd();
    let isWell = true;
    const complaints: string[] = [];
    const notify = openNotify(watched, why => complaints.push(why), send);
    notify.watchdog(() => {
      if (pings(told) === 3) throw new Error('broken check');
      return isWell;
    });
    isWell = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(pings(told)).toBe(1);
    isWell = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect([pings(told), complaints]).toEqual([3, ['broken check']]);
  });

  it('gets one ping at a time, however slow', async () => {
    let running = 0;
    let most = 0;
    const { told, send, release } = systemd({ hold: true });
    const notify = openNotify(watched, undefined, async (assignments, env) => {
      most = Math.max(most, ++running);
      await send(assignments, env);
      running--;
    });
    notify.watchdog(() => true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([most, pings(told)]).toEqual([1, 0]);
    release();
    await vi.advanceTimersByTimeAsync(1000);
    expect([most, pings(told)]).toEqual([1, 2]);
  });

  it.each([
    ['of another process', { WATCHDOG_PID: '1' }],
    ['that is off', { WATCHDOG_USEC: '0' }],
    ['that is nonsense', { WATCHDOG_USEC: 'often' }],
  ])('%s is not pinged', async (_, env) => {
    const { told, send } = systemd();
    openNotify({ ...watched, ...env }, undefined, send).watchdog(() => true);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([]);
  });
});

describe("systemd's own program", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'warmspare-notify-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Something in the place of systemd-notify. */
  function program(script: string) {
    writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'systemd-notify'), 0o755);
    return { ...LISTENING, PATH: `${folder}:/usr/bin:/bin` };
  }

  it('gets the assignments and the socket', async () => {
    const env = program(`printf '%s|' "$NOTIFY_SOCKET" "$@" >>${folder}/told`);
    await openNotify(env).ready('2 relationships, 1 held');
    expect(readFileSync(join(folder, 'told'), 'utf8')).toBe(
      '/run/systemd/notify|READY=1|STATUS=2 relationships, 1 held|',
    );
  });

  it.each([
    ['fails', 'echo no such socket >&2; exit 1', /^systemd-notify failed: no such socket$/],
    ['is not there', undefined, /ENOENT/],
  ])('that %s is complained of', async (_, script, words) => {
    const env = script === undefined ? { ...LISTENING, PATH: folder } : program(script);
    const complaints: string[] = [];
    await openNotify(env, why => complaints.push(why)).ready('up');
    expect(complaints).toEqual([expect.stringMatching(words)]);
  });
});
