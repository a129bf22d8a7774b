import { type BigIntStats, constants, type Dirent, type Stats } from 'node:fs';
import { join } from 'node:path';
import type { Attributes, FileEntryWithStats, OpenMode } from 'ssh2';
import type { Disk, Handle } from '../file/disk-calls.ts';
import { serverOf } from '../file/remotes.ts';
import { explained } from './errors.ts';
import { FolderSync } from './folder-sync.ts';
import { LookedAt, RemoteHandle } from './handle.ts';
import { Homes } from './homes.ts';
import type { Line } from './line.ts';
import type { Session } from './session.ts';
import { statsOf } from './stats.ts';

type Begin<T> = Parameters<typeof Line.prototype.call<T>>[0];
/** The server's answer behind the last name of a folder. */
const END = 1;

type StatOptions = { readonly bigint?: boolean };

/**
 * The disk of a server over SFTP (version 3, with OpenSSH's extensions). Renames replace, as rename(2) does; files are
 * synced; folders where the server lets a command be run (`folder-sync.ts`). A call whose connection breaks has had an
 * effect, or not, or will have one: `ECONNRESET` and `ETIMEDOUT` say no more than that.
 */
export class SftpDisk {
  private readonly homes = new Homes();
  private readonly folders = new FolderSync();

  constructor(readonly session: Session) {}

  /** What people are told of the server: its program, and whether folders are synced there. */
  async about(): Promise<{ readonly server: string; readonly syncsFolders: boolean }> {
    const line = await this.session.open();
    return { server: line.server, syncsFolders: await this.folders.isAllowed(line) };
  }

  /** Whether an owner's directory was used through a connection that is no more. */
  hasLost(home: string): boolean {
    return this.homes.hasLost(home, this.session.number);
  }

  async judge(): Promise<void> {
    await this.session.open();
  }

  async enter(path: string): Promise<void> {
    const there = thereOf(path);
    const handle = await this.call<Buffer>('enter', path, ({ sftp }, done) => sftp.opendir(there, done));
    await this.call('close', path, ({ sftp }, done) => sftp.close(handle, done));
  }

  async lstat(path: string, options?: StatOptions): Promise<Stats & BigIntStats> {
    const there = thereOf(path);
    const found = await this.call<Attributes>('lstat', path, ({ sftp }, done) => sftp.lstat(there, done));
    return statsOf(found, options?.bigint === true) as unknown as Stats & BigIntStats;
  }

  async stat(path: string, options?: StatOptions): Promise<Stats & BigIntStats> {
    const there = thereOf(path);
    const found = await this.call<Attributes>('stat', path, ({ sftp }, done) => sftp.stat(there, done));
    return statsOf(found, options?.bigint === true) as unknown as Stats & BigIntStats;
  }

  /** OpenSSH answers also for a last name that is not there, so that is looked at besides. */
  async realpath(path: string): Promise<string> {
    const there = thereOf(path);
    const [real] = await Promise.all([
      this.call<string>('realpath', path, ({ sftp }, done) => sftp.realpath(there, done)),
      this.stat(path),
    ]);
    return `${serverOf(path)}${real === '/' ? '' : real}`;
  }

  readlink(path: string): Promise<string> {
    const there = thereOf(path);
    return this.call('readlink', path, ({ sftp }, done) => sftp.readlink(there, done));
  }

  async readdir(path: string, options?: { readonly withFileTypes?: boolean }): Promise<(string & Dirent)[]> {
    const there = thereOf(path);
    const line = await this.session.open();
    const asks = <T>(begin: Begin<T>) => this.call<T>('readdir', path, begin, line);
    const handle = await asks<Buffer>(({ sftp }, done) => sftp.opendir(there, done));
    const found: FileEntryWithStats[] = [];
    try {
      // One answer has a hundred names or so: each is a call, and has its own time.
      for (let more: FileEntryWithStats[] | undefined = []; more !== undefined; ) {
        found.push(...more);
        more = await asks<FileEntryWithStats[] | undefined>(({ sftp }, done) =>
          sftp.readdir(handle, (error, list) =>
            (error as { code?: number } | undefined)?.code === END
              ? done(undefined, undefined)
              : done(error, list),
          ),
        );
      }
    } finally {
      await asks<void>(({ sftp }, done) => sftp.close(handle, done)).catch(() => undefined);
    }
    const entries =
      options?.withFileTypes === true ? found.map(entryOf) : found.map(({ filename }) => filename);
    return entries as (string & Dirent)[];
  }

  rename(path: string, to: string): Promise<void> {
    const [from, there] = [thereOf(path), thereOf(to)];
    const begin: Begin<void> = ({ sftp }, done) => sftp.ext_openssh_rename(from, there, done);
    return this.change('rename', [to, path], begin, from);
  }

