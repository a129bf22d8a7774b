import type { BigIntStats } from 'node:fs';
import type { Attributes } from 'ssh2';
import type { Handle } from '../file/disk-calls.ts';
import { explained } from './errors.ts';
import type { Line } from './line.ts';
import { statsOf } from './stats.ts';

/** Bytes of one request; and how many of them may be under way. */
const PIECE = 32 * 1024;
const AT_ONCE = 16;

/** Where a file is. */
export interface Named {
  readonly path: string;
  readonly there: string;
}

/** A file that is open on the server: through one connection, and gone with it. */
export class RemoteHandle implements Handle {
  private position = 0;

  constructor(
    private readonly line: Line,
    private readonly handle: Buffer,
    private readonly named: Named,
  ) {}

  async stat(): Promise<BigIntStats> {
    const found = await this.call<Attributes>('fstat', ({ sftp }, done) => sftp.fstat(this.handle, done));
    return statsOf(found, true) as unknown as BigIntStats;
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number) {
    const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const wanted = Math.min(length, PIECE * AT_ONCE);
    const pieces = starts(wanted).map(async from => {
      const size = Math.min(PIECE, wanted - from);
      const read = await this.call<number>('read', ({ sftp }, done) =>
        sftp.read(this.handle, bytes, offset + from, size, position + from, done),
      );
      return { read, size };
    });
    let bytesRead = 0;
    for (const { read, size } of await Promise.all(pieces)) {
      bytesRead += read;
      // What comes behind a short piece is asked for once more, from where it ended.
      if (read < size) break;
    }
    return { bytesRead };
  }

  async writeFile(content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content);
    const from = this.position;
    this.position += bytes.length;
    for (let at = 0; at < bytes.length; at += PIECE * AT_ONCE) {
      const pieces = starts(Math.min(PIECE * AT_ONCE, bytes.length - at)).map(start => {
        const size = Math.min(PIECE, bytes.length - at - start);
        return this.call<void>('write', ({ sftp }, done) =>
          sftp.write(this.handle, bytes, at + start, size, from + at + start, done),
        );
      });
      await Promise.all(pieces);
    }
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.call('fchown', ({ sftp }, done) => sftp.fchown(this.handle, uid, gid, done));
  }

  chmod(mode: number): Promise<void> {
    return this.call('fchmod', ({ sftp }, done) => sftp.fchmod(this.handle, mode, done));
  }

  sync(): Promise<void> {
    return this.call('fsync', ({ sftp }, done) => sftp.ext_openssh_fsync(this.handle, done));
  }

  close(): Promise<void> {
    return this.call('close', ({ sftp }, done) => sftp.close(this.handle, done));
  }

  private async call<T>(call: string, begin: Parameters<typeof Line.prototype.call<T>>[0]): Promise<T> {
    try {
      return await this.line.call(begin);
    } catch (error) {
      throw await explained(error, { call, ...this.named }, this.line);
    }
  }
}

function starts(length: number): number[] {
  return Array.from({ length: Math.max(1, Math.ceil(length / PIECE)) }, (_, index) => index * PIECE);
}

/**
 * What is no regular file is looked at, and never opened: SFTP has no flag that would keep a FIFO from stopping the
 * whole server. Of a folder the names can be synced, where the server lets anybody do so.
 */
export class LookedAt implements Handle {
  constructor(
    private readonly found: Attributes,
    readonly sync: () => Promise<void>,
  ) {}

  async stat(): Promise<BigIntStats> {
    return statsOf(this.found, true) as unknown as BigIntStats;
  }

  read = noFile;
  writeFile = noFile;
  chown = noFile;
  chmod = noFile;

  async close(): Promise<void> {}
}

async function noFile(): Promise<never> {
  throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
}
