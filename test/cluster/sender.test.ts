import { describe, expect, it } from 'vitest';
import { DELTAS_MOST, Sender } from '../../src/cluster/capture/sender.ts';
import { EmbeddedHub } from '../../src/cluster/embedded/hub.ts';
import type { Engine, Message } from '../../src/cluster/engine.ts';
import { decodeRevision, encodeRevision, INLINE_MOST, type Told } from '../../src/cluster/message.ts';
import { sha256 } from '../../src/connectors/file/digest.ts';
import { type Captured, fullRevision, revisionId } from '../../src/core/cluster/revision.ts';
import { type Mishap, waryEngine } from './wary-engine.ts';

/** A capturing member of which only the sending is real; its time stands still until a test moves it. */
class Capturing {
  readonly hub = new EmbeddedHub();
  readonly joined = this.hub.join();
  readonly mishaps: Mishap[] = [];
  readonly engine: Engine = waryEngine(this.joined, { mishaps: this.mishaps });
  readonly texts = new Map<string, Uint8Array>();
  readonly sender: Sender;
  overtaken = 0;
  private now = 0;
  private readonly alarms = new Set<{ readonly time: number; readonly call: () => void }>();

  constructor(readonly capturer = 'c') {
    this.sender = new Sender({
      engine: this.engine,
      relationship: 'pair',
      capturer,
      clock: {
        now: () => this.now,
        at: (time, call) => {
          const alarm = { time, call };
          this.alarms.add(alarm);
          return () => this.alarms.delete(alarm);
        },
      },
      text: async (_, { hash }) => this.texts.get(hash),
      sent: () => undefined,
      overtaken: () => {
        this.overtaken += 1;
      },
      say: () => undefined,
    });
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const alarm of [...this.alarms]) {
      if (alarm.time > this.now) continue;
      this.alarms.delete(alarm);
      alarm.call();
    }
  }

  /** A state of these files, by their text. */
  state(files: Record<string, string>): Captured {
    const all = Object.entries(files).map(([path, text]) => {
      const bytes = new TextEncoder().encode(text);
      const hash = sha256(bytes);
      this.texts.set(hash, bytes);
      const file = { hash, size: bytes.length, mode: 0o600, uid: 0, gid: 0, inode: path };
      return [path, file] as const;
    });
    return { files: new Map(all), refused: new Map(), leading: { is: 'none' }, configuration: 'x', asOf: 1 };
  }

  async tell(files: Record<string, string>): Promise<Told> {
    this.sender.present(this.state(files));
    await this.sender.idle();
    return this.read((await this.hub.join().log('pair').last())!);
  }

  async read({ bytes }: Message): Promise<Told> {
    const told = await decodeRevision('pair', bytes, this.hub.join().texts);
    if (typeof told === 'string') throw new Error(told);
    return told;
  }

  /** Somebody else tells a state, after whatever there is. */
  async other(files: Record<string, string>): Promise<void> {
    const log = this.hub.join().log('pair');
    const stamp = { capturer: 'other', number: 1 };
    const revision = fullRevision('pair', stamp, this.state(files));
    const bytes = await encodeRevision({ revision, texts: new Map() }, this.hub.join().texts);
    const last = await log.last();
    await log.publish(revisionId(stamp), bytes, last?.sequence ?? 0);
  }
}

const turn = () => new Promise(done => setImmediate(done));