  link(path: string, to: string): Promise<void> {
    const [from, there] = [thereOf(path), thereOf(to)];
    const begin: Begin<void> = ({ sftp }, done) => sftp.ext_openssh_hardlink(from, there, done);
    return this.change('link', [to, path], begin, from);
  }

  symlink(text: string, path: string): Promise<void> {
    const there = thereOf(path);
    return this.change('symlink', [path], ({ sftp }, done) => sftp.symlink(text, there, done));
  }

  unlink(path: string): Promise<void> {
    const there = thereOf(path);
    return this.change('unlink', [path], ({ sftp }, done) => sftp.unlink(there, done));
  }

  rmdir(path: string): Promise<void> {
    const there = thereOf(path);
    return this.change('rmdir', [path], ({ sftp }, done) => sftp.rmdir(there, done));
  }

  mkdir(path: string, { mode = 0o777 }: { mode?: number } = {}): Promise<void> {
    const there = thereOf(path);
    return this.change('mkdir', [path], ({ sftp }, done) => sftp.mkdir(there, { mode }, done));
  }

  async rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    try {
      const found = await this.lstat(path);
      if (!found.isDirectory() || options.recursive !== true) return await this.unlink(path);
      for (const name of await this.readdir(path))
        await this.rm(join(path, name), { recursive: true, force: true });
      await this.rmdir(path);
    } catch (error) {
      if (options.force !== true || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  async readFile(path: string, encoding?: BufferEncoding): Promise<string | Buffer> {
    const handle = await this.open(path, constants.O_RDONLY);
    try {
      const buffer = Buffer.alloc(Number((await handle.stat({ bigint: true })).size) + 1);
      let length = 0;
      for (let isEnd = false; !isEnd && length < buffer.length; ) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
        length += bytesRead;
        isEnd = bytesRead === 0;
      }
      const bytes = buffer.subarray(0, length);
      return encoding === undefined ? bytes : bytes.toString(encoding);
    } finally {
      await handle.close().catch(() => undefined);
    }
  }

  async open(path: string, flags: number, mode = 0o666): Promise<Handle> {
    const named = { path, there: thereOf(path) };
    const { there } = named;
    const line = await this.session.open();
    if ((flags & constants.O_CREAT) !== 0) {
      // Only ever a name that nobody has: through a link nothing is made.
      const begin: Begin<Buffer> = ({ sftp }, done) => sftp.open(there, 'wx' as OpenMode, { mode }, done);
      return new RemoteHandle(line, await this.change('open', [path], begin, undefined, line), named);
    }
    const found = await this.call<Attributes>(
      'lstat',
      path,
      ({ sftp }, done) => sftp.lstat(there, done),
      line,
    );
    const kind = found.mode & constants.S_IFMT;
    if (kind === constants.S_IFLNK) throw Object.assign(new Error(`ELOOP, ${path}`), { code: 'ELOOP', path });
    if (kind !== constants.S_IFREG) return new LookedAt(found, () => this.folders.sync(line, there));
    const handle = await this.call<Buffer>(
      'read',
      path,
      ({ sftp }, done) => sftp.open(there, 'r', done),
      line,
    );
    return new RemoteHandle(line, handle, named);
  }

  private async call<T>(call: string, path: string, begin: Begin<T>, through?: Line): Promise<T> {
    const line = through ?? (await this.session.open());
    try {
      return await line.call(begin);
    } catch (error) {
      throw await explained(error, { call, path, there: thereOf(path) }, line);
    }
  }

  /** One that has an effect: not by an owner's directory that was another connection's. */
  private async change<T>(
    call: string,
    paths: readonly [string, ...string[]],
    begin: Begin<T>,
    from?: string,
    through?: Line,
  ): Promise<T> {
    const line = through ?? (await this.session.open());
    this.homes.use(paths, line.number);
    try {
      return await line.call(begin);
    } catch (error) {
      const [path] = paths;
      const asked = { call, path, there: thereOf(path), ...(from === undefined ? {} : { from }) };
      throw await explained(error, asked, line);
    }
  }
}

/** As the registry has it: the two say the same, one by overloads of node's that the other need not have. */
export function asDisk(disk: SftpDisk): Disk {
  return disk as unknown as Disk;
}

function thereOf(path: string): string {
  return path.slice(serverOf(path).length) || '/';
}

function entryOf({ filename, attrs }: FileEntryWithStats): Partial<Dirent> {
  const found = statsOf(attrs, false);
  return {
    name: filename,
    isFile: found.isFile,
    isDirectory: found.isDirectory,
    isSymbolicLink: found.isSymbolicLink,
  };
}
