import type { Failure } from '../../core/failure.ts';
import type { Tenure } from '../../core/fence/tenure.ts';
import type { Transaction } from '../connector.ts';
import { FileTarget } from '../file/target.ts';
import { Unreached } from './line.ts';
import { type Opening, openServer } from './server.ts';
import type { Access } from './session.ts';
import { type Address, rootName, urlOf } from './url.ts';

/**
 * A backup on another machine, over SFTP: the file connector's own transaction, ledger and fence, on the disk of that
 * server. What SFTP cannot tell is said where it is told (`stats.ts`, `folder-sync.ts`).
 */
export class SftpTarget extends FileTarget {
  private readonly disk: ReturnType<typeof openServer>;

  constructor(
    private readonly address: Address,
    access: Access,
    opening: Opening = {},
  ) {
    super(rootName(address));
    this.disk = openServer(address, access, opening);
  }

  override get title(): string {
    return urlOf(this.address);
  }

  /** A host key that is not the known one stops here, before anything is sent. */
  override async reachable(): Promise<Failure | undefined> {
    try {
      await this.disk.judge();
    } catch (error) {
      if (error instanceof Unreached) return error.failure;
      throw error;
    }
    return super.reachable();
  }

  /** What people are told of it: what it is, and what is not done there. */
  async about(): Promise<string[]> {
    const { server, syncsFolders } = await this.disk.about();
    return [
      `fenced, over SFTP (${server}): owner and mode of a file are kept; access lists, labels and extended attributes cannot be seen there`,
      ...(syncsFolders
        ? []
        : [
            'no command may be run there, so that folders are not synced: a power cut may take back the last seconds',
          ]),
    ];
  }

  /** Of a connection that broke the epoch is given up: only the next one ends what the server may still carry out. */
  override epoch(relationship: string, task?: Tenure): number | undefined {
    if (this.hasBroken(relationship)) this.own(relationship).giveUp();
    return super.epoch(relationship, task);
  }

  /** What could not be read because the connection broke is no file's own fault: all of it is tried again. */
  override async commit(planned: Transaction): Promise<Failure | undefined> {
    const failure = await super.commit(planned);
    if (failure?.failure !== 'unreadable' || !this.hasBroken(planned.relationship)) return failure;
    return {
      failure: 'unwritable',
      message: `the connection to ${this.title} broke while it was written to (${failure.message})`,
      at: { file: this.title },
      hint: 'what was begun is ended or taken back by the next attempt',
    };
  }

  private hasBroken(relationship: string): boolean {
    const folder = this.own(relationship);
    return folder.owner !== undefined && this.disk.hasLost(folder.home);
  }
}