describe('what a capturing member sends', () => {
  it('is full first, then what changed, and full again before no full one is kept any more', async () => {
    const member = new Capturing();
    expect((await member.tell({ a: '0' })).revision.previous).toBeNull();
    for (let save = 1; save <= DELTAS_MOST; save++) {
      const { revision } = await member.tell({ a: `${save}`, b: 'same' });
      expect(revision.previous).toEqual({ sequence: save, number: save });
      expect([...revision.files.keys()]).toEqual(save === 1 ? ['a', 'b'] : ['a']);
    }
    const { revision } = await member.tell({ a: 'full' });
    expect(revision.previous).toBeNull();
    expect([...revision.files.keys()]).toEqual(['a']);
    await member.sender.close();
  });

  it('carries small files, and puts the others before', async () => {
    const member = new Capturing();
    const large = 'x'.repeat(INLINE_MOST + 1);
    const { texts } = await member.tell({ small: 'nas1', large });
    expect([...texts.keys()]).toEqual([sha256('nas1')]);
    expect(await member.hub.join().texts.get(sha256(large))).toHaveLength(large.length);
    await member.sender.close();
  });

  it('is told whole behind it where the acknowledgement was lost, and again where the request was', async () => {
    const member = new Capturing();
    await member.tell({ a: '0' });
    const mishaps = [
      ['acknowledgement lost', 2],
      ['request lost', 1],
    ] as const;
    for (const [mishap, messages] of mishaps) {
      const before = (await member.hub.join().log('pair').last())!.sequence;
      member.mishaps.push(mishap);
      member.sender.present(member.state({ a: mishap }));
      while (member.mishaps.length > 0) await turn();
      // It asks again after a while, and not at once.
      await turn();
      expect(member.sender.isIdle).toBe(false);
      member.pass(1_000);
      await member.sender.idle();
      const last = (await member.hub.join().log('pair').last())!;
      expect(last.sequence).toBe(before + messages);
      const { revision } = await member.read(last);
      expect([mishap, revision.previous === null]).toEqual([mishap, messages === 2]);
      expect([...revision.files.values()].map(({ hash }) => hash)).toEqual([sha256(mishap)]);
    }
    await member.sender.close();
  });

  it('goes on after a refusal that does not hold, and not at once', async () => {
    const member = new Capturing();
    await member.tell({ a: '0' });
    const before = (await member.hub.join().log('pair').last())!.sequence;
    member.mishaps.push('refused');
    member.sender.present(member.state({ a: '1' }));
    while (member.mishaps.length > 0) await turn();
    for (let more = 0; more < 10; more++) await turn();
    expect(member.sender.isIdle).toBe(false);
    expect((await member.hub.join().log('pair').last())!.sequence).toBe(before);
    member.pass(1_000);
    await member.sender.idle();
    const last = (await member.hub.join().log('pair').last())!;
    expect(last.sequence).toBe(before + 1);
    expect((await member.read(last)).revision.files.get('a')?.hash).toBe(sha256('1'));
    await member.sender.close();
  });

  it('follows nothing that others have told, until it was seen anew', async () => {
    const member = new Capturing();
    await member.tell({ a: '0' });
    expect(member.overtaken).toBe(0);
    await member.other({ a: 'newer' });
    member.sender.present(member.state({ a: 'older' }));
    while (member.overtaken === 0) await turn();
    await turn();
    expect((await member.hub.join().log('pair').last())!.id).toBe('other-1');
    expect(member.sender.isIdle).toBe(false);
    const { revision } = await member.tell({ a: 'newer' });
    expect(revision).toMatchObject({ capturer: 'c', previous: null });
    expect(member.overtaken).toBe(1);
    await member.sender.close();
  });

  it('is full again for whoever wants it, but once a second at most', async () => {
    const member = new Capturing();
    await member.tell({ a: '0' });
    const log = member.hub.join().log('pair');
    for (let time = 0; time < 10; time++) member.sender.full();
    await turn();
    expect((await log.last())!.sequence).toBe(1);
    member.pass(1_000);
    await member.sender.idle();
    expect((await log.last())!.sequence).toBe(2);
    expect((await member.read((await log.last())!)).revision.previous).toBeNull();
    await member.sender.close();
  });

  it('is only the newest state after contact was lost', async () => {
    const member = new Capturing();
    await member.tell({ a: '0' });
    member.joined.lose('the cable is out');
    await turn();
    await turn();
    for (let save = 1; save <= 100; save++) {
      member.sender.present(member.state({ a: `${save}` }));
      await turn();
    }
    member.joined.find();
    await member.sender.idle();
    const last = (await member.hub.join().log('pair').last())!;
    expect(last.sequence).toBe(2);
    expect([...(await member.read(last)).texts.values()].map(text => new TextDecoder().decode(text))).toEqual(
      ['100'],
    );
    await member.sender.close();
  });
});
