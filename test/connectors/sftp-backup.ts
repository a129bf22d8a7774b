import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileTarget } from '../../src/connectors/file/target.ts';
import type { Limits } from '../../src/connectors/sftp/line.ts';
import { SftpTarget } from '../../src/connectors/sftp/target.ts';
import { rootName } from '../../src/connectors/sftp/url.ts';
import type { Sshd } from '../support/sshd.ts';
import { Backup } from './world.ts';

const PARENT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** By folder, so that it is there when the constructor opens the connector. */
interface Far {
  readonly server: Sshd;
  readonly limits?: Limits;
}
let far: Far;

/** A backup in a folder of this machine that its connector reaches over SFTP. */
export class RemoteBackup extends Backup {
  declare private at: Far;

  static on(server: Sshd, limits?: Limits, parent = PARENT): RemoteBackup {
    far = { server, ...(limits === undefined ? {} : { limits }) };
    return new RemoteBackup(parent);
  }

  override open(): FileTarget {
    this.at ??= far;
    const { server, limits } = this.at;
    return new SftpTarget(this.address, server.access, limits === undefined ? {} : { limits });
  }

  override named(...parts: string[]): string {
    return join(rootName(this.address), ...parts);
  }

  private get address() {
    return { ...this.at.server.address, path: this.root };
  }
}
