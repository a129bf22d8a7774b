import { z } from 'zod';
import { type Engine, type Stop, word } from '../../cluster/engine.ts';
import { decoder, encode } from '../../cluster/member/wire.ts';
import { differingFields } from '../../core/cluster/differing.ts';
import { ownerOf } from '../../core/cluster/route.ts';
import type { ClusterState } from '../../core/cluster/state.ts';
import type { Failure } from '../../core/failure.ts';
import type { Standing } from '../../replication/standing.ts';

/** What the daemon knows of its own relationships. */
export interface Own {
  /** Undefined: it is not kept in step here. */
  standing(relationship: string): Standing | undefined;
  /** `nas1 -> nas2`, of any in the configuration. */
  direction(relationship: string): string;
}

/** For the answer of an owner, in milliseconds. */
const WITHIN_MS = 2_000;
/** Asked for at once: what a message may carry is bounded. */
const TOGETHER = 10;

const asked = z.array(z.object({ relationship: z.string(), epoch: z.int() }));
const told = z.array(
  z.looseObject({
    relationship: z.string(),
    direction: z.string(),
    state: z.string(),
    behind: z.number(),
    notReady: z.array(z.string()),
    obstacles: z.array(z.looseObject({ failure: z.string(), message: z.string() })),
    held: z.array(z.looseObject({ path: z.string(), id: z.string() })),
    rejected: z.array(z.looseObject({ path: z.string() })),
    advice: z.array(z.string()),
    detail: z.record(z.string(), z.unknown()),
  }),
);

const decodeAsked = decoder(asked);
const decodeTold = decoder(told);

type Asked = z.infer<typeof asked>[number];

/**
 * How relationships stand, told by their owners: this member for its own tasks, the others when they are asked. A task
 * whose owner is not known, does not answer, or cannot be sure that it still is the owner stands as nobody knows.
 */
export class Standings {
  constructor(
    private readonly engine: Engine,
    private readonly member: string,
    private readonly cluster: () => ClusterState,
    /** Whether the coordinator has heard this member lately enough to have given its tasks to nobody else. */
    private readonly isConfirmed: () => boolean,
    private readonly own: Own,
  ) {}

  listen(): Stop {
    return this.engine.answer(topicOf(this.member), async bytes => {
      const names = decodeAsked(bytes) ?? [];
      return encode(names.flatMap(one => this.ownStanding(one) ?? []));
    });
  }

  async of(names: readonly string[]): Promise<Standing[]> {
    const rows = names.map(relationship => {
      const route = this.cluster().rows.get(relationship)?.route;
      const owner = route === undefined ? undefined : ownerOf(route)?.owner;
      return { relationship, epoch: route?.epoch ?? 0, owner, why: route?.why };
    });
    const owners = new Set(rows.flatMap(({ owner }) => owner ?? []));
    const found = new Map<string, Standing>();
    await Promise.all(
      [...owners].map(async owner => {
        const tasks = rows.filter(row => row.owner === owner);
        for (const standing of await this.from(owner, tasks)) found.set(standing.relationship, standing);
      }),
    );
    const isCutOff = this.cluster().contact === undefined;
    return rows.map(({ relationship, owner, epoch, why }) => {
      const known = found.get(relationship);
      if (known !== undefined && !isCutOff)
        return { ...known, advice: [...known.advice, ...this.differing(relationship)] };
      const reason = isCutOff
        ? 'this member is cut off from the cluster'
        : owner === undefined
          ? (why ?? 'nothing is known of it yet')
          : `${owner}, whose task it is (epoch ${epoch}), did not answer`;
      return unknown(relationship, this.own.direction(relationship), reason);
    });
  }

  /** Who may not have it, because its configuration is another one there. */
  private differing(relationship: string): string[] {
    const state = this.cluster();
    return [...state.members.keys()].sort().flatMap(member => {
      const fields = differingFields(state, member, relationship)?.join(', ');
      return fields === undefined
        ? []
        : `${member} has another configuration of it (${fields}), and may not have it: give it the same file, then systemctl reload warmspare there`;
    });
  }

  private async from(owner: string, tasks: readonly Asked[]): Promise<Standing[]> {
    if (owner === this.member) return tasks.flatMap(one => this.ownStanding(one) ?? []);
    const parts = Array.from({ length: Math.ceil(tasks.length / TOGETHER) }, (_, i) =>
      tasks.slice(i * TOGETHER, (i + 1) * TOGETHER),
    );
    const answers = await Promise.all(
      parts.map(part => {
        const request = part.map(({ relationship, epoch }) => ({ relationship, epoch }));
        return this.engine.ask(topicOf(owner), encode(request), WITHIN_MS).catch(() => undefined);
      }),
    );
    // Of the form that this very program gives it on every member.
    return answers.flatMap(bytes =>
      bytes === undefined ? [] : ((decodeTold(bytes) ?? []) as unknown as Standing[]),
    );
  }

  private ownStanding({ relationship, epoch }: Asked): Standing | undefined {
    const standing = this.own.standing(relationship);
    if (standing?.owner?.epoch !== epoch) return undefined;
    if (this.isConfirmed()) return standing;
    const reason = `${this.member} has not been heard by the coordinator lately: another member may have it by now`;
    return unknown(relationship, standing.direction, reason);
  }
}

function unknown(relationship: string, direction: string, reason: string): Standing {
  const failure: Failure = {
    failure: 'not-owner',
    message: `who keeps ${relationship} in step is not known here: ${reason}`,
    hint: 'see `warmspare cluster members` and `warmspare cluster routes`',
  };
  return {
    relationship,
    direction,
    state: 'owner unknown',
    behind: 0,
    notReady: [],
    obstacles: [failure],
    held: [],
    rejected: [],
    advice: [],
    detail: {},
  };
}

function topicOf(member: string): string {
  return `status.${word(member)}`;
}
